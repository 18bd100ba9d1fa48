"""Coded concepts: what a name means in a terminology."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["CodedConcept", "Color", "LATERALITY_CODES", "LocalizedText", "localized"]

LocalizedText = dict[str, str]
"""Language tag (``en``, ``zh-CN``) to text."""

Color = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""


@dataclass(frozen=True)
class CodedConcept:
    """A code with its scheme and meaning, e.g. ``("25342003", "SCT", "Hippocampus")``.

    Parameters
    ----------
    value : str
        Code value.
    scheme : str
        Coding scheme designator of DICOM PS3.16: ``SCT``, ``DCM``, ``LN``, ``UCUM``, or ``99MEDMM`` for our
        own.
    meaning : str
        English meaning.
    """

    value: str
    scheme: str
    meaning: str


LATERALITY_CODES = {
    "left": CodedConcept("7771000", "SCT", "Left"),
    "right": CodedConcept("24028007", "SCT", "Right"),
    "bilateral": CodedConcept("51440002", "SCT", "Right and left"),
}


def localized(text: LocalizedText, language: str) -> str:
    """The text in ``language``, else in English, else in whatever language there is."""
    return text.get(language) or text.get("en") or next(iter(text.values()), "")
