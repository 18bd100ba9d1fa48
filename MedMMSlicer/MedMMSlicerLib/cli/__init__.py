"""The command line ``medmm``."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of the ``medmm`` script."""
    from .app import run

    run()
