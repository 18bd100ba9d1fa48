"""Frozen dataclasses across a process boundary: JSON for the structure, ``.npy`` files for the voxels.

Driven by the type annotations, in both directions: what does not fit its annotation is refused instead of
guessed. No pickle. Fields declared with ``repr=False`` (patient name and id) are never written; they come
back as their default.
"""

from __future__ import annotations

import base64
import dataclasses
import errno
import functools
import re
import types
import typing
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DiskFullError, MedMMError, WorkerError

__all__ = ["ArrayFiles", "decode", "encode"]

_INLINE_BYTES = 256
"""Arrays up to this size (a 4x4 transform) are written into the JSON."""

_FILE_NAME = re.compile(r"[a-z]+-\d+-\d+\.npy")
_SCALARS = (str, bool, int, float)


class ArrayFiles:
    """Numbered array files of one message in an exchange folder.

    Parameters
    ----------
    folder : Path
    prefix : str
        Message name, e.g. ``request-3``.
    """

    def __init__(self, folder: Path, prefix: str) -> None:
        self._folder = folder
        self._prefix = prefix
        self.paths: list[Path] = []

    def save(self, array: NDArray[Any]) -> str:
        """Write an array once and return the file name.

        Raises
        ------
        DiskFullError
            If there is no space left.
        WorkerError
            If the array holds Python objects, or the folder can not be written.
        """
        if array.dtype.hasobject:
            raise WorkerError(
                f"An array of {array.dtype} can not be given to the worker process. Report this."
            )
        path = self._folder / f"{self._prefix}-{len(self.paths)}.npy"
        self.paths.append(path)
        # Written, not mapped for writing: on a full disk a write fails, while a mapping kills the process.
        try:
            with path.open("wb") as stream:
                np.lib.format.write_array(stream, array, allow_pickle=False)
        except OSError as error:
            raise write_error(error, self._folder) from error
        return path.name

    def load(self, name: str) -> NDArray[Any]:
        """Map an array file into memory, read-only.

        Raises
        ------
        WorkerError
            If the name leaves the folder, or the file is missing or damaged.
        """
        if not _FILE_NAME.fullmatch(name):
            raise WorkerError(f"'{name[:80]}' is no array file of the exchange folder. Run again.")
        path = self._folder / name
        self.paths.append(path)
        try:
            mapped = np.load(path, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError) as error:
            return _load_unmappable(path, error)
        return np.asarray(mapped)


def write_error(error: OSError, folder: Path) -> MedMMError:
    """Error for a failed write into an exchange folder."""
    # ndarray.tofile reports a full disk without an error number.
    if error.errno in (errno.ENOSPC, errno.EDQUOT, None):
        return DiskFullError(
            f"There is no space left in {folder}. Free some, or set TMPDIR to another folder."
        )
    return WorkerError(f"The exchange folder {folder} can not be written ({error.strerror}). Run again.")


def _load_unmappable(path: Path, reason: Exception) -> NDArray[Any]:
    # An array without elements can not be mapped; everything else that fails here is damaged.
    try:
        loaded: NDArray[Any] = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise WorkerError(f"The array file {path} is missing or damaged ({reason}). Run again.") from error
    if loaded.size:
        raise WorkerError(f"The array file {path} can not be mapped ({reason}). Run again.") from reason
    return loaded


