"""qMRMLNodeComboBox: a selector of scene nodes, as far as panels use it; the rest raises."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from typing import Any

import qt
from PySide6 import QtCore
from vtkmodules.vtkCommonCore import vtkCommand

from MedMMSlicerHost import pythonqt
from MedMMSlicerHost.pythonqt import signals
from MedMMSlicerHost.pythonqt.calls import raw
from MedMMSlicerHost.slicer_environment.absent import not_in_host, qt_method

__all__ = ["qMRMLNodeComboBox", "register"]

_FLAGS: dict[str, Any] = {
    "addEnabled": True,
    "removeEnabled": True,
    "editEnabled": False,
    "renameEnabled": False,
    "noneEnabled": False,
    "showHidden": False,
    "showChildNodeTypes": True,
    "selectNodeUponCreation": True,
    "noneDisplay": "None",
    "baseName": "",
}
_SIGNATURES = {
    "currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged(PyObject)",
    "currentNodeChanged(bool)": "_currentNodeIsValid(bool)",
    "nodeActivated(vtkMRMLNode*)": "nodeActivated(PyObject)",
}
"""What Slicer's signatures are called in PySide6, which has no type for nodes."""


def _flag(name: str, kind: str) -> QtCore.Property:
    def read(self: qMRMLNodeComboBox) -> Any:
        return self._flags[name]

    def write(self: qMRMLNodeComboBox, value: Any) -> None:
        self._flags[name] = value
        self._refresh()

    return QtCore.Property(kind, read, write)


def _weakly(method: Callable[..., Any]) -> Callable[..., None]:
    """Return a callback that does not keep the selector alive, as Slicer's own connections do not."""
    reference = weakref.WeakMethod(method)

    def call(*arguments: Any) -> None:
        target = reference()
        if target is not None:
            target(*arguments)

    return call


class _SceneWatch:
    """Observers on a scene and on the listed nodes; outlives the widget just long enough to be taken off."""

    def __init__(self) -> None:
        self.scene: Any = None
        self._scene_tags: list[int] = []
        self._node_tags: list[tuple[Any, int]] = []

    def watch_scene(self, scene: Any, on_change: Any) -> None:
        self.release()
        self.scene = scene
        if scene is None:
            return
        events = (
            scene.NodeAddedEvent,
            scene.NodeRemovedEvent,
            scene.EndBatchProcessEvent,
            scene.EndCloseEvent,
        )
        self._scene_tags = [scene.AddObserver(event, on_change) for event in events]

    def watch_nodes(self, nodes: list[Any], on_change: Any) -> None:
        self._release_nodes()
        self._node_tags = [(node, node.AddObserver(vtkCommand.ModifiedEvent, on_change)) for node in nodes]

    def _release_nodes(self) -> None:
        for node, tag in self._node_tags:
            node.RemoveObserver(tag)
        self._node_tags = []

    def release(self, *_: Any) -> None:
        self._release_nodes()
        for tag in self._scene_tags:
            self.scene.RemoveObserver(tag)
        self._scene_tags = []
        self.scene = None


