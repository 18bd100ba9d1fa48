"""Notes of a run on the clinical context, for people."""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..context.units import unit_text

__all__ = ["translate_note"]

_NOTES: tuple[tuple[str, str], ...] = (
    (r"(\S+) was left out: it is given in (.+), and the bundle takes (.*)\.",
     "{0}未采用：给出的单位为 {1}，模型使用 {2}。"),
    (r"(\S+) '(.*)' was left out: the bundle knows (.+)\.", "{0}“{1}”未采用：模型支持 {2}。"),
    (r"(\S+) is given (\d+) times; the newest value was used\.", "{0}给出了 {1} 次；采用最新值。"),
    (r"(\S+) was left out: it is no number\.", "{0}未采用：不是数值。"),
    (r"(\S+) was left out: it is above the detection range\.", "{0}未采用：高于检测范围。"),
    (r"(\S+) was left out: it is below the detection range\.", "{0}未采用：低于检测范围。"),
    (r"(\S+) is above the detection range; (.+) stands in for it\.",
     "{0}高于检测范围；以 {1} 代替。"),
    (r"(\S+) is below the detection range; (.+) stands in for it\.",
     "{0}低于检测范围；以 {1} 代替。"),
    (r"(\S+) is above (.+); the model used (.+)\.", "{0}高于 {1}；模型使用 {2}。"),
    (r"(\S+) is below (.+); the model used (.+)\.", "{0}低于 {1}；模型使用 {2}。"),
    (r"(\S+) (.+) was left out: it is implausible \(expected (.+)\)\.",
     "{0} {1} 未采用：数值不合理（预期 {2}）。"),
)  # fmt: skip
"""What `inference.context_vector` writes, and the same in Chinese."""

_NEXT_NOTE = re.compile(r"(?<=\.) (?=(?:age|sex|view|lab\.\S+) )")
"""Where one note on a variable follows another."""


def translate_note(note: str, names: Mapping[str, str], language: str) -> str:
    """A note of a run on the clinical context, for people: variable names replaced, in Chinese translated.

    Parameters
    ----------
    note : str
        English, one or more sentences as `inference.context_vector` writes them.
    names : mapping of str to str
        Variable name (``lab.crp``) to what people call it.
    language : str

    Returns
    -------
    str
        What is not known stays as it is.
    """
    parts = _NEXT_NOTE.split(note)
    return (" " if language != "zh-CN" else "").join(_translate_part(part, names, language) for part in parts)


def _translate_part(part: str, names: Mapping[str, str], language: str) -> str:
    for pattern, chinese in _NOTES:
        found = re.fullmatch(pattern, part)
        if found is None:
            continue
        name = names.get(found[1], found[1])
        if language != "zh-CN":
            return unit_text(part.replace(found[1], name, 1))
        return unit_text(chinese.format(name, *(_translate_value(text) for text in found.groups()[1:])))
    return part


def _translate_value(text: str) -> str:
    """A range or unit inside a note."""
    for english, chinese in (("at least ", "至少 "), ("at most ", "至多 "), (" to ", " 至 ")):
        text = text.replace(english, chinese)
    return "无单位" if text == "no unit" else text
