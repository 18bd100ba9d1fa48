"""Loads and unloads scripted modules by their file, as Slicer's module factory does."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MedMMSlicerLib.errors import UsageError

from MedMMSlicerHost.slicer_environment.modules import ScriptedModule

if TYPE_CHECKING:
    from MedMMSlicerHost.slicer_environment.environment import Environment

__all__ = ["load_module", "unload_module"]


def load_module(environment: Environment, path: Any) -> tuple[Any, Any]:
    """Load a module file: the classes ``<stem>``, ``<stem>Widget`` in it are made and the panel is built.

    Parameters
    ----------
    environment : Environment
    path : path
        The module's ``.py`` file. Its folder is put on ``sys.path``, as in Slicer.

    Returns
    -------
    module : ScriptedModule
        Also ``slicer.modules.<stem in lower case>``; ``module.self()`` is the object of the file's class.
    widget : object
        The panel, also ``slicer.modules.<stem>Widget``; ``widget.parent`` is the QWidget that holds it.

    Raises
    ------
    UsageError
        If there is no such file, it lacks a class, or the module is loaded already.
    """
    file = Path(path).resolve()
    name = file.stem
    if not file.is_file():
        raise UsageError(f"There is no module file {file}.")
    if environment.module_manager.module(name) is not None:
        raise UsageError(f"The module {name} is loaded already; unload_module({name!r}) first, or reload it.")
    if str(file.parent) not in sys.path:
        sys.path.insert(0, str(file.parent))
    python_module = _execute(name, file)
    for wanted in (name, f"{name}Widget"):
        if not hasattr(python_module, wanted):
            del sys.modules[name]
            raise UsageError(f"{file} defines no class {wanted}.")
    module = ScriptedModule(name, str(file))
    environment.add_module(module)
    instance = getattr(python_module, name)(module)
    module._self = instance
    setattr(environment.modules, f"{name}Instance", instance)
    if callable(getattr(instance, "setup", None)):
        instance.setup()
    environment.module_manager.moduleLoaded.emit(name)
    return module, module.widgetRepresentation().self()


def _execute(name: str, file: Path) -> Any:
    spec = importlib.util.spec_from_file_location(name, file)
    if spec is None or spec.loader is None:
        raise UsageError(f"{file} is no Python file.")
    python_module = importlib.util.module_from_spec(spec)
    sys.modules[name] = python_module
    spec.loader.exec_module(python_module)
    return python_module


def unload_module(environment: Environment, name: str) -> None:
    """Clean the panel up and forget the module.

    Raises
    ------
    UsageError
        If it is not loaded.
    """
    import slicer

    module = environment.module_manager.module(name)
    if not isinstance(module, ScriptedModule):
        raise UsageError(f"There is no scripted module {name}.")
    environment.module_manager.moduleAboutToBeUnloaded.emit(name)
    widget = module._widget
    module._widget = None
    for attribute in (f"{name}Widget", f"{name}Instance"):
        if attribute in vars(environment.modules):
            delattr(environment.modules, attribute)
    environment.module_manager.remove(name)
    slicer.selfTests.pop(name, None)
    sys.modules.pop(name, None)
    if widget is not None:
        widget.hide()
        widget.deleteLater()
    environment.module_manager.moduleUnloaded.emit(name)
