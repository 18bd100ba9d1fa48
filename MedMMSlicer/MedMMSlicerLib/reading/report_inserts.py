"""Text that a reader puts into a report without typing it: findings, measurements, phrases, templates."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import InputError, UsageError
from ..reporting.document.phrases import PhraseBook
from ..reporting.document.placeholders import (
    Facts,
    Snippet,
    fill_in,
    finding_sentence,
    measurement_sentence,
)
from ..reporting.document.skeletons import Skeleton, load_skeletons, suitable
from ..reporting.quantities import display_name
from . import report_state as states
from .finding_view import current_findings
from .finding_words import wording_of
from .report_recovery import user_data_folder
from .report_state import ReportState

if TYPE_CHECKING:
    from .room import ReadingRoom

__all__ = ["NewSentence", "ReportInserts", "add_sentences"]


@dataclass(frozen=True)
class NewSentence:
    """A sentence to add at the end of a section; see `core.ReportSentence`."""

    section_id: str
    text: str
    author: str = "reader"
    evidence_ids: tuple[str, ...] = ()


def add_sentences(
    state: ReportState, items: Sequence[NewSentence], titles: Mapping[str, str]
) -> tuple[ReportState, tuple[str, ...]]:
    """Add sentences, each at the end of its section, and return their ids.

    Raises
    ------
    InputError
        If a text is empty, or there is no such section.
    """
    names = []
    for item in items:
        state, name = states.add_sentence(state, item.section_id, item.text, "", titles, item.evidence_ids)
        names.append(name)
    authors = {name: item.author for name, item in zip(names, items)}
    sections = tuple(
        dataclasses.replace(
            section,
            sentences=tuple(
                dataclasses.replace(item, author=authors.get(item.id, item.author))
                for item in section.sentences
            ),
        )
        for section in state.report.sections
    )
    return dataclasses.replace(state, report=dataclasses.replace(state.report, sections=sections)), tuple(
        names
    )


class ReportInserts:
    """Inserting by name, for the current case.

    Attributes
    ----------
    phrase_folder : Path
        With a file of phrases for each reader.
    template_folders : tuple of Path
        With report templates of the user.
    """

    def __init__(self, room: ReadingRoom) -> None:
        self._room = room
        self.phrase_folder: Path = user_data_folder() / "phrases"
        self.template_folders: tuple[Path, ...] = (user_data_folder() / "templates",)

    # ------------------------------------------------------------------ what there is

    def finding_names(self) -> tuple[tuple[str, str], ...]:
        """Ids and names of the findings that can be inserted: all but the rejected."""
        facts = self._facts()
        return tuple(
            (item.id, display_name(item, facts.wording))
            for item in facts.findings
            if item.status != "rejected"
        )

    def measurement_names(self) -> tuple[tuple[str, str], ...]:
        """Ids and names of the measurements."""
        facts = self._facts()
        return tuple((item.id, display_name(item, facts.wording)) for item in facts.measurements)

    @property
    def phrases(self) -> PhraseBook:
        """The phrases of the reader who works here."""
        return PhraseBook(self.phrase_folder, self._room.report.workflow.user())

    def templates(self) -> tuple[tuple[Skeleton, ...], tuple[str, ...]]:
        """Templates that fit the image, the most specific first, and what is wrong with files of the user."""
        found, problems = load_skeletons(self.template_folders, self._room.language)
        record = self._room.record
        series = None if record is None else record.series.get("current")
        facts = None if series is None else series.facts
        modality, part = ("", "") if facts is None else (facts.modality, facts.body_part)
        return suitable(found, modality, part), problems

    # ------------------------------------------------------------------ text

    def finding_text(self, name: str) -> Snippet:
        """A sentence on a finding, for the place at the cursor.

        Raises
        ------
        InputError
            If there is no such finding, several have the name, or it was rejected.
        """
        return finding_sentence(name, self._facts())

    def measurement_text(self, name: str) -> Snippet:
        """A sentence on a measurement.

        Raises
        ------
        InputError
            If there is no such measurement, or several have the name.
        """
        return measurement_sentence(name, self._facts())

    def expand_phrase(self, key: str) -> Snippet:
        """The text of a phrase with its placeholders filled in.

        Raises
        ------
        InputError
            If there is no such phrase, or it names what the case does not have.
        """
        return fill_in(self.phrases.text(key, self._room.language), self._facts())

    # ------------------------------------------------------------------ inserting

    def insert_finding(self, name: str, section_id: str = "findings", after: str = "") -> str:
        """Add a sentence on a finding behind ``after`` (empty: at the end) and return its id.

        Raises
        ------
        InputError
            As `finding_text`, or if there is no such section or sentence.
        UsageError
            If there is no report, or it is signed.
        """
        return self._insert(self.finding_text(name), section_id, after)

    def insert_measurement(self, name: str, section_id: str = "findings", after: str = "") -> str:
        """Add a sentence on a measurement; as `insert_finding`.

        Raises
        ------
        InputError, UsageError
            As `insert_finding`.
        """
        return self._insert(self.measurement_text(name), section_id, after)

    def insert_phrase(self, key: str, section_id: str = "findings", after: str = "") -> str:
        """Add a phrase as a sentence; as `insert_finding`.

        Raises
        ------
        InputError, UsageError
            As `expand_phrase` and `insert_finding`.
        """
        return self._insert(self.expand_phrase(key), section_id, after)

    def insert_template(self, template_id: str) -> tuple[str, ...]:
        """Add the sentences of a template, as one edit, and return what was left out, one sentence each.

        A sentence whose placeholder names what the case does not have, and a section that the report can not
        have, are left out.

        Raises
        ------
        UsageError
            If there is no such template or no report, it is signed, or nothing of the template can be used.
        """
        found, _ = load_skeletons(self.template_folders, self._room.language)
        skeleton = next((item for item in found if item.id == template_id), None)
        if skeleton is None:
            raise UsageError(f"There is no report template '{template_id}'. Choose one from the list.")
        facts, titles = self._facts(), self._room.report.sections()
        items, left_out = [], []
        for section_id, sentences in skeleton.sections.items():
            if section_id not in titles:
                left_out.append(f"The report has no section '{section_id}'.")
                continue
            for text in sentences:
                try:
                    filled = fill_in(text, facts)
                except InputError as error:
                    left_out.append(f"Left out: {text} ({error})")
                    continue
                items.append(NewSentence(section_id, filled.text, "template", filled.evidence_ids))
        if not items:
            raise UsageError(f"Nothing of the template '{template_id}' can be used. {' '.join(left_out)}")
        self._room.report.insert(items)
        return tuple(left_out)

    def _insert(self, snippet: Snippet, section_id: str, after: str) -> str:
        return self._room.report.add_sentence(section_id, snippet.text, after, snippet.evidence_ids)

    def _facts(self) -> Facts:
        record = self._room.require_record()
        measured = () if record.prediction is None else record.prediction.measurements
        return Facts(current_findings(record), measured, wording_of(self._room.language))
