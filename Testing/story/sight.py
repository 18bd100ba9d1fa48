"""A reader's eyes: what stands in the tables, in the report and in the views."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .hands import Hands, settle

__all__ = [
    "bar_share",
    "centers",
    "finding_row",
    "kept",
    "laboratory_row",
    "picture",
    "probability",
    "segment_row",
    "texts",
    "voxels",
]


def texts(table: Any, column: int) -> list[str]:
    """What stands in a column of a table."""
    return [table.item(row, column).text() for row in range(table.rowCount)]


def _row_of(table: Any, column: int, name: str) -> int:
    found = [row for row, text in enumerate(texts(table, column)) if name in text.splitlines()[0]]
    assert found, f"{name} is not among {texts(table, column)}"
    return found[0]


def finding_row(hands: Hands, name: str) -> int:
    """Row of a finding."""
    return _row_of(hands.reader.panel.findings.ui.findingsTable, 0, name)


def laboratory_row(hands: Hands, name: str) -> int:
    """Row of a laboratory value."""
    return _row_of(hands.reader.panel.context.ui.laboratoryTable, 0, name)


def segment_row(hands: Hands, name: str) -> int:
    """Row of a segment."""
    return _row_of(hands.reader.panel.segments.ui.segmentsTable, 2, name)


def probability(hands: Hands, name: str) -> int:
    """Percent that stand beside a finding."""
    table = hands.reader.panel.findings.ui.findingsTable
    return int(table.item(finding_row(hands, name), 1).text().split()[0])


def bar_share(hands: Hands, row: int) -> float:
    """How much of its track the bar of a finding fills, 0 to 1, measured in the picture of the table."""
    table = hands.reader.panel.findings.ui.findingsTable
    hands.reach(table)
    table.scrollToItem(table.item(row, 1))
    settle()
    box = table.visualItemRect(table.item(row, 1))
    pixels = _pixels(table.viewport().grab().toImage()).astype(int)
    cell = pixels[box.y() + 2 : box.y() + box.height() - 2, box.x() + 4 : box.x() + box.width() - 4]
    # The line of the operating point has a rim in the color of the paper.
    colored = (np.abs(cell - cell[0, -1]).sum(axis=2) > 12).mean(axis=1) > 0.9
    assert colored.any(), "there is no bar"
    line = cell[int(np.flatnonzero(colored).mean())]
    return float((np.abs(line - line[-1]).sum(axis=1) > 12).mean())


def picture(view: Any) -> NDArray[np.uint8]:
    """What a view shows, RGB of shape (height, width, 3)."""
    settle()
    view.widget.draw_now()
    return _pixels(view.widget.grab().toImage()).copy()


def _pixels(image: Any) -> NDArray[np.uint8]:
    import qt

    converted = image.convertToFormat(qt.QImage.Format_RGB888)
    width, height = converted.width(), converted.height()
    rows = np.array(converted.constBits()).reshape(height, converted.bytesPerLine())
    return rows[:, : width * 3].reshape(height, width, 3)


def centers(hands: Hands) -> NDArray[np.float64]:
    """Where the slice views are, one row (mm, RAS) for each."""
    return np.array([view.center_ras for view in hands.reader.commands.slices.values()])


def voxels(hands: Hands, segment_id: str) -> NDArray[np.bool_]:
    """Mask of a segment of the current case."""
    from MedMMSlicerLib.scene.segmentations import label_maps_from_node

    for node_id in hands.reader.room.cases.nodes("segmentation"):
        for labels in label_maps_from_node(hands.reader.room.scene, node_id):
            for segment in labels.segments:
                if segment.id == segment_id:
                    return np.asarray(labels.array == segment.value)
    raise AssertionError(f"there is no segment {segment_id}")


def kept(hands: Hands) -> dict[str, Any]:
    """Everything that a reader would miss after reopening, as the panel shows it."""
    panel, room = hands.reader.panel, hands.reader.room
    findings, segments = panel.findings.ui, panel.segments.ui
    laboratory, context = panel.context.ui.laboratoryTable, panel.context.ui
    return {
        "cases": [entry.title for entry in room.cases.entries()],
        "states": [entry.state for entry in room.cases.entries()],
        "findings": [texts(findings.findingsTable, column) for column in range(3)],
        "heat map": (findings.heatMapCheck.checked, findings.opacitySlider.value),
        "selected": room.findings.selected_id,
        "laboratory": [texts(laboratory, column) for column in range(4)],
        "words": (context.ageEdit.text, context.indicationEdit.plainText, context.historyEdit.plainText),
        "segments": [texts(segments.segmentsTable, column) for column in (2, 3)],
        "shown": [
            segments.segmentsTable.item(row, 0).checkState() for row in range(segments.segmentsTable.rowCount)
        ],
        "opacities": [row.opacity for row in room.segments.rows()],
        "comparisons": [texts(segments.comparisonTable, column) for column in range(3)],
        "touched": [row.segment_id for row in room.segments.rows() if row.touched],
        "voxels": {row.segment_id: int(voxels(hands, row.segment_id).sum()) for row in room.segments.rows()},
        "report": panel.report.editor.plainText,
        "device": panel.case.ui.deviceLabel.text,
    }
