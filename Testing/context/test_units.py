"""Units: exact factors, spelled variants, refusals."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.context.analytes import analytes, unit_factor
from MedMMSlicerLib.context.units import Unit, convert, ucum_unit, unit_candidates, unit_text
from MedMMSlicerLib.errors import InputError

KNOWN_CODES = (
    "mg/L",
    "mg/dL",
    "ug/mL",
    "ng/mL",
    "g/L",
    "mmol/L",
    "umol/L",
    "10*9/L",
    "10*3/uL",
    "/uL",
    "U/L",
    "ukat/L",
    "kPa",
    "mm[Hg]",
    "Torr",
    "%",
    "1",
    "[IU]/mL",
    "k[IU]/L",
)


@pytest.mark.parametrize(
    ("value", "source", "target", "expected"),
    [
        ("12", "mg/dL", "mg/L", "120"),
        ("0.1", "mg/dL", "mg/L", "1"),
        ("7", "ug/mL", "mg/L", "7"),
        ("500", "ng/mL{FEU}", "mg/L", "0.5"),
        ("1100", "/uL", "10*9/L", "1.1"),
        ("4.2", "10*3/uL", "10*9/L", "4.2"),
        ("1", "ukat/L", "U/L", "60"),
        ("1", "hPa", "Pa", "100"),
    ],
)
def test_conversions_are_exact(value: str, source: str, target: str, expected: str) -> None:
    assert convert(Fraction(value), ucum_unit(source), ucum_unit(target)) == Fraction(expected)


def test_a_kilopascal_is_7_5006_millimeters_of_mercury() -> None:
    """BIPM: 1 mmHg is 133.322 Pa, so 13.3 kPa, a normal pO2, is 99.76 mmHg."""
    value = convert(Fraction("13.3"), ucum_unit("kPa"), ucum_unit("mm[Hg]"))
    assert float(value) == pytest.approx(99.7585, abs=1e-4)


@pytest.mark.parametrize(
    ("name", "value", "source", "expected"),
    [
        ("cholesterol", "200", "mg/dL", 5.1726),
        ("creatinine", "1", "mg/dL", 88.402),
        ("bilirubin", "1", "mg/dL", 17.104),
        ("factor_xiii", "1.45", "[IU]/mL", 145.0),
        ("factor_xiii", "1.45", "1", 145.0),
        ("albumin", "4.2", "g/dL", 42.0),
        ("cholinesterase", "5320", "U/L", 5.32),
        ("ldh", "4", "µkat/L", 240.0),
        ("ca19_9", "30", "[arb'U]/mL", 30.0),
    ],
)
def test_units_of_an_analyte(name: str, value: str, source: str, expected: float) -> None:
    found = unit_factor(analytes()[name], source)
    assert found is not None
    assert float(Fraction(value) * found[0]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("name", "spelled", "code"),
    [
        *(
            ("lymphocytes", spelled, "10*9/L")
            for spelled in (
                "10^9/L",
                "x10^9/L",
                "x10E9/L",
                "10E9/l",
                "10e+9/L",
                "×10⁹/L",
                "x 10^9 / L",
                "10(9)/L",
                "10**9/L",
                "G/L",
                "G/l",
                "/nL",
                "10^3/µL",
                "10*3/μl",
                "Tsd/µl",
                "Tsd./µl",
                "K/uL",
                "K/mcL",
                "10^3/mm³",
                "Mrd/L",
                "10*9{cells}/L",
                "thou/mm3",
            )
        ),
        *(
            ("lymphocytes", spelled, "/uL")
            for spelled in ("/µl", "/mm3", "1/uL", "#/uL", "cells/µL", "/cumm")
        ),
        *(("po2", spelled, "mm[Hg]") for spelled in ("mmHg", "mm Hg", "MMHG", "mm[hg]")),
        ("po2", "KPA", "kPa"),
        *(("crp", spelled, "ug/mL") for spelled in ("µg/ml", "μg/mL", "mcg/mL", "UG/ML")),
        *(("crp", spelled, "mg/dL") for spelled in ("mg/dl", "MG/DL", "mg / dL", "mg/100mL")),
        ("albumin", "G/L", "g/L"),
        *(("alt", spelled, "U/L") for spelled in ("U/l", "u/l", "IU/L", "iu/l", "[iU]/L", "Units/L", "IE/l")),
        *(("d_dimer", spelled, "ng/mL{FEU}") for spelled in ("ng/mL FEU", "ng FEU/mL", "ng/ml feu")),
        *(("inr", spelled, "1") for spelled in ("", "INR", "{INR}", "ratio", "{ratio}")),
    ],
)
def test_spelled_variants(name: str, spelled: str, code: str) -> None:
    found, meant = unit_factor(analytes()[name], spelled), unit_factor(analytes()[name], code)
    assert found is not None and meant is not None
    assert (found[0], found[1].annotation == "FEU") == (meant[0], meant[1].annotation == "FEU")


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("crp", "mmol/L"),
        ("crp", "mg"),
        ("crp", "mg/L/L"),
        ("crp", "mg/m2"),
        ("crp", "furlong"),
        ("crp", ""),
        ("crp", "U/L"),
        ("crp", "10*9/L"),
        ("lymphocytes", "%"),
        ("lymphocytes", "/L/h"),
        ("lymphocytes", "109/L"),
        ("po2", "cm[H2O]"),
        ("ldh", "mg/L"),
        ("afp", "[IU]/mL"),
        ("inr", "%"),
        ("factor_xiii", ""),
        ("albumin", "mg/g"),
        ("d_dimer", "[IU]/mL"),
        ("crp", "mg/L\0"),
        ("crp", "mg//L"),
        ("crp", "/"),
    ],
)
def test_what_does_not_convert(name: str, unit: str) -> None:
    assert unit_factor(analytes()[name], unit) is None


def test_dimensions_do_not_mix() -> None:
    with pytest.raises(InputError, match="mass/volume"):
        convert(Fraction(1), ucum_unit("mg/L"), ucum_unit("mmol/L"))


def test_codes_of_the_table_are_one_unit_each() -> None:
    with pytest.raises(InputError, match="not one unit"):
        ucum_unit("MG/DL")
    assert ucum_unit("g/L") == Unit("mass/volume", Fraction(1))


@settings(deadline=None)
@given(
    st.sampled_from(KNOWN_CODES),
    st.sampled_from(KNOWN_CODES),
    st.fractions(min_value=0, max_value=10**6, max_denominator=10**6),
)
def test_round_trip(one: str, two: str, value: Fraction) -> None:
    source, target = ucum_unit(one), ucum_unit(two)
    if source.dimension != target.dimension:
        with pytest.raises(InputError):
            convert(value, source, target)
        return
    assert convert(convert(value, source, target), target, source) == value
    assert (convert(value, source, target) > 0) == (value > 0)


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("10*9/L", "10⁹/L"),
        ("10*12/L", "10¹²/L"),
        ("mm[Hg]", "mmHg"),
        ("ug/mL", "µg/mL"),
        ("umol/L", "µmol/L"),
        ("/uL", "/µL"),
        ("10*3/uL", "10³/µL"),
        ("m[IU]/L", "mIU/L"),
        ("mg/L{FEU}", "mg/L{FEU}"),
        ("cumm", "cumm"),
        ("mm3", "mm³"),
        ("/mm3", "/mm³"),
        ("mm2", "mm²"),
        ("%", "%"),
        ("1", ""),
        ("", ""),
    ],
)
def test_units_as_people_write_them(code: str, text: str) -> None:
    assert unit_text(code) == text


@pytest.mark.parametrize("code", [item.unit for item in analytes().values()])
def test_what_is_written_is_read_as_the_same_unit(code: str) -> None:
    assert ucum_unit(code) in unit_candidates(unit_text(code))


@settings(deadline=None)
@given(st.text(max_size=30))
def test_any_text_is_a_unit_or_not(text: str) -> None:
    for unit in unit_candidates(text):
        assert unit.factor > 0
