"""Sorting the planes of one DICOM series into stacks."""

from __future__ import annotations

import hashlib
import itertools
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..core import ReadingNote
from .frames import PROJECTION_MODALITIES, Frame
from .grids import slice_steps
from .headers import read_dataset

__all__ = ["Stack", "stacks_of"]

_SAME_COSINE = 2e-3
"""Largest difference of direction cosines within one orientation (about 0.1 degree)."""
_SAME_SPACING = 1e-3
"""Relative."""
_SAME_PLACE_MM = 1e-3
_LARGEST_GAP = 3
"""Missing slices in a row that are interpolated; a wider gap splits the stack, since filling it would show
anatomy that nobody imaged."""


@dataclass(frozen=True)
class Stack:
    """Planes of one volume in slice order. ``label`` tells it from the others of its series."""

    frames: tuple[Frame, ...]
    notes: tuple[ReadingNote, ...] = ()
    label: str = ""


def stacks_of(frames: Sequence[Frame], modality: str) -> tuple[Stack, ...]:
    """Sort planes into stacks that each make one volume.

    Planes are separated by matrix, colour, pixel spacing and orientation, then by what separates acquisitions
    (image type, echo, b-value, time point, acquisition number, ...) where these overlap in space. Copies of a
    plane are dropped. Order is by position along the normal; by instance number only where there is none.

    Parameters
    ----------
    frames : sequence of Frame
        Of one series; all single-frame files, or all from one multi-frame file.
    modality : str
        DICOM modality: images of projection modalities without a position are no stack.
    """
    frames, dropped = _without_copies(frames)
    stacks: list[Stack] = []
    for group in _groups_of_one_grid(frames):
        if group[0].position_lps is None:
            stacks += _unplaced(group, modality)
            continue
        for label, part in _separate(group, 0):
            part, same = _without_equal_pixels(part)
            dropped += same
            stacks += _layers(part, label)
    notes = (_copies_note(dropped),) if dropped else ()
    return tuple(Stack(stack.frames, notes + stack.notes, stack.label) for stack in stacks)


def _copies_note(count: int) -> ReadingNote:
    text = f"{count} copies of slices that are already there were left out."
    return ReadingNote("duplicate-instances", text, "info")


def _without_copies(frames: Sequence[Frame]) -> tuple[list[Frame], int]:
    """Drop files that repeat an instance: the same UID at the same place."""
    kept: dict[object, Frame] = {}
    for number, frame in enumerate(frames):
        identity = (frame.instance_uid, frame.index, frame.position_lps, frame.number, frame.shape)
        kept.setdefault(identity if frame.instance_uid else number, frame)
    return list(kept.values()), len(frames) - len(kept)


def _groups_of_one_grid(frames: Sequence[Frame]) -> list[list[Frame]]:
    groups: list[list[Frame]] = []
    for frame in frames:
        for group in groups:
            if _same_grid(group[0], frame):
                group.append(frame)
                break
        else:
            groups.append([frame])
    return groups


def _same_grid(one: Frame, other: Frame) -> bool:
    if (one.shape, one.color, one.loops) != (other.shape, other.color, other.loops):
        return False
    if (one.position_lps is None) != (other.position_lps is None):
        return False
    if (one.spacing_mm is None) != (other.spacing_mm is None):
        return False
    if one.spacing_mm is not None and not np.allclose(
        one.spacing_mm, other.spacing_mm or 0, rtol=_SAME_SPACING
    ):
        return False
    if one.orientation_lps is None or other.orientation_lps is None:
        return True
    return bool(np.abs(np.subtract(one.orientation_lps, other.orientation_lps)).max() < _SAME_COSINE)


def _unplaced(group: Sequence[Frame], modality: str) -> list[Stack]:
    """Images without a position: single ones, or a stack by instance number where slices are expected."""
    ordered = sorted(group, key=lambda frame: (frame.number, str(frame.path)))
    if len(ordered) == 1 or group[0].loops > 1 or modality in PROJECTION_MODALITIES or not modality:
        return [
            Stack((frame,), label=f"image {n}" if len(ordered) > 1 else "")
            for n, frame in enumerate(ordered, 1)
        ]
    text = "The slices have no position; they were sorted by instance number and their distance is not known."
    return [Stack(tuple(ordered), (ReadingNote("no-position", text),))]


def _depths(frames: Sequence[Frame]) -> NDArray[np.float64]:
    return np.array([frame.position_lps for frame in frames], float) @ frames[0].normal_lps


