"""The report as text nodes."""

from __future__ import annotations

import json
from typing import Any

from ..core import Report, ReportSection, ReportSentence, to_json
from ..errors import InputError
from ._mrml import MrmlScene, add_node, clean_text, get_node

__all__ = ["add_report", "add_text", "read_text", "report_from_node"]


def add_report(scene: MrmlScene, report: Report, name: str = "Report", html: str = "") -> tuple[str, ...]:
    """Add a report and return the node ids: its data as JSON, and its page where ``html`` is given."""
    data = json.dumps(to_json(report), ensure_ascii=False, indent=1, allow_nan=False)
    ids = [add_text(scene, data, f"{name} (data)", "report-json")]
    if html:
        ids.append(add_text(scene, html, name, "report-html"))
    return tuple(ids)


def report_from_node(scene: MrmlScene, node_id: str) -> Report:
    """Read the report that `add_report` stored as JSON.

    Raises
    ------
    InputError
        If the node is no report.
    """
    try:
        value = json.loads(read_text(scene, node_id))
        sections = tuple(_section(item) for item in value["sections"])
        return Report(**{**value, "sections": sections})
    except (ValueError, TypeError, KeyError) as error:
        raise InputError(
            f"The text node '{node_id}' holds no MedMM report ({error}). Select the report's data node."
        ) from error


def add_text(scene: MrmlScene, text: str, name: str, kind: str = "") -> str:
    """Add a text node, always saved as a UTF-8 file of its own, and return its id."""
    node = add_node(scene, "vtkMRMLTextNode", name)
    node.SetForceCreateStorageNode(node.CreateStorageNodeAlways)
    node.SetText(clean_text(text))
    if kind:
        node.SetAttribute("MedMM.Text", kind)
    return str(node.GetID())


def read_text(scene: MrmlScene, node_id: str) -> str:
    """Return the text of a text node."""
    return str(get_node(scene, node_id, "vtkMRMLTextNode").GetText() or "")


def _section(value: dict[str, Any]) -> ReportSection:
    sentences = tuple(
        ReportSentence(**{**item, "evidence_ids": tuple(item["evidence_ids"])}) for item in value["sentences"]
    )
    return ReportSection(**{**value, "sentences": sentences})
