"""The overlay picture, checked by its pixels: a flip, a swap or a wrong scale moves a segment."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from MedMMSlicerLib.core import (
    Box,
    CodedConcept,
    Finding,
    HeaderFacts,
    HeatMap,
    LabelMap,
    Prediction,
    Provenance,
    SegmentDefinition,
    Series,
    Volume,
    VolumeGeometry,
)
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.overlay import draw_overlay, lettering, picture
from MedMMSlicerLib.overlay.panels import PANEL, image_panel, region_panels, whole_panels
from MedMMSlicerLib.overlay.planes import ORIENTATIONS, image_plane
from MedMMSlicerLib.overlay.regions import find_regions
from MedMMSlicerLib.overlay.words import WORDS

CODE = CodedConcept("1", "99TEST", "Thing")
GREEN = (0, 255, 0)
RADIUS_MM = 9.0
OFFSET_RAS = np.array([-14.0, 22.0, 26.0])  # left, anterior, superior of the middle of the volume
SCREEN = {"axial": ((0, -1), (1, -1)), "coronal": ((0, -1), (2, -1)), "sagittal": ((1, -1), (2, -1))}
"""Patient axis and sign that point to the right and down on the screen, by the radiological convention."""


def oblique_geometry() -> VolumeGeometry:
    x, y, z = np.radians((9.0, -7.0, 12.0))
    about_x = np.array([[1, 0, 0], [0, np.cos(x), -np.sin(x)], [0, np.sin(x), np.cos(x)]])
    about_y = np.array([[np.cos(y), 0, np.sin(y)], [0, 1, 0], [-np.sin(y), 0, np.cos(y)]])
    about_z = np.array([[np.cos(z), -np.sin(z), 0], [np.sin(z), np.cos(z), 0], [0, 0, 1]])
    # I runs to the left and K downwards, so that neither identity nor LPS would pass.
    directions = about_z @ about_y @ about_x @ np.diag([-1.0, 1.0, -1.0])
    return VolumeGeometry.from_axes((40, 50, 48), (3.0, 2.2, 1.6), (31.0, -40.0, 55.0), directions)


def sphere(geometry: VolumeGeometry, center_ras: np.ndarray, radius_mm: float = RADIUS_MM) -> np.ndarray:
    voxels = np.stack(np.meshgrid(*map(np.arange, geometry.shape), indexing="ij"), axis=-1)
    return np.linalg.norm(geometry.kji_to_ras(voxels) - center_ras, axis=-1) < radius_mm


def segment(value: int = 1, name: str = "thing", side: str = "", color=GREEN) -> SegmentDefinition:
    return SegmentDefinition(value, name, {"en": name.title(), "zh-CN": "结构"}, CODE, CODE, color, side)


def prediction(*label_maps: LabelMap, **parts) -> Prediction:
    provenance = Provenance("test-bundle", "1.0", "", (), "cpu", "CPUExecutionProvider", {}, {}, "")
    return Prediction(provenance, label_maps, **parts)


def series_of(volume: Volume, **facts) -> Series:
    return Series("series", HeaderFacts(**facts), (), volume=volume)


def source_of(series: Series, *predictions: Prediction, heat_map: str | None = None):
    return picture._panel_source(series, predictions, heat_map, "current", WORDS["en"])


def green(image) -> np.ndarray:
    pixels = np.asarray(image).astype(int)
    return (pixels[..., 1] > 200) & (pixels[..., 0] < 90) & (pixels[..., 2] < 90)


def box_center(mask: np.ndarray) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return (columns.min() + columns.max()) / 2, (rows.min() + rows.max()) / 2


def expected_place(geometry: VolumeGeometry, name: str, point_ras: np.ndarray, size: tuple[int, int]):
    """Column, row and mm per pixel of a point on a panel that shows the whole volume, computed apart."""
    ends = [(-0.5, count - 0.5) for count in geometry.shape]
    corners = geometry.kji_to_ras(np.array(np.meshgrid(*ends)).reshape(3, -1).T)
    low, high = corners.min(axis=0), corners.max(axis=0)
    rows, columns = size
    scale = max(
        max((high - low)[right] / columns, (high - low)[down] / rows)
        for (right, _), (down, _) in SCREEN.values()
    )
    offset = point_ras - (low + high) / 2
    (right, right_sign), (down, down_sign) = SCREEN[name]
    return (
        (columns - 1) / 2 + right_sign * offset[right] / scale,
        (rows - 1) / 2 + down_sign * offset[down] / scale,
        scale,
    )


@pytest.fixture(scope="session")
def a_geometry() -> VolumeGeometry:
    return oblique_geometry()


@pytest.fixture(scope="session")
def a_point(a_geometry: VolumeGeometry) -> np.ndarray:
    return a_geometry.center_ras + OFFSET_RAS


@pytest.fixture(scope="session")
def a_series(a_geometry: VolumeGeometry, a_point: np.ndarray) -> Series:
    array = np.where(sphere(a_geometry, a_point), 1000, 200).astype(np.int16)
    return series_of(Volume(array, a_geometry, window=(500.0, 1000.0)), modality="MR")


@pytest.fixture(scope="session")
def a_label_map(a_geometry: VolumeGeometry, a_point: np.ndarray) -> LabelMap:
    return LabelMap(sphere(a_geometry, a_point).astype(np.uint8), a_geometry, (segment(),))


def whole_and_zoom(series: Series, label_map: LabelMap):
    source = source_of(series, prediction(label_map))
    region = find_regions(label_map)[0]
    wholes, zooms = region_panels(source, region)
    return dict(zip(ORIENTATIONS, wholes)), dict(zip(ORIENTATIONS, zooms)), region


@pytest.mark.parametrize("name", SCREEN)
def test_a_segment_is_where_it_belongs(a_series, a_label_map, a_geometry, a_point, name):
    wholes, zooms, _ = whole_and_zoom(a_series, a_label_map)
    size = (wholes[name].height, wholes[name].width)
    column, row, scale = expected_place(a_geometry, name, a_point, size)
    seen = box_center(green(wholes[name]))
    assert np.hypot(seen[0] - column, seen[1] - row) < 2.0 / scale
    # Left, anterior and superior are right, up (axial), left (sagittal) and up on the screen.
    assert (seen[0] > size[1] / 2) == (name != "sagittal") and seen[1] < size[0] / 2
    seen = box_center(green(zooms[name]))
    assert np.hypot(seen[0] - PANEL / 2, seen[1] - PANEL / 2) < 0.1 * PANEL


@pytest.mark.parametrize("name", SCREEN)
def test_the_image_is_where_it_belongs(a_series, a_geometry, a_point, name):
    panel = dict(zip(ORIENTATIONS, whole_panels(source_of(a_series), a_point)))[name]
    column, row, scale = expected_place(a_geometry, name, a_point, (PANEL, PANEL))
    bright = (np.asarray(panel) > 245).all(axis=-1)
    seen = box_center(bright)
    assert np.hypot(seen[0] - column, seen[1] - row) < 2.0 / scale


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_flip_would_be_noticed(a_series, a_label_map, a_geometry, a_point, axis):
    flipped = replace(a_label_map, array=np.flip(a_label_map.array, axis).copy())
    source = source_of(a_series, prediction(flipped))
    distances = []
    for name, panel in zip(ORIENTATIONS, whole_panels(source, find_regions(flipped)[0].point_ras)):
        column, row, _ = expected_place(a_geometry, name, a_point, (PANEL, PANEL))
        seen = box_center(green(panel))
        distances.append(np.hypot(seen[0] - column, seen[1] - row))
    # The right place is met within about five pixels.
    assert max(distances) > 25


@pytest.mark.parametrize("name", SCREEN)
def test_a_sphere_is_round_and_of_its_size(a_series, a_label_map, name):
    _, zooms, region = whole_and_zoom(a_series, a_label_map)
    rows, columns = np.nonzero(green(zooms[name]))
    millimeters = region.extent_mm * 1.7 / PANEL
    width, height = np.ptp(columns) * millimeters, np.ptp(rows) * millimeters
    # Within one voxel of 3 mm.
    assert width == pytest.approx(2 * RADIUS_MM, abs=3) and height == pytest.approx(2 * RADIUS_MM, abs=3)


def test_the_panel_shows_letters_and_scale(a_series, a_point):
    with_scale = np.asarray(whole_panels(source_of(a_series), a_point)[0]).astype(int)
    unknown = replace(a_series, volume=replace(a_series.volume, spacing_known=False))
    without = np.asarray(whole_panels(source_of(unknown), a_point)[0]).astype(int)
    corner = (slice(PANEL - 34, PANEL), slice(PANEL // 2 + 60, PANEL))
    assert (with_scale[corner] > 220).all(axis=-1).sum() > 100
    assert not (without[corner] > 220).all(axis=-1).any()
    for place in ((PANEL // 2, 12), (PANEL // 2, PANEL - 12), (14, PANEL // 2), (PANEL - 14, PANEL // 2)):
        around = tuple(slice(value - 10, value + 11) for value in place)
        assert (without[around] > 220).all(axis=-1).sum() > 5


def test_a_single_voxel_is_drawn(a_series, a_geometry):
    array = np.zeros(a_geometry.shape, np.uint8)
    array[20, 30, 9] = 1
    label_map = LabelMap(array, a_geometry, (segment(),))
    assert green(draw_overlay(a_series, prediction(label_map))).any()


def test_the_picture_is_composed(a_series, a_label_map):
    image = draw_overlay(a_series, prediction(a_label_map))
    assert image.mode == "RGB" and image.width == 3 * PANEL + 2 * 8 + 2 * 24
    mask = green(image)
    for left in range(24, 24 + 3 * 424, 424):
        assert mask[:, left : left + PANEL].any()
    # The swatch of the legend lies below the panels, at the left.
    assert mask[-120:, 24:40].any()


def test_label_maps_of_other_series_are_not_drawn(a_series, a_label_map):
    other = prediction(replace(a_label_map, role="prior"))
    assert not green(draw_overlay(a_series, other)).any()
    assert green(draw_overlay(a_series, other, role="prior")).any()


def test_several_predictions_are_drawn_together(a_series, a_label_map, a_geometry, a_point):
    far = sphere(a_geometry, a_point - 2 * OFFSET_RAS).astype(np.uint8)
    second = LabelMap(far, a_geometry, (segment(1, "other", color=(255, 0, 255)),))
    image = np.asarray(draw_overlay(a_series, [prediction(a_label_map), prediction(second)])).astype(int)
    assert green(image).any()
    assert ((image[..., 0] > 200) & (image[..., 1] < 90) & (image[..., 2] > 200)).any()


def notes_of(series: Series, *predictions: Prediction, heat_map: str | None = None) -> list[str]:
    """Headings and notes of the picture."""
    wording = picture.load_wording()[0]
    rows, notes = picture._rows(source_of(series, *predictions, heat_map=heat_map), predictions, wording)
    return [row.heading for row in rows] + notes


def test_no_bundle_is_said(a_series):
    assert WORDS["en"]["no_bundle"] in notes_of(a_series)
    assert draw_overlay(a_series).height > PANEL


def test_an_empty_label_map_is_said(a_series, a_label_map):
    empty = replace(a_label_map, array=np.zeros_like(a_label_map.array))
    notes = notes_of(a_series, prediction(empty))
    assert WORDS["en"]["no_segment"] in notes and WORDS["en"]["no_bundle"] not in notes
    assert not green(draw_overlay(a_series, prediction(empty))).any()


def test_too_many_regions_are_said_and_bounded(a_series, a_geometry):
    array = np.zeros(a_geometry.shape, np.uint8)
    for value in range(1, 13):
        array[(value // 4) * 9, (value % 4) * 12, 2] = value
    parts = tuple(segment(value, f"part-{value}" * 30) for value in range(1, 13))
    label_map = LabelMap(array, a_geometry, parts)
    assert WORDS["en"]["more"] in notes_of(a_series, prediction(label_map))
    assert draw_overlay(a_series, prediction(label_map)).height < 3500


def test_what_can_not_be_drawn_is_refused(a_series, a_label_map):
    with pytest.raises(InputError, match="not loaded"):
        draw_overlay(replace(a_series, volume=None))
    with pytest.raises(UsageError, match="no heat map 'x'"):
        draw_overlay(a_series, prediction(a_label_map), heat_map="x")
    with pytest.raises(UsageError, match="Choose one of"):
        draw_overlay(a_series, language="tlh")


def radiograph(spacing_known: bool = True, **facts) -> Series:
    """600 x 300 mm: rows of 2 mm, columns of 0.5 mm, as radiographs are displayed."""
    matrix = np.array([[-0.5, 0, 0, 150.0], [0, 0, 1.0, 0], [0, -2.0, 0, 300.0], [0, 0, 0, 1.0]])
    geometry = VolumeGeometry((1, 300, 600), matrix)
    array = np.full(geometry.shape, 100, np.uint16)
    volume = Volume(array, geometry, spacing_known=spacing_known, window=(500.0, 1000.0))
    return replace(series_of(volume, **facts), instance_uids=("1.2",) if facts else ())


def test_a_single_image_is_shown_as_stored_with_its_aspect():
    series = radiograph(modality="DX", view="PA")
    array = np.zeros((1, 300, 600), np.uint8)
    array[0, 30:90, 400:520] = 1
    label_map = LabelMap(array, series.volume.geometry, (segment(),))
    panel = image_panel(source_of(series, prediction(label_map)))
    # 300 mm wide and 600 mm high.
    assert panel.height == pytest.approx(2 * panel.width, abs=2)
    rows, columns = np.nonzero(green(panel))
    assert rows.min() / panel.height == pytest.approx(30 / 300, abs=0.01)
    assert rows.max() / panel.height == pytest.approx(90 / 300, abs=0.01)
    assert columns.min() / panel.width == pytest.approx(400 / 600, abs=0.01)
    assert columns.max() / panel.width == pytest.approx(520 / 600, abs=0.01)


@pytest.mark.parametrize(
    ("facts", "known"),
    [
        ({"modality": "DX", "view": "PA"}, True),
        ({"modality": "CR", "view": "AP"}, True),
        ({"modality": "DX", "view": "LATERAL"}, False),
        ({"modality": "US"}, False),
        ({}, False),
    ],
)
def test_the_sides_of_a_single_image_are_named_only_when_known(facts, known):
    panel = np.asarray(image_panel(source_of(radiograph(spacing_known=False, **facts))))
    middle = panel.shape[0] // 2
    assert (panel[middle - 12 : middle + 12, :24] > 220).any() == known


def test_a_single_section_is_turned_to_the_convention():
    # I grows to the right, J to the front, as NIfTI files are often stored.
    geometry = VolumeGeometry.from_axes((1, 80, 50), (4.0, 1.0, 1.5), (-30.0, -40.0, 5.0))
    plane = image_plane(geometry, (400, 400), as_stored=False)
    assert plane.marks == ("R", "L", "A", "P")
    array = np.zeros(geometry.shape, np.uint8)
    array[0, 60:75, 35:48] = 1
    volume = Volume(np.zeros(geometry.shape, np.int16), geometry)
    label_map = LabelMap(array, geometry, (segment(),))
    panel = image_panel(source_of(series_of(volume), prediction(label_map)))
    column, row = box_center(green(panel))
    assert column < 0.4 * panel.width and row < 0.3 * panel.height


def test_a_heat_map_is_blended_where_it_is_hot():
    series = radiograph(modality="DX", view="PA")
    heat = np.zeros((1, 300, 600), np.float32)
    heat[0, 200:240, 100:200] = 1.0
    finding = Finding("f", CODE, {"en": "Mass"}, probability=0.6)
    run = prediction(
        heat_maps=(HeatMap("h", "f", heat, series.volume.geometry, "occlusion"),), findings=(finding,)
    )
    panel = np.asarray(image_panel(source_of(series, run, heat_map="h"))).astype(int)
    height, width = panel.shape[:2]
    hot, cold = panel[int(height * 220 / 300), int(width * 150 / 600)], panel[height // 4, width // 2 + 40]
    assert hot.min() > 60 and hot[0] > hot[2] + 30
    assert np.ptp(cold) == 0
    assert "Mass" in " ".join(notes_of(series, run, heat_map="h"))
    draw_overlay(series, run, heat_map="h")


def test_boxes_are_drawn_where_they_are():
    series = radiograph(modality="DX", view="PA")
    geometry = series.volume.geometry
    corners = geometry.kji_to_ras([(0, 60, 150), (0, 120, 300)])
    box = Box("f", tuple(corners.min(axis=0)), tuple(corners.max(axis=0)), 0.9)
    panel = np.asarray(image_panel(source_of(series, prediction(boxes=(box,))))).astype(int)
    rows, columns = np.nonzero((panel[..., 0] > 240) & (panel[..., 2] < 120))
    assert rows.min() / panel.shape[0] == pytest.approx(0.2, abs=0.01)
    assert rows.max() / panel.shape[0] == pytest.approx(0.4, abs=0.01)
    assert columns.min() / panel.shape[1] == pytest.approx(0.25, abs=0.01)
    assert columns.max() / panel.shape[1] == pytest.approx(0.5, abs=0.01)


def test_a_color_image_keeps_its_colors():
    geometry = VolumeGeometry.from_axes((1, 40, 60), (1.0, 1.0, 1.0), (0, 0, 0))
    array = np.zeros((1, 40, 60, 3), np.uint8)
    array[..., 0], array[..., 2] = 200, 40
    panel = np.asarray(image_panel(source_of(series_of(Volume(array, geometry, spacing_known=False)))))
    assert tuple(panel[panel.shape[0] // 3, panel.shape[1] // 3]) == (200, 0, 40)


def test_a_machine_without_a_chinese_font_gets_english(a_series, a_label_map, monkeypatch):
    seen = {}
    monkeypatch.setattr(picture, "can_write_chinese", lambda: False)
    monkeypatch.setattr(
        picture, "_composed", lambda *parts: seen.update(notes=parts[3], words=parts[4].words)
    )
    draw_overlay(a_series, prediction(a_label_map), "zh-CN")
    assert seen["words"] is WORDS["en"] and WORDS["en"]["no_font"] in seen["notes"]


def test_chinese_text_is_drawn_with_a_chinese_font(a_series, a_label_map):
    if not lettering.can_write_chinese():
        pytest.skip("this machine has no Chinese font")
    font = lettering.font_for("海马", 20)
    assert font.getmask("海").getbbox() != font.getmask("\uffff").getbbox()
    assert draw_overlay(a_series, prediction(a_label_map), "zh-CN").height > PANEL


def test_a_machine_without_any_known_font_still_draws(a_series, a_label_map, monkeypatch):
    monkeypatch.setattr(lettering, "_first_font", lambda names: None)
    assert draw_overlay(a_series, prediction(a_label_map)).height > PANEL
