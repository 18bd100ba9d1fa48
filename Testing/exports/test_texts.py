"""Identifiers in prose: what is taken out, what is moved, what makes a person look."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.dicom.deidentify_identifiers import Identifiers, name_parts
from MedMMSlicerLib.dicom.deidentify_key import Pseudonyms
from MedMMSlicerLib.dicom.deidentify_text import REMOVED, TextScrubber

KEY = b"k" * 32


def scrubber(*names: str, words: tuple[str, ...] = (), uids: tuple[str, ...] = ()) -> TextScrubber:
    identifiers = Identifiers(
        names=frozenset(names),
        words=frozenset(words),
        uids=frozenset(uids),
        birth_dates=frozenset({date(1961, 4, 17)}),
    )
    return TextScrubber(identifiers, Pseudonyms(KEY), -100)


@pytest.mark.parametrize(
    "text",
    [
        "Müller", "MULLER", "mu\u200bller", "Ｍüller", "Jürgen Müller", "Müller, Jürgen", "Müller^Jürgen",
        "Jürgen-Müller", "MÜLLER_JÜRGEN", "王小明", "王 小 明", "小明", "X9-77/A", "x9-77/a",
    ],
)  # fmt: skip
def test_spellings_of_what_the_header_says_are_taken_out(text) -> None:
    used = scrubber("Müller^Jürgen=王^小明", words=("X9-77/A",))
    cleaned = used.clean(f"Seen: {text}.")
    assert REMOVED in cleaned
    assert not any(map(str.isalnum, cleaned.removeprefix("Seen").replace(REMOVED, "")))
    assert not used.doubts


@pytest.mark.parametrize(
    "text",
    [
        "Mullerian duct cyst, 3 mm.",
        "Left hippocampus: 1,324 mm³ (12.5 %).",
        "X9-77/AB and AX9-77/A",
        "小明显",
        "pO₂ 71",
    ],
)
def test_other_words_stay(text) -> None:
    used = scrubber("Muller^Jo", "王^明", words=("X9-77/A",))
    assert used.clean(text) == text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("on 2015-04-20.", "on 2015-01-10."),
        ("on 2015/04/20", "on 2015/01/10"),
        ("20150420", "20150110"),
        ("2015-04-20T11:22:33+00:00", "2015-01-10T11:22:33+00:00"),
        ("2015年4月20日复查", "2015年1月10日复查"),
        ("2015年4月", "2014年12月"),
        ("on 20.04.2015", "on [date]"),
        ("on April 20, 2015 and 20 Apr 2015", "on [date] and [date]"),
        ("born 1961-04-17", "born [date]"),
        ("2015-02-31", "[date]"),
    ],
)
def test_dates_move_together(text, expected) -> None:
    assert scrubber().clean(text) == expected


@pytest.mark.parametrize(
    "text",
    ["a.b@c.de", "+49 (171) 555-0123", "13812345678", "11010519491231002X", "123-45-6789",
     "Tel. 020 7946 0991", 
     "MRN: AB-1234", "住院号：0012345", "https://x.test/p?id=7"],
)  # fmt: skip
def test_unmistakable_forms_are_taken_out_without_knowing_them(text) -> None:
    used = scrubber()
    assert REMOVED in used.clean(f"see {text}")
    assert not any(character.isdigit() for character in used.clean(f"see {text}"))


@pytest.mark.parametrize(
    ("text", "doubt"),
    [
        ("Discussed with Dr. Quack.", "title"),
        ("Patient name: x", "label"),
        ("患者姓名：赵六", "label"),
        ("与李医生讨论", "Chinese name"),
        ("case 44556677881", "long number"),
    ],
)
def test_what_may_be_a_person_makes_a_person_look(text, doubt) -> None:
    used = scrubber()
    used.clean(text, "s1")
    assert len(used.doubts) == 1
    assert used.doubts[0].startswith("s1: ")
    assert doubt in used.doubts[0]


@pytest.mark.parametrize(
    "text", ["Volume 1234567.5 mm3", "version 1.22.0", "2.25.123456789012345678", "3 cm"]
)
def test_numbers_of_a_report_raise_no_doubt(text) -> None:
    used = scrubber()
    assert used.clean(text) == text
    assert not used.doubts


def test_a_name_that_is_a_word_is_not_cut_out_of_a_sentence() -> None:
    used = scrubber("Left^Adam")
    assert used.clean("The left lung is clear.") == "The left lung is clear."
    assert not used.doubts
    assert used.clean("Adam Left was seen.").startswith(REMOVED)
    used.clean("We asked Left about it.")
    assert used.doubts


def test_uids_are_mapped_in_texts_as_in_headers() -> None:
    used = scrubber(uids=("1.2.3.4",))
    new = Pseudonyms(KEY).uid("1.2.3.4")
    assert used.clean("series 1.2.3.4, and 1.2.3.45") == f"series {new}, and 1.2.3.45"
    other = "1.3.6.1.4.1.14519.5.2.1"
    assert used.clean(other) == Pseudonyms(KEY).uid(other)
    assert used.clean("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"
    assert used.clean(new) == new


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("aged 93 years", "aged 90+ years"),
        ("101-year-old", "90+-year-old"),
        ("93岁", "90+岁"),
        ("89 years", "89 years"),
        ("93 mm", "93 mm"),
        ("5.93 years", "5.93 years"),
    ],
)
def test_very_old_ages_are_rounded(text, expected) -> None:
    assert scrubber().clean(text) == expected


def test_json_is_cleaned_in_keys_and_values() -> None:
    used = scrubber("Doe^Jane")
    assert used.clean_json({"Doe": ["Jane", 1, None, True]}) == {REMOVED: [REMOVED, 1, None, True]}


def test_names_in_every_order() -> None:
    assert {"Doe^Jane", "Doe Jane", "Jane Doe", "Doe", "Jane", "王小明", "小明"} <= set(
        name_parts("Doe^Jane=王^小明")
    )
    assert name_parts("Anonymous") == ()


@given(st.text(max_size=60))
def test_nothing_known_survives_any_text_around_it(text) -> None:
    cleaned = scrubber("Vandermeer^Quillon").clean(f"{text} Vandermeer {text}")
    assert "vandermeer" not in cleaned.lower()
