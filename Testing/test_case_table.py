"""CASES.csv: every row is right, or the message says which cell is not."""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.bundles.manifest import ContextVariable
from MedMMSlicerLib.case_table import read_case_table
from MedMMSlicerLib.errors import InputError


@pytest.fixture
def table(tmp_path):
    """A function that writes a table beside two image files and reads it."""
    for name in ("a.nii", "b.nii", "m.nii"):
        (tmp_path / name).write_bytes(b"x")

    def read(text: str, *variables: ContextVariable, encoding: str = "utf-8"):
        path = tmp_path / "cases.csv"
        path.write_text(text, encoding=encoding)
        return read_case_table(path, variables)

    return read


def error_of(table, text: str) -> str:
    with pytest.raises(InputError) as caught:
        table(text)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_the_least_table(table, tmp_path):
    found = table("case_id,image\none,a.nii\ntwo,b.nii\n")
    assert [case.id for case in found.cases] == ["one", "two"]
    assert found.cases[1].image == tmp_path / "b.nii"
    assert [case.line for case in found.cases] == [2, 3]
    assert [case.mask for case in found.cases] == [None, None]
    assert len({case.patient for case in found.cases}) == 2
    assert (found.findings, found.has_patients, found.notes) == ((), False, ())


def test_everything(table, tmp_path):
    variable = ContextVariable("lab.crp", "mg/L", 5.0, loinc="1988-5")
    found = table(
        "case_id,image,mask,patient_id,at.r,at.a,at.s,context.age,context.sex,context.view,context.history,"
        "context.lab.CRP,label.Pneumonia,label.edema\n"
        '1,a.nii,m.nii,p7,-20.5,3,1e1,67.5,female,pa,"cough, fever",inf,1,\n'
        "2,b.nii,,p7,,,,,,,,,,0.0\n",
        variable,
    )
    first, second = found.cases
    assert first.mask == tmp_path / "m.nii"
    assert first.point_ras == (-20.5, 3.0, 10.0)
    assert (first.context.age_years, first.context.sex, first.view) == (67.5, "F", "PA")
    assert first.context.history == "cough, fever"
    result = first.context.laboratory[0]
    assert (result.name, result.value, result.unit, result.loinc) == ("crp", math.inf, "mg/L", "1988-5")
    assert first.labels == {"Pneumonia": 1}
    assert second.labels == {"edema": 0}
    assert second.point_ras is None
    assert (second.context.age_years, second.context.sex, second.context.laboratory) == (None, None, ())
    assert first.patient == second.patient
    assert found.findings == ("Pneumonia", "edema")
    assert found.has_patients
    assert found.notes == ()


def test_missing_is_not_zero(table):
    case = table("case_id,image,context.age,label.x,context.lab.crp\n1,a.nii,,,\n").cases[0]
    assert case.context.age_years is None
    assert case.labels == {}
    assert case.context.laboratory == ()


def test_a_case_without_a_patient_is_its_own(table):
    cases = table("case_id,image,patient_id\n7,a.nii,\n8,b.nii,7\n9,b.nii,\n").cases
    assert len({case.patient for case in cases}) == 3


def test_spreadsheets_write_marks_blank_lines_and_capitals(table):
    found = table("Case_ID, Image ,Label.X\r\n\r\n 1 , a.nii ,1.0\r\n,,\r\n", encoding="utf-8-sig")
    assert [case.id for case in found.cases] == ["1"]
    assert found.cases[0].labels == {"X": 1}
    assert found.cases[0].line == 3


def test_unused_columns_are_named(table):
    found = table("case_id,image,remark,context.agee,context.lab.xyz\n1,a.nii,fine,60,3\n")
    assert found.notes == (
        "Columns of the case table that were not used: remark, context.agee, context.lab.xyz.",
    )


