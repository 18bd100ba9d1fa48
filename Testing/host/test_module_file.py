"""MedMMSlicer.py outside of Slicer: stand-ins for Qt and for Slicer's base classes, the real scene."""

from __future__ import annotations

import ast
import importlib.util
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import Volume, VolumeGeometry
from MedMMSlicerLib.scene.volumes import add_volume

pytestmark = pytest.mark.mrml


class Widget:
    """Records calls by name; as under PythonQt, keyword arguments are refused."""

    def __init__(self, *arguments: Any) -> None:
        object.__setattr__(self, "calls", [("__init__", arguments)])

    def __getattr__(self, name: str) -> Callable[..., Any]:
        if name.startswith("__"):
            raise AttributeError(name)

        def call(*arguments: Any) -> None:
            self.calls.append((name, arguments))

        return call

    def texts(self, method: str) -> list[Any]:
        return [arguments[0] for name, arguments in self.calls if name == method]


class NodeComboBox(Widget):
    """A node selector on which a test sets the node."""

    currentNodeID = ""


class Parent:
    """What Slicer hands to a module."""


class Base:
    """A base class of Slicer's scripted modules."""

    def __init__(self, parent: Any = None) -> None:
        self.parent = parent
        self.layout = Widget()

    def setup(self) -> None:
        """Slicer builds the developer section here."""


class BaseTest(unittest.TestCase):
    """Slicer's base of self-tests."""


@pytest.fixture
def application() -> Any:
    """slicer.app: remembers what was connected."""
    return Widget()


