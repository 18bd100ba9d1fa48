"""Sentence templates as data: one JSON file per language and set.

A set is a file ``<language>/<set>.json`` with any of the keys ``title``, ``notice``, ``sections``,
``sentences`` (Jinja2) and ``words``. What a set does not have comes from the set ``segmentation`` of the same
language. Sets are looked up in the folders of the user first, then among those that are shipped. Templates
run in Jinja2's sandbox, and values are put into them as text, never compiled.
"""

from __future__ import annotations

import contextlib
import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..errors import UsageError
from .plain_text import clean_text

__all__ = ["DEFAULT_SET", "LANGUAGES", "TEMPLATE_FOLDER", "Wording", "load_wording", "prepare_wording"]

LANGUAGES = ("en", "zh-CN")
DEFAULT_SET = "segmentation"
TEMPLATE_FOLDER = Path(__file__).with_name("templates")
_PARTS = ("sections", "sentences", "words")


@dataclass(frozen=True)
class Wording:
    """The words of one language and template set.

    Parameters
    ----------
    language : str
        One of `LANGUAGES`.
    name : str
        Of the set that was found.
    title, notice : str
        Title of the report and the research-use sentence.
    sections, sentences, words : mapping of str to str
        Section titles, Jinja2 sources of sentences, and words by key.
    """

    language: str
    name: str
    title: str
    notice: str
    sections: Mapping[str, str]
    sentences: Mapping[str, str]
    words: Mapping[str, str]

    def word(self, key: str, default: str | None = None) -> str:
        """The word for ``key``, else ``default``, else ``key`` itself."""
        return self.words.get(key, key if default is None else default)

    def sentence(self, key: str, **values: str) -> str:
        """Fill in the sentence ``key``; the values are cleaned and never read as templates.

        Raises
        ------
        UsageError
            If the template has a mistake, or names a value that this sentence does not have.
        """
        import jinja2

        try:
            template = _compiled(self.sentences[key])
            cleaned = {name: clean_text(value) for name, value in values.items()}
            return clean_text(template.render(cleaned))
        except jinja2.TemplateError as error:
            raise UsageError(
                f"The sentence '{key}' of the report template {self.language}/{self.name}.json is wrong: "
                f"{error}. Correct the template."
            ) from error


def prepare_wording(name: str = DEFAULT_SET, language: str = "en", folders: Sequence[Path] = ()) -> None:
    """Compile all sentences of a template set now, so that the first draft does not have to.

    A template with a mistake is left for `Wording.sentence` to complain about. Errors are those of
    `load_wording`.
    """
    import jinja2

    for source in load_wording(name, language, folders)[0].sentences.values():
        with contextlib.suppress(jinja2.TemplateError):
            _compiled(source)


def load_wording(
    name: str = DEFAULT_SET, language: str = "en", folders: Sequence[Path] = ()
) -> tuple[Wording, bool]:
    """Load a template set.

    Parameters
    ----------
    name : str
        Of the set, e.g. a bundle's ``report_template``.
    language : str
        One of `LANGUAGES`.
    folders : sequence of Path
        Folders with further sets, searched before the shipped ones.

    Returns
    -------
    wording : Wording
    found : bool
        False when there is no set of that name and the default took its place; the caller says so.

    Raises
    ------
    UsageError
        If the language is unknown, or a file is not valid.
    """
    if language not in LANGUAGES:
        raise UsageError(f"Reports in '{language}' are not available. Choose one of: {', '.join(LANGUAGES)}.")
    base = _read(_find(DEFAULT_SET, language, ()) or TEMPLATE_FOLDER / language / f"{DEFAULT_SET}.json")
    path = _find(name, language, folders)
    extra = _read(path) if path else {}
    merged: dict[str, dict[str, str]] = {part: base.get(part, {}) | extra.get(part, {}) for part in _PARTS}
    return Wording(
        language=language,
        name=name if path else DEFAULT_SET,
        title=extra.get("title", base["title"]),
        notice=extra.get("notice", base["notice"]),
        **merged,
    ), path is not None


def _find(name: str, language: str, folders: Sequence[Path]) -> Path | None:
    # The name comes from a manifest: only a plain word may become part of a path.
    if not name.replace("-", "").replace("_", "").isalnum():
        return None
    candidates = [folder / language / f"{name}.json" for folder in (*folders, TEMPLATE_FOLDER)]
    return next((path for path in candidates if path.is_file()), None)


def _read(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"The report template {path} can not be read: {error}. Correct or remove it."
        ) from error
    if not isinstance(value, dict):
        raise UsageError(f"The report template {path} is no JSON object. Correct or remove it.")
    for part, content in value.items():
        items = content if part in _PARTS else {"": content}
        if not isinstance(items, dict) or not all(isinstance(item, str) for item in items.values()):
            raise UsageError(f"The report template {path} has no text under '{part}'. Correct or remove it.")
    return value


@functools.lru_cache(maxsize=1024)
def _compiled(source: str) -> Any:
    """Compile a template once in a process: a panel drafts again at every change."""
    return _environment().from_string(source)


def _environment() -> Any:
    import jinja2
    from jinja2.sandbox import SandboxedEnvironment

    return SandboxedEnvironment(undefined=jinja2.StrictUndefined, autoescape=False)
