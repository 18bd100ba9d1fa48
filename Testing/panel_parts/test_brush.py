"""The brush against a slow, plain statement of what it covers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerHost.segment_editor.brush import Stroke, stroke_mask
from MedMMSlicerLib.core import VolumeGeometry

SHAPE = (9, 14, 17)
number = st.floats(-1.0, 1.0, allow_nan=False)


def whole(geometry: VolumeGeometry, stroke: Stroke) -> np.ndarray:
    first, mask = stroke_mask(geometry, stroke)
    result = np.zeros(geometry.shape, bool)
    result[tuple(slice(at, at + size) for at, size in zip(first, mask.shape))] = mask != 0
    return result


def plain(geometry: VolumeGeometry, stroke: Stroke) -> tuple[np.ndarray, np.ndarray]:
    """Certainly covered, and certainly not, voxel by voxel; between them lies rounding."""
    start, end = np.array(stroke.start_ras), np.array(stroke.end_ras)
    offset = geometry.kji_to_ras(np.moveaxis(np.indices(SHAPE), 0, -1)) - start
    height, half, line = np.zeros(SHAPE), 1.0, end - start
    if stroke.normal_ras is not None:
        normal = np.array(stroke.normal_ras) / np.linalg.norm(stroke.normal_ras)
        half = 0.5 * max(abs(normal @ geometry.ijk_to_ras[:3, axis]) for axis in range(3))
        height = offset @ normal
        offset, line = offset - height[..., None] * normal, line - (line @ normal) * normal
    length = line @ line
    share = np.clip(offset @ line / length, 0.0, 1.0) if length > 1e-18 else np.zeros(SHAPE)
    distance = np.linalg.norm(offset - share[..., None] * line, axis=-1)
    close = (distance < stroke.radius_mm - 1e-4) & (abs(height) < half - 1e-4)
    return close, (distance > stroke.radius_mm + 1e-4) | (abs(height) > half + 1e-4)


@settings(max_examples=60, deadline=None)
@given(
    axes=st.lists(number, min_size=9, max_size=9),
    ends=st.lists(number, min_size=6, max_size=6),
    radius_mm=st.floats(0.2, 9.0),
    normal=st.none() | st.lists(number, min_size=3, max_size=3),
)
def test_it_covers_what_it_should(axes: Any, ends: Any, radius_mm: float, normal: Any) -> None:
    matrix = np.array(axes).reshape(3, 3) + np.diag([2.0, -2.5, 3.0])
    if abs(np.linalg.det(matrix)) < 1 or (normal is not None and np.linalg.norm(normal) < 0.1):
        return
    spacing = np.array([0.7, 1.1, 2.5])
    directions = matrix / np.linalg.norm(matrix, axis=0)
    geometry = VolumeGeometry.from_axes(SHAPE, spacing[::-1], (3.0, -8.0, 1.0), directions)
    middle = (np.array(SHAPE) - 1) / 2
    points = geometry.kji_to_ras(middle + np.array(ends).reshape(2, 3) * (np.array(SHAPE) * 0.7))
    stroke = Stroke(tuple(points[0]), tuple(points[1]), radius_mm, None if normal is None else tuple(normal))
    found = whole(geometry, stroke)
    inside, outside = plain(geometry, stroke)
    assert found[inside].all()
    if normal is not None:
        unit = np.array(normal) / np.linalg.norm(normal)
        points[1] -= ((points[1] - points[0]) @ unit) * unit
    # The way of the middle is always painted, wherever it is; the rest must stay empty.
    way = np.linspace(*np.array([geometry.ras_to_kji(point) for point in points]), 2001)
    allowed = np.zeros(SHAPE, bool)
    for candidate in (np.floor(way + 0.5 - 1e-6), np.floor(way + 0.5 + 1e-6)):
        voxels = candidate.astype(int)
        voxels = voxels[((voxels >= 0) & (voxels < SHAPE)).all(axis=1)]
        allowed[tuple(voxels.T)] = True
    assert not found[outside & ~allowed].any()


@pytest.mark.parametrize("offset", [0.0, 0.3, -0.49, 0.5])
def test_a_slice_gets_one_layer_of_voxels(offset: float) -> None:
    geometry = VolumeGeometry.from_axes(SHAPE, (2.5, 1.1, 0.7), (0, 0, 0))
    point = geometry.kji_to_ras((4 + offset, 6, 8))
    found = whole(geometry, Stroke(tuple(point), tuple(point), 3.0, (0, 0, 1)))
    assert np.flatnonzero(found.any(axis=(1, 2))).size == 1


def test_an_oblique_slice_has_no_gaps() -> None:
    geometry = VolumeGeometry.from_axes(SHAPE, (2.5, 1.1, 0.7), (0, 0, 0))
    normal = np.array([0.2, -0.3, 1.0])
    center = geometry.center_ras
    found = whole(geometry, Stroke(tuple(center), tuple(center), 4.0, tuple(normal)))
    columns = found.sum(axis=0)
    points = geometry.kji_to_ras(np.moveaxis(np.indices(SHAPE), 0, -1)) - center
    unit = normal / np.linalg.norm(normal)
    flat = points - (points @ unit)[..., None] * unit
    nearest = np.abs(points @ unit).argmin(axis=0)[None]
    reached = np.take_along_axis(np.linalg.norm(flat, axis=-1), nearest, axis=0)[0] < 3.9
    assert reached.sum() > 40 and (columns[reached] == 1).all()


def test_a_brush_finer_than_the_voxels_paints_its_way() -> None:
    geometry = VolumeGeometry.from_axes(SHAPE, (2.5, 1.1, 0.7), (0, 0, 0))
    start, end = geometry.kji_to_ras((4, 2.3, 2.4)), geometry.kji_to_ras((4, 10.3, 12.4))
    found = whole(geometry, Stroke(tuple(start), tuple(end), 0.01, (0, 0, 1)))
    assert found[4, 2, 2] and found[4, 10, 12]
    assert found.sum() >= 11


def test_outside_of_the_grid_nothing_is_painted() -> None:
    geometry = VolumeGeometry.from_axes(SHAPE, (2.5, 1.1, 0.7), (0, 0, 0))
    for normal in (None, (0.0, 0.0, 1.0)):
        _, mask = stroke_mask(geometry, Stroke((-90, -90, -90), (-80, -90, -90), 5.0, normal))
        assert mask.size == 0
