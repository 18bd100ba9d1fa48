"""The state of the panel that a scene keeps, typed: Slicer's parameter node wrapper, or the host's."""


# No `from __future__ import annotations`: the wrapper reads the types of the class at run time.

from typing import Any

from slicer.parameterNodeWrapper import parameterNodeWrapper

__all__ = ["PanelParameters", "panel_parameters"]


@parameterNodeWrapper
class PanelParameters:
    """What is chosen in the panel.

    Attributes
    ----------
    CurrentCase, bundle : str
        Ids, empty if none. The reading room itself keeps the former, under this name.
    device : str
        ``auto``, ``cpu`` or ``cuda``.
    language : str
        ``en`` or ``zh-CN``; for the record: a scene does not change the language of its reader.
    heatMap : bool
    heatMapOpacity : float
        0 to 1.
    sort, filter : str
        Of the findings.
    """

    CurrentCase: str = ""
    bundle: str = ""
    device: str = "auto"
    language: str = "en"
    heatMap: bool = False
    heatMapOpacity: float = 0.5
    sort: str = "probability"
    filter: str = "all"


def panel_parameters(scene: Any) -> Any:
    """Wrap the module's parameter node of a scene, made on first use, as `PanelParameters`."""
    from ..scene.parameters import parameter_node

    node_id = parameter_node(scene)
    wrap: Any = PanelParameters  # the decorator gives it a constructor that takes the node
    return wrap(scene.GetNodeByID(node_id))
