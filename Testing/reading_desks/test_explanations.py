"""Why a finding has its probability, and why not to trust it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable
from typing import Any

import pytest
from MedMMSlicerLib.bundles.manifest import ContextVariable, Manifest
from MedMMSlicerLib.core import (
    ClinicalContext,
    CodedConcept,
    Contribution,
    Finding,
    LaboratoryResult,
    OperatingPoint,
    Prediction,
    Provenance,
)
from MedMMSlicerLib.inference.context_vector import encode_context
from MedMMSlicerLib.reading.finding_explanation import (
    Background,
    contribution_text,
    explain_finding,
    point_text,
)
from MedMMSlicerLib.reading.finding_words import _PHRASES, phrase, translate_note
from MedMMSlicerLib.reading.rows import ContributionRow

CODE = CodedConcept("233604007", "SCT", "Pneumonia")


def _finding(probability: float | None = 0.72, threshold: float = 0.34, **fields: Any) -> Finding:
    point = OperatingPoint(threshold, 0.853, 0.781)
    base = Finding("f-pneumonia", CODE, {"en": "Pneumonia"}, probability=probability, operating_point=point)
    return dataclasses.replace(base, **fields)


def _prediction(
    provenance: Provenance, parameters: dict[str, Any] | None = None, **fields: Any
) -> Prediction:
    if parameters is not None:
        provenance = dataclasses.replace(provenance, parameters=parameters)
    return dataclasses.replace(Prediction(provenance), **fields)


def _doubts(finding: Finding, background: Background, language: str = "en") -> str:
    return "\n".join(explain_finding(finding, background, language).doubts)


def test_operating_point_in_words() -> None:
    english, chinese = point_text(_finding(), "en"), point_text(_finding(), "zh-CN")
    assert english.startswith("Operating point 34.0%. Of 100 validation images with it, about 85 reached")
    assert "about 22 reached it too (specificity 78.1%)" in english
    assert "工作点 34.0%" in chinese and "敏感度 85.3%" in chinese and "Of 100" not in chinese
    assert "not known" in point_text(_finding(operating_point=OperatingPoint(0.5)), "en")
    assert "no operating point" in point_text(_finding(operating_point=None), "en")
    assert point_text(_finding(probability=None), "en") == ""


@pytest.mark.parametrize(
    ("probability", "threshold", "close"),
    [(0.36, 0.34, True), (0.30, 0.34, True), (0.72, 0.34, False), (0.001, 0.04, False), (0.6, 0.5, False)],
)
def test_a_probability_close_to_its_threshold_is_a_doubt(
    probability: float, threshold: float, close: bool, provenance: Provenance
) -> None:
    background = Background(_prediction(provenance, {}))
    assert ("close to the operating point" in _doubts(_finding(probability, threshold), background)) is close
    assert ("接近工作点" in _doubts(_finding(probability, threshold), background, "zh-CN")) is close


def test_contributions_carry_values_and_units(provenance: Provenance, manifest: Manifest) -> None:
    found = (
        Contribution("f-pneumonia", "image", "image", 0.3),
        Contribution("f-pneumonia", "demographics", "demographics", 0.021),
        Contribution("f-pneumonia", "laboratory", "lab.crp", -0.4),
        Contribution("f-pneumonia", "laboratory", "lab.ldh", float("nan")),
        Contribution("f-edema", "image", "image", 0.9),
    )
    background = Background(_prediction(provenance, contributions=found), manifest)
    rows = explain_finding(_finding(), background, "en").contributions
    assert [(row.name, row.label, row.value_text, row.delta) for row in rows] == [
        ("lab.crp", "CRP", "180 mg/L", -0.4),
        ("image", "Image", "", 0.3),
        ("demographics", "Age, sex and view", "67 years, male", 0.021),
    ]
    chinese = explain_finding(_finding(), background, "zh-CN").contributions
    assert [(row.label, row.value_text) for row in chinese][2] == ("年龄、性别和体位", "67 岁，男")


@pytest.mark.parametrize(
    ("delta", "english", "chinese"),
    [
        (0.3, "CRP (180 mg/L) raises the probability by 30.0 percentage points.", "升高 30.0 个百分点"),
        (-0.4, "CRP (180 mg/L) lowers the probability by 40.0 percentage points.", "降低 40.0 个百分点"),
        (0.0001, "CRP (180 mg/L) leaves the probability as it is.", "未改变概率"),
    ],
)
def test_a_contribution_says_whether_it_raises_or_lowers(delta: float, english: str, chinese: str) -> None:
    row = ContributionRow("lab.crp", "CRP", "180 mg/L", delta)
    assert contribution_text(row, "en") == english
    assert chinese in contribution_text(row, "zh-CN")


def test_missing_values_are_doubts_of_what_uses_them_only(provenance: Provenance, manifest: Manifest) -> None:
    background = Background(_prediction(provenance, {}, missing=("lab.ldh", "sex", "age")), manifest)
    doubts = _doubts(_finding(), background)
    assert "LDH was missing; the model used 220 U/L in its place." in doubts
    assert "Sex was missing; the model used a fixed value in its place." in doubts
    assert "Age was missing; the model used 60 years in its place." in doubts
    assert "缺少LDH" in _doubts(_finding(), background, "zh-CN")
    assert "missing" not in _doubts(_finding(id="f-edema"), background)


def test_values_outside_of_the_training_range(provenance: Provenance, manifest: Manifest) -> None:
    # log1p(450) = 6.1, more than three standard deviations of 1.0 above 3.0; log1p(100) = 4.6 is not.
    far = Background(_prediction(provenance, {"context": {"lab.crp": 450.0, "age": 50.0}}), manifest)
    near = Background(_prediction(provenance, {"context": {"lab.crp": 100.0, "age": None}}), manifest)
    assert (
        "CRP 450 mg/L is far from the values that the model was trained with (mostly 1.72 to 147 mg/L)"
        in (_doubts(_finding(), far))
    )
    assert "CRP 450 mg/L 远离" in _doubts(_finding(), far, "zh-CN")
    assert "far from" not in _doubts(_finding(), near)
    assert "far from" not in _doubts(_finding(id="f-edema"), far)


@pytest.mark.parametrize(
    ("limit", "shown", "far"),
    [
        ([1, 35.0], "above 35 mg/L; the model used 600 mg/L", ""),
        ([1, 500.0], "above 500 mg/L; the model used 600 mg/L", "CRP above 500 mg/L is far from"),
        ([1, None], "above the detection range; the model used 600 mg/L", ""),
        ([-1, 3.0], "below 3 mg/L; the model used 600 mg/L", ""),
    ],
)
def test_a_stand_in_is_said_and_no_doubt_by_itself(
    limit: list[object], shown: str, far: str, provenance: Provenance, manifest: Manifest
) -> None:
    found = (Contribution("f-pneumonia", "laboratory", "lab.crp", 0.1),)
    facts = {"context": {"lab.crp": 600.0}, "context_limits": {"lab.crp": limit}}
    background = Background(_prediction(provenance, facts, contributions=found), manifest)
    (row,) = explain_finding(_finding(), background, "en").contributions
    assert row.value_text == shown
    doubts = _doubts(_finding(), background)
    assert (far in doubts) if far else ("far from" not in doubts)


def test_numbers_of_doubts_have_three_digits_and_no_exponent(
    provenance: Provenance, manifest: Manifest
) -> None:
    variables = tuple(
        dataclasses.replace(item, fill=41.4661, mean=8.0, scale=1.0, unit="mm[Hg]")
        if item.name == "lab.ldh"
        else dataclasses.replace(item, mean=7.0, unit="10*9/L")
        if item.name == "lab.crp"
        else item
        for item in manifest.context
    )
    changed = dataclasses.replace(manifest, context=variables)
    prediction = _prediction(provenance, {"context": {"lab.crp": 1.0}}, missing=("lab.ldh",))
    doubts = _doubts(_finding(), Background(prediction, changed))
    assert "LDH was missing; the model used 41.5 mmHg in its place." in doubts
    assert "CRP 1 10⁹/L is far from the values that the model was trained with" in doubts
    assert "(mostly 147 to 8100 10⁹/L)" in doubts


def test_unknown_images_are_doubts(provenance: Provenance, manifest: Manifest) -> None:
    def novelty(value: float, **fields: Any) -> Background:
        return Background(_prediction(provenance, {"novelty": value}, **fields), manifest)

    refusal = (
        "Not applicable: the image is unlike those that mixed was made for (chest images); novelty 2.",
    )
    english = _doubts(_finding(), novelty(2.0, refusals=refusal))
    assert english.count("unlike") == 1 and "novelty 2.00, limit 1.00" in english
    chinese = _doubts(_finding(), novelty(2.0, refusals=refusal), "zh-CN")
    assert "胸部图像" in chinese and "Not applicable" not in chinese
    assert "unusual" in _doubts(_finding(), novelty(0.95))
    assert _doubts(_finding(), novelty(0.5)) == ""
    assert "unlike" in _doubts(_finding(), novelty(float("nan")))


def test_refusals_are_told_in_any_case(provenance: Provenance, manifest: Manifest) -> None:
    text = "No voxel was segmented; the image or the point may not suit the bundle."
    background = Background(_prediction(provenance, {}, refusals=(text,)), manifest)
    assert text in _doubts(_finding(), background)
    assert "模型给出的不应信任的理由" in _doubts(_finding(), background, "zh-CN")
    refused = ("Lungs are cut (touches-border 0.2, limit 0.1).",)
    gone = Background(_prediction(provenance, {}, refusals=refused), None)
    assert "Lungs are cut" in _doubts(_finding(), gone)


def test_quality_is_a_doubt_of_the_others(provenance: Provenance, manifest: Manifest) -> None:
    cut = Finding("q-cut", CODE, {"en": "Lungs are cut", "zh-CN": "肺部被截断"}, kind="quality")
    prediction = _prediction(
        dataclasses.replace(provenance, notes=("Lungs are cut (touches-border 0.2, limit 0.1).",)),
        {},
        findings=(cut, _finding()),
    )
    background = Background(prediction, manifest)
    assert _doubts(_finding(), background) == "Image quality: lungs are cut."
    assert _doubts(_finding(), background, "zh-CN") == "图像质量：肺部被截断。"
    assert _doubts(cut, background) == ""


@pytest.mark.parametrize(
    ("asked", "used", "doubt"),
    [
        ("cuda", "CPUExecutionProvider", True),
        ("auto", "CPUExecutionProvider", False),
        ("cpu", "CPUExecutionProvider", False),
        ("cuda", "CUDAExecutionProvider", False),
    ],
)
def test_device_fallback(asked: str, used: str, doubt: bool, provenance: Provenance) -> None:
    run = dataclasses.replace(provenance, device_requested=asked, provider_used=used)
    background = Background(_prediction(run, {}))
    assert (
        "Another device was asked for (cuda) than the one that ran (CPU)" in _doubts(_finding(), background)
    ) is (doubt)


def test_other_doubts(provenance: Provenance, manifest: Manifest) -> None:
    noted = _prediction(dataclasses.replace(provenance, notes=("The point lies on the midline.",)), {})
    assert "Note on the run: The point lies" in _doubts(_finding(), Background(noted, manifest))
    plain = _prediction(provenance, {})
    warned = Background(plain, manifest, device_warning="No GPU was found.")
    assert "No GPU was found." in _doubts(_finding(), warned)
    assert "changed after the run" in _doubts(_finding(), Background(plain, manifest, is_stale=True))
    assert "changed after" not in _doubts(_finding(id="f-edema"), Background(plain, manifest, is_stale=True))
    assert "changed the segment" in _doubts(_finding(None), Background(plain, manifest, touched=True))
    emptied = _doubts(_finding(None), Background(plain, manifest, touched=True, emptied=True))
    assert "is empty or was removed" in emptied and "changed the segment" not in emptied
    assert "score 1.50" not in _doubts(_finding(), Background(plain, manifest))
    assert "network score" in _doubts(_finding(None, score=1.5), Background(plain, manifest))


def test_method(provenance: Provenance, manifest: Manifest) -> None:
    moved = (Contribution("f-pneumonia", "image", "image", 0.3),)
    fused = Background(
        _prediction(provenance, {}, contributions=moved), manifest, heat_map_method="occlusion"
    )
    text = explain_finding(_finding(), fused, "en").method
    assert "minus the probability without" in text and "Heat map: occlusion." in text
    assert "遮挡法" in explain_finding(_finding(), fused, "zh-CN").method
    alone = Background(_prediction(provenance, {}), manifest)
    assert "image alone" in explain_finding(_finding(id="f-edema"), alone, "en").method
    assert "segmentation" in explain_finding(_finding(None), alone, "en").method
    own = explain_finding(_finding(None), Background(), "zh-CN")
    assert own.method == "由阅片者录入。" and own.doubts == () and own.contributions == ()


def _notes() -> list[str]:
    """Every kind of note that the encoding of the context gives."""

    def variable(name: str, **fields: Any) -> ContextVariable:
        return ContextVariable(name, fields.pop("unit", "mg/L"), 1.0, **fields)

    def given(value: float, unit: str = "mg/L", **fields: Any) -> LaboratoryResult:
        return LaboratoryResult("crp", value, unit, **fields)

    limits = {"minimum": 0.0, "maximum": 500.0}
    trials = [
        ([variable("lab.crp")], (given(1, "g/L"),)),
        ([variable("lab.crp")], (given(1, ""),)),
        ([variable("lab.crp", **limits)], (given(600),)),
        ([variable("lab.crp", **limits)], (given(float("nan")),)),
        ([variable("lab.crp", **limits)], (given(float("inf")),)),
        ([variable("lab.crp", **limits)], (given(float("-inf")),)),
        ([variable("lab.crp", **limits)], (given(float("inf"), limit=35.0),)),
        ([variable("lab.crp", **limits)], (given(float("-inf"), limit=3.0),)),
        ([variable("lab.crp")], (given(float("inf")),)),
        ([variable("lab.crp")], (given(float("-inf")),)),
        ([variable("lab.crp")], (given(1, taken_at="2020"), given(2, taken_at="2021"))),
        ([variable("lab.crp", **limits)], (given(1, taken_at="2020"), given(600, taken_at="2021"))),
    ]
    notes = [
        note for variables, values in trials
        for note in encode_context(variables, ClinicalContext(laboratory=values)).notes
    ]  # fmt: skip
    sex = variable("sex", unit="1", categories={"M": 1.0, "F": 0.0})
    return [*notes, *encode_context([sex], ClinicalContext(sex="Other")).notes]


def test_every_note_on_the_context_is_translated() -> None:
    notes = _notes()
    assert len(notes) == 13
    names = {"lab.crp": "CRP", "sex": "性别"}
    for note in notes:
        chinese = translate_note(note, names, "zh-CN")
        assert not re.search(r"lab|\b(was|is|to|at|no)\b", chinese), chinese
        english = translate_note(note, names, "en")
        assert english == note.replace("lab.crp", "CRP").replace("sex", "性别")
    assert translate_note("Something else entirely.", names, "zh-CN") == "Something else entirely."


def test_notes_of_the_context_are_doubts_once(provenance: Provenance, manifest: Manifest) -> None:
    note = "lab.crp was left out: it is no number."
    run = dataclasses.replace(provenance, notes=(note,), parameters={"context_notes": [note]})
    background = Background(Prediction(run), manifest)
    assert (
        _doubts(_finding(), background) == "Note on the clinical context: CRP was left out: it is no number."
    )
    assert _doubts(_finding(), background, "zh-CN") == "关于临床资料的说明：CRP未采用：不是数值。"
    assert _doubts(_finding(id="f-edema"), background) == ""


def test_phrases_have_the_same_values_in_both_languages() -> None:
    import string

    for key, texts in _PHRASES.items():
        fields = [{name for _, name, _, _ in string.Formatter().parse(text) if name} for text in texts]
        assert fields[0] == fields[1], key
        assert all(texts)
    assert phrase("empty", "fr") == "empty"


@pytest.mark.mrml
def test_explanations_of_a_case(
    room: Any, make_room: Callable[..., Any], edit_voxels: Callable[..., None]
) -> None:
    explained = room.findings.explain("f-pneumonia")
    assert [row.name for row in explained.contributions] == ["lab.crp", "image", "demographics"]
    assert any("LDH was missing" in text for text in explained.doubts)
    assert any("lungs are cut" in text for text in explained.doubts)
    assert "class activation map" in explained.method and "34.0%" in explained.point_text
    chinese = make_room("zh-CN").findings.explain("f-pneumonia")
    assert any("缺少LDH" in text for text in chinese.doubts) and "类激活图" in chinese.method
    assert not any("segment" in text for text in room.findings.explain("f-lung-left").doubts)
    edit_voxels("lung-left", lambda mask: mask & (mask.cumsum() > 5).reshape(mask.shape))
    assert any("changed the segment" in text for text in room.findings.explain("f-lung-left").doubts)
    edit_voxels("lung-left", lambda mask: mask & False)
    assert any("is empty" in text for text in room.findings.explain("f-lung-left").doubts)
    assert not any("segment" in text for text in room.findings.explain("f-lung-right").doubts)
    own = room.findings.add("Mine")
    assert room.findings.explain(own).method == "Entered by the reader."
