"""Measurements and findings as a DICOM structured report (TID 1500, Imaging Measurement Report)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..core import LATERALITY_CODES, CodedConcept, Finding, Measurement, Prediction, SegmentDefinition, Series
from ..errors import OutputError
from .headers import DECODE_ERRORS, quiet, read_dataset
from .sources import MANUFACTURER, RESEARCH_USE, code, device_arguments, save, short_text, source_headers

__all__ = ["write_measurement_report"]

_SERIES_NUMBER = 9200
_TITLE = CodedConcept("126000", "DCM", "Imaging Measurement Report")
_PROCEDURE = CodedConcept("363679005", "SCT", "Imaging procedure")
_LANGUAGE = CodedConcept("en", "RFC5646", "English")
_DEVICE = CodedConcept("121007", "DCM", "Device")
_PROBABILITY = CodedConcept("probability", "99MEDMM", "Probability of finding")
_SCORE = CodedConcept("score", "99MEDMM", "Network score of finding")
_STATUS = CodedConcept("status", "99MEDMM", "Review status")
_NOTICE = CodedConcept("notice", "99MEDMM", "Notice")
_NOTICE_VALUE = CodedConcept("research-use", "99MEDMM", "Research use only, not for diagnosis")
_LATERALITY = CodedConcept("272741003", "SCT", "Laterality")
_ANATOMY = "123037004"  # SNOMED CT Anatomical Structure, as a segment's category
_NO_UNITS = CodedConcept("1", "UCUM", "no units")
_STATES = {
    "proposed": CodedConcept("proposed", "99MEDMM", "Proposed by an algorithm"),
    "accepted": CodedConcept("accepted", "99MEDMM", "Accepted by a reader"),
    "rejected": CodedConcept("rejected", "99MEDMM", "Rejected by a reader"),
    "edited": CodedConcept("edited", "99MEDMM", "Edited by a reader"),
}


@dataclass(frozen=True, eq=False)
class _Sources:
    """What the report refers to."""

    headers: Sequence[Any]
    segmentation: Any
    prediction: Prediction


def write_measurement_report(
    prediction: Prediction, series: Series, segmentation_path: Path | None, path: Path
) -> None:
    """Write measurements and findings as a structured report that refers to images and segmentation.

    Each segment with measurements becomes a measurement group on its segment of the DICOM segmentation, or on
    the images where there is none. Measurements without a segment and findings become groups on the images.
    The report says that it is for research use, and is neither complete nor verified.

    Parameters
    ----------
    prediction : Prediction
    series : Series
        DICOM source.
    segmentation_path : Path or None
        DICOM segmentation of the same prediction, from `segmentation.write_segmentation_dicom`.
    path : Path

    Raises
    ------
    OutputError
        If the source is not DICOM, or the file can not be written.
    DiskFullError
        If the disk is full.
    """
    sources = _Sources(
        source_headers(series),
        read_dataset(segmentation_path) if segmentation_path is not None else None,
        prediction,
    )
    try:
        with quiet():
            dataset = _report(sources)
    except DECODE_ERRORS as error:
        raise OutputError(
            f"{path} was not written: {series.name} allows no structured report ({error}). Use JSON."
        ) from error
    save(dataset, path)


def _report(sources: _Sources) -> Any:
    from highdicom.sr import (
        Comprehensive3DSR,
        LanguageOfContentItemAndDescendants,
        MeasurementReport,
    )
    from pydicom.uid import generate_uid

    provenance = sources.prediction.provenance
    content = MeasurementReport(
        observation_context=_context(sources),
        procedure_reported=code(_PROCEDURE),
        imaging_measurements=_groups(sources),
        title=code(_TITLE),
        language_of_content_item_and_descendants=LanguageOfContentItemAndDescendants(code(_LANGUAGE)),
    )
    evidence = [*sources.headers, *([sources.segmentation] if sources.segmentation is not None else [])]
    device = device_arguments(provenance)
    dataset = Comprehensive3DSR(
        evidence=evidence,
        content=content[0],
        series_instance_uid=generate_uid(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        is_complete=False,
        is_final=False,
        is_verified=False,
        series_description=short_text(f"{RESEARCH_USE}: AI measurements, {provenance.bundle_id}"),
        **device,
    )
    dataset.ContentLabel = "MEASUREMENTS"
    return dataset


def _context(sources: _Sources) -> Any:
    from highdicom.sr import DeviceObserverIdentifyingAttributes, ObservationContext, ObserverContext
    from pydicom.uid import generate_uid

    provenance = sources.prediction.provenance
    device = DeviceObserverIdentifyingAttributes(
        # The same bundle is the same observer in every report.
        uid=generate_uid(entropy_srcs=[provenance.bundle_id, provenance.bundle_sha256]),
        name=short_text(f"{provenance.bundle_id} ({RESEARCH_USE.lower()})"),
        manufacturer_name=MANUFACTURER,
        model_name=short_text(f"{provenance.bundle_id} {provenance.bundle_version}"),
        serial_number=provenance.bundle_sha256[:64] or None,
    )
    return ObservationContext(
        observer_device_context=ObserverContext(
            observer_type=code(_DEVICE), observer_identifying_attributes=device
        )
    )


def _groups(sources: _Sources) -> list[Any]:
    prediction = sources.prediction
    segments = [segment for label_map in prediction.label_maps for segment in label_map.segments]
    groups: list[Any] = []
    taken: set[str] = set()
    for segment in sorted(segments, key=lambda item: item.value):
        found = [item for item in prediction.measurements if item.segment_id == segment.id]
        taken.update(item.id for item in found)
        groups.append(_segment_group(sources, segment, found))
    for finding in prediction.findings:
        found = [item for item in prediction.measurements if item.id in finding.measurement_ids]
        # A measurement on a segment stands in that segment's group already.
        rest = [item for item in found if item.id not in taken]
        taken.update(item.id for item in rest)
        groups.append(_finding_group(sources, finding, rest))
    rest = [item for item in prediction.measurements if item.id not in taken]
    groups += [_image_group(sources, [item]) for item in rest]
    return groups or [_image_group(sources, [])]  # the template wants one group at least


def _segment_group(sources: _Sources, segment: SegmentDefinition, found: Sequence[Measurement]) -> Any:
    from highdicom.sr import VolumetricROIMeasurementsAndQualitativeEvaluations

    reference = _segment_reference(sources, segment)
    if reference is None:
        return _image_group(sources, found, segment)
    return VolumetricROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=_tracking(sources, segment),
        referenced_segment=reference,
        finding_type=code(segment.type),
        finding_category=code(segment.category),
        finding_sites=_site(segment),
        algorithm_id=_algorithm(sources),
        measurements=[_measurement(sources, item) for item in found] or None,
        qualitative_evaluations=[_evaluation(_NOTICE, _NOTICE_VALUE), *_side(segment.laterality)],
    )


def _image_group(
    sources: _Sources, found: Sequence[Measurement], segment: SegmentDefinition | None = None
) -> Any:
    """Measurements on the images as a whole."""
    from highdicom.sr import MeasurementsAndQualitativeEvaluations, TrackingIdentifier

    name = segment.id if segment is not None else (found[0].id if found else "image")
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(identifier=short_text(name)),
        finding_type=code(segment.type) if segment is not None else None,
        finding_sites=_site(segment) if segment is not None else None,
        algorithm_id=_algorithm(sources),
        measurements=[_measurement(sources, item) for item in found] or None,
        qualitative_evaluations=[
            _evaluation(_NOTICE, _NOTICE_VALUE),
            *_side(segment.laterality if segment is not None else ""),
        ],
        source_images=_source_images(sources),
    )


def _finding_group(sources: _Sources, finding: Finding, found: Sequence[Measurement]) -> Any:
    from highdicom.sr import MeasurementsAndQualitativeEvaluations, TrackingIdentifier

    values = [_measurement(sources, item) for item in found]
    for concept, value in ((_PROBABILITY, finding.probability), (_SCORE, finding.score)):
        if value is not None:
            values.append(_number(sources, concept, value, _NO_UNITS))
    return MeasurementsAndQualitativeEvaluations(
        tracking_identifier=TrackingIdentifier(identifier=short_text(finding.id)),
        finding_type=code(finding.concept),
        algorithm_id=_algorithm(sources),
        measurements=values or None,
        qualitative_evaluations=[
            _evaluation(_NOTICE, _NOTICE_VALUE),
            _evaluation(_STATUS, _STATES[finding.status]),
            *_side(finding.laterality),
        ],
        source_images=_source_images(sources),
    )


def _segment_reference(sources: _Sources, segment: SegmentDefinition) -> Any:
    """Reference to the item of the DICOM segmentation with the same tracking id, or None."""
    from highdicom.sr import ReferencedSegment, SourceImageForSegmentation, SourceSeriesForSegmentation

    if sources.segmentation is None:
        return None
    item = next((i for i in sources.segmentation.SegmentSequence if i.get("TrackingID") == segment.id), None)
    if item is None:
        return None
    first = sources.headers[0]
    placed = bool(first.get("FrameOfReferenceUID"))
    return ReferencedSegment(
        sop_class_uid=str(sources.segmentation.SOPClassUID),
        sop_instance_uid=str(sources.segmentation.SOPInstanceUID),
        segment_number=int(item.SegmentNumber),
        source_series=SourceSeriesForSegmentation(str(first.SeriesInstanceUID)) if placed else None,
        source_images=None
        if placed
        else [SourceImageForSegmentation(str(first.SOPClassUID), str(first.SOPInstanceUID))],
    )


def _tracking(sources: _Sources, segment: SegmentDefinition) -> Any:
    from highdicom.sr import TrackingIdentifier

    items = sources.segmentation.SegmentSequence
    uid = next((str(i.TrackingUID) for i in items if i.get("TrackingID") == segment.id), None)
    return TrackingIdentifier(uid=uid, identifier=short_text(segment.id))


def _site(segment: SegmentDefinition) -> list[Any] | None:
    """Where a segment lies, if it is itself a part of the body."""
    from highdicom.sr import FindingSite

    if segment.category.value != _ANATOMY:
        return None
    side = LATERALITY_CODES.get(segment.laterality)
    return [FindingSite(code(segment.type), laterality=code(side) if side is not None else None)]


def _side(laterality: str) -> list[Any]:
    side = LATERALITY_CODES.get(laterality)
    return [_evaluation(_LATERALITY, side)] if side is not None else []


def _algorithm(sources: _Sources) -> Any:
    from highdicom.sr import AlgorithmIdentification

    provenance = sources.prediction.provenance
    return AlgorithmIdentification(
        name=provenance.bundle_id,
        version=provenance.bundle_version or "unknown",
        parameters=[f"sha256={provenance.bundle_sha256}", f"provider={provenance.provider_used}"],
        manufacturer=MANUFACTURER,
    )


def _measurement(sources: _Sources, measurement: Measurement) -> Any:
    unit = CodedConcept(measurement.unit, "UCUM", measurement.unit) if measurement.unit != "1" else _NO_UNITS
    return _number(sources, measurement.quantity, measurement.value, unit, measurement)


def _number(
    sources: _Sources,
    concept: CodedConcept,
    value: float,
    unit: CodedConcept,
    measurement: Measurement | None = None,
) -> Any:
    from highdicom.sr import Measurement as DicomMeasurement
    from highdicom.sr import TrackingIdentifier

    return DicomMeasurement(
        name=code(concept),
        value=float(value),
        unit=code(unit),
        tracking_identifier=TrackingIdentifier(identifier=short_text(measurement.id))
        if measurement
        else None,
        algorithm_id=_algorithm(sources),
    )


def _evaluation(name: CodedConcept, value: CodedConcept) -> Any:
    from highdicom.sr import QualitativeEvaluation

    return QualitativeEvaluation(code(name), code(value))


def _source_images(sources: _Sources) -> list[Any]:
    from highdicom.sr import SourceImageForMeasurementGroup

    return [
        SourceImageForMeasurementGroup(str(header.SOPClassUID), str(header.SOPInstanceUID))
        for header in sources.headers
    ]
