"""Start, poll, cancel, fail and begin again, with a pip that does what the test wrote down."""

from __future__ import annotations

import dataclasses
import os
import shutil
import sys
import time
import types
from collections.abc import Callable
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import CancelledError, InstallationError, UsageError
from MedMMSlicerLib.installation import Installation, InstallationPlan, install, plan_installation
from MedMMSlicerLib.installation.inventory import InstalledPackage
from MedMMSlicerLib.installation.wheel_folder import write_wheel_list

from .conftest import CUDA_12, NO_GPU, FakePip, Outcome, follow, make_wheel, record_of

CarryOut = Callable[..., Outcome]


def plan_for(fake: FakePip, gpu: object = NO_GPU, wheels: Path | None = None) -> InstallationPlan:
    place = fake.place
    return plan_installation(place.requirements, place.environment, gpu, wheels=wheels)  # type: ignore[arg-type]


def files_of(fake: FakePip, name: str, version: str) -> dict[str, str]:
    """What a pip that installs a package would write."""
    info = f"{name}-{version}.dist-info"
    code = f"version = '{version}'\n"
    content = {f"{name}/__init__.py": code}
    written = {
        **content,
        f"{info}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{info}/INSTALLER": "pip\n",
        f"{info}/RECORD": record_of(content) + f"{info}/RECORD,,\n",
    }
    return {str(fake.place.site / entry): text for entry, text in written.items()}


@pytest.fixture
def a_needy_place(a_fake_pip: FakePip) -> FakePip:
    """Needs alpha, which is not there, and has a runtime."""
    a_fake_pip.place.need("alpha>=1")
    a_fake_pip.place.have("onnxruntime", "1.20")
    a_fake_pip.behave({"lines": ["Collecting alpha", "Downloading alpha-1.2.whl (1 kB)"],
                       "files": files_of(a_fake_pip, "alpha", "1.2")})  # fmt: skip
    return a_fake_pip


def test_a_plan_is_carried_out(a_needy_place: FakePip, carry_out: CarryOut) -> None:
    installation = Installation(plan_for(a_needy_place))
    assert installation.state == "ready"
    outcome = carry_out(installation)
    assert outcome.finished is not None and outcome.error is None
    assert outcome.finished.installed == ("alpha 1.2",)
    assert not outcome.finished.restart_needed
    assert installation.state == "finished"
    assert [event.detail for event in outcome.progress] == [
        "",
        "Collecting alpha",
        "Downloading alpha-1.2.whl (1 kB)",
    ]
    assert plan_for(a_needy_place).is_empty


def test_nothing_is_done_before_start(a_needy_place: FakePip) -> None:
    installation = Installation(plan_for(a_needy_place))
    assert installation.poll() == [] and a_needy_place.calls == []
    assert installation.state == "ready"


def test_pip_is_told_what_to_keep_and_where_not_to_install(
    a_needy_place: FakePip, carry_out: CarryOut
) -> None:
    a_needy_place.place.have("numpy", "2.4.0")
    a_needy_place.place.is_slicer = True
    a_needy_place.place.variables |= {
        "PIP_TARGET": "/elsewhere",
        "PIP_INDEX_URL": "https://mirror.example.org",
    }
    assert carry_out(Installation(plan_for(a_needy_place))).finished
    (call,) = a_needy_place.calls
    assert call["constraints"][0].splitlines()[0] == "numpy==2.4.0"
    assert "vtk<0" in call["constraints"][0].splitlines()
    assert call["settings"]["PIP_USER"] == "0" and call["settings"]["PIP_DISABLE_PIP_VERSION_CHECK"] == "1"
    assert call["settings"]["PIP_INDEX_URL"] == "https://mirror.example.org"
    assert "PIP_TARGET" not in call["settings"]
    assert call["arguments"][0] == "install" and call["arguments"][-1] == "alpha>=1"


