"""What readers and evaluators may see: plain values, with no way back to the study.

These objects hold everything that a screen needs and nothing else. They are built by the reader's desk from
files that do not contain case ids, truth, arm names or AI output, and have no reference to the desk.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from .answers import Answers, QualityScore, Questions, Vote

__all__ = [
    "AiOutput",
    "AssistedScreen",
    "PreferenceScreen",
    "QualityScreen",
    "Questions",
    "Screen",
    "UnaidedScreen",
    "WorklistItem",
]


@dataclass(frozen=True)
class WorklistItem:
    """One task, as far as the reader may know it.

    Parameters
    ----------
    code : str
        Opaque, such as ``T-7KQ2M4XA``; the same case has another code each time.
    number : int
        From 1 on, in the order of work.
    session : int
        From 1 on.
    kind : str
        ``read``, ``likert``, ``radpeer`` or ``preference``.
    state : str
        ``waiting``, ``open`` (started, not submitted), ``paused``, ``submitted`` or ``refused`` (its files
        were changed).
    is_available : bool
        Whether it can be started now.
    reason : str
        For people, why not; empty if it can.
    """

    code: str
    number: int
    session: int
    kind: str
    state: str
    is_available: bool
    reason: str = ""


@dataclass(frozen=True)
class UnaidedScreen:
    """A case without AI: an unaided read, or a sequential one before its ratings were locked.

    Parameters
    ----------
    code : str
    images : tuple of Path
        Files of the case under opaque names.
    indication : str
    questions : Questions
    draft : Answers
        What was saved of an open read.
    asks_lock : bool
        The ratings are locked before the read goes on: the button is *Lock*, not *Submit*.
    """

    code: str
    images: tuple[Path, ...]
    indication: str
    questions: Questions
    draft: Answers = field(default_factory=Answers)
    asks_lock: bool = False


@dataclass(frozen=True)
class AiOutput:
    """Output of AI for one case, decrypted in memory.

    Parameters
    ----------
    files : mapping of str to bytes
        By path below the folder that the study team gave; forward slashes.
    """

    files: Mapping[str, bytes] = field(repr=False)

    def extract(self, folder: Path) -> tuple[Path, ...]:
        """Write all files below a folder that the caller removes after the read; returns their paths."""
        written = []
        for name, data in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            written.append(path)
        return tuple(written)


@dataclass(frozen=True)
class AssistedScreen:
    """A case with AI; in a sequential read ``locked`` holds the ratings given before."""

    code: str
    images: tuple[Path, ...]
    indication: str
    questions: Questions
    ai: AiOutput
    draft: Answers = field(default_factory=Answers)
    locked: Answers | None = None


@dataclass(frozen=True)
class QualityScreen:
    """One report to be rated; ``scales`` is empty for RADPEER."""

    code: str
    kind: str
    text: str
    scales: tuple[str, ...]
    images: tuple[Path, ...] = ()
    draft: QualityScore = field(default_factory=QualityScore)


@dataclass(frozen=True)
class PreferenceScreen:
    """Two reports on the same case, side by side in an order drawn by chance."""

    code: str
    left: str
    right: str
    images: tuple[Path, ...] = ()
    draft: Vote = field(default_factory=Vote)


Screen = UnaidedScreen | AssistedScreen | QualityScreen | PreferenceScreen
