"""The page of an analysis: sections of sentences, tables and figures, made from ``results.json`` alone."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from markupsafe import Markup

from ...reporting.plain_text import clean_text
from ...reporting.templates import TEMPLATE_FOLDER

__all__ = [
    "Figure",
    "Section",
    "Sentence",
    "Sentences",
    "Table",
    "interval_text",
    "number_text",
    "p_statement",
    "p_text",
    "render",
]

_OWN_TEMPLATES = Path(__file__).parent / "templates"

NOTHING = "\u2013"


@dataclass(frozen=True)
class Sentence:
    """A paragraph; ``style`` is a class of the style sheet."""

    text: str
    style: str = ""
    kind: str = "text"


@dataclass(frozen=True)
class Sentences:
    """A list."""

    texts: Sequence[str]
    kind: str = "list"


@dataclass(frozen=True)
class Table:
    """A table; the first cell of each row is its heading. Cells of sentences (``is_text``) wrap."""

    caption: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    is_text: bool = False
    kind: str = "table"


@dataclass(frozen=True)
class Figure:
    """A drawing with its legend: pairs of a color class and a text."""

    svg: Markup
    caption: str
    legend: Sequence[tuple[str, str]] = ()
    kind: str = "figure"


@dataclass(frozen=True)
class Section:
    """A part of the page with its heading."""

    anchor: str
    title: str
    items: Sequence[Sentence | Sentences | Table | Figure] = field(default_factory=tuple)


def render(study: Mapping[str, Any], subtitle: str, notice: str, sections: Sequence[Section]) -> str:
    """Render the page: one HTML5 file without scripts, fonts or anything from elsewhere.

    Parameters
    ----------
    study : mapping
        ``title``, ``kind`` and ``synthetic`` of the study.
    subtitle, notice : str
    sections : sequence of Section
        Every text is escaped.
    """
    import jinja2

    def finalize(value: object) -> object:
        return clean_text(value) if isinstance(value, str) and not isinstance(value, Markup) else value

    environment = jinja2.Environment(
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    style = (TEMPLATE_FOLDER / "report.css").read_text(encoding="utf-8")
    style += (_OWN_TEMPLATES / "study.css").read_text(encoding="utf-8")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    source = (_OWN_TEMPLATES / "study.html.j2").read_text(encoding="utf-8")
    return environment.from_string(source).render(
        title=study["title"],
        kind=study["kind"],
        synthetic=study["synthetic"],
        subtitle=subtitle,
        notice=notice,
        sections=sections,
        # our own style sheet and its digest, not text from outside
        style=Markup(style),
        digest=Markup(digest),
    )


def number_text(value: float | None, digits: int = 3) -> str:
    """A rounded number with a true minus sign; a dash for None."""
    if value is None:
        return NOTHING
    text = f"{value:.{digits}f}"
    if float(text) == 0:
        text = text.lstrip("-")
    return text.replace("-", "\u2212")


def p_text(value: float | None) -> str:
    """A p value with three digits, four below 0.1."""
    if value is None:
        return NOTHING
    if value < 0.0001:
        return "< 0.0001"
    return f"{value:.4f}" if value < 0.1 else f"{value:.3f}"


def p_statement(value: float | None) -> str:
    """A p value for a sentence, such as *p = 0.0517* or *p < 0.0001*."""
    text = p_text(value)
    return f"p {text}" if text.startswith("<") else f"p = {text}"


def interval_text(interval: Sequence[float] | None, digits: int = 3) -> str:
    """An interval as *low to high*; a dash for None."""
    if interval is None:
        return NOTHING
    return f"{number_text(interval[0], digits)} to {number_text(interval[1], digits)}"
