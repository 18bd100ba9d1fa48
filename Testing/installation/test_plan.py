"""The plan: which runtime, what is removed, what is kept, in which order, and when nothing can be done."""

from __future__ import annotations

import platform
import re
import shutil
import sys
import types
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import InstallationError, UsageError
from MedMMSlicerLib.inference.devices import GpuFacts
from MedMMSlicerLib.installation import InstallationPlan, plan_installation
from MedMMSlicerLib.installation.environment import (
    SLICER_PACKAGES,
    current_environment,
    is_slicer_python,
)
from MedMMSlicerLib.installation.steps import FETCHED, steps_of
from MedMMSlicerLib.installation.wheel_folder import write_wheel_list

from .conftest import CUDA_12, CUDA_13, NO_GPU, Place, make_wheel

GPU_12 = "onnxruntime-gpu[cuda,cudnn]>=1.19,<1.27"
GPU_13 = "onnxruntime-gpu[cuda,cudnn]>=1.27,<2"


@pytest.fixture(autouse=True)
def an_intel_linux(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Linux")
    monkeypatch.setattr(platform, "machine", lambda: "x86_64")


def plan_for(place: Place, gpu: GpuFacts = NO_GPU, device: str = "auto") -> InstallationPlan:
    return plan_installation(place.requirements, place.environment, gpu, device)


def have_runtime(place: Place, name: str, version: str) -> None:
    place.have(name, version, files={"onnxruntime/__init__.py": f"version = '{version}'\n"})


def runtime_text(plan: InstallationPlan) -> str:
    return "" if plan.runtime is None else plan.runtime.text


def commands(plan: InstallationPlan) -> list[str]:
    """First word of each step, and what it is about."""
    found = []
    for step in steps_of(plan):
        about = [word for word in step.arguments[1:] if not word.startswith("-") and word[0].isalpha()]
        found.append(" ".join([step.arguments[0] if step.arguments else step.kind, *about]))
    return found


@pytest.mark.parametrize(
    ("gpu", "device", "expected"),
    [
        (NO_GPU, "auto", "onnxruntime>=1.19,<2"),
        (CUDA_12, "auto", GPU_12),
        (CUDA_13, "cuda", GPU_13),
        (CUDA_13, "cpu", "onnxruntime>=1.19,<2"),
        (GpuFacts(("Old",), "470.1", "11.4"), "auto", "onnxruntime>=1.19,<2"),
    ],
)
def test_the_driver_chooses_the_runtime(a_place: Place, gpu: GpuFacts, device: str, expected: str) -> None:
    plan = plan_for(a_place, gpu, device)
    assert runtime_text(plan) == expected
    assert plan.replaced == () and not plan.is_empty
    assert "no ONNX runtime is installed" in plan.describe()[0]


@pytest.mark.parametrize(
    ("name", "version", "gpu", "device", "expected"),
    [
        ("onnxruntime", "1.20.1", NO_GPU, "auto", ""),
        ("onnxruntime", "1.20.1", CUDA_13, "cpu", ""),
        ("onnxruntime", "1.20.1", CUDA_12, "auto", GPU_12),
        ("onnxruntime-gpu", "1.22", CUDA_12, "auto", ""),
        ("onnxruntime-gpu", "1.22", CUDA_13, "auto", GPU_13),
        ("onnxruntime-gpu", "1.22", NO_GPU, "auto", ""),
        ("onnxruntime-directml", "1.21", NO_GPU, "auto", ""),
        ("onnxruntime-directml", "1.21", CUDA_12, "auto", GPU_12),
        ("onnxruntime", "1.2", NO_GPU, "auto", "onnxruntime>=1.19,<2"),
    ],
)
def test_a_runtime_that_suits_stays(
    a_place: Place, name: str, version: str, gpu: GpuFacts, device: str, expected: str
) -> None:
    have_runtime(a_place, name, version)
    plan = plan_for(a_place, gpu, device)
    assert runtime_text(plan) == expected
    assert plan.is_empty == (expected == "")
    another_build = re.split(r"[\[>]", expected)[0] not in {"", name}
    assert [package.name for package in plan.replaced] == ([name] if another_build else [])


def test_a_gpu_runtime_without_its_cuda_libraries_is_completed(a_place: Place) -> None:
    have_runtime(a_place, "onnxruntime-gpu", "1.28")
    metadata = a_place.site / "onnxruntime_gpu-1.28.dist-info" / "METADATA"
    metadata.write_text(
        metadata.read_text()
        + 'Requires-Dist: nvidia-cudnn-cu13~=9.0; extra == "cudnn"\n'
        + "Requires-Dist: nvidia-curand; extra == 'cuda'\n"
        + 'Requires-Dist: pytest; extra == "test"\n'
    )
    a_place.have("nvidia_curand", "1")
    plan = plan_for(a_place, CUDA_13)
    assert runtime_text(plan) == GPU_13 and plan.replaced == ()
    a_place.have("nvidia-cudnn-cu13", "9.1")
    assert plan_for(a_place, CUDA_13).is_empty


def test_the_driver_is_not_asked_for_the_cpu(a_place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> GpuFacts:
        raise AssertionError("the driver was asked")

    monkeypatch.setattr("MedMMSlicerLib.installation.plan.query_gpu", refuse)
    plan = plan_installation(a_place.requirements, a_place.environment, device="cpu")
    assert runtime_text(plan) == "onnxruntime>=1.19,<2"
    with pytest.raises(AssertionError, match="was asked"):
        plan_installation(a_place.requirements, a_place.environment)


def test_an_unknown_device_is_refused(a_place: Place) -> None:
    with pytest.raises(UsageError, match="'tpu' is not known"):
        plan_for(a_place, device="tpu")


def test_a_missing_package_is_one_step(a_place: Place) -> None:
    a_place.need("alpha>=1", "beta")
    a_place.have("beta", "3")
    plan = plan_for(a_place)
    assert [need.text for need in plan.missing] == ["alpha>=1"]
    assert commands(plan) == ["install off alpha>=1 beta onnxruntime>=1.19,<2"]
    (step,) = steps_of(plan)
    assert "--only-binary" in step.arguments and "--constraint" in step.arguments
    assert "--upgrade" not in step.arguments


def test_a_working_runtime_goes_only_after_its_successor_has_come(a_place: Place) -> None:
    a_place.need("alpha>=1")
    have_runtime(a_place, "onnxruntime", "1.20.1")
    plan = plan_for(a_place, CUDA_12)
    bare = "onnxruntime-gpu>=1.19,<1.27"
    assert commands(plan) == [
        "install off alpha>=1",
        f"download off {bare}",
        "uninstall onnxruntime",
        f"install off {bare}",
        f"install off alpha>=1 {GPU_12}",
    ]
    fetch, _, local = steps_of(plan)[1:4]
    assert FETCHED in fetch.arguments and FETCHED in local.arguments
    assert "--no-deps" in fetch.arguments and {"--no-deps", "--no-index"} <= set(local.arguments)


def test_two_runtimes_both_go(a_place: Place) -> None:
    have_runtime(a_place, "onnxruntime", "1.20.1")
    have_runtime(a_place, "onnxruntime-gpu", "1.20.1")
    plan = plan_for(a_place)
    assert [package.name for package in plan.replaced] == ["onnxruntime", "onnxruntime-gpu"]
    assert "uninstall onnxruntime onnxruntime-gpu" in commands(plan)


def test_damage_is_removed_as_it_can_be(a_place: Place) -> None:
    a_place.need("alpha", "beta", "gamma", "delta")
    files = {"alpha/__init__.py": "", "alpha/deep.py": "x = 1\n"}
    a_place.have("alpha", "1", files=files)
    (a_place.site / "alpha" / "deep.py").write_text("")  # a full disk cuts files off
    broken = a_place.have("beta", "1")
    (broken / "RECORD").unlink()
    twice = [a_place.have("gamma", "1"), a_place.have("gamma", "2")]
    a_place.have("delta", "1")
    have_runtime(a_place, "onnxruntime", "1.20")
    plan = plan_for(a_place)
    assert [need.text for need in plan.missing] == ["alpha", "beta", "gamma"]
    metadata, uninstall, install = steps_of(plan)
    assert set(metadata.paths) == {broken, *twice}
    assert uninstall.arguments == ("uninstall", "--yes", "alpha")
    assert install.arguments[-4:] == ("alpha", "beta", "gamma", "delta")
    assert "its file alpha/deep.py has 0 bytes instead of 6" in plan.describe()[0]


def slicer_with(place: Place) -> Place:
    place.is_slicer = True
    for name, version in (
        ("numpy", "2.4.1"),
        ("SimpleITK", "2.5.2"),
        ("pydicom", "3.0.1"),
        ("Pillow", "11.0"),
    ):
        place.have(name, version)
    return place


def test_slicers_own_packages_are_kept(a_place: Place) -> None:
    slicer_with(a_place).have("typing_extensions", "4.0")
    plan = plan_for(a_place)
    lines = [line for line in plan.kept if not line.startswith(("onnxruntime", "ort-"))]
    own = ["numpy==2.4.1", "SimpleITK==2.5.2", "pydicom==3.0.1", "pillow==11.0"]
    foreign = ["vtk", "slicer-core", "PySide6", "PySide6-Essentials", "PyQt5", "PyQt6", "PythonQt"]
    assert lines == own + [f"{name}<0" for name in foreign]
    assert "Slicer's own packages are kept: numpy 2.4.1, SimpleITK 2.5.2" in " ".join(plan.describe())
    assert {"numpy", "scipy", "SimpleITK", "pydicom", "requests"} <= set(SLICER_PACKAGES)


def test_on_the_desktop_what_the_reader_stands_on_is_kept(a_place: Place) -> None:
    for name, version in (("vtk", "9.6.2"), ("slicer-core", "5.13.31053.0"), ("numpy", "2.0")):
        a_place.have(name, version)
    kept = plan_for(a_place).kept
    assert kept[:2] == ("vtk==9.6.2", "slicer-core==5.13.31053.0")
    assert not any(line.startswith("numpy") for line in kept)


def test_no_dependency_brings_a_second_runtime(a_place: Place) -> None:
    kept = set(plan_for(a_place, CUDA_12).kept)
    assert {"onnxruntime<0", "onnxruntime-directml<0", "ort-nightly<0"} <= kept
    assert "onnxruntime-gpu<0" not in kept
    a_place.need("alpha")
    have_runtime(a_place, "onnxruntime-directml", "1.21")
    kept = set(plan_for(a_place).kept)
    assert {"onnxruntime<0", "onnxruntime-gpu<0"} <= kept and "onnxruntime-directml<0" not in kept


def test_an_old_slicer_is_said_and_not_changed(a_place: Place) -> None:
    slicer_with(a_place).need("pydicom>=4,<5", "scipy>=1", "alpha")
    plan = plan_for(a_place)
    assert len(plan.problems) == 1
    assert "pydicom>=4,<5" in plan.problems[0] and "3.0.1 is installed" in plan.problems[0]
    assert "install 3D Slicer 5.12 or later" in plan.problems[0]
    assert plan.damaged == ()


def test_slicers_own_packages_are_not_measured_by_their_lists(a_place: Place) -> None:
    slicer_with(a_place).need("numpy>=2")
    (a_place.site / "numpy" / "__init__.py").write_text("# stripped and signed by Slicer's packaging\n")
    assert plan_for(a_place).missing == ()
    a_place.is_slicer = False
    assert [need.text for need in plan_for(a_place).missing] == ["numpy>=2"]


@pytest.mark.skipif(sys.platform == "win32", reason="os.access tells nothing of folders on Windows")
def test_a_folder_of_somebody_else_is_said_beforehand(
    a_place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.access", lambda path, mode: Path(path) != a_place.site)
    a_place.is_slicer = True
    (problem,) = plan_for(a_place).problems
    assert str(a_place.site) in problem and "Slicer in a folder of your own" in problem
    have_runtime(a_place, "onnxruntime", "1.20")
    assert plan_for(a_place).problems == ()


def test_a_folder_of_wheels_replaces_the_index(a_place: Place, tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    make_wheel(wheels, "onnxruntime-gpu", "1.20")
    with pytest.raises(InstallationError, match="SHA256SUMS can not be read"):
        plan_installation(a_place.requirements, a_place.environment, CUDA_12, wheels=wheels)
    write_wheel_list(wheels)
    have_runtime(a_place, "onnxruntime", "1.20.1")
    plan = plan_installation(a_place.requirements, a_place.environment, CUDA_12, wheels=wheels)
    steps = steps_of(plan)
    assert [step.kind for step in steps] == ["wheels", "pip", "pip", "pip"]
    assert not any("download" in step.arguments for step in steps)
    for step in steps[2:]:
        assert "--no-index" in step.arguments
        assert step.arguments[step.arguments.index("--no-index") + 2] == str(wheels)
    assert f"the folder {wheels}, without a network" in plan.describe()[-1]


def test_nothing_to_do_is_nothing_done(a_place: Place) -> None:
    have_runtime(a_place, "onnxruntime", "1.20")
    plan = plan_for(a_place)
    assert plan.is_empty and steps_of(plan) == ()


def test_this_python_is_found() -> None:
    environment = current_environment()
    assert environment.pip == (sys.executable, "-m", "pip")
    assert environment.folders == tuple(sys.path) and not environment.is_slicer
    assert environment.site_folder.is_dir()


def test_slicers_python_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slicer = types.ModuleType("slicer")
    slicer.app = types.SimpleNamespace(slicerHome=str(tmp_path))  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "slicer", slicer)
    assert not is_slicer_python()  # the desktop reader has an application, too
    monkeypatch.setattr(sys, "executable", "")
    assert is_slicer_python()
    with pytest.raises(InstallationError, match=r"PythonSlicer.* was not found"):
        current_environment()
    program = tmp_path / "bin" / ("PythonSlicer.exe" if sys.platform == "win32" else "PythonSlicer")
    program.parent.mkdir()
    program.touch()
    environment = current_environment()
    assert environment.is_slicer and environment.pip == (str(program), "-m", "pip")


@pytest.mark.parametrize(
    ("executable", "expected"),
    [
        ("/opt/Slicer/bin/PythonSlicer", True),
        ("/opt/Slicer/bin/python-real", True),
        ("/opt/Slicer/bin/PythonSlicer.exe", True),
        ("/usr/bin/python3.12", False),
    ],
)
def test_slicers_python_without_the_application_is_recognized(executable: str, expected: bool) -> None:
    assert is_slicer_python(executable) is expected


def test_a_copy_of_the_tree_has_everything_that_a_plan_needs(repository: Path, tmp_path: Path) -> None:
    tree = tmp_path / "qt-scripted-modules"
    shutil.copytree(repository / "MedMMSlicer" / "Resources", tree / "Resources")
    (tree / "MedMMSlicerLib").mkdir()
    from MedMMSlicerLib.installation.requirements import read_requirements, requirements_path

    assert len(read_requirements(requirements_path(tree / "MedMMSlicerLib"))) >= 16
