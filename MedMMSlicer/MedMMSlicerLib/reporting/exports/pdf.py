"""A report as PDF, through ReportLab: A4, notice on every page, Chinese included."""

from __future__ import annotations

import functools
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

from ...errors import OutputError
from ...files import atomic_write
from ..evidence import collect_evidence
from ..plain_text import clean_text, display_width
from ..render import PNG_SIGNATURE, run_rows
from ..templates import Wording
from .exported_report import ExportedReport
from .page import page_wording, standing_of
from .pdf_fonts import font_runs

__all__ = ["pdf_bytes", "to_pdf"]

_MARGIN_MM = 18
_SIZE = 9.5
_INK, _QUIET, _LINE = "#1b2430", "#566273", "#c4ccd6"
_NOTICE, _NOTICE_LINE = "#fff4d6", "#d19a00"
_PADDING = 6
"""Of ReportLab's frame, in points."""
_HIGHEST_IMAGE = 0.62
"""Part of the page's height that a picture takes at most."""
_MARKS = {"model": "AI", "reader": "R", "template": ""}
"""What stands before a sentence, so that its author shows without color; the key explains it."""


def to_pdf(exported: ExportedReport, path: Path) -> None:
    """Write the PDF.

    Parameters
    ----------
    exported : ExportedReport
    path : Path

    Raises
    ------
    OutputError, DiskFullError
        If it can not be written.
    """
    data = pdf_bytes(exported)
    with atomic_write(path) as temporary:
        temporary.write_bytes(data)


def pdf_bytes(exported: ExportedReport) -> bytes:
    """The PDF; the same input gives the same bytes.

    Raises
    ------
    OutputError
        If an image is not a PNG.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.lib.units import mm
    from reportlab.platypus import SimpleDocTemplate

    stream = io.BytesIO()
    margin = _MARGIN_MM * mm
    document = SimpleDocTemplate(
        stream,
        pagesize=A4,
        leftMargin=margin,
        rightMargin=margin,
        topMargin=margin,
        bottomMargin=margin,
        title=clean_text(exported.report.title),
        author="MedMM",
        subject=clean_text(exported.report.notice),
        creator="MedMM",
        lang=exported.report.language,
        invariant=1,
    )
    wording = page_wording(exported)
    story = _story(exported, wording, document.width - 2 * _PADDING, document.height)
    document.build(story, canvasmaker=functools.partial(_canvas_class(), exported.report.notice, wording))
    return stream.getvalue()


def _story(exported: ExportedReport, wording: Wording, width: float, height: float) -> list[Any]:
    from reportlab.platypus import Spacer

    report, standing = exported.report, standing_of(exported)
    status = wording.word(f"status.{standing.status}", standing.status)
    tables = collect_evidence(exported.predictions, wording)
    story: list[Any] = [
        _text(report.title, _SIZE + 6.5, bold=True, after=4),
        _text(f"{status} · {wording.word('created')}: {report.created_at}", _SIZE - 0.5, _QUIET, after=6),
        _notice(report.notice, width),
    ]
    for section in report.sections:
        if section.sentences:
            story.append(_heading(section.title))
        for sentence in section.sentences:
            numbers = [
                str(tables.by_id[name].number) for name in sentence.evidence_ids if name in tables.by_id
            ]
            note = f" [{', '.join(numbers)}]" if numbers else ""
            story.append(_sentence(sentence.text + note, _MARKS.get(sentence.author, "R")))
    for index, (heading, text) in enumerate(standing.addenda):
        story += [_heading(wording.word("addenda"))] if index == 0 else []
        story += [_text(heading, _SIZE, bold=True), _text(text, _SIZE)]
    if standing.lines:
        story += [Spacer(1, 10), _box([_text(line, _SIZE) for line in standing.lines], width)]
    key = f"AI: {wording.word('author.model')} · R: {wording.word('author.reader')}"
    story += [Spacer(1, 8), _text(key, _SIZE - 1.5, _QUIET)]
    story += _images(exported, wording, width, height)
    story += _evidence(exported, wording, tables, width)
    return story


def _images(exported: ExportedReport, wording: Wording, width: float, height: float) -> list[Any]:
    from reportlab.lib.utils import ImageReader
    from reportlab.platypus import Image, KeepTogether

    story: list[Any] = []
    for caption, data in exported.images.items():
        if not data.startswith(PNG_SIGNATURE):
            raise OutputError(
                f"The image '{clean_text(caption)}' of the report is not a PNG file. Pass PNG data."
            )
        columns, rows = ImageReader(io.BytesIO(data)).getSize()
        scale = min(width / columns, _HIGHEST_IMAGE * height / rows)
        picture = Image(io.BytesIO(data), columns * scale, rows * scale, hAlign="LEFT")
        words = wording.word(f"caption.{caption}", caption)
        above = [] if story else [_heading(wording.word("images"))]
        story.append(KeepTogether([*above, picture, _text(words, _SIZE - 1, _QUIET, after=8)]))
    return story


def _evidence(exported: ExportedReport, wording: Wording, tables: Any, width: float) -> list[Any]:
    word = wording.word
    story: list[Any] = []
    if tables.findings:
        rows = [
            (str(row.number), row.cells["name"], row.bar.text if row.bar else "", row.cells["status"])
            for row in tables.findings
        ]
        head = ("#", word("finding"), word("probability"), word("state"))
        story += [_heading(word("findings")), _table([head, *rows], (0.07, 0.5, 0.23, 0.2), width)]
    if tables.measurements:
        rows = [
            (str(row.number), row.cells["name"], row.cells["value"], row.cells["method"])
            for row in tables.measurements
        ]
        head = ("#", word("measurement"), word("value"), word("method"))
        story += [_heading(word("measurements")), _table([head, *rows], (0.07, 0.36, 0.17, 0.4), width)]
    for prediction in exported.predictions:
        run = run_rows(prediction.provenance, wording)
        story += [_heading(word("provenance")), _table(run, (0.2, 0.8), width, has_head=False)]
    return story


def _table(
    rows: Sequence[Sequence[str]], shares: Sequence[float], width: float, has_head: bool = True
) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table

    cells = [
        [
            _text(cell, _SIZE - 1.5, _QUIET if has_head and not index else _INK, has_head and not index)
            for cell in row
        ]
        for index, row in enumerate(rows)
    ]
    style = [("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.4, HexColor(_LINE))]
    widths = [share * width for share in shares]
    return Table(cells, colWidths=widths, style=style, repeatRows=int(has_head), hAlign="LEFT")


def _notice(text: str, width: float) -> Any:
    from reportlab.lib.colors import HexColor

    style = [
        ("BACKGROUND", (0, 0), (-1, -1), HexColor(_NOTICE)),
        ("LINEBEFORE", (0, 0), (0, -1), 3, HexColor(_NOTICE_LINE)),
    ]
    return _box([_text(text, _SIZE)], width, style)


def _box(content: list[Any], width: float, style: Sequence[tuple[Any, ...]] = ()) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.platypus import Table

    frame = style or [("BOX", (0, 0), (-1, -1), 0.6, HexColor(_LINE))]
    return Table([[content]], colWidths=[width], style=[*frame, ("LEFTPADDING", (0, 0), (-1, -1), 8)])


def _heading(text: str) -> Any:
    return _text(text, _SIZE + 1.5, bold=True, before=9, after=3, keep=True)


def _sentence(text: str, mark: str) -> Any:
    from reportlab.platypus import Paragraph

    label = f'<bullet><font size="{_SIZE - 2.5}" color="{_QUIET}">{mark}</font></bullet>' if mark else ""
    return Paragraph(label + _marked(text, False), _style(_SIZE, _INK, indent=22, wide=_is_wide(text)))


def _text(
    text: str,
    size: float,
    color: str = _INK,
    bold: bool = False,
    before: float = 0,
    after: float = 1,
    keep: bool = False,
) -> Any:
    from reportlab.platypus import Paragraph

    style = _style(size, color, wide=_is_wide(text), before=before, after=after, keep=keep)
    return Paragraph(_marked(text, bold) or " ", style)


@functools.lru_cache(maxsize=64)
def _style(
    size: float,
    color: str,
    indent: float = 0,
    wide: bool = False,
    before: float = 0,
    after: float = 2,
    keep: bool = False,
) -> Any:
    from reportlab.lib.colors import HexColor
    from reportlab.lib.styles import ParagraphStyle

    name = next(iter(font_runs("x")))[1]
    return ParagraphStyle(
        "medmm",
        fontName=name,
        bulletFontName=name,
        fontSize=size,
        leading=size * 1.42,
        textColor=HexColor(color),
        leftIndent=indent,
        bulletIndent=2,
        spaceBefore=before,
        spaceAfter=after,
        wordWrap="CJK" if wide else None,
        splitLongWords=1,
        keepWithNext=int(keep),
    )


def _marked(text: str, bold: bool) -> str:
    """Text as ReportLab's markup: everything escaped, a font named for each run."""
    return "".join(
        f'<font name="{name}">{escape(run)}</font>' for run, name in font_runs(clean_text(text), bold)
    )


