"""What ``medmm analyze`` or the panel wrote about a case, read back for an export."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...core import LabelMap, Prediction
from ...errors import InputError, UsageError
from ..document.codec import DOCUMENT_SCHEMA, document_from_json
from ..render import report_from_json
from .exported_report import ExportedReport, exported_document

__all__ = ["CASE_FILE", "CaseFolder", "Gathered", "gather"]

CASE_FILE = "case.json"
_MEDIA_DIRECTORY = "1.2.840.10008.1.3.10"


@dataclass(frozen=True, eq=False)
class CaseFolder:
    """A folder with results.

    Parameters
    ----------
    path : Path
    case_json : dict
        Contents of ``case.json``.
    exported : ExportedReport
        Report, predictions and pictures.
    modality : str
        Of the images, empty where nobody knows.
    """

    path: Path
    case_json: dict[str, Any]
    exported: ExportedReport
    modality: str

    def files(self, pattern: str) -> list[Path]:
        """Files of the folder by pattern, sorted."""
        return sorted(item for item in self.path.glob(pattern) if item.is_file())


@dataclass(frozen=True, eq=False)
class Gathered:
    """The inputs of an export: at most one case folder, and DICOM files."""

    case: CaseFolder | None
    dicom: tuple[Path, ...]


def gather(inputs: Sequence[Path]) -> Gathered:
    """Sort the inputs.

    Raises
    ------
    InputError
        If something does not exist, can not be read, or is neither.
    UsageError
        If there are several case folders.
    """
    cases: list[CaseFolder] = []
    dicom: list[Path] = []
    for item in inputs:
        if not item.exists():
            raise InputError(f"{item} does not exist. Check the path.")
        if item.is_dir() and (item / CASE_FILE).is_file():
            cases.append(_read_case(item))
        else:
            dicom += _dicom_files(item)
    if len(cases) > 1:
        raise UsageError(f"{cases[0].path} and {cases[1].path} are two cases. Export one at a time.")
    return Gathered(cases[0] if cases else None, tuple(dict.fromkeys(dicom)))


def _dicom_files(place: Path) -> list[Path]:
    from ...dicom.headers import is_dicom, read_dataset

    if place.is_file():
        if not is_dicom(place):
            raise InputError(f"{place} is no DICOM file. Give a folder of medmm analyze, or DICOM files.")
        return [place]
    found = [
        path
        for path in sorted(place.rglob("*"))
        if path.is_file() and path.name.upper() != "DICOMDIR" and is_dicom(path)
    ]
    found = [
        path for path in found if read_dataset(path, pixels=False).get("SOPClassUID") != _MEDIA_DIRECTORY
    ]
    if not found:
        raise InputError(f"{place} holds neither {CASE_FILE} nor DICOM files. Give one of them.")
    return found


def _read_case(folder: Path) -> CaseFolder:
    case_json = _json(folder / CASE_FILE)
    predictions = _predictions(case_json, folder)
    exported = _document(folder, predictions)
    if exported is None:
        if not (folder / "report.json").is_file():
            raise InputError(f"{folder} has no report.json. Run medmm analyze again.")
        exported = ExportedReport(report_from_json(_json(folder / "report.json")), predictions)
    pictures = (
        {"overlay": (folder / "overlay.png").read_bytes()} if (folder / "overlay.png").is_file() else {}
    )
    try:
        case_id = str(case_json["case"]["id"])
        facts = case_json["case"]["series"].get("current", {}).get("facts", {})
    except (KeyError, TypeError, AttributeError) as error:
        raise InputError(f"{folder / CASE_FILE} is incomplete ({error}). Run medmm analyze again.") from error
    exported = dataclasses.replace(exported, images=pictures, case_id=case_id)
    return CaseFolder(folder, case_json, exported, str(facts.get("modality", "")))


def _document(folder: Path, predictions: tuple[Prediction, ...]) -> ExportedReport | None:
    """The report document of the panel, where there is one; it counts more than the first draft."""
    for path in sorted(folder.glob("*.json")):
        value = _json(path)
        if value.get("schema") == DOCUMENT_SCHEMA:
            return exported_document(document_from_json(value), predictions)
    return None


def _predictions(case_json: dict[str, Any], folder: Path) -> tuple[Prediction, ...]:
    from ...dicom.segmentation_nrrd import read_segmentation_nrrd
    from ...reading.record_codec import from_plain

    value = case_json.get("prediction")
    if value is None and "prediction" in case_json:
        # A report that a person wrote without a model.
        return ()
    if not isinstance(value, dict):
        raise InputError(f"{folder / CASE_FILE} holds no prediction. Run medmm analyze again.")
    # Voxels are in files of their own.
    plain = {**value, "label_maps": [], "heat_maps": [], "embeddings": {}}
    if isinstance(plain.get("provenance"), dict):
        # Free values of any kind, which no report states; the exported case.json keeps them.
        plain["provenance"] = {**plain["provenance"], "parameters": {}}
    if plain.get("withheld"):
        plain["withheld"] = {**plain["withheld"], "label_maps": []}
    prediction: Prediction = from_plain(Prediction, plain)
    label_maps: list[LabelMap] = [read_segmentation_nrrd(path) for path in sorted(folder.glob("*.seg.nrrd"))]
    return (dataclasses.replace(prediction, label_maps=tuple(label_maps)),)


def _json(path: Path) -> dict[str, Any]:
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InputError(f"{path} can not be read ({error}). Run medmm analyze again.") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} is no JSON object. Run medmm analyze again.")
    return value
