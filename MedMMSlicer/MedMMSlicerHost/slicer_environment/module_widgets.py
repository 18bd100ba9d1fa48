"""Widgets that hold module panels: qSlicerScriptedLoadableModuleWidget and relatives, as real QWidgets."""

from __future__ import annotations

import sys
from typing import Any

import qt
import slicer

from MedMMSlicerHost import pythonqt
from MedMMSlicerHost.slicer_environment.absent import not_in_host, qt_method

__all__ = ["CoreModuleWidget", "qMRMLWidget", "qSlicerScriptedLoadableModuleWidget", "register"]


class qMRMLWidget(qt.QWidget):
    """A widget that knows a scene."""

    def __init__(self, parent: Any = None) -> None:
        qt.QWidget.__init__(self, parent)
        self._scene: Any = None

    @qt_method
    def setMRMLScene(self, scene: Any) -> None:
        """Set the scene."""
        self._scene = scene

    @qt_method
    def mrmlScene(self) -> Any:
        """Return the scene, or None."""
        return self._scene


class CoreModuleWidget(qMRMLWidget):
    """Stands where the panel of a C++ module would be; it is empty."""

    def __init__(self, name: str) -> None:
        qMRMLWidget.__init__(self)
        self.setObjectName(f"{name}ModuleWidget")
        self.setMRMLScene(slicer.mrmlScene)

    @qt_method
    def setEditedNode(self, node: Any, role: str = "", context: str = "") -> None:
        """Only Slicer's own panels can show a node."""
        not_in_host(f"The panel {self.objectName}")


class qSlicerScriptedLoadableModuleWidget(qMRMLWidget):
    """The widget in which a scripted module builds its panel."""

    def __init__(self, module_name: str) -> None:
        qMRMLWidget.__init__(self)
        self._module_name = module_name
        self._panel: Any = None
        self._entered = False
        self.setObjectName(f"{module_name}ModuleWidget")
        self.setLayout(qt.QVBoxLayout())
        self.setMRMLScene(slicer.mrmlScene)

    @qt_method
    def self(self) -> Any:
        """Return the Python panel."""
        return self._panel

    @qt_method
    def reload(self) -> None:
        """Make a panel from the class that the module's file defines now, and build it."""
        widget_class = getattr(sys.modules[self._module_name], f"{self._module_name}Widget")
        self._panel = widget_class(self)
        setattr(slicer.modules, f"{self._module_name}Widget", self._panel)
        self._panel.setup()
        if self._entered:
            self._call("enter")

    @qt_method
    def enter(self) -> None:
        """The user opened the panel."""
        self._entered = True
        self._call("enter")

    @qt_method
    def exit(self) -> None:
        """The user went to another panel."""
        self._entered = False
        self._call("exit")

    @qt_method
    def isEntered(self) -> bool:
        """Return whether the panel is the open one."""
        return self._entered

    def _call(self, name: str) -> None:
        method = getattr(self._panel, name, None)
        if method is not None:
            method()


def register() -> None:
    """Make them known under Slicer's names, also for .ui files."""
    for widget in (qMRMLWidget, CoreModuleWidget, qSlicerScriptedLoadableModuleWidget):
        pythonqt.register_stand_in(widget, "slicer")
