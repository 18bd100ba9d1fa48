"""A FHIR R4 bundle to a clinical context: ``Patient``, ``Observation``, ``Condition``, ``DiagnosticReport``.

Each resource is checked by itself with the models of ``fhir.resources`` (R4B, which has these four as R4 has
them), so that one wrong resource costs that resource, not the bundle.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ..core import ClinicalContext, LaboratoryResult
from ..errors import InputError
from .fhir_observation import concept_text, observed_values, time_text
from .issue import ContextIssue, ContextReading, limited
from .laboratory import normalize_result
from .narrative import LONGEST_NARRATIVE, text_of_html

__all__ = ["LONGEST_TEXT", "MOST_ENTRIES", "context_from_fhir", "is_fhir"]

MOST_ENTRIES = 20_000
LONGEST_TEXT = 20_000

_SEXES = {"male": "M", "female": "F", "other": "O"}
_WITHDRAWN = ("entered-in-error", "cancelled", "refuted")
_PAST = ("resolved", "inactive", "remission")
_UNSURE = ("unconfirmed", "provisional", "differential")


@dataclass(frozen=True)
class _Entry:
    kind: str
    url: str
    body: Mapping[str, Any]
    where: str


@dataclass
class _Collected:
    birth_date: str | None = None
    sex: str | None = None
    laboratory: list[LaboratoryResult] = field(default_factory=list)
    conditions: list[str] = field(default_factory=list)
    reports: list[str] = field(default_factory=list)
    issues: list[ContextIssue] = field(default_factory=list)
    other_observations: int = 0

    def note(self, code: str, text: str, severity: str, where: str) -> None:
        self.issues.append(ContextIssue(code, text, severity, where))


def is_fhir(value: Any) -> bool:
    """Whether parsed JSON is a FHIR resource."""
    return isinstance(value, Mapping) and isinstance(value.get("resourceType"), str)


def context_from_fhir(bundle: Mapping[str, Any], source: str = "context") -> ContextReading:
    """Turn a bundle into a context.

    Parameters
    ----------
    bundle : mapping
        Parsed JSON, numbers as `decimal.Decimal` or int.
    source : str
        Names the document in errors.

    Returns
    -------
    ContextReading
        Resources and values that were refused are issues.

    Raises
    ------
    InputError
        If it is no bundle, is too large, or holds several patients.
    """
    entries = tuple(_entries(bundle, source))
    patient = _patient_keys(entries, source)
    collected = _Collected()
    readers = {
        "Patient": _read_patient,
        "Observation": _read_observation,
        "Condition": _read_condition,
        "DiagnosticReport": _read_report,
    }
    for entry in entries:
        if entry.kind in readers:
            resource = _checked(entry, patient, collected)
            if resource is not None:
                readers[entry.kind](resource, entry, collected)
    unread = Counter(entry.kind for entry in entries if entry.kind not in readers)
    if unread:
        kinds = ", ".join(f"{count} {kind[:40]}" for kind, count in sorted(unread.items())[:20])
        collected.note("unread-resources", f"Resources that are not read: {kinds}.", "info", "")
    if collected.other_observations:
        text = f"{collected.other_observations} observations are no laboratory values and were not used."
        collected.note("other-observations", text, "info", "")
    return ContextReading(_context(collected), limited(collected.issues))


def _context(collected: _Collected) -> ClinicalContext:
    lines = list(dict.fromkeys(collected.reports))
    if collected.conditions:
        lines.insert(0, f"Conditions: {'; '.join(dict.fromkeys(collected.conditions))}.")
    history = "\n".join(lines)
    if len(history) > LONGEST_TEXT:
        text = f"The history was cut after {LONGEST_TEXT} characters."
        collected.note("cut", text, "warning", "")
        history = history[:LONGEST_TEXT]
    return ClinicalContext(
        sex=collected.sex,
        history=history,
        laboratory=tuple(collected.laboratory),
        birth_date=collected.birth_date,
    )


def _entries(bundle: Mapping[str, Any], source: str) -> Iterator[_Entry]:
    kind = str(bundle.get("resourceType"))[:40]
    if kind != "Bundle":
        raise InputError(
            f"{source} is a FHIR {kind}, not a Bundle. Put the resources of the patient into one."
        )
    entries = bundle.get("entry")
    if entries is None:
        return
    if not isinstance(entries, list) or len(entries) > MOST_ENTRIES:
        raise InputError(f"{source}: 'entry' must be a list of at most {MOST_ENTRIES} resources. Correct it.")
    for index, entry in enumerate(entries):
        body = entry.get("resource") if isinstance(entry, Mapping) else None
        if not isinstance(body, Mapping) or not isinstance(body.get("resourceType"), str):
            continue
        url = entry.get("fullUrl")
        kind = body["resourceType"]
        yield _Entry(kind, url if isinstance(url, str) else "", body, f"entry[{index}] {kind[:40]}")


def _patient_keys(entries: tuple[_Entry, ...], source: str) -> frozenset[str]:
    """All references that mean the patient; empty where any does.

    Raises
    ------
    InputError
        If resources belong to several patients.
    """
    patients = [entry for entry in entries if entry.kind == "Patient"]
    identities = {_identity(entry) for entry in patients}
    if len(identities) > 1:
        raise InputError(f"{source} holds {len(identities)} patients. Give the bundle of one patient.")
    keys = {_reference(entry.url) for entry in patients if entry.url}
    keys |= {key for key in identities if key.startswith("Patient/")}
    if keys:
        return frozenset(keys)
    subjects = {key for entry in entries if (key := _subject_of(entry.body))}
    if len(subjects) > 1:
        raise InputError(
            f"{source} holds resources of {len(subjects)} subjects and no Patient that they name. "
            "Give the bundle of one patient."
        )
    return frozenset(subjects)


def _identity(patient: _Entry) -> str:
    identifier = patient.body.get("id")
    if isinstance(identifier, str) and identifier:
        return f"Patient/{identifier}"
    return _reference(patient.url) if patient.url else patient.where


def _subject_of(body: Mapping[str, Any]) -> str:
    subject = body.get("subject")
    reference = subject.get("reference") if isinstance(subject, Mapping) else None
    if not isinstance(reference, str) or reference.startswith("#"):
        return ""
    return _reference(reference)


def _reference(text: str) -> str:
    """``http://server/fhir/Patient/7/_history/2`` and ``Patient/7`` are one patient."""
    plain = text.partition("/_history/")[0].rstrip("/")
    before, found, identifier = plain.rpartition("Patient/")
    return f"Patient/{identifier}" if found and (not before or before.endswith("/")) else plain


