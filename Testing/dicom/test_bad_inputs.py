"""What can not be read gives one clear sentence; what can be repaired says so."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from dicom_phantoms import Phantom, ct_slices, lps, phantom, write_mha, write_nifti, write_nrrd, write_slices
from MedMMSlicerLib.dicom.headers import quiet
from MedMMSlicerLib.dicom.reading import load, read_image, scan
from MedMMSlicerLib.errors import InputError
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, MediaStorageDirectoryStorage


def test_no_input() -> None:
    with pytest.raises(InputError, match="No image was given"):
        scan([])


def test_missing_path(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nothing does not exist"):
        scan([tmp_path / "nothing"])


def test_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    with pytest.raises(InputError, match="empty folder"):
        scan([tmp_path])


@pytest.mark.parametrize(
    "name", ["a.dcm", "a.nii", "a.nii.gz", "a.nrrd", "a.mha", "a.png", "a.jpg", "a.tif", "noname"]
)
@pytest.mark.parametrize("content", [b"", b"This is a text and no image at all.\n" * 20])
def test_files_that_are_not_what_they_say(
    name: str, content: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(InputError) as caught:
        scan([path])
    assert name in str(caught.value)
    assert "\n" not in str(caught.value)
    with pytest.raises(InputError, match="No readable image"):
        scan([tmp_path])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("part", [0.02, 0.3, 0.6, 0.95])
def test_truncated_dicom(part: float, tmp_path: Path, pydicom_data: Path) -> None:
    for name in ("693_UNCI.dcm", "693_J2KR.dcm"):
        content = (pydicom_data / name).read_bytes()
        path = tmp_path / name
        path.write_bytes(content[: int(len(content) * part)])
        with pytest.raises(InputError, match=r"truncated|damaged"):
            read_image(path)


@pytest.mark.parametrize("kind", ["nii", "nii.gz", "nrrd", "mha"])
def test_truncated_volume_files(
    kind: str, tmp_path: Path, a_phantom: Phantom, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / f"a.{kind}"
    {"nrrd": write_nrrd, "mha": write_mha}.get(kind, write_nifti)(path, a_phantom)
    path.write_bytes(path.read_bytes()[:-300])
    with pytest.raises(InputError, match=re.escape(str(path))):
        read_image(path)
    assert capfd.readouterr() == ("", "")


def test_stray_files_in_a_folder_are_stated(a_ct_folder: Path) -> None:
    (a_ct_folder / "README.txt").write_text("hello")
    (a_ct_folder / "bad.dcm").write_bytes(b"\0" * 128 + b"DICM")
    (a_ct_folder / ".hidden").write_text("x")
    (a_ct_folder / "DICOMDIR").write_text("x")
    [study] = scan([a_ct_folder])
    [series] = study.series
    [note] = series.notes
    assert note.code == "skipped-file"
    assert note.severity == "warning"
    assert note.text.startswith("1 file in the folder could not be read and was left out: bad.dcm ")
    assert note.text.endswith(" 1 more is no image.") and str(a_ct_folder) not in note.text
    with pytest.raises(InputError, match=r"README\.txt"):
        scan([a_ct_folder, a_ct_folder / "README.txt"])


def test_objects_that_are_no_images(tmp_path: Path, pydicom_files: Path, a_ct_folder: Path) -> None:
    report = pydicom_files / "reportsi.dcm"
    with pytest.raises(InputError, match="no image"):
        scan([report])
    (a_ct_folder / "sr.dcm").write_bytes(report.read_bytes())
    (a_ct_folder / "seg.dcm").write_bytes((pydicom_files / "liver_1frame.dcm").read_bytes())
    [study] = scan([a_ct_folder])
    [series] = study.series
    assert [(note.code, note.severity) for note in series.notes] == [("skipped-file", "info")]
    assert series.notes[0].text.startswith(
        "2 files in the folder are no images and were left out. The first: s"
    )


def test_a_truncated_slice_among_good_ones(a_ct_folder: Path) -> None:
    path = sorted(a_ct_folder.iterdir())[3]
    path.write_bytes(path.read_bytes()[:-50])
    [study] = scan([a_ct_folder])
    [series] = study.series
    assert "skipped-file" in {note.code for note in series.notes}
    assert len(series.paths) == 6


def test_a_dicomdir_stands_for_the_files_that_it_names(a_ct_folder: Path) -> None:
    directory = Dataset()
    directory.file_meta = FileMetaDataset()
    directory.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    directory.file_meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    directory.file_meta.MediaStorageSOPInstanceUID = "1.2.3"
    directory.DirectoryRecordSequence = [Dataset()]
    images = a_ct_folder.rename(a_ct_folder.parent / "IMAGES")
    for number, path in enumerate(sorted(images.iterdir())):
        path.rename(images / f"IM{number}")
        record = Dataset()
        record.ReferencedFileID = ["IMAGES", f"IM{number}"]
        directory.DirectoryRecordSequence.append(record)
    named = a_ct_folder.parent / "DICOMDIR"
    with quiet():
        elsewhere = Dataset()
        elsewhere.ReferencedFileID = ["..", images.parent.name, "IMAGES", "IM0"]
        directory.DirectoryRecordSequence.append(elsewhere)
        directory.save_as(named, enforce_file_format=True)
    [study] = scan([named])
    [series] = study.series
    assert len(series.paths) == 7 and series.notes == ()
    for path in series.paths:
        path.unlink()
    with pytest.raises(InputError, match=r"DICOMDIR is a table of contents.*Open the folder"):
        scan([named])


def test_files_that_vanish_after_the_scan(a_ct_folder: Path) -> None:
    [study] = scan([a_ct_folder])
    study.series[0].paths[2].unlink()
    with pytest.raises(InputError, match="is gone"):
        load(study.series[0])


@pytest.mark.parametrize("pixdim", [(0.0, 0.8, 2.5), (1.3, float("nan"), 2.5), (1.3, 0.8, float("inf"))])
def test_zero_or_nan_spacing_in_nifti(pixdim: tuple, tmp_path: Path, a_phantom: Phantom) -> None:
    for options in ({}, {"qform": True}, {"sform": False}):
        path = write_nifti(tmp_path / "a.nii", a_phantom, pixdim=pixdim, **options)
        with pytest.raises(InputError, match=r"a\.nii states the voxel spacing"):
            scan([path])


def test_broken_transform_in_nifti(tmp_path: Path, a_phantom: Phantom) -> None:
    rows = a_phantom.geometry.ijk_to_ras[:3].copy()
    rows[0, 0] = np.nan
    with pytest.raises(InputError, match="NaN"):
        scan([write_nifti(tmp_path / "a.nii", a_phantom, sform_rows=rows)])
    rows[:, 0] = 0
    with pytest.raises(InputError, match="zero axis"):
        scan([write_nifti(tmp_path / "a.nii", a_phantom, sform_rows=rows)])


def test_nan_in_nifti(tmp_path: Path, a_phantom: Phantom) -> None:
    values = a_phantom.array.astype(np.float32)
    values[1, 2, 3], values[0, 0, 1] = np.nan, np.inf
    series = read_image(write_nifti(tmp_path / "a.nii", Phantom(values, a_phantom.geometry)))
    assert series.volume is not None
    assert [note.code for note in series.notes] == ["not-finite"]
    assert series.notes[0].text.startswith("2 voxels")
    assert series.volume.array[1, 2, 3] == series.volume.array[0, 0, 1] == np.nanmin(values)
    assert np.isfinite(series.volume.array).all()
    values[:] = np.nan
    with pytest.raises(InputError, match="no finite value"):
        read_image(write_nifti(tmp_path / "a.nii", Phantom(values, a_phantom.geometry)))


def test_spacing_that_contradicts_the_transform_is_stated(tmp_path: Path, a_phantom: Phantom) -> None:
    series = read_image(write_nifti(tmp_path / "a.nii", a_phantom, pixdim=(1.0, 1.0, 1.0)))
    assert [note.code for note in series.notes] == ["contradicting-spacing"]
    assert series.volume is not None
    assert series.volume.geometry.same_grid(a_phantom.geometry, 1e-2)


def test_nifti_without_orientation_is_stated(tmp_path: Path, a_phantom: Phantom) -> None:
    series = read_image(write_nifti(tmp_path / "a.nii", a_phantom, sform=False))
    assert [note.code for note in series.notes] == ["no-orientation"]
    assert series.volume is not None
    assert series.volume.geometry.orientation == "RAS"


def test_sheared_nifti_keeps_its_shear(tmp_path: Path, a_phantom: Phantom) -> None:
    rows = a_phantom.geometry.ijk_to_ras[:3].copy()
    rows[:, 2] += rows[:, 1] * 0.4
    pixdim = np.linalg.norm(rows[:, :3], axis=0)
    series = read_image(write_nifti(tmp_path / "a.nii", a_phantom, sform_rows=rows, pixdim=tuple(pixdim)))
    assert series.volume is not None
    np.testing.assert_allclose(series.volume.geometry.ijk_to_ras[:3], rows, atol=1e-4)


def test_nifti_in_meters(tmp_path: Path, a_phantom: Phantom) -> None:
    rows = a_phantom.geometry.ijk_to_ras[:3] / 1000
    pixdim = tuple(value / 1000 for value in a_phantom.geometry.spacing_mm[::-1])
    series = read_image(write_nifti(tmp_path / "a.nii", a_phantom, sform_rows=rows, pixdim=pixdim, units=1))
    assert series.volume is not None
    assert series.volume.geometry.same_grid(a_phantom.geometry, 1e-2)


@pytest.mark.parametrize(
    ("dtype", "slope", "expected"),
    [
        (np.uint8, 0, np.uint8),
        (np.int64, 0, np.int16),
        (np.float64, 0, np.float32),
        (np.int16, 2, np.int16),
        (np.int16, 0.5, np.float32),
    ],
)
def test_nifti_types_and_scaling(
    dtype: type, slope: float, expected: type, tmp_path: Path, a_phantom: Phantom
) -> None:
    values = (np.abs(a_phantom.array) % 200).astype(dtype)
    item = Phantom(values, a_phantom.geometry)
    volume = read_image(
        write_nifti(tmp_path / "a.nii.gz", item, slope=slope, intercept=3 if slope else 0)
    ).volume
    assert volume is not None
    assert volume.array.dtype == expected
    assert volume.array.dtype.isnative
    np.testing.assert_allclose(volume.array, values.astype(float) * (slope or 1) + (3 if slope else 0))


def test_time_points_of_nifti_are_series(tmp_path: Path) -> None:
    item = phantom()
    both = Phantom(np.stack([item.array, item.array + 3000]), item.geometry)
    [study] = scan([write_nifti(tmp_path / "a.nii.gz", both)])
    assert [series.name for series in study.series] == [
        "a.nii.gz (time point 1)",
        "a.nii.gz (time point 2)",
    ]
    for time, series in enumerate(study.series):
        volume = load(series).volume
        assert volume is not None
        np.testing.assert_array_equal(volume.array, both.array[time])


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        ("mha", b"ElementSpacing = 1.3", b"ElementSpacing = 0.0"),
        ("mha", b"ElementSpacing = 1.3", b"ElementSpacing = nan"),
        ("nrrd", b"space directions: (", b"space directions: (nan,0,0) (0,0,0) (0,0,0)\nold: ("),
        ("nrrd", b"space directions: (", b"space directions: (0,0,0) (0,1,0) (0,0,1)\nold: ("),
    ],
)
def test_zero_spacing_in_volume_files(
    kind: str, old: bytes, new: bytes, tmp_path: Path, a_phantom: Phantom, capfd: pytest.CaptureFixture[str]
) -> None:
    path = (write_mha if kind == "mha" else write_nrrd)(tmp_path / f"a.{kind}", a_phantom)
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new))
    with pytest.raises(InputError, match="above zero"):
        scan([path])
    assert capfd.readouterr() == ("", "")


def test_volume_files_without_spacing_are_stated(tmp_path: Path, a_phantom: Phantom) -> None:
    path = write_mha(tmp_path / "a.mha", a_phantom)
    lines = [line for line in path.read_bytes().split(b"\n") if not line.startswith(b"ElementSpacing")]
    path.write_bytes(b"\n".join(lines))
    series = read_image(path)
    assert series.volume is not None
    assert not series.volume.spacing_known
    assert [note.code for note in series.notes] == ["no-spacing"]


def test_vectors_are_refused(tmp_path: Path, a_phantom: Phantom) -> None:
    import SimpleITK as sitk

    image = sitk.GetImageFromArray(np.zeros((3, 4, 5, 3), np.float32), isVector=True)
    for name in ("v.nrrd", "v.mha", "v.nii"):
        sitk.WriteImage(image, str(tmp_path / name))
        with pytest.raises(InputError, match="per voxel"):
            read_image(tmp_path / name)


def test_color_volume(tmp_path: Path) -> None:
    import SimpleITK as sitk

    array = np.random.default_rng(1).integers(0, 255, (3, 4, 5, 3), np.uint8)
    for name in ("c.nrrd", "c.mha", "c.nii.gz"):
        sitk.WriteImage(sitk.GetImageFromArray(array, isVector=True), str(tmp_path / name))
        volume = read_image(tmp_path / name).volume
        assert volume is not None
        np.testing.assert_array_equal(volume.array, array)


def test_time_points_of_meta_image(tmp_path: Path, a_phantom: Phantom) -> None:
    import SimpleITK as sitk

    images = [sitk.GetImageFromArray(a_phantom.array + 1000 * time) for time in range(2)]
    sitk.WriteImage(sitk.JoinSeries(images), str(tmp_path / "t.mha"))
    [study] = scan([tmp_path / "t.mha"])
    for time, series in enumerate(study.series):
        volume = load(series).volume
        assert volume is not None
        np.testing.assert_array_equal(volume.array, a_phantom.array + 1000 * time)


@pytest.mark.parametrize("name", ["p.png", "p.jpg", "p.tif"])
@pytest.mark.parametrize("color", [False, True])
def test_pictures(name: str, color: bool, tmp_path: Path) -> None:
    from PIL import Image

    rows, columns = 24, 40
    plane = np.add.outer(np.arange(rows) * 6, np.arange(columns) * 2).astype(np.uint8)
    pixels = np.stack([plane, plane[::-1], plane // 2], axis=-1) if color else plane
    Image.fromarray(pixels).save(tmp_path / name, quality=98)
    series = read_image(tmp_path / name)
    assert series.volume is not None
    assert series.volume.array.shape == ((1, rows, columns, 3) if color else (1, rows, columns))
    assert np.abs(series.volume.array[0].astype(int) - pixels).mean() < 4
    assert not series.volume.spacing_known
    assert [note.code for note in series.notes] == ["no-spacing"]
    # As displayed: image right is patient left, image bottom is inferior.
    assert series.volume.geometry.orientation == "LIP"
    assert np.linalg.det(series.volume.geometry.ijk_to_ras[:3, :3]) > 0


def test_grey_picture_in_color_is_grey(tmp_path: Path) -> None:
    from PIL import Image

    plane = np.arange(300, dtype=np.uint8).reshape(15, 20)
    Image.fromarray(np.stack([plane] * 3, axis=-1)).save(tmp_path / "g.png")
    Image.fromarray(np.stack([plane] * 3 + [plane * 0 + 255], axis=-1)).save(tmp_path / "a.png")
    Image.fromarray(plane.astype(np.uint16) * 257).save(tmp_path / "w.png")
    for name, codes in (
        ("g.png", ["no-spacing", "grey-picture"]),
        ("a.png", ["no-spacing", "no-transparency", "grey-picture"]),
    ):
        series = read_image(tmp_path / name)
        assert series.volume is not None
        np.testing.assert_array_equal(series.volume.array[0], plane)
        assert [note.code for note in series.notes] == codes
    wide = read_image(tmp_path / "w.png").volume
    assert wide is not None
    assert wide.array.dtype == np.uint16
    np.testing.assert_array_equal(wide.array[0], plane.astype(int) * 257)


def test_infinite_and_absurd_dicom_geometry_is_no_position(tmp_path: Path, a_phantom: Phantom) -> None:
    slices = ct_slices(a_phantom)
    for header in slices:
        header.ImageOrientationPatient = [0.0] * 6
    [series] = [series for study in scan([write_slices(tmp_path, slices)]) for series in study.series]
    assert "no-position" in {note.code for note in series.notes}
    assert lps(a_phantom.geometry).shape == (4, 4)
