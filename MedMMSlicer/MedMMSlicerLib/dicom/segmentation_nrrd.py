"""Slicer's ``.seg.nrrd``: a gzip NRRD label map whose header describes the segments.

Layout as in Slicer's documentation of the segmentation storage node: one key for each property of a segment
(``Segment0_ID``, ...), tags joined by ``|``, terminology as codes joined by ``~`` and ``^``.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import LATERALITY_CODES, CodedConcept, LabelMap, Provenance, SegmentDefinition, VolumeGeometry
from ..errors import InputError
from ..files import atomic_write
from .grids import lps_to_ras

__all__ = ["read_segmentation_nrrd", "write_segmentation_nrrd"]

_CATEGORY_CONTEXT = "Segmentation category and type - DICOM master list"
_ANATOMY_CONTEXT = "Anatomic codes - DICOM master list"
_BINARY = "Binary labelmap"
_DTYPES = {
    "uchar": "u1",
    "unsigned char": "u1",
    "uint8": "u1",
    "uint8_t": "u1",
    "signed char": "i1",
    "char": "i1",
    "int8": "i1",
    "int8_t": "i1",
    "short": "i2",
    "int16": "i2",
    "int16_t": "i2",
    "ushort": "u2",
    "unsigned short": "u2",
    "uint16": "u2",
    "uint16_t": "u2",
    "int": "i4",
    "int32": "i4",
    "uint": "u4",
    "unsigned int": "u4",
    "uint32": "u4",
}
_GZIP = {"gzip", "gz"}
_LPS, _RAS = "left-posterior-superior", "right-anterior-superior"
_HEADER_LIMIT = 16 * 1024 * 1024


def write_segmentation_nrrd(
    label_map: LabelMap,
    provenance: Provenance,
    path: Path,
    reference_name: str,
    algorithm_types: Mapping[str, str] | None = None,
) -> None:
    """Write a label map as ``.seg.nrrd``.

    Parameters
    ----------
    label_map : LabelMap
    provenance : Provenance
        Algorithm and inputs, kept as tags of each segment.
    path : Path
    reference_name : str
        Name of the image that was segmented.
    algorithm_types : mapping of str to str, optional
        See `segmentation.write_segmentation_dicom`.

    Raises
    ------
    OutputError, DiskFullError
        If the file can not be written.
    """
    header = _header(label_map, provenance, reference_name, algorithm_types or {})
    with atomic_write(path) as temporary, temporary.open("wb") as stream:
        stream.write(header.encode("utf-8"))
        stream.write(gzip.compress(np.ascontiguousarray(label_map.array).tobytes(), compresslevel=6, mtime=0))


def read_segmentation_nrrd(path: Path) -> LabelMap:
    """Read a ``.seg.nrrd`` with one layer, such as Slicer and `write_segmentation_nrrd` make.

    Raises
    ------
    InputError
        If it is no segmentation, is damaged, or has overlapping segments in several layers.
    """
    fields, keys, content = _parse(path)
    sizes = [int(size) for size in fields.get("sizes", "").split()]
    if len(sizes) != 3:
        raise InputError(f"{path} has several layers or is no volume; segments that overlap can not be read.")
    shape = (sizes[2], sizes[1], sizes[0])
    array = _voxels(path, fields, content, shape)
    count = sum(1 for key in keys if key.startswith("Segment") and key.endswith("_ID"))
    if not count:
        raise InputError(f"{path} describes no segments. Give a .seg.nrrd file.")
    segments = tuple(_segment(keys, f"Segment{number}_") for number in range(count))
    if int(array.min()) < 0 or max(int(array.max()), *(item.value for item in segments)) > 255:
        raise InputError(f"{path} has label values outside of 0 to 255, which can not be read.")
    return LabelMap(array.astype(np.uint8), VolumeGeometry(shape, _matrix(path, fields)), segments)


def _header(
    label_map: LabelMap, provenance: Provenance, reference_name: str, types: Mapping[str, str]
) -> str:
    geometry = label_map.geometry
    matrix = lps_to_ras(geometry.ijk_to_ras)
    depth, rows, columns = geometry.shape
    extent = f"0 {columns - 1} 0 {rows - 1} 0 {depth - 1}"
    directions = " ".join(_vector(matrix[:3, axis]) for axis in range(3))
    lines = [
        "NRRD0004",
        "# Complete NRRD file format specification at:",
        "# http://teem.sourceforge.net/nrrd/format.html",
        "type: unsigned char",
        "dimension: 3",
        f"space: {_LPS}",
        f"sizes: {columns} {rows} {depth}",
        f"space directions: {directions}",
        "kinds: domain domain domain",
        "encoding: gzip",
        f"space origin: {_vector(matrix[:3, 3])}",
    ]
    keys: dict[str, str] = {}
    for number, segment in enumerate(sorted(label_map.segments, key=lambda item: item.value)):
        tags = _tags(segment, provenance, reference_name, types.get(segment.id, "AUTOMATIC"))
        keys.update(_segment_keys(f"Segment{number}_", segment, label_map.array, tags))
    keys["Segmentation_ContainedRepresentationNames"] = f"{_BINARY}|"
    keys["Segmentation_ConversionParameters"] = ""
    # Slicer wrote "Master", and since 5.2 writes "Source"; both read both.
    keys["Segmentation_MasterRepresentation"] = _BINARY
    keys["Segmentation_SourceRepresentation"] = _BINARY
    keys["Segmentation_ReferenceImageExtentOffset"] = "0 0 0"
    keys["Segmentation_ReferenceImageExtent"] = extent
    return "\n".join([*lines, *(f"{key}:={_one_line(value)}" for key, value in keys.items())]) + "\n\n"


def _vector(values: NDArray[np.float64]) -> str:
    return "(" + ",".join(repr(float(value)) for value in values) + ")"


def _one_line(text: str) -> str:
    return " ".join(text.split("\n"))


def _tags(
    segment: SegmentDefinition, provenance: Provenance, reference_name: str, algorithm_type: str
) -> dict[str, str]:
    return {
        "DICOM.SegmentAlgorithmName": "" if algorithm_type == "MANUAL" else provenance.bundle_id,
        "DICOM.SegmentAlgorithmType": algorithm_type,
        "MedMM.Bundle": provenance.bundle_id,
        "MedMM.BundleVersion": provenance.bundle_version,
        "MedMM.BundleSHA256": provenance.bundle_sha256,
        "MedMM.CreatedAt": provenance.created_at,
        "MedMM.Provider": provenance.provider_used,
        "MedMM.ReferenceImage": reference_name,
        "MedMM.ReferenceSeries": " ".join(item.series_uid for item in provenance.inputs if item.series_uid),
        "MedMM.ReferenceSHA256": " ".join(item.sha256 for item in provenance.inputs),
        **{f"MedMM.Name.{language}": name for language, name in segment.name.items()},
        "Segmentation.Status": "completed",
        "TerminologyEntry": _terminology(segment),
    }


def _segment_keys(
    prefix: str, segment: SegmentDefinition, array: NDArray[np.uint8], tags: Mapping[str, str]
) -> dict[str, str]:
    return {
        f"{prefix}Color": " ".join(f"{value / 255:.6g}" for value in segment.color),
        f"{prefix}ColorAutoGenerated": "0",
        f"{prefix}Extent": _extent(array == segment.value),
        f"{prefix}ID": segment.id,
        f"{prefix}LabelValue": str(segment.value),
        f"{prefix}Layer": "0",
        f"{prefix}Name": segment.name.get("en") or segment.id,
        f"{prefix}NameAutoGenerated": "0",
        f"{prefix}Tags": "".join(f"{key}:{value.replace('|', '/')}|" for key, value in tags.items() if value),
    }


def _terminology(segment: SegmentDefinition) -> str:
    side = LATERALITY_CODES.get(segment.laterality)
    parts = [
        _CATEGORY_CONTEXT,
        _code(segment.category),
        _code(segment.type),
        _code(side),
        _ANATOMY_CONTEXT,
        _code(None),
        _code(None),
    ]
    return "~".join(parts)


def _code(concept: CodedConcept | None) -> str:
    if concept is None:
        return "^^"
    return "^".join(
        part.translate({ord("^"): " ", ord("~"): " "})
        for part in (concept.scheme, concept.value, concept.meaning)
    )


def _extent(mask: NDArray[np.bool_]) -> str:
    """First and last column, row and slice of a segment; an empty one ends before it begins."""
    if not mask.any():
        return "0 -1 0 -1 0 -1"
    ends = []
    for axis in (2, 1, 0):
        used = np.flatnonzero(mask.any(axis=tuple(other for other in range(3) if other != axis)))
        ends += [str(used[0]), str(used[-1])]
    return " ".join(ends)


def _parse(path: Path) -> tuple[dict[str, str], dict[str, str], bytes]:
    """Fields, key-value pairs, and the bytes after the header."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can not be opened: {error.strerror}. Check the path.") from error
    end = content.find(b"\n\n", 0, _HEADER_LIMIT)
    skip = 2
    windows = content.find(b"\r\n\r\n", 0, _HEADER_LIMIT)
    if windows >= 0 and (end < 0 or windows < end):
        end, skip = windows, 4
    if not content.startswith(b"NRRD") or end < 0:
        raise InputError(f"{path} is not an NRRD file, or is truncated. Export the segmentation again.")
    fields: dict[str, str] = {}
    keys: dict[str, str] = {}
    for line in content[:end].decode("utf-8", errors="replace").splitlines()[1:]:
        if line.startswith("#"):
            continue
        is_key = ":=" in line and ": " not in line.split(":=", 1)[0]
        name, _, value = line.partition(":=" if is_key else ":")
        (keys if is_key else fields)[name.strip()] = value.strip()
    return fields, keys, content[end + skip :]


