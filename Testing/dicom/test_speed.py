"""Reading touches each file as little as it can."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pydicom.pixels
import pytest
from dicom_phantoms import ct_slices, phantom, write_slices
from MedMMSlicerLib.dicom.reading import load, scan


def test_three_hundred_slices_are_scanned_in_no_time(tmp_path: Path) -> None:
    folder = write_slices(tmp_path, ct_slices(phantom((300, 64, 64))))
    # Process time, the best of three, so that a busy machine does not fail it.
    seconds = []
    for _ in range(3):
        started = time.process_time()
        [study] = scan([folder])
        seconds.append(time.process_time() - started)
        assert len(study.series[0].paths) == 300
    assert min(seconds) < 2


def test_each_file_is_decoded_once(a_ct_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = []
    original = pydicom.pixels.iter_pixels

    def counted(*args: object, **keywords: object) -> object:
        calls.append(args)
        return original(*args, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(pydicom.pixels, "iter_pixels", counted)
    [study] = scan([a_ct_folder])
    assert calls == []
    load(study.series[0])
    assert len(calls) == 7


def test_importing_loads_nothing_heavy() -> None:
    code = (
        "import sys, MedMMSlicerLib.dicom.reading, MedMMSlicerLib.dicom.segmentation, "
        "MedMMSlicerLib.dicom.structured_report; "
        "print(sorted({'SimpleITK', 'highdicom', 'pydicom', 'onnxruntime', 'PIL'} & set(sys.modules)))"
    )
    environment = {"PYTHONPATH": ":".join(sys.path)}
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr
