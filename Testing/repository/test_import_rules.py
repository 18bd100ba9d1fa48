"""The direction of the imports (DESIGN section 2), read from the syntax trees."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

STANDARD = {"numpy"} | set(sys.stdlib_module_names)

ALLOWED: dict[str, set[str]] = {
    "core": set(),
    "dicom": {"pydicom", "highdicom", "SimpleITK", "dicomanonymizer"},
    "bundles": {"jsonschema", "referencing"},
    "inference": {"SimpleITK", "scipy", "psutil"},
    "reporting": {"jinja2", "markupsafe", "rapidfuzz", "sacrebleu", "rouge_score"},
    "study": {"yaml", "jsonschema", "scipy", "jinja2", "matplotlib", "markupsafe", "cryptography"},
    "stats": {"scipy"},
    "scene": {"slicer", "vtk", "vtkmodules"},
    "widgets": {"qt", "ctk", "slicer"},
    "cli": {"typer", "rich"},
    "context": {"fhir", "pydantic", "jsonschema"},
    "overlay": {"PIL", "scipy", "SimpleITK"},
    "reading": set(),
    "installation": {"slicer"},
}

EXTRA_BY_FILE = {
    "inference/onnx_engine.py": {"onnxruntime"},
    "reporting/exports/fhir.py": {"fhir", "pydantic"},
    "reporting/exports/pdf.py": {"reportlab"},
    "reporting/exports/pdf_fonts.py": {"reportlab"},
    "session.py": {"MedMMSlicerHost"},
    "inference/bench.py": {"MedMMSlicerTrain"},
    "cli/train.py": {"MedMMSlicerTrain"},
    "cli/read.py": {"MedMMSlicerHost"},
    "evaluation.py": {"scipy", "SimpleITK"},
}


def _imports(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


def test_each_package_imports_only_what_it_may(repository: Path) -> None:
    library = repository / "MedMMSlicer" / "MedMMSlicerLib"
    offences = []
    for path in sorted(library.rglob("*.py")):
        relative = path.relative_to(library)
        package = relative.parts[0] if len(relative.parts) > 1 else ""
        allowed = STANDARD | ALLOWED.get(package, set()) | EXTRA_BY_FILE.get(relative.as_posix(), set())
        extra = _imports(path) - allowed - {"MedMMSlicerLib"}
        if extra:
            offences.append(f"{relative}: {', '.join(sorted(extra))}")
    assert not offences


def test_core_and_stats_do_not_reach_into_other_packages(repository: Path) -> None:
    library = repository / "MedMMSlicer" / "MedMMSlicerLib"
    for package in ("core", "stats"):
        for path in (library / package).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.ImportFrom) and node.level > 1:
                    assert (node.module or "").split(".")[0] in {"errors", "core"}, path


@pytest.mark.parametrize(
    "heavy", ["onnxruntime", "slicer", "qt", "PySide6", "vtk", "SimpleITK", "pydicom", "scipy", "torch"]
)
def test_importing_the_library_loads_nothing_heavy(heavy: str) -> None:
    code = f"import sys, MedMMSlicerLib, MedMMSlicerLib.core; sys.exit({heavy!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_importing_the_library_is_quick() -> None:
    code = (
        "import time; start = time.perf_counter(); import MedMMSlicerLib; print(time.perf_counter() - start)"
    )
    seconds = [
        float(subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout)
        for _ in range(3)
    ]
    assert min(seconds) < 0.15


def test_only_the_module_file_lies_beside_the_packages(repository: Path) -> None:
    assert [path.name for path in (repository / "MedMMSlicer").glob("*.py")] == ["MedMMSlicer.py"]
    assert len((repository / "MedMMSlicer" / "MedMMSlicer.py").read_text().splitlines()) <= 200


def test_slicer_requirements_are_light(repository: Path) -> None:
    text = (repository / "MedMMSlicer" / "Resources" / "requirements.txt").read_text().lower()
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    assert lines
    for forbidden in ("torch", "vtk", "slicer-core", "monai", "pyside", "onnxruntime"):
        assert not any(line.startswith(forbidden) for line in lines)


def test_nothing_of_a_workplace_is_in_the_tree(repository: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout.split()
    needles = ["/" + "work/", "/root" + "/", "find-" + "links"]
    for name in listed:
        path = repository / name
        if path.suffix in {".py", ".md", ".toml", ".txt", ".json", ".cmake", ".sh", ""} and path.is_file():
            text = path.read_text(encoding="utf-8", errors="replace")
            assert not any(needle in text for needle in needles), name
