"""The narrative of a report as a DICOM Basic Text SR (TID 2000, Basic Diagnostic Imaging Report).

Sections become containers with coded headings, sentences become text items that say who wrote them. The
report refers to the images, to the segmentation and to the measurement report (TID 1500). Research use only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from ..core import CodedConcept, Report, ReportSection, ReportSentence
from ..errors import OutputError
from .headers import DECODE_ERRORS, quiet, read_dataset
from .sources import MANUFACTURER, RESEARCH_USE, code, save, short_text

__all__ = ["Verification", "WrittenAddendum", "headers_of_report", "write_text_report"]

_SERIES_NUMBER = 9300
_LONGEST_NAME = 60
_TITLE = CodedConcept("18748-4", "LN", "Diagnostic Imaging Report")
_LANGUAGES = {
    "en": CodedConcept("en", "RFC5646", "English"),
    "zh-CN": CodedConcept("zh-CN", "RFC5646", "Chinese, China"),
}
_LANGUAGE = CodedConcept("121049", "DCM", "Language of Content Item and Descendants")
_OBSERVER_TYPE = CodedConcept("121005", "DCM", "Observer Type")
_PERSON = CodedConcept("121006", "DCM", "Person")
_DEVICE = CodedConcept("121007", "DCM", "Device")
_PERSON_NAME = CodedConcept("121008", "DCM", "Person Observer Name")
_DEVICE_UID = CodedConcept("121012", "DCM", "Device Observer UID")
_DEVICE_NAME = CodedConcept("121013", "DCM", "Device Observer Name")
_DEVICE_MAKER = CodedConcept("121014", "DCM", "Device Observer Manufacturer")
_NOTICE = CodedConcept("notice", "99MEDMM", "Notice")
_REFERENCES = CodedConcept("references", "99MEDMM", "References")
_SOURCE = CodedConcept("260753009", "SCT", "Source")
_AUTHOR = CodedConcept("sentence-author", "99MEDMM", "Author of sentence")
_AUTHORS = {
    "model": CodedConcept("model", "99MEDMM", "Drafted by a model"),
    "template": CodedConcept("template", "99MEDMM", "Fixed text"),
    "reader": CodedConcept("reader", "99MEDMM", "Written by a reader"),
}
_PROCEDURES = CodedConcept("55111-9", "LN", "Current Procedure Descriptions")
_FINDINGS = CodedConcept("59776-5", "LN", "Findings")
_ADDENDUM = CodedConcept("55107-7", "LN", "Addendum")
# PS3.16 CID 7001 where it has a heading for the section.
_HEADINGS = {
    "examination": _PROCEDURES,
    "technique": _PROCEDURES,
    "indication": CodedConcept("18785-6", "LN", "Indications for Procedure"),
    "history": CodedConcept("11329-0", "LN", "History"),
    "comparison": CodedConcept("18834-2", "LN", "Previous Findings"),
    "findings": _FINDINGS,
    "measurements": _FINDINGS,
    "impression": CodedConcept("19005-8", "LN", "Impressions"),
    "recommendation": CodedConcept("18783-1", "LN", "Recommendations"),
    "communication": CodedConcept("73568-8", "LN", "Communication of Critical Results"),
    "addendum": _ADDENDUM,
}
_FINDING = CodedConcept("121071", "DCM", "Finding")
_PROCEDURE = CodedConcept("121065", "DCM", "Procedure Description")
# PS3.16 CID 7002.
_ELEMENTS = {
    "examination": _PROCEDURE,
    "technique": _PROCEDURE,
    "indication": CodedConcept("55115-0", "LN", "Request"),
    "history": CodedConcept("11329-0", "LN", "History"),
    "comparison": CodedConcept("121069", "DCM", "Previous Finding"),
    "impression": CodedConcept("121073", "DCM", "Impression"),
    "recommendation": CodedConcept("121075", "DCM", "Recommendation"),
}


@dataclass(frozen=True)
class Verification:
    """Who signed, when (ISO 8601), and for which organization."""

    name: str
    at: str
    organization: str = ""


@dataclass(frozen=True)
class WrittenAddendum:
    """What was added after signing, by whom, when (ISO 8601)."""

    text: str
    who: str
    at: str


@dataclass(frozen=True, eq=False)
class _Parts:
    """What the report is made of."""

    report: Report
    images: Sequence[Any]
    others: Sequence[Any]
    verification: Verification | None
    addenda: Sequence[WrittenAddendum]


def write_text_report(
    report: Report,
    headers: Sequence[Any],
    path: Path,
    references: Sequence[Path] = (),
    verification: Verification | None = None,
    addenda: Sequence[WrittenAddendum] = (),
) -> None:
    """Write the text of a report as a Basic Text SR.

    Parameters
    ----------
    report : Report
    headers : sequence of pydicom.Dataset
        Source images without pixels, from `sources.source_headers` or `headers_of_report`; one at least.
    path : Path
    references : sequence of Path
        DICOM segmentations and measurement reports of the same case.
    verification : Verification, optional
        The signature; without it the report is neither complete nor verified.
    addenda : sequence of WrittenAddendum

    Raises
    ------
    OutputError
        If there is no source image, or the file can not be written.
    DiskFullError
        If the disk is full.
    """
    if not headers:
        raise OutputError(f"{path} was not written: a DICOM report needs DICOM images. Use JSON or PDF.")
    others = [read_dataset(item, pixels=False) for item in references]
    parts = _Parts(report, headers, others, verification, addenda)
    try:
        with quiet():
            dataset = _document(parts)
    except DECODE_ERRORS as error:
        raise OutputError(
            f"{path} was not written: the images allow no report ({error}). Use JSON."
        ) from error
    save(dataset, path)


def headers_of_report(path: Path) -> list[Any]:
    """What a measurement report says about its source images: enough to refer to them again.

    Parameters
    ----------
    path : Path
        As written by `structured_report.write_measurement_report`.

    Returns
    -------
    list of pydicom.Dataset
        Patient and study attributes with the UIDs of one image each; segmentations are left out.

    Raises
    ------
    InputError
        If the file can not be read.
    """
    from pydicom.dataset import Dataset

    report = read_dataset(path)
    headers = []
    for study in report.get("CurrentRequestedProcedureEvidenceSequence") or ():
        for series in study.get("ReferencedSeriesSequence") or ():
            for instance in series.get("ReferencedSOPSequence") or ():
                if str(instance.ReferencedSOPClassUID).startswith("1.2.840.10008.5.1.4.1.1.66."):
                    continue
                header = Dataset()
                for keyword in _PATIENT_AND_STUDY:
                    header[keyword] = report[keyword] if keyword in report else _empty(keyword)
                header.StudyInstanceUID = study.StudyInstanceUID
                header.SeriesInstanceUID = series.SeriesInstanceUID
                header.SOPClassUID = instance.ReferencedSOPClassUID
                header.SOPInstanceUID = instance.ReferencedSOPInstanceUID
                headers.append(header)
    return headers


_PATIENT_AND_STUDY = (
    "SpecificCharacterSet",
    "PatientID",
    "PatientName",
    "PatientBirthDate",
    "PatientSex",
    "AccessionNumber",
    "StudyID",
    "StudyDate",
    "StudyTime",
    "ReferringPhysicianName",
)


def _empty(keyword: str) -> Any:
    from pydicom.datadict import dictionary_VR, tag_for_keyword
    from pydicom.dataelem import DataElement

    tag = tag_for_keyword(keyword)
    assert tag is not None  # all keywords above are in the dictionary
    return DataElement(tag, dictionary_VR(tag), None)


def _document(parts: _Parts) -> Any:
    from highdicom.sr import EnhancedSR
    from pydicom.uid import BasicTextSRStorage, generate_uid

    signed = parts.verification
    dataset = EnhancedSR(
        evidence=[*parts.images, *parts.others],
        content=_root(parts),
        series_instance_uid=generate_uid(),
        series_number=_SERIES_NUMBER,
        sop_instance_uid=generate_uid(),
        instance_number=1,
        manufacturer=MANUFACTURER,
        is_complete=signed is not None,
        is_final=signed is not None,
        is_verified=signed is not None,
        verifying_observer_name=_person_name(signed.name) if signed is not None else None,
        verifying_organization=short_text(signed.organization) or "Not stated"
        if signed is not None
        else None,
        series_description=short_text(f"{RESEARCH_USE}: {parts.report.title}"),
    )
    # Content and relations are those of the simpler class, which more readers can show.
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = BasicTextSRStorage
    dataset.SpecificCharacterSet = "ISO_IR 192"
    if signed is not None:
        dataset.VerifyingObserverSequence[0].VerificationDateTime = _dicom_time(signed.at)
    return dataset


def _root(parts: _Parts) -> Any:
    from highdicom.sr import ContainerContentItem, ContentSequence

    language = _LANGUAGES.get(parts.report.language, _LANGUAGES["en"])
    items = [
        _code(_LANGUAGE, language, "HAS CONCEPT MOD"),
        *_observers(parts),
        _text(_NOTICE, parts.report.notice or RESEARCH_USE),
        *(_section(section) for section in parts.report.sections if section.sentences),
        *(_addendum(item) for item in parts.addenda),
        _references(parts),
    ]
    root = ContainerContentItem(name=code(_TITLE), template_id="2000")
    root.ContentSequence = ContentSequence(items)
    return root


def _observers(parts: _Parts) -> list[Any]:
    from highdicom.sr import PnameContentItem, UIDRefContentItem
    from pydicom.uid import generate_uid

    context = "HAS OBS CONTEXT"
    found: list[Any] = []
    if parts.verification is not None:
        name = _person_name(parts.verification.name)
        found = [
            _code(_OBSERVER_TYPE, _PERSON, context),
            PnameContentItem(code(_PERSON_NAME), name, relationship_type=context),
        ]
    uid = generate_uid(entropy_srcs=[MANUFACTURER, RESEARCH_USE])
    return [
        *found,
        _code(_OBSERVER_TYPE, _DEVICE, context),
        UIDRefContentItem(code(_DEVICE_UID), uid, relationship_type=context),
        _text(_DEVICE_NAME, f"{MANUFACTURER} ({RESEARCH_USE.lower()})", context),
        _text(_DEVICE_MAKER, MANUFACTURER, context),
    ]


def _section(section: ReportSection) -> Any:
    from highdicom.sr import ContainerContentItem, ContentSequence

    own = CodedConcept(short_text(section.id, 16) or "section", "99MEDMM", section.title or section.id)
    heading = _HEADINGS.get(section.id, own)
    container = ContainerContentItem(name=code(heading), relationship_type="CONTAINS")
    container.ContentSequence = ContentSequence([_sentence(item, section.id) for item in section.sentences])
    return container


def _sentence(sentence: ReportSentence, section: str) -> Any:
    from highdicom.sr import ContentSequence

    item = _text(_ELEMENTS.get(section, _FINDING), sentence.text or " ")
    author = _AUTHORS.get(sentence.author, _AUTHORS["reader"])
    item.ContentSequence = ContentSequence([_code(_AUTHOR, author, "HAS CONCEPT MOD")])
    return item


def _addendum(addendum: WrittenAddendum) -> Any:
    from highdicom.sr import ContainerContentItem, ContentSequence, PnameContentItem

    container = ContainerContentItem(name=code(_ADDENDUM), relationship_type="CONTAINS")
    container.ContentSequence = ContentSequence(
        [
            _code(_OBSERVER_TYPE, _PERSON, "HAS OBS CONTEXT"),
            PnameContentItem(
                code(_PERSON_NAME), _person_name(addendum.who), relationship_type="HAS OBS CONTEXT"
            ),
            _text(_FINDING, f"{addendum.text} ({addendum.at})"),
        ]
    )
    return container


def _references(parts: _Parts) -> Any:
    from highdicom.sr import (
        CompositeContentItem,
        ContainerContentItem,
        ContentSequence,
        ImageContentItem,
    )

    container = ContainerContentItem(name=code(_REFERENCES), relationship_type="CONTAINS")
    items: list[Any] = [
        ImageContentItem(
            code(_SOURCE), str(image.SOPClassUID), str(image.SOPInstanceUID), relationship_type="CONTAINS"
        )
        for image in parts.images
    ]
    for other in parts.others:
        kind: Any = ImageContentItem if other.get("Rows") else CompositeContentItem
        items.append(
            kind(
                code(_SOURCE), str(other.SOPClassUID), str(other.SOPInstanceUID), relationship_type="CONTAINS"
            )
        )
    container.ContentSequence = ContentSequence(items)
    return container


def _text(name: CodedConcept, text: str, relation: str = "CONTAINS") -> Any:
    from highdicom.sr import TextContentItem

    return TextContentItem(code(name), " ".join(text.split()) or " ", relationship_type=relation)


def _code(name: CodedConcept, value: CodedConcept, relation: str) -> Any:
    from highdicom.sr import CodeContentItem

    return CodeContentItem(code(name), code(value), relationship_type=relation)


def _person_name(name: str) -> str:
    """A typed name as DICOM writes it; what has carets already stays."""
    name = " ".join(name.replace("\\", " ").replace("=", " ").split())[:_LONGEST_NAME] or "Unknown"
    if "^" in name or " " not in name:
        return name if "^" in name else f"{name}^"
    if all(ord(character) > 0x2E7F for character in name.replace(" ", "")):
        return name.replace(" ", "^", 1)  # Chinese names begin with the family name
    *given, family = name.split(" ")
    return f"{family}^{' '.join(given)}"


def _dicom_time(text: str) -> str:
    """An ISO 8601 time as ``DT``; the present time where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = datetime.now().astimezone()
    return moment.strftime("%Y%m%d%H%M%S%z")
