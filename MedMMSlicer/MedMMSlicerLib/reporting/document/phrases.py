"""Phrases of a reader: a short key for a text that is typed often. One JSON file for each reader."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ...errors import InputError, UsageError
from ...files import atomic_write
from ..plain_text import clean_text
from ..templates import LANGUAGES
from .placeholders import placeholder_problems

__all__ = ["PhraseBook"]

_SCHEMA, _VERSION = "medmm-phrases", 1
_KEY = re.compile(r"[\w-]{1,32}")
_MOST_CHARACTERS, _MOST_BYTES = 2000, 1 << 20


class PhraseBook:
    """The phrases of one reader, read from the file on each use, so that another window's changes are seen.

    Parameters
    ----------
    folder : Path
        Made on the first write.
    reader : str
        Whose; two readers never share a file.
    """

    def __init__(self, folder: Path, reader: str) -> None:
        name = clean_text(reader)
        # A name may hold what a file name may not; the hash keeps those apart that look the same without it.
        plain = re.sub(r"[^A-Za-z0-9]+", "-", name).strip("-").lower()[:40]
        digest = hashlib.sha256(name.encode("utf-8")).hexdigest()[:8]
        self.reader = name
        self.path = Path(folder) / f"{plain or 'reader'}-{digest}.json"

    def phrases(self, language: str = "en") -> Mapping[str, str]:
        """Texts by key, in the order of the keys.

        Raises
        ------
        InputError
            If the file is damaged.
        """
        stored = self._read().get(language, {})
        return dict(sorted(stored.items()))

    def text(self, key: str, language: str = "en") -> str:
        """The text of a key.

        Raises
        ------
        InputError
            If there is none, or the file is damaged.
        """
        found = self.phrases(language).get(key)
        if found is None:
            raise InputError(
                f"There is no phrase '{clean_text(key)}' in this language. Choose one of the list."
            )
        return found

    def set(self, key: str, text: str, language: str = "en") -> None:
        """Store a phrase; an empty text removes it.

        Raises
        ------
        UsageError
            If the key, the text or the language can not be used; the message says why.
        InputError
            If the file is damaged: it is not overwritten.
        OutputError, DiskFullError
            If it can not be written.
        """
        text = clean_text(text)
        problem = _problem(key, text, language)
        if problem:
            raise UsageError(problem)
        stored = self._read()
        phrases = stored.setdefault(language, {})
        phrases.pop(key, None)
        if text:
            phrases[key] = text
        value = {"schema": _SCHEMA, "version": _VERSION, "reader": self.reader, "phrases": stored}
        with atomic_write(self.path) as temporary:
            content = json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True)
            temporary.write_text(f"{content}\n", encoding="utf-8")

    def _read(self) -> dict[str, dict[str, str]]:
        try:
            if not self.path.exists():
                return {}
            if self.path.stat().st_size > _MOST_BYTES:
                raise InputError(f"{self.path} is too large for phrases. Correct or remove it.")
            value = json.loads(self.path.read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError) as error:
            raise InputError(
                f"The phrases in {self.path} can not be read: {error}. Correct or remove it."
            ) from error
        return _checked(value, self.path)


def _checked(value: Any, path: Path) -> dict[str, dict[str, str]]:
    if not isinstance(value, dict) or value.get("schema") != _SCHEMA or value.get("version") != _VERSION:
        raise InputError(f"{path} holds no phrases of MedMM. Correct or remove it.")
    stored = value.get("phrases")
    if not isinstance(stored, dict) or not all(isinstance(item, dict) for item in stored.values()):
        raise InputError(f"{path} has no phrases by language. Correct or remove it.")
    for language, phrases in stored.items():
        for key, text in phrases.items():
            problem = "It is no text." if not isinstance(text, str) else _problem(key, text, language)
            if problem:
                raise InputError(f"{path}, phrase '{clean_text(key)}': {problem}")
    return stored


def _problem(key: str, text: str, language: str) -> str:
    if language not in LANGUAGES:
        return f"There is no language '{clean_text(language)}'. Languages are: {', '.join(LANGUAGES)}."
    if not _KEY.fullmatch(key):
        return f"'{clean_text(key)[:40]}' can not be a key. Use up to 32 letters, digits and hyphens."
    if len(text) > _MOST_CHARACTERS:
        return f"The phrase '{key}' is longer than {_MOST_CHARACTERS} characters. Shorten it."
    return next(iter(placeholder_problems(text)), "")
