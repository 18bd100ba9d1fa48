"""Changing the text of text nodes and the cells of tables in place, so that node ids stay."""

from __future__ import annotations

from collections.abc import Mapping

from ._mrml import MrmlScene, clean_text, get_node
from .tables import _cell, _number
from .texts import add_text

__all__ = ["set_table_cells", "write_text"]


def write_text(scene: MrmlScene, node_id: str, text: str, name: str, kind: str = "") -> str:
    """Put a text into a text node and return its id; a new node is made where there is none."""
    node = scene.GetNodeByID(node_id) if node_id else None
    if node is None or not node.IsA("vtkMRMLTextNode"):
        return add_text(scene, text, name, kind)
    cleaned = clean_text(text)
    if (node.GetText() or "") != cleaned:
        node.SetText(cleaned)
    return str(node.GetID())


def set_table_cells(
    scene: MrmlScene, node_id: str, column: str, values: Mapping[str, str | float | None]
) -> int:
    """Set cells of a column of one of our tables, by the id in its row.

    Parameters
    ----------
    scene : vtkMRMLScene
    node_id : str
    column : str
    values : mapping of str to str or float
        By id; ids without a row are passed over, None becomes not a number.

    Returns
    -------
    int
        How many cells have another value now.
    """
    node = get_node(scene, node_id, "vtkMRMLTableNode")
    table = node.GetTable()
    ids, target = table.GetColumnByName("id"), table.GetColumnByName(column)
    if ids is None or target is None:
        return 0
    changed = 0
    is_number = bool(target.IsNumeric())
    for row in range(table.GetNumberOfRows()):
        if ids.GetValue(row) not in values:
            continue
        value = values[ids.GetValue(row)]
        cell = _number(value) if is_number else _cell(str(value))
        if target.GetValue(row) != cell:
            target.SetValue(row, cell)
            changed += 1
    if changed:
        table.Modified()
        node.Modified()
    return changed
