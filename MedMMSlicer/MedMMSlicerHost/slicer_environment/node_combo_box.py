"""qMRMLNodeComboBox: a selector of scene nodes, as far as panels use it; the rest raises."""

from __future__ import annotations

from typing import Any

import qt
import vtk
from MedMMSlicerHost.slicer_environment.absent import not_in_host
from MedMMSlicerHost.slicer_environment.signals import HostSignal

__all__ = ["NodeComboBox", "register"]

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
_SIGNALS = {
    "currentNodeChanged(vtkMRMLNode*)": "currentNodeChanged",
    "currentNodeChanged(bool)": "currentNodeValidityChanged",
    "currentNodeIDChanged(QString)": "currentNodeIDChanged",
    "nodeActivated(vtkMRMLNode*)": "nodeActivated",
}


def _flag(name: str) -> property:
    def read(self: NodeComboBox) -> Any:
        return self._flags[name]

    def write(self: NodeComboBox, value: Any) -> None:
        self._flags[name] = type(_FLAGS[name])(value)
        self._refresh()

    return property(read, write)


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
        self._node_tags = [(node, node.AddObserver(vtk.vtkCommand.ModifiedEvent, on_change)) for node in nodes]

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


class NodeComboBox(qt.QWidget):
    """A list of the scene's nodes of some classes, of which one is current.

    As in Slicer, a selector without "None" picks the first node by itself, and one without a scene is disabled.
    Signals: ``currentNodeChanged(vtkMRMLNode*)``, ``currentNodeChanged(bool)``, ``currentNodeIDChanged(QString)``,
    ``nodeActivated(vtkMRMLNode*)``. Creating, renaming and deleting nodes by its menu is not in the host.
    """

    def __init__(self, parent: Any = None) -> None:
        qt.QWidget.__init__(self, parent)
        self._flags = dict(_FLAGS)
        self._types: tuple[str, ...] = ()
        self._attributes: list[tuple[str, str, str | None]] = []
        self._ids: list[str] = []
        self._current_id = ""
        self._filling = False
        self._watch = _SceneWatch()
        self.currentNodeChanged = HostSignal()
        self.currentNodeValidityChanged = HostSignal()
        self.currentNodeIDChanged = HostSignal()
        self.nodeActivated = HostSignal()
        row = qt.QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        self._combo = qt.QComboBox()
        row.addWidget(self._combo)
        self.setFocusProxy(self._combo)
        self._combo.connect("currentIndexChanged(int)", self._on_index)
        self._combo.connect("activated(int)", self._on_activated)
        self.destroyed.connect(self._watch.release)
        self.setEnabled(False)

    addEnabled = _flag("addEnabled")
    removeEnabled = _flag("removeEnabled")
    editEnabled = _flag("editEnabled")
    renameEnabled = _flag("renameEnabled")
    noneEnabled = _flag("noneEnabled")
    showHidden = _flag("showHidden")
    showChildNodeTypes = _flag("showChildNodeTypes")
    selectNodeUponCreation = _flag("selectNodeUponCreation")
    noneDisplay = _flag("noneDisplay")
    baseName = _flag("baseName")

    @property
    def nodeTypes(self) -> tuple[str, ...]:
        return self._types

    @nodeTypes.setter
    def nodeTypes(self, types: Any) -> None:
        self.setNodeTypes(types)

    def setNodeTypes(self, types: Any) -> None:
        """Set the MRML classes that are listed."""
        if isinstance(types, str) or not all(isinstance(each, str) for each in types):
            raise ValueError(f"nodeTypes takes a list of class names, not {types!r}.")
        self._types = tuple(types)
        self._refresh()

    def addAttribute(self, node_type: str, name: str, value: str | None = None) -> None:
        """List nodes of a class only if they have an attribute (with a value)."""
        self._attributes.append((node_type, name, value))
        self._refresh()

    def setMRMLScene(self, scene: Any) -> None:
        """List the nodes of a scene; None lets go of it."""
        if scene is self._watch.scene:
            return
        self._watch.watch_scene(scene, self._on_scene)
        self.setEnabled(scene is not None)
        self._refresh()

    def mrmlScene(self) -> Any:
        """Return the scene, or None."""
        return self._watch.scene

    def currentNode(self) -> Any:
        """Return the current node, or None."""
        scene = self._watch.scene
        return scene.GetNodeByID(self._current_id) if scene is not None and self._current_id else None

    @property
    def currentNodeID(self) -> str:
        return self._current_id

    @currentNodeID.setter
    def currentNodeID(self, node_id: str) -> None:
        self.setCurrentNodeID(node_id)

    def setCurrentNodeID(self, node_id: str) -> None:
        """Make a listed node the current one; any other id means none."""
        wanted = str(node_id or "")
        self._set_current(wanted if wanted in self._ids else "")

    def setCurrentNode(self, node: Any) -> None:
        """Make a listed node, or none, the current one."""
        self.setCurrentNodeID(node if isinstance(node, str) else node.GetID() if node is not None else "")

    def nodeCount(self) -> int:
        """Return how many nodes are listed."""
        return len(self._ids)

    def nodeFromIndex(self, index: int) -> Any:
        """Return a listed node by its place, or None."""
        scene = self._watch.scene
        return scene.GetNodeByID(self._ids[index]) if scene is not None and 0 <= index < len(self._ids) else None

    def addNode(self, *_: Any) -> None:
        """Slicer's selector makes nodes."""
        not_in_host("qMRMLNodeComboBox.addNode")

    def removeCurrentNode(self) -> None:
        """Slicer's selector removes nodes."""
        not_in_host("qMRMLNodeComboBox.removeCurrentNode")

    def renameCurrentNode(self) -> None:
        """Slicer's selector renames nodes."""
        not_in_host("qMRMLNodeComboBox.renameCurrentNode")

    def editCurrentNode(self) -> None:
        """Slicer's selector opens a node's module."""
        not_in_host("qMRMLNodeComboBox.editCurrentNode")

    def connect(self, signature: str, slot: Any) -> Any:
        """Connect one of this selector's signals, or one of QWidget's."""
        name = _SIGNALS.get(str(signature).replace(" ", ""))
        if name is None:
            return qt.QWidget.connect(self, signature, slot)
        return getattr(self, name).connect(slot)

    def disconnect(self, signature: str, slot: Any) -> Any:
        """Take a connection off."""
        name = _SIGNALS.get(str(signature).replace(" ", ""))
        if name is None:
            return qt.QWidget.disconnect(self, signature, slot)
        return getattr(self, name).disconnect(slot)

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
        self._watch.watch_nodes(nodes, self._on_node)
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
        self.nodeActivated.emit(self.nodeFromIndex(self._ids.index(self._id_at(row))) if self._id_at(row) else None)

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
        self.currentNodeChanged.emit(node)
        self.currentNodeValidityChanged.emit(node is not None)
        self.currentNodeIDChanged.emit(node_id)


def _add_setters() -> None:
    """Give every flag its setter, ``noneEnabled`` and ``setNoneEnabled`` as in Qt."""
    for name in _FLAGS:

        def setter(self: NodeComboBox, value: Any, name: str = name) -> None:
            setattr(self, name, value)

        setattr(NodeComboBox, f"set{name[0].upper()}{name[1:]}", setter)


_add_setters()


def register() -> None:
    """Let .ui files use the selector."""
    from MedMMSlicerHost import pythonqt

    pythonqt.register_stand_in("qMRMLNodeComboBox", NodeComboBox)
