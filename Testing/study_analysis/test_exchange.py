"""Files for other programs, read back by the rules of those programs."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.study.analysis.collected import studies_of
from MedMMSlicerLib.study.analysis.exchange import imrmc_bytes, imrmc_names, reads_bytes
from MedMMSlicerLib.study.analysis.importing import ImportRequest, import_study
from MedMMSlicerLib.study.protocol import Truth

from .collected_study import collected_study
from .published import vandyke_csv


def read_imrmc(data: bytes) -> dict[str, Any]:
    """Read as iMRMC does: sizes from lines that start with their key, names without any white space."""
    lines = data.decode("ascii").split("\n")
    assert lines.pop() == ""
    start = next(index for index, line in enumerate(lines) if line.upper().startswith("BEGIN DATA:"))
    sizes = {
        key: int(line[3:])
        for line in lines[:start]
        for key in ("N0", "N1", "NR", "NM")
        if line.startswith(f"{key}:")
    }
    truth: dict[str, int] = {}
    scores: dict[tuple[str, str, str], float] = {}
    for line in lines[start + 1 :]:
        reader, case, modality, score = ("".join(cell.split()) for cell in line.split(","))
        if reader == "-1":
            assert case not in truth and score in ("0", "1")
            truth[case] = int(score)
        else:
            assert (reader, case, modality) not in scores and case in truth
            scores[reader, case, modality] = float(score)
    readers, modalities = {key[0] for key in scores}, {key[2] for key in scores}
    found = [list(truth.values()).count(0), list(truth.values()).count(1), len(readers), len(modalities)]
    assert [sizes[key] for key in ("N0", "N1", "NR", "NM")] == found
    return {"truth": truth, "scores": scores, "sizes": sizes}


def test_vandyke_in_imrmcs_format(tmp_path: Path) -> None:
    (tmp_path / "v.csv").write_text(vandyke_csv())
    study = import_study(ImportRequest(tmp_path / "v.csv", columns={"test": "treatment"}))
    found = read_imrmc(imrmc_bytes(study))
    assert found["sizes"] == {"N0": 69, "N1": 45, "NR": 5, "NM": 2}
    assert len(found["scores"]) == 2 * 5 * 114
    assert found["scores"]["1", "1", "2"] == 3.0  # first case of the first reader, second treatment


def test_missing_reads_are_left_out_and_listed() -> None:
    (study, _) = studies_of(collected_study())
    assert len(read_imrmc(imrmc_bytes(study))["scores"]) == 143
    rows = list(csv.DictReader(io.StringIO(reads_bytes(study).decode())))
    assert len(rows) == 144
    (lacking,) = [row for row in rows if row["status"] == "missing"]
    assert (lacking["reader"], lacking["test"], lacking["case"], lacking["rating"]) == (
        "Chen",
        "with AI",
        "case-23",
        "",
    )
    assert float(rows[0]["idle_s"]) == 5.0 and float(rows[0]["time_s"]) > 0


names = st.text(st.characters(exclude_categories=["C"]), min_size=1, max_size=12)


@settings(max_examples=100, deadline=None)
@given(
    st.lists(
        names | st.sampled_from(["-1", "truth", "reader1", "reader 1", "a,b", "ab"]), min_size=1, unique=True
    )
)
def test_names_stay_apart_and_are_plain(given_names: list[str]) -> None:
    found = imrmc_names(given_names, "reader")
    assert list(found) == given_names and len(set(found.values())) == len(given_names)
    for name in found.values():
        assert name.isascii() and "," not in name and "".join(name.split()) == name
        assert name not in ("-1", "truth")


def test_marks_hit_the_nearest_lesion_within_its_radius() -> None:
    (study, _) = studies_of(collected_study())
    assert study.marks_lesions and {mark.lesion for mark in study.marks} == {"", "L1"}
    positive = {case.name for case in study.cases if case.positive}
    assert {mark.case for mark in study.marks if mark.lesion} <= positive
    assert len(study.lesions) == 2 * len(positive)


def test_cases_without_a_reference_standard_are_left_out_and_said() -> None:
    collected = collected_study()
    positives = {case: dict(targets) for case, targets in collected.truth.positives.items()}
    del positives["case-5"]["effusion"], positives["case-6"]["effusion"]
    study = studies_of(replace(collected, truth=Truth(positives, collected.truth.lesions)))[1]
    assert study.target == "effusion" and len(study.cases) == 22 and len(study.reads) == 6 * 22
    assert any("2 cases have no reference standard of effusion" in note for note in study.notes)


def test_a_study_without_any_target_that_can_be_analyzed() -> None:
    with pytest.raises(InputError, match="fracture has 0 positive cases"):
        studies_of(replace(collected_study(), truth=Truth()))
