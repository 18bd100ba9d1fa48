"""The printable page of a report with its status, signature, addenda and key images."""

from __future__ import annotations

import dataclasses

from ..document.model import Signature
from ..plain_text import clean_text, wrap_text
from ..render import TEXT_WIDTH, Standing, to_html, to_text
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
        for heading, text in standing.addenda:
            lines += wrap_text(f"- {heading}: {text}", TEXT_WIDTH, indent="  ")
    if standing.lines:
        lines.append("")
        for line in standing.lines:
            lines += wrap_text(line, TEXT_WIDTH)
    return "\n".join(lines).rstrip("\n") + "\n"


def page_wording(exported: ExportedReport) -> Wording:
    """The words of the page, in the report's language where there are some."""
    language = exported.report.language
    return load_wording("page", language if language in LANGUAGES else "en")[0]


def standing_of(exported: ExportedReport) -> Standing:
    """Status, signature and addenda in the words of the page."""
    wording = page_wording(exported)
    lines = _signature_lines(exported, wording)
    addenda = tuple(
        (
            clean_text(wording.word("addendum").replace("{at}", item.at).replace("{who}", item.who)),
            clean_text(item.text),
        )
        for item in exported.addenda
    )
    return Standing(exported.page_status, tuple(map(clean_text, lines)), addenda)


def _signature_lines(exported: ExportedReport, wording: Wording) -> list[str]:
    """Who signed which version and when, and that nobody has signed the amendment that is open."""
    lines, amended = [], bool(exported.earlier)
    for signature in exported.earlier:
        lines += _signed(signature, wording, amended)
    if exported.signature is not None:
        lines += _signed(exported.signature, wording, amended)
    elif amended:
        lines.append(wording.word("version_open").replace("{version}", str(exported.version)))
    return lines


def _signed(signature: Signature, wording: Wording, with_version: bool) -> list[str]:
    signed = wording.word("signed_by").replace("{name}", signature.name).replace("{at}", signature.at)
    if with_version:
        version = wording.word("version_signed").replace("{version}", str(signature.version))
        signed = version.replace("{signed}", signed)
    lines = [signed]
    if signature.role:
        lines.append(wording.word("role").replace("{role}", signature.role))
    if signature.sha256:
        lines.append(wording.word("signature_hash").replace("{hash}", signature.sha256))
    return lines
