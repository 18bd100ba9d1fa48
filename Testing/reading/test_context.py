"""Patient facts, texts and laboratory values as a reader types, pastes and imports them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.reading.context_entry import age_from_text, read_pasted, sex_from_text
from MedMMSlicerLib.reading.room import ReadingRoom
from MedMMSlicerLib.reading.rows import LaboratoryRow
from MedMMSlicerLib.reading.words import age_as_text

mrml = pytest.mark.mrml


@pytest.fixture
def chest(room: ReadingRoom, radiograph: Path) -> ReadingRoom:
    """A room with Jane Doe's radiograph: 71 years, F, PA, acquired on 2026-01-02."""
    room.cases.open_paths([radiograph])
    return room


def rows_of(room: ReadingRoom) -> dict[str, LaboratoryRow]:
    return {row.name: row for row in room.context.rows()}


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("67", 67.0),
        (" 67.5 y", 67.5),
        ("67岁", 67.0),
        ("0", 0.0),
        ("67,5", 67.5),
        ("", None),
        ("6 months", 0.5),
        ("18 个月", 1.5),
    ],
)
def test_ages(text: str, age: float | None) -> None:
    assert age_from_text(text) == age


@pytest.mark.parametrize("text", ["old", "131", "-1", "> 60", "inf", "years", "1e40"])
def test_ages_that_are_none(text: str) -> None:
    with pytest.raises(InputError):
        age_from_text(text)


def test_sexes() -> None:
    assert [sex_from_text(text) for text in ("m", "Female", "女", "other", " ")] == ["M", "F", "F", "O", None]
    with pytest.raises(InputError, match="Type M, F or O"):
        sex_from_text("x")


@mrml
def test_the_header_counts_until_the_reader_says_otherwise(chest: ReadingRoom) -> None:
    facts = chest.context.facts
    assert (facts.age_years, facts.sex, facts.view) == (71, "F", "PA")
    assert facts.from_header == ("age", "sex", "view")
    chest.context.set_age("35")
    chest.context.set_sex("male")
    chest.context.set_view("ap")
    facts = chest.context.facts
    assert (facts.age_years, facts.sex, facts.view) == (35, "M", "AP") and facts.from_header == ()
    assert chest.cases.case().series["current"].facts.view == "AP"
    assert any("image header 71" in text for text in chest.context.remarks())
    chest.context.set_age("")
    assert chest.context.facts.age_years == 71


@mrml
def test_an_age_is_shown_in_completed_years_and_not_lost(chest: ReadingRoom, tmp_path: Path) -> None:
    path = tmp_path / "context.json"
    path.write_text(json.dumps({"age_years": 64.476}))
    chest.context.import_file(path)
    facts = chest.context.facts
    assert (facts.age_text, facts.age_years) == ("64", 64.476)
    assert chest.cases.case().context.age_years == 64.476
    assert {fact.name: fact.value for fact in chest.cases.facts()}["age"] == "64 years"
    chest.context.set_age("67.5")
    assert (chest.context.facts.age_text, chest.context.facts.age_years) == ("67.5", 67.5)
    assert chest.context.facts.problems == ()
    chest.context.set_age("")
    chest.context.import_file(path)
    assert chest.context.facts.age_text == "64"


@pytest.mark.parametrize(
    ("age", "english", "chinese"),
    [
        (64.999, "64 years", "64 岁"),
        (2.0, "2 years", "2 岁"),
        (1.999, "23 months", "23 个月"),
        (8 / 12, "8 months", "8 个月"),
        (0.0, "0 months", "0 个月"),
    ],
)
def test_ages_as_people_state_them(age: float, english: str, chinese: str) -> None:
    assert (age_as_text(age, "en"), age_as_text(age, "zh-CN")) == (english, chinese)
    field = age_as_text(age, "en", with_unit=False)
    assert field == english.removesuffix(" years")
    assert age_from_text(field) == pytest.approx(age, abs=1 / 12 if age < 2 else 1)


@mrml
def test_a_text_that_can_not_be_used_is_kept_and_said(chest: ReadingRoom) -> None:
    chest.context.set_age("40")
    with pytest.raises(InputError, match="'forty' is no age"):
        chest.context.set_age("forty")
    facts = chest.context.facts
    assert facts.age_text == "forty" and facts.age_years == 71, "the header's age counts again"
    assert facts.problems[0][0] == "age"
    chest.context.set_age("41")
    assert chest.context.facts.problems == () and chest.context.facts.age_text == "41"


