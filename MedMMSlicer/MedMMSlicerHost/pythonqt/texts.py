"""How PythonQt prints objects."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .calls import raw

__all__ = ["object_text", "value_text"]

_FIELDS: dict[str, tuple[str, ...]] = {
    "QSize": ("width", "height"),
    "QSizeF": ("width", "height"),
    "QPoint": ("x", "y"),
    "QPointF": ("x", "y"),
    "QRect": ("x", "y", "width", "height"),
    "QRectF": ("x", "y", "width", "height"),
}


def object_text(instance: Any) -> str:
    """Describe a QObject: widgets and actions by address and name, others by class and address."""
    import shiboken6
    from PySide6.QtCore import QObject
    from PySide6.QtGui import QAction
    from PySide6.QtWidgets import QWidget

    name = type(instance).__name__
    if not shiboken6.isValid(instance):
        return f"{name} (destroyed)"
    address = f"{shiboken6.getCppPointer(instance)[0]:#x}"
    bases = type(instance).__mro__
    if QWidget in bases:
        own_name = raw(QObject, "objectName")(instance)
        return f'{name}({address}, name="{own_name}") ' if own_name else f"{name}({address}) "
    if QAction in bases:
        shown = f'text="{instance.text}" toolTip="{instance.toolTip}"'
        return (
            f"{name}({address} {shown} menuRole=TextHeuristicRole visible={str(instance.visible).lower()}) "
        )
    return f"{name} ({name} at: {address})"


def value_text(owner: type) -> Callable[[Any], str]:
    """Return the printing function of a class of values."""
    name = owner.__name__
    if name in _FIELDS:
        readers = [raw(owner, field) for field in _FIELDS[name]]

        def with_fields(value: Any) -> str:
            shown = ", ".join(str(reader(value)) for reader in readers)
            return f"{type(value).__name__} ({shown}, at: {id(value):#x})"

        return with_fields
    if name == "QByteArray":
        data = raw(owner, "data")
        return lambda value: f"QByteArray ({data(value).decode('latin-1')}, at: {id(value):#x})"
    if name == "QIcon":
        is_null = raw(owner, "isNull")
        return lambda value: "QIcon(null) " if is_null(value) else f"QIcon (QIcon at: {id(value):#x})"
    return lambda value: f"{type(value).__name__} (C++ object at: {id(value):#x})"
