"""Keys and clicks as a reader gives them."""

from __future__ import annotations

from typing import Any


def press(widget: Any, key: str, *modifiers: str) -> None:
    """Press and release a key by its name in Qt, e.g. ``Return``, with e.g. ``Control``."""
    import qt

    if not modifiers:
        qt.QTest.keyClick(widget, getattr(qt.Qt, f"Key_{key}"))
        return
    state = 0
    for name in modifiers:
        state |= int(getattr(qt.Qt, f"{name}Modifier"))
    qt.QTest.keyClick(widget, getattr(qt.Qt, f"Key_{key}"), state)


def press_shortcut(widget: Any, shortcut: str) -> None:
    """Press a key as `Action.shortcut` writes it, on a widget."""
    import qt

    qt.QTest.keySequence(widget, qt.QKeySequence(shortcut))


def type_text(widget: Any, text: str) -> None:
    """Type a text."""
    import qt

    qt.QTest.keyClicks(widget, text)
