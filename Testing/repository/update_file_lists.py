"""Keeps MedMMSlicer/FileLists.cmake equal to the files on disk.

Run it with ``--write`` after adding, renaming or removing a file of the library; without, it only says what
differs.
"""

from __future__ import annotations

import sys
from pathlib import Path

MODULE_FOLDER = Path(__file__).resolve().parents[2] / "MedMMSlicer"
FILE_LISTS = MODULE_FOLDER / "FileLists.cmake"
PACKAGE = "MedMMSlicerLib"
HEADER = "# Written by Testing/repository/update_file_lists.py; run `make file-lists` after adding a file.\n"


def library_files(folder: Path = MODULE_FOLDER) -> tuple[list[str], list[str]]:
    """Scripts and resources of the Slicer module, relative to its folder, sorted."""
    files = [*(folder / PACKAGE).rglob("*"), *(folder / "Resources").rglob("*"), folder / "MedMMSlicer.py"]
    kept = [
        path.relative_to(folder)
        for path in files
        if path.is_file()
        and path.suffix != ".pyc"
        and not any(part.startswith(".") or part == "__pycache__" for part in path.relative_to(folder).parts)
    ]
    scripts = sorted(path.as_posix() for path in kept if path.suffix == ".py")
    resources = sorted(path.as_posix() for path in kept if path.suffix != ".py")
    return scripts, resources


def file_lists_text(folder: Path = MODULE_FOLDER) -> str:
    """What FileLists.cmake should be."""
    blocks = [HEADER]
    for name, entries in zip(("SCRIPTS", "RESOURCES"), library_files(folder), strict=True):
        lines = "\n".join(f'  "{entry}"' if " " in entry else f"  {entry}" for entry in entries)
        blocks.append(f"\nset(MODULE_PYTHON_{name}\n{lines}\n  )\n")
    return "".join(blocks)


def difference(folder: Path = MODULE_FOLDER) -> list[str]:
    """Lines that are wrong: ``+`` is missing from FileLists.cmake, ``-`` is too much."""
    path = folder / FILE_LISTS.name
    listed = set(path.read_text(encoding="utf-8").splitlines()) if path.is_file() else set()
    wanted = set(file_lists_text(folder).splitlines())
    return sorted([f"+{line}" for line in wanted - listed] + [f"-{line}" for line in listed - wanted])


def main(arguments: list[str]) -> int:
    """Write the lists, or return 1 when they are out of date."""
    found = difference()
    if "--write" in arguments:
        FILE_LISTS.write_text(file_lists_text(), encoding="utf-8", newline="\n")
    sys.stdout.write("".join(f"{line}\n" for line in found))
    return 0 if "--write" in arguments or not found else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
