"""``medmm export``: exit codes and one-line errors of the other commands."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def medmm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Exit code, output and errors of the command line."""
    from MedMMSlicerLib.cli.app import run

    def call(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["medmm", *(str(argument) for argument in arguments)])
        with pytest.raises(SystemExit) as end:
            run()
        captured = capsys.readouterr()
        return end.value.code or 0, captured.out, captured.err

    return call


def test_a_case_is_exported_and_the_key_made_once(medmm, seeded, tmp_path, monkeypatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(sys, "platform", "linux")
    options = (
        "--deidentify",
        "--remove",
        "Osterhagen",
        "--remove",
        "张伟明",
        "--format",
        "fhir,txt",
        "--json",
    )
    code, out, err = medmm("export", seeded.results, "--out", tmp_path / "out", *options)
    assert code == 0, err
    names = {Path(name).name for name in json.loads(out)["files"]}
    assert names == {"deidentification.json", "report.fhir.json", "report.txt"}
    assert (tmp_path / "data" / "medmm" / "deidentification.key").is_file()


def test_what_is_not_deidentified_says_so(medmm, seeded, tmp_path) -> None:
    code, out, _ = medmm("export", seeded.results, "--out", tmp_path / "out", "--format", "txt")
    assert code == 0
    assert "Not de-identified" in out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere", "--out", "out"), 3, "does not exist"),
        (("empty", "--out", "out"), 3, "neither case.json nor DICOM"),
        (("text.txt", "--out", "out"), 3, "no DICOM file"),
        (("case", "--out", "out", "--format", "docx"), 2, "no export format"),
        (("case", "--out", "empty/.."), 2, "not empty"),
        (("case", "--out", "out", "--burned-in-cleared"), 2, "need --deidentify"),
        (("case", "--out", "out", "--deidentify", "--black-out", "1,2,3"), 2, "COLUMN,ROW,WIDTH,HEIGHT"),
        (("case", "--out", "out", "--deidentify", "--key", "text.txt"), 3, "key"),
        (("case", "--out", "out", "--format", "dicom"), 6, "allows no export"),
        (("broken", "--out", "out"), 3, "case.json"),
        (("case", "--out", "text.txt/out"), 2, "could not be written"),
    ],
)
def test_errors_are_one_line_with_the_right_code(
    medmm, seeded, tmp_path, monkeypatch, arguments, code, words
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "empty").mkdir()
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "case.json").write_text("{")
    (tmp_path / "text.txt").write_text("no key")
    (tmp_path / "text.txt").chmod(0o600)
    given = [str(seeded.results) if item == "case" else item for item in arguments]
    got, _, err = medmm("export", *given)
    assert got == code, err
    assert words in err
    assert len(err.strip().splitlines()) == 1
    assert not (tmp_path / "out").exists()
    assert not [item for item in tmp_path.iterdir() if "partial" in item.name]
