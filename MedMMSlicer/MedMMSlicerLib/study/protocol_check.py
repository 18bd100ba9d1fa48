"""What a JSON Schema can not say about a protocol: names that must fit together."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..bundles.schema_check import json_path
from ..bundles.violation import Violation

__all__ = ["check_meaning"]


def check_meaning(value: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Check a protocol that fits its schema; at most 100 violations, in the order of the parts."""
    checks = (_unique_ids, _arms, _readers, _cases, _forms, _rounds)
    found = [violation for check in checks for violation in check(value)]
    return tuple(found[:100])


def _violation(path: Sequence[object], message: str, hint: str) -> Violation:
    parts = [part if isinstance(part, int) else str(part) for part in path]
    return Violation(json_path(parts), message, hint)


def _repeated(items: Sequence[Mapping[str, Any]], path: Sequence[object]) -> Iterator[Violation]:
    seen: set[str] = set()
    for index, item in enumerate(items):
        # Some systems can not tell names apart that differ in capitals alone.
        name = item["id"].casefold()
        if name in seen:
            yield _violation([*path, index, "id"], f"The id '{item['id']}' is there twice.", "Rename one.")
        seen.add(name)


def _unique_ids(value: Mapping[str, Any]) -> Iterator[Violation]:
    for part in ("arms", "readers", "targets", "cases", "forms", "rounds"):
        yield from _repeated(value.get(part, ()), [part])
    for index, form in enumerate(value.get("forms", ())):
        yield from _repeated(form["fields"], ["forms", index, "fields"])


def _tests(value: Mapping[str, Any]) -> list[str]:
    return [name for arm in value["arms"] for name in (arm.get("before"), arm["id"]) if name]


def _arms(value: Mapping[str, Any]) -> Iterator[Violation]:
    tests = _tests(value)
    for index, arm in enumerate(value["arms"]):
        path = ["arms", index, "before"]
        if arm["mode"] == "sequential" and "before" not in arm:
            yield _violation(path, "The key 'before' is missing.", "Name the test of the locked ratings.")
        if arm["mode"] != "sequential" and "before" in arm:
            yield _violation(path, "Only a sequential arm has ratings before.", "Remove it.")
        if tests.count(arm["id"]) > 1 or tests.count(arm.get("before", "")) > 1:
            yield _violation(path, "Two tests have the same name.", "Give each arm and 'before' its own.")
    design = value["design"]
    if design["kind"] == "crossover" and len(value["arms"]) > 1 and not design.get("washout_days", 0) > 0:
        yield _violation(
            ["design", "washout_days"],
            "A crossover needs days between two readings of a case.",
            "Give a number above 0.",
        )


def _readers(value: Mapping[str, Any]) -> Iterator[Violation]:
    arms = [arm["id"] for arm in value["arms"]]
    is_crossover = value["design"]["kind"] == "crossover"
    for index, reader in enumerate(value["readers"]):
        path = ["readers", index, "arm"]
        if "arm" in reader and is_crossover:
            yield _violation(path, "In a crossover every reader has every arm.", "Remove it.")
        elif reader.get("arm", arms[0]) not in arms:
            yield _violation(path, f"There is no arm '{reader['arm']}'.", f"Use one of: {', '.join(arms)}.")


def _cases(value: Mapping[str, Any]) -> Iterator[Violation]:
    needs_ai = any(arm["mode"] != "unaided" for arm in value["arms"])
    for index, case in enumerate(value["cases"]):
        if needs_ai and "ai" not in case:
            yield _violation(
                ["cases", index, "ai"],
                "An arm shows AI, but the case has no output.",
                "Give a file or folder.",
            )


def _forms(value: Mapping[str, Any]) -> Iterator[Violation]:
    for number, form in enumerate(value.get("forms", ())):
        for index, entry in enumerate(form["fields"]):
            path = ["forms", number, "fields", index]
            if (entry["kind"] == "choice") != ("choices" in entry):
                yield _violation(
                    [*path, "choices"], "Choices go with the kind choice.", "Add or remove them."
                )
            is_number = entry["kind"] in ("integer", "number")
            if not is_number and ("minimum" in entry or "maximum" in entry):
                yield _violation([*path, "minimum"], "Limits go with numbers only.", "Remove them.")
            if entry.get("minimum", float("-inf")) > entry.get("maximum", float("inf")):
                yield _violation([*path, "minimum"], "The minimum is above the maximum.", "Correct one.")


def _rounds(value: Mapping[str, Any]) -> Iterator[Violation]:
    tests = _tests(value)
    origins = {name for case in value["cases"] for name in case.get("reports", {})}
    clash = origins & set(tests)
    if clash:
        name = min(clash)
        yield _violation(
            ["cases"], f"'{name}' names reports and a test.", "Use another name for the reports."
        )
    for index, item in enumerate(value.get("rounds", ())):
        path = ["rounds", index]
        if item["kind"] == "preference" and len(item["sources"]) != 2:
            yield _violation([*path, "sources"], "A preference is between two sources.", "Name two.")
        if item["kind"] != "likert" and "scales" in item:
            yield _violation([*path, "scales"], "Scales go with likert only.", "Remove them.")
        for place, source in enumerate(item["sources"]):
            if source not in tests and source not in origins:
                yield _violation(
                    [*path, "sources", place],
                    f"There is no test and no report of a case called '{source}'.",
                    f"Use one of: {', '.join(sorted({*tests, *origins}))}.",
                )
            elif source in tests and value.get("report", "none") == "none":
                yield _violation(
                    [*path, "sources", place],
                    "Reports of readers are rated, but readers write none.",
                    "Set report to optional or required.",
                )