def _is_wide(text: str) -> bool:
    return display_width(text) > len(text)


@functools.cache
def _canvas_class() -> Any:
    """A canvas that writes the notice and *page of pages* at the foot when the number of pages is known."""
    from reportlab.lib.units import mm
    from reportlab.pdfgen.canvas import Canvas

    class FootedCanvas(Canvas):  # type: ignore[misc]
        def __init__(self, notice: str, wording: Wording, *arguments: Any, **options: Any) -> None:
            super().__init__(*arguments, **options)
            self._notice, self._wording = clean_text(notice), wording
            self._pages: list[dict[str, Any]] = []

        def showPage(self) -> None:  # ReportLab's name
            self._pages.append(dict(self.__dict__))
            self._startPage()

        def save(self) -> None:
            for page in self._pages:
                self.__dict__.update(page)
                self._foot(len(self._pages))
                super().showPage()
            super().save()

        def _foot(self, count: int) -> None:
            words = self._wording.word("page_number")
            number = words.replace("{page}", str(self._pageNumber)).replace("{pages}", str(count))
            self.setFillColor(_QUIET)
            right = self._pagesize[0] - _MARGIN_MM * mm
            number_width = self._written(number, right, 9 * mm, align_right=True)
            room = right - _MARGIN_MM * mm - number_width - 12
            notice = self._notice
            while notice and self._width(notice) > room:
                notice = notice[:-2].rstrip("…. ") + "…" if len(notice) > 2 else ""
            self._written(notice, _MARGIN_MM * mm, 9 * mm)

        def _width(self, text: str) -> float:
            return sum(float(self.stringWidth(run, name, 7)) for run, name in font_runs(text))

        def _written(self, text: str, x: float, y: float, align_right: bool = False) -> float:
            width = self._width(text)
            x -= width if align_right else 0
            for run, name in font_runs(text):
                self.setFont(name, 7)
                self.drawString(x, y, run)
                x += self.stringWidth(run, name, 7)
            return width

    return FootedCanvas
