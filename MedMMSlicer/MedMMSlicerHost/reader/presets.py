"""Windows for gray values: the usual ones of CT, and those that the image itself gives."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from MedMMSlicerLib.scene.volumes import volume_from_node
from numpy.typing import NDArray

from .readout import unit_of

__all__ = ["CT_PRESETS", "Preset", "auto_window", "full_window", "is_ct"]


@dataclass(frozen=True)
class Preset:
    """A window: ``width`` and ``level`` (its middle) in HU."""

    id: str
    name: str
    width: float
    level: float


CT_PRESETS = (
    Preset("lung", "Lung", 1500, -600),
    Preset("soft-tissue", "Soft tissue", 400, 40),
    Preset("bone", "Bone", 1800, 400),
    Preset("brain", "Brain", 80, 40),
    Preset("stroke", "Stroke", 40, 40),
    Preset("subdural", "Subdural", 215, 75),
    Preset("liver", "Liver", 150, 60),
    Preset("vessels", "Vessels", 600, 200),
)
"""As radiology departments set them; each differs by a few HU from one textbook to the next."""

_PERCENTILES = (0.5, 99.5)
"""Of the voxels: outliers such as metal or burnt-in text do not darken the rest."""

_SAMPLES = 200_000


def is_ct(volume: Any) -> bool:
    """Whether a volume node holds Hounsfield units: it says so, or says nothing and reaches down to air."""
    from MedMMSlicerLib.bundles.suggestion import holds_air_in_hu

    if volume is None:
        return False
    unit = unit_of(volume)
    if unit or volume.GetAttribute("MedMM.Modality"):
        return unit == "HU"
    return holds_air_in_hu(volume_from_node(volume.GetScene(), volume.GetID()))


def auto_window(scene: Any, volume_id: str) -> tuple[float, float]:
    """Width and level that show all but the darkest and brightest half percent of the voxels."""
    low, high = np.percentile(_voxels(scene, volume_id), _PERCENTILES).tolist()
    return max(high - low, 1e-6), (high + low) / 2


def full_window(scene: Any, volume_id: str) -> tuple[float, float]:
    """Width and level that show every gray value."""
    voxels = volume_from_node(scene, volume_id).array
    low, high = float(np.nanmin(voxels)), float(np.nanmax(voxels))
    return max(high - low, 1e-6), (high + low) / 2


def _voxels(scene: Any, volume_id: str) -> NDArray[np.float64]:
    voxels = volume_from_node(scene, volume_id).array.ravel()
    # Evenly spread samples are enough for a percentile, and take a millisecond.
    sample = voxels[:: max(1, voxels.size // _SAMPLES)].astype(np.float64)
    sample = sample[np.isfinite(sample)]
    return sample if sample.size else np.zeros(1)
