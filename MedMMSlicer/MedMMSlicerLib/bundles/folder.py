"""The files of an untrusted bundle: what may lie in the folder, and whether it is what the manifest lists."""

from __future__ import annotations

import hashlib
import itertools
import os
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ..errors import BundleError
from .schema_check import json_path
from .violation import Violation

__all__ = [
    "METADATA",
    "FolderContent",
    "check_files",
    "combined_sha256",
    "file_sha256",
    "inside_path",
    "scan_folder",
]

METADATA = "configs/metadata.json"

_NETWORK_SUFFIXES = frozenset({".onnx", ".onnx_data", ".data"})
_TEXT_SUFFIXES = frozenset({".json", ".md", ".txt", ".png", ".yml", ".yaml", ".conf"})
"""Never run. The last three lie in bundles of MONAI's model zoo (``logging.conf``, ``large_files.yml``)."""

_ALLOWED = ".json .onnx .onnx_data .data .md .txt .png .yml .yaml .conf and LICENSE"
_MAXIMUM_ENTRIES = 1000
_RESERVED = {"con", "prn", "aux", "nul"} | {f"{name}{n}" for name in ("com", "lpt") for n in range(1, 10)}


@dataclass(frozen=True)
class FolderContent:
    """What lies in a bundle folder.

    Parameters
    ----------
    root : Path
        The folder with all links resolved.
    signatures : Mapping of str to tuple of int
        Path of each regular file, relative with forward slashes, to what changes when the file is written:
        modification time, change time, size, inode.
    violations : tuple of Violation
    """

    root: Path
    signatures: Mapping[str, tuple[int, ...]]
    violations: tuple[Violation, ...]


def scan_folder(path: Path) -> FolderContent:
    """List a bundle folder without opening any file.

    Raises
    ------
    BundleError
        If ``path`` is no folder that can be listed.
    """
    try:
        root = path.resolve(strict=True)
        if not root.is_dir():
            raise BundleError(f"The bundle {path} is not a folder. Give the folder that holds 'configs'.")
        entries = list(itertools.islice(_entries(root), _MAXIMUM_ENTRIES + 1))
    except (OSError, RuntimeError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise BundleError(f"The bundle folder {path} can not be read ({reason}). Check the path.") from error
    if len(entries) > _MAXIMUM_ENTRIES:
        raise BundleError(f"The folder {path} has more than {_MAXIMUM_ENTRIES} files. Is it a bundle?")
    signatures: dict[str, tuple[int, ...]] = {}
    violations: list[Violation] = []
    for relative in sorted(entries):
        violation = _check_entry(root, relative, signatures)
        if violation:
            violations.append(violation)
    violations += _case_collisions(signatures)
    return FolderContent(root, signatures, tuple(violations))


def inside_path(path: str) -> bool:
    """Whether a relative path stays inside its folder on every operating system."""
    parts = path.split("/")
    return not any(
        part in {"", ".", ".."}
        or part[-1] in ". "
        or any(char in '\\:*?"<>|' or ord(char) < 32 for char in part)
        or part.split(".")[0].lower() in _RESERVED
        for part in parts
    )


def check_files(content: FolderContent, files: Mapping[str, str]) -> Iterator[Violation]:
    """Compare the files that the manifest lists with those in the folder, byte by byte.

    Networks that lie in the folder must be listed; documents may be left out.
    """
    spelled = {name.lower(): name for name in content.signatures}
    for name, expected in sorted(files.items()):
        where = json_path(["medmm", "files", name])
        if not inside_path(name):
            yield Violation(where, f"The path '{name}' is not safe.", "Use a plain path inside the bundle.")
        elif name == METADATA:
            yield Violation(where, "The manifest can not list itself.", "Remove this entry.")
        elif name in content.signatures:
            yield from _compare_hash(content.root / name, where, name, expected)
        elif name.lower() in spelled:
            actual = spelled[name.lower()]
            yield Violation(where, f"The file is spelled '{actual}'.", "Use the same capitals.")
        else:
            yield Violation(where, f"The file '{name}' does not exist.", "Add the file or remove the entry.")
    for name in sorted(content.signatures):
        if PurePosixPath(name).suffix.lower() in _NETWORK_SUFFIXES and name not in files:
            yield Violation(name, "The file is not listed in medmm.files.", "List it with its SHA-256.")


def file_sha256(path: Path) -> str:
    """SHA-256 of a file, in hexadecimal."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def combined_sha256(metadata: bytes, files: Mapping[str, str]) -> str:
    """Identity of a bundle: SHA-256 over the manifest's bytes, then path and SHA-256 of each file, sorted."""
    digest = hashlib.sha256(metadata)
    for name in sorted(files):
        digest.update(f"\n{name}:{files[name]}".encode())
    return digest.hexdigest()


def _compare_hash(path: Path, where: str, name: str, expected: str) -> Iterator[Violation]:
    try:
        actual = file_sha256(path)
    except OSError as error:
        yield Violation(where, f"'{name}' can not be read ({error.strerror}).", "Check its access rights.")
        return
    if actual != expected:
        yield Violation(
            where,
            f"'{name}' has the SHA-256 {actual[:12]}..., not {expected[:12]}...: it was changed.",
            "Get the bundle again from its source.",
        )


def _entries(root: Path) -> Iterator[str]:
    """Relative paths of everything that is no plain folder; countless folders end it too."""
    pending, folders = [root], 0
    while pending and folders <= _MAXIMUM_ENTRIES:
        folders += 1
        with os.scandir(pending.pop()) as listing:
            for entry in listing:
                if entry.is_dir(follow_symlinks=False):
                    pending.append(Path(entry.path))
                else:
                    yield Path(entry.path).relative_to(root).as_posix()
    if pending:
        raise BundleError(f"The folder {root} has more than {_MAXIMUM_ENTRIES} folders. Is it a bundle?")


def _check_entry(root: Path, relative: str, signatures: dict[str, tuple[int, ...]]) -> Violation | None:
    if not relative.isprintable():
        return Violation(relative, "The name has characters that can not be shown.", "Rename it.")
    path = root / relative
    try:
        is_link, facts = path.is_symlink(), path.stat()
        inside = path.resolve().is_relative_to(root)
    except (OSError, RuntimeError) as error:
        return Violation(relative, f"The entry can not be read ({error}).", "Remove it.")
    if not inside:
        return Violation(relative, "The link leaves the folder.", "Replace the link by a copy of the file.")
    if is_link and stat.S_ISDIR(facts.st_mode):
        return Violation(relative, "This is a link to a folder.", "Replace it by a copy.")
    if not stat.S_ISREG(facts.st_mode):
        return Violation(relative, "This is not a regular file.", "Remove it.")
    name = PurePosixPath(relative)
    suffix = name.suffix.lower()
    is_license = name.name.upper().startswith("LICENSE") and suffix in {"", ".md", ".txt"}
    if not is_license and suffix not in _NETWORK_SUFFIXES | _TEXT_SUFFIXES:
        return Violation(relative, "Files of this type are refused.", f"Remove it; allowed are {_ALLOWED}.")
    signatures[relative] = (facts.st_mtime_ns, facts.st_ctime_ns, facts.st_size, facts.st_ino)
    return None


def _case_collisions(names: Mapping[str, object]) -> Iterator[Violation]:
    seen: dict[str, str] = {}
    for name in names:
        other = seen.setdefault(name.lower(), name)
        if other != name:
            yield Violation(name, f"The name differs from '{other}' only by its case.", "Rename one of them.")
