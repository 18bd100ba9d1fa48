"""The window in which a study team writes a protocol; what is wrong stands beside the field."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import qt
import slicer

from ..errors import MedMMError
from ..reading.protocol_draft import ProtocolDraft
from .part import load_ui
from .study_rows import Column, RowsTable
from .translation import _
from .wheel_guard import WheelGuard

__all__ = ["ProtocolWindow"]

_SIZE = (640, 760)
_CHECK_AFTER_MS = 200
_LISTS = ("arms", "readers", "targets", "cases", "rounds")
_PLACES = {
    "$.title": "title",
    "$.seed": "seed",
    "$.design.kind": "kind",
    "$.design.washout_days": "washout",
    "$.design.arms_in_a_period": "period",
    "$.design.order": "order",
    "$.design.session_size": "session",
    "$.design.idle_after_s": "idle",
    "$.report": "report",
    "$.truth": "truth",
}


class ProtocolWindow:
    """A protocol as fields and tables.

    Parameters
    ----------
    room : ReadingRoom
    host : PanelHost
    parent : QWidget

    Attributes
    ----------
    dialog : QDialog
    draft : ProtocolDraft
    tables : dict of str to RowsTable
    """

    def __init__(self, room: Any, host: Any, parent: Any) -> None:
        self._room = room
        self._host = host
        self.draft = ProtocolDraft()
        self._filling = False
        self.dialog = qt.QDialog(parent)
        self.dialog.setWindowTitle(_("Study protocol"))
        self.dialog.resize(*_SIZE)
        widget = load_ui("StudyProtocol")
        self.ui = slicer.util.childWidgetVariables(widget)
        self._wheel_guard = WheelGuard(widget)
        column = qt.QVBoxLayout(self.dialog)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(widget)
        self._check_timer = qt.QTimer()
        self._check_timer.setSingleShot(True)
        self._check_timer.setInterval(_CHECK_AFTER_MS)
        self._check_timer.connect("timeout()", self.check)
        self._combos = self._fill_combos()
        columns = _columns()
        self.tables = {
            name: RowsTable(getattr(self.ui, f"{name}Table"), columns[name], self._edited) for name in _LISTS
        }
        self._connect()
        self._show_draft()

    def _fill_combos(self) -> dict[str, Any]:
        choices = {
            "kind": (("crossover", _("every reader, every arm")), ("parallel", _("each reader one arm"))),
            "period": (("mixed", _("all arms, each with its cases")), ("single", _("one arm"))),
            "order": (("random", _("random")), ("by_arm", _("random, arm by arm"))),
            "report": (("none", _("none")), ("optional", _("optional")), ("required", _("required"))),
        }
        combos = {name: getattr(self.ui, f"{name}Combo") for name in choices}
        for name, combo in combos.items():
            for value, text in choices[name]:
                combo.addItem(text, value)
            combo.connect("currentIndexChanged(int)", self._edited)
        return combos

    def _connect(self) -> None:
        for edit in (self.ui.titleEdit, self.ui.truthEdit):
            edit.connect("textEdited(QString)", self._edited)
        for spin in (self.ui.seedSpin, self.ui.sessionSpin, self.ui.idleSpin):
            spin.connect("valueChanged(int)", self._edited)
        self.ui.washoutSpin.connect("valueChanged(double)", self._edited)
        for name in _LISTS:
            title = name.capitalize()
            add, remove = getattr(self.ui, f"add{title}Button"), getattr(self.ui, f"remove{title}Button")
            add.connect("clicked()", lambda name=name: self.tables[name].add(_new_entry(name)))
            remove.connect("clicked()", lambda name=name: self.tables[name].remove())
        self.ui.folderButton.connect("clicked()", self.add_folder)
        self.ui.saveButton.connect("clicked()", self.save)
        self.ui.closeButton.connect("clicked()", self.dialog.hide)

    # ------------------------------------------------------------------ showing

    def show(self) -> None:
        """Bring the window to the front."""
        self.dialog.show()
        self.dialog.raise_()

    def load(self, path: Path) -> None:
        """Show a protocol file, also one that has faults."""
        try:
            self.draft = ProtocolDraft.read(path)
        except MedMMError as error:
            self._room.tell("error", error)
            return
        self._show_draft()

    def close(self) -> None:
        """Take the window away for good."""
        self._check_timer.stop()
        self.dialog.close()
        self.dialog.deleteLater()

    def _show_draft(self) -> None:
        value = self.draft.value
        design = value.get("design") if isinstance(value.get("design"), dict) else {}
        self._filling = True
        self.ui.titleEdit.setText(str(value.get("title", "")))
        self.ui.truthEdit.setText(str(value.get("truth", "")))
        self.ui.seedSpin.setValue(_whole(value.get("seed"), 0))
        self.ui.washoutSpin.setValue(float(_whole(design.get("washout_days"), 0)))
        self.ui.sessionSpin.setValue(_whole(design.get("session_size"), 0))
        self.ui.idleSpin.setValue(_whole(design.get("idle_after_s"), 60))
        given = {
            "kind": design.get("kind"),
            "period": design.get("arms_in_a_period"),
            "order": design.get("order"),
            "report": value.get("report"),
        }
        for name, combo in self._combos.items():
            combo.setCurrentIndex(max(0, combo.findData(given[name] or "")))
        for name, table in self.tables.items():
            entries = value.get(name)
            table.show(entries if isinstance(entries, list) else ())
        self._filling = False
        self.check()

    # ------------------------------------------------------------------ editing

    def _edited(self, *_value: Any) -> None:
        if not self._filling:
            self._check_timer.start()

    def take(self) -> None:
        """Take what stands in the fields into the draft."""
        design = {
            "kind": str(self.ui.kindCombo.currentData),
            "washout_days": float(self.ui.washoutSpin.value),
            "arms_in_a_period": str(self.ui.periodCombo.currentData),
            "order": str(self.ui.orderCombo.currentData),
            "idle_after_s": float(self.ui.idleSpin.value),
        }
        if int(self.ui.sessionSpin.value):
            design["session_size"] = int(self.ui.sessionSpin.value)
        self.draft.change(
            seed=int(self.ui.seedSpin.value),
            report=str(self.ui.reportCombo.currentData),
            truth=str(self.ui.truthEdit.text).strip(),
            design=design,
            **{name: table.entries() for name, table in self.tables.items()},
        )
        self.draft.value["title"] = str(self.ui.titleEdit.text).strip()

    def check(self) -> None:
        """Show what is wrong, each beside its field, and whether it can be saved."""
        self._check_timer.stop()
        self.take()
        texts: dict[str, list[str]] = {}
        for violation in self.draft.violations():
            texts.setdefault(_place(violation.where), []).append(str(violation))
        for name in (*_PLACES.values(), *_LISTS, ""):
            label = self.ui.errorsLabel if not name else getattr(self.ui, f"{name}Error")
            lines = texts.get(name, [])
            label.setTextFormat(qt.Qt.PlainText)
            label.setText("\n".join(f"✖ {line}" for line in lines))
            label.setVisible(bool(lines))
        count = sum(map(len, texts.values()))
        self.ui.saveButton.setEnabled(not count)
        tip = _("{count} faults are to be corrected first.").format(count=count)
        self.ui.saveButton.setToolTip(tip if count else _("Choose where to write the protocol"))

    def add_folder(self) -> None:
        """Ask for a folder, and add the cases that are in it."""
        paths = self._host.ask_files(_("Choose the folder with the cases"), True)
        if not paths:
            return
        self.take()
        try:
            self.draft.add_cases(Path(paths[0]))
        except MedMMError as error:
            self._room.tell("error", error)
            return
        self._show_draft()

    def save(self) -> None:
        """Ask where, and write the protocol."""
        self.check()
        if self.draft.violations():
            return
        path = self._host.ask_save(_("Save the protocol"), "protocol.yaml", _("Protocol (*.yaml)"))
        if not path:
            return
        target = Path(path) if Path(path).suffix else Path(f"{path}.yaml")
        try:
            self.draft.save(target)
        except MedMMError as error:
            self._room.tell("error", error)
            return
        self._room.tell("info", _("The protocol was written: {path}").format(path=target))


def _columns() -> dict[str, tuple[Column, ...]]:
    modes = (
        ("unaided", _("without AI")),
        ("concurrent", _("with AI")),
        ("sequential", _("without, then with AI")),
    )
    scales = (("0-100", "0-100"), ("1-5", "1-5"), ("0-1", _("no / yes")))
    flags = ((False, _("no")), (True, _("yes")))
    kinds = (("likert", "Likert"), ("radpeer", "RADPEER"), ("preference", _("preference")))
    name = Column("id", _("Short name"))
    return {
        "arms": (name, Column("mode", _("Mode"), "choice", modes), Column("before", _("Test before"))),
        "readers": (
            name,
            Column("experience_years", _("Years"), "number"),
            Column("group", _("Group")),
            Column("arm", _("Arm")),
        ),
        "targets": (
            name,
            Column("name", _("Name")),
            Column("scale", _("Scale"), "choice", scales),
            Column("marks", _("Marks"), "flag", flags),
        ),
        "cases": (
            name,
            Column("images", _("Images"), "list"),
            Column("ai", "AI"),
            Column("indication", _("Indication")),
        ),
        "rounds": (
            name,
            Column("kind", _("Kind"), "choice", kinds),
            Column("evaluators", _("Evaluators"), "list"),
            Column("sources", _("Compared"), "list"),
            Column("images", _("Images"), "flag", flags),
        ),
    }


def _new_entry(name: str) -> dict[str, Any]:
    if name == "targets":
        return {"scale": "0-100", "marks": False}
    return {}


def _place(where: str) -> str:
    """Name of the field, or list, that a path of a violation belongs to; empty if there is none."""
    part = where.removeprefix("$.").split(".")[0].split("[")[0]
    return part if part in _LISTS else _PLACES.get(where, "")


def _whole(value: Any, otherwise: int) -> int:
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else otherwise
