"""Which bundle fits an image, said in a sentence for the reader."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Series
from .loading import ModelBundle
from .manifest import InputRole

__all__ = ["Suggestion", "judge"]


@dataclass(frozen=True)
class Suggestion:
    """Whether a bundle can read a series, and why or why not in one sentence."""

    bundle: ModelBundle
    applicable: bool
    reason: str


@dataclass(frozen=True)
class _Match:
    """``refusal``: a sentence, or empty; ``stated``: what fits; ``open_points``: what was not compared."""

    refusal: str = ""
    stated: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()


def judge(bundle: ModelBundle, series: Series) -> Suggestion:
    """Compare a series with the input roles of a bundle; the role that fits best counts.

    A series that was not loaded yet is compared by its header alone.
    """
    name = bundle.manifest.id
    matches = [_match(name, role, series) for role in bundle.manifest.inputs]
    if not matches:
        return Suggestion(bundle, False, f"{name} reads no images.")
    best = min(matches, key=lambda match: (bool(match.refusal), len(match.open_points)))
    if best.refusal:
        return Suggestion(bundle, False, best.refusal)
    reason = f"{name} fits: {', '.join(best.stated)}." if best.stated else f"{name} may fit."
    if best.open_points:
        reason = f"{reason[:-1]}; {', '.join(best.open_points)}."
    return Suggestion(bundle, True, reason)


def _match(name: str, role: InputRole, series: Series) -> _Match:
    parts = (
        _match_modality(name, role, series),
        _match_dimensions(name, role, series),
        _match_word(name, "body part", role.body_parts, series.facts.body_part),
        _match_word(name, "view", role.views, series.facts.view),
        _match_channels(name, role, series),
        _match_extent(name, role, series),
    )
    return _Match(
        refusal=next((part.refusal for part in parts if part.refusal), ""),
        stated=tuple(text for part in parts for text in part.stated),
        open_points=tuple(text for part in parts for text in part.open_points),
    )


def _match_modality(name: str, role: InputRole, series: Series) -> _Match:
    modality = series.facts.modality.upper()
    if not modality:
        return _Match(open_points=("modality not stated in the file",))
    if modality in role.modalities:
        return _Match(stated=(f"{modality} image",))
    kind = "volumes" if role.dimensions == 3 else "images"
    readable = " and ".join(role.modalities)
    article = "an" if modality[0] in "AEFHILMNORSX" else "a"
    return _Match(refusal=f"{name} reads {readable} {kind}; this is {article} {modality} image.")


def _match_dimensions(name: str, role: InputRole, series: Series) -> _Match:
    if series.volume is None:
        return _Match(open_points=("the image is not loaded, so its size was not compared",))
    if series.volume.dimensions == role.dimensions:
        return _Match(stated=("volume" if role.dimensions == 3 else "single image",))
    if role.dimensions == 3:
        return _Match(refusal=f"{name} reads volumes; this is a single image.")
    slices = series.volume.geometry.shape[0]
    return _Match(refusal=f"{name} reads single images; this is a volume of {slices} slices.")


def _match_word(name: str, what: str, accepted: tuple[str, ...], stated: str) -> _Match:
    if not accepted:
        return _Match()
    if not stated:
        return _Match(open_points=(f"{what} not stated in the file",))
    if stated.upper() in {word.upper() for word in accepted}:
        return _Match(stated=(f"{what} {stated}",))
    return _Match(refusal=f"{name} reads the {what} {' or '.join(accepted)}; this image shows {stated}.")


def _match_channels(name: str, role: InputRole, series: Series) -> _Match:
    if series.volume is None or (role.channels == 3) == series.volume.is_color:
        return _Match()
    if role.channels == 3:
        return _Match(refusal=f"{name} reads color images; this one is grayscale.")
    return _Match(open_points=("its colors are read as gray",))


def _match_extent(name: str, role: InputRole, series: Series) -> _Match:
    """Compare every edge of the field of view; a single image has two."""
    low, high = role.minimum_extent_mm, role.maximum_extent_mm
    if series.volume is None or (low is None and high is None):
        return _Match()
    if not series.volume.spacing_known:
        return _Match(open_points=("size in mm not stated in the file",))
    geometry = series.volume.geometry
    edges = [size * step for size, step in zip(geometry.shape, geometry.spacing_mm)]
    edges = edges if series.volume.dimensions == 3 else edges[1:]
    extent = " x ".join(f"{edge:.0f}" for edge in edges)
    if low is not None and min(edges) < low:
        limit = f"at least {low:g} mm on every side"
    elif high is not None and max(edges) > high:
        limit = f"at most {high:g} mm on every side"
    else:
        return _Match(stated=(f"field of view {extent} mm",))
    return _Match(refusal=f"{name} is for images of {limit}; this one is {extent} mm.")
