"""The real pip, without a network: wheels of the test into a virtual environment of the test."""

from __future__ import annotations

import io
import subprocess
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from MedMMSlicerLib.installation import Installation, InstallationPlan, missing_packages, plan_installation
from MedMMSlicerLib.installation.wheel_folder import write_wheel_list

from .conftest import CUDA_12, NO_GPU, Outcome, Place, unpack

CarryOut = Callable[..., Outcome]


def plan_for(place: Place, gpu: object = NO_GPU, offline: bool = False) -> InstallationPlan:
    wheels = place.shelf if offline else None
    if offline:
        write_wheel_list(place.shelf)
    return plan_installation(place.requirements, place.environment, gpu, wheels=wheels)  # type: ignore[arg-type]


def version_of(place: Place, module: str) -> str:
    """What a new Python imports."""
    code = f"import {module}; print({module}.version)"
    done = subprocess.run([place.pip[0], "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.strip()


def offer_runtimes(place: Place) -> None:
    for name in ("onnxruntime", "onnxruntime-gpu"):
        files = {"onnxruntime/__init__.py": f"version = '{name} 1.22'\n"}
        requires = ['nvidia-cudnn; extra == "cudnn"', 'nvidia-cuda; extra == "cuda"']
        place.offer(name, "1.22.0", files=files, requires=requires)
    place.offer("nvidia-cudnn", "9.0")
    place.offer("nvidia-cuda", "12.0")


def test_an_empty_python_gets_everything_from_a_folder_and_again_nothing(
    a_python: Place, carry_out: CarryOut
) -> None:
    a_python.need("alpha>=1.2,<2", "beta")
    a_python.offer("alpha", "1.4", requires=["gamma>=1"])
    a_python.offer("alpha", "2.0")
    a_python.offer("beta", "0.1")
    a_python.offer("gamma", "3.0")
    offer_runtimes(a_python)
    # Nothing but the folder may be used: the setting would lead to another one.
    a_python.variables["PIP_" + "FIND_" + "LINKS"] = str(a_python.shelf.parent / "nowhere")
    outcome = carry_out(Installation(plan_for(a_python, offline=True)))
    assert outcome.finished is not None, outcome.error
    assert outcome.finished.installed == ("alpha 1.4", "beta 0.1", "gamma 3.0", "onnxruntime 1.22.0")
    assert missing_packages(a_python.requirements, (str(a_python.site),)) == ()
    assert (version_of(a_python, "alpha"), version_of(a_python, "onnxruntime")) == ("1.4", "onnxruntime 1.22")
    assert plan_for(a_python, offline=True).is_empty


def test_slicers_packages_stay_as_they_are(a_python: Place, carry_out: CarryOut) -> None:
    a_python.is_slicer = True
    unpack(a_python.offer("numpy", "2.4.0"), a_python.site)
    a_python.offer("numpy", "2.9.0")
    a_python.offer("onnxruntime", "1.22.0")
    a_python.need("alpha", "numpy>=1.26,<3")
    a_python.offer("alpha", "1.0", requires=["numpy>=1.20"])
    a_python.offer("alpha", "2.0", requires=["numpy>=2.9"])
    a_python.offer("alpha", "3.0", requires=["vtk"])
    a_python.offer("vtk", "9.9")
    outcome = carry_out(Installation(plan_for(a_python)))
    assert outcome.finished is not None, outcome.error
    assert outcome.finished.installed == ("alpha 1.0", "onnxruntime 1.22.0")
    assert version_of(a_python, "numpy") == "2.4.0"
    assert not (a_python.site / "vtk").exists()


def test_what_does_not_fit_slicer_is_refused_and_explained(a_python: Place, carry_out: CarryOut) -> None:
    a_python.is_slicer = True
    unpack(a_python.offer("numpy", "2.4.0"), a_python.site)
    a_python.offer("numpy", "2.9.0")
    a_python.have("onnxruntime", "1.22.0")
    a_python.need("alpha>=2")
    a_python.offer("alpha", "2.0", requires=["numpy>=2.9"])
    outcome = carry_out(Installation(plan_for(a_python)))
    assert "Packages that other programs need are kept" in str(outcome.error)
    assert version_of(a_python, "numpy") == "2.4.0"
    assert not (a_python.site / "alpha").exists()


@pytest.mark.slow
def test_every_kind_of_damage_is_mended(a_python: Place, carry_out: CarryOut) -> None:
    a_python.need("alpha", "beta", "gamma", "delta", "epsilon>=2")
    for name in ("alpha", "beta", "gamma", "delta", "epsilon"):
        a_python.offer(name, "2.0")
    offer_runtimes(a_python)
    shelf = a_python.shelf
    unpack(shelf / "alpha-2.0-py3-none-any.whl", a_python.site)
    (a_python.site / "alpha" / "__init__.py").unlink()
    info = unpack(shelf / "beta-2.0-py3-none-any.whl", a_python.site, installer="")
    (info / "RECORD").unlink()
    unpack(shelf / "gamma-2.0-py3-none-any.whl", a_python.site)
    a_python.have("gamma", "1.0")
    (unpack(shelf / "delta-2.0-py3-none-any.whl", a_python.site) / "METADATA").write_text("")
    a_python.have("epsilon", "1.0")
    for name in ("onnxruntime_gpu", "onnxruntime"):
        unpack(shelf / f"{name}-1.22.0-py3-none-any.whl", a_python.site)
    assert len(missing_packages(a_python.requirements, (str(a_python.site),))) == 6
    outcome = carry_out(Installation(plan_for(a_python)))
    assert outcome.finished is not None, outcome.error
    for name in ("alpha", "beta", "gamma", "delta", "epsilon"):
        assert version_of(a_python, name) == "2.0"
    assert version_of(a_python, "onnxruntime") == "onnxruntime 1.22"
    assert sorted(path.name for path in a_python.site.glob("*onnx*")) == [
        "onnxruntime",
        "onnxruntime-1.22.0.dist-info",
    ]
    assert plan_for(a_python).is_empty


@pytest.mark.slow
def test_the_runtime_is_exchanged_for_the_one_that_suits_the_driver(
    a_python: Place, carry_out: CarryOut
) -> None:
    offer_runtimes(a_python)
    wheel = a_python.shelf / "onnxruntime-1.22.0-py3-none-any.whl"
    unpack(wheel, a_python.site)
    plan = plan_for(a_python, CUDA_12)
    assert [package.name for package in plan.replaced] == ["onnxruntime"]
    outcome = carry_out(Installation(plan))
    assert outcome.finished is not None, outcome.error
    assert outcome.finished.installed == ("nvidia-cuda 12.0", "nvidia-cudnn 9.0", "onnxruntime-gpu 1.22.0")
    assert version_of(a_python, "onnxruntime") == "onnxruntime-gpu 1.22"
    assert plan_for(a_python, CUDA_12).is_empty


def test_a_wheel_that_is_not_there_is_named(a_python: Place, carry_out: CarryOut) -> None:
    a_python.need("alpha>=9")
    a_python.offer("alpha", "1.0")
    a_python.have("onnxruntime", "1.22.0")
    outcome = carry_out(Installation(plan_for(a_python, offline=True)))
    assert "No matching distribution found for alpha>=9" in str(outcome.error)
    assert "add its wheel to the folder" in str(outcome.error)


def test_source_code_is_never_compiled(a_python: Place, carry_out: CarryOut, tmp_path: Path) -> None:
    a_python.need("alpha")
    a_python.have("onnxruntime", "1.22.0")
    witness = tmp_path / "it-ran"
    with tarfile.open(a_python.shelf / "alpha-1.0.tar.gz", "w:gz") as archive:
        code = (
            f"open({str(witness)!r}, 'w')\nfrom setuptools import setup\nsetup(name='alpha', version='1.0')\n"
        )
        entry = tarfile.TarInfo("alpha-1.0/setup.py")
        entry.size = len(code)
        archive.addfile(entry, io.BytesIO(code.encode()))
    outcome = carry_out(Installation(plan_for(a_python)))
    assert "No matching distribution found for alpha" in str(outcome.error)
    assert not witness.exists()
