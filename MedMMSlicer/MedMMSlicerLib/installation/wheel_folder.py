"""A folder of wheels for computers without a network: its list of SHA-256, written and checked.

``python -m MedMMSlicerLib.installation list-wheels FOLDER`` writes the list. Its form is that of the program
``sha256sum``: the digest, two spaces, the name of the file.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import InstallationError
from ..files import atomic_write

__all__ = ["LIST_NAME", "check_wheels", "read_wheel_list", "write_wheel_list"]

LIST_NAME = "SHA256SUMS"
_LINE = re.compile(r"(?P<digest>[0-9a-fA-F]{64}) [ *](?P<name>[^/\\]+\.whl)")
_CHUNK_BYTES = 1 << 22


def read_wheel_list(folder: Path) -> dict[str, str]:
    """Read the list of a folder: file name to SHA-256.

    Raises
    ------
    InstallationError
        If the folder or its list is missing or damaged, or its files are not exactly those of the list.
    """
    path = folder / LIST_NAME
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        present = {file.name for file in folder.glob("*.whl")}
    except (OSError, UnicodeDecodeError) as error:
        raise InstallationError(
            f"{path} can not be read ({error}). Choose a folder of wheels with its list of SHA-256; "
            "docs/installation.md says how to make one."
        ) from error
    listed = {}
    for number, line in enumerate(lines, 1):
        match = _LINE.fullmatch(line.strip())
        if match is None and line.strip():
            raise InstallationError(f"{path}, line {number} is no entry of a list. Write the list again.")
        if match is not None:
            listed[match["name"]] = match["digest"].lower()
    if not listed:
        raise InstallationError(f"{path} lists no wheel. Write the list again.")
    for name in sorted(listed.keys() - present):
        raise InstallationError(f"{folder / name} is in the list but not in the folder. Copy it again.")
    for name in sorted(present - listed.keys()):
        raise InstallationError(f"{folder / name} is not in the list. Remove it, or write the list again.")
    return listed


def check_wheels(folder: Path) -> Iterator[str]:
    """Compare every wheel with the list, in small pieces: yields the name of the file after each piece.

    Raises
    ------
    InstallationError
        If a wheel is not what the list says.
    """
    for name, expected in sorted(read_wheel_list(folder).items()):
        digest = hashlib.sha256()
        try:
            with (folder / name).open("rb") as stream:
                while chunk := stream.read(_CHUNK_BYTES):
                    digest.update(chunk)
                    yield name
        except OSError as error:
            raise InstallationError(f"{folder / name} can not be read ({error}). Copy it again.") from error
        if digest.hexdigest() != expected:
            raise InstallationError(
                f"{folder / name} is not the file that the list names: its SHA-256 differs. Copy it again."
            )


def write_wheel_list(folder: Path) -> Path:
    """Write the list of all wheels of a folder and return its path.

    Raises
    ------
    InstallationError
        If there is no wheel, or a file that pip would have to compile.
    OutputError, DiskFullError
        If the list can not be written.
    """
    wheels = sorted(folder.glob("*.whl"))
    sources = sorted(file.name for kind in ("*.tar.gz", "*.zip") for file in folder.glob(kind))
    if sources:
        raise InstallationError(
            f"{folder / sources[0]} is source code, which would be compiled. Download wheels only."
        )
    if not wheels:
        raise InstallationError(f"{folder} holds no wheel. Download the wheels first, with 'pip download'.")
    lines = []
    for wheel in wheels:
        with wheel.open("rb") as stream:
            lines.append(f"{hashlib.file_digest(stream, 'sha256').hexdigest()}  {wheel.name}\n")
    path = folder / LIST_NAME
    with atomic_write(path) as temporary:
        temporary.write_text("".join(lines), encoding="utf-8")
    return path
