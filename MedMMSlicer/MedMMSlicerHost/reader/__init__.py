"""The desktop reader: slice and 3D views with Slicer's own MRML engine, and the reading panel beside them.

Views call every interaction that was added with ``view.add_interaction(handler)`` with a `ViewEvent`; see `events`.
"""
