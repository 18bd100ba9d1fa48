"""The worker process from outside: results, progress, cancelling, crashes, memory, leftovers."""

from __future__ import annotations

import os
import signal
import statistics
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
import pytest
from MedMMSlicerLib.core import Case, HeaderFacts, Series, Volume, VolumeGeometry
from MedMMSlicerLib.errors import (
    BundleError,
    CancelledError,
    DiskFullError,
    InputError,
    MemoryLimitError,
    UsageError,
    WorkerError,
)
from MedMMSlicerLib.inference import worker
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.worker import (
    Failed,
    Finished,
    Progress,
    Ready,
    RunRequest,
    WorkerClient,
    WorkerEvent,
)
from MedMMSlicerLib.inference.worker_process import worker_environment

HERE = Path(__file__).resolve().parent
posix = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
linux = pytest.mark.skipif(sys.platform != "linux", reason="the memory limit exists on Linux only")

OBLIQUE = np.array(
    [
        [0.9, 0.1, -0.3, -31.0],
        [-0.1, 1.1, 0.4, 12.5],
        [0.2, -0.2, 2.5, 70.25],
        [0, 0, 0, 1],
    ]
)


def worker_test_environment() -> dict[str, str]:
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE), environment.get("PYTHONPATH", "")])
    return environment


@pytest.fixture
def a_case() -> Case:
    array = np.random.default_rng(7).integers(-50, 400, (5, 6, 7)).astype(np.int16)
    volume = Volume(array, VolumeGeometry((5, 6, 7), OBLIQUE))
    facts = HeaderFacts(modality="CT", patient_name="Doe^Jane")
    return Case("c1", {"current": Series("phantom", facts, (Path("phantom.nii.gz"),), volume=volume)})


@pytest.fixture
def a_request(a_case: Case, tmp_path: Path) -> Callable[[str], RunRequest]:
    def make(bundle: str, memory_limit_bytes: int = 0) -> RunRequest:
        options = RunOptions(device="cpu", memory_limit_bytes=memory_limit_bytes)
        return RunRequest(tmp_path / bundle, a_case, options, ((1.0, -2.0, 3.5), (4.0, 5.0, 6.0)))

    return make


@pytest.fixture
def an_exchange_parent(tmp_path: Path) -> Path:
    folder = tmp_path / "exchange"
    folder.mkdir()
    return folder


@pytest.fixture
def a_client(an_exchange_parent: Path) -> Iterator[WorkerClient]:
    client = WorkerClient(
        environment=worker_test_environment(), exchange_parent=an_exchange_parent, module="worker_for_tests"
    )
    yield client
    client.close()
    assert list(an_exchange_parent.iterdir()) == []


def wait_for(client: WorkerClient, kind: type, timeout_s: float = 30.0) -> list[WorkerEvent]:
    """All events up to the first of a kind."""
    events: list[WorkerEvent] = []
    deadline = time.monotonic() + timeout_s
    while not any(isinstance(event, kind) for event in events):
        assert time.monotonic() < deadline, f"no {kind.__name__} in {timeout_s} s, but {events}"
        time.sleep(0.005)
        events += client.poll()
    return events


def failure(client: WorkerClient) -> Failed:
    event = wait_for(client, Failed)[-1]
    assert isinstance(event, Failed)
    return event


def quickest_s(attempt: Callable[[], float]) -> float:
    """The best of three: another program may hold the processors in one of them."""
    return min(attempt() for _ in range(3))


def wait_for_death(pid: int, timeout_s: float = 5.0) -> bool:
    deadline = time.monotonic() + timeout_s
    while time.monotonic() < deadline:
        if not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
            return True
        time.sleep(0.01)
    return False


def test_a_run_returns_its_prediction(a_client, a_request, a_case, an_exchange_parent):
    prediction = a_client.run(a_request("plain"), timeout_s=30)
    volume = a_case.series["current"].volume
    label_map = prediction.label_maps[0]
    np.testing.assert_array_equal(label_map.array, (volume.array > 100).astype(np.uint8))
    np.testing.assert_array_equal(label_map.geometry.ijk_to_ras, OBLIQUE)
    assert prediction.provenance.bundle_id == "plain"
    assert prediction.provenance.parameters == {"points_ras": ((1.0, -2.0, 3.5), (4.0, 5.0, 6.0))}
    assert int(prediction.provenance.software["pid"]) == a_client.pid != os.getpid()
    if sys.platform != "win32":
        (folder,) = an_exchange_parent.iterdir()
        assert folder.stat().st_mode & 0o777 == 0o700
        assert sorted(path.name for path in folder.iterdir()) == ["events.jsonl", "owner.lock", "worker.log"]


