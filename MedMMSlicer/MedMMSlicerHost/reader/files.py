"""Opening and saving, with the question about unsaved work."""

from __future__ import annotations

import gc
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from MedMMSlicerLib.errors import CancelledError, MedMMError
from MedMMSlicerLib.widgets.dialogs import Waiting

from .host import DesktopHost, is_scene
from .point_names import labels_for_slicer
from .unsaved import UnsavedWork
from .view_places import ViewPlaces
from .words import _

__all__ = ["Files"]


def spare_the_collector() -> None:
    """Take modules and everything else that is there by now out of Python's search for cyclic garbage, once.

    Looking through the objects of all packages takes 90 ms, and would come in the middle of a run.
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


class Files:
    """What the *File* menu does. Errors go to the room's message bar.

    Parameters
    ----------
    room : ReadingRoom
    host : DesktopHost
    clear_scene : callable
        Empties the scene.
    on_scene : callable
        Called after another scene was opened, or the scene was emptied.
    """

    def __init__(
        self,
        room: Any,
        host: DesktopHost,
        clear_scene: Callable[[], object],
        on_scene: Callable[[], object],
    ) -> None:
        self._room = room
        self._host = host
        self._clear_scene = clear_scene
        self._on_scene = on_scene
        self.scene_path: Path | None = None
        self.places: ViewPlaces | None = None
        self.unsaved = UnsavedWork(room.scene)

    def ask_open(self) -> bool:
        """Ask for files and open them."""
        return self.open(self._host.choose_files(_("Open images or a scene")))

    def ask_open_folder(self) -> bool:
        """Ask for a folder and open it."""
        return self.open(self._host.choose_files(_("Open a folder of images"), True))

    def open(self, paths: Sequence[str | Path]) -> bool:
        """Open files and folders, or one scene; whether that worked."""
        if not paths:
            return False
        if any(is_scene(path) for path in paths):
            if len(paths) == 1:
                return self._open_scene(Path(paths[0]))
            self._room.tell(
                "error", _("A scene is opened alone. Open images and scenes one after the other.")
            )
            return False
        return self._attempt(
            _("Opening images"),
            lambda step: self._room.cases.open_paths([Path(path) for path in paths], step),
        )

    def open_sample(self, sample_id: str) -> bool:
        """Open a sample study."""
        return self._attempt(
            _("Opening the sample"), lambda step: self._room.cases.open_sample(sample_id, step)
        )

    def save(self) -> bool:
        """Save the scene where it was saved last; whether that worked."""
        return self._write(self.scene_path) if self.scene_path is not None else self.ask_save()

    def ask_save(self) -> bool:
        """Ask where to save the scene, and save it."""
        name = self.scene_path.name if self.scene_path is not None else "reading.mrb"
        chosen = self._host.ask_save(_("Save the scene"), name, _("Scene (*.mrb)"))
        if not chosen:
            return False
        path = Path(chosen)
        return self._write(path if is_scene(path) else path.with_name(path.name + ".mrb"))

    def close_all(self) -> bool:
        """Empty the scene, after the question about unsaved work."""
        if self._is_reading_study() or not self.may_drop():
            return False
        self._clear_scene()
        self.scene_path = None
        self.unsaved.mark_saved()
        self._on_scene()
        return True

    def may_drop(self) -> bool:
        """Whether what is in the scene may go: saved, not worth it, or the reader said so."""
        if not self.unsaved.exists or self._room.study.is_open:
            # A study is saved with every answer, and nothing else can be open beside it.
            return True
        answer = self._host.ask_unsaved()
        if answer == "discard":
            self._drop_recovery()
        return answer == "discard" or (answer == "save" and self.save())

    def _drop_recovery(self) -> None:
        """What was kept for a crash is saved, or not wanted."""
        try:
            self._room.report.workflow.autosave.saved()
        except MedMMError as error:
            self._room.tell("warning", error)

    def _is_reading_study(self) -> bool:
        if self._room.study.is_open:
            self._room.tell("error", self._room.study.obstacle)
        return bool(self._room.study.is_open)

    def _open_scene(self, path: Path) -> bool:
        from MedMMSlicerLib.scene.bundle_io import load_scene

        if self._is_reading_study() or not self.may_drop():
            return False

        def load(step: Callable[[str, float], None]) -> None:
            step(_("Opening the scene"), 0.1)
            with ViewPlaces(self._room.scene) as places:
                load_scene(self._room.scene, path)
            self.places = places

        opened = self._attempt(_("Opening the scene"), load)
        if opened:
            self.scene_path = path
            self.unsaved.mark_saved()
        self._on_scene()
        if opened and self.places is not None:
            self.places.restore()
        return opened

    def _write(self, path: Path) -> bool:
        from MedMMSlicerLib.scene.bundle_io import save_scene

        self._room.segments.catch_up()
        try:
            with labels_for_slicer(self._room.scene):
                save_scene(self._room.scene, path)
        except MedMMError as error:
            self._room.tell("error", error)
            return False
        self.scene_path = path
        self.unsaved.mark_saved()
        self._drop_recovery()
        self._room.tell("info", _("Saved: {path}").format(path=path))
        return True

    def _attempt(self, title: str, work: Callable[[Callable[[str, float], None]], object]) -> bool:
        try:
            with Waiting(self._host.main_window(), title) as waiting:
                work(waiting.step)
                spare_the_collector()
        except CancelledError as error:
            self._room.tell("info", error)
            return False
        except MedMMError as error:
            self._room.tell("error", error)
            return False
        self.unsaved.note_opened()
        return True
