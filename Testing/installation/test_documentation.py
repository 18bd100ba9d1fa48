"""What docs/installation.md says is what the library does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from MedMMSlicerLib.inference.devices import recommended_runtime
from MedMMSlicerLib.installation import __main__
from MedMMSlicerLib.installation.environment import SLICER_PACKAGES
from MedMMSlicerLib.installation.plan import _machine

from .conftest import CUDA_12, CUDA_13, NO_GPU


@pytest.fixture
def the_page(repository: Path) -> str:
    return (repository / "docs" / "installation.md").read_text(encoding="utf-8")


def test_every_link_leads_somewhere(the_page: str, repository: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)\)", the_page)
    assert links
    for link in links:
        assert (repository / "docs" / link).exists(), link


def test_every_command_is_understood(the_page: str) -> None:
    commands = re.findall(r"-m MedMMSlicerLib\.installation (\w.*?)(?:\s+#.*)?$", the_page, re.MULTILINE)
    assert len(commands) >= 4
    for command in commands:
        words = re.sub(r"`.*", "", command).split()
        assert __main__._parser().parse_args(words).command == words[0]


@pytest.mark.parametrize("gpu", [NO_GPU, CUDA_12, CUDA_13])
def test_the_runtimes_to_download_are_the_ones_that_are_chosen(
    the_page: str, gpu: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Windows")
    monkeypatch.setattr("platform.machine", lambda: "AMD64")
    wanted = recommended_runtime(_machine(gpu))  # type: ignore[arg-type]
    assert f'"{wanted.text}"' in the_page


def test_what_is_kept_is_named(the_page: str) -> None:
    for name in ("numpy", "scipy", "SimpleITK", "pydicom", "dicomweb-client", "requests", "packaging", "pip"):
        assert name in SLICER_PACKAGES and name in the_page
