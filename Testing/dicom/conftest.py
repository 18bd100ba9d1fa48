"""Fixtures of the image reading tests."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from dicom_phantoms import Phantom, ct_slices, phantom, write_slices


@pytest.fixture(scope="session")
def pydicom_data() -> Path:
    """The image files of the pydicom-data wheel."""
    spec = find_spec("data_store")
    if spec is None or spec.origin is None:
        pytest.skip("needs the pydicom-data package")
    return Path(spec.origin).parent / "data"


@pytest.fixture(scope="session")
def pydicom_files() -> Path:
    """The image files inside the pydicom wheel."""
    spec = find_spec("pydicom")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "data" / "test_files"


@pytest.fixture
def a_phantom() -> Phantom:
    """Oblique, anisotropic, right-handed."""
    return phantom()


@pytest.fixture
def a_ct_folder(tmp_path: Path, a_phantom: Phantom) -> Path:
    """The phantom as single-frame DICOM, files shuffled."""
    return write_slices(tmp_path / "ct", ct_slices(a_phantom))
