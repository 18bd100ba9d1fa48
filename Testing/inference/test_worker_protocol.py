"""What crosses the process boundary comes back exactly, and nothing that does not fit comes in."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from MedMMSlicerLib.core import (
    Box,
    Case,
    ClinicalContext,
    CodedConcept,
    Finding,
    HeaderFacts,
    HeatMap,
    InputReference,
    LabelMap,
    LaboratoryResult,
    Measurement,
    OperatingPoint,
    Prediction,
    Provenance,
    ReadingNote,
    SegmentDefinition,
    Series,
    Volume,
    VolumeGeometry,
)
from MedMMSlicerLib.errors import BundleError, MedMMError, WorkerError
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.worker_codec import ArrayFiles, decode, encode
from MedMMSlicerLib.inference.worker_protocol import (
    Failed,
    Progress,
    Ready,
    RunRequest,
    discard,
    parse_command,
    parse_event,
    read_request,
    read_result,
    write_request,
    write_result,
)

texts = st.text(max_size=12)
names = st.dictionaries(st.sampled_from(["en", "zh-CN", "de"]), texts, max_size=2)
floats = st.floats(width=64)
points = st.tuples(floats, floats, floats)
concepts = st.builds(CodedConcept, texts, texts, texts)
sides = st.sampled_from(["left", "right", ""])
dtypes = st.sampled_from(["<i2", ">i2", "|u1", "<f4", "<f8", "|b1", "<i4"])
free_values = st.recursive(
    st.none() | st.booleans() | st.integers() | floats | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(texts | st.sampled_from(["map", "tuple", "array"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def arrays(draw: st.DrawFn, dtype: str | None = None, tail: tuple[int, ...] = ()) -> np.ndarray:
    """Small and large ones, so that both the inline and the file form occur; also transposed and flipped."""
    shape = draw(hnp.array_shapes(min_dims=3, max_dims=3, max_side=7)) + tail
    kind = np.dtype(dtype or draw(dtypes))
    array = np.random.default_rng(draw(st.integers(0, 99))).integers(0, 255, shape).astype(kind)
    if kind.kind == "f" and draw(st.booleans()):
        array.flat[0] = draw(st.sampled_from([np.nan, np.inf, -np.inf, -0.0]))
    if not tail:
        array = draw(st.sampled_from([array, array.transpose(2, 0, 1), array[::-1, :, ::-1]]))
    return array


@st.composite
def geometries(draw: st.DrawFn, shape: tuple[int, int, int]) -> VolumeGeometry:
    offsets = hnp.arrays(np.float64, (3, 3), elements=st.floats(-0.2, 0.2))
    matrix = np.eye(4)
    matrix[:3, :3] = np.diag([0.7, -0.9, 3.1]) + draw(offsets)
    matrix[:3, 3] = draw(hnp.arrays(np.float64, 3, elements=st.floats(-500, 500)))
    return VolumeGeometry(shape, matrix)


@st.composite
def volumes(draw: st.DrawFn) -> Volume:
    array = draw(arrays() | arrays("|u1", (3,)))
    window = draw(st.none() | st.tuples(floats, floats))
    return Volume(array, draw(geometries(array.shape[:3])), draw(texts), draw(st.booleans()), window)


facts = st.builds(
    HeaderFacts,
    modality=texts,
    view=texts,
    age_years=st.none() | floats,
    sex=st.none() | texts,
    clinical_text=texts,
)
paths = st.lists(st.from_regex(r"[a-z /]{1,9}x", fullmatch=True).map(Path), max_size=2).map(tuple)
notes = st.lists(st.builds(ReadingNote, texts, texts), max_size=2).map(tuple)
series = st.builds(
    Series, texts, facts, paths, texts, instance_uids=st.lists(texts, max_size=3).map(tuple), notes=notes,
    volume=st.none() | volumes(),
)  # fmt: skip
results = st.builds(
    LaboratoryResult, texts, floats, texts, taken_at=st.none() | texts, reference_low=st.none() | floats
)
contexts = st.builds(
    ClinicalContext,
    age_years=st.none() | floats | st.integers(0, 120),
    sex=st.none() | texts,
    history=texts,
    laboratory=st.lists(results, max_size=2).map(tuple),
    scores=st.dictionaries(texts, floats | texts, max_size=3),
)
cases = st.builds(Case, texts, st.dictionaries(texts, series, max_size=2), contexts)


@st.composite
def label_maps(draw: st.DrawFn) -> LabelMap:
    array = draw(arrays("|u1"))
    segment = st.builds(
        SegmentDefinition, st.integers(1, 255), texts, names, concepts, concepts,
        st.tuples(*[st.integers(0, 255)] * 3), sides,
    )  # fmt: skip
    segments = tuple(draw(st.lists(segment, max_size=2)))
    return LabelMap(array, draw(geometries(array.shape)), segments, draw(texts))


@st.composite
def heat_maps(draw: st.DrawFn) -> HeatMap:
    array = draw(arrays("<f4"))
    return HeatMap(draw(texts), draw(texts), array, draw(geometries(array.shape)), draw(texts))


def several(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[Any, ...]]:
    return st.lists(strategy, max_size=2).map(tuple)


provenances = st.builds(
    Provenance, texts, texts, texts, several(st.builds(InputReference, *[texts] * 5)), texts, texts,
    st.dictionaries(texts, floats, max_size=2), st.dictionaries(texts, texts, max_size=2), texts,
    st.dictionaries(texts, free_values, max_size=3), several(texts),
)  # fmt: skip
operating_points = st.builds(OperatingPoint, floats, st.none() | floats, st.none() | floats)
findings = st.builds(
    Finding, texts, concepts, names, sides, st.none() | points, several(texts), st.none() | floats,
    st.none() | floats, st.none() | operating_points, several(texts), texts,
)  # fmt: skip
measurements = st.builds(
    Measurement, texts, concepts, floats, texts, names, texts, sides, texts, st.none() | points
)
predictions = st.builds(
    Prediction,
    provenances,
    several(label_maps()),
    several(findings),
    several(measurements),
    several(heat_maps()),
    several(st.builds(Box, texts, points, points, floats)),
    st.dictionaries(texts, arrays("<f4"), max_size=2),
    st.dictionaries(texts, texts, max_size=2),
    several(texts),
    several(texts),
)

exact = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_same(found: Any, expected: Any, where: str = "$") -> None:
    """Equal in value and in type; arrays bit by bit, NaN included."""
    if isinstance(expected, np.ndarray):
        assert (found.dtype, found.shape) == (expected.dtype, expected.shape), where
        assert found.tobytes() == expected.tobytes(), where
    elif dataclasses.is_dataclass(expected):
        assert type(found) is type(expected), where
        for field in dataclasses.fields(expected):
            assert_same(getattr(found, field.name), getattr(expected, field.name), f"{where}.{field.name}")
    elif isinstance(expected, Mapping):
        assert list(found) == list(expected), where
        for key in expected:
            assert_same(found[key], expected[key], f"{where}.{key}")
    elif isinstance(expected, tuple | list):
        assert type(found) is type(expected) and len(found) == len(expected), where
        for number, (one, other) in enumerate(zip(found, expected)):
            assert_same(one, other, f"{where}[{number}]")
    else:
        assert type(found) is type(expected) and repr(found) == repr(expected), where


@exact
@given(case=cases, options=st.builds(RunOptions, texts, st.none() | points, st.integers(0, 64)))
def test_a_request_comes_back_exactly(tmp_path_factory, case, options):
    folder = tmp_path_factory.mktemp("request")
    request = RunRequest(Path("/some/bundle"), case, options, ((1.5, -0.0, 2.0),))
    written = write_request(folder, 4, request)
    back, read = read_request(folder, 4)
    assert_same(back, request)
    assert sorted(written) == sorted(read) == sorted(folder.iterdir())


@exact
@given(prediction=predictions)
def test_a_prediction_comes_back_exactly(tmp_path_factory, prediction):
    folder = tmp_path_factory.mktemp("result")
    write_result(folder, 11, prediction)
    back, files = read_result(folder, 11)
    assert discard(files) == [] and list(folder.iterdir()) == []
    assert_same(back, prediction)


def a_volume(shape: tuple[int, int, int] = (20, 30, 40)) -> Volume:
    array = np.arange(np.prod(shape), dtype=np.int32).reshape(shape)
    return Volume(array, VolumeGeometry.from_axes(shape, (3.0, 1.0, 0.5), (1.0, 2.0, 3.0)))


def a_request(**facts: str) -> RunRequest:
    case = Case("c", {"current": Series("s", HeaderFacts(**facts), (Path("a.nii"),), volume=a_volume())})
    return RunRequest(Path("b"), case)


def test_arrays_are_mapped_and_read_only(tmp_path):
    write_request(tmp_path, 1, a_request())
    array = read_request(tmp_path, 1)[0].case.series["current"].volume.array
    assert not array.flags.writeable and not array.flags.owndata
    assert isinstance(array.base, np.memmap)


def test_the_name_of_the_patient_never_reaches_the_disk(tmp_path):
    request = a_request(patient_name="Doe^Jane", patient_id="PID-4711", modality="MR")
    for path in write_request(tmp_path, 1, request):
        assert b"Doe" not in path.read_bytes() and b"4711" not in path.read_bytes()
    facts = read_request(tmp_path, 1)[0].case.series["current"].facts
    assert (facts.modality, facts.patient_name, facts.patient_id) == ("MR", "", "")


def test_numbers_of_numpy_become_numbers_of_python():
    assert encode(float, np.float32(0.5), _refuse) == 0.5
    assert encode(tuple[float, float], np.array([1.0, 2.0]).tolist(), _refuse) == [1.0, 2.0]
    assert type(encode(int, np.int64(3), _refuse)) is int


def _refuse(_: Any) -> Any:
    raise AssertionError("no array expected")


def test_an_empty_array_comes_back(tmp_path):
    files = ArrayFiles(tmp_path, "result-1")
    name = files.save(np.zeros((0, 5), np.float32))
    assert_same(ArrayFiles(tmp_path, "result-1").load(name), np.zeros((0, 5), np.float32))


def test_python_objects_are_refused(tmp_path):
    with pytest.raises(WorkerError, match="object"):
        ArrayFiles(tmp_path, "result-1").save(np.array([{}, None]))
    assert list(tmp_path.iterdir()) == []


def test_a_request_that_can_not_be_written_leaves_nothing(tmp_path):
    broken = dataclasses.replace(a_request(), options=RunOptions(threads="many"))
    with pytest.raises(WorkerError, match=r"\$\.options\.threads: expected int, found str"):
        write_request(tmp_path, 1, broken)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (int, "1"),
        (int, True),
        (int, 1.0),
        (float, "nan"),
        (float, None),
        (str, 3),
        (bool, 0),
        (Path, 3),
        (float | str, []),
        (tuple[float, float], [1.0]),
        (tuple[float, ...], {"0": 1.0}),
        (Mapping[str, float], [1.0]),
        (Mapping[str, float], {"a": "b"}),
        (np.ndarray[Any, Any], [1, 2]),
        (np.ndarray[Any, Any], {"dtype": "|O", "shape": [1], "base64": "AAAAAAAAAAA="}),
        (np.ndarray[Any, Any], {"dtype": "<f8", "shape": [2], "base64": "AAAAAAAAAAA="}),
        (np.ndarray[Any, Any], {"dtype": "<f8", "shape": [1], "base64": "*"}),
        (np.ndarray[Any, Any], {"file": 3}),
        (Any, {"unknown": 1}),
        (Any, {"tuple": 1}),
        (Any, {"map": [], "tuple": []}),
        (CodedConcept, {"value": "1", "scheme": "SCT"}),
        (CodedConcept, {"value": "1", "scheme": "SCT", "meaning": "x", "more": 1}),
        (CodedConcept, []),
        (VolumeGeometry, {"shape": [0, 1, 1], "ijk_to_ras": {"dtype": "<f8", "shape": [0], "base64": ""}}),
    ],
)
def test_what_does_not_fit_is_refused(kind, value):
    with pytest.raises(WorkerError):
        decode(kind, value, _refuse)


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", {"a": {3: 4}}, np.float32])
def test_what_json_can_not_say_is_refused(value):
    with pytest.raises(WorkerError):
        encode(Any, value, _refuse)


@pytest.mark.parametrize(
    "name", ["../x.npy", "/etc/passwd", "result-1-0.npy\n", "owner.lock", "result-1-0.npy/.."]
)
def test_no_array_file_outside_of_the_folder(tmp_path, name):
    with pytest.raises(WorkerError, match="no array file"):
        ArrayFiles(tmp_path, "result-1").load(name)


@pytest.mark.parametrize("damage", ["missing", "empty", "text", "pickle", "cut"])
def test_a_damaged_array_file_is_refused(tmp_path, damage):
    path = tmp_path / "result-1-0.npy"
    np.save(path, np.array([{}, 1], object) if damage == "pickle" else np.arange(1000.0), allow_pickle=True)
    content = {"empty": b"", "text": b"hello", "cut": path.read_bytes()[:500]}.get(damage)
    if content is not None:
        path.write_bytes(content)
    if damage == "missing":
        path.unlink()
    with pytest.raises(WorkerError, match="missing or damaged"):
        ArrayFiles(tmp_path, "result-1").load(path.name)


def test_events_come_back(tmp_path):
    assert parse_event(b'{"event": "ready", "pid": 3}', tmp_path) == (Ready(3), [])
    line = b'{"event": "progress", "run": 2, "stage": "network", "fraction": 1}'
    assert parse_event(line, tmp_path) == (Progress("network", 1, 2), [])
    line = b'{"event": "failed", "run": 2, "kind": "BundleError", "message": "no\\nlabels"}'
    event, _ = parse_event(line, tmp_path)
    assert isinstance(event, Failed) and event.run == 2
    assert type(event.error) is BundleError and str(event.error) == "no labels"


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"3",
        b"{}",
        b'{"event": "cheer"}',
        b'{"event": ["ready"]}',
        b'{"event": "ready"}',
        b'{"event": "ready", "pid": "3"}',
        b'{"event": "progress", "run": 1, "stage": "x"}',
        b'{"event": "progress", "run": 1, "stage": "x", "fraction": null}',
        b'{"event": "finished"}',
        b'{"event": "finished", "run": "../1"}',
        b'{"event": "finished", "run": 77}',
        b'{"event": "failed", "run": 1}',
        b'{"event": "failed", "run": {}, "kind": "x", "message": "y"}',
        b"[" * 100_000,
    ],
)
def test_a_line_that_is_no_event_is_refused(tmp_path, line):
    with pytest.raises(WorkerError):
        parse_event(line, tmp_path)


@settings(max_examples=200, deadline=None)
@given(line=st.binary(max_size=60) | free_values.map(lambda value: json.dumps(value).encode()))
def test_no_line_does_more_than_fail(tmp_path_factory, line):
    folder = tmp_path_factory.getbasetemp()
    for parse in (parse_command, lambda text: parse_event(text, folder)):
        try:
            parse(line)
        except MedMMError as error:
            assert isinstance(error, WorkerError) and "\n" not in str(error)


@pytest.mark.parametrize("line", [b"", b"{", b"{}", b'{"run": true}', b'{"run": "1"}', b"1"])
def test_a_line_that_is_no_command_is_refused(line):
    with pytest.raises(WorkerError):
        parse_command(line)
    assert parse_command(b'{"run": 12}') == 12


def test_every_core_type_of_a_prediction_can_be_written(tmp_path):
    """A field added to a core type later needs no change here, unless its annotation is new to the codec."""
    kinds = (Case, Prediction, Volume, LabelMap, HeatMap, Box, Finding, Measurement, Provenance, Series)
    for kind in kinds:
        with pytest.raises(WorkerError, match="missing or unknown"):
            decode(kind, {}, _refuse)
