"""Figures: every coordinate is a number inside of the picture, whatever the values and names."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.study.analysis.drawing import (
    Curve,
    IntervalRow,
    Panel,
    Share,
    curve_figure,
    flow_figure,
    interval_figure,
    share_figure,
)

names = st.text(max_size=60)
values = st.floats(-1e6, 1e6)


def _checked(svg: str) -> ElementTree.Element:
    tree = ElementTree.fromstring(svg)
    _, _, width, height = (float(number) for number in tree.attrib["viewBox"].split())
    for element in tree.iter():
        for name, value in element.attrib.items():
            if name in ("x", "x1", "x2", "cx"):
                # inside of a rotated group the coordinates are the group's own
                assert -1 <= float(value) <= width + 1, (element.tag, name, value)
            if name in ("y", "y1", "y2", "cy"):
                assert -1 <= float(value) <= height + 1, (element.tag, name, value)
            if name == "points":
                assert re.fullmatch(r"(-?[\d.]+,-?[\d.]+ ?)+", value)
    return tree


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(names, values, values, values), max_size=8), values | st.none())
def test_intervals_of_any_size(rows: list[tuple[str, float, float, float]], reference: float | None) -> None:
    drawn = [
        IntervalRow(name, *sorted(numbers)[1:2], min(numbers), max(numbers), name) for name, *numbers in rows
    ]
    _checked(interval_figure(drawn, "axis", "description", reference=reference))


@settings(max_examples=80, deadline=None)
@given(st.lists(st.floats(1e-3, 1e7), min_size=1, max_size=6))
def test_times_on_a_logarithmic_axis(seconds: list[float]) -> None:
    rows = [
        IntervalRow("reader", value, value * 0.9, value * 1.2, "s", index)
        for index, value in enumerate(seconds)
    ]
    tree = _checked(interval_figure(rows, "seconds", "description", log=True))
    ticks = [element for element in tree.iter("line") if element.attrib["class"] == "tick"]
    assert 2 <= len(ticks) <= 40


def test_rows_without_numbers_are_headings() -> None:
    tree = _checked(interval_figure([IntervalRow("unaided")], "axis", "description"))
    assert "unaided" in "".join(tree.itertext())


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(names, st.lists(st.integers(0, 50), min_size=5, max_size=5)), min_size=1, max_size=4)
)
def test_shares(rows: list[tuple[str, list[int]]]) -> None:
    tree = _checked(share_figure([Share(name, tuple(parts)) for name, parts in rows], list("12345"), "text"))
    widths = [float(item.attrib["width"]) for item in tree.iter("rect") if item.attrib["height"] == "18"]
    for index, (_, parts) in enumerate(rows):
        total = sum(widths[5 * index : 5 * index + 5])
        assert total == pytest.approx(360 if sum(parts) else 0, abs=0.5)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(names, st.lists(names, max_size=4)), min_size=1, max_size=4))
def test_flow(steps: list[tuple[str, list[str]]]) -> None:
    tree = _checked(flow_figure(steps, "text"))
    assert len([item for item in tree.iter("rect") if item.attrib["class"] == "box"]) == len(steps)


def test_curves_and_many_panels() -> None:
    line = Curve("Ana <b>", np.array([0.0, 0.2, 1.0]), np.array([0.0, 0.9, 1.0]), 3)
    tree = _checked(curve_figure([Panel(f"test {index}", (line,)) for index in range(5)], "x", "y", "text"))
    lines = list(tree.iter("polyline"))
    assert len(lines) == 5 and lines[0].attrib["class"] == "curve c3"
    assert "".join(lines[0].itertext()) == "Ana <b>"
