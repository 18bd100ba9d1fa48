"""Merging a new draft with what a reader did to the old one. Pure: no scene."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.core import Report, ReportSection, ReportSentence
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.reading import report_state as states
from MedMMSlicerLib.reading.report_state import ReportState, first_state, redraft

TITLES = {"indication": "Indication", "findings": "Findings", "impression": "Impression"}
Draft = dict[str, Sequence[tuple[str, str]]]


def make(draft: Draft, language: str = "en") -> Report:
    """A draft from section to (evidence id, text); without evidence it is a template sentence."""
    sections = []
    for name, lines in draft.items():
        sentences = tuple(
            ReportSentence(f"{name}-{number}", text, "model" if ids else "template", tuple(ids.split()))
            for number, (ids, text) in enumerate(lines, start=1)
        )
        sections.append(ReportSection(name, TITLES[name], sentences))
    return Report("Report", language, "Research.", tuple(sections), "2026")


BASE: Draft = {
    "findings": [
        ("f-a", "A is 10 %."),
        ("f-b", "B is 20 %."),
        ("f-c", "C is 30 %."),
        ("", "No range applies."),
    ],
    "impression": [("f-b f-c", "Above: B, C."), ("", "The reader completes the impression.")],
}


def changed(draft: Draft, section: str, **texts: str) -> Draft:
    """The draft with other texts by evidence id; an empty text leaves a line out."""
    lines = [(ids, texts.get(ids.replace("-", "_"), text)) for ids, text in draft[section]]
    return {**draft, section: [line for line in lines if line[1]]}


def text_of(state: ReportState, section: str = "findings") -> list[str]:
    return [item.text for part in state.report.sections if part.id == section for item in part.sentences]


def by_id(state: ReportState) -> dict[str, ReportSentence]:
    return {item.id: item for part in state.report.sections for item in part.sentences}


def test_an_edit_is_the_readers_and_knows_its_origin() -> None:
    state = states.set_text(first_state(make(BASE)), "findings-1", "A  is\nlow.")
    sentence = by_id(state)["findings-1"]
    assert (sentence.text, sentence.author, sentence.evidence_ids) == ("A is low.", "reader", ("f-a",))
    assert state.origins["findings-1"].text == "A is 10 %." and state.origins["findings-1"].author == "model"
    again = states.set_text(state, "findings-1", "A is very low.")
    assert again.origins["findings-1"].text == "A is 10 %."
    back = states.set_text(again, "findings-1", "A is 10 %.")
    assert back == first_state(make(BASE))
    assert states.set_text(state, "findings-1", "A is low.") is state


def test_edits_of_nothing_are_refused() -> None:
    state = first_state(make(BASE))
    for act in (
        lambda: states.set_text(state, "none", "x"),
        lambda: states.remove_sentence(state, "none"),
        lambda: states.move_sentence(state, "none", "findings"),
        lambda: states.move_sentence(state, "findings-1", "none"),
        lambda: states.add_sentence(state, "none", "x"),
        lambda: states.add_sentence(state, "findings", "x", "none"),
        lambda: states.add_sentence(state, "findings", " \n"),
        lambda: states.resolve_pending(state, "findings-1", True),
    ):
        with pytest.raises(InputError):
            act()


def test_an_empty_text_removes() -> None:
    state = states.set_text(first_state(make(BASE)), "findings-2", "   ")
    assert "findings-2" not in by_id(state) and state.removed_ids == {"findings-2"}


def test_sentences_are_added_where_asked() -> None:
    state, first = states.add_sentence(first_state(make(BASE)), "findings", "Mine.", "findings-1")
    state, second = states.add_sentence(state, "findings", "At the end.")
    assert text_of(state) == [
        "A is 10 %.",
        "Mine.",
        "B is 20 %.",
        "C is 30 %.",
        "No range applies.",
        "At the end.",
    ]
    assert first != second and by_id(state)[first].author == "reader"
    state, _ = states.add_sentence(state, "indication", "Cough.", titles=TITLES)
    assert [section.id for section in state.report.sections] == ["indication", "findings", "impression"]
    assert state.report.sections[0].title == "Indication"


def test_only_untouched_sentences_are_drafted_anew() -> None:
    state = states.set_text(first_state(make(BASE)), "findings-1", "A is low.")
    state = redraft(state, make(changed(BASE, "findings", f_a="A is 90 %.", f_b="B is 95 %.")))
    assert text_of(state) == ["A is low.", "B is 95 %.", "C is 30 %.", "No range applies."]
    assert by_id(state)["findings-2"].text == "B is 95 %."


def test_a_sentence_that_is_no_more_drafted_goes_unless_touched() -> None:
    state = states.set_text(first_state(make(BASE)), "findings-1", "A is low.")
    state = redraft(state, make(changed(BASE, "findings", f_a="", f_b="")))
    assert text_of(state) == ["A is low.", "C is 30 %.", "No range applies."]
    back = redraft(state, make(BASE))
    assert text_of(back) == ["A is low.", "B is 20 %.", "C is 30 %.", "No range applies."]


def test_removed_sentences_stay_removed() -> None:
    state = states.remove_sentence(first_state(make(BASE)), "findings-2")
    state = states.remove_sentence(state, "findings-4")
    state = redraft(state, make(changed(BASE, "findings", f_b="B is 95 %.")))
    assert text_of(state) == ["A is 10 %.", "C is 30 %."]
    # Also after the finding was gone for a while.
    state = redraft(state, make(changed(BASE, "findings", f_b="")))
    state = redraft(state, make(changed(BASE, "findings", f_b="B is 50 %.")))
    assert text_of(state) == ["A is 10 %.", "C is 30 %."]


def test_removed_readers_sentences_stay_removed() -> None:
    state, name = states.add_sentence(first_state(make(BASE)), "findings", "Mine.")
    state = redraft(states.remove_sentence(state, name), make(changed(BASE, "findings", f_a="A is 11 %.")))
    assert "Mine." not in text_of(state)
    assert states.add_sentence(state, "findings", "Other.")[1] == name, "the id is free again"


def test_added_sentences_stay_behind_their_neighbor() -> None:
    state, _ = states.add_sentence(first_state(make(BASE)), "findings", "Mine.", "findings-2")
    reordered = dict(BASE)
    reordered["findings"] = [
        BASE["findings"][2],
        BASE["findings"][1],
        BASE["findings"][0],
        BASE["findings"][3],
    ]
    state = redraft(state, make(reordered))
    assert text_of(state) == ["C is 30 %.", "B is 20 %.", "Mine.", "A is 10 %.", "No range applies."]


def test_the_readers_order_is_kept() -> None:
    state = states.move_sentence(first_state(make(BASE)), "findings-3", "findings")
    assert text_of(state)[:2] == ["C is 30 %.", "A is 10 %."]
    more = changed(BASE, "findings", f_c="C is 80 %.")
    more["findings"] = [*more["findings"][:2], ("f-d", "D is new."), *more["findings"][2:]]
    state = redraft(state, make(more))
    assert text_of(state) == ["C is 80 %.", "A is 10 %.", "B is 20 %.", "D is new.", "No range applies."]
    assert states.move_sentence(state, "findings-3", "findings", "findings-3") is state


def test_a_sentence_that_was_moved_to_another_section_stays_there_and_is_drafted_anew() -> None:
    state = states.move_sentence(first_state(make(BASE)), "findings-1", "impression", "impression-1")
    state = redraft(state, make(changed(BASE, "findings", f_a="A is 90 %.")))
    assert text_of(state)[0] == "B is 20 %."
    assert text_of(state, "impression")[1] == "A is 90 %."


def test_sections_come_and_go() -> None:
    without = {"findings": BASE["findings"]}
    state, _ = states.add_sentence(first_state(make(BASE)), "impression", "Mine.")
    state = redraft(state, make(without))
    assert [section.id for section in state.report.sections] == ["findings", "impression"]
    assert text_of(state, "impression") == ["Mine."]
    assert [section.id for section in redraft(first_state(make(BASE)), make(without)).report.sections] == [
        "findings"
    ]
    state = redraft(first_state(make(without)), make({"indication": [("", "Cough.")], **BASE}))
    assert [section.id for section in state.report.sections] == ["indication", "findings", "impression"]


def test_a_summary_keeps_its_id_when_its_evidence_grows() -> None:
    state = states.set_text(first_state(make(BASE)), "impression-1", "B and C stand out.")
    grown = {**BASE, "impression": [("f-a f-b f-c", "Above: A, B, C."), BASE["impression"][1]]}
    state = redraft(state, make(grown))
    assert text_of(state, "impression") == ["B and C stand out.", "The reader completes the impression."]
    (pending,) = states.pending_changes(state)
    assert (pending.drafted_before, pending.drafted_now) == ("Above: B, C.", "Above: A, B, C.")


def test_template_sentences_are_recognized_by_their_text() -> None:
    state = states.set_text(first_state(make(BASE)), "findings-4", "No range at all.")
    other = {
        **BASE,
        "findings": [*BASE["findings"][:3], ("", "No range applied."), ("", "Something else: 5.")],
    }
    state = redraft(state, make(other))
    assert text_of(state)[3:] == ["No range at all.", "Something else: 5."]


def test_another_language_drafts_what_is_untouched() -> None:
    chinese: Draft = {
        "findings": [("f-a", "甲 10%。"), ("f-b", "乙 20%。"), ("f-c", "丙 30%。"), ("", "无参考范围。")],
        "impression": [("f-b f-c", "高于：乙、丙。"), ("", "由阅片者完成印象。")],
    }
    state = states.set_text(first_state(make(BASE)), "findings-2", "B is mine.")
    state = states.remove_sentence(state, "findings-4")
    state = redraft(state, make(chinese, "zh-CN"))
    assert text_of(state) == ["甲 10%。", "B is mine.", "丙 30%。"]
    assert text_of(state, "impression") == ["高于：乙、丙。", "由阅片者完成印象。"]
    assert state.report.language == "zh-CN"


def test_pending_changes_are_offered_once() -> None:
    state = states.set_text(first_state(make(BASE)), "findings-1", "A is low.")
    assert states.pending_changes(state) == ()
    new = redraft(state, make(changed(BASE, "findings", f_a="A is 90 %.", f_b="B is 95 %.")))
    (pending,) = states.pending_changes(new)
    assert dataclasses.astuple(pending) == ("findings-1", "A is low.", "A is 10 %.", "A is 90 %.")
    kept = states.resolve_pending(new, "findings-1", take=False)
    assert states.pending_changes(kept) == () and by_id(kept)["findings-1"].text == "A is low."
    taken = states.resolve_pending(new, "findings-1", take=True)
    assert by_id(taken)["findings-1"].text == "A is 90 %." and not taken.origins
    assert by_id(taken)["findings-1"].author == "model"


def test_a_touched_sentence_whose_finding_is_gone_is_pending() -> None:
    state = states.set_text(first_state(make(BASE)), "findings-1", "A is low.")
    gone = redraft(state, make(changed(BASE, "findings", f_a="")))
    assert [item.drafted_now for item in states.pending_changes(gone)] == [""]
    kept = states.resolve_pending(gone, "findings-1", take=False)
    assert states.pending_changes(kept) == () and "A is low." in text_of(kept)
    assert [item.drafted_now for item in states.pending_changes(redraft(kept, make(BASE)))] == ["A is 10 %."]
    taken = states.resolve_pending(gone, "findings-1", take=True)
    assert "A is low." not in text_of(taken)
    assert "A is 10 %." in text_of(redraft(taken, make(BASE)))


def test_a_state_survives_json() -> None:
    state = states.set_text(first_state(make(BASE)), "findings-1", "A is low.")
    state = states.remove_sentence(state, "findings-2")
    state = redraft(state, make(changed(BASE, "findings", f_a="", f_b="")))
    value = json.loads(json.dumps(states.state_to_json(state)))
    assert states.state_from_json(state.report, value) == state
    assert states.state_from_json(state.report, {}) == first_state(state.report)
    for damaged in ({"base": 5}, {**value, "origins": []}, {**value, "lost": [["a"]]}):
        with pytest.raises(InputError, match="damaged"):
            states.state_from_json(state.report, damaged)


_DRAFTS = st.lists(
    st.tuples(
        st.sampled_from(["f-a", "f-b", "f-c", "f-d", "f-a f-b", ""]), st.sampled_from(["X.", "Y.", "Z."])
    ),
    max_size=6,
)
_STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("draft"), _DRAFTS),
        st.tuples(st.sampled_from(["set", "remove", "move", "add"]), st.integers(0, 9)),
    ),
    max_size=8,
)


@settings(max_examples=150, deadline=None)
@given(_DRAFTS, _STEPS)
def test_whatever_happens_nothing_of_the_reader_is_lost(first: list, steps: list) -> None:
    """Ids stay unique, the reader's texts stay, removed ids stay away; drafting twice changes nothing."""
    state, mine, removed = first_state(make({"findings": first, "impression": []})), {}, set()
    for number, (kind, value) in enumerate(steps):
        if kind == "draft":
            state = redraft(state, make({"findings": value, "impression": []}))
            assert redraft(state, make({"findings": value, "impression": []})) == state
        elif kind == "add":
            state, name = states.add_sentence(state, "findings", f"Mine {number}.")
            mine[name] = f"Mine {number}."
        elif by_id(state):
            name = list(by_id(state))[value % len(by_id(state))]
            if kind == "set":
                mine[name] = f"Edit {number}."
                state = states.set_text(state, name, mine[name])
            elif kind == "remove":
                state = states.remove_sentence(state, name)
                if mine.pop(name, "") and not name.startswith("reader"):
                    removed.add(name)
            else:
                state = states.move_sentence(state, name, "impression")
        ids = [item.id for part in state.report.sections for item in part.sentences]
        assert len(ids) == len(set(ids))
        assert {name: by_id(state)[name].text for name in mine} == mine
        assert not removed & set(ids)
