"""Text in pixels: when an export has to wait for a person, blackening, and what hides beside the pixels."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..errors import InputError, UsageError
from .headers import DECODE_ERRORS

__all__ = ["Rectangle", "black_out", "burned_in_reason", "clean_pixel_bytes", "modality_reason"]

# Modalities whose devices and people write into the picture (PS3.15 E.3.1 names ultrasound and secondary
# capture; the others draw patient data or film marks as well).
_WRITTEN_ON = {
    "AR", "BDUS", "BMD", "DG", "DOC", "ECG", "EPS", "ES", "GM", "HC", "IO", "IVUS", "OAM", "OCT", "OP", "OPM",
    "OPT", "OT", "PX", "RF", "RG", "SC", "SM", "TG", "US", "XA", "XC",
}  # fmt: skip
_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_NOT_CHECKED = (
    "1.2.840.10008.5.1.4.1.1.66.",  # segmentations: label values, no picture
    "1.2.840.10008.5.1.4.1.1.88.",  # reports
)
_WORDS = {1: "B", 2: "<u2", 4: "<u4"}


@dataclass(frozen=True)
class Rectangle:
    """A part of every frame, in pixels from the upper left corner."""

    column: int
    row: int
    width: int
    height: int

    def __post_init__(self) -> None:
        if min(self.column, self.row) < 0 or min(self.width, self.height) < 1:
            raise UsageError(
                f"--black-out {self.column},{self.row},{self.width},{self.height} is no rectangle. "
                "Give column,row,width,height in pixels."
            )


def burned_in_reason(dataset: Any) -> str:
    """Why a person has to look at the pixels before they leave; empty when nobody has to."""
    sop_class = str(dataset.get("SOPClassUID") or "")
    if sop_class.startswith(_NOT_CHECKED) or not dataset.get("Rows"):
        return ""
    if str(dataset.get("RecognizableVisualFeatures") or "").strip().upper() == "YES":
        return "the header says that the person can be recognized in the image"
    stated = str(dataset.get("BurnedInAnnotation") or "").strip().upper()
    if stated == "YES":
        return "the header says that text is burned into the image"
    if stated == "NO":
        return ""
    reason = modality_reason(str(dataset.get("Modality") or ""))
    if reason:
        return reason
    if sop_class.startswith(_SECONDARY_CAPTURE) or dataset.get("ConversionType"):
        return "it is a secondary capture, and the header does not deny burned-in text"
    return ""


def modality_reason(modality: str) -> str:
    """Why images of a modality have to be looked at when nothing else is known of them; empty: no need."""
    modality = modality.strip().upper()
    if modality and modality not in _WRITTEN_ON:
        return ""
    kind = f"of modality {modality}" if modality else "without a modality"
    return f"images {kind} often carry burned-in text, and the header does not deny it"


def clean_pixel_bytes(dataset: Any) -> None:
    """Cut what follows the pixels, and clear the bits that the pixels do not use (old overlays lie there).

    Raises
    ------
    ValueError
        If there are fewer bytes than pixels, or their number is not stated.
    """
    if "PixelData" not in dataset or dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return
    allocated = int(dataset.BitsAllocated)
    count = int(dataset.Rows) * int(dataset.Columns) * int(dataset.get("SamplesPerPixel") or 1)
    count *= int(dataset.get("NumberOfFrames") or 1)
    size = math.ceil(count * allocated / 8)
    if str(dataset.get("PhotometricInterpretation") or "") == "YBR_FULL_422":
        size = size * 2 // 3
    data = dataset.PixelData
    if len(data) < size:
        raise ValueError("the pixel data are shorter than the header says")
    data = data[:size]
    stored, high = int(dataset.get("BitsStored") or allocated), int(dataset.get("HighBit") or allocated - 1)
    if allocated // 8 in _WORDS and stored < allocated:
        data = _unused_bits_cleared(data, allocated, stored, high, bool(dataset.get("PixelRepresentation")))
    dataset.PixelData = data + b"\0" * (len(data) % 2)


def _unused_bits_cleared(data: bytes, allocated: int, stored: int, high: int, is_signed: bool) -> bytes:
    words = np.frombuffer(data, _WORDS[allocated // 8])
    shift = high + 1 - stored
    mask = ((1 << stored) - 1) << shift
    if not is_signed:
        return bytes((words & np.array(mask, words.dtype)).tobytes())
    # A negative number repeats its sign in the upper bits.
    up = allocated - 1 - high
    signed = (words << np.array(up, words.dtype)).view(words.dtype.str.replace("u", "i").replace("B", "i1"))
    down = signed >> up
    return bytes((down & np.array(~((1 << shift) - 1), down.dtype)).tobytes())


def black_out(dataset: Any, rectangles: tuple[Rectangle, ...]) -> None:
    """Make rectangles of every frame black; a compressed image becomes an uncompressed one.

    Raises
    ------
    InputError
        If the pixels can not be decoded.
    """
    try:
        if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
            dataset.decompress()
        array = dataset.pixel_array.copy()
    except DECODE_ERRORS as error:
        raise InputError(
            f"The pixels can not be decoded ({error}), so nothing can be blackened. Leave it out."
        ) from error
    samples = int(dataset.get("SamplesPerPixel") or 1)
    planar = array.reshape(-1, int(dataset.Rows), int(dataset.Columns), samples)
    bright = str(dataset.get("PhotometricInterpretation") or "") == "MONOCHROME1"
    for area in rectangles:
        rows = slice(area.row, area.row + area.height)
        columns = slice(area.column, area.column + area.width)
        planar[:, rows, columns] = planar.max() if bright else planar.min() if samples == 1 else 0
    if samples > 1:
        dataset.PlanarConfiguration = 0
    dataset.PixelData = planar.tobytes()
