"""From files to series that belong together: grouping into cases, and the role of each image."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ..core import HeaderFacts, LocalizedText, Series, Study, localized
from .words import EXTENT, word

__all__ = ["Group", "assign_roles", "group_series", "subtitle_of", "title_of"]

_LATERAL_VIEWS = frozenset({"LATERAL", "LAT", "LL", "RL", "LLD", "RLD"})
_PROJECTIONS = frozenset({"CR", "DX", "RG", "MG"})


@dataclass(frozen=True, eq=False)
class Group:
    """The series of one case; ``title`` is empty where the images have to say it."""

    study_uid: str
    series: tuple[Series, ...]
    title: str = ""


def group_series(studies: Sequence[Study], title: str = "") -> tuple[Group, ...]:
    """One group per DICOM study, and one per file of any other format (with all its time points)."""
    groups: list[Group] = []
    for study in studies:
        if study.study_uid:
            groups.append(Group(study.study_uid, study.series, title))
            continue
        by_file: dict[object, list[Series]] = {}
        for series in study.series:
            key = series.series_uid or (series.paths[0] if series.paths else series.name)
            by_file.setdefault(key, []).append(series)
        groups += [Group("", tuple(items), title) for items in by_file.values()]
    return tuple(groups)


def assign_roles(series: Sequence[Series], fits: Sequence[bool], taken: Iterable[str] = ()) -> list[str]:
    """Choose a role for every image of a study.

    Parameters
    ----------
    series : sequence of Series
    fits : sequence of bool
        Whether some bundle can read it.
    taken : iterable of str
        Roles that the case has already.

    Returns
    -------
    list of str
        ``current`` for the first image that a bundle reads (else the first that is no lateral view),
        ``lateral`` for a lateral radiograph beside it, ``series-2``, ``series-3``, ... for the rest.
    """
    used = set(taken)
    lateral = [_is_lateral(item.facts) for item in series]
    order = sorted(range(len(series)), key=lambda n: (not fits[n], lateral[n], n))
    main = next(iter(order), None) if "current" not in used else None
    roles = []
    for index in range(len(series)):
        role = "current" if index == main else "lateral" if lateral[index] else ""
        if not role or role in used:
            role = _free(used)
        used.add(role)
        roles.append(role)
    return roles


def title_of(series: Sequence[Series], title: str | LocalizedText, language: str) -> str:
    """Title of a case: what the study is called, never who it is of."""
    if title:
        return title if isinstance(title, str) else localized(title, language)
    first = series[0]
    return first.facts.study_description or first.facts.series_description or first.name or "Images"


def subtitle_of(series: Sequence[Series], language: str) -> str:
    """Modalities, body part and day on one line."""
    facts = [item.facts for item in series]
    modalities = ", ".join(dict.fromkeys(item.modality for item in facts if item.modality))
    body_parts = ", ".join(dict.fromkeys(item.body_part for item in facts if item.body_part))
    day = next((item.acquired_at[:10] for item in facts if item.acquired_at), "")
    count = word(EXTENT, "series_count", language).format(len(series)) if len(series) > 1 else ""
    return " · ".join(text for text in (modalities, body_parts, day, count) if text)


def with_modality(series: Series, modality: str) -> Series:
    """A series whose file states no modality, with the one that is known from elsewhere."""
    if not modality or series.facts.modality:
        return series
    return dataclasses.replace(series, facts=dataclasses.replace(series.facts, modality=modality))


def _is_lateral(facts: HeaderFacts) -> bool:
    return facts.modality.upper() in _PROJECTIONS and facts.view.upper() in _LATERAL_VIEWS


def _free(used: set[str]) -> str:
    number = 2
    while f"series-{number}" in used:
        number += 1
    return f"series-{number}"
