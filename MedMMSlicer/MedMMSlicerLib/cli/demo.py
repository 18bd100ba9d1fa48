"""``medmm demo``: read the sample studies and show what came out."""

from __future__ import annotations

import os
import sys
import webbrowser
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from rich.table import Table

from ..context.units import unit_text
from ..errors import NothingApplicableError
from .common import console, progress_control

if TYPE_CHECKING:
    from ..core import Prediction
    from ..samples import Sample
    from ..session import Analysis

__all__ = ["demo"]


@dataclass(frozen=True)
class _Row:
    sample: Sample
    seen: str
    result: str
    folder: Path
    analysis: Analysis | None = None


def demo(
    out: Path = typer.Option(Path("out/demo"), help="Folder for the results."),
    no_window: bool = typer.Option(False, "--no-window", help="Do not open the page with the results."),
) -> None:
    """Read the sample studies: real images that PyPI packages carry. Research use only."""
    from ..samples import list_samples

    rows = []
    for sample in list_samples():
        with progress_control(sample.title["en"]) as control:
            rows.append(_read(sample, out, control))
    page = _write_page(rows, out)
    table = Table(
        "sample", "what it is", "result", title="MedMM demo: research use only", title_justify="left"
    )
    for row in rows:
        table.add_row(row.sample.id, row.seen, row.result)
    console.print(table)
    console.print(f"Open {page}", highlight=False)
    if not no_window and _has_desktop():
        webbrowser.open(page.resolve().as_uri())


def _read(sample: Sample, out: Path, control: object) -> _Row:
    from ..bundles.catalog import BundleCatalog
    from ..dicom.reading import load
    from ..inference.engine import RunControl
    from ..overlay import draw_overlay
    from ..samples import sample_path
    from ..session import AnalysisRequest, analyze, in_language, read_series, write_analysis

    assert isinstance(control, RunControl)
    path, folder = sample_path(sample), out / sample.id
    series = read_series([path], control)[0]
    facts = series.facts
    seen = ", ".join(
        part for part in (facts.modality or sample.modality, facts.body_part, facts.view) if part
    )
    try:
        request = AnalysisRequest(inputs=(path,), points_ras=sample.points_ras)
        analysis = analyze(request, BundleCatalog(), control)
    except NothingApplicableError as error:
        folder.mkdir(parents=True, exist_ok=True)
        draw_overlay(load(series), ()).save(folder / "overlay.png")
        return _Row(sample, seen, f"Not applicable. {error}", folder)
    write_analysis(analysis, folder, control)
    write_analysis(in_language(analysis, "zh-CN"), folder / "zh-CN", control)
    return _Row(sample, seen, _result(analysis.prediction), folder, analysis)


def _result(prediction: Prediction) -> str:
    """What was measured, and which findings reached their operating point."""
    bundle = prediction.provenance.bundle_id
    if not prediction.is_applicable:
        return f"{bundle}: not applicable. {' '.join(prediction.refusals)}"
    names = {segment.id: segment for label_map in prediction.label_maps for segment in label_map.segments}
    values = [
        " ".join(
            (
                item.laterality,
                names[item.segment_id].name["en"].lower(),
                f"{item.value:,.0f}",
                unit_text(item.unit),
            )
        ).strip()
        for item in prediction.measurements
        if item.segment_id in names
    ]
    values += [
        f"{finding.name['en'].lower()} {finding.probability:.0%} (operating point {point.threshold:.0%})"
        for finding in prediction.findings
        if finding.probability is not None
        and (point := finding.operating_point) is not None
        and finding.probability >= point.threshold
    ]
    return f"{bundle}: {'; '.join(values) or 'nothing reached its operating point'}."


def _write_page(rows: list[_Row], out: Path) -> Path:
    from ..reporting.index_page import to_index_html

    out.mkdir(parents=True, exist_ok=True)
    entries = [
        {
            "title": row.sample.title["en"],
            "seen": row.seen,
            "result": row.result,
            "attribution": row.sample.attribution,
            "picture": f"{row.sample.id}/overlay.png",
            "report": f"{row.sample.id}/report.html" if row.analysis else "",
            "report_zh": f"{row.sample.id}/zh-CN/report.html" if row.analysis else "",
        }
        for row in rows
    ]
    page = out / "index.html"
    page.write_text(to_index_html("MedMM demo", entries), encoding="utf-8")
    return page


def _has_desktop() -> bool:
    if os.environ.get("CI"):
        return False
    return sys.platform in ("darwin", "win32") or bool(
        os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    )