@mrml
def test_indication_and_history(chest: ReadingRoom) -> None:
    chest.context.set_indication("Fever\nand cough")
    chest.context.set_history("COPD")
    facts = chest.context.facts
    assert (facts.indication, facts.history) == ("Fever\nand cough", "COPD")


@mrml
def test_what_the_model_uses_is_asked_for(chest: ReadingRoom) -> None:
    rows = chest.context.rows()
    assert [row.name for row in rows] == ["crp", "ldh", "d_dimer"]
    assert all(row.flag == "missing" and row.used_by_model and not row.text for row in rows)
    assert rows[0].label == "C-reactive protein" and rows[0].unit == "mg/L"


@mrml
def test_values_are_converted_compared_and_removed(chest: ReadingRoom) -> None:
    chest.context.set_value("CRP", "12", "mg/dL")
    chest.context.set_value("ldh", "300")
    chest.context.set_value("albumin", "3", "g/dL")
    rows = rows_of(chest)
    assert (rows["crp"].text, rows["crp"].unit, rows["crp"].flag) == ("12", "mg/dL", "high")
    assert "= 120 mg/L" in rows["crp"].note
    assert rows["ldh"].flag == "high" and rows["ldh"].reference_text == "80–225 U/L"
    assert rows["albumin"].flag == "low" and not rows["albumin"].used_by_model
    values = {item.name: item.value for item in chest.cases.case().context.laboratory}
    assert values["crp"] == 120 and values["ldh"] == 300
    # As people write it, and as the table gives it back when only the number is changed.
    chest.context.set_value("lymphocytes", "0.8")
    row = rows_of(chest)["lymphocytes"]
    assert (row.unit, row.note, row.flag) == ("10⁹/L", "", "low")
    chest.context.set_value("lymphocytes", "0.9", row.unit)
    row = rows_of(chest)["lymphocytes"]
    assert (row.unit, row.note, row.text) == ("10⁹/L", "", "0.9")
    chest.context.set_value("crp", "")
    chest.context.remove("LDH")
    chest.context.remove("not there")
    rows = rows_of(chest)
    assert rows["crp"].flag == rows["ldh"].flag == "missing"


@mrml
@pytest.mark.parametrize(
    ("text", "unit", "said"),
    [
        ("1,234", "mg/L", "thousand or a decimal"),
        ("high", "mg/L", "not a number"),
        ("12", "bananas", "can not be converted"),
        ("99999", "mg/L", "not between"),
    ],
)
def test_a_value_that_can_not_be_used_is_kept_as_typed(
    chest: ReadingRoom, text: str, unit: str, said: str
) -> None:
    chest.context.set_value("crp", "5", "mg/L")
    chest.context.set_value("crp", text, unit)
    row = rows_of(chest)["crp"]
    assert (row.text, row.unit, row.flag) == (text, unit, "invalid") and said in row.note
    assert chest.cases.case().context.laboratory == (), "the old value is not used behind its back"


@mrml
def test_a_value_outside_of_the_detection_range(chest: ReadingRoom) -> None:
    chest.context.set_value("crp", "< 0.6", "mg/L")
    row = rows_of(chest)["crp"]
    assert (row.text, row.flag) == ("< 0.6", "")
    assert row.note == "C-reactive protein is below 0.6 mg/L; the model used 0 mg/L."
    chest.context.set_value("crp", "> 3", "mg/L")
    assert rows_of(chest)["crp"].flag == "", "it may be within the range"
    with pytest.raises(InputError, match="no name"):
        chest.context.set_value(" ", "3")


