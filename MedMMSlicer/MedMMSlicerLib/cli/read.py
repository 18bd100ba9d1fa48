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
    study: Path = typer.Option(None, help="Folder or package of a reader study to open.", exists=True),
    reader: str = typer.Option("", help="Whose study it has to be.", metavar="ID"),
) -> None:
    """Open the desktop reader. Research use only."""
    from MedMMSlicerHost.reader import run_reader

    paths = tuple(inputs or ())
    missing = [path for path in paths if not path.exists()]
    if missing:
        raise UsageError(f"{missing[0]} does not exist. Check the path.")
    if paths and study is not None:
        raise UsageError("A reader study is read alone. Give --study without other inputs.")
    code = run_reader(paths, study, reader)
    if code:
        raise typer.Exit(code)
