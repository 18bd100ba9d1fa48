"""DICOM PS3.15 basic profile on datasets of any depth.

Which attribute is removed, emptied, replaced or mapped comes from the tables of ``dicom-anonymizer`` (edition
2026c of the standard), and so do the dummy values. That library looks at the top level only, replaces UIDs at
random and empties references; here every level is treated, UIDs and dates are mapped with the key, content of
structured reports is cleaned, and what the tables do not name is removed unless it is known to be harmless.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from .deidentify_key import Pseudonyms, shifted_text
from .deidentify_text import REMOVED, TextScrubber
from .headers import DECODE_ERRORS

__all__ = ["PROFILE_EDITION", "ProfileContext", "apply_profile"]

PROFILE_EDITION = "2026c"
_Rule = Callable[[Any, tuple[int, int]], None]
_NO_ACTION = {"keep"}
_BULK_VRS = {"OB", "OW", "OB or OW", "OF", "OD", "OL", "OV", "UN"}
_BULK_KEPT = {
    "BluePaletteColorLookupTableData",
    "DoubleFloatPixelData",
    "ExtendedOffsetTable",
    "ExtendedOffsetTableLengths",
    "FloatPixelData",
    "GreenPaletteColorLookupTableData",
    "LUTData",
    "PixelData",
    "RedPaletteColorLookupTableData",
    "SegmentedBluePaletteColorLookupTableData",
    "SegmentedGreenPaletteColorLookupTableData",
    "SegmentedRedPaletteColorLookupTableData",
}
_TEXT_VRS = {"LO", "SH", "ST", "LT", "UC", "UT", "CS", "UR"}
_PROSE_VRS = {"ST", "LT", "UC", "UT"}
_DATE_VRS = {"DA", "DT"}
_GROUPS_WITHOUT_DATES = {0x0010, 0x0012, 0x0038, 0x4008}
_KEPT_UIDS = {"CodingSchemeUID", "ContextGroupExtensionCreatorUID", "ContextUID", "MappingResourceUID"}
# Sequences that the profile may empty, and without which SEG, SR and images no longer refer to each other.
_WALKED = {
    "ContentSequence",
    "CurrentRequestedProcedureEvidenceSequence",
    "IdenticalDocumentsSequence",
    "PertinentOtherEvidenceSequence",
    "PredecessorDocumentsSequence",
    "ReferencedImageSequence",
    "ReferencedInstanceSequence",
    "ReferencedSOPSequence",
    "ReferencedSeriesSequence",
    "ReferencedStudySequence",
    "SourceImageSequence",
    "VerifyingObserverSequence",
}
_NEVER = {0x5000, 0x6000}
"""Curves and overlays: may hold drawn text."""
# Concepts of content items about persons, places, numbers and equipment (PS3.16, TID 1002 to 1010).
_PERSONAL_CONCEPTS = {
    "121008", "121009", "121010", "121011", "121012", "121013", "121014", "121015", "121016", "121017",
    "121018", "121020", "121021", "121022", "121024", "121027", "121028", "121029", "121030", "121031",
    "121032", "121033", "121034", "121036", "121088", "121101", "121102", "121125", "121126", "121173",
    "121174", "122073", "128426", "128429", "128774",
}  # fmt: skip
_CONTENT_VALUES = ("TextValue", "PersonName", "UID", "Date", "DateTime", "Time")
_OBSERVER = "REMOVED"


@dataclass(frozen=True)
class ProfileContext:
    """What the profile needs beside the dataset.

    Parameters
    ----------
    pseudonyms : Pseudonyms
    scrubber : TextScrubber
        Cleans texts that stay.
    shift_days : int
        Of this patient.
    patient : str
        Patient id, or what stands in for it.
    """

    pseudonyms: Pseudonyms
    scrubber: TextScrubber
    shift_days: int
    patient: str


def apply_profile(dataset: Any, context: ProfileContext) -> None:
    """Treat a dataset and everything below it, in place.

    Parameters
    ----------
    dataset : pydicom.Dataset
    context : ProfileContext
    """
    for tag in list(dataset.keys()):
        if tag not in dataset:
            continue
        if _goes_unread(tag):
            del dataset[tag]
            continue
        try:
            element = dataset[tag]
            _treat(dataset, element, context)
        except DECODE_ERRORS:
            # What can not be decoded can not be judged.
            if tag in dataset:
                del dataset[tag]


def _goes_unread(tag: Any) -> bool:
    from pydicom.datadict import dictionary_has_tag, repeater_has_tag

    if tag.is_private or (tag.group & 0xFF00) in _NEVER or tag.element == 0:
        return True
    return not (dictionary_has_tag(tag) or repeater_has_tag(tag))


def _treat(dataset: Any, element: Any, context: ProfileContext) -> None:
    place = (element.tag.group, element.tag.element)
    if element.VR == "SQ" and (element.keyword in _WALKED or place not in _rules()):
        for item in element.value or ():
            if element.keyword == "ContentSequence":
                _clean_content(item, context)
            apply_profile(item, context)
    elif element.VR == "UI":
        if element.keyword not in _KEPT_UIDS:
            _map_values(element, context.pseudonyms.uid)
    elif place in _rules():
        if element.VR in _DATE_VRS and element.tag.group not in _GROUPS_WITHOUT_DATES:
            _map_values(element, lambda text: shifted_text(text, context.shift_days))
        else:
            _follow(dataset, element, place)
    else:
        _clean_other(dataset, element, context)


def _follow(dataset: Any, element: Any, place: tuple[int, int]) -> None:
    """What the table says; times of day stay, as the option with modified dates allows."""
    if element.VR == "TM":
        return
    try:
        _rules()[place](dataset, place)
    except NotImplementedError:
        # The library has no dummy value for this representation.
        del dataset[element.tag]
        return
    if element.VR in _DATE_VRS and element.tag in dataset:
        element.value = ""  # the library writes year 1, which looks like a date


def _clean_other(dataset: Any, element: Any, context: ProfileContext) -> None:
    """An attribute that the table does not name."""
    if element.VR == "PN":
        element.value = None
    elif element.VR == "AE" or (element.VR in _BULK_VRS and element.keyword not in _BULK_KEPT):
        del dataset[element.tag]
    elif element.VR in _DATE_VRS:
        _map_values(element, lambda text: shifted_text(text, context.shift_days))
    elif element.VR in _TEXT_VRS:
        _map_values(element, lambda text: _clean_text(element, text, context))


def _clean_text(element: Any, text: str, context: ProfileContext) -> str:
    cleaned = context.scrubber.clean(text, f"DICOM {element.keyword}", element.VR in _PROSE_VRS)
    # A code string has no brackets.
    return "" if element.VR == "CS" and cleaned != text else cleaned


def _map_values(element: Any, change: Callable[[str], str]) -> None:
    value = element.value
    if value is None:
        return
    if element.VM > 1:
        element.value = [change(str(item)) for item in value]
    elif str(value):
        element.value = change(str(value))


def _clean_content(item: Any, context: ProfileContext) -> None:
    """A content item of a structured report (Clean Structured Content option)."""
    concept = item.get("ConceptNameCodeSequence") or [None]
    code = str(concept[0].get("CodeValue", "")) if concept[0] is not None else ""
    personal = code in _PERSONAL_CONCEPTS
    for keyword in _CONTENT_VALUES:
        if not item.get(keyword):
            continue
        if keyword == "PersonName":
            item.PersonName = _OBSERVER
        elif keyword == "TextValue":
            text = str(item.TextValue)
            item.TextValue = REMOVED if personal else context.scrubber.clean(text, "structured report")
        elif keyword in {"Date", "DateTime"} and personal:
            setattr(item, keyword, "19000101" if keyword == "Date" else "19000101000000")
        elif keyword in {"Date", "DateTime"}:
            setattr(item, keyword, shifted_text(str(item.get(keyword)), context.shift_days))


@functools.cache
def _rules() -> Mapping[tuple[int, int], _Rule]:
    """Tag to the library's action; rules on groups of tags are covered by `_goes_unread`."""
    # The package has no type hints.
    from dicomanonymizer.simpledicomanonymizer import initialize_actions  # type: ignore[import-untyped]

    rules: dict[tuple[int, int], _Rule] = {
        (tag[0], tag[1]): action
        for tag, action in initialize_actions(f"dicomfields_{PROFILE_EDITION}").items()
        if len(tag) == 2 and action.__name__ not in _NO_ACTION
    }
    for place in _CLEANED_IN_PLACE:
        rules.pop(place, None)
    return rules


# Values of content items: replaced or cleaned in `_clean_content` already.
_CLEANED_IN_PLACE = ((0x0040, 0xA120), (0x0040, 0xA121), (0x0040, 0xA122), (0x0040, 0xA123), (0x0040, 0xA124),
                     (0x0040, 0xA160))  # fmt: skip
