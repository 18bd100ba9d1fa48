"""The parts of the page that are not about accuracy: flow, time, ratings, preference, record, checklist."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .drawing import IntervalRow, Share, flow_figure, interval_figure, share_figure
from .flow import flow_steps
from .page import Figure, Section, Sentence, Sentences, Table, interval_text, number_text, p_statement, p_text
from .quality import RADPEER_SCALE

__all__ = ["closing_sections", "flow_section", "reading_sections"]

_Json = Mapping[str, Any]
_Item = Sentence | Sentences | Table | Figure

_MOST_MISSING_SHOWN = 20


def flow_section(results: _Json) -> Section:
    """Flow diagram, reads by test and reader, missing reads, and what was found on collecting."""
    flow = results["flow"]
    cases = f"{flow['cases']} cases ({flow['positive_cases']} positive)"
    caption = "From planned reads to those that were analyzed."
    head = ("reader", "test", "planned", "read", "missing")
    rows = [
        [row["reader"], row["test"], *(str(row[key]) for key in ("planned", "read", "missing"))]
        for row in flow["by_reader"]
    ]
    items: list[_Item] = [
        Figure(flow_figure(flow_steps(flow, cases), caption), caption),
        Table("Reads by reader and test", head, rows),
    ]
    missing = flow["missing"]
    if missing:
        shown = [[row["reader"], row["test"], row["case"]] for row in missing[:_MOST_MISSING_SHOWN]]
        more = len(missing) - len(shown)
        caption = "Missing reads" + (f", the first {len(shown)}; reads.csv lists all" if more > 0 else "")
        items.append(Table(caption, ("reader", "test", "case"), shown))
        items.append(Sentence("No value was put in the place of a missing read.", "lacking"))
    if flow["problems"]:
        rows = [
            [row["kind"].replace("_", " "), row["where"], row["message"], "yes" if row["excluded"] else "no"]
            for row in flow["problems"]
        ]
        columns = ("what", "where", "message", "left out")
        items.append(Table("Found when results were collected", columns, rows, is_text=True))
    return Section("flow", "Flow of cases and reads", items)


def reading_sections(results: _Json) -> list[Section]:
    """Reading time, ratings of reports and preference, those of them that the study has."""
    sections = []
    if results["reading_time"]:
        sections.append(Section("time", "Reading time", _time(results["reading_time"], results)))
    if results["quality"]:
        sections.append(Section("quality", "Ratings of reports", _quality(results["quality"])))
    if results["preference"]:
        items = [item for row in results["preference"] for item in _preference(row, results)]
        sections.append(Section("preference", "Preference", items))
    return sections


def _time(time: _Json, results: _Json) -> list[_Item]:
    items: list[_Item] = [Sentence(text, "statement") for text in _time_statements(time, results)]
    items += [Sentences(time["notes"])] if time["notes"] else []
    items.append(_time_figure(time, results))
    head: tuple[str, ...] = ("test", "reads", "geometric mean (s)", "median (s)", "quartiles (s)")
    rows = [
        [row["test"], str(row["n"]), number_text(row["geometric_mean_s"], 1), number_text(row["median_s"], 1),
         interval_text((row["q1_s"], row["q3_s"]), 1)]
        for row in time["by_test"]
    ]  # fmt: skip
    items.append(Table("Reading time by test", head, rows))
    head = ("comparison", "ratio", f"{_level(results)} interval", "df", "t", "p", "p (Wilcoxon)", "cases")
    rows = [
        [f"{row['first']} / {row['second']}", number_text(row["ratio"], 4), interval_text(row["interval"], 4),
         number_text(row["df"], 1), number_text(row["statistic"], 2), p_text(row["p_value"]),
         p_text(row["wilcoxon_p_value"]), str(row["wilcoxon_cases"])]
        for row in time["comparisons"]
    ]  # fmt: skip
    caption = "Ratio of geometric means by a mixed model of log seconds; Wilcoxon's test of case means"
    items += [Table(caption, head, rows)] if rows else []
    spreads = time["standard_deviations"]
    if spreads:
        row = ["log seconds", *(number_text(value) for value in spreads.values())]
        items.append(Table("Standard deviations by source", ["", *spreads], [row]))
    return items


def _time_statements(time: _Json, results: _Json) -> list[str]:
    return [
        f"Reading with “{row['first']}” took {number_text(row['ratio'])} times as long as with "
        f"“{row['second']}” ({_level(results)} interval {interval_text(row['interval'])}, "
        f"{p_statement(row['p_value'])}; mixed model of log seconds, other readers and cases included)."
        for row in time["comparisons"]
    ]


def _time_figure(time: _Json, results: _Json) -> Figure:
    rows = []
    for index, test in enumerate(results["study"]["tests"]):
        rows.append(IntervalRow(test))
        for row in time["by_reader"]:
            if row["test"] == test:
                text = f"{number_text(row['median_s'], 0)} s ({row['n']} reads)"
                ends = (row["median_s"], row["q1_s"], row["q3_s"])
                rows.append(IntervalRow(row["reader"], *ends, text, index))
    caption = (
        "Seconds of work a read: median and quartiles by reader, on a logarithmic axis. Idle time and "
        "interruptions are not in them."
    )
    return Figure(interval_figure(rows, "seconds", caption, log=True), caption)


def _quality(scales: list[_Json]) -> list[_Item]:
    items: list[_Item] = []
    for scale in scales:
        kind = "RADPEER" if scale["scale"] == RADPEER_SCALE else scale["scale"].replace("_", " ")
        name = f"{kind} ({scale['round']})"
        shares = [Share(row["source"], tuple(row["counts"])) for row in scale["sources"]]
        caption = f"{name}: numbers of ratings, from the first category on the left to the last."
        items.append(Figure(share_figure(shares, scale["categories"], caption), caption))
        items.append(
            _radpeer_table(scale, name) if scale["scale"] == RADPEER_SCALE else _likert_table(scale, name)
        )
        rows = [
            [_minus(row), str(row["pairs"]), number_text(row["mean_difference"], 2), p_text(row["p_value"]),
             row["note"]]
            for row in scale["comparisons"]
        ]  # fmt: skip
        head = ("comparison", "pairs", "mean difference", "p (Wilcoxon)", "remark")
        items += [Table(f"{name}: sources compared", head, rows)] if rows else []
        rows = [
            [f"{row['first']} / {row['second']}", str(row["n"]), number_text(row["kappa"]),
             interval_text(row.get("ci95")), row["note"]]
            for row in scale["agreement"]
        ]  # fmt: skip
        head = ("evaluators", "rated by both", "quadratic kappa", "95 % interval", "remark")
        items += [Table(f"{name}: agreement of evaluators", head, rows)] if rows else []
    return items


def _likert_table(scale: _Json, name: str) -> Table:
    rows = [
        [row["source"], str(row["n"]), number_text(row["mean"], 2), number_text(row["median"], 1)]
        for row in scale["sources"]
    ]
    return Table(name, ("source", "n", "mean", "median"), rows)


def _radpeer_table(scale: _Json, name: str) -> Table:
    rows = []
    for row in scale["sources"]:
        cells = [row["source"], str(row["n"])]
        for share in (row["2_and_above"], row["3_and_above"]):
            cells += [number_text(share["share"]), interval_text(share["ci"])]
        rows.append(cells)
    return Table(name, ("source", "n", "2 and above", "interval", "3 and above", "interval"), rows)


def _minus(row: _Json) -> str:
    return f"{row['first']} \u2212 {row['second']}"


def _preference(row: _Json, results: _Json) -> list[_Item]:
    shares = [Share("votes", (row["votes_first"], row["votes_equal"], row["votes_second"]))]
    names = [row["first"], "no preference", row["second"]]
    caption = (
        f"Votes of {row['evaluators']} evaluators on {row['pairs']} pairs of reports ({row['round']}); "
        f"missing votes: {row['missing_votes']}."
    )
    head = ("preferred", "by at least", "pairs", "share", f"{_level(results)} interval", "not decided")
    rows = [
        [item["preferred"], f"{item['at_least']} of {row['evaluators']}",
         f"{number_text(item['wins'], 0)} of {item['cases']}", number_text(item["share"]),
         interval_text(item["wilson"]), str(item["open"])]
        for item in row["shares"]
    ]  # fmt: skip
    return [
        Figure(share_figure(shares, names, caption), caption),
        Table(f"Preference ({row['round']})", head, rows),
    ]


def closing_sections(results: _Json) -> list[Section]:
    """Multiplicity, deviations, checklist, and how all this was made."""
    return [
        Section("multiplicity", "Multiplicity", _multiplicity(results["multiplicity"])),
        Section("deviations", "Deviations from the protocol", _deviations(results["deviations"])),
        Section("checklist", "Checklist for the report", _checklist(results["checklist"])),
        Section("methods", "Methods and record", _methods(results)),
    ]


def _multiplicity(multiplicity: _Json) -> list[_Item]:
    rows = [
        [row["comparison"], p_text(row["p_value"]), p_text(row["adjusted_p_value"])]
        for row in multiplicity["rows"]
    ]
    if not rows:
        return [Sentence("Nothing was compared.", "lacking")]
    caption = f"Primary comparisons, corrected together by {multiplicity['method']}"
    return [Table(caption, ("comparison", "p", "corrected p"), rows)]


def _deviations(deviations: list[_Json]) -> list[_Item]:
    if not deviations:
        return [Sentence("None is recorded.", "lacking")]
    rows = [
        [row["kind"].replace("_", " "), row["what"], row["at"], row["who"], row["why"]] for row in deviations
    ]
    return [Table("Recorded deviations", ("kind", "what", "when", "who", "why"), rows, is_text=True)]


def _checklist(checklist: list[_Json]) -> list[_Item]:
    filled = sum(row["status"] == "filled" for row in checklist)
    rows = [
        [row["topic"], row["question"], row["answer"] or "To be written by the study team", row["source"]]
        for row in checklist
    ]
    text = (
        f"{filled} of {len(checklist)} items could be filled in from the data; the others are the study "
        "team's. Topics after STARD 2015, STARD-AI and CLAIM 2024, in words of our own."
    )
    return [Sentence(text), Table("Checklist", ("topic", "question", "answer", "source"), rows, is_text=True)]


def _methods(results: _Json) -> list[_Item]:
    items: list[_Item] = [Sentences(list(results["definitions"].values()))]
    source = results["study"]["source"]
    rows = [[key.replace("_", " "), _shown(value)] for key, value in {**source, **results["options"]}.items()]
    rows += [["software", ", ".join(f"{name} {version}" for name, version in results["software"].items())]]
    rows += [["analyzed at", results["created_at"]]]
    items.append(Table("Record", ("what", "value"), rows, is_text=True))
    if results["notes"]:
        items += [Sentence("Remarks on the input:"), Sentences(results["notes"])]
    return items


def _shown(value: Any) -> str:
    if isinstance(value, Mapping):
        return ", ".join(f"{key} {_shown(item)}" for key, item in value.items()) or "\u2013"
    if isinstance(value, list):
        return ", ".join(_shown(item) for item in value)
    return "\u2013" if value in (None, "") else str(value)


def _level(results: _Json) -> str:
    return f"{round(100 * (1 - results['options']['alpha']), 6):g} %"
