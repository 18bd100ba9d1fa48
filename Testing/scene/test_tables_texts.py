"""Tables and texts: what is stored is what comes back, from the scene and from a file."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.core import Finding, Measurement, Report
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene
from MedMMSlicerLib.scene.tables import add_measurements, add_probabilities, read_table
from MedMMSlicerLib.scene.texts import add_report, add_text, read_text, report_from_node

pytestmark = pytest.mark.mrml


def saved_and_loaded(scene: Any, tmp_path: Path) -> None:
    save_scene(scene, tmp_path / "scene.mrb")
    scene.Clear(0)
    load_scene(scene, tmp_path / "scene.mrb")


def plain(rows: tuple[dict[str, Any], ...]) -> list[dict[str, Any]]:
    """Rows with nan as None, so that they compare."""
    return [
        {key: None if isinstance(value, float) and math.isnan(value) else value for key, value in row.items()}
        for row in rows
    ]


def test_measurements_have_values_and_units(scene: Any, measurements: tuple[Measurement, ...]) -> None:
    rows = read_table(scene, add_measurements(scene, measurements, language="zh-CN"))
    assert [row["id"] for row in rows] == ["m-1", "m-2", "m-3"]
    assert [row["unit"] for row in rows] == ["mm3", "%", "1"]
    assert [row["value"] for row in rows] == [1324.57, 0.333333, 1e-17]
    assert rows[0]["laterality"] == "left" and rows[0]["quantity"] == "Volume"
    assert rows[1]["name"] == "不对称" and rows[1]["method"] == "a, b"


def test_what_breaks_table_files_is_replaced(scene: Any, measurements: tuple[Measurement, ...]) -> None:
    rows = read_table(scene, add_measurements(scene, measurements))
    assert rows[1]["name"] == "Asym metry 'x'"


def test_a_saved_table_is_the_same(
    scene: Any, measurements: tuple[Measurement, ...], findings: tuple[Finding, ...], tmp_path: Path
) -> None:
    ids = [add_measurements(scene, measurements), add_probabilities(scene, findings)]
    before = [plain(read_table(scene, node_id)) for node_id in ids]
    saved_and_loaded(scene, tmp_path)
    assert [plain(read_table(scene, node_id)) for node_id in ids] == before
    node = scene.GetNodeByID(ids[1])
    assert node.GetColumnUnitLabel("probability") == "1"
    assert node.GetColumnTitle("probability") == "Probability"
    assert list(before[0][0]) == list(read_table(scene, ids[0])[0])


def test_probabilities_say_what_is_not_known(scene: Any, findings: tuple[Finding, ...]) -> None:
    first, second = plain(read_table(scene, add_probabilities(scene, findings)))
    assert (first["probability"], first["score"], first["threshold"]) == (0.333333, 1.25, 0.4)
    assert (first["sensitivity"], first["specificity"]) == (0.9, 0.8)
    assert second["probability"] is None and second["threshold"] is None
    assert (first["status"], second["name"]) == ("proposed", "Small volume")


def test_an_empty_table_can_be_saved(scene: Any, tmp_path: Path) -> None:
    node_id = add_measurements(scene, ())
    saved_and_loaded(scene, tmp_path)
    assert read_table(scene, node_id) == ()


@pytest.mark.parametrize(
    "text",
    [
        "短",
        "",
        "<p a='1'>&amp; & \"q\" 'r'</p>\n\ttab \r\n end",
        "x" * 300_000,
        "]]> <!-- -->",
        "𠀀 \u202e rtl",
    ],
)
def test_a_saved_text_is_the_same(scene: Any, text: str, tmp_path: Path) -> None:
    node_id = add_text(scene, text, "报告 / 1")
    assert read_text(scene, node_id) == text
    saved_and_loaded(scene, tmp_path)
    assert read_text(scene, node_id) == text


def test_control_characters_can_not_break_a_scene(scene: Any, tmp_path: Path) -> None:
    node_id = add_text(scene, "a\x00b\x08c\ufffe\ud800d", "n\x00\x1b")
    saved_and_loaded(scene, tmp_path)
    assert read_text(scene, node_id) == "abcd"


def test_a_report_keeps_its_evidence(scene: Any, report: Report, tmp_path: Path) -> None:
    data_id, html_id = add_report(scene, report, html="<!doctype html><p>体积</p>")
    saved_and_loaded(scene, tmp_path)
    assert report_from_node(scene, data_id) == report
    assert read_text(scene, html_id) == "<!doctype html><p>体积</p>"
    assert json.loads(read_text(scene, data_id))["status"] == "draft"
    assert len(add_report(scene, report)) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", '{"title": "x"}', '{"sections": [1]}'])
def test_other_texts_are_no_report(scene: Any, text: str) -> None:
    with pytest.raises(InputError, match="no MedMM report"):
        report_from_node(scene, add_text(scene, text, "a"))
