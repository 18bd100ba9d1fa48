"""Packages and archives: signed, whole or refused, never outside of their folder, without identifiers."""

from __future__ import annotations

import gzip
import io
import json
import os
import shutil
import stat
import struct
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk
from hypothesis import given
from hypothesis import strategies as st
from MedMMSlicerLib.errors import InputError, MedMMError, SignatureError, StudyError, UsageError
from MedMMSlicerLib.study.archives import is_safe_name, open_archive, write_archive
from MedMMSlicerLib.study.clock import ManualClock
from MedMMSlicerLib.study.deidentified import require_deidentified_folder, shareable
from MedMMSlicerLib.study.desk import ReaderDesk
from MedMMSlicerLib.study.package_format import pack_files, unpack_files
from MedMMSlicerLib.study.packages import build_packages, open_package
from MedMMSlicerLib.study.sealing import new_seal_key, seal, unseal
from MedMMSlicerLib.study.signing import KeyStore, SigningKey
from MedMMSlicerLib.study.study_folder import StudyFolder


@pytest.fixture
def package(make_study: Callable[..., StudyFolder], tmp_path: Path, team_keys: KeyStore) -> Path:
    return build_packages(make_study(), tmp_path / "out", ("r1",), keys=team_keys)[0]


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None]) -> Path:
    """A copy of an archive with changed members."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    target = path.with_name(f"changed-{path.name}")
    with zipfile.ZipFile(target, "w") as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return target


def test_a_package_opens_and_verifies(package: Path, tmp_path: Path, team_keys: KeyStore) -> None:
    folder = open_package(package, tmp_path / "folder")
    with ReaderDesk(folder, ManualClock(), KeyStore(tmp_path / "k")) as desk:
        assert desk.team_fingerprint == team_keys.team_key().fingerprint
        assert desk.reader == "r1"
    with pytest.raises(UsageError, match="not empty"):
        open_package(package, folder)


def test_a_package_that_was_cut_off_anywhere_is_refused(package: Path, tmp_path: Path) -> None:
    data = package.read_bytes()
    short = tmp_path / "short.zip"
    for part in (0.0, 0.1, 0.5, 0.9, 0.999):
        short.write_bytes(data[: int(len(data) * part)])
        with pytest.raises(InputError, match="truncated or damaged"):
            open_package(short, tmp_path / "folder")
        assert not (tmp_path / "folder").exists()
    assert not list(tmp_path.glob(".folder*"))


def test_flipped_bits_anywhere_are_found(package: Path, tmp_path: Path) -> None:
    data = package.read_bytes()
    generator = np.random.default_rng(1)
    broken = tmp_path / "broken.zip"
    harmless = 0
    for number in range(60):
        changed = bytearray(data)
        changed[int(generator.integers(len(data)))] ^= 1 << int(generator.integers(8))
        broken.write_bytes(changed)
        folder = tmp_path / f"folder-{number}"
        try:
            open_package(broken, folder)
        except MedMMError:
            assert not folder.exists()
            continue
        # Times and flags of the zip itself carry nothing; all content is as it was signed.
        harmless += 1
        ReaderDesk(folder, ManualClock(), KeyStore(tmp_path / "k")).close()
    assert harmless < 30


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda members: members.update({"study.json": b"{}"}), "not what was signed"),
        (lambda members: members.update({"more.txt": b"x"}), "other files than were signed"),
        (lambda members: members.pop("seal.key"), "other files than were signed"),
        (lambda members: members.pop("manifest.sig"), "no study package"),
        (lambda members: members.update({"manifest.json": members["manifest.json"] + b" "}), "not valid"),
        (lambda members: members.update({"manifest.sig": b"{}"}), "signature"),
        (lambda members: members.update({"manifest.sig": b"x" * 5000}), "too large"),
        (lambda members: members.update({"../escape": b"x"}), "unsafe name"),
        (lambda members: members.update({"/absolute": b"x"}), "unsafe name"),
        (lambda members: members.update({"STUDY.json": b"x"}), "same name"),
    ],
)
def test_changed_packages_are_refused(
    package: Path, tmp_path: Path, change: Callable[[dict[str, bytes]], None], reason: str
) -> None:
    with pytest.raises(InputError, match=reason):
        open_package(rewritten(package, change), tmp_path / "folder")
    assert not (tmp_path / "folder").exists() and not (tmp_path / "escape").exists()


def test_a_signature_by_another_key_shows_another_fingerprint(
    package: Path, tmp_path: Path, team_keys: KeyStore
) -> None:
    with open_archive(package, "tasks") as archive:
        files: dict[str, Path | bytes] = {name: archive.read(name) for name in archive.manifest.files}
        data = dict(archive.manifest.data)
    forged = tmp_path / "forged.zip"
    write_archive(forged, "tasks", data, files, KeyStore(tmp_path / "attacker").team_key())
    with ReaderDesk(open_package(forged, tmp_path / "f"), ManualClock(), KeyStore(tmp_path / "k")) as desk:
        assert desk.team_fingerprint != team_keys.team_key().fingerprint


def test_results_are_not_taken_for_a_package(tmp_path: Path, team_keys: KeyStore) -> None:
    write_archive(tmp_path / "r.zip", "results", {}, {}, team_keys.reader_key())
    with pytest.raises(InputError, match="holds results, not tasks"):
        open_package(tmp_path / "r.zip", tmp_path / "folder")


def test_a_manifest_that_lies_about_sizes_is_not_unpacked(tmp_path: Path, team_keys: KeyStore) -> None:
    """A small member that unpacks to much more than was signed stops at the signed size."""
    path = tmp_path / "bomb.zip"
    write_archive(path, "tasks", {}, {"study.json": b"x" * 10}, team_keys.team_key())
    bomb = rewritten(path, lambda members: members.update({"study.json": b"\0" * 50_000_000}))
    with open_archive(bomb, "tasks") as archive, pytest.raises(SignatureError, match="not what was signed"):
        archive.read("study.json")


@pytest.mark.parametrize(
    "name",
    ["", "..", "../a", "a/../b", "/a", "a//b", "a/", "a\\b", "C:/a", "a\0b", "a\nb", "con", "a/NUL.txt",
     "a.", " a", ".hidden", "~", "x" * 300, "/".join("a" * 20), "ä", "a:b"],
)  # fmt: skip
def test_unsafe_names(name: str) -> None:
    assert not is_safe_name(name)


@given(st.text(max_size=40))
def test_a_safe_name_stays_in_its_folder(name: str) -> None:
    if is_safe_name(name):
        assert os.path.normpath(name) == name and not Path(name).is_absolute()
        assert ".." not in name.split("/")


def test_private_keys_are_for_their_user_alone_and_never_leave(
    package: Path, tmp_path: Path, team_keys: KeyStore, reader_keys: KeyStore
) -> None:
    with ReaderDesk(open_package(package, tmp_path / "f"), ManualClock(), reader_keys) as desk:
        results = desk.export_results(tmp_path / "results.zip")
    for store, name in ((team_keys, "study-team.key"), (reader_keys, "study-reader.key")):
        path = store.folder / name
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        seed = bytes.fromhex(path.read_text())
        for archive in (package, results):
            with zipfile.ZipFile(archive) as opened:
                for member in opened.namelist():
                    data = opened.read(member)
                    assert seed not in data and seed.hex().encode() not in data
        assert seed.hex() not in repr(SigningKey(seed))


def test_what_is_sealed_opens_under_its_own_name_and_key_only() -> None:
    key = new_seal_key()
    sealed = seal(key, "a", b"secret", 64)
    assert b"secret" not in sealed
    assert unseal(key, "a", sealed) == b"secret"
    assert len(seal(key, "a", b"")) != len(sealed) and len(seal(key, "a", b"", 64)) == len(sealed)
    for other_key, name, data in [
        (new_seal_key(), "a", sealed),
        (key, "b", sealed),
        (key, "a", sealed[:-1]),
        (key, "a", b""),
    ]:
        with pytest.raises(InputError, match="damaged"):
            unseal(other_key, name, data)


@pytest.mark.parametrize("name", ["../escape.txt", "/etc/x", "a/../../b", "C:\\x"])
def test_output_of_ai_can_not_leave_its_folder(name: str) -> None:
    with pytest.raises(InputError, match="no name for a file"):
        pack_files({name: b"x"})
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(InputError, match="no name for a file"):
        unpack_files(stream.getvalue())
    with pytest.raises(InputError, match="damaged"):
        unpack_files(stream.getvalue()[:-5])


# De-identification. --------------------------------------------------------------------------------------


def test_dicom_with_identifiers_is_refused_unless_medmm_took_them_out(
    sample_dicom: Path, tmp_path: Path, make_study: Callable[..., StudyFolder], team_keys: KeyStore,
    protocol_value: Callable[..., Any],
) -> None:  # fmt: skip
    from MedMMSlicerLib.dicom.deidentify import PixelClearance
    from MedMMSlicerLib.reporting.exports.case_export import ExportRequest, export_case

    with pytest.raises(InputError, match="not de-identified"):
        shareable(sample_dicom)
    assert shareable(sample_dicom, keeps_identifiers=True) == sample_dicom
    request = ExportRequest(
        (sample_dicom,), ("dicom",), deidentify=True, clearance=PixelClearance(True), text_cleared=True,
        key_path=tmp_path / "key",
    )  # fmt: skip
    (exported, *_) = [path for path in export_case(request, tmp_path / "exported") if path.suffix == ".dcm"]
    assert shareable(exported) == exported

    cases = [{**protocol_value()["cases"][0], "images": ["images/scan.dcm"]}]
    folder = tmp_path / "source-dicom"
    shutil.copytree(_sources(make_study, tmp_path), folder)
    shutil.copyfile(sample_dicom, folder / "images" / "scan.dcm")
    study = _study_of(folder, protocol_value(cases=cases, rounds=[]), tmp_path / "study-dicom")
    with pytest.raises(InputError, match="not de-identified"):
        build_packages(study, tmp_path / "out", keys=team_keys)
    assert not study.state.started_at and not (tmp_path / "out").exists()
    shutil.copyfile(exported, folder / "images" / "scan.dcm")
    assert len(build_packages(study, tmp_path / "out", keys=team_keys)) == 2
    shutil.copyfile(sample_dicom, folder / "images" / "scan.dcm")
    with pytest.raises(StudyError, match=r"scan\.dcm was changed after the study had started"):
        build_packages(study, tmp_path / "again", keys=team_keys, keeps_identifiers=True)


def _sources(make_study: Callable[..., StudyFolder], tmp_path: Path) -> Path:
    make_study("sources")
    return tmp_path / "source-sources"


def _study_of(folder: Path, value: dict[str, Any], out: Path) -> StudyFolder:
    import yaml
    from MedMMSlicerLib.study.study_folder import create_study

    truth = {"schema": "medmm-truth/1", "cases": {value["cases"][0]["id"]: {"nodule": True}}}
    (folder / "truth.yaml").write_text(yaml.safe_dump(truth), encoding="utf-8")
    (folder / "protocol.yaml").write_text(yaml.safe_dump(value), encoding="utf-8")
    return create_study(folder / "protocol.yaml", out, ManualClock())


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_texts_in_nifti_headers_are_dropped_and_voxels_kept(tmp_path: Path, suffix: str) -> None:
    array = np.arange(60, dtype=np.int16).reshape(3, 4, 5)
    image = sitk.GetImageFromArray(array)
    image.SetSpacing((1.0, 2.0, 3.0))
    path = tmp_path / f"brain{suffix}"
    sitk.WriteImage(image, str(path))
    data = bytearray(gzip.decompress(path.read_bytes()) if suffix.endswith("gz") else path.read_bytes())
    data[148:156] = b"JANE DOE"
    extension = struct.pack("<ii", 32, 4) + b"PATIENT=JANE DOE\0\0\0\0\0\0\0\0"
    start = int(struct.unpack_from("<f", data, 108)[0])
    data = data[:348] + b"\1\0\0\0" + extension + data[start:]
    struct.pack_into("<f", data, 108, 352.0 + len(extension))
    path.write_bytes(gzip.compress(bytes(data)) if suffix.endswith("gz") else bytes(data))
    cleaned = shareable(path)
    assert isinstance(cleaned, bytes)
    assert b"DOE" not in (gzip.decompress(cleaned) if suffix.endswith("gz") else cleaned)
    target = tmp_path / f"cleaned{suffix}"
    target.write_bytes(cleaned)
    found = sitk.ReadImage(str(target))
    np.testing.assert_array_equal(sitk.GetArrayFromImage(found), array)
    assert found.GetSpacing() == image.GetSpacing()


def test_texts_in_nrrd_headers_are_dropped(tmp_path: Path) -> None:
    image = sitk.GetImageFromArray(np.arange(24, dtype=np.int16).reshape(2, 3, 4))
    image.SetMetaData("PatientName", "Jane Doe")
    path = tmp_path / "image.nrrd"
    sitk.WriteImage(image, str(path))
    assert b"Jane Doe" in path.read_bytes()
    cleaned = shareable(path)
    assert isinstance(cleaned, bytes) and b"Doe" not in cleaned
    path.write_bytes(cleaned)
    np.testing.assert_array_equal(sitk.GetArrayFromImage(sitk.ReadImage(str(path))).ravel(), np.arange(24))


@pytest.mark.parametrize(
    ("name", "content"),
    [("a.jpg", b"\xff\xd8\xff"), ("a.mha", b"ObjectType = Image\n"), ("a.nii", b"short"), ("a.nrrd", b"x"),
     ("a.nii.gz", b"no gzip"), ("a.png", b"no png"), ("a.txt", b"text")],
)  # fmt: skip
def test_files_that_can_not_be_checked_are_refused(tmp_path: Path, name: str, content: bytes) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(InputError):
        shareable(tmp_path / name)


def test_a_case_folder_as_output_of_ai_needs_the_record_of_deidentification(tmp_path: Path) -> None:
    (tmp_path / "case.json").write_text("{}")
    with pytest.raises(InputError, match="may name the patient"):
        require_deidentified_folder({"case.json": tmp_path / "case.json"}, tmp_path)
    (tmp_path / "deidentification.json").write_text("{}")
    files = {name: tmp_path / name for name in ("case.json", "deidentification.json")}
    require_deidentified_folder(files, tmp_path)


# The study's own folder. ---------------------------------------------------------------------------------


def test_a_change_after_the_start_is_refused_until_it_is_recorded(
    make_study: Callable[..., StudyFolder], tmp_path: Path, team_keys: KeyStore
) -> None:
    study = make_study()
    path = study.path / "protocol.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("Synthetic study", "Synthetic study, planned"), encoding="utf-8")
    before = study.accepted().sha256  # before the start a change is just a change
    build_packages(study, tmp_path / "out", keys=team_keys)
    path.write_text(text.replace("washout_days: 14", "washout_days: 7"), encoding="utf-8")
    with pytest.raises(StudyError, match="changed after the study had started"):
        build_packages(study, tmp_path / "again", keys=team_keys)
    with pytest.raises(UsageError, match="--who"):
        study.record_deviation("", "typo")
    deviation = study.record_deviation("A. Team", "Holidays.")
    assert deviation.old_sha256 == before and deviation.new_sha256 == study.protocol.sha256
    assert "design.washout_days: 14.0 -> 7.0" in deviation.what and "title" in deviation.what
    assert study.deviations() == (deviation,)
    build_packages(study, tmp_path / "again", keys=team_keys)
    with pytest.raises(UsageError, match="Nothing was changed"):
        study.record_deviation("A. Team", "Again.")
    study.record_deviation("A. Team", "Illness.", "Reader r2 left the study.")
    assert len(study.deviations()) == 2


def test_a_changed_record_of_deviations_is_found(make_study: Callable[..., StudyFolder]) -> None:
    study = make_study()
    study.record_deviation("A. Team", "Illness.", "Reader r2 left.")
    path = study.path / "deviations.jsonl"
    path.write_text(path.read_text(encoding="utf-8").replace("r2", "r1"), encoding="utf-8")
    with pytest.raises(InputError, match="was changed"):
        study.deviations()


def test_changed_case_files_stop_the_next_package_until_recorded(
    make_study: Callable[..., StudyFolder], tmp_path: Path, team_keys: KeyStore
) -> None:
    study = make_study()
    build_packages(study, tmp_path / "out", ("r1",), keys=team_keys)
    source = tmp_path / "source-study" / "ai" / "0" / "scores.json"
    source.write_text("{}", encoding="utf-8")
    with pytest.raises(StudyError, match=r"ai/0/scores\.json was changed"):
        build_packages(study, tmp_path / "out2", ("r2",), keys=team_keys)
    deviation = study.record_deviation("A. Team", "New version.")
    assert deviation.kind == "files_changed" and "ai/0/scores.json was changed" in deviation.what
    build_packages(study, tmp_path / "out2", ("r2",), keys=team_keys)


def test_hashes_of_the_protocol_are_compared_with_the_files(
    make_study: Callable[..., StudyFolder],
    protocol_value: Callable[..., Any],
    tmp_path: Path,
    team_keys: KeyStore,
) -> None:
    cases = protocol_value()["cases"]
    cases[2]["sha256"] = {"images/patient-2.nii.gz": "0" * 64}
    study = make_study("hashes", cases=cases)
    with pytest.raises(InputError, match="has not the SHA-256 that the protocol states"):
        build_packages(study, tmp_path / "out", keys=team_keys)


def test_people_and_fingerprints_are_checked(
    make_study: Callable[..., StudyFolder], team_keys: KeyStore
) -> None:
    study = make_study()
    fingerprint = team_keys.reader_key().fingerprint
    study.enroll("e3", fingerprint.lower())
    study.enroll("r1", fingerprint)
    assert study.state.keys == {"e3": (fingerprint,), "r1": (fingerprint,)}
    for person, code in (("nobody", fingerprint), ("r1", "abc"), ("r1", "X" * 24 + "!")):
        with pytest.raises(UsageError):
            study.enroll(person, code)


def test_a_damaged_study_folder_is_an_error_for_people(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no folder of a study"):
        StudyFolder.open(tmp_path)
    (tmp_path / "state.json").write_text(json.dumps({"schema": "medmm-study-state", "schema_version": 9}))
    with pytest.raises(InputError, match="another version"):
        StudyFolder.open(tmp_path)
    (tmp_path / "state.json").write_text("{")
    with pytest.raises(InputError, match="no valid JSON"):
        StudyFolder.open(tmp_path)
