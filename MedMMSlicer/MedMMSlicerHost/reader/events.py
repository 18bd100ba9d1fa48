"""Mouse events of a view, with the place in the patient: what interactions are called with."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

__all__ = ["Interaction", "ViewEvent"]


@dataclass(frozen=True)
class ViewEvent:
    """One mouse event in a view.

    Parameters
    ----------
    kind : str
        ``press``, ``move``, ``release``, ``wheel``, ``double`` (second press of a double click) or ``leave``.
    view : SliceView or VolumeView
        Where it happened: ``view.name`` is ``Red``, ``Yellow``, ``Green`` or ``1``, ``view.node`` its slice
        or view node. Slice views alone have ``view.mm_per_pixel`` and ``view.normal_ras`` (unit normal).
    position : (2,) tuple of float
        From the left and from the top of the view, in the widget's pixels.
    ras : (3,) tuple of float, mm, RAS, or None
        In a slice view the place on the slice under the mouse; None in the 3D view and for ``leave``.
    button : str
        The button that went down or up: ``left``, ``middle``, ``right`` or empty.
    buttons : frozenset of str
        Those that are down now.
    modifiers : frozenset of str
        Of ``shift``, ``control``, ``alt``.
    steps : float
        Notches of the wheel, positive away from the person; 0 for other events.
    """

    kind: str
    view: Any
    position: tuple[float, float]
    ras: tuple[float, float, float] | None = None
    button: str = ""
    buttons: frozenset[str] = frozenset()
    modifiers: frozenset[str] = frozenset()
    steps: float = 0.0


Interaction = Callable[[ViewEvent], bool]
"""Given to ``view.add_interaction``; True: consumed, nobody else gets it.

The last one added is asked first. Who consumes a press gets all moves until the release.
"""
