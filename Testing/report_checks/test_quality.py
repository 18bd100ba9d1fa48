"""Precision and recall of each check on the written examples, and the page that states them."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest
from MedMMSlicerLib.core import Report
from MedMMSlicerLib.reporting.checks import RULES, check_report
from scoring import Score, pooled, score
from write_figures import HELD_OUT, PAGE, first_looks, with_figures
from written_examples import Example, place_of, read_examples

HALVES = {"development": ("development",), "held-out": HELD_OUT}


@pytest.fixture(scope="module", params=list(HALVES))
def a_half(request: pytest.FixtureRequest) -> list[Example]:
    return [example for name in HALVES[request.param] for example in read_examples(name)]


@pytest.mark.parametrize("rule", RULES)
def test_precision_and_recall(a_half: list[Example], rule: str) -> None:
    mark = score(a_half)[rule]
    assert mark.right + mark.missed >= 10
    assert mark.precision >= 0.95, mark.faults
    assert mark.recall >= 0.90, mark.faults


@pytest.mark.parametrize("name", HELD_OUT)
def test_each_held_out_set(name: str) -> None:
    """The sets are small, so they are held to the bar together for precision and recall over all checks."""
    mark = pooled(score(read_examples(name)).values())
    assert mark.precision >= 0.95, mark.faults
    assert mark.recall >= 0.90, mark.faults


def test_jumps_and_fixes(a_half: list[Example]) -> None:
    mark = pooled(score(a_half).values())
    assert mark.in_place >= 0.95 * mark.right
    assert mark.fixes_wanted >= 25
    assert mark.fixes_right == mark.fixes_wanted, mark.faults


def test_examples_of_both_languages(a_half: list[Example]) -> None:
    assert len(a_half) >= 120
    assert len({example.name for example in a_half}) == len(a_half)
    for language in ("en", "zh-CN"):
        own = [example for example in a_half if example.language == language]
        expected = {wanted.rule for example in own for wanted in example.expected}
        assert expected == set(RULES)
        assert sum(not example.expected for example in own) >= 30


def test_a_fix_ends_its_remark(a_half: list[Example]) -> None:
    count = 0
    for example in a_half:
        for remark in example.check():
            if remark.fix is None:
                continue
            count += 1
            after = check_report(
                _fixed(example.report, remark.fix.sentence_id, remark.fix.apply),
                example.findings,
                example.measurements,
                (),
                example.context,
            )
            same = [item for item in after if (item.rule, item.start) == (remark.rule, remark.start)]
            assert not [item for item in same if place_of(item, example) == place_of(remark, example)], (
                example.name
            )
    assert count >= 50


def _fixed(report: Report, sentence_id: str, apply) -> Report:
    sections = tuple(
        dataclasses.replace(
            section,
            sentences=tuple(
                dataclasses.replace(item, text=apply(item.text)) if item.id == sentence_id else item
                for item in section.sentences
            ),
        )
        for section in report.sections
    )
    return dataclasses.replace(report, sections=sections)


def test_the_page_is_current(repository: Path) -> None:
    page = repository / PAGE
    text = page.read_text(encoding="utf-8")
    assert text == with_figures(text), "run Testing/report_checks/write_figures.py"


def test_first_looks_fit_the_examples() -> None:
    for name, looks in first_looks().items():
        assert set(looks) == set(RULES)
        now = score(read_examples(name))
        for rule, (right, _, missed) in looks.items():
            # Labels may have been corrected by then: at most two a set and check.
            assert abs(right + missed - (now[rule].right + now[rule].missed)) <= 2, (name, rule)


def test_a_score_counts_what_is_wrong() -> None:
    example = next(item for item in read_examples("development") if item.name == "en-dev-lat-01")
    example.expected.clear()
    mark = score([example])["laterality"]
    assert (mark.right, mark.false, mark.missed) == (0, 1, 0)
    assert mark.precision == 0.0
    assert pooled([mark, Score(right=1)]).precision == 0.5
