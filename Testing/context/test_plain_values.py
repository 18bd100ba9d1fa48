"""Numbers and times."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.context.plain_values import (
    Quantity,
    decimal_sign,
    exact_number,
    moment_of,
    number_from_text,
    shown_number,
    standard_time,
    without_flag,
)
from MedMMSlicerLib.errors import InputError


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("12", "12"),
        (" 12.50 ", "12.5"),
        (".5", "0.5"),
        ("5.", "5"),
        ("-3", "-3"),
        ("\u22123", "-3"),
        ("+4", "4"),
        ("1e3", "1000"),
        ("1.5E-2", "0.015"),
        ("12,5", "12.5"),
        ("0,123", "0.123"),
        ("1,2345", "1.2345"),
        ("007", "7"),
        ("0.125", "0.125"),
        ("1234.567", "1234.567"),
        ("1234,567", "1234.567"),
        ("1 000", "1000"),
        ("1\u202f234,5", "1234.5"),
        ("12\u2009345", "12345"),
        ("1.234,5", "1234.5"),
        ("1,234.5", "1234.5"),
        ("1.234.567", "1234567"),
    ],
)
def test_numbers(text: str, expected: str) -> None:
    assert number_from_text(text) == Quantity(Fraction(expected))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "abc",
        "nan",
        "NaN",
        "1_000",
        "1 00",
        "1.234",
        "9.600",
        "0.123.456",
        "12,3,4",
        "1,234",
        "1.23,5",
        "1,234.5,6",
        "0x10",
        "1e999",
        "1e400",
        "１２",
        "--3",
        "1e",
        "<",
        "< ",
        "<abc",
        "<<3",
        "positive",
        "3 mg/L",
        "9" * 60,
        "1e-99",
    ],
)
def test_what_is_no_certain_number(text: str) -> None:
    with pytest.raises(InputError):
        number_from_text(text)


@pytest.mark.parametrize(
    ("text", "advice"),
    [("5.000", "Type 5000 or 5.0,"), ("9,600", "Type 9600 or 9.6,"), ("1.234", "Type 1234 or 1.2340,")],
)
def test_a_number_with_two_meanings_says_what_to_type(text: str, advice: str) -> None:
    with pytest.raises(InputError, match="thousand") as caught:
        number_from_text(text)
    assert advice in str(caught.value)


def test_a_file_with_a_known_decimal_sign() -> None:
    assert number_from_text("1,234", ",") == number_from_text("1.234", ".") == Quantity(Fraction("1.234"))
    assert number_from_text("1.234", ",") == number_from_text("1,234", ".") == Quantity(Fraction(1234))
    assert number_from_text("1.5", ",") == Quantity(Fraction("1.5"))


@pytest.mark.parametrize(
    ("text", "sign"),
    [("1,234", ""), ("1.234", ""), ("12", ""), ("12,5", ","), ("< 0.3", "."), ("1.234,5", ","),
     ("1.234.567", ","), ("x.y", ""), ("31.01.2026", "")],
)  # fmt: skip
def test_the_decimal_sign_that_a_number_shows(text: str, sign: str) -> None:
    assert decimal_sign(text) == sign


@pytest.mark.parametrize("text", ["98 H", "98*", "98 (H)", "98LL", "98 ↑", "98 +", "98 (-)", "98"])
def test_flags_behind_numbers(text: str) -> None:
    assert without_flag(text) == "98"


@pytest.mark.parametrize(
    ("value", "text"),
    [(63.75538, "63.8"), (125.0, "125"), (12.345, "12.345"), (12345.678, "12346"), (1e7, "10000000"),
     (0.0012345678, "0.00123"), (140.25, "140.25")],
)  # fmt: skip
def test_converted_numbers_have_three_digits(value: float, text: str) -> None:
    assert shown_number(value) == text


@pytest.mark.parametrize(
    ("text", "number", "limit"),
    [
        ("inf", None, 1),
        ("-inf", None, -1),
        ("+Inf", None, 1),
        ("-Infinity", None, -1),
        ("<0.3", "0.3", -1),
        ("<= 0,3", "0.3", -1),
        ("> 500", "500", 1),
        (">=500", "500", 1),
        ("≤5", "5", -1),
    ],
)
def test_detection_limits(text: str, number: str | None, limit: int) -> None:
    assert number_from_text(text) == Quantity(None if number is None else Fraction(number), limit)


@pytest.mark.parametrize("value", [0.1, Decimal("0.1"), Decimal("0.10")])
def test_numbers_count_as_they_are_written(value: float | Decimal) -> None:
    assert exact_number(value) == Fraction(1, 10)


@pytest.mark.parametrize(
    "value",
    [True, None, "1", float("nan"), float("inf"), Decimal("Infinity"), Decimal("1E+900"), 10**60, [1]],
)
def test_what_is_no_exact_number(value: object) -> None:
    with pytest.raises(InputError):
        exact_number(value)


@settings(deadline=None)
@given(st.floats(min_value=1e-9, max_value=1e9))
def test_floats_survive_exactly(value: float) -> None:
    assert float(exact_number(value)) == value


@settings(deadline=None)
@given(st.decimals(min_value=0, max_value=10**6, places=3, allow_nan=False))
def test_a_text_and_its_decimal_comma_are_one_number(value: Decimal) -> None:
    text = f"{value:f}"
    assert number_from_text(text, ".") == number_from_text(text.replace(".", ","), ",")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-01-31", "2026-01-31"),
        ("2026-01-31T08:00", "2026-01-31T08:00:00"),
        ("2026-01-31 08:00:05", "2026-01-31T08:00:05"),
        ("2026-01-31T08:00:00Z", "2026-01-31T08:00:00+00:00"),
        ("2026-01-31T08:00:00+0100", "2026-01-31T08:00:00+01:00"),
        ("31.01.2026", "2026-01-31"),
        ("1.2.2026 7:05", "2026-02-01T07:05:00"),
    ],
)
def test_times(text: str, expected: str) -> None:
    assert standard_time(text) == expected
    assert standard_time(expected) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "yesterday",
        "2026",
        "2026-01",
        "01/02/2026",
        "2026-02-30",
        "2026-01-31T25:00",
        "32.01.2026",
        "20260131",
        "2026-W05-1",
    ],
)
def test_what_is_no_certain_time(text: str) -> None:
    with pytest.raises(InputError):
        standard_time(text)


def test_zones() -> None:
    one, two = moment_of("2026-01-31T08:00:00+01:00"), moment_of("2026-01-31T07:00:00Z")
    assert one.utc == two.utc and one.wall != two.wall
    assert moment_of("2026-01-31").is_day and moment_of("2026-01-31").utc is None
    with pytest.raises(InputError, match="calendar"):
        moment_of("0001-01-01T00:00:00+14:00")