def _separate(frames: list[Frame], level: int) -> list[tuple[str, list[Frame]]]:
    """Split by the traits from ``level`` on, where planes that differ in one lie between each other."""
    if level == len(frames[0].traits):
        return [("", frames)]
    name = frames[0].traits[level][0]
    groups: dict[object, list[Frame]] = {}
    for frame in frames:
        groups.setdefault(frame.traits[level][1], []).append(frame)
    if len(groups) < 2 or not _is_worth_splitting(frames, list(groups.values()), always=name == "stack"):
        return _separate(frames, level + 1)
    result: list[tuple[str, list[Frame]]] = []
    for value, group in sorted(
        groups.items(), key=lambda item: (item[0] is not None, str(item[0]).zfill(12))
    ):
        for label, part in _separate(group, level + 1):
            result.append((", ".join(filter(None, [f"{name} {_shown(value)}", label])), part))
    return result


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return " ".join(map(str, value)) or "none"
    return f"{value:g}" if isinstance(value, float) else str(value)


def _is_worth_splitting(frames: Sequence[Frame], groups: Sequence[Sequence[Frame]], always: bool) -> bool:
    """Whether groups are volumes of their own, rather than shots of which one volume is put together."""
    if always:
        return True
    depths = _depths(frames)
    places = len(np.unique(np.round(depths / _SAME_PLACE_MM)))
    if places > 1 and len(groups) > len(frames) / 2:
        return False
    ranges = sorted(
        (float(d.min()), float(d.max())) for d in (_depths_along(group, frames[0]) for group in groups)
    )
    if any(after[0] <= before[1] + _SAME_PLACE_MM for before, after in itertools.pairwise(ranges)):
        return True
    whole = slice_steps(np.sort(depths))
    return min(len(group) for group in groups) > 1 and (whole is None or bool((whole > 1).any()))


def _depths_along(group: Sequence[Frame], reference: Frame) -> NDArray[np.float64]:
    return np.array([frame.position_lps for frame in group], float) @ reference.normal_lps


def _places(frames: Sequence[Frame]) -> list[list[Frame]]:
    """Planes by place along the normal, ascending; planes at one place in their temporal order."""
    depths = _depths(frames)
    places: list[list[Frame]] = []
    last = -np.inf
    for index in np.argsort(depths, kind="stable"):
        if depths[index] - last > _SAME_PLACE_MM:
            places.append([])
            last = depths[index]
        places[-1].append(frames[index])
    return [sorted(place, key=lambda frame: (*frame.order, str(frame.path))) for place in places]


def _without_equal_pixels(frames: Sequence[Frame]) -> tuple[list[Frame], int]:
    """Drop planes whose stored pixels equal those of another plane at the same place.

    Only where nothing but copies lies at any place: repetitions of an acquisition may well agree in an empty
    slice.
    """
    kept: list[Frame] = []
    for place in _places(frames):
        digests = {_pixel_digest(frame) for frame in place} if len(place) > 1 else {""}
        if len(digests) > 1:
            return list(frames), 0
        kept.append(place[0])
    return kept, len(frames) - len(kept)


def _pixel_digest(frame: Frame) -> str:
    if frame.index is not None:
        return f"frame {frame.index}"
    pixels = read_dataset(frame.path).get("PixelData")
    return hashlib.sha256(pixels).hexdigest() if pixels else frame.instance_uid


def _layers(frames: Sequence[Frame], label: str) -> list[Stack]:
    """One stack per repetition of the places, each cut at wide gaps."""
    places = _places(frames)
    repeats = max(Counter(len(place) for place in places))
    stacks: list[Stack] = []
    for layer in range(repeats):
        planes = [place[layer] for place in places if layer < len(place)]
        names = [label, f"repetition {layer + 1}" if repeats > 1 else ""]
        notes: tuple[ReadingNote, ...] = ()
        if repeats > 1:
            text = f"Several images lie at the same place; they were read as {repeats} series, by time."
            notes = (ReadingNote("repeated-positions", text),)
        blocks = _blocks(planes)
        for number, block in enumerate(blocks, 1):
            part = [*names, f"block {number}" if len(blocks) > 1 else ""]
            gap = (_gap_note(len(blocks)),) if len(blocks) > 1 else ()
            stacks.append(Stack(tuple(block), notes + gap, ", ".join(filter(None, part))))
    return stacks


def _gap_note(blocks: int) -> ReadingNote:
    text = (
        f"Slices are missing in gaps that are too wide to be filled; the series was read as {blocks} blocks."
    )
    return ReadingNote("missing-slices", text)


def _blocks(planes: Sequence[Frame]) -> list[Sequence[Frame]]:
    if len(planes) < 4:
        return [planes]
    distances = np.diff(_depths(planes))
    cuts = np.flatnonzero(distances > (_LARGEST_GAP + 1.5) * float(np.median(distances))) + 1
    blocks = [planes[start:end] for start, end in zip([0, *cuts], [*cuts, len(planes)])]
    # Uneven spacing also makes wide steps, but no blocks of more than one slice.
    return blocks if min(len(block) for block in blocks) > 1 else [planes]