def encode(kind: Any, value: Any, save: Callable[[NDArray[Any]], str], where: str = "$") -> Any:
    """Turn a value into plain JSON values.

    Parameters
    ----------
    kind : type or annotation
        What the value is declared to be: a dataclass, ``tuple[float, ...]``, ``Mapping[str, Any]``, ...
    value : object
    save : callable
        Writes an array and returns its file name.
    where : str
        JSON path of the value, for errors.

    Raises
    ------
    WorkerError
        If the value does not fit ``kind``.
    """
    if isinstance(value, np.generic):
        value = value.item()
    kind = _narrow(kind, value, where)
    if kind is type(None):
        return None
    if kind is Any:
        return _encode_free(value, save, where)
    if dataclasses.is_dataclass(kind):
        _expect(isinstance(value, typing.cast(type, kind)), kind, value, where)
        return {
            field.name: encode(hint, getattr(value, field.name), save, f"{where}.{field.name}")
            for field, hint in _wire_fields(typing.cast(type, kind))
        }
    origin = typing.get_origin(kind)
    if origin is tuple:
        _expect(isinstance(value, Sequence) and not isinstance(value, str), kind, value, where)
        kinds = _item_kinds(kind, len(value), where)
        return [encode(item, part, save, f"{where}[{n}]") for n, (item, part) in enumerate(zip(kinds, value))]
    if origin in (dict, Mapping):
        return _encode_mapping(typing.get_args(kind)[1], value, save, where)
    if origin is np.ndarray:
        _expect(isinstance(value, np.ndarray), kind, value, where)
        return _encode_array(value, save)
    if kind is Path:
        _expect(isinstance(value, PurePath), kind, value, where)
        return str(value)
    return _scalar(kind, value, where)


def decode(kind: Any, value: Any, load: Callable[[str], NDArray[Any]], where: str = "$") -> Any:
    """Inverse of `encode`; ``load`` returns the array of a file name.

    Raises
    ------
    WorkerError
        If the JSON does not fit ``kind``.
    """
    kind = _narrow(kind, value, where)
    if kind is type(None):
        return None
    if kind is Any:
        return _decode_free(value, load, where)
    if dataclasses.is_dataclass(kind):
        return _decode_dataclass(typing.cast(type, kind), value, load, where)
    origin = typing.get_origin(kind)
    if origin is tuple:
        _expect(isinstance(value, list), kind, value, where)
        kinds = _item_kinds(kind, len(value), where)
        return tuple(
            decode(item, part, load, f"{where}[{n}]") for n, (item, part) in enumerate(zip(kinds, value))
        )
    if origin in (dict, Mapping):
        _expect(isinstance(value, dict), kind, value, where)
        item = typing.get_args(kind)[1]
        return {key: decode(item, part, load, f"{where}.{key}") for key, part in value.items()}
    if origin is np.ndarray:
        return _decode_array(value, load, where)
    if kind is Path:
        return Path(_scalar(str, value, where))
    return _scalar(kind, value, where)


def _decode_dataclass(kind: type, value: Any, load: Callable[[str], NDArray[Any]], where: str) -> Any:
    _expect(isinstance(value, dict), kind, value, where)
    wanted = {field.name: hint for field, hint in _wire_fields(kind)}
    if wanted.keys() != value.keys():
        names = ", ".join(sorted(wanted.keys() ^ value.keys()))
        raise WorkerError(f"{where}: missing or unknown in {kind.__name__}: {names[:200]}. Run again.")
    try:
        return kind(
            **{name: decode(hint, value[name], load, f"{where}.{name}") for name, hint in wanted.items()}
        )
    except WorkerError:
        raise
    except MedMMError as error:
        raise WorkerError(f"{where}: {error}") from error


def _encode_mapping(item: Any, value: Any, save: Callable[[NDArray[Any]], str], where: str) -> dict[str, Any]:
    _expect(isinstance(value, Mapping) and all(isinstance(key, str) for key in value), Mapping, value, where)
    return {str(key): encode(item, part, save, f"{where}.{key}") for key, part in value.items()}


def _encode_free(value: Any, save: Callable[[NDArray[Any]], str], where: str) -> Any:
    """Encode a value that is declared as Any: what JSON has no type for is tagged."""
    if value is None or isinstance(value, _SCALARS):
        return _scalar(type(value), value, where) if value is not None else None
    if isinstance(value, np.ndarray):
        return {"array": _encode_array(value, save)}
    if isinstance(value, Mapping):
        return {"map": _encode_mapping(Any, value, save, where)}
    _expect(isinstance(value, list | tuple), "JSON-like value", value, where)
    items = [encode(Any, part, save, f"{where}[{n}]") for n, part in enumerate(value)]
    return {"tuple": items} if isinstance(value, tuple) else items


