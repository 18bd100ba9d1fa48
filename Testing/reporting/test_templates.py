from __future__ import annotations

import json
import re
from pathlib import Path

import jinja2
import jinja2.meta
import pytest
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.overlay.words import WORDS
from MedMMSlicerLib.reporting.draft import DraftOptions, draft_report
from MedMMSlicerLib.reporting.templates import LANGUAGES, TEMPLATE_FOLDER, load_wording


def read(language: str, name: str) -> dict:
    return json.loads((TEMPLATE_FOLDER / language / name).read_text(encoding="utf-8"))


def test_every_language_has_the_same_sets() -> None:
    folders = {path.name: path for path in TEMPLATE_FOLDER.iterdir() if path.is_dir()}
    assert set(folders) == set(LANGUAGES)
    names = {language: {path.name for path in folder.iterdir()} for language, folder in folders.items()}
    assert names["en"] == names["zh-CN"] and "segmentation.json" in names["en"]


@pytest.mark.parametrize("name", sorted(path.name for path in (TEMPLATE_FOLDER / "en").iterdir()))
def test_every_language_has_the_same_keys_and_variables(name: str) -> None:
    english, chinese = read("en", name), read("zh-CN", name)
    assert set(english) == set(chinese)
    environment = jinja2.Environment(autoescape=False)
    for part in ("sections", "sentences", "words"):
        assert set(english.get(part, {})) == set(chinese.get(part, {}))
        for key, text in english.get(part, {}).items():
            other = chinese[part][key]
            assert text.strip() and other.strip()
            variables = [
                jinja2.meta.find_undeclared_variables(environment.parse(item)) for item in (text, other)
            ]
            assert variables[0] == variables[1], key


def test_chinese_texts_are_chinese() -> None:
    for key, text in read("zh-CN", "segmentation.json")["sentences"].items():
        fixed = re.sub(r"{{.*?}}|{%.*?%}", "", text)
        if any(character.isalnum() for character in fixed):
            assert any("\u4e00" <= character <= "\u9fff" for character in text), key


def test_overlay_words_are_complete() -> None:
    assert set(WORDS) == set(LANGUAGES)
    assert set(WORDS["en"]) == set(WORDS["zh-CN"])


def write_set(folder: Path, name: str, value: object) -> None:
    (folder / "en").mkdir(parents=True, exist_ok=True)
    (folder / "en" / f"{name}.json").write_text(json.dumps(value), encoding="utf-8")


def test_a_template_of_the_user_is_found(tmp_path, a_case, a_prediction, a_manifest) -> None:
    write_set(
        tmp_path,
        "segmentation",
        {"title": "Ours", "sentences": {"finding_measured": "We saw {{ structure }}."}},
    )
    report = draft_report(
        a_case, [a_prediction], [a_manifest], options=DraftOptions(template_folders=(tmp_path,))
    )
    assert report.title == "Ours"
    findings = next(section for section in report.sections if section.id == "findings")
    assert findings.sentences[0].text == "We saw left anterior hippocampus."
    assert findings.title == "Findings"


@pytest.mark.parametrize("source", ["{{ nobody }}", "{% for %}", "{{ ''.__class__.__mro__[1] }}"])
def test_a_wrong_template_is_named(tmp_path, a_case, a_prediction, a_manifest, source) -> None:
    write_set(tmp_path, "mine", {"sentences": {"method": source}})
    manifest = type(a_manifest)(**{**a_manifest.__dict__, "report_template": "mine"})
    with pytest.raises(UsageError, match=r"'method' of the report template en/mine\.json"):
        draft_report(a_case, [a_prediction], [manifest], options=DraftOptions(template_folders=(tmp_path,)))


@pytest.mark.parametrize(
    "content", ["{", "[]", '{"words": {"age": 3}}', '{"sentences": "x"}', '{"title": 1}']
)
def test_a_broken_template_file_is_named(tmp_path, content) -> None:
    (tmp_path / "en").mkdir()
    (tmp_path / "en" / "mine.json").write_text(content)
    with pytest.raises(UsageError, match=r"mine\.json"):
        load_wording("mine", "en", (tmp_path,))


@pytest.mark.parametrize("name", ["../en/segmentation", "/etc/passwd", "", "a.b", "..", "a\x00b"])
def test_a_name_is_never_a_path(tmp_path, name) -> None:
    wording, found = load_wording(name, "en", (tmp_path,))
    assert not found and wording.name == "segmentation"
