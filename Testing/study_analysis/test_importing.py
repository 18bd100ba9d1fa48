"""Tables of ratings and marks: what is taken, what is treated and said, what is refused."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.study.analysis.folder import read_study, write_study
from MedMMSlicerLib.study.analysis.importing import ImportRequest, import_study

Write = Callable[..., Path]
Medmm = Callable[..., Any]

HEADER = "reader,test,case,truth,rating\n"
GOOD = HEADER + "A,1,x,0,1\nA,1,y,1,4\nA,2,x,0,2\nA,2,y,1,5\n"


def test_a_table_becomes_a_folder_and_is_read_back_equal(
    medmm: Medmm, a_table: Write, tmp_path: Path
) -> None:
    text = "Who,Arm,Image,Standard,Score,Seconds,Patient\n" + "".join(
        f"{reader},{arm},{case},{case % 2},{case + 0.1 * (arm == 'with AI')},{30 + case},{case // 2}\n"
        for reader in ("Ana", "Bo, MD")
        for arm in ("unaided", "with AI")
        for case in range(10)
    ).replace("Bo, MD", '"Bo, MD"')
    out = tmp_path / "study"
    names = ("reader", "Who", "test", "Arm", "case", "image", "truth", "STANDARD", "rating", "Score")
    options = [f"--{name}-column={text}" for name, text in zip(names[::2], names[1::2])]
    result = medmm(
        "study", "import", a_table(text), "--out", out, *options, "--time-column=Seconds",
        "--cluster-column=Patient", "--title=A study", "--json",
    )  # fmt: skip
    assert result.code == 0, result.err
    summary = json.loads(result.out)
    assert summary["readers"] == ["Ana", "Bo, MD"] and summary["tests"] == ["unaided", "with AI"]
    assert (summary["cases"], summary["positive"], summary["reads"], summary["missing"]) == (10, 5, 40, 0)
    study = read_study(out)
    assert study.title == "A study" and study.kind == "imported" and not study.synthetic
    assert study.cases[3].name == "3" and study.cases[3].positive and study.cases[3].cluster == "1"
    assert study.grid()[1, 0, 7] == 7.1 and study.grid("time_s")[0, 1, 4] == 34
    again = tmp_path / "again"
    write_study(study, again)
    assert {path.name: path.read_bytes() for path in again.iterdir()} == {
        path.name: path.read_bytes() for path in out.iterdir()
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["is empty"]),
        ("\n\n", ["is empty"]),
        (HEADER, ["no rows"]),
        ("reader,test,case,rating\nA,1,x,2\n", ["truth", "column is missing", "--...-column"]),
        ("reader,test,case,truth,rating,Rating\nA,1,x,0,1,1\n", [":1:rating", "2 times"]),
        (GOOD + "A,1,z,1,abc\n", [":6:rating", "'abc' is not a number"]),
        (GOOD + "A,1,z,1,inf\n", [":6:rating", "not finite"]),
        (GOOD + "A,1,z,1,1_000\n", [":6:rating", "not a number"]),
        (GOOD + "A,1,z,2,3\n", [":6:truth", "not 0 or 1"]),
        (GOOD + "A,1,z,,3\n", [":6:truth", "not 0 or 1"]),
        (GOOD + "A,1,x,0,3\n", [":6:case", "already in line 2"]),
        (GOOD + "B,1,x,1,3\n", [":6:truth", "contradicts 0", "line 2"]),
        (GOOD + ",1,x,0,3\n", [":6:reader", "is empty"]),
        (GOOD + "A,1,x\n", [":6:", "3 fields"]),
        (GOOD + "A" * 300 + ",1,x,0,3\n", [":6:reader", "longer than"]),
        (GOOD + "A\x1b[2J,1,x,0,3\n", [":6:reader", "control characters"]),
        (HEADER + "A,1,x,0,1\nA,1,y,0,2\n", ["all 2 cases are negative"]),
        (HEADER + "A,1,x,1,1\n", ["all 1 cases are positive"]),
        (HEADER + "A,1,x,0,\nA,1,y,1,NA\n", ["no rating at all"]),
        (GOOD + '"A,1,x,0,3\n', [":6:"]),
        (GOOD.encode() + b"\xff\xfe,1,x,0,1\n", ["UTF-8"]),
        (GOOD.encode("utf-16"), ["UTF-8"]),
        (GOOD + "A,1,\0,0,1\n", ["NUL"]),
        ("reader,test,case,truth,rating,time_s\nA,1,x,0,1,-3\nA,1,y,1,1,x\n", [":2:time_s", "above", ":3:"]),
        ("reader,test,case,truth,rating,cluster\nA,1,x,0,1,p\nA,2,x,0,1,q\n", [":3:cluster", "line 2"]),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_its_line(
    medmm: Medmm, a_table: Write, tmp_path: Path, text: str | bytes, words: list[str]
) -> None:
    medmm("study", "import", a_table(text), "--out", tmp_path / "study").refused(3, "ratings.csv", *words)
    assert [path.name for path in tmp_path.iterdir()] == ["ratings.csv"]


def test_every_error_is_told_at_once_and_the_rest_counted(
    medmm: Medmm, a_table: Write, tmp_path: Path
) -> None:
    rows = "".join(f"A,1,c{row},0,bad{row}\n" for row in range(14))
    medmm("study", "import", a_table(HEADER + rows), "--out", tmp_path / "s").refused(
        3, "14 errors", ":2:rating", "bad9", "and 4 more"
    )


def test_empty_ratings_are_missing_reads_and_said(a_table: Write) -> None:
    study = import_study(ImportRequest(a_table(GOOD + "B,1,x,0,\nB,1,y,1,nan\nB,2,x,0,NA\nB,2,y,1,3\n")))
    assert [read.rating for read in study.reads][4:] == [None, None, None, 3.0]
    assert any("3 (lines 6, 7, 8)" in note for note in study.notes)


def test_semicolons_decimal_commas_tabs_and_a_byte_order_mark(a_table: Write) -> None:
    european = "\ufeff" + GOOD.replace(",", ";").replace(";5\n", ";5,25\n")
    study = import_study(ImportRequest(a_table(european)))
    assert study.grid()[1, 0, 1] == 5.25 and any("semicolons" in note for note in study.notes)
    assert import_study(ImportRequest(a_table(GOOD.replace(",", "\t")))).grid()[0, 0, 1] == 4


def test_unknown_columns_and_names_that_look_alike_are_said(a_table: Write) -> None:
    text = "reader,test,case,truth,rating,comment\nA,1,x,0,1,hello\na,1,x,0,1,\nA,1,y,1,2,\n"
    notes = " ".join(import_study(ImportRequest(a_table(text))).notes)
    assert "not used: comment" in notes and "A, a differ in capitals only" in notes


def test_a_folder_that_is_not_empty_is_left_alone(medmm: Medmm, a_table: Write, tmp_path: Path) -> None:
    out = tmp_path / "study"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    medmm("study", "import", a_table(GOOD), "--out", out).refused(2, "not an empty folder")
    assert [path.name for path in out.iterdir()] == ["mine.txt"]


def test_a_file_that_is_not_there(medmm: Medmm, tmp_path: Path) -> None:
    medmm("study", "import", tmp_path / "no.csv", "--out", tmp_path / "s").refused(3, "does not exist")
    medmm("study", "import", tmp_path, "--out", tmp_path / "s").refused(3, "can not be read")


MARKS = """reader,test,case,lesion,rating,weight
A,1,c1,l1,80,0.25
A,1,c1,l2,,0.75
A,1,c1,,30,
A,1,c2,,,
A,2,c1,l1,90,
A,2,c2,,20,
"""


def test_marks_with_lesions_false_positives_and_cases_without_a_mark(a_table: Write, tmp_path: Path) -> None:
    study = import_study(ImportRequest(a_table(MARKS)))
    assert study.marks_lesions
    assert [(case.name, case.positive) for case in study.cases] == [("c1", True), ("c2", False)]
    assert [(item.name, item.weight) for item in study.lesions] == [("l1", 0.25), ("l2", 0.75)]
    assert [(mark.lesion, mark.rating) for mark in study.marks] == [
        ("l1", 80),
        ("", 30),
        ("l1", 90),
        ("", 20),
    ]
    assert study.grid().tolist() == [[[80, 19]], [[90, 20]]]
    write_study(study, tmp_path / "s")
    back = read_study(tmp_path / "s")
    assert (back.lesions, back.marks, back.cases, back.reads) == (
        study.lesions, study.marks, study.cases, study.reads
    )  # fmt: skip


def test_marks_with_a_list_of_lesions(medmm: Medmm, a_table: Write, tmp_path: Path) -> None:
    marks = a_table("reader,test,case,lesion,rating\nA,1,c1,l1,3\nA,1,c3,,1\n", "marks.csv")
    lesions = a_table("case,lesion,weight\nc1,l1,1\nc1,l2,2\nc2,l1,\nc3,,\nc4,,\n", "lesions.csv")
    result = medmm("study", "import", marks, "--lesions", lesions, "--out", tmp_path / "s", "--json")
    assert json.loads(result.out)["cases"] == 4 and json.loads(result.out)["positive"] == 2
    study = read_study(tmp_path / "s")
    assert [item.weight for item in study.lesions] == [1, 2, 1]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (MARKS + "A,2,c1,l1,5,0.5\n", [":8:weight", "contradicts 0.25", "line 2"]),
        (MARKS + "A,2,c1,l1,5,-1\n", [":8:weight", "above 0"]),
        (MARKS.replace("weight", "truth").replace(",0.25", ",0").replace(",0.75", ",1"), ["truth"]),
        (
            "reader,test,case,truth,lesion,rating\nA,1,c1,1,,3\nA,1,c2,0,,\n",
            [":2:truth", "no row names a lesion"],
        ),
        ("reader,test,case,truth,lesion,rating\nA,1,c1,0,l1,3\nA,1,c2,0,,\n", [":2:truth", "names a lesion"]),
    ],
)
def test_marks_that_contradict_themselves(
    medmm: Medmm, a_table: Write, tmp_path: Path, text: str, words: list[str]
) -> None:
    medmm("study", "import", a_table(text), "--out", tmp_path / "s").refused(3, *words)


def test_marks_of_lesions_that_the_list_does_not_hold(medmm: Medmm, a_table: Write, tmp_path: Path) -> None:
    marks = a_table("reader,test,case,lesion,rating\nA,1,c1,l9,3\nA,1,c7,,1\n", "marks.csv")
    lesions = a_table("case,lesion\nc1,l1\nc2,\n", "lesions.csv")
    medmm("study", "import", marks, "--lesions", lesions, "--out", tmp_path / "s").refused(
        3, ":2:lesion", "'l9'", ":3:case", "lesions.csv"
    )


@pytest.mark.parametrize("change", ["digits", "delete", "json", "version", "kind"])
def test_a_study_that_was_changed_is_refused(a_table: Write, tmp_path: Path, change: str) -> None:
    folder = tmp_path / "s"
    write_study(import_study(ImportRequest(a_table(GOOD))), folder)
    table, description = folder / "ratings.csv", folder / "study.json"
    if change == "digits":
        table.write_text(table.read_text().replace("5.0", "4.0"))
    elif change == "delete":
        table.unlink()
    elif change == "json":
        description.write_text(description.read_text()[:40])
    else:
        value = json.loads(description.read_text()) | {change: "9"}
        description.write_text(json.dumps(value))
    with pytest.raises(InputError):
        read_study(folder)


names = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=8)


@settings(max_examples=60, deadline=None)
@given(
    readers=st.lists(names, min_size=1, max_size=3, unique=True),
    tests=st.lists(names, min_size=1, max_size=3, unique=True),
    cases=st.lists(names, min_size=2, max_size=5, unique=True),
    data=st.data(),
)
def test_any_names_and_numbers_survive_the_way_through_the_folder(
    tmp_path_factory: pytest.TempPathFactory,
    readers: list[str],
    tests: list[str],
    cases: list[str],
    data: Any,
) -> None:
    from MedMMSlicerLib.study.analysis.folder import csv_bytes

    number = st.floats(allow_nan=False, allow_infinity=False)
    rows = [
        (reader, test, case, str(index % 2), repr(data.draw(number)))
        for reader in readers
        for test in tests
        for index, case in enumerate(cases)
    ]
    folder = tmp_path_factory.mktemp("names")
    (folder / "r.csv").write_bytes(csv_bytes(("reader", "test", "case", "truth", "rating"), rows))
    study = import_study(ImportRequest(folder / "r.csv"))
    write_study(study, folder / "s")
    back = read_study(folder / "s")
    assert (back.readers, back.tests, back.cases, back.reads) == (
        study.readers, study.tests, study.cases, study.reads
    )  # fmt: skip
    assert {(read.reader, read.test, read.case, read.rating) for read in back.reads} == {
        (*row[:3], float(row[4])) for row in rows
    }
