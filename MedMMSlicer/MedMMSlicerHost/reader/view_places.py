"""Where the slice views of a saved scene were: opening shows images anew, which centers them."""

from __future__ import annotations

from typing import Any

from MedMMSlicerLib.scene.views import SLICE_VIEWS

__all__ = ["ViewPlaces"]

_FIRST = 1000.0
"""Priority of an observer that is called before all others."""


class ViewPlaces:
    """Around the import of a scene: keeps what the file says about the slice views, for `restore`."""

    def __init__(self, scene: Any) -> None:
        self._scene = scene
        self._places: dict[str, tuple[list[float], tuple[float, ...]]] = {}
        self._tag = 0

    def __enter__(self) -> ViewPlaces:
        import slicer

        self._tag = self._scene.AddObserver(slicer.vtkMRMLScene.EndImportEvent, self._keep, _FIRST)
        return self

    def __exit__(self, *_error: object) -> None:
        self._scene.RemoveObserver(self._tag)

    def restore(self) -> None:
        """Put the slice views where they were."""
        for name, (elements, field_of_view) in self._places.items():
            node = self._scene.GetSingletonNode(name, "vtkMRMLSliceNode")
            if node is not None:
                node.GetSliceToRAS().DeepCopy(elements)
                # The view may have another shape now; what was seen then is seen again.
                width, height, _ = node.GetDimensions()
                scale = max(field_of_view[0] / width, field_of_view[1] / height)
                node.SetFieldOfView(scale * width, scale * height, field_of_view[2])
                node.UpdateMatrices()

    def _keep(self, *_: Any) -> None:
        for name in SLICE_VIEWS:
            node = self._scene.GetSingletonNode(name, "vtkMRMLSliceNode")
            if node is not None:
                matrix = node.GetSliceToRAS()
                elements = [matrix.GetElement(row, column) for row in range(4) for column in range(4)]
                self._places[name] = (elements, tuple(node.GetFieldOfView()))
