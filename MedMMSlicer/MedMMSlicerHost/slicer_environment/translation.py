"""``slicer.i18n``: translation whose context is the source file, as Slicer and lupdate name it."""

from __future__ import annotations

import inspect
import logging
from functools import cache
from pathlib import Path
from string import Formatter

__all__ = ["getContext", "tr", "translate"]


def translate(context: str, text: str) -> str:
    """Return `text` in the application's language."""
    import slicer

    return slicer.app.translate(context, text)


@cache
def getContext(sourceFile: str) -> str:
    """Return the translation context of a source file: its stem, after its package's name if it has one."""
    path = Path(sourceFile)
    if not path.is_file():
        return path.name
    stem = path.name.removesuffix(".py")
    return f"{path.parent.name}.{stem}" if (path.parent / "__init__.py").is_file() else stem


def tr(text: str) -> str:
    """Return `text` in the application's language, its context being the file that calls.

    A translation with other placeholders than the text is refused, since it would fail in ``format``.
    """
    frame = inspect.currentframe()
    caller = frame.f_back if frame is not None else None
    context = getContext(caller.f_code.co_filename) if caller is not None else ""
    translated = translate(context, text)
    if translated != text and _placeholders(translated) != _placeholders(text):
        logging.warning("In %s, the translation %r of %r has other placeholders", context, translated, text)
        return text
    return translated


def _placeholders(text: str) -> set[str] | None:
    """Return the replacement fields, or None where the braces do not pair."""
    try:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}
    except ValueError:
        return None
