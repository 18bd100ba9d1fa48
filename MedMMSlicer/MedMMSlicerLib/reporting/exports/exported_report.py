"""What every export takes: a report, where it stands, what it rests on, and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from ...core import Case, Prediction, Report
from ..document.model import Addendum, ReportDocument, Signature

__all__ = ["EXPORT_STATES", "ExportedReport", "exported_document"]

EXPORT_STATES = ("draft", "preliminary", "final", "amended")


@dataclass(frozen=True, eq=False)
class ExportedReport:
    """A report on its way out.

    Parameters
    ----------
    report : Report
    predictions : tuple of Prediction
        What the sentences rest on.
    case : Case, optional
        Its series and their UIDs.
    status : str
        One of `EXPORT_STATES`; empty: that of the report, if it is one of them, else ``draft``.
    signature : Signature, optional
        Of the current version; without it nothing is called final.
    addenda : tuple of Addendum
    images : mapping of str to bytes
        PNG files by caption.
    case_id : str
        Empty: that of the case.
    """

    report: Report
    predictions: tuple[Prediction, ...] = ()
    case: Case | None = None
    status: str = ""
    signature: Signature | None = None
    addenda: tuple[Addendum, ...] = ()
    images: Mapping[str, bytes] = field(default_factory=dict)
    case_id: str = ""

    @property
    def standing(self) -> str:
        """Where the report stands; never ``final`` or ``amended`` without a signature."""
        stated = self.status or self.report.status
        if stated not in EXPORT_STATES:
            return "draft"
        if stated in {"final", "amended"} and self.signature is None:
            return "preliminary"
        return stated

    @property
    def name(self) -> str:
        """Of the case, or ``case``."""
        return self.case_id or (self.case.id if self.case is not None else "") or "case"

    @property
    def study_uids(self) -> tuple[str, ...]:
        """DICOM studies that were read, each once."""
        uids = [item.study_uid for one in self.predictions for item in one.provenance.inputs]
        if self.case is not None:
            uids += [series.study_uid for series in self.case.series.values()]
        return tuple(dict.fromkeys(uid for uid in uids if uid))

    def series_uids(self, study_uid: str) -> tuple[str, ...]:
        """DICOM series of a study that were read, each once."""
        found = [
            (item.study_uid, item.series_uid) for one in self.predictions for item in one.provenance.inputs
        ]
        if self.case is not None:
            found += [(item.study_uid, item.series_uid) for item in self.case.series.values()]
        return tuple(dict.fromkeys(uid for study, uid in found if study == study_uid and uid))


def exported_document(
    document: ReportDocument,
    predictions: Sequence[Prediction] = (),
    case: Case | None = None,
    images: Mapping[str, bytes] | None = None,
) -> ExportedReport:
    """The export of a report document, with its status, signature and addenda."""
    return ExportedReport(
        document.report,
        tuple(predictions),
        case,
        document.status,
        document.signature,
        document.addenda,
        images or {},
    )
