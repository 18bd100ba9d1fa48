"""What is remembered between sessions: which bundles were accepted. Texts by key, nothing about patients."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Protocol

from ..files import atomic_write

__all__ = ["FileSettings", "MemorySettings", "Settings", "default_settings_path"]


class Settings(Protocol):
    """A store of texts; Slicer's front end gives one around its own settings."""

    def get(self, key: str) -> str:
        """The text of ``key``, empty if there is none."""
        ...

    def set(self, key: str, value: str) -> None:
        """Store a text; an empty one removes the key."""
        ...


class MemorySettings:
    """Settings that are forgotten at the end."""

    def __init__(self) -> None:
        self._values: dict[str, str] = {}

    def get(self, key: str) -> str:
        """The text of ``key``, empty if there is none."""
        return self._values.get(key, "")

    def set(self, key: str, value: str) -> None:
        """Store a text; an empty one removes the key."""
        self._values[key] = value
        if not value:
            del self._values[key]


class FileSettings:
    """Settings in a JSON file, read on first use; a damaged file counts as empty.

    Parameters
    ----------
    path : Path, optional
        `default_settings_path` when not given.
    """

    def __init__(self, path: Path | None = None) -> None:
        self.path = path or default_settings_path()
        self._values: dict[str, str] | None = None

    def get(self, key: str) -> str:
        """The text of ``key``, empty if there is none."""
        return self._read().get(key, "")

    def set(self, key: str, value: str) -> None:
        """Store a text; an empty one removes the key.

        Raises
        ------
        OutputError, DiskFullError
            If the file can not be written; the text then counts until the end of the session.
        """
        values = self._read()
        values[key] = value
        if not value:
            del values[key]
        with atomic_write(self.path) as temporary:
            temporary.write_text(json.dumps(values, indent=1, sort_keys=True), encoding="utf-8")

    def _read(self) -> dict[str, str]:
        if self._values is None:
            self._values = {}
            try:
                loaded = json.loads(self.path.read_text(encoding="utf-8"))
            except (OSError, ValueError):
                # Nothing was stored yet, or it is lost: the reader is asked again.
                loaded = {}
            if isinstance(loaded, dict):
                self._values = {str(key): str(value) for key, value in loaded.items()}
        return self._values


def default_settings_path() -> Path:
    """Where the desktop reader keeps its settings, by platform."""
    variable = {"win32": "APPDATA", "darwin": ""}.get(sys.platform, "XDG_CONFIG_HOME")
    base = os.environ.get(variable, "") if variable else ""
    if base:
        return Path(base) / "medmm" / "settings.json"
    home = {"win32": "AppData/Roaming", "darwin": "Library/Application Support"}.get(sys.platform, ".config")
    return Path.home() / home / "medmm" / "settings.json"
