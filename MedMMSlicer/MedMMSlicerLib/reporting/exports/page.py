"""The printable page of a report with its status, signature, addenda and key images."""

from __future__ import annotations

import dataclasses

from ..plain_text import clean_text
from ..render import Standing, to_html, to_text
from ..templates import LANGUAGES, Wording, load_wording
from .exported_report import ExportedReport

__all__ = ["page_wording", "standing_of", "to_page", "to_plain_text"]


def to_page(exported: ExportedReport) -> str:
    """One self-contained HTML file without scripts; see `render.to_html`.

    Raises
    ------
    UsageError
        If an image is not a PNG.
    """
    return to_html(exported.report, exported.predictions, exported.images, standing_of(exported))


def to_plain_text(exported: ExportedReport) -> str:
    """The report as text, with addenda and signature below."""
    standing = standing_of(exported)
    lines = [to_text(dataclasses.replace(exported.report, status=standing.status))]
    if standing.addenda:
        lines += ["", page_wording(exported).word("addenda").upper()]
        lines += [f"- {heading}: {text}" for heading, text in standing.addenda]
    if standing.lines:
        lines += ["", *standing.lines]
    return "\n".join(lines).rstrip("\n") + "\n"


def page_wording(exported: ExportedReport) -> Wording:
    """The words of the page, in the report's language where there are some."""
    language = exported.report.language
    return load_wording("page", language if language in LANGUAGES else "en")[0]


def standing_of(exported: ExportedReport) -> Standing:
    """Status, signature and addenda in the words of the page."""
    wording = page_wording(exported)
    signature = exported.signature
    lines = []
    if signature is not None:
        signed = wording.word("signed_by").replace("{name}", signature.name).replace("{at}", signature.at)
        lines.append(signed)
        if signature.role:
            lines.append(wording.word("role").replace("{role}", signature.role))
        if signature.sha256:
            lines.append(wording.word("signature_hash").replace("{hash}", signature.sha256))
    addenda = tuple(
        (
            clean_text(wording.word("addendum").replace("{at}", item.at).replace("{who}", item.who)),
            clean_text(item.text),
        )
        for item in exported.addenda
    )
    return Standing(_status(exported), tuple(map(clean_text, lines)), addenda)


def _status(exported: ExportedReport) -> str:
    if exported.status == "amended" and exported.signature is None:
        return "amended_open"
    return exported.standing
