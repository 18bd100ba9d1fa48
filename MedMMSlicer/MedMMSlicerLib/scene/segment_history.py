"""Taking segments away and putting them back: removal with undo, and the choice between two versions."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

import numpy as np

from ..core import localized
from ..errors import InputError
from ._mrml import MrmlNode, MrmlScene, clean_name, get_node
from ._segment_nodes import grid_of
from ._segment_tags import get_tag, label_hash, set_tag
from ._segment_voxels import BINARY_LABELMAP, erase_unreferenced, make_layer, segment_crops
from .segment_display import get_segment

__all__ = ["SegmentSnapshot", "put_back", "remove_segment", "take_new", "take_snapshot"]


@dataclass(frozen=True, eq=False)
class SegmentSnapshot:
    """A segment as it was: a copy with voxels of its own, its place in the list and its looks."""

    segmentation_id: str
    segment_id: str
    segment: Any
    position: int
    visible: bool
    fill_visible: bool
    opacity_3d: float
    opacity_fill: float
    opacity_outline: float
    known_ids: str


def take_snapshot(scene: MrmlScene, node_id: str, segment_id: str) -> SegmentSnapshot:
    """Copy a segment with everything that is needed to put it back."""
    node, segment = get_segment(scene, node_id, segment_id)
    display = node.GetDisplayNode()
    return SegmentSnapshot(
        segmentation_id=node_id,
        segment_id=segment_id,
        segment=_copy(node, segment, segment_id),
        position=int(node.GetSegmentation().GetSegmentIndex(segment_id)),
        visible=bool(display.GetSegmentVisibility(segment_id)),
        fill_visible=bool(display.GetSegmentVisibility2DFill(segment_id)),
        opacity_3d=float(display.GetSegmentOpacity3D(segment_id)),
        opacity_fill=float(display.GetSegmentOpacity2DFill(segment_id)),
        opacity_outline=float(display.GetSegmentOpacity2DOutline(segment_id)),
        known_ids=node.GetAttribute("MedMM.SegmentIds") or "[]",
    )


def remove_segment(
    scene: MrmlScene, node_id: str, segment_id: str, *, forget: bool = False
) -> SegmentSnapshot:
    """Remove a segment and return what `put_back` needs; the voxels of all others stay.

    With ``forget`` a rerun may use the id again; without, it is known as removed by a person.
    """
    snapshot = take_snapshot(scene, node_id, segment_id)
    node = get_node(scene, node_id, "vtkMRMLSegmentationNode")
    with _surfaces_kept(node):
        _drop(node, segment_id)
    if forget:
        _forget(node, segment_id)
    return snapshot


def put_back(scene: MrmlScene, snapshot: SegmentSnapshot) -> None:
    """Undo: the segment is again as it was when the snapshot was taken.

    Raises
    ------
    InputError
        If its segmentation is gone.
    """
    node = get_node(scene, snapshot.segmentation_id, "vtkMRMLSegmentationNode")
    with _surfaces_kept(node):
        if node.GetSegmentation().GetSegment(snapshot.segment_id) is not None:
            _drop(node, snapshot.segment_id)
        _add(node, _copy_segment(snapshot.segment), snapshot.segment_id, snapshot.position)
    node.SetAttribute("MedMM.SegmentIds", snapshot.known_ids)
    display = node.GetDisplayNode()
    display.SetSegmentVisibility(snapshot.segment_id, snapshot.visible)
    display.SetSegmentVisibility2DFill(snapshot.segment_id, snapshot.fill_visible)
    display.SetSegmentOpacity3D(snapshot.segment_id, snapshot.opacity_3d)
    display.SetSegmentOpacity2DFill(snapshot.segment_id, snapshot.opacity_fill)
    display.SetSegmentOpacity2DOutline(snapshot.segment_id, snapshot.opacity_outline)


def take_new(scene: MrmlScene, node_id: str, segment_id: str, new_id: str, language: str = "en") -> None:
    """Let the rerun's segment ``new_id`` take the place of ``segment_id``, which is given up.

    It gets the model's own name back and counts as untouched; take snapshots of both before.

    Raises
    ------
    InputError
        If one of them is not there.
    """
    node, old = get_segment(scene, node_id, segment_id)
    _, new = get_segment(scene, node_id, new_id)
    if get_tag(new, "MedMM.Id") != segment_id:
        raise InputError(f"'{new.GetName()}' is no newer version of '{old.GetName()}'. Select another one.")
    was_touched = get_tag(new, "MedMM.Label") != label_hash(new)
    fresh = _copy(node, new, new_id)
    if not was_touched:
        names = json.loads(unquote(get_tag(new, "MedMM.Names") or "{}"))
        fresh.SetName(clean_name(localized(names, language) or segment_id))
        set_tag(fresh, "MedMM.Label", label_hash(fresh))
    position = node.GetSegmentation().GetSegmentIndex(segment_id)
    with _surfaces_kept(node):
        _drop(node, new_id)
        _drop(node, segment_id)
        _add(node, fresh, segment_id, position)
    _forget(node, new_id)


def _forget(node: MrmlNode, new_id: str) -> None:
    known = json.loads(node.GetAttribute("MedMM.SegmentIds") or "[]")
    node.SetAttribute("MedMM.SegmentIds", json.dumps([item for item in known if item != new_id]))


def _copy(node: MrmlNode, segment: Any, segment_id: str) -> Any:
    """Return a copy whose voxels are in a layer of its own, as small as they allow."""
    grid = grid_of(node.GetScene(), node)
    start, mask = segment_crops(node, [segment_id], grid)[segment_id]
    copy = _copy_segment(segment)
    copy.RemoveAllRepresentations()
    geometry = grid.cropped(start, mask.shape) if mask.size else grid
    array = mask.astype(np.uint8) if mask.size else np.zeros(grid.shape, np.uint8)
    copy.AddRepresentation(BINARY_LABELMAP, make_layer(array, geometry))
    copy.SetLabelValue(1)
    return copy


def _copy_segment(segment: Any) -> Any:
    from slicer import vtkSegment  # noqa: TID251 - this package is the door

    copy = vtkSegment()
    copy.DeepCopy(segment)
    return copy


def _add(node: MrmlNode, segment: Any, segment_id: str, position: int) -> None:
    segmentation = node.GetSegmentation()
    segmentation.AddSegment(segment, segment_id)
    last = segmentation.GetNumberOfSegments() - 1
    segmentation.SetSegmentIndex(segment_id, min(position, last))


@contextmanager
def _surfaces_kept(node: MrmlNode) -> Iterator[None]:
    """Make the 3D surfaces again afterwards if there were some: a change of segments drops all of them."""
    shown_in_3d = node.GetSegmentation().ContainsRepresentation("Closed surface")
    # While some segments have surfaces, the views ask for those of a segment that has no voxels just now.
    node.GetSegmentation().RemoveRepresentation("Closed surface")
    yield
    if shown_in_3d:
        node.CreateClosedSurfaceRepresentation()


def _drop(node: MrmlNode, segment_id: str) -> None:
    segmentation = node.GetSegmentation()
    # Without its voxels the removal goes through no layer, and touches none that others share.
    segmentation.GetSegment(segment_id).RemoveAllRepresentations()
    segmentation.RemoveSegment(segment_id)
    erase_unreferenced(node, None)
