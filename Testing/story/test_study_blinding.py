"""Without AI, and while reports are rated, neither window, scene nor desk tells what is hidden."""

from __future__ import annotations

import dataclasses
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import MedMMError

from .conftest import MakeReader
from .hands import Hands
from .study_world import AI_WORD, ARMS, CASES, SOURCES, StudyWorld

pytestmark = [pytest.mark.panel, pytest.mark.slow]

SECRETS = (AI_WORD, *ARMS, *CASES, *SOURCES, "threshold-test", "Spherical", "87 %")
"""What AI says and is, the names of arms, cases and sources."""

_TEXTS = ("text", "plainText", "toolTip", "title", "windowTitle", "accessibleName", "accessibleDescription",
          "placeholderText", "statusTip", "whatsThis")  # fmt: skip


def widget_texts(hands: Hands) -> Iterator[str]:
    """Everything that any widget, item or action says, shown or not."""
    import qt

    roots = (hands.reader.widget, *hands.windows(), hands.reader.panel.study.rating.dialog)
    for root in filter(None, roots):
        for widget in (root, *root.findChildren(qt.QWidget)):
            yield from (str(widget.property(name) or "") for name in _TEXTS)
            if widget.inherits("QComboBox"):
                yield from (f"{widget.itemText(n)} {widget.itemData(n)}" for n in range(widget.count))
            if widget.inherits("QTableWidget"):
                for row in range(widget.rowCount):
                    for column in range(widget.columnCount):
                        item = widget.item(row, column)
                        yield f"{item.text()} {item.toolTip()}" if item else ""
            if widget.inherits("QTreeWidget"):
                yield from (
                    widget.topLevelItem(n).text(0) + widget.topLevelItem(n).toolTip(0)
                    for n in range(widget.topLevelItemCount)
                )
        for action in root.findChildren(qt.QAction):
            yield f"{action.text} {action.toolTip}"


def scene_texts(hands: Hands) -> Iterator[str]:
    """Names, attributes and whole descriptions of all nodes; the folders of the subject hierarchy."""
    scene = hands.reader.room.scene
    for index in range(scene.GetNumberOfNodes()):
        node = scene.GetNthNode(index)
        yield f"{node.GetName()} {node.GetDescription()}"
        yield from (f"{name}={node.GetAttribute(name)}" for name in node.GetAttributeNames())
        if node.IsA("vtkMRMLTextNode"):
            yield node.GetText() or ""
        if node.IsA("vtkMRMLTableNode"):
            yield str(node.GetTable())
        if node.IsA("vtkMRMLStorableNode") and node.GetStorageNode() is not None:
            yield str(node.GetStorageNode().GetFileName())
    hierarchy = scene.GetSubjectHierarchyNode()
    items: list[Any] = []
    from vtkmodules.vtkCommonCore import vtkIdList

    found = vtkIdList()
    hierarchy.GetItemChildren(hierarchy.GetSceneItemID(), found, True)
    items = [found.GetId(n) for n in range(found.GetNumberOfIds())]
    yield from (str(hierarchy.GetItemName(item)) for item in items)


def public_texts(value: Any, depth: int = 0) -> Iterator[str]:
    """Every public attribute of an object, and of what those hold."""
    if depth > 6 or value is None or callable(value):
        return
    if isinstance(value, str | int | float | bytes | Path):
        yield str(value)
    elif isinstance(value, dict):
        yield from (text for pair in value.items() for part in pair for text in public_texts(part, depth + 1))
    elif isinstance(value, list | tuple | set | frozenset):
        yield from (text for item in value for text in public_texts(item, depth + 1))
    elif dataclasses.is_dataclass(value) or type(value).__module__.startswith("MedMMSlicerLib"):
        for name in dir(value):
            if not name.startswith("_"):
                yield from public_texts(getattr(value, name), depth + 1)


