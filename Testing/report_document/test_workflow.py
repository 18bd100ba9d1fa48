"""Draft, preliminary, final, amended; what each forbids; any order of steps leaves a document that fits."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule
from MedMMSlicerLib.core import Report, ReportSection, ReportSentence
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.reporting.document.codec import document_from_json, document_to_json
from MedMMSlicerLib.reporting.document.model import ReportDocument, content_sha256
from MedMMSlicerLib.reporting.document.verify import verify_document
from MedMMSlicerLib.reporting.document.workflow import (
    Act,
    amend,
    make_preliminary,
    new_document,
    record,
    record_export,
    sign,
    update_report,
)

At = Callable[[int], str]
Edit = Callable[..., Report]


def test_the_first_draft_is_in_trail_and_history(a_report: Report, at: At) -> None:
    document = new_document(a_report, Act("mixed 1.2.0", at(0), details={"bundle": "mixed"}), "report-1")
    assert document.status == "draft" and document.version == 1 and not document.is_signed
    entry = document.audit.entries[0]
    assert entry.action == "created" and entry.who == "mixed 1.2.0" and entry.data["bundle"] == "mixed"
    assert entry.data["content_sha256"] == document.sha256
    for section in a_report.sections:
        for item in section.sentences:
            (edit,) = document.history[item.id]
            assert (edit.before, edit.after, edit.author) == ("", item.text, item.author)


def test_an_edit_says_who_when_and_what(a_document: ReportDocument, a_report: Report, at: At) -> None:
    before = a_report.sections[0].sentences[2].text
    edit = a_document.history["findings-3"][-1]
    assert (edit.at, edit.who, edit.author) == (at(10), "Dr. Li", "reader")
    assert edit.before == before and edit.after == before.replace("5", "6")
    (change,) = a_document.audit.entries[-1].data["sentences"]
    assert change["kind"] == "edited" and change["evidence_ids"] == ["f-1", "m-2"]


def test_nothing_is_written_where_nothing_changed(a_document: ReportDocument, at: At) -> None:
    same = update_report(
        a_document, dataclasses.replace(a_document.report, status="x"), Act("Dr. Li", at(11))
    )
    assert same is a_document


def test_signing_makes_read_only(a_document: ReportDocument, edit: Edit, at: At) -> None:
    signed = sign(
        make_preliminary(a_document, Act("Dr. Li", at(20))), Act(" Dr.\tLi ", at(30)), "Radiologist"
    )
    assert signed.status == signed.report.status == "final" and signed.is_signed
    signature = signed.signature
    assert signature is not None and signature.name == "Dr. Li" and signature.role == "Radiologist"
    assert signature.sha256 == signed.sha256 == content_sha256(signed.report, "report-1", 1, ())
    changed = edit(signed.report, "findings-1", "Else.")
    for step in (
        lambda: update_report(signed, changed, Act("Dr. Li", at(40))),
        lambda: sign(signed, Act("Dr. Li", at(40))),
    ):
        with pytest.raises(UsageError, match=r"signed by Dr\. Li at .* read-only\. Amend it"):
            step()
    with pytest.raises(UsageError, match="is final already"):
        make_preliminary(signed, Act("Dr. Li", at(40)))
    assert verify_document(signed) == ()


def test_amending_keeps_what_was_signed(a_document: ReportDocument, edit: Edit, at: At) -> None:
    signed = sign(a_document, Act("Dr. Li", at(30)))
    opened = amend(signed, Act("Dr. Wu", at(50)), "Side corrected after a call.")
    assert opened.status == "amended" and opened.version == 2 and not opened.is_signed
    assert opened.versions[0].report == signed.report and opened.signatures == signed.signatures
    assert opened.addenda[0].text == "Side corrected after a call." and opened.addenda[0].who == "Dr. Wu"
    changed = update_report(opened, edit(opened.report, "impression-1", "Other."), Act("Dr. Wu", at(60)))
    again = sign(changed, Act("Dr. Wu", at(70)))
    assert again.status == "amended" and again.is_signed and len(again.signatures) == 2
    assert again.signatures[0].sha256 != again.signatures[1].sha256
    assert again.versions[0].report == signed.report and verify_document(again) == ()
    third = sign(amend(again, Act("Dr. Wu", at(80)), "Once more."), Act("Dr. Wu", at(90)))
    assert [item.version for item in third.versions] == [1, 2] and verify_document(third) == ()


def test_an_addendum_is_signed_with_the_content(a_document: ReportDocument, at: At) -> None:
    opened = amend(sign(a_document, Act("Dr. Li", at(30))), Act("Dr. Wu", at(50)), "Added.")
    other = dataclasses.replace(opened, addenda=(dataclasses.replace(opened.addenda[0], text="Else."),))
    assert other.sha256 != opened.sha256


@pytest.mark.parametrize("name", ["", "  ", "\n\t"])
def test_nobody_is_refused(a_document: ReportDocument, name: str, at: At) -> None:
    with pytest.raises(UsageError, match="Nobody is named"):
        sign(a_document, Act(name, at(30)))
    with pytest.raises(UsageError, match="Nobody is named"):
        record(a_document, Act(name, at(30), "remark"))


def test_what_makes_no_sense_is_refused(a_document: ReportDocument, a_report: Report, at: At) -> None:
    act = Act("Dr. Li", at(30))
    with pytest.raises(UsageError, match="Only a signed report"):
        amend(a_document, act, "Text")
    with pytest.raises(UsageError, match="needs text"):
        amend(sign(a_document, act), act, " \n")
    with pytest.raises(UsageError, match="needs an id"):
        new_document(a_report, act, "")
    with pytest.raises(UsageError, match="does not change a report"):
        update_report(a_document, a_report, dataclasses.replace(act, action="signed"))
    with pytest.raises(UsageError, match="can not be noted alone"):
        record(a_document, dataclasses.replace(act, action="signed"))
    empty = dataclasses.replace(a_report, sections=(ReportSection("findings", "Findings", ()),))
    with pytest.raises(UsageError, match="without a sentence"):
        sign(new_document(empty, act, "x"), act)


def test_an_export_is_noted_even_of_a_signed_report(a_document: ReportDocument, at: At) -> None:
    signed = sign(a_document, Act("Dr. Li", at(30)))
    exported = record_export(signed, Act("Dr. Li", at(40)), "fhir", "ab" * 32)
    data = exported.audit.entries[-1].data
    assert data["kind"] == "fhir" and data["version"] == 1 and data["content_sha256"] == signed.sha256
    assert exported.report is signed.report and verify_document(exported) == ()


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=15)


class AnyOrder(RuleBasedStateMachine):
    """Whatever is done in whatever order, the document fits its trail, and a signed version never changes."""

    def __init__(self) -> None:
        super().__init__()
        self.second = 0
        self.names = 0
        self.signed: dict[int, Report] = {}

    def act(self, action: str = "edited") -> Act:
        self.second += 1
        return Act("Dr. Li", f"2026-01-02T03:{self.second // 60:02d}:{self.second % 60:02d}+00:00", action)

    @initialize(texts=st.lists(TEXT, min_size=1, max_size=4))
    def begin(self, texts: list[str]) -> None:
        sentences = tuple(ReportSentence(f"s{place}", text, "model") for place, text in enumerate(texts))
        sections = (ReportSection("a", "A", sentences), ReportSection("b", "B", ()))
        report = Report("T", "en", "N", sections, "2026")
        self.document = new_document(report, self.act(), "report-1")

    def change(self, report: Report, action: str = "edited") -> None:
        if self.document.is_signed:
            if report != self.document.report:
                with pytest.raises(UsageError):
                    update_report(self.document, report, self.act(action))
            return
        self.document = update_report(self.document, report, self.act(action))

    @rule(text=TEXT, place=st.integers(0, 9), action=st.sampled_from(["edited", "drafted", "undone"]))
    def edit(self, text: str, place: int, action: str) -> None:
        report = self.document.report
        items = [item for section in report.sections for item in section.sentences]
        if items:
            wanted = items[place % len(items)].id
            self.change(_mapped(report, wanted, text), action)

    @rule(text=TEXT, section=st.integers(0, 1))
    def add(self, text: str, section: int) -> None:
        self.names += 1
        report = self.document.report
        old = report.sections[section]
        new = ReportSentence(f"r{self.names}", text, "reader", ("f-1",))
        sections = list(report.sections)
        sections[section] = dataclasses.replace(old, sentences=(new, *old.sentences))
        self.change(dataclasses.replace(report, sections=tuple(sections)))

    @rule()
    def turn_around(self) -> None:
        report = self.document.report
        one, two = report.sections
        sections = (
            dataclasses.replace(one, sentences=two.sentences[::-1]),
            dataclasses.replace(two, sentences=one.sentences),
        )
        self.change(dataclasses.replace(report, sections=sections))

    @rule()
    def remove(self) -> None:
        report = self.document.report
        sections = tuple(dataclasses.replace(item, sentences=item.sentences[1:]) for item in report.sections)
        self.change(dataclasses.replace(report, sections=sections))

    @rule()
    @precondition(lambda self: self.document.status == "draft")
    def release(self) -> None:
        self.document = make_preliminary(self.document, self.act())

    @rule()
    @precondition(lambda self: not self.document.is_signed)
    def sign(self) -> None:
        if any(section.sentences for section in self.document.report.sections):
            self.document = sign(self.document, self.act())
            self.signed[self.document.version] = self.document.report

    @rule(text=TEXT)
    @precondition(lambda self: self.document.is_signed)
    def amend(self, text: str) -> None:
        if text.strip() and text.split():
            self.document = amend(self.document, self.act(), "Note: " + text)

    @rule()
    def export(self) -> None:
        self.document = record_export(self.document, self.act(), "html")

    @invariant()
    def fits(self) -> None:
        assert verify_document(self.document) == ()

    @invariant()
    def keeps_what_was_signed(self) -> None:
        kept = {item.version: item.report for item in self.document.versions}
        if self.document.is_signed:
            kept[self.document.version] = self.document.report
        assert kept == self.signed

    @invariant()
    def survives_json(self) -> None:
        text = json.dumps(document_to_json(self.document), ensure_ascii=False, allow_nan=False)
        assert document_from_json(json.loads(text)) == self.document


def _mapped(report: Report, wanted: str, text: str) -> Report:
    return dataclasses.replace(
        report,
        sections=tuple(
            dataclasses.replace(
                section,
                sentences=tuple(
                    dataclasses.replace(item, text=text, author="reader") if item.id == wanted else item
                    for item in section.sentences
                ),
            )
            for section in report.sections
        ),
    )


AnyOrder.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)
TestAnyOrder = AnyOrder.TestCase
