"""The parts of the page that are about accuracy: curves, areas, calls at the threshold, agreement."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .drawing import COLORS, Curve, IntervalRow, Panel, curve_figure, interval_figure
from .page import Figure, Section, Sentence, Sentences, Table, interval_text, number_text, p_statement, p_text

__all__ = ["ANALYSES", "target_sections"]

ANALYSES = {
    "random_readers_random_cases": "random readers, random cases",
    "fixed_readers_random_cases": "fixed readers, random cases",
    "random_readers_fixed_cases": "random readers, fixed cases",
}
"""Inferences of a multi-reader analysis, and what they are called on the page."""

_WIDEST = 12
"""Readers up to which every one has a color of the legend."""

_Json = Mapping[str, Any]
_Item = Sentence | Sentences | Table | Figure


def target_sections(name: str, target: _Json, several: bool) -> list[Section]:
    """Sections of one target; ``several`` says whether the page has more than one."""
    suffix = f": {name}" if several else ""
    anchor = f"-{target['number']}" if several else ""
    sections = [Section(f"auc{anchor}", f"Accuracy{suffix}", _auc(target))]
    if target["operating_point"]:
        title = f"Sensitivity and specificity{suffix}"
        sections.append(Section(f"calls{anchor}", title, _calls(target)))
    if target["lesions"]:
        sections.append(Section(f"lesions{anchor}", f"Lesion marks{suffix}", _lesions(target["lesions"])))
    if target["agreement"]:
        items = [_agreement(target["agreement"])]
        sections.append(Section(f"agreement{anchor}", f"Agreement of readers{suffix}", items))
    return sections


def statement(metric: _Json, name: str) -> str:
    """The primary result of a figure in words."""
    inference = metric[metric["primary"]]
    if not inference["differences"]:
        return " ".join(_single(metric, name, row) for row in inference["tests"])
    return " ".join(_comparison(metric, name, row) for row in inference["differences"])


def _single(metric: _Json, name: str, row: _Json) -> str:
    interval = f"{metric['level_text']} interval {interval_text(row['interval'])}"
    how = ANALYSES[metric["primary"]]
    return f"{name} of “{row['test']}”: {number_text(row['value'])} ({interval}; {how})."


def _comparison(metric: _Json, name: str, row: _Json) -> str:
    how = ANALYSES[metric["primary"]]
    if not row["difference"]:
        return f"{name} with “{row['first']}” and “{row['second']}” was equal ({how})."
    word = "higher" if row["difference"] > 0 else "lower"
    return (
        f"{name} with “{row['first']}” was {word} than with “{row['second']}” by "
        f"{number_text(abs(row['difference']))} (first minus second {number_text(row['difference'])}, "
        f"{metric['level_text']} interval {interval_text(row['interval'])}, "
        f"{p_statement(row['p_value'])}; {how})."
    )


def _auc(target: _Json) -> list[_Item]:
    metric = target["auc"]
    items: list[_Item] = [Sentence(statement(metric, "AUC"), "statement")]
    if metric["notes"]:
        items.append(Sentences(metric["notes"]))
    items += [_roc(target), _area_figure(metric, "AUC")]
    items += metric_items(metric, "AUC")
    if target["delong"]:
        head = ("reader", "tests", "cases", "difference", "z", "p", "95 % interval")
        rows = [
            [row["reader"], f"{row['first']} \u2212 {row['second']}", str(row["cases"]),
             number_text(row["difference"], 5), number_text(row["statistic"], 2), p_text(row["p_value"]),
             interval_text(row["ci95"], 5)]
            for row in target["delong"]
        ]  # fmt: skip
        items.append(Table("DeLong's paired test of each reader", head, rows))
    return items


def metric_items(metric: _Json, name: str) -> list[_Item]:
    """Forest plot and tables of a multi-reader analysis."""
    items: list[_Item] = []
    if metric["reader_differences"]:
        items.append(_forest(metric, name))
    items += [_inference_table(metric, name, key) for key in ANALYSES]
    items += [_cell_table(metric, name), _component_table(metric)]
    return items


def _roc(target: _Json) -> Figure:
    curves = target["roc"]["readers"]
    readers = list(dict.fromkeys(curve["reader"] for curve in curves))
    tests = list(dict.fromkeys(curve["test"] for curve in curves))
    caption = (
        "Empirical ROC curves of every reader; their average is the mean sensitivity at each false positive "
        "rate."
    )
    texts = ("1 \u2212 specificity", "sensitivity", caption)
    return curve_panels(curves, target["roc"]["averages"], readers, tests, texts)


def curve_panels(
    curves: Sequence[_Json],
    averages: Sequence[_Json],
    readers: Sequence[str],
    tests: Sequence[str],
    texts: tuple[str, str, str],
) -> Figure:
    """A panel for each test with its readers and their average, and one of all averages."""
    many = len(readers) > _WIDEST
    color = {reader: COLORS - 1 if many else index % COLORS for index, reader in enumerate(readers)}
    panels = []
    for test in tests:
        lines = [_curve(row, row["reader"], color[row["reader"]]) for row in curves if row["test"] == test]
        lines += [_curve(row, "average", -1) for row in averages if row["test"] == test]
        panels.append(Panel(test, tuple(lines)))
    legend = [("average", "average of readers")]
    legend += [("c7", f"{len(readers)} readers")] if many else [(f"c{color[name]}", name) for name in readers]
    if len(tests) > 1:
        together = tuple(_curve(row, row["test"], index % COLORS) for index, row in enumerate(averages))
        panels.append(Panel("Averages: " + ", ".join(tests), together))
        caption = (
            texts[2]
            + " Last panel, in the order of colors: "
            + ", ".join(f"{test} ({_COLOR_NAMES[index % COLORS]})" for index, test in enumerate(tests))
            + "."
        )
    else:
        caption = texts[2]
    return Figure(curve_figure(panels, texts[0], texts[1], caption), caption, legend)


_COLOR_NAMES = ("blue", "orange", "green", "pink", "ocher", "light blue", "violet", "gray")


def _curve(row: _Json, label: str, color: int) -> Curve:
    return Curve(label, np.array(row["fpr"]), np.array(row["tpr"]), color)


def _area_figure(metric: _Json, name: str) -> Figure:
    rows = []
    for index, test in enumerate(metric["tests"]):
        rows.append(IntervalRow(test))
        for cell in metric["cells"]:
            if cell["test"] == test and cell["value"] is not None:
                rows.append(_interval_row(cell, cell["reader"], cell["value"], index))
        for row in metric[metric["primary"]]["tests"]:
            if row["test"] == test:
                rows.append(_interval_row(row, "average", row["value"], index, summary=True))
    caption = (
        f"{name} by reader ({metric['level_text']} interval over cases) and average "
        f"({ANALYSES[metric['primary']]})."
    )
    return Figure(interval_figure(rows, name, caption), caption)


def _interval_row(row: _Json, label: str, value: float, color: int, *, summary: bool = False) -> IntervalRow:
    low, high = row["interval"]
    text = f"{number_text(value)} ({interval_text(row['interval'])})"
    return IntervalRow(label, value, low, high, text, color, summary)


def _forest(metric: _Json, name: str) -> Figure:
    rows = []
    pairs = list(dict.fromkeys((row["first"], row["second"]) for row in metric["reader_differences"]))
    for index, pair in enumerate(pairs):
        rows.append(IntervalRow(f"{pair[0]} \u2212 {pair[1]}"))
        for row in metric["reader_differences"]:
            if (row["first"], row["second"]) == pair:
                rows.append(_interval_row(row, row["reader"], row["difference"], index))
        for key, label in ANALYSES.items():
            for row in (metric[key] or {}).get("differences", ()):
                if (row["first"], row["second"]) == pair:
                    rows.append(_interval_row(row, label, row["difference"], index, summary=True))
    caption = (
        f"Differences of {name}, first minus second, with {metric['level_text']} intervals: each reader over "
        "cases, and the three analyses."
    )
    return Figure(interval_figure(rows, f"difference of {name}", caption, reference=0.0), caption)


def _inference_table(metric: _Json, name: str, key: str) -> Table | Sentence:
    inference = metric[key]
    if inference is None:
        return Sentence(f"{ANALYSES[key].capitalize()}: not possible with one reader.", "lacking")
    rows = []
    overall = inference["overall"]
    if overall is not None:
        df = number_text(overall["df1"], 0)
        if overall["df2"] is not None:
            df += f", {number_text(overall['df2'], 2)}"
        statistic = f"{overall['name']} = {number_text(overall['statistic'], 2)}"
        rows.append(["all tests equal", "", "", df, statistic, p_text(overall["p_value"]), ""])
    for row in inference["differences"]:
        statistic = f"{'t' if row['df'] is not None else 'z'} = {number_text(row['statistic'], 2)}"
        rows.append(
            [f"{row['first']} \u2212 {row['second']}", number_text(row["difference"], 5),
             number_text(row["standard_error"], 5), number_text(row["df"], 2), statistic,
             p_text(row["p_value"]), interval_text(row["interval"], 5)]
        )  # fmt: skip
    for row in inference["tests"]:
        rows.append(
            [row["test"], number_text(row["value"], 5), number_text(row["standard_error"], 5),
             number_text(row["df"], 2), "", "", interval_text(row["interval"], 5)]
        )  # fmt: skip
    primary = " \u2013 the primary analysis" if key == metric["primary"] else ""
    caption = f"{ANALYSES[key].capitalize()}: {name}, covariance by {metric['covariance']}{primary}"
    head = ("of", name, "standard error", "df", "statistic", "p", f"{metric['level_text']} interval")
    return Table(caption, head, rows)


def _cell_table(metric: _Json, name: str) -> Table:
    rows = [
        [cell["reader"], cell["test"], number_text(cell["value"], 5), number_text(cell["standard_error"], 5),
         interval_text(cell["interval"], 5)]
        for cell in metric["cells"]
    ]  # fmt: skip
    head = ("reader", "test", name, "standard error", f"{metric['level_text']} interval")
    return Table(f"{name[0].upper()}{name[1:]} of every reader over cases", head, rows)


def _component_table(metric: _Json) -> Table:
    names = {
        "reader": "Var(R)", "test_reader": "Var(T\u00d7R)", "error": "Var(error)",
        "cov1": "Cov1", "cov2": "Cov2", "cov3": "Cov3",
    }  # fmt: skip
    values = metric["components"]
    row = [["estimate", *(number_text(values[key], 8) for key in names)]]
    return Table("Variance components (estimates can be negative)", ["", *names.values()], row)


def _calls(target: _Json) -> list[_Item]:
    point = target["operating_point"]
    items: list[_Item] = [
        Sentence(f"A case is called positive at a rating of {point['threshold']:g} or more. {point['note']}")
    ]
    for name in ("sensitivity", "specificity"):
        if target[name]:
            items += [Sentence(statement(target[name], name.capitalize()), "statement")]
            items += metric_items(target[name], name)
    clustered = any(row["accuracy"] and row["accuracy"]["clustered"] for row in point["rows"])
    interval = f"{target['auc']['level_text']} intervals " + (
        "that take cases of a patient as related" if clustered else "of Wilson"
    )
    head: tuple[str, ...] = ("reader", "test", "TP", "FN", "FP", "TN", "sensitivity", "specificity")
    rows = [
        [row["reader"], row["test"], *(str(row[key]) for key in ("tp", "fn", "fp", "tn")),
         _share(row["sensitivity"]), _share(row["specificity"])]
        for row in point["rows"]
    ]  # fmt: skip
    items.append(Table(f"Calls of every reader, {interval}", head, rows))
    head = ("reader", "test", "PPV", "NPV", "accuracy")
    rows = [
        [row["reader"], row["test"], *(_share(row[key]) for key in ("ppv", "npv", "accuracy"))]
        for row in point["rows"]
    ]
    caption = "Predictive values and accuracy at the prevalence of this study"
    items.append(Table(f"{caption}, {interval}", head, rows))
    if point["mcnemar"]:
        head = ("reader", "tests", "cases", "only first", "only second", "p (exact McNemar)")
        rows = [
            [row["reader"], f"{row['first']} / {row['second']}", row["cases"], str(row["only_first"]),
             str(row["only_second"]), p_text(row["p_value"])]
            for row in point["mcnemar"]
        ]  # fmt: skip
        items.append(Table("Calls that differ between two tests of the same reader", head, rows))
    return items


def _share(row: _Json | None) -> str:
    if row is None:
        return number_text(None)
    interval = row["clustered"]["interval"] if row["clustered"] else row["wilson"]
    return f"{number_text(row['value'])} ({interval_text(interval)})"


def _lesions(lesions: _Json) -> list[_Item]:
    items: list[_Item] = [Sentences(lesions["notes"])] if lesions["notes"] else []
    for figure in lesions["figures"]:
        metric = figure["metric"]
        items += [Sentence(statement(metric, figure["name"]), "statement")]
        readers, tests = metric["readers"], metric["tests"]
        texts = (
            "false positive fraction of cases",
            figure["y_title"],
            f"Empirical {figure['name'].removesuffix(' area')} curves.",
        )
        items.append(curve_panels(figure["curves"], figure["averages"], readers, tests, texts))
        items += metric_items(metric, figure["name"])
    return items


def _agreement(rows: Sequence[_Json]) -> Table:
    head = ("test", "measure", "readers", "cases", "estimate", "interval", "remark")
    return Table(
        "Agreement of readers",
        head,
        [
            [row["test"], row["measure"], row["readers"], str(row["cases"]), number_text(row["value"]),
             interval_text(row["interval"]), row["note"]]
            for row in rows
        ],
    )  # fmt: skip
