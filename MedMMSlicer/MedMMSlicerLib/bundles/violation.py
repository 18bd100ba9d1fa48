"""What is wrong with a bundle, in one place for schema, folder and network checks."""

from __future__ import annotations

from dataclasses import dataclass

from ..errors import MedMMError

__all__ = ["Violation"]


@dataclass(frozen=True)
class Violation:
    """One reason to refuse a bundle.

    Parameters
    ----------
    where : str
        JSON path in ``metadata.json`` (``$.medmm.labels[1].value``), or a file or folder of the bundle.
    message : str
        What is wrong, one sentence.
    hint : str
        What to do about it, one sentence.
    """

    where: str
    message: str
    hint: str

    @classmethod
    def from_error(cls, where: str, error: MedMMError) -> Violation:
        """Split an error's text: its last sentence says what to do."""
        message, separator, hint = str(error).rpartition(". ")
        return cls(where, f"{message}.", hint) if separator else cls(where, hint, "")

    def __str__(self) -> str:
        """Return everything on one line, control characters made visible."""
        text = f"{self.where}: {self.message} {self.hint}".rstrip()
        return "".join(
            char if char.isprintable() else char.encode("unicode_escape").decode("ascii") for char in text
        )
