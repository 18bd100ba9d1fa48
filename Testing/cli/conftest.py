from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass

import pytest


@dataclass(frozen=True)
class Outcome:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str


@pytest.fixture
def medmm(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run the command line in this process."""
    from MedMMSlicerLib.cli.app import run

    def call(*arguments: object) -> Outcome:
        monkeypatch.setattr(sys, "argv", ["medmm", *(str(argument) for argument in arguments)])
        with pytest.raises(SystemExit) as end:
            run()
        captured = capsys.readouterr()
        code = end.value.code
        return Outcome(
            code if isinstance(code, int) else 0 if code is None else 1, captured.out, captured.err
        )

    return call