def test_a_result_outlives_the_worker(a_client, a_request, a_case):
    label_map = a_client.run(a_request("plain"), timeout_s=30).label_maps[0]
    a_client.close()
    assert label_map.array.sum() == (a_case.series["current"].volume.array > 100).sum()
    assert not label_map.array.flags.writeable


def test_start_returns_at_once_and_ready_follows(a_client):
    before = time.monotonic()
    a_client.start()
    elapsed_s = time.monotonic() - before
    ready = wait_for(a_client, Ready)[-1]
    # Relative: on a busy machine both take longer.
    assert elapsed_s < ready.seconds
    assert ready.pid == a_client.pid
    assert 0 < ready.seconds < 60
    assert a_client.is_running and not a_client.is_busy


def test_progress_arrives_and_never_goes_back(a_client, a_request):
    a_client.submit(a_request("steps"))
    events = [event for event in wait_for(a_client, Finished) if isinstance(event, Progress)]
    assert list(dict.fromkeys(event.stage for event in events)) == ["preprocess", "network"]
    fractions = [event.fraction for event in events]
    assert len(fractions) >= 8
    assert fractions == sorted(fractions)
    assert fractions[0] == 0.0 and fractions[-1] == 1.0


def test_polling_never_waits_for_the_computation(a_client, a_request):
    a_client.submit(a_request("busy"))
    wait_for(a_client, Progress)
    seconds, finished = [], False
    while not finished:
        before = time.perf_counter()
        finished = any(isinstance(event, Finished) for event in a_client.poll())
        seconds.append(time.perf_counter() - before)
        time.sleep(0.002)
    assert len(seconds) > 50
    assert statistics.median(seconds) < 0.005


def test_a_second_run_is_warm(a_client, a_request):
    first, second = (
        a_client.run(a_request("warm"), timeout_s=30).provenance.stage_seconds["network"] for _ in range(2)
    )
    assert second < first / 2


def test_one_run_at_a_time(a_client, a_request):
    a_client.submit(a_request("obedient"))
    with pytest.raises(UsageError, match="in progress"):
        a_client.submit(a_request("plain"))
    a_client.cancel()
    assert isinstance(failure(a_client).error, CancelledError)


def test_an_obedient_run_is_cancelled_and_the_worker_stays_warm(a_client, a_request, monkeypatch):
    # A worker on a busy machine may need longer than half a second to hear of it.
    monkeypatch.setattr(worker, "_CANCEL_GRACE_S", 20.0)
    run = a_client.submit(a_request("obedient"))
    wait_for(a_client, Progress)
    pid = a_client.pid
    a_client.cancel()
    event = failure(a_client)
    assert isinstance(event.error, CancelledError) and event.run == run
    assert a_client.poll() == []
    assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"
    assert a_client.pid == pid


@posix
def test_a_deaf_run_is_killed_with_all_that_it_started(a_client, a_request, tmp_path):
    helper_file = tmp_path / "helper.pid"

    def attempt() -> float:
        helper_file.unlink(missing_ok=True)
        a_client.submit(a_request("deaf"))
        wait_for(a_client, Progress)
        while not helper_file.exists() or not helper_file.read_text("ascii"):
            time.sleep(0.01)
        helper, pid, before = int(helper_file.read_text("ascii")), a_client.pid, time.monotonic()
        a_client.cancel()
        elapsed_s = time.monotonic() - before
        assert isinstance(failure(a_client).error, CancelledError)
        assert wait_for_death(pid) and wait_for_death(helper)
        assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"
        assert a_client.pid != pid
        return elapsed_s

    assert quickest_s(attempt) < 1.0


