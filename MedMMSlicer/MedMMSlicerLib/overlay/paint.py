"""Pixels of one panel: the windowed image, a heat map over it, and the outlines of the segments."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..core import Color, HeatMap, LabelMap, Volume
from .planes import Plane, box_corners_ras, sample, supersampling
from .regions import Slices

__all__ = ["BACKGROUND", "display_window", "heat_colors", "paint_heat_map", "paint_image", "paint_segments"]

BACKGROUND = (0, 0, 0)
_FILL_OPACITY = 0.22
_HEAT_OPACITY = 0.6
_OUTLINE_PX = 1.8
# Of a pixel's edge for the outlines: makes them anti-aliased.
_LEAST_FACTOR = 3
# Black, purple, red, orange, pale yellow: lightness grows evenly, so that it also reads in gray.
_HEAT_STOPS = np.array([[0, 0, 4], [87, 16, 110], [188, 55, 84], [249, 142, 9], [252, 255, 164]], float)

Pixels = NDArray[np.float32]


def display_window(volume: Volume) -> tuple[float, float]:
    """Gray values that become black and white: the file's window, else 98.5 percent of the values."""
    if volume.window is not None and volume.window[1] > 0 and np.isfinite(volume.window).all():
        center, width = volume.window
        return center - width / 2, center + width / 2
    step = max(1, round((volume.array.size / 2e6) ** (1 / 3)))
    values = volume.array[:: step if volume.dimensions == 3 else 1, ::step, ::step].ravel()
    values = values[np.isfinite(values)].astype(np.float64)
    if values.size == 0:
        return 0.0, 1.0
    low, high = np.percentile(values, [1.0, 99.5])
    return float(low), float(max(high, low + 1e-6))


def paint_image(volume: Volume, plane: Plane, window: tuple[float, float]) -> Pixels:
    """The image on a plane.

    Returns
    -------
    ndarray of float32, shape (rows, columns, 3), 0 to 255
    """
    factor = supersampling(volume.geometry, plane)
    channels = [volume.array[..., index] for index in range(3)] if volume.is_color else [volume.array]
    low, high = (0.0, 255.0) if volume.is_color else window
    painted = []
    for channel in channels:
        values, inside = sample(channel, volume.geometry, plane, factor, smooth=True)
        gray = np.clip((values - low) / (high - low), 0, 1) * 255
        painted.append((gray * inside, inside))
    coverage = _reduced(painted[0][1].astype(np.float32), factor)[..., None]
    colors = np.stack([_reduced(gray, factor) for gray, _ in painted], axis=-1)
    ground = np.array(BACKGROUND, np.float32)
    return np.asarray(np.broadcast_to(colors, (*colors.shape[:2], 3)) + ground * (1 - coverage), np.float32)


def paint_segments(
    pixels: Pixels, label_map: LabelMap, boxes: Mapping[int, Slices], plane: Plane, *, filled: bool = True
) -> Pixels:
    """Lay the fill and the anti-aliased outline of each segment over an image.

    Parameters
    ----------
    pixels : ndarray of float32, shape (rows, columns, 3), 0 to 255
    label_map : LabelMap
    boxes : mapping of int to slices
        Where each label is, see `regions.segment_boxes`.
    plane : Plane
        Of ``pixels``.
    filled : bool
        False: the outline alone, where a heat map lies below.
    """
    pixels = pixels.copy()
    opacity = _FILL_OPACITY if filled else 0.0
    for segment in label_map.segments:
        if segment.value not in boxes:
            continue
        limits = [(part.start - 1.5, part.stop + 0.5) for part in boxes[segment.value]]
        footprint = plane.footprint(box_corners_ras(label_map.geometry, limits))
        if footprint is None:
            continue
        rows, columns = footprint
        fill, line = _segment_coverage(label_map, segment.value, plane.cropped(rows, columns))
        color = np.array(segment.color, np.float32)
        part = pixels[slice(*rows), slice(*columns)]
        pixels[slice(*rows), slice(*columns)] = _blend(_blend(part, color, fill * opacity), color, line)
    return pixels


def _segment_coverage(label_map: LabelMap, label: int, plane: Plane) -> tuple[Pixels, Pixels]:
    """How much of each pixel the segment and its outline cover, 0 to 1, both of shape (rows, columns)."""
    factor = supersampling(label_map.geometry, plane)
    field, inside = sample(label_map.array, label_map.geometry, plane, factor, label=label)
    # Softens the corners of voxels; more than 0.3 voxels would make a single voxel vanish.
    field = _blurred(field, 0.3 * min(label_map.geometry.spacing_mm) / plane.pixel_mm * factor)
    finer = -(-_LEAST_FACTOR // factor)
    mask = _enlarged(field, finer) > 0.5
    return _coverage(mask & inside.repeat(finer, axis=0).repeat(finer, axis=1), factor * finer)


def _enlarged(field: Pixels, factor: int) -> Pixels:
    """A smooth field on a grid ``factor`` times finer, which is much cheaper than sampling it there."""
    if factor == 1:
        return field
    size = (field.shape[1] * factor, field.shape[0] * factor)
    return np.asarray(Image.fromarray(field).resize(size, Image.Resampling.BILINEAR), np.float32)


def _coverage(mask: NDArray[np.bool_], factor: int) -> tuple[Pixels, Pixels]:
    """How much of each pixel the inside and the line just inside the border cover, 0 to 1."""
    from scipy.ndimage import distance_transform_edt

    if not mask.any():
        empty = np.zeros((mask.shape[0] // factor, mask.shape[1] // factor), np.float32)
        return empty, empty
    # The picture's border is no border of the segment: the distance is taken on a padded mask.
    depth = distance_transform_edt(np.pad(mask, 1, mode="edge"))[1:-1, 1:-1]
    line = mask & (depth <= _OUTLINE_PX * factor)
    return _reduced(mask.astype(np.float32), factor), _reduced(line.astype(np.float32), factor)


def paint_heat_map(pixels: Pixels, heat_map: HeatMap, plane: Plane) -> Pixels:
    """Blend a heat map over ``pixels`` (rows, columns, 3), the more opaque the hotter."""
    values, inside = sample(heat_map.array, heat_map.geometry, plane, smooth=True)
    heat = np.clip(values, 0, 1) * inside
    return _blend(pixels, heat_colors(heat), heat * _HEAT_OPACITY)


def heat_colors(values: NDArray[np.float32]) -> Pixels:
    """Colors of values 0 to 1: shape (..., 3), 0 to 255."""
    stops = np.linspace(0, 1, len(_HEAT_STOPS))
    channels = [np.interp(values, stops, _HEAT_STOPS[:, index]) for index in range(3)]
    return np.stack(channels, axis=-1).astype(np.float32)


def _blend(pixels: Pixels, color: Pixels | Color, opacity: Pixels) -> Pixels:
    return np.asarray(pixels + (np.asarray(color, np.float32) - pixels) * opacity[..., None], np.float32)


def _blurred(field: Pixels, sigma: float) -> Pixels:
    from scipy.ndimage import gaussian_filter

    return np.asarray(gaussian_filter(field, sigma), np.float32) if sigma > 0.3 else field


def _reduced(values: NDArray[np.float32], factor: int) -> Pixels:
    rows, columns = values.shape[0] // factor, values.shape[1] // factor
    return np.asarray(values.reshape(rows, factor, columns, factor).mean(axis=(1, 3)), np.float32)