def _decode_free(value: Any, load: Callable[[str], NDArray[Any]], where: str) -> Any:
    if isinstance(value, list):
        return [decode(Any, part, load, f"{where}[{n}]") for n, part in enumerate(value)]
    if not isinstance(value, dict):
        return value
    tag, body = next(iter(value.items()), ("", []))
    if len(value) == 1 and tag == "array":
        return _decode_array(body, load, where)
    if len(value) == 1 and tag == "map" and isinstance(body, dict):
        return {key: decode(Any, part, load, f"{where}.{key}") for key, part in body.items()}
    _expect(len(value) == 1 and tag == "tuple" and isinstance(body, list), "tagged value", value, where)
    return tuple(decode(Any, part, load, f"{where}[{n}]") for n, part in enumerate(body))


def _encode_array(array: NDArray[Any], save: Callable[[NDArray[Any]], str]) -> dict[str, Any]:
    if array.nbytes > _INLINE_BYTES or array.dtype.hasobject or array.dtype.fields:
        return {"file": save(array)}
    data = base64.b64encode(array.tobytes()).decode("ascii")
    return {"dtype": array.dtype.str, "shape": list(array.shape), "base64": data}


def _decode_array(value: Any, load: Callable[[str], NDArray[Any]], where: str) -> NDArray[Any]:
    _expect(isinstance(value, dict), "array", value, where)
    if value.keys() == {"file"}:
        return load(_scalar(str, value["file"], where))
    try:
        data = base64.b64decode(value["base64"], validate=True)
        array = np.frombuffer(data, np.dtype(value["dtype"])).reshape(value["shape"])
    except (KeyError, TypeError, ValueError) as error:
        raise WorkerError(f"{where}: no array ({error}). Run again.") from error
    return array


def _narrow(kind: Any, value: Any, where: str) -> Any:
    """Pick the member of a union that a value belongs to; None only where it is allowed."""
    if typing.get_origin(kind) not in (typing.Union, types.UnionType):
        _expect(value is not None or kind in (Any, type(None)), kind, value, where)
        return kind
    members = typing.get_args(kind)
    if value is None and type(None) in members:
        return type(None)
    others = [member for member in members if member is not type(None)]
    if len(others) == 1:
        return others[0]
    for member in others:
        if member in _SCALARS and _is_scalar(member, value):
            return member
    raise _mismatch(kind, value, where)


def _is_scalar(kind: Any, value: Any) -> bool:
    if kind is float:
        return isinstance(value, float | int) and not isinstance(value, bool)
    if kind is int:
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, kind)


def _scalar(kind: Any, value: Any, where: str) -> Any:
    _expect(kind in _SCALARS and _is_scalar(kind, value), kind, value, where)
    return value


def _item_kinds(kind: Any, count: int, where: str) -> Sequence[Any]:
    kinds = typing.get_args(kind)
    if len(kinds) == 2 and kinds[1] is Ellipsis:
        return (kinds[0],) * count
    if len(kinds) != count:
        raise WorkerError(f"{where}: {len(kinds)} values expected, found {count}. Run again.")
    return kinds


def _expect(fits: bool, kind: Any, value: Any, where: str) -> None:
    if not fits:
        raise _mismatch(kind, value, where)


def _mismatch(kind: Any, value: Any, where: str) -> WorkerError:
    # The type alone: a value may be part of a patient's history, and errors end up in logs.
    return WorkerError(f"{where}: expected {getattr(kind, '__name__', kind)}, found {type(value).__name__}.")


@functools.cache
def _wire_fields(kind: type) -> tuple[tuple[dataclasses.Field[Any], Any], ...]:
    hints = typing.get_type_hints(kind)
    return tuple((field, hints[field.name]) for field in dataclasses.fields(kind) if field.repr)
