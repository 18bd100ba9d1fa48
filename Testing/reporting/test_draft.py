from __future__ import annotations

import math
import re
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.bundles.manifest import ContextVariable
from MedMMSlicerLib.core import (
    Case,
    ClinicalContext,
    HeatMap,
    LaboratoryResult,
    OperatingPoint,
    Report,
)
from MedMMSlicerLib.errors import UsageError
from MedMMSlicerLib.reporting.draft import DraftOptions, draft_report
from MedMMSlicerLib.reporting.quantities import display_name
from MedMMSlicerLib.reporting.templates import LANGUAGES, load_wording

NUMBER = re.compile(r"[+-]?\d[\d,]*(?:\.\d+)?")


def sentences(report: Report, section: str | None = None) -> list:
    return [sentence for item in report.sections if section in (None, item.id) for sentence in item.sentences]


def text_of(report: Report, section: str | None = None) -> str:
    return "\n".join(sentence.text for sentence in sentences(report, section))


def allowed_numbers(prediction, evidence_ids) -> set[str]:
    """How the values of this evidence may be printed, computed apart from the library."""
    allowed = set()
    for item in prediction.measurements:
        if item.id in evidence_ids:
            allowed |= {f"{item.value:,.0f}", f"{item.value:,.1f}", f"{item.value / 1000:,.1f}"}
            allowed |= {f"+{item.value:,.1f}"}
    for item in prediction.findings:
        if item.id in evidence_ids and item.probability is not None:
            allowed.add(f"{100 * item.probability:.1f}")
            allowed.add(f"{100 * item.operating_point.threshold:.1f}" if item.operating_point else "")
        if item.id in evidence_ids and item.score is not None:
            allowed.add(f"{item.score:.2f}")
    return allowed


def check_grounded(report: Report, prediction) -> int:
    known = {item.id for item in (*prediction.findings, *prediction.measurements)}
    known |= {segment.id for label_map in prediction.label_maps for segment in label_map.segments}
    printed = 0
    for sentence in sentences(report):
        if sentence.author != "model":
            continue
        assert sentence.evidence_ids
        assert set(sentence.evidence_ids) <= known
        for number in NUMBER.findall(sentence.text):
            assert number in allowed_numbers(prediction, sentence.evidence_ids), sentence
            printed += 1
    return printed


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_number_is_a_measurement_of_its_evidence(a_case, a_prediction, a_manifest, language):
    report = draft_report(a_case, [a_prediction], [a_manifest], language)
    # 4 parts, 2 totals and the asymmetry, the last 3 once more in the impression.
    assert check_grounded(report, a_prediction) == 10


@given(values=st.lists(st.floats(0.0, 5e6), min_size=6, max_size=6), asymmetry=st.floats(-200, 200))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_values_stay_grounded(a_case, a_prediction, a_manifest, values, asymmetry):
    changed = tuple(
        replace(item, value=value) for item, value in zip(a_prediction.measurements, [*values, asymmetry])
    )
    prediction = replace(a_prediction, measurements=changed)
    report = draft_report(a_case, [prediction], [a_manifest])
    for sentence in sentences(report):
        for number in NUMBER.findall(sentence.text) if sentence.author == "model" else ():
            shown = float(number.replace(",", ""))
            values = [item.value for item in changed if item.id in sentence.evidence_ids]
            # Half of the last decimal, in mm3, mL or percent.
            assert any(abs(shown - v) <= 0.51 or abs(shown - v / 1000) <= 0.051 for v in values)


@pytest.mark.parametrize("language", LANGUAGES)
def test_sections_and_ids(a_case, a_prediction, a_manifest, language):
    report = draft_report(a_case, [a_prediction], [a_manifest], language)
    assert [section.id for section in report.sections] == [
        "examination",
        "indication",
        "technique",
        "comparison",
        "findings",
        "measurements",
        "impression",
        "limitations",
    ]
    ids = [sentence.id for sentence in sentences(report)]
    assert len(set(ids)) == len(ids)
    assert report.language == language and report.status == "draft" and report.notice
    assert all(sentence.text == " ".join(sentence.text.split()) for sentence in sentences(report))


