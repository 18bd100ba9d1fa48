"""The desktop reader off screen, a head phantom, and hands: mouse, wheel, drop."""

from __future__ import annotations

import importlib.util
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import CodedConcept, LabelMap, Provenance, SegmentDefinition, Volume, VolumeGeometry

LESION_RAS = (-25.0, 30.0, 20.0)
"""In the phantom's left, anterior, superior quarter."""

COMPLAINTS = ("Traceback", "ERR|", "WARN|", "Error calling Python override")


class StubPanel:
    """A panel without parts, so that these tests are about the reader alone."""

    def __init__(self, room: Any, host: Any) -> None:
        import qt

        self.room, self.host = room, host
        self.widget = qt.QLabel("panel")
        self.cleaned = False

    def choose_language(self, tag: str) -> None:
        from MedMMSlicerLib.widgets import translation

        translation.set_language(tag)
        self.room.set_language(tag)

    def cleanup(self) -> None:
        self.cleaned = True


@pytest.fixture(scope="session")
def qt_environment(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Qt, slicer-core and the completed slicer module of this process."""
    for package in ("slicer", "PySide6"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package} (the host extra)")
    from MedMMSlicerHost import slicer_environment
    from MedMMSlicerHost.application import HostApplication

    return slicer_environment.install(HostApplication.instance(), tmp_path_factory.mktemp("settings"))


@pytest.fixture
def complaints(capfd: pytest.CaptureFixture[str]) -> Iterator[None]:
    """The test fails if a slot, an override, an observer or VTK complained on standard error."""
    yield
    text = capfd.readouterr().err
    assert not any(word in text for word in COMPLAINTS), text


@pytest.fixture
def settings(qt_environment: Any, tmp_path: Path) -> Any:
    """Preferences of this test alone."""
    import qt

    return qt.QSettings(str(tmp_path / "reader.ini"), qt.QSettings.IniFormat)


@pytest.fixture
def make_reader(
    qt_environment: Any, settings: Any, complaints: None, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[..., Any]]:
    """Builds and shows readers, and closes them; unless the test says otherwise, unsaved work is dropped."""
    from MedMMSlicerHost.reader import build_reader
    from MedMMSlicerHost.reader.host import DesktopHost
    from MedMMSlicerLib.widgets import translation

    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(DesktopHost, "ask_unsaved", lambda _self: "discard")
    made: list[Any] = []

    def make(inputs: tuple[Path, ...] = (), panel: Any = StubPanel, store: Any = None) -> Any:
        reader = build_reader(inputs, store if store is not None else settings, panel)
        made.append(reader)
        reader.widget.show()
        settle()
        return reader

    qt_environment.application.clear()
    yield make
    for reader in made:
        reader.close()
    settle()
    qt_environment.application.clear()
    translation.set_language("en")


@pytest.fixture
def reader(make_reader: Callable[..., Any]) -> Any:
    """An empty reader on the (invisible) screen."""
    return make_reader()


def settle(seconds: float = 0.0) -> None:
    """Let Qt do what is due."""
    import qt

    end = time.monotonic() + seconds
    for _ in range(4):
        qt.QApplication.processEvents()
    while time.monotonic() < end:
        qt.QApplication.processEvents()
        time.sleep(0.005)


def wait_until(condition: Callable[[], bool], seconds: float = 20.0) -> None:
    """Let Qt work until something is so; fails if it does not become so."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "It did not happen in time."
        settle()
        time.sleep(0.005)


@pytest.fixture(scope="session")
def phantom() -> tuple[Volume, LabelMap]:
    """An ellipsoid head (600) in air (0), oblique grid, with a labeled lesion (1000) of 12 mm radius."""
    angle = np.deg2rad(12.0)
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    shape = (44, 100, 110)
    geometry = VolumeGeometry.from_axes(shape, (4.0, 2.0, 1.8), (0, 0, 0), turn @ np.diag([-1.0, -1.0, 1.0]))
    matrix = geometry.ijk_to_ras.copy()
    matrix[:3, 3] -= geometry.center_ras
    geometry = VolumeGeometry(shape, matrix)
    ras = geometry.kji_to_ras(np.moveaxis(np.indices(shape), 0, -1))
    array = np.zeros(shape, np.int16)
    array[((ras / [60, 75, 65]) ** 2).sum(axis=-1) < 1] = 600
    lesion = ((ras - LESION_RAS) ** 2).sum(axis=-1) < 12**2
    array[lesion] = 1000
    code = CodedConcept("52988006", "SCT", "Lesion")
    segment = SegmentDefinition(1, "lesion", {"en": "Lesion"}, code, code, (230, 40, 40))
    labels = LabelMap(lesion.astype(np.uint8), geometry, (segment,))
    return Volume(array, geometry, window=(500.0, 1000.0)), labels


@dataclass(frozen=True)
class Opened:
    """A reader with the phantom."""

    reader: Any
    volume_id: str
    case_id: str

    @property
    def scene(self) -> Any:
        return self.reader.application.scene

    @property
    def display(self) -> Any:
        return self.scene.GetNodeByID(self.volume_id).GetDisplayNode()


@pytest.fixture
def opened(reader: Any, phantom: tuple[Volume, LabelMap]) -> Opened:
    """A reader that shows the phantom in four views."""
    from MedMMSlicerLib.scene.volumes import add_volume

    volume_id = add_volume(reader.application.scene, phantom[0], name="phantom")
    case_id = reader.room.cases.adopt_volume(volume_id)
    reader.files.unsaved.note_opened()
    settle()
    return Opened(reader, volume_id, case_id)


@pytest.fixture
def segmented(opened: Opened, phantom: tuple[Volume, LabelMap]) -> Opened:
    """The same with the lesion as a segment."""
    from MedMMSlicerLib.scene.segmentations import add_segmentation

    provenance = Provenance("test", "1", "", (), "", "", {}, {}, "")
    add_segmentation(opened.scene, phantom[1], provenance, opened.volume_id, "segmentation")
    settle()
    return opened


def picture(view: Any) -> np.ndarray:
    """What a view shows, RGB of shape (height, width, 3)."""
    import qt

    settle()
    view.widget.draw_now()
    image = view.widget.grab().toImage().convertToFormat(qt.QImage.Format_RGB888)
    width, height = image.width(), image.height()
    # Each row is filled up to a multiple of four bytes.
    rows = np.array(image.constBits()).reshape(height, image.bytesPerLine())
    return rows[:, : width * 3].reshape(height, width, 3)


def drag(
    view: Any, start: tuple[int, int], end: tuple[int, int], button: str = "left", keys: int = 0
) -> None:
    """Press, move in four steps, release."""
    import qt

    pressed = getattr(qt.Qt, f"{button.capitalize()}Button")
    modifiers = qt.Qt.KeyboardModifier(int(keys))
    qt.QTest.mousePress(view.widget, pressed, modifiers, qt.QPoint(*start))
    for step in range(1, 5):
        point = [round(a + (b - a) * step / 4) for a, b in zip(start, end, strict=True)]
        move(view, (point[0], point[1]), button, keys)
    qt.QTest.mouseRelease(view.widget, pressed, modifiers, qt.QPoint(*end))
    settle()


def move(view: Any, position: tuple[int, int], button: str = "", keys: int = 0) -> None:
    """Move the mouse in a view, with a button held down or none."""
    import qt

    held = getattr(qt.Qt, f"{button.capitalize()}Button") if button else qt.Qt.NoButton
    local = qt.QPointF(*position)
    event = qt.QMouseEvent(
        qt.QEvent.MouseMove,
        local,
        qt.QPointF(view.widget.mapToGlobal(qt.QPoint(*position))),
        qt.Qt.NoButton,
        held,
        qt.Qt.KeyboardModifier(int(keys)),
    )
    qt.QApplication.sendEvent(view.widget, event)
    settle()


def wheel(view: Any, notches: float, position: tuple[int, int] | None = None, keys: int = 0) -> None:
    """Turn the wheel, positive away from the person."""
    import qt

    width, height = view.widget.logical_size
    place = position or (width // 2, height // 2)
    event = qt.QWheelEvent(
        qt.QPointF(*place),
        qt.QPointF(view.widget.mapToGlobal(qt.QPoint(*place))),
        qt.QPoint(0, 0),
        qt.QPoint(0, round(120 * notches)),
        qt.Qt.NoButton,
        qt.Qt.KeyboardModifier(int(keys)),
        qt.Qt.NoScrollPhase,
        False,
    )
    qt.QApplication.sendEvent(view.widget, event)
    settle()


def drag_enter(*arguments: Any) -> Any:
    """The event of files that are dragged over a window; Qt 6 has no other way to make one."""
    import qt

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return qt.QDragEnterEvent(*arguments)


def drop(widget: Any, *paths: Path) -> bool:
    """Drop files onto a window; whether it took them."""
    import qt

    data = qt.QMimeData()
    data.setUrls([qt.QUrl.fromLocalFile(str(path)) for path in paths])
    arguments = (qt.QPoint(50, 50), qt.Qt.CopyAction, data, qt.Qt.LeftButton, qt.Qt.NoModifier)
    entered = drag_enter(*arguments)
    qt.QApplication.sendEvent(widget, entered)
    if not entered.isAccepted():
        return False
    dropped = qt.QDropEvent(qt.QPointF(50, 50), *arguments[1:])
    qt.QApplication.sendEvent(widget, dropped)
    settle()
    return bool(dropped.isAccepted())