def test_without_a_network_no_setting_leads_elsewhere(
    a_needy_place: FakePip, carry_out: CarryOut, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "wheels", "alpha", "1.2")
    write_wheel_list(tmp_path / "wheels")
    a_needy_place.place.variables |= {"PIP_EXTRA_INDEX_URL": "https://elsewhere.example.org"}
    outcome = carry_out(Installation(plan_for(a_needy_place, wheels=tmp_path / "wheels")))
    assert outcome.finished is not None
    assert outcome.progress[0].text == "Checking the downloaded packages"
    (call,) = a_needy_place.calls
    assert "PIP_EXTRA_INDEX_URL" not in call["settings"]
    assert call["settings"]["PIP_CONFIG_FILE"] == os.devnull
    assert "--no-index" in call["arguments"]


def test_an_exchanged_wheel_stops_it_before_pip_runs(
    a_needy_place: FakePip, carry_out: CarryOut, tmp_path: Path
) -> None:
    make_wheel(tmp_path / "wheels", "alpha", "1.2")
    write_wheel_list(tmp_path / "wheels")
    plan = plan_for(a_needy_place, wheels=tmp_path / "wheels")
    make_wheel(tmp_path / "wheels", "alpha", "1.2", {"alpha/__init__.py": "import os\n"})
    outcome = carry_out(Installation(plan))
    assert "SHA-256 differs" in str(outcome.error)
    assert a_needy_place.calls == []


def test_a_failure_says_what_pip_said_and_starting_again_continues(
    a_needy_place: FakePip, carry_out: CarryOut
) -> None:
    a_needy_place.behave(
        {"lines": ["Collecting alpha", "ERROR: Could not install: [Errno 28] No space left"], "code": 1},
        {"files": files_of(a_needy_place, "alpha", "1.2")},
    )
    installation = Installation(plan_for(a_needy_place))
    outcome = carry_out(installation)
    assert isinstance(outcome.error, InstallationError)
    assert str(outcome.error) == (
        "Installing packages failed: Could not install: [Errno 28] No space left. "
        "The disk is full: free some gigabytes, then install again."
    )
    assert installation.state == "failed" and "Collecting alpha" in installation.log
    assert carry_out(installation).finished is not None
    assert installation.state == "finished" and len(a_needy_place.calls) == 2


def test_a_success_that_is_none_is_noticed(a_needy_place: FakePip, carry_out: CarryOut) -> None:
    a_needy_place.behave({"lines": ["Successfully installed alpha-1.2"]})
    outcome = carry_out(Installation(plan_for(a_needy_place)))
    assert "pip reported success, but" in str(outcome.error)
    assert "alpha>=1: it is not installed" in str(outcome.error)


def test_half_an_installation_is_mended_by_the_next(a_needy_place: FakePip, carry_out: CarryOut) -> None:
    whole = files_of(a_needy_place, "alpha", "1.2")
    half = {path: text for path, text in whole.items() if not path.endswith(("RECORD", "INSTALLER"))}
    a_needy_place.behave({"files": half, "code": 1, "lines": ["ERROR: interrupted"]}, {"files": whole})
    assert carry_out(Installation(plan_for(a_needy_place))).error is not None
    plan = plan_for(a_needy_place)
    assert "has no list of files" in plan.missing[0].reason
    outcome = carry_out(Installation(plan))
    assert outcome.finished is not None, outcome.error
    assert outcome.progress[0].text == "Removing what a broken installation left"


