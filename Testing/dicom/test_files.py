"""Nothing half-written stays behind."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest
from MedMMSlicerLib.errors import DiskFullError, InputError, OutputError
from MedMMSlicerLib.files import atomic_write


def test_the_file_appears_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "new" / "a.seg.nrrd"
    with atomic_write(path) as temporary:
        assert temporary.name.endswith(".seg.nrrd")
        assert temporary.parent == path.parent
        temporary.write_text("done")
        assert not path.exists()
    assert path.read_text() == "done"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(
    ("error", "expected", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), DiskFullError, "the disk is full"),
        (PermissionError(errno.EACCES, "Permission denied"), OutputError, "Permission denied"),
        (InputError("broken"), InputError, "broken"),
        (ValueError("bug"), ValueError, "bug"),
        (KeyboardInterrupt("stop"), KeyboardInterrupt, "stop"),
    ],
)
def test_a_failure_keeps_the_old_file(
    error: BaseException, expected: type[BaseException], words: str, tmp_path: Path
) -> None:
    path = tmp_path / "a.json"
    path.write_text("old")
    with pytest.raises(expected, match=words), atomic_write(path) as temporary:
        temporary.write_text("half")
        raise error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_places_that_can_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "folder" / "inner").mkdir(parents=True)
    for path in (tmp_path / "file" / "a.json", tmp_path / "folder"):
        with pytest.raises(OutputError, match=r"could not be written"), atomic_write(path) as temporary:
            temporary.write_text("x")
    assert sorted(item.name for item in tmp_path.iterdir()) == ["file", "folder"]


def test_a_leftover_of_a_crash_is_replaced(tmp_path: Path) -> None:
    (tmp_path / ".partial-a.json").write_text("from a crash")
    with atomic_write(tmp_path / "a.json") as temporary:
        assert not temporary.exists()
        temporary.write_text("new")
    assert [item.name for item in tmp_path.iterdir()] == ["a.json"]