def test_english_wording(a_case, a_prediction, a_manifest):
    report = draft_report(a_case, [a_prediction], [a_manifest])
    findings = [(item.text, item.evidence_ids) for item in sentences(report, "findings")]
    assert findings[0] == (
        "Left anterior hippocampus: volume 1,324 mm³.",
        ("f-hippocampus_anterior-left", "m-hippocampus_anterior-left-volume"),
    )
    measured = text_of(report, "measurements")
    assert "Asymmetry index of the hippocampus: +2.2% (right side larger)." in measured
    assert "100 × (right − left) / mean of right and left" in measured
    assert "No reference range is applied" in measured
    assert "2,534 mm³" in text_of(report, "impression")
    assert text_of(report, "examination").splitlines() == [
        "MR examination of the brain, acquired on 2026-02-03.",
        "Patient: 64 years, female.",
    ]
    assert "84 × 90 × 62 voxels, 2.00 × 2.20 × 3.00 mm" in text_of(report, "technique")
    above = "C-reactive protein above the detection range (reference ≤ 5 mg/L)"
    assert above in text_of(report, "indication")
    limits = text_of(report, "limitations")
    for part in ("age, laboratory value crp", "sheared", "GPU asked for", "Diagnosis; Children."):
        assert part in limits
    assert "hippocampus-mr 1.0.0, run on the CPU" in limits


def test_a_limit_is_stated_as_it_was_given_and_notes_name_the_value(a_case, a_prediction, a_manifest):
    value = LaboratoryResult("d_dimer", float("inf"), "mg/L", limit=35.0)
    context = replace(a_case.context, laboratory=(value,))
    note = "lab.d_dimer is above 35 mg/L; the model used 100 mg/L."
    provenance = replace(a_prediction.provenance, notes=(note,))
    prediction = replace(a_prediction, provenance=provenance)
    variable = ContextVariable("lab.d_dimer", "mg/L", 0.4)
    manifest = replace(a_manifest, context=(variable,), report_template="chest")
    case = replace(a_case, context=context)
    report = draft_report(case, [prediction], [manifest])
    assert "D-dimer > 35 mg/L" in text_of(report, "indication")
    everything = "\n".join(item.text for item in sentences(report))
    assert "D-dimer is above 35 mg/L; the model used 100 mg/L." in everything and "lab." not in everything


def test_chinese_wording(a_case, a_prediction, a_manifest):
    report = draft_report(a_case, [a_prediction], [a_manifest], "zh-CN")
    assert sentences(report, "findings")[2].text == "右侧海马前部：体积 1,403 mm³。"
    assert "海马不对称指数：+2.2%（右侧较大）。" in text_of(report, "measurements")
    assert "仅供科研使用" in report.notice
    assert "64 岁，女" in text_of(report, "examination")


@pytest.mark.parametrize(
    ("value", "words"),
    [(-3.04, "-3.0% (left side larger)"), (0.04, "0.0% (sides equal)"), (0.06, "+0.1% (right")],
)
def test_asymmetry_names_the_larger_side(a_case, a_prediction, a_manifest, value, words):
    changed = (*a_prediction.measurements[:-1], replace(a_prediction.measurements[-1], value=value))
    report = draft_report(a_case, [replace(a_prediction, measurements=changed)], [a_manifest])
    assert words in text_of(report, "measurements")


def test_an_asymmetry_that_is_not_defined_has_no_side(a_case, a_prediction, a_manifest):
    changed = (*a_prediction.measurements[:-1], replace(a_prediction.measurements[-1], value=math.nan))
    report = draft_report(a_case, [replace(a_prediction, measurements=changed)], [a_manifest])
    assert "hippocampus: not defined." in text_of(report, "measurements")


