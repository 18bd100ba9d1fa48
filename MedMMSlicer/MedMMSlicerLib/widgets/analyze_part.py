"""Running the model: one button, what is going on, cancel, undo."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .part import Action, Part
from .stages import stage_text
from .translation import _

__all__ = ["AnalyzePart"]

_DEVICES = ("auto", "cpu", "cuda")


class AnalyzePart(Part):
    """Device, place, Analyze, progress, Cancel, Undo.

    Attributes
    ----------
    ask_acceptance : callable, optional
        ``ask_acceptance(then)``: shows the card of the selected model and calls ``then()`` once it is
        accepted.
    watch : callable
        Called after something was begun that goes on by itself.
    """

    ui_name = "Analyze"
    topics = ("cases", "case", "bundle", "run")

    def __init__(self, room: Any, host: Any) -> None:
        super().__init__(room, host)
        self.ask_acceptance: Callable[[Callable[[], object]], object] | None = None
        self.watch: Callable[[], object] = lambda: None
        self.ui.analyzeButton.connect("clicked()", self.analyze)
        self.ui.cancelButton.connect("clicked()", self.cancel)
        self.ui.undoButton.connect("clicked()", self.undo)
        self.ui.placeButton.connect("clicked()", self.read_at_crosshair)
        self.ui.middleButton.connect("clicked()", self.read_in_middle)
        self._fill_devices()

    @property
    def device(self) -> str:
        """The device that is asked for: ``auto``, ``cpu`` or ``cuda``."""
        return str(self.ui.deviceCombo.currentData or "auto")

    @device.setter
    def device(self, name: str) -> None:
        self.ui.deviceCombo.setCurrentIndex(max(0, self.ui.deviceCombo.findData(name)))

    # ------------------------------------------------------------------ showing

    def refresh(self) -> None:
        """Show whether a run can start, and how far one is."""
        self._fill_devices()
        state = self.room.run.state
        possible, reason = self.room.run.can_start()
        tip = _("Run the model on this case") if possible else reason
        self.ui.analyzeButton.setEnabled(possible or self._only_to_be_accepted())
        self.ui.analyzeButton.setToolTip(tip)
        self.ui.cancelButton.setEnabled(state.busy)
        self.ui.undoButton.setEnabled(self.room.run.can_undo)
        self.ui.deviceCombo.setEnabled(not state.busy)
        self._refresh_place()
        self.show_progress()
        if not state.busy:
            self.ui.stageLabel.setText("" if possible else reason)

    def show_progress(self) -> None:
        """Show stage, progress and time of the run; called by the panel's timer."""
        state = self.room.run.state
        self.ui.progressBar.setVisible(state.busy)
        if state.busy:
            self.ui.progressBar.setValue(int(1000 * state.fraction))
            stage = stage_text(state.stage)
            if state.kind == "what-if":
                stage = _("Updating: {stage}").format(stage=stage)
            self.ui.stageLabel.setText(
                _("{stage} · {seconds} s").format(stage=stage, seconds=f"{state.elapsed_s:.1f}")
            )

    def _fill_devices(self) -> None:
        combo = self.ui.deviceCombo
        chosen = self.device if combo.count else "auto"
        names = {"auto": _("automatic"), "cpu": _("processor (CPU)"), "cuda": _("graphics card (CUDA)")}
        blocked = combo.blockSignals(True)
        combo.clear()
        for device in _DEVICES:
            combo.addItem(names[device], device)
        combo.setCurrentIndex(max(0, combo.findData(chosen)))
        combo.blockSignals(blocked)

    def _refresh_place(self) -> None:
        shown = self._reads_around_a_point()
        self.ui.placeRow.setVisible(shown)
        if not shown:
            return
        points = self.room.run.points_ras
        if points:
            places = "; ".join(", ".join(f"{value:.0f}" for value in point) for point in points)
            text = _("This model reads around: {places} (mm, RAS)").format(places=places)
        elif self.room.run.needs_point:
            text = _("This model reads around a point, and the image is larger: set the point.")
        else:
            text = _("This model reads around the middle of the image.")
        self.ui.placeLabel.setText(text)
        self.ui.middleButton.setEnabled(bool(points))

    def _reads_around_a_point(self) -> bool:
        chosen = self.room.models.selected_id
        manifest = self.room.models.manifest(chosen) if chosen and self.room.cases.current_id else None
        return manifest is not None and manifest.preprocess.region.kind == "roi"

    def _only_to_be_accepted(self) -> bool:
        """Whether nothing but the acceptance of the model is missing: the button then asks for it."""
        chosen = self.room.models.selected_id
        if not chosen or not self.room.cases.current_id or self.room.run.state.busy:
            return False
        return not self.room.models.refusal(chosen) and not self.room.models.is_accepted(chosen)

    # ------------------------------------------------------------------ doing

    def actions(self) -> tuple[Action, ...]:
        """Return what can be done here."""
        return (
            Action("analyze.start", _("Analyze"), "Ctrl+Return", self.analyze),
            Action("analyze.cancel", _("Cancel the run"), "Ctrl+.", self.cancel),
            Action("analyze.undo", _("Undo AI step"), "Ctrl+Shift+U", self.undo),
            Action("analyze.place", _("Read at the crosshair"), "Ctrl+Shift+H", self.read_at_crosshair),
            Action("analyze.middle", _("Read in the middle of the image"), "", self.read_in_middle),
        )

    def analyze(self) -> None:
        """Start a run; a model that was not accepted yet shows its card first."""
        if self.ask_acceptance is not None and self._only_to_be_accepted():
            self.ask_acceptance(self._start)
            return
        self._start()

    def _start(self) -> None:
        possible, reason = self.room.run.can_start()
        if possible:
            self.attempt(self.room.run.start, self.device)
            self.watch()
        else:
            self.room.tell("info", reason)

    def cancel(self) -> None:
        """Stop the run in progress."""
        if self.room.run.state.busy:
            self.attempt(self.room.run.cancel)
        else:
            self.room.tell("info", _("Nothing is running."))

    def undo(self) -> None:
        """Take back what the last run added."""
        if self.room.run.can_undo:
            self.attempt(self.room.run.undo)
            self.watch()
        else:
            self.room.tell("info", _("There is no AI step to undo."))

    def read_at_crosshair(self) -> None:
        """Let a model that reads around a point read where the crosshair is."""
        if not self._reads_around_a_point():
            self.room.tell("info", _("The selected model reads the whole image."))
            return
        point = self.room.run.suggested_point()
        if point is None:
            advice = _("Hold Shift and move the mouse over an image, or place a point, and press this again.")
            self.room.tell("info", advice)
            return
        self.attempt(self.room.run.set_point, point)

    def read_in_middle(self) -> None:
        """Let a model that reads around a point read in the middle of the image."""
        if self.room.cases.current_id:
            self.attempt(self.room.run.set_point, None)
        else:
            self.room.tell("info", _("No case is open"))
