"""The case: which one is read, its images, what their header says, and the model that reads it."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path
from typing import Any

import qt
import slicer

from ..core import localized
from .dialogs import ModelCardDialog, Waiting
from .message_bar import set_severity
from .part import Action, Part
from .tables import fit_rows, prepare_table, set_cell
from .translation import _, language

__all__ = ["CasePart"]

_ROLES = ("current", "prior", "lateral", "other")
_VOLUMES = ["vtkMRMLScalarVolumeNode", "vtkMRMLVectorVolumeNode"]


class CasePart(Part):
    """Cases, series by role, header facts, model, device."""

    ui_name = "Case"
    topics = ("cases", "case", "bundle", "run")

    def __init__(self, room: Any, host: Any) -> None:
        super().__init__(room, host)
        self._role_combos: list[Any] = []
        self._shown_series: tuple[Any, ...] | None = None
        self._shown_models: tuple[Any, ...] | None = None
        self._card: ModelCardDialog | None = None
        prepare_table(self.ui.seriesTable, 3)
        self._sample_menu = qt.QMenu(self.ui.sampleButton)
        self._sample_menu.connect("aboutToShow()", self._fill_samples)
        self.ui.sampleButton.setMenu(self._sample_menu)
        self._prepare_volume_selector()
        for button, action in (
            (self.ui.openFilesButton, self.open_files),
            (self.ui.openFolderButton, self.open_folder),
            (self.ui.removeCaseButton, self.remove_case),
            (self.ui.adoptButton, self.adopt),
            (self.ui.cardButton, self.show_card),
        ):
            button.connect("clicked()", action)
        self.ui.patientButton.connect("toggled(bool)", self._show_patient)
        self.ui.caseCombo.connect("currentIndexChanged(int)", self._case_chosen)
        self.ui.modelCombo.connect("currentIndexChanged(int)", self._model_chosen)

    def _prepare_volume_selector(self) -> None:
        selector = self.ui.volumeSelector
        selector.nodeTypes = _VOLUMES
        selector.addEnabled = False
        selector.removeEnabled = False
        selector.renameEnabled = False
        selector.noneEnabled = True
        selector.setMRMLScene(slicer.mrmlScene)
        selector.connect("currentNodeChanged(bool)", self._volume_chosen)
        self._volume_chosen()

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show the current case."""
        self.ui.volumeSelector.noneDisplay = _("None")
        self._refresh_cases()
        self._refresh_series()
        self._refresh_facts()
        self._refresh_models()
        self._refresh_device()

    def cleanup(self) -> None:
        """Let go of the scene; a selector that still observes it would crash Slicer at exit."""
        self.ui.volumeSelector.setMRMLScene(None)
        if self._card is not None:
            self._card.close()
            self._card = None

    def _current(self) -> Any:
        entries = self.room.cases.entries()
        return next((entry for entry in entries if entry.id == self.room.cases.current_id), None)

    def _refresh_cases(self) -> None:
        entries = self.room.cases.entries()
        combo = self.ui.caseCombo
        blocked = combo.blockSignals(True)
        combo.clear()
        for entry in entries:
            combo.addItem(_case_text(entry), entry.id)
        if not entries:
            combo.addItem(_("No case is open"), "")
        combo.setCurrentIndex(max(0, combo.findData(self.room.cases.current_id)))
        combo.blockSignals(blocked)
        combo.setEnabled(bool(entries))
        self.ui.removeCaseButton.setEnabled(bool(self.room.cases.current_id))

    def _refresh_series(self) -> None:
        entry = self._current()
        series = entry.series if entry is not None else ()
        table = self.ui.seriesTable
        table.setVisible(bool(series))
        table.setHorizontalHeaderLabels([_("Role"), _("Image"), _("Kind")])
        shown = (language(), self.room.cases.current_id, series)
        if shown == self._shown_series:
            return
        self._shown_series = shown
        table.setRowCount(len(series))
        self._role_combos = [self._role_combo(row, item) for row, item in enumerate(series)]
        # They would come last in the whole window.
        for before, after in zip((table, *self._role_combos), (*self._role_combos, self.ui.patientButton)):
            qt.QWidget.setTabOrder(before, after)
        for row, item in enumerate(series):
            name = (
                item.name if item.volume_id else _("{name} (no longer in the scene)").format(name=item.name)
            )
            set_cell(table, row, 1, _breakable(name), name)
            kind = " ".join(part for part in (item.modality, item.body_part, item.view) if part)
            set_cell(table, row, 2, kind or _("not stated"), kind)
        fit_rows(table, 4)

    def _role_combo(self, row: int, item: Any) -> Any:
        combo = qt.QComboBox()
        for role in dict.fromkeys((*_ROLES, item.role)):
            combo.addItem(_role_text(role), role)
        combo.setCurrentIndex(combo.findData(item.role))
        combo.setAccessibleName(_("Role of {name}").format(name=item.name))
        combo.setEnabled(bool(item.volume_id))
        combo.connect("currentIndexChanged(int)", lambda index, row=row: self._role_chosen(row, index))
        self.wheel_guard.watch(combo)
        self.ui.seriesTable.setCellWidget(row, 0, combo)
        return combo

    def _refresh_facts(self) -> None:
        facts = self.room.cases.facts() if self.room.cases.current_id else ()
        # A label stays together with the beginning of its value; a line begins with no space.
        label = "<span style='white-space: nowrap'>{0}:</span>&nbsp;"
        parts = [
            f"{label.format(escape(fact.label))}<b>{escape(_breakable(fact.value))}</b>" for fact in facts
        ]
        self.ui.factsLabel.setText("&nbsp;&nbsp; ".join(parts))
        self.ui.factsLabel.setVisible(bool(parts))
        self.ui.patientRow.setVisible(bool(self.room.cases.current_id))
        self._show_patient()

    def _show_patient(self, *_checked: object) -> None:
        shown = bool(self.ui.patientButton.checked)
        name, number = self.room.cases.patient() if self.room.cases.current_id else ("", "")
        known = bool(name or number)
        self.ui.patientButton.setEnabled(known)
        self.ui.patientButton.setText(_("Hide") if shown else _("Show"))
        if not known:
            text = _("not known")
        elif shown:
            text = ", ".join(part for part in (name, number) if part)
        else:
            text = _("hidden")
        self.ui.patientLabel.setTextFormat(qt.Qt.PlainText)
        self.ui.patientLabel.setText(_("Patient: {text}").format(text=text))

    def _refresh_models(self) -> None:
        # Without a case no model is looked for: nothing of the library is imported until images are opened.
        entries = self.room.models.suggestions() if self.room.cases.current_id else ()
        shown = (language(), entries, self.room.models.selected_id if entries else "")
        if shown == self._shown_models:
            return
        self._shown_models = shown
        combo = self.ui.modelCombo
        blocked = combo.blockSignals(True)
        combo.clear()
        if not entries and not self.room.cases.current_id:
            combo.addItem(_("Open images first"), "")
        elif not entries or not self.room.models.selected_id:
            combo.addItem(_("Choose a model") if entries else _("No model is installed"), "")
        for entry in entries:
            combo.addItem(_model_text(entry), entry.id)
            combo.setItemData(combo.count - 1, entry.reason, qt.Qt.ToolTipRole)
        combo.setCurrentIndex(max(0, combo.findData(self.room.models.selected_id)))
        combo.blockSignals(blocked)
        self._say_model()
        combo.setEnabled(bool(entries))
        chosen = next((entry for entry in entries if entry.id == self.room.models.selected_id), None)
        self.ui.cardButton.setEnabled(chosen is not None)
        self.ui.modelReasonLabel.setTextFormat(qt.Qt.PlainText)
        undecided = chosen is None and any(entry.applicable for entry in entries)
        text = _("The file does not state its modality: choose the model yourself.")
        self.ui.modelReasonLabel.setText(text if undecided else _reason_text(chosen))
        self.ui.modelReasonLabel.setVisible(undecided or chosen is not None)

    def _say_model(self) -> None:
        """Put the whole text into the tooltip: a narrow panel shows its beginning only."""
        about = _("The model that reads this case; those that fit come first")
        self.ui.modelCombo.setToolTip(f"{self.ui.modelCombo.currentText}\n{about}")

    def _refresh_device(self) -> None:
        used, warning = self.room.run.device_used, self.room.run.device_warning
        self.ui.deviceLabel.setText(_("Device used: {name}").format(name=_device_text(used)) if used else "")
        self.ui.deviceLabel.setVisible(bool(used))
        set_severity(self.ui.deviceBanner, "error")
        self.ui.deviceBanner.setText(f"⚠ {warning}" if warning else "")
        self.ui.deviceBanner.setVisible(bool(warning))

    # ------------------------------------------------------------------ doing

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("case.open_files", _("Open files…"), "Ctrl+Shift+O", self.open_files),
            Action("case.open_folder", _("Open folder…"), "Ctrl+Shift+F", self.open_folder),
            Action("case.open_sample", _("Open sample"), "Ctrl+Shift+E", self.show_samples),
            Action("case.adopt", _("Make a case of this volume"), "Ctrl+Shift+R", self.adopt),
            Action("case.next", _("Next case"), "Ctrl+PgDown", lambda: self.step(1)),
            Action("case.previous", _("Previous case"), "Ctrl+PgUp", lambda: self.step(-1)),
            Action("case.remove", _("Remove case"), "", self.remove_case),
            Action("case.patient", _("Show or hide the patient's name"), "Ctrl+Shift+P", self.toggle_patient),
            Action("case.card", _("Model card…"), "Ctrl+Shift+M", self.show_card),
        )

    def open_files(self) -> None:
        """Ask for image files and open them."""
        self._open(self.host.ask_files(_("Open image files")))

    def open_folder(self) -> None:
        """Ask for a folder and open every study in it."""
        self._open(self.host.ask_files(_("Open a folder of images"), True))

    def _open(self, paths: tuple[str, ...]) -> None:
        if paths:
            self.open_paths(tuple(Path(path) for path in paths))

    def open_paths(self, paths: tuple[Path, ...]) -> tuple[str, ...]:
        """Open files and folders with a progress window; returns the ids of the cases."""
        with Waiting(self.widget, _("Opening images")) as waiting:
            return self.attempt(self.room.cases.open_paths, paths, waiting.step) or ()

    def open_sample(self, sample_id: str) -> tuple[str, ...]:
        """Open a sample study."""
        with Waiting(self.widget, _("Opening images")) as waiting:
            return self.attempt(self.room.cases.open_sample, sample_id, waiting.step) or ()

    def show_samples(self) -> None:
        """Open the menu of the sample studies."""
        # Not showMenu(), which waits for the menu to close.
        self._sample_menu.popup(self.ui.sampleButton.mapToGlobal(qt.QPoint(0, self.ui.sampleButton.height)))

    def _fill_samples(self) -> None:
        from ..samples import list_samples

        self._sample_menu.clear()
        for sample in self.attempt(list_samples) or ():
            made = self._sample_menu.addAction(localized(sample.title, language()))
            made.connect("triggered()", lambda name=sample.id: self.open_sample(name))

    def adopt(self) -> None:
        """Make a case of the volume that is chosen in the list of the scene's volumes."""
        node_id = self.ui.volumeSelector.currentNodeID
        if node_id:
            self.attempt(self.room.cases.adopt_volume, node_id)
        else:
            self.room.tell("info", _("Choose a volume of the scene first."))

    def _volume_chosen(self, *_arguments: object) -> None:
        self.ui.adoptButton.setEnabled(bool(self.ui.volumeSelector.currentNodeID))

    def remove_case(self) -> None:
        """Take the current case out of the scene, after a question."""
        entry = self._current()
        if entry is None:
            self.room.tell("info", _("No case is open"))
            return
        question = _("Remove '{title}' with its segments, findings and report from the scene?")
        if self.host.confirm(_("Remove case"), question.format(title=entry.title)):
            self.attempt(self.room.cases.remove, entry.id)

    def step(self, direction: int) -> None:
        """Go to the next (1) or the previous (-1) case, around the end."""
        ids = [entry.id for entry in self.room.cases.entries()]
        if not ids:
            self.room.tell("info", _("No case is open"))
            return
        now = ids.index(self.room.cases.current_id) if self.room.cases.current_id in ids else -direction
        self.attempt(self.room.cases.select, ids[(now + direction) % len(ids)])

    def toggle_patient(self) -> None:
        """Show the patient's name, or hide it."""
        if self.ui.patientButton.enabled:
            self.ui.patientButton.toggle()
        else:
            self.room.tell("info", _("The patient's name is not known."))

    def show_card(self) -> None:
        """Show the card of the selected model."""
        self.ask_acceptance(lambda: None)

    def ask_acceptance(self, then: Any) -> None:
        """Show the card of the selected model; ``then()`` is called after the reader accepted it."""
        chosen = self.room.models.selected_id
        entry = next((item for item in self.room.models.suggestions() if item.id == chosen), None)
        if entry is None:
            self.room.tell("info", _("Choose a model first."))
            return
        card = self.attempt(self.room.models.card, chosen)
        if card is None:
            return
        if self._card is not None:
            self._card.close()
        self._card = ModelCardDialog(self.widget, entry, card, lambda: self._accepted(chosen, then))
        self._card.open()

    def _accepted(self, bundle_id: str, then: Any) -> None:
        self.attempt(self.room.models.accept, bundle_id)
        then()

    def _case_chosen(self, index: int) -> None:
        case_id = self.ui.caseCombo.itemData(index)
        if case_id and case_id != self.room.cases.current_id:
            self.attempt(self.room.cases.select, case_id)

    def _model_chosen(self, index: int) -> None:
        bundle_id = self.ui.modelCombo.itemData(index)
        if bundle_id and bundle_id != self.room.models.selected_id:
            self._shown_models = None  # what the room refuses goes back to what it was
            self.attempt(self.room.models.select, bundle_id)
            self._refresh_models()

    def _role_chosen(self, row: int, index: int) -> None:
        entry = self._current()
        if entry is None or row >= len(entry.series):
            return
        role = self._role_combos[row].itemData(index)
        self._shown_series = None  # what the room refuses goes back to what it was
        self.attempt(self.room.cases.set_role, entry.id, entry.series[row].volume_id, role)
        qt.QTimer.singleShot(0, self._refresh_series)


