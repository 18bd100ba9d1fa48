"""An oblique, anisotropic, asymmetric phantom, and plain writers for every format that is read."""

from __future__ import annotations

import gzip
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from MedMMSlicerLib.core import (
    CodedConcept,
    InputReference,
    LabelMap,
    Provenance,
    SegmentDefinition,
    VolumeGeometry,
)
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, EnhancedMRImageStorage, ExplicitVRLittleEndian, generate_uid

SHAPE = (7, 11, 13)  # K, J, I
SPACING_MM = (2.5, 0.8, 1.3)
ORIGIN_RAS = (-31.0, 17.0, -52.5)
LANDMARKS_KJI = ((0, 0, 0), (5, 2, 9), (6, 10, 1))
_FLIP = np.diag([-1.0, -1.0, 1.0, 1.0])


def rotation(degrees: tuple[float, float, float]) -> np.ndarray:
    """Rotation about R, then A, then S."""
    result = np.eye(3)
    for axis, angle in enumerate(np.radians(degrees)):
        turn = np.eye(3)
        first, second = (axis + 1) % 3, (axis + 2) % 3
        turn[first, first] = turn[second, second] = np.cos(angle)
        turn[first, second], turn[second, first] = -np.sin(angle), np.sin(angle)
        result = turn @ result
    return result


@dataclass(frozen=True, eq=False)
class Phantom:
    """Voxels that are all different at the landmarks, on an oblique grid."""

    array: np.ndarray
    geometry: VolumeGeometry

    @property
    def landmarks(self) -> list[tuple[int, np.ndarray]]:
        """Value and place (mm, RAS) of three voxels, computed without the library."""
        found = []
        for k, j, i in LANDMARKS_KJI:
            point = self.geometry.ijk_to_ras @ np.array([i, j, k, 1.0])
            found.append((int(self.array[k, j, i]), point[:3]))
        return found


def phantom(shape: tuple[int, int, int] = SHAPE, handed: int = 1) -> Phantom:
    """Make it; ``handed`` -1 gives a left-handed grid."""
    values = np.random.default_rng(7).permutation(int(np.prod(shape))).astype(np.int16) - 200
    directions = rotation((23.0, -17.0, 41.0))
    directions[:, 2] *= handed
    geometry = VolumeGeometry.from_axes(shape, SPACING_MM, ORIGIN_RAS, directions)
    return Phantom(values.reshape(shape), geometry)


def lps(geometry: VolumeGeometry) -> np.ndarray:
    """Voxel transform into LPS."""
    return _FLIP @ geometry.ijk_to_ras


def write_nifti(path: Path, item: Phantom, **fields: Any) -> Path:
    """NIfTI-1 with an sform (``qform=True``: with a qform instead), written by hand."""
    array, matrix = item.array, item.geometry.ijk_to_ras
    depth, rows, columns = array.shape[-3:]
    times = array.shape[0] if array.ndim == 4 else 1
    spacing = fields.get("pixdim", item.geometry.spacing_mm[::-1])
    codes = {"int16": (4, 16), "float32": (16, 32), "uint8": (2, 8), "int64": (1024, 64), "float64": (64, 64)}
    datatype, bits = codes[array.dtype.name]
    order = fields.get("order", "<")
    header = bytearray(348)

    def put(kind: str, start: int, *values: Any) -> None:
        struct.pack_into(order + kind, header, start, *values)

    put("i", 0, 348)
    put("8h", 40, 4 if times > 1 else 3, columns, rows, depth, times, 1, 1, 1)
    put("2h", 70, datatype, bits)
    put("8f", 76, fields.get("qfac", 1.0), *spacing, 1, 1, 1, 1)
    put("3f", 108, 352.0, fields.get("slope", 0.0), fields.get("intercept", 0.0))
    header[123] = fields.get("units", 2)
    if fields.get("qform"):
        put("2h", 252, 1, 0)
        put("6f", 256, *_quaternion(item, fields.get("qfac", 1.0)), *matrix[:3, 3])
    elif fields.get("sform", True):
        put("2h", 252, 0, 1)
        put("12f", 280, *fields.get("sform_rows", matrix[:3]).ravel())
    header[344:348] = b"n+1\0"
    voxels = array.astype(array.dtype.newbyteorder(order)).tobytes()
    content = bytes(header) + b"\0\0\0\0" + voxels
    path.write_bytes(gzip.compress(content) if path.name.endswith(".gz") else content)
    return path