@pytest.mark.parametrize(("language", "part"), [("en", "No model bundle applies"), ("zh-CN", "没有适用于")])
def test_no_bundle_is_said_plainly(a_case, language, part):
    report = draft_report(a_case, [], [], language)
    assert part in text_of(report, "findings")
    assert {sentence.author for sentence in sentences(report)} == {"template"}
    assert "measurements" not in {section.id for section in report.sections}
    assert not any(sentence.evidence_ids for sentence in sentences(report))


def test_indication_only_when_something_was_given(a_series, a_prediction, a_manifest):
    report = draft_report(Case("x", {"current": a_series}), [a_prediction], [a_manifest])
    assert "indication" not in {section.id for section in report.sections}
    blank = Case("x", {"current": a_series}, ClinicalContext(indication=" \n\t"))
    assert "indication" not in {section.id for section in draft_report(blank, [], []).sections}


def test_a_prior_is_not_claimed_to_be_compared(a_series, a_prediction, a_manifest):
    case = Case("x", {"current": a_series, "prior": a_series})
    assert "does not compare" in text_of(draft_report(case, [a_prediction], [a_manifest]), "comparison")


def test_a_refused_result_is_not_in_the_impression(a_case, a_prediction, a_manifest):
    prediction = replace(a_prediction, refusals=("The image is mostly empty.",))
    report = draft_report(a_case, [prediction], [a_manifest])
    assert all(sentence.author == "template" for sentence in sentences(report, "impression"))
    assert "Do not rely" in sentences(report, "impression")[0].text
    assert sentences(report, "limitations")[0].text.endswith("The image is mostly empty.")


def test_a_rejected_finding_takes_the_totals_with_it(a_case, a_prediction, a_manifest):
    findings = (replace(a_prediction.findings[0], status="rejected"), *a_prediction.findings[1:])
    report = draft_report(a_case, [replace(a_prediction, findings=findings)], [a_manifest])
    stated = {name for sentence in sentences(report) for name in sentence.evidence_ids}
    assert "f-hippocampus_anterior-left" not in stated
    assert "m-hippocampus_anterior-left-volume" not in stated
    assert "m-hippocampus-left-total" not in stated and "m-hippocampus-asymmetry" not in stated
    assert "f-hippocampus_anterior-right" in stated
    assert "left out" in text_of(report, "limitations")


@pytest.mark.parametrize(("language", "number"), [("en", "2 findings of"), ("zh-CN", "有 2 项所见")])
def test_what_was_rejected_is_said_to_be_assessed(a_case, a_prediction, a_manifest, language, number):
    findings = tuple(replace(item, status="rejected") for item in a_prediction.findings[:2])
    findings = (*findings, *a_prediction.findings[2:])
    report = draft_report(a_case, [replace(a_prediction, findings=findings)], [a_manifest], language)
    limits = text_of(report, "limitations")
    assert number in limits and ("reader rejected" in limits or "阅片者已否定" in limits)
    for finding in findings[:2]:
        assert display_name(finding, load_wording("segmentation", language)[0]).lower() in limits.lower()


