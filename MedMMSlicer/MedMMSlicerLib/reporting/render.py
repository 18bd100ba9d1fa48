"""A report as HTML, plain text and JSON. Writing the files is the caller's."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..core import Prediction, Provenance, Report, ReportSection, ReportSentence
from ..core import to_json as core_to_json
from ..errors import InputError, UsageError
from .evidence import EvidenceTables, collect_evidence, empty_segments
from .plain_text import clean_text, display_width, wrap_text
from .quantities import format_number
from .templates import LANGUAGES, TEMPLATE_FOLDER, Wording, load_wording

__all__ = [
    "PNG_SIGNATURE",
    "SCHEMA_VERSION",
    "TEXT_WIDTH",
    "Standing",
    "report_from_json",
    "run_rows",
    "to_html",
    "to_json",
    "to_text",
]

SCHEMA_VERSION = 1
TEXT_WIDTH = 80
PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True)
class Standing:
    """Where a report stands, as a page shows it.

    Parameters
    ----------
    status : str
        Key of the words ``status.<status>``.
    lines : tuple of str
        Of the signature; empty: not signed.
    addenda : tuple of (str, str)
        Heading and text of each.
    """

    status: str
    lines: tuple[str, ...] = ()
    addenda: tuple[tuple[str, str], ...] = ()


def to_html(
    report: Report,
    predictions: Sequence[Prediction] = (),
    images: Mapping[str, bytes] | None = None,
    standing: Standing | None = None,
) -> str:
    """Render a report as one self-contained page without scripts.

    Parameters
    ----------
    report : Report
    predictions : sequence of Prediction
        What the sentences rest on: fills the tables of findings, measurements and provenance, to which the
        evidence links of the sentences lead.
    images : mapping of str to bytes, optional
        PNG files by caption.
    standing : Standing, optional
        Status, signature and addenda of a report document; without it the status of the report is shown.

    Returns
    -------
    str
        HTML5. Every text is escaped; a content security policy allows the page's own style sheet and images,
        nothing else.

    Raises
    ------
    UsageError
        If an image is not a PNG.
    """
    from markupsafe import Markup

    wording = _page_wording(report.language)
    style = (TEMPLATE_FOLDER / "report.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    tables = collect_evidence(predictions, wording)
    source = (TEMPLATE_FOLDER / "report.html.j2").read_text(encoding="utf-8")
    return str(
        _page_environment()
        .from_string(source)
        .render(
            report=report,
            sections=[(section, _linked(section, tables)) for section in report.sections],
            tables=tables,
            runs=[run_rows(prediction.provenance, wording) for prediction in predictions],
            images=[(caption, Markup(_data_uri(caption, data))) for caption, data in (images or {}).items()],
            word=wording.word,
            standing=standing or Standing(report.status),
            # Our own style sheet and its digest, not text from outside.
            style=Markup(style),
            digest=Markup(digest),
        )
    )


def _page_environment() -> Any:
    import jinja2
    from markupsafe import Markup

    def finalize(value: object) -> object:
        return clean_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    return jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _page_wording(language: str) -> Wording:
    language = language if language in LANGUAGES else "en"
    return load_wording("page", language)[0]


def _linked(
    section: ReportSection, tables: EvidenceTables
) -> list[tuple[ReportSentence, list[Any], list[str]]]:
    """Sentences with the rows that they rest on, and the ids of evidence that has no row."""
    return [
        (
            sentence,
            [tables.by_id[name] for name in sentence.evidence_ids if name in tables.by_id],
            [name for name in sentence.evidence_ids if name not in tables.by_id],
        )
        for sentence in section.sentences
    ]


def _data_uri(caption: str, data: bytes) -> str:
    if not data.startswith(PNG_SIGNATURE):
        raise UsageError(f"The image '{clean_text(caption)}' of the report is not a PNG file. Pass PNG data.")
    return f"data:image/png;base64,{base64.b64encode(data).decode()}"


def run_rows(provenance: Provenance, wording: Wording) -> list[tuple[str, str]]:
    """The provenance of one run as rows of a heading and a text."""
    device = wording.word(f"device.{provenance.provider_used}", provenance.provider_used)
    requested = wording.word("requested").replace("{device}", provenance.device_requested)
    seconds = [f"{stage} {format_number(value, 2)}" for stage, value in provenance.stage_seconds.items()]
    software = [f"{name} {version}" for name, version in provenance.software.items()]
    parameters = [
        f"{name} = {json.dumps(core_to_json(value), ensure_ascii=False)}"
        for name, value in provenance.parameters.items()
    ]
    rows = [
        ("bundle", provenance.bundle_id),
        ("version", provenance.bundle_version),
        ("sha256", provenance.bundle_sha256),
        ("device", f"{device} ({provenance.provider_used}; {requested})"),
        ("run_at", provenance.created_at),
        ("seconds", ", ".join(seconds)),
        *(
            ("input", f"{item.role}: {item.name} {item.series_uid} SHA-256 {item.sha256}")
            for item in provenance.inputs
        ),
        ("parameters", ", ".join(parameters)),
        ("software", ", ".join(software)),
    ]
    return [(wording.word(key), text) for key, text in rows if text]


def to_text(report: Report) -> str:
    """Render a report as plain text, wrapped at 80 columns (a wide character counts two)."""
    wording = _page_wording(report.language)
    title = clean_text(report.title)
    status = wording.word(f"status.{report.status}", report.status)
    lines = [*wrap_text(title, TEXT_WIDTH), "=" * min(display_width(title), TEXT_WIDTH)]
    lines += wrap_text(clean_text(f"{status} · {report.created_at}"), TEXT_WIDTH)
    lines += ["", *wrap_text(clean_text(report.notice), TEXT_WIDTH)]
    for section in report.sections:
        lines += ["", *wrap_text(clean_text(section.title).upper(), TEXT_WIDTH)]
        for sentence in section.sentences:
            lines += wrap_text(f"- {clean_text(sentence.text)}", TEXT_WIDTH, indent="  ")
    return "\n".join(lines) + "\n"


def to_json(report: Report, predictions: Sequence[Prediction] = ()) -> dict[str, Any]:
    """The contents of ``report.json``: the report and the findings and measurements that it rests on.

    Patient name and id are in none of these types. Numbers that are not finite become text, so that
    ``json.dumps(..., allow_nan=False)`` works. `report_from_json` reads the ``report`` back.
    """
    return {
        "schema": "medmm-report",
        "schema_version": SCHEMA_VERSION,
        "report": core_to_json(report),
        "evidence": [
            {
                "bundle": {
                    "id": prediction.provenance.bundle_id,
                    "version": prediction.provenance.bundle_version,
                    "sha256": prediction.provenance.bundle_sha256,
                },
                "findings": core_to_json(prediction.findings),
                "measurements": core_to_json(prediction.measurements),
                "contributions": core_to_json(prediction.contributions),
                "empty_segments": core_to_json(empty_segments(prediction)),
            }
            for prediction in predictions
        ],
    }


def report_from_json(value: Mapping[str, Any]) -> Report:
    """Read back what `to_json` wrote.

    Raises
    ------
    InputError
        If it is not a report of this version.
    """
    if value.get("schema") != "medmm-report" or value.get("schema_version") != SCHEMA_VERSION:
        raise InputError(
            f"This is no MedMM report of version {SCHEMA_VERSION}. Open it with the version that wrote it."
        )
    try:
        report = value["report"]
        sections = tuple(
            ReportSection(
                section["id"],
                section["title"],
                tuple(
                    ReportSentence(
                        sentence["id"], sentence["text"], sentence["author"], tuple(sentence["evidence_ids"])
                    )
                    for sentence in section["sentences"]
                ),
            )
            for section in report["sections"]
        )
        return Report(**{**report, "sections": sections})
    except (KeyError, TypeError) as error:
        raise InputError(f"The report is incomplete: {error}. Draft it again.") from error
