"""The few windows of the panel: model card, keyboard, and the progress of what takes long."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from typing import Any

import qt

from ..errors import CancelledError
from .card_text import card_html
from .hotkeys import key_text
from .part import Action
from .stages import stage_text
from .translation import _

__all__ = ["KeyboardDialog", "ModelCardDialog", "PanelDialog", "Waiting"]


class PanelDialog:
    """A window over the panel; `open` does not wait for it.

    Attributes
    ----------
    dialog : QDialog
    """

    def __init__(self, parent: Any, title: str, width: int, height: int) -> None:
        self.dialog = qt.QDialog(parent)
        self.dialog.setWindowTitle(title)
        self.dialog.resize(width, height)
        self.column = qt.QVBoxLayout(self.dialog)
        self._buttons: list[Any] = []
        self._closed = False

    def open(self) -> None:
        """Show it."""
        self.dialog.open()

    def close(self) -> None:
        """Take it away for good; a second time does nothing."""
        if self._closed:
            # The dialog itself may be deleted by now.
            return
        self._closed = True
        self.dialog.close()
        self.dialog.deleteLater()

    def add_buttons(self, *buttons: tuple[str, Callable[[], object]]) -> tuple[Any, ...]:
        """Add buttons from left to right at the bottom; the first one is the default."""
        row = qt.QHBoxLayout()
        row.addStretch(1)
        for text, action in buttons:
            button = qt.QPushButton(text)
            button.setAccessibleName(text)
            button.connect("clicked()", action)
            row.addWidget(button)
            self._buttons.append(button)
        self.column.addLayout(row)
        self._buttons[0].setDefault(True)
        return tuple(self._buttons)


class ModelCardDialog(PanelDialog):
    """What a model is for; its license and intended use are accepted here, once for each version.

    Parameters
    ----------
    parent : QWidget
    entry : ModelEntry
    card : str
        Markdown.
    on_accept : callable
        Called when the reader accepts; only offered where it was not accepted before.
    """

    def __init__(self, parent: Any, entry: Any, card: str, on_accept: Callable[[], object]) -> None:
        super().__init__(parent, _("Model card: {title}").format(title=entry.title), 560, 600)
        self._on_accept = on_accept
        self.head = qt.QLabel(_head(entry))
        self.head.setWordWrap(True)
        self.head.setTextInteractionFlags(qt.Qt.TextSelectableByKeyboard | qt.Qt.TextSelectableByMouse)
        self.browser = qt.QTextBrowser()
        self.browser.setOpenLinks(False)
        self.browser.setAccessibleName(_("Model card"))
        self.browser.setHtml(card_html(card))
        self.column.addWidget(self.head)
        self.column.addWidget(self.browser, 1)
        self.accept_button = None
        if entry.accepted:
            (self.close_button,) = self.add_buttons((_("Close"), self.close))
        else:
            self.accept_button, self.close_button = self.add_buttons(
                (_("Accept license and intended use"), self._accept), (_("Not now"), self.close)
            )

    def _accept(self) -> None:
        self.close()
        self._on_accept()


def _head(entry: Any) -> str:
    lines = (
        (_("Version"), entry.version),
        (_("License"), entry.license),
        (_("Intended use"), entry.intended_use),
    )
    shown = "".join(f"<p><b>{escape(name)}:</b> {escape(value)}</p>" for name, value in lines if value)
    state = _("You accepted this version.") if entry.accepted else _("Not accepted yet.")
    notice = _("Research use only. Not for clinical diagnosis.")
    return f"{shown}<p>{escape(state)} <b>{escape(notice)}</b></p>"


class KeyboardDialog(PanelDialog):
    """Every action with its key."""

    def __init__(self, parent: Any, actions: Sequence[Action]) -> None:
        super().__init__(parent, _("Keyboard"), 460, 560)
        self.table = qt.QTableWidget()
        self.table.setColumnCount(2)
        self.table.setHorizontalHeaderLabels([_("Key"), _("Action")])
        self.table.setRowCount(len(actions))
        self.table.setAccessibleName(_("Keyboard"))
        self.table.setEditTriggers(qt.QAbstractItemView.NoEditTriggers)
        self.table.setSelectionBehavior(qt.QAbstractItemView.SelectRows)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().setVisible(False)
        for row, action in enumerate(actions):
            self.table.setItem(row, 0, qt.QTableWidgetItem(key_text(action.shortcut)))
            self.table.setItem(row, 1, qt.QTableWidgetItem(action.text))
        self.table.resizeColumnsToContents()
        self.table.horizontalHeader().setStretchLastSection(True)
        self.column.addWidget(self.table, 1)
        (self.close_button,) = self.add_buttons((_("Close"), self.close))


class Waiting:
    """Progress of something that keeps the panel busy, with a button to stop it; a context manager.

    Pass `step` as the progress callback: it raises `CancelledError` when the reader stopped it.
    """

    def __init__(self, parent: Any, title: str) -> None:
        self.dialog = qt.QProgressDialog(parent)
        self.dialog.setWindowTitle(title)
        self.dialog.setLabelText(title)
        self.dialog.setCancelButtonText(_("Cancel"))
        self.dialog.setRange(0, 1000)
        self.dialog.setWindowModality(qt.Qt.ApplicationModal)
        self.dialog.setMinimumDuration(400)
        self.dialog.setAutoClose(False)
        self.dialog.setAutoReset(False)

    def __enter__(self) -> Waiting:
        self.dialog.setValue(0)
        return self

    def __exit__(self, *_error: object) -> None:
        self.dialog.close()
        self.dialog.deleteLater()

    def step(self, stage: str, fraction: float) -> None:
        """Show how far it is; lets the window react.

        Raises
        ------
        CancelledError
            If the reader pressed Cancel.
        """
        self.dialog.setLabelText(stage_text(stage))
        self.dialog.setValue(int(1000 * min(max(fraction, 0.0), 1.0)))
        if self.dialog.wasCanceled:
            raise CancelledError(_("Cancelled: nothing was opened."))