def _voxels(
    path: Path, fields: Mapping[str, str], content: bytes, shape: tuple[int, int, int]
) -> NDArray[Any]:
    kind = _DTYPES.get(fields.get("type", ""))
    encoding = fields.get("encoding", "")
    if kind is None or (encoding not in _GZIP and encoding != "raw"):
        raise InputError(
            f"{path} has type '{fields.get('type')}' and encoding '{encoding}', which can not be read."
        )
    if "data file" in fields or "datafile" in fields:
        raise InputError(f"{path} keeps its voxels in another file. Save it as one .seg.nrrd file.")
    try:
        raw = gzip.decompress(content) if encoding in _GZIP else content
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(
            f"{path} is damaged or truncated ({error}). Export the segmentation again."
        ) from error
    dtype = np.dtype((">" if fields.get("endian") == "big" else "<") + kind)
    if len(raw) < int(np.prod(shape)) * dtype.itemsize:
        raise InputError(f"{path} is truncated. Export the segmentation again.")
    return np.frombuffer(raw, dtype, int(np.prod(shape))).reshape(shape)


def _matrix(path: Path, fields: Mapping[str, str]) -> NDArray[np.float64]:
    try:
        vectors = [
            [float(number) for number in vector.strip("()").split(",")]
            for vector in fields["space directions"].split()
        ]
        origin = [float(number) for number in fields["space origin"].strip("()").split(",")]
        matrix = np.eye(4)
        matrix[:3, :3] = np.array(vectors).T
        matrix[:3, 3] = origin
    except (KeyError, ValueError) as error:
        raise InputError(f"{path} states no position in the patient ({error}). Export it again.") from error
    space = fields.get("space", "").lower()
    if space in (_RAS, "ras"):
        return matrix
    if space in (_LPS, "lps"):
        return lps_to_ras(matrix)
    raise InputError(f"{path} has the space '{space}', which can not be read. Save it from 3D Slicer again.")


def _segment(keys: Mapping[str, str], prefix: str) -> SegmentDefinition:
    tags = dict(pair.split(":", 1) for pair in keys.get(f"{prefix}Tags", "").split("|") if ":" in pair)
    parts = tags.get("TerminologyEntry", "").split("~") + [""] * 7
    sides = {value.value: name for name, value in LATERALITY_CODES.items()}
    color = [round(float(value) * 255) for value in keys.get(f"{prefix}Color", "0.5 0.5 0.5").split()]
    names = {key.removeprefix("MedMM.Name."): tags[key] for key in tags if key.startswith("MedMM.Name.")}
    return SegmentDefinition(
        value=int(keys.get(f"{prefix}LabelValue", "1")),
        id=keys[f"{prefix}ID"],
        name={**names, "en": keys.get(f"{prefix}Name", keys[f"{prefix}ID"])},
        category=_concept(parts[1]),
        type=_concept(parts[2]),
        color=(color[0], color[1], color[2]),
        laterality=sides.get(_concept(parts[3]).value, ""),
    )


def _concept(text: str) -> CodedConcept:
    scheme, value, meaning = [*text.split("^"), "", "", ""][:3]
    return CodedConcept(value, scheme, meaning)
