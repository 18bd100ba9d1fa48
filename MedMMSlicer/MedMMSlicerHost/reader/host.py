"""The desktop reader around the panel: its dialogs, its editor."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import qt
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.widgets.panel_host import DialogHost

from .preferences import Preferences
from .words import _

__all__ = ["DesktopHost", "is_scene"]


def is_scene(path: str | Path) -> bool:
    """Whether a file is a saved scene."""
    return Path(path).suffix.lower() == ".mrb"


class DesktopHost(DialogHost):
    """A `PanelHost` for the desktop.

    Parameters
    ----------
    window : QMainWindow
    preferences : Preferences
    open_scene : callable
        ``open_scene(path)``; scenes chosen in the panel's dialog go there.
    open_editor : callable
        ``open_editor(segmentation_id, segment_id)``.
    """

    def __init__(
        self,
        window: Any,
        preferences: Preferences,
        open_scene: Callable[[str], object],
        open_editor: Callable[[str, str], object],
    ) -> None:
        self._window = window
        self._preferences = preferences
        self._open_scene = open_scene
        self._open_editor = open_editor

    def main_window(self) -> Any:
        """Return the window that dialogs belong to."""
        return self._window

    def edit_segment(self, segmentation_id: str, segment_id: str) -> None:
        """Open the editor beside the views."""
        self._open_editor(segmentation_id, segment_id)

    def ask_files(self, title: str, folder: bool = False) -> tuple[str, ...]:
        """Ask for files, or for one folder; a scene among them is opened as a whole instead."""
        paths = self.choose_files(title, folder)
        scenes = [path for path in paths if is_scene(path)]
        if scenes:
            self._open_scene(scenes[0])
            return ()
        return paths

    def choose_files(self, title: str, folder: bool = False) -> tuple[str, ...]:
        """Ask for files of any kind, or for one folder; empty when the reader cancels."""
        start = self._preferences.text("folder")
        if folder:
            chosen = qt.QFileDialog.getExistingDirectory(self._window, title, start)
            paths = _names((chosen,) if chosen else ())
        else:
            paths = _names(qt.QFileDialog.getOpenFileNames(self._window, title, start))
        if paths:
            self._preferences.set("folder", paths[0] if folder else str(Path(paths[0]).parent))
        return paths

    def ask_save(self, title: str, name: str, filters: str) -> str:
        """Ask where to save; empty when the reader cancels."""
        start = str(Path(self._preferences.text("folder")) / name)
        path = qt.QFileDialog.getSaveFileName(self._window, title, start, filters)
        if path:
            self._preferences.set("folder", str(Path(str(path)).parent))
        return str(path or "")

    def ask_unsaved(self) -> str:
        """Ask what to do with unsaved work: ``save``, ``discard`` or ``cancel``."""
        box = qt.QMessageBox(self._window)
        box.setIcon(qt.QMessageBox.Question)
        box.setWindowTitle(_("Unsaved work"))
        box.setText(_("What you did since the last save would be lost."))
        box.setStandardButtons(qt.QMessageBox.Save | qt.QMessageBox.Discard | qt.QMessageBox.Cancel)
        box.setDefaultButton(qt.QMessageBox.Save)
        answer = int(box.exec_())
        names = {int(qt.QMessageBox.Save): "save", int(qt.QMessageBox.Discard): "discard"}
        return names.get(answer, "cancel")

    def install(self, on_progress: Callable[..., object]) -> Any:
        """Say how: on the desktop packages come with pip, not from inside a running reader.

        Raises
        ------
        UsageError
            Always.
        """
        raise UsageError(
            "The desktop reader installs no packages itself. Run: pip install 'medmm-slicer[host,cpu]'"
        )


def _names(chosen: Any) -> tuple[str, ...]:
    return tuple(str(path) for path in chosen)
