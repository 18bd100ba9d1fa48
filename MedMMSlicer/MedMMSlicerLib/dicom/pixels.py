"""Stored DICOM pixels to values that mean something: decoded, masked, inverted, rescaled, coloured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import ReadingNote
from ..errors import InputError, MemoryLimitError
from .frames import functional_group, number_of_frames
from .headers import DECODE_ERRORS, quiet

__all__ = ["ValueMap", "common_dtype", "decode", "finite", "smallest_integers", "value_map", "window_of"]

_NATIVE_OR_RLE = {
    "1.2.840.10008.1.2",
    "1.2.840.10008.1.2.1",
    "1.2.840.10008.1.2.1.99",
    "1.2.840.10008.1.2.2",
    "1.2.840.10008.1.2.5",
}
_BRIEF = 240
_COLOR_LOOKUP = "PALETTE COLOR"


@dataclass(frozen=True)
class ValueMap:
    """How the stored values of one frame become modality values.

    Parameters
    ----------
    slope, intercept : float
        Value = slope * stored + intercept, after inversion.
    inverted_sum : int or None
        MONOCHROME1: stored becomes ``inverted_sum`` - stored.
    lowest, highest : int
        Range of stored values that the header allows.
    has_table : bool
        A modality lookup table takes the place of slope and intercept.
    """

    slope: float
    intercept: float
    inverted_sum: int | None
    lowest: int
    highest: int
    has_table: bool = False

    @property
    def is_identity(self) -> bool:
        """Whether stored values are used as they are."""
        return self.slope == 1 and self.intercept == 0

    @property
    def is_integer(self) -> bool:
        """Whether values stay whole numbers."""
        return float(self.slope).is_integer() and float(self.intercept).is_integer()

    def window(self, center: float, width: float) -> tuple[float, float]:
        """Center and width after inversion."""
        if self.inverted_sum is None:
            return center, width
        return self.slope * self.inverted_sum + 2 * self.intercept - center, width


def value_map(dataset: Any, index: int = 0) -> tuple[ValueMap, tuple[ReadingNote, ...]]:
    """Read rescale, inversion and stored range of one frame.

    Parameters
    ----------
    dataset : pydicom.Dataset
    index : int
        Frame, zero-based.
    """
    notes: list[ReadingNote] = []
    group = functional_group(dataset, index, "PixelValueTransformationSequence")
    source = dataset if group is None else group
    slope, intercept = _number(source.get("RescaleSlope"), 1.0), _number(source.get("RescaleIntercept"), 0.0)
    if slope == 0:
        slope = 1.0
        notes.append(ReadingNote("zero-slope", "The rescale slope is zero; it is taken as 1."))
    bits = int(dataset.get("BitsStored") or dataset.BitsAllocated)
    signed = int(dataset.get("PixelRepresentation") or 0) == 1
    lowest, highest = (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) if signed else (0, 2**bits - 1)
    inverted = str(dataset.get("PhotometricInterpretation")) == "MONOCHROME1"
    if inverted:
        text = "Low values are bright in this file (MONOCHROME1); it was inverted so that bright means dense."
        notes.append(ReadingNote("inverted", text, "info"))
    has_table = bool(dataset.get("ModalityLUTSequence")) and group is None
    if has_table:
        slope, intercept, lowest, highest = 1.0, 0.0, 0, 2**16 - 1
    total = lowest + highest if inverted else None
    return ValueMap(slope, intercept, total, lowest, highest, has_table), tuple(notes)


def common_dtype(maps: Sequence[ValueMap], stored: np.dtype[Any]) -> np.dtype[Any]:
    """Smallest type that holds the values of all frames: the stored one, int32, or float32.

    Parameters
    ----------
    maps : sequence of ValueMap
    stored : dtype
        Of the decoded pixels.
    """
    if stored.kind == "f" or not all(item.is_integer for item in maps):
        return np.dtype(np.float32)
    ends = [item.slope * end + item.intercept for item in maps for end in (item.lowest, item.highest)]
    limits = np.iinfo(stored)
    fits = limits.min <= min(ends) and max(ends) <= limits.max
    if all(item.is_identity for item in maps) and stored.itemsize <= 2 and fits:
        return stored
    whole = np.iinfo(np.int32)
    return np.dtype(np.int32 if whole.min <= min(ends) and max(ends) <= whole.max else np.float32)


def smallest_integers(array: NDArray[Any]) -> NDArray[Any]:
    """The same values as int16 where an int32 array does not need more."""
    if array.dtype != np.int32 or not array.size:
        return array
    short = np.iinfo(np.int16)
    return array.astype(np.int16) if short.min <= array.min() and array.max() <= short.max else array


def decode(dataset: Any, path: object, indices: Sequence[int] | None = None) -> Iterator[NDArray[Any]]:
    """Decode frames one by one.

    Parameters
    ----------
    dataset : pydicom.Dataset
        With pixel data.
    path : Path
        For messages.
    indices : sequence of int, optional
        Zero-based frames; all when not given.

    Yields
    ------
    ndarray, shape (J, I), stored values with overlay bits removed and MONOCHROME1 inverted; or (J, I, 3) of
    uint8, RGB

    Raises
    ------
    InputError
        If a decoder refuses the pixels.
    MemoryLimitError
        If a frame does not fit into memory.
    """
    from pydicom.pixels import iter_pixels

    mapping, _ = value_map(dataset)
    try:
        with quiet():
            # The decoder converts every form of YBR to RGB. With indices, each frame is an array of its own.
            chosen = range(number_of_frames(dataset)) if indices is None else indices
            for array in iter_pixels(dataset, indices=list(chosen)):
                native = array.astype(array.dtype.newbyteorder("="), copy=False)
                yield _clean(dataset, native, mapping)
    except DECODE_ERRORS as error:
        raise InputError(
            f"The pixels of {path} can not be decoded: {_brief(error)}. Export it again."
        ) from error
    except MemoryError as error:
        raise MemoryLimitError(f"{path} does not fit into memory. Close other programs first.") from error


def window_of(dataset: Any, index: int, mapping: ValueMap) -> tuple[float, float] | None:
    """Center and width that the file asks for first, or None.

    Parameters
    ----------
    dataset : pydicom.Dataset
    index : int
        Frame, zero-based.
    mapping : ValueMap
        Of the same frame.
    """
    group = functional_group(dataset, index, "FrameVOILUTSequence")
    source = dataset if group is None else group
    center, width = _first(source.get("WindowCenter")), _first(source.get("WindowWidth"))
    if center is not None and width is not None and width > 0:
        return mapping.window(center, width)
    for table in source.get("VOILUTSequence") or ():
        descriptor = table.get("LUTDescriptor")
        if descriptor is not None and len(descriptor) == 3:
            entries, start = int(descriptor[0]) or 65536, int(descriptor[1])
            return mapping.window(start + entries / 2, float(entries))
    return None


def finite(array: NDArray[Any], path: object) -> tuple[NDArray[Any], tuple[ReadingNote, ...]]:
    """Replace values that are no numbers by the smallest number there is.

    Parameters
    ----------
    array : ndarray
    path : Path
        For messages.

    Raises
    ------
    InputError
        If no value is finite.
    """
    if array.dtype.kind != "f":
        return array, ()
    good = np.isfinite(array)
    if good.all():
        return array, ()
    if not good.any():
        raise InputError(f"{path} holds no finite value (all NaN or infinite). Export the image again.")
    bad = int(good.size - np.count_nonzero(good))
    array = np.where(good, array, array[good].min())
    text = f"{bad} voxels are NaN or infinite; they were replaced by the smallest value of the image."
    return array, (ReadingNote("not-finite", text),)


def _clean(dataset: Any, array: NDArray[Any], mapping: ValueMap) -> NDArray[Any]:
    if str(dataset.PhotometricInterpretation) == _COLOR_LOOKUP:
        return _palette(dataset, array)
    if array.ndim == 3:
        return _eight_bits(array, int(dataset.get("BitsStored") or dataset.BitsAllocated))
    if array.dtype.kind == "f":
        return array
    array = _without_overlay_bits(dataset, array)
    total = mapping.inverted_sum
    if mapping.has_table:
        from pydicom.pixels import apply_modality_lut

        array = apply_modality_lut(array, dataset)
        bits = int(dataset.ModalityLUTSequence[0].LUTDescriptor[2])
        total = None if total is None else 2**bits - 1
    return array if total is None else (total - array.astype(np.int64)).astype(array.dtype)


def _palette(dataset: Any, array: NDArray[Any]) -> NDArray[Any]:
    from pydicom.pixels import apply_color_lut

    colored = apply_color_lut(array, dataset)[..., :3]
    if colored.dtype.itemsize == 1:
        return np.asarray(colored, np.uint8)
    # Some writers say 16 bits and fill 8.
    return np.asarray(colored >> 8 if int(colored.max(initial=0)) > 255 else colored, np.uint8)


def _eight_bits(array: NDArray[Any], bits: int) -> NDArray[Any]:
    return array if array.dtype == np.uint8 else (array >> max(0, bits - 8)).astype(np.uint8)


def _without_overlay_bits(dataset: Any, array: NDArray[Any]) -> NDArray[Any]:
    """Keep the stored bits only: old files carry overlay planes in the unused ones."""
    stored, allocated = int(dataset.get("BitsStored") or 0), array.dtype.itemsize * 8
    syntax = str(dataset.file_meta.get("TransferSyntaxUID", "")) if hasattr(dataset, "file_meta") else ""
    if not 0 < stored < allocated or (syntax and syntax not in _NATIVE_OR_RLE):
        return array
    high = int(dataset.get("HighBit", stored - 1))
    unused = allocated - 1 - high if stored - 1 <= high < allocated else allocated - stored
    # Shifting up and down again clears both sides, and copies the sign where there is one.
    shifted: NDArray[Any] = np.left_shift(array, unused)
    return np.asarray(np.right_shift(shifted, allocated - stored))


def _number(value: Any, default: float) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return default
    return number if np.isfinite(number) else default


def _first(value: Any) -> float | None:
    if value is None or value == "":
        return None
    single = value if isinstance(value, str | int | float) or not hasattr(value, "__len__") else value[0]
    number = _number(single, float("nan"))
    return number if np.isfinite(number) else None


def _brief(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text.rstrip(".") if len(text) <= _BRIEF else text[:_BRIEF] + " ..."
