"""NIfTI-1 and NIfTI-2 files (.nii, .nii.gz), read by their own header.

A general image library repairs broken headers silently (a spacing of zero becomes 1) and refuses sheared
transforms, so the few fields that matter are read here.
"""

from __future__ import annotations

import gzip
import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..core import ReadingNote, Volume, VolumeGeometry
from ..errors import InputError, MemoryLimitError
from .pixels import finite

__all__ = ["NiftiHeader", "is_nifti", "nifti_header", "read_nifti"]

_DTYPES = {
    2: "u1",
    4: "i2",
    8: "i4",
    16: "f4",
    64: "f8",
    256: "i1",
    512: "u2",
    768: "u4",
    1024: "i8",
    1280: "u8",
}
_UINT8, _RGB, _RGBA = 2, 128, 2304
_TO_MM = {0: 1.0, 1: 1000.0, 2: 1.0, 3: 0.001}
_GZIP = b"\x1f\x8b"
_SPACING_TOLERANCE = 0.01
"""Relative."""


@dataclass(frozen=True, eq=False)
class NiftiHeader:
    """What is needed of a header.

    Parameters
    ----------
    path : Path
    geometry : VolumeGeometry
        Of one time point.
    times : int
        Volumes in the file.
    dtype : dtype
        As stored, byte order included.
    channels : int
        1, 3 or 4.
    planar : bool
        The channels are stored one after the other, not voxel by voxel.
    offset : int
        Bytes before the voxels.
    slope, intercept : float
    notes : tuple of ReadingNote
    """

    path: Path
    geometry: VolumeGeometry
    times: int
    dtype: np.dtype[Any]
    channels: int
    planar: bool
    offset: int
    slope: float
    intercept: float
    notes: tuple[ReadingNote, ...]


@dataclass(frozen=True, eq=False)
class _Raw:
    dim: tuple[int, ...]
    pixdim: tuple[float, ...]
    datatype: int
    offset: int
    slope: float
    intercept: float
    units: int
    qform_code: int
    sform_code: int
    quaternion: tuple[float, ...]
    offsets: tuple[float, ...]
    sform: NDArray[np.float64]
    order: str


def is_nifti(path: Path) -> bool:
    """Whether the name says NIfTI."""
    return path.name.lower().endswith((".nii", ".nii.gz"))


def nifti_header(path: Path) -> NiftiHeader:
    """Read and check the header.

    The transform is the sform when there is one, else the qform; the notes say when there is none, or when
    the header contradicts itself.

    Raises
    ------
    InputError
        If the file is no NIfTI, or states a spacing or transform that can not be.
    """
    raw = _raw_header(path)
    sizes = raw.dim[1 : 1 + raw.dim[0]] + (1,) * (7 - raw.dim[0])
    if not 1 <= raw.dim[0] <= 7 or min(sizes) < 1:
        raise InputError(f"{path} states the size {raw.dim[1:]}, which can not be. Export the image again.")
    planar = sizes[3:] == (1, 3, 1, 1) and raw.datatype == _UINT8
    if max(sizes[4:]) > 1 and not planar:
        raise InputError(
            f"{path} holds {max(sizes[4:])} values per voxel (a vector or tensor image). Give a scalar image."
        )
    known = {_RGB: 3, _RGBA: 4}
    if raw.datatype not in _DTYPES and raw.datatype not in known:
        raise InputError(f"{path} has the NIfTI data type {raw.datatype}, which can not be read. Convert it.")
    channels = 3 if planar else known.get(raw.datatype, 1)
    matrix, notes = _transform(path, raw, sizes)
    slope_is_set = bool(np.isfinite(raw.slope)) and raw.slope != 0
    return NiftiHeader(
        path=path,
        geometry=VolumeGeometry((sizes[2], sizes[1], sizes[0]), matrix),
        times=sizes[3],
        dtype=np.dtype(raw.order + _DTYPES[raw.datatype] if channels == 1 else "u1"),
        channels=channels,
        planar=planar,
        offset=raw.offset,
        slope=raw.slope if slope_is_set else 1.0,
        intercept=raw.intercept if slope_is_set and np.isfinite(raw.intercept) else 0.0,
        notes=tuple(notes),
    )


def read_nifti(header: NiftiHeader, time: int = 0) -> tuple[Volume, tuple[ReadingNote, ...]]:
    """Read the voxels of one time point.

    Parameters
    ----------
    header : NiftiHeader
    time : int
        Zero-based.

    Raises
    ------
    InputError
        If the file is truncated or holds no finite value.
    MemoryLimitError
        If the volume does not fit into memory.
    """
    shape = (*header.geometry.shape, header.channels)
    count = int(np.prod(shape, dtype=np.int64))
    size = count * header.dtype.itemsize
    path = header.path
    try:
        with _open(path) as stream:
            stream.seek(header.offset + time * size)
            content = stream.read(size)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} is damaged or truncated ({error}). Copy or export it again.") from error
    except MemoryError as error:
        raise MemoryLimitError(f"{path} does not fit into memory. Read a smaller image.") from error
    if len(content) < size:
        raise InputError(f"{path} is truncated: {len(content)} of {size} bytes. Copy or export it again.")
    array = np.frombuffer(content, header.dtype)
    array = np.moveaxis(array.reshape((3, *shape[:3])), 0, 3) if header.planar else array.reshape(shape)
    array = array[..., 0] if header.channels == 1 else array[..., :3]
    array = _values(array, header.slope, header.intercept)
    array, notes = finite(array, path)
    return Volume(array, header.geometry), notes


