"""Label maps as DICOM Segmentation objects and as Slicer's ``.seg.nrrd``.

`write_segmentation_nrrd` and `read_segmentation_nrrd` live in `segmentation_nrrd` and are offered here too.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import (
    LATERALITY_CODES,
    CodedConcept,
    LabelMap,
    Provenance,
    SegmentDefinition,
    Series,
    VolumeGeometry,
)
from ..errors import InputError, OutputError
from .frames import functional_group, number_of_frames
from .grids import lps_to_ras, projection_geometry
from .headers import DECODE_ERRORS, quiet, read_dataset
from .segmentation_nrrd import read_segmentation_nrrd, write_segmentation_nrrd
from .sources import RESEARCH_USE, code, device_arguments, positions_of, save, short_text, source_headers

__all__ = [
    "read_segmentation_dicom",
    "read_segmentation_nrrd",
    "write_segmentation_dicom",
    "write_segmentation_nrrd",
]

_SERIES_NUMBER = 9100
_SNAP = 0.05
"""Planes nearer to a source plane than this part of the slice distance are taken to lie on it."""
_DEFAULT_COLOR = (128, 174, 128)
_ARTIFICIAL_INTELLIGENCE = CodedConcept("123110", "DCM", "Artificial Intelligence")


def write_segmentation_dicom(
    label_map: LabelMap,
    series: Series,
    provenance: Provenance,
    path: Path,
    algorithm_types: Mapping[str, str] | None = None,
) -> None:
    """Write a binary DICOM Segmentation that refers to its source images.

    Segments are numbered 1, 2, ... in the order of their label values; ids become tracking ids. Frames
    without any segment are left out, as DICOM allows.

    Parameters
    ----------
    label_map : LabelMap
        On the grid on which ``series`` was read, also where slices were interpolated.
    series : Series
        DICOM source.
    provenance : Provenance
        Names the algorithm.
    path : Path
    algorithm_types : mapping of str to str, optional
        By segment id: ``SEMIAUTOMATIC`` where a person corrected it, ``MANUAL`` where a person made it;
        ``AUTOMATIC`` where nothing is said.

    Raises
    ------
    OutputError
        If the source is not DICOM, the label map does not fit, or the file can not be written.
    DiskFullError
        If the disk is full.
    """
    segments = sorted(label_map.segments, key=lambda segment: segment.value)
    if not segments:
        raise OutputError(f"{path} was not written: the segmentation has no segments.")
    headers = source_headers(series)
    try:
        with quiet():
            dataset = _segmentation(label_map, segments, headers, series, provenance)
            _set_algorithm_types(dataset, algorithm_types or {})
    except DECODE_ERRORS as error:
        raise OutputError(
            f"{path} was not written: {series.name} allows no DICOM segmentation ({error}). Use NRRD."
        ) from error
    save(dataset, path)


def read_segmentation_dicom(path: Path, geometry: VolumeGeometry | None = None) -> LabelMap:
    """Read a DICOM Segmentation.

    Parameters
    ----------
    path : Path
    geometry : VolumeGeometry, optional
        Grid to put the segments on, e.g. that of the source series. When not given, the slices from the first
        to the last stored frame: files leave out slices without segments.

    Returns
    -------
    LabelMap
        Label values are the segment numbers. Where segments overlap, the later one wins.

    Raises
    ------
    InputError
        If the file is no segmentation, is damaged, has over 255 segments, or does not lie on ``geometry``.
    """
    dataset = read_dataset(path)
    if str(dataset.get("Modality")) != "SEG" or "SegmentSequence" not in dataset:
        raise InputError(f"{path} is no DICOM segmentation. Give a SEG object.")
    try:
        with quiet():
            return _label_map(dataset, path, geometry)
    except DECODE_ERRORS as error:
        raise InputError(f"{path} is damaged: {error}. Export the segmentation again.") from error


def _segmentation(
    label_map: LabelMap,
    segments: Sequence[SegmentDefinition],
    headers: Sequence[Any],
    series: Series,
    provenance: Provenance,
) -> Any:
    from highdicom.seg import Segmentation
    from pydicom.uid import generate_uid

    numbers = np.zeros(256, np.uint8)
    for number, segment in enumerate(segments, 1):
        numbers[segment.value] = number
    dataset = Segmentation(
        source_images=list(headers),
        pixel_array=numbers[label_map.array],
        segmentation_type="BINARY",
        segment_descriptions=[_description(n, item, provenance) for n, item in enumerate(segments, 1)],
        series_instance_uid=generate_uid(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        content_label="SEGMENTATION",
        content_description=short_text(f"{RESEARCH_USE}. AI segmentation, {provenance.bundle_id}"),
        content_creator_name="MedMM",
        **_planes(label_map.geometry, headers, series),
        **device_arguments(provenance),
    )
    dataset.SeriesDescription = short_text(f"{provenance.bundle_id} segmentation ({RESEARCH_USE.lower()})")
    return dataset


def _description(number: int, segment: SegmentDefinition, provenance: Provenance) -> Any:
    from highdicom import AlgorithmIdentificationSequence
    from highdicom.color import CIELabColor
    from highdicom.seg import SegmentDescription
    from pydicom.uid import generate_uid

    algorithm = AlgorithmIdentificationSequence(
        name=short_text(provenance.bundle_id),
        family=code(_ARTIFICIAL_INTELLIGENCE),
        version=short_text(provenance.bundle_version),
    )
    description = SegmentDescription(
        segment_number=number,
        segment_label=short_text(segment.name.get("en") or segment.id),
        segmented_property_category=code(segment.category),
        segmented_property_type=code(segment.type),
        algorithm_type="AUTOMATIC",
        algorithm_identification=algorithm,
        tracking_uid=generate_uid(),
        tracking_id=segment.id,
        display_color=CIELabColor.from_rgb(*segment.color),
    )
    side = LATERALITY_CODES.get(segment.laterality)
    if side is not None:
        kind = description.SegmentedPropertyTypeCodeSequence[0]
        kind.SegmentedPropertyTypeModifierCodeSequence = [code(side)]
    return description


def _set_algorithm_types(dataset: Any, types: Mapping[str, str]) -> None:
    """Say truthfully how a segment was made; what a person made names no algorithm."""
    for item in dataset.SegmentSequence:
        kind = types.get(str(item.TrackingID), "AUTOMATIC")
        item.SegmentAlgorithmType = kind
        if kind == "MANUAL":
            for name in ("SegmentAlgorithmName", "SegmentationAlgorithmIdentificationSequence"):
                if name in item:
                    delattr(item, name)


def _planes(geometry: VolumeGeometry, headers: Sequence[Any], series: Series) -> dict[str, Any]:
    """Where the frames lie; empty for sources without positions, whose pixels the frames share."""
    from highdicom import PixelMeasuresSequence, PlaneOrientationSequence, PlanePositionSequence

    source = np.array(positions_of(headers, series.paths))
    if not len(source):
        if geometry.shape != (1, int(headers[0].Rows), int(headers[0].Columns)):
            raise ValueError("images without positions take one frame of their own size")
        return {}
    matrix = lps_to_ras(geometry.ijk_to_ras)
    down, across, apart = (float(np.linalg.norm(matrix[:3, axis])) for axis in (1, 0, 2))
    normal = np.cross(matrix[:3, 0], matrix[:3, 1])
    along = abs(float(matrix[:3, 2] @ normal) / float(np.linalg.norm(normal)))
    positions = matrix[:3, 3] + np.outer(np.arange(geometry.shape[0]), matrix[:3, 2])
    nearest = source[np.linalg.norm(positions[:, None] - source[None], axis=2).argmin(axis=1)]
    near = np.linalg.norm(positions - nearest, axis=1) < _SNAP * apart
    positions[near] = nearest[near]
    cosines = [*(matrix[:3, 0] / across), *(matrix[:3, 1] / down)]
    return {
        "pixel_measures": PixelMeasuresSequence((down, across), along, along),
        "plane_orientation": PlaneOrientationSequence("PATIENT", [float(value) for value in cosines]),
        "plane_positions": [
            PlanePositionSequence("PATIENT", [float(value) for value in position]) for position in positions
        ],
    }


def _label_map(dataset: Any, path: Path, geometry: VolumeGeometry | None) -> LabelMap:
    segments = tuple(_definition(item) for item in dataset.SegmentSequence)
    if max(segment.value for segment in segments) > 255:
        raise InputError(f"{path} has more than 255 segments, which can not be read.")
    count = number_of_frames(dataset)
    pixels = dataset.pixel_array.reshape(count, int(dataset.Rows), int(dataset.Columns))
    positions = [functional_group(dataset, index, "PlanePositionSequence") for index in range(count)]
    placed = all(item is not None and item.get("ImagePositionPatient") for item in positions)
    if placed:
        corners = np.array([item.ImagePositionPatient for item in positions], float)
        geometry = geometry or _geometry_of_frames(dataset, corners)
        slices = _slices(path, dataset, geometry, corners)
    else:
        geometry = geometry or projection_geometry((1, *pixels.shape[1:]), _spacing(dataset) or (1.0, 1.0))
        slices = np.zeros(count, int)
    array = np.zeros(geometry.shape, np.uint8)
    if pixels.shape[1:] != array.shape[1:]:
        raise InputError(
            f"{path} has another matrix than the given image. Give the image that it belongs to."
        )
    for index, k in enumerate(slices):
        if str(dataset.get("SegmentationType")) == "LABELMAP":
            array[k] = pixels[index]
            continue
        half = int(dataset.get("MaximumFractionalValue") or 1) / 2
        number = functional_group(dataset, index, "SegmentIdentificationSequence").ReferencedSegmentNumber
        array[k][pixels[index] > (half if dataset.BitsAllocated > 1 else 0)] = int(number)
    return LabelMap(array, geometry, tuple(segment for segment in segments if segment.value > 0))


def _definition(item: Any) -> SegmentDefinition:
    from highdicom.color import CIELabColor

    kind = item.SegmentedPropertyTypeCodeSequence[0]
    modifiers = kind.get("SegmentedPropertyTypeModifierCodeSequence") or ()
    sides = {value.value: name for name, value in LATERALITY_CODES.items()}
    lab = item.get("RecommendedDisplayCIELabValue")
    red, green, blue = (
        CIELabColor.from_dicom_value(list(lab)).to_rgb(clip=True) if lab is not None else _DEFAULT_COLOR
    )
    label = str(item.get("SegmentLabel") or f"Segment {item.SegmentNumber}")
    return SegmentDefinition(
        value=int(item.SegmentNumber),
        id=str(item.get("TrackingID") or f"segment-{item.SegmentNumber}"),
        name={"en": label},
        category=_concept(item.SegmentedPropertyCategoryCodeSequence[0]),
        type=_concept(kind),
        color=(int(red), int(green), int(blue)),
        laterality=next((sides[m.CodeValue] for m in modifiers if m.get("CodeValue") in sides), ""),
    )


def _concept(item: Any) -> CodedConcept:
    value = item.get("CodeValue") or item.get("LongCodeValue") or item.get("URNCodeValue") or ""
    return CodedConcept(
        str(value), str(item.get("CodingSchemeDesignator") or ""), str(item.get("CodeMeaning") or "")
    )


def _spacing(dataset: Any) -> tuple[float, float] | None:
    measures = functional_group(dataset, 0, "PixelMeasuresSequence")
    value = measures.get("PixelSpacing") if measures is not None else None
    return (float(value[0]), float(value[1])) if value is not None else None


def _axes(dataset: Any) -> NDArray[np.float64]:
    cosines = np.array(
        functional_group(dataset, 0, "PlaneOrientationSequence").ImageOrientationPatient, np.float64
    )
    return np.stack([cosines[:3], cosines[3:], np.cross(cosines[:3], cosines[3:])], axis=1)


def _geometry_of_frames(dataset: Any, corners: NDArray[np.float64]) -> VolumeGeometry:
    """Grid from the first to the last stored frame."""
    axes = _axes(dataset)
    depths = corners @ axes[:, 2]
    first, last = corners[depths.argmin()], corners[depths.argmax()]
    measures = functional_group(dataset, 0, "PixelMeasuresSequence")
    steps = np.diff(np.unique(np.round(depths, 3)))
    stated = float(measures.get("SpacingBetweenSlices") or 0)
    distance = stated or (float(steps.min()) if len(steps) else float(measures.get("SliceThickness") or 1.0))
    count = round(float(depths.max() - depths.min()) / distance) + 1
    spacing = _spacing(dataset) or (1.0, 1.0)
    matrix = np.eye(4)
    matrix[:3, 0], matrix[:3, 1] = axes[:, 0] * spacing[1], axes[:, 1] * spacing[0]
    matrix[:3, 2] = (last - first) / (count - 1) if count > 1 else axes[:, 2] * distance
    matrix[:3, 3] = first
    return VolumeGeometry((count, int(dataset.Rows), int(dataset.Columns)), lps_to_ras(matrix))


def _slices(
    path: Path, dataset: Any, geometry: VolumeGeometry, corners: NDArray[np.float64]
) -> NDArray[np.intp]:
    """Slice of the grid on which each frame lies."""
    corners_ras = corners * [-1.0, -1.0, 1.0]
    kji = geometry.ras_to_kji(corners_ras)
    across = _axes(dataset)[:, 0] * [-1.0, -1.0, 1.0]
    aligned = float(across @ geometry.directions_ras[:, 0]) > 1 - 1e-4
    slices = np.rint(kji[:, 0]).astype(np.intp)
    off = np.abs(kji - np.stack([slices, 0 * slices, 0 * slices], axis=1)).max()
    if not aligned or off > 0.25 or slices.min() < 0 or slices.max() >= geometry.shape[0]:
        raise InputError(
            f"{path} does not lie on the grid of the given image. Give the image that it belongs to."
        )
    return slices