def package_texts(folder: Path) -> Iterator[str]:
    """Names and bytes of all files; read by another process: this one has the log open."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield str(path.relative_to(folder))
            data = subprocess.run(["cat", str(path)], capture_output=True, check=True).stdout
            yield data.decode("latin-1")


def assert_nothing_told(hands: Hands, folder: Path) -> None:
    study = hands.reader.room.study
    places = {
        "widgets": widget_texts(hands),
        "scene": scene_texts(hands),
        "desk": public_texts(study),
        "room": public_texts([hands.reader.room.record, hands.reader.room.message]),
        "files": package_texts(folder),
    }
    for place, texts in places.items():
        seen = list(texts)
        assert seen, place
        for secret in SECRETS:
            assert not any(secret.lower() in text.lower() for text in seen), (
                f"{secret} is told by the {place}"
            )
    scene = hands.reader.room.scene
    for name in ("vtkMRMLSegmentationNode", "vtkMRMLTableNode", "vtkMRMLMarkupsROINode"):
        assert scene.GetNumberOfNodesByClass(name) == 0, name
    assert not hands.reader.room.findings.rows() and not hands.reader.room.segments.rows()
    assert hands.reader.room.run.prediction is None and not study.reading.suggestion


def assert_nothing_can_be_made_to_tell(hands: Hands, cases: Path) -> None:
    """Whatever is pressed or called, AI stays away."""
    room, panel = hands.reader.room, hands.reader.panel
    for part in (panel.case, panel.context, panel.analyze, panel.findings, panel.segments, panel.report):
        assert not part.widget.isVisible(), part.ui_name
        assert not any(panel.hotkeys.qaction(item.id).enabled for item in part.actions())
    assert room.run.can_start()[0] is False
    for forbidden in (
        room.run.start,
        room.study.reading.lock,
        lambda: room.cases.open_paths([cases / "cases" / CASES[0] / "ai" / "segmentation.seg.nrrd"]),
        lambda: room.cases.open_sample("head-ct"),
        lambda: room.cases.remove(room.cases.current_id),
        lambda: room.study.open(cases),
    ):
        with pytest.raises(MedMMError):
            forbidden()
    assert not hands.reader.files.close_all()
    room.report.redraft()
    assert room.report.report is None
    room.dismiss()
    hands.rest()


def submit_without_looking(hands: Hands, world: StudyWorld) -> None:
    reading = hands.reader.room.study.reading
    reading.answer(ratings={"nodule": 40}, forms={"bone": {"grade": "2"}}, report="Nothing.")
    world.clock.advance(10)
    reading.submit()
    hands.rest()


def test_reads_without_ai(
    make_reader: MakeReader, study_world: StudyWorld, study_cases: Path, said: Any
) -> None:
    hands, world = make_reader(), study_world
    package = world.packages()["r1"]
    hands.reader.panel.study.open(package)
    study, told, after_ai = hands.reader.room.study, 0, False
    for _ in range(6):
        study.start()
        hands.rest()
        if study.reading.has_ai:
            # The same search finds it where it is meant to be seen.
            assert any(AI_WORD in text for text in widget_texts(hands))
            assert any(AI_WORD in text for text in scene_texts(hands))
            after_ai = True
        else:
            assert_nothing_told(hands, package.with_name("r1"))
            assert_nothing_can_be_made_to_tell(hands, study_cases)
            told += after_ai
        submit_without_looking(hands, world)
    assert told, "no unaided read came after one with AI: choose another seed"


def test_the_rating_screen(
    make_reader: MakeReader, study_world: StudyWorld, study_cases: Path, said: Any
) -> None:
    hands, world = make_reader(), study_world
    (package,) = world.round_packages("texts")
    hands.reader.panel.study.open(package)
    hands.reader.room.study.start()
    hands.rest()
    window = hands.reader.panel.study.rating
    assert window.dialog.isVisible() and "dense lesion" in window.ui.rightEdit.plainText
    assert_nothing_told(hands, package.with_name(package.name.split(".")[0]))
    assert_nothing_can_be_made_to_tell(hands, study_cases)
