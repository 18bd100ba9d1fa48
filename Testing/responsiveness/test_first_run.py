"""The first run of a process imports and compiles more than later ones, and is watched like them."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from .test_run import ATTEMPTS, SAMPLES

pytestmark = [pytest.mark.panel, pytest.mark.slow]

HERE = Path(__file__).parent


@pytest.mark.parametrize("bundle_id", SAMPLES)
def test_the_first_run_of_a_process_is_quick_too(environment: Any, bundle_id: str) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-s", f"{HERE / 'first_run.py'}"]
    said = []
    for _ in range(ATTEMPTS):
        done = subprocess.run([*command, "-k", bundle_id], capture_output=True, text=True, check=False)
        said.append(done.stdout)
        if done.returncode == 0:
            break
    sys.stdout.write("".join(line for line in said[-1].splitlines(True) if line.startswith("lag")))
    assert done.returncode == 0, "\n".join(said)
