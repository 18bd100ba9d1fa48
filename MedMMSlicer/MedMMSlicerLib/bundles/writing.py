"""Writing a bundle: complete and checked, or not at all."""

from __future__ import annotations

import copy
import hashlib
import json
import shutil
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..errors import BundleError, OutputError
from ..files import output_error
from .folder import METADATA, file_sha256, inside_path
from .loading import ModelBundle, check_bundle, load_bundle

__all__ = ["write_bundle"]


def write_bundle(folder: Path, metadata: Mapping[str, Any], files: Mapping[str, bytes | Path]) -> ModelBundle:
    """Write a bundle folder.

    Everything is written beside ``folder``, checked there, and moved into place. A bundle that was there
    before is replaced; any other folder that is not empty is left alone.

    Parameters
    ----------
    folder : Path
        Where the bundle shall lie. Parent folders are made.
    metadata : Mapping
        The whole ``metadata.json`` with the ``medmm`` key; ``medmm.files`` is filled in.
    files : Mapping of str to bytes or Path
        Relative path in the bundle (``models/image.onnx``, ``docs/README.md``, ``LICENSE``) to its content,
        or to a file that is copied.

    Raises
    ------
    BundleError
        With the first violation, if the result would be refused.
    OutputError, DiskFullError
        If the folder can not be written.
    """
    if not isinstance(metadata.get("medmm"), Mapping):
        raise BundleError(f"The bundle {folder} can not be written: the key 'medmm' is missing. Add it.")
    unsafe = [name for name in files if not inside_path(name) or name == METADATA]
    if unsafe:
        raise BundleError(
            f"The bundle {folder} can not hold a file '{unsafe[0]}'. Use a plain relative path."
        )
    _check_target(folder)
    partial = folder.with_name(f".partial-{folder.name}-{uuid.uuid4().hex[:8]}")
    try:
        hashes = _write_files(partial, files)
        document = copy.deepcopy(dict(metadata))
        document["medmm"] = {**document["medmm"], "files": hashes}
        _write_metadata(partial / METADATA, document)
        violations = check_bundle(partial)
        if violations:
            rest = f" ({len(violations) - 1} more.)" if len(violations) > 1 else ""
            raise BundleError(f"The bundle {folder} was not written. {violations[0]}{rest}")
        _replace(partial, folder)
    except OSError as error:
        raise output_error(folder, error) from error
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return load_bundle(folder)


def _check_target(folder: Path) -> None:
    try:
        if folder.exists() and not (folder / METADATA).is_file() and any(folder.iterdir()):
            raise OutputError(f"{folder} is not empty and no bundle. Choose another folder.")
    except OSError as error:
        raise output_error(folder, error) from error


def _write_files(partial: Path, files: Mapping[str, bytes | Path]) -> dict[str, str]:
    hashes: dict[str, str] = {}
    for name, source in sorted(files.items()):
        target = partial / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            target.write_bytes(source)
            hashes[name] = hashlib.sha256(source).hexdigest()
        else:
            shutil.copyfile(source, target)
            hashes[name] = file_sha256(target)
    return hashes


def _write_metadata(path: Path, document: Mapping[str, Any]) -> None:
    try:
        text = json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False)
        content = text.encode("utf-8")
    except (TypeError, ValueError) as error:
        raise BundleError(f"The metadata can not be written as JSON: {error}. Correct it.") from error
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content + b"\n")


def _replace(partial: Path, folder: Path) -> None:
    """Move into place; what was there before comes back when that fails."""
    if not folder.exists():
        partial.rename(folder)
        return
    old = folder.with_name(f".partial-{folder.name}-{uuid.uuid4().hex[:8]}")
    folder.rename(old)
    try:
        partial.rename(folder)
    except OSError:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)
