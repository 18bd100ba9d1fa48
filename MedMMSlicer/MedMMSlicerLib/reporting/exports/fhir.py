"""A report as a FHIR R4 Bundle: DiagnosticReport, Observations, Device, ImagingStudy, Patient.

The Bundle is checked by the models of ``fhir.resources`` (R4B, which has these resources as R4 has them)
before it is returned. The patient has no identifier unless the caller gives one.
"""

from __future__ import annotations

import math
import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from html import escape
from typing import Any

from ...core import CodedConcept, Finding, Measurement, Prediction, Provenance, SegmentDefinition, localized
from ...errors import OutputError
from ..plain_text import clean_text
from .exported_report import ExportedReport
from .fhir_codes import OWN_SYSTEM, coding, concept, laterality, own_concept, quantity

__all__ = ["REPORT_STATES", "check_bundle", "to_fhir"]

REPORT_STATES = {"draft": "partial", "preliminary": "preliminary", "final": "final", "amended": "amended"}
"""``DiagnosticReport.status`` of each state: a draft is not yet something to act on, hence ``partial``."""
_OBSERVATION_STATES = {**REPORT_STATES, "draft": "preliminary"}
_NAMESPACE = uuid.UUID("6b1f7c1e-5d5e-5a0e-9d0b-3f7a4c2e8d11")
_REPORT = CodedConcept("18748-4", "LN", "Diagnostic imaging study")
_PRESENT = CodedConcept("52101004", "SCT", "Present")
_MOST_TEXT = 1_000_000


