from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from MedMMSlicerLib.core import Case, ClinicalContext, OperatingPoint, VolumeGeometry
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.reporting.draft import DraftOptions, draft_report
from MedMMSlicerLib.reporting.plain_text import display_width
from MedMMSlicerLib.reporting.render import report_from_json, to_html, to_json, to_text
from MedMMSlicerLib.reporting.templates import LANGUAGES

VOID = {"meta", "br", "img", "link", "hr", "input", "rect", "line"}
PNG = b"\x89PNG\r\n\x1a\n" + b"data"
HOSTILE = (
    '<script>alert(1)</script>"><img src=x onerror=alert(2)>'
    + "{{7*7}}{% raw %}${7*7}\x00\u202egnol\u2066 </style></title>--><!-- &amp; ' \ud800"
    + "W" * 300
)


class Page(HTMLParser):
    """Collects elements and checks that they nest."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.text: list[str] = []
        self.declarations: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_decl(self, decl: str) -> None:
        self.declarations.append(decl)

    def handle_comment(self, data: str) -> None:
        raise AssertionError(f"comment: {data}")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        assert len({name for name, _ in attrs}) == len(attrs)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def of(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def poisoned(value, text: str = HOSTILE):
    """The same data with every text replaced."""
    if isinstance(value, str):
        return text
    if isinstance(value, VolumeGeometry | np.ndarray | Path):
        return value
    if dataclasses.is_dataclass(value):
        names = [field.name for field in dataclasses.fields(value)]
        return type(value)(**{name: poisoned(getattr(value, name), text) for name in names})
    if isinstance(value, Mapping):
        # Languages and series roles stay, so that the texts below are used.
        return {key: poisoned(item, text) for key, item in value.items()}
    if isinstance(value, tuple):
        return tuple(poisoned(item, text) for item in value)
    return value


@pytest.fixture
def a_scored_prediction(a_prediction):
    point = OperatingPoint(0.4, 0.9, 0.8)
    first = replace(a_prediction.findings[0], probability=0.631, score=1.0, operating_point=point)
    return replace(a_prediction, findings=(first, *a_prediction.findings[1:]))


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_structure(a_case, a_scored_prediction, a_manifest, language):
    report = draft_report(a_case, [a_scored_prediction], [a_manifest], language)
    html = to_html(report, [a_scored_prediction], {"overlay": PNG})
    page = Page(html)
    assert html.startswith("<!DOCTYPE html>\n<html lang=")
    assert page.of("html") == [{"lang": language}]
    tags = {tag for tag, _ in page.elements}
    assert not tags & {"script", "iframe", "object", "link", "form", "base"}
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(set(ids)) == len(ids)
    links = {attributes["href"] for attributes in page.of("a")}
    assert len(links) >= 11 and {link[1:] for link in links} <= set(ids)
    assert page.of("img")[0]["src"].startswith("data:image/png;base64,")
    assert page.of("img")[0]["alt"]
    assert html.count(report.notice) == 2
    text = "".join(page.text)
    for section in report.sections:
        assert section.title in text
        for sentence in section.sentences:
            assert sentence.text in text
    # The bar of 63.1 percent with the operating point at 40.
    fills = [item for item in page.of("rect") if item["class"] == "fill"]
    assert [item["width"] for item in fills] == ["63.1"]
    assert page.of("line")[0]["x1"] == "40.0"


def test_the_policy_allows_the_own_style_only(a_case, a_prediction, a_manifest):
    import base64
    import hashlib

    html = to_html(draft_report(a_case, [a_prediction], [a_manifest]), [a_prediction])
    style = html.split("<style>")[1].split("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = next(
        item["content"]
        for item in Page(html).of("meta")
        if item.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none'; ") and f"style-src 'sha256-{digest}'" in policy
    assert "unsafe" not in policy and "http" not in policy
    assert "url(" not in style and "@import" not in style
    assert not any("style" in attributes for _, attributes in Page(html).elements)


def test_html5lib_finds_no_error(a_case, a_scored_prediction, a_manifest):
    html5lib = pytest.importorskip("html5lib")
    report = draft_report(a_case, [a_scored_prediction], [a_manifest], "zh-CN")
    parser = html5lib.HTMLParser(strict=True)
    parser.parse(to_html(report, [a_scored_prediction], {"overlay": PNG}))


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_text_is_escaped_everywhere(a_case, a_scored_prediction, a_manifest, language):
    case = Case(HOSTILE, poisoned(dict(a_case.series)), poisoned(a_case.context))
    prediction = replace(
        poisoned(a_scored_prediction), texts={HOSTILE: HOSTILE}, missing=(HOSTILE, f"lab.{HOSTILE}")
    )
    options = DraftOptions(created_at="2026-01-01T00:00:00+00:00")
    report = draft_report(case, [prediction], [poisoned(a_manifest)], language, options)
    html = to_html(report, [prediction], {HOSTILE: PNG})
    clean = Page(to_html(draft_report(a_case, [], []), []))
    page = Page(html)
    assert not page.of("script")
    assert len(page.of("img")) == 1 and len(page.of("title")) == len(clean.of("title")) == 1
    assert not any(name.startswith("on") for _, attributes in page.elements for name in attributes)
    assert "{{7*7}}" in html and "49" not in "".join(page.text)
    for text in (html, to_text(report)):
        assert "\x00" not in text and "\u202e" not in text and "\u2066" not in text
        text.encode("utf-8")
    assert all(display_width(line) <= 80 for line in to_text(report).splitlines())
    json.dumps(to_json(report, [prediction]), allow_nan=False)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_report_that_is_poisoned_itself(a_case, a_prediction, a_manifest, language):
    report = poisoned(draft_report(a_case, [a_prediction], [a_manifest], language))
    page = Page(to_html(report, [a_prediction]))
    assert not page.of("script") and not page.of("img")
    assert {item["class"] for item in page.of("li")} == {"reader"}
    assert all(display_width(line) <= 80 for line in to_text(report).splitlines())


def test_nothing_of_the_patient_leaks(a_case, a_prediction, a_manifest):
    report = draft_report(a_case, [a_prediction], [a_manifest])
    for text in (
        to_html(report, [a_prediction]),
        to_text(report),
        json.dumps(to_json(report, [a_prediction])),
    ):
        assert "DOE" not in text and "4711" not in text


def test_evidence_without_a_row_is_named(a_case, a_prediction, a_manifest):
    report = draft_report(a_case, [a_prediction], [a_manifest])
    html = to_html(report)
    assert "m-hippocampus-asymmetry" in html and "<a " not in html


def test_an_image_has_to_be_a_png(a_case):
    with pytest.raises(UsageError, match="'picture' of the report is not a PNG"):
        to_html(draft_report(a_case, [], []), images={"picture": b"GIF89a"})


@pytest.mark.parametrize("language", LANGUAGES)
def test_text_is_wrapped_and_complete(a_case, a_prediction, a_manifest, language):
    report = draft_report(a_case, [a_prediction], [a_manifest], language)
    text = to_text(report)
    assert text.endswith("\n") and not text.endswith("\n\n")
    assert max(map(display_width, text.splitlines())) <= 80
    joined = "".join(text.split())
    assert "".join(report.notice.split()) in joined
    for section in report.sections:
        assert section.title.upper() in text
        for sentence in section.sentences:
            assert "".join(sentence.text.split()) in joined


def test_json_reads_back(a_case, a_scored_prediction, a_manifest):
    report = draft_report(a_case, [a_scored_prediction], [a_manifest], "zh-CN")
    value = json.loads(json.dumps(to_json(report, [a_scored_prediction]), allow_nan=False))
    assert value["schema"] == "medmm-report" and value["schema_version"] == 1
    assert report_from_json(value) == report
    evidence = value["evidence"][0]
    assert evidence["bundle"]["id"] == "hippocampus-mr"
    stated = {name for item in report.sections for line in item.sentences for name in line.evidence_ids}
    known = {item["id"] for item in evidence["findings"] + evidence["measurements"]}
    assert stated <= known


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"schema": "medmm-report", "schema_version": 2},
        {"schema": "medmm-report", "schema_version": 1},
        {"schema": "medmm-report", "schema_version": 1, "report": {"sections": [{}]}},
        {"schema": "medmm-report", "schema_version": 1, "report": {"sections": [], "x": 1}},
    ],
)
def test_other_json_is_refused(value):
    with pytest.raises(InputError):
        report_from_json(value)


def test_infinite_laboratory_values_reach_no_json(a_series):
    case = Case("x", {"current": a_series}, ClinicalContext(age_years=float("nan")))
    json.dumps(to_json(draft_report(case, [], [])), allow_nan=False)
