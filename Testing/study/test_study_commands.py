"""The commands of a study, from protocol to collected results, as people on several machines use them."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from MedMMSlicerLib.study.clock import ManualClock
from MedMMSlicerLib.study.desk import ReaderDesk


@pytest.fixture
def run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Any]:
    """Run a command as a person with a home of their own; returns exit code and what was printed."""
    from MedMMSlicerLib.cli.app import run as run_app

    def call(person: str, *arguments: object) -> tuple[int, str]:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / f"home-{person}"))
        monkeypatch.setenv("HOME", str(tmp_path / f"home-{person}"))
        monkeypatch.setattr(sys, "argv", ["medmm", "study", *map(str, arguments)])
        with pytest.raises(SystemExit) as end:
            run_app()
        printed = capsys.readouterr()
        return int(end.value.code or 0), printed.out + printed.err

    return call


@pytest.fixture
def protocol(
    tmp_path: Path, write_case_files: Callable[..., None], protocol_value: Callable[..., Any]
) -> Path:
    write_case_files(tmp_path / "source")
    path = tmp_path / "source" / "protocol.yaml"
    path.write_text(yaml.safe_dump(protocol_value(), sort_keys=False), encoding="utf-8")
    return path


@pytest.mark.skipif(sys.platform != "linux", reason="keys lie elsewhere on other systems")
def test_a_study_by_commands(
    run: Callable[..., Any], protocol: Path, tmp_path: Path, read_available: Callable[..., int]
) -> None:
    study, out = tmp_path / "study", tmp_path / "out"
    assert run("team", "check", protocol)[0] == 0
    code, printed = run("team", "create", protocol, "--out", study)
    assert code == 0 and "2 readers, 6 cases" in printed
    code, printed = run("team", "assign", study, "--out", tmp_path / "plan.csv")
    assert code == 0 and "r1: period 1, arm-plain: 3 cases" in printed
    with (tmp_path / "plan.csv").open(newline="", encoding="utf-8") as stream:
        assert len(list(csv.DictReader(stream))) == 24
    code, printed = run("team", "package", study, "--out", out)
    assert code == 0 and "Signed by" in printed
    team_fingerprint = printed.split("Signed by ")[1].split(";")[0]

    code, printed = run("reader", "open", out / "r1.medmm-study.zip", "--out", tmp_path / "r1")
    assert code == 0 and f"study team: {team_fingerprint}" in printed
    fingerprint = printed.split("This machine: ")[1].split(".")[0]
    with ReaderDesk.open(tmp_path / "r1") as desk:
        clock: Any = ManualClock(desk._clock.look().at)
        desk._clock = desk._log._clock = clock
        assert read_available(desk, clock) == 6
    code, printed = run("reader", "results", tmp_path / "r1", "--out", tmp_path / "r1.zip")
    assert code == 0 and "6 of 12 tasks" in printed

    code, printed = run("team", "collect", study, tmp_path / "r1.zip")
    assert code == 0 and "unknown_key" in printed and "0 readings" in printed
    assert run("team", "enroll", study, "r1", fingerprint)[0] == 0
    code, printed = run("team", "collect", study, tmp_path / "r1.zip", "--json")
    summary = json.loads(printed)
    assert code == 0 and summary["reads"] == 6 and summary["missing"] == 18
    code, printed = run("team", "status", study)
    assert code == 0 and "r1: 6 of 12 submitted" in printed and "r2: 0 of 12" in printed
    assert json.loads(run("team", "status", study, "--json")[1])["people"][0]["is_enrolled"]
    code, printed = run("team", "package", study, "--out", tmp_path / "rounds", "--round", "quality")
    assert code == 0 and "e1-quality.medmm-study.zip" in printed

    text = (study / "protocol.yaml").read_text(encoding="utf-8")
    (study / "protocol.yaml").write_text(
        text.replace("washout_days: 14", "washout_days: 7"), encoding="utf-8"
    )
    code, printed = run("team", "check", study)
    assert code == 2 and "medmm study deviation" in printed
    code, printed = run("team", "deviation", study, "--who", "A. Team", "--why", "Holidays.")
    assert code == 0 and "washout_days: 14.0 -> 7.0" in printed
    code, printed = run("team", "check", study)
    assert code == 0 and "1 deviations recorded" in printed


def test_every_violation_is_printed_with_its_path(run: Callable[..., Any], protocol: Path) -> None:
    value = yaml.safe_load(protocol.read_text(encoding="utf-8"))
    value["arms"][0]["mode"] = "blind"
    del value["seed"]
    protocol.write_text(yaml.safe_dump(value), encoding="utf-8")
    code, printed = run("team", "check", protocol)
    assert code == 3
    assert "$.arms[0].mode" in printed and "$.seed" in printed and "2 violations" in printed


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("create", "missing.yaml", "--out", "x"), 3),
        (("status", "missing"), 3),
        (("collect", "missing"), 3),
        (("open", "missing.zip", "--out", "x"), 3),
        (("results", "missing", "--out", "x.zip"), 3),
        (("enroll", "missing", "r1", "ABCD"), 3),
        (("deviation", "missing", "--who", "a", "--why", "b"), 3),
        (("package", "missing", "--out", "x", "--round", "a", "--reader", "b"), 2),
    ],
)
def test_wrong_use_is_one_line(
    run: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    arguments: tuple[str, ...],
    code: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    found, printed = run("team", *arguments)
    assert found == code
    assert printed.startswith("medmm: ") and len(printed.strip().splitlines()) == 1
