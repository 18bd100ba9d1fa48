"""Cases: which there are, which is current, and their records in the scene."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import Case, Series
from ..errors import InputError
from .case_facts import describe_facts
from .case_opening import CaseOpening, Loaded
from .case_store import CaseStore, OpenCase
from .opening import Group
from .record import CaseRecord, SeriesRecord
from .rows import CaseEntry, Fact, SeriesEntry

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["CaseDesk"]

Progress = Callable[[str, float], None]

_TOPICS_OF_ROLE = {
    "segmentation": ("segments", "findings"),
    "heat_map": ("evidence", "findings"),
    "locations": ("findings",),
    "boxes": ("findings",),
    "measurements": ("findings",),
    "probabilities": ("findings",),
    "report": ("report",),
}
_ALL = ("cases", "case", "bundle", "context", "run", "findings", "evidence", "segments", "report")


class CaseDesk:
    """The cases of the scene. Every change of a record is written into its node at once."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._store = CaseStore(room)
        self._token: Any = None
        self._going: dict[str, tuple[tuple[str, str], tuple[int, ...]]] = {}
        self._quiet = 0
        if room.scene is not None:
            from ..scene.observing import observe_scene

            self._token = observe_scene(room.scene, self._scene_changed)
            self._store.rescan()

    def entries(self) -> tuple[CaseEntry, ...]:
        """All cases in the order in which they were opened."""
        return tuple(self._entry(item) for item in self._store.items())

    @property
    def current_id(self) -> str:
        """Id of the current case, or empty."""
        return self._store.current_id

    def select(self, case_id: str) -> None:
        """Make a case current: its images and overlays are shown, those of other cases hidden.

        Raises
        ------
        UsageError
            If there is no such case.
        """
        self._store.get(case_id)
        with self._room.listeners.hold():
            if case_id != self.current_id:
                # A segment may have been edited a moment ago: afterwards nobody would measure it.
                self._room.segments.catch_up()
            self._store.make_current(case_id)
            self._show()
            self._room.evidence.after_select()
            self._room.listeners.emit(*_ALL)

    def open_paths(self, paths: Sequence[Path], progress: Progress | None = None) -> tuple[str, ...]:
        """Open files and folders; returns the ids of the cases, the first of which is then current.

        DICOM files become one case per study, every other file one of its own. A study that is open already
        is not opened twice. Of several inputs, and of the files of a folder, those that can be read are
        opened; one message says which can not, and why.

        Parameters
        ----------
        paths : sequence of Path
        progress : callable, optional
            Called with (stage, fraction); may raise `CancelledError`: then nothing of the call stays.

        Raises
        ------
        InputError, MemoryLimitError, CancelledError
            If nothing can be read; the scene is then as before.
        """
        self._room.study.require_closed()
        opening = CaseOpening(self._room, progress)
        return self._open(opening, opening.groups(paths))

    def open_sample(self, sample_id: str, progress: Progress | None = None) -> tuple[str, ...]:
        """Open a sample study; see `open_paths`.

        Raises
        ------
        InputError
            If there is no such sample, or its package is not installed.
        """
        self._room.study.require_closed()
        opening = CaseOpening(self._room, progress)
        return self._open(opening, opening.sample_groups(sample_id))

    def open_series(self, series: Sequence[Series], title: str) -> str:
        """Open series that were read already, with voxels, as one case with this title; returns its id.

        Raises
        ------
        InputError
            If there is none.
        """
        self._room.study.require_closed()
        study_uid = series[0].study_uid if series else ""
        return self._open(CaseOpening(self._room, None), (Group(study_uid, tuple(series), title),))[0]

    def adopt_volume(self, volume_id: str, files: Sequence[Path] = ()) -> str:
        """Make a case of a volume that is in the scene already, and select it; returns its id.

        What the image header says comes from ``files``, else from the files of the DICOM database; what could
        not be read is a remark of the case.

        Raises
        ------
        InputError
            If there is no such volume, or it has no voxels.
        """
        known = self._store.case_of_volume(volume_id)
        if known:
            self.select(known)
            return known
        self._room.study.require_closed()
        opening = CaseOpening(self._room, None)
        loaded = opening.adopted(volume_id, files)
        return self._register([loaded], adopted=True)[0]

    def set_role(self, case_id: str, volume_id: str, role: str) -> None:
        """Give a volume a role in a case (``current``, ``prior``, ``lateral``, ...).

        A volume of another case may be given a role here too, e.g. as ``prior``; the image that had the role
        gets the one that the volume had, or leaves the case.

        Raises
        ------
        InputError, UsageError
            If there is no such case or volume, or the role is no name.
        """
        item = self._store.get(case_id)
        before = self._store.role_of(item, volume_id)
        if before == role:
            return
        series = self._series_elsewhere(item, volume_id, before)
        occupant = self._store.nodes(item, f"volume.{role}")[:1]
        displaced = (item.record.series.get(role), item.sources.get(role))
        if before:
            self._store.set_nodes(item, f"volume.{before}", occupant)
        self._store.set_nodes(item, f"volume.{role}", (volume_id,))
        records = dict(item.record.series)
        records.pop(before, None)
        item.sources.pop(before, None)
        if before and occupant and displaced[0] is not None:
            records[before] = displaced[0]
            if displaced[1] is not None:
                item.sources[before] = displaced[1]
        records[role], item.sources[role] = SeriesRecord.of(series), series
        with self._room.listeners.hold():
            self.store(dataclasses.replace(item.record, series=records))
            if case_id == self.current_id:
                self._show()
            self._room.listeners.emit("cases", "case", "bundle", "context", "run")

    def remove(self, case_id: str) -> None:
        """Remove a case with all its nodes; volumes that were in the scene before stay.

        A run of this case is cancelled.

        Raises
        ------
        UsageError
            If there is no such case, or a reader study is open.
        """
        self._room.study.require_closed()
        item = self._store.get(case_id)
        with self._room.listeners.hold():
            self._room.run.case_going(case_id, "")
            with self.quiet():
                self._store.delete(item)
            if self._store.current_id:
                self._show()
            self._room.evidence.after_select()
            self._room.listeners.emit(*_ALL)

    def facts(self) -> tuple[Fact, ...]:
        """Header facts of the current case, without the patient's name."""
        if not self.current_id:
            return ()
        item = self._store.get(self.current_id)
        return describe_facts(item.record, self._volume(item, "current"), self._room)

    def patient(self) -> tuple[str, str]:
        """Patient name and id of the current case from memory alone, empty after a reload."""
        if not self.current_id:
            return "", ""
        sources = self._store.get(self.current_id).sources.values()
        found = [item.facts for item in sources if item.facts.patient_name or item.facts.patient_id]
        return (found[0].patient_name, found[0].patient_id) if found else ("", "")

    def case(self, case_id: str = "", roles: Sequence[str] | None = None) -> Case:
        """A case, the current one if no id is given, with its series and its complete context.

        Voxels are read-only views of the nodes' voxels; a series whose node is gone is left out.

        Raises
        ------
        UsageError
            If there is no such case.
        """
        item = self._store.get(case_id or self.current_id)
        series: dict[str, Series] = {}
        for role, known in item.record.series.items():
            volume = self._volume(item, role) if roles is None or role in roles else None
            if volume is not None:
                series[role] = dataclasses.replace(item.sources.get(role, known.series()), volume=volume)
        context, _ = self._room.context.complete(item.record)
        view = item.record.view
        if view and "current" in series:
            facts = dataclasses.replace(series["current"].facts, view=view)
            series["current"] = dataclasses.replace(series["current"], facts=facts)
        return Case(item.record.id, series, context)

    def record(self, case_id: str) -> CaseRecord | None:
        """Record of a case, None if there is none."""
        return self._store.record(case_id)

    def store(self, record: CaseRecord) -> None:
        """Write a record into its node."""
        self._store.write(record)

    def nodes(self, role: str, case_id: str = "") -> tuple[str, ...]:
        """Ids of the nodes of a role (``volume.current``, ``segmentation``, ``heat_map``, ...) of a case."""
        case_id = case_id or self.current_id
        return self._store.nodes(self._store.get(case_id), role) if case_id else ()

    def set_nodes(self, role: str, node_ids: Sequence[str], case_id: str = "") -> None:
        """Replace the nodes of a role; new ones go into the case's folder of the subject hierarchy."""
        self._store.set_nodes(self._store.get(case_id or self.current_id), role, node_ids)

    @contextmanager
    def quiet(self) -> Iterator[None]:
        """A block in which nodes are removed on purpose: nobody is told that they are gone."""
        self._quiet += 1
        try:
            yield
        finally:
            self._quiet -= 1

    @contextmanager
    def acting_for(self, case_id: str) -> Iterator[None]:
        """A block in which another case is the current one, without anything being shown or told until its
        end: results arrive for the case of the run, whichever the reader is looking at.
        """
        shown = self._store.current_id
        with self._room.listeners.hold():
            self._store.current_id = case_id
            try:
                yield
            finally:
                self._store.current_id = shown

    def hide_others(self) -> None:
        """Hide the overlays of all cases but the current one."""
        from ..scene.cases import set_shown

        for item in self._store.items():
            if item.record.id != self.current_id:
                set_shown(self._room.scene, self._store.overlay_ids(item), False)

    def close(self) -> None:
        """Let go of the scene."""
        if self._token is not None:
            from ..scene.observing import unobserve

            unobserve(self._token)
            self._token = None

    def _open(self, opening: CaseOpening, groups: Sequence[Group]) -> tuple[str, ...]:
        opening.prepare_reading()
        with self.quiet():
            loaded = opening.load(groups, self._store.known_series())
        ids = self._register(loaded)
        failed = opening.what_failed()
        if failed:
            self._room.tell("warning", failed)
        return ids

    def _register(self, loaded: Sequence[Loaded], adopted: bool = False) -> tuple[str, ...]:
        with self._room.listeners.hold():
            ids = tuple(dict.fromkeys(self._store.register(item, adopted) for item in loaded))
            self.select(ids[0])
        return ids

    def _entry(self, item: OpenCase) -> CaseEntry:
        record = item.record
        state = "new"
        if record.prediction is not None:
            state = "stale" if self._room.context.is_stale(record) else "read"
        return CaseEntry(record.id, record.title, record.subtitle, self._series_entries(item), state)

    def _series_entries(self, item: OpenCase) -> tuple[SeriesEntry, ...]:
        rows = []
        for role, known in item.record.series.items():
            facts = known.facts
            nodes = self._store.nodes(item, f"volume.{role}")
            view = (item.record.view if role == "current" else "") or facts.view
            node_id = nodes[0] if nodes else ""
            rows.append(SeriesEntry(role, known.name, node_id, facts.modality, facts.body_part, view))
        return tuple(sorted(rows, key=lambda row: row.role != "current"))

    def _volume(self, item: OpenCase, role: str) -> Any:
        from ..scene.volumes import volume_from_node

        nodes = self._store.nodes(item, f"volume.{role}")
        if not nodes:
            return None
        try:
            return volume_from_node(self._room.scene, nodes[0])
        except InputError:
            # Its voxels were taken away or can not be read; whoever needs them says so.
            return None

    def _series_elsewhere(self, item: OpenCase, volume_id: str, role: str) -> Series:
        """What is known about a volume: in this case, in another one, or from its node alone."""
        owner, known_role = (item, role) if role else (None, "")
        if owner is None:
            case_id = self._store.case_of_volume(volume_id)
            if case_id:
                owner = self._store.get(case_id)
                known_role = self._store.role_of(owner, volume_id)
        if owner is not None:
            return owner.sources.get(known_role) or owner.record.series[known_role].series()
        return CaseOpening(self._room, None).adopted(volume_id, ()).members[0].series

    def _show(self) -> None:
        """Show the overlays and the main image of the current case alone."""
        from ..scene.cases import set_shown
        from ..scene.views import show_volumes

        self.hide_others()
        item = self._store.get(self.current_id)
        set_shown(self._room.scene, self._store.overlay_ids(item), True)
        if self._volume(item, "current") is not None:
            show_volumes(self._room.scene, self._store.nodes(item, "volume.current")[0])

    def _scene_changed(self, change: str, node_id: str) -> None:
        from ..scene.cases import drop_tree_items, tree_items

        if change == "saving":
            self._room.segments.catch_up()
        elif change == "closing":
            self._room.run.scene_closing()
        elif change == "closed":
            self._store.forget_all()
            self._room.listeners.emit(*_ALL)
        elif change == "saved":
            self._room.report.workflow.autosave.scene_saved()
        elif change == "imported":
            with self._room.listeners.hold():
                self._store.rescan()
                if self.current_id:
                    self._show()
                    self._room.evidence.after_select()
                self._room.listeners.emit(*_ALL)
        elif change == "removing" and not self._quiet:
            owner = self._store.owner_of(node_id)
            if owner is not None:
                self._going[node_id] = owner, tree_items(self._room.scene, [node_id])
        elif change == "removed" and node_id in self._going:
            owner, items = self._going.pop(node_id)
            drop_tree_items(self._room.scene, items)
            self._node_gone(*owner)

    def _node_gone(self, case_id: str, role: str) -> None:
        with self._room.listeners.hold():
            self._room.run.case_going(case_id, role)
            if not role:
                self._store.forget(case_id)
                if self.current_id:
                    self._show()
                self._room.evidence.after_select()
                self._room.listeners.emit(*_ALL)
                return
            topics = _TOPICS_OF_ROLE.get(role, ("cases", "case", "bundle", "run"))
            self._room.listeners.emit(*topics)
