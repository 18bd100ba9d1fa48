"""Protocol and truth files: what is wrong is explained by its path; the hash follows the content alone."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError, MedMMError
from MedMMSlicerLib.study.protocol import ArmMode, Lesion, Truth
from MedMMSlicerLib.study.protocol_file import (
    check_protocol,
    protocol_from_value,
    read_protocol,
    read_truth,
    write_protocol,
    write_truth,
)

Values = Callable[..., dict[str, Any]]
_REMOVED = object()


def changed(value: dict[str, Any], path: str, new: Any) -> dict[str, Any]:
    """A copy of the protocol with one value replaced or removed."""
    result = copy.deepcopy(value)
    place: Any = result
    *parents, last = [int(part) if part.isdigit() else part for part in path.split("/")]
    for part in parents:
        place = place[part]
    if new is _REMOVED:
        del place[last]
    else:
        place[last] = new
    return result


def test_a_valid_protocol_has_no_violation(protocol_value: Values) -> None:
    assert check_protocol(protocol_value()) == ()
    protocol = protocol_from_value(protocol_value())
    assert protocol.tests == ("arm-plain", "arm-with-ai")
    assert protocol.arms[1].mode is ArmMode.concurrent
    assert (protocol.targets[0].minimum, protocol.targets[0].maximum) == (0, 100)


@pytest.mark.parametrize(
    ("path", "value", "where"),
    [
        ("title", _REMOVED, "$.title"),
        ("seed", 1.5, "$.seed"),
        ("seed", True, "$.seed"),
        ("seed", -1, "$.seed"),
        ("typo", 1, "$.typo"),
        ("arms", [], "$.arms"),
        ("arms/0/mode", "blind", "$.arms[0].mode"),
        ("arms/0/id", "../x", "$.arms[0].id"),
        ("arms/1/id", "arm-plain", "$.arms[1].id"),
        ("arms/1/mode", "sequential", "$.arms[1].before"),
        ("arms/0/before", "x", "$.arms[0].before"),
        ("design/kind", "cross", "$.design.kind"),
        ("design/washout_days", 0, "$.design.washout_days"),
        ("design/washout_days", float("nan"), "$.design.washout_days"),
        ("design/idle_after_s", 0, "$.design.idle_after_s"),
        ("readers/1/id", "R1", "$.readers[1].id"),
        ("readers/1/arm", "arm-plain", "$.readers[1].arm"),
        ("readers/0/experience_years", -3, "$.readers[0].experience_years"),
        ("targets/0/scale", "0-10", "$.targets[0].scale"),
        ("cases/2/images", [], "$.cases[2].images"),
        ("cases/2/ai", _REMOVED, "$.cases[2].ai"),
        ("cases/2/sha256", {"a": "xyz"}, "$.cases[2].sha256.a"),
        ("rounds/0/sources", ["nothing"], "$.rounds[0].sources[0]"),
        ("rounds/1/sources", ["arm-plain"], "$.rounds[1].sources"),
        ("rounds/1/scales", ["accuracy"], "$.rounds[1].scales"),
        ("report", "none", "$.rounds[0].sources[1]"),
    ],
)
def test_each_violation_is_one_line_with_its_path(
    protocol_value: Values, path: str, value: Any, where: str
) -> None:
    violations = check_protocol(changed(protocol_value(), path, value))
    assert where in [violation.where for violation in violations]
    assert all(len(str(violation).splitlines()) == 1 and violation.hint for violation in violations)


@pytest.mark.parametrize(
    ("field", "where"),
    [
        ({"kind": "choice"}, "choices"),
        ({"kind": "integer", "choices": ["a", "b"]}, "choices"),
        ({"kind": "text", "minimum": 1}, "minimum"),
        ({"kind": "number", "minimum": 2, "maximum": 1}, "minimum"),
    ],
)
def test_form_fields_have_to_make_sense(protocol_value: Values, field: dict[str, Any], where: str) -> None:
    form = {"id": "f", "name": "Form", "fields": [{"id": "a", "name": "A", **field}]}
    violations = check_protocol(protocol_value(forms=[form]))
    assert [violation.where for violation in violations] == [f"$.forms[0].fields[0].{where}"]


def test_all_violations_come_in_one_message(protocol_value: Values, tmp_path: Path) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text(yaml.safe_dump(changed(protocol_value(), "seed", "x") | {"typo": 1}), encoding="utf-8")
    with pytest.raises(InputError, match=r"\$\.seed.*\$\.typo"):
        read_protocol(path)


def test_the_hash_depends_on_the_content_and_not_on_the_layout(
    protocol_value: Values, tmp_path: Path
) -> None:
    value = protocol_value()
    plain, turned = tmp_path / "a.yaml", tmp_path / "b.yaml"
    plain.write_text(yaml.safe_dump(value, sort_keys=False), encoding="utf-8")
    turned.write_text("# A remark\n" + yaml.safe_dump(value, sort_keys=True, indent=4), encoding="utf-8")
    assert read_protocol(plain).sha256 == read_protocol(turned).sha256
    value["design"]["washout_days"] = 14.0
    assert protocol_from_value(value).sha256 == read_protocol(plain).sha256
    value["design"]["washout_days"] = 13
    assert protocol_from_value(value).sha256 != read_protocol(plain).sha256


def test_a_protocol_from_a_form_can_be_written_and_read(protocol_value: Values, tmp_path: Path) -> None:
    path = tmp_path / "protocol.yaml"
    write_protocol(protocol_value(title="研究"), path)
    assert read_protocol(path) == protocol_from_value(protocol_value(title="研究"))
    with pytest.raises(InputError, match="seed"):
        write_protocol(changed(protocol_value(), "seed", _REMOVED), tmp_path / "other.yaml")
    assert not (tmp_path / "other.yaml").exists()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: &x [1]\nb: *x\n", "alias"),
        ("a: 1\na: 2\n", "twice"),
        ("1: 2\n", "no text"),
        ("a: !!python/object/apply:os.system [ls]\n", "plain YAML"),
        ("a: [1\n", "line"),
        ("- 1\n", "no mapping"),
        ("", "no mapping"),
        ("[" * 5000, "plain YAML"),
        ("a: !!int x\n", "plain YAML"),
    ],
)
def test_yaml_that_is_not_plain_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=reason):
        read_protocol(path)


def test_bytes_that_are_no_text_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "protocol.yaml"
    path.write_bytes(b"title: \xff\xfe")
    with pytest.raises(InputError, match="UTF-8"):
        read_protocol(path)
    with pytest.raises(InputError, match="can not be read"):
        read_protocol(tmp_path / "missing.yaml")


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.floats() | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=8,
)


_PLACES = ["title", "seed", "design", "arms", "readers", "targets", "cases", "rounds", "report", "truth"]
_PLACES += ["design/kind", "arms/0", "cases/1/id", "rounds/0/kind", "targets/0/scale", "cases/0/reports"]


@settings(max_examples=300, deadline=None)
@given(place=st.sampled_from(_PLACES), junk=_JSON)
def test_junk_anywhere_is_explained_and_never_crashes(protocol_value: Values, place: str, junk: Any) -> None:
    try:
        protocol_from_value(changed(protocol_value(), place, junk))
    except MedMMError as error:
        assert len(str(error).splitlines()) == 1


def test_truth_is_a_file_of_its_own(protocol_value: Values, tmp_path: Path) -> None:
    protocol = protocol_from_value(protocol_value())
    lesions = (Lesion("l1", (1.0, -2.0, 3.5), 6.0), Lesion("l2"))
    truth = Truth({"case-id-1": {"nodule": False}}, {"case-id-0": {"nodule": lesions}})
    write_truth(truth, tmp_path / "truth.yaml")
    found = read_truth(tmp_path / "truth.yaml", protocol)
    assert found.positives == {"case-id-0": {"nodule": True}, "case-id-1": {"nodule": False}}
    assert found.lesions == truth.lesions
    assert len(found.sha256) == 64


@pytest.mark.parametrize(
    "cases",
    [
        {"other": {"nodule": True}},
        {"case-id-0": {"other": True}},
        {"case-id-0": {"nodule": 1}},
        {"case-id-0": {"nodule": "yes"}},
        {"case-id-0": {"nodule": [{"center_ras": [1, 2, 3]}]}},
        {"case-id-0": {"nodule": [{"id": "a", "center_ras": [1, 2]}]}},
        {"case-id-0": {"nodule": [{"id": "a", "radius_mm": 0}]}},
        {"case-id-0": True},
        [],
    ],
)
def test_truth_that_does_not_fit_is_refused(protocol_value: Values, tmp_path: Path, cases: Any) -> None:
    path = tmp_path / "truth.yaml"
    path.write_text(yaml.safe_dump({"schema": "medmm-truth/1", "cases": cases}), encoding="utf-8")
    with pytest.raises(InputError, match=r"truth\.yaml"):
        read_truth(path, protocol_from_value(protocol_value()))
