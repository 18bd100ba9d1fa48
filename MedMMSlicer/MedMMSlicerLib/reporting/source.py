"""What the sections of a draft are made from."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from ..bundles.manifest import Manifest
from ..core import Finding, Measurement, Prediction
from .quantities import display_name, sentence_case
from .templates import Wording

__all__ = ["Line", "Lines", "Source"]


@dataclass(frozen=True)
class Line:
    """A sentence before it has an id."""

    text: str
    author: str = "template"
    evidence_ids: tuple[str, ...] = ()


Lines = list[Line]


@dataclass(frozen=True, eq=False)
class Source:
    """A prediction with its bundle's manifest and the wording that the manifest asks for.

    Parameters
    ----------
    title : str
        Of the bundle, in the language of the report.
    template_missing : str
        Name of the template set that the manifest asks for and that is not there, else empty.
    as_found : mapping of str to Finding
        The findings as the model gave them, by id, where the reader may have changed name or side.
    """

    prediction: Prediction
    manifest: Manifest | None
    wording: Wording
    title: str
    template_missing: str = ""
    as_found: Mapping[str, Finding] = field(default_factory=dict)

    @property
    def device(self) -> str:
        """What the network really ran on, for people."""
        used = self.prediction.provenance.provider_used
        return self.wording.word(f"device.{used}", used)

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings that the reader did not reject."""
        return tuple(finding for finding in self.prediction.findings if finding.status != "rejected")

    @property
    def rejected(self) -> tuple[Finding, ...]:
        """The findings that the reader rejected."""
        return tuple(finding for finding in self.prediction.findings if finding.status == "rejected")

    @property
    def by_region(self) -> bool:
        """Whether the wording goes through the image region by region."""
        return self.wording.word("layout", "") == "regions"

    @property
    def is_refused(self) -> bool:
        """Whether the run gave reasons not to trust it."""
        return bool(self.prediction.refusals)

    def measured(self, finding: Finding) -> tuple[Measurement, ...]:
        """The measurements of a finding, in the order in which it names them."""
        known = {measurement.id: measurement for measurement in self.prediction.measurements}
        return tuple(known[name] for name in finding.measurement_ids if name in known)

    def free_measurements(self) -> tuple[Measurement, ...]:
        """The measurements that belong to no single finding or segment: totals, comparisons of the sides.

        None once a finding was rejected, since they may rest on it.
        """
        return () if self.rejected else self._free()

    @property
    def leaves_out_totals(self) -> bool:
        """Whether totals or comparisons of the sides are left out because a finding was rejected."""
        return bool(self.rejected) and not self.by_region and bool(self._free())

    def _free(self) -> tuple[Measurement, ...]:
        owned = {name for finding in self.prediction.findings for name in finding.measurement_ids}
        return tuple(item for item in self.prediction.measurements if item.id not in owned)

    def name_of(self, item: Finding | Measurement) -> str:
        """Name with its side, in the language of the report; without a side that the reader set."""
        if isinstance(item, Finding) and self._has_readers_side(item):
            item = dataclasses.replace(item, laterality="")
        return display_name(item, self.wording)

    def stated_name(self, finding: Finding) -> str:
        """Name and side as the reader states the finding."""
        return display_name(finding, self.wording)

    def _has_readers_side(self, finding: Finding) -> bool:
        return finding.laterality != self.as_found.get(finding.id, finding).laterality

    def _set_by_reader(self, finding: Finding) -> list[str]:
        """Sentences that say what of a model's finding the reader set."""
        sentences, wording = [], self.wording
        if finding.name != self.as_found.get(finding.id, finding).name:
            sentences.append(wording.sentence("name_by_reader"))
        if self._has_readers_side(finding):
            side = wording.word(f"side.{finding.laterality}", finding.laterality)
            key = "side_by_reader" if finding.laterality else "side_removed"
            sentences.append(wording.sentence(key, side=side))
        return sentences

    def joined(self, parts: Iterable[str], separator: str = "list") -> str:
        """The parts as a list in the language of the report."""
        return self.wording.word(separator).join(parts)

    def line(self, sentence: str, **values: str) -> Line:
        """A template line; ``title`` and ``bundle`` are given to every sentence."""
        return Line(self._text(sentence, values))

    def model_line(self, sentence: str, evidence_ids: Iterable[str], **values: str) -> Line:
        """A line that states ``evidence_ids``."""
        return Line(self._text(sentence, values), "model", tuple(dict.fromkeys(evidence_ids)))

    def finding_line(
        self, sentence: str, stated: Finding, evidence_ids: Iterable[str], /, **values: str
    ) -> Line:
        """As `model_line`, with what the reader set of the finding behind it."""
        line = self.model_line(sentence, evidence_ids, **values)
        space = "" if self.wording.language.startswith("zh") else " "
        return dataclasses.replace(line, text=space.join([line.text, *self._set_by_reader(stated)]))

    def _text(self, sentence: str, values: dict[str, str]) -> str:
        names = {"title": self.title, "bundle": self.prediction.provenance.bundle_id}
        return sentence_case(self.wording.sentence(sentence, **{**names, **values}))
