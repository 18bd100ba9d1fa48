"""One segment under change: strokes, ranges, undo, through Slicer's own segment editor logic; no Qt."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from MedMMSlicerLib.core import VolumeGeometry
from MedMMSlicerLib.errors import InputError, UsageError
from numpy.typing import NDArray

from .brush import Stroke, stroke_mask
from .operations import in_range, largest_island, smoothed, without_holes

__all__ = ["SegmentEngine"]

_UNDO_STATES = 30

_SMOOTHING_VOXELS = 1.5
"""Radius of smoothing in in-plane voxels: the ball then reaches the neighbors over the edge."""

_USUAL_PERCENT = (5, 95)

Box = tuple[slice, slice, slice]


class SegmentEngine:
    """Edits one segment at a time; nothing is changed before `begin`.

    Attributes
    ----------
    replaces_others : bool
        Whether painting takes voxels away from the other visible segments, so that no two overlap. A rerun's
        counterpart that stands beside the edited segment is never changed.
    limit : (float, float, bool), or None
        Image values between which strokes act; True: outside of which.

    Parameters
    ----------
    scene : vtkMRMLScene
    """

    def __init__(self, scene: Any) -> None:
        import slicer

        self._scene = scene
        self._slicer = slicer
        self._logic = slicer.vtkSlicerSegmentEditorLogic()
        self._logic.SetMRMLScene(scene)
        self._logic.SetMaximumNumberOfUndoStates(_UNDO_STATES)
        self._node: Any = None
        self._segmentation_id = ""
        self._segment_id = ""
        self._had_surface = False
        self._is_restored = False
        self._matrix: Any = None
        self._origin_kji = (0, 0, 0)
        self._geometry: VolumeGeometry | None = None
        self._image: NDArray[np.generic] | None = None
        self.replaces_others = True
        self.limit: tuple[float, float, bool] | None = None

    @property
    def is_active(self) -> bool:
        """Whether a segment is being edited and still exists."""
        return bool(self._segment_id) and self._segment() is not None

    @property
    def segmentation_id(self) -> str:
        """Node id of the segmentation being edited, empty if none."""
        return self._segmentation_id

    @property
    def segment_id(self) -> str:
        """Id of the segment being edited, empty if none."""
        return self._segment_id

    @property
    def segment_name(self) -> str:
        """Its name, empty if there is none."""
        segment = self._segment()
        return "" if segment is None else str(segment.GetName())

    @property
    def geometry(self) -> VolumeGeometry:
        """Grid of the segmentation, in the world."""
        if self._geometry is None:
            raise UsageError("No segment is being edited. Choose one first.")
        return self._geometry

    @property
    def is_restored(self) -> bool:
        """Whether a step was just taken back or done again.

        Slicer's history then takes any change, even a new surface, for a step of the reader: what could be
        done again is lost, and the next undo seems to do nothing.
        """
        return self._is_restored

    def begin(self, segmentation_id: str, segment_id: str) -> None:
        """Edit a segment.

        Raises
        ------
        InputError
            If there is no such segment, or its voxels can not be edited.
        """
        self.end()
        node = self._scene.GetNodeByID(segmentation_id) if segmentation_id else None
        if node is None or not node.IsA("vtkMRMLSegmentationNode"):
            raise InputError("The segmentation is no longer in the scene. Select another one.")
        if node.GetSegmentation().GetSegment(segment_id) is None:
            raise InputError(f"'{node.GetName()}' has no segment '{segment_id}'. Select another one.")
        self._segmentation_id, self._segment_id = segmentation_id, segment_id
        self._connect(node)

    def end(self) -> None:
        """Stop editing: surfaces in 3D come back, the helper node goes."""
        node = self._segmentation()
        is_flat = self._geometry is not None and self._geometry.shape[0] == 1
        if node is not None and self._had_surface and not is_flat:
            node.CreateClosedSurfaceRepresentation()
        self._logic.ClearUndoState()
        if self._node is not None:
            self._logic.SetSegmentEditorNode(None)
            if self._scene.IsNodePresent(self._node):
                self._scene.RemoveNode(self._node)
        self._node = self._matrix = self._geometry = self._image = None
        self._segmentation_id = self._segment_id = ""
        self._had_surface = self._is_restored = False

    def value_range(self) -> tuple[float, float]:
        """Smallest and largest finite value of the image, (0, 0) without an image."""
        image = self._image
        if image is None:
            return 0.0, 0.0
        finite = image[np.isfinite(image)] if image.dtype.kind == "f" else image
        return (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)

    def suggested_range(self) -> tuple[float, float]:
        """Values of most of the segment's voxels, or of the whole image where the segment is empty."""
        if self._image is None:
            return 0.0, 0.0
        values = self._image[self._mask()]
        values = values[np.isfinite(values)] if values.dtype.kind == "f" else values
        if not values.size:
            return self.value_range()
        low, high = np.percentile(values, _USUAL_PERCENT)
        return float(low), float(high)

    def forget_history(self) -> None:
        """Let undo end here."""
        self._logic.ClearUndoState()

    def mark(self) -> None:
        """Remember the present state as one step of undo; called before a stroke or an operation."""
        self._require()
        self._logic.SaveStateForUndo()
        self._is_restored = False

    def paint(self, stroke: Stroke, erase: bool = False) -> bool:
        """Add a step of a stroke to the segment, or take it away; return whether any voxel was under it."""
        self._require()
        first, mask = stroke_mask(self.geometry, stroke)
        if self.limit is not None and self._image is not None and mask.size:
            mask &= in_range(self._image[_box(first, mask.shape)], *self.limit).astype(np.uint8)
        if not mask.any():
            return False
        if erase:
            self._modify(self._segment_id, first, mask, self._logic.ModificationModeRemove)
            return True
        if self.replaces_others:
            for other in self._others_under(first, mask):
                self._modify(other, first, mask, self._logic.ModificationModeRemove)
        self._modify(self._segment_id, first, mask, self._logic.ModificationModeAdd)
        return True

    def apply_range(self, low: float, high: float, outside: bool, how: str) -> None:
        """Change the segment by image values.

        Parameters
        ----------
        low, high : float
        outside : bool
            Take what is not between the two.
        how : str
            ``replace`` the segment by these voxels, ``add`` them, or ``keep`` only those of the segment.

        Raises
        ------
        UsageError
            If there is no image, or ``how`` is none of the three.
        """
        self._require()
        if self._image is None:
            raise UsageError("The image of this segmentation is gone, so there are no values to select by.")
        chosen = in_range(self._image, low, high, outside)
        if how == "keep":
            chosen &= self._mask()
        elif how not in ("add", "replace"):
            raise UsageError(f"'{how}' is no way to use a range. Use replace, add or keep.")
        mode = self._logic.ModificationModeAdd if how == "add" else self._logic.ModificationModeSet
        self._change_whole(chosen, mode, takes=how != "keep")

    def keep_largest(self) -> None:
        """Keep the largest connected part of the segment only."""
        self._change_crop(largest_island)

    def fill_holes(self) -> None:
        """Fill what the segment encloses."""
        self._change_crop(without_holes)

    def smooth(self) -> None:
        """Smooth the segment's surface."""
        spacing = self.geometry.spacing_mm
        radius = _SMOOTHING_VOXELS * max(spacing[1:])
        margin = int(radius / min(spacing)) + 1
        self._change_crop(lambda mask: smoothed(mask, spacing, radius), margin)

    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return self.is_active and bool(self._logic.CanUndo())

    def can_redo(self) -> bool:
        """Whether there is a step to do again."""
        return self.is_active and bool(self._logic.CanRedo())

    def undo(self) -> None:
        """Take the last step back."""
        if self.can_undo():
            self._logic.Undo()
            self._is_restored = True

    def redo(self) -> None:
        """Do the step again that was taken back."""
        if self.can_redo():
            self._logic.Redo()
            self._is_restored = True

    def _drop_surfaces(self) -> None:
        """Remove the surfaces in 3D before a change, which would make all anew, half a second on a head."""
        segmentation = self._segmentation().GetSegmentation()
        if segmentation.ContainsRepresentation("Closed surface"):
            self._had_surface = True
            segmentation.RemoveRepresentation("Closed surface")

    def _connect(self, node: Any) -> None:
        logic = self._logic
        self._node = self._scene.CreateNodeByClass("vtkMRMLSegmentEditorNode")
        self._node.UnRegister(None)
        self._node.SetSaveWithScene(False)
        self._node.SetHideFromEditors(True)
        self._node = self._scene.AddNode(self._node)
        # What other segments lose is decided here, voxel by voxel: see _others_under.
        self._node.SetOverwriteMode(self._node.OverwriteNone)
        logic.SetSegmentEditorNode(self._node)
        logic.SetSegmentationNode(node)
        volume = node.GetNodeReference(node.GetReferenceImageGeometryReferenceRole())
        logic.SetSourceVolumeNode(volume)
        logic.SetCurrentSegmentID(self._segment_id)
        ready = logic.SetSourceRepresentationToBinaryLabelMap() and logic.UpdateReferenceGeometryImage()
        if not ready or not logic.ResetModifierLabelmapToDefault():
            self.end()
            raise InputError(f"'{node.GetName()}' has no voxels to edit and no image. Select another one.")
        self._read_grid(node)
        if volume is not None and logic.UpdateAlignedSourceVolume():
            self._image = self._on_grid(logic.GetAlignedSourceVolume())
        logic.ClearUndoState()

    def _read_grid(self, node: Any) -> None:
        from vtkmodules.vtkCommonMath import vtkMatrix4x4

        image = self._logic.GetModifierLabelmap()
        self._matrix, world = vtkMatrix4x4(), vtkMatrix4x4()
        image.GetImageToWorldMatrix(self._matrix)
        self._logic.ImageToWorldMatrix(image, node, world)
        extent = image.GetExtent()
        self._origin_kji = (extent[4], extent[2], extent[0])
        matrix = np.array([[world.GetElement(row, column) for column in range(4)] for row in range(4)])
        # Voxel (0, 0, 0) of the arrays here is the first one of the extent.
        matrix[:3, 3] += matrix[:3, :3] @ np.array([extent[0], extent[2], extent[4]], float)
        size_i, size_j, size_k = image.GetDimensions()
        self._geometry = VolumeGeometry((size_k, size_j, size_i), matrix)

    def _on_grid(self, image: Any) -> NDArray[np.generic]:
        from vtkmodules.util.numpy_support import vtk_to_numpy

        values = vtk_to_numpy(image.GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        size_i, size_j, size_k = image.GetDimensions()
        return np.asarray(values.reshape(size_k, size_j, size_i, -1)[..., 0])

    def _segmentation(self) -> Any:
        return self._scene.GetNodeByID(self._segmentation_id) if self._segmentation_id else None

    def _segment(self) -> Any:
        node = self._segmentation()
        return None if node is None else node.GetSegmentation().GetSegment(self._segment_id)

    def _require(self) -> None:
        if not self.is_active:
            raise InputError("The segment being edited is no longer in the scene. Select another one.")

    def _modify(
        self, segment_id: str, first: tuple[int, int, int], mask: NDArray[np.uint8], mode: int
    ) -> None:
        # At each step of a stroke: when the reader held still, somebody made them again.
        self._drop_surfaces()
        image = self._oriented_image(first, mask)
        self._logic.ModifySegmentByLabelmap(self._segmentation(), segment_id, image, mode, False, True)

    def _oriented_image(self, first: tuple[int, int, int], mask: NDArray[np.uint8]) -> Any:
        from vtkmodules.util.numpy_support import numpy_to_vtk

        k, j, i = (at + start for at, start in zip(first, self._origin_kji, strict=True))
        size_k, size_j, size_i = mask.shape
        image = self._slicer.vtkOrientedImageData()
        image.SetExtent(i, i + size_i - 1, j, j + size_j - 1, k, k + size_k - 1)
        flat = np.ascontiguousarray(mask, np.uint8).ravel()
        image.GetPointData().SetScalars(numpy_to_vtk(flat, deep=True))  # type: ignore[no-untyped-call]
        image.SetImageToWorldMatrix(self._matrix)
        return image

    def _others_under(self, first: tuple[int, int, int], mask: NDArray[np.uint8]) -> Iterator[str]:
        """Yield the visible segments that have voxels under a mask, but no counterpart of the edited one."""
        segmentation = self._segmentation().GetSegmentation()
        display = self._segmentation().GetDisplayNode()
        seen: dict[Any, set[int]] = {}
        for other in segmentation.GetSegmentIDs():
            visible = display is None or display.GetSegmentVisibility(other)
            if other == self._segment_id or not visible or _are_counterparts(other, self._segment_id):
                continue
            layer = segmentation.GetSegment(other).GetRepresentation("Binary labelmap")
            if layer is None or layer.IsEmpty():
                continue
            if layer not in seen:
                seen[layer] = self._values_under(layer, first, mask)
            if segmentation.GetSegment(other).GetLabelValue() in seen[layer]:
                yield other

    def _values_under(self, layer: Any, first: tuple[int, int, int], mask: NDArray[np.uint8]) -> set[int]:
        """Return the label values that a layer, which covers a part of the grid only, has under a mask."""
        extent = layer.GetExtent()
        start = np.array([extent[4], extent[2], extent[0]]) - self._origin_kji
        array = self._on_grid(layer)
        low = np.maximum(first, start)
        high = np.minimum(np.add(first, mask.shape), start + array.shape)
        if (high <= low).any():
            return set()
        there = _box(tuple(low - start), tuple(high - low))
        here = _box(tuple(low - np.array(first)), tuple(high - low))
        return {int(value) for value in np.unique(array[there][mask[here] != 0])}

    def _mask(self) -> NDArray[np.bool_]:
        """Return the segment on the whole grid."""
        self._logic.UpdateSelectedSegmentLabelmap()
        image = self._logic.GetSelectedSegmentLabelmap()
        result = np.zeros(self.geometry.shape, np.bool_)
        if image is None or image.IsEmpty():
            return result
        extent = image.GetExtent()
        start = np.array([extent[4], extent[2], extent[0]]) - self._origin_kji
        array = self._on_grid(image) != 0
        low, high = np.maximum(start, 0), np.minimum(start + array.shape, result.shape)
        if (high > low).all():
            result[_box(tuple(low), tuple(high - low))] = array[_box(tuple(low - start), tuple(high - low))]
        return result

    def _change_crop(self, change: Callable[[NDArray[np.bool_]], NDArray[np.bool_]], margin: int = 0) -> None:
        """Replace the segment by a function of it; only the box around it is computed."""
        self._require()
        mask = self._mask()
        if not mask.any():
            return
        lines = [np.flatnonzero(mask.any(axis=tuple({0, 1, 2} - {axis}))) for axis in range(3)]
        box = tuple(slice(max(int(line[0]) - margin, 0), int(line[-1]) + 1 + margin) for line in lines)
        mask[box] = change(mask[box])
        self._change_whole(mask, self._logic.ModificationModeSet, takes=True)

    def _change_whole(self, mask: NDArray[np.bool_], mode: int, takes: bool) -> None:
        """Apply a mask of the whole grid as one step of undo; ``takes``: others may lose voxels to it."""
        self.mark()
        voxels = mask.astype(np.uint8)
        if takes and self.replaces_others:
            for other in self._others_under((0, 0, 0), voxels):
                self._modify(other, (0, 0, 0), voxels, self._logic.ModificationModeRemove)
        self._modify(self._segment_id, (0, 0, 0), voxels, mode)


def _box(first: tuple[int, ...], shape: tuple[int, ...]) -> Box:
    k, j, i = (slice(int(start), int(start) + int(size)) for start, size in zip(first, shape, strict=True))
    return k, j, i


def _are_counterparts(one: str, other: str) -> bool:
    """Whether one segment is what a rerun put beside the other one (``id``, ``id-new``, ``id-new-2``)."""
    return one.split("-new")[0] == other.split("-new")[0]
