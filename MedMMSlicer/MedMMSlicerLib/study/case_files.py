"""The files of the cases, and what was changed between two states of files or of a protocol."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..core.serialization import to_json
from ..errors import InputError
from .protocol import Protocol, StudyCase

__all__ = ["case_files", "changed_files", "changed_values", "files_below"]


def case_files(case: StudyCase, base: Path) -> dict[str, Path]:
    """All files of a case by their path as the protocol writes it; folders are looked through.

    Raises
    ------
    InputError
        If something is missing or empty.
    """
    found: dict[str, Path] = {}
    for name in (*case.images, *([case.ai] if case.ai else []), *case.reports.values()):
        below = files_below(base / name)
        if not below:
            raise InputError(
                f"{base / name} (case {case.id}) does not exist or is empty. Correct the protocol."
            )
        for rest, path in below.items():
            found[f"{name.rstrip('/')}/{rest}" if rest else name] = path
    return found


def files_below(path: Path) -> dict[str, Path]:
    """Files of a folder by their relative path, sorted; of a file itself under the empty name."""
    try:
        if path.is_file():
            return {"": path}
        files = sorted(item for item in path.rglob("*") if item.is_file())
    except OSError as error:
        raise InputError(f"{path} can not be read ({error.strerror}). Check its rights.") from error
    return {item.relative_to(path).as_posix(): item for item in files if not item.name.startswith(".")}


def changed_files(before: Mapping[str, str], after: Mapping[str, str]) -> list[str]:
    """What happened to files between two sets of hashes, one phrase each."""
    changes = []
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            how = "was added" if name not in before else "is gone" if name not in after else "was changed"
            changes.append(f"the file {name} {how}")
    return changes


def changed_values(old: Mapping[str, Any], protocol: Protocol) -> list[str]:
    """What is different in a protocol, as ``path: old -> new``; ``old`` is the earlier one as JSON values."""
    before, after = (_flat(value) for value in (dict(old), to_json(protocol)))
    for ignored in ("sha256", "truth"):
        before.pop(ignored, None)
        after.pop(ignored, None)
    return [
        f"{key}: {before.get(key, 'nothing')} -> {after.get(key, 'nothing')}"
        for key in dict.fromkeys((*before, *after))
        if before.get(key) != after.get(key)
    ]


def _flat(value: Any, path: str = "") -> dict[str, str]:
    if isinstance(value, dict) and value:
        items = [(f"{path}.{key}".lstrip("."), item) for key, item in value.items()]
    elif isinstance(value, list) and value:
        named = all(isinstance(item, dict) and "id" in item for item in value)
        items = [(f"{path}[{item['id'] if named else n}]", item) for n, item in enumerate(value)]
    else:
        return {path: json.dumps(value, ensure_ascii=False)[:80]}
    return {key: text for name, item in items for key, text in _flat(item, name).items()}