def test_cancelling_before_the_worker_is_up(a_client, a_request):
    def attempt() -> float:
        a_client.close()
        a_client.submit(a_request("plain"))
        before = time.monotonic()
        a_client.cancel()
        elapsed_s = time.monotonic() - before
        events = a_client.poll()
        assert not any(isinstance(event, Finished) for event in events)
        assert isinstance(events[-1].error, CancelledError)
        assert not a_client.is_busy
        return elapsed_s

    assert quickest_s(attempt) < 1.0


def test_cancelling_nothing_does_nothing(a_client):
    a_client.cancel()
    assert a_client.poll() == []


@posix
def test_a_killed_worker_costs_one_run(a_client, a_request):
    run = a_client.submit(a_request("obedient"))
    wait_for(a_client, Progress)
    os.kill(a_client.pid, signal.SIGKILL)
    event = failure(a_client)
    assert isinstance(event.error, WorkerError) and event.run == run
    assert "signal 9" in str(event.error) and "obedient (network)" in str(event.error)
    assert "\n" not in str(event.error)
    assert a_client.poll() == [] and not a_client.is_running
    assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"


@posix
def test_a_worker_that_never_answers_costs_one_run(a_client, a_request, monkeypatch):
    """As with a launcher that passes no input on."""
    monkeypatch.setattr("MedMMSlicerLib.inference.worker._MOST_SILENCE_S", 0.3)
    a_client.start()
    os.kill(a_client.pid, signal.SIGSTOP)
    run = a_client.submit(a_request("plain"))
    event = failure(a_client)
    assert isinstance(event.error, WorkerError) and event.run == run
    assert "has not answered" in str(event.error) and not a_client.is_running
    monkeypatch.undo()
    assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"


@posix
def test_an_idle_worker_that_dies_costs_nothing(a_client, a_request):
    a_client.run(a_request("plain"), timeout_s=30)
    os.kill(a_client.pid, signal.SIGKILL)
    # The main thread may be a zombie while the kernel still ends the others: wait for the exit status itself.
    deadline = time.monotonic() + 5
    while a_client.is_running and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not a_client.is_running
    assert a_client.poll() == []
    assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"


def test_an_error_of_the_library_arrives_as_itself(a_client, a_request):
    with pytest.raises(BundleError, match=r"has no network\. Get another one"):
        a_client.run(a_request("refused"), timeout_s=30)
    assert a_client.is_running


def test_a_defect_says_where_in_one_line(a_client, a_request):
    with pytest.raises(WorkerError) as caught:
        a_client.run(a_request("defect"), timeout_s=30)
    assert "exit code 1" in str(caught.value) and "the predictor" in str(caught.value)
    assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"


@linux
def test_too_much_memory_fails_in_the_worker_alone(a_client, a_request):
    with pytest.raises(MemoryLimitError, match="more memory than there is"):
        a_client.run(a_request("hungry", memory_limit_bytes=2**29), timeout_s=60)
    pid = a_client.pid
    assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"
    assert a_client.pid == pid


@posix
def test_an_allocation_that_ends_the_process_is_a_memory_error(a_client, a_request):
    with pytest.raises(MemoryLimitError, match="not enough memory while running bad_alloc"):
        a_client.run(a_request("bad_alloc"), timeout_s=30)


@pytest.mark.parametrize("bundle", ["garbage", "endless", "forged"])
def test_garbage_from_the_worker_is_one_error(a_client, a_request, bundle):
    with pytest.raises(WorkerError):
        a_client.run(a_request(bundle), timeout_s=30)
    assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"


def test_garbage_to_the_worker_is_one_error(a_client, a_request):
    a_client.submit(a_request("obedient"))
    wait_for(a_client, Progress)
    a_client._process.send(b"\x00 no command\n")
    a_client.cancel()
    assert isinstance(failure(a_client).error, CancelledError)
    with pytest.raises(WorkerError, match="exit code 1"):
        a_client.run(a_request("plain"), timeout_s=30)


