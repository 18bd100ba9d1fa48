"""What a DICOM header says that must not leave with an export: names, ids, places, UIDs, dates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields
from datetime import date
from typing import Any

from .deidentify_key import is_public_uid, parse_date
from .headers import DECODE_ERRORS

__all__ = ["COMMON_WORDS", "Identifiers", "collect_identifiers", "name_parts"]

_TEXT_VRS = {"AE", "LO", "SH", "ST", "UC", "LT", "UT", "CS", "UR"}
_SHORTEST = 3
# Parts of keywords of attributes that name somebody or something; descriptions in free text are not among
# them, because their words are ordinary words.
_NAMING = (
    "Accession",
    "Address",
    "Admission",
    "ClinicalTrial",
    "Confirmation",
    "Contact",
    "Department",
    "DetectorID",
    "DeviceID",
    "FillerOrder",
    "GantryID",
    "Institution",
    "Insurance",
    "Issuer",
    "Location",
    "Locator",
    "MedicalRecord",
    "Occupation",
    "Operator",
    "OtherPatient",
    "PatientID",
    "PerformedProcedureStepID",
    "Physician",
    "PlacerOrder",
    "Requesting",
    "RequestedProcedureID",
    "Residence",
    "Responsible",
    "ScheduledProcedureStepID",
    "SerialNumber",
    "ServiceEpisodeID",
    "StationAETitle",
    "StationName",
    "StudyID",
    "Telephone",
    "Telecom",
    "VisitID",
)
_NOT_NAMING = (
    "CodeMeaning",
    "CodeValue",
    "CodingScheme",
    "Description",
    "MediaLocation",
    "Preserved",
    "Priority",
    "TypeOf",
)
_DESCRIPTIONS = {
    "ImageComments",
    "PerformedProcedureStepDescription",
    "ProtocolName",
    "RequestedProcedureDescription",
    "SeriesDescription",
    "StudyDescription",
}
_SCHEME_UIDS = {"CodingSchemeUID", "MappingResourceUID", "ContextUID", "ContextGroupExtensionCreatorUID"}
_OWN_MANUFACTURER = "MedMM"
"""On objects that MedMM made, the equipment is a model bundle and names nobody."""
# Names that are also words of a report: taking them out alone could turn a sentence around.
_WORD_LINES = (
    "left right no not none normal small large long short white black gray grey brown green stone",
    "brain head chest lung heart may will young old low high hand foot back best early late strong sharp",
    "rich cross bone skull field rose summer winter april june august",
)
COMMON_WORDS = frozenset(word for line in _WORD_LINES for word in line.split())
# Alone, these name no place.
_GENERIC = {"radiology", "imaging", "hospital", "clinic", "department", "ward", "main", "other"}
_EMPTY_NAMES = {
    "medmm",
    "anonymous",
    "anonymized",
    "unknown",
    "none",
    "removed",
    "patient",
    "name",
    "test",
    "noname",
}


@dataclass(frozen=True)
class Identifiers:
    """Values to search for. Nothing of this is ever written.

    Parameters
    ----------
    names : frozenset of str
        Person names as DICOM stores them (``Doe^Jane=...``).
    words : frozenset of str
        Ids, places, telephone numbers: whole values.
    uids : frozenset of str
    phrases : frozenset of str
        Descriptions in free text: taken out of texts as a whole, not searched for in bytes, because their
        words are ordinary words.
    dates, birth_dates : frozenset of date
    """

    names: frozenset[str] = field(default=frozenset(), repr=False)
    words: frozenset[str] = field(default=frozenset(), repr=False)
    uids: frozenset[str] = field(default=frozenset(), repr=False)
    phrases: frozenset[str] = field(default=frozenset(), repr=False)
    dates: frozenset[date] = field(default=frozenset(), repr=False)
    birth_dates: frozenset[date] = field(default=frozenset(), repr=False)

    def merged(self, *others: Identifiers) -> Identifiers:
        """All of them together."""
        everything = (self, *others)
        return Identifiers(
            **{
                item.name: frozenset().union(*(getattr(one, item.name) for one in everything))
                for item in fields(self)
            }
        )

    def needles(self) -> tuple[str, ...]:
        """Texts that must not occur anywhere in an export, longest first."""
        found = {part for name in self.names for part in name_parts(name, _SHORTEST + 1)}
        found = {text for text in found if text.casefold() not in COMMON_WORDS}
        found |= {word for word in self.words if len(word) > _SHORTEST or not word.isascii()}
        found |= set(self.uids)
        found |= {f"{day:%Y%m%d}" for day in self.birth_dates | self.dates if day.year >= 1000}
        return tuple(sorted(found, key=lambda text: (-len(text), text)))


def name_parts(name: str, shortest: int = _SHORTEST) -> tuple[str, ...]:
    """The whole name as it may be written, and its parts of at least ``shortest`` letters (Chinese: two)."""
    found: list[str] = []
    for group in str(name).split("="):
        parts = [part.strip() for part in group.split("^") if part.strip()]
        if not parts or " ".join(parts).casefold() in _EMPTY_NAMES:
            continue
        if all(map(_is_wide, parts)):
            found += ["".join(parts), *(part for part in parts if len(part) > 1)]
            continue
        found += ["^".join(parts), " ".join(parts), " ".join(parts[:2][::-1])]
        pieces = [piece for part in parts for piece in part.replace(",", " ").split()]
        found += [piece for piece in pieces if len(piece) >= (2 if _is_wide(piece) else shortest)]
    return tuple(
        dict.fromkeys(text for text in found if len(text) > 1 and text.casefold() not in _EMPTY_NAMES)
    )


def collect_identifiers(dataset: Any) -> Identifiers:
    """Walk over a dataset with all its sequences and gather what identifies.

    Parameters
    ----------
    dataset : pydicom.Dataset
    """
    names, words, uids, phrases = set[str](), set[str](), set[str](), set[str]()
    dates, birth_dates = set[date](), set[date]()
    # Descriptions on objects that MedMM made are our own words.
    is_ours = str(dataset.get("Manufacturer") or "") == _OWN_MANUFACTURER
    for element in _elements(dataset):
        values = [str(value).strip().strip("\0") for value in _values(element)]
        if element.VR == "PN":
            names.update(filter(None, values))
        elif element.VR == "UI" and element.keyword not in _SCHEME_UIDS:
            uids.update(value for value in values if value.count(".") >= 3 and not is_public_uid(value))
        elif element.VR in {"DA", "DT"}:
            days = {day for day in map(parse_date, values) if day is not None}
            (birth_dates if "Birth" in element.keyword else dates).update(days)
        elif (
            element.VR in _TEXT_VRS
            and not (is_ours and element.tag.group == 0x0018)
            and _names_something(element)
        ):
            words.update(line for value in values for line in _lines(value))
        elif element.keyword in _DESCRIPTIONS and not is_ours:
            phrases.update(line for value in values for line in _lines(value) if not line.isalpha())
    texts = (frozenset(names), frozenset(words), frozenset(uids), frozenset(phrases))
    return Identifiers(*texts, frozenset(dates), frozenset(birth_dates))


def _names_something(element: Any) -> bool:
    keyword = str(element.keyword)
    return any(part in keyword for part in _NAMING) and not any(part in keyword for part in _NOT_NAMING)


def _lines(value: str) -> Iterator[str]:
    for line in value.splitlines():
        line = " ".join(line.split())
        if len(line) >= _SHORTEST and line.casefold() not in _EMPTY_NAMES | _GENERIC:
            yield line


def _elements(dataset: Any) -> Iterator[Any]:
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except DECODE_ERRORS:
            continue  # what can not be decoded is removed by the profile
        if element.VR == "SQ":
            for item in element.value or ():
                yield from _elements(item)
        else:
            yield element


def _values(element: Any) -> Iterable[Any]:
    value = element.value
    if value is None or isinstance(value, bytes):
        return ()
    return value if element.VM > 1 else (value,)


def _is_wide(text: str) -> bool:
    return bool(text) and all(ord(character) > 0x2E7F for character in text)
