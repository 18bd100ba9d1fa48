from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest


@dataclass(frozen=True)
class Outcome:
    """Exit code and what was printed."""

    code: int
    out: str
    err: str

    def refused(self, code: int, *words: str) -> None:
        """Assert that one line explained what is wrong."""
        assert self.code == code, (self.code, self.out, self.err)
        lines = [line for line in self.err.splitlines() if line.strip()]
        assert len(lines) == 1 and lines[0].startswith("medmm: "), self.err
        for word in words:
            assert word in lines[0], lines[0]


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


@pytest.fixture
def a_table(tmp_path: Path) -> Callable[[str | bytes], Path]:
    """Write a table and give its path."""

    def write(text: str | bytes, name: str = "ratings.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write
