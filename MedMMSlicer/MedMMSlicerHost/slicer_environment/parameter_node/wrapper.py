"""The class decorator ``parameterNodeWrapper``."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, get_type_hints

import qt
import slicer
from vtkmodules.vtkCommonCore import vtkCommand

from MedMMSlicerHost.slicer_environment.absent import not_in_host
from MedMMSlicerHost.slicer_environment.parameter_node.rules import Default, Validator, find, split
from MedMMSlicerHost.slicer_environment.parameter_node.storage import Storage, storage_for
from MedMMSlicerHost.slicer_environment.parameter_node.widgets import GuiConnector, connector_for

__all__ = [
    "SlicerParameterNamePropertyName",
    "findChildWidgetForParameter",
    "isParameterNodeWrapper",
    "parameterNodeWrapper",
]

SlicerParameterNamePropertyName = "SlicerParameterName"
"""The dynamic property that names a widget's parameter in a .ui file."""


@dataclass(frozen=True)
class ParameterInfo:
    """One parameter of a wrapper class: name, how it is stored, default, and type as written."""

    basename: str
    serializer: Storage
    default: Default
    unalteredType: Any


class _Wrapper:
    """What the decorator adds to a class: the node behind the parameters, and widgets that show them."""

    allParameters: dict[str, ParameterInfo]

    def __init__(self, parameterNode: Any, prefix: str | None = None) -> None:
        if parameterNode is None:
            raise ValueError("A parameter node wrapper needs a parameter node, not None.")
        self.parameterNode = parameterNode
        self._prefix = prefix or ""
        self._guis: dict[int, dict[str, GuiConnector]] = {}
        self._next_gui = 0
        self._gui_observer: int | None = None
        self._showing = False
        for name, info in self.allParameters.items():
            if not info.serializer.is_in(parameterNode, self._stored_name(name)):
                info.serializer.write(parameterNode, self._stored_name(name), info.default.value)

    def _stored_name(self, name: str) -> str:
        return f"{self._prefix}{name}"

    def _info(self, name: str) -> ParameterInfo:
        if "." in name:
            not_in_host(f"A parameter of a pack ({name})")
        if name not in self.allParameters:
            known = ", ".join(self.allParameters)
            raise ValueError(f"There is no parameter {name!r}; there are: {known}.")
        return self.allParameters[name]

    def getValue(self, name: str) -> Any:
        """Return a parameter by its name."""
        info, stored = self._info(name), self._stored_name(name)
        if not info.serializer.is_in(self.parameterNode, stored):
            info.serializer.write(self.parameterNode, stored, info.default.value)
        return info.serializer.read(self.parameterNode, stored)

    def setValue(self, name: str, value: Any) -> None:
        """Set a parameter by its name; observers are told once."""
        with slicer.util.NodeModify(self.parameterNode):
            self._info(name).serializer.write(self.parameterNode, self._stored_name(name), value)

    def default(self, name: str) -> Default:
        """Return the default of a parameter; its value is in ``.value``."""
        return self._info(name).default

    def isCached(self, name: str) -> bool:
        """Return whether Slicer caches this parameter."""
        return self._info(name).serializer.cached

    @classmethod
    def dataType(cls, name: str) -> Any:
        """Return the type of a parameter as it was written."""
        if name not in cls.allParameters:
            raise ValueError(f"There is no parameter {name!r}.")
        return cls.allParameters[name].unalteredType

    def connectGui(self, gui: Any) -> int:
        """Connect every widget that names a parameter in its property ``SlicerParameterName``.

        Parameters
        ----------
        gui : QWidget or object
            A widget, of which all children are asked, or what ``childWidgetVariables`` returned.

        Returns
        -------
        int
            For `disconnectGui`.
        """
        widgets = _all_children(gui) if hasattr(gui, "isWidgetType") else tuple(vars(gui).values())
        named = ((widget.property(SlicerParameterNamePropertyName), widget) for widget in widgets)
        return self.connectParametersToGui({str(name): widget for name, widget in named if name})

    def connectParametersToGui(self, mapping: dict[str, Any]) -> int:
        """Connect parameters to widgets, by parameter name; the widgets show the parameters from now on."""
        connectors = {name: self._connector(name, widget) for name, widget in mapping.items()}
        tag, self._next_gui = self._next_gui, self._next_gui + 1
        self._guis[tag] = connectors
        for name, connector in connectors.items():
            connector.write(self.getValue(name))
            connector.on_changed(self._taker(name, connector))
        if self._gui_observer is None:
            self._gui_observer = self.AddObserver(vtkCommand.ModifiedEvent, self._show)
        return tag

    def disconnectGui(self, tag: int) -> None:
        """Undo one `connectGui`."""
        for connector in self._guis.pop(tag, {}).values():
            connector.on_changed(None)
        if not self._guis and self._gui_observer is not None:
            self.RemoveObserver(self._gui_observer)
            self._gui_observer = None

    def _connector(self, name: str, widget: Any) -> GuiConnector:
        return connector_for(widget, self._info(name).unalteredType)

    def _taker(self, name: str, connector: GuiConnector) -> Callable[[], None]:
        def take() -> None:
            if not self._showing:
                self.setValue(name, connector.read())

        return take

    def _show(self, *_: Any) -> None:
        if self._showing:
            return
        self._showing = True
        try:
            for connectors in self._guis.values():
                for name, connector in connectors.items():
                    connector.write(self.getValue(name))
        finally:
            self._showing = False

    def StartModify(self) -> Any:
        """Hold the node's events back."""
        return self.parameterNode.StartModify()

    def EndModify(self, was_modified: Any) -> Any:
        """Let the node's events go."""
        return self.parameterNode.EndModify(was_modified)

    def AddObserver(self, event: Any, callback: Any, priority: float = 0.0) -> int:
        """Observe the node."""
        return int(self.parameterNode.AddObserver(event, callback, priority))

    def RemoveObserver(self, tag: int) -> None:
        """Observe the node no more."""
        self.parameterNode.RemoveObserver(tag)

    def Modified(self) -> None:
        """Tell the node's observers."""
        self.parameterNode.Modified()


