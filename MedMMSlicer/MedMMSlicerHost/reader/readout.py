"""What is under the mouse: place, voxel, gray value, segments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

__all__ = ["Readout", "read_at", "unit_of"]


@dataclass(frozen=True)
class Readout:
    """What lies at a place.

    Parameters
    ----------
    ras : (3,) tuple of float, mm, RAS
    voxel_ijk : (3,) tuple of int, or None
        None outside of the image.
    values : tuple of float
        One, or three of a color image; empty outside.
    unit : str
        UCUM, empty if it has none.
    segments : tuple of str
        Names of the visible segments.
    """

    ras: tuple[float, float, float]
    voxel_ijk: tuple[int, int, int] | None = None
    values: tuple[float, ...] = ()
    unit: str = ""
    segments: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """One line; numbers with as many digits as they need."""
        sides = (("R", "L"), ("A", "P"), ("S", "I"))
        parts = [
            " ".join(
                f"{names[int(value < 0)]} {abs(value):.1f}"
                for names, value in zip(sides, self.ras, strict=True)
            )
        ]
        if self.voxel_ijk is not None:
            parts.append("({}, {}, {})".format(*self.voxel_ijk))
            value = " ".join(f"{item:.5g}" for item in self.values)
            parts.append(f"{value} {self.unit}".strip())
        return "   ".join((*parts, *self.segments))


def read_at(scene: Any, volume: Any, ras: tuple[float, float, float]) -> Readout:
    """Read a volume node (None: no image) and the visible segments at a place (mm, RAS)."""
    segments = tuple(_segments_at(scene, ras))
    image = volume.GetImageData() if volume is not None else None
    if image is None or volume.GetParentTransformNode() is not None:
        return Readout(ras, segments=segments)
    ijk = _voxel(volume, ras)
    extent = image.GetExtent()
    if not all(extent[2 * axis] <= ijk[axis] <= extent[2 * axis + 1] for axis in range(3)):
        return Readout(ras, segments=segments)
    count = image.GetNumberOfScalarComponents()
    values = tuple(image.GetScalarComponentAsDouble(*ijk, channel) for channel in range(min(count, 3)))
    return Readout(ras, ijk, values, unit_of(volume), segments)


def _voxel(volume: Any, ras: tuple[float, float, float]) -> tuple[int, int, int]:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    matrix = vtkMatrix4x4()
    volume.GetRASToIJKMatrix(matrix)
    column, row, slice_number, _ = matrix.MultiplyPoint((*ras, 1.0))
    return round(column), round(row), round(slice_number)


def unit_of(volume: Any) -> str:
    """Unit of the gray values of a volume node: ``HU``, another UCUM code, or empty if it is not known."""
    entry = volume.GetVoxelValueUnits()
    code = str(entry.GetCodeValue() or "") if entry is not None else ""
    if code == "[hnsf'U]":
        return "HU"
    if not code and volume.GetAttribute("MedMM.Modality") == "CT":
        return "HU"
    return code if code != "1" else ""


def _segments_at(scene: Any, ras: tuple[float, float, float]) -> list[str]:
    found = []
    for index in range(scene.GetNumberOfNodesByClass("vtkMRMLSegmentationNode")):
        node = scene.GetNthNodeByClass(index, "vtkMRMLSegmentationNode")
        display = node.GetDisplayNode()
        if display is None or not display.GetVisibility() or node.GetParentTransformNode() is not None:
            continue
        segmentation = node.GetSegmentation()
        for segment_id in segmentation.GetSegmentIDs():
            segment = segmentation.GetSegment(segment_id)
            if display.GetSegmentVisibility(segment_id) and _covers(segment, ras):
                found.append(str(segment.GetName()))
    return found


def _covers(segment: Any, ras: tuple[float, float, float]) -> bool:
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    labelmap = segment.GetRepresentation("Binary labelmap")
    if labelmap is None or labelmap.GetPointData().GetScalars() is None:
        return False
    matrix = vtkMatrix4x4()
    labelmap.GetWorldToImageMatrix(matrix)
    voxel = [round(value) for value in matrix.MultiplyPoint((*ras, 1.0))[:3]]
    extent = labelmap.GetExtent()
    if not all(extent[2 * axis] <= voxel[axis] <= extent[2 * axis + 1] for axis in range(3)):
        return False
    return bool(labelmap.GetScalarComponentAsDouble(*voxel, 0) == segment.GetLabelValue())
