"""The reader's own texts in other languages; what the panel has already is asked there."""

from __future__ import annotations

from .words_zh import CHINESE

__all__ = ["_"]


def _(text: str) -> str:
    """Return a text in the language that is set for the panel."""
    from MedMMSlicerLib.widgets import translation

    if translation.language() == "zh-CN" and text in CHINESE:
        return CHINESE[text]
    return str(translation._(text))
