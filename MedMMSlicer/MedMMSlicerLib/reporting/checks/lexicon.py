"""The words that the checks know: concepts with their names, and the cues of negation, doubt, past and side.

All of it is data: ``terms/concepts.json`` (codes and relations) and ``terms/<language>.json`` (names and
cues). A cue is a pair: a text that must be there for the cue to be tried, and a regular expression. The first
keeps reading fast: most cues are not tried on most sentences.
"""

from __future__ import annotations

import functools
import itertools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import UsageError

__all__ = [
    "TERMS_FOLDER",
    "Concept",
    "Cue",
    "Entry",
    "Index",
    "Lexicon",
    "Name",
    "Normal",
    "load_concepts",
    "load_lexicon",
]

TERMS_FOLDER = Path(__file__).with_name("terms")
_ENGLISH_PLURAL = "(?:s|es)?"


@dataclass(frozen=True)
class Concept:
    """What a finding can be of.

    Parameters
    ----------
    key : str
        Its name in the data files, or ``=`` and the name of a finding that they do not know.
    codes : tuple of str
        Code values that mean it.
    kind : str
        ``finding`` or ``structure``.
    supports : tuple of str
        Less specific concepts that may be said of it, as *opacity* of a pneumonia.
    is_a : tuple of str
        More general concepts: who denies one of them denies this one.
    is_critical, is_descriptive : bool
        Critical: the referring physician has to be told. Descriptive: it may be said without a finding.
    """

    key: str
    codes: tuple[str, ...] = ()
    kind: str = "finding"
    supports: tuple[str, ...] = ()
    is_a: tuple[str, ...] = ()
    is_critical: bool = False
    is_descriptive: bool = False


@dataclass(frozen=True)
class Cue:
    """An expression that is only tried when ``needed`` is in the text (in lower case); empty: always."""

    kind: str
    needed: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Name:
    """A name of a concept; a group ``it`` of the expression, where there is one, is the place of the name."""

    key: str
    needed: str
    pattern: re.Pattern[str]


@dataclass(frozen=True)
class Normal:
    """A phrase that denies concepts without naming them; ``*`` stands for all."""

    needed: str
    pattern: re.Pattern[str]
    denied: tuple[str, ...]


Entry = Cue | Name | Normal


class Index:
    """Entries by the first two characters of what they need, so that a text asks for few of them."""

    def __init__(self, entries: Iterable[Entry]) -> None:
        self._by_start: dict[str, list[tuple[int, Entry]]] = {}
        for number, entry in enumerate(entries):
            self._by_start.setdefault(entry.needed[:2], []).append((number, entry))

    def candidates(self, lowered: str) -> list[Entry]:
        """The entries whose needed text is in ``lowered``, in their order."""
        starts = set(map("".join, itertools.pairwise(lowered)))
        starts.update(lowered)
        starts.add("")  # entries that are always tried
        found = []
        for start in self._by_start.keys() & starts:
            for item in self._by_start[start]:
                if item[1].needed in lowered:
                    found.append(item)
        found.sort(key=_number)
        return [entry for _, entry in found]


def _number(item: tuple[int, Entry]) -> int:
    return item[0]


@dataclass(frozen=True, eq=False)
class Lexicon:
    """The words of one language; compared by identity, so that sentences can be kept with it."""

    language: str
    concepts: Mapping[str, Concept]
    index: Index
    not_after: Mapping[str, tuple[str, ...]]
    not_before: Mapping[str, tuple[str, ...]]
    by_region: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]]
    placeholders: frozenset[str]
    placeholder_patterns: tuple[re.Pattern[str], ...]

    @property
    def is_chinese(self) -> bool:
        """Whether words are written without spaces."""
        return self.language.startswith("zh")

    def key_of_name(self, text: str) -> str:
        """The concept that has exactly this name, else empty."""
        wanted = text.strip().lower()
        names = (entry for entry in self.index.candidates(wanted) if isinstance(entry, Name))
        return next((name.key for name in names if name.pattern.fullmatch(wanted) is not None), "")


@functools.lru_cache(maxsize=8)
def load_concepts(folders: tuple[Path, ...] = ()) -> Mapping[str, Concept]:
    """The concepts of ``concepts.json``, with those of the user's folders added or replaced.

    Raises
    ------
    UsageError
        If a file is damaged.
    """
    found: dict[str, Concept] = {}
    for folder in (TERMS_FOLDER, *folders):
        for key, entry in _read(folder / "concepts.json", folder != TERMS_FOLDER).items():
            found[key] = Concept(
                key,
                tuple(entry.get("codes", ())),
                entry.get("kind", "finding"),
                tuple(dict.fromkeys([*entry.get("supports", ()), *entry.get("is_a", ())])),
                tuple(entry.get("is_a", ())),
                bool(entry.get("critical", False)),
                bool(entry.get("descriptive", False)),
            )
    return found


