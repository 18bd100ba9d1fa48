"""What is missing: absent, too old, damaged, twice; found by metadata alone, and quickly."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import InstallationError, MedMMError, error_for_kind
from MedMMSlicerLib.installation import missing_packages
from MedMMSlicerLib.installation.inventory import Inventory, top_level_modules
from MedMMSlicerLib.installation.requirements import read_requirements, requirements_path

from .conftest import Place, make_wheel, unpack


def missing(place: Place) -> dict[str, str]:
    found = missing_packages(place.requirements, (str(place.site),))
    return {need.text: need.reason for need in found}


@pytest.fixture
def a_complete_place(a_place: Place) -> Place:
    a_place.need("# what is needed", "alpha>=1.2,<2  # a comment", "", "Beta.Pack >= 0.5", "gamma")
    a_place.have("alpha", "1.4")
    a_place.have("beta-pack", "0.5.post1")
    a_place.have("gamma", "7")
    a_place.have("onnxruntime", "1.20.1")
    return a_place


def test_nothing_is_missing_where_everything_is_there(a_complete_place: Place) -> None:
    assert missing(a_complete_place) == {}


def test_everything_is_missing_in_an_empty_folder(a_place: Place) -> None:
    a_place.need("alpha>=1.2,<2", "beta-pack[fast]>=0.5")
    assert missing(a_place) == {
        "alpha>=1.2,<2": "it is not installed",
        "beta-pack[fast]>=0.5": "it is not installed",
        "onnxruntime>=1.19,<2": "no ONNX runtime is installed",
    }


@pytest.mark.parametrize("version", ["1.1.9", "2.0", "1.2rc1", "2.0.dev1.weird"])
def test_a_wrong_version_is_missing(a_complete_place: Place, version: str) -> None:
    shutil.rmtree(next(a_complete_place.site.glob("alpha-*.dist-info")))
    a_complete_place.have("alpha", version)
    assert missing(a_complete_place) == {"alpha>=1.2,<2": f"{version} is installed"}


def test_metadata_without_files_is_missing(a_complete_place: Place) -> None:
    shutil.rmtree(a_complete_place.site / "alpha")
    assert missing(a_complete_place) == {
        "alpha>=1.2,<2": "it is damaged: its file alpha/__init__.py is missing"
    }


@pytest.mark.parametrize(
    ("file", "words"),
    [("METADATA", "does not say its version"), ("RECORD", "has no list of files")],
)
def test_an_installation_that_was_broken_off_is_missing(
    a_complete_place: Place, file: str, words: str
) -> None:
    (next(a_complete_place.site.glob("gamma-*.dist-info")) / file).unlink()
    (reason,) = missing(a_complete_place).values()
    assert words in reason


def test_a_package_that_another_installer_put_there_needs_no_list(a_complete_place: Place) -> None:
    shutil.rmtree(next(a_complete_place.site.glob("gamma-*.dist-info")))
    info = a_complete_place.have("gamma", "8", installer="debian")
    (info / "RECORD").unlink()
    (a_complete_place.site / "old-1.egg-info").write_text("Metadata-Version: 1.1\nName: old\nVersion: 1\n")
    a_complete_place.need("gamma>=8", "old")
    assert missing(a_complete_place) == {}


def test_an_update_that_was_broken_off_leaves_two(a_complete_place: Place) -> None:
    a_complete_place.have("alpha", "1.3")
    assert missing(a_complete_place) == {
        "alpha>=1.2,<2": "it is installed 2 times, so an update was broken off"
    }


def test_what_python_would_not_import_does_not_count(a_complete_place: Place, tmp_path: Path) -> None:
    unpack(make_wheel(tmp_path / "more", "alpha", "0.1"), tmp_path / "later")
    folders = (str(a_complete_place.site), str(tmp_path / "later"), str(tmp_path / "python.zip"), "")
    assert missing_packages(a_complete_place.requirements, folders) == ()
    assert missing_packages(a_complete_place.requirements, folders[1::-1])[0].reason == "0.1 is installed"


def test_two_runtimes_are_as_bad_as_none(a_complete_place: Place) -> None:
    a_complete_place.have("onnxruntime-gpu", "1.20.1", files={"onnxruntime/__init__.py": "version = 1\n"})
    (reason,) = missing(a_complete_place).values()
    assert reason.startswith("2 ONNX runtimes are installed (onnxruntime 1.20.1, onnxruntime-gpu 1.20.1)")


def test_a_runtime_whose_files_another_one_overwrote_is_found(a_complete_place: Place) -> None:
    (a_complete_place.site / "onnxruntime" / "__init__.py").write_text("version = 'of the other build'\n")
    (reason,) = missing(a_complete_place).values()
    assert reason.startswith("onnxruntime 1.20.1 is damaged: its file onnxruntime/__init__.py has 31 bytes")


@pytest.mark.parametrize("name", ["onnxruntime-directml", "onnxruntime-gpu", "ort-nightly"])
def test_any_one_build_of_the_runtime_will_do(a_place: Place, name: str) -> None:
    a_place.have(name, "1.22.0", files={"onnxruntime/__init__.py": ""})
    assert missing(a_place) == {}


def test_an_old_runtime_is_missing(a_place: Place) -> None:
    a_place.have("onnxruntime", "1.16.3")
    assert missing(a_place) == {"onnxruntime>=1.19,<2": "onnxruntime 1.16.3 is installed"}


def test_the_list_of_this_repository_is_read_and_met(repository: Path) -> None:
    path = requirements_path()
    assert path == repository / "MedMMSlicer" / "Resources" / "requirements.txt"
    needed = {need.distribution: need.specifier for need in read_requirements(path)}
    assert needed["numpy"] == ">=1.26,<3" and needed["fhir.resources"] == ">=8.0,<9"
    lines = [line for line in path.read_text().splitlines() if line and not line.startswith("#")]
    assert [need.text for need in read_requirements(path)] == lines
    assert missing_packages() == ()


@pytest.mark.parametrize("where", ["tree/Resources", "tree/MedMMSlicerLib/Resources"])
def test_the_list_is_found_in_slicer_trees_and_wheels(tmp_path: Path, where: str) -> None:
    library = tmp_path / "tree" / "MedMMSlicerLib"
    library.mkdir(parents=True)
    with pytest.raises(InstallationError, match=r"requirements\.txt is missing.*Install MedMM again"):
        requirements_path(library)
    path = tmp_path / where / "requirements.txt"
    path.parent.mkdir(parents=True)
    path.write_text("alpha\n")
    assert requirements_path(library) == path


@pytest.mark.parametrize(
    "line",
    ["-r other.txt", "alpha @ https://example.org/a.whl", "alpha; python_version > '3'", "alpha=1", "=1"],
)
def test_a_line_that_is_not_understood_is_refused(a_place: Place, line: str) -> None:
    a_place.need("gamma", line)
    with pytest.raises(InstallationError, match=r"requirements\.txt, line 2"):
        read_requirements(a_place.requirements)


def test_a_list_that_can_not_be_read_is_refused(a_place: Place) -> None:
    a_place.requirements.write_bytes(b"\xff\xfe")
    with pytest.raises(InstallationError, match="can not be read"):
        read_requirements(a_place.requirements)
    a_place.requirements.unlink()
    with pytest.raises(InstallationError, match="can not be read"):
        missing_packages(a_place.requirements, ())


def test_a_new_package_is_seen_at_once(a_complete_place: Place) -> None:
    a_complete_place.need("delta")
    assert missing(a_complete_place)
    a_complete_place.have("delta", "1")
    assert missing(a_complete_place) == {}


def test_modules_are_known_by_the_list_of_files(a_place: Place) -> None:
    files = {
        "fhir/resources/core.py": "",
        "single.py": "",
        "_fast.cpython-312.so": "",
        "tool/__init__.py": "",
    }
    a_place.have("mixed", "1", files=files)
    (package,) = Inventory((str(a_place.site),)).find("mixed")
    assert top_level_modules(package) == ("_fast", "fhir", "single", "tool")


def test_a_namespace_without_files_is_noticed(a_place: Place) -> None:
    a_place.need("spaced")
    a_place.have("spaced", "1", files={"space/part/__init__.py": "x = 1\n"})
    a_place.have("onnxruntime", "1.20")
    assert missing(a_place) == {}
    shutil.rmtree(a_place.site / "space")
    assert missing(a_place) == {"spaced": "it is damaged: its file space/part/__init__.py is missing"}


def test_asking_imports_nothing_and_is_quick() -> None:
    code = (
        "import sys, time\n"
        "from MedMMSlicerLib.installation import missing_packages\n"
        "times = []\n"
        "for _ in range(7):\n"
        "    start = time.process_time()\n"
        "    assert missing_packages() == ()\n"
        "    times.append(time.process_time() - start)\n"
        "heavy = {'numpy', 'onnxruntime', 'SimpleITK', 'pydicom', 'psutil', 'packaging', 'pip'}\n"
        "heavy &= set(sys.modules)\n"
        "print(min(times), sorted(heavy))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, heavy = done.stdout.split(maxsplit=1)
    assert heavy.strip() == "[]"
    assert float(seconds) < 0.03


def test_the_error_has_its_place_in_the_tree() -> None:
    error = error_for_kind("InstallationError", "Something\nfailed.")
    assert isinstance(error, InstallationError) and error.exit_code == 7
    assert str(error) == "Something failed."
    assert InstallationError.__mro__[1] is MedMMError
