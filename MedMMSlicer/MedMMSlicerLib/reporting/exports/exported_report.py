"""What every export takes: a report, where it stands, what it rests on, and its pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...core import Case, Prediction, Report, to_json
from ..document.model import Addendum, ReportDocument, Signature

__all__ = ["EXPORT_STATES", "ExportedReport", "exported_document", "standing_to_json"]

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
    earlier : tuple of Signature
        Of the signed versions that amendments replaced, oldest first.
    """

    report: Report
    predictions: tuple[Prediction, ...] = ()
    case: Case | None = None
    status: str = ""
    signature: Signature | None = None
    addenda: tuple[Addendum, ...] = ()
    images: Mapping[str, bytes] = field(default_factory=dict)
    case_id: str = ""
    earlier: tuple[Signature, ...] = ()

    @property
    def version(self) -> int:
        """Of the report as it is, from 1 on."""
        if self.signature is not None:
            return self.signature.version
        return 1 + max((item.version for item in self.earlier), default=0)

    @property
    def page_status(self) -> str:
        """As `standing`, but ``amended_open`` for an amendment that nobody has signed."""
        if self.status == "amended" and self.signature is None:
            return "amended_open"
        return self.standing

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
        earlier=tuple(item for item in document.signatures if item.version < document.version),
    )


def standing_to_json(exported: ExportedReport) -> dict[str, Any]:
    """Where the report stands, as plain JSON: status, version, every signature, addenda."""
    current = () if exported.signature is None else (exported.signature,)
    return {
        "status": exported.page_status,
        "is_signed": exported.signature is not None,
        "version": exported.version,
        "signatures": to_json((*exported.earlier, *current)),
        "addenda": to_json(exported.addenda),
    }