@functools.lru_cache(maxsize=32)
def load_lexicon(
    language: str,
    own_names: tuple[tuple[str, str, tuple[str, ...]], ...] = (),
    folders: tuple[Path, ...] = (),
) -> Lexicon:
    """The words of ``en`` or ``zh-CN``.

    Parameters
    ----------
    language : str
    own_names : tuple of (key, kind, names)
        Names of findings and structures that the data files do not know.
    folders : tuple of Path
        Folders of the user with further ``concepts.json`` and ``<language>.json``; ``terms``, ``patterns``
        and cues are added to the shipped ones.

    Raises
    ------
    UsageError
        If the language is unknown or a file is damaged.
    """
    if not (TERMS_FOLDER / f"{language}.json").is_file():
        raise UsageError(f"The checks know no words of '{language}'. Use en or zh-CN.")
    data: dict[str, Any] = {}
    for folder in (TERMS_FOLDER, *folders):
        _merge(data, _read(folder / f"{language}.json", folder != TERMS_FOLDER))
    concepts = dict(load_concepts(folders))
    for key, kind, _ in own_names:
        concepts.setdefault(key, Concept(key, kind=kind))
    return Lexicon(
        language,
        concepts,
        Index(_entries(data, own_names, language.startswith("zh"))),
        {key: tuple(words) for key, words in data.get("not_after", {}).items()},
        {key: tuple(words) for key, words in data.get("not_before", {}).items()},
        {key: (tuple(a), tuple(b)) for key, (a, b) in data.get("by_region", {}).items()},
        frozenset(data.get("placeholders", ())),
        tuple(_compiled(text) for text in data.get("placeholder_patterns", ())),
    )


def _entries(
    data: Mapping[str, Any], own_names: Iterable[tuple[str, str, tuple[str, ...]]], chinese: bool
) -> Iterator[Entry]:
    terms = {key: list(names) for key, names in data.get("terms", {}).items()}
    for key, _, names in own_names:
        terms.setdefault(key, []).extend(names)
    yield from _names(terms, data.get("patterns", ()))
    for needed, text, keys in data.get("normal", ()):
        yield Normal(needed, _compiled(text), tuple(keys))
    cues = {**data.get("cues", {}), "told": data.get("told", ()), "not_told": data.get("not_told", ())}
    for kind, items in cues.items():
        yield from _cues(kind, items, chinese)


def _names(terms: Mapping[str, Iterable[str]], patterns: Iterable[tuple[str, str, str]]) -> tuple[Name, ...]:
    found = []
    for key, words in terms.items():
        for word in dict.fromkeys(word.lower() for word in words if word.strip()):
            body = re.escape(word).replace(r"\ ", r"[\s-]+")
            latin = word.isascii()
            plural = _ENGLISH_PLURAL if latin and word[-1].isalpha() else ""
            text = rf"(?<![a-z0-9]){body}{plural}(?![a-z0-9])" if latin else body
            # A hyphen or a line break may stand for the space of a name.
            needed = word if not latin else max(word.split(), key=len)
            found.append(Name(key, needed, _compiled(text)))
    for key, needed, text in patterns:
        found.append(Name(key, needed, _compiled(text)))
    return tuple(found)


def _cues(kind: str, cues: Iterable[tuple[str, str]], chinese: bool) -> Iterable[Cue]:
    for needed, text in cues:
        left = "" if text.startswith(":") else "(?<![a-z0-9])"
        bounded = text if chinese else rf"{left}(?:{text})(?![a-z0-9])"
        yield Cue(kind, needed, _compiled(bounded))


@functools.lru_cache(maxsize=8192)
def _compiled(text: str) -> re.Pattern[str]:
    # Kept, since a lexicon with names of its own has a thousand expressions in common with the plain one.
    try:
        return re.compile(text)
    except re.error as error:
        raise UsageError(
            f"The words of the checks hold a damaged expression '{text}': {error}. Correct it."
        ) from error


def _merge(into: dict[str, Any], added: Mapping[str, Any]) -> None:
    for key, value in added.items():
        if isinstance(value, dict):
            _merge(into.setdefault(key, {}), value)
        elif isinstance(value, list):
            into[key] = [*into.get(key, ()), *value]
        else:
            into[key] = value


def _read(path: Path, may_be_absent: bool) -> dict[str, Any]:
    if may_be_absent and not path.is_file():
        return {}
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The words of the checks in {path} can not be read: {error}. Correct it."
        ) from error
    if not isinstance(value, dict):
        raise UsageError(f"The words of the checks in {path} are not a JSON object. Correct it.")
    return value
