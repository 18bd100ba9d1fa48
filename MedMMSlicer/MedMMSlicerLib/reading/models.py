"""Models: which bundles fit the current case, which is selected, and what the reader accepted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ..bundles.manifest import Manifest
from ..core import Series, localized
from ..errors import BundleError
from .record import CaseRecord
from .rows import ModelEntry
from .words import obstacle

if TYPE_CHECKING:
    from ..bundles.catalog import BundleCatalog
    from ..bundles.loading import ModelBundle
    from ..bundles.suggestion import Suggestion
    from .room import ReadingRoom

__all__ = ["ModelDesk"]


_ACCEPTED = "accepted/{0}/{1}/{2}"
_Stamp = tuple[tuple[str, int], ...]


class ModelDesk:
    """The bundles of the catalog, judged for the current case.

    Manifests are read, files are not verified: the worker process does that before it runs a bundle.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._catalog = room.given_catalog
        self._bundles: dict[str, ModelBundle] = {}
        self._broken: tuple[str, ...] = ()
        self._stamp: _Stamp | None = None

    @property
    def catalog(self) -> BundleCatalog:
        """Where bundles are looked for."""
        if self._catalog is None:
            from ..bundles.catalog import BundleCatalog

            self._catalog = BundleCatalog()
        return self._catalog

    @property
    def broken(self) -> tuple[str, ...]:
        """Why folders that look like bundles can not be used."""
        self._list()
        return self._broken

    def prepare(self) -> None:
        """Read the manifests now; otherwise the first question does it."""
        self._list()

    def suggestions(self) -> tuple[ModelEntry, ...]:
        """All bundles: those that fit the current case first, then those that nearly fit."""
        from ..bundles.suggestion import Suggestion

        series, bundles = self._current_series(), self._list().values()
        if series is None:
            reason = self._nothing_to_read()
            return tuple(self._entry(Suggestion(bundle, False, reason)) for bundle in bundles)
        judged = [self._judge(bundle, series) for bundle in bundles]
        judged.sort(key=lambda item: (not item.applicable, item.misfit))
        return tuple(self._entry(item) for item in judged)

    @property
    def selected_id(self) -> str:
        """Id of the selected bundle: the reader's choice, else the first that fits.

        Empty where none fits, or where the file does not state its modality and several may fit.
        """
        record = self._room.record
        if record is None:
            return ""
        if record.bundle_id:
            return record.bundle_id
        fitting = [row for row in self.suggestions() if row.applicable]
        known = len(fitting) == 1 or (fitting and fitting[0].certain)
        return fitting[0].id if known else ""

    def select(self, bundle_id: str) -> None:
        """Select a bundle for the current case; empty: the one that fits, if that is known.

        Raises
        ------
        UsageError
            If no case is open.
        BundleError
            If there is no such bundle.
        """
        if not bundle_id:
            self._room.change("bundle", "run", bundle_id="", bundle_version="", bundle_sha256="")
            return
        bundle = self.bundle(bundle_id)
        self._room.change(
            "bundle",
            "context",
            "run",
            bundle_id=bundle_id,
            bundle_version=bundle.manifest.version,
            bundle_sha256=bundle.sha256,
        )

    def card(self, bundle_id: str) -> str:
        """Text of its model card (Markdown), its intended use where it has none.

        Raises
        ------
        BundleError
            If there is no such bundle, or the card can not be read.
        """
        bundle = self.bundle(bundle_id)
        return bundle.card() or localized(bundle.manifest.intended_use, self._room.language)

    def license_text(self, bundle_id: str) -> str:
        """Text of its license, else the name of it.

        Raises
        ------
        BundleError
            If there is no such bundle, or the file can not be read.
        """
        bundle = self.bundle(bundle_id)
        return bundle.license_text() or bundle.manifest.license

    def accept(self, bundle_id: str) -> None:
        """Accept license and intended use of this version of a bundle, once for all cases.

        Raises
        ------
        BundleError
            If there is no such bundle.
        OutputError, DiskFullError
            If the settings can not be written.
        """
        bundle = self.bundle(bundle_id)
        try:
            self._room.settings.set(_key(bundle), "yes")
        finally:
            self._room.listeners.emit("bundle", "run")

    def is_accepted(self, bundle_id: str) -> bool:
        """Whether this version of a bundle was accepted."""
        bundle = self._list().get(bundle_id)
        return bundle is not None and bool(self._room.settings.get(_key(bundle)))

    def bundle(self, bundle_id: str) -> ModelBundle:
        """A bundle as its manifest describes it; its files are not verified.

        Raises
        ------
        BundleError
            If it is not there.
        """
        found = self._list().get(bundle_id)
        if found is None:
            known = ", ".join(self._bundles) or "none"
            raise BundleError(f"There is no bundle '{bundle_id[:200]}' (any more). Select another: {known}.")
        return found

    def manifest(self, bundle_id: str) -> Manifest | None:
        """Manifest of a bundle, None if it is not there (any more)."""
        found = self._list().get(bundle_id)
        return None if found is None else found.manifest

    def manifest_of(self, record: CaseRecord) -> Manifest | None:
        """Manifest of the bundle that made the prediction of a case, if it still is the same."""
        prediction = record.prediction
        if prediction is None:
            return None
        found = self._list().get(prediction.provenance.bundle_id)
        same = found is not None and found.sha256 == prediction.provenance.bundle_sha256
        return found.manifest if found is not None and same else None

    def report_templates(self) -> tuple[str, ...]:
        """Template sets of the reports of all bundles."""
        return tuple({bundle.manifest.report_template: None for bundle in self._list().values()})

    def fits(self, series: Series) -> bool:
        """Whether some bundle can read a loaded series."""
        return any(self._judge(bundle, series).applicable for bundle in self._list().values())

    def refusal(self, bundle_id: str) -> str:
        """Why a bundle can not read the current case: one sentence, empty if it can.

        Raises
        ------
        UsageError
            If no case is open.
        """
        found = self._list().get(bundle_id)
        if found is None:
            return self._say("model-gone", name=bundle_id)
        roles = self._room.require_record().series
        for role in found.manifest.inputs:
            if role.required and role.role not in roles:
                return self._say("role-missing", name=bundle_id, role=role.role)
        series = self._current_series()
        if series is None:
            return self._say("image-gone")
        judged = self._judge(found, series)
        return "" if judged.applicable else judged.reason

    def _judge(self, bundle: ModelBundle, series: Series) -> Suggestion:
        from ..bundles.suggestion import judge

        return judge(bundle, series, self._room.language)

    def _entry(self, judged: Suggestion) -> ModelEntry:
        manifest, language = judged.bundle.manifest, self._room.language
        return ModelEntry(
            id=manifest.id,
            title=localized(manifest.title, language) or manifest.id,
            version=manifest.version,
            license=manifest.license,
            intended_use=localized(manifest.intended_use, language),
            applicable=judged.applicable,
            reason=judged.reason,
            accepted=bool(self._room.settings.get(_key(judged.bundle))),
            certain=judged.certain,
        )

    def _nothing_to_read(self) -> str:
        return self._say("image-gone" if self._room.record is not None else "no-case")

    def _say(self, key: str, **values: object) -> str:
        return obstacle(key, self._room.language, **values)

    def _current_series(self) -> Series | None:
        if self._room.record is None:
            return None
        return self._room.cases.case(roles=("current",)).series.get("current")

    def _list(self) -> dict[str, ModelBundle]:
        """Bundles by id; read again only when a folder or manifest changed."""
        stamp = self._stamp_of()
        if stamp == self._stamp:
            return self._bundles
        from ..bundles.loading import ModelBundle

        found = self.catalog.list()
        self._bundles = {item.manifest.id: item for item in found if isinstance(item, ModelBundle)}
        self._broken = tuple(item.error for item in found if not isinstance(item, ModelBundle))
        self._stamp = self._stamp_of()
        return self._bundles

    def _stamp_of(self) -> _Stamp:
        from ..bundles.folder import METADATA

        folders = [Path(path) for path in self.catalog.folders]
        manifests = [bundle.path / METADATA for bundle in self._bundles.values()]
        return tuple((str(path), _changed_at(path)) for path in (*folders, *manifests))


def _key(bundle: ModelBundle) -> str:
    return _ACCEPTED.format(bundle.manifest.id, bundle.manifest.version, bundle.sha256)


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
