"""What may go into a study package: files without identifiers, of kinds that can be checked or cleaned.

DICOM files must have gone through ``medmm export --deidentify``, and so must folders of ``medmm analyze``.
Texts in the headers of NIfTI, NRRD and PNG files are dropped. Other kinds of images are refused. Pixels and
the words of reports can not be judged here: that is up to the study team.
"""

from __future__ import annotations

import gzip
import re
import struct
import zlib
from collections.abc import Mapping
from pathlib import Path

from ..dicom.deidentify_files import clean_picture
from ..dicom.headers import is_dicom, quiet, read_dataset
from ..errors import InputError

__all__ = ["require_deidentified_folder", "shareable"]

_PSEUDONYM = re.compile(r"MEDMM-[A-Z2-7]{12}\Z")
_BASIC_PROFILE = "113100"
_RECORD = "deidentification.json"
# Header size: (where the voxels begin, its format, fields with texts as start and end).
_NIFTI = {
    348: (108, "f", ((4, 14), (14, 32), (148, 228), (228, 252), (328, 344))),
    540: (168, "q", ((240, 320), (320, 344), (508, 524))),
}


def shareable(path: Path, keeps_identifiers: bool = False) -> Path | bytes:
    """The image file itself if it may go out as it is, else its cleaned content.

    Parameters
    ----------
    path : Path
    keeps_identifiers : bool
        The study team decided that nothing is checked or cleaned.

    Raises
    ------
    InputError
        If it has identifiers, or is of a kind that can not be cleaned.
    """
    if keeps_identifiers:
        return path
    name = path.name.lower()
    if name.endswith((".nii", ".nii.gz")):
        return _clean_nifti(path)
    if name.endswith(".nrrd"):
        return _clean_nrrd(path)
    if name.endswith(".png"):
        return clean_picture(path)
    if not is_dicom(path):
        raise InputError(
            f"{path} is of a kind that can not be checked for identifiers. Give DICOM, NIfTI, NRRD or PNG, "
            "or use --keep-identifiers."
        )
    _require_pseudonyms(path)
    return path


def require_deidentified_folder(files: Mapping[str, Path], where: Path) -> None:
    """Check output of AI before it goes into a package.

    Raises
    ------
    InputError
        If a DICOM file has identifiers, or a case folder was not exported with ``--deidentify``.
    """
    names = {Path(name).name for name in files}
    if "case.json" in names and _RECORD not in names:
        raise InputError(
            f"{where} is a case folder that may name the patient. Give the folder that medmm export "
            "--deidentify makes of it, or use --keep-identifiers."
        )
    for path in files.values():
        if is_dicom(path):
            _require_pseudonyms(path)


def _require_pseudonyms(path: Path) -> None:
    dataset = read_dataset(path, pixels=False)
    with quiet():
        codes = {
            str(item.get("CodeValue")) for item in dataset.get("DeidentificationMethodCodeSequence") or ()
        }
        people = [str(dataset.get(keyword) or "") for keyword in ("PatientName", "PatientID")]
        is_removed = str(dataset.get("PatientIdentityRemoved") or "") == "YES"
    if not (is_removed and _BASIC_PROFILE in codes and all(_PSEUDONYM.match(person) for person in people)):
        raise InputError(
            f"{path} was not de-identified by MedMM and may name the patient. Run medmm export --deidentify "
            "on it and give the result, or use --keep-identifiers."
        )


def _clean_nifti(path: Path) -> bytes:
    is_packed = path.name.lower().endswith(".gz")
    try:
        data = bytearray(gzip.decompress(path.read_bytes()) if is_packed else path.read_bytes())
        order = next(order for order in "<>" if struct.unpack_from(f"{order}i", data)[0] in _NIFTI)
        size = struct.unpack_from(f"{order}i", data)[0]
        place, form, texts = _NIFTI[size]
        voxels = int(struct.unpack_from(f"{order}{form}", data, place)[0])
        if not size <= voxels <= len(data):
            raise ValueError("the voxels begin outside of the file")
    except (OSError, EOFError, zlib.error, struct.error, StopIteration, ValueError, OverflowError) as error:
        raise InputError(f"{path} is no NIfTI file in one part ({error}). Save the image again.") from error
    # Behind the header lie extensions, which may hold a whole DICOM header.
    for start, end in (*texts, (size, voxels)):
        data[start:end] = bytes(end - start)
    return gzip.compress(bytes(data), compresslevel=6, mtime=0) if is_packed else bytes(data)


def _clean_nrrd(path: Path) -> bytes:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can not be read ({error.strerror}). Check its rights.") from error
    head, separator, voxels = data.partition(b"\n\n")
    if not separator or not data.startswith(b"NRRD000"):
        raise InputError(f"{path} is no NRRD file in one part. Save the image again.")
    lines = [
        line for line in head.split(b"\n") if b":=" not in line and not line.startswith((b"#", b"content:"))
    ]
    if any(line.lower().startswith((b"data file", b"datafile")) for line in lines):
        raise InputError(f"{path} keeps its voxels in another file. Save it as one.")
    return b"\n".join(lines) + separator + voxels
