"""Edit distance, kept text, decisions, time, and metrics: hand-made numbers and those of other programs."""

from __future__ import annotations

import builtins
import dataclasses
from collections.abc import Callable, Mapping, Sequence
from importlib import metadata
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.core import CodedConcept, Finding, Report, ReportSection, ReportSentence
from MedMMSlicerLib.errors import InstallationError, UsageError
from MedMMSlicerLib.reporting.document.finding_metrics import compare_findings, stated_findings
from MedMMSlicerLib.reporting.document.measures import (
    edit_distance,
    finding_decisions,
    kept_characters,
    measure_sections,
    words_of,
)
from MedMMSlicerLib.reporting.document.metric_plugins import ENTRY_POINTS, KNOWN_METRICS, MetricRegistry
from MedMMSlicerLib.reporting.document.text_metrics import bleu, rouge
from MedMMSlicerLib.reporting.document.timing import ReadingTime, seconds_between
from MedMMSlicerLib.reporting.document.workflow import Act, new_document, record, update_report

At = Callable[[int], str]


def _distance(one: str, other: str) -> int:
    """Wagner and Fischer (1974), as in the textbook."""
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, start=1):
        before, row[0] = row[0], i
        for j, right in enumerate(other, start=1):
            before, row[j] = row[j], min(row[j] + 1, row[j - 1] + 1, before + (left != right))
    return row[-1]


@settings(deadline=None)
@given(st.text("ab左肺 ", max_size=12), st.text("ab左肺 ", max_size=12))
def test_the_distance_is_levenshteins(one: str, other: str) -> None:
    pytest.importorskip("rapidfuzz")
    assert edit_distance(one, other) == _distance(one, other)
    kept = kept_characters(one, other)
    assert 0 <= kept <= min(len(one), len(other)) and kept >= len(one) - _distance(one, other)
    assert kept_characters(one, one) == len(one)


def test_known_distances() -> None:
    pytest.importorskip("rapidfuzz")
    assert edit_distance("kitten", "sitting") == 3 and kept_characters("kitten", "sitting") == 4
    assert edit_distance(["no", "mass"], ["no", "large", "mass"]) == 1
    assert kept_characters("left", "") == 0


def test_words_of_both_languages() -> None:
    assert words_of("The 1,324.5 mm³ node isn't well-defined.") == [
        "The", "1,324.5", "mm³", "node", "isn't", "well-defined",
    ]  # fmt: skip
    assert words_of("左肺5 mm结节。") == ["左", "肺", "5", "mm", "结", "节"]


def _report(**sections: Sequence[tuple[str, str, str]]) -> Report:
    return Report(
        "T", "en", "N",
        tuple(
            ReportSection(name, name, tuple(ReportSentence(*item) for item in items))
            for name, items in sections.items()
        ),
        "2026",
    )  # fmt: skip


def test_what_became_of_the_draft(at: At) -> None:
    pytest.importorskip("rapidfuzz")
    first = _report(
        findings=[("a", "abcdefghij", "model"), ("b", "0123456789", "model"), ("t", "tttt", "template")],
        impression=[("c", "xyz", "model")],
    )
    document = new_document(first, Act("mixed 1", at(0)), "d")
    # The model drafts one sentence away; the reader edits one, adds one, and moves one to the other section.
    second = _report(
        findings=[("a", "abcdefghij", "model"), ("t", "tttt", "template")], impression=[("c", "xyz", "model")]
    )
    document = update_report(document, second, Act("mixed 1", at(1), "drafted"))
    third = _report(
        findings=[("a", "abcdeFghij!", "reader"), ("r", "new", "reader")],
        impression=[("t", "tttt", "template"), ("c", "xyz", "model")],
    )
    document = update_report(document, third, Act("Dr. Li", at(2)))
    findings, impression, whole = measure_sections(document)
    assert findings.section_id == "findings" and whole.section_id == ""
    assert (findings.drafted, findings.kept, findings.edited, findings.removed, findings.added) == (
        3,
        1,
        1,
        1,
        1,
    )
    assert findings.kept_share == pytest.approx(9 / 20)
    assert findings.distance_characters == _distance("abcdefghij\n0123456789\ntttt", "abcdeFghij!\nnew")
    assert findings.distance_share == pytest.approx(findings.distance_characters / 26)
    assert impression.kept_share == 1.0 and impression.added == 0
    assert whole.kept_share == pytest.approx(12 / 23)
    last = measure_sections(document, "last")[0]
    assert last.drafted == 3 and last.kept_share == findings.kept_share
    with pytest.raises(UsageError, match="no baseline"):
        measure_sections(document, "middle")


