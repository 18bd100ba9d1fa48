"""Sentences, sides, numbers, identifiers and words, each alone."""

from __future__ import annotations

import dataclasses
import json
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.core import (
    CodedConcept,
    Finding,
    Measurement,
    Report,
    ReportSection,
    ReportSentence,
)
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.reporting.checks import RULES, CheckContext, ReportChecker, check_report
from MedMMSlicerLib.reporting.checks.identifiers import find_identifiers, is_chinese_id
from MedMMSlicerLib.reporting.checks.lexicon import (
    TERMS_FOLDER,
    Cue,
    Name,
    Normal,
    load_concepts,
    load_lexicon,
)
from MedMMSlicerLib.reporting.checks.quantities import agrees, find_quantities, formatted
from MedMMSlicerLib.reporting.checks.sentence import has_chinese, read_sentence
from MedMMSlicerLib.reporting.checks.sides import mirrored
from MedMMSlicerLib.reporting.templates import load_wording

EFFUSION = Finding(
    "f-1",
    CodedConcept("60046008", "SCT", "Pleural effusion"),
    {"en": "Effusion", "zh-CN": "胸腔积液"},
    "right",
    status="accepted",
)


def status(text: str) -> list[tuple[str, str]]:
    """Concept and status of each finding that a text names."""
    language = "zh-CN" if has_chinese(text) else "en"
    return [(item.key, item.status) for item in read_sentence(text, load_lexicon(language)).mentions]


def report(*texts: str, language: str = "en") -> Report:
    """A report with these findings."""
    sentences = tuple(ReportSentence(f"s-{number}", text, "reader") for number, text in enumerate(texts))
    impression = (ReportSentence("i-0", "As stated above.", "template"),)
    sections = (
        ReportSection("findings", "Findings", sentences),
        ReportSection("impression", "Impression", impression),
    )
    return Report("Report", language, "Research use only.", sections, "2024-03-05T10:00:00")  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("No pneumothorax, effusion, or edema.", ["denied", "denied", "denied"]),
        ("No pneumothorax, small effusion.", ["denied", "affirmed"]),
        ("No pneumothorax but a small effusion.", ["denied", "affirmed"]),
        ("No change in the known effusion.", ["affirmed"]),
        ("Effusion cannot be excluded.", ["doubted"]),
        ("It can not be said that the effusion is absent.", ["affirmed"]),
        ("No new effusion.", ["qualified"]),
        ("CT to exclude pulmonary embolism.", ["asked"]),
        ("History of pneumothorax.", ["past"]),
        ("No effusion is seen, though pneumonia persists.", ["denied", "affirmed"]),
        ("未见气胸、胸腔积液及肺水肿。", ["denied", "denied", "denied"]),
        ("未见气胸，右侧胸腔积液。", ["denied", "affirmed"]),
        ("胸腔积液未见明显变化。", ["affirmed"]),
        ("不除外肺炎。", ["doubted"]),
        ("并非没有胸腔积液。", ["affirmed"]),
        ("未见新发胸腔积液。", ["qualified"]),
        ("建议CT以除外肺栓塞。", ["asked"]),
    ],
)
def test_what_a_sentence_does_with_a_finding(text: str, expected: list[str]) -> None:
    assert [item for _, item in status(text)] == expected


@pytest.mark.parametrize(
    ("text", "sides"),
    [
        ("Right effusion and left atelectasis.", [{"right"}, {"left"}]),
        ("Tell them right away: effusion.", [set()]),
        ("Right heart failure with effusion.", [set()]),
        ("Effusion in the right and left lungs.", [{"right", "left"}]),
        ("Right effusion with atelectasis.", [{"right"}, {"right"}]),
        ("左侧胸腔积液，右肺不张。", [{"left"}, {"right"}]),
        ("右心房增大，胸腔积液。", [set()]),
        ("8mm左右结节。", [set()]),
        ("双侧胸腔积液。", [{"right", "left"}]),
    ],
)
def test_sides(text: str, sides: list[set[str]]) -> None:
    lexicon = load_lexicon("zh-CN" if has_chinese(text) else "en")
    assert [set(item.sides) for item in read_sentence(text, lexicon).mentions] == sides


def test_the_other_side() -> None:
    words = ("Left", "right-sided", "左侧", "右", "LLL", "both", "middle lobe")
    assert [mirrored(word) for word in words] == ["Right", "left-sided", "右侧", "左", "", "", ""]


