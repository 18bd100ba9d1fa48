"""Loading of `.ui` files."""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import Any

from MedMMSlicerLib.errors import InputError

from . import objects
from .calls import raw
from .stand_ins import registered

__all__ = ["load_ui"]


def load_ui(path: str | Path, parent: Any = None) -> Any:
    """Make the widget of a `.ui` file.

    Raises
    ------
    InputError
        If the file can not be read, or has a class of which the host has no stand-in.
    """
    from PySide6.QtCore import QBuffer, QByteArray, QIODevice
    from PySide6.QtUiTools import QUiLoader

    path = Path(path)
    try:
        text = path.read_bytes()
        custom = _custom_classes(text)
    except (OSError, ElementTree.ParseError) as error:
        raise InputError(f"{path} can not be loaded: {error}") from error
    stand_ins = registered()
    missing = sorted(custom - stand_ins.keys())
    if missing:
        raise InputError(f"{path} has {', '.join(missing)}, for which the host has no stand-in.")
    loader = QUiLoader()
    for name in custom:
        raw(QUiLoader, "registerCustomWidget")(loader, stand_ins[name])
    data = QByteArray(text)
    buffer = QBuffer(data)
    raw(QBuffer, "open")(buffer, QIODevice.OpenModeFlag.ReadOnly)
    with objects.loading():
        widget = raw(QUiLoader, "load")(loader, buffer, parent)
    if widget is None:
        raise InputError(f"{path} can not be loaded: {raw(QUiLoader, 'errorString')(loader)}")
    return objects.from_qt(widget)


def _custom_classes(text: bytes) -> set[str]:
    tree = ElementTree.fromstring(text)
    return {
        element.get("class", "") for element in tree.iter("widget") if _is_foreign(element.get("class", ""))
    }


def _is_foreign(name: str) -> bool:
    return not name.startswith("Q") and name != "Line"
