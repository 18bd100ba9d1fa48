"""The steps of a plan, in the order that leaves the least harm when one of them fails."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from .inventory import InstalledPackage
from .plan import InstallationPlan

__all__ = ["CONSTRAINTS", "FETCHED", "Step", "steps_of"]

CONSTRAINTS = "{constraints}"
FETCHED = "{fetched}"
"""Stand for paths that are made when the installation starts."""

_FOLDER_OPTION = "-".join(("--find", "links"))
# No wheel, no installation: Slicer has no compiler, and a wheel runs no code while it is installed.
_INSTALL = ("install", "--no-input", "--progress-bar", "off", "--no-warn-script-location")
_WHEELS_ONLY = ("--only-binary", ":all:")


@dataclass(frozen=True)
class Step:
    """One thing that is done.

    Parameters
    ----------
    kind : str
        ``pip`` (run it with ``arguments``), ``metadata`` (remove ``paths``) or ``wheels`` (check the folder).
    text : str
        What it does, for people.
    arguments : tuple of str
    paths : tuple of Path
    """

    kind: str
    text: str
    arguments: tuple[str, ...] = ()
    paths: tuple[Path, ...] = ()


def steps_of(plan: InstallationPlan) -> tuple[Step, ...]:
    """List what carries out a plan.

    An ONNX runtime that works is removed only after its successor has been downloaded. Each step may be
    repeated: what is done already is left alone.
    """
    if plan.is_empty:
        return ()
    steps: list[Step] = []
    if plan.wheels is not None:
        steps.append(Step("wheels", "Checking the downloaded packages", paths=(plan.wheels,)))
    orphans = tuple(p.metadata for p in (*plan.damaged, *plan.replaced) if not p.removable)
    if orphans:
        steps.append(Step("metadata", "Removing what a broken installation left", paths=orphans))
    steps += _uninstall(plan.damaged, "Removing damaged packages")
    texts = [need.text for need in plan.needed]
    if plan.runtime is None:
        return (*steps, _install("Installing packages", texts, plan))
    runtime = plan.runtime.text
    if not any(package.removable for package in plan.replaced):
        return (*steps, _install("Installing packages", [*texts, runtime], plan))
    if plan.missing:
        steps.append(_install("Installing packages", texts, plan))
    bare = plan.runtime.distribution + plan.runtime.specifier
    local: tuple[str, ...] = ()
    if plan.wheels is None:
        local = ("--no-index", _FOLDER_OPTION, FETCHED)
        fetch = ("download", "--no-input", "--progress-bar", "off", *_WHEELS_ONLY, "--no-deps")
        steps.append(
            Step("pip", f"Downloading {plan.runtime.distribution}", (*fetch, "--dest", FETCHED, bare))
        )
    steps += _uninstall(plan.replaced, "Removing other ONNX runtimes")
    steps.append(_install(f"Installing {plan.runtime.distribution}", ["--no-deps", bare], plan, local))
    steps.append(_install("Installing what it needs", [*texts, runtime], plan))
    return tuple(steps)


def _install(text: str, what: Sequence[str], plan: InstallationPlan, source: tuple[str, ...] = ()) -> Step:
    if plan.wheels is not None:
        source = ("--no-index", _FOLDER_OPTION, str(plan.wheels))
    return Step("pip", text, (*_INSTALL, *_WHEELS_ONLY, "--constraint", CONSTRAINTS, *source, *what))


def _uninstall(packages: Sequence[InstalledPackage], text: str) -> list[Step]:
    names = tuple(dict.fromkeys(package.name for package in packages if package.removable))
    return [Step("pip", text, ("uninstall", "--yes", *names))] if names else []
