import numpy as np
import pytest
from MedMMSlicerLib.core import CodedConcept, LabelMap, SegmentDefinition, VolumeGeometry
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.inference.measurements import (
    asymmetry_index,
    measure_segments,
    segment_extents,
    segment_findings,
)
from MedMMSlicerLib.inference.sides import SidedLabels, merge_labels, side_of_point

from .conftest import ANATOMY, make_labels, oblique

BOTH = ("volume", "asymmetry")


def head(center_r: float = 0.0) -> VolumeGeometry:
    grid = VolumeGeometry.from_axes((40, 50, 80), (4, 4, 2.5), (0, 0, 0))
    return VolumeGeometry.from_axes((40, 50, 80), (4, 4, 2.5), np.array([center_r, 0, 0]) - grid.center_ras)


def one_side(geometry: VolumeGeometry, side: str, anterior: int, posterior: int) -> SidedLabels:
    labels = np.zeros(geometry.shape, np.uint8)
    column = 55 if side == "right" else 20
    labels[10, 20 : 20 + anterior, column] = 1
    labels[12, 30 : 30 + posterior, column] = 2
    return SidedLabels(labels, side)


def test_both_sides_are_measured_and_compared() -> None:
    geometry = head()
    passes = [one_side(geometry, "right", 6, 4), one_side(geometry, "left", 4, 4)]
    label_map = merge_labels(passes, make_labels("from-point"), geometry, "current")
    assert [(item.value, item.id, item.laterality) for item in label_map.segments] == [
        (1, "hippocampus-anterior-left", "left"),
        (2, "hippocampus-posterior-left", "left"),
        (3, "hippocampus-anterior-right", "right"),
        (4, "hippocampus-posterior-right", "right"),
    ]
    found = {item.id: item for item in measure_segments(segment_extents(label_map), 40.0, BOTH)}
    values = {name: item.value for name, item in found.items()}
    assert values == pytest.approx(
        {
            "m-hippocampus-anterior-left-volume": 160.0,
            "m-hippocampus-posterior-left-volume": 160.0,
            "m-hippocampus-anterior-right-volume": 240.0,
            "m-hippocampus-posterior-right-volume": 160.0,
            "m-hippocampus-left-total": 320.0,
            "m-hippocampus-right-total": 400.0,
            "m-hippocampus-anterior-asymmetry": 40.0,
            "m-hippocampus-posterior-asymmetry": 0.0,
            "m-hippocampus-total-asymmetry": 100 * 80 / 360,
        }
    )
    total = found["m-hippocampus-left-total"]
    assert total.name == {"en": "Total volume of hippocampus", "zh-CN": "海马总体积"}
    assert (total.laterality, total.unit, total.quantity.value) == ("left", "mm3", "118565006")
    asymmetry = found["m-hippocampus-anterior-asymmetry"]
    assert asymmetry.name["en"] == "Asymmetry index of anterior hippocampus"
    assert asymmetry.unit == "%"
    assert "100 * (right - left) / ((right + left) / 2)" in asymmetry.method


def test_centroids_lie_in_the_patient() -> None:
    geometry = oblique()
    labels = np.zeros(geometry.shape, np.uint8)
    labels[3:6, 10:13, 20:23] = 1
    label_map = merge_labels([SidedLabels(labels)], make_labels(), geometry, "current")
    extents = segment_extents(label_map)
    assert extents[0].centroid_ras == pytest.approx(tuple(geometry.kji_to_ras((4, 11, 21))))
    assert extents[1].voxels == 0
    measurements = measure_segments(extents, geometry.voxel_volume_mm3, BOTH)
    assert [item.value for item in measurements] == [pytest.approx(27 * 1.5 * 0.8 * 1.1)]
    findings = segment_findings(extents, measurements)
    assert len(findings) == 1
    assert findings[0].id == "f-hippocampus-anterior"
    assert findings[0].measurement_ids == ("m-hippocampus-anterior-volume",)
    assert findings[0].evidence_ids == ("hippocampus-anterior",)
    assert findings[0].location_ras == extents[0].centroid_ras


