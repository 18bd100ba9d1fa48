"""The sample studies: where they lie in installed packages, and whether they are what they should be."""

from __future__ import annotations

import hashlib
import importlib.util
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .core import LocalizedText
from .errors import InputError

__all__ = ["Sample", "list_samples", "sample_path", "sample_uri", "shipped_folder"]


@dataclass(frozen=True)
class Sample:
    """One sample study, as ``Resources/Samples/samples.json`` describes it.

    ``file`` is relative to the folder that packages are installed in; ``points_ras`` (mm, RAS) are where a
    bundle that reads around a point should look.
    """

    id: str
    title: LocalizedText
    package: str
    file: str
    sha256: str
    modality: str
    attribution: str
    points_ras: tuple[tuple[float, float, float], ...] = ()


def shipped_folder(name: str, start: Path | None = None) -> Path | None:
    """Find ``Resources/<name>`` of a checkout, of a Slicer tree or of a wheel; None if there is none.

    A checkout keeps it two levels above this package, Slicer's trees one level above, a wheel inside.
    """
    package = start or Path(__file__).resolve().parent
    for base in (package, package.parent, package.parent.parent):
        folder = base / "Resources" / name
        if folder.is_dir():
            return folder
    return None


def list_samples() -> tuple[Sample, ...]:
    """Every sample of the manifest.

    Raises
    ------
    InputError
        If the manifest is missing: the installation is incomplete.
    """
    folder = shipped_folder("Samples")
    if folder is None:
        raise InputError("Resources/Samples is missing from this installation. Install MedMM again.")
    entries = json.loads((folder / "samples.json").read_text(encoding="utf-8"))["samples"]
    return tuple(Sample(**{**entry, "points_ras": _points(entry.get("points_ras", ()))}) for entry in entries)


def sample_path(sample: Sample) -> Path:
    """Path of a sample's file, checked against its SHA-256.

    Raises
    ------
    InputError
        If the package is not installed or its file is another one.
    """
    path = _find(sample)
    if path is None:
        # Not "medmm-slicer[demo]": inside Slicer that would install a second MedMM.
        raise InputError(
            f"The sample '{sample.id}' needs the package {sample.package}. Run: pip install {sample.package} "
            f"(in Slicer's Python console: slicer.util.pip_install('{sample.package}'))."
        )
    if hashlib.sha256(path.read_bytes()).hexdigest() != sample.sha256:
        raise InputError(
            f"{path} is not the expected sample file (its SHA-256 differs). Reinstall {sample.package}."
        )
    return path


def sample_uri(sample: Sample) -> str:
    """Where Slicer's scripts load a sample from; ``package:...``, which fails, if it is not installed.

    The buttons of Slicer's Sample Data module ask our own loader instead, which says what is missing.
    """
    path = _find(sample)
    return f"package:{sample.package}/{sample.file}" if path is None else path.as_uri()


def _find(sample: Sample) -> Path | None:
    found = importlib.util.find_spec(sample.file.split("/", 1)[0])
    locations: Sequence[str] = () if found is None else (found.submodule_search_locations or ())
    paths = (Path(location).parent / sample.file for location in locations)
    return next((path for path in paths if path.is_file()), None)


def _points(values: Sequence[Sequence[float]]) -> tuple[tuple[float, float, float], ...]:
    return tuple((float(right), float(anterior), float(superior)) for right, anterior, superior in values)
