"""Decoding, value mapping and colours, on the files of pydicom and pydicom-data and on files made here."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from dicom_phantoms import Phantom, ct_slices, enhanced_mr, phantom, set_pixels, write_slices
from MedMMSlicerLib.core import Series, Volume
from MedMMSlicerLib.dicom.reading import load, read_image, scan
from pydicom import dcmread


def _volume(path: Path) -> Volume:
    volume = read_image(path).volume
    assert volume is not None
    return volume


def _codes(series: Series) -> set[str]:
    return {note.code for note in series.notes}


@pytest.mark.parametrize("name", ["RG1", "RG3", "US1", "MR2", "693"])
def test_lossless_variants_equal_the_uncompressed(name: str, pydicom_data: Path) -> None:
    plain, packed = _volume(pydicom_data / f"{name}_UNCR.dcm"), _volume(pydicom_data / f"{name}_J2KR.dcm")
    np.testing.assert_array_equal(plain.array, packed.array)
    assert plain.array.dtype == packed.array.dtype
    assert plain.window == packed.window
    assert plain.geometry.same_grid(packed.geometry)


@pytest.mark.parametrize("name", ["RG1", "RG3", "US1", "MR2", "693"])
def test_lossy_variants_nearly_equal_the_uncompressed(
    name: str, pydicom_data: Path, pydicom_files: Path
) -> None:
    lossy = (pydicom_files if name == "693" else pydicom_data) / f"{name}_J2KI.dcm"
    plain, packed = _volume(pydicom_data / f"{name}_UNCI.dcm").array, _volume(lossy).array
    difference = plain.astype(float) - packed
    assert np.abs(difference).mean() < 0.02 * np.ptp(plain.astype(float))
    assert np.corrcoef(plain.ravel(), packed.ravel())[0, 1] > 0.99


@pytest.mark.parametrize(
    ("plain", "packed"),
    [
        ("emri_small.dcm", "emri_small_RLE.dcm"),
        ("emri_small.dcm", "emri_small_big_endian.dcm"),
        ("emri_small.dcm", "emri_small_jpeg_2k_lossless.dcm"),
        ("emri_small.dcm", "emri_small_jpeg_ls_lossless.dcm"),
        ("OBXXXX1A.dcm", "OBXXXX1A_rle.dcm"),
        ("OBXXXX1A.dcm", "OBXXXX1A_expb.dcm"),
        ("OBXXXX1A_2frame.dcm", "OBXXXX1A_rle_2frame.dcm"),
        ("gdcm-US-ALOKA-16.dcm", "gdcm-US-ALOKA-16_big.dcm"),
        ("color-pl.dcm", "color-px.dcm"),
        ("SC_rgb.dcm", "SC_ybr_full_uncompressed.dcm"),
        ("SC_rgb.dcm", "SC_rgb_16bit.dcm"),
        ("SC_rgb.dcm", "SC_rgb_32bit.dcm"),
        ("SC_rgb_2frame.dcm", "SC_rgb_32bit_2frame.dcm"),
    ],
)
def test_pairs_of_one_image(plain: str, packed: str, pydicom_data: Path) -> None:
    one, other = _volume(pydicom_data / plain).array, _volume(pydicom_data / packed).array
    assert one.shape == other.shape
    assert np.abs(one.astype(int) - other).max() <= (6 if "ybr" in packed else 0)


@pytest.mark.parametrize(
    "packed",
    [
        "MR_small_RLE.dcm",
        "MR_small_bigendian.dcm",
        "MR_small_jp2klossless.dcm",
        "MR_small_jpeg_ls_lossless.dcm",
        "MR_small_padded.dcm",
    ],
)
def test_encodings_of_the_small_mr(packed: str, pydicom_files: Path) -> None:
    plain, other = _volume(pydicom_files / "MR_small.dcm"), _volume(pydicom_files / packed)
    np.testing.assert_array_equal(plain.array, other.array)
    assert other.array.dtype == np.dtype(np.int16)
    assert plain.window == (600.0, 1600.0)


@pytest.mark.parametrize("name", ["SC_rgb_jpeg_dcmtk.dcm", "SC_rgb_jpeg_gdcm.dcm", "SC_rgb_rle.dcm"])
def test_jpeg_colors_are_rgb(name: str, pydicom_files: Path, pydicom_data: Path) -> None:
    reference, array = _volume(pydicom_data / "SC_rgb.dcm").array, _volume(pydicom_files / name).array
    assert array.shape == (1, 100, 100, 3)
    assert array.dtype == np.uint8
    # Red, green and blue bars: a colour space left as it is would be far off.
    assert np.abs(reference.astype(int) - array).max() <= 6


def test_jpeg_lossless_grey(pydicom_data: Path) -> None:
    array = _volume(pydicom_data / "JPGLosslessP14SV1_1s_1f_8b.dcm").array
    assert array.shape == (1, 768, 1024)
    assert array.std() > 5


def test_palette_becomes_rgb(pydicom_files: Path, pydicom_data: Path) -> None:
    volume = _volume(pydicom_files / "examples_palette.dcm")
    assert volume.is_color
    assert volume.array.dtype == np.uint8
    dataset = dcmread(pydicom_files / "examples_palette.dcm")
    index = int(dataset.pixel_array[200, 300])
    tables = [
        np.frombuffer(dataset[f"{name}PaletteColorLookupTableData"].value, "<u2")
        for name in ("Red", "Green", "Blue")
    ]
    expected = [table[index] >> 8 for table in tables]
    np.testing.assert_array_equal(volume.array[0, 200, 300], expected)
    # This file states no transfer syntax.
    assert _volume(pydicom_data / "OT-PAL-8-face.dcm").array.shape == (1, 480, 640, 3)


def test_a_cine_loop(pydicom_files: Path) -> None:
    series = read_image(pydicom_files / "examples_ybr_color.dcm")
    assert series.volume is not None
    assert series.volume.array.shape == (30, 240, 320, 3)
    assert not series.volume.spacing_known
    assert "cine" in _codes(series)


def test_monochrome1_is_inverted(pydicom_data: Path) -> None:
    path = pydicom_data / "RG1_UNCI.dcm"
    series, dataset = read_image(path), dcmread(path)
    assert series.volume is not None
    np.testing.assert_array_equal(series.volume.array[0], 2**15 - 1 - dataset.pixel_array)
    assert {"inverted", "no-spacing"} <= _codes(series)
    assert not series.volume.spacing_known
    assert series.volume.window == (2**15 - 1 - float(dataset.WindowCenter), float(dataset.WindowWidth))
    assert series.volume.geometry.orientation == "LIP"
    assert (series.facts.modality, series.facts.body_part, series.facts.view) == ("CR", "CHEST", "PA")
    # The mediastinum is denser than the air beside the body.
    array = series.volume.array[0]
    assert array[900:1100, 850:950].mean() > array[300:400, 20:60].mean()


def test_mirrored_radiograph_follows_its_patient_orientation(pydicom_data: Path) -> None:
    # The marker in this image is mirrored, and the header says that the image's right is the patient's right.
    series = read_image(pydicom_data / "RG3_UNCI.dcm")
    assert series.volume is not None
    assert series.volume.geometry.orientation == "RIA"
    assert "patient-orientation" in _codes(series)
    assert np.linalg.det(series.volume.geometry.ijk_to_ras[:3, :3]) > 0


def test_ultrasound_spacing_comes_from_its_regions(pydicom_files: Path) -> None:
    series = read_image(pydicom_files / "examples_palette.dcm")
    region = dcmread(pydicom_files / "examples_palette.dcm").SequenceOfUltrasoundRegions[0]
    assert series.volume is not None
    assert series.volume.geometry.spacing_mm[1:] == pytest.approx(
        (region.PhysicalDeltaY * 10, region.PhysicalDeltaX * 10)
    )


def test_spacing_of_the_detector_is_used_and_not_trusted(tmp_path: Path) -> None:
    header = ct_slices(phantom((1, 6, 5)), Modality="DX", ImagerPixelSpacing=[0.2, 0.3])[0]
    del header.ImagePositionPatient, header.PixelSpacing
    series = read_image(write_slices(tmp_path, [header]))
    assert series.volume is not None
    assert series.volume.geometry.spacing_mm[1:] == pytest.approx((0.2, 0.3))
    assert not series.volume.spacing_known
    assert "detector-spacing" in _codes(series)


def _one(tmp_path: Path, plane: np.ndarray, bits: int = 16, **values: object) -> Series:
    header = ct_slices(Phantom(np.zeros((1, *plane.shape), np.int16), phantom((1, *plane.shape)).geometry))[0]
    set_pixels(header, plane, bits)
    for name, value in values.items():
        setattr(header, name, value)
    return read_image(write_slices(tmp_path, [header]))


def test_signed_16_bit_with_rescale(tmp_path: Path) -> None:
    plane = np.array([[-32768, -1], [0, 32767]], np.int16)
    volume = _one(tmp_path, plane, RescaleIntercept=-1024).volume
    assert volume is not None
    assert volume.array.dtype == np.int32
    np.testing.assert_array_equal(volume.array[0], plane.astype(int) - 1024)


def test_rescale_that_fits_stays_short(tmp_path: Path) -> None:
    plane = np.array([[0, 4095], [1024, 7]], np.uint16)
    volume = _one(tmp_path, plane, 12, RescaleIntercept=-1024).volume
    assert volume is not None
    assert volume.array.dtype == np.int16
    np.testing.assert_array_equal(volume.array[0], plane.astype(int) - 1024)


def test_broken_rescale_gives_floats(tmp_path: Path) -> None:
    plane = np.array([[1, 2], [3, 40000]], np.uint16)
    volume = _one(tmp_path, plane, RescaleSlope=0.25, RescaleIntercept=-2.5).volume
    assert volume is not None
    assert volume.array.dtype == np.float32
    np.testing.assert_allclose(volume.array[0], plane * 0.25 - 2.5)


def test_rescale_may_differ_from_slice_to_slice(tmp_path: Path) -> None:
    item = phantom((4, 5, 6))
    slices = ct_slices(item, Modality="PT", Units="BQML")
    for k, header in enumerate(slices):
        header.RescaleSlope = 1.5 + k
    series = read_image(write_slices(tmp_path, slices))
    assert series.volume is not None
    assert series.volume.unit == "Bq/mL"
    np.testing.assert_allclose(series.volume.array, item.array * (1.5 + np.arange(4))[:, None, None])


def test_overlay_bits_are_removed(tmp_path: Path) -> None:
    values = np.array([[5, 4095], [0, 2048]], np.uint16)
    volume = _one(tmp_path, values | 0xF000, 12).volume
    assert volume is not None
    np.testing.assert_array_equal(volume.array[0], values)
    signed = np.array([[-5, 2047], [0, -2048]], np.int16)
    with_overlay = ((signed.view(np.uint16) & 0x0FFF) | 0xA000).view(np.int16)
    volume = _one(tmp_path / "signed", with_overlay, 12).volume
    assert volume is not None
    np.testing.assert_array_equal(volume.array[0], signed)


def test_monochrome1_keeps_the_unit(tmp_path: Path) -> None:
    plane = np.array([[0, 100], [4095, 7]], np.uint16)
    values = {"PhotometricInterpretation": "MONOCHROME1", "RescaleSlope": 2, "RescaleIntercept": 10}
    volume = _one(tmp_path, plane, 12, WindowCenter=500, WindowWidth=300, **values).volume
    assert volume is not None
    np.testing.assert_array_equal(volume.array[0], (4095 - plane.astype(int)) * 2 + 10)
    # What stood at the center of the window stands there still.
    assert volume.window == (2 * 4095 + 2 * 10 - 500, 300)


def test_windows(tmp_path: Path) -> None:
    plane = np.array([[0, 100], [4095, 7]], np.uint16)
    first = _one(tmp_path / "a", plane, WindowCenter=[40, 300], WindowWidth=[400, 2000])
    none = _one(tmp_path / "b", plane, WindowCenter=40, WindowWidth=0)
    assert first.volume is not None
    assert none.volume is not None
    assert first.volume.window == (40, 400)
    assert none.volume.window is None


def test_a_voi_table_gives_a_window(pydicom_data: Path) -> None:
    assert _volume(pydicom_data / "vlut_04.dcm").window == (128.0, 256.0)


def test_a_modality_table_is_applied(pydicom_data: Path) -> None:
    dataset = dcmread(pydicom_data / "mlut_18.dcm")
    table = dataset.ModalityLUTSequence[0]
    values = np.asarray(table.LUTData)
    index = np.clip(dataset.pixel_array.astype(int) - int(table.LUTDescriptor[1]), 0, len(values) - 1)
    np.testing.assert_array_equal(_volume(pydicom_data / "mlut_18.dcm").array[0], values[index])


def test_zero_slope_is_stated(tmp_path: Path) -> None:
    series = _one(tmp_path, np.array([[1, 2], [3, 4]], np.int16), RescaleSlope=0)
    assert series.volume is not None
    assert "zero-slope" in _codes(series)
    assert series.volume.array.max() == 4


def test_multi_frame_values(tmp_path: Path) -> None:
    item = phantom()
    header = enhanced_mr(item, [3, 0, 6, 1, 5, 2, 4])
    values = header.SharedFunctionalGroupsSequence[0].PixelValueTransformationSequence[0]
    values.RescaleSlope, values.RescaleIntercept = 0.5, 3
    header.save_as(tmp_path / "e.dcm", enforce_file_format=True)
    np.testing.assert_allclose(_volume(tmp_path / "e.dcm").array, item.array * 0.5 + 3)


def test_slices_of_different_sign_are_one_volume(tmp_path: Path) -> None:
    item = phantom((3, 4, 5))
    slices = ct_slices(item)
    set_pixels(slices[1], (item.array[1].astype(int) + 40000).astype(np.uint16))
    slices[1].RescaleIntercept = -40000
    series = read_image(write_slices(tmp_path, slices))
    assert series.volume is not None
    np.testing.assert_array_equal(series.volume.array, item.array)


def test_every_image_in_the_wheels_reads_or_says_why(
    pydicom_data: Path, pydicom_files: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    from MedMMSlicerLib.errors import InputError

    read, refused = 0, []
    for path in sorted([*pydicom_data.glob("*.dcm"), *pydicom_files.glob("*.dcm")]):
        if path.name in {"color3d_jpeg_baseline.dcm", "JPEG2000-embedded-sequence-delimiter.dcm"}:
            continue  # slow; prints from within a decoder
        try:
            for study in scan([path]):
                for series in study.series:
                    assert load(series).volume is not None
                    read += 1
        except InputError as error:
            refused.append(str(error))
    assert read > 100
    assert all(".dcm" in message and message.endswith(".") for message in refused)
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
