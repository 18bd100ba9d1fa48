"""A hook below ``slicer.util``'s message boxes, so that tests see the text and no box waits for a click."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["ShownMessage", "hook", "recording"]


@dataclass(frozen=True)
class ShownMessage:
    """One message that ``slicer.util`` would have shown.

    Attributes
    ----------
    level : str
        ``info``, ``warning``, ``error`` or ``question``.
    text, title, details : str
    """

    level: str
    text: str
    title: str
    details: str = ""


class _Recorder:
    def __init__(self, answer: bool) -> None:
        self.answer = answer
        self.shown: list[ShownMessage] = []


_recorders: list[_Recorder] = []


@contextmanager
def recording(answer: bool) -> Iterator[list[ShownMessage]]:
    """Collect messages while the block runs; the innermost block gets them."""
    recorder = _Recorder(answer)
    _recorders.append(recorder)
    try:
        yield recorder.shown
    finally:
        _recorders.remove(recorder)


def hook(util: Any) -> None:
    """Put the recorder before the two functions of ``slicer.util`` that open a box; nothing else changes."""
    display, box = util._messageDisplay, util.messageBox

    def _messageDisplay(
        logLevel: int, text: str, testingReturnValue: Any, *arguments: Any, **facts: Any
    ) -> Any:
        if not _recorders:
            return display(logLevel, text, testingReturnValue, *arguments, **facts)
        return _record(logging.getLevelName(logLevel).lower(), text, facts)

    def messageBox(text: str, parent: Any = None, **facts: Any) -> Any:
        if not _recorders:
            return box(text, parent, **facts)
        return _record("info", text, facts)

    util._messageDisplay = _messageDisplay
    messageBox.__doc__ = box.__doc__
    util.messageBox = messageBox


def _record(level: str, text: str, facts: dict[str, Any]) -> Any:
    import qt

    recorder = _recorders[-1]
    buttons = facts.get("standardButtons") or qt.QMessageBox.Ok
    pairs = (
        (qt.QMessageBox.Ok, qt.QMessageBox.Cancel),
        (qt.QMessageBox.Yes, qt.QMessageBox.No),
        (qt.QMessageBox.Retry, qt.QMessageBox.Close),
    )
    pair = next(((yes, no) for yes, no in pairs if int(buttons) & int(no)), None)
    shown_level = level if pair is None or level == "error" else "question"
    recorder.shown.append(
        ShownMessage(
            shown_level, str(text), str(facts.get("windowTitle") or ""), str(facts.get("detailedText") or "")
        )
    )
    if pair is None:
        return qt.QMessageBox.Ok
    return pair[0] if recorder.answer else pair[1]
