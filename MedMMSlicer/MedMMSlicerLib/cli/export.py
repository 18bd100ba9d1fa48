"""``medmm export``: write a case or DICOM files for others, de-identified on request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ..errors import UsageError
from .common import console, print_json

if TYPE_CHECKING:
    from ..dicom.deidentify_pixels import Rectangle

__all__ = ["export"]


def export(
    inputs: list[Path] = typer.Argument(
        help="A folder of medmm analyze, and DICOM files or folders.", metavar="CASE_DIR|DICOM..."
    ),
    out: Path = typer.Option(help="New or empty folder for the export."),
    format: list[str] = typer.Option(
        [],
        help="dicom, seg, sr, text-sr, fhir, html, pdf, txt, json, nrrd, png, mrb; may be repeated. "
        "Default: all that the input allows.",
    ),
    deidentify: bool = typer.Option(False, "--deidentify", help="DICOM PS3.15 basic profile, dates moved."),
    burned_in_cleared: bool = typer.Option(
        False, "--burned-in-cleared", help="You looked: no text in the pixels identifies anybody. Recorded."
    ),
    black_out: list[str] = typer.Option(
        [], help="COLUMN,ROW,WIDTH,HEIGHT to blacken in images with burned-in text; may be repeated."
    ),
    text_cleared: bool = typer.Option(
        False, "--text-cleared", help="You looked at the doubtful places in texts. Recorded."
    ),
    remove: list[str] = typer.Option([], help="A further name or word to remove; may be repeated."),
    key: Path | None = typer.Option(
        None, help="File with the secret key; default: your own, made on first use."
    ),
    json: bool = typer.Option(False, "--json", help="Print a machine-readable summary."),
) -> None:
    """Export a case: DICOM, FHIR, PDF and more; with --deidentify without identifiers. Research use only."""
    from ..dicom.deidentify import PixelClearance
    from ..reporting.exports.case_export import ExportRequest, export_case

    if not deidentify and (burned_in_cleared or black_out or text_cleared or remove or key):
        raise UsageError(
            "--burned-in-cleared, --black-out, --text-cleared, --remove and --key need --deidentify."
        )
    request = ExportRequest(
        inputs=tuple(inputs),
        formats=tuple(part.strip() for text in format for part in text.split(",") if part.strip()),
        deidentify=deidentify,
        clearance=PixelClearance(burned_in_cleared, tuple(_rectangle(text) for text in black_out)),
        text_cleared=text_cleared,
        remove=tuple(text.strip() for text in remove if text.strip()),
        key_path=key,
    )
    written = export_case(request, out)
    if json:
        print_json({"deidentified": deidentify, "files": [str(path) for path in written]})
        return
    console.print(f"{len(written)} files written to {out}", highlight=False)
    if not deidentify:
        console.print("Not de-identified: the files name the patient where the images do.", highlight=False)
    console.print("Research use only.")


def _rectangle(text: str) -> Rectangle:
    from ..dicom.deidentify_pixels import Rectangle

    try:
        column, row, width, height = (int(part) for part in text.split(","))
    except ValueError as error:
        raise UsageError(f"--black-out takes COLUMN,ROW,WIDTH,HEIGHT in pixels; it got '{text}'.") from error
    return Rectangle(column, row, width, height)