@mrml
def test_pasted_limits_are_shown_as_given(chest: ReadingRoom) -> None:
    remarks = chest.context.paste("D-dimer\t>35\tmg/L\nFaktor XIII\t<60\t%\nLDH\tinf\tU/L\n")
    assert not any("line" in text or "_" in text for text in remarks), "no places, no internal names"
    rows = rows_of(chest)
    assert (rows["d_dimer"].text, rows["d_dimer"].flag) == ("> 35", "high")
    assert (rows["factor_xiii"].text, rows["factor_xiii"].flag) == ("< 60", "low")
    assert rows["ldh"].text == "above the detection range"
    limits = {item.name: item.limit for item in chest.cases.case().context.laboratory}
    assert limits == {"d_dimer": 35.0, "factor_xiii": 60.0, "ldh": None}
    assert "D-dimer is above 35 mg/L; the model used" in rows["d_dimer"].note
    other = ReadingRoom(chest.scene, chest.given_catalog)
    other.cases._store.forget_all()
    other.cases._store.rescan()
    assert rows_of(other)["d_dimer"].text == "> 35", "the scene keeps it"
    other.close()


@mrml
def test_a_value_that_the_model_leaves_out_is_shown_as_not_used(chest: ReadingRoom) -> None:
    chest.context.set_value("LDH", "99999")
    row = rows_of(chest)["ldh"]
    assert (row.text, row.flag) == ("99999", "invalid")
    assert row.note.startswith("Lactate dehydrogenase 99999 U/L was left out: it is implausible")


@mrml
def test_two_values_of_one_name_are_a_conflict_that_is_said(chest: ReadingRoom) -> None:
    remarks = chest.context.paste("CRP\t12\tmg/L\nCRP\t80\tmg/L\n")
    said = "C-reactive protein was not used: there are 2 different values, and none is the newer one."
    assert remarks[0] == said
    row = rows_of(chest)["crp"]
    assert (row.flag, row.note) == ("invalid", said)


@mrml
def test_a_refused_paste_says_which_value_is_still_used(chest: ReadingRoom) -> None:
    chest.context.set_value("crp", "1.2", "mg/dL")
    remarks = chest.context.paste("CRP\tmany\tmg/L\nLDH\t300\tU/L\n")
    assert remarks[0] == "CRP was not used: 'many' is not a number."
    assert remarks[-1] == "C-reactive protein: 12 mg/L, given before, is still used."
    assert rows_of(chest)["crp"].text == "1.2"
    chest.context.set_value("crp", "15", "mg/L")
    assert not any("many" in text for text in chest.context.remarks()), "another value was typed"


@mrml
def test_import_and_its_remarks(chest: ReadingRoom, tmp_path: Path) -> None:
    path = tmp_path / "labs.csv"
    path.write_text(
        "name,value,unit,taken_at\ncrp,50,mg/L,2025-12-30\ncrp,80,mg/L,2026-01-01\n"
        "ldh,300,U/L,2026-02-01\nsodium,abc,mmol/L,\n",
        encoding="utf-8",
    )
    remarks = chest.context.import_file(path)
    assert "sodium was not used: 'abc' is not a number." in remarks
    rows = rows_of(chest)
    assert rows["crp"].text == "80", "the newest before the examination"
    assert rows["ldh"].flag == "invalid" and "after the examination" in rows["ldh"].note
    assert set(remarks) <= set(chest.context.remarks())
    chest.context.set_value("crp", "7", "mg/L")
    assert rows_of(chest)["crp"].text == "7", "what is typed replaces what was imported"
    with pytest.raises(InputError, match="does not exist"):
        chest.context.import_file(tmp_path / "none.csv")
    assert rows_of(chest)["crp"].text == "7"


@mrml
def test_a_birth_date_becomes_an_age_and_is_not_stored(chest: ReadingRoom, tmp_path: Path) -> None:
    path = tmp_path / "context.json"
    path.write_text(json.dumps({"birth_date": "1950-01-02", "history": "none"}), encoding="utf-8")
    chest.context.import_file(path)
    assert chest.context.facts.age_years == pytest.approx(76, abs=0.01)
    assert chest.record is not None and chest.record.context.birth_date is None


@mrml
def test_paste_from_a_spreadsheet(chest: ReadingRoom) -> None:
    assert chest.context.paste("CRP\t120\tmg/L\nLDH\t410\tU/L\n\n") == ()
    rows = rows_of(chest)
    assert rows["crp"].text == "120" and rows["ldh"].text == "410"
    chest.context.paste("name;value;unit\nCRP;7,5;mg/L\n")
    assert rows_of(chest)["crp"].text == "7.5", "a second paste replaces values without a time"
    with pytest.raises(InputError):
        chest.context.paste("   ")
    with pytest.raises(InputError, match="no table"):
        chest.context.paste("hello")