def test_totals_are_missed_only_where_there_are_some(a_case, a_prediction, a_manifest):
    findings = (replace(a_prediction.findings[0], status="rejected"), *a_prediction.findings[1:])
    owned = {name for finding in findings for name in finding.measurement_ids}
    measured = tuple(item for item in a_prediction.measurements if item.id in owned)
    for measurements, is_said in ((measured, False), (a_prediction.measurements, True)):
        prediction = replace(a_prediction, findings=findings, measurements=measurements)
        limits = text_of(draft_report(a_case, [prediction], [a_manifest]), "limitations")
        assert ("A finding of hippocampus-mr was rejected, so totals" in limits) is is_said


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_impression_says_what_the_reader_decided(a_case, a_prediction, a_manifest, language):
    first, second, third, fourth = a_prediction.findings
    findings = (
        replace(first, status="accepted"),
        replace(second, status="edited", laterality="bilateral"),
        replace(third, status="rejected"),
        fourth,
    )
    own = (replace(first, id="r-1", name={"en": "Multiple masses"}, laterality=""),)
    options = DraftOptions(as_found=a_prediction.findings, own=own)
    prediction = replace(a_prediction, findings=findings)
    report = draft_report(a_case, [prediction], [a_manifest], language, options)
    said = {item.evidence_ids: (item.text, item.author) for item in sentences(report, "impression")}
    words = {
        "en": ("Accepted by the reader", "Edited by the reader: bilateral", "Found by the reader: multiple"),
        "zh-CN": ("阅片者已接受", "阅片者已修改：双侧", "阅片者发现：multiple masses"),
    }[language]
    for (ids, author), part in zip(
        [((first.id,), "model"), ((second.id,), "model"), (("r-1",), "reader")], words
    ):
        assert said[ids][0].startswith(part) and said[ids][1] == author
    assert sentences(report, "impression")[-1].author == "template"
    assert not any(third.id in ids for ids in said)


@pytest.mark.parametrize(
    ("language", "set_words"),
    [("en", "The reader set the side: left."), ("zh-CN", "侧别由阅片者设定：左侧。")],
)
def test_a_side_that_the_reader_set_is_not_the_models(a_case, a_prediction, a_manifest, language, set_words):
    point, original = OperatingPoint(0.4), replace(a_prediction.findings[0], laterality="")
    original = replace(original, measurement_ids=(), probability=0.6, operating_point=point)
    changed = replace(original, laterality="left", status="edited")
    prediction = replace(a_prediction, findings=(changed,), measurements=(), label_maps=())
    options = DraftOptions(as_found=(original,))
    report = draft_report(a_case, [prediction], [a_manifest], language, options)
    found = sentences(report, "findings")[0].text
    above, edited = sentences(report, "impression")[:2]
    side = "left" if language == "en" else "左侧"
    assert found.endswith(set_words) and side not in found.removesuffix(set_words).lower()
    assert side not in above.text.lower() and "60.0%" in above.text and side in edited.text
    unchanged = draft_report(a_case, [prediction], [a_manifest], language)
    assert side in sentences(unchanged, "findings")[0].text.lower()


def test_a_name_that_the_reader_gave_is_said_to_be_one(a_case, a_prediction, a_manifest):
    changed = replace(a_prediction.findings[0], name={"en": "Cyst"}, laterality="", status="edited")
    prediction = replace(a_prediction, findings=(changed, *a_prediction.findings[1:]))
    options = DraftOptions(as_found=a_prediction.findings)
    first = sentences(draft_report(a_case, [prediction], [a_manifest], "en", options), "findings")[0]
    assert first.text.startswith("Cyst: volume")
    assert first.text.endswith("The name is the reader's. The reader removed the side.")


def test_a_rejected_finding_is_not_below_its_operating_point(a_case, a_prediction, a_manifest):
    low, high = (
        replace(item, measurement_ids=(), probability=value, operating_point=OperatingPoint(0.5))
        for item, value in zip(a_prediction.findings, (0.1, 0.9))
    )
    prediction = replace(
        a_prediction, findings=(low, replace(high, status="rejected")), measurements=(), label_maps=()
    )
    first = sentences(draft_report(a_case, [prediction], [a_manifest]), "impression")[0]
    assert first.text == "None of the findings that the reader did not reject reached its operating point."


@pytest.mark.parametrize("language", LANGUAGES)
def test_without_a_result_no_bundle_is_said_not_to_apply(a_case, a_prediction, language):
    own = (replace(a_prediction.findings[0], id="r-1", name={"en": "Nodule"}, laterality=""),)
    options = DraftOptions(own=own, is_analyzed=False)
    report = draft_report(a_case, [], [], language, options)
    said = text_of(report, "findings")
    assert ("not analyzed" if language == "en" else "未分析") in said
    assert "applies" not in said and "没有适用于" not in said
    assert [item.evidence_ids for item in sentences(report, "impression")] == [("r-1",)]


