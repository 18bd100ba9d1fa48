"""The real MedMMSlicer.py, loaded by the host as Slicer loads it, under the strict layer."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import subprocess
import sys
import types
import unittest
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.core import Volume

pytestmark = pytest.mark.panel

NOTICE = "Research use only"


@pytest.fixture(scope="session")
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where QSettings are kept while the tests run."""
    return tmp_path_factory.mktemp("settings")


@pytest.fixture
def environment(host: Any, settings_folder: Path) -> Any:
    """The completed ``slicer`` module on an empty scene."""
    if importlib.util.find_spec("PySide6") is None:
        pytest.skip("needs PySide6 (the host extra)")
    from MedMMSlicerHost import slicer_environment

    made = slicer_environment.install(host, settings_folder)
    host.clear()
    return made


@pytest.fixture
def loaded(environment: Any, repository: Path) -> Iterator[tuple[Any, Any]]:
    """The module object and the panel; the library is put back, since the panel's reload reads it anew."""
    from MedMMSlicerHost import slicer_environment

    library = {name: module for name, module in sys.modules.items() if name.startswith("MedMMSlicerLib")}
    yield slicer_environment.load_module(repository / "MedMMSlicer" / "MedMMSlicer.py")
    slicer_environment.unload_module("MedMMSlicer")
    sys.modules.update(library)
    environment.application.clear()


@pytest.fixture
def module_file(loaded: tuple[Any, Any]) -> types.ModuleType:
    """What the file defines."""
    return sys.modules["MedMMSlicer"]


@contextlib.contextmanager
def registered(environment: Any, module: types.ModuleType) -> Iterator[list[Any]]:
    """The samples that the module registers when start-up is completed."""
    import slicer

    environment.complete_startup()
    environment.app.disconnect("startupCompleted()", module.MedMMSlicerLogic.registerSamples)
    yield slicer.modules.sampleDataSources["MedMM"]
    del slicer.modules.sampleDataSources


def test_the_module_says_that_it_is_for_research(loaded: tuple[Any, Any]) -> None:
    module, _ = loaded
    assert module.title == "MedMM" and module.name == "MedMMSlicer"
    assert NOTICE in module.helpText and NOTICE in module.acknowledgementText
    assert "github.com/medmm/SlicerMedMM" in module.helpText
    assert module.icon is not None and not module.icon.isNull()
    assert "Segmentations" in module.dependencies


def test_the_panel_is_in_its_widget_and_shows_the_notice(loaded: tuple[Any, Any]) -> None:
    import slicer

    _, widget = loaded
    assert slicer.modules.MedMMSlicerWidget is widget and widget.layout.count() > 0
    texts = [label.text for label in widget.parent.findChildren("QLabel")]
    assert any(NOTICE in text for text in texts)


def test_entering_and_leaving_the_panel_changes_nothing(loaded: tuple[Any, Any], scene: Any) -> None:
    module, _ = loaded
    before = scene.GetNumberOfNodes()
    for _ in range(2):
        module.widgetRepresentation().enter()
        module.widgetRepresentation().exit()
    assert scene.GetNumberOfNodes() <= before + 1  # the parameter node at most


def test_cleanup_lets_go_of_the_scene_and_may_be_repeated(loaded: tuple[Any, Any], scene: Any) -> None:
    _, widget = loaded
    widget.cleanup()
    widget.cleanup()
    scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", "after")
    selectors = widget.parent.findChildren("qMRMLNodeComboBox")
    assert all(selector.mrmlScene() is None for selector in selectors)


def test_reload_builds_the_panel_again(loaded: tuple[Any, Any], scene: Any) -> None:
    import slicer

    module, widget = loaded
    for _ in range(2):
        slicer.modules.MedMMSlicerWidget.onReload()
    again = slicer.modules.MedMMSlicerWidget
    assert again is not widget and again.parent is widget.parent
    assert again.layout.count() == widget.layout.count() > 0
    assert module.widgetRepresentation().self() is again
    assert NOTICE in " ".join(label.text for label in again.parent.findChildren("QLabel") if label.text)


def test_the_self_test_passes(loaded: tuple[Any, Any], module_file: Any, scene: Any) -> None:
    import slicer

    scene.AddNewNodeByClass("vtkMRMLTextNode", "left over")
    slicer.selfTests["MedMMSlicer"](msec=0)
    assert scene.GetFirstNodeByName("left over") is None
    assert scene.GetFirstNodeByName("MedMM phantom segmentation") is not None
    result = unittest.TestResult()
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(module_file.MedMMSlicerTest)
    assert suite.countTestCases() >= 1
    suite.run(result)
    assert result.wasSuccessful(), [*result.failures, *result.errors]


