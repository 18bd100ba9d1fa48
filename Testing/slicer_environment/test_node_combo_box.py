"""The selector of scene nodes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = [pytest.mark.panel, pytest.mark.usefixtures("no_complaints")]


@pytest.fixture
def selector(scene: Any) -> Iterator[Any]:
    """A selector of scalar volumes and their relatives, with "None", on the empty scene."""
    import slicer

    made = slicer.qMRMLNodeComboBox()
    made.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    made.noneEnabled = True
    made.setMRMLScene(scene)
    yield made
    made.setMRMLScene(None)


@pytest.fixture
def log(selector: Any) -> list[Any]:
    """What the selector told, newest last."""
    seen: list[Any] = []
    selector.connect("currentNodeChanged(vtkMRMLNode*)", lambda node: seen.append(node and node.GetName()))
    return seen


def _volume(scene: Any, name: str, class_name: str = "vtkMRMLScalarVolumeNode") -> Any:
    return scene.AddNewNodeByClass(class_name, name)


def _texts(selector: Any) -> list[str]:
    combo = selector.findChild("QComboBox")
    return [combo.itemText(row) for row in range(combo.count)]


def test_the_recorded_answers(environment: Any, scene: Any) -> None:
    import slicer

    made = slicer.qMRMLNodeComboBox()
    assert not made.enabled
    made.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    assert made.setMRMLScene(scene) is None and made.currentNode() is None and made.enabled
    assert (made.nodeCount(), made.currentNodeID, made.nodeTypes) == (0, "", ("vtkMRMLScalarVolumeNode",))
    made.noneEnabled, made.addEnabled, made.removeEnabled = True, False, False
    assert (made.noneEnabled, made.addEnabled, made.removeEnabled) == (True, False, False)
    assert made.setMRMLScene(None) is None


def test_it_lists_nodes_of_its_classes_as_they_come_and_go(selector: Any, scene: Any) -> None:
    first = _volume(scene, "first")
    _volume(scene, "labels", "vtkMRMLLabelMapVolumeNode")
    _volume(scene, "note", "vtkMRMLTextNode")
    hidden = _volume(scene, "hidden")
    hidden.SetHideFromEditors(True)
    assert _texts(selector) == ["None", "first", "labels"]
    assert selector.nodeFromIndex(0) is first and selector.nodeFromIndex(7) is None
    first.SetName("renamed")
    assert _texts(selector) == ["None", "renamed", "labels"]
    selector.showChildNodeTypes = False
    assert _texts(selector) == ["None", "renamed"]
    selector.setShowHidden(True)
    assert _texts(selector) == ["None", "renamed", "hidden"]
    selector.noneDisplay = "Nothing"
    scene.RemoveNode(first)
    assert _texts(selector) == ["Nothing", "hidden"]


def test_attributes_filter(selector: Any, scene: Any) -> None:
    for name, modality in (("ct", "CT"), ("mr", "MR"), ("none", None)):
        node = _volume(scene, name)
        if modality is not None:
            node.SetAttribute("Modality", modality)
    selector.addAttribute("vtkMRMLScalarVolumeNode", "Modality")
    assert _texts(selector) == ["None", "ct", "mr"]
    selector.addAttribute("vtkMRMLScalarVolumeNode", "Modality", "MR")
    assert _texts(selector) == ["None", "mr"]


def test_a_choice_is_told_once(selector: Any, scene: Any, log: list[Any]) -> None:
    first, second = _volume(scene, "first"), _volume(scene, "second")
    valid: list[bool] = []
    ids: list[str] = []
    selector.connect("currentNodeChanged(bool)", valid.append)
    selector.connect("currentNodeIDChanged(QString)", ids.append)
    selector.setCurrentNode(second)
    selector.setCurrentNode(second)
    selector.currentNodeID = first.GetID()
    selector.setCurrentNode(None)
    assert log == ["second", "first", None]
    assert valid == [True, True, False] and ids == [second.GetID(), first.GetID(), ""]


def test_a_person_chooses_with_the_keyboard(selector: Any, scene: Any, log: list[Any]) -> None:
    import qt

    first = _volume(scene, "first")
    activated: list[Any] = []
    selector.connect("nodeActivated(vtkMRMLNode*)", activated.append)
    combo = selector.findChild("QComboBox")
    qt.QTest.keyClick(combo, qt.Qt.Key_Down)
    assert selector.currentNode() is first and log == ["first"]
    assert activated == [first]


def test_the_current_node_going_leaves_none(selector: Any, scene: Any, log: list[Any]) -> None:
    first = _volume(scene, "first")
    _volume(scene, "second")
    selector.setCurrentNode(first)
    scene.RemoveNode(first)
    assert selector.currentNode() is None and selector.currentNodeID == ""
    assert log == ["first", None]


def test_without_none_there_is_always_a_node(selector: Any, scene: Any, log: list[Any]) -> None:
    selector.noneEnabled = False
    first = _volume(scene, "first")
    second = _volume(scene, "second")
    assert selector.currentNode() is first
    scene.RemoveNode(first)
    assert selector.currentNode() is second
    assert log == ["first", "second"]


def test_it_is_filled_once_after_a_scene_was_loaded(
    selector: Any, scene: Any, environment: Any, tmp_path: Path
) -> None:
    import slicer

    _volume(scene, "loaded")
    path = tmp_path / "scene.mrml"
    scene.SetURL(str(path))
    scene.Commit(str(path))
    environment.application.clear()
    assert _texts(selector) == ["None"]
    slicer.util.loadScene(str(path))
    assert _texts(selector) == ["None", "loaded"]


@pytest.mark.parametrize("way", ["forgotten", "with its parent"])
def test_a_deleted_selector_lets_go_of_the_scene(environment: Any, scene: Any, way: str) -> None:
    import qt
    import slicer

    holder = qt.QWidget()
    made = slicer.qMRMLNodeComboBox(*([holder] if way == "with its parent" else []))
    made.nodeTypes = ["vtkMRMLScalarVolumeNode"]
    made.setMRMLScene(scene)
    node = _volume(scene, "first")
    watch = made._watch
    assert watch.scene is scene
    if way == "forgotten":
        del made
    else:
        holder.deleteLater()
        qt.QApplication.sendPostedEvents(holder, qt.QEvent.DeferredDelete)
    assert watch.scene is None
    node.SetName("other")
    _volume(scene, "second")


def test_what_it_can_not_do_raises(selector: Any) -> None:
    for name in ("addNode", "removeCurrentNode", "renameCurrentNode", "editCurrentNode"):
        with pytest.raises(NotImplementedError, match=name):
            getattr(selector, name)()
    with pytest.raises(AttributeError):
        _ = selector.nothing
    with pytest.raises(AttributeError):
        selector.nothing = 1
    with pytest.raises(ValueError, match="keyword"):
        selector.setCurrentNode(node=None)
    with pytest.raises(ValueError, match="list of class names"):
        selector.nodeTypes = "vtkMRMLScalarVolumeNode"
    with pytest.raises(TypeError):
        selector.currentNodeID()
