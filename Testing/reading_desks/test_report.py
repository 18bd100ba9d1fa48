"""The report of a case: draft, edits, links to the evidence, undo, saving, reload."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import InputError, OutputError, UsageError
from MedMMSlicerLib.reporting.render import report_from_json

pytestmark = pytest.mark.mrml

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000"
    "0500017a5e56c40000000049454e44ae426082"
)  # fmt: skip


def _id_of(room: Any, texts: Callable[..., dict[str, str]], part: str) -> str:
    return next(key for key, text in texts(room).items() if part in text)


def test_no_report_before_the_first_run(make_room: Callable[..., Any], open_case: Callable[..., str]) -> None:
    room = make_room()
    open_case(room)
    assert room.report.report is None and room.report.pending() == () and not room.report.can_undo
    assert room.report.evidence_of("x") == () and room.report.sentences_of("x") == ()
    room.report.redraft()
    assert room.report.report is None
    for act in (
        lambda: room.report.set_text("x", "y"),
        lambda: room.report.add_sentence("findings", "y"),
        lambda: room.report.save(Path("x.txt")),
        room.report.undo,
    ):
        with pytest.raises(UsageError, match="no report yet"):
            act()


def test_a_report_without_a_run(
    make_room: Callable[..., Any], open_case: Callable[..., str], texts: Callable[..., dict[str, str]]
) -> None:
    room = make_room()
    open_case(room)
    room.report.start()
    said = " ".join(texts(room, "findings").values())
    assert "not analyzed" in said and "applies" not in said
    name = room.report.add_sentence("findings", "No fracture.")
    room.report.start()
    assert texts(room)[name] == "No fracture."
    own = room.findings.add("Scar")
    assert room.report.sentences_of(own)


def test_the_impression_states_what_the_reader_decided(
    room: Any, texts: Callable[..., dict[str, str]]
) -> None:
    room.findings.set_status("f-pneumonia", "accepted")
    own = room.findings.add("Multiple masses")
    said = texts(room, "impression")
    assert any(text.startswith("Accepted by the reader: pneumonia") for text in said.values())
    stated = next(key for key, text in said.items() if text == "Found by the reader: multiple masses.")
    assert room.report.evidence_of(stated) == (own,)
    room.findings.set_status("f-edema", "rejected")
    assert "edema (rejected by the reader)" in " ".join(texts(room, "not_assessed").values())
    room.findings.edit("f-pneumonia", laterality="left")
    found = next(text for text in texts(room, "findings").values() if "pneumonia reached" in text)
    assert "left" not in found.split("The reader set")[0] and found.endswith("The reader set the side: left.")
    room.findings.set_status(own, "rejected")
    assert "masses" not in " ".join(texts(room).values())


def test_the_draft_states_the_findings(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    text = " ".join(texts(room).values())
    assert "Lungs: pneumonia reached its operating point" in text and "no evidence of edema" in text
    assert room.report.report.language == "en" and "Research use only" in room.report.report.notice


def test_the_draft_in_chinese(
    make_room: Callable[..., Any], open_case: Callable[..., str], results: Callable[..., None],
    make_prediction: Callable[..., Any], make_label_map: Callable[..., Any],
    texts: Callable[..., dict[str, str]],
) -> None:  # fmt: skip
    room = make_room("zh-CN")
    open_case(room)
    results(room, make_prediction(make_label_map()))
    assert "肺炎达到工作点" in " ".join(texts(room).values())
    assert "Findings" not in room.report.sections().values()
    name = room.findings.add("结节")
    room.findings.edit(name, laterality="left", note="8 mm")
    assert "左侧结节：8 mm。" in texts(room, "findings").values()


def test_edits_reach_the_scene(room: Any, texts: Callable[..., dict[str, str]], heard: list[str]) -> None:
    from MedMMSlicerLib.scene.texts import report_from_node

    node_id = room.cases.nodes("report")[0]
    name = _id_of(room, texts, "pneumonia reached")
    before = texts(room)[name]
    room.report.set_text(name, "Pneumonia of the left lower lobe.")
    assert heard == ["report"] and room.report.is_touched(name)
    assert room.report.drafted_text(name) == before
    stored = report_from_node(room.scene, room.cases.nodes("report")[0])
    assert stored == room.report.report and room.cases.nodes("report") == (node_id,)
    sentence = next(item for part in stored.sections for item in part.sentences if item.id == name)
    assert (sentence.author, sentence.evidence_ids) == ("reader", ("f-pneumonia",))
    assert not room.report.is_touched("none") and room.report.drafted_text("none") == ""
    heard.clear()
    room.report.set_text(name, "Pneumonia of the left lower lobe.")
    assert heard == []


def test_evidence_both_ways(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    name = _id_of(room, texts, "pneumonia reached")
    assert room.report.evidence_of(name) == ("f-pneumonia",)
    assert name in room.report.sentences_of("f-pneumonia")
    assert name not in room.report.sentences_of("f-edema")
    left = _id_of(room, texts, "Left lung: volume")
    assert "m-lung-left-volume" in room.report.evidence_of(left)
    for evidence in ("f-lung-left", "m-lung-left-volume", "lung-left"):
        assert left in room.report.sentences_of(evidence)
        assert _id_of(room, texts, "Right lung: volume") not in room.report.sentences_of(evidence)
    assert name in room.report.sentences_of("lab.crp")
    room.report.set_text(left, "Small left lung.")
    assert left in room.report.sentences_of("lung-left")


def test_a_rejected_finding_takes_its_untouched_sentences_along(
    room: Any, texts: Callable[..., dict[str, str]]
) -> None:
    edema = _id_of(room, texts, "edema")
    room.report.set_text(edema, "No edema.")
    room.findings.set_status("f-edema", "rejected")
    room.findings.set_status("f-pneumonia", "rejected")
    assert room.report.sentences_of("f-pneumonia") == () and texts(room)[edema] == "No edema."
    assert [item.drafted_now for item in room.report.pending()] == [""]
    room.findings.set_status("f-pneumonia", "accepted")
    assert room.report.sentences_of("f-pneumonia")
    room.report.resolve_pending(edema, take=True)
    assert edema not in texts(room) and room.report.pending() == ()


def test_what_if_redrafts_untouched_sentences_only(
    room: Any, texts: Callable[..., dict[str, str]], results: Callable[..., None],
    make_prediction: Callable[..., Any], make_label_map: Callable[..., Any],
) -> None:  # fmt: skip
    mine = _id_of(room, texts, "Left lung: volume")
    room.report.set_text(mine, "Small left lung.")
    own = room.report.add_sentence("impression", "Compare with 2024.")
    gone = _id_of(room, texts, "Image quality")
    room.report.remove(gone)
    results(room, make_prediction(make_label_map(), pneumonia=0.12, edema=0.8))
    text = " ".join(texts(room).values())
    assert "no evidence of pneumonia" in text and "edema reached" in text
    assert texts(room)[mine] == "Small left lung." and texts(room)[own] == "Compare with 2024."
    assert gone not in texts(room) and "Image quality: lungs" not in text


def test_context_reaches_the_draft(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    assert "indication" not in {part.id for part in room.report.report.sections}
    room.context.set_indication("Cough and fever")
    room.report.redraft()
    assert "Cough and fever" in " ".join(texts(room, "indication").values())


def test_what_changes_between_drafting_and_writing_is_in_the_report(
    room: Any, texts: Callable[..., dict[str, str]]
) -> None:
    room.context.set_indication("Cough")
    steps = room.report.redraft_in_steps()
    assert next(steps) == "report"
    room.context.set_indication("Fever")
    mine = _id_of(room, texts, "pneumonia reached")
    room.report.set_text(mine, "Some pneumonia.")
    assert next(steps, None) is None
    said = " ".join(texts(room).values())
    assert "Fever" in said and "Cough" not in said
    assert texts(room)[mine] == "Some pneumonia."


def test_another_language_after_reload(
    room: Any, texts: Callable[..., dict[str, str]], make_room: Callable[..., Any]
) -> None:
    name = _id_of(room, texts, "pneumonia reached")
    room.report.set_text(name, "Mine.")
    chinese = make_room("zh-CN")
    chinese.report.redraft()
    assert texts(chinese)[name] == "Mine." and "未见达到工作点的水肿证据" in " ".join(texts(chinese).values())


def test_add_remove_move(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    first = next(iter(texts(room, "impression")))
    name = room.report.add_sentence("impression", "Mine.", after=first)
    assert list(texts(room, "impression"))[1] == name
    room.report.move(name, "findings")
    assert next(iter(texts(room, "findings"))) == name and name not in texts(room, "impression")
    room.report.add_sentence("indication", "Cough.")
    assert texts(room, "indication")
    room.report.remove(name)
    assert name not in texts(room)
    with pytest.raises(InputError, match="no section 'none'"):
        room.report.add_sentence("none", "x")
    with pytest.raises(InputError, match="no sentence"):
        room.report.remove(name)


def test_undo_and_redo(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    name, start = _id_of(room, texts, "pneumonia reached"), texts(room)
    room.report.set_text(name, "One.")
    room.report.set_text(name, "Two.")
    own = room.report.add_sentence("findings", "Own.")
    assert room.report.can_undo and not room.report.can_redo
    room.report.undo()
    assert own not in texts(room)
    room.report.undo()
    assert texts(room)[name] == "One."
    room.report.undo()
    assert texts(room) == start and not room.report.is_touched(name) and not room.report.can_undo
    with pytest.raises(UsageError, match="no edit of the report to undo"):
        room.report.undo()
    room.report.redo()
    room.report.redo()
    assert texts(room)[name] == "Two."
    room.report.set_text(name, "Three.")
    assert not room.report.can_redo
    with pytest.raises(UsageError, match="to do again"):
        room.report.redo()


def test_undo_does_not_bring_old_findings_back(room: Any, texts: Callable[..., dict[str, str]]) -> None:
    name = _id_of(room, texts, "edema")
    room.report.set_text(name, "One.")
    room.findings.set_status("f-pneumonia", "rejected")
    room.report.undo()
    assert "edema" in texts(room)[name] and room.report.sentences_of("f-pneumonia") == ()
    room.report.redo()
    assert texts(room)[name] == "One." and room.report.sentences_of("f-pneumonia") == ()


def test_save(room: Any, texts: Callable[..., dict[str, str]], tmp_path: Path) -> None:
    name = _id_of(room, texts, "pneumonia reached")
    room.report.set_text(name, "Pneumonia <b>& more</b>.")
    own = room.findings.add("Nodule")
    for suffix in ("html", "txt", "json"):
        room.report.save(tmp_path / f"report.{suffix}", PNG if suffix == "html" else b"")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Pneumonia &lt;b&gt;&amp; more" in page and "data:image/png;base64" in page and "Nodule" in page
    assert "Pneumonia <b>& more</b>." in (tmp_path / "report.txt").read_text(encoding="utf-8")
    value = json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))
    saved = report_from_json(value)
    assert {item.id: item.text for part in saved.sections for item in part.sentences} == texts(room)
    assert value["drafted"][name]["author"] == "model"
    assert {item["id"]: item["status"] for item in value["evidence"][0]["findings"]}[own] == "accepted"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "report.json", "report.txt"]


def test_save_leaves_no_half_file(room: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="is no name for a report"):
        room.report.save(tmp_path / "report.pdf")
    path = tmp_path / "report.txt"
    path.write_text("older")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(Exception, match="disk is full"):
        room.report.save(path)
    monkeypatch.undo()
    assert path.read_text() == "older" and [item.name for item in tmp_path.iterdir()] == ["report.txt"]
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="could not be written"):
        room.report.save(tmp_path / "file" / "report.txt")


def test_empty_sections_are_not_saved(
    room: Any, texts: Callable[..., dict[str, str]], tmp_path: Path
) -> None:
    for name in texts(room, "impression"):
        room.report.remove(name)
    assert "impression" in {part.id for part in room.report.report.sections}
    room.report.save(tmp_path / "report.txt")
    assert "IMPRESSION" not in (tmp_path / "report.txt").read_text(encoding="utf-8")


def test_everything_survives_saving(
    room: Any, texts: Callable[..., dict[str, str]], reload: Callable[..., Any]
) -> None:
    name, gone = _id_of(room, texts, "pneumonia reached"), _id_of(room, texts, "edema")
    room.report.set_text(name, "Mine 左.")
    room.report.remove(gone)
    own = room.report.add_sentence("findings", "Own.", after=name)
    report = room.report.report
    again = reload()
    assert again.report.report == report and again.report.is_touched(name)
    again.findings.set_status("f-lung-left", "rejected")
    assert texts(again)[name] == "Mine 左." and gone not in texts(again) and own in texts(again)
    assert again.report.sentences_of("f-lung-left") == ()


def test_two_cases_keep_apart(
    room: Any, texts: Callable[..., dict[str, str]], open_case: Callable[..., str],
    results: Callable[..., None],
    make_prediction: Callable[..., Any], make_label_map: Callable[..., Any],
) -> None:  # fmt: skip
    first, name = room.cases.current_id, _id_of(room, texts, "pneumonia reached")
    room.report.set_text(name, "First case.")
    second = open_case(room, "Other")
    results(room, make_prediction(make_label_map(2), pneumonia=0.9))
    assert "First case." not in texts(room).values() and not room.report.can_undo
    room.report.set_text(name, "Second case.")
    room.cases.select(first)
    assert texts(room)[name] == "First case."
    room.report.undo()
    room.cases.select(second)
    assert texts(room)[name] == "Second case." and room.report.can_undo
