"""What every module of this package needs from MRML and VTK."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..core import VolumeGeometry
from ..errors import InputError, UsageError

__all__ = [
    "MrmlNode",
    "MrmlScene",
    "active_place_list",
    "add_markup",
    "add_node",
    "clean_name",
    "clean_text",
    "from_vtk_matrix",
    "get_node",
    "image_array",
    "node_to_world",
    "right_handed",
    "set_active_place_list",
    "set_attributes",
    "to_vtk_matrix",
    "to_vtk_scalars",
]

MrmlScene = Any
"""A ``vtkMRMLScene``; the class is only importable where slicer is."""

MrmlNode = Any
"""A ``vtkMRMLNode``."""

_SELECTION = "vtkMRMLSelectionNodeSingleton"
_NAME_LENGTH = 80
"""Node names become file names in a bundle, percent-encoded, and file systems stop at 255 bytes."""

_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 forbids: one such character makes a saved scene unreadable."""

_STORABLE_TYPES: dict[np.dtype[Any], np.dtype[Any]] = {
    np.dtype(np.bool_): np.dtype(np.uint8),
    np.dtype(np.float16): np.dtype(np.float32),
}


def get_node(scene: MrmlScene, node_id: str, class_name: str = "vtkMRMLNode") -> MrmlNode:
    """Return a node by its id.

    Raises
    ------
    InputError
        If the scene has no node of this id and class.
    """
    node = scene.GetNodeByID(node_id)
    if node is None or not node.IsA(class_name):
        kind = class_name.removeprefix("vtkMRML").removesuffix("Node") or "node"
        raise InputError(f"The scene has no {kind} with the id '{node_id}'. Select it again.")
    return node


def add_node(scene: MrmlScene, class_name: str, name: str) -> MrmlNode:
    """Add a new node.

    Raises
    ------
    UsageError
        If nobody has registered the class: the module logic that does so was not created.
    """
    if not scene.IsNodeClassRegistered(class_name):
        raise UsageError(f"The scene does not know {class_name}. Create the logic of its module first.")
    return scene.AddNewNodeByClass(class_name, clean_name(name))


def add_markup(scene: MrmlScene, class_name: str, name: str) -> MrmlNode:
    """Add a markup that the reader's next point does not go into: Slicer makes each new one the active list.

    Raises
    ------
    UsageError
        If nobody has registered the class.
    """
    before = active_place_list(scene)
    node = add_node(scene, class_name, name)
    set_active_place_list(scene, before)
    return node


def active_place_list(scene: MrmlScene) -> tuple[str, str]:
    """Class name and node id of what Slicer's *place a point* adds to, empty strings without one."""
    selection = scene.GetNodeByID(_SELECTION)
    if selection is None:
        return "", ""
    return str(selection.GetActivePlaceNodeClassName() or ""), str(selection.GetActivePlaceNodeID() or "")


def set_active_place_list(scene: MrmlScene, wanted: tuple[str, str]) -> None:
    """Set what `active_place_list` returned."""
    selection = scene.GetNodeByID(_SELECTION)
    if selection is not None and active_place_list(scene) != wanted:
        selection.SetReferenceActivePlaceNodeClassName(wanted[0] or None)
        selection.SetReferenceActivePlaceNodeID(wanted[1] or None)


def clean_text(text: str) -> str:
    """Drop the characters that XML can not hold."""
    return _NOT_XML.sub("", text)


def clean_name(text: str) -> str:
    """Return a name on one line, short enough to become a file name."""
    return " ".join(clean_text(text).split())[:_NAME_LENGTH] or "unnamed"


def set_attributes(node: MrmlNode, attributes: Mapping[str, str]) -> None:
    """Set node attributes; empty values are left out."""
    for name, value in attributes.items():
        if value:
            node.SetAttribute(name, clean_text(value))


def to_vtk_matrix(matrix: NDArray[np.float64]) -> Any:
    """Return a (4, 4) array as vtkMatrix4x4."""
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    result = vtkMatrix4x4()
    result.DeepCopy([float(value) for value in matrix.ravel()])
    return result


def from_vtk_matrix(matrix: Any) -> NDArray[np.float64]:
    """Return a vtkMatrix4x4 as (4, 4) array."""
    return np.array([[matrix.GetElement(row, column) for column in range(4)] for row in range(4)])


def to_vtk_scalars(array: NDArray[Any], components: int = 1) -> Any:
    """Copy an array once into a vtkDataArray, in a type that Slicer's file formats can hold.

    A copy, because the reader may edit voxels in place, while a `Volume` is never changed and may be a
    read-only memory map.

    Raises
    ------
    InputError
        If no such type fits the values.
    """
    from vtkmodules.util.numpy_support import numpy_to_vtk

    native = array.dtype.newbyteorder("=")
    target = _STORABLE_TYPES.get(native, native)
    if target.kind in "iu" and target.itemsize == 8:
        target = _narrow_integer(array)
    if target.kind not in "iuf" or target.itemsize > 8:
        raise InputError(f"Voxels of type {array.dtype} can not be shown. Convert the image.")
    flat = np.ascontiguousarray(array, dtype=target).reshape((-1, components) if components > 1 else (-1,))
    return numpy_to_vtk(flat, deep=True)  # type: ignore[no-untyped-call]


def image_array(image: Any) -> NDArray[Any]:
    """Return the scalars of a vtkImageData as a view, shape (K * J * I,) or (K * J * I, channels)."""
    from vtkmodules.util.numpy_support import vtk_to_numpy

    view: NDArray[Any] = vtk_to_numpy(image.GetPointData().GetScalars())  # type: ignore[no-untyped-call]
    return view


def _narrow_integer(array: NDArray[Any]) -> np.dtype[Any]:
    """Return int32 where the values fit, else float64: Slicer can not write 64-bit integers."""
    limits = np.iinfo(np.int32)
    fits = array.size == 0 or (array.min() >= limits.min and array.max() <= limits.max)
    return np.dtype(np.int32) if fits else np.dtype(np.float64)


def right_handed(array: NDArray[Any], geometry: VolumeGeometry) -> tuple[NDArray[Any], VolumeGeometry]:
    """Reverse the slices of a left-handed volume; every voxel stays where it is in the patient.

    Slicer does this to whatever it reads. Done here as well, the scene is the same before it was saved and
    after it was loaded.

    Parameters
    ----------
    array : ndarray, shape (K, J, I) or (K, J, I, 3)
    geometry : VolumeGeometry
    """
    if np.linalg.det(geometry.ijk_to_ras[:3, :3]) > 0:
        return array, geometry
    matrix = geometry.ijk_to_ras.copy()
    matrix[:3, 3] = geometry.kji_to_ras((geometry.shape[0] - 1, 0, 0))
    matrix[:3, 2] *= -1
    return array[::-1], VolumeGeometry(geometry.shape, matrix)


def node_to_world(node: MrmlNode) -> NDArray[np.float64]:
    """Return the (4, 4) transform, mm, RAS, of a node's parent transforms.

    Raises
    ------
    InputError
        If one of them is not linear.
    """
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    transform = node.GetParentTransformNode()
    if transform is None:
        return np.eye(4)
    if not transform.IsTransformToWorldLinear():
        raise InputError(
            f"'{node.GetName()}' is under the warping transform '{transform.GetName()}'. "
            "Harden the transform first."
        )
    matrix = vtkMatrix4x4()
    transform.GetMatrixTransformToWorld(matrix)
    return from_vtk_matrix(matrix)
