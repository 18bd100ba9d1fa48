"""The event loop goes on: no call of a run takes long, and the real bundle reads the real sample.

Processor time of the calling thread is measured. Even that grows when others use the caches and the other
half of a core, so a limit has to be kept in one of three attempts: what really takes too long does so in all.
"""

from __future__ import annotations

import importlib.util
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from MedMMSlicerLib.bundles.catalog import BundleCatalog, shipped_folder
from MedMMSlicerLib.reading.room import ReadingRoom
from MedMMSlicerLib.scene.bundle_io import load_scene, save_scene

from .conftest import finish, settle, write_radiograph

pytestmark = pytest.mark.mrml

LIMIT_S = 0.05
ATTEMPTS = 3


def keeps_the_limit(attempt: Callable[[], float]) -> bool:
    """Whether the longest call of an attempt was short enough, in one of them."""
    return any(attempt() < LIMIT_S for _ in range(ATTEMPTS))


def spent(call: Callable[[], object]) -> float:
    start = time.thread_time()
    call()
    return time.thread_time() - start


@pytest.fixture
def warm_room(room: ReadingRoom, radiograph: Path) -> ReadingRoom:
    """A room in which everything has been used once."""
    room.cases.open_paths([radiograph])
    for name in ("tiny-chest", "threshold-test"):
        room.models.accept(name)
    room.run.start("cpu")
    settle(room)
    return room


def test_a_small_volume(warm_room: ReadingRoom, phantom_file: Path) -> None:
    room = warm_room
    room.cases.open_paths([phantom_file])

    def attempt() -> float:
        started, run = spent(lambda: room.run.start("cpu")), finish(room).longest_s
        return max(started, run, spent(room.run.undo), finish(room).longest_s)

    assert keeps_the_limit(attempt)


def test_a_radiograph_of_two_megapixels(warm_room: ReadingRoom, tmp_path: Path) -> None:
    room = warm_room
    large = write_radiograph(tmp_path / "large.dcm", study="1.5", rows=1600, columns=1300)
    room.cases.open_paths([large])
    first, second = (entry.id for entry in room.cases.entries())
    values = iter(("90", "91", "92"))

    def attempt() -> float:
        spans = []
        calls = (
            lambda: room.run.start("cpu"),
            lambda: room.context.set_value("crp", next(values), "mg/L"),
            lambda: room.run.start("cpu"),
            lambda: room.cases.select(first),
            lambda: room.cases.select(second),
        )
        for call in calls:
            spans += [spent(call), finish(room).longest_s]
        return max(spans)

    assert keeps_the_limit(attempt)


@pytest.mark.slow
def test_the_shipped_bundle_reads_the_sample(make_room: Callable[..., ReadingRoom], tmp_path: Path) -> None:
    folder = shipped_folder()
    if importlib.util.find_spec("nilearn") is None or folder is None:
        pytest.skip("needs the demo extra and the shipped bundles")
    room = make_room(catalog=BundleCatalog([folder]))
    room.cases.open_sample("mni-t1")
    assert room.models.selected_id == "hippocampus-mr" and len(room.run.points_ras) == 2
    assert room.cases.entries()[0].title.startswith("MNI ICBM152")
    room.models.accept("hippocampus-mr")
    room.run.start("cpu")
    # The first run of a process also imports.
    finish(room)
    assert room.message is None
    rows = room.segments.rows()
    assert len(rows) == 4 and {row.algorithm_type for row in rows} == {"AUTOMATIC"}
    save_scene(room.scene, tmp_path / "sample.mrb")
    volumes = [row.volume_text for row in rows]
    load_scene(room.scene, tmp_path / "sample.mrb")
    assert [row.volume_text for row in room.segments.rows()] == volumes

    def attempt() -> float:
        return max(spent(lambda: room.run.start("cpu")), finish(room).longest_s)

    assert keeps_the_limit(attempt)
    assert len(room.segments.rows()) == 4 and room.segments.comparisons() == ()
