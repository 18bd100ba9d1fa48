"""A reading room on an empty scene of the headless engine, with small bundles and images."""

from __future__ import annotations

import importlib.util
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.bundles.catalog import BundleCatalog
from MedMMSlicerLib.inference.worker import WorkerClient
from MedMMSlicerLib.reading.room import ReadingRoom

HERE = Path(__file__).resolve().parent


def _load_module(name: str, path: Path) -> Any:
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, path)
        assert spec is not None and spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[name] = module
        spec.loader.exec_module(module)
    return sys.modules[name]


@pytest.fixture(scope="session")
def host() -> Any:
    """The one host application of this process."""
    if importlib.util.find_spec("slicer") is None:
        pytest.skip("needs slicer-core")
    from MedMMSlicerHost.application import HostApplication

    return HostApplication.instance()


@pytest.fixture
def scene(host: Any, capfd: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """An empty scene; the test fails if VTK, MRML or an observer complains on standard error."""
    host.clear()
    yield host.scene
    host.clear()
    complaints = capfd.readouterr().err
    for word in ("ERR|", "WARN|", "Traceback", "Error:"):
        assert word not in complaints, complaints


@pytest.fixture(scope="session")
def chest_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder with the tiny multimodal bundle ``tiny-chest``: real ONNX files with known answers."""
    tiny = _load_module("tiny_bundle_for_reading", HERE.parent / "multimodal" / "tiny_bundle.py")
    folder = tmp_path_factory.mktemp("chest-bundles")
    tiny.write_tiny(folder / "tiny-chest")
    return folder


@pytest.fixture
def catalog(threshold_bundle: Path, chest_folder: Path) -> BundleCatalog:
    """``threshold-test`` for volumes, ``tiny-chest`` for radiographs."""
    return BundleCatalog([threshold_bundle.parent, chest_folder])


MakeWorker = Callable[..., WorkerClient]


@pytest.fixture
def make_worker(tmp_path: Path) -> Iterator[MakeWorker]:
    """A function that makes a worker which pauses before each run."""
    made: list[WorkerClient] = []

    def make(pause_s: float = 0.0, deaf: bool = False) -> WorkerClient:
        environment = {
            **os.environ,
            "PYTHONPATH": os.pathsep.join([str(HERE), os.environ.get("PYTHONPATH", "")]),
            "MEDMM_TEST_PAUSE_S": str(pause_s),
            "MEDMM_TEST_DEAF": "1" if deaf else "",
        }
        exchange = tmp_path / f"exchange-{len(made)}"
        exchange.mkdir()
        made.append(WorkerClient(environment=environment, exchange_parent=exchange, module="slow_worker"))
        return made[-1]

    yield make
    for worker in made:
        worker.close()


class Watch:
    """How long calls kept the event loop."""

    def __init__(self) -> None:
        self.longest_s = 0.0
        self.polls = 0

    def finish(self, room: ReadingRoom, timeout_s: float = 120.0) -> Watch:
        """Poll as a panel's timer does, until nothing goes on."""
        end = time.monotonic() + timeout_s
        while room.run.state.busy:
            assert time.monotonic() < end, room.run.state
            start = time.thread_time()
            room.run.poll()
            self.polls += 1
            self.longest_s = max(self.longest_s, time.thread_time() - start)
            time.sleep(0.005)
        return self


def finish(room: ReadingRoom) -> Watch:
    """Wait for the end of what goes on."""
    return Watch().finish(room)


def settle(room: ReadingRoom) -> None:
    """Wait for an end that is no error."""
    finish(room)
    assert room.message is None or room.message.severity == "info", room.message


class WarmWorker(WorkerClient):
    """The real worker, which the rooms of several tests share: `close` only ends the run in progress."""

    def close(self) -> None:
        """End the run in progress."""
        self.cancel()
        self.poll()


@pytest.fixture(scope="session")
def worker() -> Iterator[WorkerClient]:
    """A worker that stays warm."""
    client = WarmWorker()
    yield client
    WorkerClient.close(client)


@pytest.fixture
def room(scene: Any, catalog: BundleCatalog, worker: WorkerClient) -> Iterator[ReadingRoom]:
    """A reading room with an empty scene; its worker is the real one."""
    made = ReadingRoom(scene, catalog, worker)
    yield made
    made.close()


@pytest.fixture
def make_room(
    scene: Any, catalog: BundleCatalog, worker: WorkerClient
) -> Iterator[Callable[..., ReadingRoom]]:
    """A function that makes rooms on the same scene."""
    made: list[ReadingRoom] = []

    def make(**changes: Any) -> ReadingRoom:
        made.append(ReadingRoom(scene, **{"catalog": catalog, "worker": worker, **changes}))
        return made[-1]

    yield make
    for item in made:
        item.close()


def write_radiograph(
    path: Path, study: str = "1.2.826.1", view: str = "PA", rows: int = 80, columns: int = 64, **tags: Any
) -> Path:
    """A DICOM chest radiograph: two lungs, and a bright patch on the patient's right."""
    import pydicom
    from pydicom.dataset import Dataset, FileMetaDataset

    array = np.zeros((rows, columns), np.uint16)
    array[rows // 4 : 3 * rows // 4, columns // 8 : 3 * columns // 8] = 800
    array[rows // 4 : 5 * rows // 8, 5 * columns // 8 : 7 * columns // 8] = 800
    array[rows // 4 : rows // 4 + rows // 8, columns // 8 : columns // 4] = 1000
    data = Dataset()
    data.file_meta = FileMetaDataset()
    data.file_meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data.file_meta.MediaStorageSOPClassUID = pydicom.uid.DigitalXRayImageStorageForPresentation
    data.SOPClassUID = data.file_meta.MediaStorageSOPClassUID
    data.SOPInstanceUID = data.file_meta.MediaStorageSOPInstanceUID = f"{study}.{len(view)}.1"
    data.StudyInstanceUID, data.SeriesInstanceUID = study, f"{study}.{len(view)}"
    data.Modality, data.BodyPartExamined, data.ViewPosition = "DX", "CHEST", view
    data.PatientName, data.PatientID = "Doe^Jane", "4711"
    data.PatientAge, data.PatientSex = "071Y", "F"
    data.StudyDate, data.StudyTime = "20260102", "101500"
    data.AcquisitionDate, data.AcquisitionTime = "20260102", "101500"
    data.StudyDescription, data.SeriesDescription = "Chest", f"Chest {view}"
    data.SeriesNumber = 1 if view == "PA" else 2
    data.Rows, data.Columns, data.SamplesPerPixel = rows, columns, 1
    data.PhotometricInterpretation, data.PixelRepresentation = "MONOCHROME2", 0
    data.BitsAllocated, data.BitsStored, data.HighBit = 16, 12, 11
    data.ImagerPixelSpacing = data.PixelSpacing = [1.5, 1.2]
    data.RescaleSlope, data.RescaleIntercept = "0.001", "0"
    for name, value in tags.items():
        setattr(data, name, value)
    data.PixelData = array.tobytes()
    path.parent.mkdir(parents=True, exist_ok=True)
    data.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture
def radiograph(tmp_path: Path) -> Path:
    """A DICOM chest radiograph of Jane Doe."""
    return write_radiograph(tmp_path / "radiograph" / "chest.dcm")