@pytest.mark.parametrize(
    ("text", "value", "unit", "right"),
    [
        ("12 mm", 12.4, "mm", True),
        ("1.2 cm", 12.4, "mm", True),
        ("1.3 cm", 12.4, "mm", False),
        ("12,4 mm", 12.4, "mm", True),
        ("1,324 mm³", 1324.0, "mm3", True),
        ("1.3 ml", 1324.0, "mm3", True),
        ("1.324 cm³", 1324.0, "mm3", True),
        ("10-15 mm", 12.4, "mm", True),
        ("between 13 and 15 mm", 12.4, "mm", False),
        ("8 x 12 mm", 12.4, "mm", True),
        ("<5 mm", 12.4, "mm", False),
        ("at least 1 cm", 12.4, "mm", True),
        ("-4.2%", -4.2, "%", True),
        ("12 mm", 12.4, "mm2", False),
        ("12.4毫米", 12.4, "mm", True),
        ("1.2厘米", 12.4, "mm", True),
        ("34 hu", 34.2, "[hnsf'U]", True),
    ],
)
def test_numbers(text: str, value: float, unit: str, right: bool) -> None:
    (quantity,) = find_quantities(text)
    assert agrees(quantity, value, unit) is right


@pytest.mark.parametrize(
    ("value", "like", "text"),
    [
        (12.4, "21", "12.4"),
        (1324.0, "1,234", "1,324"),
        (12.4, "21,5", "12,4"),
        (980.0, "890", "980"),
        (0.07, "0.4", "0.07"),
    ],
)
def test_numbers_are_printed_alike(value: float, like: str, text: str) -> None:
    assert formatted(value, like) == text


def test_what_is_no_quantity_of_the_finding() -> None:
    quantities = find_quantities(
        "nodule of 12 mm, previously 9 mm, 25 mm from the pleura, slice thickness 5 mm"
    )
    assert [(item.is_current, item.is_elsewhere) for item in quantities] == [
        (True, False), (False, False), (True, True), (True, True),
    ]  # fmt: skip


def test_chinese_identity_numbers() -> None:
    assert is_chinese_id("11010519491231002X")
    assert not is_chinese_id("110105194912310021")
    assert not is_chinese_id("11010519491331002X")
    context = CheckContext()
    assert find_identifiers("编号110105194912310021。", context) == ()
    assert [item.kind for item in find_identifiers("11010519491231002x", context)] == ["national"]


@pytest.mark.parametrize(
    "text",
    [
        "Born 9 April 1961.",
        "Born April 9, 1961.",
        "1961-04-09",
        "19610409",
        "9.4.1961",
        "04/09/1961",
        "1961年4月9日",
        "09 Apr 1961",
    ],
)
def test_spellings_of_a_birth_date(text: str) -> None:
    assert len(find_identifiers(text, CheckContext(birth_dates=("1961-04-09",)))) == 1
    assert "birth" in {item.kind for item in find_identifiers(text, CheckContext(birth_dates=("19610409",)))}


@pytest.mark.parametrize(
    "text", ["Doe^Jane", "Jane Doe", "DOE, JANE", "jane doe", "Mrs. Doe", "seen by Jane"]
)
def test_spellings_of_a_name(text: str) -> None:
    assert find_identifiers(f"Patient {text} was seen.", CheckContext(("Doe^Jane",)))


def test_unknown_rules_and_languages() -> None:
    with pytest.raises(UsageError, match="no check 'spelling'"):
        ReportChecker(rules=["spelling"])
    with pytest.raises(UsageError, match="no words of 'fr'"):
        load_lexicon("fr")


def test_only_the_rules_that_were_asked_for() -> None:
    made = report("No effusion. Call (555) 201-4477.")
    assert {item.rule for item in check_report(made, [EFFUSION], [])} == {"negation", "identifier"}
    assert [item.rule for item in check_report(made, [EFFUSION], [], rules=["identifier"])] == ["identifier"]
    assert check_report(made, [EFFUSION], [], rules=[]) == ()


def test_remarks_in_either_language() -> None:
    made = report("Left effusion.")
    (remark,) = check_report(made, [EFFUSION], [], language="zh-CN")
    assert has_chinese(remark.text)
    assert remark.evidence_ids == ("f-1",)
    assert remark.fix is not None and remark.fix.apply("Left effusion.") == "Right effusion."
    mixed = report("左侧胸腔积液。", "Left effusion.", language="zh-CN")
    assert [item.rule for item in check_report(mixed, [EFFUSION], [])] == ["laterality", "laterality"]


