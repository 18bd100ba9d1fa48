"""JSON to dataclasses: whatever comes in is either exactly what was meant, or refused in one line."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.core.serialization import to_json
from MedMMSlicerLib.errors import InputError
from MedMMSlicerLib.study.answers import Answers, LesionMark, Questions
from MedMMSlicerLib.study.archives import Manifest
from MedMMSlicerLib.study.codec import decode, parse_json_object
from MedMMSlicerLib.study.log import GENESIS, event_from_line
from MedMMSlicerLib.study.package_format import PackageInfo, TaskInfo
from MedMMSlicerLib.study.protocol import Form, FormField, Target
from MedMMSlicerLib.study.results import CollectedStudy
from MedMMSlicerLib.study.taking import ResultsHead

INFO = PackageInfo(
    "study", "package", "Title 研究", "r1", "0" * 64, "2026-01-01T00:00:00.000+00:00", 14.0,
    Questions((Target("t", "T", 1, 5, True),), (Form("f", "F", (FormField("a", "A", "text"),)),), "required"),
    (TaskInfo("T-1", 1, 1, 1, "read", ("images/a",), "Cough"),),
)  # fmt: skip

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda children: (
        st.lists(children, max_size=4) | st.dictionaries(st.text(max_size=8), children, max_size=4)
    ),
    max_leaves=12,
)
_KINDS = [PackageInfo, Manifest, ResultsHead, Answers, CollectedStudy]


def test_what_was_written_is_read() -> None:
    assert decode(PackageInfo, json.loads(json.dumps(to_json(INFO))), "x") == INFO
    answers = Answers(
        {"t": 3.0}, (LesionMark("t", 2.0, (1.0, 2.0, 3.0)),), {"f": {"a": "x", "b": True, "c": 2.5}}
    )
    assert decode(Answers, json.loads(json.dumps(to_json(answers))), "x") == answers


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("study",), 3), (("study",), None), (("washout_days",), "14"), (("washout_days",), True),
        (("washout_days",), float("nan")), (("washout_days",), float("inf")), (("tasks",), {}),
        (("tasks", 0, "number"), 1.0), (("tasks", 0, "number"), True), (("tasks", 0, "images"), "a"),
        (("tasks", 0, "unknown"), 1), (("questions", "targets", 0, "has_marks"), 1),
    ],
)  # fmt: skip
def test_a_value_of_the_wrong_kind_is_named(path: tuple[Any, ...], value: Any) -> None:
    whole = json.loads(json.dumps(to_json(INFO)))
    place = whole
    for part in path[:-1]:
        place = place[part]
    place[path[-1]] = value
    with pytest.raises(InputError, match=str(path[-1])):
        decode(PackageInfo, whole, "study.json")


def test_missing_keys_are_named() -> None:
    for key in to_json(INFO):
        value = to_json(INFO)
        del value[key]
        with pytest.raises(InputError, match=f"no '{key}'"):
            decode(PackageInfo, value, "study.json")


@settings(max_examples=300, deadline=None)
@given(kind=st.sampled_from(_KINDS), value=_JSON)
def test_junk_is_refused_or_exact(kind: Any, value: Any) -> None:
    try:
        result = decode(kind, value, "junk")
    except InputError as error:
        assert len(str(error).splitlines()) == 1
    else:
        assert isinstance(result, kind)


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=60) | st.text(max_size=60))
def test_junk_is_no_json_object(data: bytes | str) -> None:
    try:
        assert isinstance(parse_json_object(data, "junk"), dict)
    except InputError as error:
        assert len(str(error).splitlines()) == 1


@pytest.mark.parametrize(
    "text", ['{"a": 1, "a": 2}', '{"a": NaN}', '{"a": Infinity}', '{"a": 1e999}', "[1]", "", "[" * 100_000]
)
def test_json_that_others_would_take(text: str) -> None:
    with pytest.raises(InputError):
        parse_json_object(text, "junk")


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=80))
def test_junk_is_no_event(line: str) -> None:
    with pytest.raises(InputError):
        event_from_line(line, GENESIS, 1)
