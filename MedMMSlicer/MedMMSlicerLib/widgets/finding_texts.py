"""Words, symbols and numbers of the findings table."""

from __future__ import annotations

from typing import Any

from .delegates import Bar, Effect
from .translation import _

__all__ = [
    "bar_of",
    "doubts_text",
    "effect_of",
    "filter_choices",
    "name_cell",
    "side_choices",
    "side_text",
    "sort_choices",
    "spoken_row",
    "status_text",
    "widest_bar_text",
]

_CHANGE = 0.005
"""Half a percent: smaller changes are not seen in the rounded number."""


def sort_choices() -> tuple[tuple[str, str], ...]:
    """Orders of the rows, and what they are called."""
    return ("probability", _("Probability")), ("name", _("Name")), ("status", _("Status"))


def filter_choices() -> tuple[tuple[str, str], ...]:
    """Choices of rows, and what they are called."""
    return (
        ("all", _("All")),
        ("above", _("Above operating point")),
        ("open", _("Open")),
        ("accepted", _("Accepted")),
        ("rejected", _("Rejected")),
    )


def side_choices() -> tuple[tuple[str, str], ...]:
    """Sides, and what they are called."""
    return ("", _("not stated")), ("left", _("left")), ("right", _("right")), ("bilateral", _("both sides"))


def status_text(status: str) -> str:
    """Symbol and word of a status."""
    words = {
        "proposed": f"○ {_('open')}",
        "accepted": f"✓ {_('accepted')}",
        "edited": f"✎ {_('edited')}",
        "rejected": f"✗ {_('rejected')}",
    }
    return words.get(status, status)


def name_cell(row: Any) -> str:
    """Name, and below it where the finding is and what was measured."""
    place = " · ".join(part for part in (side_text(row.laterality, row.name), row.region) if part)
    details = " · ".join(part for part in (place, row.measurements_text, row.note) if part)
    return f"{row.name}\n{details}" if details else row.name


def bar_of(row: Any, before: float | None) -> Bar:
    """Return what is drawn for a finding; ``before``: its probability when the model was run."""
    if row.probability is None:
        return Bar(None, None, None, False, "–")
    parts = [f"{100 * row.probability:.0f} %"]
    if row.above:
        parts.append("▲")
    moved = before is not None and abs(row.probability - before) >= _CHANGE
    if moved:
        parts.append(_before_text("↗" if row.probability > before else "↘", before))
    return Bar(row.probability, row.threshold, before if moved else None, bool(row.above), " ".join(parts))


def widest_bar_text() -> str:
    """Return the longest text of a bar, so that its column can be made wide enough."""
    return f"100 % ▲ {_before_text('↗', 1.0)}"


def _before_text(arrow: str, before: float) -> str:
    return _("{arrow} was {before} %").format(arrow=arrow, before=f"{100 * before:.0f}")


def spoken_row(row: Any) -> str:
    """Return a row in words, for the tool tip and for screen readers."""
    above = {True: _("at or above the operating point"), False: _("below the operating point")}.get(
        row.above, ""
    )
    value = (
        ""
        if row.probability is None
        else _("probability {percent} %").format(percent=f"{100 * row.probability:.0f}")
    )
    name = name_cell(row).replace("\n", ", ")
    parts = (name, value, above, row.point_text, status_text(row.status))
    return "; ".join(part for part in parts if part)


def effect_of(row: Any, limit: float) -> Effect:
    """Return what is drawn for a contribution; percent are percentage points of the probability."""
    percent = f"{100 * row.delta:+.0f}"
    return Effect(row.delta, limit, "±0 %" if percent in ("+0", "-0") else f"{percent} %")


def doubts_text(doubts: tuple[str, ...]) -> str:
    """Return the reasons not to trust a probability, one a line."""
    if not doubts:
        return _("No particular reason is known; it may be wrong all the same.")
    return "\n".join(f"⚠ {doubt}" for doubt in doubts)


def side_text(laterality: str, name: str) -> str:
    """Return a side in words; empty if there is none, or the name says it already."""
    text = dict(side_choices()).get(laterality, laterality) if laterality else ""
    return "" if text.lower() in name.lower() else text
