"""A study protocol in the making: plain values that a form shows, checked as they are, written as YAML."""

from __future__ import annotations

import copy
import os
import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..errors import InputError

if TYPE_CHECKING:
    from ..bundles.violation import Violation

__all__ = ["ProtocolDraft"]

_AI_FOLDER, _IMAGES_FOLDER = "ai", "images"
_NO_ID = re.compile(r"[^A-Za-z0-9_.-]+")


class ProtocolDraft:
    """What a protocol says so far; file paths are absolute until it is saved.

    Attributes
    ----------
    value : dict
        As `study.protocol_file` checks and writes it.
    """

    def __init__(self) -> None:
        self.value: dict[str, Any] = {
            "schema": "medmm-study/1",
            "title": "",
            # Any number does; the order of cases must not be the same in all studies.
            "seed": secrets.randbelow(1 << 31),
            "report": "none",
            "design": {"kind": "crossover", "washout_days": 28.0, "arms_in_a_period": "mixed"},
            "arms": [{"id": "unaided", "mode": "unaided"}, {"id": "aided", "mode": "concurrent"}],
            "readers": [],
            "targets": [],
            "cases": [],
            "rounds": [],
        }

    @classmethod
    def read(cls, path: Path) -> ProtocolDraft:
        """Take over a protocol file, also one that has faults.

        Raises
        ------
        InputError
            If it can not be read, or is no mapping.
        """
        from ..study.protocol_file import read_protocol_value

        draft = cls()
        draft.value |= _with_paths(read_protocol_value(path), lambda text: str(path.parent / text))
        return draft

    def change(self, **parts: Any) -> None:
        """Replace whole parts; None and empty texts remove them."""
        for name, part in parts.items():
            if part in (None, ""):
                self.value.pop(name, None)
            else:
                self.value[name] = part

    def violations(self) -> tuple[Violation, ...]:
        """Everything that is wrong with it."""
        from ..study.protocol_file import check_protocol

        return check_protocol(self._content())

    def add_cases(self, folder: Path) -> int:
        """Add a case for each folder and each file in ``folder``; returns how many.

        In a folder with the folders ``images`` and ``ai`` the latter is what AI said; a folder without them
        holds images alone. What is there already is not added again.

        Raises
        ------
        InputError
            If there is none.
        """
        known = {str(item.get("id")) for item in self.value["cases"]}
        cases = []
        for entry in sorted(Path(folder).absolute().iterdir()):
            name = _NO_ID.sub("-", entry.name.split(".")[0] if entry.is_file() else entry.name).strip("-")
            if entry.name.startswith(".") or not name or name in known:
                continue
            known.add(name)
            cases.append(_case(name, entry))
        if not cases:
            raise InputError(f"{folder} holds no case that is not in the list. Give a folder of cases.")
        self.value["cases"] = [*self.value["cases"], *cases]
        return len(cases)

    def save(self, path: Path) -> None:
        """Write the protocol; paths become relative to it.

        Raises
        ------
        InputError
            If it is not valid.
        OutputError, DiskFullError
            If it can not be written.
        """
        from ..study.protocol_file import write_protocol

        home = Path(path).absolute().parent
        write_protocol(_with_paths(self._content(), lambda text: _relative(text, home)), Path(path))

    def _content(self) -> dict[str, Any]:
        """The value without parts that are empty anyway."""
        return {key: part for key, part in self.value.items() if key != "rounds" or part}


def _case(name: str, entry: Path) -> dict[str, Any]:
    inside = entry / _IMAGES_FOLDER
    case: dict[str, Any] = {"id": name, "images": [str(inside if inside.is_dir() else entry)]}
    if (entry / _AI_FOLDER).is_dir():
        case["ai"] = str(entry / _AI_FOLDER)
    return case


def _relative(text: str, home: Path) -> str:
    return Path(os.path.relpath(text, home)).as_posix() if Path(text).is_absolute() else text


def _with_paths(value: Mapping[str, Any], change: Any) -> dict[str, Any]:
    """The value with every path changed; what is no path stays, also where it has faults."""

    def changed(item: Any) -> Any:
        return change(item) if isinstance(item, str) and item else item

    result: dict[str, Any] = copy.deepcopy(dict(value))
    if "truth" in result:
        result["truth"] = changed(result["truth"])
    cases = result.get("cases")
    for case in cases if isinstance(cases, list) else ():
        if not isinstance(case, dict):
            continue
        if isinstance(case.get("images"), list):
            case["images"] = [changed(item) for item in case["images"]]
        if "ai" in case:
            case["ai"] = changed(case["ai"])
        if isinstance(case.get("reports"), dict):
            case["reports"] = {key: changed(item) for key, item in case["reports"].items()}
        if isinstance(case.get("sha256"), dict):
            case["sha256"] = {changed(key): item for key, item in case["sha256"].items()}
    return result
