"""Versions and ranges, compared with the package `packaging`, which the library itself can not use."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from MedMMSlicerLib.installation.versions import VersionRange, parse_version
from packaging.specifiers import SpecifierSet
from packaging.version import Version as Reference

NUMBERS = st.integers(0, 3)
RELEASES = st.lists(NUMBERS, min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@st.composite
def versions(draw: st.DrawFn, local: bool = True) -> str:
    text = draw(st.sampled_from(["", "", "", "1!", "v"])) + draw(RELEASES)
    text += draw(st.sampled_from(["", "", "a1", "b0", "rc2", "-alpha.1", "_beta", "pre3", "c"]))
    text += draw(st.sampled_from(["", "", "", ".post1", "-2", ".rev3", "r0"]))
    text += draw(st.sampled_from(["", "", "", ".dev0", "dev4"]))
    return text + (draw(st.sampled_from(["", "", "+cu118", "+ubuntu-1"])) if local else "")


@st.composite
def ranges(draw: st.DrawFn) -> str:
    clauses = []
    for _ in range(draw(st.integers(0, 2))):
        operator = draw(st.sampled_from([">=", "<=", "<", ">", "==", "!=", "~=", "==*", "!=*"]))
        if operator.endswith("*"):
            clauses.append(f"{operator[:2]}{draw(RELEASES)}.*")
        elif operator == "~=":
            clauses.append(f"~={draw(RELEASES)}.{draw(NUMBERS)}")
        elif operator in {"<", ">"}:
            # Releases of packaging differ on "<1.0.post1" and on ">1.0a1"; nobody writes them.
            early = draw(st.sampled_from(["", "", "a1", "rc2"])) if operator == "<" else ""
            clauses.append(operator + draw(RELEASES) + early)
        else:
            clauses.append(operator + draw(versions(local=operator in {"==", "!="})))
    return ",".join(clauses)


@given(versions(), versions())
@settings(max_examples=150, deadline=None)
def test_versions_are_ordered_as_packaging_orders_them(one: str, other: str) -> None:
    mine, yours = parse_version(one), parse_version(other)
    assert mine is not None and yours is not None
    left, right = (Reference(Reference(text).public) for text in (one, other))
    assert (mine < yours, mine == yours, mine >= yours) == (left < right, left == right, left >= right)
    assert mine != yours or hash(mine) == hash(yours)


@given(ranges(), versions())
@settings(max_examples=300, deadline=None)
def test_ranges_accept_what_packaging_accepts(text: str, version: str) -> None:
    assert VersionRange(text).accepts(version) == SpecifierSet(text).contains(version, prereleases=True)


@pytest.mark.parametrize(
    ("text", "version", "accepted"),
    [
        (">2", "2.post1", False),
        (">2", "2.post1.dev0", False),
        (">2a1", "2a1.post1", False),
        (">2a1", "2a2.post1", True),
        (">2a1", "2.post1", True),
        (">2.dev1", "2.post1", True),
    ],
)
def test_a_repair_of_the_bound_is_not_above_it(text: str, version: str, accepted: bool) -> None:
    assert VersionRange(text).accepts(version) == accepted


@given(st.text(alphabet="0123456789.abcrvpostdev+!-_ x", max_size=12))
@settings(max_examples=150, deadline=None)
def test_what_is_a_version_is_one_for_packaging_too(text: str) -> None:
    try:
        Reference(text)
    except ValueError:
        assert parse_version(text) is None
    else:
        assert parse_version(text) is not None


@pytest.mark.parametrize("text", ["1.0", ">=", "=>1", ">=1.*", "~=1", "===1.0", ">=1,,x", ">= one", "<2 <3"])
def test_what_is_no_range_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version range"):
        VersionRange(text)


def test_what_is_no_version_lies_in_no_range_but_the_empty_one() -> None:
    assert VersionRange("").accepts("of this morning")
    assert not VersionRange(">=0").accepts("of this morning")
