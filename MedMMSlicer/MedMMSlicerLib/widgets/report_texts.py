"""Where a report stands, in words: status, signature, addenda, checks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .translation import _

__all__ = ["addenda_text", "count_text", "remark_text", "short_hash", "status_text", "time_text"]

_SHORT = 12
_SYMBOLS = {"error": "✖", "warning": "⚠", "info": "ℹ"}


def short_hash(sha256: str) -> str:
    """Return the first characters of a hash: enough to compare by eye."""
    return sha256[:_SHORT]


def time_text(at: str) -> str:
    """Return an ISO 8601 time as this place's clocks show it; as it is where it is none."""
    try:
        return datetime.fromisoformat(at).astimezone().strftime("%Y-%m-%d %H:%M")
    except ValueError:
        return at


def status_text(document: Any) -> str:
    """Return the status of a document, and who signed it when; a symbol and words, never color alone."""
    signature = document.signature
    if signature is not None:
        title = _("Final") if document.version == 1 else _("Amended, version {number}")
        text = _(
            "{status}. Signed by {name}, {time}, content {hash}. Read-only: add an addendum to change it."
        )
        name = f"{signature.name} ({signature.role})" if signature.role else signature.name
        return "✔ " + text.format(
            status=title.format(number=document.version),
            name=name,
            time=time_text(signature.at),
            hash=short_hash(signature.sha256),
        )
    if document.status == "amended":
        return "✚ " + _("Amended, version {number}. Not signed yet.").format(number=document.version)
    if document.status == "preliminary":
        return "◐ " + _("Preliminary. Not signed yet.")
    return "✎ " + _("Draft. Not signed yet.")


def addenda_text(document: Any) -> str:
    """Return the addenda, one a line."""
    text = _("Addendum by {name}, {time}: {text}")
    return "\n".join(
        text.format(name=item.who, time=time_text(item.at), text=item.text) for item in document.addenda
    )


def remark_text(remark: Any) -> str:
    """Return a remark of the checks with its severity as symbol and word."""
    words = {"error": _("Error"), "warning": _("Warning"), "info": _("Note")}
    return f"{_SYMBOLS[remark.severity]} {words[remark.severity]}: {remark.text}"


def count_text(remarks: Sequence[Any]) -> str:
    """Return how many remarks there are of each severity, empty without any."""
    counts = {name: sum(item.severity == name for item in remarks) for name in _SYMBOLS}
    return "  ".join(f"{_SYMBOLS[name]} {count}" for name, count in counts.items() if count)
