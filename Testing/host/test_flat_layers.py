"""What is put together without the graphics library looks as if it had drawn everything."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from MedMMSlicerHost import flat_layers
from MedMMSlicerHost.flat_layers import FlatLayers
from MedMMSlicerHost.rendering import render_slice
from MedMMSlicerLib.core import CodedConcept, Finding, HeatMap, LabelMap, Volume
from MedMMSlicerLib.scene.heat_maps import add_heat_map
from MedMMSlicerLib.scene.markups import add_locations

pytestmark = pytest.mark.mrml

SIZE = (300, 240)
CENTER = (0.0, 0.0, 20.0)


def both_ways(
    host: Any, volume_id: str, monkeypatch: pytest.MonkeyPatch, foreground_id: str = ""
) -> tuple[np.ndarray, np.ndarray]:
    """The picture, and the same with every layer left to the graphics library."""
    found: list[int] = []
    find = FlatLayers.find

    def count(layers: FlatLayers, size_px: tuple[int, int]) -> bool:
        result = find(layers, size_px)
        found.append(len(layers._actors))
        return result

    monkeypatch.setattr(FlatLayers, "find", count)
    arguments = (host, volume_id, "Axial", CENTER, SIZE, 300.0, foreground_id)
    mixed = render_slice(*arguments).astype(int)
    assert found[-1] > 0, "nothing was put together"
    monkeypatch.setattr(flat_layers, "_is_flat", lambda _prop, _size: False)
    drawn = render_slice(*arguments).astype(int)
    assert found[-1] == 0
    monkeypatch.undo()
    return mixed, drawn


def test_image_segments_and_points(
    host: Any, scene: Any, phantom_ids: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    finding = Finding(
        "f", CodedConcept("1", "SCT", "Lesion"), {"en": "Lesion"}, location_ras=(-25.0, 30.0, 20.0)
    )
    assert add_locations(scene, [finding], phantom_ids[0])
    mixed, drawn = both_ways(host, phantom_ids[0], monkeypatch)
    difference = np.abs(mixed - drawn).max(axis=-1)
    # The rims of points and letters are blended in another order.
    assert (difference > 2).mean() < 0.001
    assert drawn.max() > 200 and np.ptp(drawn, axis=-1).max() > 100


def test_a_heat_map(
    host: Any, scene: Any, phantom_ids: tuple[str, str], phantom: tuple[Volume, LabelMap], monkeypatch: Any
) -> None:
    geometry = phantom[0].geometry
    heat = np.linspace(0, 1, geometry.shape[2], dtype=np.float32) * np.ones(geometry.shape, np.float32)
    heat_id = add_heat_map(scene, HeatMap("h", "f", heat, geometry, "test"))
    mixed, drawn = both_ways(host, phantom_ids[0], monkeypatch, heat_id)
    assert np.abs(mixed - drawn).max() <= 2


def test_colors_outside_of_an_image_are_not_seen(
    host: Any, scene: Any, phantom_ids: tuple[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """With an inverted gray scale, nothing is white; outside of the image it is not there."""
    display = scene.GetNodeByID(phantom_ids[0]).GetDisplayNode()
    display.SetAndObserveColorNodeID("vtkMRMLColorTableNodeInvertedGrey")
    mixed, drawn = both_ways(host, phantom_ids[0], monkeypatch)
    assert mixed[0, 0].tolist() == [0, 0, 0] and mixed.max() > 250
    assert np.abs(mixed - drawn).max() <= 2


def test_a_view_without_images_in_another_size(host: Any, scene: Any, phantom_ids: tuple[str, str]) -> None:
    """The image is removed, the view gets another size, and an image comes back."""
    from MedMMSlicerHost.drawing import OffscreenWindow, SliceDrawing

    node = scene.AddNewNodeByClass("vtkMRMLSliceNode")
    node.SetLayoutName("OneMore")
    drawing = SliceDrawing(host, node, OffscreenWindow(SIZE))
    try:
        for node_id in (phantom_ids[0], None, phantom_ids[0]):
            drawing.composite.SetBackgroundVolumeID(node_id)
            for size in (SIZE, (200, 120), (90, 160)):
                drawing.resize(size)
                drawing.logic.FitSliceToBackground()
                picture = drawing.render()
                assert picture.shape == (size[1], size[0], 4)
                assert (picture[..., :3].max() > 50) == (node_id is not None)
        scene.RemoveNode(scene.GetNodeByID(phantom_ids[0]))
        drawing.resize(SIZE)
        assert drawing.render()[..., :3].max() == 0
    finally:
        drawing.close(remove_nodes=True)


def test_half_transparent_pixels_over_a_picture() -> None:
    """What the graphics library drew over nothing has its colors multiplied by their opacity."""
    from vtkmodules.util.numpy_support import numpy_to_vtk
    from vtkmodules.vtkCommonDataModel import vtkImageData
    from vtkmodules.vtkRenderingCore import vtkActor2D, vtkImageMapper, vtkRenderer

    ground = np.full((2, 3, 4), (10, 100, 200, 255), np.uint8)
    # The lower left pixel is outside of the image.
    ground[1, 0, 3] = 0
    image, mapper, actor, renderer = vtkImageData(), vtkImageMapper(), vtkActor2D(), vtkRenderer()
    image.SetDimensions(3, 2, 1)
    image.GetPointData().SetScalars(numpy_to_vtk(ground[::-1].reshape(-1, 4), deep=True))
    mapper.SetInputData(image)
    mapper.SetColorWindow(255)
    mapper.SetColorLevel(127.5)
    actor.SetMapper(mapper)
    renderer.AddViewProp(actor)
    over = np.zeros((2, 3, 4), np.uint8)
    over[1, 2] = (128, 0, 0, 128)
    layers = FlatLayers(renderer)
    assert not layers.find((3, 2))
    result = layers.blend((3, 2), over)
    assert result[1, 2, :3].tolist() == [133, 50, 100]
    assert (result[0] == ground[0]).all() and result[1, 1].tolist() == [10, 100, 200, 255]
    assert result[1, 0].tolist() == [0, 0, 0, 255]
