"""One record per image plane: where it lies, what it shows, and what tells it from its neighbours."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["PROJECTION_MODALITIES", "Frame", "frames_of", "functional_group", "number_of_frames"]

PROJECTION_MODALITIES = frozenset(
    {"CR", "DX", "RG", "MG", "IO", "PX", "RF", "XA", "XC", "US", "IVUS", "OT", "SC", "ES"}
)
"""Modalities whose single images are no slices of a stack when they have no position."""

_MINIMUM_COSINE = 1e-3


@dataclass(frozen=True)
class Frame:
    """One plane of a DICOM series.

    Parameters
    ----------
    path : Path
    instance_uid : str
    index : int or None
        Zero-based frame in a multi-frame object; None for a file that is one plane (or one cine loop).
    number : int
        Instance number, or the order in the file.
    shape : (2,) tuple of int
        Rows, columns.
    color : bool
    position_lps : (3,) tuple of float, mm, LPS, optional
        Centre of the first pixel.
    orientation_lps : (6,) tuple of float, optional
        Directions in which columns and rows count up.
    spacing_mm : (2,) tuple of float, optional
        Between rows, between columns.
    slice_mm : float, optional
        Distance to the next slice that the header promises, else the slice thickness.
    loops : int
        Frames of a multi-frame file without positions, else 1.
    traits : tuple of (name, value)
        What separates acquisitions, in the order in which it is tried.
    order : (2,) tuple of float
        Trigger time and number: the order among planes at one position.
    """

    path: Path
    instance_uid: str
    index: int | None
    number: int
    shape: tuple[int, int]
    color: bool
    position_lps: tuple[float, ...] | None
    orientation_lps: tuple[float, ...] | None
    spacing_mm: tuple[float, float] | None
    slice_mm: float | None
    loops: int
    traits: tuple[tuple[str, Hashable], ...]
    order: tuple[float, float]

    @property
    def normal_lps(self) -> NDArray[np.float64]:
        """Unit normal of the plane, (3,), LPS."""
        cosines = np.asarray(self.orientation_lps, float)
        normal = np.cross(cosines[:3], cosines[3:])
        return np.asarray(normal / np.linalg.norm(normal), np.float64)


def frames_of(header: Any, path: Path) -> tuple[Frame, ...]:
    """All planes of one DICOM object.

    Parameters
    ----------
    header : pydicom.Dataset
        As `headers.read_header` gives it, or a whole dataset.
    path : Path
    """
    count = number_of_frames(header)
    if count > 1 or "PerFrameFunctionalGroupsSequence" in header:
        items = header.get("PerFrameFunctionalGroupsSequence") or ()
        if len(items) == count and functional_group(header, 0, "PlanePositionSequence") is not None:
            return tuple(_multi_frame(header, path, index) for index in range(count))
    return (_single_frame(header, path, count),)


def number_of_frames(header: Any) -> int:
    """Frames in the object, at least 1."""
    value = _number(header.get("NumberOfFrames"))
    return max(1, int(value)) if value is not None else 1


def functional_group(header: Any, index: int, name: str) -> Any:
    """Item of a functional group that holds for frame ``index`` (zero-based), or None."""
    per_frame = header.get("PerFrameFunctionalGroupsSequence") or ()
    shared = header.get("SharedFunctionalGroupsSequence") or ()
    for item in (*per_frame[index : index + 1], *shared[:1]):
        group = item.get(name)
        if group:
            return group[0]
    return None


def _single_frame(header: Any, path: Path, loops: int) -> Frame:
    position = _numbers(header.get("ImagePositionPatient"), 3)
    orientation = _orientation(header.get("ImageOrientationPatient"))
    placed = position is not None and orientation is not None and loops == 1
    number = int(_number(header.get("InstanceNumber")) or 0)
    return Frame(
        path=path,
        instance_uid=str(header.get("SOPInstanceUID") or ""),
        index=None,
        number=number,
        shape=(int(header.Rows), int(header.Columns)),
        color=_is_color(header),
        position_lps=position if placed else None,
        orientation_lps=orientation if placed else None,
        spacing_mm=_spacing(header.get("PixelSpacing")),
        slice_mm=_slice_mm(header),
        loops=loops,
        traits=_traits(header),
        order=(_number(header.get("TriggerTime")) or 0.0, float(number)),
    )


def _multi_frame(header: Any, path: Path, index: int) -> Frame:
    position_item = functional_group(header, index, "PlanePositionSequence")
    orientation_item = functional_group(header, index, "PlaneOrientationSequence")
    measures = functional_group(header, index, "PixelMeasuresSequence")
    position = _numbers(position_item.get("ImagePositionPatient"), 3) if position_item is not None else None
    orientation = (
        _orientation(orientation_item.get("ImageOrientationPatient"))
        if orientation_item is not None
        else None
    )
    placed = position is not None and orientation is not None
    return Frame(
        path=path,
        instance_uid=str(header.get("SOPInstanceUID") or ""),
        index=index,
        number=index + 1,
        shape=(int(header.Rows), int(header.Columns)),
        color=_is_color(header),
        position_lps=position if placed else None,
        orientation_lps=orientation if placed else None,
        spacing_mm=_spacing(measures.get("PixelSpacing")) if measures is not None else None,
        slice_mm=_slice_mm(measures) if measures is not None else None,
        loops=1,
        traits=_frame_traits(header, index),
        order=(0.0, float(index)),
    )


def _traits(header: Any) -> tuple[tuple[str, Hashable], ...]:
    image_type = header.get("ImageType") or ()
    kinds = () if isinstance(image_type, str) else tuple(str(value) for value in image_type[2:])
    echo = _number(header.get("EchoTime"))
    return (
        ("image type", kinds),
        ("echo", echo if echo is not None else _number(header.get("EchoNumbers"))),
        ("b-value", _number(header.get("DiffusionBValue"))),
        ("inversion time", _number(header.get("InversionTime"))),
        ("tube voltage", _number(header.get("KVP"))),
        ("time point", _number(header.get("TemporalPositionIdentifier"))),
        ("acquisition", _number(header.get("AcquisitionNumber"))),
    )


def _frame_traits(header: Any, index: int) -> tuple[tuple[str, Hashable], ...]:
    def value(group: str, keyword: str) -> Any:
        item = functional_group(header, index, group)
        return item.get(keyword) if item is not None else None

    kinds = value("MRImageFrameTypeSequence", "FrameType") or value("CTImageFrameTypeSequence", "FrameType")
    return (
        ("stack", str(value("FrameContentSequence", "StackID") or "")),
        ("image type", tuple(str(kind) for kind in kinds or ())[2:]),
        ("echo", _number(value("MREchoSequence", "EffectiveEchoTime"))),
        ("b-value", _number(value("MRDiffusionSequence", "DiffusionBValue"))),
        ("time point", _number(value("FrameContentSequence", "TemporalPositionIndex"))),
        ("acquisition", _number(value("FrameContentSequence", "FrameAcquisitionNumber"))),
    )


def _is_color(header: Any) -> bool:
    photometric = str(header.get("PhotometricInterpretation") or "")
    return photometric == "PALETTE COLOR" or int(_number(header.get("SamplesPerPixel")) or 1) > 1


def _slice_mm(item: Any) -> float | None:
    for keyword in ("SpacingBetweenSlices", "SliceThickness"):
        value = _number(item.get(keyword))
        if value is not None and abs(value) > 0:
            return abs(value)
    return None


def _spacing(value: Any) -> tuple[float, float] | None:
    numbers = _numbers(value, 2)
    return (numbers[0], numbers[1]) if numbers is not None and min(numbers) > 0 else None


def _orientation(value: Any) -> tuple[float, ...] | None:
    """Cosines as written, made unit length; None when they span no plane."""
    numbers = _numbers(value, 6)
    if numbers is None:
        return None
    row, column = np.array(numbers[:3]), np.array(numbers[3:])
    lengths = float(np.linalg.norm(row)), float(np.linalg.norm(column))
    if min(lengths) < _MINIMUM_COSINE:
        return None
    row, column = row / lengths[0], column / lengths[1]
    if float(np.linalg.norm(np.cross(row, column))) < 0.5:
        return None
    return (*row.tolist(), *column.tolist())


def _numbers(value: Any, count: int) -> tuple[float, ...] | None:
    if value is None or isinstance(value, str) or not isinstance(value, Sequence) or len(value) != count:
        return None
    numbers = [_number(item) for item in value]
    return tuple(item for item in numbers if item is not None) if None not in numbers else None


def _number(value: Any) -> float | None:
    """A finite number, or None for anything else."""
    if value is None or (not isinstance(value, str | int | float) and isinstance(value, Sequence)):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None