def test_a_finding_that_no_file_knows_is_known_by_its_name() -> None:
    finding = Finding(
        "f-2",
        CodedConcept("x-1", "99TEST", "Widget"),
        {"en": "Gadget sign", "zh-CN": "小器征"},
        status="accepted",
        probability=0.7,
    )

    def rules(text: str) -> list[str]:
        return [item.rule for item in check_report(report(text), [finding], [])]

    assert rules("Lungs.") == ["finding-without-sentence"]
    assert rules("There is a gadget sign.") == []
    assert rules("No gadget sign.") == rules("未见小器征。") == ["negation"]


PNEUMONIA = Finding(
    "f-p", CodedConcept("233604007", "SCT", "Pneumonia"), {"en": "Pneumonia"}, status="accepted"
)
INFILTRATION = Finding(
    "f-i", CodedConcept("409609008", "SCT", "Infiltration"), {"en": "Infiltration"}, status="rejected"
)


def rules_on(text: str, *findings: Finding) -> list[str]:
    """Checks that say something about this sentence."""
    return [item.rule for item in check_report(report(text), findings, ()) if item.sentence_id == "s-0"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Infiltration.", ["rejected-mentioned"]),
        ("Pneumonia with infiltration.", ["rejected-mentioned"]),
        ("浸润。", ["rejected-mentioned"]),
        ("Pneumonia.", []),
        ("Pneumonia without infiltration.", []),
    ],
)
def test_an_accepted_finding_does_not_support_a_rejected_one(text: str, expected: list[str]) -> None:
    assert rules_on(text, PNEUMONIA, INFILTRATION) == expected
    waiting = dataclasses.replace(PNEUMONIA, status="proposed")
    assert ("rejected-mentioned" in rules_on(text, waiting, INFILTRATION)) is bool(expected)


def test_a_rejected_finding_of_the_other_side_is_not_meant() -> None:
    right = dataclasses.replace(PNEUMONIA, laterality="right")
    left = dataclasses.replace(INFILTRATION, laterality="left")
    assert rules_on("Infiltration on the right.", right, left) == []
    assert rules_on("Infiltration.", right, left) == []
    assert rules_on("Infiltration on the left.", right, left) == ["rejected-mentioned"]


@pytest.mark.parametrize("name", ["Multiple masses", "多发肿块"])
def test_a_name_that_holds_a_known_finding_is_one_of_it(name: str) -> None:
    own = Finding(
        "r-1",
        CodedConcept("reader-finding", "99MEDMM", "Finding of the reader"),
        {"en": name},
        status="accepted",
    )
    for text in ("No masses.", "No mass is seen.", "未见肿块。", "Lungs are clear."):
        assert rules_on(text, own) == ["negation"], text
    for text in ("Multiple masses.", "Masses in both lungs.", "多发肿块。", "No effusion.", "No nodule."):
        assert rules_on(text, own) == [], text


@pytest.mark.parametrize("name", ["Mass or nodule", "No mass", "Old scar"])
def test_a_name_that_holds_no_single_finding_denies_none(name: str) -> None:
    own = Finding("r-1", CodedConcept("x", "99MEDMM", name), {"en": name}, status="accepted")
    assert "negation" not in rules_on("No mass.", own)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_placeholder_of_the_impression_is_told(language: str) -> None:
    text = load_wording("segmentation", language)[0].sentence("impression_open")
    for written in (text, f"As above. {text}"):
        impression = ReportSection("impression", "I", (ReportSentence("i-0", written, "reader"),))
        open_report = dataclasses.replace(
            report("Clear."), sections=(*report("Clear.").sections[:1], impression)
        )
        (found,) = check_report(open_report, (), (), language=language)
        assert (found.rule, found.severity, found.sentence_id) == ("section-empty", "warning", "i-0")
        assert written[found.start : found.stop] == text
    assert check_report(report("Clear."), (), ()) == ()


def test_words_of_the_user(tmp_path: Path) -> None:
    (tmp_path / "concepts.json").write_text(
        json.dumps({"bezoar": {"codes": ["126767008"]}}), encoding="utf-8"
    )
    words = {"terms": {"bezoar": ["bezoar"]}, "cues": {"before": [["nary a", "nary a"]]}}
    (tmp_path / "en.json").write_text(json.dumps(words), encoding="utf-8")
    checker = ReportChecker(term_folders=(tmp_path,))
    (remark,) = checker.check(report("Large bezoar. Nary a pneumothorax."), [], [])
    assert (remark.rule, remark.start, remark.stop) == ("sentence-without-accepted-finding", 6, 12)
    (tmp_path / "en.json").write_text('{"terms": ', encoding="utf-8")
    load_lexicon.cache_clear()
    with pytest.raises(UsageError, match=r"en\.json can not be read"):
        ReportChecker(term_folders=(tmp_path,)).check(report("x"), [], [])


