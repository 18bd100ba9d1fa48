"""What a scripted module finds in Slicer's ``slicer`` module beyond MRML, for the host.

`install` completes the ``slicer`` module of the slicer-core wheel; `load_module` then loads a module file
as Slicer does. Whatever a panel may touch and this host has not raises, and says so. Importing this package
loads neither slicer nor Qt.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from MedMMSlicerHost.slicer_environment.environment import Environment

__all__ = ["current", "install", "load_module", "unload_module"]


def install(application: Any, settings_folder: Any = None) -> Environment:
    """Complete the ``slicer`` module once per process.

    Parameters
    ----------
    application : HostApplication
        Gives the scene and the logics.
    settings_folder : path, optional
        Where QSettings are kept; Qt's own place if absent.

    Returns
    -------
    Environment
        The same one at every call.
    """
    from MedMMSlicerHost.slicer_environment.environment import install as install_once

    return install_once(application, settings_folder)


def current() -> Environment:
    """Return the installed environment; UsageError before `install`."""
    from MedMMSlicerHost.slicer_environment.environment import current as current_environment

    return current_environment()


def load_module(path: Any) -> tuple[Any, Any]:
    """Load a scripted module file as Slicer does; see `loading.load_module`."""
    from MedMMSlicerHost.slicer_environment.loading import load_module as load

    return load(current(), path)


def unload_module(name: str) -> None:
    """Unload a scripted module; see `loading.unload_module`."""
    from MedMMSlicerHost.slicer_environment.loading import unload_module as unload

    unload(current(), name)
