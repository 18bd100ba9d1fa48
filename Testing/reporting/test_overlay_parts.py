"""The parts of the overlay picture: planes, regions, windows, colors, text."""

from __future__ import annotations

import numpy as np
import pytest
from MedMMSlicerLib.core import (
    CodedConcept,
    HeaderFacts,
    LabelMap,
    SegmentDefinition,
    Series,
    Volume,
    VolumeGeometry,
)
from MedMMSlicerLib.overlay import draw_overlay, lettering
from MedMMSlicerLib.overlay.paint import display_window, heat_colors
from MedMMSlicerLib.overlay.planes import image_plane, patient_plane, whole_planes
from MedMMSlicerLib.overlay.regions import find_regions

CODE = CodedConcept("1", "99TEST", "Thing")


def segment(value: int = 1, name: str = "thing", side: str = "") -> SegmentDefinition:
    return SegmentDefinition(value, name, {"en": name.title()}, CODE, CODE, (0, 255, 0), side)


def series_of(volume: Volume) -> Series:
    return Series("series", HeaderFacts(), (), volume=volume)


def test_marks_name_the_borders(a_geometry):
    planes = whole_planes(a_geometry, a_geometry.center_ras, (100, 100))
    assert planes["axial"].marks == ("R", "L", "A", "P")
    assert planes["coronal"].marks == ("R", "L", "S", "I")
    assert planes["sagittal"].marks == ("A", "P", "S", "I")


def test_an_oblique_section_has_double_letters():
    half = np.sqrt(0.5)
    # I runs to the left and back, J downwards.
    directions = np.array([[-half, 0, half], [-half, 0, -half], [0, -1, 0]])
    geometry = VolumeGeometry.from_axes((1, 30, 40), (3.0, 1.0, 1.0), (0, 0, 0), directions)
    left, right, top, bottom = image_plane(geometry, (100, 100), as_stored=False).marks
    assert (sorted(left), sorted(right), top, bottom) == (["A", "R"], ["L", "P"], "S", "I")


def test_a_plane_and_its_part_agree(a_geometry):
    plane = patient_plane("coronal", a_geometry.center_ras, (60, 80), 90.0)
    part = plane.cropped((10, 31), (20, 52))
    whole = plane.voxel_coordinates(a_geometry, 2)
    assert np.allclose(part.voxel_coordinates(a_geometry, 2), whole[:, 20:62, 40:104])
    point = a_geometry.kji_to_ras(plane.voxel_coordinates(a_geometry)[:, 7, 11])
    assert plane.to_pixel(point) == pytest.approx((11, 7))


def test_regions_follow_sides_and_distance(a_geometry):
    array = np.zeros(a_geometry.shape, np.uint8)
    array[4:8, 4:8, 4:8] = 1
    array[8:12, 8:12, 8:12] = 2
    array[30:33, 40:44, 30:40] = 3
    array[8:12, 4:8, 4:8] = 4
    parts = (
        segment(1, "a", "left"),
        segment(2, "b", "left"),
        segment(3, "c", "left"),
        segment(4, "d", "right"),
        segment(9, "empty"),
    )
    regions = find_regions(LabelMap(array, a_geometry, parts))
    assert [[item.id for item in region.segments] for region in regions] == [["a", "b"], ["c"], ["d"]]
    assert regions[1].voxels == 3 * 4 * 10
    inside = np.rint(a_geometry.ras_to_kji(regions[0].point_ras)).astype(int)
    assert array[tuple(inside)] in (1, 2)


def test_the_point_of_a_hollow_region_lies_in_it(a_geometry):
    array = np.zeros(a_geometry.shape, np.uint8)
    array[5:25, 5:25, 5:25] = 1
    array[6:24, 6:24, 6:24] = 0
    region = find_regions(LabelMap(array, a_geometry, (segment(),)))[0]
    assert array[tuple(np.rint(a_geometry.ras_to_kji(region.point_ras)).astype(int))] == 1


@pytest.mark.parametrize("value", [np.nan, np.inf, 7.0])
def test_images_without_contrast_are_drawn(a_geometry, value):
    array = np.full(a_geometry.shape, value, np.float32)
    low, high = display_window(Volume(array, a_geometry))
    assert np.isfinite([low, high]).all() and high > low
    draw_overlay(series_of(Volume(array, a_geometry)))


def test_the_window_of_the_file_is_used(a_geometry):
    array = np.arange(np.prod(a_geometry.shape)).reshape(a_geometry.shape)
    assert display_window(Volume(array, a_geometry, window=(50.0, 20.0))) == (40.0, 60.0)
    low, high = display_window(Volume(array, a_geometry, window=(50.0, 0.0)))
    assert low == pytest.approx(0.01 * array.size, rel=0.05)
    assert high == pytest.approx(0.995 * array.size, rel=0.05)


def test_heat_colors_grow_in_lightness():
    colors = heat_colors(np.linspace(0, 1, 20, dtype=np.float32))
    assert (np.diff(colors @ [0.2126, 0.7152, 0.0722]) > 0).all()


def test_text_is_cut_to_its_room():
    text = lettering.fit_text("Left hippocampus\x00 " * 50, 16, 200)
    assert text.endswith("…") and lettering.font_for(text, 16).getlength(text) <= 200
    assert lettering.fit_text("short", 16, 200) == "short"
