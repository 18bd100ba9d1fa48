"""What the panel keeps in the scene beside the cases: a typed parameter node that scripts can read."""

from __future__ import annotations

from typing import Any

from .parameters import panel_parameters
from .translation import language

__all__ = ["PanelState"]


class PanelState:
    """Writes choices into the parameter node as they are made, and takes them over from a scene.

    The cases keep their own state (`CaseRecord`): what they know is written here for scripts, and only the
    choices of the panel itself are read back.

    Parameters
    ----------
    room : ReadingRoom
    device : object
        Has the attribute ``device``.
    choices : mapping of str to QComboBox
        ``sort`` and ``filter`` of the findings.
    """

    def __init__(self, room: Any, device: Any, choices: dict[str, Any]) -> None:
        self._room = room
        self._device = device
        self._choices = choices
        self._restored_for = ""

    def store(self) -> None:
        """Write what is chosen now; without a case there is nothing to remember."""
        case_id = self._room.cases.current_id
        if not case_id:
            self._restored_for = ""
            return
        if not self._restored_for:
            self.restore()
        parameters = panel_parameters(self._room.scene)
        wanted = {
            "CurrentCase": case_id,
            "bundle": self._room.models.selected_id,
            "device": self._device.device,
            "language": language(),
            "heatMap": bool(self._room.evidence.visible),
            "heatMapOpacity": float(self._room.evidence.opacity),
            **{name: str(combo.currentData or "") for name, combo in self._choices.items()},
        }
        for name, value in wanted.items():
            if value != "" and getattr(parameters, name) != value:
                setattr(parameters, name, value)

    def restore(self) -> None:
        """Choose what a scene that has cases says, once for each scene."""
        self._restored_for = self._room.cases.current_id
        if not self._restored_for:
            return
        from ..scene.parameters import get_parameter

        if not get_parameter(self._room.scene, "device"):
            # A scene in which no panel wrote anything: what is chosen now stays.
            return
        parameters = panel_parameters(self._room.scene)
        self._device.device = parameters.device
        for name, combo in self._choices.items():
            index = combo.findData(getattr(parameters, name))
            if index >= 0:
                combo.setCurrentIndex(index)
