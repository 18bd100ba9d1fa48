"""Marks put on an image: letters and borders of a film, crosses and lines of an ultrasound caliper."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

__all__ = ["mark_features", "thin_marks", "without_margins", "without_marks"]

MARGIN_SHARE = 0.12
MARK_CONTRAST = 1.8
"""How far a mark stands out of its surroundings, in standard deviations of the image."""

MARK_BRIGHTNESS = 1.5
"""How bright a mark is, in standard deviations above the mean."""


def without_margins(images: NDArray[Any]) -> NDArray[np.float32]:
    """Images (N, S, S) whose margins, where letters stand, are covered with the mean gray."""
    size = images.shape[-1]
    margin = int(size * MARGIN_SHARE)
    covered = np.zeros(images.shape, np.float32)
    inner = slice(margin, size - margin)
    covered[:, inner, inner] = images[:, inner, inner]
    return covered


def thin_marks(image: NDArray[Any]) -> NDArray[np.bool_]:
    """Thin bright structures of an image (S, S) of unit spread: letters, crosses and lines of a caliper."""
    gray = image.astype(np.float32)
    hat = gray - ndimage.grey_opening(gray, size=(7, 7))
    found = (hat > MARK_CONTRAST) & (gray > MARK_BRIGHTNESS)
    return np.asarray(ndimage.binary_dilation(found, iterations=2))


def without_marks(images: NDArray[Any]) -> NDArray[np.float32]:
    """Images (N, S, S) whose thin bright marks are replaced by the median of their surroundings."""
    result = images.astype(np.float32)
    for picture in result:
        marks = thin_marks(picture)
        if marks.any():
            around = ndimage.median_filter(np.where(marks, picture.min(), picture), size=(15, 15))
            picture[marks] = around[marks]
    return result


def mark_features(images: NDArray[Any]) -> NDArray[np.float64]:
    """How much of each image is marks, log scale, (N, 1): what a classifier could cheat with."""
    shares = np.array([[float(np.log10(1e-5 + thin_marks(image).mean()))] for image in images])
    return np.asarray(shares - shares.mean())
