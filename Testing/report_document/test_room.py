"""The document in the reading room: scene, audit entries, read-only, amendments, inserting, measures."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.reporting.document.audit import trail_from_lines, verify_trail
from MedMMSlicerLib.reporting.document.measures import finding_decisions, measure_sections

pytestmark = pytest.mark.mrml


def _actions(room: Any) -> list[str]:
    return [entry.action for entry in room.report.workflow.document.audit.entries]


def _texts(room: Any) -> dict[str, str]:
    return {item.id: item.text for section in room.report.report.sections for item in section.sentences}


def _id_of(room: Any, part: str) -> str:
    return next(name for name, text in _texts(room).items() if part in text)


@pytest.fixture
def a_room(room: Any) -> Any:
    """With a reader and a clock that goes one second a look."""
    seconds = iter(range(10**6))

    def clock() -> str:
        second = next(seconds)
        return f"2026-01-02T{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d}+00:00"

    room.report.workflow.user = lambda: "Dr. Li"
    room.report.workflow.clock = clock
    return room


def test_no_document_before_the_first_report(
    make_room: Callable[..., Any], open_case: Callable[..., str]
) -> None:
    room = make_room()
    workflow = room.report.workflow
    assert workflow.document is None and workflow.status == "" and not workflow.is_read_only
    open_case(room)
    workflow.activity()
    for act in (workflow.make_preliminary, workflow.verify, lambda: workflow.sign("Dr. Li"),
                lambda: workflow.amend("x"), lambda: workflow.exported("html")):  # fmt: skip
        with pytest.raises(UsageError, match="no report yet"):
            act()


def test_the_draft_is_the_models(a_room: Any) -> None:
    entry = a_room.report.workflow.document.audit.entries[0]
    assert entry.action == "created" and entry.who == "mixed 1.2.0"
    assert entry.data["bundle_sha256"] == "ab" * 32
    assert {item["sentence_id"] for item in entry.data["sentences"]} == set(_texts(a_room))


def test_edits_findings_and_their_new_drafts_are_told_in_order(a_room: Any) -> None:
    name = _id_of(a_room, "pneumonia")
    a_room.report.set_text(name, "No pneumonia.")
    a_room.findings.set_status("f-pneumonia", "rejected")
    entries = a_room.report.workflow.document.audit.entries
    assert [item.action for item in entries[:3]] == ["created", "edited", "finding"]
    assert entries[1].who == entries[2].who == "Dr. Li"
    assert {key: entries[2].data[key] for key in ("finding_id", "before", "after", "probability")} == {
        "finding_id": "f-pneumonia", "before": "proposed", "after": "rejected", "probability": "0.7200",
    }  # fmt: skip
    assert "drafted" in [item.action for item in entries[3:]] and entries[3].who == "mixed 1.2.0"
    assert a_room.report.workflow.verify() == ()
    a_room.findings.set_status("f-pneumonia", "accepted")
    own = a_room.findings.add("Scar")
    a_room.findings.remove(own)
    decisions = {item.finding_id: item for item in finding_decisions(a_room.report.workflow.document)}
    assert decisions["f-pneumonia"].accepted == 1 and decisions["f-pneumonia"].rejected == 1
    assert decisions[own].status == "" and decisions[own].accepted == 1
    assert a_room.report.workflow.verify() == ()


def test_what_changes_nothing_writes_nothing(a_room: Any) -> None:
    name = _id_of(a_room, "pneumonia")
    before = len(_actions(a_room))
    a_room.report.set_text(name, _texts(a_room)[name])
    a_room.findings.set_status("f-pneumonia", "proposed")
    a_room.findings.select("f-pneumonia")
    a_room.report.redraft()
    assert len(_actions(a_room)) == before


def test_offered_changes_undo_and_redo_are_told(a_room: Any) -> None:
    name = _id_of(a_room, "Left lung")
    a_room.report.set_text(name, "Left lung: small.")
    a_room.report.undo()
    a_room.report.redo()
    assert _actions(a_room)[-3:] == ["edited", "undone", "redone"]
    a_room.findings.edit("f-lung-left", name="Left lobe")
    change = next(item for item in a_room.report.pending() if item.sentence_id == name)
    a_room.report.resolve_pending(change.sentence_id, take=False)
    entry = a_room.report.workflow.document.audit.entries[-1]
    assert entry.action == "change-kept" and entry.data["sentence_id"] == name
    a_room.findings.edit("f-lung-left", name="Left part")
    a_room.report.resolve_pending(name, take=True)
    assert _actions(a_room)[-1] == "change-taken" and a_room.report.workflow.verify() == ()


def test_a_signed_report_is_read_only_everywhere(a_room: Any) -> None:
    report, workflow = a_room.report, a_room.report.workflow
    name = _id_of(a_room, "pneumonia")
    report.set_text(name, "Edited.")
    workflow.make_preliminary()
    assert workflow.status == report.report.status == "preliminary"
    report.set_text(name, "Edited again.")
    workflow.sign("Dr. Li", "Radiologist")
    assert workflow.status == report.report.status == "final" and workflow.is_read_only
    before = _texts(a_room)
    for act in (
        lambda: report.set_text(name, "x"),
        lambda: report.add_sentence("findings", "x"),
        lambda: report.remove(name),
        lambda: report.move(name, "impression"),
        lambda: report.resolve_pending(name, take=True),
        lambda: report.inserts.insert_finding("f-pneumonia"),
        lambda: report.inserts.insert_template("general"),
        report.undo,
        report.redo,
        lambda: workflow.sign("Dr. Wu"),
    ):
        with pytest.raises(UsageError, match=r"signed by Dr\. Li at .* is read-only\. Amend it"):
            act()
    assert not report.can_undo
    a_room.findings.set_status("f-pneumonia", "rejected")
    a_room.set_language("zh-CN")
    assert _texts(a_room) == before and _actions(a_room)[-1] == "finding" and workflow.verify() == ()


@pytest.mark.parametrize(("language", "word"), [("en", "addendum"), ("zh-CN", "补充说明")])
def test_a_finding_changed_after_signing_is_told_once(a_room: Any, language: str, word: str) -> None:
    a_room.set_language(language)
    a_room.findings.set_status("f-edema", "rejected")
    a_room.report.workflow.sign("Dr. Li")
    assert a_room.message is None
    a_room.findings.select("f-pneumonia")
    assert a_room.message is None
    a_room.findings.set_status("f-pneumonia", "rejected")
    assert a_room.message.severity == "warning" and word in a_room.message.text
    a_room.dismiss()
    a_room.findings.edit("f-pneumonia", note="Seen again.")
    assert a_room.message is None
    a_room.report.workflow.amend("Corrected.")
    a_room.findings.set_status("f-pneumonia", "accepted")
    assert a_room.message is None
    a_room.report.workflow.sign("Dr. Li")
    a_room.findings.edit("f-pneumonia", note="Changed.")
    assert word in a_room.message.text


def test_an_amendment_keeps_what_was_signed_and_can_be_signed(a_room: Any, tmp_path: Path) -> None:
    workflow = a_room.report.workflow
    workflow.sign("Dr. Li")
    signed = a_room.report.report
    workflow.amend("Side corrected.", "Dr. Wu")
    name = _id_of(a_room, "pneumonia")
    a_room.report.set_text(name, "Pneumonia on the left.")
    a_room.findings.set_status("f-pneumonia", "rejected")
    assert _texts(a_room)[name] == "Pneumonia on the left."
    workflow.sign("Dr. Wu")
    document = workflow.document
    assert document.status == "amended" and document.version == 2 and document.is_signed
    assert document.versions[0].report == signed and document.addenda[0].who == "Dr. Wu"
    a_room.report.save(tmp_path / "report.html")
    entry = workflow.document.audit.entries[-1]
    assert entry.action == "exported" and entry.data["kind"] == "html" and entry.data["version"] == 2
    assert workflow.verify() == ()


def _saved(room: Any, folder: Path) -> dict[str, str]:
    texts = {}
    for suffix in ("txt", "html", "json"):
        room.report.save(folder / f"report.{suffix}")
        texts[suffix] = (folder / f"report.{suffix}").read_text(encoding="utf-8")
    return texts


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_is_saved_says_where_the_report_stands(a_room: Any, tmp_path: Path, language: str) -> None:
    chinese, workflow = language == "zh-CN", a_room.report.workflow
    a_room.set_language(language)
    a_room.report.redraft()
    draft = _saved(a_room, tmp_path)
    workflow.sign("Dr. Li", "Radiologist")
    first = workflow.document.signature
    final = _saved(a_room, tmp_path)
    workflow.amend("Side corrected.", "Dr. Wu")
    opened = _saved(a_room, tmp_path)
    workflow.sign("Dr. Wu")
    second = workflow.document.signature
    amended = _saved(a_room, tmp_path)
    signed = "{name} 于 {at} 签名" if chinese else "Signed by {name} on {at}"
    one, two = (signed.format(name=item.name, at=item.at) for item in (first, second))
    for kind in ("txt", "html"):
        assert ("草稿，未签名" if chinese else "Draft, not signed") in draft[kind]
        assert one in final[kind] and "Radiologist" in final[kind] and one not in draft[kind]
        assert ("最终报告，已签名" if chinese else "Final, signed") in final[kind]
        assert ("修订报告，尚未签名" if chinese else "Amended, not signed yet") in opened[kind]
        assert ("修订报告，已签名" if chinese else "Amended, signed") not in opened[kind]
        assert ("第 2 版：尚未签名" if chinese else "Version 2: not signed yet") in opened[kind]
        assert ("修订报告，已签名" if chinese else "Amended, signed") in amended[kind]
        assert ("第 1 版：" if chinese else "Version 1: ") + one in opened[kind] and one in amended[kind]
        assert two in amended[kind] and two not in opened[kind]
        assert all("Side corrected." in item[kind] and "Dr. Wu" in item[kind] for item in (opened, amended))
    standing = [json.loads(item["json"])["standing"] for item in (draft, final, opened, amended)]
    assert [item["status"] for item in standing] == ["draft", "final", "amended_open", "amended"]
    assert [item["is_signed"] for item in standing] == [False, True, False, True]
    assert [item["version"] for item in standing] == [1, 1, 2, 2]
    assert [item["name"] for item in standing[3]["signatures"]] == ["Dr. Li", "Dr. Wu"]
    assert standing[2]["signatures"][0]["at"] == first.at
    assert standing[2]["addenda"][0]["text"] == "Side corrected."


def test_everything_is_saved_with_the_scene(a_room: Any, reload: Callable[..., Any]) -> None:
    name = _id_of(a_room, "pneumonia")
    a_room.report.set_text(name, "Keine Aufhellung – 左肺 “x” <b>\u2028.")
    a_room.findings.set_status("f-edema", "rejected")
    a_room.report.workflow.sign("Dr. Li")
    a_room.report.workflow.amend("Added.")
    a_room.report.add_sentence("impression", "Call was made.")
    before = a_room.report.workflow.document
    again = reload()
    document = again.report.workflow.document
    assert document == before and again.report.workflow.verify(before.audit.head) == ()
    again.report.workflow.user = lambda: "Dr. Wu"
    again.report.workflow.sign("Dr. Wu")
    assert again.report.workflow.verify() == ()
    assert [item.action for item in document.audit.entries].count("finding") == 1


def test_a_long_trail_is_kept_in_parts(a_room: Any, reload: Callable[..., Any]) -> None:
    name = _id_of(a_room, "pneumonia")
    for number in range(150):
        a_room.report.set_text(name, f"Text {number}. " + "左" * 300)
    assert len(a_room.cases.nodes("report_audit")) > 2
    before = a_room.report.workflow.document
    again = reload()
    assert again.report.workflow.document == before and again.report.workflow.verify() == ()


def test_tampering_in_the_scene_is_located(a_room: Any, reload: Callable[..., Any]) -> None:
    from MedMMSlicerLib.scene.node_updates import write_text
    from MedMMSlicerLib.scene.texts import read_text

    name = _id_of(a_room, "Left lung")
    a_room.report.workflow.sign("Dr. Li")
    node_id = a_room.cases.nodes("report")[0]
    text = read_text(a_room.scene, node_id)
    write_text(a_room.scene, node_id, text.replace("Left lung", "Left lunG", 1), "Report (data)")
    found = reload().report.workflow.verify()
    assert [(item.kind, item.sentence_id) for item in found] == [("sentence", name)]


def test_a_damaged_trail_is_told_and_the_report_stays(a_room: Any, reload: Callable[..., Any]) -> None:
    from MedMMSlicerLib.scene.node_updates import write_text

    before = _texts(a_room)
    write_text(a_room.scene, a_room.cases.nodes("report_audit")[0], "damaged", "Report (audit trail)")
    again = reload()
    document = again.report.workflow.document
    assert again.message is not None and "Line 1 of the audit trail" in again.message.text
    assert _texts(again) == before and "Line 1" in document.audit.entries[0].data["remark"]
    again.report.add_sentence("findings", "More.")
    assert again.report.workflow.verify() == ()


def test_a_report_from_before_gets_a_document(a_room: Any, reload: Callable[..., Any]) -> None:
    from MedMMSlicerLib.scene.cases import remove_nodes

    with a_room.cases.quiet():
        for role in ("report_document", "report_audit"):
            nodes = a_room.cases.nodes(role)
            a_room.cases.set_nodes(role, ())
            remove_nodes(a_room.scene, nodes)
    again = reload()
    document = again.report.workflow.document
    assert "before there was an audit trail" in document.audit.entries[0].data["remark"]
    assert again.report.workflow.verify() == ()


def test_cases_have_documents_of_their_own(a_room: Any, open_case: Callable[..., str]) -> None:
    first = a_room.cases.current_id
    a_room.report.workflow.sign("Dr. Li")
    open_case(a_room, name="T2")
    assert a_room.report.workflow.document is None
    a_room.report.start()
    a_room.report.add_sentence("findings", "Second case.")
    assert a_room.report.workflow.status == "draft"
    a_room.cases.select(first)
    assert a_room.report.workflow.status == "final" and a_room.report.workflow.verify() == ()
    a_room.cases.remove(first)
    assert a_room.report.workflow.status == "draft" and a_room.report.workflow.verify() == ()


def test_the_trail_is_exported_as_json_lines(a_room: Any, tmp_path: Path) -> None:
    a_room.report.workflow.sign("Dr. Li")
    path = tmp_path / "trail.jsonl"
    a_room.report.workflow.save_trail(path)
    trail = trail_from_lines(path.read_text(encoding="utf-8"))
    assert trail == a_room.report.workflow.document.audit and verify_trail(trail) == ()
    assert all(json.loads(line)["sha256"] for line in path.read_text(encoding="utf-8").splitlines())


def test_time_runs_from_the_first_image_to_the_signature(
    make_room: Callable[..., Any], open_case: Callable[..., str]
) -> None:
    room = make_room()
    now = ["2026-01-02T03:00:00+00:00"]
    workflow = room.report.workflow
    workflow.clock, workflow.user = lambda: now[0], lambda: "Dr. Li"
    open_case(room)
    now[0] = "2026-01-02T03:00:40+00:00"
    workflow.activity()
    now[0] = "2026-01-02T03:10:40+00:00"
    workflow.activity()
    room.report.start()
    now[0] = "2026-01-02T03:11:00+00:00"
    workflow.sign("Dr. Li")
    now[0] = "2026-01-02T09:11:00+00:00"
    workflow.activity()
    reading = workflow.document.reading
    assert reading.first_at == "2026-01-02T03:00:00+00:00" and reading.last_at == "2026-01-02T03:11:00+00:00"
    assert (reading.active_s, reading.idle_s) == (60.0, 600.0)
    signed = next(item for item in workflow.document.audit.entries if item.action == "signed")
    assert signed.data["reading"]["active_ms"] == 60_000


def test_measures_of_a_story(a_room: Any) -> None:
    pytest.importorskip("rapidfuzz")
    name = _id_of(a_room, "Left lung")
    a_room.report.set_text(name, _texts(a_room)[name] + " Checked.")
    a_room.findings.set_status("f-pneumonia", "rejected")
    measures = {item.section_id: item for item in measure_sections(a_room.report.workflow.document)}
    assert measures["findings"].edited >= 1 and measures[""].removed >= 1
    assert 0 < measures[""].kept_share < 1


def test_inserting_by_name(a_room: Any, tmp_path: Path, language: str) -> None:
    a_room.set_language(language)
    inserts = a_room.report.inserts
    inserts.phrase_folder, inserts.template_folders = tmp_path / "phrases", (tmp_path / "templates",)
    names = dict(inserts.finding_names())
    shown = names["f-pneumonia"]
    sentence = inserts.insert_finding(shown)
    assert a_room.report.evidence_of(sentence) == ("f-pneumonia",) and _texts(a_room)[sentence].startswith(
        shown
    )
    assert sentence in a_room.report.sentences_of("f-pneumonia")
    measured, label = inserts.measurement_names()[0]
    sentence = inserts.insert_measurement(label if label else measured, "impression")
    assert measured in a_room.report.evidence_of(sentence)
    inserts.phrases.set("pn", "{finding:f-pneumonia} ({value:" + measured + "}).", language)
    snippet = inserts.expand_phrase("pn")
    assert snippet.evidence_ids == ("f-pneumonia", measured) and "{" not in snippet.text
    sentence = inserts.insert_phrase("pn")
    assert _texts(a_room)[sentence] == snippet.text
    with pytest.raises(InputError, match="no phrase"):
        inserts.expand_phrase("xx")
    a_room.findings.set_status("f-pneumonia", "rejected")
    assert "f-pneumonia" not in dict(inserts.finding_names())
    with pytest.raises(InputError, match="was rejected"):
        inserts.insert_finding("f-pneumonia")
    assert a_room.report.workflow.verify() == ()


def test_a_template_goes_in_as_one_edit(a_room: Any, tmp_path: Path) -> None:
    folder = tmp_path / "templates"
    folder.mkdir()
    value = {
        "schema": "medmm-report-template", "version": 1, "id": "mine", "language": "en", "title": "Mine",
        "sections": {"findings": ["Heart: [ ].", "See {finding:f-none}.", "{finding:f-pneumonia}?"],
                     "impression": ["[ ]."], "unknown": ["x"]},
    }  # fmt: skip
    (folder / "mine.json").write_text(json.dumps(value), encoding="utf-8")
    a_room.report.inserts.template_folders = (folder,)
    before = _texts(a_room)
    found, problems = a_room.report.inserts.templates()
    assert {"mine", "general"} <= {item.id for item in found} and problems == ()
    left_out = a_room.report.inserts.insert_template("mine")
    assert len(left_out) == 2 and "f-none" in left_out[0] and "unknown" in left_out[1]
    new = {name: text for name, text in _texts(a_room).items() if name not in before}
    assert list(new.values()) == ["Heart: [ ].", "Pneumonia?", "[ ]."]
    added = [
        item for section in a_room.report.report.sections for item in section.sentences if item.id in new
    ]
    assert {item.author for item in added} == {"template"} and added[1].evidence_ids == ("f-pneumonia",)
    a_room.report.redraft()
    assert set(new) <= set(_texts(a_room)) and _actions(a_room)[-1] == "edited"
    a_room.report.undo()
    assert _texts(a_room) == before
    with pytest.raises(UsageError, match="no report template 'none'"):
        a_room.report.inserts.insert_template("none")
