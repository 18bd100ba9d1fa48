"""DICOM series: from headers to series without pixels, and from those to volumes."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import ReadingNote, Series, Volume, VolumeGeometry
from ..errors import InputError, MemoryLimitError
from .facts import facts_of
from .frames import Frame, frames_of, functional_group
from .grids import GridPlan, plan_grid, projection_geometry, resample_slices
from .headers import quiet, read_dataset
from .pixels import ValueMap, common_dtype, decode, finite, smallest_integers, value_map, window_of
from .stacking import Stack, stacks_of

__all__ = ["load_dicom", "series_of"]

_CENTIMETER = 3  # Physical Units X/Y Direction of an ultrasound region
_TWO_DIMENSIONAL = 1  # Region Spatial Format


def series_of(headers: Mapping[Path, Any]) -> tuple[Series, ...]:
    """Series of the DICOM files of one series UID, split where they hold more than one volume.

    Parameters
    ----------
    headers : mapping of Path to pydicom.Dataset
        As `headers.read_header` gives them.

    Returns
    -------
    tuple of Series, without volumes
    """
    with quiet():  # values are parsed on access
        return _series_of(headers)


def _series_of(headers: Mapping[Path, Any]) -> tuple[Series, ...]:
    single: list[Frame] = []
    multiple: list[tuple[Frame, ...]] = []
    for path, header in headers.items():
        frames = frames_of(header, path)
        if frames[0].index is None:
            single += frames
        else:
            multiple.append(frames)
    result: list[Series] = []
    for group in ([single] if single else []) + [list(frames) for frames in multiple]:
        modality = str(headers[group[0].path].get("Modality") or "").upper()
        for stack in stacks_of(group, modality):
            result.append(_series(stack, headers[stack.frames[0].path]))
    return tuple(result)


def load_dicom(series: Series) -> Series:
    """Decode a series that `series_of` made.

    Raises
    ------
    InputError
        If a file can not be read any more.
    MemoryLimitError
        If the volume does not fit into memory.
    """
    with quiet():
        return _load(series)


def _load(series: Series) -> Series:
    datasets = [read_dataset(path) for path in series.paths]
    planes = _planes(series, datasets)
    plan, plan_notes = _plan(planes, datasets[0])
    array, window, notes = _values(planes, datasets, series)
    if planes[0].position_lps is not None and plan.is_resampled:
        array = resample_slices(array, plan.sources)
    array, more = finite(array, series.paths[0])
    volume = Volume(
        array=smallest_integers(array),
        geometry=plan.geometry,
        unit=_unit(datasets[0]),
        spacing_known=plan.spacing_known,
        window=window,
    )
    merged = dict.fromkeys((*series.notes, *plan_notes, *notes, *more))
    return dataclasses.replace(series, volume=volume, notes=tuple(merged))


def _series(stack: Stack, header: Any) -> Series:
    facts, fact_notes = facts_of(header)
    first = stack.frames[0]
    plan_notes = _plan(list(stack.frames), header)[1]
    name = facts.series_description or facts.study_description or facts.modality or first.path.stem
    in_frames = first.index is not None
    return Series(
        name=f"{name} ({stack.label})" if stack.label else name,
        facts=facts,
        paths=(first.path,) if in_frames else tuple(frame.path for frame in stack.frames),
        study_uid=str(header.get("StudyInstanceUID") or ""),
        series_uid=str(header.get("SeriesInstanceUID") or ""),
        frame_of_reference_uid=str(header.get("FrameOfReferenceUID") or ""),
        instance_uids=(first.instance_uid,)
        if in_frames
        else tuple(frame.instance_uid for frame in stack.frames),
        notes=(*stack.notes, *plan_notes, *fact_notes),
        frames=tuple(frame.index for frame in stack.frames if frame.index is not None),
    )


def _planes(series: Series, datasets: Sequence[Any]) -> list[Frame]:
    planes = [frame for path, data in zip(series.paths, datasets) for frame in frames_of(data, path)]
    if series.frames:
        if max(series.frames) >= len(planes):
            raise InputError(f"{series.paths[0]} has changed since it was scanned. Open the folder again.")
        return [planes[index] for index in series.frames]
    return planes


def _plan(planes: Sequence[Frame], header: Any) -> tuple[GridPlan, tuple[ReadingNote, ...]]:
    """Geometry for planes with and without positions."""
    first = planes[0]
    if first.position_lps is not None:
        plan = plan_grid(planes)
        return plan, plan.notes
    count = first.loops if first.loops > 1 else len(planes)
    spacing, known, notes = _unplaced_spacing(first, header)
    if count > 1 and known:
        known = False  # nothing says how far apart the images are
    if first.loops > 1:
        text = f"{count} frames without positions (cine loop); the distance between them is not known."
        notes.append(ReadingNote("cine", text, "info"))
    orientation = header.get("PatientOrientation") or ()
    geometry = projection_geometry(
        (count, *first.shape), spacing, () if isinstance(orientation, str) else list(orientation)
    )
    if count > 1 and first.loops == 1 and first.slice_mm:
        geometry = _stretched(geometry, first.slice_mm)
    if geometry.orientation[:2] != "LI":
        text = "The image is stored mirrored or upside down, as its header says; sides follow the header."
        notes.append(ReadingNote("patient-orientation", text))
    return GridPlan(geometry, np.arange(float(count)), tuple(notes), known), tuple(notes)


def _stretched(geometry: VolumeGeometry, slice_mm: float) -> VolumeGeometry:
    matrix = geometry.ijk_to_ras.copy()
    matrix[:3, 2] *= slice_mm
    return VolumeGeometry(geometry.shape, matrix)


def _unplaced_spacing(frame: Frame, header: Any) -> tuple[tuple[float, float], bool, list[ReadingNote]]:
    """Spacing of an image without a position: between rows, between columns."""
    detector = _pair(header.get("ImagerPixelSpacing")) or _pair(header.get("NominalScannedPixelSpacing"))
    calibrated = bool(header.get("PixelSpacingCalibrationType"))
    if frame.spacing_mm is not None and (calibrated or frame.spacing_mm != detector):
        return frame.spacing_mm, True, []
    if detector is not None:
        text = (
            "The pixel spacing is that of the detector or film, not the patient; sizes in mm are not valid."
        )
        return detector, False, [ReadingNote("detector-spacing", text)]
    regions = _region_spacing(header)
    if regions is not None:
        text = "The pixel spacing was taken from the calibration of the ultrasound region."
        return regions, True, [ReadingNote("region-spacing", text, "info")]
    aspect = _pair(header.get("PixelAspectRatio")) or (1.0, 1.0)
    text = "The file states no pixel spacing; 1 mm is assumed and sizes in mm are not valid."
    return (aspect[0] / aspect[1], 1.0), False, [ReadingNote("no-spacing", text)]


def _pair(value: Any) -> tuple[float, float] | None:
    if value is None or isinstance(value, str) or len(value) != 2:
        return None
    first, second = float(value[0]), float(value[1])
    return (first, second) if min(first, second) > 0 else None


def _region_spacing(header: Any) -> tuple[float, float] | None:
    """Spacing that all two-dimensional ultrasound regions agree on."""
    found = set()
    for region in header.get("SequenceOfUltrasoundRegions") or ():
        units = {region.get("PhysicalUnitsXDirection"), region.get("PhysicalUnitsYDirection")}
        if region.get("RegionSpatialFormat") != _TWO_DIMENSIONAL or units != {_CENTIMETER}:
            continue
        across, down = abs(float(region.PhysicalDeltaX)) * 10, abs(float(region.PhysicalDeltaY)) * 10
        if min(across, down) > 0:
            found.add((round(down, 6), round(across, 6)))
    return found.pop() if len(found) == 1 else None


def _values(
    planes: Sequence[Frame], datasets: Sequence[Any], series: Series
) -> tuple[NDArray[Any], tuple[float, float] | None, tuple[ReadingNote, ...]]:
    """Decode everything into one array; window of the middle plane; notes."""
    loops = planes[0].loops if planes[0].index is None else 1
    sources = _sources(planes, datasets)
    mapped = [value_map(data, index) for data, index in sources]
    maps = [item for item, _ in mapped]
    notes = dict.fromkeys(note for _, more in mapped for note in more)
    array: NDArray[Any] | None = None
    order = iter(range(len(planes) * loops))
    for data, path, indices in _batches(planes, datasets, series):
        for decoded in decode(data, path, indices):
            k = next(order)
            if array is None:
                array = _empty(len(planes) * loops, decoded, maps, series.paths[0])
            _store(array, k, decoded, maps[k // loops], path)
        if "PixelData" in data:
            del data.PixelData  # free memory as soon as a file is decoded
    if array is None or next(order, None) is not None:
        raise InputError(f"{series.paths[0]} holds fewer frames than its header says. Export it again.")
    middle = len(planes) // 2
    window = window_of(*sources[middle], maps[middle]) if array.ndim == 3 else None
    return array, window, tuple(notes) if array.ndim == 3 else ()


def _sources(planes: Sequence[Frame], datasets: Sequence[Any]) -> list[tuple[Any, int]]:
    if planes[0].index is not None:
        return [(datasets[0], plane.index or 0) for plane in planes]
    return [(data, 0) for data in datasets]


def _batches(
    planes: Sequence[Frame], datasets: Sequence[Any], series: Series
) -> list[tuple[Any, Path, list[int] | None]]:
    """What to decode in one go: one file with some frames, or each file whole."""
    if planes[0].index is not None:
        return [(datasets[0], series.paths[0], list(series.frames))]
    return [(data, path, None) for data, path in zip(datasets, series.paths)]


def _empty(count: int, decoded: NDArray[Any], maps: Sequence[ValueMap], path: Path) -> NDArray[Any]:
    dtype = np.dtype(np.uint8) if decoded.ndim == 3 else common_dtype(maps, decoded.dtype)
    try:
        return np.empty((count, *decoded.shape), dtype)
    except MemoryError as error:
        raise MemoryLimitError(
            f"The {count} images beside {path} do not fit into memory. Read fewer or smaller images."
        ) from error


def _store(array: NDArray[Any], k: int, decoded: NDArray[Any], mapping: ValueMap, path: Path) -> None:
    if decoded.shape != array.shape[1:]:
        raise InputError(f"{path} has another size or number of channels than its series. Export it again.")
    if decoded.ndim == 3 or mapping.is_identity:
        if decoded.dtype.kind in "iu" and not np.can_cast(decoded.dtype, array.dtype):
            limits = np.iinfo(array.dtype) if array.dtype.kind in "iu" else None
            if limits is not None and (decoded.min() < limits.min or decoded.max() > limits.max):
                raise InputError(f"{path} stores other values than the rest of its series. Export it again.")
        array[k] = decoded
    elif array.dtype.kind == "f":
        array[k] = decoded * mapping.slope + mapping.intercept
    else:
        array[k] = decoded.astype(array.dtype) * int(mapping.slope) + int(mapping.intercept)


def _unit(dataset: Any) -> str:
    modality = str(dataset.get("Modality") or "")
    group = functional_group(dataset, 0, "PixelValueTransformationSequence")
    kind = str((dataset if group is None else group).get("RescaleType") or "").upper()
    if modality == "CT" and kind in {"", "HU"}:  # "US" is DICOM's word for an unspecified unit
        return "[hnsf'U]"
    if modality == "PT" and str(dataset.get("Units") or "") == "BQML":
        return "Bq/mL"
    return "1"