def _checked(entry: _Entry, patient: frozenset[str], collected: _Collected) -> Any:
    """The parsed resource; None, with the reason as an issue, if it must not be used."""
    subject = _subject_of(entry.body)
    if subject and patient and subject not in patient:
        collected.note(
            "other-patient", "It belongs to another subject and was not used.", "error", entry.where
        )
        return None
    if entry.body.get("modifierExtension"):
        text = "It has a modifier extension, which may change its meaning, and was not used."
        collected.note("modifier", text, "error", entry.where)
        return None
    status = entry.body.get("status")
    if isinstance(status, str) and status in _WITHDRAWN:
        collected.note("withdrawn", f"Its status is {status}: it was not used.", "warning", entry.where)
        return None
    models, invalid = _models()
    try:
        return models[entry.kind].model_validate(dict(entry.body))
    except invalid as error:
        first = error.errors(include_input=False, include_url=False)[0]
        place = ".".join(str(part) for part in first["loc"])[:80]
        text = f"It is no valid FHIR R4 resource and was not used: {place}: {str(first['msg'])[:120]}."
        collected.note("invalid-resource", text, "error", entry.where)
    except RecursionError:
        collected.note("invalid-resource", "It is nested too deeply and was not used.", "error", entry.where)
    return None


@functools.cache
def _models() -> tuple[Mapping[str, Any], type[Any]]:
    try:
        from fhir.resources.R4B.condition import Condition
        from fhir.resources.R4B.diagnosticreport import DiagnosticReport
        from fhir.resources.R4B.observation import Observation
        from fhir.resources.R4B.patient import Patient
        from pydantic import ValidationError
    except ImportError as error:
        raise InputError(
            f"Reading FHIR needs the package fhir.resources ({error}). Install it: pip install fhir.resources"
        ) from error
    kinds = {
        "Patient": Patient,
        "Observation": Observation,
        "Condition": Condition,
        "DiagnosticReport": DiagnosticReport,
    }
    return kinds, ValidationError


def _read_patient(resource: Any, entry: _Entry, collected: _Collected) -> None:
    collected.sex = collected.sex or _SEXES.get(resource.gender or "")
    if collected.birth_date is None:
        collected.birth_date = time_text(resource.birthDate)[:10] or None


def _read_observation(resource: Any, entry: _Entry, collected: _Collected) -> None:
    observed = observed_values(resource, entry.body, entry.where)
    if observed.is_other:
        collected.other_observations += 1
        return
    collected.issues += observed.issues
    for reported in observed.results:
        result, issues = normalize_result(reported)
        collected.issues += issues
        if result is not None:
            collected.laboratory.append(result)
            if resource.status in ("preliminary", "registered", "unknown"):
                text = f"{reported.label} has the status {resource.status}."
                collected.note("preliminary", text, "info", entry.where)


def _read_condition(resource: Any, entry: _Entry, collected: _Collected) -> None:
    verification = _codes(resource.verificationStatus)
    if verification & set(_WITHDRAWN):
        text = f"Its verification status is {', '.join(sorted(verification))}: it was not used."
        collected.note("withdrawn", text, "warning", entry.where)
        return
    name = concept_text(resource.code) or _narrative(resource, entry, collected)
    if not name:
        collected.note("missing", "It has neither a code nor a text.", "info", entry.where)
        return
    remarks = []
    if resource.onsetDateTime:
        remarks.append(f"since {time_text(resource.onsetDateTime)[:10]}")
    remarks += [word for word in _PAST if word in _codes(resource.clinicalStatus)]
    remarks += [word for word in _UNSURE if word in verification]
    collected.conditions.append(f"{name} ({', '.join(remarks)})" if remarks else name)


def _read_report(resource: Any, entry: _Entry, collected: _Collected) -> None:
    codes = [concept_text(code) for code in resource.conclusionCode or []]
    text = resource.conclusion or "; ".join(code for code in codes if code)
    text = text or _narrative(resource, entry, collected)
    if not text:
        reason = "attachments are not read" if resource.presentedForm else "it has no conclusion"
        collected.note("missing", f"Nothing was taken from it: {reason}.", "info", entry.where)
        return
    period = resource.effectivePeriod
    day = time_text(resource.effectiveDateTime, period.start if period else None, resource.issued)[:10]
    title = concept_text(resource.code) or "Report"
    collected.reports.append(f"{title} ({day}): {text}" if day else f"{title}: {text}")


def _codes(concept: Any) -> set[str]:
    return {str(coding.code) for coding in (concept.coding or [] if concept else []) if coding.code}


def _narrative(resource: Any, entry: _Entry, collected: _Collected) -> str:
    if resource.text is None:
        return ""
    markup = str(resource.text.div)
    if len(markup) > LONGEST_NARRATIVE:
        collected.note("cut", "Its narrative is very long and was read in part.", "warning", entry.where)
    return text_of_html(markup)
