"""Findings and measurements as the checks look them up: by concept, by side, by structure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...core import Finding, Measurement, SegmentDefinition
from .lexicon import Concept, Lexicon, load_concepts, load_lexicon
from .model import STATED_STATES, CheckContext
from .sentence import AFFIRMED, Mention, SentenceModel, has_chinese, read_sentence
from .sides import BOTH

__all__ = ["Facts", "sides_of"]

_LANGUAGES = ("en", "zh-CN")
_STATED_KINDS = ("finding", "prognosis")
OwnNames = tuple[tuple[str, str, tuple[str, ...]], ...]


def sides_of(item: Finding | Measurement) -> frozenset[str]:
    """Left, right or both; empty where none is stated."""
    if item.laterality == "bilateral":
        return BOTH
    return frozenset({item.laterality}) if item.laterality in BOTH else frozenset()


@dataclass(frozen=True, eq=False)
class Facts:
    """What a report may state, looked up by concept.

    Made by `Facts.of`; holds for one set of findings, measurements and context. ``key_of`` gives the concept
    of a finding by its id, ``stated`` are the findings that the reader stands for and a report has to state.
    """

    findings: tuple[Finding, ...]
    measurements: tuple[Measurement, ...]
    context: CheckContext
    concepts: dict[str, Concept]
    key_of: dict[str, str]
    by_key: dict[str, list[Finding]]
    stated: tuple[Finding, ...]
    keys_of_measurement: dict[str, frozenset[str]]
    english: Lexicon
    chinese: Lexicon

    @classmethod
    def of(
        cls,
        findings: Sequence[Finding],
        measurements: Sequence[Measurement],
        segments: Sequence[SegmentDefinition],
        context: CheckContext,
        folders: tuple[Path, ...] = (),
    ) -> Facts:
        """Look up what the findings are of, and learn the names that the data files do not know."""
        plain = {language: load_lexicon(language, (), folders) for language in _LANGUAGES}
        concepts = load_concepts(folders)
        structure_codes = {segment.type.value for segment in segments}
        own: dict[str, tuple[str, list[str]]] = {}
        key_of = {}
        for finding in findings:
            if finding.kind in _STATED_KINDS:
                kind = "structure" if finding.concept.value in structure_codes else ""
                key_of[finding.id] = _key(finding, plain.values(), concepts, own, kind)
        own_names = tuple((key, kind, tuple(dict.fromkeys(names))) for key, (kind, names) in own.items())
        english, chinese = (load_lexicon(language, own_names, folders) for language in _LANGUAGES)
        by_key: dict[str, list[Finding]] = {}
        for finding in findings:
            if finding.id in key_of:
                by_key.setdefault(key_of[finding.id], []).append(finding)
        return cls(
            findings=tuple(findings),
            measurements=tuple(measurements),
            context=context,
            concepts={**concepts, **english.concepts, **_qualified(findings, key_of, own, plain)},
            key_of=key_of,
            by_key=by_key,
            stated=tuple(item for item in findings if item.status in STATED_STATES and item.id in key_of),
            keys_of_measurement={item.id: _keys_named(item, english, chinese) for item in measurements},
            english=english,
            chinese=chinese,
        )

    def read(self, text: str) -> SentenceModel:
        """The model of a sentence, in the language that it is written in."""
        return read_sentence(text, self.chinese if has_chinese(text) else self.english)

    def exact(self, key: str) -> list[Finding]:
        """Findings of the concept itself."""
        return self.by_key.get(key, [])

    def covering(self, key: str) -> list[Finding]:
        """Findings of the concept, else those of more specific ones that it may be said of."""
        exact = self.exact(key)
        if any(finding.status != "rejected" for finding in exact):
            return exact
        wider = [
            finding
            for finding in self.findings
            if finding.id in self.key_of
            and key in self.concepts[self.key_of[finding.id]].supports
            and finding.status != "rejected"
        ]
        return [*exact, *wider]

    def states(self, key: str, concept_key: str) -> bool:
        """Whether naming ``key`` speaks of a finding of ``concept_key``: the same, or a more specific one."""
        return key == concept_key or concept_key in self.concepts[key].supports

    def is_critical(self, key: str) -> bool:
        """Whether a concept is one that somebody has to be told of."""
        concept = self.concepts[key]
        return concept.is_critical or bool(set(concept.codes) & set(self.context.critical_codes))

    def linked_findings(self, evidence_ids: Iterable[str]) -> list[Finding]:
        """The findings that a sentence is linked to."""
        wanted = set(evidence_ids)
        return [finding for finding in self.findings if finding.id in wanted]

    def candidates(self, model: SentenceModel, evidence_ids: Sequence[str]) -> list[Measurement]:
        """The measurements that numbers of a sentence may be of: the linked ones, else those it names."""
        linked = self.linked_findings(evidence_ids)
        wanted = {*evidence_ids, *(name for finding in linked for name in finding.measurement_ids)}
        rejected = [finding for finding in self.findings if finding.status == "rejected"]
        refused = {name for finding in rejected for name in finding.measurement_ids}
        usable = [item for item in self.measurements if item.id not in refused]
        if any(item.id in wanted for item in self.measurements):
            return [item for item in usable if item.id in wanted]
        named: set[str] = set()
        keys = {mention.key for mention in (*model.mentions, *model.structures)}
        for mention in model.mentions:
            named |= {name for item in self._near(mention) for name in item.measurement_ids}
        return [item for item in usable if item.id in named or keys & self.keys_of_measurement[item.id]]

    def _near(self, mention: Mention) -> list[Finding]:
        if mention.is_implied:
            return []
        return [finding for finding in self.covering(mention.key) if finding.status != "rejected"]


def _qualified(
    findings: Sequence[Finding],
    key_of: Mapping[str, str],
    own: Mapping[str, tuple[str, list[str]]],
    lexicons: Mapping[str, Lexicon],
) -> dict[str, Concept]:
    """Findings that no file knows and whose name holds one known concept: *multiple masses* are masses."""
    found = {}
    for key in {key_of[item.id] for item in findings if item.kind == "finding" and item.id in key_of}:
        kind, names = own.get(key, ("", []))
        if kind != "finding" or not key.startswith("="):
            continue
        models = (read_sentence(text, lexicons["zh-CN" if has_chinese(text) else "en"]) for text in names)
        mentions = [mention for model in models for mention in model.mentions]
        held = {mention.key for mention in mentions}
        if len(held) != 1 or any(item.status != AFFIRMED or item.is_old for item in mentions):
            continue
        general = lexicons["en"].concepts[held.pop()]
        is_a = (general.key, *general.is_a)
        supports = tuple(dict.fromkeys((*is_a, *general.supports)))
        found[key] = Concept(key, supports=supports, is_a=is_a, is_critical=general.is_critical)
    return found


def _keys_named(item: Measurement, english: Lexicon, chinese: Lexicon) -> frozenset[str]:
    """The findings and structures that the name of a measurement holds."""
    models = (
        read_sentence(item.name.get(language, ""), lexicon)
        for language, lexicon in zip(_LANGUAGES, (english, chinese), strict=True)
    )
    return frozenset(mention.key for model in models for mention in (*model.mentions, *model.structures))


def _key(
    finding: Finding,
    lexicons: Iterable[Lexicon],
    concepts: Mapping[str, Concept],
    own: dict[str, tuple[str, list[str]]],
    kind: str,
) -> str:
    names = [text for text in finding.name.values() if text.strip()]
    by_code = next((item for item in concepts.values() if finding.concept.value in item.codes), None)
    for lexicon in lexicons:
        for text in names:
            key = lexicon.key_of_name(text)
            if key:
                # "Fracture" with the code of a rib fracture is one of the rib.
                return by_code.key if by_code is not None and key in by_code.is_a else key
    if by_code is not None and by_code.kind == "finding":
        # Its own name is a further name of the concept.
        own.setdefault(by_code.key, ("finding", []))[1].extend(names)
        return by_code.key
    label = f"={(finding.name.get('en') or finding.concept.meaning).lower()}"
    wanted = "structure" if kind or by_code is not None else "finding"
    own.setdefault(label, (wanted, []))[1].extend([*names, finding.concept.meaning] if not by_code else names)
    return label
