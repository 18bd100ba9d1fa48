"""Loading, reloading, testing and unloading of a scripted module."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerHost import slicer_environment
from MedMMSlicerLib.errors import UsageError

pytestmark = [pytest.mark.panel, pytest.mark.usefixtures("no_complaints")]


def test_a_module_is_found_under_its_names(small: tuple[Any, Any], module_file: Path) -> None:
    import slicer

    module, widget = small
    assert slicer.modules.small is module and slicer.util.getModule("Small") is module
    assert (module.title, module.categories, module.helpText) == ("Small", ("Tests",), "help")
    assert slicer.util.modulePath("Small") == str(module_file.resolve()) == module.path
    assert slicer.modules.SmallWidget is widget is slicer.util.getModuleWidget("Small")
    assert slicer.modules.SmallInstance is module.self()
    assert "small" in slicer.util.moduleNames() or "Small" in slicer.util.moduleNames()
    assert isinstance(module, slicer.qSlicerScriptedLoadableModule)


def test_the_panel_is_in_a_widget_with_a_vertical_layout(small: tuple[Any, Any]) -> None:
    import slicer

    _, widget = small
    assert widget.parent is slicer.modules.small.widgetRepresentation()
    assert widget.layout.inherits("QVBoxLayout") and widget.layout.count() == 1
    assert widget.button.text == "VERSION" and widget.button.parent() is widget.parent
    assert widget.parent.mrmlScene() is slicer.mrmlScene
    with pytest.raises(AttributeError):
        widget.parent.nonsense = 1
    with pytest.raises(ValueError, match="keyword"):
        widget.parent.setMRMLScene(scene=None)


def test_what_a_module_object_has_not_raises(small: tuple[Any, Any]) -> None:
    module, _ = small
    with pytest.raises(AttributeError, match="helptext"):
        module.helptext = "x"
    with pytest.raises(AttributeError):
        module.path = "elsewhere"


def test_reload_builds_a_new_panel_from_the_changed_file(small: tuple[Any, Any], module_file: Path) -> None:
    import slicer

    module, widget = small
    events = sys.modules["Small"].events
    # Python takes a compiled file for current if time (in seconds) and size of the source are the same.
    module_file.write_text(module_file.read_text().replace("VERSION", "ANOTHER VERSION"), encoding="utf-8")
    reloaded = slicer.util.reloadScriptedModule("Small")
    assert events == ["cleanup"] and reloaded is sys.modules["Small"]
    again = slicer.modules.SmallWidget
    assert again is not widget and again.button.text == "ANOTHER VERSION"
    assert again.parent is widget.parent and not widget.button.visible
    assert again.layout.count() == 1
    assert module.widgetRepresentation().self() is again


def test_an_open_panel_is_entered_again_after_reload(small: tuple[Any, Any], environment: Any) -> None:
    import slicer

    module, _ = small
    events = sys.modules["Small"].events
    environment.module_selector.selectModule("Small")
    assert events == ["enter"] and module.widgetRepresentation().isEntered()
    slicer.util.reloadScriptedModule("Small")
    assert sys.modules["Small"].events == ["enter"]
    environment.module_selector.selectModule("Volumes")
    assert sys.modules["Small"].events == ["enter", "exit"]
    with pytest.raises(NotImplementedError, match="Nothing"):
        environment.module_selector.selectModule("Nothing")


def test_select_module_needs_a_window_and_uses_its_selector(small: tuple[Any, Any], environment: Any) -> None:
    import qt
    import slicer

    with pytest.raises(RuntimeError, match="main window"):
        slicer.util.selectModule("Small")

    class Window(qt.QMainWindow):
        def __init__(self) -> None:
            qt.QMainWindow.__init__(self)

        def moduleSelector(self) -> Any:
            return environment.module_selector

    window = Window()
    environment.set_main_window(window)
    slicer.util.selectModule("Small")
    assert slicer.util.selectedModule() == "Small"
    assert sys.modules["Small"].events == ["enter"]


def test_the_self_test_runs_by_name(small: tuple[Any, Any]) -> None:
    import slicer

    slicer.selfTests["Small"](msec=0)
    assert sys.modules["Small"].events == ["tested"]


def test_unloading_cleans_up_once_and_forgets_everything(small: tuple[Any, Any]) -> None:
    import slicer

    events = sys.modules["Small"].events
    slicer.util.reloadScriptedModule("Small")
    reloaded_events = sys.modules["Small"].events
    slicer_environment.unload_module("Small")
    assert events == ["cleanup"] and reloaded_events == ["cleanup"]
    assert not hasattr(slicer.modules, "small") and not hasattr(slicer.modules, "SmallWidget")
    assert "Small" not in slicer.selfTests and "Small" not in sys.modules
    with pytest.raises(UsageError, match="no scripted module Small"):
        slicer_environment.unload_module("Small")


def test_the_developer_section_reloads_and_tests(environment: Any, module_file: Path) -> None:
    import qt
    import slicer

    qt.QSettings().setValue("Developer/DeveloperMode", True)
    try:
        _, widget = slicer_environment.load_module(module_file)
        widget.testButton.click()
        assert sys.modules["Small"].events == ["tested"]
        widget.reloadAndTestButton.click()
        assert sys.modules["Small"].events == ["tested"] and slicer.modules.SmallWidget is not widget
    finally:
        qt.QSettings().remove("Developer")
        slicer_environment.unload_module("Small")


def test_a_failing_self_test_is_shown(small: tuple[Any, Any], environment: Any) -> None:
    import slicer

    _, widget = small

    def fail() -> None:
        raise AssertionError("two is not three")

    slicer.selfTests["Small"] = fail
    with environment.recording_messages() as shown, pytest.raises(AssertionError):
        widget.onTest()
    assert [message.level for message in shown] == ["error"]
    assert "two is not three" in shown[0].text


@pytest.mark.parametrize(
    ("text", "match"), [("class Other: pass", "no class Broken"), (None, "no module file")]
)
def test_files_that_are_no_modules_are_refused(
    environment: Any, tmp_path: Path, text: str | None, match: str
) -> None:
    path = tmp_path / "Broken.py"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=match):
        slicer_environment.load_module(path)
    assert "Broken" not in sys.modules


def test_a_module_is_loaded_once(small: tuple[Any, Any], module_file: Path) -> None:
    with pytest.raises(UsageError, match="loaded already"):
        slicer_environment.load_module(module_file)


def test_logic_keeps_one_parameter_node(small: tuple[Any, Any], scene: Any) -> None:
    # A singleton outlives clearing the scene, as in Slicer.
    logic = sys.modules["Small"].SmallLogic()
    node = logic.getParameterNode()
    assert logic.getParameterNode() is node and scene.GetNodeByID(node.GetID()) is node
    assert node.GetAttribute("ModuleName") == "Small" == node.GetSingletonTag()
    logic.isSingletonParameterNode = False
    other = logic.createParameterNode()
    scene.AddNode(other)
    assert logic.getAllParameterNodes() == [node, other]
    assert logic.getParameterNode() is node
    scene.RemoveNode(node)
