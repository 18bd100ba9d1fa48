"""Loading of `.ui` files."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from MedMMSlicerLib.errors import InputError

from . import objects
from .calls import raw
from .stand_ins import registered
from .values import from_qt

__all__ = ["load_bytes", "load_ui"]


def load_ui(path: str | Path, parent: Any = None) -> Any:
    """Make the widget of a `.ui` file.

    Raises
    ------
    InputError
        If the file can not be read, or has a class of which the host has no stand-in.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror}") from error
    return load_bytes(text, str(path), parent)


def load_bytes(text: bytes, name: str, parent: Any = None) -> Any:
    """Make the widget of a `.ui` file that was read already; `name` is for errors."""
    import qt
    from PySide6.QtUiTools import QUiLoader

    loader = QUiLoader()
    for stand_in in _needed_stand_ins(text, name):
        raw(QUiLoader, "registerCustomWidget")(loader, stand_in)
    data = qt.QByteArray(text)
    buffer = qt.QBuffer(data)
    buffer.open(qt.QIODevice.ReadOnly)
    with objects.loading():
        widget = raw(QUiLoader, "load")(loader, buffer, parent)
    if widget is None:
        raise InputError(f"{name} can not be loaded: {raw(QUiLoader, 'errorString')(loader)}")
    return from_qt(widget)


def _needed_stand_ins(text: bytes, name: str) -> list[Any]:
    """Return the stand-ins of the classes in a file that are not Qt's own."""
    try:
        tree = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        raise InputError(f"{name} can not be loaded: {error}") from error
    used = {element.get("class", "") for element in tree.iter("widget")}
    foreign = {each for each in used if not each.startswith("Q") and each != "Line"}
    known = registered()
    missing = sorted(foreign - known.keys())
    if missing:
        raise InputError(f"{name} has {', '.join(missing)}, for which the host has no stand-in.")
    return [known[each] for each in sorted(foreign)]
