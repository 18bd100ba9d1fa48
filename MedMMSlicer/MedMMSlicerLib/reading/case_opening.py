"""Reading images into the scene: all that can be read; none when that is none, or when it is cancelled."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import HeaderFacts, Series
from ..errors import InputError, MedMMError
from ..inference.engine import RunControl
from .opening import Group, group_series, with_modality
from .rows import Point

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["CaseOpening", "Loaded", "Member"]

_NEEDED_LATER = (
    "context.laboratory",
    "inference.context_vector",
    "inference.worker",
    "reporting.draft",
    "reporting.render",
    "scene.case_scene",
    "scene.run_snapshots",
)
"""Imported while the reader waits for images anyway, so that nothing is imported while they read."""


_MOST_REASONS = 4
"""Of a message: the reader can not read more while it is shown."""


@dataclass(frozen=True, eq=False)
class Member:
    """A series that is in the scene: without voxels here, they are in the node."""

    series: Series
    node_id: str
    fits: bool


@dataclass(frozen=True, eq=False)
class Loaded:
    """The new series of one case; ``known_case``: the case of the same study, or empty."""

    study_uid: str
    members: tuple[Member, ...]
    title: str = ""
    known_case: str = ""
    remarks: tuple[str, ...] = ()
    points_ras: tuple[Point, ...] = ()


class CaseOpening:
    """One call of *open*.

    Attributes
    ----------
    failures : list of MedMMError
        Why files were not opened, while others were.
    """

    def __init__(self, room: ReadingRoom, progress: Callable[[str, float], None] | None) -> None:
        self._room = room
        self._control = RunControl(progress=progress) if progress is not None else RunControl()
        self.failures: list[MedMMError] = []
        self._left_out: tuple[str, ...] = ()
        self._created: list[str] = []
        self._modality = ""
        self._points: tuple[Point, ...] = ()

    def groups(self, paths: Sequence[Path]) -> tuple[Group, ...]:
        """Find the series of files and folders.

        Raises
        ------
        InputError
            If there is none that can be read.
        """
        from ..dicom.reading import SKIPPED_FILE, scan

        self._control.step("looking for images", 0.0)
        unreadable: list[InputError] = []
        # One alone is refused with its own reason.
        several = len(paths) > 1
        studies = scan([Path(path) for path in paths], self._headers, unreadable if several else None)
        self.failures += unreadable
        notes = (note for study in studies for series in study.series for note in series.notes)
        self._left_out = tuple(
            dict.fromkeys(
                note.text for note in notes if note.code == SKIPPED_FILE and note.severity == "warning"
            )
        )
        return group_series(studies)

    def sample_groups(self, sample_id: str) -> tuple[Group, ...]:
        """Find a sample study.

        Raises
        ------
        InputError
            If there is no such sample.
        """
        from ..core import localized
        from ..samples import list_samples, sample_path

        samples = {sample.id: sample for sample in list_samples()}
        sample = samples.get(sample_id)
        if sample is None:
            raise InputError(f"There is no sample '{sample_id}'. There are: {', '.join(samples)}.")
        self._modality, self._points = sample.modality, sample.points_ras
        title = localized(sample.title, self._room.language)
        found = self.groups([sample_path(sample)])
        return tuple(dataclasses.replace(group, title=title) for group in found)

    def load(self, groups: Sequence[Group], known: Mapping[tuple[str, str], str]) -> tuple[Loaded, ...]:
        """Load what is not open yet, each series straight into its node.

        Raises
        ------
        MedMMError
            If nothing can be loaded, or the reader cancelled; the nodes made so far are then removed.
        """
        total = sum(len(group.series) for group in groups)
        try:
            done = 0
            loaded = []
            for group in groups:
                try:
                    loaded.append(self._load_group(group, known, (done, total)))
                except InputError as error:
                    if len(groups) == 1:
                        raise
                    self.failures.append(error)
                done += len(group.series)
            if not any(item.members or item.known_case for item in loaded):
                raise self._nothing()
        except BaseException:
            from ..scene.cases import remove_nodes

            remove_nodes(self._room.scene, self._created)
            raise
        return tuple(item for item in loaded if item.members or item.known_case)

    def adopted(self, volume_id: str, files: Sequence[Path]) -> Loaded:
        """What is known about a volume that is in the scene already.

        Raises
        ------
        InputError
            If there is no such volume, or it has no voxels that can be read.
        """
        from ..scene.volumes import volume_from_node

        volume = volume_from_node(self._room.scene, volume_id)
        series, remarks = self._origin(volume_id, files)
        fits = self._room.models.fits(dataclasses.replace(series, volume=volume))
        member = Member(series, volume_id, fits)
        return Loaded(series.study_uid, (member,), remarks=remarks)

    def prepare_reading(self) -> None:
        """Load now, while the reader waits anyway, what the first run and the first draft need."""
        self._control.step("preparing", 0.2)
        self._room.models.prepare()
        for name in _NEEDED_LATER:
            importlib.import_module(f"..{name}", __package__)
        from ..reporting.checks.lexicon import load_lexicon
        from ..reporting.templates import LANGUAGES, prepare_wording

        for language in LANGUAGES:
            load_lexicon(language)
        for template in self._room.models.report_templates():
            prepare_wording(template, self._room.language)

    def _headers(self, done: int, total: int) -> None:
        self._control.step("reading headers", 0.2 * done / max(1, total))

    def _load_group(
        self, group: Group, known: Mapping[tuple[str, str], str], place: tuple[int, int]
    ) -> Loaded:
        done, total = place
        members, failures = [], []
        known_case = next((known[key] for key in _keys(group.series) if key in known), "")
        study = {uid: case for (uid, _), case in known.items()}
        known_case = known_case or (study.get(group.study_uid, "") if group.study_uid else "")
        for number, series in enumerate(group.series, done):
            self._control.step(f"loading {series.name}", 0.2 + 0.75 * number / max(1, total))
            if (series.study_uid, series.series_uid) in known and series.series_uid:
                continue
            try:
                members.append(self._load(series))
            except InputError as error:
                failures.append(error)
        if failures and not members and not known_case:
            raise failures[0]
        self.failures += failures
        remarks = tuple(f"Not opened: {error}" for error in failures)
        title, points = group.title, self._points
        return Loaded(group.study_uid, tuple(members), title, known_case, remarks, points)

    def _load(self, series: Series) -> Member:
        from ..dicom.reading import load
        from ..scene.volumes import add_volume

        # The next case of a study was read ahead.
        loaded = with_modality(load(series) if series.volume is None else series, self._modality)
        assert loaded.volume is not None
        node_id = add_volume(self._room.scene, loaded.volume, loaded)
        self._created.append(node_id)
        return Member(_without_voxels(loaded), node_id, self._room.models.fits(loaded))

    def _nothing(self) -> MedMMError:
        if self.failures:
            return self.failures[0]
        return InputError("No image could be opened. Give a folder with DICOM or image files.")

    def what_failed(self) -> str:
        """What was not opened or was left out, and why, in one line; empty if everything was opened."""
        said = [str(error) for error in self.failures[:_MOST_REASONS]]
        more = len(self.failures) - len(said)
        if more:
            said.append(f"And {more} more.")
        failed = (f"{len(self.failures)} not opened: {' '.join(said)}",) if said else ()
        return " ".join((*failed, *self._left_out))

    def _origin(self, volume_id: str, files: Sequence[Path]) -> tuple[Series, tuple[str, ...]]:
        """The series of a foreign volume, and what could not be read about it."""
        from ..scene.cases import volume_origin

        origin = volume_origin(self._room.scene, volume_id)
        instances = tuple(origin["instances"].split())
        paths, remarks = self._files(instances, files)
        bare = Series(
            origin["name"],
            HeaderFacts(modality=origin["modality"]),
            paths or ((Path(origin["file"]),) if origin["file"] else ()),
            study_uid=origin["study"],
            series_uid=origin["series"],
            frame_of_reference_uid=origin["frame"],
            instance_uids=instances,
        )
        if not paths:
            return bare, remarks
        try:
            known = _first_series(paths)
        except MedMMError as error:
            return bare, (*remarks, f"The image header could not be read: {error}")
        return dataclasses.replace(
            bare,
            facts=known.facts,
            study_uid=known.study_uid or bare.study_uid,
            series_uid=known.series_uid or bare.series_uid,
            frame_of_reference_uid=known.frame_of_reference_uid or bare.frame_of_reference_uid,
        ), remarks

    def _files(
        self, instances: Sequence[str], files: Sequence[Path]
    ) -> tuple[tuple[Path, ...], tuple[str, ...]]:
        if files:
            return tuple(Path(path) for path in files), ()
        if not instances:
            return (), ("The image has no DICOM header: age, sex, modality and view are not known.",)
        if self._room.file_of_instance is None:
            return (), (
                "There is no DICOM database: age, sex, view and the identifiers for DICOM export could not "
                "be read.",
            )
        found = [path for path in map(self._room.file_of_instance, instances) if path]
        if not found:
            return (), ("The DICOM database does not know this image: its header could not be read.",)
        missing = len(instances) - len(found)
        remark = f"{missing} of {len(instances)} files of the image are not in the DICOM database."
        return tuple(Path(path) for path in found), (remark,) if missing else ()


def _first_series(paths: Sequence[Path]) -> Series:
    """What one file of a series says; all of them say the same."""
    from ..dicom.reading import scan

    return scan(paths[:1])[0].series[0]


def _keys(series: Sequence[Series]) -> Iterator[tuple[str, str]]:
    return ((item.study_uid, item.series_uid) for item in series if item.series_uid)


def _without_voxels(series: Series) -> Series:
    """The series without voxels, its files in the order of the node's slices.

    A left-handed volume gets its slices reversed when it goes into a scene.
    """
    import numpy as np

    volume = series.volume
    bare = dataclasses.replace(series, volume=None)
    if volume is None or np.linalg.det(volume.geometry.ijk_to_ras[:3, :3]) > 0:
        return bare
    count = volume.geometry.shape[0]
    changes = {
        name: getattr(series, name)[::-1]
        for name in ("paths", "instance_uids", "frames")
        if len(getattr(series, name)) == count and count > 1
    }
    return dataclasses.replace(bare, **changes)