@pytest.fixture
def module(
    scene: Any, application: Any, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[types.ModuleType]:
    """MedMMSlicer.py, imported as Slicer does."""
    import slicer

    base = types.ModuleType("slicer.ScriptedLoadableModule")
    for name in ("", "Widget", "Logic"):
        setattr(base, f"ScriptedLoadableModule{name}", Base)
    base.ScriptedLoadableModuleTest = BaseTest  # type: ignore[attr-defined]
    i18n = types.ModuleType("slicer.i18n")
    i18n.tr = lambda text: text  # type: ignore[attr-defined]
    i18n.translate = lambda context, text: text  # type: ignore[attr-defined]
    qt = types.ModuleType("qt")
    for name in ("QLabel", "QPushButton", "QListWidget", "QFormLayout"):
        setattr(qt, name, Widget)
    for name, stand_in in {"slicer.ScriptedLoadableModule": base, "slicer.i18n": i18n, "qt": qt}.items():
        monkeypatch.setitem(sys.modules, name, stand_in)
    monkeypatch.setattr(slicer, "mrmlScene", scene, raising=False)
    monkeypatch.setattr(slicer, "app", application, raising=False)
    monkeypatch.setattr(slicer, "qMRMLNodeComboBox", NodeComboBox, raising=False)
    spec = importlib.util.spec_from_file_location(
        "MedMMSlicer", repository / "MedMMSlicer" / "MedMMSlicer.py"
    )
    assert spec is not None and spec.loader is not None
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    yield loaded


@pytest.fixture
def panel(module: types.ModuleType) -> Any:
    """The panel, built."""
    widget = module.MedMMSlicerWidget()
    widget.setup()
    return widget


def test_the_module_says_that_it_is_for_research(module: types.ModuleType, application: Any) -> None:
    made = module.MedMMSlicer(Parent())
    assert (
        "Research use only" in made.parent.helpText and "Research use only" in made.parent.acknowledgementText
    )
    assert made.parent.title == "MedMM" and module.HOMEPAGE in made.parent.helpText
    assert ("connect", ("startupCompleted()", module.MedMMSlicerLogic.registerSamples)) in application.calls


def test_the_self_test_passes(module: types.ModuleType, scene: Any) -> None:
    scene.AddNewNodeByClass("vtkMRMLTextNode", "left over")
    result = unittest.TestResult()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(module.MedMMSlicerTest)
    assert suite.countTestCases() == 1
    suite.run(result)
    assert result.wasSuccessful(), [*result.failures, *result.errors]
    assert scene.GetFirstNodeByName("left over") is None
    assert scene.GetFirstNodeByName("MedMM phantom segmentation") is not None
    module.MedMMSlicerTest().runTest()


def test_the_self_test_fails_when_the_scene_is_wrong(
    module: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MedMMSlicerLib.scene import self_test

    right = self_test.volume_from_node

    def flipped(scene: Any, node_id: str) -> Volume:
        volume = right(scene, node_id)
        return Volume(volume.array[::-1], volume.geometry)

    monkeypatch.setattr(self_test, "volume_from_node", flipped)
    with pytest.raises(AssertionError, match="voxels are the same"):
        module.MedMMSlicerTest().runTest()


def test_the_panel_shows_the_notice_and_lets_go_of_the_scene(panel: Any, scene: Any) -> None:
    assert panel.noticeLabel.calls[0][1] == ("Research use only. Not for clinical diagnosis.",)
    assert panel.noticeLabel in panel.layout.texts("addWidget")
    assert panel.volumeSelector.texts("setMRMLScene") == [scene]
    panel.cleanup()
    assert panel.volumeSelector.texts("setMRMLScene") == [scene, None]


def test_the_button_lists_the_models(panel: Any) -> None:
    assert panel.modelsButton.texts("connect") == ["clicked()"]
    panel.onShowModels()
    lines = panel.modelsList.texts("addItem")
    assert any("hippocampus-mr" in line for line in lines)
    assert ("clear", ()) in panel.modelsList.calls


def test_with_an_image_the_list_says_what_fits(panel: Any, scene: Any) -> None:
    volume = Volume(np.zeros((50, 50, 40), np.int16), VolumeGeometry((50, 50, 40), np.eye(4)))
    panel.volumeSelector.currentNodeID = add_volume(scene, volume, name="T1")
    scene.GetNodeByID(panel.volumeSelector.currentNodeID).SetAttribute("MedMM.Modality", "CR")
    panel.onShowModels()
    assert any("does not fit" in line and "CR" in line for line in panel.modelsList.texts("addItem"))


def test_errors_and_missing_packages_are_shown_in_the_list(
    panel: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel.volumeSelector.currentNodeID = "gone"
    panel.onShowModels()
    assert "'gone'" in panel.modelsList.texts("addItem")[-1]
    monkeypatch.setattr(
        panel.logic, "describeModels", _raise(ImportError("x", name="jsonschema")), raising=False
    )
    panel.onShowModels()
    assert "jsonschema" in panel.modelsList.texts("addItem")[-1]
    from MedMMSlicerLib.errors import BundleError

    monkeypatch.setattr(panel.logic, "describeModels", _raise(BundleError("broken")), raising=False)
    panel.onShowModels()
    assert panel.modelsList.texts("addItem")[-1] == "broken"
    monkeypatch.setattr(panel.logic, "describeModels", lambda _: [], raising=False)
    panel.onShowModels()
    assert panel.modelsList.texts("addItem")[-1] == "No model was found."


def test_samples_are_registered_and_load(
    module: types.ModuleType, scene: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    sources: list[dict[str, Any]] = []
    sample_data = types.ModuleType("SampleData")
    sample_data.SampleDataLogic = types.SimpleNamespace(  # type: ignore[attr-defined]
        registerCustomSampleDataSource=lambda **facts: sources.append(facts)
    )
    monkeypatch.setitem(sys.modules, "SampleData", sample_data)
    module.MedMMSlicerLogic.registerSamples()
    assert {source["category"] for source in sources} == {"MedMM"}
    assert len({source["sampleName"] for source in sources}) == len(sources) > 1
    small = next(source for source in sources if source["nodeNames"] == "ultrasound")
    if importlib.util.find_spec("data_store") is None:
        pytest.skip("needs pydicom-data")
    (node,) = small["customDownloader"](None)
    assert node.GetImageData().GetNumberOfPoints() > 10_000


def test_a_sample_that_is_missing_says_how_to_get_it(
    module: types.ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    import slicer
    from MedMMSlicerLib.samples import Sample

    shown: list[str] = []
    monkeypatch.setattr(slicer.util, "errorDisplay", shown.append)
    absent = Sample("x", {"en": "X"}, "no-such-package", "no_such_package/x.dcm", "", "MR", "")
    assert module.MedMMSlicerLogic.loadSample(absent) == []
    assert "no-such-package" in shown[0]


def test_nothing_but_slicer_is_imported_at_file_scope(repository: Path) -> None:
    tree = ast.parse((repository / "MedMMSlicer" / "MedMMSlicer.py").read_text(encoding="utf-8"))
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert names == {"logging", "qt", "slicer"}
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert classes == {f"MedMMSlicer{kind}" for kind in ("", "Widget", "Logic", "Test")}


def _raise(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> None:
        raise error

    return fail
