"""What a sentence says: which concepts it affirms, doubts or denies, on which side, with which numbers.

Each text is read once and kept (`read_sentence`).
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from .lexicon import Cue, Lexicon, Name, Normal
from .quantities import Quantity, find_quantities
from .sides import SideWord, bind_sides, find_sides

__all__ = ["Mention", "SentenceModel", "has_chinese", "read_sentence"]

AFFIRMED, DENIED, DOUBTED, QUALIFIED, ASKED, PAST = (
    "affirmed", "denied", "doubted", "qualified", "asked", "past",
)  # fmt: skip

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_ENGLISH_END = re.compile(
    r"(?<!\bdr)(?<!\bmr)(?<!\bms)(?<!\bmrs)(?<!\bno)(?<!\bvs)(?<!\be\.g)(?<!\bi\.e)(?<!\bapprox)(?<!\bca)"
    r"[.!?](?=\s|\Z)|[;\n]"
)
_CHINESE_END = re.compile(r"[。；;！？!\n]|\.(?=\s|\Z|[\u3400-\u9fff])")
_VERB = re.compile(
    r"\b(?:is|are|was|were|has|have|had|remains?|persists?|shows?|appears?|contains?|measures?|demonstrates?"
    r"|noted|seen|identified|present)\b"
)
_PREDICATE = re.compile(
    r"\b(?:(?:is|are|has|have|remains?|appears?) (?!seen|identified|noted|present"
    r"|demonstrated|evident|visualized"
    r"|detected|visible|found|been (?:seen|identified))\w+|persists?)\b"
)
_SOMETHING = re.compile(
    r"\s*(?:an?|the|there|small|mild|moderate|large|trace|minimal|tiny|right|left|bilateral|bibasilar|stable"
    r"|unchanged|persistent|known|new|increased|increasing|multiple|several|again)\b"
)


@dataclass(frozen=True)
class Mention:
    """A concept named in a text.

    Parameters
    ----------
    key : str
        Of the concept; ``*`` for a phrase that denies everything.
    start, stop : int
    status : str
        ``affirmed``, ``denied``, ``doubted``, ``qualified`` (*no new effusion*), ``asked`` or ``past``.
    side_words : tuple of SideWord
    is_implied : bool
        Denied by a phrase that does not name it: *lungs are clear*.
    is_old : bool
        Said to be chronic, stable or known.
    statement : int
        Which statement of the sentence it is in.
    """

    key: str
    start: int
    stop: int
    status: str = AFFIRMED
    side_words: tuple[SideWord, ...] = ()
    is_implied: bool = False
    is_old: bool = False
    statement: int = 0

    @property
    def sides(self) -> frozenset[str]:
        """The sides that it is said to be on; empty: not said."""
        return frozenset().union(*(word.sides for word in self.side_words))


@dataclass(frozen=True)
class SentenceModel:
    """What a sentence says.

    Parameters
    ----------
    mentions : tuple of Mention
        Of findings.
    structures : tuple of Mention
        Of organs and of measured structures.
    quantities : tuple of (Quantity, statement, sides)
    side_words : tuple of SideWord
    is_told : bool
        It says that somebody was informed.
    """

    mentions: tuple[Mention, ...]
    structures: tuple[Mention, ...]
    quantities: tuple[tuple[Quantity, int, frozenset[str]], ...]
    side_words: tuple[SideWord, ...]
    is_told: bool


def has_chinese(text: str) -> bool:
    """Whether a text is read as Chinese."""
    return _CHINESE.search(text) is not None


@functools.lru_cache(maxsize=8192)
def read_sentence(text: str, lexicon: Lexicon) -> SentenceModel:
    """Read a text of one or more statements in the language of ``lexicon``; kept by text."""
    lowered = text.lower()
    if len(lowered) != len(text):  # a few letters grow in lower case, and places must stay true
        lowered = text
    mentions: list[Mention] = []
    structures: list[Mention] = []
    quantities: list[tuple[Quantity, int, frozenset[str]]] = []
    side_words: list[SideWord] = []
    told = is_firm = False
    for number, (start, stop) in enumerate(_statements(lowered, lexicon.is_chinese)):
        part = _Statement(lowered[start:stop], lexicon, is_firm)
        # "At or above the operating point: pneumonia; edema, unlikely": a list goes on behind a semicolon.
        is_firm = part.is_firm and lowered[stop : stop + 1] in (";", "；")
        mentions += [_moved(item, start, number) for item in part.mentions]
        structures += [_moved(item, start, number) for item in part.structures]
        words = [_moved_word(word, start) for word in part.side_words]
        side_words += words
        for quantity in find_quantities(part.lowered, start):
            quantities.append((quantity, number, _side_before(lowered, quantity.start, words)))
        told = told or part.is_told
    return SentenceModel(tuple(mentions), tuple(structures), tuple(quantities), tuple(side_words), told)


def _statements(lowered: str, chinese: bool) -> Iterator[tuple[int, int]]:
    end = _CHINESE_END if chinese else _ENGLISH_END
    start = 0
    for match in end.finditer(lowered):
        if match.start() > start:
            yield start, match.start()
        start = match.end()
    if start < len(lowered):
        yield start, len(lowered)


def _moved(item: Mention, offset: int, number: int) -> Mention:
    if not offset and not number:
        return item
    words = tuple(_moved_word(word, offset) for word in item.side_words)
    return replace(
        item, start=item.start + offset, stop=item.stop + offset, side_words=words, statement=number
    )


def _moved_word(word: SideWord, offset: int) -> SideWord:
    if not offset:
        return word
    return SideWord(word.start + offset, word.stop + offset, word.sides)


def _side_before(lowered: str, place: int, words: Sequence[SideWord]) -> frozenset[str]:
    """The side that stands right before a number: ``left 1,290 mm³, right 1,324 mm³``."""
    earlier = [word for word in words if word.stop <= place]
    return earlier[-1].sides if earlier else frozenset()


@dataclass(frozen=True)
class _Found:
    kind: str
    start: int
    stop: int


class _Statement:
    """One statement while it is read."""

    def __init__(self, lowered: str, lexicon: Lexicon, is_firm: bool) -> None:
        self.lowered = lowered
        self.lexicon = lexicon
        found = lexicon.index.candidates(lowered)
        self.names = [entry for entry in found if isinstance(entry, Name)]
        self.normals = [entry for entry in found if isinstance(entry, Normal)]
        self.found_cues = [
            _Found(entry.kind, *match.span())
            for entry in found
            if isinstance(entry, Cue)
            for match in entry.pattern.finditer(lowered)
        ]
        named = self._named()
        self.side_words = find_sides(lowered, lexicon.is_chinese)
        concepts = lexicon.concepts
        self.structures = [item for item in named if concepts[item.key].kind == "structure"]
        findings = [item for item in named if concepts[item.key].kind == "finding"]
        findings = [self._regional(item) for item in findings]
        spans = [(item.start, item.stop) for item in findings]
        bound = bind_sides(lowered, spans, self.side_words, lexicon.is_chinese)
        cues = self._cues()
        self.is_old = any(cue.kind == "old" for cue in cues)
        self.is_firm = is_firm or any(cue.kind == "firm" for cue in cues)
        statuses = [
            AFFIRMED if self.is_firm else _status(lowered, span, spans, cues, lexicon.is_chinese)
            for span in spans
        ]
        self.mentions = [
            replace(item, status=status, side_words=words, is_old=self.is_old)
            for item, status, words in zip(findings, statuses, bound, strict=True)
        ]
        structure_spans = [(item.start, item.stop) for item in self.structures]
        of_structures = bind_sides(lowered, structure_spans, self.side_words, lexicon.is_chinese)
        self.structures = [
            replace(item, side_words=words)
            for item, words in zip(self.structures, of_structures, strict=True)
        ]
        self.mentions += self._normals()

    @property
    def is_told(self) -> bool:
        """Whether somebody was informed, and it is not said that nobody was or will be."""
        refusals = [cue.start for cue in self.found_cues if cue.kind == "not_told"]
        for cue in self.found_cues:
            if cue.kind != "told":
                continue
            start, stop = cue.start, cue.stop
            # Between commas: "no midline shift, the ward was informed".
            first = max(self.lowered.rfind(comma, 0, start) for comma in ",，")
            last = min(
                (place for comma in ",，" if (place := self.lowered.find(comma, stop)) >= 0),
                default=len(self.lowered),
            )
            if not any(first < other < last for other in refusals):
                return True
        return False

    def _named(self) -> list[Mention]:
        """The concepts by name; of overlapping names the longest."""
        found = []
        for name in self.names:
            for match in name.pattern.finditer(self.lowered):
                place = match.span("it") if match.groupdict().get("it") else match.span()
                if not self._is_other(name.key, *place):
                    found.append(Mention(name.key, *place))
        # Patterns come last, and of equal places the last is kept: they know more than the name alone.
        found.reverse()
        found.sort(key=lambda item: (item.start - item.stop, item.start))
        kept: list[Mention] = []
        for item in found:
            if all(item.stop <= other.start or item.start >= other.stop for other in kept):
                kept.append(item)
        return sorted(kept, key=lambda item: item.start)

    def _is_other(self, key: str, start: int, stop: int) -> bool:
        """``joint effusion``, ``mass effect``: a word beside the name makes it another thing."""
        before, after = self.lowered[:start].rstrip(" -"), self.lowered[stop:].lstrip(" -")
        return before.endswith(self.lexicon.not_after.get(key, ())) or after.startswith(
            self.lexicon.not_before.get(key, ())
        )

    def _regional(self, item: Mention) -> Mention:
        """A *mass* where the statement speaks of the breast is a breast mass."""
        for key, (generic, words) in self.lexicon.by_region.items():
            if item.key in generic and any(word in self.lowered for word in words):
                return replace(item, key=key)
        return item

    def _normals(self) -> Iterator[Mention]:
        for normal in self.normals:
            for match in normal.pattern.finditer(self.lowered):
                side = match.groupdict().get("side")
                words = [word for word in self.side_words if side and word.start == match.start("side")]
                for key in normal.denied:
                    yield Mention(key, *match.span(), DENIED, tuple(words), is_implied=True)

    def _cues(self) -> list[_Found]:
        found = [cue for cue in self.found_cues if cue.kind not in ("told", "not_told")]
        found.sort(key=lambda item: (item.start - item.stop, item.start))
        kept: list[_Found] = []
        for item in found:
            if item.kind in ("stop", "old") or all(
                item.stop <= other.start or item.start >= other.stop
                for other in kept
                if other.kind not in ("stop", "old")
            ):
                kept.append(item)
        return sorted(kept, key=lambda item: item.start)


Span = tuple[int, int]


def _status(lowered: str, span: Span, spans: Sequence[Span], cues: Sequence[_Found], chinese: bool) -> str:
    kinds = {cue.kind for cue in cues if _reaches(lowered, cue, span, spans, cues, chinese)}
    denied = bool(kinds & {"before", "after"})
    if denied and "invert" in kinds:
        return AFFIRMED
    if "before" in kinds and "uncertain" in kinds:
        return QUALIFIED  # "no suspicious, no questionable nodule"
    for kind, status in (
        ("uncertain", DOUBTED), ("around", DOUBTED), ("asked", ASKED), ("qualified", QUALIFIED),
    ):  # fmt: skip
        if kind in kinds and not (kind == "asked" and "before" in kinds):
            return status
    if denied:
        return DENIED
    return PAST if kinds & {"past", "past_after"} else AFFIRMED


def _reaches(
    lowered: str, cue: _Found, span: Span, spans: Sequence[Span], cues: Sequence[_Found], chinese: bool
) -> bool:
    """Whether a cue is about the mention at ``span``."""
    if cue.kind == "invert":
        return True
    if cue.kind == "around":
        return min(abs(cue.start - span[1]), abs(span[0] - cue.stop)) < 40
    if cue.kind == "uncertain":
        follows = any(
            other[0] >= cue.stop and _forward(lowered, cue, other, cues, chinese) for other in spans
        )
        reach = _forward if follows else _backward
        return reach(lowered, cue, span, cues, chinese)
    if cue.kind in ("after", "past_after"):
        return _backward(lowered, cue, span, cues, chinese)
    if cue.kind in ("before", "qualified", "asked", "past"):
        return _forward(lowered, cue, span, cues, chinese)
    return False


def _forward(lowered: str, cue: _Found, span: Span, cues: Sequence[_Found], chinese: bool) -> bool:
    if span[0] < cue.stop:
        return False
    stopped = any(other.kind == "stop" and cue.stop <= other.start < span[0] for other in cues)
    if stopped and cue.kind != "asked":
        return False
    between = lowered[cue.stop : span[0]]
    if chinese:
        return not re.search(r"[，,：:]", between) or cue.kind == "asked"
    if cue.kind == "asked":
        return True
    for comma in re.finditer(r",", between):
        rest = lowered[cue.stop + comma.end() :]
        in_list = re.search(r"\b(?:or|nor|and)\b", rest) and not _SOMETHING.match(rest)
        if not in_list and (_SOMETHING.match(rest) or _VERB.search(rest)):
            return False
    joined = list(re.finditer(r"\band\b", between))
    if joined:
        # "no effusion and the nodule is unchanged": the second half has a predicate of its own.
        rest = re.split(r",", lowered[cue.stop + joined[-1].end() :], maxsplit=1)[0]
        if _PREDICATE.search(rest) or re.match(r"\s*(?:an?|there|the)\b", rest):
            return False
    return True


def _backward(lowered: str, cue: _Found, span: Span, cues: Sequence[_Found], chinese: bool) -> bool:
    if span[1] > cue.start:
        return False
    if any(other.kind == "stop" and span[1] <= other.start < cue.start for other in cues):
        return False
    between = lowered[span[1] : cue.start]
    if chinese:
        return not re.search(r"[，,]", between)
    if re.search(r"\band\b", between) and _VERB.search(between.partition(" and ")[0]):
        return False
    if "," in between:
        own = lowered[: span[1]].rpartition(",")[2] + between.partition(",")[0]
        return not _VERB.search(own) and not _VERB.search(between.rpartition(",")[0])
    return True
