"""One pass of a bundle over an image: tensor, network, label map."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import Manifest, Region
from ..core import Volume, VolumeGeometry
from ..errors import BundleError, MemoryLimitError
from .engine import RunControl
from .evidence import coarse_grid
from .foreground import foreground_map
from .network import GraphRunner
from .plan import MemoryNeed, RunPlan, plan_run, smaller_window
from .postprocess import clean_labels, label_volume
from .preprocess import PreparedInput, planned_block, prepare
from .provenance import StageClock
from .sliding_window import WindowSettings, predict_windows

__all__ = ["PassResult", "ReadingPass", "channel_values", "scaled"]

_OTHER_OUTPUTS = ("embedding", "activation", "novelty")


@dataclass(frozen=True, eq=False)
class PassResult:
    """What one pass gave.

    Parameters
    ----------
    labels : ndarray of uint8, shape (K, J, I), optional
        On the grid of the image, with the label values of the manifest.
    scores : ndarray of float32, shape (F,), optional
    notes : tuple of str
    facts : dict
        For the provenance, e.g. how many windows were run.
    outputs : mapping of str to ndarray of float32
        What else the network gave in one pass over the whole image: ``embedding``, ``activation``,
        ``novelty``.
    block : VolumeGeometry, optional
        Of what the network saw.
    """

    labels: NDArray[np.uint8] | None
    scores: NDArray[np.float32] | None
    notes: tuple[str, ...]
    facts: dict[str, Any]
    outputs: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    block: VolumeGeometry | None = None


def channel_values(manifest: Manifest) -> tuple[int, ...]:
    """Label value of each channel of a bundle's logits; 0 is the background of ``argmax``."""
    values = tuple(sorted(label.value for label in manifest.labels))
    return values if manifest.postprocess.decision == "threshold" else (0, *values)


@dataclass(frozen=True, eq=False)
class _Raw:
    """What the network gave: logits (C, K, J, I) on ``grid``, scores, and the rest."""

    logits: NDArray[np.float32] | None
    scores: NDArray[np.float32] | None = None
    others: Mapping[str, NDArray[np.float32]] = field(default_factory=dict)
    grid: VolumeGeometry | None = None
    notes: tuple[str, ...] = ()
    facts: dict[str, Any] = field(default_factory=dict)


def scaled(control: RunControl, low: float, high: float) -> RunControl:
    """A control whose 0..1 is ``low``..``high`` of another one."""

    def progress(stage: str, fraction: float) -> None:
        control.progress(stage, low + (high - low) * fraction)

    return RunControl(progress, control.cancelled)


