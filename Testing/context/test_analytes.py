"""The table of laboratory values."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.context.analytes import (
    TABLE_PATH,
    analyte_of_code,
    analyte_of_name,
    analytes,
    is_loinc,
    unit_factor,
)
from MedMMSlicerLib.context.plain_values import clean_name

IMAGING = ["crp", "ldh", "d_dimer", "lymphocytes", "neutrophils", "po2", "pco2", "factor_xiii"]
LIVER = ["albumin", "alt", "ast", "alp", "bilirubin", "cholesterol", "creatinine", "ggt", "total_protein"]
REQUIRED = [*IMAGING, *LIVER, "inr", "platelets", "afp", "ca19_9"]


def test_all_are_there() -> None:
    assert set(REQUIRED) <= set(analytes())


@pytest.mark.parametrize("name", sorted(analytes()))
def test_an_entry_is_consistent(name: str) -> None:
    item = analytes()[name]
    assert item.loinc in item.codes and not set(item.codes) & set(item.refused_codes)
    assert all(is_loinc(code) for code in (*item.codes, *item.refused_codes))
    for unit in item.accepted_units:
        assert unit_factor(item, unit) is not None, unit
    own = unit_factor(item, item.unit)
    assert own is not None and own[0] == 1
    low, high = item.plausible
    assert 0 <= low < high
    assert bool(item.reference) == bool(item.reference_source)
    for limits in item.reference:
        assert limits.sex in ("", "M", "F")
        for limit in (limits.low, limits.high):
            assert limit is None or low <= Fraction(limit) <= high


def test_no_name_or_code_means_two() -> None:
    names = [
        clean_name(name)
        for item in analytes().values()
        for name in {
            clean_name(text) for text in (item.name, item.title, *item.aliases, *item.codes.values())
        }
    ]
    assert len(names) == len(set(names))
    codes = [code for item in analytes().values() for code in (*item.codes, *item.refused_codes)]
    assert len(codes) == len(set(codes))


def test_unique_names_in_the_file() -> None:
    table = json.loads(TABLE_PATH.read_text(encoding="utf-8"))
    names = [entry["name"] for entry in table["analytes"]]
    assert len(names) == len(set(names))
    assert "LOINC" in table["loinc_notice"]


@pytest.mark.parametrize("name", ["CRP", "c-reactive protein", "C reactive  protein", "hs-CRP", "C反应蛋白"])
def test_names_are_found_as_people_write_them(name: str) -> None:
    item = analyte_of_name(name)
    assert item is not None and item.name == "crp"


def test_unknown_names_and_codes() -> None:
    assert analyte_of_name("ferritin") is None and analyte_of_name("") is None
    assert analyte_of_code("2276-4") is None


@pytest.mark.parametrize("code", ["1988-5", "48065-7", "718-7", "76485-2"])
def test_good_loinc(code: str) -> None:
    assert is_loinc(code)


@pytest.mark.parametrize(
    "code", ["1988-4", "1988", "-5", "", "1988-5\n", "１９８８-5", "a-1", "19885", "12345678-9"]
)
def test_bad_loinc(code: str) -> None:
    assert not is_loinc(code)


def test_units_that_the_case_table_of_evaluations_relies_on() -> None:
    expected = {
        "crp": "mg/L", "ldh": "U/L", "d_dimer": "mg/L", "lymphocytes": "10*9/L", "neutrophils": "10*9/L",
        "po2": "mm[Hg]", "pco2": "mm[Hg]", "factor_xiii": "%",
    }  # fmt: skip
    assert {name: analytes()[name].unit for name in expected} == expected


def test_the_documentation_lists_every_value_with_unit_and_codes(repository: Path) -> None:
    text = (repository / "docs" / "clinical-context.md").read_text(encoding="utf-8")
    rows = {line.split("|")[1].strip(" `"): line for line in text.splitlines() if line.startswith("| `")}
    for item in analytes().values():
        assert f"`{item.unit}`" in rows[item.name]
        assert all(code in rows[item.name] for code in item.codes)
        assert f"{float(item.plausible[0]):g} to {float(item.plausible[1]):g}" in rows[item.name]


def test_the_example_of_the_documentation_is_read(repository: Path, read: Any) -> None:
    text = (repository / "docs" / "clinical-context.md").read_text(encoding="utf-8")
    example = text.partition("```json\n")[2].partition("```")[0]
    reading = read(example)
    assert [item.name for item in reading.context.laboratory] == ["crp", "d_dimer", "ldh"]
    table = text.partition("```\nname;")[2].partition("```")[0]
    assert [item.name for item in read(f"name;{table}").context.laboratory] == ["crp", "d_dimer"]
