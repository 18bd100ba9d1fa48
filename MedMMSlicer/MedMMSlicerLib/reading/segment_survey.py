"""Segments as they are now, measured again only after something changed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..inference.measurements import SegmentExtent
from ..reporting.quantities import format_number, format_quantity
from ..scene.reruns import refresh_algorithm_types
from ..scene.segment_display import SegmentView, segment_views
from ..scene.segment_state import (
    SegmentOverlap,
    SegmentSize,
    compare_segments,
    known_segment_ids,
    measure_segment_sizes,
    segmentation_geometry,
    segmentation_is_measurable,
    segments_state,
)
from .finding_words import phrase, wording_of
from .segment_measures import MeasuredSegments

__all__ = ["SegmentSurvey"]

_MOST_BATCHES = 4

_EMPTY = SegmentSize(0, 0.0, 0.0, None)


class SegmentSurvey:
    """Sizes, overlaps and algorithm types of the segments of a scene.

    Parameters
    ----------
    scene : vtkMRMLScene
    """

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._states: dict[str, dict[str, tuple[object, ...]]] = {}
        self._sizes: dict[str, dict[str, SegmentSize]] = {}
        self._overlaps: dict[tuple[str, str, str], tuple[object, SegmentOverlap]] = {}

    def forget(self) -> None:
        """Measure everything anew the next time."""
        self._states.clear()
        self._sizes.clear()
        self._overlaps.clear()

    def views(self, node_ids: Iterable[str]) -> list[SegmentView]:
        """The segments of these segmentations, their algorithm types true."""
        views: list[SegmentView] = []
        for node_id in node_ids:
            self._inspect(node_id)
            views += segment_views(self._scene, node_id)
        return views

    def steps(self, node_ids: Iterable[str]) -> Iterator[str]:
        """Measure what `views` would, a little between two yields."""
        for node_id in node_ids:
            now = segments_state(self._scene, node_id)
            refresh_algorithm_types(self._scene, node_id)
            sizes: dict[str, SegmentSize] = {}
            # Not one by one where there are many: for each call the whole layer is gone through.
            batch = max(1, -(-len(now) // _MOST_BATCHES))
            for start in range(0, len(now), batch):
                yield "segments"
                wanted = set(list(now)[start : start + batch]) & set(segments_state(self._scene, node_id))
                sizes |= measure_segment_sizes(self._scene, node_id, sorted(wanted))
            yield "segments"
            # What changed meanwhile is found by `views`, which compares the states.
            self._sizes[node_id], self._states[node_id] = sizes, now

    def size(self, node_id: str, segment_id: str) -> SegmentSize:
        """Size of a segment as `views` last found it; that of an empty one if it was not there."""
        return self._sizes.get(node_id, {}).get(segment_id, _EMPTY)

    def overlap(self, node_id: str, first: str, second: str) -> SegmentOverlap:
        """Comparison of two segments that are there."""
        self._inspect(node_id)
        state = self._states[node_id]
        token = (state[first], state[second])
        found = self._overlaps.get((node_id, first, second))
        if found is None or found[0] != token:
            found = (token, compare_segments(self._scene, node_id, first, second))
            self._overlaps[node_id, first, second] = found
        return found[1]

    def size_text(self, node_id: str, segment_id: str, language: str) -> str:
        """Volume (area in a single image) and longest diameter; voxels where no spacing is known."""
        size, wording = self.size(node_id, segment_id), wording_of(language)
        if not size.voxels:
            return phrase("empty", language)
        geometry = segmentation_geometry(self._scene, node_id)
        flat = geometry.shape[0] == 1
        if not segmentation_is_measurable(self._scene, node_id):
            number = format_number(float(size.voxels), 0)
            return phrase("pixels" if flat else "voxels", language, number=number)
        if flat:
            _, row_mm, column_mm = geometry.spacing_mm
            extent = format_quantity(size.voxels * row_mm * column_mm, "mm2", wording)
        else:
            extent = format_quantity(size.volume_mm3, "mm3", wording)
        longest = phrase("diameter", language, value=format_quantity(size.diameter_mm, "mm", wording))
        return wording.word("list").join([extent, longest])

    def measured(self, node_id: str) -> MeasuredSegments:
        """What the model's segments of a segmentation measure now."""
        views = [view for view in self.views([node_id]) if view.model_id == view.segment_id]
        sizes = {view.segment_id: self.size(node_id, view.segment_id) for view in views}
        extents = tuple(
            SegmentExtent(view.definition, sizes[view.segment_id].voxels, sizes[view.segment_id].center_ras)
            for view in views
        )
        known = frozenset(known_segment_ids(self._scene, node_id))
        return MeasuredSegments(
            extents=extents,
            removed=known - {view.segment_id for view in views},
            touched=frozenset(view.segment_id for view in views if view.is_touched),
            geometry=segmentation_geometry(self._scene, node_id),
        )

    def _inspect(self, node_id: str) -> None:
        """Measure what changed since the last time, and make the algorithm types true."""
        before, now = self._states.get(node_id, {}), segments_state(self._scene, node_id)
        if now == before and node_id in self._sizes:
            return
        refresh_algorithm_types(self._scene, node_id)
        known = self._sizes.get(node_id, {})
        changed = [key for key, state in now.items() if before.get(key) != state or key not in known]
        kept = {key: size for key, size in known.items() if key in now}
        self._sizes[node_id] = {**kept, **measure_segment_sizes(self._scene, node_id, changed)}
        self._states[node_id] = now
