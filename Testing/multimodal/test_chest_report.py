"""The report by region: grounded, careful below the operating point, short when the image was refused."""

from __future__ import annotations

import dataclasses
import math

import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import ClinicalContext, LaboratoryResult, Prediction, Report
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.predictor import predict
from MedMMSlicerLib.reporting.draft import draft_report
from MedMMSlicerLib.reporting.likelihood import LIKELIHOOD_STEPS, likelihood_key
from MedMMSlicerLib.reporting.render import to_html, to_json, to_text

from .conftest import make_case, picture

CPU = RunOptions(device="cpu", threads=1)


@pytest.fixture
def prediction(bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext) -> Prediction:
    return predict(bundle, make_case(context=full_context), CPU, engines=engines)


def draft(bundle: ModelBundle, prediction: Prediction, language: str = "en") -> Report:
    return draft_report(make_case(), [prediction], [bundle.manifest], language)


def section(report: Report, name: str) -> str:
    return "\n".join(
        sentence.text for item in report.sections if item.id == name for sentence in item.sentences
    )


def with_probability(prediction: Prediction, name: str, value: float) -> Prediction:
    findings = tuple(
        dataclasses.replace(item, probability=value) if item.id == name else item
        for item in prediction.findings
    )
    return dataclasses.replace(prediction, findings=findings)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_the_sections_stand_in_the_order_in_which_they_are_read(
    language: str, bundle: ModelBundle, prediction: Prediction
) -> None:
    names = [item.id for item in draft(bundle, prediction, language).sections]
    assert names == [
        "examination",
        "technique",
        "comparison",
        "findings",
        "prognosis",
        "impression",
        "not_assessed",
        "missing",
        "limitations",
    ]


def test_only_what_reached_its_operating_point_is_asserted(
    bundle: ModelBundle, prediction: Prediction
) -> None:
    report = draft(bundle, with_probability(prediction, "f-effusion", 0.04))
    findings = section(report, "findings")
    assert "Lungs: mass reached its operating point: about as likely as not (probability 53.6%" in findings
    assert "Pleura: no evidence of effusion above the operating point was found (very unlikely" in findings
    impression = section(report, "impression")
    assert "mass" in impression
    assert "effusion" not in impression
    flagged = section(draft(bundle, with_probability(prediction, "f-effusion", 0.5)), "impression")
    assert "effusion, about as likely as not (50.0%)" in flagged


def test_nothing_reached_is_not_called_normal(bundle: ModelBundle, prediction: Prediction) -> None:
    for finding in prediction.findings:
        if finding.probability is not None:
            prediction = with_probability(prediction, finding.id, 0.01)
    report = draft(bundle, prediction)
    assert "does not say that the image is normal" in section(report, "impression")
    assert "nothing follows from this" in section(report, "findings")
    assert "reached its operating point:" not in to_text(report).replace("\n", " ")


def with_status(prediction: Prediction, **states: str) -> Prediction:
    findings = tuple(
        dataclasses.replace(item, status=states.get(item.id.removeprefix("f-"), item.status))
        for item in prediction.findings
    )
    return dataclasses.replace(prediction, findings=findings)


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_the_reader_decided_is_said(bundle: ModelBundle, prediction: Prediction, language: str) -> None:
    prediction = with_probability(with_probability(prediction, "f-effusion", 0.04), "f-mass", 0.9)
    report = draft(bundle, with_status(prediction, mass="rejected", effusion="accepted"), language)
    assessed, impression = section(report, "not_assessed"), section(report, "impression")
    if language == "en":
        assert (
            "mass (rejected by the reader)" in assessed and "Accepted by the reader: effusion." in impression
        )
    else:
        assert "肿块（阅片者已否定）" in assessed and "阅片者已接受：" in impression
    assert "totals" not in section(report, "limitations") and "总量" not in section(report, "limitations")
    accepted = next(
        line for item in report.sections if item.id == "impression" for line in item.sentences
        if "ccepted" in line.text or "已接受" in line.text
    )  # fmt: skip
    assert accepted.evidence_ids == ("f-effusion",)


def test_every_statement_carries_its_evidence(bundle: ModelBundle, prediction: Prediction) -> None:
    known = {item.id for item in (*prediction.findings, *prediction.measurements)}
    report = draft(bundle, prediction)
    for item in report.sections:
        for sentence in item.sentences:
            assert (sentence.author == "model") == bool(sentence.evidence_ids)
            assert set(sentence.evidence_ids) <= known
    stated = {name for item in report.sections for line in item.sentences for name in line.evidence_ids}
    assert {finding.id for finding in prediction.findings} <= stated


