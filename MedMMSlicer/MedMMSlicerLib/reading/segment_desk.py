"""Segments: rows, visibility, comparisons, and what a correction changes in findings and report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ..core import LabelMap, SegmentDefinition, VolumeGeometry
from ..errors import InputError, MedMMError, UsageError
from ..scene import segment_display as display
from ..scene.node_updates import set_table_cells
from ..scene.segment_display import SegmentView
from ..scene.segment_history import SegmentSnapshot, put_back, remove_segment, take_new, take_snapshot
from ..scene.segment_state import SegmentSize, known_segment_ids, segmentation_is_measurable
from ..scene.views import jump_to
from .finding_words import phrase
from .rows import SegmentComparison, SegmentRow
from .segment_measures import updated_prediction, wanted_measurements
from .segment_survey import SegmentSurvey

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["SegmentDesk"]

_MOST_UNDO = 20


@dataclass(frozen=True, eq=False)
class _Undo:
    """A step: segments that it took away, a name that it changed, and what it put in place of something.

    ``replaced`` is (segmentation id, segment id, size after the step): when a person has worked on that one
    since, undoing the step would lose that work.
    """

    case_id: str
    snapshots: tuple[SegmentSnapshot, ...] = ()
    renamed: tuple[str, str, str] | None = None
    replaced: tuple[str, str, SegmentSize] | None = None


class SegmentDesk:
    """The segments of the current case's segmentation nodes (role ``segmentation``).

    Measurements are taken from the voxels as they are, and again only after these changed.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self._survey = SegmentSurvey(room.scene)
        self._undo: list[_Undo] = []

    def rows(self) -> tuple[SegmentRow, ...]:
        """Segments as rows, in the order of the scene."""
        return tuple(self._row(view) for view in self._views())

    def set_visible(self, segmentation_id: str, segment_ids: Sequence[str] | str, visible: bool) -> None:
        """Show or hide segments.

        Raises
        ------
        InputError
            If one is not there.
        """
        for segment_id in _several(segment_ids):
            display.set_segment_visible(self._room.scene, segmentation_id, segment_id, visible)
        self._room.listeners.emit("segments")

    def set_opacity(
        self,
        segmentation_id: str,
        segment_ids: Sequence[str] | str,
        opacity: float | None,
        outline: float | None = None,
    ) -> None:
        """Set the opacity of the fill, and of the outline, 0 to 1; None leaves one as it is.

        Raises
        ------
        InputError
            If a segment is not there.
        """
        for segment_id in _several(segment_ids):
            display.set_segment_opacity(self._room.scene, segmentation_id, segment_id, opacity, outline)
        self._room.listeners.emit("segments")

    def jump(self, segmentation_id: str, segment_id: str) -> None:
        """Move the views to the center of a segment.

        Raises
        ------
        InputError
            If it is not there, or has no voxels.
        """
        display.get_segment(self._room.scene, segmentation_id, segment_id)
        self._survey.views([segmentation_id])
        center = self._survey.size(segmentation_id, segment_id).center_ras
        if center is None:
            raise InputError("This segment has no voxels, so there is no place to show. Draw it first.")
        jump_to(self._room.scene, center)

    def comparisons(self) -> tuple[SegmentComparison, ...]:
        """Touched segments against what later runs put beside them."""
        views = self._views()
        have = {(view.segmentation_id, view.segment_id): view for view in views}
        result = []
        for new in views:
            kept = have.get((new.segmentation_id, new.model_id)) if new.is_new else None
            if kept is None:
                continue
            overlap = self._survey.overlap(new.segmentation_id, kept.segment_id, new.segment_id)
            result.append(
                SegmentComparison(
                    segmentation_id=new.segmentation_id,
                    segment_id=kept.segment_id,
                    new_segment_id=new.segment_id,
                    name=kept.name,
                    dice=overlap.dice,
                    volume_mm3=overlap.volume_mm3,
                    new_volume_mm3=overlap.other_volume_mm3,
                )
            )
        return tuple(result)

    def resolve(self, segmentation_id: str, segment_id: str, keep: str) -> None:
        """Choose between a touched segment and the newest one that a run put beside it; can be undone.

        Parameters
        ----------
        segmentation_id, segment_id : str
            Of the touched one, or of the new one.
        keep : str
            ``mine``: the new one is removed. ``new``: it takes the place of the touched one.

        Raises
        ------
        UsageError
            If ``keep`` is neither.
        InputError
            If there is no such pair.
        """
        if keep not in ("mine", "new"):
            raise UsageError(f"'{keep}' can not be kept. Choose mine or new.")
        pairs = [
            pair
            for pair in self.comparisons()
            if pair.segmentation_id == segmentation_id
            and segment_id in (pair.segment_id, pair.new_segment_id)
        ]
        if not pairs:
            raise InputError("No later run put a version beside this segment. Select another one.")
        scene, kept, chosen = self._room.scene, pairs[-1].segment_id, pairs[-1].new_segment_id
        case_id = self._room.cases.current_id
        if keep == "mine":
            snapshot = remove_segment(scene, segmentation_id, chosen, forget=True)
            self._did(_Undo(case_id, (snapshot,)))
            return
        snapshots = tuple(take_snapshot(scene, segmentation_id, item) for item in (kept, chosen))
        take_new(scene, segmentation_id, kept, chosen, self._room.language)
        self._survey.views([segmentation_id])
        after = (segmentation_id, kept, self._survey.size(segmentation_id, kept))
        self._did(_Undo(case_id, snapshots, replaced=after))

    def rename(self, segmentation_id: str, segment_id: str, name: str) -> None:
        """Rename a segment, which counts as touched from then on; can be undone.

        Raises
        ------
        InputError
            If the name is empty, or the segment is not there.
        """
        _, segment = display.get_segment(self._room.scene, segmentation_id, segment_id)
        before = (segmentation_id, segment_id, str(segment.GetName()))
        display.rename_segment(self._room.scene, segmentation_id, segment_id, name)
        self._did(_Undo(self._room.cases.current_id, renamed=before))

    def set_color(self, segmentation_id: str, segment_id: str, color: tuple[int, int, int]) -> None:
        """Recolor a segment (0 to 255 each), which counts as touched from then on.

        Raises
        ------
        InputError
            If it is not there.
        """
        display.set_segment_color(self._room.scene, segmentation_id, segment_id, color)
        self.refresh()

    def remove(self, segmentation_id: str, segment_id: str) -> None:
        """Remove a segment; can be undone.

        Raises
        ------
        InputError
            If it is not there.
        """
        snapshot = remove_segment(self._room.scene, segmentation_id, segment_id)
        self._did(_Undo(self._room.cases.current_id, (snapshot,)))

    @property
    def can_undo(self) -> bool:
        """Whether a removal, a renaming or a choice in the current case can be undone."""
        return any(step.case_id == self._room.cases.current_id for step in self._undo)

    def undo(self) -> None:
        """Undo the last removal, renaming or choice in the current case.

        Raises
        ------
        UsageError
            If there is none.
        InputError
            If its segmentation is gone, or a person has worked on what came in its place.
        """
        mine = [step for step in self._undo if step.case_id == self._room.cases.current_id]
        if not mine:
            raise UsageError("There is nothing to undo in the segments.")
        step, scene = mine[-1], self._room.scene
        self._undo.remove(step)
        self._check_undo(step)
        if step.renamed is not None:
            display.rename_segment(scene, *step.renamed)
        for snapshot in sorted(step.snapshots, key=lambda item: item.position):
            put_back(scene, snapshot)
        self.refresh()

    def show_in_3d(self, segmentation_id: str, shown: bool) -> None:
        """Show or hide the surfaces of a segmentation.

        Raises
        ------
        InputError
            If it is not there.
        UsageError
            If no surface can be made.
        """
        display.show_in_3d(self._room.scene, segmentation_id, shown)
        self._room.listeners.emit("segments")

    def is_shown_in_3d(self, segmentation_id: str) -> bool:
        """Whether the surfaces of a segmentation are shown."""
        return display.is_shown_in_3d(self._room.scene, segmentation_id)

    def states(self) -> dict[str, str]:
        """``untouched``, ``touched`` or ``empty`` (removed, or no voxels) by id, of a model's segments."""
        found: dict[str, str] = {}
        for node_id in self._room.cases.nodes("segmentation"):
            found |= dict.fromkeys(known_segment_ids(self._room.scene, node_id), "empty")
        for view in self._views():
            if self._survey.size(view.segmentation_id, view.segment_id).voxels:
                found[view.segment_id] = "touched" if view.is_touched else "untouched"
        return found

    def drafted_labels(self) -> tuple[LabelMap, ...]:
        """A stand-in for the label maps in a draft, which only asks what has no voxels.

        A segment that a person emptied or removed is not in it: the model did label voxels.
        """
        definitions: list[SegmentDefinition] = []
        filled: list[bool] = []
        for view in self._views():
            voxels = self._survey.size(view.segmentation_id, view.segment_id).voxels
            by_model = view.model_id == view.segment_id and view.definition.value > 0
            if by_model and (voxels or not view.is_touched):
                definitions.append(view.definition)
                filled.append(voxels > 0)
        if not definitions:
            return ()
        values = [item.value if full else 0 for item, full in zip(definitions, filled)]
        array = np.array(values, np.uint8).reshape(1, 1, -1)
        return (LabelMap(array, VolumeGeometry((1, 1, len(values)), np.eye(4)), tuple(definitions)),)

    def refresh(self) -> None:
        """Measure again after an edit, and bring algorithm types, findings and report in step."""
        self._survey.forget()
        self._views()
        with self._room.listeners.hold():
            self._update_record()
            self._room.listeners.emit("segments")

    def catch_up(self) -> None:
        """Bring everything in step after somebody else's editor, Slicer's own: it tells nobody.

        What can not be measured is told.
        """
        if self._room.record is None:
            return
        try:
            with self._room.listeners.hold():
                self._update_record()
                self._room.listeners.emit("segments")
        except MedMMError as error:
            self._room.tell("error", error)

    def after_results(self) -> None:
        """Bring everything in step at once when segmentations were added or updated."""
        self.refresh()

    def measure(self) -> Iterator[str]:
        """Called by the run desk when segmentations were added or updated: `refresh`, a little at a time.

        What shows findings, and the report, are left to the caller.
        """
        self._survey.forget()
        yield from self._survey.steps(self._room.cases.nodes("segmentation"))
        self._update_prediction()

    def _did(self, step: _Undo) -> None:
        self._undo.append(step)
        del self._undo[:-_MOST_UNDO]
        self.refresh()

    def _check_undo(self, step: _Undo) -> None:
        """Refuse to overwrite what was done since."""
        if step.replaced is not None:
            node_id, segment_id, size = step.replaced
            self._survey.views([node_id])
            if self._survey.size(node_id, segment_id) != size:
                raise InputError("The segment was changed since, so the earlier version does not come back.")
            return
        for snapshot in step.snapshots:
            views = display.segment_views(self._room.scene, snapshot.segmentation_id)
            if any(view.segment_id == snapshot.segment_id for view in views):
                raise InputError(
                    "Another segment has taken this place, so the removed one does not come back."
                )

    def _views(self) -> list[SegmentView]:
        return self._survey.views(self._room.cases.nodes("segmentation"))

    def _row(self, view: SegmentView) -> SegmentRow:
        return SegmentRow(
            segmentation_id=view.segmentation_id,
            segment_id=view.segment_id,
            name=view.name,
            color=view.color,
            visible=view.visible,
            opacity=view.opacity_fill,
            volume_text=self._survey.size_text(view.segmentation_id, view.segment_id, self._room.language),
            algorithm_type=view.algorithm_type,
            touched=view.is_touched or view.is_relabeled,
            is_new=view.is_new,
            laterality=view.definition.laterality,
        )

    def _update_record(self) -> None:
        """Bring findings, measurements, tables, points and report in step with the voxels."""
        record = self._room.record
        if record is None or record.prediction is None:
            return
        if self._update_prediction():
            self._room.findings.after_results()
        self._room.report.redraft()

    def _update_prediction(self) -> bool:
        """Bring findings, measurements and their table in step with the voxels; whether anything changed."""
        record = self._room.record
        if record is None or record.prediction is None:
            return False
        before = prediction = record.prediction
        manifest = self._room.models.manifest(prediction.provenance.bundle_id)
        wanted = wanted_measurements(prediction, manifest.measurements if manifest else None)
        corrected = phrase("method.corrected", "en")
        for node_id in self._room.cases.nodes("segmentation"):
            if segmentation_is_measurable(self._room.scene, node_id):
                segments = self._survey.measured(node_id)
                prediction = updated_prediction(prediction, segments, wanted, corrected)
        if prediction is before:
            return False
        self._room.change("findings", prediction=prediction)
        values = {item.id: item.value for item in prediction.measurements}
        for node_id in self._room.cases.nodes("measurements"):
            set_table_cells(self._room.scene, node_id, "value", values)
        return True


def _several(segment_ids: Sequence[str] | str) -> Sequence[str]:
    return [segment_ids] if isinstance(segment_ids, str) else segment_ids
