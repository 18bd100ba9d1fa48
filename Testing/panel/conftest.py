"""The panel on the desktop host: a real reading room, or one that says what a test wants."""

from __future__ import annotations

import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))

WIDTH = 400


class FakeHost:
    """Answers every question as a test sets it, and remembers what was asked."""

    def __init__(self) -> None:
        self.files: tuple[str, ...] = ()
        self.text: str | None = None
        self.yes = True
        self.asked: list[tuple[Any, ...]] = []

    def edit_segment(self, segmentation_id: str, segment_id: str) -> None:
        self.asked.append(("edit_segment", segmentation_id, segment_id))

    def ask_files(self, title: str, folder: bool = False) -> tuple[str, ...]:
        self.asked.append(("ask_files", title, folder))
        return self.files

    def ask_save(self, title: str, name: str, filters: str) -> str:
        self.asked.append(("ask_save", title, name, filters))
        return self.files[0] if self.files else ""

    def confirm(self, title: str, text: str) -> bool:
        self.asked.append(("confirm", title, text))
        return self.yes

    def ask_text(self, title: str, label: str, text: str = "") -> str | None:
        self.asked.append(("ask_text", title, label, text))
        return self.text


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The one application of this process, Slicer's modules completed."""
    for name, package in (("slicer", "slicer-core"), ("PySide6", "PySide6")):
        if importlib.util.find_spec(name) is None:
            pytest.skip(f"needs {package}")
    from MedMMSlicerHost import slicer_environment
    from MedMMSlicerHost.application import HostApplication

    return slicer_environment.install(HostApplication.instance(), tmp_path_factory.mktemp("settings"))


@pytest.fixture
def scene(environment: Any, capfd: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """An empty scene; a slot or an observer that failed is printed, and fails the test."""
    from MedMMSlicerLib.widgets.translation import set_language

    environment.application.clear()
    set_language("en")
    yield environment.application.scene
    set_language("en")
    environment.application.clear()
    complaints = capfd.readouterr().err
    assert "Traceback" not in complaints and "ERR|" not in complaints, complaints


@pytest.fixture
def host() -> FakeHost:
    """An application that answers as the test sets it."""
    return FakeHost()


@pytest.fixture
def fake_room(scene: Any) -> Any:
    """A room that says what the test wants."""
    from panel_fake_room import FakeRoom

    room = FakeRoom()
    room.scene = scene
    return room


@pytest.fixture
def pump() -> Callable[..., bool]:
    """Let the event loop run until something is true, at most so many seconds."""
    import slicer

    def run(until: Callable[[], bool] | None = None, seconds: float = 20.0) -> bool:
        end = time.monotonic() + (seconds if until is not None else 0.05)
        while time.monotonic() < end:
            slicer.app.processEvents()
            if until is not None and until():
                return True
            time.sleep(0.002)
        return until is None

    return run


@pytest.fixture
def show(scene: Any) -> Iterator[Callable[..., Any]]:
    """Show a widget at the width of the panel; closed at the end."""
    import slicer

    shown: list[Any] = []

    def run(widget: Any, height: int = 900, width: int = WIDTH) -> Any:
        widget.resize(width, height)
        widget.show()
        slicer.app.processEvents()
        shown.append(widget)
        return widget

    yield run
    for widget in shown:
        widget.close()


@pytest.fixture
def room(scene: Any, threshold_bundle: Path) -> Iterator[Any]:
    """A real room with one small model, that of the phantom."""
    from MedMMSlicerLib.bundles.catalog import BundleCatalog
    from MedMMSlicerLib.reading.room import ReadingRoom

    made = ReadingRoom(scene, BundleCatalog([threshold_bundle.parent]))
    yield made
    made.close()


@pytest.fixture
def panel(room: Any, host: FakeHost, show: Callable[..., Any]) -> Iterator[Any]:
    """The whole panel on a real room."""
    from MedMMSlicerLib.widgets.panel import ReadingPanel

    made = ReadingPanel(room, host)
    show(made.widget)
    yield made
    made.cleanup()


@pytest.fixture
def fake_panel(fake_room: Any, host: FakeHost, show: Callable[..., Any]) -> Iterator[Any]:
    """The whole panel on a room that says what the test wants."""
    from MedMMSlicerLib.widgets.panel import ReadingPanel

    made = ReadingPanel(fake_room, host)
    show(made.widget)
    yield made
    made.cleanup()
