"""Words of side in a sentence, and which finding each belongs to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["BOTH", "SideWord", "bind_sides", "find_sides", "mirrored"]

BOTH = frozenset({"left", "right"})

_ENGLISH = re.compile(
    r"(?<![a-z])(?P<both>bilateral(?:ly)?|both(?= (?:\w+ )?(?:lungs?|lobes?|bases|apices"
    r"|sides|breasts|kidneys"
    r"|hips|knees|shoulders|hemithora\w+|hippocamp\w+|hila|costophrenic|upper|lower|pleural)))"
    r"|(?<![a-z])(?P<left>left(?:-sided)?|lul|lll|lingula)(?![a-z])"
    r"|(?<![a-z])(?P<right>right(?:-sided)?|rul|rml|rll|middle lobe)(?![a-z])"
)
# Sides of hearts, vessels, catheters and views say nothing about a finding beside them.
_NOT_ENGLISH = re.compile(
    r"(?:left|right)(?:-sided)?[ -](?:heart|ventric|atri|hemidiaphragm|main|coronary"
    r"|subclavian|jugular|picc|ij\b"
    r"|internal jugular|central|chest tube|pleural drain|pleural catheter|pigtail|port\b|pacemaker|lateral"
    r"|decubitus|anterior oblique|posterior oblique|upper quadrant|lower quadrant|aortic|arm\b|away|now\b"
    r"|over\b|behind|in place|on the other)"
    r"|(?:is|are|was|were|be|what's) left (?:of|over|to|in)\b"
)
_CHINESE = re.compile(
    r"(?P<both>双侧|两侧|左右两?侧|左右两|左右(?=[肺乳肾])"
    r"|双(?=[肺乳肾髋膝肩下上海胸锁肋叶尖])|两(?=[肺乳肾下上][肺叶野尖侧肾乳]?|肺))"
    r"|(?P<left>左侧|左(?!右|心|房|室|主干|冠|旋|前斜|前降|位))"
    r"|(?P<right>右侧|(?<!左)右(?!心|房|室|主干|冠|前斜|位))"
)
_NOT_CHINESE = re.compile(
    r"[左右]侧?(?:位片|卧位|位像|斜位|胸腔引流|胸腔闭式|引流管|颈内|锁骨下静脉|心室|心房"
    r"|心缘|膈)|左右(?!两?侧|两|[肺乳肾])"
)
_ENGLISH_LINK = re.compile(
    r"\s*(?:and|or|/|&|,)\s*(?:the )?\Z|\s*(?:greater|larger|more|worse|less"
    r"|smaller)(?: \w+)? than(?: the)?\s*\Z"
)
_LOOSE_LINK = re.compile(r"[^,;:.]{0,30}\band\b(?: (?:in|of|at|on))?(?: the)? *")
_CHINESE_LINK = re.compile(r"\s*(?:及|和|与|、|/)\s*\Z")
_ENGLISH_CHAIN = re.compile(
    r"\s*(?:and|or|with|/|,|plus)\s*(?:an?\s|the\s|adjacent\s|overlying\s|associated\s"
    r"|underlying\s|small\s|mild\s"
    r"|minor\s|moderate\s|trace\s|compressive\s|basilar\s|basal\s|linear\s|parapneumonic\s|some\s)*\Z"
)
_CHINESE_CHAIN = re.compile(
    r"\s*(?:、|及|和|与|伴|并|合并|伴有)(?:少量|轻度|邻近|部分|局部|压迫性|肺组织)*\Z"
)


@dataclass(frozen=True)
class SideWord:
    """A word of side: its place and the sides that it names."""

    start: int
    stop: int
    sides: frozenset[str]


Span = tuple[int, int]


def find_sides(lowered: str, chinese: bool) -> tuple[SideWord, ...]:
    """The words of side that may belong to a finding, in order."""
    if chinese:
        if not any(character in lowered for character in "左右双两"):
            return ()
        found, without = _CHINESE, _NOT_CHINESE
    else:
        found, without = _ENGLISH, _NOT_ENGLISH
    blocked = [match.span() for match in without.finditer(lowered)]
    words = []
    for match in found.finditer(lowered):
        if any(start <= match.start() < stop for start, stop in blocked):
            continue
        sides = BOTH if match.lastgroup == "both" else frozenset({str(match.lastgroup)})
        words.append(SideWord(match.start(), match.end(), sides))
    return tuple(words)


def bind_sides(
    lowered: str, mentions: Sequence[Span], words: Sequence[SideWord], chinese: bool
) -> list[tuple[SideWord, ...]]:
    """The words of side of each mention, by place: within its own part of the sentence before across commas.

    Parameters
    ----------
    lowered : str
    mentions : sequence of (start, stop)
        Of findings, in order; a word of side does not reach across one of them.
    words : sequence of SideWord
    chinese : bool
    """
    if not words:
        return [() for _ in mentions]
    bound: list[tuple[SideWord, ...]] = []
    for index, span in enumerate(mentions):
        before = mentions[index - 1][1] if index else 0
        after = mentions[index + 1][0] if index + 1 < len(mentions) else len(lowered)
        bound.append(_near(lowered, span, (before, after), words, chinese))
    claimed = {word for group in bound for word in group}
    chain = _CHINESE_CHAIN if chinese else _ENGLISH_CHAIN
    for index, span in enumerate(mentions):
        if bound[index]:
            continue
        if index and bound[index - 1] and chain.match(lowered[mentions[index - 1][1] : span[0]]):
            bound[index] = bound[index - 1]
            continue
        before = mentions[index - 1][1] if index else 0
        bound[index] = _far(lowered, span, before, [word for word in words if word not in claimed], chinese)
    return bound


def _near(
    lowered: str, span: Span, limits: Span, words: Sequence[SideWord], chinese: bool
) -> tuple[SideWord, ...]:
    start, stop = span
    inside = [word for word in words if start <= word.start < stop]
    if inside:
        return _joined(lowered, inside, inside[0], chinese)
    comma = ",，:：;；。" if chinese else ",:;"
    earlier = [word for word in words if limits[0] <= word.start and word.stop <= start]
    if earlier and not _has(lowered[earlier[-1].stop : start], comma):
        return _joined(lowered, earlier, earlier[-1], chinese)
    later = [word for word in words if word.start >= stop and word.stop <= limits[1]]
    if later and not _has(lowered[stop : later[0].start], comma):
        joined = _joined(lowered, later, later[0], chinese)
        return joined if limits[1] < len(lowered) else _joined_loosely(lowered, later, joined)
    if later and not _has(lowered[stop : later[0].start], ":：;；。"):
        # "nodule, right lower lobe": a part of the sentence that holds a place and no finding.
        rest = re.split(r"[,，;；。]|\. ", lowered[later[0].stop :], maxsplit=1)[0]
        if later[0].stop + len(rest) <= limits[1] or limits[1] == len(lowered):
            return _joined(lowered, later, later[0], chinese)
    return ()


def _far(
    lowered: str, span: Span, before: int, words: Sequence[SideWord], chinese: bool
) -> tuple[SideWord, ...]:
    """``Right lung: several nodules``; ``In the left lung, there is a nodule``."""
    earlier = [word for word in words if before <= word.start and word.stop <= span[0]]
    if not earlier or _has(lowered[earlier[-1].stop : span[0]], ";；。"):
        return ()
    if re.search(r"\. ", lowered[earlier[-1].stop : span[0]]):
        return ()
    return _joined(lowered, earlier, earlier[-1], chinese)


def _joined(lowered: str, words: Sequence[SideWord], chosen: SideWord, chinese: bool) -> tuple[SideWord, ...]:
    """``right and left``: words of side with nothing but *and* between them belong together."""
    link = _CHINESE_LINK if chinese else _ENGLISH_LINK
    index = words.index(chosen)
    first = last = index
    while first and link.match(lowered[words[first - 1].stop : words[first].start]):
        first -= 1
    while last + 1 < len(words) and link.match(lowered[words[last].stop : words[last + 1].start]):
        last += 1
    if chosen.sides == BOTH:
        return (chosen,)
    return tuple(words[first : last + 1])


def _joined_loosely(
    lowered: str, words: Sequence[SideWord], joined: tuple[SideWord, ...]
) -> tuple[SideWord, ...]:
    """``in the right lung (8 mm) and in the left lung``: behind the last finding there is nothing else to
    have a side.
    """
    found = list(joined)
    for word in words:
        between = lowered[found[-1].stop : word.start]
        if word.start >= found[-1].stop and _LOOSE_LINK.fullmatch(between):
            found.append(word)
    return tuple(found)


def _has(text: str, characters: str) -> bool:
    return any(character in text for character in characters)


_MIRRORS = (("left", "right"), ("Left", "Right"), ("LEFT", "RIGHT"), ("左", "右"))


def mirrored(word: str) -> str:
    """The word for the other side, in the same case; empty where that is not certain (``LLL``, ``both``)."""
    for first, second in _MIRRORS:
        if first in word:
            return word.replace(first, second)
        if second in word:
            return word.replace(second, first)
    return ""
