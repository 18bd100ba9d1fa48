"""Reading DICOM headers without pixels, and telling whether a file is whole."""

from __future__ import annotations

import os
import struct
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from ..errors import InputError

__all__ = ["DECODE_ERRORS", "NotAnImageError", "is_dicom", "quiet", "read_dataset", "read_header"]

# What pydicom and its decoders raise for broken content.
DECODE_ERRORS = (
    ArithmeticError,
    AttributeError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    TypeError,
    ValueError,
    struct.error,
)
_DICOM_SUFFIXES = {".dcm", ".dicom", ".dic", ".ima", ""}
_UNDEFINED_LENGTH = 0xFFFFFFFF
_PIXEL_TAGS = {(0x7FE0, 0x0008), (0x7FE0, 0x0009), (0x7FE0, 0x0010)}
_LONG_VRS = {b"OB", b"OW", b"OF", b"OD", b"OL", b"OV", b"UN"}
_DEFLATED = "1.2.840.10008.1.2.1.99"
# Objects with pixels that are no images: segmentations, dose grids, parametric maps, presentation states.
_NOT_IMAGES = (
    "1.2.840.10008.5.1.4.1.1.66.",
    "1.2.840.10008.5.1.4.1.1.481.",
    "1.2.840.10008.5.1.4.1.1.30",
    "1.2.840.10008.5.1.4.1.1.11.",
)
_TAGS = [
    "SpecificCharacterSet",
    "ImageType",
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyDate",
    "SeriesDate",
    "AcquisitionDate",
    "ContentDate",
    "AcquisitionDateTime",
    "StudyTime",
    "SeriesTime",
    "AcquisitionTime",
    "ContentTime",
    "Modality",
    "Manufacturer",
    "StudyDescription",
    "SeriesDescription",
    "ViewCodeSequence",
    "ViewPosition",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "PatientAge",
    "AdmittingDiagnosesDescription",
    "ReasonForStudy",
    "RequestedProcedureDescription",
    "ReasonForTheRequestedProcedure",
    "AdditionalPatientHistory",
    "PatientComments",
    "BodyPartExamined",
    "AnatomicRegionSequence",
    "KVP",
    "SliceThickness",
    "RepetitionTime",
    "EchoTime",
    "InversionTime",
    "EchoNumbers",
    "SpacingBetweenSlices",
    "ProtocolName",
    "TriggerTime",
    "ImagerPixelSpacing",
    "NominalScannedPixelSpacing",
    "DiffusionBValue",
    "SequenceOfUltrasoundRegions",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "SeriesNumber",
    "AcquisitionNumber",
    "InstanceNumber",
    "PatientOrientation",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "FrameOfReferenceUID",
    "Laterality",
    "ImageLaterality",
    "TemporalPositionIdentifier",
    "SamplesPerPixel",
    "PhotometricInterpretation",
    "NumberOfFrames",
    "Rows",
    "Columns",
    "PixelSpacing",
    "PixelAspectRatio",
    "PixelSpacingCalibrationType",
    "BitsAllocated",
    "SharedFunctionalGroupsSequence",
    "PerFrameFunctionalGroupsSequence",
]


class NotAnImageError(InputError):
    """Something else than an image: a report, a segmentation, a plan, a document, a text file."""


@contextmanager
def quiet() -> Iterator[list[str]]:
    """Keep pydicom's remarks about odd values off the screen; they are collected in the list instead."""
    remarks: list[str] = []
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield remarks
    remarks.extend(dict.fromkeys(str(item.message) for item in caught))


def is_dicom(path: Path) -> bool:
    """Whether a file has the DICOM marker, or begins like a DICOM file that lost its preamble.

    Raises
    ------
    InputError
        If the file can not be opened.
    """
    try:
        with path.open("rb") as stream:
            start = stream.read(132)
    except OSError as error:
        raise InputError(f"{path} can not be opened: {error.strerror}. Check the permissions.") from error
    return start[128:132] == b"DICM" or (
        path.suffix.lower() in _DICOM_SUFFIXES and _begins_with_an_element(start)
    )