def test_a_report_without_a_model_has_no_kept_share(at: At) -> None:
    pytest.importorskip("rapidfuzz")
    document = new_document(_report(findings=[("a", "Text.", "template")]), Act("MedMM", at(0)), "d")
    assert measure_sections(document)[-1].kept_share is None


def test_decisions_on_findings(at: At) -> None:
    document = new_document(_report(findings=[("a", "x", "model")]), Act("mixed", at(0)), "d")
    for second, (name, before, after) in enumerate(
        [("f-1", "proposed", "accepted"), ("f-2", "proposed", "rejected"), ("f-1", "accepted", "rejected"),
         ("f-1", "rejected", "edited")], start=1,
    ):  # fmt: skip
        details = {"finding_id": name, "before": before, "after": after}
        document = record(document, Act("Dr. Li", at(second), "finding", details))
    one, two = finding_decisions(document)
    assert (one.finding_id, one.status, one.accepted, one.rejected, one.edited) == ("f-1", "edited", 1, 1, 1)
    assert (one.first_at, one.last_at) == (at(1), at(4)) and two.status == "rejected" and two.accepted == 0


def test_time_with_idle_time_apart() -> None:
    time = ReadingTime(idle_after_ms=60_000)
    for text in ("03:00:00", "03:00:30", "03:01:30", "03:11:30", "03:11:29", "03:11:40.500"):
        time = time.touched(f"2026-01-02T{text}+00:00")
    assert (time.active_s, time.idle_s, time.total_s) == (100.5, 600.0, 700.5)
    assert time.first_at.startswith("2026-01-02T03:00:00") and time.last_at.endswith("40.500+00:00")
    later = time.touched("2026-01-02T11:11:41.500+08:00")
    assert later.active_s == 101.5


@settings(deadline=None)
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=30))
def test_active_and_idle_time_add_up(steps: list[int]) -> None:
    time, now = ReadingTime(), 0
    for step in steps:
        now += step
        minutes, milliseconds = divmod(now, 60_000)
        time = time.touched(f"2026-01-{2 + minutes // 1440:02d}T{minutes // 60 % 24:02d}:{minutes % 60:02d}:"
                            f"{milliseconds // 1000:02d}.{milliseconds % 1000:03d}+00:00")  # fmt: skip
    assert time.active_ms + time.idle_ms == now - steps[0]
    assert time.idle_ms == sum(step for step in steps[1:] if step > 60_000)


