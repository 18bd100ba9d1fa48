"""Signing and amending: the small windows that ask who does it, and why."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import qt

from ..errors import MedMMError
from .dialogs import PanelDialog
from .report_texts import remark_text
from .translation import _

__all__ = ["AddendumDialog", "AskingDialog", "SignDialog", "reader_name", "remember_reader"]

_NAME_KEY = "reader.name"
_MOST_SHOWN = 8


def reader_name(room: Any) -> str:
    """Return the name that the reader signed with last, empty before the first time."""
    return str(room.settings.get(_NAME_KEY) or "")


def remember_reader(room: Any, name: str) -> None:
    """Keep the reader's name for the next time, and for the audit trail."""
    if name.strip():
        room.settings.set(_NAME_KEY, name.strip())


class AskingDialog(PanelDialog):
    """A window with fields that stays open, and says why, while what it asks for can not be done.

    Attributes
    ----------
    error_label : QLabel
    """

    def add_field(self, title: str, field: Any) -> Any:
        """Add a field with its title above it."""
        label = qt.QLabel(title)
        label.setBuddy(field)
        field.setAccessibleName(title)
        self.column.addWidget(label)
        self.column.addWidget(field)
        return field

    def add_text(self, text: str) -> Any:
        """Add text that wraps."""
        label = qt.QLabel(text)
        label.setTextFormat(qt.Qt.PlainText)
        label.setWordWrap(True)
        self.column.addWidget(label)
        return label

    def add_error(self) -> None:
        """Add the line that says what is wrong."""
        self.error_label = self.add_text("")
        self.error_label.setVisible(False)

    def refuse(self, text: object) -> None:
        """Say what is wrong."""
        self.error_label.setText(f"✖ {text}")
        self.error_label.setVisible(True)

    def carry_out(self, action: Callable[..., object], *arguments: object) -> bool:
        """Do it and close, or stay open and say why it can not be done."""
        try:
            action(*arguments)
        except MedMMError as error:
            self.refuse(error)
            return False
        self.close()
        return True


class SignDialog(AskingDialog):
    """Name and role of who signs; where checks stand in the way, what they say and the reason to sign.

    Parameters
    ----------
    parent : QWidget
    room : ReadingRoom
    blocking : sequence of Remark
        What stands in the way of a signature.
    """

    def __init__(self, parent: Any, room: Any, blocking: Sequence[Any]) -> None:
        super().__init__(parent, _("Sign report"), 460, 360 if blocking else 240)
        self._room = room
        self.name_edit = self.add_field(_("Name"), qt.QLineEdit(reader_name(room)))
        self.role_edit = self.add_field(_("Role (optional)"), qt.QLineEdit())
        self.reason_edit: Any = None
        if blocking:
            self.add_text("\n".join((_("These checks stand in the way:"), *_lines(blocking))))
            self.reason_edit = self.add_field(_("Reason to sign all the same"), qt.QLineEdit())
        self.add_text(_("The signed report is read-only. Research use only."))
        self.add_error()
        self.column.addStretch(1)
        self.sign_button, self.cancel_button = self.add_buttons(
            (_("Sign"), self.sign), (_("Cancel"), self.close)
        )

    def sign(self) -> None:
        """Sign with what is typed."""
        name = str(self.name_edit.text).strip()
        if not name:
            self.refuse(_("Type your name."))
            return
        reason = "" if self.reason_edit is None else str(self.reason_edit.text)
        remember_reader(self._room, name)
        self.carry_out(self._room.report.review.sign, name, str(self.role_edit.text), reason)


class AddendumDialog(AskingDialog):
    """Text of an addendum and who writes it."""

    def __init__(self, parent: Any, room: Any) -> None:
        super().__init__(parent, _("Add addendum"), 460, 320)
        self._room = room
        self.name_edit = self.add_field(_("Name"), qt.QLineEdit(reader_name(room)))
        self.text_edit = self.add_field(_("Addendum"), qt.QPlainTextEdit())
        self.text_edit.setTabChangesFocus(True)
        self.add_text(_("The signed version is kept. The new version can be edited, and is signed again."))
        self.add_error()
        self.amend_button, self.cancel_button = self.add_buttons(
            (_("Add addendum"), self.amend), (_("Cancel"), self.close)
        )

    def amend(self) -> None:
        """Open the next version."""
        name = str(self.name_edit.text).strip()
        remember_reader(self._room, name)
        self.carry_out(self._room.report.workflow.amend, str(self.text_edit.plainText), name)


def _lines(blocking: Sequence[Any]) -> list[str]:
    lines = [remark_text(item) for item in blocking[:_MOST_SHOWN]]
    if len(blocking) > _MOST_SHOWN:
        lines.append(_("… and {count} more").format(count=len(blocking) - _MOST_SHOWN))
    return lines
