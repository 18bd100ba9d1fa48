"""``slicer.modules``: module objects by lower-case name, the module manager, the module selector."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from MedMMSlicerHost.slicer_environment.absent import StrictObject, not_in_host
from MedMMSlicerHost.slicer_environment.signals import HostSignal, SignalOwner

__all__ = ["CoreModule", "ModuleManager", "ModuleNamespace", "ModuleSelector", "ScriptedModule"]


class ModuleNamespace:
    """What ``slicer.modules`` is: a place for module objects, widgets and lists that modules share."""

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(
            f"slicer.modules has no {name!r}: the desktop host has not loaded such a module."
        )


class CoreModule(StrictObject):
    """A C++ module of Slicer of which this host has the logic.

    Attributes
    ----------
    name, title : str
    """

    shown_name = "module"

    def __init__(self, name: str, logic: Any) -> None:
        self._name = name
        self._logic = logic
        self._widget: Any = None

    @property
    def name(self) -> str:
        """Name of the module."""
        return self._name

    @property
    def title(self) -> str:
        """Title of the module."""
        return self._name

    def logic(self) -> Any:
        """Return the logic."""
        return self._logic

    def widgetRepresentation(self) -> Any:
        """Return an empty widget, made once; only the reader supplies module panels that work."""
        if self._widget is None:
            self._widget = self.createNewWidgetRepresentation()
        return self._widget

    def createNewWidgetRepresentation(self) -> Any:
        """Return a new empty widget."""
        from MedMMSlicerHost.slicer_environment.module_widgets import CoreModuleWidget

        return CoreModuleWidget(self._name)


class ScriptedModule(StrictObject):
    """What Slicer hands to a scripted module class as ``parent`` (qSlicerScriptedLoadableModule)."""

    shown_name = "qSlicerScriptedLoadableModule"
    assignable = frozenset(
        {
            "title",
            "categories",
            "dependencies",
            "contributors",
            "helpText",
            "acknowledgementText",
            "icon",
            "hidden",
            "index",
            "associatedNodeTypes",
            "widgetRepresentationCreationEnabled",
        }
    )

    def __init__(self, name: str, path: str) -> None:
        self._name = name
        self._path = path
        self._self: Any = None
        self._widget: Any = None
        self.title = name
        self.categories: Any = ()
        self.dependencies: Any = ()
        self.contributors: Any = ()
        self.helpText = ""
        self.acknowledgementText = ""
        self.icon: Any = None
        self.hidden = False
        self.index = -1
        self.associatedNodeTypes: Any = ()
        self.widgetRepresentationCreationEnabled = True

    def __setattr__(self, name: str, value: Any) -> None:
        # Qt hands a list back as a tuple.
        super().__setattr__(name, tuple(value) if isinstance(value, list) else value)

    @property
    def name(self) -> str:
        """Name of the module."""
        return self._name

    @property
    def path(self) -> str:
        """Path of the module's file."""
        return self._path

    def self(self) -> Any:
        """Return the Python module object that the module file defines."""
        return self._self

    def logic(self) -> None:
        """A scripted module has no C++ logic."""

    def widgetRepresentation(self) -> Any:
        """Return the widget that holds the panel, made once."""
        if self._widget is None and self.widgetRepresentationCreationEnabled:
            self._widget = self.createNewWidgetRepresentation()
        return self._widget

    def createNewWidgetRepresentation(self) -> Any:
        """Return a new widget with a new panel."""
        from MedMMSlicerHost.slicer_environment.module_widgets import qSlicerScriptedLoadableModuleWidget

        widget = qSlicerScriptedLoadableModuleWidget(self._name)
        # Slicer knows the widget before the panel is built, so that setup() finds it.
        if self._widget is None:
            self._widget = widget
        widget.reload()
        return widget


class FactoryManager:
    """Names of the loaded modules, the part of qSlicerModuleFactoryManager that scripts use."""

    def __init__(self, modules: dict[str, Any]) -> None:
        self._modules = modules

    def loadedModuleNames(self) -> tuple[str, ...]:
        """Return the names of all loaded modules, sorted."""
        return tuple(sorted(self._modules))

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The module factory manager has no {name!r} in the desktop host.")


class ModuleManager(SignalOwner):
    """``slicer.app.moduleManager()``."""

    def __init__(self, namespace: ModuleNamespace) -> None:
        self._namespace = namespace
        self._modules: dict[str, Any] = {}
        self.moduleLoaded = HostSignal()
        self.moduleAboutToBeUnloaded = HostSignal()
        self.moduleUnloaded = HostSignal()

    def _signal(self, signature: str) -> HostSignal | None:
        return {
            "moduleLoaded(QString)": self.moduleLoaded,
            "moduleAboutToBeUnloaded(QString)": self.moduleAboutToBeUnloaded,
            "moduleUnloaded(QString)": self.moduleUnloaded,
        }.get(signature)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The module manager has no {name!r} in the desktop host.")

    def module(self, name: str) -> Any:
        """Return a module by its name, or None."""
        return self._modules.get(name)

    def modulesNames(self) -> tuple[str, ...]:
        """Return the names of all modules, sorted."""
        return tuple(sorted(self._modules))

    def factoryManager(self) -> FactoryManager:
        """Return the object that knows the names."""
        return FactoryManager(self._modules)

    def add(self, module: Any) -> None:
        """Host only: make a module known by its name, also as ``slicer.modules.<lower-case name>``."""
        self._modules[module.name] = module
        setattr(self._namespace, module.name.lower(), module)

    def remove(self, name: str) -> None:
        """Host only: forget a module."""
        if self._modules.pop(name, None) is not None:
            delattr(self._namespace, name.lower())

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._modules))


class ModuleSelector(SignalOwner):
    """What ``slicer.util.selectModule`` asks of the main window; the reader shows the selected panel."""

    def __init__(self, manager: ModuleManager) -> None:
        self._manager = manager
        self._selected = ""
        self.moduleSelected = HostSignal()

    def _signal(self, signature: str) -> HostSignal | None:
        return self.moduleSelected if signature == "moduleSelected(QString)" else None

    @property
    def selectedModule(self) -> str:
        """Name of the module whose panel is shown."""
        return self._selected

    def selectModule(self, name: str) -> None:
        """Leave the panel that is shown, enter the named one and tell who shows it."""
        module = self._manager.module(name)
        if module is None:
            not_in_host(f"The module {name}")
        self._call(self._selected, "exit")
        self._selected = name
        self._call(name, "enter")
        self.moduleSelected.emit(name)

    def _call(self, name: str, method: str) -> None:
        module = self._manager.module(name)
        if isinstance(module, ScriptedModule):
            getattr(module.widgetRepresentation(), method)()

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"The module selector has no {name!r} in the desktop host.")
