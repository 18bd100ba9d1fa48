"""Packages that only some measures need."""

from __future__ import annotations

from ...errors import InstallationError

__all__ = ["package_missing"]


def package_missing(feature: str, requirement: str, error: ImportError) -> InstallationError:
    """What to tell when a package is not there: ``feature`` begins the sentence, ``requirement`` is for
    pip.
    """
    return InstallationError(
        f"{feature} is not installed ({error}). Install it: pip install '{requirement}'."
    )
