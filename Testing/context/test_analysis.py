"""From a context file to the analysis and its report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("onnxruntime")

ATTACK = "<script>alert(1)</script>"


def _analysis(reading: Any, bundle: Path, image: Path) -> Any:
    from MedMMSlicerLib.bundles.catalog import BundleCatalog
    from MedMMSlicerLib.session import AnalysisRequest, analyze

    request = AnalysisRequest(
        inputs=(image,), bundle=str(bundle), context=reading.context, context_remarks=reading.remarks
    )
    return analyze(request, BundleCatalog())


def test_refused_values_are_stated_and_markup_is_escaped(
    build: Any, read: Any, threshold_bundle: Path, phantom_file: Path
) -> None:
    from MedMMSlicerLib.reporting.render import to_html

    condition = {
        "resourceType": "Condition",
        "subject": {"reference": "Patient/p1"},
        "code": {"text": ATTACK},
    }
    values = [build.observation("1988-5", 12, "mg/dL"), build.observation("2532-0", 12, "parsec")]
    reading = read(build.bundle(build.patient(gender="female"), condition, *values))
    analysis = _analysis(reading, threshold_bundle, phantom_file)
    assert any("parsec" in remark for remark in analysis.remarks)
    assert [(item.name, item.value) for item in analysis.case.context.laboratory] == [("crp", 120.0)]
    html = to_html(analysis.report, [analysis.prediction])
    assert "<script>alert" not in html and "&lt;script&gt;alert(1)" in html


def test_fhir_and_csv_lead_to_the_same_case(
    build: Any, read: Any, threshold_bundle: Path, phantom_file: Path
) -> None:
    fhir = read(build.bundle(build.observation("1988-5", 12.5, "mg/dL")))
    table = read("loinc;value;unit\n1988-5;12,5;mg/dl\n")
    contexts = [_analysis(reading, threshold_bundle, phantom_file).case.context for reading in (fhir, table)]
    assert contexts[0] == contexts[1] and contexts[0].laboratory[0].value == 125.0