def test_a_runtime_is_replaced_step_by_step(a_needy_place: FakePip, carry_out: CarryOut) -> None:
    gpu = files_of(a_needy_place, "onnxruntime_gpu", "1.22")
    alpha = files_of(a_needy_place, "alpha", "1.2")
    a_needy_place.behave({"files": alpha}, {}, {}, {"files": gpu}, {})
    outcome = carry_out(Installation(plan_for(a_needy_place, CUDA_12)))
    assert [call["arguments"][0] for call in a_needy_place.calls] == [
        "install", "download", "uninstall", "install", "install",
    ]  # fmt: skip
    fractions = [event.fraction for event in outcome.progress]
    assert fractions == sorted(fractions) and fractions[-1] == 0.8
    assert "2 ONNX runtimes are installed" in str(outcome.error)  # this pip did not remove the other one
    shutil.rmtree(next(a_needy_place.place.site.glob("onnxruntime-1.20.dist-info")))
    assert plan_for(a_needy_place, CUDA_12).is_empty


def test_a_failed_download_leaves_the_runtime_alone(a_needy_place: FakePip, carry_out: CarryOut) -> None:
    alpha = files_of(a_needy_place, "alpha", "1.2")
    a_needy_place.behave({"files": alpha}, {"code": 1, "lines": ["ERROR: No matching distribution found"]})
    outcome = carry_out(Installation(plan_for(a_needy_place, CUDA_12)))
    assert str(outcome.error).startswith("Downloading onnxruntime-gpu failed")
    assert [call["arguments"][0] for call in a_needy_place.calls] == ["install", "download"]
    assert plan_for(a_needy_place).is_empty


def test_cancelling_ends_pip_at_once(a_needy_place: FakePip, carry_out: CarryOut, tmp_path: Path) -> None:
    a_needy_place.behave({"lines": ["Collecting alpha"], "seconds": 60})
    installation = Installation(plan_for(a_needy_place), tmp_path)
    carry_out(installation, lambda outcome: any(event.detail for event in outcome.progress))
    assert installation.state == "running"
    with pytest.raises(UsageError, match="in progress"):
        installation.start()
    before = time.monotonic()
    installation.cancel()
    assert time.monotonic() - before < 3
    outcome = follow(installation)
    assert isinstance(outcome.error, CancelledError) and installation.state == "cancelled"
    assert installation.poll() == []
    assert list(tmp_path.glob("medmm-worker-*")) == [] and "Collecting alpha" in installation.log


