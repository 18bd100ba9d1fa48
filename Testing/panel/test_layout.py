"""How it looks: 400 pixels wide without scrolling sideways, light and dark, in Chinese, with large letters.

The pictures are written to a temporary folder (``pytest --basetemp`` to keep it) for people to look at.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.panel

LOOKS = ("light", "dark", "large", "zh-CN")
DARK = {
    "Window": "#2b2b2b", "WindowText": "#f0f0f0", "Base": "#1e1e1e", "AlternateBase": "#333333",
    "Text": "#f0f0f0", "Button": "#3a3a3a", "ButtonText": "#f0f0f0", "Highlight": "#3d6fb4",
    "HighlightedText": "#ffffff", "ToolTipBase": "#3a3a3a", "ToolTipText": "#f0f0f0",
    "PlaceholderText": "#9a9a9a",
}  # fmt: skip


@pytest.fixture(params=LOOKS)
def look(request: pytest.FixtureRequest, scene: Any) -> Iterator[str]:
    """Palette, letters and language of the application; as before at the end."""
    import qt
    import slicer
    from MedMMSlicerLib.widgets.translation import set_language

    palette, font = qt.QPalette(slicer.app.palette()), qt.QFont(slicer.app.font())
    if request.param == "dark":
        dark = qt.QPalette()
        for role, color in DARK.items():
            dark.setColor(getattr(qt.QPalette, role), qt.QColor(color))
        slicer.app.setPalette(dark)
    if request.param == "large":
        large = qt.QFont(font)
        large.setPointSizeF(font.pointSizeF() * 1.5)
        slicer.app.setFont(large)
    if request.param == "zh-CN":
        set_language("zh-CN")
    yield request.param
    slicer.app.setPalette(palette)
    slicer.app.setFont(font)


@pytest.fixture
def filled(look: str, fake_room: Any, host: Any, show: Any, pump: Any) -> Iterator[Any]:
    """The panel with everything shown that can take space."""
    from MedMMSlicerLib.reading.rows import RunState
    from MedMMSlicerLib.widgets.panel import ReadingPanel

    fake_room.language = "zh-CN" if look == "zh-CN" else "en"
    fake_room.models.region = "roi"
    fake_room.run.needs_point = True
    fake_room.run.device_warning = "CUDA was asked for and is not there: the processor was used."
    fake_room.run.state = RunState(True, "analyze", "network", 0.42, 3.14)
    fake_room.run.startable = (False, "A run is in progress.")
    fake_room.context.said = ("The age was taken from the image header.",)
    made = ReadingPanel(fake_room, host)
    fake_room.tell("warning", "The image of this case was removed from the scene. Open it again.")
    show(made.widget, 1600)
    for _ in range(4):
        pump()
    yield made
    fake_room.run.state = RunState()
    made.cleanup()


def test_nothing_scrolls_sideways(filled: Any, look: str, tmp_path: Path) -> None:
    assert filled.widget.width == 400
    assert filled.ui.scrollArea.horizontalScrollBar().maximum == 0
    for part in filled.parts:
        part.widget.grab().save(str(tmp_path / f"{part.ui_name}-{look}.png"))
        assert part.widget.width <= 400
        assert part.widget.minimumSizeHint.width() <= 384, part.ui_name
    filled.widget.grab().save(str(tmp_path / f"Panel-{look}.png"))
    assert (tmp_path / f"Panel-{look}.png").stat().st_size > 10_000


def test_no_text_is_cut_off(filled: Any, look: str) -> None:
    """Every button of our parts is as wide as its text, every label as high."""
    import qt

    assert filled.ui.noticeLabel.height >= filled.ui.noticeLabel.heightForWidth(filled.ui.noticeLabel.width)
    for part in (filled.case, filled.context, filled.analyze):
        for button in part.widget.findChildren(qt.QPushButton):
            if button.visible:
                metrics = qt.QFontMetrics(button.font)
                assert metrics.horizontalAdvance(button.text) <= button.width - 8, (look, button.text)
        for label in part.widget.findChildren(qt.QLabel):
            if label.visible and label.wordWrap and label.text:
                assert label.height >= label.heightForWidth(label.width) - 1, (look, label.text)


def test_tables_are_as_high_as_their_rows(filled: Any) -> None:
    for table in (filled.case.ui.seriesTable, filled.context.ui.laboratoryTable):
        rows = sum(table.rowHeight(row) for row in range(table.rowCount))
        assert table.viewport().height >= rows, "all rows are seen"
        assert table.height < rows + 80


def test_text_can_be_read(filled: Any, look: str) -> None:
    """Letters and ground differ, also in the colored message bar."""
    import numpy as np

    for widget in (filled.ui.messageFrame, filled.case.ui.deviceBanner, filled.case.ui.factsLabel):
        image = widget.grab().toImage().convertToFormat(5)
        pixels = np.frombuffer(image.bits(), np.uint8).reshape(image.height(), -1, 4)[:, : image.width(), :3]
        brightness = pixels.astype(float) @ [0.114, 0.587, 0.299]
        assert np.percentile(brightness, 99.9) - np.percentile(brightness, 0.1) > 90, (look, widget.name)


def test_everything_is_reached_with_the_tab_key(fake_panel: Any, pump: Any) -> None:
    """From top to bottom, once around, nothing left out."""
    import qt
    from panel_keys import press

    fake_panel.widget.activateWindow()
    fake_panel.ui.menuButton.setFocus()
    pump()
    seen: list[str] = []
    for _ in range(150):
        focused = qt.QApplication.focusWidget()
        name = focused.objectName or f"{focused.className()} of {focused.parent().objectName}"
        if seen and name == seen[0]:
            break
        seen.append(name)
        press(focused, "Tab")
    else:
        pytest.fail(f"the tab key does not come around: {seen[-10:]}")
    case = ["caseCombo", "openFilesButton", "openFolderButton", "sampleButton", "removeCaseButton"]
    assert [name for name in seen if name in case] == case
    later = [
        "patientButton", "modelCombo", "cardButton", "ageEdit", "sexCombo", "viewCombo", "indicationEdit",
        "historyEdit", "laboratoryTable", "pasteButton", "importButton", "addButton", "deviceCombo",
        "analyzeButton", "sortCombo", "filterCombo", "startButton",
    ]  # fmt: skip
    first = [name for index, name in enumerate(seen) if name in later and name not in seen[:index]]
    assert first == later, " ".join(seen)


@pytest.mark.parametrize("severity", ["error", "warning", "info"])
def test_a_message_can_be_read_after_the_palette_changed(
    fake_panel: Any, fake_room: Any, pump: Any, severity: str
) -> None:
    """Slicer changes between light and dark while the panel is open."""
    import qt
    import slicer

    before = qt.QPalette(slicer.app.palette())
    fake_room.tell(severity, "The file is damaged.")
    pump()
    dark = qt.QPalette()
    for role, color in DARK.items():
        dark.setColor(getattr(qt.QPalette, role), qt.QColor(color))
    slicer.app.setPalette(dark)
    fake_room.tell("info" if severity == "error" else "error", "Another one.")
    pump()
    shown = {
        name: getattr(fake_panel.ui, name).palette.color(qt.QPalette.WindowText).name()
        for name in ("messageLabel", "dismissButton")
    }
    slicer.app.setPalette(before)
    assert set(shown.values()) == {DARK["WindowText"]}, shown
