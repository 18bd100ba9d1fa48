"""The reader's texts in Chinese."""

from __future__ import annotations

__all__ = ["CHINESE"]

CHINESE: dict[str, str] = {}
