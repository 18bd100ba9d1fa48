"""Exporting the report and what it rests on: formats, de-identification, and what a person has to look at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt

from .report_dialogs import AskingDialog
from .translation import _

__all__ = ["ExportDialog"]


class ExportDialog(AskingDialog):
    """Check boxes for formats and de-identification; the folder is asked for last.

    Parameters
    ----------
    parent : QWidget
    room : ReadingRoom
    host : PanelHost
    """

    def __init__(self, parent: Any, room: Any, host: Any) -> None:
        super().__init__(parent, _("Export"), 460, 620)
        self._room, self._host = room, host
        self.format_checks = {name: qt.QCheckBox(text) for name, text in _formats().items()}
        grid = qt.QGridLayout()
        for number, (name, check) in enumerate(self.format_checks.items()):
            check.setChecked(name in ("html", "pdf"))
            grid.addWidget(check, number // 2, number % 2)
        self.add_text(_("Formats"))
        self.column.addLayout(grid)
        self.clean_check = self._check(_("De-identify (DICOM PS3.15 basic profile, dates moved)"))
        self.pixels_check = self._check(_("I looked: no text in the pictures identifies anybody"))
        self.texts_check = self._check(_("I looked at the doubtful places in texts"))
        self.remove_edit = self.add_field(
            _("Also remove these names or words (separated by ;)"), qt.QLineEdit()
        )
        self.add_text(
            _("Without de-identification the files name the patient where the images do. Research use only.")
        )
        self.add_error()
        self.column.addStretch(1)
        self.export_button, self.cancel_button = self.add_buttons(
            (_("Export to a new folder…"), self.export), (_("Cancel"), self.close)
        )
        self.clean_check.connect("toggled(bool)", self._show_cleaning)
        self._show_cleaning(False)

    def _check(self, text: str) -> Any:
        check = qt.QCheckBox(text)
        self.column.addWidget(check)
        return check

    def _show_cleaning(self, wanted: bool) -> None:
        for widget in (self.pixels_check, self.texts_check, self.remove_edit):
            widget.setEnabled(bool(wanted))

    def export(self) -> None:
        """Ask for the folder and write everything, or nothing and say why."""
        from ..reading.report_export import ReportExport, export_report

        formats = tuple(name for name, check in self.format_checks.items() if check.checked)
        if not formats:
            self.refuse(_("Choose a format."))
            return
        folder = self._host.ask_save(_("Export to a new folder"), "report-export", _("Folder (*)"))
        if not folder:
            return
        cleaned = bool(self.clean_check.checked)
        names = (item.strip() for item in str(self.remove_edit.text).split(";"))
        wanted = ReportExport(
            formats,
            cleaned,
            cleaned and bool(self.pixels_check.checked),
            cleaned and bool(self.texts_check.checked),
            tuple(item for item in names if item) if cleaned else (),
        )
        self.carry_out(self._export, export_report, wanted, Path(folder))

    def _export(self, export: Any, wanted: Any, folder: Path) -> None:
        qt.QApplication.setOverrideCursor(qt.QCursor(qt.Qt.WaitCursor))
        try:
            written = export(self._room, wanted, folder)
        finally:
            qt.QApplication.restoreOverrideCursor()
        text = _("{count} files were written to {path}. Research use only.")
        self._room.tell("info", text.format(count=len(written), path=folder))


def _formats() -> dict[str, str]:
    return {
        "html": _("Web page"),
        "pdf": "PDF",
        "txt": _("Text"),
        "json": _("Data (JSON)"),
        "fhir": "FHIR R4",
        "text-sr": _("DICOM report (text)"),
        "sr": _("DICOM report (measurements)"),
        "seg": _("DICOM segmentation"),
        "dicom": _("DICOM images"),
        "nrrd": _("Segmentation for Slicer"),
        "png": _("Overview picture"),
        "mrb": _("Scene"),
    }
