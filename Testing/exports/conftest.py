"""A seeded study, read and reported as ``medmm analyze`` would."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "dicom"))
sys.path.insert(0, str(Path(__file__).parent))

from dicom_phantoms import ct_slices, phantom
from MedMMSlicerLib.core import Case, ClinicalContext
from seeded_case import SeededCase, make_prediction, make_report
from seeded_study import write_seeded


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