@dataclass(frozen=True, eq=False)
class ReadingPass:
    """A bundle's graph, ready to read an image.

    Parameters
    ----------
    manifest : Manifest
    runner : GraphRunner
    volume : Volume
    clock : StageClock
        Gets the seconds of ``preprocess``, ``network`` and ``postprocess``.
    limit_bytes : int
        Memory that the pass may use beside the image and the session.
    """

    manifest: Manifest
    runner: GraphRunner
    volume: Volume
    clock: StageClock
    limit_bytes: int

    @property
    def channel_values(self) -> tuple[int, ...]:
        """Label value of each channel of the logits."""
        return channel_values(self.manifest)

    @property
    def _makes_labels(self) -> bool:
        return bool(self.manifest.labels) and "logits" in self.runner.outputs

    def read(self, point_ras: tuple[float, float, float] | None, control: RunControl) -> PassResult:
        """Read the image, or the region around a point.

        Raises
        ------
        UsageError, InputError, BundleError, DeviceError, CancelledError
        """
        role = self.manifest.inputs[0]
        spec = self.manifest.preprocess
        control.step("preprocess", 0.0)
        with self.clock.stage("preprocess"):
            block = planned_block(self.volume.geometry, spec, point_ras, role.dimensions)
            need = MemoryNeed(
                block.shape,
                role.channels,
                len(self.channel_values) if self._makes_labels else 0,
                prod(self.volume.geometry.shape),
            )
            plan = plan_run(need, spec.region, self.limit_bytes, resizable=self.runner.is_resizable)
            prepared = prepare(self.volume, spec, point_ras, role.channels, role.dimensions)
        with self.clock.stage("network"):
            raw = self._run(prepared, plan, scaled(control, 0.1, 0.85))
        labels = None
        if raw.logits is not None:
            control.step("postprocess", 0.85)
            with self.clock.stage("postprocess"):
                labels = self._labels(raw.logits, raw.grid or prepared.geometry)
        control.step("postprocess", 1.0)
        notes = (*plan.notes, *prepared.notes, *raw.notes)
        return PassResult(labels, raw.scores, notes, raw.facts, raw.others, prepared.geometry)

    def _run(self, prepared: PreparedInput, plan: RunPlan, control: RunControl) -> _Raw:
        region = self.manifest.preprocess.region
        if region.kind == "sliding-window" and self._makes_labels and prepared.tensor.ndim == 5:
            logits, notes, facts = self._slide(prepared, region, plan.window, control)
            return _Raw(logits, notes=notes, facts=facts)
        control.step("network", 0.0)
        outputs = self.runner.run(prepared.tensor)
        scores = outputs["scores"].ravel() if "scores" in outputs else None
        others = {part: array for part, array in outputs.items() if part in _OTHER_OUTPUTS}
        if not self._makes_labels:
            return _Raw(None, scores, others)
        logits = self.runner.checked(outputs, len(self.channel_values))
        logits = logits[0][:, None] if logits.ndim == 4 else logits[0]
        grid = prepared.geometry
        if logits.shape[1:] != grid.shape:
            grid = self._coarser(logits.shape[1:], grid)
        if not np.isfinite(logits.sum(dtype=np.float64)):
            raise BundleError(
                f"The output of the network of {self.runner.source} is not finite. Check its intensity steps."
            )
        return _Raw(logits, scores, others, grid)

    def _coarser(self, shape: Sequence[int], block: VolumeGeometry) -> VolumeGeometry:
        """The grid of logits that are coarser than the single image that the network saw as a whole."""
        # The same factor both ways: anything else is a part of the image, or another one.
        fits = (
            self.manifest.preprocess.region.kind == "whole"
            and len(shape) == 3
            and shape[0] == block.shape[0] == 1
            and 1 <= shape[1] <= block.shape[1]
            and shape[1] * block.shape[2] == shape[2] * block.shape[1]
        )
        if not fits:
            raise BundleError(
                f"The network of {self.runner.source} made {tuple(shape)} of {block.shape} "
                "voxels. Correct 'preprocess.region' in metadata.json."
            )
        return coarse_grid(block, shape)

    def _slide(
        self, prepared: PreparedInput, region: Region, window: tuple[int, int, int], control: RunControl
    ) -> tuple[NDArray[np.float32], tuple[str, ...], dict[str, Any]]:
        image = prepared.tensor[0]
        argmax = self.manifest.postprocess.decision == "argmax"
        settings = WindowSettings(
            window,
            region.overlap,
            foreground_map(image[0], prepared.inside) if region.skip_background else None,
            0 if argmax else None,
        )
        notes: tuple[str, ...] = ()
        while True:
            try:
                result = predict_windows(image, self._window_network(), settings, control)
            except MemoryLimitError:
                smaller = smaller_window(settings.size) if self.runner.is_resizable else None
                if smaller is None:
                    raise
                settings = replace(settings, size=smaller)
                size = " x ".join(str(edge) for edge in smaller)
                notes = (f"The memory did not suffice for larger windows; {size} voxels were used.",)
                continue
            facts = {"windows_run": result.windows_run, "windows_total": result.windows_total}
            return result.logits, notes, facts

    def _window_network(self) -> Callable[[NDArray[np.float32]], NDArray[np.float32]]:
        channels = len(self.channel_values)
        return lambda tensor: self.runner.logits(tensor, channels)

    def _labels(self, logits: NDArray[np.float32], grid: VolumeGeometry) -> NDArray[np.uint8]:
        rule, values = self.manifest.postprocess, self.channel_values
        labels = label_volume(logits, grid, self.volume.geometry, rule, values)
        clean_labels(labels, rule, _labels_only(values), self.volume.geometry.voxel_volume_mm3)
        return labels


def _labels_only(values: Sequence[int]) -> list[int]:
    return [value for value in values if value]
