"""Whether a reader's work would be lost."""

from __future__ import annotations

import hashlib
from typing import Any

__all__ = ["UnsavedWork"]


class UnsavedWork:
    """Compares what the scene holds of a reader's work with what it held when it was saved.

    Images alone are no work: they can be opened again. Views, windows and colors are none either.
    """

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._saved: dict[str, str] = {}
        self.mark_saved()

    def mark_saved(self) -> None:
        """Everything is safe now."""
        self._saved = self._state()

    def note_opened(self) -> None:
        """Count cases that were not there before as they are now: nothing was done in them yet."""
        self._saved = self._state() | self._saved

    @property
    def exists(self) -> bool:
        """Whether something changed since."""
        state = self._state()
        known = {key: self._saved.get(key) for key in state}
        # A case that was removed on purpose is no work to be saved.
        return known != state

    def _state(self) -> dict[str, str]:
        state = {}
        for node in self._nodes("vtkMRMLTextNode"):
            # The state of a report's document changes with the time that is spent; its audit trail with work.
            if node.GetAttribute("MedMM.Text") not in (None, "", "report-document"):
                text = node.GetText() or ""
                state[str(node.GetID())] = hashlib.sha256(text.encode()).hexdigest()
        for node in self._nodes("vtkMRMLSegmentationNode"):
            state[str(node.GetID())] = _voxels_stamp(node)
        return state

    def _nodes(self, class_name: str) -> list[Any]:
        count = self._scene.GetNumberOfNodesByClass(class_name)
        return [self._scene.GetNthNodeByClass(index, class_name) for index in range(count)]


def _voxels_stamp(node: Any) -> str:
    """Name the state of the voxels: surfaces, colors and visibility may change."""
    segmentation = node.GetSegmentation()
    parts = []
    for segment_id in segmentation.GetSegmentIDs():
        segment = segmentation.GetSegment(segment_id)
        labelmap = segment.GetRepresentation("Binary labelmap")
        stamp = labelmap.GetMTime() if labelmap is not None else 0
        parts.append(f"{segment_id} {segment.GetName()} {stamp}")
    return "\n".join(parts)
