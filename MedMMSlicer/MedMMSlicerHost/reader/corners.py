"""The texts in the corners of a slice view."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from .annotations import CornerTexts, direction_letters
from .slice_view import SliceView
from .words import _

__all__ = ["Corners", "window_text"]

_PROJECTIONS = ("CR", "DX", "DR", "RG", "MG", "RF", "XA", "PX", "IO")
"""Modalities of DICOM whose pictures are projections."""

_MOST_DIGITS = 6
"""Behind the point."""

_NAMES = {"Red": "Axial", "Yellow": "Sagittal", "Green": "Coronal"}


def window_text(width: float, level: float) -> str:
    """Width and level, with three digits where they are small numbers, and never as a power of ten."""
    width = max(width, 0.0)
    size = max(width, abs(level))
    digits = min(max(2 - math.floor(math.log10(size)), 0), _MOST_DIGITS) if size > 0 else 0
    shown = [_short(f"{value:.{digits}f}") for value in (width, level)]
    return f"W {shown[0]}  L {shown[1]}"


def _short(number: str) -> str:
    text = number.rstrip("0").rstrip(".") if "." in number else number
    return "0" if text == "-0" else text


class Corners:
    """Writes what a radiologist expects: image, slice, window, notice; the patient only when asked.

    Parameters
    ----------
    room : ReadingRoom
    is_on : callable
        ``is_on(action_id)``: which texts are wanted.
    """

    def __init__(self, room: Any, is_on: Callable[[str], bool]) -> None:
        self._room = room
        self._is_on = is_on

    def texts(self, view: SliceView) -> CornerTexts:
        """Return the texts of a view."""
        # Never switched off: people look at pictures of the screen without the window around them.
        notice = _("Research use only. Not for clinical diagnosis.")
        volume = view.volume
        if volume is None:
            return CornerTexts(bottom=notice)
        letters = self._letters(view) if self._is_on("view.letters") else ("", "", "", "")
        if not self._is_on("view.corners"):
            return CornerTexts(bottom=notice, letters=letters)
        return CornerTexts(
            top_left=(*self._patient(), str(volume.GetName())),
            top_right=self._plane(view),
            bottom_left=self._place(view),
            bottom_right=self._window(volume),
            bottom=notice,
            letters=letters,
        )

    def _patient(self) -> tuple[str, ...]:
        if not self._is_on("view.patient"):
            return ()
        name, identifier = self._room.cases.patient()
        return tuple(text for text in (name, identifier) if text)

    def _plane(self, view: SliceView) -> tuple[str, ...]:
        modality = str(view.volume.GetAttribute("MedMM.Modality") or "")
        if modality in _PROJECTIONS:
            # A projection is no slice: what counts is how the rays went.
            return (" ".join(filter(None, (modality, self._projection(view.volume.GetID())))),)
        orientation = str(view.node.GetOrientation())
        if orientation == "Reformat":
            return (_("{plane}, image axes").format(plane=_(_NAMES[view.name])),)
        return (_(orientation),)

    def _projection(self, volume_id: str) -> str:
        rows = (row for entry in self._room.cases.entries() for row in entry.series)
        return next((row.view for row in rows if row.volume_id == volume_id), "")

    @staticmethod
    def _place(view: SliceView) -> tuple[str, ...]:
        number, count = view.slice_number
        if count == 1:
            return ()
        offset = view.logic.GetSliceOffset()
        letter = direction_letters(view.axes_ras[:, 2] * (1 if offset >= 0 else -1))
        slices = _("Slice {number} of {count}").format(number=number, count=count)
        return (slices, f"{letter} {abs(offset):.1f} mm")

    @staticmethod
    def _window(volume: Any) -> tuple[str, ...]:
        display = volume.GetDisplayNode()
        if display is None or not display.IsA("vtkMRMLScalarVolumeDisplayNode"):
            return ()
        if volume.IsA("vtkMRMLVectorVolumeNode"):
            return ()
        return (window_text(display.GetWindow(), display.GetLevel()),)

    @staticmethod
    def _letters(view: SliceView) -> tuple[str, str, str, str]:
        axes = view.axes_ras
        right, up = axes[:, 0], axes[:, 1]
        return (
            direction_letters(-right),
            direction_letters(right),
            direction_letters(up),
            direction_letters(-up),
        )
