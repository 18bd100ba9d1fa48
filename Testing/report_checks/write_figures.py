"""Write precision and recall of the report checks into their page; with ``--timing``, the times as well.

Run from anywhere: ``.venv/bin/python Testing/report_checks/write_figures.py [--timing]``.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Mapping
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from MedMMSlicerLib.reporting.checks import RULES
from scoring import Score, pooled, score
from timing import Timing, measure
from written_examples import EXAMPLES, read_examples

__all__ = ["HELD_OUT", "PAGE", "first_looks", "with_figures", "with_timing"]

PAGE = "docs/report-checks.md"
HELD_OUT = ("held-out", "held-out-2", "held-out-3", "held-out-4", "held-out-5", "held-out-6")
_SETS = ("development", *HELD_OUT)


def first_looks() -> dict[str, dict[str, tuple[int, int, int]]]:
    """Right, false and missed remarks of each held-out set when it was measured for the first time."""
    data = json.loads((EXAMPLES / "first_look.json").read_text(encoding="utf-8"))
    return {name: {rule: tuple(counts) for rule, counts in looks.items()} for name, looks in data.items()}


def with_figures(text: str) -> str:
    """The page with the figures of now."""
    scores = {name: score(read_examples(name)) for name in _SETS}
    text = _replaced(text, "now", _table_now(scores))
    text = _replaced(text, "first", _table_first())
    return _replaced(text, "sets", _table_sets(scores))


def with_timing(text: str, timings: Mapping[str, Timing]) -> str:
    """The page with the times of now."""
    lines = ["| report | whole report | one sentence typed |", "|---|---|---|"]
    for name, timing in timings.items():
        lines.append(
            f"| {name}: {timing.sentences} sentences, {timing.findings} findings, {timing.remarks} remarks "
            f"| {1000 * timing.whole_s:.0f} ms | {1000 * timing.typed_s:.1f} ms |"
        )
    return _replaced(text, "timing", "\n".join(lines))


def _replaced(text: str, mark: str, content: str) -> str:
    pattern = re.compile(rf"(<!-- {mark} -->\n).*?(\n<!-- /{mark} -->)", re.DOTALL)
    if not pattern.search(text):
        raise SystemExit(f"{PAGE} has no place '{mark}' for the figures.")
    return pattern.sub(lambda match: match[1] + content + match[2], text)


def _table_now(scores: Mapping[str, Mapping[str, Score]]) -> str:
    lines = [
        "| check | development: precision | recall | expected | held-out: precision | recall | expected |",
        "|---|---|---|---|---|---|---|",
    ]
    for rule in RULES:
        first = scores["development"][rule]
        second = pooled(scores[name][rule] for name in HELD_OUT)
        cells = [
            cell
            for mark in (first, second)
            for cell in (f"{mark.precision:.2f}", f"{mark.recall:.2f}", str(mark.right + mark.missed))
        ]
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _table_first() -> str:
    looks = first_looks()
    lines = [
        "| check | "
        + " | ".join(f"{name}: precision | recall" for name in HELD_OUT)
        + " | all: precision | recall |",
        "|---" * (2 * len(HELD_OUT) + 3) + "|",
    ]
    for rule in RULES:
        marks = [Score(*looks[name][rule]) for name in HELD_OUT]
        cells = [cell for mark in [*marks, pooled(marks)] for cell in _shares(mark)]
        lines.append(f"| {rule} | {' | '.join(cells)} |")
    totals = [pooled(Score(*counts) for counts in looks[name].values()) for name in HELD_OUT]
    cells = [cell for mark in [*totals, pooled(totals)] for cell in _shares(mark)]
    lines.append(f"| **all checks** | {' | '.join(cells)} |")
    return "\n".join(lines)


def _shares(mark: Score) -> tuple[str, str]:
    """Precision and recall; a dash where there was nothing to measure them on."""
    return (
        f"{mark.precision:.2f}" if mark.right + mark.false else "–",
        f"{mark.recall:.2f}" if mark.right + mark.missed else "–",
    )


def _table_sets(scores: Mapping[str, Mapping[str, Score]]) -> str:
    lines = ["| set | examples | in Chinese | without a remark | expected remarks |", "|---|---|---|---|---|"]
    for name in _SETS:
        examples = read_examples(name)
        chinese = sum(example.language == "zh-CN" for example in examples)
        clean = sum(not example.expected for example in examples)
        expected = sum(len(example.expected) for example in examples)
        lines.append(f"| {name} | {len(examples)} | {chinese} | {clean} | {expected} |")
    return "\n".join(lines)


def main() -> None:
    """Rewrite the page."""
    page = Path(__file__).parents[2] / PAGE
    text = with_figures(page.read_text(encoding="utf-8"))
    if "--timing" in sys.argv[1:]:
        text = with_timing(text, {language: measure(language) for language in ("en", "zh-CN")})
    page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
