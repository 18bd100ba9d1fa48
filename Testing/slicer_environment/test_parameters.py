"""Typed parameters in a node: types, checks, storage as Slicer's, and widgets."""

from __future__ import annotations

import enum
from pathlib import Path
from typing import Annotated, Any

import pytest

pytestmark = [pytest.mark.panel, pytest.mark.usefixtures("no_complaints")]


class Device(enum.Enum):
    AUTO = "auto"
    CPU = "cpu"


@pytest.fixture
def wrapper_class(environment: Any) -> Any:
    """A wrapper with a parameter of every type."""
    import slicer
    from slicer.parameterNodeWrapper import Choice, Default, Minimum, WithinRange, parameterNodeWrapper

    class Parameters:
        __annotations__ = {
            "count": Annotated[int, Minimum(1), Default(3)],
            "opacity": Annotated[float, WithinRange(0, 1)],
            "note": str,
            "shown": bool,
            "device": Device,
            "language": Annotated[str, Choice(["en", "zh-CN"]), Default("en")],
            "names": list[str],
            "corner": tuple[int, float],
            "folder": Path,
            "volume": slicer.vtkMRMLVolumeNode,
        }
        shown = True

    return parameterNodeWrapper(Parameters)


@pytest.fixture
def node(scene: Any) -> Any:
    """An empty parameter node."""
    return scene.AddNewNodeByClass("vtkMRMLScriptedModuleNode", "parameters")


@pytest.fixture
def parameters(wrapper_class: Any, node: Any) -> Any:
    """The wrapper on the node."""
    return wrapper_class(node)


def test_defaults(parameters: Any, node: Any) -> None:
    found = {name: getattr(parameters, name) for name in parameters.allParameters}
    assert found == {
        "count": 3,
        "opacity": 0.0,
        "note": "",
        "shown": True,
        "device": Device.AUTO,
        "language": "en",
        "names": [],
        "corner": (0, 0.0),
        "folder": Path(),
        "volume": None,
    }
    assert parameters.parameterNode is node
    assert parameters.default("count").value == 3 and parameters.isCached("count")


def test_values_are_stored_as_slicer_stores_them(parameters: Any, node: Any, scene: Any) -> None:
    volume = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode")
    parameters.count = 7
    parameters.opacity = 0.25
    parameters.shown = False
    parameters.device = Device.CPU
    parameters.names = ["a", "b"]
    parameters.volume = volume
    stored = {name: node.GetParameter(name) for name in ("count", "opacity", "shown", "device")}
    assert stored == {"count": "7", "opacity": "0.25", "shown": "False", "device": "CPU"}
    assert [node.GetParameter(name) for name in ("names_len", "names_0", "names_1")] == ["2", "a", "b"]
    assert node.GetNodeReferenceID("volume") == volume.GetID()
    assert parameters.volume is volume
    scene.RemoveNode(volume)
    assert parameters.volume is None


def test_another_wrapper_on_the_node_reads_the_same(wrapper_class: Any, parameters: Any, node: Any) -> None:
    parameters.corner = (2, 1.5)
    parameters.folder = Path("a/b")
    again = wrapper_class(node)
    assert (again.corner, again.folder, again.count) == ((2, 1.5), Path("a/b"), 3)


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [
        ("count", 0, ValueError),
        ("count", None, ValueError),
        ("count", "3", TypeError),
        ("count", 2.5, TypeError),
        ("opacity", 1.5, ValueError),
        ("note", 3, TypeError),
        ("shown", 1, TypeError),
        ("device", "cpu", TypeError),
        ("language", "de", ValueError),
        ("names", ["a", 1], TypeError),
        ("corner", (1,), ValueError),
        ("volume", "vtkMRMLScalarVolumeNode1", TypeError),
    ],
)
def test_wrong_values_are_refused_and_change_nothing(
    parameters: Any, name: str, value: Any, error: type[Exception]
) -> None:
    before = getattr(parameters, name)
    with pytest.raises(error):
        setattr(parameters, name, value)
    assert getattr(parameters, name) == before


def test_a_list_writes_itself_back(parameters: Any, node: Any) -> None:
    parameters.names = ["b", "a", "c"]
    parameters.names.append("d")
    parameters.names += ["e"]
    del parameters.names[0]
    parameters.names[0] = "x"
    parameters.names.sort()
    assert parameters.names == ["c", "d", "e", "x"] and node.GetParameter("names_len") == "4"
    parameters.names.remove("c")
    assert not node.HasParameter("names_3") and node.GetParameter("names_2") == "x"
    with pytest.raises(TypeError):
        parameters.names.append(3)
    assert parameters.names == ["d", "e", "x"]
    with pytest.raises(NotImplementedError):
        _ = parameters.names + ["y"]  # noqa: RUF005 - the sum is what must fail


