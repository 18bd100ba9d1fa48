"""Images into the scene and back."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..core import Series, Volume, VolumeGeometry
from ..errors import InputError
from ._mrml import (
    MrmlNode,
    MrmlScene,
    add_node,
    from_vtk_matrix,
    get_node,
    image_array,
    node_to_world,
    right_handed,
    set_attributes,
    to_vtk_matrix,
    to_vtk_scalars,
)

__all__ = ["add_volume", "set_image", "volume_from_node", "volume_geometry"]


def add_volume(scene: MrmlScene, volume: Volume, series: Series | None = None, name: str = "") -> str:
    """Add an image with its geometry, window and origin.

    A left-handed volume is stored with its slices reversed, as Slicer itself does on reading.

    Parameters
    ----------
    scene : vtkMRMLScene
    volume : Volume
    series : Series, optional
        Gives the UIDs and, where ``name`` is empty, the name.

    Returns
    -------
    str
        Id of a scalar volume node, or of a vector volume node for colour.
    """
    class_name = "vtkMRMLVectorVolumeNode" if volume.is_color else "vtkMRMLScalarVolumeNode"
    node = add_node(scene, class_name, name or (series.name if series else "") or "Volume")
    set_image(node, volume.array, volume.geometry)
    if volume.is_color:
        node.SetVoxelVectorType(node.VoxelVectorTypeColorRGB)
    node.CreateDefaultDisplayNodes()
    display = node.GetDisplayNode()
    if volume.window is not None and not volume.is_color:
        center, width = volume.window
        display.SetAutoWindowLevel(False)
        display.SetWindowLevel(float(width), float(center))
    _set_unit(node, volume.unit)
    set_attributes(node, _origin_attributes(volume, series))
    return str(node.GetID())


def set_image(node: MrmlNode, array: Any, geometry: VolumeGeometry) -> None:
    """Copy voxels of shape (K, J, I) or (K, J, I, 3) and their geometry into a volume node."""
    from vtkmodules.vtkCommonDataModel import vtkImageData

    array, geometry = right_handed(array, geometry)
    image = vtkImageData()
    image.SetDimensions(*reversed(geometry.shape))
    image.GetPointData().SetScalars(to_vtk_scalars(array, 3 if array.ndim == 4 else 1))
    node.SetIJKToRASMatrix(to_vtk_matrix(geometry.ijk_to_ras))
    node.SetAndObserveImageData(image)


def volume_from_node(scene: MrmlScene, node_id: str) -> Volume:
    """Read an image out of the scene.

    Returns
    -------
    Volume
        Its array is a read-only view of the node's voxels, valid until the node gets a new image; parent
        transforms, when linear, are part of its geometry.

    Raises
    ------
    InputError
        If there is no such volume, or it has no voxels, an unreadable number of channels, or a warping
        transform.
    """
    node = get_node(scene, node_id, "vtkMRMLVolumeNode")
    geometry = volume_geometry(scene, node_id)
    array = image_array(node.GetImageData())
    channels = 1 if array.ndim == 1 else array.shape[1]
    if channels > 1 and not (channels == 3 and array.dtype == np.uint8):
        raise InputError(
            f"'{node.GetName()}' has {channels} channels of type {array.dtype}. "
            "Select a grayscale or RGB image."
        )
    array = array.reshape((*geometry.shape, 3) if channels == 3 else geometry.shape)
    array.setflags(write=False)
    return Volume(
        array,
        geometry,
        unit=_unit(node),
        spacing_known=node.GetAttribute("MedMM.SpacingKnown") != "no",
        window=_window(node),
    )


def volume_geometry(scene: MrmlScene, node_id: str) -> VolumeGeometry:
    """Return where a volume's voxels lie, linear parent transforms included.

    Raises
    ------
    InputError
        If there is no such volume, or it has no voxels or a warping transform.
    """
    from vtkmodules.vtkCommonMath import vtkMatrix4x4

    node = get_node(scene, node_id, "vtkMRMLVolumeNode")
    image = node.GetImageData()
    if image is None or image.GetPointData().GetScalars() is None:
        raise InputError(f"'{node.GetName()}' has no voxels. Select another volume.")
    matrix = vtkMatrix4x4()
    node.GetIJKToRASMatrix(matrix)
    size_i, size_j, size_k = image.GetDimensions()
    to_world = node_to_world(node) @ from_vtk_matrix(matrix)
    start_kji = image.GetExtent()[4::-2]
    return VolumeGeometry((size_k, size_j, size_i), to_world).cropped(start_kji, (size_k, size_j, size_i))


def _origin_attributes(volume: Volume, series: Series | None) -> dict[str, str]:
    attributes = {"MedMM.SpacingKnown": "" if volume.spacing_known else "no"}
    if series is not None:
        attributes |= {
            "MedMM.StudyUid": series.study_uid,
            "MedMM.SeriesUid": series.series_uid,
            "MedMM.FrameOfReferenceUid": series.frame_of_reference_uid,
            "MedMM.Modality": series.facts.modality,
            # The name under which Slicer's own DICOM modules look for the source images.
            "DICOM.instanceUIDs": " ".join(series.instance_uids),
        }
    return attributes


def _set_unit(node: MrmlNode, unit: str) -> None:
    from slicer import vtkCodedEntry  # noqa: TID251 - this package is the door

    if unit != "1":
        entry = vtkCodedEntry()
        entry.SetValueSchemeMeaning(unit, "UCUM", unit)
        node.SetVoxelValueUnits(entry)


def _unit(node: MrmlNode) -> str:
    entry = node.GetVoxelValueUnits()
    return str(entry.GetCodeValue()) if entry is not None and entry.GetCodeValue() else "1"


def _window(node: MrmlNode) -> tuple[float, float] | None:
    display = node.GetDisplayNode()
    if display is None or not display.IsA("vtkMRMLScalarVolumeDisplayNode") or display.GetAutoWindowLevel():
        return None
    return float(display.GetLevel()), float(display.GetWindow())