def to_fhir(exported: ExportedReport, patient: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Make the Bundle.

    Parameters
    ----------
    exported : ExportedReport
    patient : mapping, optional
        Elements of the FHIR Patient (``identifier``, ``name``, ...); without it the patient has none.

    Returns
    -------
    dict
        A Bundle of type ``collection`` for ``json.dumps(..., allow_nan=False)``. The same input gives
        the same ids.

    Raises
    ------
    OutputError
        If something does not fit into FHIR, for example a number that is not finite.
    """
    writer = _Writer(exported)
    bundle = writer.bundle(dict(patient or {}))
    return check_bundle(bundle)


def check_bundle(bundle: dict[str, Any]) -> dict[str, Any]:
    """Check a Bundle by the models of ``fhir.resources`` and return it.

    Raises
    ------
    OutputError
        If it is not valid; the first violation is named.
    """
    from fhir.resources.R4B.bundle import Bundle
    from pydantic import ValidationError

    try:
        Bundle.model_validate(bundle)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise OutputError(
            f"The FHIR bundle was not written: {place}: {first['msg']}. Export another format."
        ) from error
    return bundle


class _Writer:
    """One export; remembers the ids of the resources."""

    def __init__(self, exported: ExportedReport) -> None:
        self.exported = exported
        self.language = exported.report.language
        self.patient_url = self._url("patient", exported.name)
        self.study_urls = {uid: self._url("study", uid) for uid in exported.study_uids}

    def bundle(self, patient: dict[str, Any]) -> dict[str, Any]:
        """Everything in one Bundle."""
        entries = [
            (self.patient_url, {"resourceType": "Patient", **patient}),
            *((url, self._study(uid)) for uid, url in self.study_urls.items()),
        ]
        observations = []
        for prediction in self.exported.predictions:
            device = self._url(
                "device", prediction.provenance.bundle_id, prediction.provenance.bundle_version
            )
            entries.append((device, _device(prediction.provenance)))
            observations += self._observations(prediction, device)
        report = self._report([url for url, _ in observations])
        entries = [(self._url("report"), report), *entries, *observations]
        return {
            "resourceType": "Bundle",
            "id": self._url("bundle").removeprefix("urn:uuid:"),
            "type": "collection",
            "timestamp": _instant(self.exported.report.created_at),
            "entry": [
                {"fullUrl": url, "resource": _filled(resource)} for url, resource in dict(entries).items()
            ],
        }

    def _url(self, *parts: str) -> str:
        name = "\0".join((self.exported.name, *parts))
        return f"urn:uuid:{uuid.uuid5(_NAMESPACE, name)}"

    def _report(self, observations: Sequence[str]) -> dict[str, Any]:
        exported = self.exported
        signature = exported.signature
        issued = signature.at if signature is not None else exported.report.created_at
        return {
            "resourceType": "DiagnosticReport",
            "language": self.language,
            "text": {"status": "generated", "div": _narrative(exported)},
            "identifier": [{"system": "urn:medmm:case", "value": exported.name}],
            "status": REPORT_STATES[exported.standing],
            "category": [
                {"coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0074", "code": "RAD"}]}
            ],
            "code": concept(_REPORT, exported.report.title),
            "subject": {"reference": self.patient_url},
            "effectiveDateTime": _effective(exported),
            "issued": _instant(issued),
            "resultsInterpreter": [{"display": clean_text(signature.name)}] if signature is not None else [],
            "result": [{"reference": url} for url in observations],
            "imagingStudy": [{"reference": url} for url in self.study_urls.values()],
            "conclusion": _conclusion(exported),
            "conclusionCode": [
                concept(item.concept, localized(item.name, self.language))
                for prediction in exported.predictions
                for item in prediction.findings
                if item.status in {"accepted", "edited"} and item.kind == "finding"
            ],
        }

    def _study(self, uid: str) -> dict[str, Any]:
        exported = self.exported
        series = []
        facts = (
            {} if exported.case is None else {item.series_uid: item for item in exported.case.series.values()}
        )
        for series_uid in exported.series_uids(uid):
            modality = facts[series_uid].facts.modality if series_uid in facts else ""
            series.append({"uid": series_uid, "modality": _modality(modality or "OT")})
        return {
            "resourceType": "ImagingStudy",
            "identifier": [{"system": "urn:dicom:uid", "value": f"urn:oid:{uid}"}],
            "status": "available",
            "subject": {"reference": self.patient_url},
            "series": series,
        }

    def _observations(self, prediction: Prediction, device: str) -> list[tuple[str, dict[str, Any]]]:
        if not prediction.is_applicable:
            return []
        segments = {item.id: item for label_map in prediction.label_maps for item in label_map.segments}
        found = []
        for measurement in prediction.measurements:
            if math.isfinite(measurement.value):
                body = self._measurement(measurement, segments.get(measurement.segment_id))
                found.append((self._observation_url(prediction, measurement.id), body))
        for finding in prediction.findings:
            if finding.status != "rejected":
                found.append((self._observation_url(prediction, finding.id), self._finding(finding)))
        common = {
            "resourceType": "Observation",
            "status": _OBSERVATION_STATES[self.exported.standing],
            "category": [_imaging()],
            "subject": {"reference": self.patient_url},
            "effectiveDateTime": _effective(self.exported),
            "device": {"reference": device},
            "derivedFrom": [{"reference": url} for url in self.study_urls.values()],
        }
        return [(url, {**common, **body}) for url, body in found]

    def _observation_url(self, prediction: Prediction, name: str) -> str:
        return self._url("observation", prediction.provenance.bundle_id, name)

    def _measurement(self, item: Measurement, segment: SegmentDefinition | None) -> dict[str, Any]:
        side = laterality(item.laterality)
        return {
            "identifier": [{"system": "urn:medmm:measurement", "value": item.id}],
            "code": concept(item.quantity, localized(item.name, self.language)),
            "valueQuantity": quantity(item.value, item.unit),
            "bodySite": concept(segment.type, localized(segment.name, self.language)) if segment else None,
            "method": {"text": clean_text(item.method)} if item.method.strip() else None,
            "component": [_component("laterality", "Laterality", valueCodeableConcept=side)] if side else [],
        }

    def _finding(self, item: Finding) -> dict[str, Any]:
        components = [_component("status", "Review status", valueCodeableConcept=_status(item.status))]
        side = laterality(item.laterality)
        if side:
            components.append(_component("laterality", "Laterality", valueCodeableConcept=side))
        numbers = {
            ("probability", "Probability of finding"): item.probability,
            ("score", "Network score of finding"): item.score,
            ("operating-point", "Operating point"): item.operating_point and item.operating_point.threshold,
        }
        for (code, text), value in numbers.items():
            if value is not None and math.isfinite(value):
                components.append(_component(code, text, valueQuantity=quantity(value, "1")))
        confirmed = item.status in {"accepted", "edited"}
        return {
            "identifier": [{"system": "urn:medmm:finding", "value": item.id}],
            "code": concept(item.concept, localized(item.name, self.language)),
            # Present is what a reader says; a model gives a probability.
            "valueCodeableConcept": concept(_PRESENT) if confirmed else None,
            "component": components,
        }


def _component(code: str, text: str, **value: Any) -> dict[str, Any]:
    return {"code": own_concept(code, text), **value}


def _status(status: str) -> dict[str, Any]:
    words = {
        "proposed": "Proposed by an algorithm",
        "accepted": "Accepted by a reader",
        "edited": "Edited by a reader",
    }
    return own_concept(status, words.get(status, status))


def _imaging() -> dict[str, Any]:
    system = "http://terminology.hl7.org/CodeSystem/observation-category"
    return {"coding": [{"system": system, "code": "imaging", "display": "Imaging"}]}


def _modality(name: str) -> dict[str, Any]:
    return coding(CodedConcept(name, "DCM", ""))


def _device(provenance: Provenance) -> dict[str, Any]:
    return {
        "resourceType": "Device",
        "identifier": [{"system": "urn:medmm:bundle-sha256", "value": provenance.bundle_sha256}]
        if provenance.bundle_sha256
        else [],
        "manufacturer": "MedMM",
        "deviceName": [{"name": provenance.bundle_id, "type": "model-name"}],
        "version": [{"type": {"text": "bundle"}, "value": provenance.bundle_version or "unknown"}],
        "type": own_concept("model-bundle", "Machine learning model"),
        "note": [{"text": "Research use only; not a medical device."}],
        "property": [
            {
                "type": {"coding": [{"system": OWN_SYSTEM, "code": "provider"}], "text": "Ran on"},
                "valueCode": [{"text": provenance.provider_used}],
            }
        ]
        if provenance.provider_used
        else [],
    }


def _narrative(exported: ExportedReport) -> str:
    """The report as XHTML: headings, lists and nothing that could run."""
    report = exported.report
    parts = [f"<h1>{_html(report.title)}</h1>", f"<p><b>{_html(report.notice)}</b></p>"]
    for section in report.sections:
        items = "".join(f"<li>{_html(item.text)}</li>" for item in section.sentences)
        if items:
            parts.append(f"<h2>{_html(section.title)}</h2><ul>{items}</ul>")
    for addendum in exported.addenda:
        parts.append(f"<p>{_html(addendum.at)} {_html(addendum.who)}: {_html(addendum.text)}</p>")
    if exported.signature is not None:
        parts.append(f"<p>{_html(exported.signature.name)}, {_html(exported.signature.at)}</p>")
    head = f'<div xmlns="http://www.w3.org/1999/xhtml" xml:lang="{_html(report.language)}">'
    return f"{head}{''.join(parts)}</div>"


def _html(text: str) -> str:
    return escape(clean_text(text)[:_MOST_TEXT], quote=True)


def _conclusion(exported: ExportedReport) -> str:
    found = [
        clean_text(sentence.text)
        for section in exported.report.sections
        if section.id == "impression"
        for sentence in section.sentences
    ]
    return " ".join([*found, *(clean_text(item.text) for item in exported.addenda)])


def _effective(exported: ExportedReport) -> str:
    """When the images were made, as FHIR takes it; empty where nobody knows."""
    series = exported.case.series.get("current") if exported.case is not None else None
    text = series.facts.acquired_at if series is not None else None
    try:
        moment = datetime.fromisoformat(text) if text else None
    except ValueError:
        return ""
    if moment is None:
        return ""
    # Images state the clock of their place without a zone; FHIR then allows the day only.
    return moment.isoformat() if moment.tzinfo is not None else moment.date().isoformat()


def _instant(text: str) -> str:
    """A time with a zone; one without is taken for local time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return ""
    zoned = moment if moment.tzinfo is not None else moment.astimezone()
    return zoned.isoformat(timespec="seconds").replace("+00:00", "Z")


def _filled(value: Any) -> Any:
    """Without empty elements, which FHIR forbids."""
    if isinstance(value, dict):
        items = {key: _filled(item) for key, item in value.items()}
        return {key: item for key, item in items.items() if item not in (None, "", [], {})}
    if isinstance(value, list):
        return [item for item in map(_filled, value) if item not in (None, "", [], {})]
    return value
