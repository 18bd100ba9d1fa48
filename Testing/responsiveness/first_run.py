"""The first run of a process, watched; `test_first_run` starts a process for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from .test_run import SAMPLES, analyze, is_quick
from .watching import Watch


@pytest.mark.parametrize("bundle_id", SAMPLES)
def test_one_first_run(opened: Callable[[str], Any], watch: Watch, overloaded: bool, bundle_id: str) -> None:
    reader = opened(SAMPLES[bundle_id])
    analyze(reader, watch)
    assert is_quick(watch, wall=not overloaded), watch.describe()
