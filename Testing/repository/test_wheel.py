"""What the wheel is made of is there."""

from __future__ import annotations

import tomllib
from pathlib import Path


def test_packages_and_resources_of_the_wheel_exist(repository: Path) -> None:
    table = tomllib.loads((repository / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = table["tool"]["hatch"]["build"]["targets"]["wheel"]
    for package in wheel["packages"]:
        assert (repository / package / "__init__.py").is_file(), package
    for source, target in wheel["force-include"].items():
        assert (repository / source).is_dir(), source
        assert target.split("/")[0] == "MedMMSlicerLib"
    assert {"Bundles", "Samples", "UI", "Translations"} == {
        target.split("/")[-1] for target in wheel["force-include"].values()
    }