def test_chinese_radiographs_have_no_stray_space():
    wording = load_wording("chest", "zh-CN")[0]
    texts = (wording.title, *wording.words.values(), *wording.sentences.values())
    assert wording.word("modality.DX") == "X线摄影" and not any("X 线" in text for text in texts)


def test_everything_rejected(a_case, a_prediction, a_manifest):
    findings = tuple(replace(finding, status="rejected") for finding in a_prediction.findings)
    report = draft_report(a_case, [replace(a_prediction, findings=findings)], [a_manifest])
    assert "rejected every finding" in text_of(report, "findings")
    assert not any(sentence.author == "model" for sentence in sentences(report))


def test_a_label_without_voxels_is_stated_as_that(a_case, a_prediction, a_manifest):
    label_map = a_prediction.label_maps[0]
    array = np.where(label_map.array == 4, 0, label_map.array).astype(np.uint8)
    prediction = replace(
        a_prediction, label_maps=(replace(label_map, array=array),), findings=a_prediction.findings[:3]
    )
    last = sentences(draft_report(a_case, [prediction], [a_manifest]), "findings")[-1]
    assert last.text == "Right posterior hippocampus: the model labeled no voxel as this structure."
    assert last.evidence_ids == ("hippocampus_posterior-right",)


@pytest.mark.parametrize("language", LANGUAGES)
def test_probabilities_and_scores(a_case, a_prediction, a_manifest, language):
    point = OperatingPoint(0.4, 0.9, 0.8)
    first, second, third, _ = a_prediction.findings
    findings = (
        replace(first, measurement_ids=(), score=1.1, probability=0.631, operating_point=point),
        replace(second, measurement_ids=(), score=-1.0, probability=0.399, operating_point=point),
        replace(third, measurement_ids=(), score=0.25),
    )
    prediction = replace(a_prediction, findings=findings, measurements=(), label_maps=())
    report = draft_report(a_case, [prediction], [a_manifest], language)
    assert check_grounded(report, prediction) == 6
    impression = sentences(report, "impression")[0]
    assert "63.1%" in impression.text and impression.evidence_ids == (first.id,)
    if language == "en":
        found = [sentence.text for sentence in sentences(report, "findings")]
        assert found[0].endswith("probability 63.1%, at or above the operating point of 40.0%.")
        assert found[1].endswith("probability 39.9%, below the operating point of 40.0%.")
        assert "not calibrated" in found[2] and "0.25" in found[2]


def test_nothing_reaches_its_operating_point(a_case, a_prediction, a_manifest):
    finding = replace(
        a_prediction.findings[0], measurement_ids=(), probability=0.1, operating_point=OperatingPoint(0.5)
    )
    prediction = replace(a_prediction, findings=(finding,), measurements=(), label_maps=())
    first = sentences(draft_report(a_case, [prediction], [a_manifest]), "impression")[0]
    assert first.text == "None of the assessed findings reached its operating point."
    assert first.evidence_ids == (finding.id,)


def test_without_spacing_nothing_is_measured(a_case, a_prediction, a_manifest, a_series):
    series = replace(a_series, volume=replace(a_series.volume, spacing_known=False))
    findings = tuple(replace(finding, measurement_ids=()) for finding in a_prediction.findings)
    prediction = replace(a_prediction, findings=findings, measurements=())
    report = draft_report(Case("x", {"current": series}), [prediction], [a_manifest])
    assert "states no spacing" in text_of(report, "technique")
    assert "2.00" not in text_of(report, "technique")
    assert "segmented, not measured" in text_of(report, "findings")
    assert "Nothing was measured." in text_of(report, "measurements")


