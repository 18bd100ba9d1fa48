"""The synthetic volume and the bundle on which ``medmm bench`` measures."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.loading import ModelBundle
from ..bundles.manifest import (
    GraphDefinition,
    InputRole,
    IntensityStep,
    LabelDefinition,
    Manifest,
    Postprocess,
    Preprocess,
    Region,
)
from ..core import Case, CodedConcept, HeaderFacts, Series, Volume, VolumeGeometry

__all__ = ["BenchSettings", "bench_bundle", "bench_case", "fitting_blocks", "synthetic_volume"]

GRAYS = (0.0, 300.0, 600.0, 900.0)
"""Air, and three tissues."""

NOISE = 25.0


@dataclass(frozen=True)
class BenchSettings:
    """Sizes of the measurement: volume and window K, J, I; overlap; labels with background; seed; threads of
    both runtimes (0: their own choice, as many as there are cores).
    """

    shape: tuple[int, int, int] = (160, 256, 256)
    window: tuple[int, int, int] = (96, 96, 96)
    overlap: float = 0.25
    labels: int = 3
    seed: int = 20261122
    threads: int = 0

    def to_json(self) -> str:
        """For another process."""
        return json.dumps(dataclasses.asdict(self))

    @classmethod
    def from_json(cls, text: str) -> BenchSettings:
        """Inverse of `to_json`."""
        values: dict[str, Any] = json.loads(text)
        return cls(**{**values, "shape": tuple(values["shape"]), "window": tuple(values["window"])})


def synthetic_volume(settings: BenchSettings) -> tuple[Volume, NDArray[np.uint8]]:
    """A body of elliptical section in air, as in an axial field of view; slightly less than half is body.

    Parameters
    ----------
    settings : BenchSettings

    Returns
    -------
    volume : Volume
        int16 with noise.
    truth : ndarray of uint8, shape (K, J, I)
        1 for tubes that wind through the body, 2 for round bodies, 0 for the rest.
    """
    generator = np.random.default_rng(settings.seed)
    depth, height, width = settings.shape
    k, j, i = np.ogrid[:depth, :height, :width]
    y, x = (j - (height - 1) / 2) / (0.31 * height), (i - (width - 1) / 2) / (0.455 * width)
    body = np.broadcast_to(x**2 + y**2 < 1, settings.shape)
    angle = 2 * np.pi * k / depth
    truth = np.zeros(settings.shape, np.uint8)
    for phase in (0.0, 2.1, 4.2):
        tube = (x - 0.5 * np.cos(angle + phase)) ** 2 + (0.7 * (y - 0.4 * np.sin(angle + phase))) ** 2
        truth[tube < 0.02] = 1
    for _ in range(10):
        center = generator.uniform((0.1, -0.5, -0.5), (0.9, 0.5, 0.5))
        distance = ((k / depth - center[0]) * 3) ** 2 + (y - center[1]) ** 2 + (x - center[2]) ** 2
        truth[distance < generator.uniform(0.02, 0.06)] = 2
    truth[~body] = 0
    gray = np.where(body, GRAYS[1], GRAYS[0]) + (GRAYS[2] - GRAYS[1]) * truth
    noise = generator.normal(0, NOISE, settings.shape)
    values = np.abs(gray + noise).astype(np.int16)
    return Volume(values, VolumeGeometry.from_axes(settings.shape, (1.5, 1.5, 1.5), (0, 0, 0))), truth


def fitting_blocks(
    tensor: NDArray[np.float32], truth: NDArray[np.uint8], settings: BenchSettings
) -> list[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    """Blocks of half a window's edge: air, border, tubes and round bodies."""
    generator = np.random.default_rng(settings.seed)
    size = [min(length, max(16, edge // 2)) for length, edge in zip(settings.shape, settings.window)]
    blocks = []
    for target in (None, 1, 1, 2, 2, 2):
        starts = [int(generator.integers(0, length - edge + 1)) for length, edge in zip(settings.shape, size)]
        if target is not None:
            voxels = np.argwhere(truth == target)
            middle = voxels[generator.integers(len(voxels))]
            starts = [
                int(np.clip(center - edge // 2, 0, length - edge))
                for center, edge, length in zip(middle, size, settings.shape)
            ]
        k, j, i = (slice(start, start + edge) for start, edge in zip(starts, size))
        blocks.append((tensor[k, j, i], truth[k, j, i]))
    return blocks


def bench_bundle(network: Path, settings: BenchSettings, *, skip_background: bool) -> ModelBundle:
    """A bundle in memory around a network file; none of its terms are meant for a report."""
    concept = CodedConcept("bench", "99MEDMM", "Synthetic structure")
    labels = tuple(
        LabelDefinition(
            value, f"structure-{value}", {"en": f"Structure {value}"}, concept, concept, (200, 80, 40)
        )
        for value in range(1, settings.labels)
    )
    manifest = Manifest(
        id="bench",
        version="1",
        title={"en": "Synthetic measurement"},
        intended_use={"en": "Measuring speed on a synthetic volume."},
        not_for=(),
        license="Apache-2.0",
        tasks=("segmentation",),
        inputs=(InputRole("current", (), 3),),
        context=(),
        graphs={"image": GraphDefinition(network.name, {"image": "image"}, {"logits": "logits"})},
        preprocess=Preprocess(
            Region("sliding-window", settings.window, settings.overlap, skip_background),
            intensity=(IntensityStep("z-score"),),
        ),
        postprocess=Postprocess(),
        labels=labels,
        findings=(),
        measurements=("volume",),
        report_template="segmentation",
        files={},
    )
    return ModelBundle(network.parent, manifest, "", {})


def bench_case(volume: Volume) -> Case:
    """The volume as a case."""
    return Case("bench", {"current": Series("synthetic", HeaderFacts(), (), volume=volume)})
