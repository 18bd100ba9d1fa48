"""One reader with two studies, kept for many short tests: a CT with segments, a radiograph with findings."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from .conftest import TESTING, load_file
from .hands import Hands, settle
from .sight import voxels

__all__ = ["AROUND", "CT", "FILM", "World", "open_world"]

CT, FILM, AROUND = "ct", "film", "around"
"""Segments; findings, laboratory and report; the first with a model that reads around a point."""

_BUNDLES = {CT: "threshold-test", FILM: "tiny-chest", AROUND: "around-test"}


class Answers:
    """What the dialogs of the application answer."""

    def __init__(self) -> None:
        self.files: tuple[str, ...] = ()
        self.save = ""
        self.text: str | None = None
        self.yes = True


class World:
    """The reader, its two studies, and the answers of its dialogs.

    Attributes
    ----------
    hands : Hands
    answers : Answers
    folder : Path
        For files of the tests.
    popup : object
        First entry of the menu that opened last.
    strokes : int
        How often something was painted.
    """

    def __init__(self, reader: Any, folder: Path) -> None:
        self.folder = folder
        self.answers = Answers()
        self.hands = Hands(reader)
        self.ids: dict[str, str] = {}
        self.popup: Any = None
        self.strokes = 0
        self.panel.segments.ask_color = lambda _color: (9, 8, 7)

    @property
    def reader(self) -> Any:
        return self.hands.reader

    @property
    def room(self) -> Any:
        return self.reader.room

    @property
    def panel(self) -> Any:
        return self.reader.panel

    @property
    def editor(self) -> Any:
        return self.reader.docks._segment_editor

    @property
    def red(self) -> Any:
        return self.reader.views["Red"]

    @property
    def display(self) -> Any:
        return self.reader.commands.volume.GetDisplayNode()

    # ------------------------------------------------------------------ studies

    def bring(self, name: str) -> None:
        """Show a study, analyzed, with nothing else open over it."""
        self.tidy()
        wanted = CT if name == AROUND else name
        known = {entry.id for entry in self.room.cases.entries()}
        if self.ids.get(wanted) not in known:
            self.ids[wanted] = self.open_ct() if wanted == CT else self.open_film()
        if self.room.cases.current_id != self.ids[wanted]:
            self.reader.select_case(self.ids[wanted])
        if self.room.models.selected_id != _BUNDLES[name]:
            self.room.models.select(_BUNDLES[name])
        if self.room.record.prediction is None:
            self.analyze()
        if self.room.message is not None:
            self.room.dismiss()
        self.hands.rest()

    def tidy(self) -> None:
        """Close what the last test left open, and end a run that it left."""
        import qt

        self.room.run.cancel()
        for window in (*self.hands.windows(), qt.QApplication.activePopupWidget()):
            if window:
                window.close()
        if self.reader.docks.editor.isVisible():
            self.reader.docks.editor.close()
        if self.panel.findings.ui.editFrame.isVisible():
            self.panel.findings.cancel_edit()
        if self.reader.area.layout_id != "four-up":
            self.reader.choose_layout("four-up")
        self.answers.__init__()  # type: ignore[misc]

    def open_ct(self) -> str:
        """A small oblique CT: air, a box, a core in it; without a file."""
        from MedMMSlicerLib.core import HeaderFacts, Series, Volume, VolumeGeometry
        from MedMMSlicerLib.scene.volumes import add_volume

        turn = np.deg2rad(12)
        axes = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
        axes = axes @ np.diag([-1.0, -1.0, 1.0])
        array = np.zeros((24, 40, 36), np.int16)
        array[4:18, 6:30, 8:26] = 200
        array[6:10, 8:18, 18:24] = 300
        geometry = VolumeGeometry.from_axes(array.shape, (3.0, 1.5, 1.8), (20, 30, -20), axes)
        volume = Volume(array, geometry, window=(200.0, 400.0))
        series = Series("CT", HeaderFacts(modality="CT", body_part="HEAD"), (), volume=volume)
        volume_id = add_volume(self.room.scene, volume, series, "small CT")
        return str(self.room.cases.adopt_volume(volume_id))

    def open_film(self) -> str:
        """A DICOM radiograph of Jane Doe."""
        return self._open_radiograph("film", "1.2.826.1")

    def open_other(self) -> str:
        """One more study, that may be closed."""
        return self._open_radiograph("other", "1.2.826.2")

    def _open_radiograph(self, name: str, study: str) -> str:
        phantoms = load_file("reading_fixtures_for_the_story", TESTING / "reading" / "conftest.py")
        path = phantoms.write_radiograph(self.folder / name / "chest.dcm", study=study)
        assert self.reader.open((path,))
        self.hands.rest()
        return str(self.room.cases.current_id)

    def close_other(self) -> None:
        """Close every study but the two."""
        for entry in self.room.cases.entries():
            if entry.id not in self.ids.values():
                self.room.cases.remove(entry.id)
        self.hands.rest()

    def analyze(self) -> None:
        """Run the model of the study that is shown."""
        self.room.models.accept(self.room.models.selected_id)
        self.hands.rest()
        self.hands.click(self.panel.analyze.ui.analyzeButton)
        self.hands.rest()
        assert self.room.message is None, self.room.message

    # ------------------------------------------------------------------ places

    def finding(self, row: int = 0) -> None:
        """Select a finding by its row."""
        self.hands.click_cell(self.panel.findings.ui.findingsTable, row, 0)
        self.hands.rest()

    def segment(self, row: int = 0) -> None:
        """Select a segment by its row."""
        self.hands.click_cell(self.panel.segments.ui.segmentsTable, row, 2)
        self.hands.rest()

    def edit(self) -> None:
        """Open the editor on the first segment, ready to paint."""
        self.segment()
        self.hands.click(self.panel.segments.ui.editButton)
        self.editor.choose_tool("paint")
        self.hands.rest()

    def paint(self) -> None:
        """Paint a stroke in the air beside the box, in another slice each time, and rest."""
        from MedMMSlicerLib.scene.volumes import volume_geometry

        self.reader.commands.fit()
        settle()
        geometry = volume_geometry(self.room.scene, self.reader.commands.volume.GetID())
        self.strokes += 1
        places = [geometry.kji_to_ras((3 + self.strokes % 18, row, 3)) for row in (16, 20)]
        self.red.jump(tuple(places[0].tolist()))
        settle()
        self.hands.stroke(self.red, [self.red.position_of(tuple(place.tolist())) for place in places])
        self.hands.rest()

    def compare(self) -> None:
        """Have a segment that was changed, and beside it what a later run gave."""
        if self.panel.segments.ui.comparisonTable.rowCount:
            return
        self.edit()
        self.paint()
        self.hands.click(self.editor.ui.doneButton)
        self.analyze()
        assert self.panel.segments.ui.comparisonTable.rowCount

    def sentence(self, text: str = "Radiograph of") -> None:
        """Put the cursor into a sentence of the report."""
        editor = self.panel.report.editor
        self.hands.reach(editor)
        editor.setFocus()
        cursor = editor.textCursor()
        cursor.setPosition(editor.plainText.index(text) + 2)
        editor.setTextCursor(cursor)
        settle()

    def sentences(self) -> list[str]:
        """All sentences of the report."""
        report = self.room.report.report
        return [item.text for section in report.sections for item in section.sentences] if report else []

    def laboratory(self) -> dict[str, str]:
        """Name to what is typed."""
        return {row.name: row.text for row in self.room.context.rows() if row.text}

    def voxels(self) -> dict[str, int]:
        """Number of voxels of each segment."""
        rows = self.room.segments.rows()
        return {row.segment_id: int(voxels(self.hands, row.segment_id).sum()) for row in rows}


@contextlib.contextmanager
def open_world(tmp_path: Path) -> Iterator[World]:
    """A world, closed at the end."""
    import qt
    from MedMMSlicerHost.application import HostApplication
    from MedMMSlicerHost.reader import build_reader
    from MedMMSlicerHost.reader.host import DesktopHost
    from MedMMSlicerLib.bundles.catalog import BundleCatalog
    from MedMMSlicerLib.widgets import translation

    settings = qt.QSettings(str(tmp_path / "reader.ini"), qt.QSettings.IniFormat)
    HostApplication.instance().clear()
    reader = build_reader((), settings, None, BundleCatalog([write_bundles(tmp_path)]))
    reader.widget.show()
    reader.widget.activateWindow()
    settle()
    world = World(reader, tmp_path)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(DesktopHost, "ask_unsaved", lambda _self: "discard")
        patch.setattr(DesktopHost, "choose_files", lambda *_arguments: world.answers.files)
        patch.setattr(DesktopHost, "ask_save", lambda *_arguments: world.answers.save)
        patch.setattr(DesktopHost, "confirm", lambda *_arguments: world.answers.yes)
        patch.setattr(DesktopHost, "ask_text", lambda *_arguments: world.answers.text)
        yield world
    reader.close()
    settle()
    HostApplication.instance().clear()
    translation.set_language("en")


def write_bundles(folder: Path) -> Path:
    """Bundles for the CT (its whole, and around a point) and for the radiograph."""
    from MedMMSlicerLib.bundles.writing import write_bundle

    shared = load_file("shared_fixtures_for_the_story", TESTING / "conftest.py")
    tiny = load_file("tiny_bundle_for_the_story", TESTING / "multimodal" / "tiny_bundle.py")
    network = shared.threshold_network(folder / "network" / "model.onnx")
    files = {"models/model.onnx": network, "docs/README.md": b"# A test\n", "LICENSE": b"Apache-2.0\n"}
    write_bundle(folder / "bundles" / "threshold-test", shared.threshold_metadata(), files)
    around = shared.threshold_metadata()
    around["medmm"]["id"] = "around-test"
    region = {"kind": "roi", "size": [8, 8, 8]}
    around["medmm"]["preprocess"] = {"orientation": "RAS", "spacing_mm": [2.0, 2.0, 2.0], "region": region}
    write_bundle(folder / "bundles" / "around-test", around, files)
    tiny.write_tiny(folder / "bundles" / "tiny-chest")
    return folder / "bundles"