def read_header(path: Path) -> Any:
    """Read what `frames` and `facts` need of one DICOM image, without its pixels.

    Parameters
    ----------
    path : Path

    Returns
    -------
    pydicom.Dataset

    Raises
    ------
    NotAnImageError
        If the object is no image.
    InputError
        If the file is no DICOM, or is truncated.
    """
    from pydicom import dcmread
    from pydicom.datadict import tag_for_keyword

    if not is_dicom(path):
        if path.suffix.lower() not in _DICOM_SUFFIXES:
            raise NotAnImageError(f"{path} has no image format that can be read. Give DICOM, NIfTI or PNG.")
        raise InputError(
            f"{path} is not a DICOM file: the DICM marker is missing. Give a DICOM file, or rename it "
            "if it is another image format."
        )
    tags = [tag for tag in map(tag_for_keyword, _TAGS) if tag is not None]
    try:
        with path.open("rb") as stream, quiet():
            header = dcmread(stream, stop_before_pixels=True, force=True, specific_tags=list(tags))
            _check(path, header, stream)
    except DECODE_ERRORS as error:
        raise InputError(f"{path} is damaged: {error}. Export the file again.") from error
    return header


def read_dataset(path: Path, pixels: bool = True) -> Any:
    """Read one whole DICOM object.

    Parameters
    ----------
    path : Path
    pixels : bool
        Whether pixel data are read.

    Raises
    ------
    InputError
        If it can not be read.
    """
    from pydicom import dcmread

    try:
        with quiet():
            dataset = dcmread(path, stop_before_pixels=not pixels, force=True)
            _state_transfer_syntax(dataset)
    except DECODE_ERRORS as error:
        raise InputError(f"{path} can not be read: {error}. Export the file again.") from error
    return dataset


def _state_transfer_syntax(dataset: Any) -> None:
    """Old files leave the transfer syntax out; how the elements are encoded tells it."""
    if "TransferSyntaxUID" not in dataset.file_meta:
        implicit, little = dataset.original_encoding
        syntaxes = {(True, True): "", (False, True): ".1", (False, False): ".2"}
        dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2" + syntaxes.get((implicit, little), "")


def _begins_with_an_element(start: bytes) -> bool:
    if len(start) < 8:
        return False
    return any(
        group in {0x0002, 0x0008} and element < 0x0100
        for group, element in (struct.unpack(order, start[:4]) for order in ("<HH", ">HH"))
    )


def _check(path: Path, header: Any, stream: BinaryIO) -> None:
    if not len(header):
        raise InputError(f"{path} holds no DICOM elements: it is damaged or truncated. Export it again.")
    class_uid = str(header.get("SOPClassUID") or "")
    if class_uid.startswith(_NOT_IMAGES):
        raise NotAnImageError(f"{path} is no image ({_class_name(class_uid)}). Give its images.")
    whole = _pixels_are_whole(header, stream)
    if whole and header.get("Rows") and header.get("Columns"):
        return
    looks_like_image = bool(header.get("Rows")) or "Image Storage" in _class_name(class_uid)
    if whole is False or looks_like_image:
        raise InputError(
            f"{path} is truncated: its pixel data are missing or incomplete. Copy or export the file again."
        )
    raise NotAnImageError(f"{path} is no image ({_class_name(class_uid)}). Give its images.")


def _class_name(class_uid: str) -> str:
    from pydicom.uid import UID

    return UID(class_uid).name if class_uid else "no SOP class"


def _pixels_are_whole(header: Any, stream: BinaryIO) -> bool | None:
    """True: pixel data, complete. False: incomplete. None: the file has none."""
    size = os.fstat(stream.fileno()).st_size
    syntax = header.file_meta.get("TransferSyntaxUID", "") if hasattr(header, "file_meta") else ""
    if syntax == _DEFLATED:  # inflated in memory: the position in the file says nothing
        return True
    position = stream.tell()
    if position >= size:
        return False if position > size else None
    little, implicit = header.original_encoding[1], header.original_encoding[0]
    order = "<" if little else ">"
    start = stream.read(12)
    if len(start) < 12 or struct.unpack(order + "HH", start[:4]) not in _PIXEL_TAGS:
        return False
    is_long = not implicit and start[4:6] in _LONG_VRS
    length = struct.unpack(order + "I", start[8:12] if is_long else start[4:8])[0]
    begin = position + (12 if is_long else 8)
    if length != _UNDEFINED_LENGTH:
        return bool(begin + length <= size)
    return _fragments_are_whole(stream, begin, size)


def _fragments_are_whole(stream: BinaryIO, position: int, size: int) -> bool:
    """Walk over the items of encapsulated pixel data."""
    while position + 8 <= size:
        stream.seek(position)
        group, element, length = struct.unpack("<HHI", stream.read(8))
        if (group, element) == (0xFFFE, 0xE0DD):
            return True
        if (group, element) != (0xFFFE, 0xE000):
            return False
        position += 8 + length
    return False
