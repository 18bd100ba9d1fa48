"""``medmm analyze``: read one case and write everything about it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from ..context.units import unit_text
from .common import Device, Language, console, parse_point, print_json, progress_control, status_console

if TYPE_CHECKING:
    from ..session import Analysis

__all__ = ["analyze", "print_analysis"]


def analyze(
    inputs: list[Path] = typer.Argument(help="Files and folders of one case.", metavar="INPUT..."),
    bundle: str = typer.Option("auto", help="Bundle id, folder, or auto."),
    context: Path | None = typer.Option(
        None, help="Clinical context: JSON, FHIR R4 bundle, or laboratory values as CSV."
    ),
    out: Path = typer.Option(Path("out"), help="Folder for the results."),
    at: list[str] = typer.Option([], help="Point R,A,S in mm that a bundle reads around; may be repeated."),
    series: str = typer.Option("", help="Series UID or part of its name, where the input holds several."),
    device: Device = typer.Option(Device.auto, help="Where the network runs."),
    language: Language = typer.Option(Language.en, help="Language of the report."),
    json: bool = typer.Option(False, "--json", help="Print a machine-readable summary."),
) -> None:
    """Read one case: segmentation, measurements, drafted report. Research use only."""
    from ..bundles.catalog import BundleCatalog
    from ..context.issue import ContextReading
    from ..context.reading import read_context
    from ..core import ClinicalContext
    from ..inference.engine import RunOptions
    from ..session import AnalysisRequest, write_analysis
    from ..session import analyze as run_analysis

    reading = read_context(context) if context else ContextReading(ClinicalContext())
    request = AnalysisRequest(
        inputs=tuple(inputs),
        bundle=bundle,
        series=series,
        context=reading.context,
        context_remarks=reading.texts,
        options=RunOptions(device=device.value),
        points_ras=tuple(parse_point(text) for text in at),
        language=language.value,
    )
    with progress_control("Analyzing") as control:
        analysis = run_analysis(request, BundleCatalog(), control)
        written = write_analysis(analysis, out, control)
    if json:
        print_json(_summary(analysis, written))
    else:
        print_analysis(analysis, written)


def _summary(analysis: Analysis, written: tuple[Path, ...]) -> dict[str, object]:
    from ..core import to_json

    prediction = analysis.prediction
    return {
        "case": analysis.case.id,
        "bundle": {"id": prediction.provenance.bundle_id, "version": prediction.provenance.bundle_version},
        "provider_used": prediction.provenance.provider_used,
        "measurements": to_json(prediction.measurements),
        "findings": to_json(prediction.findings),
        "contributions": to_json(prediction.contributions),
        "missing": list(prediction.missing),
        "applicable": prediction.is_applicable,
        "refusals": list(prediction.refusals),
        "remarks": [*analysis.remarks, *prediction.provenance.notes],
        "files": [str(path) for path in written],
    }


def print_analysis(analysis: Analysis, written: tuple[Path, ...], language: str = "en") -> None:
    """Print what was found, how, and where it lies."""
    from ..core import localized

    prediction = analysis.prediction
    provenance = prediction.provenance
    table = Table("side", "measurement", "value", "unit")
    for item in prediction.measurements:
        name, unit = localized(item.name, language), unit_text(item.unit)
        table.add_row(item.laterality, name, f"{item.value:,.1f}", unit)
    findings = Table("finding", "probability", "threshold")
    for finding in prediction.findings:
        if finding.probability is not None and finding.operating_point is not None:
            threshold = f"{finding.operating_point.threshold:.2f}"
            findings.add_row(localized(finding.name, language), f"{finding.probability:.2f}", threshold)
    console.print(
        f"[bold]{provenance.bundle_id} {provenance.bundle_version}[/] on {provenance.provider_used}"
    )
    if not prediction.is_applicable:
        console.print("[bold red]Not applicable: the image was refused, and nothing is reported.[/]")
    for part in (table, findings):
        if part.row_count:
            console.print(part)
    seconds = ", ".join(f"{name} {value:.2f} s" for name, value in provenance.stage_seconds.items())
    console.print(f"Time: {seconds}", highlight=False)
    for remark in (*analysis.remarks, *provenance.notes, *prediction.refusals):
        status_console.print(f"Note: {remark}", highlight=False, markup=False)
    if written:
        console.print(
            f"Written to {written[0].parent}: {', '.join(path.name for path in written)}", highlight=False
        )
    console.print("Research use only.")