def test_two_clients_at_once(a_request, an_exchange_parent):
    arguments = {"exchange_parent": an_exchange_parent, "module": "worker_for_tests"}
    environment = worker_test_environment()
    one, two = (WorkerClient(environment=environment, **arguments) for _ in range(2))
    with one, two:
        one.submit(a_request("steps"))
        two.submit(a_request("plain"))
        finished = wait_for(two, Finished)[-1], wait_for(one, Finished)[-1]
        assert [event.prediction.provenance.bundle_id for event in finished] == ["plain", "steps"]
        assert one.pid != two.pid
    assert list(an_exchange_parent.iterdir()) == []


def test_close_leaves_no_process_and_no_folder(a_client, a_request, an_exchange_parent):
    def attempt() -> float:
        a_client.submit(a_request("obedient"))
        wait_for(a_client, Progress)
        pid, before = a_client.pid, time.monotonic()
        a_client.close()
        elapsed_s = time.monotonic() - before
        assert wait_for_death(pid) and list(an_exchange_parent.iterdir()) == []
        a_client.close()
        return elapsed_s

    assert quickest_s(attempt) < 1.5


@posix
@pytest.mark.parametrize("bundle", ["obedient", "deaf"])
def test_the_worker_goes_with_its_parent(a_request, an_exchange_parent, tmp_path, bundle):
    script = textwrap.dedent(
        f"""
        import sys, time
        from pathlib import Path
        sys.path.insert(0, {str(HERE)!r})
        from test_worker import *
        geometry = VolumeGeometry((2, 3, 4), OBLIQUE)
        series = Series("s", HeaderFacts(), (), volume=Volume(np.zeros((2, 3, 4)), geometry))
        client = WorkerClient(environment=worker_test_environment(),
                              exchange_parent=Path({str(an_exchange_parent)!r}), module="worker_for_tests")
        client.submit(RunRequest(Path({str(tmp_path / bundle)!r}), Case("c", {{"current": series}}),
                                 RunOptions(device="cpu")))
        wait_for(client, Progress)
        print(client.pid, flush=True)
        time.sleep(60)
        """
    )
    environment = worker_environment(worker_test_environment())
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=environment) as parent:
        pid = int(parent.stdout.readline())
        assert psutil.pid_exists(pid)
        parent.kill()
    assert wait_for_death(pid)
    assert list(an_exchange_parent.iterdir()) == []
    helper_file = tmp_path / "helper.pid"
    if helper_file.exists():
        os.kill(int(helper_file.read_text("ascii")), signal.SIGKILL)


def test_a_run_that_takes_too_long_ends(a_client, a_request):
    with pytest.raises(WorkerError, match=r"longer than 0\.5 s"):
        a_client.run(a_request("obedient"), timeout_s=0.5)
    assert not a_client.is_busy


def test_a_worker_that_can_not_start_says_why(an_exchange_parent, a_request):
    arguments = {"environment": worker_test_environment(), "exchange_parent": an_exchange_parent}
    with WorkerClient(module="no_such_module", **arguments) as client:
        with pytest.raises(WorkerError, match=r"while starting.*no_such_module"):
            client.run(a_request("plain"), timeout_s=30)
        client.start()
        assert failure(client).run is None
    with WorkerClient(python=str(an_exchange_parent / "python"), **arguments) as client:
        with pytest.raises(WorkerError, match="could not be started"):
            client.start()
        assert client.pid is None and not client.is_running
    assert list(an_exchange_parent.iterdir()) == []


def test_a_series_without_voxels_is_refused(a_client):
    case = Case("c", {"prior": Series("old", HeaderFacts(), ())})
    with pytest.raises(InputError, match=r"'old' \(prior\) has not been loaded"):
        a_client.submit(RunRequest(Path("b"), case))


def test_a_full_disk_says_so(a_client, a_request, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError("5 requested and 0 written")

    a_client.start()
    monkeypatch.setattr(np.lib.format, "write_array", full)
    with pytest.raises(DiskFullError, match="no space left"):
        a_client.submit(a_request("plain"))
    monkeypatch.undo()
    assert not a_client.is_busy
    assert a_client.run(a_request("plain"), timeout_s=30).provenance.bundle_id == "plain"


def test_an_exchange_folder_that_can_not_be_made(tmp_path, a_request):
    client = WorkerClient(exchange_parent=tmp_path / "absent")
    with pytest.raises(WorkerError, match="No exchange folder"):
        client.submit(a_request("plain"))
