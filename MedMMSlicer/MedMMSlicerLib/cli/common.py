"""What the commands share: consoles, progress, parsing of option values."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from ..errors import UsageError
from ..inference.engine import RunControl

__all__ = ["Device", "Language", "console", "parse_point", "print_json", "progress_control"]

console = Console()
"""Standard output: results."""

status_console = Console(stderr=True)
"""Standard error: progress and remarks, so that ``--json`` output stays clean."""


class Device(StrEnum):
    """Where the network runs."""

    auto = "auto"
    cpu = "cpu"
    cuda = "cuda"


class Language(StrEnum):
    """Languages of reports."""

    en = "en"
    zh_cn = "zh-CN"


def parse_point(text: str) -> tuple[float, float, float]:
    """Parse ``R,A,S`` in mm.

    Raises
    ------
    UsageError
        If these are not three finite numbers.
    """
    try:
        values = [float(part) for part in text.split(",")]
    except ValueError:
        values = []
    if len(values) != 3 or not all(abs(value) < 1e6 for value in values):
        raise UsageError(f"--at takes three numbers in mm, RAS, such as --at -26,-20,-14; it got '{text}'.")
    return values[0], values[1], values[2]


def print_json(value: Any) -> None:
    """Write JSON to standard output, nothing else."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


@contextmanager
def progress_control(title: str) -> Iterator[RunControl]:
    """A progress bar on standard error (on a terminal only) as a `RunControl`."""
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f} %"),
        TimeElapsedColumn(),
    )
    with Progress(
        *columns, console=status_console, transient=True, disable=not status_console.is_terminal
    ) as bar:
        task = bar.add_task(title, total=1.0)

        def show(stage: str, fraction: float) -> None:
            bar.update(task, completed=fraction, description=f"{title}: {stage}")

        yield RunControl(progress=show)


def existing_folder(path: Path) -> Path:
    """Return ``path`` if it is a folder.

    Raises
    ------
    UsageError
        If it is not.
    """
    if not path.is_dir():
        raise UsageError(f"{path} is not a folder. Give the path of an existing one.")
    return path
