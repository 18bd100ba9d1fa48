"""Laboratory values as CSV."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.context.laboratory_csv import context_from_csv
from MedMMSlicerLib.core import LaboratoryResult
from MedMMSlicerLib.errors import InputError

CRP = LaboratoryResult("crp", 125.0, "mg/L", "1988-5", "2026-01-31T08:00:00", None, 5.0)


@pytest.mark.parametrize(
    "text",
    [
        "name,value,unit,taken_at,reference_high\ncrp,12.5,mg/dL,2026-01-31T08:00:00,0.5\n",
        "name;value;unit;taken_at;reference_high\r\nCRP;12,5;mg/dl;31.01.2026 08:00;0,5\r\n",
        "loinc\tvalue\tunit\ttaken_at\treference_high\n1988-5\t12.5\tmg/dL\t2026-01-31 08:00\t0.5",
        'Name,"Value",UNIT,taken_at,reference_high\n"crp","12,5",mg/dL,2026-01-31T08:00,"0,5"\n',
        "\ufeff\n name ;value;unit ;taken_at ;reference_high;\n crp ;12,5;mg/dL ;2026-01-31T08:00; 0,5 ;\n\n",
        "name;loinc;value;unit;taken_at;reference_high\nCRP;1988-5;12.5;mg/dL;2026-01-31T08:00:00;0.5\n",
    ],
)
def test_all_of_these_are_one_value(text: str, read: Any) -> None:
    reading = read(text)
    assert reading.context.laboratory == (CRP,)
    assert not [issue for issue in reading.issues if issue.severity != "info"]


@pytest.mark.parametrize(
    ("value", "code", "word"),
    [
        ("abc", "not-a-number", "abc"),
        ("positive", "not-a-number", "positive"),
        ("nan", "not-a-number", "nan"),
        ('"1,234"', "not-a-number", "thousand"),
        ("1_000", "not-a-number", "1_000"),
        ("=1+1", "not-a-number", "=1+1"),
        ("9999", "implausible", "1000"),
        ("-5", "implausible", "-5"),
        ("", "missing", "no value"),
        ("n/a", "missing", "no value"),
    ],
)
def test_refused_values_name_line_and_reason(value: str, code: str, word: str, read: Any) -> None:
    reading = read(f"name,value,unit\ncrp,{value},mg/L\nldh,200,U/L\n")
    assert [item.name for item in reading.context.laboratory] == ["ldh"]
    (issue,) = reading.issues
    assert issue.code == code and issue.where == "line 2" and word in issue.text


def test_a_comma_is_understood_where_the_file_shows_it(read: Any) -> None:
    sure = read("name;value;unit\nalbumin;1,234;g/dL\ncrp;12,5;mg/L\n")
    assert [item.value for item in sure.context.laboratory] == [12.34, 12.5]
    mixed = read("name;value;unit\nalbumin;1,234;g/dL\ncrp;12,5;mg/L\nldh;200.5;U/L\n")
    assert [item.name for item in mixed.context.laboratory] == ["crp", "ldh"]
    german = read("name;value;unit\nldh;1.234;U/l\ncrp;12,5;mg/l\nLeukozyten;9.600;/µl\n")
    assert [item.value for item in german.context.laboratory] == [1234.0, 12.5, 9.6]
    english = read("name;value;unit\nldh;1,234;U/l\ncrp;12.5;mg/l\n")
    assert [item.value for item in english.context.laboratory] == [1234.0, 12.5]
    unclear = read("name;value;unit\nLeukozyten;9.600;/µl\ncrp;12;mg/l\n")
    assert [item.name for item in unclear.context.laboratory] == ["crp"]
    assert "Type 9600 or 9.6" in unclear.issues[0].text
    flagged = read("name;value;unit\nldh;1 234 H;U/l\ncrp;98*;mg/l\nalbumin;31,5 (L);g/L\n")
    assert [item.value for item in flagged.context.laboratory] == [1234.0, 98.0, 31.5]


def test_detection_limits(read: Any) -> None:
    reading = read("name,value,unit\ncrp,<0.3,mg/L\nldh,inf,U/L\nd_dimer,-inf,mg/L\n")
    assert [item.value for item in reading.context.laboratory] == [-math.inf, math.inf, -math.inf]


def test_a_broken_reference_costs_the_reference_alone(read: Any) -> None:
    reading = read("name,value,unit,reference_low,reference_high\ncrp,3,mg/L,low,<5\n")
    assert reading.context.laboratory[0].reference_low is None
    assert reading.context.laboratory[0].reference_high == 5.0
    assert [issue.code for issue in reading.issues] == ["bad-reference"]


def test_columns_that_are_not_used_are_named(read: Any) -> None:
    reading = read("name,value,unit,patient\ncrp,3,mg/L,7\n")
    assert [issue.code for issue in reading.issues] == ["unused-columns"] and "patient" in reading.issues[
        0
    ].text


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("name,value\ncrp,3\n", "unit"),
        ("name,value,unit,value\ncrp,3,mg/L,4\n", "2 times"),
        ("name,value,unit\ncrp,3\n", "line 2"),
        ("name,value,unit\ncrp,12,5,mg/L\n", "decimal comma"),
        ('name,value,unit\n"crp,3,mg/L\n', "line 2"),
        ("name,value,unit\n" + "crp,3,mg/L\n" * 20_001, "20000"),
        ("value\n3\n", "neither"),
        ("hello world\n", "neither JSON nor"),
    ],
)
def test_wrong_tables_are_refused(text: str, word: str, read: Any) -> None:
    with pytest.raises(InputError, match=word) as caught:
        read(text, "values.csv")
    assert "values.csv" in str(caught.value)


def test_an_empty_table_gives_an_empty_context(read: Any) -> None:
    assert read("name,value,unit\n").context.laboratory == ()


def test_a_quoted_line_break_does_not_shift_the_line_numbers(read: Any) -> None:
    reading = read('name,value,unit\n"Ferritin\n(serum)",3,ug/L\ncrp,x,mg/L\n')
    assert [issue.where for issue in reading.issues if issue.severity == "error"] == ["line 4"]
    assert reading.context.laboratory[0].name == "Ferritin (serum)"


cells = st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0\r"), max_size=12)


@settings(deadline=None)
@given(st.lists(st.tuples(cells, cells, cells), max_size=5), st.sampled_from(",;\t"))
def test_any_table_is_read_or_refused(rows: list[tuple[str, str, str]], delimiter: str) -> None:
    stream = io.StringIO()
    writer = csv.writer(stream, delimiter=delimiter, lineterminator="\n")
    writer.writerow(["name", "value", "unit"])
    writer.writerows(rows)
    reading = context_from_csv(stream.getvalue())
    filled = [row for row in rows if any(cell.strip() for cell in row)]
    assert len(reading.context.laboratory) <= len(filled)
    refused = {
        issue.where for issue in reading.issues if issue.code not in ("unknown-analyte", "detection-limit")
    }
    assert len(reading.context.laboratory) + len(refused) >= len(filled)
