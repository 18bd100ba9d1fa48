"""The main window itself, which takes dropped files and asks before it closes, and its status bar."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import qt

from .words import _

__all__ = ["MainWindow", "StatusBar"]

_MESSAGE_MS = 8000


class MainWindow(qt.QMainWindow):
    """The window.

    Parameters
    ----------
    may_close : callable
        ``may_close() -> bool``.
    on_drop : callable
        ``on_drop(paths)``, called after the drop is over.
    """

    def __init__(self, may_close: Callable[[], bool], on_drop: Callable[[tuple[str, ...]], object]) -> None:
        qt.QMainWindow.__init__(self)
        self._may_close = may_close
        self._on_drop = on_drop
        self.setAcceptDrops(True)
        self.setDockNestingEnabled(True)

    def dragEnterEvent(self, event: Any) -> None:
        """Take files and folders."""
        if _dropped_paths(event):
            event.acceptProposedAction()

    def dropEvent(self, event: Any) -> None:
        """Open them, once the program that they come from is free again."""
        paths = _dropped_paths(event)
        if paths:
            event.acceptProposedAction()
            qt.QTimer.singleShot(0, lambda: self._on_drop(paths))

    def closeEvent(self, event: Any) -> None:
        """Close unless the reader wants to stay."""
        if self._may_close():
            event.accept()
        else:
            event.ignore()


class StatusBar:
    """Voxel under the mouse, device, and what this program is for."""

    def __init__(self, window: Any) -> None:
        self._bar = window.statusBar()
        self.voxel = qt.QLabel()
        self.voxel.setObjectName("voxelLabel")
        self.voxel.setMinimumWidth(360)
        self.device = qt.QLabel()
        self.device.setObjectName("deviceStatusLabel")
        self.notice = qt.QLabel()
        self.notice.setObjectName("noticeStatusLabel")
        for label in (self.voxel, self.device, self.notice):
            self._bar.addPermanentWidget(label)
        self._device_name = ""
        self.retranslate()

    def say(self, text: str) -> None:
        """Show a sentence for some seconds."""
        self._bar.showMessage(text, _MESSAGE_MS)

    def show_voxel(self, text: str) -> None:
        """Show what is under the mouse."""
        self.voxel.setText(text)

    def show_device(self, name: str) -> None:
        """Show the device that the last run really used; empty: none yet."""
        self._device_name = name
        self.device.setText(_("Device used: {name}").format(name=_device_text(name)) if name else "")

    def retranslate(self) -> None:
        """Write the texts anew after the language changed."""
        self.notice.setText(_("Research use only. Not for clinical diagnosis."))
        self.show_device(self._device_name)


def _device_text(provider: str) -> str:
    """Name an execution provider of ONNX Runtime as the panel does."""
    name = provider.removesuffix("ExecutionProvider")
    return _("Processor (CPU)") if name == "CPU" else name


def _dropped_paths(event: Any) -> tuple[str, ...]:
    data = event.mimeData()
    if not data.hasUrls():
        return ()
    return tuple(path for path in (str(url.toLocalFile()) for url in data.urls()) if path)
