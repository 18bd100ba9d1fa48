"""Versions of Python packages and the ranges that requirements give (PEP 440), without any package.

What installs packages can not need one.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import total_ordering

__all__ = ["Version", "VersionRange", "parse_version"]

_VERSION = re.compile(
    r"v?(?:(?P<epoch>\d+)!)?(?P<release>\d+(?:\.\d+)*)"
    r"(?:[-_.]?(?P<stage>alpha|beta|preview|pre|rc|a|b|c)[-_.]?(?P<stage_number>\d*))?"
    r"(?:-(?P<bare_post>\d+)|[-_.]?(?P<post>post|rev|r)[-_.]?(?P<post_number>\d*))?"
    r"(?:[-_.]?(?P<dev>dev)[-_.]?(?P<dev_number>\d*))?"
    r"(?:\+(?P<local>[a-z0-9]+(?:[-_.][a-z0-9]+)*))?"
)
_CLAUSE = re.compile(r"(~=|===?|!=|<=|>=|<|>)\s*(\S+)")
_STAGES = {"alpha": "a", "beta": "b", "c": "rc", "pre": "rc", "preview": "rc"}


@total_ordering
@dataclass(frozen=True, eq=False)
class Version:
    """A version. Compared as PEP 440 orders them, without the local part (``+cu118``).

    ``stage`` is ``a``, ``b``, ``rc`` or empty; ``post`` and ``dev`` are None where there is none.
    """

    release: tuple[int, ...]
    epoch: int = 0
    stage: str = ""
    stage_number: int = 0
    post: int | None = None
    dev: int | None = None
    local: str = ""

    @property
    def key(self) -> tuple[int, tuple[int, ...], tuple[str, int], int, float]:
        """What the order goes by."""
        release = self.release
        while len(release) > 1 and release[-1] == 0:
            release = release[:-1]
        # A development version of a final release precedes its alphas; "~" follows "rc".
        stage = self.stage or ("" if self.post is None and self.dev is not None else "~")
        post = -1 if self.post is None else self.post
        return (
            self.epoch,
            release,
            (stage, self.stage_number),
            post,
            math.inf if self.dev is None else self.dev,
        )

    @property
    def base(self) -> tuple[int, tuple[int, ...]]:
        """Epoch and release alone."""
        return self.key[:2]

    @property
    def is_early(self) -> bool:
        """Whether it comes before the release whose number it bears."""
        return bool(self.stage) or self.dev is not None

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Version) and self.key == other.key

    def __lt__(self, other: Version) -> bool:
        return self.key < other.key

    def __hash__(self) -> int:
        return hash(self.key)


def parse_version(text: str) -> Version | None:
    """Read a version; None if it is none."""
    match = _VERSION.fullmatch(text.strip().lower())
    if match is None:
        return None
    part = match.groupdict()
    post = None
    if part["bare_post"] or part["post"]:
        post = int(part["bare_post"] or part["post_number"] or 0)
    stage = part["stage"] or ""
    return Version(
        release=tuple(int(number) for number in part["release"].split(".")),
        epoch=int(part["epoch"] or 0),
        stage=_STAGES.get(stage, stage),
        stage_number=int(part["stage_number"] or 0),
        post=post,
        dev=int(part["dev_number"] or 0) if part["dev"] else None,
        local=re.sub(r"[-_]", ".", part["local"] or ""),
    )


class VersionRange:
    """A range such as ``>=1.26,<3``. Early versions count like any other: what is installed is judged.

    Parameters
    ----------
    text : str
        Clauses separated by commas; empty for every version.

    Raises
    ------
    ValueError
        If the text is no range.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._clauses = tuple(_clause(part.strip()) for part in text.split(",") if part.strip())

    def accepts(self, version: str) -> bool:
        """Whether a version lies in the range; what is no version lies in none, except in the empty one."""
        if not self._clauses:
            return True
        parsed = parse_version(version)
        return parsed is not None and all(_fits(parsed, *clause) for clause in self._clauses)


def _clause(text: str) -> tuple[str, Version, bool]:
    """Operator, version, and whether it ends in ``.*``."""
    match = _CLAUSE.fullmatch(text)
    operator, number = match.groups() if match else ("", "")
    wildcard = number.endswith(".*")
    version = parse_version(number.removesuffix(".*"))
    usable = operator not in {"", "==="} and (not wildcard or operator in {"==", "!="})
    if not usable or version is None or (operator == "~=" and len(version.release) < 2):
        raise ValueError(f"'{text}' is no version range")
    return operator, version, wildcard


def _fits(version: Version, operator: str, bound: Version, wildcard: bool) -> bool:
    match operator:
        case "==" | "!=":
            return _is_same(version, bound, wildcard) == (operator == "==")
        case "~=":
            return version >= bound and _begins_with(version, bound.epoch, bound.release[:-1])
        case ">=":
            return version >= bound
        case "<=":
            return version <= bound
        case ">":
            # 1.0.post1 is a repair of 1.0, so that ">1.0" leaves it out, unlike ">1.0.post0".
            same = (version.base, version.stage, version.stage_number) == (
                bound.base,
                bound.stage,
                bound.stage_number,
            )
            repaired = same and version.post is not None and bound.post is None and bound.dev is None
            return version > bound and not repaired
    # And 2.0rc1 is a 2.0 already, so that "<2.0" leaves it out.
    early = version.is_early and not bound.is_early and version.base == bound.base
    return version < bound and not early


def _is_same(version: Version, bound: Version, wildcard: bool) -> bool:
    if wildcard:
        return _begins_with(version, bound.epoch, bound.release)
    return version == bound and (not bound.local or version.local == bound.local)


def _begins_with(version: Version, epoch: int, start: tuple[int, ...]) -> bool:
    padded = version.release + (0,) * len(start)
    return version.epoch == epoch and padded[: len(start)] == start
