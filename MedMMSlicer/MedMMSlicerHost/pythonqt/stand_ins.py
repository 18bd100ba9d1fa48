"""Widget classes that PySide6 has not: registered once, then as strict as Qt's own."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

from .calls import Slot
from .objects import forget_names
from .signals import SignalDescriptor
from .values import add_stand_in

__all__ = ["register_stand_in", "registered", "stand_in"]

_registered: dict[str, type] = {}
_OWN = {
    "ctkCollapsibleButton": "collapsible_button",
    "ctkCollapsibleGroupBox": "collapsible_group_box",
    "ctkMessageBox": "message_box",
    "ctkPathLineEdit": "path_line_edit",
    "ctkRangeWidget": "range_widget",
    "ctkSliderWidget": "slider_widget",
}
"""Module of this package's `ctk` folder for each class."""


def stand_in(name: str) -> type | None:
    """Return the stand-in of this package for a class of CTK, or None."""
    if name in _OWN and name not in _registered:
        module = importlib.import_module(f"{__package__}.ctk.{_OWN[name]}")
        register_stand_in(getattr(module, name), "ctk")
    return _registered.get(name)


def registered() -> dict[str, type]:
    """Return all stand-ins by class name."""
    for name in _OWN:
        stand_in(name)
    return dict(_registered)


def register_stand_in(cls: Any, module: str | types.ModuleType) -> None:
    """Let a subclass of a PySide6 class count as a class of Qt, and `load_ui` make it.

    Parameters
    ----------
    cls : type
        Properties are `QtCore.Property`, signals `QtCore.Signal`, private names begin with an underscore.
    module : str or module
        Where Slicer has the class: `ctk`, `qt` or `slicer`.
    """
    if _registered.get(cls.__name__) is cls:
        return
    add_stand_in(cls)
    forget_names(cls)
    if "__getattribute__" in cls.__dict__:
        del cls.__getattribute__
    for name, value in list(cls.__dict__.items()):
        if name.startswith("_"):
            continue
        if type(value).__name__ == "Signal":
            setattr(cls, name, SignalDescriptor(name, value))
        elif isinstance(value, types.FunctionType) and not hasattr(value, "__wrapped__"):
            setattr(cls, name, Slot(value, cls, name))
    _registered[cls.__name__] = cls
    home = sys.modules[module] if isinstance(module, str) else module
    setattr(home, cls.__name__, cls)
