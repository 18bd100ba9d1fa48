"""``medmm read``: the desktop reader."""

from __future__ import annotations

from pathlib import Path

import typer

from ..errors import UsageError

__all__ = ["read"]


def read(
    inputs: list[Path] = typer.Argument(
        None, help="Images, folders of images, or one scene (.mrb) to open.", metavar="[INPUT...]"
    ),
) -> None:
    """Open the desktop reader. Research use only."""
    from MedMMSlicerHost.reader import run_reader

    paths = tuple(inputs or ())
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UsageError(f"{missing[0]} does not exist. Check the path.")
    code = run_reader(paths)
    if code:
        raise typer.Exit(code)
