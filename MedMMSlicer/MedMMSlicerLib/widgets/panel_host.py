"""What the panel needs of the application around it, and how Slicer gives it."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

import qt
import slicer

from ..errors import InputError, UsageError

__all__ = ["DialogHost", "PanelHost", "QtSettings", "SlicerPanelHost"]

_FOLDER_KEY = "MedMM/folder"


class PanelHost(Protocol):
    """The application around the panel."""

    def edit_segment(self, segmentation_id: str, segment_id: str) -> None:
        """Open the application's editor on a segment."""
        ...

    def ask_files(self, title: str, folder: bool = False) -> tuple[str, ...]:
        """Ask for files, or for one folder; empty when the reader cancels."""
        ...

    def ask_save(self, title: str, name: str, filters: str) -> str:
        """Ask where to save; empty when the reader cancels."""
        ...

    def confirm(self, title: str, text: str) -> bool:
        """Ask for a yes or no."""
        ...

    def ask_text(self, title: str, label: str, text: str = "") -> str | None:
        """Ask for a line of text; None when the reader cancels."""
        ...


class QtSettings:
    """The application's settings as a store of texts, see `reading.settings.Settings`."""

    def __init__(self, prefix: str = "MedMM/") -> None:
        self._prefix = prefix

    def get(self, key: str) -> str:
        """Return the text of ``key``, empty if there is none."""
        return str(qt.QSettings().value(self._prefix + key, "") or "")

    def set(self, key: str, value: str) -> None:
        """Store a text; an empty one removes the key."""
        if value:
            qt.QSettings().setValue(self._prefix + key, value)
        else:
            qt.QSettings().remove(self._prefix + key)


class DialogHost:
    """Asks with Qt's own dialogs, over the main window; the folder that was used last is remembered."""

    def main_window(self) -> Any:
        """Return the window that dialogs belong to, None without one."""
        return slicer.util.mainWindow()

    def ask_files(self, title: str, folder: bool = False) -> tuple[str, ...]:
        """Ask for files, or for one folder; empty when the reader cancels."""
        start = str(qt.QSettings().value(_FOLDER_KEY, "") or "")
        if folder:
            chosen = qt.QFileDialog.getExistingDirectory(self.main_window(), title, start)
            paths = (chosen,) if chosen else ()
        else:
            paths = tuple(qt.QFileDialog.getOpenFileNames(self.main_window(), title, start))
        self._remember(paths, folder)
        return paths

    def ask_save(self, title: str, name: str, filters: str) -> str:
        """Ask where to save; empty when the reader cancels."""
        start = Path(str(qt.QSettings().value(_FOLDER_KEY, "") or "")) / name
        path = qt.QFileDialog.getSaveFileName(self.main_window(), title, str(start), filters)
        self._remember((path,) if path else (), False)
        return str(path or "")

    def confirm(self, title: str, text: str) -> bool:
        """Ask for a yes or no."""
        return bool(slicer.util.confirmYesNoDisplay(text, title, self.main_window()))

    def ask_text(self, title: str, label: str, text: str = "") -> str | None:
        """Ask for a line of text; None when the reader cancels."""
        # Not QInputDialog.getText: PythonQt hands over the text alone, so that a cancel can not be told.
        dialog = qt.QInputDialog(self.main_window())
        dialog.setWindowTitle(title)
        dialog.setLabelText(label)
        dialog.setTextValue(text)
        accepted = dialog.exec_() == qt.QDialog.Accepted
        typed = str(dialog.textValue())
        dialog.deleteLater()
        return typed if accepted else None

    @staticmethod
    def _remember(paths: tuple[str, ...], folder: bool) -> None:
        if paths:
            used = paths[0] if folder else str(Path(paths[0]).parent)
            qt.QSettings().setValue(_FOLDER_KEY, used)


class SlicerPanelHost(DialogHost):
    """3D Slicer around the panel."""

    def edit_segment(self, segmentation_id: str, segment_id: str) -> None:
        """Open the Segment Editor module on a segment.

        Raises
        ------
        UsageError
            If Slicer runs without a main window: an effect without a slice view would crash it.
        InputError
            If the segmentation or the segment is gone.
        """
        if slicer.util.mainWindow() is None or slicer.app.layoutManager() is None:
            raise UsageError("The Segment Editor needs Slicer's main window. Start Slicer with its window.")
        node = slicer.mrmlScene.GetNodeByID(segmentation_id)
        if node is None or node.GetSegmentation().GetSegment(segment_id) is None:
            raise InputError("The segment is not in the scene any more. Analyze the case again.")
        slicer.util.selectModule("SegmentEditor")
        editor = slicer.util.getModuleWidget("SegmentEditor").editor
        editor.setSegmentationNode(node)
        editor.setSourceVolumeNode(node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole()))
        editor.setCurrentSegmentID(segment_id)
