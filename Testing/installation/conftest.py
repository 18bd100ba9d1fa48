"""Wheels made by the test, a Python of its own to install them into, and a pip that does what it is told."""

from __future__ import annotations

import base64
import hashlib
import importlib.util
import json
import os
import re
import subprocess
import sys
import time
import venv
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.inference.devices import GpuFacts
from MedMMSlicerLib.installation import (
    Installation,
    InstallationFailed,
    InstallationFinished,
    InstallationProgress,
)
from MedMMSlicerLib.installation.environment import PythonEnvironment

NO_GPU = GpuFacts(problem="nvidia-smi was not found")
CUDA_12 = GpuFacts(("NVIDIA A100",), "550.54", "12.4", (40 << 30,))
CUDA_13 = GpuFacts(("NVIDIA L4",), "580.65", "13.0", (24 << 30,))


def make_wheel(
    folder: Path,
    name: str,
    version: str,
    files: Mapping[str, str] | None = None,
    requires: Sequence[str] = (),
) -> Path:
    """A pure wheel with one module named like the distribution, unless ``files`` says otherwise."""
    module = name.replace("-", "_")
    content = dict(files or {f"{module}/__init__.py": f"version = '{version}'\n"})
    info = f"{module}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    extras = [extra for line in requires for extra in re.findall(r'extra == "(\w+)"', line)]
    metadata += "".join(f"Provides-Extra: {extra}\n" for extra in extras)
    content[f"{info}/METADATA"] = metadata + "".join(f"Requires-Dist: {line}\n" for line in requires)
    content[f"{info}/WHEEL"] = (
        "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    )
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{module}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for entry, text in content.items():
            archive.writestr(entry, text)
        archive.writestr(f"{info}/RECORD", record_of(content) + f"{info}/RECORD,,\n")
    return path


def record_of(content: Mapping[str, str]) -> str:
    lines = []
    for entry, text in content.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
        lines.append(f"{entry},sha256={digest},{len(text.encode())}\n")
    return "".join(lines)


def unpack(wheel: Path, site: Path, installer: str = "pip") -> Path:
    """Install a pure wheel without pip; returns its metadata folder."""
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
        info = next(name for name in archive.namelist() if name.endswith("/METADATA")).partition("/")[0]
    if installer:
        (site / info / "INSTALLER").write_text(f"{installer}\n")
        with (site / info / "RECORD").open("a") as record:
            record.write(f"{info}/INSTALLER,,\n")
    return site / info


@dataclass
class Place:
    """A folder of installed packages, the list of what is needed, and a shelf of wheels."""

    site: Path
    requirements: Path
    shelf: Path
    pip: tuple[str, ...]
    variables: dict[str, str]
    is_slicer: bool = False

    @property
    def environment(self) -> PythonEnvironment:
        return PythonEnvironment(self.pip, (str(self.site),), self.site, self.is_slicer, self.variables)

    def need(self, *lines: str) -> None:
        self.requirements.write_text("".join(f"{line}\n" for line in lines))

    def have(self, name: str, version: str, **details: Any) -> Path:
        """Put an installed package there."""
        wheel = make_wheel(self.shelf.parent / "installed", name, version, details.get("files"))
        return unpack(wheel, self.site, details.get("installer", "pip"))

    def offer(self, name: str, version: str, **details: Any) -> Path:
        """Put a wheel on the shelf."""
        return make_wheel(self.shelf, name, version, **details)


def _place(folder: Path, site: Path, pip: tuple[str, ...], variables: dict[str, str]) -> Place:
    site.mkdir(parents=True, exist_ok=True)
    place = Place(site, folder / "requirements.txt", folder / "shelf", pip, variables)
    place.shelf.mkdir()
    place.need()
    return place


@pytest.fixture
def a_place(tmp_path: Path) -> Place:
    """A place whose pip must not be needed."""
    return _place(tmp_path, tmp_path / "site", ("no-such-pip",), dict(os.environ))


@pytest.fixture
def a_python(tmp_path: Path) -> Place:
    """A virtual environment and the real pip, whose only index is the shelf."""
    home = tmp_path / "python"
    venv.create(home, with_pip=False, symlinks=sys.platform != "win32")
    program = home / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    code = "import sysconfig; print(sysconfig.get_path('purelib'))"
    asked = subprocess.run([program, "-c", code], capture_output=True, text=True, check=True)
    variables = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    # What `pip --python` does, in one step: this pip, in that Python, which has none of its own.
    found = importlib.util.find_spec("pip")
    assert found is not None and found.origin is not None
    pip = (str(program), str(Path(found.origin).with_name("__pip-runner__.py")))
    place = _place(tmp_path, Path(asked.stdout.strip()), pip, variables)
    variables |= {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_NO_INDEX": "1",
        "PIP_" + "FIND_" + "LINKS": str(place.shelf),
        "PIP_NO_CACHE_DIR": "1",
    }
    return place


@dataclass
class FakePip:
    """The book of the fake pip."""

    place: Place
    book: Path

    def behave(self, *behaviors: dict[str, Any]) -> None:
        self.book.write_text(json.dumps({"calls": [], "behaviors": behaviors}))

    @property
    def calls(self) -> list[dict[str, Any]]:
        calls: list[dict[str, Any]] = json.loads(self.book.read_text())["calls"]
        return calls


@pytest.fixture
def a_fake_pip(tmp_path: Path) -> FakePip:
    book = tmp_path / "book.json"
    pip = (sys.executable, str(Path(__file__).with_name("fake_pip.py")))
    place = _place(tmp_path, tmp_path / "site", pip, {**os.environ, "FAKE_PIP": str(book)})
    fake = FakePip(place, book)
    fake.behave({})
    return fake


@dataclass
class Outcome:
    """What an installation told until it ended."""

    progress: list[InstallationProgress]
    finished: InstallationFinished | None = None
    error: Exception | None = None
    longest_poll_s: float = 0.0


@pytest.fixture
def carry_out() -> Callable[..., Outcome]:
    """Start an installation and poll it as a timer does, until it ends or ``until`` says so."""

    def run(installation: Installation, until: Callable[[Outcome], bool] = lambda outcome: False) -> Outcome:
        installation.start()
        return follow(installation, until)

    return run


def follow(installation: Installation, until: Callable[[Outcome], bool] = lambda outcome: False) -> Outcome:
    outcome, deadline = Outcome([]), time.monotonic() + 120
    while time.monotonic() < deadline:
        before = time.process_time()
        events = installation.poll()
        outcome.longest_poll_s = max(outcome.longest_poll_s, time.process_time() - before)
        for event in events:
            assert outcome.finished is None and outcome.error is None, "nothing follows the end"
            if isinstance(event, InstallationProgress):
                outcome.progress.append(event)
            elif isinstance(event, InstallationFailed):
                outcome.error = event.error
            else:
                outcome.finished = event
        if outcome.finished or outcome.error or until(outcome):
            return outcome
        time.sleep(0.01)
    raise AssertionError(f"it did not end: {outcome}")
