"""Checks that need one sentence and the facts: laterality, number, unit, negation, rejected, unsupported."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ...core import Finding, Measurement, ReportSentence, localized
from .facts import Facts, sides_of
from .identifiers import find_identifiers
from .model import STATED_STATES, Fix, Remark
from .quantities import Quantity, agrees, formatted, other_units, size_of, unit_like
from .sentence import Mention, SentenceModel
from .sides import BOTH, mirrored
from .wording import REMOVED, remark_text

__all__ = ["UNSTATED_SECTIONS", "Place", "identifier_remarks", "sentence_remarks"]

UNSTATED_SECTIONS = frozenset(
    {
        "examination",
        "indication",
        "technique",
        "comparison",
        "limitations",
        "not_assessed",
        "missing",
        "history",
    }
)
"""Sections that state no finding of the present examination."""

_ONE_SIDED = re.compile(r"\bonly\b|unilateral|仅|单侧")
_BESIDE = 25
"""Characters between a number and the finding behind it: ``5 mm solid nodule``."""

_ASYMMETRY = ("asymmetry", "不对称")


@dataclass(frozen=True)
class Place:
    """A sentence with its section, and the language of the remarks."""

    sentence: ReportSentence
    section_id: str
    language: str

    def remark(
        self, rule: str, severity: str, span: tuple[int, int], text: str,
        evidence_ids: Sequence[str] = (), replacement: str | None = None,
    ) -> Remark:  # fmt: skip
        """A remark on a range of this sentence; with a ``replacement``, a fix of that range."""
        fix = Fix(self.sentence.id, *span, replacement) if replacement is not None else None
        return Remark(
            rule, severity, self.sentence.id, *span, text, fix, self.section_id, tuple(evidence_ids)
        )

    def text(self, key: str, **values: str) -> str:
        """What a remark says."""
        return remark_text(key, self.language, **values)

    def name(self, item: Finding | Measurement) -> str:
        """The name of a finding or measurement for the reader."""
        return localized(item.name, self.language)

    def words(self, mention: Mention) -> str:
        """What the sentence itself says at a mention."""
        return self.sentence.text[mention.start : mention.stop]


def identifier_remarks(place: Place, facts: Facts) -> Iterator[Remark]:
    """Identifiers, in every section; the fix takes them out."""
    removed = REMOVED.get(place.language, REMOVED["en"])
    for found in find_identifiers(place.sentence.text, facts.context):
        text = place.text("identifier", name=place.text(found.kind))
        yield place.remark("identifier", "error", (found.start, found.stop), text, (), removed)


def sentence_remarks(place: Place, facts: Facts) -> Iterator[Remark]:
    """All checks of a sentence that states findings of the present examination.

    A finding that nothing supports is `impression-unsupported` in the impression: whether the findings
    section supports it is for the caller to see.
    """
    model = facts.read(place.sentence.text)
    yield from _negations(place, model, facts)
    told: set[tuple[str, object]] = set()
    for mention in model.mentions:
        for remark in _mention(place, mention, facts):
            # One word of side may belong to several findings: it is wrong once.
            subject = remark.start if remark.rule == "laterality" else mention.key
            if (remark.rule, subject) not in told:
                told.add((remark.rule, subject))
                yield remark
    yield from _structures(place, model, facts)
    yield from _quantities(place, model, facts)


def _mention(place: Place, mention: Mention, facts: Facts) -> Iterator[Remark]:
    """One affirmed or doubted finding against the findings of its concept."""
    if mention.status not in ("affirmed", "doubted") or place.sentence.author == "template":
        return
    covering = facts.covering(mention.key)
    live = [finding for finding in covering if finding.status in STATED_STATES]
    open_ones = [finding for finding in covering if finding.status == "proposed"]
    rejected = [finding for finding in covering if finding.status == "rejected"]
    span = (mention.start, mention.stop)
    refused = _is_refused(mention, rejected, [*live, *open_ones], facts)
    if live and not refused and _cover(live, mention.sides):
        return
    if refused or (rejected and _rejects(rejected, mention, [*live, *open_ones])):
        text = place.text("rejected-mentioned", name=place.name(rejected[0]))
        yield place.remark("rejected-mentioned", "error", span, text, [item.id for item in rejected])
    elif open_ones and _cover(open_ones, mention.sides):
        if mention.status == "affirmed" and not facts.concepts[mention.key].is_descriptive:
            yield _unsupported(place, mention, facts, open_ones)
    elif live or open_ones:
        yield _laterality(place, mention, live or open_ones)
    elif mention.status == "affirmed" and not facts.concepts[mention.key].is_descriptive:
        yield _unsupported(place, mention, facts, [])


def _unsupported(place: Place, mention: Mention, facts: Facts, open_ones: list[Finding]) -> Remark:
    rule = (
        "impression-unsupported" if place.section_id == "impression" else "sentence-without-accepted-finding"
    )
    key, severity = (rule, "warning") if not open_ones else ("still-proposed", "info")
    text = place.text(key, name=place.words(mention))
    ids = [finding.id for finding in open_ones]
    return place.remark(rule, severity, (mention.start, mention.stop), text, ids)


def _cover(findings: Sequence[Finding], sides: frozenset[str]) -> bool:
    """Whether the findings are on all of these sides, as far as they have one."""
    if not sides or any(not sides_of(finding) for finding in findings):
        return True
    return sides <= frozenset().union(*map(sides_of, findings))


def _rejects(rejected: Sequence[Finding], mention: Mention, others: Sequence[Finding]) -> bool:
    covered = frozenset().union(*map(sides_of, others)) if others else frozenset()
    if not others:
        return not mention.sides or any(
            not sides_of(finding) or sides_of(finding) & mention.sides for finding in rejected
        )
    missing = mention.sides - covered
    return bool(missing) and any(sides_of(finding) & missing for finding in rejected)


def _is_refused(
    mention: Mention, rejected: Sequence[Finding], others: Sequence[Finding], facts: Facts
) -> bool:
    """Whether the concept itself was rejected there: another finding that it may be said of does not help."""
    if any(finding.status != "rejected" for finding in facts.exact(mention.key)):
        return False
    where = mention.sides or frozenset().union(*map(sides_of, others))
    return any(_meet(sides_of(finding), where) for finding in rejected)


def _laterality(place: Place, mention: Mention, findings: Sequence[Finding]) -> Remark:
    sides = frozenset().union(*map(sides_of, findings))
    words = mention.side_words
    span = (words[0].start, words[-1].stop)
    replacement = None
    if len(words) == 1 and words[0].sides != BOTH and len(sides) == 1:
        replacement = mirrored(place.sentence.text[span[0] : span[1]]) or None
    word = place.text("both" if sides == BOTH else next(iter(sides)))
    text = place.text("laterality", name=place.name(findings[0]), sides=word)
    ids = [finding.id for finding in findings]
    return place.remark("laterality", "error", span, text, ids, replacement)


def _structures(place: Place, model: SentenceModel, facts: Facts) -> Iterator[Remark]:
    """Structures that the sentence is linked to: their side, and whether the reader rejected them."""
    linked = facts.linked_findings(place.sentence.evidence_ids)
    named = {mention.key for mention in model.mentions}
    for finding in linked:
        key = facts.key_of.get(finding.id, "")
        if finding.status != "rejected" or key in named or place.sentence.author == "template":
            continue
        where = sides_of(finding)
        mentions = [item for item in model.structures if item.key == key and _meet(item.sides, where)]
        span = (mentions[0].start, mentions[0].stop) if mentions else (0, len(place.sentence.text))
        text = place.text("rejected-mentioned", name=place.name(finding))
        yield place.remark("rejected-mentioned", "error", span, text, [finding.id])
    for mention in model.structures:
        of_key = [item for item in linked if facts.key_of.get(item.id) == mention.key]
        alive = [item for item in of_key if item.status != "rejected"]
        if alive and mention.side_words and not _cover(of_key, mention.sides):
            yield _laterality(place, mention, alive)


def _negations(place: Place, model: SentenceModel, facts: Facts) -> Iterator[Remark]:
    denied = [item for item in model.mentions if item.status == "denied"]
    if not denied:
        return
    affirmed = [item for item in model.mentions if item.status in ("affirmed", "doubted")]
    left = [finding for finding in facts.stated if not _is_affirmed(finding, affirmed, facts)]
    for mention in denied:
        findings = [finding for finding in left if _denies(mention, finding, place, facts)]
        if findings:
            # "No filling defect to suggest an embolism" is wrong once.
            left = [finding for finding in left if finding not in findings]
            names = ", ".join(dict.fromkeys(place.name(finding) for finding in findings))
            text = place.text("negation", name=names)
            ids = [finding.id for finding in findings]
            yield place.remark("negation", "error", (mention.start, mention.stop), text, ids)


def _is_affirmed(finding: Finding, affirmed: Sequence[Mention], facts: Facts) -> bool:
    key, where = facts.key_of[finding.id], sides_of(finding)
    return any(facts.states(item.key, key) and _meet(item.sides, where) for item in affirmed)


def _denies(mention: Mention, finding: Finding, place: Place, facts: Facts) -> bool:
    concept = facts.concepts[facts.key_of[finding.id]]
    if concept.kind == "structure" or mention.key not in ("*", concept.key, *concept.is_a):
        return False
    if finding.kind != "finding" and mention.key == "*":
        return False
    where = sides_of(finding)
    if mention.sides == BOTH and len(where) == 1 and _ONE_SIDED.search(place.sentence.text.lower()):
        return False
    return _meet(mention.sides, where)


def _meet(first: frozenset[str], second: frozenset[str]) -> bool:
    return not first or not second or bool(first & second)


def _quantities(place: Place, model: SentenceModel, facts: Facts) -> Iterator[Remark]:
    if not model.quantities:
        return
    candidates = facts.candidates(model, place.sentence.evidence_ids)
    for quantity, statement, sides in model.quantities:
        if not quantity.is_current or quantity.is_elsewhere:
            continue
        if quantity.cue:
            yield from _probability(place, quantity, model, facts)
            continue
        related = _related(quantity, statement, model, candidates, facts)
        near = [item for item in related if sides and sides_of(item) and sides_of(item) & sides]
        yield from _quantity(place, quantity, near or related)


def _related(
    quantity: Quantity,
    statement: int,
    model: SentenceModel,
    candidates: Sequence[Measurement],
    facts: Facts,
) -> Sequence[Measurement]:
    """The candidates of the finding that a number stands beside: ``an effusion and a 5 mm nodule``."""
    here = [item for item in model.mentions if item.statement == statement and not item.is_implied]
    behind = [item for item in here if 0 <= item.start - quantity.stop < _BESIDE]
    ahead = [item for item in here if item.stop <= quantity.start]
    if not behind and not ahead:
        return candidates
    # "nodule, 5 mm, effusion": what stands right before the number wins.
    is_ahead = bool(ahead) and (not behind or quantity.start - ahead[-1].stop < 4)
    key = (ahead[-1] if is_ahead else behind[0]).key
    found = []
    for item in candidates:
        owners = [facts.key_of[each.id] for each in facts.findings
                  if item.id in each.measurement_ids and each.id in facts.key_of]  # fmt: skip
        keys = {*facts.keys_of_measurement[item.id], *owners}
        if not keys or any(facts.states(key, each) or facts.states(each, key) for each in keys):
            found.append(item)
    return found


def _quantity(place: Place, quantity: Quantity, candidates: Sequence[Measurement]) -> Iterator[Remark]:
    if any(_agrees(quantity, item) for item in candidates):
        return
    for unit in other_units(quantity.unit) if quantity.kind in ("value", "product") else ():
        for item in candidates:
            if _agrees(quantity, item, unit):
                yield _unit_remark(place, quantity, item, unit)
                return
    read = size_of(quantity.unit)
    same = [item for item in candidates if (size_of(item.unit) or ("?",))[0] == (read or ("",))[0]]
    if same:
        yield _number_remark(place, quantity, same)


def _agrees(quantity: Quantity, item: Measurement, unit: str = "") -> bool:
    names = " ".join([item.quantity.value, item.quantity.meaning, *item.name.values()]).lower()
    return agrees(quantity, item.value, item.unit, unit, any(word in names for word in _ASYMMETRY))


def _unit_remark(place: Place, quantity: Quantity, item: Measurement, unit: str) -> Remark:
    start, stop = quantity.unit_span
    replacement = unit_like(unit, place.sentence.text[start:stop])
    text = place.text("unit", value=_printed(item), name=place.name(item))
    return place.remark("unit", "error", (start, stop), text, [item.id], replacement)


def _printed(item: Measurement) -> str:
    return f"{formatted(item.value, '0')} {unit_like(item.unit, '')}"


def _number_remark(place: Place, quantity: Quantity, same: Sequence[Measurement]) -> Remark:
    span = (quantity.values[0][0], quantity.values[-1][1])
    ids = [item.id for item in same]
    name = ", ".join(dict.fromkeys(place.name(item) for item in same))
    if len(same) > 1:
        return place.remark("number", "error", span, place.text("number-many", name=name), ids)
    replacement = None
    if quantity.kind == "value" and not quantity.is_signed:
        own, read = size_of(same[0].unit), size_of(quantity.unit)
        if own is not None and read is not None and same[0].value >= 0:
            replacement = formatted(same[0].value * own[1] / read[1], place.sentence.text[span[0] : span[1]])
    text = place.text("number", value=_printed(same[0]), name=name)
    return place.remark("number", "error", span, text, ids, replacement)


def _probability(place: Place, quantity: Quantity, model: SentenceModel, facts: Facts) -> Iterator[Remark]:
    """``probability 63.0%`` and ``operating point 51.2%`` are those of the finding."""
    keys = {mention.key for mention in model.mentions}
    linked = facts.linked_findings(place.sentence.evidence_ids)
    findings = linked or [item for item in facts.findings if facts.key_of.get(item.id) in keys]
    values = []
    for finding in findings:
        point = finding.operating_point.threshold if finding.operating_point else None
        value = finding.probability if quantity.cue == "probability" else point
        if value is not None:
            values.append((finding, value))
    if not values or any(agrees(quantity, value, "1") for _, value in values):
        return
    span = (quantity.values[0][0], quantity.values[-1][1])
    finding, value = values[0]
    printed = formatted(100 * value, place.sentence.text[span[0] : span[1]])
    certain = len(values) == 1 and quantity.kind == "value" and quantity.unit == "%"
    text = place.text("number", value=f"{printed}%", name=place.name(finding))
    yield place.remark("number", "error", span, text, [finding.id], printed if certain else None)
