"""Pictures of an asymmetric phantom: everything must be on its side."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from MedMMSlicerHost.rendering import render_3d, render_slice
from MedMMSlicerLib.core import HeatMap, LabelMap, Volume
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.scene.heat_maps import add_heat_map
from MedMMSlicerLib.scene.segmentations import show_closed_surface

pytestmark = pytest.mark.mrml

LESION_RAS = (-25.0, 30.0, 20.0)
SIZE = (300, 240)
WIDTH_MM = 300.0

# Where the lesion is in a picture centred on the phantom, in mm to the right and down of its middle:
# patient left is right, anterior and superior are up, and in sagittal slices anterior is left.
PLACES = {"Axial": (25.0, -30.0), "Sagittal": (-30.0, -20.0), "Coronal": (25.0, -20.0)}
CENTERS = {"Axial": (0.0, 0.0, 20.0), "Sagittal": (-25.0, 0.0, 0.0), "Coronal": (0.0, 30.0, 0.0)}


def red(picture: np.ndarray) -> np.ndarray:
    """Where the picture is red, shape (height, width)."""
    channels = picture.astype(int)
    return (channels[..., 0] > channels[..., 1] + 40) & (channels[..., 0] > channels[..., 2] + 40)


def middle_mm(mask: np.ndarray) -> np.ndarray:
    """Centroid of a mask, mm to the right and down of the picture's middle."""
    rows, columns = np.nonzero(mask)
    height, width = mask.shape
    offset = np.array([columns.mean() - (width - 1) / 2, rows.mean() - (height - 1) / 2])
    return offset * WIDTH_MM / SIZE[0]


@pytest.mark.parametrize("orientation", list(PLACES))
def test_a_slice_shows_the_segment_on_its_side(
    host: Any, phantom_ids: tuple[str, str], orientation: str
) -> None:
    volume_id, _ = phantom_ids
    picture = render_slice(host, volume_id, orientation, CENTERS[orientation], SIZE, WIDTH_MM)
    assert picture.shape == (SIZE[1], SIZE[0], 3) and picture.dtype == np.uint8
    found = red(picture)
    np.testing.assert_allclose(middle_mm(found), PLACES[orientation], atol=2.5)
    area_mm2 = found.sum() * (WIDTH_MM / SIZE[0]) ** 2
    assert area_mm2 == pytest.approx(np.pi * 12**2, rel=0.25)


