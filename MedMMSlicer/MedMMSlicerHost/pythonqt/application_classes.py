"""`qt.QApplication` and its bases: PySide6's classes stay as they are, and `qt` shows them through these."""

from __future__ import annotations

import types
from typing import Any

from .calls import UnboundSlot
from .values import from_qt

__all__ = ["APPLICATION_CLASSES", "ApplicationClass"]

APPLICATION_CLASSES = ("QCoreApplication", "QGuiApplication", "QApplication")
_VALUES = ("primaryScreen",)


class ApplicationClass:
    """One of the application classes: called it makes the application; its static methods are strict.

    Parameters
    ----------
    qt_class : type
        The class of PySide6, which a Python subclass really derives from.
    """

    def __init__(self, qt_class: Any) -> None:
        self._qt_class = qt_class
        self.__name__ = qt_class.__name__

    def __call__(self, *args: Any) -> Any:  # noqa: D102
        return self._qt_class(*args)

    def __mro_entries__(self, bases: tuple[Any, ...]) -> tuple[Any, ...]:
        return (self._qt_class,)

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._qt_class, name, None)
        if found is None or name.startswith("__"):
            raise AttributeError(f"type object '{self.__name__}' has no attribute '{name}'")
        if name in _VALUES:
            return from_qt(found())
        if isinstance(found, types.BuiltinFunctionType):
            return UnboundSlot(found, self.__name__, name, static=True)
        if isinstance(found, types.MethodDescriptorType):
            return UnboundSlot(found, self.__name__, name, static=False)
        return from_qt(found)

    def __repr__(self) -> str:
        return f"<class 'PythonQt.QtGui.{self.__name__}'>"