def _values(array: NDArray[Any], slope: float, intercept: float) -> NDArray[Any]:
    """Apply the scaling; give types that the rest of the library expects, in native byte order."""
    if array.dtype.kind == "f" or not (float(slope).is_integer() and float(intercept).is_integer()):
        values = array.astype(np.float32) if slope == 1 and intercept == 0 else array * slope + intercept
        return values.astype(np.float32, copy=False)
    if slope != 1 or intercept != 0:
        array = array.astype(np.int64) * int(slope) + int(intercept)
    if array.dtype.itemsize <= 2 and array.dtype != np.int8:
        return np.ascontiguousarray(array, array.dtype.newbyteorder("="))
    low, high = int(array.min()), int(array.max())
    for dtype in (np.int16, np.int32):
        if np.iinfo(dtype).min <= low and high <= np.iinfo(dtype).max:
            return array.astype(dtype)
    return array.astype(np.float32)


def _open(path: Path) -> BinaryIO:
    with path.open("rb") as stream:
        packed = stream.read(2) == _GZIP
    return gzip.open(path, "rb") if packed else path.open("rb")  # type: ignore[return-value]


def _raw_header(path: Path) -> _Raw:
    try:
        with _open(path) as stream:
            content = stream.read(540)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path} can not be read: {error}. Copy or export it again.") from error
    if len(content) < 348:
        raise InputError(f"{path} is too short for a NIfTI file ({len(content)} bytes). Export it again.")
    for order in "<>":
        size = struct.unpack(order + "i", content[:4])[0]
        if size == 348 and content[344:347] in (b"n+1", b"ni1"):
            return _nifti1(content, order)
        if size == 540 and content[4:7] == b"n+2" and len(content) == 540:
            return _nifti2(content, order)
    raise InputError(f"{path} is not a NIfTI file: its header is not one. Check the file name.")


def _nifti1(content: bytes, order: str) -> _Raw:
    def take(kind: str, start: int) -> tuple[Any, ...]:
        return struct.unpack_from(order + kind, content, start)

    offset, slope, intercept = take("3f", 108)
    return _Raw(
        dim=take("8h", 40),
        pixdim=take("8f", 76),
        datatype=take("h", 70)[0],
        offset=int(offset),
        slope=slope,
        intercept=intercept,
        units=content[123] & 7,
        qform_code=take("h", 252)[0],
        sform_code=take("h", 254)[0],
        quaternion=take("3f", 256),
        offsets=take("3f", 268),
        sform=np.array(take("12f", 280), float).reshape(3, 4),
        order=order,
    )


def _nifti2(content: bytes, order: str) -> _Raw:
    def take(kind: str, start: int) -> tuple[Any, ...]:
        return struct.unpack_from(order + kind, content, start)

    slope, intercept = take("2d", 176)
    return _Raw(
        dim=take("8q", 16),
        pixdim=take("8d", 104),
        datatype=take("h", 12)[0],
        offset=int(take("q", 168)[0]),
        slope=slope,
        intercept=intercept,
        units=take("i", 500)[0] & 7,
        qform_code=take("i", 344)[0],
        sform_code=take("i", 348)[0],
        quaternion=take("3d", 352),
        offsets=take("3d", 376),
        sform=np.array(take("12d", 400), float).reshape(3, 4),
        order=order,
    )


def _transform(
    path: Path, raw: _Raw, sizes: tuple[int, ...]
) -> tuple[NDArray[np.float64], list[ReadingNote]]:
    """Voxel (i, j, k) to mm, RAS, (4, 4), with notes."""
    scale = _TO_MM.get(raw.units, 1.0)
    spacing = np.abs(np.array(raw.pixdim[1:4], float))
    spacing[(np.array(sizes[:3]) == 1) & (spacing == 0)] = 1.0  # a flat axis may leave its spacing out
    if not np.isfinite(spacing).all() or (spacing == 0).any():
        stated = ", ".join(f"{value:g}" for value in raw.pixdim[1:4])
        raise InputError(f"{path} states the voxel spacing {stated}, which must be above zero. Correct it.")
    matrix, notes = np.eye(4), []
    if raw.sform_code > 0:
        matrix[:3] = raw.sform
        _check_finite(path, matrix)
        lengths = np.linalg.norm(matrix[:3, :3], axis=0)
        if (lengths == 0).any():
            raise InputError(f"{path} has a transform (sform) with a zero axis. Correct the header.")
        if (np.abs(lengths / spacing - 1) > _SPACING_TOLERANCE).any():
            text = (
                "The header's pixdim and its transform (sform) state different spacings; the latter is used."
            )
            notes.append(ReadingNote("contradicting-spacing", text))
    elif raw.qform_code > 0:
        matrix[:3, :3] = _rotation(raw.quaternion) * spacing
        matrix[:3, 2] *= -1.0 if raw.pixdim[0] < 0 else 1.0
        matrix[:3, 3] = raw.offsets
        _check_finite(path, matrix)
    else:
        matrix[:3, :3] = np.diag(spacing)
        text = "The file states no orientation; right, anterior, superior is assumed. Sides are not certain."
        notes.append(ReadingNote("no-orientation", text))
    matrix[:3] *= scale
    return matrix, notes


def _check_finite(path: Path, matrix: NDArray[np.float64]) -> None:
    if not np.isfinite(matrix).all():
        raise InputError(f"{path} has a transform with NaN or infinite values. Correct the header.")


def _rotation(quaternion: tuple[float, ...]) -> NDArray[np.float64]:
    """Rotation matrix of the quaternion (b, c, d); a follows from unit length (NIfTI-1 standard)."""
    b, c, d = quaternion
    rest = 1.0 - (b * b + c * c + d * d)
    if rest < 1e-7:
        length = np.sqrt(b * b + c * c + d * d)
        a, b, c, d = 0.0, b / length, c / length, d / length
    else:
        a = float(np.sqrt(rest))
    return np.array(
        [
            [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
            [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
            [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
        ]
    )
