"""Protocol and truth as YAML files: read strictly, every violation explained by its path.

A protocol that was read has one canonical content, whatever its layout and comments, and that is what is
hashed. The truth lies in a file of its own, so that a protocol can be shown to anybody.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from ..bundles.schema_check import check_schema
from ..bundles.violation import Violation
from ..core.serialization import to_json
from ..errors import InputError
from ..files import atomic_write
from ..reporting.document.canonical import sha256_of
from .codec import decode
from .protocol import (
    Arm,
    Design,
    Form,
    FormField,
    Lesion,
    Protocol,
    RatingRound,
    Reader,
    StudyCase,
    Target,
    Truth,
)
from .protocol_check import check_meaning

__all__ = [
    "SCHEMA_PATH",
    "check_protocol",
    "protocol_from_value",
    "read_protocol",
    "read_protocol_value",
    "read_truth",
    "write_protocol",
    "write_truth",
]

SCHEMA_PATH = Path(__file__).with_name("schema") / "protocol.schema.json"

_MAXIMUM_BYTES = 64 << 20
_TRUTH_SCHEMA = "medmm-truth/1"
_SHOWN = 10


def read_protocol(path: Path) -> Protocol:
    """Read and check a protocol.

    Raises
    ------
    InputError
        If it can not be read, with the first ten violations, each with its path.
    """
    return protocol_from_value(read_protocol_value(path), path.name)


def read_protocol_value(path: Path) -> dict[str, Any]:
    """The YAML file as plain values, not yet checked against the schema.

    Raises
    ------
    InputError
        If it can not be read, or uses YAML that is not plain: aliases, tags, keys that occur twice.
    """
    try:
        with path.open("rb") as stream:
            data = stream.read(_MAXIMUM_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"{path} can not be read ({error.strerror}). Give the path of a YAML file."
        ) from error
    if len(data) > _MAXIMUM_BYTES:
        raise InputError(f"{path} is larger than {_MAXIMUM_BYTES >> 20} MiB. Shorten it.")
    try:
        value = yaml.load(data.decode("utf-8-sig"), _PlainLoader)  # a SafeLoader that takes even less
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8 (byte {error.start}). Save it as UTF-8.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise InputError(f"{path} is no plain YAML: {_yaml_reason(error)}. Correct it.") from error
    if not isinstance(value, dict):
        raise InputError(f"{path} holds no mapping. Write keys and values, such as 'title: ...'.")
    return value


def check_protocol(value: Mapping[str, Any]) -> tuple[Violation, ...]:
    """Everything that is wrong with a protocol given as plain values, in the order of the paths."""
    violations = check_schema(value, SCHEMA_PATH)
    return violations or check_meaning(value)


def protocol_from_value(value: Mapping[str, Any], where: str = "the protocol") -> Protocol:
    """A checked protocol from plain values, as a form or a YAML file gives them.

    Raises
    ------
    InputError
        With the first ten violations.
    """
    violations = check_protocol(value)
    if violations:
        more = f"; and {len(violations) - _SHOWN} more" if len(violations) > _SHOWN else ""
        shown = "; ".join(str(item) for item in violations[:_SHOWN])
        raise InputError(f"{where} is no valid protocol: {shown}{more}.".replace("..", "."))
    protocol = Protocol(
        title=value["title"],
        seed=value["seed"],
        readers=tuple(decode(Reader, item, where) for item in value["readers"]),
        arms=tuple(Arm(item["id"], item["mode"], item.get("before", "")) for item in value["arms"]),
        design=_design(value["design"]),
        targets=tuple(_target(item) for item in value["targets"]),
        cases=tuple(decode(StudyCase, item, where) for item in value["cases"]),
        forms=tuple(_form(item) for item in value.get("forms", ())),
        rounds=tuple(_round(item, where) for item in value.get("rounds", ())),
        report=value.get("report", "none"),
        truth=value.get("truth", ""),
    )
    # Decoding once more gives enumerations and numbers their one form, so that the hash has one, too.
    plain = decode(Protocol, to_json(protocol), where)
    content = to_json(plain)
    del content["sha256"], content["truth"]
    return dataclasses.replace(plain, sha256=sha256_of(content))


def write_protocol(value: Mapping[str, Any], path: Path) -> None:
    """Write a protocol given as plain values as YAML, if it is valid.

    Raises
    ------
    InputError
        If it is not.
    OutputError, DiskFullError
        If it can not be written.
    """
    protocol_from_value(value, path.name)
    _write_yaml(value, path)


def read_truth(path: Path, protocol: Protocol) -> Truth:
    """Read the truth: by case and target true, false, or a list of lesions (an empty one means false).

    Raises
    ------
    InputError
        Naming the place that is wrong; a case or target that the protocol does not have is wrong, too.
    """
    value = read_protocol_value(path)
    if value.get("schema") != _TRUTH_SCHEMA or set(value) != {"schema", "cases"}:
        raise InputError(f"{path.name} is no truth file. It has the keys schema ({_TRUTH_SCHEMA}) and cases.")
    cases = value["cases"]
    if not isinstance(cases, dict):
        raise InputError(f"{path.name}: $.cases is no mapping. Write a line for each case.")
    known = {case.id for case in protocol.cases}
    targets = {target.id for target in protocol.targets}
    positives: dict[str, dict[str, bool]] = {}
    lesions: dict[str, dict[str, tuple[Lesion, ...]]] = {}
    for case, by_target in cases.items():
        where = f"{path.name}: $.cases.{str(case)[:60]}"
        if case not in known or not isinstance(by_target, dict):
            raise InputError(f"{where} is no case of the protocol with its targets. Correct the id.")
        for target, entry in by_target.items():
            if target not in targets:
                raise InputError(f"{where} has the unknown target '{str(target)[:60]}'. Correct the id.")
            marked = _lesions(entry, f"{where}.{target}")
            positives.setdefault(case, {})[target] = bool(marked) if marked is not None else entry
            if marked is not None:
                lesions.setdefault(case, {})[target] = marked
    truth = Truth(positives, lesions)
    return dataclasses.replace(truth, sha256=sha256_of(to_json(truth)))


def write_truth(truth: Truth, path: Path) -> None:
    """Write what `read_truth` reads.

    Raises
    ------
    OutputError, DiskFullError
        If it can not be written.
    """
    cases: dict[str, dict[str, Any]] = {case: dict(entry) for case, entry in truth.positives.items()}
    for case, by_target in truth.lesions.items():
        for target, marked in by_target.items():
            cases.setdefault(case, {})[target] = [
                {key: item for key, item in to_json(lesion).items() if item is not None} for lesion in marked
            ]
    _write_yaml({"schema": _TRUTH_SCHEMA, "cases": cases}, path)


def _lesions(entry: Any, where: str) -> tuple[Lesion, ...] | None:
    if isinstance(entry, bool):
        return None
    if not isinstance(entry, list):
        raise InputError(f"{where} is neither true, false nor a list of lesions. Correct it.")
    marked = tuple(decode(Lesion, item, f"{where}[{n}]") for n, item in enumerate(entry))
    if any(lesion.radius_mm is not None and lesion.radius_mm <= 0 for lesion in marked):
        raise InputError(f"{where} has a lesion whose radius_mm is not above 0. Correct it.")
    return marked


def _design(value: Mapping[str, Any]) -> Design:
    return Design(
        is_crossover=value["kind"] == "crossover",
        washout_days=float(value.get("washout_days", 0)),
        is_mixed=value.get("arms_in_a_period", "mixed") == "mixed",
        is_by_arm=value.get("order", "random") == "by_arm",
        session_size=value.get("session_size", 0),
        idle_after_s=float(value.get("idle_after_s", 60)),
    )


def _target(value: Mapping[str, Any]) -> Target:
    minimum, maximum = (int(part) for part in value["scale"].split("-"))
    return Target(value["id"], value["name"], minimum, maximum, value.get("marks", False))


def _form(value: Mapping[str, Any]) -> Form:
    fields = []
    for item in value["fields"]:
        rest = {key: entry for key, entry in item.items() if key != "required"}
        fields.append(decode(FormField, {**rest, "is_required": item.get("required", True)}, "forms"))
    return Form(value["id"], value["name"], tuple(fields))


def _round(value: Mapping[str, Any], where: str) -> RatingRound:
    rest = {key: entry for key, entry in value.items() if key != "images"}
    return decode(RatingRound, {**rest, "shows_images": value.get("images", False)}, where)


class _PlainLoader(yaml.SafeLoader):  # type: ignore[misc]
    """Plain data only: no aliases (a few lines of them can fill the memory), no key twice, text keys."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.YAMLError(f"an alias (*name) in line {self.peek_event().start_mark.line + 1}")
        return super().compose_node(parent, index)

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for key, (place, _) in zip(keys, node.value):
            if not isinstance(key, str) or keys.count(key) > 1:
                problem = "occurs twice" if isinstance(key, str) else "is no text; put it in quotes"
                raise yaml.YAMLError(f"the key '{key}' in line {place.start_mark.line + 1} {problem}")
        result: dict[Any, Any] = super().construct_mapping(node, deep)
        return result


# Dates and base 60 numbers are texts here.
_PlainLoader.yaml_implicit_resolvers = {
    start: [(tag, pattern) for tag, pattern in resolvers if not tag.endswith(("timestamp", "merge"))]
    for start, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}


def _yaml_reason(error: Exception) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"{problem} in line {mark.line + 1}" if mark is not None else str(problem)[:200]


def _write_yaml(value: Mapping[str, Any], path: Path) -> None:
    text = yaml.safe_dump(dict(value), sort_keys=False, allow_unicode=True, width=120)
    with atomic_write(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
