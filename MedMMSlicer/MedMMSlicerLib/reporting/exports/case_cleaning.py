"""A report and its predictions without identifiers."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any

from ...core import Prediction, Provenance, Report
from ...dicom.deidentify_identifiers import Identifiers
from .exported_report import ExportedReport

if TYPE_CHECKING:
    from ...dicom.deidentify import Deidentifier

__all__ = ["cleaned_case_json", "cleaned_report", "people_of"]

_FACTS = ("modality", "body_part", "view", "laterality")
_OLDEST = 89
"""Ages above are so rare that they identify (45 CFR 164.514)."""
_READER_UNCHECKED = "report: sentences of a reader, and no image header to compare them with"


def people_of(exported: ExportedReport) -> Identifiers:
    """Who signed or added something."""
    names = {item.who for item in exported.addenda} | {item.name for item in exported.earlier}
    if exported.signature is not None:
        names.add(exported.signature.name)
    return Identifiers(names=frozenset(filter(None, names)))


def cleaned_report(exported: ExportedReport, deidentifier: Deidentifier) -> ExportedReport:
    """The same without identifiers: texts cleaned, signers unnamed, UIDs mapped, dates moved."""
    clean = deidentifier.scrubber.clean
    report = exported.report
    if not deidentifier.identifiers.names and _has_reader_text(report):
        deidentifier.scrubber.doubts.append(_READER_UNCHECKED)
    sections = tuple(
        dataclasses.replace(
            section,
            title=clean(section.title, f"section {section.id}"),
            sentences=tuple(
                dataclasses.replace(sentence, text=clean(sentence.text, f"sentence {sentence.id}"))
                for sentence in section.sentences
            ),
        )
        for section in report.sections
    )
    signatures = [
        dataclasses.replace(item, name="[removed]", at=clean(item.at), role=clean(item.role), sha256="")
        for item in (*exported.earlier, *([exported.signature] if exported.signature is not None else []))
    ]
    addenda = tuple(
        dataclasses.replace(item, who="[removed]", at=clean(item.at), text=clean(item.text, "addendum"))
        for item in exported.addenda
    )
    return dataclasses.replace(
        exported,
        report=dataclasses.replace(
            report, title=clean(report.title), created_at=clean(report.created_at), sections=sections
        ),
        predictions=tuple(_prediction(item, deidentifier) for item in exported.predictions),
        signature=signatures[-1] if exported.signature is not None else None,
        earlier=tuple(signatures[: len(exported.earlier)]),
        addenda=addenda,
        case_id=case_code(exported, deidentifier),
    )


def case_code(exported: ExportedReport, deidentifier: Deidentifier) -> str:
    """What stands for the id of the case, which may be a file name."""
    return f"CASE-{deidentifier.pseudonyms.code('case', exported.name)}"


def cleaned_case_json(
    value: dict[str, Any], exported: ExportedReport, deidentifier: Deidentifier
) -> dict[str, Any]:
    """``case.json`` without identifiers; of the header's facts, only those about the image stay."""
    value = {**value, "case": dict(value["case"])}
    case = value["case"]
    case["id"] = case_code(exported, deidentifier)
    case["series"] = {
        role: {
            "name": role,
            "facts": {name: series.get("facts", {}).get(name, "") for name in _FACTS},
            "notes": series.get("notes", []),
        }
        for role, series in case["series"].items()
    }
    context = dict(case.get("context") or {})
    age = context.get("age_years")
    if isinstance(age, int | float) and age > _OLDEST:
        context["age_years"] = float(_OLDEST + 1)
    case["context"] = context
    prediction = dict(value["prediction"])
    provenance = dict(prediction["provenance"])
    provenance["inputs"] = [
        {**item, "name": item.get("role", ""), "sha256": ""} for item in provenance.get("inputs", [])
    ]
    value["prediction"] = {**prediction, "provenance": provenance}
    kept = {"segments", "findings", "measurements"}
    prose = {"case", "remarks"}
    return {
        key: _cleaned(item, key, deidentifier, key in prose or key in kept) for key, item in value.items()
    }


def _cleaned(value: Any, place: str, deidentifier: Deidentifier, is_prose: bool) -> Any:
    """Plain JSON with its texts cleaned; doubts count for prose only."""
    if isinstance(value, str):
        return deidentifier.scrubber.clean(value, place, is_prose)
    if isinstance(value, list):
        return [
            _cleaned(item, f"{place}[{index}]", deidentifier, is_prose) for index, item in enumerate(value)
        ]
    if isinstance(value, dict):
        return {
            deidentifier.scrubber.clean(str(key), place, False): _cleaned(
                item, f"{place}.{key}", deidentifier, is_prose
            )
            for key, item in value.items()
        }
    return value


def _has_reader_text(report: Report) -> bool:
    return any(item.author == "reader" for section in report.sections for item in section.sentences)


def _prediction(prediction: Prediction, deidentifier: Deidentifier) -> Prediction:
    clean = deidentifier.scrubber.clean
    return dataclasses.replace(
        prediction,
        provenance=_provenance(prediction.provenance, deidentifier),
        texts={name: clean(text, f"text {name}") for name, text in prediction.texts.items()},
        refusals=tuple(clean(text, "refusal") for text in prediction.refusals),
    )


def _provenance(provenance: Provenance, deidentifier: Deidentifier) -> Provenance:
    clean, uid = deidentifier.scrubber.clean, deidentifier.pseudonyms.uid
    return dataclasses.replace(
        provenance,
        # The name may be a file name, and the hash would prove which image it was.
        inputs=tuple(
            dataclasses.replace(
                item,
                name=item.role,
                study_uid=uid(item.study_uid),
                series_uid=uid(item.series_uid),
                sha256="",
            )
            for item in provenance.inputs
        ),
        created_at=clean(provenance.created_at, is_prose=False),
        parameters=_cleaned(dict(provenance.parameters), "parameters", deidentifier, False),
        notes=tuple(clean(text, "note") for text in provenance.notes),
    )
