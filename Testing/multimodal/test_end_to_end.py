"""The command line on a DICOM radiograph with a context file, and evaluation on a case table."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import ClinicalContext
from MedMMSlicerLib.inference.engine import RunOptions
from MedMMSlicerLib.inference.network import EngineCache
from MedMMSlicerLib.inference.predictor import predict
from PIL import Image
from pydicom.dataset import FileMetaDataset
from pydicom.uid import DigitalXRayImageStorageForPresentation, ExplicitVRLittleEndian, generate_uid

from .conftest import picture
from .tiny_bundle import write_tiny

ROWS, COLUMNS = 64, 64
SCALE = 1000


def write_radiograph(path: Path, array: np.ndarray, **changes: Any) -> Path:
    """A DX file with gray values in thousandths."""
    dataset = pydicom.Dataset()
    dataset.file_meta = FileMetaDataset()
    dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    dataset.file_meta.MediaStorageSOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.file_meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID = generate_uid()
    dataset.SOPClassUID = DigitalXRayImageStorageForPresentation
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = generate_uid(), generate_uid()
    dataset.Modality, dataset.BodyPartExamined, dataset.ViewPosition = "DX", "CHEST", "PA"
    dataset.PatientID, dataset.PatientName, dataset.PatientSex = "secret-id", "Secret^Name", "M"
    dataset.StudyID = dataset.SeriesNumber = dataset.InstanceNumber = "1"
    dataset.StudyDate, dataset.StudyTime = "20260304", "101112"
    dataset.AccessionNumber = dataset.ReferringPhysicianName = dataset.PatientBirthDate = ""
    dataset.PatientOrientation = ["L", "F"]
    dataset.Rows, dataset.Columns = array.shape
    dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 1, "MONOCHROME2"
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit, dataset.PixelRepresentation = 15, 0
    dataset.ImagerPixelSpacing = [1.5, 1.5]
    dataset.PixelData = np.rint(array * SCALE).astype("<u2").tobytes()
    for name, value in changes.items():
        setattr(dataset, name, value)
    dataset.save_as(path, enforce_file_format=True)
    return path


@pytest.fixture(scope="session")
def scaled_bundle(tmp_path_factory: pytest.TempPathFactory) -> ModelBundle:
    """The tiny bundle for gray values in thousandths."""
    preprocess = {
        "region": {"kind": "whole", "size": [1, 32, 32]},
        "orientation": "",
        "intensity": [{"operation": "scale-shift", "scale": 1 / SCALE, "shift": 0}],
    }
    return write_tiny(tmp_path_factory.mktemp("scaled") / "tiny-chest", preprocess=preprocess)


CONTEXT = {
    "age_years": 71,
    "indication": "Cough <script>alert(1)</script>",
    "laboratory": [
        {"name": "crp", "value": 12, "unit": "mg/dL", "loinc": "1988-5"},
        {"name": "ldh", "value": 410, "unit": "U/L"},
    ],
}


@pytest.fixture
def medmm(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str]]:
    from MedMMSlicerLib.cli.app import run

    def call(*arguments: object) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["medmm", *(str(argument) for argument in arguments)])
        with pytest.raises(SystemExit) as end:
            run()
        captured = capsys.readouterr()
        return int(end.value.code or 0), captured.out + captured.err

    return call


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_analyze_reads_a_radiograph_with_its_context(
    language: str, tmp_path: Path, scaled_bundle: ModelBundle, medmm: Callable[..., tuple[int, str]]
) -> None:
    image = write_radiograph(tmp_path / "chest.dcm", picture(ROWS, COLUMNS))
    context = tmp_path / "context.json"
    context.write_text(json.dumps(CONTEXT), encoding="utf-8")
    out = tmp_path / "out"
    arguments = ["--bundle", scaled_bundle.path, "--context", context, "--out", out, "--device", "cpu"]
    code, printed = medmm("analyze", image, *arguments, "--language", language)
    assert code == 0, printed
    case = json.loads((out / "case.json").read_text(encoding="utf-8"))
    prediction = case["prediction"]
    used = prediction["provenance"]["parameters"]["context"]
    # mg/dL was converted; the sex comes from the image header.
    assert used["lab.crp"] == pytest.approx(120)
    assert used["sex"] == 1
    assert prediction["missing"] == ["lab.d_dimer"]
    assert {item["name"] for item in prediction["contributions"]} == {
        "image",
        "demographics",
        "lab.crp",
        "lab.ldh",
    }
    assert [item["finding_id"] for item in prediction["heat_maps"]] == ["f-mass"]
    names = {path.name for path in out.iterdir()}
    assert {"report.html", "report.txt", "report.json", "overlay.png", "segmentation.dcm"} <= names
    assert "report_sr.dcm" in names
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "Secret" not in page + (out / "case.json").read_text(encoding="utf-8")
    with Image.open(out / "overlay.png") as overlay:
        assert max(overlay.size) > 300


def test_analyze_says_that_an_unfamiliar_image_was_refused(
    tmp_path: Path, scaled_bundle: ModelBundle, medmm: Callable[..., tuple[int, str]]
) -> None:
    image = write_radiograph(tmp_path / "tibia.dcm", picture(ROWS, COLUMNS) * 5)
    out = tmp_path / "out"
    code, printed = medmm("analyze", image, "--bundle", scaled_bundle.path, "--out", out, "--device", "cpu")
    assert code == 0, printed
    assert "Not applicable" in printed
    text = (out / "report.txt").read_text(encoding="utf-8")
    assert "refused the image" in text
    assert "Mass" not in text
    assert not (out / "segmentation.dcm").exists()
    structured = pydicom.dcmread(out / "report_sr.dcm").to_json()
    assert "intensive care" not in structured
    assert "4147007" not in structured


def write_cases(folder: Path) -> tuple[Path, list[dict[str, str]]]:
    """Twelve images of four brightnesses: brighter ones have a mass and went to the ICU; one is refused."""
    rows = []
    for number in range(12):
        array = picture(ROWS, COLUMNS) * (0.4 + 0.05 * number)
        if number == 11:
            array[0, 0] = 2.5
        path = write_radiograph(folder / f"{number}.dcm", array, PatientSex="")
        mask = (picture(ROWS, COLUMNS) > 0).astype(np.uint8) * 255
        Image.fromarray(mask).save(folder / f"{number}.png")
        rows.append(
            {
                "case_id": f"c{number}",
                "image": path.name,
                "mask": f"{number}.png",
                "label.Mass": str(int(number > 5)),
                "label.ICU": str(int(number > 6)),
                "context.age": "60",
                "context.sex": "M",
                "context.view": "AP",
                "context.lab.crp": "inf" if number == 3 else str(10 * number),
                "context.lab.d_dimer": "" if number % 2 else "1.5",
            }
        )
    table = folder / "cases.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    return table, rows


def test_evaluate_scores_findings_of_both_graphs_and_lungs(
    tmp_path: Path, scaled_bundle: ModelBundle, medmm: Callable[..., tuple[int, str]]
) -> None:
    table, _ = write_cases(tmp_path)
    out = tmp_path / "out"
    code, printed = medmm(
        "evaluate", "--bundle", scaled_bundle.path, "--cases", table, "--out", out, "--device", "cpu"
    )
    assert code == 0, printed
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    assert metrics["n_cases"] == 12
    assert metrics["n_failed"] == 0
    assert metrics["n_refused"] == 1
    mass, icu = metrics["findings"]["mass"], metrics["findings"]["icu"]
    assert (mass["n"], mass["positives"]) == (12, 6)
    assert mass["auc"] == 1.0
    assert icu["n"] == 12
    assert icu["n_without_probability"] == 0
    assert icu["auc"] is not None
    assert metrics["missing_context"]["lab.d_dimer"] == 6
    foreground = metrics["segmentation"]["foreground"]
    assert foreground["n"] == 12
    assert foreground["dice"]["mean"] > 0.3


def test_fhir_csv_and_json_of_the_same_values_give_the_same_prediction(
    tmp_path: Path, scaled_bundle: ModelBundle, medmm: Callable[..., tuple[int, str]]
) -> None:
    image = write_radiograph(tmp_path / "chest.dcm", picture(ROWS, COLUMNS))
    laboratory = [("1988-5", "crp", 120, "mg/L"), ("14804-9", "ldh", 410, "U/L")]
    (tmp_path / "a.json").write_text(
        json.dumps(
            {
                "laboratory": [
                    {"name": name, "value": value, "unit": unit, "loinc": code}
                    for code, name, value, unit in laboratory
                ]
            }
        )
    )
    lines = [f"{name},{value},{unit}" for _, name, value, unit in laboratory]
    (tmp_path / "b.csv").write_text("\n".join(["name,value,unit", *lines]) + "\n")
    entries = [
        {
            "resource": {
                "resourceType": "Observation",
                "status": "final",
                "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
                "valueQuantity": {
                    "value": value,
                    "unit": unit,
                    "system": "http://unitsofmeasure.org",
                    "code": unit,
                },
            }
        }
        for code, _, value, unit in laboratory
    ]
    bundle = {"resourceType": "Bundle", "type": "collection", "entry": entries}
    (tmp_path / "c.json").write_text(json.dumps(bundle))
    found = []
    for name in ("a.json", "b.csv", "c.json"):
        out = tmp_path / f"out-{name}"
        arguments = ["--bundle", scaled_bundle.path, "--context", tmp_path / name, "--out", out]
        code, printed = medmm("analyze", image, *arguments, "--device", "cpu")
        assert code == 0, printed
        prediction = json.loads((out / "case.json").read_text(encoding="utf-8"))["prediction"]
        found.append((prediction["findings"], prediction["contributions"], prediction["missing"]))
    assert found[0] == found[1] == found[2]
    assert found[0][2] == ["age", "lab.d_dimer"]


def test_the_library_gives_what_the_command_line_gives(
    tmp_path: Path, scaled_bundle: ModelBundle, engines: EngineCache
) -> None:
    from MedMMSlicerLib.core import Case
    from MedMMSlicerLib.dicom.reading import read_image

    series = read_image(write_radiograph(tmp_path / "chest.dcm", picture(ROWS, COLUMNS)))
    case = Case("one", {"current": series}, ClinicalContext())
    prediction = predict(scaled_bundle, case, RunOptions("cpu", threads=1), engines=engines)
    assert series.volume is not None
    # The file states the spacing on the detector; areas in the patient need one that is known.
    assert bool(prediction.measurements) == series.volume.spacing_known
