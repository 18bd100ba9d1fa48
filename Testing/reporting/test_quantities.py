from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.reporting.quantities import (
    format_date,
    format_number,
    format_quantity,
    with_side,
)
from MedMMSlicerLib.reporting.templates import load_wording

ENGLISH = load_wording()[0]
CHINESE = load_wording(language="zh-CN")[0]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (1324.4, "mm3", "1,324 mm³"),
        (0.0, "mm3", "0 mm³"),
        (4.25, "mm3", "4.2 mm³"),
        (9999.4, "mm3", "9,999 mm³"),
        (12_345.0, "mm3", "12.3 mL"),
        (4_312_000.0, "mm3", "4,312.0 mL"),
        (2.249, "%", "2.2%"),
        (-0.04, "%", "0.0%"),
        (23.14, "mm", "23.1 mm"),
        (-412.6, "[hnsf'U]", "-413 HU"),
        (0.5, "1", "0.50"),
        (7.0, "kg/m2", "7.00 kg/m2"),
        (math.inf, "mm3", "not defined"),
    ],
)
def test_quantities(value: float, unit: str, text: str) -> None:
    assert format_quantity(value, unit, ENGLISH) == text


def test_signed_quantities() -> None:
    assert format_quantity(2.2, "%", ENGLISH, signed=True) == "+2.2%"
    assert format_quantity(-2.2, "%", ENGLISH, signed=True) == "-2.2%"
    assert format_quantity(0.01, "%", ENGLISH, signed=True) == "0.0%"


@given(st.floats(-1e9, 1e9), st.integers(0, 4))
def test_numbers_read_back(value: float, decimals: int) -> None:
    text = format_number(value, decimals)
    assert abs(float(text.replace(",", "")) - value) <= 0.5001 * 10**-decimals
    assert not (text.startswith("-") and float(text.replace(",", "")) == 0)


@pytest.mark.parametrize(
    ("name", "side", "english"),
    [
        ("Anterior hippocampus", "left", "left anterior hippocampus"),
        ("Left lung", "left", "Left lung"),
        ("Cleft", "left", "left cleft"),
        ("CSF", "right", "right CSF"),
        ("Liver", "", "Liver"),
        ("Lungs", "bilateral", "bilateral lungs"),
        ("Lung", "upward", "Lung"),
        ("Total volume of hippocampus", "left", "Total volume of left hippocampus"),
        ("Volume of left lung", "left", "Volume of left lung"),
    ],
)
def test_sides(name: str, side: str, english: str) -> None:
    assert with_side(name, side, ENGLISH) == english


def test_sides_in_chinese() -> None:
    assert with_side("海马前部", "left", CHINESE) == "左侧海马前部"
    assert with_side("左肺", "left", CHINESE) == "左肺"
    assert with_side("肺", "bilateral", CHINESE) == "双侧肺"


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-02-03T10:11:12", "2026-02-03"), ("2026-02-03", "2026-02-03"), (None, ""), ("yesterday", "")],
)
def test_dates(moment: str | None, day: str) -> None:
    assert format_date(moment) == day
