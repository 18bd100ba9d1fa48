"""Placeholders, phrases and report templates: text only, checked, in both languages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.core import CodedConcept, Finding, Measurement
from MedMMSlicerLib.errors import InputError, UsageError
from MedMMSlicerLib.reporting.document.phrases import PhraseBook
from MedMMSlicerLib.reporting.document.placeholders import (
    Facts,
    fill_in,
    finding_sentence,
    measurement_sentence,
    placeholder_problems,
)
from MedMMSlicerLib.reporting.document.skeletons import (
    SHIPPED_FOLDER,
    load_skeletons,
    skeleton_problems,
    suitable,
)
from MedMMSlicerLib.reporting.templates import load_wording

NODULE = CodedConcept("27925004", "SCT", "Nodule")
LENGTH = CodedConcept("410668003", "SCT", "Length")
VOLUME = CodedConcept("118565006", "SCT", "Volume")


@pytest.fixture
def facts(language: str) -> Facts:
    nodule = {"en": "Nodule", "zh-CN": "结节"}
    lung = {"en": "Lung", "zh-CN": "肺"}
    return Facts(
        (
            Finding("f-1", NODULE, nodule, "left", measurement_ids=("m-1", "m-2")),
            Finding("f-2", NODULE, nodule, "right"),
            Finding("f-3", NODULE, {"en": "Mass", "zh-CN": "肿块"}, status="rejected"),
        ),
        (
            Measurement("m-1", LENGTH, 5.25, "mm", nodule, laterality="left"),
            Measurement("m-2", VOLUME, 12345.0, "mm3", nodule, laterality="left"),
            Measurement("m-3", VOLUME, 31000.0, "mm3", lung, laterality="left"),
        ),
        load_wording("segmentation", language)[0],
    )


def test_placeholders_become_names_and_values(facts: Facts) -> None:
    text = "A {finding:f-1}; B {measurement:m-3}; C {value:m-1} {{x}}"
    found = fill_in(text, facts)
    expected = {
        "en": "A left nodule; B left lung: 31.0 mL; C 5.2 mm {x}",
        "zh-CN": "A 左侧结节; B 左侧肺：31.0 mL; C 5.2 mm {x}",
    }[facts.wording.language]
    assert found.text == expected and found.evidence_ids == ("f-1", "m-3", "m-1")


def test_names_are_those_that_are_shown(facts: Facts) -> None:
    name = {"en": "LEFT nodule", "zh-CN": "左侧结节"}[facts.wording.language]
    assert fill_in(f"{{finding:{name}}}", facts).evidence_ids == ("f-1",)
    bare = {"en": "nodule", "zh-CN": "结节"}[facts.wording.language]
    with pytest.raises(InputError, match=r"There are several: .*f-1.*f-2"):
        fill_in(f"{{finding:{bare}}}", facts)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{finding:f-9}", "There is no finding 'f-9'"),
        ("{measurement:f-1}", "There is no measurement"),
        ("{finding:f-3}", "was rejected"),
        ("{price:f-1}", "There is no placeholder"),
        ("{finding:}", "names nothing"),
        ("{finding:f-1", "A brace stands alone at character 1"),
        ("{f-1}", "A brace stands alone"),
        ("{finding.__class__}", "A brace stands alone"),
    ],
)
def test_wrong_placeholders_are_explained(facts: Facts, text: str, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        fill_in(text, facts)


@settings(deadline=None)
@given(st.text(max_size=40))
def test_any_text_is_either_explained_or_filled(text: str) -> None:
    facts = Facts((), (), load_wording("segmentation", "en")[0])
    if not placeholder_problems(text) and "{" not in text.replace("{{", ""):
        assert fill_in(text, facts).evidence_ids == ()
    else:
        with pytest.raises(InputError):
            fill_in(text, facts)


def test_sentences_by_name(facts: Facts) -> None:
    found = finding_sentence("f-1", facts)
    assert found.evidence_ids == ("f-1", "m-1", "m-2")
    assert (
        found.text
        == {
            "en": "Left nodule: length 5.2 mm; volume 12.3 mL.",
            "zh-CN": "左侧结节：长度 5.2 mm；体积 12.3 mL。",
        }[facts.wording.language]
    )
    assert (
        finding_sentence("f-2", facts).text
        == {"en": "Right nodule.", "zh-CN": "右侧结节。"}[facts.wording.language]
    )
    assert (
        measurement_sentence("m-3", facts).text
        == {
            "en": "Left lung: 31.0 mL.",
            "zh-CN": "左侧肺：31.0 mL。",
        }[facts.wording.language]
    )


# ---------------------------------------------------------------------- phrases


def test_phrases_belong_to_a_reader_and_a_language(tmp_path: Path) -> None:
    book = PhraseBook(tmp_path, "Dr. Li")
    book.set("nl", "No lymph nodes.", "en")
    book.set("nl", "未见肿大淋巴结。", "zh-CN")
    book.set("ax", "Axial.")
    again = PhraseBook(tmp_path, "Dr. Li")
    assert dict(again.phrases("en")) == {"ax": "Axial.", "nl": "No lymph nodes."}
    assert again.text("nl", "zh-CN") == "未见肿大淋巴结。"
    assert (
        PhraseBook(tmp_path, "Dr Li").phrases() == {}
        and PhraseBook(tmp_path, "李").path != PhraseBook(tmp_path, "王").path
    )
    book.set("nl", "", "en")
    assert list(book.phrases("en")) == ["ax"]
    with pytest.raises(InputError, match="no phrase 'nl'"):
        book.text("nl", "en")


@pytest.mark.parametrize("name", ["../../etc/x", "a/b", "..", "CON", "", "x" * 300])
def test_a_name_never_leaves_the_folder(tmp_path: Path, name: str) -> None:
    book = PhraseBook(tmp_path / "in", name)
    book.set("a", "b")
    assert book.path.parent == tmp_path / "in" and book.path.is_file() and len(book.path.name) < 60


@pytest.mark.parametrize(
    ("key", "text", "language"),
    [("a b", "x", "en"), ("", "x", "en"), ("a", "{x}", "en"), ("a", "x" * 2001, "en"), ("a", "x", "fr")],
)
def test_phrases_are_checked(tmp_path: Path, key: str, text: str, language: str) -> None:
    book = PhraseBook(tmp_path, "Dr. Li")
    with pytest.raises(UsageError):
        book.set(key, text, language)
    assert not book.path.exists()


@pytest.mark.parametrize(
    "content",
    ["", "[]", "{}", '{"schema": "medmm-phrases", "version": 1, "phrases": {"en": []}}',
     '{"schema": "medmm-phrases", "version": 1, "phrases": {"en": {"a": 1}}}',
     '{"schema": "medmm-phrases", "version": 1, "phrases": {"en": {"a": "{x"}}}', "[" * 100_000],
)  # fmt: skip
def test_damaged_phrases_are_not_overwritten(tmp_path: Path, content: str) -> None:
    book = PhraseBook(tmp_path, "Dr. Li")
    book.path.write_text(content, encoding="utf-8")
    with pytest.raises(InputError):
        book.phrases()
    with pytest.raises(InputError):
        book.set("a", "b")
    assert book.path.read_text(encoding="utf-8") == content


# ---------------------------------------------------------------------- templates


def test_shipped_templates_are_right_and_exist_in_both_languages() -> None:
    english, problems = load_skeletons((), "en")
    chinese, more = load_skeletons((), "zh-CN")
    assert problems == () and more == () and len(english) >= 7
    ids = {item.id: item for item in chinese}
    assert set(ids) == {item.id for item in english}
    known = set(load_wording("segmentation", "en")[0].sections)
    for item in english:
        other = ids[item.id]
        assert item.modalities == other.modalities and item.body_parts == other.body_parts
        assert {name: len(texts) for name, texts in item.sections.items()} == {
            name: len(texts) for name, texts in other.sections.items()
        }
        assert set(item.sections) <= known and item.is_shipped
        assert all("[ ]" in text for texts in item.sections.values() for text in texts)
    assert len(list(SHIPPED_FOLDER.rglob("*.json"))) == len(english) + len(chinese)


def test_templates_fit_modality_and_body_part() -> None:
    found, _ = load_skeletons((), "en")
    assert suitable(found, "CT", "CHEST")[0].id == "chest-ct"
    assert suitable(found, "DX", "CHEST")[0].id == "chest-radiograph"
    assert [item.id for item in suitable(found, "PT", "CHEST")] == ["general"]
    assert {item.id for item in suitable(found, "CT")} == {"abdomen-ct", "chest-ct", "general", "head-ct"}
    assert suitable(found) and suitable(found, "ct", "head")[0].id == "head-ct"


def a_template(**changes: Any) -> dict[str, Any]:
    return {
        "schema": "medmm-report-template", "version": 1, "id": "chest-ct", "language": "en", "title": "Mine",
        "modalities": ["CT"], "body_parts": ["CHEST"],
        "sections": {"findings": ["Lungs: {value:m-1}."]}, **changes,
    }  # fmt: skip


def test_a_template_of_the_user_replaces_the_shipped_one(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text(json.dumps(a_template()), encoding="utf-8")
    found, problems = load_skeletons((tmp_path,), "en")
    (mine,) = [item for item in found if item.id == "chest-ct"]
    assert mine.title == "Mine" and not mine.is_shipped and problems == ()
    assert next(item for item in load_skeletons((tmp_path,), "zh-CN")[0] if item.id == "chest-ct").is_shipped


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"schema": "x"}, "no 'medmm-report-template'"),
        ({"version": 2}, "of version 1"),
        ({"id": "../x"}, "The id may have"),
        ({"language": "fr"}, "language is none of"),
        ({"title": 3}, "'title' is no text"),
        ({"modalities": "CT"}, "'modalities' is no list"),
        ({"code": "x"}, "no key 'code'"),
        ({"sections": {}}, "no object of sentences"),
        ({"sections": {"findings": "x"}}, "no list of texts"),
        ({"sections": {"findings": [" "]}}, "It is empty"),
        ({"sections": {"a/b": ["x"]}}, "can not be the id of a section"),
        ({"sections": {"findings": ["{{ 7 * 7 }}"]}}, "looks like code"),
        ({"sections": {"findings": ["{% for x in y %}"]}}, "looks like code"),
        ({"sections": {"findings": ["<script>x</script>"]}}, "looks like code or markup"),
        ({"sections": {"findings": ["{open:x}"]}}, "There is no placeholder"),
        ({"sections": {"findings": ["x" * 2001]}}, "longer than 2000"),
        ({"sections": {"findings": ["x"] * 501}}, "more than 500"),
    ],
)
def test_mistakes_in_templates_are_told(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    assert any(message in item for item in skeleton_problems(a_template(**changes)))
    (tmp_path / "bad.json").write_text(json.dumps(a_template(**changes)), encoding="utf-8")
    (tmp_path / "good.json").write_text(json.dumps(a_template(id="mine")), encoding="utf-8")
    found, problems = load_skeletons((tmp_path,), "en")
    assert "mine" in {item.id for item in found} and problems and "bad.json" in problems[0]


def test_unreadable_and_doubled_templates_are_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("{", encoding="utf-8")
    (tmp_path / "b.json").write_text("[" * 100_000, encoding="utf-8")
    (tmp_path / "c.json").write_text(" " * (1 << 19), encoding="utf-8")
    (tmp_path / "d.json").write_text(json.dumps(a_template(id="d")), encoding="utf-8")
    (tmp_path / "e.json").write_text(json.dumps(a_template(id="d")), encoding="utf-8")
    (tmp_path / "f.json").write_text("3", encoding="utf-8")
    _, problems = load_skeletons((tmp_path, tmp_path / "none"), "en")
    assert [Path(item.split(": ")[0]).name for item in problems] == [
        "a.json",
        "b.json",
        "c.json",
        "e.json",
        "f.json",
    ]


def test_a_comparison_sign_is_no_markup() -> None:
    assert skeleton_problems(a_template(sections={"findings": ["Nodules < 6 mm, none > 1 cm."]})) == ()
