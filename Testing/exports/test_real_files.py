"""The odd and broken files that pydicom ships: each is cleaned without a trace, or refused in one line."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from MedMMSlicerLib.dicom.deidentify import Deidentifier, PixelClearance, collect
from MedMMSlicerLib.dicom.deidentify_check import find_residue
from MedMMSlicerLib.dicom.deidentify_key import Pseudonyms
from MedMMSlicerLib.dicom.headers import is_dicom
from MedMMSlicerLib.dicom.sources import save
from MedMMSlicerLib.errors import MedMMError

SMALL = 300_000


def test_every_shipped_file_is_clean_or_refused(tmp_path: Path) -> None:
    spec = find_spec("pydicom")
    assert spec is not None and spec.origin is not None
    folder = Path(spec.origin).parent / "data"
    paths = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.stat().st_size < SMALL and is_dicom(p)]
    cleaned, refused = 0, 0
    for path in paths:
        try:
            identifiers, patient = collect([path])
            dataset = Deidentifier(
                identifiers, Pseudonyms(b"k" * 32), patient, PixelClearance(cleared=True)
            ).treated(path)
        except MedMMError as error:
            assert path.name in str(error)
            refused += 1
            continue
        target = tmp_path / f"{cleaned:04d}"
        save(dataset, target / "object.dcm")
        assert find_residue(target, identifiers) == (), path.name
        cleaned += 1
    assert cleaned > 60
    assert refused > 5