def test_each_change_is_told_once(parameters: Any, node: Any) -> None:
    seen: list[list[str]] = []
    tag = parameters.AddObserver("ModifiedEvent", lambda *_: seen.append(list(parameters.names)))
    parameters.names = ["a", "b", "c"]
    parameters.names = ["a", "b", "c"]
    assert seen == [["a", "b", "c"]]
    parameters.RemoveObserver(tag)
    parameters.count = 9
    assert len(seen) == 1


def test_by_name(parameters: Any) -> None:
    parameters.setValue("count", 4)
    assert parameters.getValue("count") == parameters.count == 4
    assert parameters.dataType("shown") is bool
    with pytest.raises(ValueError, match="nothing"):
        parameters.getValue("nothing")
    with pytest.raises(NotImplementedError):
        parameters.getValue("pack.member")


def test_it_survives_save_and_load(
    wrapper_class: Any, parameters: Any, environment: Any, scene: Any, tmp_path: Path
) -> None:
    import slicer

    parameters.names = ["one", "two words"]
    parameters.device = Device.CPU
    path = tmp_path / "scene.mrml"
    scene.SetURL(str(path))
    assert scene.Commit(str(path))
    environment.application.clear()
    slicer.util.loadScene(str(path))
    again = wrapper_class(scene.GetFirstNodeByName("parameters"))
    assert again.names == ["one", "two words"] and again.device is Device.CPU


def test_what_the_host_has_not_raises(environment: Any) -> None:
    import slicer.parameterNodeWrapper as wrappers

    with pytest.raises(NotImplementedError, match="parameterPack"):
        _ = wrappers.parameterPack
    with pytest.raises(AttributeError):
        _ = wrappers.nothing

    class Unknown:
        __annotations__ = {"value": complex}

    with pytest.raises(NotImplementedError, match="complex"):
        wrappers.parameterNodeWrapper(Unknown)

    class Reserved:
        __annotations__ = {"connectGui": int}

    with pytest.raises(ValueError, match="reserved"):
        wrappers.parameterNodeWrapper()(Reserved)
    with pytest.raises(ValueError, match="needs a parameter node"):
        wrappers.parameterNodeWrapper(type("Empty", (), {"__annotations__": {}}))(None)


WIDGETS = {
    "count": ("QSpinBox", 5),
    "opacity": ("QDoubleSpinBox", 0.5),
    "note": ("QLineEdit", "text"),
    "shown": ("QCheckBox", False),
    "device": ("QComboBox", Device.CPU),
    "language": ("QComboBox", "zh-CN"),
}


SHOWN = {"QCheckBox": "checked", "QLineEdit": "text", "QComboBox": "currentText"}


@pytest.mark.parametrize("name", WIDGETS)
def test_widget_and_parameter_follow_each_other(parameters: Any, name: str) -> None:
    import qt

    class_name, value = WIDGETS[name]
    shown = SHOWN.get(class_name, "value")
    panel = qt.QWidget()
    widget = getattr(qt, class_name)(panel)
    widget.setProperty("SlicerParameterName", name)
    before = getattr(parameters, name)
    tag = parameters.connectGui(panel)
    shown_before = getattr(widget, shown)
    setattr(parameters, name, value)
    assert getattr(widget, shown) == (value.name if isinstance(value, Device) else value) != shown_before
    setattr(widget, shown, shown_before)
    assert getattr(parameters, name) == before
    parameters.disconnectGui(tag)
    setattr(parameters, name, value)
    assert getattr(widget, shown) == shown_before


def test_numbers_get_their_limits(parameters: Any) -> None:
    import qt

    count, opacity = qt.QSpinBox(), qt.QDoubleSpinBox()
    parameters.connectParametersToGui({"count": count, "opacity": opacity})
    assert (count.minimum, count.maximum) == (1, 2**31 - 1)
    assert (opacity.minimum, opacity.maximum) == (0, 1)
    with pytest.raises(RuntimeError, match="slider"):
        parameters.connectParametersToGui({"count": qt.QSlider()})
    with pytest.raises(RuntimeError, match="Unable to create GUI connector"):
        parameters.connectParametersToGui({"note": qt.QSpinBox()})
    with pytest.raises(ValueError, match="nothing"):
        parameters.connectParametersToGui({"nothing": count})


def test_a_node_selector_follows_its_parameter(parameters: Any, scene: Any) -> None:
    import slicer
    from slicer.parameterNodeWrapper import findChildWidgetForParameter

    holder = slicer.qMRMLWidget()
    selector = slicer.qMRMLNodeComboBox(holder)
    selector.noneEnabled = True
    selector.setMRMLScene(scene)
    selector.setProperty("SlicerParameterName", "volume")
    first = scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "first")
    assert findChildWidgetForParameter(holder, "volume") is selector
    assert findChildWidgetForParameter(holder, "count") is None
    parameters.connectGui(holder)
    assert selector.nodeTypes == ("vtkMRMLVolumeNode",) and selector.nodeCount() == 1
    parameters.volume = first
    assert selector.currentNodeID == first.GetID()
    selector.setCurrentNode(None)
    assert parameters.volume is None
