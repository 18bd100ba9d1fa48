"""A study of one patient with identifiers in every corner that a DICOM file has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from pydicom.dataset import Dataset, FileDataset
from pydicom.sequence import Sequence

STUDY_UID = "1.2.826.0.1.999.4711.77001"
SERIES_UID = "1.2.826.0.1.999.4711.77002"
FRAME_UID = "1.2.826.0.1.999.4711.77003"
REFERENCED_UID = "1.2.826.0.1.999.4711.77004"
PRIVATE_UID = "1.2.826.0.1.999.4711.77005"
INSTANCE_ROOT = "1.2.826.0.1.999.4711.88"

TEXTS: dict[str, Any] = {
    "PatientName": "Vandermeer^Quillon=王^晓明",
    "PatientID": "QX7731982",
    "IssuerOfPatientID": "ISSUER-0815",
    "OtherPatientIDs": ["OLD-55231", "OLD-55232"],
    "OtherPatientNames": "Maidenname^Zelda",
    "PatientBirthName": "Birthnamer^Quillon",
    "PatientMotherBirthName": "Oakhurst^Petra",
    "PatientBirthDate": "19610417",
    "PatientAddress": "17 Juniper Crescent",
    "PatientTelephoneNumbers": "+49 171 5550123",
    "MedicalRecordLocator": "LOC-99812",
    "Occupation": "Lightkeeper",
    "PatientReligiousPreference": "Pastafarian",
    "EthnicGroup": "Martianish",
    "CountryOfResidence": "Ruritania",
    "RegionOfResidence": "Zenda Province",
    "PatientComments": "Call daughter Wilhelmina",
    "AdditionalPatientHistory": "Fell at Grimsby Manor",
    "AdmissionID": "ADM-31007",
    "AccessionNumber": "ACC8812345",
    "StudyID": "STU44219",
    "StudyDate": "20150103",
    "SeriesDate": "20150103",
    "AcquisitionDateTime": "20150104112233.5",
    "StudyDescription": "Head for Thornbury trial",
    "SeriesDescription": "t1 Snodgrass",
    "ProtocolName": "Protocol of Quimby",
    "ReferringPhysicianName": "Thistlewood^Agnes",
    "ReferringPhysicianAddress": "3 Mulberry Court",
    "ReferringPhysicianTelephoneNumbers": "020 7946 0991",
    "PerformingPhysicianName": "Kowalczyk^Bartosz",
    "OperatorsName": "Featherstone^Imogen",
    "NameOfPhysiciansReadingStudy": "Abernathy^Cornelius",
    "PhysiciansOfRecord": "Hollingberry^Maud",
    "RequestingPhysician": "Ravenscroft^Otto",
    "InstitutionName": "Saint Brendan Infirmary",
    "InstitutionAddress": "9 Cathedral Close",
    "InstitutionalDepartmentName": "Neuro Ward Nine",
    "StationName": "SCANNERZETA",
    "DeviceSerialNumber": "SN-4410077",
    "PlateID": "PLATE-6612",
    "ImageComments": "repeat for Dr Yarborough",
    "RequestedProcedureDescription": "as asked by Whitcombe",
    "ScheduledPerformingPhysicianName": "Pemberton^Silas",
    "PlacerOrderNumberImagingServiceRequest": "PLACER-5512",
    "CurrentPatientLocation": "Bed 14 Larkspur",
}

NEEDLES = (
    "Vandermeer", "Quillon", "王晓明", "晓明", "QX7731982", "ISSUER-0815", "OLD-55231", "OLD-55232",
    "Maidenname", "Zelda", "Birthnamer", "Oakhurst", "Petra", "19610417", "1961-04-17",
    "17 Juniper Crescent", "+49 171 5550123", "LOC-99812", "Lightkeeper", "Pastafarian", "Martianish",
    "Ruritania", "Zenda Province", "Wilhelmina", "Grimsby Manor", "ADM-31007", "ACC8812345",
    "STU44219", "20150103", "20150104", "2015-01-03", "Thornbury", "Snodgrass", "Quimby",
    "Thistlewood", "Mulberry Court", "020 7946 0991", "Kowalczyk", "Featherstone", "Abernathy",
    "Hollingberry", "Ravenscroft", "Saint Brendan", "Cathedral Close", "Neuro Ward Nine",
    "SCANNERZETA", "SN-4410077", "PLATE-6612", "Yarborough", "Whitcombe", "Pemberton", "PLACER-5512",
    "Larkspur", STUDY_UID, SERIES_UID, FRAME_UID, REFERENCED_UID, PRIVATE_UID, INSTANCE_ROOT,
    "PRIVATESECRET", "NESTEDSECRET", "OVERLAYSECRET", "CURVESECRET", "ICONSECRET", "PREAMBLESECRET",
    "TAILSECRET", "AETITLESECRET", "SIGNATURESECRET", "UNKNOWNSECRET", "BURNEDSECRET",
    "FILENAMESECRET", "jane.secret@mail.test", "Osterhagen", "张伟明",
)  # fmt: skip
"""Everything that must not leave; the last ones sit in private tags, overlays, file names, texts, pixels."""


def seed(header: FileDataset, number: int) -> FileDataset:
    """Fill a header with identifiers."""
    header.SpecificCharacterSet = "GB18030"
    for keyword, value in TEXTS.items():
        setattr(header, keyword, value)
    header.StudyInstanceUID, header.SeriesInstanceUID, header.FrameOfReferenceUID = (
        STUDY_UID,
        SERIES_UID,
        FRAME_UID,
    )
    header.SOPInstanceUID = f"{INSTANCE_ROOT}.{number}"
    header.Manufacturer, header.PatientPosition, header.KVP, header.Laterality = "ACME", "HFS", "120", ""
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    header.file_meta.SourceApplicationEntityTitle = "AETITLESECRET"
    header.preamble = b"PREAMBLESECRET".ljust(128, b"\0")
    _seed_sequences(header)
    _seed_private(header)
    _seed_drawings(header)
    header.PixelData = header.PixelData + b"TAILSECRET".ljust(10, b" ")
    return header


def _seed_sequences(header: FileDataset) -> None:
    study, request, region = Dataset(), Dataset(), Dataset()
    study.ReferencedSOPClassUID, study.ReferencedSOPInstanceUID = "1.2.840.10008.3.1.2.3.1", REFERENCED_UID
    request.RequestedProcedureID, request.ScheduledProcedureStepID = "NESTEDSECRET1", "NESTEDSECRET2"
    region.CodeValue, region.CodingSchemeDesignator, region.CodeMeaning = "12738006", "SCT", "Brain"
    region.PatientName, region.PatientID = "Vandermeer^Quillon", "QX7731982"
    deeper = Dataset()
    deeper.PatientAddress, deeper.StudyDate = "17 Juniper Crescent", "20150103"
    deeper.add_new((0x0009, 0x0010), "LO", "ACME NESTED")
    deeper.add_new((0x0009, 0x1001), "LO", "NESTEDSECRET private")
    region.AnatomicRegionModifierSequence = Sequence([deeper])
    signature = Dataset()
    signature.MACIDNumber, signature.CertificateOfSigner = 1, b"SIGNATURESECRET "
    header.ReferencedStudySequence = Sequence([study])
    header.RequestAttributesSequence = Sequence([request])
    header.AnatomicRegionSequence = Sequence([region])
    header.DigitalSignaturesSequence = Sequence([signature])


def _seed_private(header: FileDataset) -> None:
    block = header.private_block(0x0029, "ACME 1.0", create=True)
    block.add_new(0x01, "LO", "PRIVATESECRET")
    block.add_new(0x02, "OB", b"PRIVATESECRET raw ")
    block.add_new(0x03, "UI", PRIVATE_UID)
    header.add_new((0x0018, 0x7FF2), "UN", b"UNKNOWNSECRET ")


def _seed_drawings(header: FileDataset) -> None:
    for tag, kind, value in (
        ((0x6000, 0x0010), "US", 8),
        ((0x6000, 0x0011), "US", 8),
        ((0x6000, 0x0022), "LO", "OVERLAYSECRET"),
        ((0x6000, 0x3000), "OW", b"OVERLAYSECRET bits"),
        ((0x6000, 0x4000), "LT", "OVERLAYSECRET comment"),
        ((0x5000, 0x3000), "OW", b"CURVESECRET data"),
    ):
        header.add_new(tag, kind, value)
    icon = Dataset()
    icon.Rows, icon.Columns, icon.BitsAllocated, icon.SamplesPerPixel = 4, 4, 8, 1
    icon.PixelData = b"ICONSECRET".ljust(16, b" ")
    header.IconImageSequence = Sequence([icon])


def write_seeded(folder: Path, slices: list[FileDataset]) -> list[Path]:
    """Save under names that tell the patient."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, header in enumerate(slices, start=1):
        path = folder / f"FILENAMESECRET_Vandermeer_QX7731982_{number:02d}.dcm"
        seed(header, number).save_as(path, enforce_file_format=True)
        paths.append(path)
    return paths


def burned_in(header: FileDataset, stated: str = "YES") -> FileDataset:
    """A secondary capture with letters in its pixels."""
    header.SOPClassUID = header.file_meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
    header.Modality, header.ConversionType = "OT", "WSD"
    header.SeriesInstanceUID, header.SOPInstanceUID = f"{SERIES_UID}.9", f"{INSTANCE_ROOT}.900"
    header.file_meta.MediaStorageSOPInstanceUID = header.SOPInstanceUID
    plane = np.full((24, 40), 7, np.uint8)
    plane[2, 3:15] = list(b"BURNEDSECRET")
    header.Rows, header.Columns, header.BitsAllocated, header.BitsStored, header.HighBit = 24, 40, 8, 8, 7
    header.PixelRepresentation, header.PixelData = 0, plane.tobytes()
    if stated:
        header.BurnedInAnnotation = stated
    return header
