"""Measurements and probabilities as tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..core import Finding, Measurement, localized
from ._mrml import MrmlScene, add_node, clean_text, get_node

__all__ = ["add_measurements", "add_probabilities", "read_table"]

_DIGITS = 6
"""Slicer writes tables with this many significant digits; rounding here keeps a table equal to its file.
Exact values are in the report and in ``case.json``."""


@dataclass(frozen=True)
class _Column:
    name: str
    title: str
    values: Sequence[str] | Sequence[float | None]
    unit: str = ""
    is_number: bool = False


def add_measurements(
    scene: MrmlScene, measurements: Sequence[Measurement], name: str = "Measurements", language: str = "en"
) -> str:
    """Add a table with one row per measurement and return its node id.

    Numbers are rounded to six significant digits. Units differ from row to row and have a column of their
    own.
    """
    columns = [
        _Column("id", "Id", [item.id for item in measurements]),
        _Column("name", "Measurement", [localized(item.name, language) for item in measurements]),
        _Column("laterality", "Side", [item.laterality for item in measurements]),
        _Column("quantity", "Quantity", [item.quantity.meaning for item in measurements]),
        _Column("value", "Value", [item.value for item in measurements], is_number=True),
        _Column("unit", "Unit (UCUM)", [item.unit for item in measurements]),
        _Column("segment_id", "Segment", [item.segment_id for item in measurements]),
        _Column("method", "Method", [item.method for item in measurements]),
    ]
    return _add_table(scene, name, "measurements", columns)


def add_probabilities(
    scene: MrmlScene, findings: Sequence[Finding], name: str = "Probabilities", language: str = "en"
) -> str:
    """Add a table with one row per finding and return its node id.

    ``probability`` is calibrated, ``score`` is what the network gave; what is not known is not a number
    (nan). ``threshold``, ``sensitivity`` and ``specificity`` are those of the operating point.
    """
    points = [item.operating_point for item in findings]
    columns = [
        _Column("id", "Id", [item.id for item in findings]),
        _Column("name", "Finding", [localized(item.name, language) for item in findings]),
        _Column("laterality", "Side", [item.laterality for item in findings]),
        _Column("probability", "Probability", [item.probability for item in findings], "1", True),
        _Column("score", "Score", [item.score for item in findings], "1", True),
        _Column("threshold", "Threshold", [p.threshold if p else None for p in points], "1", True),
        _Column("sensitivity", "Sensitivity", [p.sensitivity if p else None for p in points], "1", True),
        _Column("specificity", "Specificity", [p.specificity if p else None for p in points], "1", True),
        _Column("status", "Status", [item.status for item in findings]),
    ]
    return _add_table(scene, name, "probabilities", columns)


def read_table(scene: MrmlScene, node_id: str) -> tuple[dict[str, str | float], ...]:
    """Return the rows of a table: column name to text, or to number in number columns."""
    table = get_node(scene, node_id, "vtkMRMLTableNode").GetTable()
    columns = [table.GetColumn(index) for index in range(table.GetNumberOfColumns())]
    return tuple(
        {column.GetName(): column.GetValue(row) for column in columns}
        for row in range(table.GetNumberOfRows())
    )


def _add_table(scene: MrmlScene, name: str, kind: str, columns: Sequence[_Column]) -> str:
    from vtkmodules.vtkCommonCore import vtkDoubleArray, vtkStringArray

    node = add_node(scene, "vtkMRMLTableNode", name)
    node.SetAttribute("MedMM.Table", kind)
    for column in columns:
        array: Any = vtkDoubleArray() if column.is_number else vtkStringArray()
        array.SetName(column.name)
        for value in column.values:
            array.InsertNextValue(_number(value) if column.is_number else _cell(str(value)))
        node.AddColumn(array)
        node.SetColumnType(column.name, array.GetDataType())
        node.SetColumnTitle(column.name, column.title)
        if column.unit:
            node.SetColumnUnitLabel(column.name, column.unit)
    node.SetUseColumnTitleAsColumnHeader(True)
    node.SetLocked(True)
    return str(node.GetID())


def _number(value: str | float | None) -> float:
    return float("nan") if value is None else float(f"{float(value):.{_DIGITS}g}")


def _cell(text: str) -> str:
    """Return text without what Slicer's table files can not hold: tabs, line breaks, double quotes."""
    return " ".join(clean_text(text).replace('"', "'").split())