_RESERVED = frozenset(name for name in vars(_Wrapper) if not name.startswith("__")) | {"parameterNode"}


def _parameter(owner: type, name: str, datatype: Any) -> ParameterInfo:
    _, annotations = split(datatype)
    storage = storage_for(datatype)
    if name in vars(owner):
        default = Default(vars(owner)[name])
    else:
        default = find(annotations, Default) or Default(storage.default())
    unused = [each for each in annotations if not isinstance(each, (Validator, Default))]
    if unused and not all(type(each).__name__ in {"Decimals", "SingleStep"} for each in unused):
        logging.warning("Unused annotations of %s: %s", name, unused)
    return ParameterInfo(name, storage, default, datatype)


def _property(name: str) -> property:
    return property(lambda self: self.getValue(name), lambda self, value: self.setValue(name, value))


def _process(owner: type) -> type:
    parameters = {
        name: _parameter(owner, name, datatype)
        for name, datatype in get_type_hints(owner, include_extras=True).items()
    }
    taken = sorted(set(parameters) & _RESERVED)
    if taken:
        raise ValueError(f"A parameter can not have the reserved name {taken[0]!r}.")
    for name, member in vars(_Wrapper).items():
        if name not in {
            "__dict__",
            "__weakref__",
            "__module__",
            "__doc__",
            "__annotations__",
            "__qualname__",
        }:
            setattr(owner, name, member)
    for name in parameters:
        setattr(owner, name, _property(name))
    owner.allParameters = parameters  # type: ignore[attr-defined]
    owner._is_parameter_node_wrapper = True  # type: ignore[attr-defined]
    return owner


def parameterNodeWrapper(classtype: type | None = None) -> Any:
    """Class decorator: annotated members become typed parameters of the node given to the constructor."""
    return _process if classtype is None else _process(classtype)


def isParameterNodeWrapper(classOrObject: Any) -> bool:
    """Return whether a class, or an object's class, was decorated."""
    return bool(getattr(classOrObject, "_is_parameter_node_wrapper", False))


def _all_children(widget: Any) -> tuple[Any, ...]:
    return tuple(widget.findChildren(qt.QWidget))


def findChildWidgetForParameter(widget: Any, parameter: str) -> Any:
    """Return the child that shows a parameter, or None."""
    children = _all_children(widget)
    return next(
        (each for each in children if each.property(SlicerParameterNamePropertyName) == parameter), None
    )
