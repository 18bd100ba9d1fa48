"""Paint, erase and threshold segments in the desktop reader, with Slicer's own segment editor logic.

`SegmentEditor` is the widget; importing it needs the strict Qt layer. Everything below it works without Qt.
"""

from __future__ import annotations

from typing import Any

__all__ = ["SegmentEditor"]


def __getattr__(name: str) -> Any:
    """Import the widget on first use."""
    if name == "SegmentEditor":
        from .editor import SegmentEditor

        return SegmentEditor
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
