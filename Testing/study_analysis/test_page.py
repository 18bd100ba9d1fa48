"""The page: valid, self-contained, escaped, and true to the results."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import html5lib
import pytest
from MedMMSlicerLib.study.analysis.analysis import analyze, open_study, write_analysis
from MedMMSlicerLib.study.analysis.collected import studies_of
from MedMMSlicerLib.study.analysis.options import AnalysisOptions
from MedMMSlicerLib.study.results import CollectedStudy, write_results

from .collected_study import collected_study

Medmm = Callable[..., Any]

HTML_TAGS = re.compile(
    "html|head|meta|title|style|body|main|h1|h2|p|span|strong|nav|ul|li|a|section|figure|figcaption|div|table|"
    "caption|thead|tbody|tr|th|td"
)
SVG_TAGS = re.compile("svg|g|rect|line|polyline|polygon|circle|text|title")
PARTS = (
    "Summary",
    "Flow of cases and reads",
    "Accuracy: fracture",
    "Accuracy: effusion",
    "Lesion marks: fracture",
    "Agreement of readers: effusion",
    "Reading time",
    "Ratings of reports",
    "Preference",
    "Multiplicity",
    "Deviations from the protocol",
    "Checklist for the report",
)
EVIL = "<script>alert(1)</script> \"'><img src=x onerror=alert(2)> $x^2$ {{ 7*7 }} 陈\u202e\x00"


def _page(study: CollectedStudy, tmp_path: Path) -> tuple[str, dict[str, Any]]:
    studies = studies_of(study)
    results = analyze(studies, AnalysisOptions(threshold=3, covariance="delong"))
    write_analysis(studies, results, tmp_path)
    return (tmp_path / "report.html").read_text(encoding="utf-8"), results


def _checked(page: str) -> ElementTree.Element:
    """Parse strictly, and find nothing that runs or comes from elsewhere."""
    tree: ElementTree.Element = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    identifiers = []
    for element in tree.iter():
        tag = str(element.tag).rsplit("}")[-1]
        assert HTML_TAGS.fullmatch(tag) or SVG_TAGS.fullmatch(tag), tag
        for name, value in element.attrib.items():
            assert not name.startswith("on") and name not in ("style", "src"), name
            assert name != "href" or re.fullmatch(r"#[a-z0-9-]+", value), value
            if name == "id":
                identifiers.append(value)
    assert len(identifiers) == len(set(identifiers))
    assert not re.search(r"https?:|@import|url\(|javascript:", page)
    return tree


def _texts(tree: ElementTree.Element) -> str:
    return " ".join(" ".join(tree.itertext()).split())


def test_the_whole_page_is_valid_and_holds_every_part(tmp_path: Path) -> None:
    page, results = _page(collected_study(), tmp_path)
    tree = _checked(page)
    headings = [" ".join(item.itertext()) for item in tree.iter("h2")]
    assert [part for part in PARTS if part not in headings] == []
    text = _texts(tree)
    assert "Research use only." in text and "SYNTHETIC" not in text
    assert "washout 7 days" in text and "read of case-3 sent twice" in text
    assert results["flow"]["missing_reads"] == 1 and "143 of 144 planned reads" in text
    row = results["targets"]["fracture"]["auc"]["random_readers_random_cases"]["differences"][0]
    assert f"{row['difference']:.5f}".replace("-", "\u2212") in text


def test_names_that_are_markup_stay_text(tmp_path: Path) -> None:
    study = collected_study((EVIL, "Bo", "C</title></style>"), (EVIL + "a", "&lt;b&gt;"), EVIL)
    study = replace(
        study,
        notes=(EVIL,),
        problems=tuple(replace(item, message=EVIL) for item in study.problems),
        deviations=tuple(replace(item, why=EVIL) for item in study.deviations),
    )
    page, _ = _page(study, tmp_path)
    text = _texts(_checked(page))
    assert "<script>alert(1)</script>" in text and "C</title></style>" in text and "&lt;b&gt;" in text
    assert "\u202e" not in page and "\0" not in page
    # nothing of the kind in a name of the file for iMRMC either
    lines = (tmp_path / "imrmc-1.csv").read_text().split("BEGIN DATA:\n")[1].splitlines()
    assert all(len(line.split(",")) == 4 for line in lines)


def test_a_collected_study_is_analyzed_by_the_command(medmm: Medmm, tmp_path: Path) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    write_results(collected_study(), folder)
    assert [study.target for study in open_study(folder)] == ["fracture", "effusion"]
    done = medmm("study", "analyze", folder, "--out", tmp_path / "out", "--threshold", 50)
    assert done.code == 0, done.err
    assert "AUC for fracture" in done.out and "Research use only." in done.out
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "results.json", "report.html", "reads-1.csv", "reads-2.csv", "imrmc-1.csv", "imrmc-2.csv",
    }  # fmt: skip
    reads = (tmp_path / "out" / "reads-1.csv").read_text().splitlines()
    assert len(reads) == 145 and sum(line.endswith(",missing") for line in reads) == 1
    value = json.loads((tmp_path / "out" / "results.json").read_text())
    assert value["schema"] == "medmm-study-analysis" and value["study"]["kind"] == "collected"


@pytest.mark.parametrize("content", [None, "{", '{"schema": "other"}'])
def test_folders_that_hold_no_study(medmm: Medmm, tmp_path: Path, content: str | None) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    if content is not None:
        (folder / "study.json").write_text(content)
    medmm("study", "analyze", folder, "--out", tmp_path / "out").refused(3, "study")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--alpha", "1.5"), ["--alpha"]),
        (("--threshold", "nan"), ["--threshold"]),
        (("--reference-test", "nobody"), ["nobody", "unaided"]),
        (("--readers", "fixed", "--cases", "fixed"), ["both fixed"]),
    ],
)
def test_options_that_make_no_sense(
    medmm: Medmm, tmp_path: Path, options: tuple[str, ...], words: list[str]
) -> None:
    folder = tmp_path / "study"
    folder.mkdir()
    write_results(collected_study(), folder)
    medmm("study", "analyze", folder, "--out", tmp_path / "out", *options).refused(2, *words)
    assert not (tmp_path / "out").exists()
