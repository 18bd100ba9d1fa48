"""Text in pixels and what hides beside them."""

from __future__ import annotations

import numpy as np
import pytest
from dicom_phantoms import dicom_header, set_pixels
from MedMMSlicerLib.dicom.deidentify_pixels import (
    Rectangle,
    black_out,
    burned_in_reason,
    clean_pixel_bytes,
    modality_reason,
)
from MedMMSlicerLib.errors import UsageError


def image(modality: str = "CT", dtype=np.uint16, **values):
    header = dicom_header(modality)
    set_pixels(header, np.arange(48, dtype=dtype).reshape(6, 8), np.dtype(dtype).itemsize * 8)
    for name, value in values.items():
        setattr(header, name, value)
    return header


@pytest.mark.parametrize(
    ("modality", "values", "stops"),
    [
        ("CT", {}, False),
        ("MR", {}, False),
        ("CR", {}, False),
        ("CT", {"BurnedInAnnotation": "YES"}, True),
        ("CT", {"RecognizableVisualFeatures": "YES"}, True),
        ("CT", {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, True),
        ("CT", {"ConversionType": "WSD"}, True),
        ("US", {}, True),
        ("XA", {}, True),
        ("", {}, True),
        ("US", {"BurnedInAnnotation": "NO"}, False),
        ("CT", {"ConversionType": "WSD", "BurnedInAnnotation": "NO"}, False),
        ("OT", {"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, False),
    ],
)
def test_when_a_person_has_to_look(modality, values, stops) -> None:
    assert bool(burned_in_reason(image(modality, **values))) is stops


def test_modalities_alone() -> None:
    assert modality_reason("US")
    assert modality_reason("")
    assert not modality_reason("mr")


def test_bytes_behind_the_pixels_go() -> None:
    header = image(dtype=np.uint8)
    pixels = header.PixelData
    header.PixelData = pixels + b"HIDDEN"
    clean_pixel_bytes(header)
    assert header.PixelData == pixels


def test_missing_pixels_are_an_error() -> None:
    header = image()
    header.PixelData = header.PixelData[:-2]
    with pytest.raises(ValueError, match="shorter"):
        clean_pixel_bytes(header)


def test_overlays_in_unused_bits_go_and_values_stay() -> None:
    header = image(BitsStored=12, HighBit=11)
    values = np.frombuffer(header.PixelData, np.uint16)
    header.PixelData = (values | 0xA000).tobytes()
    clean_pixel_bytes(header)
    np.testing.assert_array_equal(np.frombuffer(header.PixelData, np.uint16), values)


def test_negative_values_keep_their_sign() -> None:
    header = image(dtype=np.int16, BitsStored=12, HighBit=11)
    values = np.linspace(-2048, 2047, 48).astype(np.int16)
    header.PixelData = ((values & 0x0FFF) | 0x5000).astype(np.int16).tobytes()
    clean_pixel_bytes(header)
    np.testing.assert_array_equal(np.frombuffer(header.PixelData, np.int16), values)


def test_rectangles_become_black_in_every_frame_and_nothing_else() -> None:
    header = image(dtype=np.uint8)
    frames = np.arange(1, 97, dtype=np.uint8).reshape(2, 6, 8)
    header.NumberOfFrames, header.PixelData = 2, frames.tobytes()
    black_out(header, (Rectangle(2, 1, 3, 2),))
    after = np.frombuffer(header.PixelData, np.uint8).reshape(2, 6, 8)
    expected = frames.copy()
    expected[:, 1:3, 2:5] = 1
    np.testing.assert_array_equal(after, expected)


def test_rectangles_are_checked() -> None:
    with pytest.raises(UsageError, match="column,row,width,height"):
        Rectangle(-1, 0, 3, 3)
