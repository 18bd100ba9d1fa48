"""What a DICOM header says about patient and examination."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from ..core import HeaderFacts, ReadingNote

__all__ = ["facts_of"]

_RADIOGRAPHY = {"CR", "DX", "RG", "MG"}
_VIEWS = {
    "PA": "PA",
    "AP": "AP",
    "LATERAL": "LATERAL",
    "LAT": "LATERAL",
    "LL": "LATERAL",
    "RL": "LATERAL",
    "LLAT": "LATERAL",
    "RLAT": "LATERAL",
}
# View codes of DICOM CID 4010 (SNOMED CT and the older SNOMED RT).
_VIEW_CODES = {
    "399348003": "AP",
    "R-10206": "AP",
    "272479007": "PA",
    "R-10214": "PA",
    "399067008": "LATERAL",
    "399198007": "LATERAL",
    "399173006": "LATERAL",
    "R-10236": "LATERAL",
    "R-10232": "LATERAL",
}
_VIEW_WORDS = {
    "PA": r"\bPA\b",
    "AP": r"\bAP\b",
    "LATERAL": r"\bLAT(ERAL)?\b",
}
_BODY_PARTS = {
    "CHEST": r"\b(CHEST|THORAX|CXR)\b",
    "HEAD": r"\b(HEAD|SKULL|CRANIUM)\b",
    "BRAIN": r"\b(BRAIN|HIPPOCAMPUS|CEREBRAL)\b",
    "NECK": r"\bNECK\b",
    "ABDOMEN": r"\b(ABDOMEN|ABDOMINAL|LIVER)\b",
    "PELVIS": r"\bPELVIS\b",
    "BREAST": r"\b(BREAST|MAMMOGRAM|MAMMOGRAPHY)\b",
    "SHOULDER": r"\bSHOULDER\b",
    "KNEE": r"\bKNEE\b",
    "ANKLE": r"\bANKLE\b",
    "WRIST": r"\bWRIST\b",
    "HAND": r"\bHAND\b",
    "FOOT": r"\bFOOT\b",
    "HIP": r"\bHIP\b",
    "PROSTATE": r"\bPROSTATE\b",
    "CSPINE": r"\b(C-?SPINE|CERVICAL SPINE)\b",
    "LSPINE": r"\b(L-?SPINE|LUMBAR SPINE)\b",
}
_LATERALITIES = {"L": "left", "R": "right", "B": "bilateral"}
_CLINICAL = (
    "AdmittingDiagnosesDescription",
    "ReasonForStudy",
    "ReasonForTheRequestedProcedure",
    "RequestedProcedureDescription",
    "AdditionalPatientHistory",
    "PatientComments",
)
_DATES = (("AcquisitionDate", "AcquisitionTime"), ("SeriesDate", "SeriesTime"), ("StudyDate", "StudyTime"))
_DAYS_PER_YEAR = 365.25
_AGE_UNITS = {"Y": 1.0, "M": 1 / 12, "W": 7 / _DAYS_PER_YEAR, "D": 1 / _DAYS_PER_YEAR}


def facts_of(header: Any) -> tuple[HeaderFacts, tuple[ReadingNote, ...]]:
    """Header facts, with a note for each that was guessed from a description.

    Parameters
    ----------
    header : pydicom.Dataset
    """
    modality = _text(header, "Modality").upper()
    body_part = _text(header, "BodyPartExamined").upper() or _coded_body_part(header)
    view = _view(header)
    notes: list[ReadingNote] = []
    if not body_part:
        body_part = _guess(header, _BODY_PARTS)
        notes += _guess_note("body-part", "body part", body_part)
    if not view and modality in _RADIOGRAPHY:
        view = _guess(header, _VIEW_WORDS)
        notes += _guess_note("view", "view", view)
    laterality = (_text(header, "ImageLaterality") or _text(header, "Laterality")).upper()
    age, age_note = _age_years(header)
    notes += age_note
    facts = HeaderFacts(
        modality=modality,
        body_part=body_part,
        view=view,
        laterality=_LATERALITIES.get(laterality, ""),
        study_description=_text(header, "StudyDescription"),
        series_description=_text(header, "SeriesDescription"),
        age_years=age,
        sex=_sex(header),
        clinical_text=_clinical_text(header),
        acquired_at=_acquired_at(header),
        manufacturer=_text(header, "Manufacturer"),
        patient_name=_text(header, "PatientName"),
        patient_id=_text(header, "PatientID"),
    )
    return facts, tuple(notes)


def _text(header: Any, keyword: str) -> str:
    """Value as one line; several values are joined."""
    value = header.get(keyword)
    if value is None:
        return ""
    values = [value] if isinstance(value, str) or not hasattr(value, "__iter__") else list(value)
    if keyword == "PatientName":
        values = [value]
    return " ".join("; ".join(str(item) for item in values).replace("\x00", " ").split())


def _coded_body_part(header: Any) -> str:
    for item in header.get("AnatomicRegionSequence") or ():
        meaning = _text(item, "CodeMeaning").upper()
        if meaning in _BODY_PARTS:
            return meaning
        if meaning == "THORAX":
            return "CHEST"
    return ""


def _view(header: Any) -> str:
    position = _text(header, "ViewPosition").upper()
    if position:
        return _VIEWS.get(position, position)
    for item in header.get("ViewCodeSequence") or ():
        view = _VIEW_CODES.get(_text(item, "CodeValue"))
        if view:
            return view
    return ""


def _guess(header: Any, patterns: dict[str, str]) -> str:
    """The only pattern that a description matches; empty when none or several do."""
    for keyword in ("SeriesDescription", "ProtocolName", "StudyDescription"):
        text = re.sub(r"[_/,;]+", " ", _text(header, keyword).upper())
        found = [name for name, pattern in patterns.items() if re.search(pattern, text)]
        if found:
            return found[0] if len(found) == 1 else ""
    return ""


def _guess_note(code: str, name: str, value: str) -> list[ReadingNote]:
    if not value:
        return []
    text = f"The header field for the {name} is empty; {value} was taken from the description."
    return [ReadingNote(f"guessed-{code}", text, "info")]


def _age_years(header: Any) -> tuple[float | None, list[ReadingNote]]:
    match = re.fullmatch(r"(\d{1,3})([YMWD])?", _text(header, "PatientAge").upper())
    if match:
        return round(int(match[1]) * _AGE_UNITS[match[2] or "Y"], 3), []
    born = _date(_text(header, "PatientBirthDate"))
    examined = next((day for name, _ in reversed(_DATES) if (day := _date(_text(header, name)))), None)
    if born is None or examined is None or examined < born:
        return None, []
    if examined == born:
        # Anonymization often writes one day into both fields.
        text = "The birth date in the header is the day of the examination; the age counts as not stated."
        return None, [ReadingNote("age-not-stated", text, "info")]
    return round((examined - born).days / _DAYS_PER_YEAR, 3), []


def _date(text: str) -> date | None:
    match = re.match(r"(\d{4})[.-]?(\d{2})[.-]?(\d{2})", text)
    if not match:
        return None
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


def _sex(header: Any) -> str | None:
    value = _text(header, "PatientSex").upper()[:1]
    return value if value in {"M", "F", "O"} else None


def _clinical_text(header: Any) -> str:
    texts = [_text(header, keyword) for keyword in _CLINICAL]
    return "\n".join(dict.fromkeys(text for text in texts if text))


def _acquired_at(header: Any) -> str | None:
    """ISO 8601 without a zone, seconds left out when the header has no time."""
    stamp = _text(header, "AcquisitionDateTime")
    pairs = [(stamp[:8], stamp[8:]), *((_text(header, day), _text(header, time)) for day, time in _DATES)]
    for day_text, time_text in pairs:
        day = _date(day_text)
        if day is not None:
            clock = re.match(r"([01]\d|2[0-3]):?([0-5]\d):?([0-5]\d)?", time_text)
            return f"{day.isoformat()}T{clock[1]}:{clock[2]}:{clock[3] or '00'}" if clock else day.isoformat()
    return None
