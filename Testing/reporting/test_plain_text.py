from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.reporting.plain_text import clean_text, display_width, wrap_text


@given(st.text())
def test_clean_text_is_stable_and_on_one_line(text: str) -> None:
    cleaned = clean_text(text)
    assert clean_text(cleaned) == cleaned
    assert "\n" not in cleaned and "\x00" not in cleaned and "\u202e" not in cleaned
    cleaned.encode()


def test_clean_text_shows_what_it_removed() -> None:
    assert clean_text("a\x00b\u202ec\ud800d\x85e \t\nf") == "a\ufffdb\ufffdc\ufffdd e f"


@given(st.text(alphabet="abc é海马。，（） 3,", max_size=400), st.integers(4, 90))
def test_lines_fit_and_nothing_is_lost(text: str, width: int) -> None:
    lines = wrap_text(text, width)
    assert all(0 < display_width(line) <= width for line in lines) or width < 4
    assert "".join("".join(lines).split()) == "".join(text.split())


def test_words_stay_whole_and_punctuation_stays_behind() -> None:
    assert wrap_text("aaa bbb ccc", 7) == ["aaa bbb", "ccc"]
    assert wrap_text("海马体积。", 8) == ["海马体", "积。"]
    assert wrap_text("- one two three", 9, indent="  ") == ["- one two", "  three"]
    assert wrap_text("x" * 25, 10) == ["x" * 10, "x" * 10, "x" * 5]
    assert wrap_text("", 10) == []


def test_display_width() -> None:
    assert display_width("ab海马") == 6
    assert display_width("e\u0301") == 1