HEADER = "case_id,image,mask,at.r,at.a,at.s,context.age,context.sex,context.lab.crp,label.x\n"


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (",a.nii,,,,,,,,", "cases.csv:2:case_id: is empty"),
        ("1,,,,,,,,,", "cases.csv:2:image: is empty"),
        ("1,gone.nii,,,,,,,,", "cases.csv:2:image: gone.nii does not exist"),
        ("1,a.nii,gone.nii,,,,,,,", "cases.csv:2:mask: gone.nii does not exist"),
        ("1,a.nii,,1,,3,,,,", "cases.csv:2:at.a: is empty"),
        ("1,a.nii,,1,inf,3,,,,", "cases.csv:2:at.a: 'inf' is not a number of mm"),
        ("1,a.nii,,,,,-1,,,", "cases.csv:2:context.age: '-1' is not an age"),
        ("1,a.nii,,,,,old,,,", "cases.csv:2:context.age: 'old' is not an age"),
        ("1,a.nii,,,,,1_0,,,", "cases.csv:2:context.age: '1_0' is not an age"),
        ("1,a.nii,,,,,,x,,", "cases.csv:2:context.sex: 'x' is not M, F or O"),
        ("1,a.nii,,,,,,,nan,", "cases.csv:2:context.lab.crp: 'nan' is not a number"),
        ("1,a.nii,,,,,,,<5,", "cases.csv:2:context.lab.crp: '<5' is not a number"),
        ("1,a.nii,,,,,,,,2", "cases.csv:2:label.x: '2' is not 0, 1 or empty"),
        ("1,a.nii,,,,,,,,yes", "cases.csv:2:label.x: 'yes' is not 0, 1 or empty"),
        ("1,a.nii", "cases.csv:2: 2 fields, but the header has 10"),
        ("1," + "a" * 5000 + ",,,,,,,,", "does not exist"),
        ("1,a\0b,,,,,,,,", "cases.csv"),
    ],
)
def test_a_wrong_cell_is_named(table, row, expected):
    assert expected in error_of(table, HEADER + row + "\n")


def test_a_repeated_id_names_both_lines(table):
    message = error_of(table, "case_id,image\n1,a.nii\n2,b.nii\n1,b.nii\n")
    assert "cases.csv:4:case_id: '1' is already in line 2" in message


def test_lines_are_counted_through_quoted_line_breaks(table):
    message = error_of(table, 'case_id,image,context.history\n1,a.nii,"two\nlines"\n2,gone.nii,\n')
    assert "cases.csv:4:image: gone.nii" in message


def test_ten_errors_are_shown_and_the_rest_counted(table):
    rows = "".join(f"{number},gone.nii\n" for number in range(13))
    message = error_of(table, "case_id,image\n" + rows)
    assert "has 13 errors" in message
    assert message.count("does not exist") == 10
    assert "and 3 more" in message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "is empty"),
        ("\n\n", "is empty"),
        ("case_id,image\n", "no cases"),
        ("id,image\n1,a.nii\n", "case_id: the column is missing"),
        ("case_id;image\n1;a.nii\n", "the column is missing"),
        ("case_id,image,Image\n1,a.nii,b.nii\n", "image: the column is there 2 times"),
        ("case_id,image,label.x,LABEL.X\n1,a.nii,1,1\n", "label.x: the column is there 2 times"),
        ("case_id,image,label.\n1,a.nii,1\n", "the name after the dot is missing"),
        ('case_id,image\n1,"a.nii\n', "cases.csv:"),
    ],
)
def test_a_wrong_header(table, text, expected):
    assert expected in error_of(table, text)


def test_files_that_are_no_table(tmp_path):
    with pytest.raises(InputError, match="does not exist"):
        read_case_table(tmp_path / "gone.csv")
    with pytest.raises(InputError, match="can not be read"):
        read_case_table(tmp_path)
    (tmp_path / "x.csv").write_bytes(b"case_id,image\n\xff\xfe,a\n")
    with pytest.raises(InputError, match="not text in UTF-8"):
        read_case_table(tmp_path / "x.csv")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200, deadline=None)
@given(st.text(st.sampled_from('a1,"\n\r;.\0é_') | st.characters(), max_size=80), st.booleans())
def test_whatever_the_text_nothing_else_is_raised(tmp_path: Path, text: str, with_header: bool):
    path = tmp_path / "cases.csv"
    path.write_text(
        ("case_id,image,label.x\n" if with_header else "") + text, encoding="utf-8", errors="replace"
    )
    try:
        read_case_table(path)
    except InputError as error:
        assert str(error)