def _breakable(text: str) -> str:
    """Let a long name without spaces continue on the next line."""
    return re.sub(r"([_./\\-])(?=\S)", "\\1\u200b", text)


def _case_text(entry: Any) -> str:
    state = {"new": "", "read": _("read"), "stale": _("context changed")}[entry.state]
    return " · ".join(part for part in (entry.title, entry.subtitle, state) if part)


def _role_text(role: str) -> str:
    names = {
        "current": _("current"),
        "prior": _("prior"),
        "lateral": _("lateral"),
        "other": _("other"),
    }
    return names.get(role, role)


def _model_text(entry: Any) -> str:
    if not entry.applicable:
        return _("{model} (does not fit)").format(model=f"✗ {entry.title}")
    if not entry.certain:
        return _("{model} (not known whether it fits)").format(model=f"? {entry.title}")
    return f"✓ {entry.title}"


def _device_text(provider: str) -> str:
    name = provider.removesuffix("ExecutionProvider")
    return _("processor (CPU)") if name == "CPU" else _("graphics card ({name})").format(name=name)


def _reason_text(entry: Any) -> str:
    if entry is None:
        return ""
    state = _("accepted") if entry.accepted else _("license not accepted yet")
    facts = _("Version {version}, {license}, {state}.").format(
        version=entry.version, license=entry.license, state=state
    )
    return f"{entry.reason} {facts}"