def test_the_image_is_behind_with_its_window(host: Any, scene: Any, phantom_ids: tuple[str, str]) -> None:
    volume_id, segmentation_id = phantom_ids
    scene.GetNodeByID(segmentation_id).GetDisplayNode().SetVisibility(False)
    picture = render_slice(host, volume_id, "Axial", CENTERS["Axial"], SIZE, WIDTH_MM)
    assert not red(picture).any()
    gray = picture[..., 0].astype(int)
    assert (picture == picture[..., :1]).all()
    height, width = gray.shape
    assert gray[height // 2, width // 2] == pytest.approx(255 * 600 / 1000, abs=3)
    bright = gray > 240
    np.testing.assert_allclose(middle_mm(bright), PLACES["Axial"], atol=2.5)
    assert gray[0].max() == 0


def test_a_heat_map_lies_over_it(
    host: Any, scene: Any, phantom_ids: tuple[str, str], phantom: tuple[Volume, LabelMap]
) -> None:
    volume_id, segmentation_id = phantom_ids
    scene.GetNodeByID(segmentation_id).GetDisplayNode().SetVisibility(False)
    geometry = phantom[0].geometry
    ras = geometry.kji_to_ras(np.moveaxis(np.indices(geometry.shape), 0, -1))
    heat = np.exp(-((ras - LESION_RAS) ** 2).sum(axis=-1) / 2 / 15**2).astype(np.float32)
    heat_id = add_heat_map(scene, HeatMap("h", "f", heat, geometry, "test"))
    picture = render_slice(
        host, volume_id, "Axial", CENTERS["Axial"], SIZE, WIDTH_MM, foreground_id=heat_id
    ).astype(int)
    colored = np.ptp(picture, axis=-1) > 20
    np.testing.assert_allclose(middle_mm(colored), PLACES["Axial"], atol=3)
    plain = render_slice(host, volume_id, "Axial", CENTERS["Axial"], SIZE, WIDTH_MM)
    assert np.array_equal(plain[~colored][:50], picture[~colored][:50])


def test_the_whole_volume_fits_when_nothing_is_said(host: Any, phantom_ids: tuple[str, str]) -> None:
    picture = render_slice(host, phantom_ids[0], "Coronal", size_px=SIZE)
    head = picture[..., 0] > 100
    rows, columns = np.nonzero(head)
    assert rows.min() > 0 and rows.max() < SIZE[1] - 1 and columns.min() > 0 and columns.max() < SIZE[0] - 1
    np.testing.assert_allclose([rows.mean(), columns.mean()], [(SIZE[1] - 1) / 2, (SIZE[0] - 1) / 2], atol=4)


def test_surfaces_are_seen_from_the_side_one_looks_from(
    host: Any, scene: Any, phantom_ids: tuple[str, str], phantom: tuple[Volume, LabelMap]
) -> None:
    from MedMMSlicerLib.core import CodedConcept, Provenance, SegmentDefinition
    from MedMMSlicerLib.scene.segmentations import add_segmentation

    volume_id, segmentation_id = phantom_ids
    geometry = phantom[0].geometry
    ras = geometry.kji_to_ras(np.moveaxis(np.indices(geometry.shape), 0, -1))
    code = CodedConcept("1", "SCT", "x")
    below = LabelMap(
        (((ras - [25, 30, -20]) ** 2).sum(axis=-1) < 10**2).astype(np.uint8),
        geometry,
        (SegmentDefinition(1, "below", {"en": "Below"}, code, code, (40, 230, 40)),),
    )
    provenance = Provenance("test", "1", "", (), "", "", {}, {}, "")
    other_id = add_segmentation(scene, below, provenance, volume_id, "other")
    for node_id in (segmentation_id, other_id):
        show_closed_surface(scene, node_id)
    for direction, sign in (((0.0, 1.0, 0.0), 1), ((0.0, -1.0, 0.0), -1)):
        picture = render_3d(host, SIZE, direction).astype(int)
        lesion = np.argwhere(picture[..., 0] > picture[..., 1] + 30).mean(axis=0)
        green = np.argwhere(picture[..., 1] > picture[..., 0] + 30).mean(axis=0)
        # Seen from the front, patient left (the lesion) is right; superior is up.
        assert sign * (lesion[1] - green[1]) > 20 and green[0] - lesion[0] > 20


def test_pictures_leave_no_nodes_behind(host: Any, scene: Any, phantom_ids: tuple[str, str]) -> None:
    before = scene.GetNumberOfNodes()
    logics = host.logic.GetSliceLogics().GetNumberOfItems()
    render_slice(host, phantom_ids[0], size_px=(64, 64))
    render_3d(host, (64, 64))
    assert scene.GetNumberOfNodes() == before
    assert host.logic.GetSliceLogics().GetNumberOfItems() == logics


def test_wrong_requests_are_said_and_leave_no_nodes(
    host: Any, scene: Any, phantom_ids: tuple[str, str]
) -> None:
    before = scene.GetNumberOfNodes()
    with pytest.raises(UsageError, match="'axial' is no orientation"):
        render_slice(host, phantom_ids[0], "axial")
    with pytest.raises(InputError, match="no Volume"):
        render_slice(host, "nothing", size_px=(64, 64))
    with pytest.raises(InputError, match="no Volume"):
        render_slice(host, phantom_ids[0], size_px=(64, 64), foreground_id="nothing")
    assert scene.GetNumberOfNodes() == before
