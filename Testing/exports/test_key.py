"""The key stays with its user; what comes out of it is the same each time."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.dicom.deidentify_key import Pseudonyms, default_key_path, load_key, shifted_text
from MedMMSlicerLib.errors import InputError, OutputError
from pydicom.uid import UID

KEY = b"k" * 32


def test_a_key_is_made_once_for_its_user_alone(tmp_path) -> None:
    path = tmp_path / "data" / "medmm" / "key"
    key = load_key(path)
    assert len(key) == 32
    assert load_key(path) == key
    assert [item.name for item in path.parent.iterdir()] == ["key"]
    if os.name == "posix":
        assert path.stat().st_mode & 0o777 == 0o600


def test_the_default_place_is_the_data_folder_of_the_user(monkeypatch, tmp_path) -> None:
    monkeypatch.setattr("sys.platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_key_path() == tmp_path / "medmm" / "deidentification.key"


@pytest.mark.skipif(os.name != "posix", reason="modes of files")
def test_a_key_that_others_can_read_is_refused(tmp_path) -> None:
    path = tmp_path / "key"
    load_key(path)
    path.chmod(0o644)
    with pytest.raises(InputError, match="chmod 600"):
        load_key(path)


@pytest.mark.parametrize("text", ["", "zz", "ab" * 8, "ab" * 33])
def test_a_file_without_a_key_is_refused(tmp_path, text) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    path.chmod(0o600)
    with pytest.raises(InputError):
        load_key(path)


def test_a_place_that_can_not_be_written(tmp_path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="rights of that folder"):
        load_key(tmp_path / "file" / "key")


def test_the_key_is_never_shown() -> None:
    assert "kkk" not in repr(Pseudonyms(KEY))
    with pytest.raises(InputError):
        Pseudonyms(b"short")


@given(st.from_regex(r"[0-2](\.(0|[1-9]\d{0,8})){3,8}", fullmatch=True))
def test_uids_are_valid_stable_and_their_own(old) -> None:
    new = Pseudonyms(KEY).uid(old)
    assert UID(new).is_valid
    assert len(new) <= 64
    assert new == Pseudonyms(KEY).uid(old + "\0") == Pseudonyms(KEY).uid(new.replace(new, old))
    if not old.startswith("1.2.840.10008."):
        assert new.startswith("2.25.")
        assert new != Pseudonyms(b"q" * 32).uid(old)


def test_uids_of_the_standard_stay() -> None:
    assert Pseudonyms(KEY).uid("1.2.840.10008.5.1.4.1.1.2") == "1.2.840.10008.5.1.4.1.1.2"


@given(st.text(min_size=1))
def test_shifts_go_back_between_a_month_and_ten_years(patient) -> None:
    assert -3650 <= Pseudonyms(KEY).shift_days(patient) <= -30


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("20150301", "20150219"),
        ("20150301112233.5+0100", "20150219112233.5+0100"),
        ("2015", ""),
        ("", ""),
        ("x", ""),
    ],
)
def test_dicom_dates_move(old, new) -> None:
    assert shifted_text(old, -10) == new


def test_dates_stop_at_the_end_of_the_calendar() -> None:
    assert shifted_text("00010105", -100) == "00010101"
