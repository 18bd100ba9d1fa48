"""Reading images of every format: `scan` lists series without voxels, `load` adds them."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from ..core import HeaderFacts, ReadingNote, Series, Study
from ..errors import InputError
from .dicom_series import load_dicom, series_of
from .headers import NotAnImageError, quiet, read_dataset, read_header
from .nifti import is_nifti, nifti_header, read_nifti
from .volume_files import is_volume_file, read_volume_file, volume_file

__all__ = ["SKIPPED_FILE", "load", "read_image", "scan"]

SKIPPED_FILE = "skipped-file"
"""Code of the note of every series of a folder in which files were left out."""

_DIRECTORY = "dicomdir"
"""The name that DICOM demands of the table of contents of a disc."""
_SILENTLY_SKIPPED = {_DIRECTORY, "thumbs.db", "desktop.ini"}
_DATA_FILES = {".raw", ".zraw"}  # voxels of a .mhd or .nhdr header
_SEGMENTATION = (".seg.nrrd", ".seg.nhdr")


def scan(
    inputs: Sequence[Path],
    progress: Callable[[int, int], None] | None = None,
    unreadable: list[InputError] | None = None,
) -> tuple[Study, ...]:
    """List the series in files and folders, without reading voxels.

    A file that is named must be readable, unless ``unreadable`` is given. In a folder (searched with its
    subfolders), files that can not be read are left out, and every series of the folder gets a
    `SKIPPED_FILE` note. A DICOMDIR stands for the files that it names.

    Parameters
    ----------
    inputs : sequence of Path
        Files and folders of DICOM, NIfTI, NRRD, MetaImage, PNG, JPEG or TIFF.
    progress : callable, optional
        Called with (files done, files in all).
    unreadable : list of InputError, optional
        Gets what is wrong with inputs that are named and can not be read; the others are listed.

    Returns
    -------
    tuple of Study
        DICOM studies by UID, then one study with an empty UID for everything else. Series have no volume.

    Raises
    ------
    InputError
        If a path is missing, a named file can not be read, or there is no readable image.
    """
    if not inputs:
        raise InputError("No image was given. Name a file or a folder.")
    files = _files_of(inputs, unreadable)
    headers: dict[tuple[str, str], dict[Path, Any]] = {}
    others: list[Series] = []
    skipped: dict[Path, InputError] = {}
    for number, (path, in_folder) in enumerate(files, 1):
        try:
            if _is_file_format(path):
                others += _volume_series(path, in_folder)
            else:
                _add_header(headers, path)
        except InputError as error:
            if in_folder:
                skipped[path] = error
            elif unreadable is None:
                raise
            else:
                unreadable.append(error)
        if progress is not None:
            progress(number, len(files))
    studies = _studies(headers, others)
    if not studies:
        raise _nothing(inputs, [*(unreadable or ()), *skipped.values()])
    return _with_note(studies, skipped) if skipped else studies


def load(series: Series) -> Series:
    """Read the voxels of a scanned series.

    Parameters
    ----------
    series : Series
        From `scan`.

    Returns
    -------
    Series
        The same with ``volume``, and with notes about how the voxels were read.

    Raises
    ------
    InputError
        If the files are gone, damaged, or hold nothing finite.
    MemoryLimitError
        If the volume does not fit into memory.
    """
    for path in series.paths:
        if not path.is_file():
            raise InputError(f"{path} is gone. Open the folder again.")
    if series.is_dicom:
        return load_dicom(series)
    path = series.paths[0]
    time = series.frames[0] if series.frames else 0
    if is_nifti(path):
        volume, notes = read_nifti(nifti_header(path), time)
    else:
        volume, notes = read_volume_file(volume_file(path), time)
    return dataclasses.replace(series, volume=volume, notes=(*series.notes, *notes))


def read_image(path: Path) -> Series:
    """Read one file, or a folder that holds one series.

    Raises
    ------
    InputError
        If it can not be read, or holds several series.
    """
    found = [series for study in scan([Path(path)]) for series in study.series]
    if len(found) > 1:
        names = ", ".join(series.name for series in found[:5]) + (", ..." if len(found) > 5 else "")
        raise InputError(f"{path} holds {len(found)} series ({names}). Give one of them.")
    return load(found[0])


def _files_of(inputs: Sequence[Path], unreadable: list[InputError] | None) -> list[tuple[Path, bool]]:
    """Files of all inputs, each once, with whether it was found in a folder."""
    files: dict[tuple[Path, bool], None] = {}
    for path in inputs:
        try:
            files |= dict.fromkeys(_expand(Path(path)))
        except InputError as error:
            if unreadable is None:
                raise
            unreadable.append(error)
    return list(files)


def _expand(path: Path) -> Iterator[tuple[Path, bool]]:
    """Files of an input, each with whether it was found in a folder."""
    if path.is_file():
        if path.name.lower() == _DIRECTORY:
            yield from ((file, True) for file in _named_by(path))
        else:
            yield path, False
        return
    if not path.is_dir():
        raise InputError(f"{path} does not exist. Check the path.")
    found = False
    for folder, subfolders, names in os.walk(path, onerror=_raise):
        subfolders[:] = sorted(name for name in subfolders if not _is_hidden(name))
        for name in sorted(names):
            candidate = Path(folder) / name
            if not _is_hidden(name) and candidate.is_file() and not _belongs_to_header(candidate):
                found = True
                yield candidate, True
    if not found:
        raise InputError(f"{path} is an empty folder. Give a folder with images.")


def _named_by(directory: Path) -> list[Path]:
    """The files that a DICOMDIR names and that are there."""
    files: dict[Path, None] = {}
    with quiet():
        for record in read_dataset(directory, pixels=False).get("DirectoryRecordSequence") or ():
            names = record.get("ReferencedFileID") or ()
            parts = [names] if isinstance(names, str) else [str(name) for name in names]
            path = directory.parent.joinpath(*parts)
            if ".." not in parts and path.is_relative_to(directory.parent) and path.is_file():
                files[path] = None
    if not files:
        raise InputError(
            f"{directory} is a table of contents, and none of the files that it names is there. "
            "Open the folder that it lies in."
        )
    return list(files)


def _raise(error: OSError) -> None:
    raise InputError(
        f"{error.filename} can not be opened: {error.strerror}. Check the permissions."
    ) from error


def _is_hidden(name: str) -> bool:
    return name.startswith((".", "__MACOSX")) or name.lower() in _SILENTLY_SKIPPED


def _belongs_to_header(path: Path) -> bool:
    """Whether a file only holds the voxels of a header file beside it."""
    packed = path.suffix.lower() == ".gz" and not is_nifti(path)
    if path.suffix.lower() not in _DATA_FILES and not packed:
        return False
    stem = path.name.split(".")[0]
    return any(path.with_name(stem + suffix).is_file() for suffix in (".mhd", ".nhdr"))


def _is_file_format(path: Path) -> bool:
    return is_nifti(path) or is_volume_file(path)


def _volume_series(path: Path, in_folder: bool) -> list[Series]:
    """Series of a file that is not DICOM, one for each time point."""
    if in_folder and path.name.lower().endswith(_SEGMENTATION):
        raise NotAnImageError(f"{path} is a segmentation. Give the image that it belongs to.")
    if is_nifti(path):
        header = nifti_header(path)
        times, notes = header.times, header.notes
    else:
        info = volume_file(path)
        times, notes = info.times, info.notes
    if times == 1:
        return [Series(path.name, HeaderFacts(), (path,), notes=notes)]
    return [
        Series(f"{path.name} (time point {time + 1})", HeaderFacts(), (path,), notes=notes, frames=(time,))
        for time in range(times)
    ]


def _add_header(headers: dict[tuple[str, str], dict[Path, Any]], path: Path) -> None:
    header = read_header(path)
    with quiet():
        study = str(header.get("StudyInstanceUID") or "")
        # Without a series UID, what lies in one folder is taken as one series.
        series = str(header.get("SeriesInstanceUID") or "") or f"folder {path.parent}"
    headers.setdefault((study, series), {})[path] = header


def _studies(headers: dict[tuple[str, str], dict[Path, Any]], others: list[Series]) -> tuple[Study, ...]:
    by_study: dict[str, list[tuple[float, Series]]] = {}
    for (study_uid, _), group in headers.items():
        number = next(iter(group.values())).get("SeriesNumber")
        place = float(number) if number is not None and str(number).strip() else float("inf")
        by_study.setdefault(study_uid, []).extend((place, series) for series in series_of(group))
    studies = [
        Study(uid, tuple(series for _, series in sorted(found, key=lambda item: item[0])))
        for uid, found in sorted(by_study.items())
    ]
    if others:
        studies.append(Study("", tuple(others)))
    return tuple(studies)


def _nothing(inputs: Sequence[Path], skipped: Sequence[InputError]) -> InputError:
    where = ", ".join(str(path) for path in inputs[:3])
    reason = f" ({skipped[0]})" if skipped else ""
    return InputError(f"No readable image in {where}{reason}. Give a folder with DICOM or image files.")


def _with_note(studies: Sequence[Study], skipped: Mapping[Path, InputError]) -> tuple[Study, ...]:
    foreign = {path: error for path, error in skipped.items() if isinstance(error, NotAnImageError)}
    damaged = {path: error for path, error in skipped.items() if path not in foreign}
    if damaged:
        text = _left_out(
            damaged, ("could not be read and was left out", "could not be read and were left out")
        )
        if foreign:
            text += f" {len(foreign)} more {'is no image' if len(foreign) == 1 else 'are no images'}."
    else:
        text = _left_out(foreign, ("is no image and was left out", "are no images and were left out"))
    note = ReadingNote(SKIPPED_FILE, text, "warning" if damaged else "info")
    return tuple(
        Study(
            study.study_uid,
            tuple(dataclasses.replace(series, notes=(*series.notes, note)) for series in study.series),
        )
        for study in studies
    )


def _left_out(skipped: Mapping[Path, InputError], said: tuple[str, str]) -> str:
    """How many files, and why the first; named without its folder, often the patient's name."""
    path, error = next(iter(skipped.items()))
    reason = str(error).replace(str(path), path.name)
    if len(skipped) == 1:
        return f"1 file in the folder {said[0]}: {reason}"
    return f"{len(skipped)} files in the folder {said[1]}. The first: {reason}"
