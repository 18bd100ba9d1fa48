"""What MedMM drafts itself gives no remark but that findings and the impression wait for the reader."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from MedMMSlicerLib.bundles.loading import describe_bundle
from MedMMSlicerLib.bundles.manifest import Manifest
from MedMMSlicerLib.core import (
    Case,
    CodedConcept,
    Finding,
    HeaderFacts,
    Measurement,
    OperatingPoint,
    Prediction,
    Provenance,
    Report,
    Series,
)
from MedMMSlicerLib.reporting.checks import CheckContext, Remark, check_report
from MedMMSlicerLib.reporting.draft import draft_report

LANGUAGES = ("en", "zh-CN")
PROBABILITIES = (0.93, 0.21, 0.04, 0.13, 0.36, 0.70, 0.72)
VOLUME = CodedConcept("118565006", "SCT", "Volume")


def _provenance(bundle: Manifest) -> Provenance:
    return Provenance(bundle.id, bundle.version, "ab" * 32, (), "cpu", "CPUExecutionProvider", {}, {},
                      "2026-03-04T05:06:07+00:00")  # fmt: skip


def _case() -> Case:
    facts = HeaderFacts(modality="DX", body_part="CHEST", patient_name="DOE^JANE", patient_id="4711")
    return Case("case-1", {"current": Series("AP", facts, (Path("image.dcm"),))})


@pytest.fixture(scope="module")
def chest(repository: Path) -> Manifest:
    return describe_bundle(repository / "Resources" / "Bundles" / "chest-xr").manifest


@pytest.fixture(scope="module")
def hippocampus(repository: Path) -> Manifest:
    return describe_bundle(repository / "Resources" / "Bundles" / "hippocampus-mr").manifest


def _chest_prediction(bundle: Manifest, status: str) -> Prediction:
    findings = tuple(
        Finding(item.id, item.concept, item.name, probability=value, kind=item.kind, region=item.region,
                operating_point=OperatingPoint(item.threshold), status=status)
        for item, value in zip(bundle.findings, PROBABILITIES)
    )  # fmt: skip
    return Prediction(_provenance(bundle), findings=findings)


def _hippocampus_prediction(bundle: Manifest, status: str) -> Prediction:
    findings, measurements = [], []
    for number, (label, side) in enumerate(
        (label, side) for label in bundle.labels for side in ("left", "right")
    ):
        name = {"en": f"Volume of {label.name['en'].lower()}", "zh-CN": f"{label.name['zh-CN']}体积"}
        measured = Measurement(f"m-{label.id}-{side}-volume", VOLUME, 1324.4 + 77.7 * number, "mm3", name,
                               f"{label.id}-{side}", side)  # fmt: skip
        measurements.append(measured)
        findings.append(
            Finding(
                f"f-{label.id}-{side}",
                label.type,
                label.name,
                side,
                measurement_ids=(measured.id,),
                status=status,
            )
        )
    for side, value in (("left", 2804.2), ("right", 2959.6)):
        name = {"en": "Total volume of hippocampus", "zh-CN": "海马总体积"}
        measurements.append(Measurement(f"m-hippocampus-{side}-total", VOLUME, value, "mm3", name, "", side))
    asymmetry = CodedConcept("asymmetry-index", "99MEDMM", "Asymmetry index")
    name = {"en": "Asymmetry index of hippocampus", "zh-CN": "海马不对称指数"}
    measurements.append(Measurement("m-hippocampus-asymmetry", asymmetry, -5.4, "%", name))
    return Prediction(_provenance(bundle), findings=tuple(findings), measurements=tuple(measurements))


def _check(report: Report, prediction: Prediction) -> tuple[Remark, ...]:
    """All remarks but the one on the sentence that leaves the impression to the reader."""
    context = CheckContext(("DOE^JANE",), ("4711",))
    found = check_report(report, prediction.findings, prediction.measurements, (), context)
    impression = next(section for section in report.sections if section.id == "impression")
    last = impression.sentences[-1]
    assert [(item.severity, item.stop) for item in found if item.sentence_id == last.id] == [
        ("warning", len(last.text))
    ]
    return tuple(item for item in found if item.sentence_id != last.id)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drafted_chest_report(chest: Manifest, language: str) -> None:
    prediction = _chest_prediction(chest, "proposed")
    report = draft_report(_case(), [prediction], [chest], language)
    remarks = _check(report, prediction)
    assert {item.severity for item in remarks} == {"info"}
    assert {item.rule for item in remarks} == {"sentence-without-accepted-finding"}
    reached = [
        finding.id
        for finding in prediction.findings
        if finding.kind != "normal" and finding.probability >= finding.operating_point.threshold
    ]
    assert {name for item in remarks for name in item.evidence_ids} == set(reached)


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_was_reached_and_accepted_gives_no_remark(chest: Manifest, language: str) -> None:
    prediction = _chest_prediction(chest, "proposed")
    findings = tuple(
        dataclasses.replace(item, status="accepted")
        if item.probability >= item.operating_point.threshold
        else item
        for item in prediction.findings
    )
    prediction = dataclasses.replace(prediction, findings=findings)
    assert _check(draft_report(_case(), [prediction], [chest], language), prediction) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_accepting_what_the_model_does_not_see_is_a_contradiction(chest: Manifest, language: str) -> None:
    prediction = _chest_prediction(chest, "proposed")
    report = draft_report(_case(), [prediction], [chest], language)
    findings = tuple(
        dataclasses.replace(item, status="accepted" if item.id == "atelectasis" else "proposed")
        for item in prediction.findings
    )
    remarks = _check(report, dataclasses.replace(prediction, findings=findings))
    assert [item.evidence_ids for item in remarks if item.rule == "negation"] == [("atelectasis",)]


@pytest.mark.parametrize("status", ["proposed", "accepted"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_drafted_hippocampus_report(hippocampus: Manifest, language: str, status: str) -> None:
    prediction = _hippocampus_prediction(hippocampus, status)
    report = draft_report(_case(), [prediction], [hippocampus], language)
    assert _check(report, prediction) == ()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_stale_number_is_found_after_a_correction(hippocampus: Manifest, language: str) -> None:
    prediction = _hippocampus_prediction(hippocampus, "accepted")
    report = draft_report(_case(), [prediction], [hippocampus], language)
    corrected = tuple(
        dataclasses.replace(item, value=1500.0) if item.id == "m-hippocampus-anterior-left-volume" else item
        for item in prediction.measurements
    )
    remarks = _check(report, dataclasses.replace(prediction, measurements=corrected))
    assert [(item.rule, item.fix.replacement if item.fix else None) for item in remarks] == [
        ("number", "1,500")
    ]


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_rejected_segment_is_found_in_an_old_draft(hippocampus: Manifest, language: str) -> None:
    prediction = _hippocampus_prediction(hippocampus, "accepted")
    report = draft_report(_case(), [prediction], [hippocampus], language)
    findings = tuple(
        dataclasses.replace(item, status="rejected") if item.id == "f-hippocampus-posterior-right" else item
        for item in prediction.findings
    )
    remarks = _check(report, dataclasses.replace(prediction, findings=findings))
    assert {item.rule for item in remarks} == {"rejected-mentioned"}
    assert remarks[0].sentence_id.startswith("findings")
