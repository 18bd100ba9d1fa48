"""Records of cases and the nodes that carry them: the memory is a copy of what the scene says."""

from __future__ import annotations

import dataclasses
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core import Series
from ..errors import InputError, UsageError
from .opening import assign_roles, subtitle_of, title_of
from .record import CaseRecord, SeriesRecord, record_from_json, record_to_json, without_folders

if TYPE_CHECKING:
    from .case_opening import Loaded
    from .room import ReadingRoom

__all__ = ["CaseStore", "OpenCase"]

CURRENT_CASE = "CurrentCase"
"""Parameter of the scene's parameter node with the id of the current case."""

_OVERLAYS = ("segmentation", "locations", "boxes")


@dataclass(eq=False)
class OpenCase:
    """A case in memory; ``sources``: by role, the series with files and patient, which the scene has not."""

    node_id: str
    record: CaseRecord
    sources: dict[str, Series] = field(default_factory=dict)
    adopted: set[str] = field(default_factory=set)


class CaseStore:
    """All cases of a scene."""

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._cases: dict[str, OpenCase] = {}
        self.current_id = ""

    def items(self) -> tuple[OpenCase, ...]:
        """All cases in the order of the scene."""
        return tuple(self._cases.values())

    def get(self, case_id: str) -> OpenCase:
        """A case.

        Raises
        ------
        UsageError
            If there is none with this id.
        """
        found = self._cases.get(case_id)
        if found is None:
            raise UsageError("This case is not open any more. Select another one, or open its images.")
        return found

    def record(self, case_id: str) -> CaseRecord | None:
        """Record of a case, None if there is none."""
        found = self._cases.get(case_id)
        return None if found is None else found.record

    def write(self, record: CaseRecord) -> None:
        """Keep a record, in memory and in its node."""
        from ..scene.cases import write_case_text

        item = self.get(record.id)
        text = record_to_json(record)
        write_case_text(self._room.scene, item.node_id, text)
        item.record = record

    def register(self, loaded: Loaded, adopted: bool) -> str:
        """Add loaded series as a case, or to the case of the same study; returns its id."""
        if not loaded.members:
            return loaded.known_case
        item = self._cases.get(loaded.known_case)
        language = self._room.language
        series = [member.series for member in loaded.members]
        if item is None:
            title = title_of(series, loaded.title, language)
            record = CaseRecord(_new_id(), title, study_uid=loaded.study_uid, language=language)
            item = self._add(dataclasses.replace(record, points_ras=loaded.points_ras))
        taken = tuple(item.record.series)
        roles = assign_roles(series, [member.fits for member in loaded.members], taken)
        records: dict[str, SeriesRecord] = dict(item.record.series)
        for role, member in zip(roles, loaded.members):
            records[role] = SeriesRecord.of(member.series)
            # What is said about its files is read in the report: no folders there.
            item.sources[role] = dataclasses.replace(member.series, notes=records[role].notes)
            self.set_nodes(item, f"volume.{role}", (member.node_id,))
            if adopted:
                item.adopted.add(member.node_id)
        everything = [item.sources.get(role, known.series()) for role, known in records.items()]
        new_remarks = (*map(without_folders, loaded.remarks), *_notes(series))
        changed = dataclasses.replace(
            item.record,
            series=records,
            subtitle=subtitle_of(everything, language),
            remarks=tuple(dict.fromkeys((*item.record.remarks, *new_remarks))),
        )
        self.write(changed)
        return item.record.id

    def rescan(self) -> None:
        """Take over the case nodes of the scene that are not known yet, e.g. after it was loaded."""
        from ..scene.cases import case_node_ids
        from ..scene.parameters import get_parameter

        present = case_node_ids(self._room.scene)
        known = {item.node_id for item in self._cases.values()}
        for node_id in present:
            if node_id not in known:
                self._read(node_id)
        self._cases = {key: item for key, item in self._cases.items() if item.node_id in present}
        if self.current_id not in self._cases:
            stored = get_parameter(self._room.scene, CURRENT_CASE) if self._cases else ""
            self.make_current(stored if stored in self._cases else next(iter(self._cases), ""))

    def make_current(self, case_id: str) -> None:
        """Remember which case is current, also in the scene."""
        from ..scene.parameters import set_parameter

        self.current_id = case_id
        if self._cases:
            set_parameter(self._room.scene, CURRENT_CASE, case_id)

    def nodes(self, item: OpenCase, role: str) -> tuple[str, ...]:
        """Ids of the nodes of a role."""
        from ..scene.cases import referenced_ids

        return referenced_ids(self._room.scene, item.node_id, role)

    def set_nodes(self, item: OpenCase, role: str, node_ids: Sequence[str]) -> None:
        """Replace the nodes of a role and put them into the case's folder."""
        from ..scene.cases import set_referenced_ids
        from ..scene.subject_hierarchy import group_nodes

        before = self.nodes(item, role)
        if before == tuple(node_ids):
            return
        set_referenced_ids(self._room.scene, item.node_id, role, node_ids)
        new = [node_id for node_id in node_ids if node_id not in before]
        if new and not (role.startswith("volume.") and self.case_of_volume(new[0]) != item.record.id):
            group_nodes(self._room.scene, _folder(item.record), new)

    def overlay_ids(self, item: OpenCase) -> tuple[str, ...]:
        """Ids of what lies over the images."""
        return tuple(node_id for role in _OVERLAYS for node_id in self.nodes(item, role))

    def role_of(self, item: OpenCase, volume_id: str) -> str:
        """Role of a volume in a case, empty if it has none there."""
        for role in item.record.series:
            if volume_id in self.nodes(item, f"volume.{role}"):
                return role
        return ""

    def case_of_volume(self, volume_id: str) -> str:
        """Id of the first case with this volume, empty if none has it."""
        return next((key for key, item in self._cases.items() if self.role_of(item, volume_id)), "")

    def owner_of(self, node_id: str) -> tuple[str, str] | None:
        """Case id and role of a node; an empty role for the case node itself."""
        from ..scene.cases import referenced_roles

        for key, item in self._cases.items():
            if item.node_id == node_id:
                return key, ""
            for role in referenced_roles(self._room.scene, item.node_id):
                if node_id in self.nodes(item, role):
                    return key, role
        return None

    def known_series(self) -> Mapping[tuple[str, str], str]:
        """(study UID, series UID) of every DICOM series that is open, with the id of its case."""
        return {
            (known.study_uid, known.series_uid): key
            for key, item in self._cases.items()
            for role, known in item.record.series.items()
            if known.series_uid and self.nodes(item, f"volume.{role}")
        }

    def delete(self, item: OpenCase) -> None:
        """Remove a case with its nodes; adopted volumes and those that another case needs stay."""
        from ..scene.cases import referenced_roles, remove_folder, remove_nodes

        scene = self._room.scene
        roles = referenced_roles(scene, item.node_id)
        ids = [node_id for role in roles for node_id in self.nodes(item, role)]
        del self._cases[item.record.id]
        kept = {node_id for node_id in ids if node_id in item.adopted or self.case_of_volume(node_id)}
        remove_nodes(scene, [node_id for node_id in ids if node_id not in kept])
        remove_nodes(scene, [item.node_id])
        remove_folder(scene, _folder(item.record))
        self._after_removal(item.record.id)

    def forget(self, case_id: str) -> None:
        """Drop a case whose node is gone."""
        self._cases.pop(case_id, None)
        self._after_removal(case_id)

    def forget_all(self) -> None:
        """The scene is empty."""
        self._cases.clear()
        self.current_id = ""

    def _after_removal(self, case_id: str) -> None:
        if self.current_id == case_id:
            self.make_current(next(iter(self._cases), ""))

    def _add(self, record: CaseRecord) -> OpenCase:
        from ..scene.cases import add_case_node
        from ..scene.subject_hierarchy import group_nodes

        node_id = add_case_node(self._room.scene, record_to_json(record), f"Case {record.title}")
        group_nodes(self._room.scene, _folder(record), [node_id])
        item = OpenCase(node_id, record)
        self._cases[record.id] = item
        return item

    def _read(self, node_id: str) -> None:
        from ..scene.cases import name_folder_of, write_case_text
        from ..scene.texts import read_text

        try:
            record = record_from_json(read_text(self._room.scene, node_id))
        except InputError as error:
            self._room.tell("warning", error)
            return
        if record.id in self._cases:
            # The same saved case was imported twice: from now on they are two.
            record = dataclasses.replace(record, id=_new_id())
            write_case_text(self._room.scene, node_id, record_to_json(record))
            name_folder_of(self._room.scene, node_id, _folder(record))
        self._cases[record.id] = OpenCase(node_id, record)


def _notes(series: Sequence[Series]) -> list[str]:
    return [f"{item.name}: {note.text}" for item in series for note in SeriesRecord.of(item).notes]


def _new_id() -> str:
    return f"case-{uuid.uuid4().hex[:12]}"


def _folder(record: CaseRecord) -> str:
    # Two cases may have the same title, but must not share a folder.
    return f"MedMM {record.title[:50]} ({record.id[-4:]})"
