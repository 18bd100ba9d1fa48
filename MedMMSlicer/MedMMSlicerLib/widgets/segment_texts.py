"""Words and symbols of the segments table."""

from __future__ import annotations

from typing import Any

from .finding_texts import side_text
from .translation import _

__all__ = ["algorithm_text", "comparison_cells", "mark_text", "segment_cell"]


def segment_cell(row: Any) -> str:
    """Name, and below it the side, who made it, and whether it is hidden."""
    hidden = "" if row.visible else _("hidden")
    parts = (side_text(row.laterality, row.name), mark_text(row), algorithm_text(row), hidden)
    details = " · ".join(part for part in parts if part)
    return f"{row.name}\n{details}"


def mark_text(row: Any) -> str:
    """Symbol and words for a segment that a person touched, or that a later run put beside one."""
    if row.is_new:
        return f"◇ {_('new version')}"
    if row.touched and row.algorithm_type != "MANUAL":
        return f"✎ {_('changed by you')}"
    return ""


def algorithm_text(row: Any) -> str:
    """How a segment came about, in words."""
    words = {
        "AUTOMATIC": _("automatic"),
        "SEMIAUTOMATIC": _("semi-automatic"),
        "MANUAL": _("manual"),
    }
    return words.get(row.algorithm_type, row.algorithm_type)


def comparison_cells(comparison: Any) -> tuple[str, str, str]:
    """Name, Dice, and how much the new volume differs."""
    change = comparison.new_volume_mm3 - comparison.volume_mm3
    text = f"{change / 1000:+.2f} mL"
    if comparison.volume_mm3 > 0:
        text += f" ({100 * change / comparison.volume_mm3:+.0f} %)"
    return comparison.name, f"{comparison.dice:.3f}", text
