"""Tampering with one character of a report or its trail is found, and where."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.core import Report, to_json
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.reporting.document.audit import AuditTrail, trail_from_lines
from MedMMSlicerLib.reporting.document.codec import document_from_json, document_to_json, report_to_json
from MedMMSlicerLib.reporting.document.model import ReportDocument
from MedMMSlicerLib.reporting.document.verify import verify_document
from MedMMSlicerLib.reporting.document.workflow import Act, amend, sign, update_report

Edit = Callable[..., Report]
At = Callable[[int], str]


@pytest.fixture
def a_long_story(a_document: ReportDocument, edit: Edit, at: At) -> ReportDocument:
    """Signed, amended with an edit, and signed again."""
    signed = sign(a_document, Act("Dr. Li", at(30)), "Radiologist")
    opened = amend(signed, Act("Dr. Wu", at(40)), "Corrected.")
    changed = update_report(
        opened, edit(opened.report, "impression-1", "其他。Other."), Act("Dr. Wu", at(50))
    )
    return sign(changed, Act("Dr. Wu", at(60)))


def _with_character(text: str, place: int, new: str = "") -> str:
    place %= len(text)
    other = new if new and new != text[place] else ("y" if text[place] == "x" else "x")
    return text[:place] + other + text[place + 1 :]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(place=st.integers(0, 200), which=st.integers(0, 3), new=st.characters(codec="utf-8"))
def test_one_character_of_the_report_is_located(
    a_long_story: ReportDocument, edit: Edit, place: int, which: int, new: str
) -> None:
    items = [(section.id, item) for section in a_long_story.report.sections for item in section.sentences]
    section_id, item = items[which]
    report = edit(a_long_story.report, item.id, _with_character(item.text, place, new), item.author)
    found = verify_document(dataclasses.replace(a_long_story, report=report))
    assert [(one.kind, one.sentence_id, one.section_id, one.version) for one in found] == [
        ("sentence", item.id, section_id, 2)
    ]


def test_one_character_of_an_earlier_signed_version_is_located(
    a_long_story: ReportDocument, edit: Edit
) -> None:
    kept = a_long_story.versions[0]
    text = kept.report.sections[0].sentences[1].text
    report = edit(kept.report, "findings-2", _with_character(text, 3), "template")
    tampered = dataclasses.replace(a_long_story, versions=(dataclasses.replace(kept, report=report),))
    (found,) = verify_document(tampered)
    assert (found.kind, found.sentence_id, found.version) == ("sentence", "findings-2", 1)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(place=st.integers(0, 5000), entry=st.integers(0, 5), new=st.characters(codec="utf-8"))
def test_one_character_of_the_trail_is_located(
    a_long_story: ReportDocument, place: int, entry: int, new: str
) -> None:
    lines = [item.line for item in a_long_story.audit.entries]
    if new == "\n":
        new = "z"
    lines[entry] = _with_character(lines[entry], place, new)
    try:
        trail = trail_from_lines("\n".join(lines) + "\n")
    except InputError as error:
        assert f"Line {entry + 1} " in str(error)
        return
    found = verify_document(dataclasses.replace(a_long_story, audit=trail))
    assert found and found[0].kind == "entry" and found[0].entry == entry + 1
    assert {item.entry for item in found if item.kind == "entry"} == {entry + 1}


def _replaced(document: ReportDocument, part: str, /, **changes: Any) -> ReportDocument:
    items = getattr(document, part)
    return dataclasses.replace(document, **{part: (dataclasses.replace(items[0], **changes), *items[1:])})


@pytest.mark.parametrize(
    ("kind", "tamper"),
    [
        ("signature", lambda d: _replaced(d, "signatures", name="Dr. Lo")),
        ("signature", lambda d: _replaced(d, "signatures", at="2026-01-02T03:00:31+00:00")),
        ("signature", lambda d: _replaced(d, "signatures", role="Radiologisx")),
        ("signature", lambda d: dataclasses.replace(d, signatures=d.signatures[:1])),
        ("addendum", lambda d: _replaced(d, "addenda", text="Corrected!")),
        ("addendum", lambda d: dataclasses.replace(d, addenda=())),
        ("status", lambda d: dataclasses.replace(d, status="final")),
        ("status", lambda d: dataclasses.replace(d, report=dataclasses.replace(d.report, status="draft"))),
        ("report", lambda d: dataclasses.replace(d, versions=())),
        ("report", lambda d: dataclasses.replace(d, report=dataclasses.replace(d.report, notice="None."))),
        ("history", lambda d: dataclasses.replace(d, history={**d.history, "findings-1": ()})),
        ("report", lambda d: dataclasses.replace(d, id="report-2")),
    ],
)
def test_everything_else_is_told_by_its_kind(a_long_story: ReportDocument, kind: str, tamper: Any) -> None:
    assert verify_document(a_long_story) == ()
    assert kind in {item.kind for item in verify_document(tamper(a_long_story))}


def test_order_and_titles_of_sections_are_located(a_document: ReportDocument) -> None:
    first, second = a_document.report.sections
    turned = dataclasses.replace(first, sentences=first.sentences[::-1])
    report = dataclasses.replace(a_document.report, sections=(turned, second))
    (found,) = verify_document(dataclasses.replace(a_document, report=report))
    assert (found.kind, found.section_id) == ("section", "findings")
    titled = dataclasses.replace(second, title="Impressiom")
    report = dataclasses.replace(a_document.report, sections=(first, titled))
    (found,) = verify_document(dataclasses.replace(a_document, report=report))
    assert (found.kind, found.section_id) == ("section", "impression")


def test_removed_added_and_relinked_sentences_are_located(a_document: ReportDocument) -> None:
    first, second = a_document.report.sections
    shorter = dataclasses.replace(first, sentences=first.sentences[1:])
    report = dataclasses.replace(a_document.report, sections=(shorter, second))
    (found,) = verify_document(dataclasses.replace(a_document, report=report))
    assert found.sentence_id == "findings-1" and "removed" in found.message
    linked = dataclasses.replace(second.sentences[0], evidence_ids=("f-2",))
    report = dataclasses.replace(
        a_document.report, sections=(first, dataclasses.replace(second, sentences=(linked,)))
    )
    (found,) = verify_document(dataclasses.replace(a_document, report=report))
    assert found.sentence_id == "impression-1" and "changed" in found.message


def test_a_cut_trail_is_found_by_the_report_it_no_longer_tells(a_document: ReportDocument) -> None:
    cut = dataclasses.replace(a_document, audit=AuditTrail(a_document.audit.entries[:-1]))
    found = verify_document(cut)
    assert {item.sentence_id for item in found} == {"findings-3"}
    assert verify_document(dataclasses.replace(a_document, audit=AuditTrail()))


def test_json_in_and_out(a_long_story: ReportDocument) -> None:
    value = json.loads(json.dumps(document_to_json(a_long_story), ensure_ascii=False))
    assert value["schema"] == "medmm-report-document" and value["schema_version"] == 1
    read = document_from_json(value)
    assert read == a_long_story and verify_document(read) == ()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": "else"}, "no MedMM report document"),
        ({"schema_version": 2}, "newer MedMM"),
        ({"schema_version": None}, "newer MedMM"),
        ({"signatures": [{"name": 1, "who": 2}]}, "damaged"),
        ({"report": {}}, "damaged"),
        ({"history": []}, "damaged"),
        ({"versions": [{"version": 1}]}, "damaged"),
        ({"audit": ["{}"]}, "Line 1 "),
        ({"reading": {"more": 1}}, "damaged"),
    ],
)
def test_damaged_json_is_refused(a_long_story: ReportDocument, change: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        document_from_json({**document_to_json(a_long_story), **change})


def test_a_report_is_stored_as_core_would(a_report: Report) -> None:
    assert report_to_json(a_report) == to_json(a_report)
    assert list(report_to_json(a_report)) == [item.name for item in dataclasses.fields(Report)]
