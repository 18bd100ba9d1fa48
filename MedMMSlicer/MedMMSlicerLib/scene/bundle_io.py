"""Whole scenes to and from Slicer's ``.mrb`` files."""

from __future__ import annotations

import shutil
import tempfile
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

from ..errors import DiskFullError, InputError, OutputError, UsageError
from ..files import atomic_write
from ._mrml import MrmlScene

__all__ = ["load_scene", "save_scene"]

_FULL_DISK_BYTES = 1 << 20
"""Less free space than this after a failed write: the disk was full."""


def save_scene(scene: MrmlScene, path: Path) -> None:
    """Save everything in the scene as a ``.mrb`` file; an older file stays until the new one is complete.

    Raises
    ------
    UsageError
        If the name does not end in ``.mrb``.
    DiskFullError, OutputError
        If the file can not be written.
    """
    if path.suffix.lower() != ".mrb":
        raise UsageError(f"{path} is no name for a scene. Let it end in .mrb.")
    with (
        atomic_write(path) as temporary,
        # The name of the file becomes the name of the folder inside, so it must be the final one already.
        tempfile.TemporaryDirectory(dir=path.parent, prefix=".partial-") as folder,
    ):
        written = Path(folder) / path.name
        messages = _message_collection()
        if not scene.WriteToMRB(str(written), None, messages) or not written.is_file():
            if shutil.disk_usage(folder).free < _FULL_DISK_BYTES:
                raise DiskFullError(
                    f"{path} could not be written: the disk is full. Free some space and try again."
                )
            raise OutputError(f"{path} could not be written: {_reason(messages)}. Choose another folder.")
        written.replace(temporary)


def load_scene(scene: MrmlScene, path: Path) -> None:
    """Replace the scene's content with that of a ``.mrb`` file.

    The archive is checked before the scene is touched.

    Raises
    ------
    InputError
        If the file is missing, is no scene, or would write outside of its folder.
    DiskFullError
        If there is no room to unpack it.
    """
    _check_archive(path)
    messages = _message_collection()
    if not scene.ReadFromMRB(str(path), True, messages):
        raise InputError(f"{path} could not be loaded completely: {_reason(messages)}. Save the scene again.")


def _check_archive(path: Path) -> None:
    if not path.is_file():
        raise InputError(f"{path} does not exist. Check the path.")
    try:
        with zipfile.ZipFile(path) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, OSError) as error:
        raise InputError(f"{path} is no scene file ({error}). Select a .mrb file.") from error
    if not any(member.filename.lower().endswith(".mrml") for member in members):
        raise InputError(f"{path} holds no MRML scene. Select a .mrb file that Slicer or MedMM saved.")
    for member in members:
        if _leaves_folder(member.filename):
            raise InputError(f"{path} is refused: its entry '{member.filename}' points outside of the file.")
    needed = sum(member.file_size for member in members)
    if needed > shutil.disk_usage(tempfile.gettempdir()).free:
        raise DiskFullError(f"{path} needs {needed >> 20} MB to unpack, more than is free. Free some space.")


def _leaves_folder(name: str) -> bool:
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    return posix.is_absolute() or bool(windows.anchor) or ".." in posix.parts or ".." in windows.parts


def _message_collection() -> Any:
    from slicer import vtkMRMLMessageCollection  # noqa: TID251 - this package is the door

    return vtkMRMLMessageCollection()


def _reason(messages: Any) -> str:
    found = [messages.GetNthMessageText(index) for index in range(messages.GetNumberOfMessages())]
    text = " ".join(" ".join(found).split())
    return text.rstrip(".") or "Slicer gave no reason"
