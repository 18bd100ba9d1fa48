"""The host, its scene, and phantom segmentations: oblique, anisotropic, asymmetric."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.core import CodedConcept, LabelMap, Provenance, SegmentDefinition, Volume, VolumeGeometry

_CODE = CodedConcept("52988006", "SCT", "Lesion")


@pytest.fixture(scope="session")
def host_application() -> Any:
    """The one host application of this process."""
    if importlib.util.find_spec("slicer") is None:
        pytest.skip("needs slicer-core")
    from MedMMSlicerHost.application import HostApplication

    return HostApplication.instance()


@pytest.fixture
def scene(host_application: Any, capfd: pytest.CaptureFixture[str]) -> Iterator[Any]:
    """An empty scene; the test fails if VTK, MRML or an observer complains on standard error."""
    host_application.clear()
    yield host_application.scene
    host_application.clear()
    complaints = capfd.readouterr().err
    assert "ERR|" not in complaints and "WARN|" not in complaints and "Traceback" not in complaints, (
        complaints
    )


def _rotation() -> np.ndarray:
    matrix, _ = np.linalg.qr(np.array([[0.9, -0.3, 0.2], [0.25, 0.85, -0.35], [-0.1, 0.4, 0.95]]))
    matrix *= np.sign(np.diag(matrix))
    return matrix if np.linalg.det(matrix) > 0 else matrix * [1, 1, -1]


@dataclass(frozen=True)
class Phantom:
    """A segmentation in the scene and what is in it."""

    volume_id: str
    segmentation_id: str
    geometry: VolumeGeometry
    image: np.ndarray
    labels: np.ndarray


SHAPE = (12, 26, 34)


def oblique_geometry(shape: tuple[int, int, int] = SHAPE) -> VolumeGeometry:
    """Oblique and anisotropic."""
    return VolumeGeometry.from_axes(shape, (2.5, 1.1, 0.7), (12.3456789, -45.1, 33.3), _rotation())


@pytest.fixture
def add_phantom(scene: Any) -> Callable[..., Phantom]:
    """Put a volume and two touching segments, ``inner`` and ``outer``, into the scene."""
    from MedMMSlicerLib.scene.segmentations import add_segmentation
    from MedMMSlicerLib.scene.volumes import add_volume

    def add(geometry: VolumeGeometry | None = None) -> Phantom:
        grid = geometry or oblique_geometry()
        size_k, size_j, size_i = grid.shape
        image = np.random.default_rng(3).integers(0, 1000, grid.shape).astype(np.int16)
        labels = np.zeros(grid.shape, np.uint8)
        first_k, last_k = size_k // 4, max(3 * size_k // 4, 1)
        labels[first_k:last_k, size_j // 4 : size_j // 2, size_i // 3 : size_i // 2] = 1
        labels[first_k:last_k, size_j // 2 : size_j // 2 + 3, size_i // 4 : size_i // 2] = 2
        segments = (
            SegmentDefinition(1, "inner", {"en": "Inner", "zh-CN": "内"}, _CODE, _CODE, (230, 40, 40)),
            SegmentDefinition(2, "outer", {"en": "Outer", "zh-CN": "外"}, _CODE, _CODE, (30, 60, 230)),
        )
        volume_id = add_volume(scene, Volume(image, grid), name="phantom")
        provenance = Provenance("test", "1", "", (), "", "", {}, {}, "")
        label_map = LabelMap(labels, grid, segments)
        node_id = add_segmentation(scene, label_map, provenance, volume_id, "segmentation")
        return Phantom(volume_id, node_id, grid, image, labels)

    return add


@pytest.fixture
def phantom(add_phantom: Callable[..., Phantom]) -> Phantom:
    """The oblique phantom."""
    return add_phantom()


@pytest.fixture
def voxels(scene: Any) -> Callable[[str, str, VolumeGeometry], np.ndarray]:
    """Read a segment back as a mask on a grid, by the library's own reader."""
    from MedMMSlicerLib.scene.segmentations import label_map_from_node

    def read(node_id: str, segment_id: str, grid: VolumeGeometry) -> np.ndarray:
        return label_map_from_node(scene, node_id, [segment_id], grid).array != 0

    return read


@pytest.fixture(scope="session")
def settings_folder(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Where settings of these tests go."""
    return tmp_path_factory.mktemp("settings")


@pytest.fixture(scope="session")
def environment(host_application: Any, settings_folder: Any) -> Any:
    """The strict Qt layer and the completed ``slicer`` module."""
    if importlib.util.find_spec("PySide6") is None:
        pytest.skip("needs PySide6")
    from MedMMSlicerHost import slicer_environment

    return slicer_environment.install(host_application, settings_folder)


@pytest.fixture
def room() -> Any:
    """A room without scene and worker that remembers what it was asked for."""
    from .fake_room import FakeRoom

    return FakeRoom()


@pytest.fixture
def fake_host() -> Any:
    """The application around a part: answers come from the test."""
    from .fake_room import FakeHost

    return FakeHost()


@pytest.fixture
def show(environment: Any, capfd: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Any]]:
    """Show a part in a window of 400 px; exceptions in slots and overrides fail the test."""
    import sys

    import qt

    errors: list[BaseException] = []
    previous, sys.excepthook = sys.excepthook, lambda kind, value, trace: errors.append(value)
    windows = []

    def open_window(widget: Any, width: int = 400, height: int = 700) -> Any:
        window = qt.QScrollArea()
        window.setWidgetResizable(True)
        window.setHorizontalScrollBarPolicy(qt.Qt.ScrollBarAsNeeded)
        window.setWidget(widget)
        window.resize(width, height)
        window.show()
        windows.append(window)
        process_events()
        return window

    yield open_window
    for window in windows:
        window.takeWidget().setParent(None)
        window.close()
        window.deleteLater()
    process_events()
    sys.excepthook = previous
    assert not errors, errors
    complaints = capfd.readouterr().err
    assert "Traceback" not in complaints and "Warning" not in complaints, complaints


def process_events(rounds: int = 8) -> None:
    """Let Qt work off what waits."""
    import qt

    for _ in range(rounds):
        qt.QApplication.processEvents()
