"""How long the calls of a reader take, with 100 findings and 30 segments."""

from __future__ import annotations

import dataclasses
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import Finding, LabelMap, SegmentDefinition, VolumeGeometry

pytestmark = pytest.mark.mrml

LIMIT_S = 0.05
_SLACK = 2
"""Processor time is measured, which other work on the machine disturbs little, but some."""


@pytest.fixture
def large_room(
    make_room: Callable[..., Any], open_case: Callable[..., str], results: Callable[..., None],
    make_prediction: Callable[..., Any], segments: Sequence[SegmentDefinition],
    many: Callable[[int], Sequence[Finding]],
) -> Any:  # fmt: skip
    """A case with 100 findings and 30 segments."""
    grid = VolumeGeometry.from_axes((32, 64, 64), (2.0, 1.0, 1.0), (0, 0, 0))
    array = np.zeros(grid.shape, np.uint8)
    definitions = []
    for number in range(30):
        row, column = divmod(number, 6)
        array[4:28, 4 + 12 * row : 13 + 12 * row, 2 + 10 * column : 10 + 10 * column] = number + 1
        name = {"en": f"Part {number}", "zh-CN": f"部分 {number}"}
        definitions.append(dataclasses.replace(segments[0], value=number + 1, id=f"part-{number}", name=name))
    room = make_room()
    open_case(room, grid=grid)
    prediction = make_prediction(LabelMap(array, grid, tuple(definitions)))
    found = (*prediction.findings, *many(100 - len(prediction.findings)))
    results(room, dataclasses.replace(prediction, findings=found))
    return room


def _seconds(act: Callable[[int], object], times: int = 7) -> float:
    durations = []
    for number in range(times):
        start = time.process_time()
        act(number)
        durations.append(time.process_time() - start)
    return statistics.median(durations)


def test_no_call_blocks(large_room: Any, capfd: pytest.CaptureFixture[str]) -> None:
    room, node_id = large_room, large_room.cases.nodes("segmentation")[0]
    assert len(room.findings.rows()) == 100 and len(room.segments.rows()) == 30
    sentence = room.report.report.sections[-1].sentences[0].id
    states = ("accepted", "rejected")
    calls: dict[str, Callable[[int], object]] = {
        "findings.rows": lambda _: room.findings.rows(),
        "findings.set_status": lambda n: room.findings.set_status("f-x1", states[n % 2]),
        "findings.edit": lambda n: room.findings.edit("f-x2", name=f"Name {n}"),
        "findings.select": lambda n: room.findings.select(f"f-x{n}"),
        "findings.explain": lambda _: room.findings.explain("f-pneumonia"),
        "evidence.set_opacity": lambda n: room.evidence.set_opacity(n / 10),
        "segments.rows": lambda _: room.segments.rows(),
        "segments.set_visible": lambda n: room.segments.set_visible(node_id, "part-1", bool(n % 2)),
        "segments.jump": lambda _: room.segments.jump(node_id, "part-2"),
        "report.set_text": lambda n: room.report.set_text(sentence, f"Text {n}."),
        "report.sentences_of": lambda _: room.report.sentences_of("f-x3"),
        "report.redraft": lambda _: room.report.redraft(),
    }
    found = {name: _seconds(act) for name, act in calls.items()}
    with capfd.disabled():
        sys.stdout.write(
            "\n" + "\n".join(f"{name}: {1000 * seconds:.1f} ms" for name, seconds in found.items()) + "\n"
        )
    slow = {name: seconds for name, seconds in found.items() if seconds > _SLACK * LIMIT_S}
    assert not slow