def test_damaged_expressions_are_named(tmp_path: Path) -> None:
    (tmp_path / "en.json").write_text(json.dumps({"cues": {"before": [["no", "(no"]]}}), encoding="utf-8")
    with pytest.raises(UsageError, match="damaged expression"):
        load_lexicon("en", (), (tmp_path,))


def test_the_word_files_fit_each_other() -> None:
    concepts = load_concepts()
    for concept in concepts.values():
        assert set(concept.supports) <= set(concepts), concept.key
        assert set(concept.is_a) <= set(concepts), concept.key
    named = {}
    for language in ("en", "zh-CN"):
        data = json.loads((TERMS_FOLDER / f"{language}.json").read_text(encoding="utf-8"))
        named[language] = set(data["terms"]) | {key for key, _, _ in data["patterns"]}
        assert named[language] <= set(concepts)
        assert {key for _, _, keys in data["normal"] for key in keys} <= {*concepts, "*"}
        assert set(data["not_after"]) | set(data["not_before"]) | set(data["by_region"]) <= set(concepts)
    codes = [code for concept in concepts.values() for code in concept.codes]
    assert len(codes) == len(set(codes))
    missing = set(concepts) - named["en"] - named["zh-CN"]
    assert not missing
    assert named["en"] - named["zh-CN"] <= {"hemorrhage"}


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_needed_texts_are_needed(language: str) -> None:
    """A cue is only tried where its needed text is, so all that its expression can find must hold it."""
    entries = [entry for group in load_lexicon(language).index._by_start.values() for _, entry in group]
    assert len(entries) > 150
    for entry in entries:
        _only_with_its_needed_text(entry)


def _only_with_its_needed_text(entry: Cue | Name | Normal) -> None:
    @settings(max_examples=25, database=None, deadline=None, derandomize=True)
    @given(st.from_regex(entry.pattern))
    def check(text: str) -> None:
        assert entry.needed in text, entry

    check()


_PIECES = st.sampled_from(
    [
        *("no", "effusion", "right", "left", "12 mm", "1,324 mm³", "cannot be excluded", ",", ".", ";"),
        *("未见", "胸腔积液", "，", "。", "左侧", "12毫米", "概率 5%"),
        *("%", "-", "(", "\u202e", "\x00", "İ", "ß", "𝟙", "Jane Doe", "1961", "±", " ", "\n"),
    ]
)


@settings(max_examples=150, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(_PIECES, max_size=14).map(" ".join)))
def test_any_text_can_be_checked(text: str) -> None:
    quantity = CodedConcept("118565006", "SCT", "Volume")
    measured = Measurement("m-1", quantity, 12.4, "mm", {"en": "Diameter of effusion"}, laterality="right")
    context = CheckContext(("Doe^Jane", "张伟"), ("4711",), ("1961-04-09",), ("Maple",))
    for remark in check_report(report(text), [EFFUSION], [measured], (), context):
        assert remark.rule in RULES
        assert remark.severity in ("info", "warning", "error")
        if remark.sentence_id == "s-0":
            assert 0 <= remark.start <= remark.stop <= len(text)
            assert remark.fix is None or remark.fix.sentence_id == "s-0"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), 0.0])
def test_measurements_that_are_no_number(value: float) -> None:
    quantity = CodedConcept("118565006", "SCT", "Volume")
    measured = Measurement("m-1", quantity, value, "mm", {"en": "Diameter of effusion"}, laterality="right")
    remarks = check_report(
        report("Right effusion of 3 mm.", "Right effusion of not defined."), [EFFUSION], [measured]
    )
    assert {item.rule for item in remarks} == {"number"}


def test_hostile_texts_take_no_long_time() -> None:
    start = time.process_time()
    for piece in ("1,", "a.", "no ", "left ", "x 1 mm ", "未见", "路1号", "+1 ", "A ", "((((", "1-1-"):
        check_report(report(piece * 2000), [EFFUSION], [], (), CheckContext(("Doe^Jane",)))
    assert time.process_time() - start < 10.0
