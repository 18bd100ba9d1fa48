"""Frozen dataclasses to and from plain JSON values.

Arrays do not belong in JSON: label maps and heat maps keep their description and say in which file the voxels
are.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any

import numpy as np

from .geometry import VolumeGeometry

__all__ = ["to_json"]


def to_json(value: Any) -> Any:
    """Turn dataclasses, mappings and sequences into values that ``json.dumps(..., allow_nan=False)`` takes.

    An ndarray becomes ``{"shape": [...], "dtype": "..."}``; a number that is not finite becomes the
    text ``inf``, ``-inf`` or ``nan``; fields declared with ``repr=False`` (patient name and id) are left out.
    """
    if isinstance(value, VolumeGeometry):
        return value.to_json()
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            field.name: to_json(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.repr
        }
    if isinstance(value, np.ndarray):
        return {"shape": list(value.shape), "dtype": str(value.dtype)}
    if isinstance(value, Mapping):
        return {str(key): to_json(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(item) for item in value]
    if isinstance(value, np.generic):
        return to_json(value.item())
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, PurePath):
        return str(value)
    return value
