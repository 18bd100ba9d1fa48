"""Report templates of people: sentences by section, for modalities and body parts. Data, no code.

A template is a JSON file::

    {"schema": "medmm-report-template", "version": 1, "id": "chest-radiograph", "language": "en",
     "title": "Chest radiograph", "modalities": ["CR", "DX"], "body_parts": ["CHEST"],
     "sections": {"findings": ["Lungs: [ ].", ...], "impression": ["[ ]."]}}

Sentences may hold the placeholders of `placeholders`, but no other braces; ``[ ]`` is a gap for the reader.
A file in a folder of the user replaces the shipped template of the same id and language. A file with a
mistake is left out, and each mistake is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..plain_text import clean_text
from ..templates import LANGUAGES
from .placeholders import placeholder_problems

__all__ = ["SHIPPED_FOLDER", "Skeleton", "load_skeletons", "skeleton_problems", "suitable"]

SHIPPED_FOLDER = Path(__file__).with_name("skeletons")
_SCHEMA, _VERSION = "medmm-report-template", 1
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_CODE = re.compile(r"\{\{|\}\}|\{%|\{#|</?[a-zA-Z!]")
_TEXTS = ("schema", "id", "language", "title")
_KEYS = {*_TEXTS, "version", "modalities", "body_parts", "sections"}
_MOST_BYTES, _MOST_SENTENCES, _MOST_CHARACTERS = 1 << 18, 500, 2000


@dataclass(frozen=True)
class Skeleton:
    """A template; empty ``modalities`` or ``body_parts``: for all (DICOM codes)."""

    id: str
    language: str
    title: str
    modalities: tuple[str, ...]
    body_parts: tuple[str, ...]
    sections: Mapping[str, tuple[str, ...]]
    is_shipped: bool = True


def load_skeletons(
    folders: Sequence[Path] = (), language: str = "en"
) -> tuple[tuple[Skeleton, ...], tuple[str, ...]]:
    """Read the templates of a language.

    Parameters
    ----------
    folders : sequence of Path
        Of the user; the first one with an id wins, over the shipped one too.
    language : str

    Returns
    -------
    skeletons : tuple of Skeleton
        By title.
    problems : tuple of str
        What is wrong with which file, one sentence each.
    """
    found: dict[str, Skeleton] = {}
    problems: list[str] = []
    for folder in (*folders, SHIPPED_FOLDER):
        taken: dict[str, Path] = {}
        for path in sorted(Path(folder).rglob("*.json")):
            value, wrong = _read(path)
            problems += [f"{path}: {problem}" for problem in wrong]
            if wrong or value["language"] != language:
                continue
            if value["id"] in taken:
                problems.append(f"{path}: The id '{value['id']}' is that of {taken[value['id']].name} too.")
                continue
            taken[value["id"]] = path
            if value["id"] not in found:
                found[value["id"]] = _skeleton(value, folder == SHIPPED_FOLDER)
    return tuple(sorted(found.values(), key=lambda item: item.title)), tuple(problems)


def skeleton_problems(value: Any) -> tuple[str, ...]:
    """What is wrong with a template, one sentence each; empty: nothing."""
    if not isinstance(value, dict):
        return ("It is no JSON object.",)
    problems = [f"There is no key '{clean_text(key)}' in a template." for key in value if key not in _KEYS]
    problems += [f"'{key}' is missing." for key in (*_TEXTS, "version", "sections") if key not in value]
    problems += [f"'{key}' is no text." for key in _TEXTS if key in value and not isinstance(value[key], str)]
    if problems:
        return tuple(problems)
    if value["schema"] != _SCHEMA or value["version"] != _VERSION:
        problems.append(f"It is no '{_SCHEMA}' of version {_VERSION}.")
    if not _ID.fullmatch(value["id"]):
        problems.append("The id may have small letters, digits and hyphens only.")
    if value["language"] not in LANGUAGES:
        problems.append(f"The language is none of: {', '.join(LANGUAGES)}.")
    for key in ("modalities", "body_parts"):
        if not _is_list_of_texts(value.get(key, [])):
            problems.append(f"'{key}' is no list of texts.")
    return (*problems, *_section_problems(value["sections"]))


def suitable(skeletons: Sequence[Skeleton], modality: str = "", body_part: str = "") -> tuple[Skeleton, ...]:
    """Those that fit an image, the most specific first; what is not known (empty) excludes nothing."""

    def fits(wanted: tuple[str, ...], given: str) -> bool:
        return not wanted or not given or given.upper() in (item.upper() for item in wanted)

    def distance(item: Skeleton) -> int:
        return -2 * bool(item.body_parts and body_part) - bool(item.modalities and modality)

    fitting = [
        item for item in skeletons if fits(item.modalities, modality) and fits(item.body_parts, body_part)
    ]
    return tuple(sorted(fitting, key=distance))


def _section_problems(sections: Any) -> list[str]:
    if not isinstance(sections, dict) or not sections:
        return ["'sections' is no object of sentences by section."]
    problems, count = [], 0
    for name, sentences in sections.items():
        if not _ID.fullmatch(name.replace("_", "-")):
            problems.append(f"'{clean_text(name)[:40]}' can not be the id of a section.")
        if not _is_list_of_texts(sentences):
            problems.append(f"The section '{clean_text(name)[:40]}' is no list of texts.")
            continue
        count += len(sentences)
        for number, text in enumerate(sentences, start=1):
            problems += [f"Section '{name}', sentence {number}: {item}" for item in _text_problems(text)]
    if count > _MOST_SENTENCES:
        problems.append(f"There are more than {_MOST_SENTENCES} sentences.")
    return problems


def _text_problems(text: str) -> list[str]:
    if not clean_text(text):
        return ["It is empty."]
    if len(text) > _MOST_CHARACTERS:
        return [f"It is longer than {_MOST_CHARACTERS} characters."]
    code = _CODE.search(text)
    if code:
        return [f"'{code[0]}' looks like code or markup; only text and placeholders are allowed."]
    return list(placeholder_problems(text))


def _read(path: Path) -> tuple[dict[str, Any], tuple[str, ...]]:
    try:
        if path.stat().st_size > _MOST_BYTES:
            return {}, ("It is too large for a template.",)
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        return {}, (f"It can not be read ({error}).",)
    return value, skeleton_problems(value)


def _skeleton(value: Mapping[str, Any], is_shipped: bool) -> Skeleton:
    return Skeleton(
        value["id"],
        value["language"],
        clean_text(value["title"]),
        tuple(value.get("modalities", ())),
        tuple(value.get("body_parts", ())),
        {name: tuple(map(clean_text, items)) for name, items in value["sections"].items()},
        is_shipped,
    )


def _is_list_of_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
