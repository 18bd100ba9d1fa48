"""Reports and documents as nouns; a reading room with a case that was read, from the tests of the desks."""

from __future__ import annotations

import dataclasses
import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.core import Report, ReportSection, ReportSentence
from MedMMSlicerLib.reporting.document.model import ReportDocument
from MedMMSlicerLib.reporting.document.workflow import Act, new_document, update_report


def _desk_fixtures() -> Any:
    name = "desk_fixtures_for_report_documents"
    if name not in sys.modules:
        path = Path(__file__).resolve().parent.parent / "reading_desks" / "conftest.py"
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


_desks = _desk_fixtures()
host, scene, geometry, provenance = _desks.host, _desks.scene, _desks.geometry, _desks.provenance
manifest, segments, room, reload = _desks.manifest, _desks.segments, _desks.room, _desks.reload
make_label_map, make_prediction = _desks.make_label_map, _desks.make_prediction
make_room, open_case, results = _desks.make_room, _desks.open_case, _desks.results

TEXTS = {
    "en": ("Left lung: volume 26 mm³.", "No pleural effusion.", "Nodule in the left lung, 5 mm.", "Nodule."),
    "zh-CN": ("左肺：体积 26 mm³。", "未见胸腔积液。", "左肺结节，5 mm。", "结节。"),
}


def moment(second: int) -> str:
    """A time of the injected clock."""
    return f"2026-01-02T03:{second // 60:02d}:{second % 60:02d}+00:00"


def with_text(report: Report, sentence_id: str, text: str, author: str = "reader") -> Report:
    """The report with another text of one sentence."""
    sections = tuple(
        dataclasses.replace(
            section,
            sentences=tuple(
                dataclasses.replace(item, text=text, author=author) if item.id == sentence_id else item
                for item in section.sentences
            ),
        )
        for section in report.sections
    )
    return dataclasses.replace(report, sections=sections)


@pytest.fixture(params=["en", "zh-CN"])
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def a_report(language: str) -> Report:
    texts = TEXTS[language]
    findings = (
        ReportSentence("findings-1", texts[0], "model", ("m-1",)),
        ReportSentence("findings-2", texts[1], "template"),
        ReportSentence("findings-3", texts[2], "model", ("f-1", "m-2")),
    )
    impression = (ReportSentence("impression-1", texts[3], "model", ("f-1",)),)
    return Report(
        "Report",
        language,
        "Research use only.",
        (
            ReportSection("findings", "Findings", findings),
            ReportSection("impression", "Impression", impression),
        ),
        "2026-01-02T03:00:00+00:00",
    )


@pytest.fixture
def a_document(a_report: Report) -> ReportDocument:
    """Drafted by a model, then one sentence edited by a reader."""
    document = new_document(a_report, Act("mixed 1.2.0", moment(0), details={"bundle": "mixed"}), "report-1")
    edited = with_text(a_report, "findings-3", a_report.sections[0].sentences[2].text.replace("5", "6"))
    return update_report(document, edited, Act("Dr. Li", moment(10)))


@pytest.fixture
def edit() -> Callable[..., Report]:
    return with_text


@pytest.fixture
def at() -> Callable[[int], str]:
    return moment