def test_the_self_test_fails_when_the_scene_is_wrong(
    module_file: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from MedMMSlicerLib.scene import self_test

    right = self_test.volume_from_node

    def flipped(scene: Any, node_id: str) -> Volume:
        volume = right(scene, node_id)
        return Volume(volume.array[::-1], volume.geometry)

    monkeypatch.setattr(self_test, "volume_from_node", flipped)
    with pytest.raises(AssertionError, match="voxels are the same"):
        module_file.MedMMSlicerTest().runTest()


def test_samples_are_registered_with_their_checksums(environment: Any, module_file: Any) -> None:
    from MedMMSlicerLib.samples import list_samples

    expected = {sample.id: sample.sha256 for sample in list_samples()}
    with registered(environment, module_file) as sources:
        found = {source.nodeNames[0]: source.checksums[0] for source in sources}
        assert len({source.sampleName for source in sources}) == len(sources)
    assert found == {name: f"SHA256:{digest}" for name, digest in expected.items()}
    assert len(found) > 1 and all(len(digest) == 64 for digest in expected.values())


def test_a_sample_loads_into_the_scene(environment: Any, module_file: Any, scene: Any) -> None:
    import SampleData

    if importlib.util.find_spec("data_store") is None:
        pytest.skip("needs pydicom-data")
    with registered(environment, module_file) as sources:
        name = next(source.sampleName for source in sources if source.nodeNames == ["ultrasound"])
        (node,) = SampleData.downloadSamples(name)
    assert node.GetImageData().GetNumberOfPoints() > 10_000
    assert scene.GetNodeByID(node.GetID()) is node


def test_a_sample_that_is_missing_says_how_to_get_it(environment: Any, module_file: Any) -> None:
    from MedMMSlicerLib.samples import Sample

    absent = Sample("x", {"en": "X"}, "no-such-package", "no_such_package/x.dcm", "0" * 64, "MR", "")
    with environment.recording_messages() as shown:
        assert module_file.MedMMSlicerLogic.loadSample(absent) == []
    assert [message.level for message in shown] == ["error"]
    assert "no-such-package" in shown[0].text


def test_nothing_but_slicer_is_imported_at_file_scope(repository: Path) -> None:
    tree = ast.parse((repository / "MedMMSlicer" / "MedMMSlicer.py").read_text(encoding="utf-8"))
    names = set()
    for node in tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add((node.module or "").split(".")[0])
    assert names <= set(sys.stdlib_module_names) | {"qt", "ctk", "slicer"}
    classes = {node.name for node in tree.body if isinstance(node, ast.ClassDef)}
    assert classes == {f"MedMMSlicer{kind}" for kind in ("", "Widget", "Logic", "Test")}


def test_loading_and_opening_imports_and_installs_nothing(environment: Any, repository: Path) -> None:
    code = f"""
import sys
from MedMMSlicerHost import slicer_environment
from MedMMSlicerHost.application import HostApplication
environment = slicer_environment.install(HostApplication.instance(), sys.argv[1])
environment.installer = lambda words: sys.exit(f"installs {{words}}")
slicer_environment.load_module({str(repository / "MedMMSlicer" / "MedMMSlicer.py")!r})
heavy = set("onnxruntime torch monai highdicom SimpleITK pydicom scipy matplotlib jinja2".split())
found = sorted(heavy & {{name.split(".")[0] for name in sys.modules}})
environment.complete_startup()
children = []
if sys.platform == "linux":
    import os, pathlib
    children = pathlib.Path(f"/proc/self/task/{{os.getpid()}}/children").read_text().split()
print("found", found, "children", children)
slicer_environment.unload_module("MedMMSlicer")
"""
    import slicer

    done = subprocess.run(
        [sys.executable, "-c", code, slicer.app.temporaryPath], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr, done.stderr
    assert done.stdout.strip() == "found [] children []"


def test_errors_of_the_library_reach_the_person(
    environment: Any, module_file: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    from MedMMSlicerLib import samples
    from MedMMSlicerLib.errors import InputError

    monkeypatch.setattr(samples, "list_samples", _raise(InputError("the manifest of samples is broken")))
    module_file.MedMMSlicerLogic.registerSamples()
    assert "the manifest of samples is broken" in caplog.text


def _raise(error: Exception) -> Callable[..., Any]:
    def fail(*_: Any) -> None:
        raise error

    return fail