def test_free_text_and_heat_maps_are_put_into_place(a_case, a_prediction, a_manifest, a_geometry):
    heat = HeatMap("h", "f", np.zeros(a_geometry.shape, np.float32), a_geometry, "occlusion")
    prediction = replace(a_prediction, texts={"draft": "There is a mass."}, heat_maps=(heat,))
    report = draft_report(a_case, [prediction], [a_manifest])
    assert "mass" not in text_of(report).lower()
    assert "free text; it is left out" in text_of(report, "limitations")
    assert "heat map" in text_of(report, "limitations")


def test_many_segments_are_not_listed_in_the_impression(a_case, a_prediction, a_manifest):
    findings = tuple(
        replace(a_prediction.findings[0], id=f"f-{number}", measurement_ids=()) for number in range(20)
    )
    prediction = replace(a_prediction, findings=findings, measurements=(), label_maps=())
    first = sentences(draft_report(a_case, [prediction], [a_manifest]), "impression")[0]
    assert first.text == "The structures listed under the findings were segmented."
    assert len(first.evidence_ids) == 20


def test_points_without_a_side_are_told_apart(a_case, a_prediction, a_manifest):
    findings = tuple(
        replace(a_prediction.findings[0], id=f"f-x-point{number}", laterality="", measurement_ids=())
        for number in (1, 2)
    )
    prediction = replace(a_prediction, findings=findings, measurements=(), label_maps=())
    texts = [item.text for item in sentences(draft_report(a_case, [prediction], [a_manifest]), "findings")]
    assert texts[0].startswith("Anterior hippocampus (point 1)")
    assert texts[1].startswith("Anterior hippocampus (point 2)")


def test_two_bundles_each_speak_for_themselves(a_case, a_prediction, a_manifest):
    other = replace(
        a_prediction,
        provenance=replace(a_prediction.provenance, bundle_id="other", bundle_version="2.0", notes=()),
        findings=(),
        measurements=(),
        label_maps=(),
        missing=(),
    )
    report = draft_report(a_case, [a_prediction, other], [a_manifest])
    assert "Other gave no finding" in text_of(report, "findings")
    assert "The findings come from other 2.0" in text_of(report, "limitations")
    assert len(sentences(report, "technique")) == 3


def test_an_unknown_template_is_replaced_and_that_is_said(a_case, a_prediction, a_manifest):
    manifest = replace(a_manifest, report_template="chest-next-year")
    report = draft_report(a_case, [a_prediction], [manifest])
    assert '"chest-next-year"' in text_of(report, "limitations")
    assert text_of(report, "findings") == text_of(
        draft_report(a_case, [a_prediction], [a_manifest]), "findings"
    )


def test_an_unknown_language_is_refused(a_case):
    with pytest.raises(UsageError, match="Choose one of: en, zh-CN"):
        draft_report(a_case, [], [], "xx")


def test_options(a_case):
    options = DraftOptions(
        created_at="2026-01-01T00:00:00+00:00", remarks=("The age contradicts the header.",)
    )
    report = draft_report(a_case, [], [], options=options)
    assert report.created_at == "2026-01-01T00:00:00+00:00"
    assert "The age contradicts the header." in text_of(report, "limitations")


def test_age_is_in_completed_years(a_series):
    case = Case("x", {"current": a_series}, ClinicalContext(age_years=64.98))
    assert "64 years" in text_of(draft_report(case, [], []), "examination")
    infant = Case("x", {"current": a_series}, ClinicalContext(age_years=0.25, sex="M"))
    assert "0.2 years, male" in text_of(draft_report(infant, [], []), "examination")


def test_unknown_facts_are_said_to_be_unknown(a_series):
    series = replace(a_series, facts=replace(a_series.facts, modality="", age_years=None, sex=None))
    text = text_of(draft_report(Case("x", {"current": series}), [], []), "examination")
    assert "does not state the modality" in text and "not stated" in text
