"""Must show 7: opening, analyzing and closing a small study many times costs no memory."""

from __future__ import annotations

import gc
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from .conftest import TESTING, MakeReader, load_file
from .hands import Hands, settle

pytestmark = [pytest.mark.panel, pytest.mark.slow]

WARM_UP, CYCLES = 5, 50
MOST_GROWTH_MIB = 50
MOST_CPU_S = 60


@pytest.fixture
def hands(make_reader: MakeReader, tmp_path: Path) -> Hands:
    """A reader with the tiny bundle that reads radiographs and laboratory values, accepted already."""
    from MedMMSlicerLib.bundles.catalog import BundleCatalog

    tiny = load_file("tiny_bundle_for_the_story", TESTING / "multimodal" / "tiny_bundle.py")
    tiny.write_tiny(tmp_path / "bundles" / "tiny-chest")
    made = make_reader(BundleCatalog([tmp_path / "bundles"]))
    made.reader.room.models.accept("tiny-chest")
    return made


@pytest.fixture
def study(tmp_path: Path) -> Path:
    """A DICOM radiograph of 1 megapixel: large enough that one that is kept in each cycle is noticed."""
    phantoms = load_file("reading_fixtures_for_the_story", TESTING / "reading" / "conftest.py")
    path: Path = phantoms.write_radiograph(tmp_path / "study" / "chest.dcm", rows=1024, columns=1024)
    return path


def test_fifty_studies_after_another_leave_nothing_behind(hands: Hands, study: Path) -> None:
    for _ in range(WARM_UP):
        read_and_close(hands, study)
    before, started_s = resident_mib(), time.process_time()
    windows = count_windows()
    for _ in range(CYCLES):
        read_and_close(hands, study)
    growth = resident_mib() - before
    seconds = time.process_time() - started_s
    sys.stdout.write(f"\n{CYCLES} cycles: {growth:.1f} MiB more, {seconds:.0f} s of processor time\n")
    assert growth < MOST_GROWTH_MIB, f"{growth:.1f} MiB"
    assert seconds < MOST_CPU_S
    assert count_windows() == windows, "no window, menu or progress dialog is left"


def read_and_close(hands: Hands, study: Path) -> None:
    """Open, analyze by the button, look at a finding, close by the key."""
    reader = hands.reader
    assert reader.open((study,))
    settle()
    reader.panel.flush()
    hands.click(reader.panel.analyze.ui.analyzeButton)
    hands.rest()
    findings: Any = reader.panel.findings.ui
    assert findings.findingsTable.rowCount >= 5 and reader.panel.segments.ui.segmentsTable.rowCount == 2
    hands.click_cell(findings.findingsTable, 0, 0)
    hands.click(findings.heatMapCheck)
    assert reader.room.message is None
    hands.press(reader.widget, "Ctrl+Alt+W")
    hands.rest()
    assert reader.room.cases.entries() == ()


def resident_mib() -> float:
    """Memory of this process, after Python and the allocator gave back what they can."""
    import ctypes

    import psutil

    gc.collect()
    trim: Callable[[int], int] | None = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
    return psutil.Process().memory_info().rss / 2**20


def count_windows() -> int:
    """Windows of this process, hidden ones too."""
    import qt

    return len(qt.QApplication.topLevelWidgets())
