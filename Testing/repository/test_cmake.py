"""The extension's CMake: file lists, meta-information and layout, run for real against a stub of Slicer."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

STUB_CONFIG = """
set(Slicer_USE_FILE ${CMAKE_CURRENT_LIST_DIR}/UseSlicer.cmake)
set(Slicer_EXTENSION_GENERATE_CONFIG ${CMAKE_CURRENT_LIST_DIR}/GenerateConfig.cmake)
set(Slicer_EXTENSION_CPACK ${CMAKE_CURRENT_LIST_DIR}/CPack.cmake)
set(Slicer_QTSCRIPTEDMODULES_LIB_DIR lib/Slicer-5.12/qt-scripted-modules)
set(Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR ./lib/Slicer-5.12/qt-scripted-modules)
set(BUILD_TESTING ON)
"""

# Takes the arguments that Slicer's macro takes, refuses what it refuses, and puts files where it puts them.
STUB_USE_FILE = """
file(WRITE ${CMAKE_BINARY_DIR}/calls.txt "extension ${PROJECT_NAME}\\n")
foreach(name HOMEPAGE CONTRIBUTORS DESCRIPTION ICONURL SCREENSHOTURLS DEPENDS)
  file(APPEND ${CMAKE_BINARY_DIR}/calls.txt "${name} ${EXTENSION_${name}}\\n")
endforeach()
macro(slicerMacroBuildScriptedModule)
  cmake_parse_arguments(STUB "WITH_GENERIC_TESTS;WITH_SUBDIR;VERBOSE" "NAME" "SCRIPTS;RESOURCES" ${ARGN})
  if(STUB_UNPARSED_ARGUMENTS)
    message(FATAL_ERROR "unknown: ${STUB_UNPARSED_ARGUMENTS}")
  endif()
  file(APPEND ${CMAKE_BINARY_DIR}/calls.txt "module ${STUB_NAME} ${STUB_WITH_GENERIC_TESTS}\\n")
  set(tree ${CMAKE_BINARY_DIR}/${Slicer_QTSCRIPTEDMODULES_LIB_DIR})
  foreach(file ${STUB_SCRIPTS} ${STUB_RESOURCES})
    if(NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${file})
      message(FATAL_ERROR "nonexistent ${file}")
    endif()
    get_filename_component(folder ${file} DIRECTORY)
    file(COPY ${CMAKE_CURRENT_SOURCE_DIR}/${file} DESTINATION ${tree}/${folder})
  endforeach()
  install(DIRECTORY ${tree}/
    DESTINATION ${Slicer_INSTALL_QTSCRIPTEDMODULES_LIB_DIR} COMPONENT RuntimeLibraries)
endmacro()
macro(slicer_add_python_unittest)
  cmake_parse_arguments(STUB "" "TESTNAME_PREFIX;SCRIPT" "SLICER_ARGS" ${ARGN})
  if(STUB_UNPARSED_ARGUMENTS OR NOT EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${STUB_SCRIPT})
    message(FATAL_ERROR "bad test: ${ARGN}")
  endif()
  file(APPEND ${CMAKE_BINARY_DIR}/calls.txt "unittest ${STUB_SCRIPT}\\n")
endmacro()
"""

# Scripted modules compile nothing; this spares the test a compiler.
STUB_TOOLCHAIN = """
foreach(language C CXX)
  set(CMAKE_${language}_COMPILER "@true@")
  set(CMAKE_${language}_COMPILER_FORCED TRUE)
  set(CMAKE_${language}_COMPILER_ID_RUN TRUE)
endforeach()
"""

CHECK_LAYOUT = """
import sys
from pathlib import Path
tree = Path(sys.argv[1])
sys.path[:0] = [str(tree)]
import MedMMSlicerLib
assert Path(MedMMSlicerLib.__file__).parent == tree / "MedMMSlicerLib", MedMMSlicerLib.__file__
from MedMMSlicerLib.bundles.catalog import BundleCatalog
from MedMMSlicerLib.samples import list_samples, shipped_folder
assert shipped_folder("Bundles") == tree / "Resources" / "Bundles"
shipped = {path.name for path in shipped_folder("Bundles").iterdir() if path.is_dir()}
assert shipped and shipped == set(BundleCatalog([shipped_folder("Bundles")]).ids()), shipped
assert list_samples()
from MedMMSlicerLib import bundles, reporting
assert list(Path(bundles.__file__).parent.glob("schema/*.schema.json"))
assert list(Path(reporting.__file__).parent.glob("templates/*/*"))
assert (tree / "Resources" / "requirements.txt").is_file()
assert (tree / "Resources" / "Icons" / "MedMMSlicer.png").is_file()
assert not (tree / "MedMMSlicerHost").exists() and not (tree / "MedMMSlicerTrain").exists()
print("complete")
"""


@pytest.fixture(scope="module")
def lists(repository: Path) -> ModuleType:
    """The tool that writes the file lists."""
    path = repository / "Testing" / "repository" / "update_file_lists.py"
    spec = importlib.util.spec_from_file_location("update_file_lists", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def configured(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The build tree of the extension, configured with the real cmake and a stub of Slicer."""
    cmake, true = shutil.which("cmake"), shutil.which("true")
    if cmake is None or true is None or shutil.which("make") is None:
        pytest.skip("needs cmake and make")
    stub, build = tmp_path_factory.mktemp("stub"), tmp_path_factory.mktemp("build")
    (stub / "SlicerConfig.cmake").write_text(STUB_CONFIG)
    (stub / "UseSlicer.cmake").write_text(STUB_USE_FILE)
    (stub / "toolchain.cmake").write_text(STUB_TOOLCHAIN.replace("@true@", true))
    for name in ("GenerateConfig", "CPack"):
        (stub / f"{name}.cmake").write_text(f'file(APPEND ${{CMAKE_BINARY_DIR}}/calls.txt "{name}\\n")\n')
    command = [cmake, "-S", str(repository), "-B", str(build), "-G", "Unix Makefiles", f"-DSlicer_DIR={stub}"]
    command.append(f"-DCMAKE_TOOLCHAIN_FILE={stub / 'toolchain.cmake'}")
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "CMake Warning" not in done.stderr, done.stderr
    return build


