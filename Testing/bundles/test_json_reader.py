"""Strict, bounded JSON."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from MedMMSlicerLib.bundles.json_reader import MAXIMUM_BYTES, parse_json
from MedMMSlicerLib.bundles.loading import check_bundle
from MedMMSlicerLib.errors import BundleError


def test_an_object_is_parsed() -> None:
    assert parse_json('{"a": [1, 2.5, null, "\\u00e9[{\\"é"]}'.encode()) == {"a": [1, 2.5, None, 'é[{"é']}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "not valid JSON"),
        (b"[1]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'{"a": 1', "not valid JSON"),
        (b'{"a": 1, "a": 2}', "'a' occurs twice"),
        (b'{"m": {"b": 1, "b": 1}}', "'b' occurs twice"),
        (b'{"a": NaN}', "NaN is no JSON number"),
        (b'{"a": -Infinity}', "-Infinity is no JSON number"),
        (b'{"a": 1e999}', "too large"),
        (b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON"),
        (b'{"a": "\xff\xfe"}', "not UTF-8 at byte 7"),
        ('{"a": 1}'.encode("utf-16"), "not UTF-8"),
        (b'\xef\xbb\xbf{"a": 1}', "not valid JSON"),
        (b'{"a": "\\ud800"}', "surrogate"),
        (b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "nested deeper"),
        (b'{"a": [' + b"1," * 60_000 + b"1]}", "more than 50000 values"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_doubtful_json_is_refused_with_its_reason(content: bytes, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        parse_json(content)


def test_a_huge_file_is_refused_unread(make_bundle: Callable[..., Path]) -> None:
    folder = make_bundle(b'{"version": "' + b"1" * MAXIMUM_BYTES + b'"}')
    (violation,) = check_bundle(folder)
    assert violation.where == "configs/metadata.json"
    assert "larger than 4 MiB" in violation.message


@pytest.mark.parametrize(
    "content", [b'"\\' * (MAXIMUM_BYTES // 2), b'"' * MAXIMUM_BYTES, b'{"' + b"\\" * (MAXIMUM_BYTES - 2)]
)
def test_hostile_quotes_take_no_quadratic_time(content: bytes) -> None:
    start = time.process_time()
    with pytest.raises(BundleError):
        parse_json(content)
    assert time.process_time() - start < 5
