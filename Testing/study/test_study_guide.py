"""The examples of the study guide are valid."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from MedMMSlicerLib.study.assignment import assign
from MedMMSlicerLib.study.protocol_file import protocol_from_value, read_truth


def test_protocol_and_truth_of_the_guide_are_valid(repository: Path, tmp_path: Path) -> None:
    text = (repository / "docs" / "study-guide.md").read_text(encoding="utf-8")
    protocol_text, truth_text = re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
    protocol = protocol_from_value(yaml.safe_load(protocol_text))
    assert len(assign(protocol)) == 2 * len(protocol.cases) * len(protocol.readers)
    (tmp_path / "truth.yaml").write_text(truth_text, encoding="utf-8")
    truth = read_truth(tmp_path / "truth.yaml", protocol)
    assert truth.positives == {"c001": {"nodule": True}}


def test_every_kind_of_problem_is_in_the_guide(repository: Path) -> None:
    text = (repository / "docs" / "study-guide.md").read_text(encoding="utf-8")
    folder = repository / "MedMMSlicer" / "MedMMSlicerLib" / "study"
    code = "".join(
        (folder / f"{name}.py").read_text(encoding="utf-8") for name in ("collect", "taking", "reads")
    )
    kinds = set(re.findall(r'(?:Problem|RefusedError)\(\s*"(\w+)"', code))
    kinds |= set(re.findall(r'reason, kind = "[^"]*", "(\w+)"', code))
    assert len(kinds) > 15
    assert not [kind for kind in kinds if f"`{kind}`" not in text]
