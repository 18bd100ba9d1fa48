"""A model card for the screen: a small part of Markdown, everything else as it stands.

Cards come with bundles, which are untrusted: all text is escaped, and there are no links, images or HTML.
"""

from __future__ import annotations

import re
from html import escape

__all__ = ["card_html"]

_LIST = re.compile(r"^\s*(?:[-*+]|\d+\.)\s+(.*)$")
_HEADING = re.compile(r"^(#{1,6})\s+(.*?)\s*#*$")


def card_html(text: str) -> str:
    """Turn the headings, lists, tables, bold and code of a Markdown text into HTML, the rest into text."""
    html: list[str] = []
    paragraph: list[str] = []
    rows: list[str] = []
    for line in [*text.splitlines(), ""]:
        table_line = line.lstrip().startswith("|")
        heading, item = _HEADING.match(line), _LIST.match(line)
        if paragraph and (heading or item or table_line or not line.strip()):
            html.append(f"<p>{_inline(' '.join(paragraph))}</p>")
            paragraph = []
        if rows and not table_line:
            html.append(_table(rows))
            rows = []
        if table_line:
            rows.append(line)
        elif heading:
            level = min(len(heading.group(1)) + 1, 4)
            html.append(f"<h{level}>{_inline(heading.group(2))}</h{level}>")
        elif item:
            html.append(f"<p>&bull; {_inline(item.group(1))}</p>")
        elif line.strip():
            paragraph.append(line.strip())
    return "".join(html)


def _inline(text: str) -> str:
    plain = re.sub(r"!?\[([^\]]*)\]\(([^)]*)\)", r"\1 (\2)", text)
    safe = escape(plain)
    safe = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", safe)
    safe = re.sub(r"(?<![*\w])\*(?!\s)([^*]+?)\*(?![*\w])", r"<i>\1</i>", safe)
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", safe)


def _table(lines: list[str]) -> str:
    cells = [[cell.strip() for cell in line.strip().strip("|").split("|")] for line in lines]
    kept = [row for row in cells if not all(re.fullmatch(r":?-+:?", cell) for cell in row)]
    rows = ("".join(f"<td>{_inline(cell)}</td>" for cell in row) for row in kept)
    return (
        '<table border="1" cellspacing="0" cellpadding="3">' + "".join(f"<tr>{row}</tr>" for row in rows)
    ) + ("</table>")
