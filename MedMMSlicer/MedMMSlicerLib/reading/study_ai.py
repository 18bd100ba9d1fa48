"""Output of AI in a reader study: from the study's files into the scene, for assisted reads alone."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ..core import Prediction, Report
from ..errors import InputError
from .record import RunRecord
from .run_results import ResultWriter

if TYPE_CHECKING:
    from ..study.views import AiOutput
    from .room import ReadingRoom

__all__ = ["AiContent", "read_ai", "show_ai"]

_REPORTED = ("findings", "impression")
"""Sections of a drafted report that say what is seen; the others say by what and how it was made."""


@dataclass(frozen=True, eq=False)
class AiContent:
    """What AI says about a case: a prediction for the scene, or None, and the text of its report."""

    prediction: Prediction | None
    report: str


def read_ai(output: AiOutput) -> AiContent:
    """Understand the files: a folder that ``medmm analyze`` wrote, or texts.

    Raises
    ------
    InputError
        If it is neither, or damaged.
    """
    from ..reporting.exports.case_folder import CASE_FILE, gather

    with tempfile.TemporaryDirectory(prefix="medmm-study-") as name:
        folder = Path(name)
        output.extract(folder)
        found = sorted(folder.rglob(CASE_FILE))
        case = gather([found[0].parent]).case if found else None
    if case is not None:
        exported = case.exported
        prediction = exported.predictions[0] if exported.predictions else None
        return AiContent(prediction, _report_text(exported.report))
    texts = [data for file, data in sorted(output.files.items()) if file.endswith(".txt")]
    if not texts:
        raise InputError(
            "The AI output of this case holds neither a case.json of medmm analyze nor a text. "
            "Tell the study team."
        )
    try:
        return AiContent(None, "\n".join(data.decode("utf-8").strip() for data in texts))
    except UnicodeDecodeError as error:
        raise InputError(f"The AI text of this case is no UTF-8 ({error}). Tell the study team.") from error


def show_ai(room: ReadingRoom, case_id: str, prediction: Prediction) -> None:
    """Put a prediction into the scene as a run of the model would; nothing is left to be undone.

    Raises
    ------
    InputError
        If the case is gone, or the prediction does not fit its images.
    """
    writer = ResultWriter(room, case_id)
    origin = prediction.provenance
    at = datetime.now(UTC).isoformat(timespec="seconds")
    run = RunRecord("analyze", origin.bundle_id, origin.bundle_version, origin.bundle_sha256, at)
    for _step in writer.apply(writer.keep(), prediction, run, ""):
        pass


def _report_text(report: Report) -> str:
    parts = []
    for section in report.sections:
        if section.id in _REPORTED and section.sentences:
            text = " ".join(sentence.text for sentence in section.sentences)
            parts.append(f"{section.title}: {text}")
    return "\n".join(parts)
