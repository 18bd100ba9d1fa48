"""The desktop reader: slice and 3D views with Slicer's own MRML engine, and the reading panel beside them.

Views call what was added with ``view.add_interaction(handler)`` with a `ViewEvent` for each mouse event.
Importing this package loads neither Qt nor slicer.
"""

from .start import build_reader, check_display, run_reader

__all__ = ["build_reader", "check_display", "run_reader"]
