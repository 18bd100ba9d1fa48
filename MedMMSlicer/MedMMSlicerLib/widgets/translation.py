"""The language of the panel: texts of the code through `_`, texts of ``.ui`` files through `retranslate`."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import qt
from slicer.i18n import translate

from ..errors import InputError, UsageError
from ..samples import shipped_folder

__all__ = [
    "LANGUAGES",
    "LANGUAGE_KEY",
    "_",
    "application_language",
    "language",
    "read_table",
    "retranslate",
    "set_language",
    "start_language",
]

CONTEXT = "MedMMSlicer"
LANGUAGES = {"en": "English", "zh-CN": "简体中文"}
"""Language tag to its name in that language."""

LANGUAGE_KEY = "language"
"""Where the reader's choice is kept in the settings."""

_PROPERTIES = ("text", "title", "toolTip", "placeholderText", "accessibleName", "accessibleDescription")
_TYPED_BY_PEOPLE = (
    "QLineEdit",
    "QTextEdit",
    "QPlainTextEdit",
    "QComboBox",
    "QProgressBar",
    "QAbstractSpinBox",
)
_MARK = "medmmSource_"


class _Current:
    """The language that is set; one per process, as in Qt itself."""

    language = "en"
    table: Mapping[str, str] = {}


def _(text: str) -> str:
    """Return a text in the panel's language; without a translation of ours, Slicer's own is asked."""
    return _Current.table.get(text) or translate(CONTEXT, text)


def language() -> str:
    """Tag of the language that is set."""
    return _Current.language


def set_language(tag: str) -> None:
    """Choose one of `LANGUAGES` for what is translated from now on.

    Raises
    ------
    UsageError
        If there is no such language.
    InputError
        If its file is missing.
    """
    if tag not in LANGUAGES:
        raise UsageError(f"There is no language '{tag}'. Languages are: {', '.join(LANGUAGES)}.")
    _Current.table = {} if tag == "en" else read_table(tag)
    _Current.language = tag


def application_language() -> str:
    """Return the language that the reader chose for the application, if the panel has it, else ``en``."""
    chosen = str(qt.QSettings().value("language", "") or "").replace("_", "-")
    return next((tag for tag in LANGUAGES if tag.split("-")[0] == chosen.split("-")[0]), "en")


def start_language(settings: Any) -> str:
    """Set and return the language of a new panel: the one chosen before, else the application's."""
    chosen = settings.get(LANGUAGE_KEY)
    set_language(chosen if chosen in LANGUAGES else application_language())
    return language()


def read_table(tag: str) -> dict[str, str]:
    """Source text to translation, from the Qt Linguist file of a language.

    Raises
    ------
    InputError
        If the file is missing or broken.
    """
    path = (shipped_folder("Translations") or Path("Translations")) / f"{CONTEXT}_{tag}.ts"
    try:
        messages = ElementTree.parse(path).iter("message")
    except (OSError, ElementTree.ParseError) as error:
        raise InputError(f"{path} can not be read ({error}). Install MedMM again.") from error
    pairs = ((item.findtext("source") or "", item.findtext("translation") or "") for item in messages)
    return {source: translated for source, translated in pairs if translated}


def retranslate(widget: Any) -> None:
    """Put the texts that a ``.ui`` file gave to ``widget`` and its children into the current language.

    Call it once right after loading, before any text is set by code: what stands there then is the source.
    """
    first = widget.property(_MARK) is None
    widget.setProperty(_MARK, True)
    for child in (widget, *widget.findChildren(qt.QWidget)):
        for name in _properties(child):
            if first:
                child.setProperty(_MARK + name, child.property(name) or "")
            source = child.property(_MARK + name)
            if source:
                child.setProperty(name, _(source))


def _properties(child: Any) -> tuple[str, ...]:
    if any(child.inherits(kind) for kind in _TYPED_BY_PEOPLE):
        return _PROPERTIES[2:]
    return _PROPERTIES
