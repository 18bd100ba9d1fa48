"""Narrative HTML of FHIR resources to plain text, by a parser; nothing is ever rendered."""

from __future__ import annotations

from html.parser import HTMLParser

__all__ = ["LONGEST_NARRATIVE", "text_of_html"]

LONGEST_NARRATIVE = 200_000
"""Characters of markup that are read; real narratives have some thousand."""

_BREAKING = frozenset({"p", "div", "br", "li", "tr", "ul", "ol", "table", "h1", "h2", "h3", "h4", "h5", "h6"})
_HIDDEN = frozenset({"script", "style", "template", "head", "title"})


class _TextCollector(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.parts: list[str] = []
        self.hidden: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _HIDDEN:
            self.hidden.append(tag)
        elif tag in _BREAKING:
            self.parts.append("\n")
        elif tag in ("td", "th"):
            self.parts.append(" ")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in _BREAKING:
            self.parts.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag in self.hidden:
            del self.hidden[self.hidden.index(tag) :]
        elif tag in _BREAKING:
            self.parts.append("\n")

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.parts.append(data)


def text_of_html(markup: str) -> str:
    """The text of HTML: tags, attributes, comments, scripts and styles are left out, entities decoded.

    Entities may decode into ``<`` and ``&``: the result is plain text, and whoever writes HTML escapes it.

    Parameters
    ----------
    markup : str
        Only the first `LONGEST_NARRATIVE` characters are read.

    Returns
    -------
    str
        Lines without blank ones; white space within a line is one space.
    """
    collector = _TextCollector()
    collector.feed(markup[:LONGEST_NARRATIVE])
    collector.close()
    lines = (" ".join(line.split()) for line in "".join(collector.parts).splitlines())
    return "\n".join(line for line in lines if line)