def _quaternion(item: Phantom, qfac: float) -> np.ndarray:
    axes = item.geometry.directions_ras.copy()
    axes[:, 2] *= qfac
    scalar = np.sqrt(1 + np.trace(axes)) / 2
    vector = [axes[2, 1] - axes[1, 2], axes[0, 2] - axes[2, 0], axes[1, 0] - axes[0, 1]]
    return np.array(vector) / (4 * scalar)


def write_nrrd(path: Path, item: Phantom, space: str = "right-anterior-superior") -> Path:
    """NRRD, raw, written by hand."""
    matrix = item.geometry.ijk_to_ras if space.startswith("right") else lps(item.geometry)
    depth, rows, columns = item.array.shape[:3]
    vectors = [",".join(repr(float(v)) for v in matrix[:3, axis]) for axis in range(4)]
    lines = [
        "NRRD0004",
        "type: short",
        "dimension: 3",
        f"space: {space}",
        f"sizes: {columns} {rows} {depth}",
        f"space directions: ({vectors[0]}) ({vectors[1]}) ({vectors[2]})",
        "kinds: domain domain domain",
        "endian: little",
        "encoding: raw",
        f"space origin: ({vectors[3]})",
    ]
    path.write_bytes("\n".join(lines).encode() + b"\n\n" + item.array.astype("<i2").tobytes())
    return path


def write_mha(path: Path, item: Phantom) -> Path:
    """MetaImage, uncompressed, written by hand."""
    matrix = lps(item.geometry)
    depth, rows, columns = item.array.shape
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    directions = (matrix[:3, :3] / spacing).T.ravel()  # one axis after the other
    lines = [
        "ObjectType = Image",
        "NDims = 3",
        "BinaryData = True",
        "BinaryDataByteOrderMSB = False",
        "CompressedData = False",
        "TransformMatrix = " + " ".join(repr(float(v)) for v in directions),
        "Offset = " + " ".join(repr(float(v)) for v in matrix[:3, 3]),
        "ElementSpacing = " + " ".join(repr(float(v)) for v in spacing),
        f"DimSize = {columns} {rows} {depth}",
        "ElementType = MET_SHORT",
        "ElementDataFile = LOCAL",
    ]
    path.write_bytes("\n".join(lines).encode() + b"\n" + item.array.astype("<i2").tobytes())
    return path


def dicom_header(modality: str = "CT", sop_class: str = CTImageStorage) -> FileDataset:
    """A minimal header with patient, study and series."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = sop_class
    meta.MediaStorageSOPInstanceUID = generate_uid()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    header = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    header.SOPClassUID = sop_class
    header.SOPInstanceUID = meta.MediaStorageSOPInstanceUID
    header.Modality = modality
    header.PatientName, header.PatientID = "Doe^Jane", "P1"
    header.PatientBirthDate, header.PatientSex, header.PatientAge = "19700102", "F", "045Y"
    header.StudyDate, header.StudyTime = "20150103", "112233"
    header.StudyID, header.AccessionNumber, header.ReferringPhysicianName = "1", "A1", ""
    header.StudyInstanceUID, header.SeriesInstanceUID = "1.2.3.4", "1.2.3.4.5"
    header.FrameOfReferenceUID = "1.2.3.4.6"
    header.SeriesNumber, header.SeriesDescription = 3, "Phantom"
    header.PositionReferenceIndicator = ""
    return header


def set_pixels(header: Dataset, plane: np.ndarray, bits: int = 16) -> None:
    """Signed or unsigned grey pixels."""
    header.SamplesPerPixel, header.PhotometricInterpretation = 1, "MONOCHROME2"
    header.Rows, header.Columns = plane.shape[-2:]
    header.BitsAllocated = plane.dtype.itemsize * 8
    header.BitsStored, header.HighBit = bits, bits - 1
    header.PixelRepresentation = int(plane.dtype.kind == "i")
    header.PixelData = plane.tobytes()


def ct_slices(item: Phantom, **values: Any) -> list[FileDataset]:
    """One header with pixels per slice, in slice order."""
    matrix = lps(item.geometry)
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    slices = []
    for k in range(item.array.shape[0]):
        header = dicom_header()
        header.InstanceNumber = 50 - k  # misleading on purpose
        header.ImagePositionPatient = [float(v) for v in (matrix @ [0, 0, k, 1])[:3].round(9)]
        header.ImageOrientationPatient = [
            float(v) for v in (*(matrix[:3, 0] / spacing[0]).round(9), *(matrix[:3, 1] / spacing[1]).round(9))
        ]
        header.PixelSpacing = [float(spacing[1]), float(spacing[0])]
        header.SliceThickness = SPACING_MM[0]
        header.RescaleSlope, header.RescaleIntercept, header.RescaleType = 1, 0, "HU"
        header.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
        header.AcquisitionNumber = 1
        set_pixels(header, np.ascontiguousarray(item.array[k]))
        for name, value in values.items():
            setattr(header, name, value)
        slices.append(header)
    return slices


def write_slices(folder: Path, slices: list[FileDataset]) -> Path:
    """Save in an order that has nothing to do with the slices' own."""
    folder.mkdir(parents=True, exist_ok=True)
    names = np.random.default_rng(3).permutation(len(slices))
    for name, header in zip(names, slices, strict=True):
        number = len(list(folder.iterdir()))
        header.save_as(folder / f"{name:03d}_{number}.dcm", enforce_file_format=True)
    return folder


