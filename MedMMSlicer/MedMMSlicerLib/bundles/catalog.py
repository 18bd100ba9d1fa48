"""Where bundles are found, and which of them fit an image."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .. import samples
from ..core import Series
from ..errors import BundleError
from .folder import METADATA
from .loading import ModelBundle, describe_bundle, load_bundle
from .suggestion import Suggestion, judge

__all__ = [
    "BrokenBundle",
    "BundleCatalog",
    "Suggestion",
    "default_folders",
    "shipped_folder",
    "user_folder",
]

ENVIRONMENT_VARIABLE = "MEDMM_BUNDLES"
"""Folders with bundles, separated like in ``PATH``."""


@dataclass(frozen=True)
class BrokenBundle:
    """A folder that looks like a bundle and is none that can be used."""

    path: Path
    error: str


class BundleCatalog:
    """The bundles of some folders.

    Listing reads manifests only; the files of a bundle are verified by `get`.

    Parameters
    ----------
    folders : sequence of Path, optional
        Folders that hold bundles as subfolders, or are bundles. When not given: the shipped bundles, then
        those of ``MEDMM_BUNDLES``, then the user's.
    """

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self._folders = tuple(default_folders() if folders is None else folders)

    @property
    def folders(self) -> tuple[Path, ...]:
        """Where is searched, in this order."""
        return self._folders

    def ids(self) -> tuple[str, ...]:
        """Ids of the bundles that can be used, in the order of the folders."""
        return tuple(bundle.manifest.id for bundle in self._usable())

    def list(self) -> tuple[ModelBundle | BrokenBundle, ...]:
        """All bundles, the broken ones with their error. Of two with the same id, the first counts.

        The bundles' files are not verified: run only what `get` gives.
        """
        entries: _Entries = []
        taken: dict[str, Path] = {}
        for path in self._paths():
            try:
                bundle = describe_bundle(path)
            except BundleError as error:
                entries.append(BrokenBundle(path, str(error)))
                continue
            first = taken.setdefault(bundle.manifest.id, path)
            if first != path:
                message = f"The bundle {path} has the id of {first} too. Remove or rename one of them."
                entries.append(BrokenBundle(path, message))
            else:
                entries.append(bundle)
        return tuple(entries)

    def get(self, id_or_path: str) -> ModelBundle:
        """Load a bundle by its id, or by the path of its folder, and verify it.

        Raises
        ------
        BundleError
            If there is no such bundle, or it is refused.
        """
        if any(separator in id_or_path for separator in "/\\"):
            return load_bundle(Path(id_or_path))
        ids: _Ids = []
        broken: dict[str, str] = {}
        for entry in self.list():
            if isinstance(entry, BrokenBundle):
                broken[entry.path.name] = entry.error
            elif entry.manifest.id == id_or_path:
                return load_bundle(entry.path)
            else:
                ids.append(entry.manifest.id)
        if (Path(id_or_path) / METADATA).is_file():
            return load_bundle(Path(id_or_path))
        if id_or_path in broken:
            raise BundleError(broken[id_or_path])
        near = difflib.get_close_matches(id_or_path, ids, n=1, cutoff=0.5)
        known = ", ".join(ids) or "none"
        advice = f"Did you mean '{near[0]}'?" if near else f"Known are: {known}; or give a bundle's folder."
        raise BundleError(f"There is no bundle '{id_or_path[:200]}'. {advice}")

    def suggest(self, series: Series) -> tuple[Suggestion, ...]:
        """Judge every usable bundle for a series: the applicable ones first, then those that nearly fit."""
        suggestions = [judge(bundle, series) for bundle in self._usable()]
        return tuple(sorted(suggestions, key=lambda item: (not item.applicable, item.misfit)))

    def _usable(self) -> tuple[ModelBundle, ...]:
        return tuple(entry for entry in self.list() if isinstance(entry, ModelBundle))

    def _paths(self) -> Iterator[Path]:
        seen: set[Path] = set()
        for folder in self._folders:
            for path in _bundle_folders(folder):
                if path not in seen:
                    seen.add(path)
                    yield path


# Inside the class, ``list`` is the method.
_Entries = list[ModelBundle | BrokenBundle]
_Ids = list[str]


def default_folders() -> tuple[Path, ...]:
    """Where bundles are searched when nothing else is said; folders that do not exist are left out."""
    named = os.environ.get(ENVIRONMENT_VARIABLE, "").split(os.pathsep)
    candidates = (shipped_folder(), *(Path(text) for text in named if text), user_folder())
    return tuple(path for path in candidates if path is not None and path.is_dir())


def shipped_folder() -> Path | None:
    """``Resources/Bundles`` of the wheel, of Slicer's build or install tree, or of the source checkout."""
    return samples.shipped_folder("Bundles")


def user_folder() -> Path | None:
    """The user's own bundles; None where there is no home folder. It is not created."""
    variable = {"win32": "LOCALAPPDATA", "darwin": ""}.get(sys.platform, "XDG_DATA_HOME")
    base = os.environ.get(variable, "") if variable else ""
    if base:
        return Path(base) / "medmm" / "bundles"
    parts = {"win32": ("AppData", "Local"), "darwin": ("Library", "Application Support")}
    try:
        home = Path.home()
    except RuntimeError:
        return None
    return home.joinpath(*parts.get(sys.platform, (".local", "share")), "medmm", "bundles")


def _bundle_folders(folder: Path) -> tuple[Path, ...]:
    """``folder`` itself if it is a bundle, else its subfolders that are; hidden ones are left out."""
    try:
        if (folder / METADATA).is_file():
            return (folder.resolve(),)
        paths = sorted(path for path in folder.iterdir() if not path.name.startswith("."))
        return tuple(path.resolve() for path in paths if (path / METADATA).is_file())
    except OSError:
        # A search folder that vanished or may not be read holds no bundles; `get` then says what is known.
        return ()
