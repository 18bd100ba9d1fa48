"""What the checks take beside the report, and what they say."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["RULES", "SEVERITIES", "STATED_STATES", "CheckContext", "Fix", "Remark"]

RULES = (
    "finding-without-sentence",
    "sentence-without-accepted-finding",
    "laterality",
    "number",
    "unit",
    "negation",
    "impression-unsupported",
    "section-empty",
    "rejected-mentioned",
    "identifier",
    "critical-without-communication",
)
"""Every check, by its stable id."""

SEVERITIES = ("info", "warning", "error")

STATED_STATES = ("accepted", "edited")
"""States of a finding that the reader stands for."""


@dataclass(frozen=True)
class Fix:
    """A replacement that is certain; an empty one for a whole sentence removes the sentence.

    Parameters
    ----------
    sentence_id : str
    start, stop : int
        Character range in the sentence's text, ``stop`` not included.
    replacement : str
    """

    sentence_id: str
    start: int
    stop: int
    replacement: str

    def apply(self, text: str) -> str:
        """The sentence's text with the replacement in place."""
        return text[: self.start] + self.replacement + text[self.stop :]


@dataclass(frozen=True)
class Remark:
    """One thing that a check has to say.

    Parameters
    ----------
    rule : str
        One of `RULES`.
    severity : str
        One of `SEVERITIES`.
    sentence_id : str
        Where to jump; empty when the remark is about what is not there.
    start, stop : int
        Character range in that sentence, ``stop`` not included.
    text : str
        One sentence for the reader.
    fix : Fix, optional
        Only where it is certain.
    section_id : str
        Section of the sentence, or the one in which something is missing.
    evidence_ids : tuple of str
        Findings and measurements that the remark rests on.
    """

    rule: str
    severity: str
    sentence_id: str
    start: int
    stop: int
    text: str
    fix: Fix | None = None
    section_id: str = ""
    evidence_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class CheckContext:
    """What the caller knows beside the report; all of it stays in memory.

    Parameters
    ----------
    patient_names : tuple of str
        Names as the headers write them (``Doe^Jane``) or as people do (``Jane Doe``, ``张伟``).
    patient_ids : tuple of str
        Patient ids, accession numbers and the like.
    birth_dates : tuple of str
        ISO 8601 days (``1961-04-09`` or DICOM's ``19610409``).
    other_identifiers : tuple of str
        Addresses, names of relatives: anything that must not be in the text.
    required_sections : tuple of str
        Ids of the sections that must not be empty.
    critical_codes : tuple of str
        Code values of further concepts that count as critical.
    """

    patient_names: tuple[str, ...] = ()
    patient_ids: tuple[str, ...] = ()
    birth_dates: tuple[str, ...] = ()
    other_identifiers: tuple[str, ...] = ()
    required_sections: tuple[str, ...] = ("findings", "impression")
    critical_codes: tuple[str, ...] = ()