@pytest.mark.parametrize("text", ["yesterday", "2026-01-02T03:04:05", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match=r"no ISO 8601 time|no time zone"):
        seconds_between(text, text)
    with pytest.raises(UsageError):
        ReadingTime().touched(text)


REFERENCE = "There is a small right pleural effusion. No pneumothorax. Heart size is normal."
TEXT = "Small right pleural effusion is present. No pneumothorax. The heart is normal in size."


def test_bleu_is_that_of_the_reference() -> None:
    pytest.importorskip("sacrebleu")
    # Computed beforehand with sacrebleu's sentence BLEU on this pair.
    assert bleu([TEXT], [REFERENCE]).score == pytest.approx(24.797984721910183, abs=1e-9)
    assert "tok:13a" in bleu([TEXT], [REFERENCE]).signature
    assert bleu([REFERENCE], [REFERENCE]).score == pytest.approx(100)
    both = bleu([TEXT, REFERENCE], [REFERENCE, REFERENCE])
    assert 24.8 < both.score < 100


def test_rouge_is_that_of_the_reference() -> None:
    pytest.importorskip("rouge_score")
    # Computed beforehand with rouge-score, without stemming, on this pair.
    found = rouge([TEXT], [REFERENCE])
    assert found["rouge1"].f1 == pytest.approx(0.8148148148148148, abs=1e-12)
    assert found["rouge2"].f1 == pytest.approx(0.4, abs=1e-12)
    assert found["rougeL"].f1 == pytest.approx(0.6666666666666666, abs=1e-12)
    assert found["rouge1"].precision == pytest.approx(11 / 14) and found["rouge1"].recall == pytest.approx(
        11 / 13
    )


def test_chinese_is_not_dropped() -> None:
    pytest.importorskip("rouge_score")
    pytest.importorskip("sacrebleu")
    found = rouge(["左肺结节。"], ["左肺小结节。"], "zh-CN")
    assert found["rouge1"].precision == 1.0 and found["rouge1"].recall == pytest.approx(4 / 5)
    assert rouge(["左肺"], ["右心"], "zh-CN")["rouge1"].f1 == 0
    assert "tok:zh" in bleu(["左肺"], ["左肺"], "zh-CN").signature


@pytest.mark.parametrize("metric", [bleu, rouge])
@pytest.mark.parametrize("pair", [([], []), (["a"], []), ("a", "b")])
def test_pairs_are_checked(metric: Any, pair: tuple[Any, Any]) -> None:
    with pytest.raises(UsageError):
        metric(*pair)


@pytest.mark.parametrize(
    ("package", "act"),
    [
        ("sacrebleu", lambda: bleu(["a"], ["a"])),
        ("rouge_score", lambda: rouge(["a"], ["a"])),
        ("rapidfuzz", lambda: edit_distance("a", "b")),
    ],
)
def test_a_missing_package_says_how_to_get_it(
    package: str, act: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name.partition(".")[0] == package:
            raise ImportError(f"No module named '{name}'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(InstallationError, match="pip install"):
        act()


def _finding(name: str, code: str, side: str = "", status: str = "accepted") -> Finding:
    return Finding(name, CodedConcept(code, "SCT", code), {"en": code}, side, status=status)


def test_findings_are_compared_by_code_and_side() -> None:
    stated = [_finding("1", "A", "left"), _finding("2", "B"), _finding("3", "C", status="rejected")]
    reference = [_finding("x", "A", "right"), _finding("y", "B"), _finding("z", "C")]
    found = compare_findings(stated, reference)
    assert found.found == (("SCT", "B", ""),) and found.extra == (("SCT", "A", "left"),)
    assert found.missed == (("SCT", "A", "right"), ("SCT", "C", ""))
    assert (found.precision, found.recall) == (pytest.approx(1 / 2), pytest.approx(1 / 3))
    assert found.f1 == pytest.approx(2 / 5)
    assert compare_findings(stated, reference, with_side=False).recall == pytest.approx(2 / 3)
    nothing = compare_findings([], [])
    assert nothing.precision is None and nothing.recall is None and nothing.f1 is None


def test_stated_findings_are_those_that_sentences_name() -> None:
    report = _report(findings=[("a", "x", "model")])
    sentence = dataclasses.replace(report.sections[0].sentences[0], evidence_ids=("1", "3", "m-1"))
    report = dataclasses.replace(
        report, sections=(dataclasses.replace(report.sections[0], sentences=(sentence,)),)
    )
    findings = [_finding("1", "A"), _finding("2", "B"), _finding("3", "C", status="rejected")]
    assert [item.id for item in stated_findings(report, findings)] == ["1"]


class _Length:
    name = "Length"

    def score(self, hypotheses: Sequence[str], references: Sequence[str]) -> Mapping[str, float]:
        return {"ratio": sum(map(len, hypotheses)) / sum(map(len, references))}


@pytest.mark.parametrize("name", ["radgraph", "CheXbert", "GREEN"])
def test_metrics_with_weights_say_what_they_need(name: str) -> None:
    with pytest.raises(InstallationError, match=r"It needs the weights of .* downloads nothing"):
        MetricRegistry([]).get(name)


def test_a_plug_in_is_found_by_its_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = metadata.EntryPoint("radgraph", "some_package:make", ENTRY_POINTS)
    registry = MetricRegistry([point])
    assert registry.available() == ("radgraph",)
    assert [known for known, there in registry.describe() if there] == [KNOWN_METRICS[0]]
    with pytest.raises(InstallationError, match=r"plug-in some_package:make .* does not load"):
        registry.get("radgraph")
    monkeypatch.setattr(metadata.EntryPoint, "load", lambda self: _Length)
    assert registry.get("RadGraph").score(["ab"], ["abcd"]) == {"ratio": 0.5}
    assert registry.get("length").name == "Length"


def test_only_metrics_are_registered() -> None:
    registry = MetricRegistry([])
    registry.register(_Length())
    assert registry.available() == ("length",) and registry.get("LENGTH")
    with pytest.raises(UsageError, match="no report metric"):
        registry.register(object())  # type: ignore[arg-type]
    with pytest.raises(UsageError, match=r"There is no metric 'else'\. Installed are: length"):
        registry.get("else")


def test_the_installed_packages_are_asked() -> None:
    assert "radgraph" not in MetricRegistry().available()
