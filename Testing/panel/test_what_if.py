"""A laboratory value edited in the table changes the probabilities at once: a tiny multimodal bundle."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.panel


@pytest.fixture(scope="module")
def tiny(repository: Path) -> ModuleType:
    """The writer of the tiny bundle that reads radiographs and laboratory values."""
    path = repository / "Testing" / "multimodal" / "tiny_bundle.py"
    spec = importlib.util.spec_from_file_location("tiny_bundle_for_the_panel", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def reading(
    scene: Any, host: Any, show: Callable[..., Any], tiny: ModuleType, tmp_path: Path, pump: Any
) -> Iterator[Any]:
    """A radiograph, analyzed."""
    from MedMMSlicerLib.bundles.catalog import BundleCatalog
    from MedMMSlicerLib.core import HeaderFacts, Series, Volume, VolumeGeometry
    from MedMMSlicerLib.reading.room import ReadingRoom
    from MedMMSlicerLib.scene.volumes import add_volume
    from MedMMSlicerLib.widgets.panel import ReadingPanel

    tiny.write_tiny(tmp_path / "bundles" / "tiny-chest")
    room = ReadingRoom(scene, BundleCatalog([tmp_path / "bundles"]))
    panel = ReadingPanel(room, host)
    show(panel.widget)
    array = np.zeros((1, 80, 64), np.float32)
    array[0, 20:60, 8:24], array[0, 20:50, 40:56], array[0, 20:30, 8:16] = 0.8, 0.8, 1.0
    hung = np.array([[-1.0, 0, 0], [0, 0, 1], [0, -1, 0]])
    volume = Volume(array, VolumeGeometry.from_axes((1, 80, 64), (1, 1.5, 1.5), (12, 3, 40), hung))
    series = Series("CHEST", HeaderFacts(modality="DX", body_part="CHEST", view="PA"), (), volume=volume)
    volume_id = add_volume(scene, volume, series, "chest")
    panel.case.ui.volumeSelector.setCurrentNodeID(volume_id)
    panel.case.ui.adoptButton.click()
    pump()
    panel.flush()
    panel.analyze.ui.analyzeButton.click()
    panel.case._card.accept_button.click()
    assert pump(lambda: not room.run.state.busy, 60)
    pump()
    panel.flush()
    yield panel
    panel.cleanup()
    room.close()


def probabilities(panel: Any) -> list[float]:
    return [row.probability for row in panel.room.findings.rows("name") if row.probability is not None]


def test_an_edited_value_updates_the_probabilities(reading: Any, pump: Any) -> None:
    table = reading.context.ui.laboratoryTable
    names = [table.item(row, 0).text() for row in range(table.rowCount)]
    assert all(name.startswith("◆") for name in names), "what the model reads is listed, though missing"
    assert all("○ missing" in table.item(row, 3).text() for row in range(table.rowCount))
    before = probabilities(reading)
    assert before and reading.findings.ui.findingsTable.rowCount == len(reading.room.findings.rows())
    row = next(row for row, item in enumerate(reading.room.context.rows()) if item.name == "crp")
    table.item(row, 1).setText("250")
    assert pump(lambda: reading.room.run.state.busy or probabilities(reading) != before, 10)
    assert pump(lambda: not reading.room.run.state.busy, 30)
    pump()
    reading.flush()
    assert probabilities(reading) != before
    assert "▲ high" in table.item(row, 3).text() and not reading.polling
    assert reading.room.message is None
    # Taken away again, everything is as it was.
    table.setCurrentCell(row, 1)
    reading.context.ui.removeButton.click()
    assert pump(lambda: np.allclose(probabilities(reading), before), 30)


def test_what_is_typed_during_an_update_counts_in_the_end(reading: Any, pump: Any) -> None:
    values = ("10", "100", "400")
    for value in values:
        reading.host.text = f"CRP {value} mg/L"
        reading.context.ui.addButton.click()
    assert pump(lambda: not reading.room.run.state.busy, 30)
    pump()
    reading.flush()
    last = probabilities(reading)
    record = reading.room.record
    assert [item.value for item in record.context.laboratory] == [400.0]
    assert not reading.room.run.is_stale
    reading.host.text = "CRP 10 mg/L"
    reading.context.ui.addButton.click()
    assert pump(lambda: not np.allclose(probabilities(reading), last), 30)