def test_labels_with_a_fixed_side_are_compared_by_their_type() -> None:
    lung = CodedConcept("39607008", "SCT", "Lung")
    geometry = head()
    array = np.zeros(geometry.shape, np.uint8)
    array[5:10, 5:10, 5:9] = 1
    array[5:10, 5:10, 50:56] = 2
    segments = tuple(
        SegmentDefinition(value, f"lung-{side}", names, ANATOMY, lung, (1, 2, 3), side)
        for value, side, names in (
            (1, "left", {"en": "Left lung", "zh-CN": "左肺"}),
            (2, "right", {"en": "Right lung", "zh-CN": "右肺"}),
        )
    )
    extents = segment_extents(LabelMap(array, geometry, segments))
    found = measure_segments(extents, 1.0, ("asymmetry",))
    assert [item.id for item in found] == ["m-lung-asymmetry"]
    assert found[0].name == {"en": "Asymmetry index of lung", "zh-CN": "肺不对称指数"}
    assert found[0].value == pytest.approx(asymmetry_index(100, 150)) == pytest.approx(40)


def test_an_empty_side_has_no_asymmetry() -> None:
    geometry = head()
    passes = [one_side(geometry, "left", 4, 4), one_side(geometry, "right", 0, 0)]
    label_map = merge_labels(passes, make_labels("from-point"), geometry, "current")
    ids = [item.id for item in measure_segments(segment_extents(label_map), 1.0, BOTH)]
    assert ids
    assert not [name for name in ids if "asymmetry" in name or "right" in name]
    assert len(label_map.segments) == 4


def test_one_side_keeps_the_values_of_the_manifest() -> None:
    geometry = head()
    label_map = merge_labels(
        [one_side(geometry, "right", 3, 2)], make_labels("from-point"), geometry, "current"
    )
    assert [(item.value, item.id) for item in label_map.segments] == [
        (1, "hippocampus-anterior-right"),
        (2, "hippocampus-posterior-right"),
    ]


def test_points_without_a_side_stay_apart_and_the_same_side_is_joined() -> None:
    geometry = head()
    labels = make_labels("from-point")
    unknown = [SidedLabels(one_side(geometry, side, 3, 2).labels) for side in ("left", "right")]
    apart = merge_labels(unknown, labels, geometry, "current")
    assert [item.id for item in apart.segments][1:3] == [
        "hippocampus-posterior-point1",
        "hippocampus-anterior-point2",
    ]
    assert np.bincount(apart.array.ravel())[1:].tolist() == [3, 2, 3, 2]
    joined = merge_labels(
        [one_side(geometry, "left", 3, 2), one_side(geometry, "left", 5, 2)], labels, geometry, "x"
    )
    assert np.bincount(joined.array.ravel())[1:].tolist() == [5, 2]
    fixed = merge_labels(
        [one_side(geometry, "left", 3, 2), one_side(geometry, "right", 3, 2)], make_labels(), geometry, "x"
    )
    assert [item.id for item in fixed.segments] == ["hippocampus-anterior", "hippocampus-posterior"]
    assert np.bincount(fixed.array.ravel())[1:].tolist() == [6, 4]


def test_more_than_255_segments_are_refused() -> None:
    geometry = head()
    passes = [SidedLabels(np.zeros(geometry.shape, np.uint8)) for _ in range(128)]
    with pytest.raises(UsageError, match="255"):
        merge_labels(passes, make_labels("from-point"), geometry, "current")


@pytest.mark.parametrize(
    ("geometry", "point", "side", "reason"),
    [
        (head(), (26.0, -20.0, -14.0), "right", ""),
        (head(), (-26.0, -20.0, -14.0), "left", ""),
        (head(), (1.0, 0.0, 0.0), "", "midline"),
        (head(), None, "", "midline"),
        (head(150.0), (120.0, 0.0, 0.0), "", "R = 0"),
        (oblique(), (10.0, 0.0, 0.0), "", "wide"),
    ],
)
def test_the_side_of_a_point(
    geometry: VolumeGeometry, point: tuple[float, float, float] | None, side: str, reason: str
) -> None:
    found, note = side_of_point(geometry, point)
    assert found == side
    assert bool(note) == (not side)
    if reason:
        assert note.startswith("The side was not determined")
        assert reason in note
