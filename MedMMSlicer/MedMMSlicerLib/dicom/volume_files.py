"""NRRD, MetaImage and picture files through SimpleITK, with a look at what the header really says."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import ReadingNote, Volume, VolumeGeometry
from ..errors import InputError, MemoryLimitError
from .grids import lps_to_ras, projection_geometry
from .pixels import finite, smallest_integers
from .raw_headers import read_start, states_spacing

__all__ = ["VolumeFile", "is_picture", "is_volume_file", "read_volume_file", "volume_file"]

_NRRD = {".nrrd", ".nhdr"}
_META = {".mha", ".mhd"}
_PICTURES = {".png", ".jpg", ".jpeg", ".tif", ".tiff"}


@dataclass(frozen=True)
class VolumeFile:
    """What the header of a file says: its dimensions, and the time points of a 4D file."""

    path: Path
    dimensions: int
    times: int
    notes: tuple[ReadingNote, ...]
    spacing_known: bool


def is_volume_file(path: Path) -> bool:
    """Whether the suffix is one that this module reads."""
    return path.suffix.lower() in _NRRD | _META | _PICTURES


def is_picture(path: Path) -> bool:
    """Whether the file is a PNG, JPEG or TIFF."""
    return path.suffix.lower() in _PICTURES


def volume_file(path: Path) -> VolumeFile:
    """Read and check the header.

    Raises
    ------
    InputError
        If the file is not what its name says, or states a size, spacing or type that can not be read.
    """
    start = read_start(path)
    notes: list[ReadingNote] = []
    known = not is_picture(path) and states_spacing(path, start)
    if not known:
        text = "The file states no voxel spacing; 1 mm is assumed and sizes in mm are not valid."
        notes.append(ReadingNote("no-spacing", text))
    reader = _reader(path)
    with _errors(path):
        reader.ReadImageInformation()
    dimensions, size = reader.GetDimension(), reader.GetSize()
    if dimensions not in (2, 3, 4):
        raise InputError(f"{path} has {dimensions} dimensions; 2 to 4 can be read. Convert the image.")
    if dimensions == 3 and is_picture(path):
        text = f"The file holds {size[2]} pages; the distance between them is not known."
        notes.append(ReadingNote("cine", text, "info"))
    times = int(size[3]) if dimensions == 4 else 1
    return VolumeFile(path, int(dimensions), times, tuple(notes), known)


def read_volume_file(info: VolumeFile, time: int = 0) -> tuple[Volume, tuple[ReadingNote, ...]]:
    """Read the voxels of one time point.

    Parameters
    ----------
    info : VolumeFile
    time : int
        Zero-based.

    Raises
    ------
    InputError
        If the file is damaged, or holds vectors, complex or only infinite values.
    MemoryLimitError
        If the volume does not fit into memory.
    """
    import SimpleITK as sitk

    reader = _reader(info.path)
    with _errors(info.path):
        if info.dimensions == 4:
            reader.ReadImageInformation()
            size = list(reader.GetSize())
            reader.SetExtractIndex([0, 0, 0, time])
            reader.SetExtractSize([*size[:3], 0])
        image = reader.Execute()
        array = sitk.GetArrayFromImage(image)
    channels = image.GetNumberOfComponentsPerPixel()
    array = array[np.newaxis] if image.GetDimension() == 2 else array
    array, notes = _channels(info.path, array, channels)
    array, more = finite(_plain(array, info.path), info.path)
    spacing = image.GetSpacing()
    if is_picture(info.path) or image.GetDimension() == 2:
        pixel = (1.0, 1.0) if is_picture(info.path) else (float(spacing[1]), float(spacing[0]))
        shape: tuple[int, int, int] = array.shape[:3]
        geometry = projection_geometry(shape, pixel)
    else:
        geometry = _geometry(image, array.shape[:3])
    volume = Volume(array, geometry, spacing_known=info.spacing_known)
    return volume, (*notes, *more)


def _geometry(image: Any, shape: tuple[int, int, int]) -> VolumeGeometry:
    matrix = np.eye(4)
    directions = np.array(image.GetDirection()).reshape(3, 3)
    matrix[:3, :3] = directions * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return VolumeGeometry(shape, lps_to_ras(matrix))


def _channels(path: Path, array: NDArray[Any], channels: int) -> tuple[NDArray[Any], list[ReadingNote]]:
    if channels == 1:
        return array, []
    if channels not in (2, 3, 4) or array.dtype.kind not in "u" or (channels == 2 and not is_picture(path)):
        raise InputError(
            f"{path} holds {channels} values per voxel (vectors). Give a scalar or an RGB image."
        )
    notes: list[ReadingNote] = []
    if channels in (2, 4):
        notes.append(ReadingNote("no-transparency", "The transparency of the image was left out.", "info"))
    array = array[..., :1] if channels == 2 else array[..., :3]
    if array.dtype.itemsize > 1:
        array = (array >> (8 * (array.dtype.itemsize - 1))).astype(np.uint8) if channels > 2 else array
    first = array[..., 0]
    if channels == 2 or (is_picture(path) and all((array[..., c] == first).all() for c in (1, 2))):
        text = "The picture is stored in colour and shows grey values only; it was read as grey."
        if channels != 2:
            notes.append(ReadingNote("grey-picture", text, "info"))
        return np.ascontiguousarray(first), notes
    return np.ascontiguousarray(array), notes


def _plain(array: NDArray[Any], path: Path) -> NDArray[Any]:
    """One of uint8, int16, uint16, int32 and float32."""
    if array.dtype.kind == "c":
        raise InputError(f"{path} holds complex numbers. Give a magnitude image.")
    if array.dtype.kind == "f":
        return array.astype(np.float32, copy=False)
    if array.dtype == np.int8:
        return array.astype(np.int16)
    if array.dtype.itemsize <= 2:
        return array
    whole = np.iinfo(np.int32)
    if int(array.min()) >= whole.min and int(array.max()) <= whole.max:
        return smallest_integers(array.astype(np.int32, copy=False))
    return array.astype(np.float32)


def _reader(path: Path) -> Any:
    import SimpleITK as sitk

    reader = sitk.ImageFileReader()
    reader.SetFileName(str(path))
    return reader


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Silence SimpleITK's warnings, and turn its long errors into one line."""
    import SimpleITK as sitk

    shown = sitk.ProcessObject.GetGlobalWarningDisplay()
    sitk.ProcessObject.SetGlobalWarningDisplay(False)
    try:
        yield
    except RuntimeError as error:
        reason = [line for line in str(error).splitlines() if line.strip()][-1].split("ERROR:")[-1].strip()
        raise InputError(f"{path} can not be read: {reason.rstrip('.')}. Copy or export it again.") from error
    except MemoryError as error:
        raise MemoryLimitError(f"{path} does not fit into memory. Read a smaller image.") from error
    finally:
        sitk.ProcessObject.SetGlobalWarningDisplay(shown)
