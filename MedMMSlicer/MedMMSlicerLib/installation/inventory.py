"""Which packages are installed, and whether each is whole: read from their metadata, nothing is imported."""

from __future__ import annotations

import csv
import importlib.metadata
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .requirements import normalized_name

__all__ = ["InstalledPackage", "Inventory", "top_level_modules"]

_SUFFIXES = (".dist-info", ".egg-info")
_METADATA_NAME = re.compile(r"(?P<name>.+?)(?:-(?P<version>[^-]*)(?:-py[\d.]+.*)?)?\.(?:dist|egg)-info")
_VERSION_LINE = re.compile(r"^Version:[ \t]*(\S+)", re.MULTILINE)
_EXTRA_LINE = re.compile(
    r"^Requires-Dist:[ \t]*([\w.-]+).*;.*\bextra\s*==\s*['\"]([\w.-]+)['\"]", re.MULTILINE
)
_MODULE_LINE = re.compile(r"^([^/,\"\n]+/__init__\.py|[^/,\"\n]+\.(?:py|so|pyd)),", re.MULTILINE)
_CODE_LINE = re.compile(r"^((?!\.\.)[^,\"\n]+\.(?:py|so|pyd)),", re.MULTILINE)


@dataclass(frozen=True)
class InstalledPackage:
    """One installed distribution.

    Parameters
    ----------
    name : str
        Normalized.
    version : str
        Empty if the metadata does not say.
    metadata : Path
        Its ``.dist-info`` or ``.egg-info``.
    damage : str
        What is wrong with it, empty if nothing.
    removable : bool
        Whether pip knows its files, so that it can uninstall it.
    """

    name: str
    version: str
    metadata: Path
    damage: str = ""
    removable: bool = True


class Inventory:
    """What is installed in some folders, as of now.

    Parameters
    ----------
    folders : sequence of str
        In the order in which Python looks, like ``sys.path``. Each is listed once, here.
    """

    def __init__(self, folders: Sequence[str]) -> None:
        self._found: dict[str, list[Path]] = {}
        for path in _metadata_paths(folders):
            match = _METADATA_NAME.fullmatch(path.name)
            if match is not None:
                self._found.setdefault(normalized_name(match["name"]), []).append(path)

    def __contains__(self, name: str) -> bool:
        return normalized_name(name) in self._found

    def find(self, name: str, thorough: bool = False) -> tuple[InstalledPackage, ...]:
        """Look a distribution up.

        Parameters
        ----------
        name : str
        thorough : bool
            Compare every file with the list of files; otherwise only the entries of its modules.

        Returns
        -------
        tuple of InstalledPackage
            Empty if it is not there. More than one if one folder holds it several times, as an update that
            was broken off leaves it. What a folder further down the path holds is never imported, so it is
            left out.
        """
        paths = self._found.get(normalized_name(name), [])
        same = [path for path in paths if path.parent == paths[0].parent]
        return tuple(_examine(path, normalized_name(name), thorough) for path in same)

    def extra_requirements(self, name: str, extras: Iterable[str]) -> tuple[str, ...]:
        """Names of the distributions that the extras of an installed distribution bring."""
        wanted = {normalized_name(extra) for extra in extras}
        paths = self._found.get(normalized_name(name), [])
        text = _metadata_text(paths[0]) if paths else ""
        return tuple(found for found, extra in _EXTRA_LINE.findall(text) if normalized_name(extra) in wanted)

    def state(self) -> dict[str, tuple[str, int]]:
        """Version and time of installation (ns) of everything, to be compared with a later state."""
        result = {}
        for name, paths in self._found.items():
            match = _METADATA_NAME.fullmatch(paths[0].name)
            result[name] = ((match["version"] or "") if match else "", _changed_ns(paths[0]))
        return result


def top_level_modules(package: InstalledPackage) -> tuple[str, ...]:
    """Names that ``import`` knows of a distribution."""
    entries = (entry.partition("/")[0] for entry in _CODE_LINE.findall(_read(package.metadata / "RECORD")))
    return tuple(sorted({entry.partition(".")[0] for entry in entries}))


def _metadata_paths(folders: Sequence[str]) -> Iterator[Path]:
    for folder in dict.fromkeys(folders):
        # A zip file, or a folder that is not there: sys.path holds such entries.
        if not folder or not os.path.isdir(folder):  # noqa: PTH112 - called for each entry of sys.path
            continue
        with os.scandir(folder) as entries:
            names = sorted(
                entry.name for entry in entries if entry.name.endswith((".dist-info", ".egg-info"))
            )
        yield from (Path(folder, name) for name in names)


def _examine(path: Path, name: str, thorough: bool) -> InstalledPackage:
    match = _VERSION_LINE.search(_metadata_text(path))
    if match is None:
        damage = f"{path.name} does not say its version, so its installation was broken off"
        return InstalledPackage(name, "", path, damage, removable=False)
    version = match[1]
    if path.suffix == ".egg-info":
        return InstalledPackage(name, version, path)
    distribution = importlib.metadata.Distribution.at(path)
    installer = (distribution.read_text("INSTALLER") or "").strip()
    record = distribution.read_text("RECORD") or ""
    if not record and installer in {"", "pip"}:
        damage = f"{path.name} has no list of files, so its installation was broken off"
        return InstalledPackage(name, version, path, damage, removable=False)
    if installer == "conda" or not record:
        return InstalledPackage(name, version, path)
    damage = _changed_file(path, record) if thorough else _missing_module(path, record)
    return InstalledPackage(name, version, path, damage)


def _missing_module(path: Path, record: str) -> str:
    # The first module stands for all: this is asked each time that the panel opens. A namespace package
    # (fhir.resources) has no module of its own at the top.
    match = _MODULE_LINE.search(record) or _CODE_LINE.search(record)
    if match is None or (path.parent / match[1]).is_file():
        return ""
    return f"its file {match[1]} is missing"


def _changed_file(path: Path, record: str) -> str:
    """Compare each file with the list; metadata, caches and what lies outside may differ for good reasons."""
    home = str(path.parent)
    for row in csv.reader(record.splitlines()):
        entry, size = row[0], row[2] if len(row) > 2 else ""
        if not entry or entry.startswith(("..", "/", f"{path.name}/")) or entry.endswith(".pyc"):
            continue
        try:
            found = os.stat(f"{home}/{entry}").st_size  # noqa: PTH116 - thousands of files
        except OSError:
            return f"its file {entry} is missing"
        if size.isdecimal() and found != int(size):
            return f"its file {entry} has {found} bytes instead of {size}"
    return ""


def _metadata_text(path: Path) -> str:
    if path.is_file():
        return _read(path)
    return _read(path / "METADATA") or _read(path / "PKG-INFO")


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except (FileNotFoundError, NotADirectoryError):
        return ""


def _changed_ns(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except FileNotFoundError:
        return 0
