"""The commands, put together; the one place where errors become text and exit codes."""

from __future__ import annotations

import errno
import sys

import typer

from .. import __version__
from ..errors import DiskFullError, MedMMError, MemoryLimitError
from .analyze import analyze
from .bench import bench
from .bundle import bundle_app
from .demo import demo
from .doctor import doctor
from .evaluate import evaluate
from .export import export
from .read import read
from .study import study_app
from .train import train

app = typer.Typer(
    name="medmm",
    help="MedMM reads medical images with AI, on this machine. Research use only.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(value: bool) -> None:
    if value:
        typer.echo(f"medmm {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: bool = typer.Option(
        False, "--version", callback=_version, is_eager=True, help="Show the version."
    ),
) -> None:
    """Options of every command."""


app.command()(demo)
app.command()(analyze)
app.command()(evaluate)
app.command()(export)
app.add_typer(bundle_app, name="bundle")
app.command()(doctor)
app.command()(bench)
app.command()(read)
app.command()(train)
app.add_typer(study_app, name="study")


def run() -> None:
    """Run the command line and end the process with the exit code that `errors` documents."""
    try:
        app()
    except MedMMError as error:
        sys.exit(_say(error))
    except MemoryError:
        sys.exit(
            _say(
                MemoryLimitError(
                    "The machine ran out of memory. Close other programs or read a smaller volume."
                )
            )
        )
    except OSError as error:
        if error.errno != errno.ENOSPC:
            raise
        sys.exit(
            _say(
                DiskFullError(
                    f"The disk is full: {error.filename or 'output folder'}. Free space and run again."
                )
            )
        )


def _say(error: MedMMError) -> int:
    typer.echo(f"medmm: {error}", err=True)
    return error.exit_code
