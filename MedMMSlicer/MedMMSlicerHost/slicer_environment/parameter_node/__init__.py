"""``slicer.parameterNodeWrapper``: typed parameters in a scene node, connected to widgets by name.

The host's own equivalent of Slicer's package, for the types that panels of this project use. Values are
stored in the node exactly as Slicer stores them, so that a scene saved here opens there with its parameters.
Parameter packs, unions and made-to-order widgets raise.
"""

from __future__ import annotations

from typing import Any

from MedMMSlicerHost.slicer_environment.absent import not_in_host
from MedMMSlicerHost.slicer_environment.parameter_node.rules import (
    Choice,
    Decimals,
    Default,
    Exclude,
    IsInstance,
    Maximum,
    Minimum,
    NotNone,
    SingleStep,
    Validator,
    WithinRange,
)
from MedMMSlicerHost.slicer_environment.parameter_node.wrapper import (
    SlicerParameterNamePropertyName,
    findChildWidgetForParameter,
    isParameterNodeWrapper,
    parameterNodeWrapper,
)

__all__ = [
    "Choice",
    "Decimals",
    "Default",
    "Exclude",
    "IsInstance",
    "Maximum",
    "Minimum",
    "NotNone",
    "SingleStep",
    "SlicerParameterNamePropertyName",
    "Validator",
    "WithinRange",
    "findChildWidgetForParameter",
    "isParameterNodeWrapper",
    "parameterNodeWrapper",
]


def __getattr__(name: str) -> Any:
    if name in {
        "parameterPack",
        "createGui",
        "parameterNodeSerializer",
        "parameterNodeGuiConnector",
        "RangeBounds",
    }:
        not_in_host(f"slicer.parameterNodeWrapper.{name}")
    raise AttributeError(f"slicer.parameterNodeWrapper has no {name!r} in the desktop host.")