def test_polling_never_waits(a_needy_place: FakePip, carry_out: CarryOut, tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    make_wheel(folder, "alpha", "1.2")
    (folder / "big-1-py3-none-any.whl").write_bytes(bytes(64 << 20))
    write_wheel_list(folder)
    a_needy_place.behave({"seconds": 0.5, "files": files_of(a_needy_place, "alpha", "1.2")})
    outcome = carry_out(Installation(plan_for(a_needy_place, wheels=folder)))
    assert outcome.finished is not None
    assert len([event for event in outcome.progress if event.detail.startswith("big")]) == 16
    assert outcome.longest_poll_s < 0.1


def test_the_working_folder_does_not_stay(
    a_needy_place: FakePip, carry_out: CarryOut, tmp_path: Path
) -> None:
    carry_out(Installation(plan_for(a_needy_place), tmp_path))
    assert list(tmp_path.glob("medmm-worker-*")) == []


def test_a_plan_with_a_problem_is_not_started(a_needy_place: FakePip) -> None:
    place = a_needy_place.place
    place.is_slicer = True
    place.have("numpy", "1.20")
    place.need("numpy>=2")
    installation = Installation(plan_for(a_needy_place))
    with pytest.raises(InstallationError, match=r"Slicer's own numpy .*1\.20 is installed"):
        installation.start()
    assert a_needy_place.calls == [] and installation.state == "ready"


def test_a_pip_that_can_not_be_started_is_said(a_needy_place: FakePip, carry_out: CarryOut) -> None:
    a_needy_place.place.pip = ("/no/such/PythonSlicer", "-m", "pip")
    outcome = carry_out(Installation(plan_for(a_needy_place)))
    assert "/no/such/PythonSlicer could not be started" in str(outcome.error)


def test_a_restart_is_needed_only_for_what_was_imported(
    a_needy_place: FakePip, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = types.ModuleType("alpha")
    old.__file__ = "alpha/__init__.py"
    monkeypatch.setitem(sys.modules, "alpha", old)
    monkeypatch.setitem(sys.modules, "beta", types.ModuleType("beta"))  # a namespace has no file
    a_needy_place.place.need("alpha>=1", "beta")
    beta = files_of(a_needy_place, "beta", "2")
    a_needy_place.behave({"files": {**files_of(a_needy_place, "alpha", "1.2"), **beta}})
    finished = carry_out(Installation(plan_for(a_needy_place))).finished
    assert finished is not None
    assert finished.installed == ("alpha 1.2", "beta 2")
    assert finished.restart == ("alpha",) and finished.restart_needed


def test_an_untouched_package_that_is_loaded_needs_no_restart(
    a_needy_place: FakePip, carry_out: CarryOut, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_needy_place.place.have("gamma", "1")
    loaded = types.ModuleType("gamma")
    loaded.__file__ = "gamma/__init__.py"
    monkeypatch.setitem(sys.modules, "gamma", loaded)
    finished = carry_out(Installation(plan_for(a_needy_place))).finished
    assert finished is not None and finished.restart == ()


def test_slicer_under_test_is_left_alone(a_needy_place: FakePip, monkeypatch: pytest.MonkeyPatch) -> None:
    slicer = types.SimpleNamespace(app=types.SimpleNamespace(testingEnabled=lambda: True))
    monkeypatch.setitem(sys.modules, "slicer", slicer)  # type: ignore[arg-type]
    with pytest.raises(InstallationError, match="--testing"):
        Installation(plan_for(a_needy_place)).start()
    slicer.app.testingEnabled = lambda: False
    slicer.packaging = types.SimpleNamespace(isPipInstallInProgress=lambda: True)
    with pytest.raises(InstallationError, match="installing something else"):
        Installation(plan_for(a_needy_place)).start()
    assert a_needy_place.calls == []


def test_a_foreign_path_is_never_removed(a_needy_place: FakePip, carry_out: CarryOut, tmp_path: Path) -> None:
    outside = tmp_path / "alpha-1.dist-info"
    outside.mkdir()
    plan = plan_for(a_needy_place)
    orphan = InstalledPackage("alpha", "1", outside, "damaged", removable=False)
    outcome = carry_out(Installation(dataclasses.replace(plan, damaged=(orphan,))))
    assert "is no entry of an installed package" in str(outcome.error) and outside.is_dir()


def test_install_asks_first(a_needy_place: FakePip) -> None:
    shown: list[InstallationPlan] = []
    plan = plan_for(a_needy_place)
    with pytest.raises(CancelledError, match="refused"):
        install(plan, lambda asked: shown.append(asked) is not None)
    assert shown == [plan] and a_needy_place.calls == []


def test_install_waits_and_tells(a_needy_place: FakePip) -> None:
    told: list[str] = []
    done = install(plan_for(a_needy_place), lambda plan: True, lambda event: told.append(event.detail))
    assert done.installed == ("alpha 1.2",) and "Collecting alpha" in told
    empty = plan_for(a_needy_place)
    assert install(empty, lambda plan: pytest.fail("asked for nothing")).installed == ()


def test_install_ends_pip_when_its_listener_gives_up(a_needy_place: FakePip) -> None:
    a_needy_place.behave({"lines": ["Collecting alpha"], "seconds": 60})

    def give_up(event: object) -> None:
        raise CancelledError("Enough.")

    before = time.monotonic()
    with pytest.raises(CancelledError, match="Enough"):
        install(plan_for(a_needy_place), lambda plan: True, give_up)
    assert time.monotonic() - before < 10


def test_install_raises_what_went_wrong(a_needy_place: FakePip) -> None:
    a_needy_place.behave({"code": 2, "lines": ["no such option: --only-binary"]})
    with pytest.raises(InstallationError, match="no such option"):
        install(plan_for(a_needy_place), lambda plan: True)
