"""The figures of one radiograph and one changed value."""

from __future__ import annotations

from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.inference.bench_radiograph import radiograph_figures


def test_one_image_and_one_changed_value_are_timed(bundle: ModelBundle) -> None:
    figures = radiograph_figures(bundle, "cpu", repeats=2)
    assert figures["id"] == "tiny-chest"
    assert figures["synthetic"] is True
    assert figures["provider"] == "CPUExecutionProvider"
    parts = [value for name, value in figures["stages_s"].items() if name not in ("open", "hash")]
    assert 0 < figures["reading_s"] <= 2 * sum(parts) + 0.1
    assert 0 < figures["changed_value_s"] < figures["reading_s"] + 1
    assert set(figures["targets"]) == {"reading_s", "changed_value_s"}
    for name, limit in (("reading_s", 0.5), ("changed_value_s", 0.02)):
        assert (figures["targets"][name] == "met") == (figures[name] <= limit)