def test_a_prognosis_says_what_moved_it(bundle: ModelBundle, prediction: Prediction) -> None:
    text = section(draft(bundle, prediction), "prognosis")
    assert "Need of intensive care reached its operating point" in text
    largest = max(
        (item for item in prediction.contributions if item.finding_id == "f-icu"),
        key=lambda item: abs(item.delta_probability),
    )
    name = {"lab.ldh": "LDH", "lab.crp": "CRP", "lab.d_dimer": "D-dimer"}.get(largest.name, largest.name)
    sign = "+" if largest.delta_probability > 0 else "−"
    assert f"{name} {sign}{abs(100 * largest.delta_probability):.1f} percentage points" in text


def test_what_was_missing_is_named_for_people(bundle: ModelBundle, engines: EngineCache) -> None:
    context = ClinicalContext(age_years=50, laboratory=(LaboratoryResult("crp", 3, "mg/L"),))
    prediction = predict(bundle, make_case(context=context), CPU, engines=engines)
    assert "did not get: sex, LDH, D-dimer." in section(draft(bundle, prediction), "missing")
    assert "性别、LDH、D-二聚体" in section(draft(bundle, prediction, "zh-CN"), "missing")


def test_nothing_missing_is_said_too(bundle: ModelBundle, prediction: Prediction) -> None:
    assert section(draft(bundle, prediction), "missing").startswith("No clinical value")


@pytest.mark.parametrize(("language", "word"), [("en", "refused"), ("zh-CN", "拒绝")])
def test_a_refused_image_gives_a_report_that_says_only_that(
    language: str,
    word: str,
    bundle: ModelBundle,
    engines: EngineCache,
    full_context: ClinicalContext,
) -> None:
    prediction = predict(bundle, make_case(picture() * 300, full_context), CPU, engines=engines)
    report = draft(bundle, prediction, language)
    assert [item.id for item in report.sections] == ["examination", "impression"]
    text = to_text(report)
    assert word in text
    page = to_html(report, [prediction])
    for name in ("Mass", "Effusion", "intensive care", "肿块", "积液", "重症"):
        assert name not in text
        assert name not in page


def test_a_broken_quality_rule_is_part_of_the_technique(bundle: ModelBundle, engines: EngineCache) -> None:
    array = picture()
    array[:, :24] = 0.9
    prediction = predict(bundle, make_case(array), CPU, engines=engines)
    assert prediction.is_applicable
    report = draft(bundle, prediction)
    assert "Image quality: the lungs are cut." in section(report, "technique")
    assert "The lungs are cut" in section(report, "limitations")
    assert "cut" not in section(report, "findings")


def test_contributions_are_bars_on_the_page_and_numbers_in_the_json(
    bundle: ModelBundle, prediction: Prediction
) -> None:
    report = draft(bundle, prediction)
    page = to_html(report, [prediction])
    assert page.count('class="rise"') + page.count('class="fall"') == len(prediction.contributions)
    assert ">D-dimer</td>" in page
    assert "age, sex and view" in page
    contributions = to_json(report, [prediction])["evidence"][0]["contributions"]
    assert len(contributions) == len(prediction.contributions)
    assert contributions[0]["delta_probability"] == prediction.contributions[0].delta_probability


def test_markup_in_a_clinical_text_stays_text(
    bundle: ModelBundle, engines: EngineCache, full_context: ClinicalContext
) -> None:
    attack = '<img src=x onerror="alert(1)"><script>alert(2)</script> {{ 7 * 7 }}'
    context = dataclasses.replace(full_context, indication=attack, history=attack)
    case = make_case(context=context)
    prediction = predict(bundle, case, CPU, engines=engines)
    report = draft_report(case, [prediction], [bundle.manifest])
    page = to_html(report, [prediction])
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(2)&lt;/script&gt; {{ 7 * 7 }}" in page


def test_the_scale_of_likelihoods_is_complete_and_in_order() -> None:
    limits = [limit for limit, _ in LIKELIHOOD_STEPS]
    assert limits == sorted(limits)
    assert [likelihood_key(value) for value in (0, 0.099, 0.1, 0.33, 0.66, 0.9, 1.0)] == [
        "very-unlikely",
        "very-unlikely",
        "unlikely",
        "even",
        "likely",
        "very-likely",
        "very-likely",
    ]
    for value in (-0.01, 1.01, math.nan):
        with pytest.raises(ValueError, match="no probability"):
            likelihood_key(value)
