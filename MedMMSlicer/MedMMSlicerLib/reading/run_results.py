"""Results into the scene, one node at a time, and back out again."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core import HeatMap, LabelMap, Prediction, localized
from ..errors import InputError
from ..inference.worker_protocol import without_arrays
from .record import CaseRecord, RunRecord

if TYPE_CHECKING:
    from ..scene.run_snapshots import SegmentationState
    from .room import ReadingRoom

__all__ = ["Before", "ResultWriter"]

Steps = Iterator[str]


@dataclass(eq=False)
class Before:
    """What a run changed, as it was before: enough to take it back."""

    case_id: str
    prediction: Prediction | None
    prediction_context: str
    device_warning: str
    heat_maps: tuple[HeatMap, ...] = ()
    segmentations: list[SegmentationState] = field(default_factory=list)


class ResultWriter:
    """Writes the prediction of one run into the nodes of its case.

    Every method is a generator that does a little between two yields, so that the event loop goes on; what it
    yields says what is being done.
    """

    def __init__(self, room: ReadingRoom, case_id: str) -> None:
        self._room = room
        self._case_id = case_id

    def keep(self) -> Before:
        """Remember the present state; segmentations are copied by `apply`, when they are about to change."""
        from ..scene.run_snapshots import heat_map_from_node

        record = self._record()
        scene = self._room.scene
        maps = [heat_map_from_node(scene, node_id) for node_id in self._nodes("heat_map")]
        return Before(
            self._case_id,
            record.prediction,
            record.prediction_context,
            record.device_warning,
            tuple(maps),
        )

    def apply(self, before: Before, prediction: Prediction, run: RunRecord, fingerprint: str) -> Steps:
        """Put a prediction into the scene; segments that a person touched are never overwritten."""
        for label_map in prediction.label_maps:
            yield "segmentation"
            yield from self._segmentation(before, label_map, prediction)
        yield from self._heat_maps(prediction.heat_maps, prediction)
        yield "measurements"
        self._boxes_and_tables(prediction)
        yield "findings"
        warning = _device_warning(prediction)
        self._write(prediction, fingerprint, warning, run)
        yield from self._tell()

    def apply_update(self, prediction: Prediction, fingerprint: str) -> Steps:
        """Put another context's probabilities into the record and the table; images stay as they are."""
        yield "findings"
        self._tables(prediction)
        self._write(prediction, fingerprint, self._record().device_warning, None)
        yield from self._tell(segments=False)

    def restore(self, before: Before, run: RunRecord | None) -> Steps:
        """Take a run back; what a person changed since stays."""
        from ..scene.cases import remove_nodes
        from ..scene.run_snapshots import restore_segmentation
        from ..scene.surfaces import has_surfaces

        for state in reversed(before.segmentations):
            yield "segmentation"
            in_3d = has_surfaces(self._room.scene, state.node_id)
            left = restore_segmentation(self._room.scene, state, False)
            if left:
                yield from self._surfaces(state.node_id, in_3d)
            if not left and state.segments is None:
                others = [node_id for node_id in self._nodes("segmentation") if node_id != state.node_id]
                self._set_nodes("segmentation", others)
                with self._room.cases.quiet():
                    remove_nodes(self._room.scene, [state.node_id])
        earlier = before.prediction
        yield from self._heat_maps(before.heat_maps, earlier)
        yield "measurements"
        if earlier is not None:
            self._boxes_and_tables(earlier)
        else:
            self._drop("boxes", "measurements", "probabilities")
        self._write(earlier, before.prediction_context, before.device_warning, run)
        yield from self._tell()

    def _segmentation(self, before: Before, label_map: LabelMap, prediction: Prediction) -> Steps:
        from ..scene.reruns import update_segmentation
        from ..scene.run_snapshots import SegmentationState, keep_segmentation
        from ..scene.segmentations import add_segmentation, prepare_labels
        from ..scene.surfaces import has_surfaces

        scene, language = self._room.scene, self._room.language
        labels = prepare_labels(label_map)
        yield "segmentation"
        existing = self._segmentation_of(label_map.role, prediction.provenance.bundle_id)
        if existing:
            before.segmentations.append(keep_segmentation(scene, existing))
            in_3d = has_surfaces(scene, existing)
            yield "segmentation"
            try:
                update_segmentation(scene, existing, labels, prediction.provenance, language, False)
            except InputError:
                # Another grid, because the image was replaced: the old one stays, the new one goes beside it.
                before.segmentations.pop()
            else:
                yield from self._surfaces(existing, in_3d)
                return
        volumes = self._nodes(f"volume.{label_map.role}")
        if not volumes:
            raise InputError(
                "The image was removed from the scene, so the result can not be shown. Open it again."
            )
        provenance = prediction.provenance
        name = f"{provenance.bundle_id} {provenance.bundle_version}"
        node_id = add_segmentation(scene, labels, provenance, volumes[0], name, language)
        before.segmentations.append(SegmentationState(node_id))
        self._set_nodes("segmentation", (*self._nodes("segmentation"), node_id))

    def _surfaces(self, node_id: str, wanted: bool) -> Steps:
        """Make the surfaces again that a change of segments dropped, one after the other."""
        from ..scene.surfaces import missing_surfaces, prepare_surface, put_surfaces

        scene, surfaces = self._room.scene, {}
        for segment_id in missing_surfaces(scene, node_id) if wanted else ():
            yield "surfaces"
            surfaces[segment_id] = prepare_surface(scene, node_id, segment_id)
        if surfaces:
            yield "surfaces"
            put_surfaces(scene, node_id, surfaces)

    def _segmentation_of(self, role: str, bundle_id: str) -> str:
        from ..scene.run_snapshots import segmentation_origin

        for node_id in self._nodes("segmentation"):
            known_role, bundles = segmentation_origin(self._room.scene, node_id)
            if known_role == role and bundle_id in bundles:
                return node_id
        return ""

    def _heat_maps(self, heat_maps: Sequence[HeatMap], prediction: Prediction | None) -> Steps:
        from ..scene.cases import remove_nodes
        from ..scene.run_snapshots import put_heat_map

        scene, language = self._room.scene, self._room.language
        names = {
            item.id: localized(item.name, language) for item in (prediction.findings if prediction else ())
        }
        old, kept = self._nodes("heat_map"), []
        for heat_map in heat_maps:
            yield "heat maps"
            kept.append(put_heat_map(scene, old, heat_map, names.get(heat_map.finding_id, "")))
            self._set_nodes("heat_map", tuple(dict.fromkeys((*old, *kept))))
        if set(kept) != set(old):
            self._set_nodes("heat_map", kept)
            with self._room.cases.quiet():
                remove_nodes(scene, [node_id for node_id in old if node_id not in kept])

    def _boxes_and_tables(self, prediction: Prediction) -> None:
        from ..scene.markups import add_boxes

        scene, language = self._room.scene, self._room.language
        self._drop("boxes")
        boxes = add_boxes(scene, prediction.boxes, prediction.findings, language)
        if boxes:
            self._set_nodes("boxes", boxes)
        self._tables(prediction)

    def _tables(self, prediction: Prediction) -> None:
        from ..scene.tables import add_measurements, add_probabilities

        scene, language = self._room.scene, self._room.language
        scored = [
            item for item in prediction.findings if item.score is not None or item.probability is not None
        ]
        self._table(
            "measurements",
            bool(prediction.measurements),
            lambda: add_measurements(scene, prediction.measurements, language=language),
        )
        self._table(
            "probabilities", bool(scored), lambda: add_probabilities(scene, scored, language=language)
        )

    def _table(self, role: str, wanted: bool, make: Callable[[], str]) -> None:
        from ..scene.cases import replace_content

        old = self._nodes(role)
        if not wanted:
            self._drop(role)
        elif old:
            with self._room.cases.quiet():
                replace_content(self._room.scene, old[0], make())
        else:
            self._set_nodes(role, (make(),))

    def _drop(self, *roles: str) -> None:
        from ..scene.cases import remove_nodes

        for role in roles:
            nodes = self._nodes(role)
            if nodes:
                self._set_nodes(role, ())
                with self._room.cases.quiet():
                    remove_nodes(self._room.scene, nodes)

    def _write(
        self, prediction: Prediction | None, fingerprint: str, warning: str, run: RunRecord | None
    ) -> None:
        record = self._record()
        changed = dataclasses.replace(
            record,
            prediction=None if prediction is None else without_arrays(prediction),
            prediction_context=fingerprint,
            device_warning=warning,
            runs=record.runs if run is None else (*record.runs, run),
        )
        self._room.cases.store(changed)

    def _tell(self, segments: bool = True) -> Steps:
        """Let the desks follow; each may take its time, so there is a pause between them."""
        room = self._room
        if segments:
            yield "segments"
            # First of all: whoever asks for segments then finds them measured.
            yield from self._acting(room.segments.measure())
        yield "findings"
        with room.cases.acting_for(self._case_id):
            room.findings.after_results()
        if segments:
            yield "evidence"
            if room.cases.current_id == self._case_id:
                room.evidence.after_results()
        yield "report"
        yield from self._acting(room.report.redraft_in_steps())
        yield "cases"
        room.cases.hide_others()
        room.listeners.emit("cases", "run", "findings", "evidence", "segments", "report")

    def _acting(self, steps: Steps) -> Steps:
        """Take steps as if the case of the run were the current one."""
        while True:
            with self._room.cases.acting_for(self._case_id):
                step = next(steps, "")
            if not step:
                return
            yield step

    def _record(self) -> CaseRecord:
        record = self._room.cases.record(self._case_id)
        if record is None:
            raise InputError("The case was removed, so its result can not be shown. Open its images again.")
        return record

    def _nodes(self, role: str) -> tuple[str, ...]:
        return self._room.cases.nodes(role, self._case_id)

    def _set_nodes(self, role: str, node_ids: Sequence[str]) -> None:
        self._room.cases.set_nodes(role, node_ids, self._case_id)


def _device_warning(prediction: Prediction) -> str:
    """Why the run was not on the GPU although that was asked for, empty otherwise."""
    provenance = prediction.provenance
    if provenance.device_requested != "cuda" or provenance.provider_used.startswith("CUDA"):
        return ""
    said = next((note for note in provenance.notes if note.startswith("GPU asked for")), "")
    return said or (
        f"GPU asked for, but {provenance.provider_used} was used. Run 'medmm doctor' to see what is missing."
    )
