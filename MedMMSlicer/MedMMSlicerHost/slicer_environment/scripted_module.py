"""``slicer.ScriptedLoadableModule``: the four base classes of a scripted module, as its file uses them."""

from __future__ import annotations

import logging
import sys
import unittest
from pathlib import Path
from typing import Any

import ctk
import qt
import slicer

from MedMMSlicerHost.slicer_environment.absent import not_in_host

__all__ = [
    "ScriptedLoadableModule",
    "ScriptedLoadableModuleLogic",
    "ScriptedLoadableModuleTest",
    "ScriptedLoadableModuleWidget",
]


def _resource(module_file: str, name: str) -> str:
    return str(Path(module_file).parent / "Resources" / name)


class ScriptedLoadableModule:
    """What the module list shows; `parent` is the application's module object."""

    def __init__(self, parent: Any) -> None:
        super().__init__()
        self.parent = parent
        self.moduleName = type(self).__name__
        parent.title = ""
        parent.categories = []
        parent.dependencies = []
        parent.contributors = []
        parent.helpText = ""
        parent.acknowledgementText = ""
        for suffix in (".svg", ".png"):
            icon = Path(self.resourcePath(f"Icons/{self.moduleName}{suffix}"))
            if icon.is_file():
                parent.icon = qt.QIcon(str(icon))
                break
        slicer.selfTests[self.moduleName] = self.runTest

    def resourcePath(self, filename: str) -> str:
        """Return the path of a file in the module's Resources folder."""
        return _resource(self.parent.path, filename)

    def getDefaultModuleDocumentationLink(self, docPage: str | None = None) -> str:
        """Return a sentence with a link to the module's page in Slicer's documentation."""
        url = slicer.app.documentationBaseUrl + docPage if docPage else None
        url = url or slicer.app.moduleDocumentationUrl(self.moduleName)
        return f'<p>Read more in the <a href="{url}">documentation</a>.</p>'

    def runTest(self, msec: int = 100, **kwargs: Any) -> None:
        """Run ``<module name>Test.runTest`` of the module's file."""
        test_class = getattr(sys.modules[type(self).__module__], f"{self.moduleName}Test", None)
        if test_class is None:
            raise AssertionError(f"{type(self).__module__} defines no class {self.moduleName}Test.")
        test = test_class()
        test.messageDelay = msec
        test.runTest(**kwargs)


class ScriptedLoadableModuleWidget:
    """The panel; `parent` is the widget that holds it and has a vertical layout."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Widget")
        self.developerMode = slicer.util.settingsValue("Developer/DeveloperMode", False, slicer.util.toBool)
        self.parent = parent if parent is not None else _own_parent()
        self.layout = self.parent.layout()
        if parent is None:
            self.setup()
            self.parent.show()
        slicer.app.moduleManager().connect(
            "moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded
        )

    def resourcePath(self, filename: str) -> str:
        """Return the path of a file in the module's Resources folder."""
        return _resource(slicer.util.modulePath(self.moduleName), filename)

    def setup(self) -> None:
        """Build what every panel has; a panel calls this first."""
        self.setupDeveloperSection()

    def cleanup(self) -> None:
        """Called before the panel is reloaded or unloaded."""

    def _onModuleAboutToBeUnloaded(self, moduleName: str) -> None:
        if moduleName == self.moduleName:
            self.cleanup()
            slicer.app.moduleManager().disconnect(
                "moduleAboutToBeUnloaded(QString)", self._onModuleAboutToBeUnloaded
            )

    def setupDeveloperSection(self) -> None:
        """Add buttons to reload and test, in developer mode only."""
        if not self.developerMode:
            return
        self.reloadCollapsibleButton = ctk.ctkCollapsibleButton()
        self.reloadCollapsibleButton.text = "Reload && Test"
        self.layout.addWidget(self.reloadCollapsibleButton)
        row = qt.QHBoxLayout(self.reloadCollapsibleButton)
        self.reloadButton = qt.QPushButton("Reload")
        self.reloadButton.connect("clicked()", self.onReload)
        self.testButton = qt.QPushButton("Test")
        self.testButton.connect("clicked()", self.onTest)
        self.reloadAndTestButton = qt.QPushButton("Reload and Test")
        self.reloadAndTestButton.connect("clicked()", self.onReloadAndTest)
        for button in (self.reloadButton, self.testButton, self.reloadAndTestButton):
            row.addWidget(button)

    def onReload(self) -> None:
        """Read the module's file again and build the panel anew."""
        slicer.util.reloadScriptedModule(self.moduleName)

    def onTest(self, **kwargs: Any) -> None:
        """Run the self-test; a failure is shown."""
        with slicer.util.tryWithErrorDisplay("Test failed."):
            slicer.selfTests[self.moduleName](**kwargs)

    def onReloadAndTest(self, **kwargs: Any) -> None:
        """Reload, then run the self-test; a failure is shown."""
        with slicer.util.tryWithErrorDisplay("Reload and Test failed."):
            self.onReload()
            slicer.selfTests[self.moduleName](**kwargs)


