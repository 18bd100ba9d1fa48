"""Where the slice views of a saved scene were: opening shows images anew, which centers them."""

from __future__ import annotations

from typing import Any

from MedMMSlicerLib.scene.views import SLICE_VIEWS

__all__ = ["ViewPlaces", "place_of", "put_place"]

Place = tuple[list[float], tuple[float, ...]]
"""Elements of SliceToRAS by rows, and the field of view in mm."""

_FIRST = 1000.0
"""Priority of an observer that is called before all others."""


class ViewPlaces:
    """Around the import of a scene: keeps what the file says about the slice views, for `restore`."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._places: dict[str, Place] = {}
        self._tag = 0

    def __enter__(self) -> ViewPlaces:
        import slicer

        self._tag = self._scene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, self._keep, _FIRST)
        return self

    def __exit__(self, *_error: object) -> None:
        self._scene.RemoveObserver(self._tag)

    def restore(self) -> None:
        """Put the slice views where they were."""
        for name, place in self._places.items():
            node = self._scene.GetSingletonNode(name, "vtkMRMLSliceNode")
            if node is not None:
                put_place(node, place)

    def _keep(self, *_: Any) -> None:
        for name in SLICE_VIEWS:
            node = self._scene.GetSingletonNode(name, "vtkMRMLSliceNode")
            if node is not None:
                self._places[name] = place_of(node)


def place_of(node: Any) -> Place:
    """Where a slice view is."""
    matrix = node.GetSliceToRAS()
    elements = [matrix.GetElement(row, column) for row in range(4) for column in range(4)]
    return elements, tuple(node.GetFieldOfView())


def put_place(node: Any, place: Place) -> None:
    """Put a slice view where another, or the same, was; what was seen there is seen again in any shape."""
    elements, field_of_view = place
    node.GetSliceToRAS().DeepCopy(elements)
    width, height, _ = node.GetDimensions()
    scale = max(field_of_view[0] / width, field_of_view[1] / height)
    node.SetFieldOfView(scale * width, scale * height, field_of_view[2])
    node.UpdateMatrices()
