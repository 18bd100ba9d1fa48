"""Segmentations survive every writer and reader: voxels, place, codes, names, algorithm, reference."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_phantoms import (
    Phantom,
    ct_slices,
    enhanced_mr,
    label_map,
    lps,
    phantom,
    provenance,
    write_nifti,
    write_slices,
)
from MedMMSlicerLib.core import LabelMap, Series, VolumeGeometry
from MedMMSlicerLib.dicom.reading import read_image, scan
from MedMMSlicerLib.dicom.segmentation import (
    read_segmentation_dicom,
    read_segmentation_nrrd,
    write_segmentation_dicom,
    write_segmentation_nrrd,
)
from MedMMSlicerLib.errors import InputError, OutputError


def _source(kind: str, folder: Path, item: Phantom) -> Series:
    if kind == "enhanced":
        path = folder / "e.dcm"
        enhanced_mr(item, [3, 0, 6, 1, 5, 2, 4]).save_as(path, enforce_file_format=True)
        return read_image(path)
    slices = ct_slices(item)
    if kind == "missing":
        del slices[3]
    if kind == "tilted":
        row = lps(item.geometry)[:3, 1]
        for k, header in enumerate(slices):
            shifted = np.array(header.ImagePositionPatient, float) + row * 0.6 * k
            header.ImagePositionPatient = [float(value) for value in shifted.round(9)]
    if kind == "no frame of reference":
        for header in slices:
            del header.FrameOfReferenceUID
    return read_image(write_slices(folder / "ct", slices))


def _geometry(series: Series) -> VolumeGeometry:
    assert series.volume is not None
    return series.volume.geometry


def _check_segments(got: LabelMap, expected: LabelMap) -> None:
    """Names, codes, sides and colours, in the order of the label values."""
    wanted = sorted(expected.segments, key=lambda segment: segment.value)
    assert [segment.id for segment in got.segments] == [segment.id for segment in wanted]
    for one, other in zip(got.segments, wanted, strict=True):
        assert one.value == other.value
        assert one.name["en"] == other.name["en"]
        assert (one.category, one.type, one.laterality) == (other.category, other.type, other.laterality)
        assert np.abs(np.subtract(one.color, other.color)).max() <= 1


KINDS = ["ct", "enhanced", "missing", "tilted", "no frame of reference"]


@pytest.mark.parametrize("kind", KINDS)
def test_dicom_round_trip(kind: str, tmp_path: Path, a_phantom: Phantom) -> None:
    series = _source(kind, tmp_path, a_phantom)
    expected = label_map(_geometry(series))
    path = tmp_path / "out" / "seg.dcm"
    write_segmentation_dicom(expected, series, provenance(), path)
    got = read_segmentation_dicom(path, _geometry(series))
    np.testing.assert_array_equal(got.array, expected.array)
    assert got.geometry is _geometry(series)
    _check_segments(got, expected)
    assert [item.name for item in path.parent.iterdir()] == ["seg.dcm"]


@pytest.mark.parametrize("kind", KINDS)
def test_dicom_place_without_a_reference(kind: str, tmp_path: Path, a_phantom: Phantom) -> None:
    series = _source(kind, tmp_path, a_phantom)
    expected = label_map(_geometry(series))
    write_segmentation_dicom(expected, series, provenance(), tmp_path / "seg.dcm")
    got = read_segmentation_dicom(tmp_path / "seg.dcm")
    used = np.flatnonzero(expected.array.any(axis=(1, 2)))
    assert got.array.shape[0] == used[-1] - used[0] + 1
    for value in (1, 2):
        places = got.geometry.kji_to_ras(np.argwhere(got.array == value))
        wanted = expected.geometry.kji_to_ras(np.argwhere(expected.array == value))
        np.testing.assert_allclose(places, wanted, atol=0.01)


def test_dicom_header(tmp_path: Path, a_phantom: Phantom) -> None:
    series = _source("ct", tmp_path, a_phantom)
    write_segmentation_dicom(label_map(_geometry(series)), series, provenance(), tmp_path / "seg.dcm")
    dataset = pydicom.dcmread(tmp_path / "seg.dcm")
    assert dataset.SegmentationType == "BINARY"
    assert dataset.PatientName == "Doe^Jane"
    assert dataset.StudyInstanceUID == series.study_uid
    assert dataset.FrameOfReferenceUID == "1.2.3.4.6"
    assert "research use only" in dataset.SeriesDescription.lower()
    [reference] = dataset.ReferencedSeriesSequence
    assert reference.SeriesInstanceUID == series.series_uid
    referenced = {item.ReferencedSOPInstanceUID for item in reference.ReferencedInstanceSequence}
    assert referenced == set(series.instance_uids)
    first, second = dataset.SegmentSequence
    for item in (first, second):
        assert item.SegmentAlgorithmType == "AUTOMATIC"
        assert item.SegmentAlgorithmName == "phantom-bundle"
        assert item.SegmentationAlgorithmIdentificationSequence[0].AlgorithmVersion == "1.2.0"
    assert first.TrackingID == "lesion"
    modifier = second.SegmentedPropertyTypeCodeSequence[0].SegmentedPropertyTypeModifierCodeSequence[0]
    assert (modifier.CodeValue, modifier.CodeMeaning) == ("7771000", "Left")
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        k = series.instance_uids.index(source.ReferencedSOPInstanceUID)
        place = np.array(frame.PlanePositionSequence[0].ImagePositionPatient) * [-1, -1, 1]
        np.testing.assert_allclose(place, _geometry(series).kji_to_ras((k, 0, 0)), atol=1e-6)


def test_frames_of_a_multi_frame_source_are_referenced(tmp_path: Path, a_phantom: Phantom) -> None:
    series = _source("enhanced", tmp_path, a_phantom)
    write_segmentation_dicom(label_map(_geometry(series)), series, provenance(), tmp_path / "seg.dcm")
    dataset = pydicom.dcmread(tmp_path / "seg.dcm")
    for frame in dataset.PerFrameFunctionalGroupsSequence:
        source = frame.DerivationImageSequence[0].SourceImageSequence[0]
        index = int(source.ReferencedFrameNumber) - 1
        original = pydicom.dcmread(series.paths[0]).PerFrameFunctionalGroupsSequence[index]
        np.testing.assert_allclose(
            frame.PlanePositionSequence[0].ImagePositionPatient,
            original.PlanePositionSequence[0].ImagePositionPatient,
        )


@pytest.mark.parametrize("kind", ["ct", "enhanced", "missing"])
def test_highdicom_reads_the_same_voxels(kind: str, tmp_path: Path, a_phantom: Phantom) -> None:
    from highdicom.seg import segread

    series = _source(kind, tmp_path, a_phantom)
    expected = label_map(_geometry(series))
    write_segmentation_dicom(expected, series, provenance(), tmp_path / "seg.dcm")
    volume = segread(tmp_path / "seg.dcm").get_volume(combine_segments=True)
    used = np.flatnonzero(expected.array.any(axis=(1, 2)))
    wanted = expected.array[used[0] : used[-1] + 1]
    found = np.argwhere(volume.array == 2)
    indices = np.c_[found, np.ones(len(found))] @ volume.affine.T  # LPS
    places = indices[:, :3] * [-1, -1, 1]
    expected_places = expected.geometry.kji_to_ras(np.argwhere(expected.array == 2))
    distances = np.linalg.norm(places[:, None] - expected_places[None], axis=2)
    assert distances.min(axis=0).max() < 0.01
    assert distances.min(axis=1).max() < 0.01
    assert np.count_nonzero(volume.array) == np.count_nonzero(wanted)


def test_radiograph(tmp_path: Path, pydicom_data: Path) -> None:
    series = read_image(pydicom_data / "RG1_UNCI.dcm")
    expected = label_map(_geometry(series))
    write_segmentation_dicom(expected, series, provenance(), tmp_path / "seg.dcm")
    got = read_segmentation_dicom(tmp_path / "seg.dcm")
    np.testing.assert_array_equal(got.array, expected.array)
    assert got.geometry.same_grid(expected.geometry)
    _check_segments(got, expected)


@pytest.mark.parametrize("name", ["US1_UNCI.dcm", "693_UNCI.dcm", "MR2_UNCI.dcm", "eCT_Supplemental.dcm"])
def test_real_files(name: str, tmp_path: Path, pydicom_data: Path) -> None:
    series = read_image(pydicom_data / name)
    expected = label_map(_geometry(series))
    write_segmentation_dicom(expected, series, provenance(), tmp_path / "seg.dcm")
    got = read_segmentation_dicom(tmp_path / "seg.dcm", expected.geometry)
    np.testing.assert_array_equal(got.array, expected.array)


def test_label_values_with_holes_are_numbered_in_order(tmp_path: Path, a_phantom: Phantom) -> None:
    series = _source("ct", tmp_path, a_phantom)
    expected = label_map(_geometry(series))
    values = np.array([0, 7, 40], np.uint8)
    segments = tuple(replace(segment, value=int(values[segment.value])) for segment in expected.segments)
    holed = LabelMap(values[expected.array], expected.geometry, segments)
    write_segmentation_dicom(holed, series, provenance(), tmp_path / "seg.dcm")
    got = read_segmentation_dicom(tmp_path / "seg.dcm", expected.geometry)
    np.testing.assert_array_equal(got.array, expected.array)
    _check_segments(got, expected)
    write_segmentation_nrrd(holed, provenance(), tmp_path / "a.seg.nrrd", "Phantom")
    np.testing.assert_array_equal(read_segmentation_nrrd(tmp_path / "a.seg.nrrd").array, holed.array)


def test_an_empty_segmentation_is_written(tmp_path: Path, a_phantom: Phantom) -> None:
    series = _source("ct", tmp_path, a_phantom)
    full = label_map(_geometry(series))
    empty = LabelMap(full.array * 0, full.geometry, full.segments)
    write_segmentation_dicom(empty, series, provenance(), tmp_path / "seg.dcm")
    assert not read_segmentation_dicom(tmp_path / "seg.dcm", full.geometry).array.any()
    write_segmentation_nrrd(empty, provenance(), tmp_path / "a.seg.nrrd", "Phantom")
    got = read_segmentation_nrrd(tmp_path / "a.seg.nrrd")
    assert not got.array.any()
    _check_segments(got, full)


def test_what_can_not_be_written_leaves_nothing_behind(tmp_path: Path, a_phantom: Phantom) -> None:
    nifti = read_image(write_nifti(tmp_path / "a.nii", a_phantom))
    out = tmp_path / "out"
    with pytest.raises(OutputError, match="is not DICOM"):
        write_segmentation_dicom(label_map(_geometry(nifti)), nifti, provenance(), out / "seg.dcm")
    series = _source("ct", tmp_path, a_phantom)
    wrong = label_map(phantom((3, 11, 12)).geometry)
    with pytest.raises(OutputError, match="no segments"):
        write_segmentation_dicom(replace(wrong, segments=()), series, provenance(), out / "seg.dcm")
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="could not be written"):
        write_segmentation_dicom(
            label_map(_geometry(series)), series, provenance(), tmp_path / "file" / "seg.dcm"
        )
    assert not out.exists()


def test_cine_sources_are_refused_with_a_reason(tmp_path: Path, pydicom_files: Path) -> None:
    series = read_image(pydicom_files / "examples_ybr_color.dcm")
    with pytest.raises(OutputError, match="one frame"):
        write_segmentation_dicom(label_map(_geometry(series)), series, provenance(), tmp_path / "seg.dcm")
    assert list(tmp_path.iterdir()) == []


def test_foreign_segmentations_are_read(pydicom_data: Path) -> None:
    got = read_segmentation_dicom(pydicom_data / "liver.dcm")
    dataset = pydicom.dcmread(pydicom_data / "liver.dcm")
    assert got.array.shape == (3, 512, 512)
    assert np.count_nonzero(got.array) == int(dataset.pixel_array.sum())
    assert [segment.name["en"] for segment in got.segments] == ["Liver"]


def test_what_is_no_segmentation(tmp_path: Path, a_phantom: Phantom, pydicom_data: Path) -> None:
    with pytest.raises(InputError, match="no DICOM segmentation"):
        read_segmentation_dicom(pydicom_data / "693_UNCI.dcm")
    with pytest.raises(InputError, match=r"does not lie on the grid|another matrix"):
        read_segmentation_dicom(pydicom_data / "liver.dcm", a_phantom.geometry)
    path = tmp_path / "a.seg.nrrd"
    with pytest.raises(InputError, match="can not be opened"):
        read_segmentation_nrrd(path)
    for content in (b"", b"NRRD0004\n", b"NRRD0004\ntype: float\nsizes: 1 1 1\nencoding: raw\n\n\0\0\0\0"):
        path.write_bytes(content)
        with pytest.raises(InputError, match=r"a\.seg\.nrrd"):
            read_segmentation_nrrd(path)
    write_segmentation_nrrd(label_map(a_phantom.geometry), provenance(), path, "Phantom")
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(InputError, match="truncated"):
        read_segmentation_nrrd(path)


@pytest.mark.parametrize("handed", [1, -1])
def test_nrrd_round_trip(handed: int, tmp_path: Path) -> None:
    expected = label_map(phantom(handed=handed).geometry)
    path = tmp_path / "out" / "a.seg.nrrd"
    write_segmentation_nrrd(expected, provenance(), path, "Phantom")
    got = read_segmentation_nrrd(path)
    np.testing.assert_array_equal(got.array, expected.array)
    assert got.geometry.same_grid(expected.geometry, 1e-9)
    _check_segments(got, expected)
    assert got.segments[1].name["zh-CN"] == "左侧海马后部"
    assert [item.name for item in path.parent.iterdir()] == ["a.seg.nrrd"]


def test_nrrd_keeps_a_shear(tmp_path: Path, a_phantom: Phantom) -> None:
    matrix = a_phantom.geometry.ijk_to_ras.copy()
    matrix[:3, 2] += matrix[:3, 1] * 0.6
    expected = label_map(VolumeGeometry(a_phantom.geometry.shape, matrix))
    write_segmentation_nrrd(expected, provenance(), tmp_path / "a.seg.nrrd", "Phantom")
    assert read_segmentation_nrrd(tmp_path / "a.seg.nrrd").geometry.same_grid(expected.geometry, 1e-9)


def test_nrrd_is_the_same_every_time(tmp_path: Path, a_phantom: Phantom) -> None:
    digests = set()
    for name in ("a.seg.nrrd", "b.seg.nrrd"):
        write_segmentation_nrrd(label_map(a_phantom.geometry), provenance(), tmp_path / name, "Phantom")
        digests.add(hashlib.sha256((tmp_path / name).read_bytes()).hexdigest())
    assert len(digests) == 1


def test_simpleitk_reads_the_nrrd(
    tmp_path: Path, a_phantom: Phantom, capfd: pytest.CaptureFixture[str]
) -> None:
    import SimpleITK as sitk

    expected = label_map(a_phantom.geometry)
    write_segmentation_nrrd(expected, provenance(), tmp_path / "a.seg.nrrd", "Phantom")
    image = sitk.ReadImage(str(tmp_path / "a.seg.nrrd"))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(image), expected.array)
    for k, j, i in np.argwhere(expected.array == 2)[:3].tolist():
        place = np.array(image.TransformIndexToPhysicalPoint((i, j, k))) * [-1, -1, 1]
        np.testing.assert_allclose(place, expected.geometry.kji_to_ras((k, j, i)), atol=1e-6)
    assert image.GetMetaData("Segment1_ID") == "hippocampus_posterior-left"
    assert "DICOM.SegmentAlgorithmType:AUTOMATIC|" in image.GetMetaData("Segment0_Tags")
    assert "MedMM.ReferenceSeries:1.2.3.4.5|" in image.GetMetaData("Segment0_Tags")
    assert image.GetMetaData("Segment1_Extent") == _extent(expected.array == 2)
    assert capfd.readouterr() == ("", "")


def _extent(mask: np.ndarray) -> str:
    found = np.argwhere(mask)[:, ::-1]
    return " ".join(f"{low} {high}" for low, high in zip(found.min(0), found.max(0), strict=True))


@pytest.mark.mrml
@pytest.mark.parametrize("handed", [1, -1])
def test_slicer_reads_the_nrrd(handed: int, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    slicer = pytest.importorskip("slicer")
    from slicer import vtkMRMLScene, vtkMRMLSegmentationNode, vtkMRMLSegmentationStorageNode

    assert slicer is not None
    expected = label_map(phantom(handed=handed).geometry)
    write_segmentation_nrrd(expected, provenance(), tmp_path / "a.seg.nrrd", "Phantom")
    scene = vtkMRMLScene()
    node = scene.AddNode(vtkMRMLSegmentationNode())
    storage = vtkMRMLSegmentationStorageNode()
    storage.SetFileName(str(tmp_path / "a.seg.nrrd"))
    assert storage.ReadData(node) == 1
    segmentation = node.GetSegmentation()
    assert segmentation.GetNumberOfSegments() == 2
    for index, wanted in enumerate(sorted(expected.segments, key=lambda item: item.value)):
        segment = segmentation.GetNthSegment(index)
        assert segmentation.GetNthSegmentID(index) == wanted.id
        assert segment.GetName() == wanted.name["en"]
        assert segment.GetLabelValue() == wanted.value
        np.testing.assert_allclose(np.array(segment.GetColor()) * 255, wanted.color, atol=0.01)
        _check_tags(segment, wanted.type.value)
        _check_places(segment.GetRepresentation("Binary labelmap"), wanted.value, expected)
    assert capfd.readouterr().err == ""


def _check_tags(segment: object, type_code: str) -> None:
    from slicer import vtkSegment
    from vtk import reference

    assert isinstance(segment, vtkSegment)
    tags = {}
    for name in ("DICOM.SegmentAlgorithmType", "MedMM.Bundle", "MedMM.ReferenceSeries", "TerminologyEntry"):
        value = reference("")
        assert segment.GetTag(name, value)
        tags[name] = str(value)
    assert tags["DICOM.SegmentAlgorithmType"] == "AUTOMATIC"
    assert tags["MedMM.Bundle"] == "phantom-bundle"
    assert tags["MedMM.ReferenceSeries"] == "1.2.3.4.5"
    assert f"~SCT^{type_code}^" in tags["TerminologyEntry"]
    assert tags["TerminologyEntry"].count("~") == 6


def _check_places(image: object, value: int, expected: LabelMap) -> None:
    """The same voxels at the same places in RAS."""
    from vtk import vtkMatrix4x4
    from vtk.util.numpy_support import vtk_to_numpy

    extent = image.GetExtent()  # type: ignore[attr-defined]
    array = vtk_to_numpy(image.GetPointData().GetScalars())  # type: ignore[attr-defined]
    array = array.reshape([extent[2 * axis + 1] - extent[2 * axis] + 1 for axis in (2, 1, 0)])
    matrix = vtkMatrix4x4()
    image.GetImageToWorldMatrix(matrix)  # type: ignore[attr-defined]
    ijk_to_ras = np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])
    ijk = np.argwhere(array == value)[:, ::-1] + np.array(extent[::2])
    places = ijk @ ijk_to_ras[:3, :3].T + ijk_to_ras[:3, 3]
    wanted = expected.geometry.kji_to_ras(np.argwhere(expected.array == value))
    np.testing.assert_allclose(places, wanted, atol=1e-3)


def test_a_folder_of_results_reads_as_its_images(tmp_path: Path, a_phantom: Phantom) -> None:
    series = _source("ct", tmp_path, a_phantom)
    write_segmentation_dicom(label_map(_geometry(series)), series, provenance(), tmp_path / "ct" / "seg.dcm")
    write_segmentation_nrrd(label_map(_geometry(series)), provenance(), tmp_path / "ct" / "a.seg.nrrd", "x")
    [study] = scan([tmp_path / "ct"])
    [again] = study.series
    assert again.instance_uids == series.instance_uids
    assert [note.severity for note in again.notes] == ["info"]
