"""What a report of this study has to say, item by item: filled from the results where they hold the answer.

The topics are those of STARD 2015 (Bossuyt et al., BMJ 2015;351:h5527; its item numbers are given), of its
extension to AI, and of CLAIM (Tejani et al., Radiol Artif Intell 2024;6:e240300), in words of our own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["build_checklist"]

Results = Mapping[str, Any]


@dataclass(frozen=True)
class _Item:
    topic: str
    question: str
    source: str
    answer: Callable[[Results], str] | None = None


def build_checklist(results: Results) -> list[dict[str, str]]:
    """Answer every item that the results can answer.

    Parameters
    ----------
    results : mapping
        ``results.json`` without its checklist.

    Returns
    -------
    list of dict
        ``topic``, ``question``, ``source``, ``status`` (``filled`` or ``team``) and ``answer`` (empty where
        the study team has to write it).
    """
    rows = []
    for item in _ITEMS:
        answer = item.answer(results) if item.answer else ""
        rows.append(
            {
                "topic": item.topic,
                "question": item.question,
                "source": item.source,
                "status": "filled" if answer else "team",
                "answer": answer,
            }
        )
    return rows


def _counts(results: Results) -> str:
    study = results["study"]
    parts = [
        f"{name}: {target['positives']} positive, {target['negatives']} negative cases"
        for name, target in results["targets"].items()
    ]
    return f"{len(study['readers'])} readers, {len(study['tests'])} tests; {'; '.join(parts)}."


def _design(results: Results) -> str:
    kinds = sorted({target["design"] for target in results["targets"].values()})
    source = results["study"]["source"]
    text = f"Design found in the reads: {', '.join(kinds)}."
    if "is_crossover" in source:
        kind = "crossover" if source["is_crossover"] else "parallel"
        text += f" Protocol: {kind}, washout {source['washout_days']:g} days."
    return text


def _protocol(results: Results) -> str:
    digest = results["study"]["source"].get("protocol_sha256")
    if not digest:
        return ""
    return f"SHA-256 of the protocol: {digest}; {len(results['deviations'])} deviations recorded."


def _threshold(results: Results) -> str:
    found = [
        f"{name}: called positive at rating {target['operating_point']['threshold']:g} or more"
        for name, target in results["targets"].items()
        if target["operating_point"]
    ]
    return "; ".join(found) + ". Say whether it was fixed beforehand." if found else ""


def _methods(results: Results) -> str:
    options = results["options"]
    return (
        f"Obuchowski-Rockette analysis of the empirical AUC with Hillis' degrees of freedom, covariance by "
        f"{options['covariance']}, readers {options['readers']}, cases {options['cases']}, "
        f"alpha {options['alpha']:g}."
    )


def _missing(results: Results) -> str:
    flow = results["flow"]
    return (
        f"{flow['missing_reads']} of {flow['planned_reads']} planned reads are missing; no value was put in "
        "their place. Say why they are missing."
    )


def _flow(results: Results) -> str:
    return "See the flow of cases and reads."


def _estimates(results: Results) -> str:
    level = round(100 * (1 - results["options"]["alpha"]), 6)
    return f"Every estimate stands with its {level:g} % interval; see the tables."


def _cross_table(results: Results) -> str:
    found = any(target["operating_point"] for target in results["targets"].values())
    return "See the table of calls by reader and test." if found else ""


def _variability(results: Results) -> str:
    found = any(target["agreement"] for target in results["targets"].values())
    return "Variance components of readers, and agreement between readers, are given." if found else ""


def _experience(results: Results) -> str:
    years = results["study"]["source"].get("experience_years") or {}
    if not years:
        return ""
    low, high = min(years.values()), max(years.values())
    return f"{len(years)} readers with {low:g} to {high:g} years of experience."


def _multiplicity(results: Results) -> str:
    rows = results["multiplicity"]["rows"]
    if len(rows) < 2:
        return "One comparison was made: nothing to correct."
    method = results["multiplicity"]["method"]
    return f"{len(rows)} comparisons; p values corrected by {method} are given as well."


def _times(results: Results) -> str:
    if not results["reading_time"]:
        return ""
    return "Reading times of every test are given, compared by a mixed model and Wilcoxon's test."


def _software(results: Results) -> str:
    return ", ".join(f"{name} {version}" for name, version in results["software"].items()) + "."


def _data(results: Results) -> str:
    return "reads.csv holds every read, imrmc.csv the same for the FDA's iMRMC program."


_ITEMS = (
    _Item(
        "Title and abstract", "Does the title name the comparison and a measure of accuracy?", "STARD 1, 2"
    ),
    _Item(
        "Introduction", "What is the clinical use of the AI, and which hypothesis is tested?", "STARD 3, 4"
    ),
    _Item(
        "Design",
        "Was the study planned before the data were collected? How were arms combined?",
        "STARD 5",
        _design,
    ),
    _Item("Protocol", "Where is the protocol, and what deviated from it?", "STARD 28, 29", _protocol),
    _Item(
        "Cases",
        "Who was eligible; how, where and when were cases found; was the series consecutive?",
        "STARD 6-9",
    ),
    _Item("Cases", "How many cases, readers and tests were there?", "STARD 20", _counts),
    _Item("Cases", "What are age, sex, severity and alternative conditions of the patients?", "STARD 20, 21"),
    _Item("Images", "Which scanners, protocols and preparation of images were used?", "CLAIM"),
    _Item("AI", "Which model and version, trained on what, with which output shown how?", "CLAIM, STARD-AI"),
    _Item("AI", "Are the cases of this study apart from those of training and tuning?", "CLAIM, STARD-AI"),
    _Item(
        "Reference standard",
        "How was it made, by whom, blinded to what, and why this one?",
        "STARD 10b, 11, 13b",
    ),
    _Item(
        "Readers",
        "Who read, with which experience and which training for the study?",
        "STARD 10a, CLAIM",
        _experience,
    ),
    _Item(
        "Readers",
        "What did readers know of the case, the reference standard and the prevalence?",
        "STARD 13a",
    ),
    _Item(
        "Threshold",
        "At which rating is a case called positive, and was that fixed beforehand?",
        "STARD 12",
        _threshold,
    ),
    _Item("Statistics", "Which methods compare accuracy?", "STARD 14", _methods),
    _Item(
        "Statistics", "How many comparisons were made, and how was that corrected?", "STARD 14", _multiplicity
    ),
    _Item("Statistics", "How does accuracy vary among readers?", "STARD 17", _variability),
    _Item("Statistics", "How was the number of cases and readers planned?", "STARD 18"),
    _Item(
        "Missing data", "How many reads are missing, why, and how was that handled?", "STARD 15, 16", _missing
    ),
    _Item("Flow", "How did cases and reads pass through the study?", "STARD 19", _flow),
    _Item("Results", "What did readers call, against the reference standard?", "STARD 23", _cross_table),
    _Item("Results", "What are the estimates and how precise are they?", "STARD 24", _estimates),
    _Item("Results", "Did AI change the reading time?", "CLAIM", _times),
    _Item("Results", "Did any harm come from the tests?", "STARD 25"),
    _Item("Results", "In which cases did AI mislead readers, and who is affected?", "CLAIM, STARD-AI"),
    _Item(
        "Discussion", "What are the limits of the study, and what does it mean for practice?", "STARD 26, 27"
    ),
    _Item("Openness", "Which software was used?", "CLAIM", _software),
    _Item("Openness", "Are data, code and model available?", "CLAIM", _data),
    _Item("Openness", "Who approved and who paid for the study; is it registered?", "STARD 28, 30"),
)
