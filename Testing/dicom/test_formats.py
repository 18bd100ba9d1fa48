"""The same phantom in every format lies at the same place."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
from dicom_phantoms import (
    Phantom,
    ct_slices,
    enhanced_mr,
    phantom,
    write_mha,
    write_nifti,
    write_nrrd,
    write_slices,
)
from MedMMSlicerLib.core import Series
from MedMMSlicerLib.dicom.reading import load, read_image, scan


def _write(kind: str, folder: Path, item: Phantom) -> Path:
    if kind == "ct":
        return write_slices(folder / "ct", ct_slices(item))
    if kind == "enhanced":
        enhanced_mr(item, [3, 0, 6, 1, 5, 2, 4]).save_as(folder / "enhanced.dcm", enforce_file_format=True)
        return folder / "enhanced.dcm"
    if kind == "nifti-qform":
        return write_nifti(folder / "q.nii.gz", item, qform=True)
    if kind == "nifti-big-endian":
        return write_nifti(folder / "big.nii", item, order=">")
    writers = {"nifti": ("a.nii", write_nifti), "nrrd": ("a.nrrd", write_nrrd), "mha": ("a.mha", write_mha)}
    if kind == "nrrd-lps":
        return write_nrrd(folder / "a.nrrd", item, "left-posterior-superior")
    name, writer = writers[kind]
    return writer(folder / name, item)


KINDS = ["ct", "enhanced", "nifti", "nifti-qform", "nifti-big-endian", "nrrd", "nrrd-lps", "mha"]


def _check_landmarks(series: Series, item: Phantom) -> None:
    assert series.volume is not None
    geometry, array = series.volume.geometry, series.volume.array
    for value, point_ras in item.landmarks:
        [(k, j, i)] = np.argwhere(array == value)
        np.testing.assert_allclose(geometry.kji_to_ras((k, j, i)), point_ras, atol=0.01)


@pytest.mark.parametrize("kind", KINDS)
def test_landmarks_lie_at_the_same_place(kind: str, tmp_path: Path, a_phantom: Phantom) -> None:
    series = read_image(_write(kind, tmp_path, a_phantom))
    _check_landmarks(series, a_phantom)
    assert series.volume is not None
    assert series.volume.array.dtype == np.int16
    assert series.volume.spacing_known
    np.testing.assert_allclose(series.volume.geometry.spacing_mm, a_phantom.geometry.spacing_mm, atol=1e-4)
    np.testing.assert_array_equal(series.volume.array, a_phantom.array)
    assert series.notes == ()


@pytest.mark.parametrize("kind", ["nifti", "nrrd", "mha"])
def test_left_handed_grids_stay_left_handed(kind: str, tmp_path: Path) -> None:
    item = phantom(handed=-1)
    series = read_image(_write(kind, tmp_path, item))
    _check_landmarks(series, item)
    assert series.volume is not None
    assert np.linalg.det(series.volume.geometry.ijk_to_ras[:3, :3]) < 0


def test_left_handed_qform(tmp_path: Path) -> None:
    item = phantom(handed=-1)
    _check_landmarks(read_image(write_nifti(tmp_path / "q.nii", item, qform=True, qfac=-1.0)), item)


def test_a_left_handed_phantom_as_dicom_is_read_right_handed_at_the_same_place(tmp_path: Path) -> None:
    item = phantom(handed=-1)
    series = read_image(_write("ct", tmp_path, item))
    _check_landmarks(series, item)
    assert series.volume is not None
    np.testing.assert_array_equal(series.volume.array, item.array[::-1])


@pytest.mark.parametrize("kind", KINDS)
def test_reading_changes_no_file(kind: str, tmp_path: Path, a_phantom: Phantom) -> None:
    _write(kind, tmp_path, a_phantom)

    def digests() -> dict[str, tuple[str, int]]:
        return {
            str(path): (hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_mtime_ns)
            for path in sorted(tmp_path.rglob("*"))
            if path.is_file()
        }

    before = digests()
    for study in scan([tmp_path]):
        for series in study.series:
            load(series)
    assert digests() == before


def test_scan_reads_no_voxels_and_reports_progress(a_ct_folder: Path, a_phantom: Phantom) -> None:
    steps: list[tuple[int, int]] = []
    [study] = scan([a_ct_folder], lambda done, total: steps.append((done, total)))
    [series] = study.series
    assert series.volume is None
    assert study.study_uid == "1.2.3.4"
    assert len(series.paths) == len(series.instance_uids) == a_phantom.array.shape[0]
    assert steps[-1] == (7, 7)
    assert [done for done, _ in steps] == list(range(1, 8))
    loaded = load(series)
    assert loaded.volume is not None
    assert loaded.volume.unit == "[hnsf'U]"
    assert series.volume is None


def test_a_folder_of_everything_gives_one_series_each(tmp_path: Path, a_phantom: Phantom) -> None:
    for kind in ("ct", "nifti", "mha"):
        _write(kind, tmp_path, a_phantom)
    studies = scan([tmp_path])
    assert [study.study_uid for study in studies] == ["1.2.3.4", ""]
    assert sorted(series.name for study in studies for series in study.series) == [
        "Phantom",
        "a.mha",
        "a.nii",
    ]


def test_several_series_are_no_image(tmp_path: Path, a_phantom: Phantom) -> None:
    from MedMMSlicerLib.errors import InputError

    for kind in ("nifti", "mha"):
        _write(kind, tmp_path, a_phantom)
    with pytest.raises(InputError, match="2 series"):
        read_image(tmp_path)