def check_layout(tree: Path) -> None:
    command = [sys.executable, "-B", "-I", "-c", CHECK_LAYOUT, str(tree)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "complete"


def test_the_file_lists_equal_the_files_on_disk(lists: ModuleType) -> None:
    assert lists.difference() == [], "Run: make file-lists"


def test_a_new_a_renamed_and_a_hidden_file_are_noticed(lists: ModuleType, tmp_path: Path) -> None:
    library = tmp_path / "MedMMSlicerLib"
    library.mkdir()
    (tmp_path / "Resources").mkdir()
    (tmp_path / "MedMMSlicer.py").touch()
    (library / "a.py").touch()
    (tmp_path / "FileLists.cmake").write_text(lists.file_lists_text(tmp_path))
    assert lists.difference(tmp_path) == []
    (library / "a.py").rename(library / "b.py")
    (library / "schema.json").touch()
    (library / "__pycache__").mkdir()
    (library / "__pycache__" / "a.pyc").touch()
    (library / ".swp").touch()
    assert lists.difference(tmp_path) == [
        "+  MedMMSlicerLib/b.py",
        "+  MedMMSlicerLib/schema.json",
        "-  MedMMSlicerLib/a.py",
    ]


def test_cmake_hands_slicer_what_it_needs(configured: Path) -> None:
    calls = (configured / "calls.txt").read_text().splitlines()
    assert calls[0] == "extension MedMMSlicer"
    assert "module MedMMSlicer TRUE" in calls
    assert "unittest MedMMSlicer.py" in calls
    assert calls[-2:] == ["GenerateConfig", "CPack"]


def test_the_extensions_index_would_accept_it(configured: Path, repository: Path) -> None:
    calls = (configured / "calls.txt").read_text().splitlines()
    facts = dict(line.split(" ", 1) for line in calls[1:7])
    assert re.fullmatch(r"https://github\.com/[\w-]+/Slicer\w+", facts["HOMEPAGE"])
    raw = facts["HOMEPAGE"].replace("github.com", "raw.githubusercontent.com") + "/main/"
    for name in ("ICONURL", "SCREENSHOTURLS"):
        assert facts[name].startswith(raw)
    assert (repository / facts["ICONURL"].removeprefix(raw)).is_file()
    assert "Research use only" in facts["DESCRIPTION"]
    assert facts["DEPENDS"] == "NA" and facts["CONTRIBUTORS"]
    for name in ("CMakeLists.txt", "MedMMSlicer/CMakeLists.txt", "MedMMSlicer/FileLists.cmake"):
        assert b"\r" not in (repository / name).read_bytes()


def test_the_build_tree_is_complete(configured: Path) -> None:
    check_layout(configured / "lib" / "Slicer-5.12" / "qt-scripted-modules")


def test_the_install_tree_is_complete(configured: Path, tmp_path: Path) -> None:
    command = ["cmake", "--install", str(configured), "--prefix", str(tmp_path / "Slicer")]
    subprocess.run(command, check=True, capture_output=True)
    check_layout(tmp_path / "Slicer" / "lib" / "Slicer-5.12" / "qt-scripted-modules")


def test_the_icons_are_what_slicer_shows(repository: Path) -> None:
    for name in ("Resources/MedMMSlicer.png", "MedMMSlicer/Resources/Icons/MedMMSlicer.png"):
        data = (repository / name).read_bytes()
        assert data[:8] == b"\x89PNG\r\n\x1a\n"
        width, height = (int.from_bytes(data[start : start + 4], "big") for start in (16, 20))
        assert (width, height) == (128, 128)
