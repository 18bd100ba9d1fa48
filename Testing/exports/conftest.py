"""A seeded study, read and reported as ``medmm analyze`` would, and a search through every byte of an export."""

from __future__ import annotations

import dataclasses
import gzip
import io
import re
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest

sys.path[:0] = [str(Path(__file__).parent), str(Path(__file__).parents[1] / "dicom")]

from dicom_phantoms import ct_slices, label_map, phantom, provenance
from MedMMSlicerLib.core import (
    Case,
    ClinicalContext,
    CodedConcept,
    Finding,
    InputReference,
    Measurement,
    OperatingPoint,
    Prediction,
    Report,
    ReportSection,
    ReportSentence,
)
from seeded_study import SERIES_UID, STUDY_UID, write_seeded

ENCODINGS = ("utf-8", "latin-1", "gbk", "gb18030", "utf-16-le", "utf-16-be", "big5")

READER_TEXT = (
    "Vandermeer, Quillon (QX7731982) was seen by Dr. Thistlewood on 2015-01-03 in Saint Brendan Infirmary; "
    "王晓明 / 王 晓明, VANDERMEER, Vander\u200bmeer, call +49 171 5550123 or jane.secret@mail.test, "
    f"study {STUDY_UID}. Osterhagen agrees, 张伟明 too."
)


def make_report(language: str = "en") -> Report:
    sentences = (
        ReportSentence("s1", "Volume of the lesion on the left: 12.5 mm³.", "model", ("m-1",)),
        ReportSentence("s2", READER_TEXT, "reader", ("f-1",)),
        ReportSentence("s3", "Fixed text.", "template"),
    )
    return Report(
        "Imaging report",
        language,
        "Research use only.",
        (
            ReportSection("examination", "Examination", (ReportSentence("s0", "CT of 2015-01-03.", "template"),)),
            ReportSection("findings", "Findings", sentences),
            ReportSection("impression", "Impression", (ReportSentence("s4", "Lesion on the left.", "reader"),)),
            ReportSection("limitations", "Limitations", (ReportSentence("s5", "No prior.", "template"),)),
        ),
        "2026-03-04T05:06:07+00:00",
    )


def make_prediction(geometry) -> Prediction:
    inputs = (InputReference("current", "t1 Snodgrass", STUDY_UID, SERIES_UID, "cd" * 32),)
    return Prediction(
        dataclasses.replace(provenance(), inputs=inputs, notes=("Read from Vandermeer_QX7731982.",)),
        (label_map(geometry),),
        findings=(
            Finding(
                "f-1",
                CodedConcept("52988006", "SCT", "Lesion"),
                {"en": "Lesion", "zh-CN": "病灶"},
                "left",
                probability=0.8,
                score=1.5,
                operating_point=OperatingPoint(0.5),
                status="accepted",
            ),
            Finding("f-2", CodedConcept("60046008", "SCT", "Pleural effusion"), {"en": "Effusion"}, status="rejected"),
        ),
        measurements=(
            Measurement(
                "m-1",
                CodedConcept("118565006", "SCT", "Volume"),
                12.5,
                "mm3",
                {"en": "Volume of the lesion", "zh-CN": "病灶体积"},
                "lesion",
                "left",
                "Voxel count times voxel volume.",
            ),
        ),
    )


@dataclasses.dataclass(frozen=True)
class SeededCase:
    """The images and the folder with the results."""

    images: Path
    results: Path
    case: Case
    prediction: Prediction
    report: Report


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> SeededCase:
    """A case of which nothing may leave."""
    from MedMMSlicerLib.dicom.reading import load, scan
    from MedMMSlicerLib.session import Analysis, write_analysis

    root = tmp_path_factory.mktemp("seeded")
    images = root / "Vandermeer^Quillon"
    write_seeded(images, ct_slices(phantom()))
    series = load(scan([images])[0].series[0])
    context = ClinicalContext(age_years=93, indication="Vandermeer fell at home on 2015-01-02.")
    case = Case("QX7731982", {"current": series}, context)
    prediction = make_prediction(series.volume.geometry)
    report = make_report()
    analysis = Analysis(case, None, prediction, report, ("Read: t1 Snodgrass of Vandermeer.",))
    results = root / "results"
    write_analysis(analysis, results)
    return SeededCase(images, results, case, prediction, report)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A key of its own for each test."""
    path = tmp_path / "keys" / "test.key"
    path.parent.mkdir()
    path.write_text("5a" * 32)
    path.chmod(0o600)
    return path


def layers(data: bytes) -> Iterator[bytes]:
    """The bytes and what is compressed in them, written apart from the library."""
    yield data
    if data[:2] == b"PK":
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for item in archive.infolist():
                yield item.filename.encode()
                yield from layers(archive.read(item))
        return
    for match in re.finditer(rb"\x1f\x8b\x08", data):
        try:
            yield from layers(gzip.decompress(data[match.start() :]))
        except (OSError, EOFError, zlib.error):
            continue
    for match in re.finditer(rb"\x78[\x01\x5e\x9c\xda]", data):
        try:
            yield zlib.decompressobj().decompress(data[match.start() :])
        except zlib.error:
            continue


def spellings(needle: str) -> set[bytes]:
    texts = {needle, needle.upper(), needle.lower(), needle.replace(" ", "%20"), needle.replace(" ", "_")}
    found = set()
    for text in texts:
        for encoding in ENCODINGS:
            try:
                found.add(text.encode(encoding))
            except UnicodeEncodeError:
                continue
    return found


def leaks(folder: Path, needles: tuple[str, ...]) -> list[tuple[str, str]]:
    """File and identifier, for all that are left anywhere."""
    wanted = {needle: spellings(needle) for needle in needles}
    found = []
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        pieces = [name.encode()] + (list(layers(path.read_bytes())) if path.is_file() else [])
        for needle, forms in wanted.items():
            if any(form in piece for piece in pieces for form in forms):
                found.append((name, needle))
    return found