def enhanced_mr(item: Phantom, order: list[int] | None = None, stack: str = "1") -> FileDataset:
    """A multi-frame MR object whose frames are stored in ``order`` of the slices."""
    matrix = lps(item.geometry)
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    order = list(range(item.array.shape[0])) if order is None else order
    header = dicom_header("MR", EnhancedMRImageStorage)
    header.InstanceNumber, header.NumberOfFrames = 1, len(order)
    header.ImageType = ["ORIGINAL", "PRIMARY", "VOLUME", "NONE"]
    shared = Dataset()
    measures, orientation, values = Dataset(), Dataset(), Dataset()
    measures.PixelSpacing = [float(spacing[1]), float(spacing[0])]
    measures.SliceThickness = SPACING_MM[0]
    orientation.ImageOrientationPatient = [
        float(v) for v in (*(matrix[:3, 0] / spacing[0]).round(9), *(matrix[:3, 1] / spacing[1]).round(9))
    ]
    values.RescaleSlope, values.RescaleIntercept, values.RescaleType = 1, 0, "US"
    shared.PixelMeasuresSequence = Sequence([measures])
    shared.PlaneOrientationSequence = Sequence([orientation])
    shared.PixelValueTransformationSequence = Sequence([values])
    header.SharedFunctionalGroupsSequence = Sequence([shared])
    frames = []
    for k in order:
        frame, content, position = Dataset(), Dataset(), Dataset()
        content.StackID, content.InStackPositionNumber = stack, k + 1
        position.ImagePositionPatient = [float(v) for v in (matrix @ [0, 0, k, 1])[:3].round(9)]
        frame.FrameContentSequence = Sequence([content])
        frame.PlanePositionSequence = Sequence([position])
        frames.append(frame)
    header.PerFrameFunctionalGroupsSequence = Sequence(frames)
    set_pixels(header, np.ascontiguousarray(item.array[order]))
    return header


def segments() -> tuple[SegmentDefinition, ...]:
    """Two segments, given against the order of their values."""
    category = CodedConcept("123037004", "SCT", "Anatomical Structure")
    return (
        SegmentDefinition(
            2,
            "hippocampus_posterior-left",
            {"en": "Left posterior hippocampus", "zh-CN": "左侧海马后部"},
            category,
            CodedConcept("25342003", "SCT", "Hippocampus"),
            (230, 120, 40),
            "left",
        ),
        SegmentDefinition(
            1,
            "lesion",
            {"en": "Lesion"},
            CodedConcept("49755003", "SCT", "Morphologically Altered Structure"),
            CodedConcept("52988006", "SCT", "Lesion"),
            (20, 200, 90),
        ),
    )


def label_map(geometry: VolumeGeometry) -> LabelMap:
    """Two asymmetric blobs that touch neither the first nor the last slice."""
    array = np.zeros(geometry.shape, np.uint8)
    depth, rows, columns = geometry.shape
    top = 1 if depth > 2 else 0
    array[top : max(top + 1, depth - 2), 1 : rows // 2, 2 : columns - 3] = 1
    array[max(top, depth - 3) : max(1, depth - 1), rows // 2 + 1 : rows - 1, 1:4] = 2
    array[top, 1, 2] = 2
    return LabelMap(array, geometry, segments())


def provenance(series_uid: str = "1.2.3.4.5") -> Provenance:
    """As a run would give it."""
    return Provenance(
        bundle_id="phantom-bundle",
        bundle_version="1.2.0",
        bundle_sha256="ab" * 32,
        inputs=(InputReference("current", "Phantom", "1.2.3.4", series_uid, "cd" * 32),),
        device_requested="cpu",
        provider_used="CPUExecutionProvider",
        stage_seconds={"network": 0.1},
        software={"medmm": "0"},
        created_at="2025-01-02T03:04:05",
    )