def test_pasted_forms() -> None:
    for text in ("crp  120  mg/L", "crp,120,mg/L", "crp;120;mg/L", "name\tvalue\tunit\ncrp\t120\tmg/L"):
        (result,) = read_pasted(text).context.laboratory
        assert (result.name, result.value, result.unit) == ("crp", 120, "mg/L"), text
    assert read_pasted('{"age_years": 30}').context.age_years == 30


@pytest.mark.parametrize(
    "titles",
    ["Test;Wert;Einheit", "Name\tResult\tUnits\tRef", "Parameter;Ergebnis;Einheit;Referenz",
     "项目\t结果\t单位\t参考范围",
     "Labor Meyer;Messwert;Einheit", "Name  Result  Units  Ref"],
)  # fmt: skip
def test_pasted_titles_are_no_data(titles: str) -> None:
    sign = next((sign for sign in ("\t", ";") if sign in titles), "  ")
    reading = read_pasted(
        f"\n{titles}\n{sign.join(('CRP', '98 H', 'mg/L'))}{sign * (titles.count(sign) - 2)}\n"
    )
    assert [(item.name, item.value) for item in reading.context.laboratory] == [("crp", 98.0)]
    assert reading.issues == ()
    columns = titles.count(sign) + 1
    wrong = sign.join(["LDH", "many", "U/L", "", ""][:columns])
    (issue,) = read_pasted(f"{titles}\n{wrong}\n").issues
    assert issue.where == "line 2"


def test_lines_without_titles_are_counted_as_they_were_pasted() -> None:
    (issue,) = read_pasted("CRP\t12\tmg/L\n\nLDH\tmany\tU/L").issues
    assert issue.where == "line 3"


def test_a_pasted_table_with_german_numbers() -> None:
    table = "Leukozyten\t9.600\t/µl\nCRP\t12,5 +\tmg/l\nThrombozyten\t250\tGpt/L\nLDH\t1 234\tU/l\n"
    values = {item.name: item.value for item in read_pasted(table).context.laboratory}
    assert values == {"leukocytes": 9.6, "crp": 12.5, "platelets": 250.0, "ldh": 1234.0}


@mrml
@pytest.mark.parametrize(
    ("text", "number", "unit"),
    [("60 mmHg", "60", "mmHg"), ("8.5kPa", "8.5", "kPa"), ("60 mmHg", "60", "mmHg")],
)
def test_a_unit_typed_behind_the_number_counts(chest: ReadingRoom, text: str, number: str, unit: str) -> None:
    chest.context.set_value("po2", text, "Torr")
    row = rows_of(chest)["po2"]
    assert (row.text, row.unit) == (number, unit) and row.flag != "invalid"


@mrml
def test_a_converted_value_has_three_digits_and_stays_exact(chest: ReadingRoom) -> None:
    chest.context.set_value("po2", "8.5 kPa")
    assert rows_of(chest)["po2"].note == "= 63.8 mmHg"
    (value,) = (item.value for item in chest.cases.case().context.laboratory)
    assert value == pytest.approx(63.7554, abs=1e-4) and value != 63.8


@mrml
def test_a_shown_number_is_taken_back_as_it_is(chest: ReadingRoom) -> None:
    chest.context.paste('{"laboratory": [{"name": "albumin", "value": 31.234, "unit": "g/L"}]}')
    assert rows_of(chest)["albumin"].text == "31.234"
    chest.context.set_value("albumin", "31.234", "g/L")
    assert rows_of(chest)["albumin"].flag == "low"
    chest.context.set_value("ldh", "5.000")
    row = rows_of(chest)["ldh"]
    assert row.flag == "invalid" and "Type 5000 or 5.0" in row.note


@mrml
def test_every_change_is_in_the_scene_at_once(chest: ReadingRoom) -> None:
    other = ReadingRoom(chest.scene, chest.given_catalog)
    chest.context.set_history("COPD")
    chest.context.set_value("crp", "x")
    other.cases._store.forget_all()
    other.cases._store.rescan()
    assert other.context.facts.history == "COPD" and rows_of(other)["crp"].flag == "invalid"
    other.close()
