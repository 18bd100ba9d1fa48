"""Which bundle fits an image, said in a sentence for the reader."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Series, Volume
from .loading import ModelBundle
from .manifest import InputRole
from .suggestion_words import phrase

__all__ = ["Suggestion", "holds_air_in_hu", "judge"]

_CT = "CT"
_AIR_HU = -500.0
"""Air has -1000 HU and lung about -800; what other modalities store is not that far below zero."""
_SAMPLES_PER_AXIS = 32


@dataclass(frozen=True)
class Suggestion:
    """Whether a bundle can read a series, and why or why not in one sentence.

    Parameters
    ----------
    bundle : ModelBundle
    applicable : bool
    reason : str
    certain : bool
        False: the file does not state its modality, so whether the bundle fits is not known.
    misfit : (2,) tuple of int
        How far a bundle is from fitting: whether the modality is another one, and how much differs in all.
    """

    bundle: ModelBundle
    applicable: bool
    reason: str
    certain: bool = True
    misfit: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class _Match:
    """``refusal``: a sentence, or empty; ``stated``: what fits; ``open_points``: what was not compared;
    ``misfit``: see `Suggestion`.
    """

    refusal: str = ""
    stated: tuple[str, ...] = ()
    open_points: tuple[str, ...] = ()
    misfit: tuple[int, int] = (0, 0)


@dataclass(frozen=True)
class _Say:
    """Phrases about one bundle in one language."""

    name: str
    language: str

    def __call__(self, key: str, **values: object) -> str:
        return phrase(key, self.language, name=self.name, **values)

    def refusal(self, key: str, **values: object) -> _Match:
        return _Match(refusal=self(key, **values))

    def stated(self, key: str, **values: object) -> _Match:
        return _Match(stated=(self(key, **values),))

    def open(self, key: str, **values: object) -> _Match:
        return _Match(open_points=(self(key, **values),))


def judge(bundle: ModelBundle, series: Series, language: str = "en") -> Suggestion:
    """Compare a series with the input roles of a bundle; the role that fits best counts.

    A series that was not loaded yet is compared by its header alone.

    Parameters
    ----------
    bundle : ModelBundle
    series : Series
    language : str
        Of the reason: ``en`` or ``zh-CN``.
    """
    say = _Say(bundle.manifest.id, language)
    matches = [_match(say, role, series) for role in bundle.manifest.inputs]
    if not matches:
        return Suggestion(bundle, False, say("no-images"))
    best = min(matches, key=lambda match: (match.misfit, len(match.open_points)))
    certain = bool(series.facts.modality)
    if best.refusal:
        return Suggestion(bundle, False, best.refusal, certain, best.misfit)
    stated, unclear = say("comma").join(best.stated), say("comma").join(best.open_points)
    key = ("fits" if stated else "may-fit") + ("-but" if unclear else "")
    return Suggestion(bundle, True, say(key, stated=stated, unclear=unclear), certain)


def _match(say: _Say, role: InputRole, series: Series) -> _Match:
    parts = (
        _match_modality(say, role, series),
        _match_dimensions(say, role, series),
        _match_word(say, "body-part", role.body_parts, series.facts.body_part),
        _match_word(say, "view", role.views, series.facts.view),
        _match_channels(say, role, series),
        _match_extent(say, role, series),
    )
    refusals = [part.refusal for part in parts if part.refusal]
    return _Match(
        refusal=next(iter(refusals), ""),
        stated=tuple(text for part in parts for text in part.stated),
        open_points=tuple(text for part in parts for text in part.open_points),
        misfit=(int(bool(parts[0].refusal)), len(refusals)),
    )


def _match_modality(say: _Say, role: InputRole, series: Series) -> _Match:
    modality = series.facts.modality.upper()
    if not modality:
        if _CT not in role.modalities and series.volume is not None and holds_air_in_hu(series.volume):
            return say.refusal(
                "hounsfield",
                readable=say("and").join(role.modalities),
                kind=say("volumes" if role.dimensions == 3 else "images"),
                modality=_CT,
            )
        return say.open("not-stated", what=say("modality"))
    if modality in role.modalities:
        return say.stated("image-of", modality=modality)
    return say.refusal(
        "other-modality",
        readable=say("and").join(role.modalities),
        kind=say("volumes" if role.dimensions == 3 else "images"),
        article="an" if modality[0] in "AEFHILMNORSX" else "a",
        modality=modality,
    )


def holds_air_in_hu(volume: Volume) -> bool:
    """Whether gray values are as low as those of air in CT; some thousand voxels are enough to tell."""
    if volume.is_color:
        return False
    array = volume.array
    steps = tuple(slice(None, None, max(1, size // _SAMPLES_PER_AXIS)) for size in array.shape)
    return bool((array[steps] < _AIR_HU).any())


def _match_dimensions(say: _Say, role: InputRole, series: Series) -> _Match:
    if series.volume is None:
        return say.open("not-loaded")
    if series.volume.dimensions == role.dimensions:
        return say.stated("volume" if role.dimensions == 3 else "single")
    if role.dimensions == 3:
        return say.refusal("needs-volume")
    return say.refusal("needs-single", slices=series.volume.geometry.shape[0])


def _match_word(say: _Say, what: str, accepted: tuple[str, ...], stated: str) -> _Match:
    if not accepted:
        return _Match()
    if not stated:
        return say.open("not-stated", what=say(what))
    if stated.upper() in {word.upper() for word in accepted}:
        return say.stated("is-stated", what=say(what), stated=stated)
    return say.refusal("other-word", what=say(what), accepted=say("or").join(accepted), stated=stated)


def _match_channels(say: _Say, role: InputRole, series: Series) -> _Match:
    if series.volume is None or (role.channels == 3) == series.volume.is_color:
        return _Match()
    return say.refusal("needs-color") if role.channels == 3 else say.open("color-as-gray")


def _match_extent(say: _Say, role: InputRole, series: Series) -> _Match:
    """Compare every edge of the field of view; a single image has two."""
    low, high = role.minimum_extent_mm, role.maximum_extent_mm
    if series.volume is None or (low is None and high is None):
        return _Match()
    if not series.volume.spacing_known:
        return say.open("not-stated", what=say("size"))
    geometry = series.volume.geometry
    edges = [size * step for size, step in zip(geometry.shape, geometry.spacing_mm)]
    edges = edges if series.volume.dimensions == 3 else edges[1:]
    extent = " x ".join(f"{edge:.0f}" for edge in edges)
    if low is not None and min(edges) < low:
        return say.refusal("too-small", limit=f"{low:g}", extent=extent)
    if high is not None and max(edges) > high:
        return say.refusal("too-large", limit=f"{high:g}", extent=extent)
    return say.stated("extent", extent=extent)
