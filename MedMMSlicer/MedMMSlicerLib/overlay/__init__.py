"""The overlay picture: the images with the outlines of what was found."""

from __future__ import annotations

from .picture import draw_overlay

__all__ = ["draw_overlay"]