class qMRMLNodeComboBox(qt.QWidget):
    """A list of the scene's nodes of some classes, of which one is current.

    As in Slicer, a selector without "None" picks the first node by itself, and one without a scene is
    disabled. Signals: ``currentNodeChanged(vtkMRMLNode*)``, ``currentNodeChanged(bool)``,
    ``currentNodeIDChanged(QString)``, ``nodeActivated(vtkMRMLNode*)``. Creating, renaming and deleting nodes
    by its menu is not in the host.
    """

    currentNodeChanged = QtCore.Signal(object)
    currentNodeIDChanged = QtCore.Signal(str)
    nodeActivated = QtCore.Signal(object)
    _currentNodeIsValid = QtCore.Signal(bool)

    def __init__(self, parent: Any = None) -> None:
        qt.QWidget.__init__(self, parent)
        self._flags = dict(_FLAGS)
        self._types: tuple[str, ...] = ()
        self._attributes: list[tuple[str, str, str | None]] = []
        self._ids: list[str] = []
        self._current_id = ""
        self._filling = False
        self._watch = _SceneWatch()
        row = qt.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._combo = qt.QComboBox()
        row.addWidget(self._combo)
        self.setFocusProxy(self._combo)
        self._combo.connect("currentIndexChanged(int)", _weakly(self._on_index))
        self._combo.connect("activated(int)", _weakly(self._on_activated))
        self.destroyed.connect(self._watch.release)
        self.setEnabled(False)

    addEnabled = _flag("addEnabled", "bool")
    removeEnabled = _flag("removeEnabled", "bool")
    editEnabled = _flag("editEnabled", "bool")
    renameEnabled = _flag("renameEnabled", "bool")
    noneEnabled = _flag("noneEnabled", "bool")
    showHidden = _flag("showHidden", "bool")
    showChildNodeTypes = _flag("showChildNodeTypes", "bool")
    selectNodeUponCreation = _flag("selectNodeUponCreation", "bool")
    noneDisplay = _flag("noneDisplay", "QString")
    baseName = _flag("baseName", "QString")

    def _get_types(self) -> tuple[str, ...]:
        return self._types

    def _set_types(self, types: Any) -> None:
        if isinstance(types, str) or not all(isinstance(each, str) for each in types):
            raise ValueError(f"nodeTypes takes a list of class names, not {types!r}.")
        self._types = tuple(types)
        self._refresh()

    nodeTypes = QtCore.Property("QStringList", _get_types, _set_types)

    @qt_method
    def setNodeTypes(self, types: Any) -> None:
        """Set the MRML classes that are listed."""
        self._set_types(types)

    @qt_method
    def addAttribute(self, node_type: str, name: str, value: str | None = None) -> None:
        """List nodes of a class only if they have an attribute (with a value)."""
        self._attributes.append((node_type, name, value))
        self._refresh()

    @qt_method
    def setMRMLScene(self, scene: Any) -> None:
        """List the nodes of a scene; None lets go of it."""
        if scene is self._watch.scene:
            return
        self._watch.watch_scene(scene, _weakly(self._on_scene))
        self.setEnabled(scene is not None)
        self._refresh()

    @qt_method
    def mrmlScene(self) -> Any:
        """Return the scene, or None."""
        return self._watch.scene

    @qt_method
    def currentNode(self) -> Any:
        """Return the current node, or None."""
        scene = self._watch.scene
        return scene.GetNodeByID(self._current_id) if scene is not None and self._current_id else None

    @qt_method
    def setCurrentNodeID(self, node_id: str) -> None:
        """Make a listed node the current one; any other id means none."""
        wanted = str(node_id or "")
        self._set_current(wanted if wanted in self._ids else "")

    def _get_current_id(self) -> str:
        return self._current_id

    def _set_current_id(self, node_id: str) -> None:
        self.setCurrentNodeID(node_id)

    currentNodeID = QtCore.Property("QString", _get_current_id, _set_current_id)

    @qt_method
    def setCurrentNode(self, node: Any) -> None:
        """Make a listed node, or none, the current one."""
        self.setCurrentNodeID(node if isinstance(node, str) else node.GetID() if node is not None else "")

    @qt_method
    def nodeCount(self) -> int:
        """Return how many nodes are listed."""
        return len(self._ids)

    @qt_method
    def nodeFromIndex(self, index: int) -> Any:
        """Return a listed node by its place, or None."""
        scene = self._watch.scene
        return (
            scene.GetNodeByID(self._ids[index]) if scene is not None and 0 <= index < len(self._ids) else None
        )

    @qt_method
    def addNode(self, *_: Any) -> None:
        """Slicer's selector makes nodes."""
        not_in_host("qMRMLNodeComboBox.addNode")

    @qt_method
    def removeCurrentNode(self) -> None:
        """Slicer's selector removes nodes."""
        not_in_host("qMRMLNodeComboBox.removeCurrentNode")

    @qt_method
    def renameCurrentNode(self) -> None:
        """Slicer's selector renames nodes."""
        not_in_host("qMRMLNodeComboBox.renameCurrentNode")

    @qt_method
    def editCurrentNode(self) -> None:
        """Slicer's selector opens a node's module."""
        not_in_host("qMRMLNodeComboBox.editCurrentNode")

    @qt_method
    def connect(self, signature: str, *target: Any) -> bool:
        """Connect a signal written as in Slicer."""
        return signals.connect(self, _SIGNATURES.get(signature.replace(" ", ""), signature), *target)

    @qt_method
    def disconnect(self, signature: str, *target: Any) -> bool:
        """Take a connection off."""
        return signals.disconnect(self, _SIGNATURES.get(signature.replace(" ", ""), signature), *target)

    def _on_scene(self, *_: Any) -> None:
        if not self._watch.scene.IsBatchProcessing():
            self._refresh()

    def _listed_nodes(self) -> list[Any]:
        scene = self._watch.scene
        if scene is None:
            return []
        nodes = (scene.GetNthNode(index) for index in range(scene.GetNumberOfNodes()))
        return [node for node in nodes if self._is_listed(node)]

    def _is_listed(self, node: Any) -> bool:
        if node.GetHideFromEditors() and not self._flags["showHidden"]:
            return False
        exact = not self._flags["showChildNodeTypes"]
        if not any(node.GetClassName() == kind if exact else node.IsA(kind) for kind in self._types):
            return False
        return all(self._has_attribute(node, *wanted) for wanted in self._attributes if node.IsA(wanted[0]))

    @staticmethod
    def _has_attribute(node: Any, _: str, name: str, value: str | None) -> bool:
        found = node.GetAttribute(name)
        return found is not None and (value is None or found == value)

    def _refresh(self, *_: Any) -> None:
        """Fill the list anew; the current node stays current while it is listed."""
        nodes = self._listed_nodes()
        self._ids = [node.GetID() for node in nodes]
        self._watch.watch_nodes(nodes, _weakly(self._on_node))
        self._filling = True
        self._combo.clear()
        if self._flags["noneEnabled"] and self._watch.scene is not None:
            self._combo.addItem(self._flags["noneDisplay"])
        for node in nodes:
            self._combo.addItem(node.GetName() or node.GetID())
        self._filling = False
        wanted = self._current_id if self._current_id in self._ids else ""
        if not wanted and self._ids and not self._flags["noneEnabled"]:
            wanted = self._ids[0]
        self._set_current(wanted)

    def _on_node(self, node: Any, *_: Any) -> None:
        row = self._row(node.GetID())
        if node.GetID() in self._ids and self._combo.itemText(row) != (node.GetName() or node.GetID()):
            self._combo.setItemText(row, node.GetName() or node.GetID())
        if not self._is_listed(node):
            self._refresh()

    def _row(self, node_id: str) -> int:
        first = 1 if self._flags["noneEnabled"] else 0
        return self._ids.index(node_id) + first if node_id in self._ids else first - 1

    def _on_index(self, row: int) -> None:
        if not self._filling:
            self._set_current(self._id_at(row))

    def _on_activated(self, row: int) -> None:
        node_id = self._id_at(row)
        self._emit(
            "nodeActivated(PyObject)", self.nodeFromIndex(self._ids.index(node_id)) if node_id else None
        )

    def _id_at(self, row: int) -> str:
        index = row - (1 if self._flags["noneEnabled"] else 0)
        return self._ids[index] if 0 <= index < len(self._ids) else ""

    def _set_current(self, node_id: str) -> None:
        self._filling = True
        self._combo.setCurrentIndex(self._row(node_id))
        self._filling = False
        if node_id == self._current_id:
            return
        self._current_id = node_id
        node = self.currentNode()
        self._emit("currentNodeChanged(PyObject)", node)
        self._emit("_currentNodeIsValid(bool)", node is not None)
        self._emit("currentNodeIDChanged(QString)", node_id)

    def _emit(self, signature: str, value: Any) -> None:
        """Emit with any value; a node may be None."""
        raw(QtCore.QObject, "emit")(self, f"2{signature}", value)


def _add_setters() -> None:
    """Give every flag its setter: ``setNoneEnabled`` beside ``noneEnabled``, as in Qt."""
    for name in _FLAGS:

        def setter(self: qMRMLNodeComboBox, value: Any, name: str = name) -> None:
            setattr(self, name, value)

        setattr(qMRMLNodeComboBox, f"set{name[0].upper()}{name[1:]}", qt_method(setter))


def register() -> None:
    """Make it ``slicer.qMRMLNodeComboBox``, also for .ui files."""
    _add_setters()
    pythonqt.register_stand_in(qMRMLNodeComboBox, "slicer")
