"""Evidence: the heat map over the image."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING

from ..errors import InputError
from ..scene.slice_overlay import heat_maps_by_finding, hide_overlay, show_outlines_only, show_overlay
from .record import EvidenceState

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["EvidenceDesk"]


class EvidenceDesk:
    """Heat map on or off, and how opaque; state in ``room.record.evidence``, nodes of role ``heat_map``.

    Nothing lies over the images until heat maps are switched on and a finding that has one is selected; while
    one is shown, segments are drawn as outlines.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room

    @property
    def visible(self) -> bool:
        """Whether heat maps are switched on."""
        return self._state.visible

    @property
    def opacity(self) -> float:
        """0 to 1."""
        return self._state.opacity

    @property
    def finding_id(self) -> str:
        """Whose heat map is chosen, or empty."""
        return self._state.finding_id

    @property
    def is_available(self) -> bool:
        """Whether the chosen finding has a heat map."""
        return self.finding_id in self._maps()

    def set_visible(self, visible: bool) -> None:
        """Switch heat maps on or off.

        Raises
        ------
        UsageError
            If no case is open.
        """
        self._change(visible=bool(visible))

    def set_opacity(self, opacity: float) -> None:
        """Set the opacity, 0 to 1; what is outside becomes the nearest of both.

        Raises
        ------
        InputError
            If it is no number.
        UsageError
            If no case is open.
        """
        if not math.isfinite(opacity):
            raise InputError("The opacity is no number. Give one from 0 to 1.")
        self._change(opacity=min(max(float(opacity), 0.0), 1.0))

    def follow(self, finding_id: str) -> None:
        """Called by the finding desk when another finding was selected (empty: none)."""
        self._change(finding_id=finding_id)

    def after_results(self) -> None:
        """Called by the run desk when heat maps were added, updated or removed."""
        self._show()
        self._room.listeners.emit("evidence")

    def after_select(self) -> None:
        """Called when another case was selected and its images are shown (without overlay)."""
        self._show()

    @property
    def _state(self) -> EvidenceState:
        record = self._room.record
        return EvidenceState() if record is None else record.evidence

    def _change(self, **fields: object) -> None:
        before = self._room.require_record().evidence
        state = dataclasses.replace(before, **fields)  # type: ignore[arg-type]
        if state != before:
            self._room.change(evidence=state)
        self._show()
        if state != before:
            self._room.listeners.emit("evidence")

    def _maps(self) -> dict[str, tuple[str, str]]:
        return heat_maps_by_finding(self._room.scene, self._room.cases.nodes("heat_map"))

    def _show(self) -> None:
        maps, state = self._maps(), self._state
        shown = state.visible and state.finding_id in maps
        # Two translucent layers over an image can not be told apart.
        show_outlines_only(self._room.scene, self._room.cases.nodes("segmentation"), shown)
        if shown:
            show_overlay(self._room.scene, maps[state.finding_id][0], state.opacity)
        elif maps:
            hide_overlay(self._room.scene, [node_id for node_id, _ in maps.values()])
