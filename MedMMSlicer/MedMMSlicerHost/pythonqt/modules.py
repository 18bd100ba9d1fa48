"""The modules `qt` and `ctk`, filled on first use of each name."""

from __future__ import annotations

import importlib
import sys
import types
from typing import Any

from .application_classes import APPLICATION_CLASSES, ApplicationClass
from .classes import patch, patch_roots
from .none_guard import guard_none
from .python_signals import PythonSignal

__all__ = ["install"]

_QT_MODULES = (
    "QtCore",
    "QtGui",
    "QtWidgets",
    "QtPrintSupport",
    "QtNetwork",
    "QtSvg",
    "QtXml",
    "QtUiTools",
    "QtTest",
)
_WITHOUT = {"QEnum", "QFlag", "QT_TR_NOOP", "QT_TR_NOOP_UTF8", "QT_TRANSLATE_NOOP", "QVariant", "QStringList"}


def install() -> None:
    """Make PySide6 behave as PythonQt and put `qt` and `ctk` into `sys.modules`; harmless when repeated.

    Raises
    ------
    ImportError
        If PySide6 is not installed.
    """
    if isinstance(sys.modules.get("qt"), _QtModule):
        return
    guard_none()
    patch_roots()
    sys.modules["qt"] = _QtModule("qt", "Qt as PythonQt gives it, on PySide6.")
    sys.modules["ctk"] = _CtkModule("ctk", "Stand-ins for widgets of CTK.")


class _QtModule(types.ModuleType):
    """Finds a class in the modules of PySide6 and patches it."""

    Signal = PythonSignal

    def __getattr__(self, name: str) -> Any:
        if name.startswith(("Q", "q")) and name not in _WITHOUT:
            for module_name in _QT_MODULES:
                found = _find(module_name, name)
                if found is not None:
                    setattr(self, name, found)
                    return found
        raise AttributeError(f"module 'qt' has no attribute '{name}'")


def _find(module_name: str, name: str) -> Any:
    try:
        module = importlib.import_module(f"PySide6.{module_name}")
    except ImportError:  # parts that the small PySide6 has not
        return None
    found = getattr(module, name, None)
    if name in APPLICATION_CLASSES:
        return ApplicationClass(found) if found is not None else None
    if isinstance(found, type):
        patch(found)
    return found


class _CtkModule(types.ModuleType):
    """Finds a stand-in and registers it."""

    def __getattr__(self, name: str) -> Any:
        if not name.startswith("_"):
            from .stand_ins import stand_in

            found = stand_in(name)
            if found is not None:
                setattr(self, name, found)
                return found
        raise AttributeError(f"module 'ctk' has no attribute '{name}' (no stand-in in this host)")
