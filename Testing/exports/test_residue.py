"""The last look finds what is hidden, wherever and however it is written, and nothing else."""

from __future__ import annotations

import gzip
import io
import time
import zipfile
import zlib
from datetime import date
from pathlib import Path

import numpy as np
import pydicom
import pytest
from dicom_phantoms import ct_slices, phantom
from MedMMSlicerLib.dicom.deidentify_check import find_residue, require_no_residue
from MedMMSlicerLib.dicom.deidentify_identifiers import Identifiers
from MedMMSlicerLib.errors import InputError

KNOWN = Identifiers(
    names=frozenset({"Vandermeer^Quillon=王^晓明", "Müller^Jo"}),
    words=frozenset({"QX77-31", "12345", "P1"}),
    uids=frozenset({"1.2.3.4.5.6"}),
    dates=frozenset({date(2015, 1, 3)}),
)


def zipped(data: bytes, name: str = "a.txt") -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, data)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        b"x Vandermeer y",
        b"VANDERMEER",
        "王晓明".encode(),
        "王晓明".encode("gb18030"),
        "Vandermeer".encode("utf-16-le"),
        "x王晓明".encode("utf-16-be"),
        "Müller".encode("latin-1"),
        b"id=qx77-31;",
        b"uid 1.2.3.4.5.6 end",
        b"20150103",
        b" 12345,",
        gzip.compress(b"Vandermeer"),
        b"junk" + zlib.compress(b"a Vandermeer b") + b"junk",
        zipped(b"Vandermeer"),
        zipped(zipped(gzip.compress(b"Vandermeer"))),
        zipped(b"x", "Vandermeer.txt"),
        zipped(b"Quillon " * 100_000),
    ],
)
def test_hidden_identifiers_are_found(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file.bin").write_bytes(data)
    places = find_residue(tmp_path, KNOWN)
    assert places
    with pytest.raises(InputError) as caught:
        require_no_residue(tmp_path, KNOWN)
    assert not any(word in str(caught.value) for word in ("Vandermeer", "Quillon", "王晓明", "QX77", "12345"))


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"V",
        b"Vandermeers",
        b"9123456",
        b"123450",
        b"11.2.3.4.5.67",
        b"120150103",
        b"P1",
        "王晓".encode(),
    ],
)
def test_other_bytes_are_not(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "file.bin").write_bytes(data)
    assert find_residue(tmp_path, KNOWN) == ()


def test_names_of_files_count_and_are_not_repeated(tmp_path: Path) -> None:
    (tmp_path / "Vandermeer").mkdir()
    (tmp_path / "Vandermeer" / "x").write_bytes(b"")
    assert find_residue(tmp_path, KNOWN) == ("name of file 1",)


def test_deflated_dicom_is_looked_into(tmp_path: Path) -> None:
    header = ct_slices(phantom())[0]
    header.PatientName = "Vandermeer^Quillon"
    header.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2.1.99"
    header.save_as(tmp_path / "x.dcm", enforce_file_format=True)
    assert b"Vandermeer" not in (tmp_path / "x.dcm").read_bytes()
    assert find_residue(tmp_path, KNOWN) == ("x.dcm (deflated)",)
    assert str(pydicom.dcmread(tmp_path / "x.dcm").PatientName) == "Vandermeer^Quillon"


def test_many_pixels_take_seconds(tmp_path: Path) -> None:
    values = np.random.default_rng(0).normal(100, 300, 10_000_000).astype("<i2")
    (tmp_path / "x.raw").write_bytes(values.tobytes())
    started = time.perf_counter()
    assert find_residue(tmp_path, KNOWN) == ()
    assert time.perf_counter() - started < 30
