"""Where a prediction came from: hashes, versions, seconds per stage."""

from __future__ import annotations

import contextlib
import hashlib
import importlib.metadata
import platform
import time
from collections.abc import Iterator
from functools import lru_cache

import numpy as np

from .. import __version__
from ..core import InputReference, Series, Volume
from .devices import installed_runtimes

__all__ = ["StageClock", "input_reference", "software_versions", "volume_sha256"]


class StageClock:
    """Seconds of wall time per stage, added up over passes."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    @contextlib.contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Count the time inside of the ``with`` block."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


def volume_sha256(volume: Volume) -> str:
    """SHA-256 over type, shape, voxels in K, J, I order, and the voxel-to-RAS matrix."""
    digest = hashlib.sha256()
    array = volume.array
    digest.update(f"{array.dtype.str} {array.shape}".encode())
    for plane in array:
        # Plane by plane: an image with flipped axes is not copied as a whole.
        digest.update(np.ascontiguousarray(plane).data)
    digest.update(np.ascontiguousarray(volume.geometry.ijk_to_ras, "<f8").data)
    return digest.hexdigest()


def input_reference(role: str, series: Series, volume: Volume) -> InputReference:
    """What was read, for the provenance."""
    return InputReference(role, series.name, series.study_uid, series.series_uid, volume_sha256(volume))


@lru_cache(maxsize=1)
def _installed() -> tuple[tuple[str, str], ...]:
    names = ("numpy", "scipy", "SimpleITK")
    packages = [(name, importlib.metadata.version(name)) for name in names]
    runtimes = [(runtime.distribution, runtime.version) for runtime in installed_runtimes()]
    return (*packages, *runtimes)


def software_versions() -> dict[str, str]:
    """Versions of MedMM, Python and the packages that compute."""
    return {"medmm": __version__, "python": platform.python_version(), **dict(_installed())}