def _own_parent() -> Any:
    widget = slicer.qMRMLWidget()
    widget.setLayout(qt.QVBoxLayout())
    widget.setMRMLScene(slicer.mrmlScene)
    return widget


class ScriptedLoadableModuleLogic:
    """What a panel and scripts can ask for; keeps its parameters in a node of the scene."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__()
        self.moduleName = type(self).__name__.removesuffix("Logic")
        self.isSingletonParameterNode = True

    def getParameterNode(self) -> Any:
        """Return the module's parameter node, made if there is none."""
        node = None
        if self.isSingletonParameterNode:
            node = slicer.mrmlScene.GetSingletonNode(self.moduleName, "vtkMRMLScriptedModuleNode")
            if node is not None and node.GetAttribute("ModuleName") != self.moduleName:
                node.SetAttribute("ModuleName", self.moduleName)
        else:
            node = next(iter(self.getAllParameterNodes()), None)
        return node if node is not None else slicer.mrmlScene.AddNode(self.createParameterNode())

    def getAllParameterNodes(self) -> list[Any]:
        """Return all parameter nodes of this module."""
        count = slicer.mrmlScene.GetNumberOfNodesByClass("vtkMRMLScriptedModuleNode")
        nodes = [slicer.mrmlScene.GetNthNodeByClass(i, "vtkMRMLScriptedModuleNode") for i in range(count)]
        return [node for node in nodes if node.GetAttribute("ModuleName") == self.moduleName]

    def createParameterNode(self) -> Any:
        """Return a new parameter node that is not in the scene yet."""
        node = slicer.mrmlScene.CreateNodeByClass("vtkMRMLScriptedModuleNode")
        node.UnRegister(None)
        if self.isSingletonParameterNode:
            node.SetSingletonTag(self.moduleName)
        node.SetAttribute("ModuleName", self.moduleName)
        node.SetName(slicer.mrmlScene.GenerateUniqueName(self.moduleName))
        return node


class ScriptedLoadableModuleTest(unittest.TestCase):
    """The self-test of a module."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.messageDelay = 0
        self.enableScreenshots = False
        self.screenshotScaleFactor = 1.0

    def delayDisplay(self, message: str, requestedDelay: int | None = None, msec: int | None = None) -> None:
        """Log a message and let the event loop catch up; nothing pops up here."""
        logging.info(message)
        slicer.app.processEvents()

    def takeScreenshot(self, name: str, description: str, type: int = -1) -> None:
        """Only the message, unless screenshots were switched on."""
        self.delayDisplay(description)
        if self.enableScreenshots:
            not_in_host("takeScreenshot")

    def runTest(self) -> None:
        """Overridden by the module's test."""
        logging.warning("No test is defined in %s", type(self).__name__)
