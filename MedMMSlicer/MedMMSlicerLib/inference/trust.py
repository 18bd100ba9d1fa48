"""Whether an image is one that the bundle is made for."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..bundles.manifest import Manifest

__all__ = ["judge_novelty"]


def judge_novelty(manifest: Manifest, novelty: NDArray[Any] | None) -> tuple[float | None, str]:
    """Compare the novelty of an image with the manifest's limit.

    Parameters
    ----------
    manifest : Manifest
    novelty : ndarray of float, one element, optional
        What the image graph gave.

    Returns
    -------
    novelty : float, optional
    refusal : str
        A sentence if the image is not applicable, else empty.
    """
    if novelty is None or np.size(novelty) == 0:
        return None, ""
    value = float(np.ravel(novelty)[0])
    rule = manifest.trust
    if rule is None or value <= rule.threshold:
        return value, ""
    # NaN compares with nothing, and an image without a novelty must not pass as familiar.
    shown = f"{value:.3g}" if math.isfinite(value) else "not a number"
    known = rule.description.get("en", "").rstrip(".")
    return value, (
        f"Not applicable: the image is unlike those that {manifest.id} was made for ({known}); novelty "
        f"{shown}, limit {rule.threshold:.3g}."
    )
