"""Signed zip files: packages that go out and results that come back.

``manifest.json`` names every file with size and SHA-256, ``manifest.sig`` holds public key and signature of
the manifest's bytes. Archives are untrusted until all of it was checked; nothing is written before.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import __version__
from ..core.serialization import to_json
from ..errors import InputError, SignatureError
from ..files import atomic_write
from ..reporting.document.canonical import canonical_json
from .codec import decode, parse_json_object
from .signing import SigningKey, fingerprint_of, verify_signature

__all__ = [
    "Archive",
    "FileFact",
    "Manifest",
    "is_safe_name",
    "open_archive",
    "sha256_of_file",
    "verify_folder",
    "write_archive",
]

MAXIMUM_FILES = 200_000
MAXIMUM_BYTES = 1 << 40
_MAXIMUM_MANIFEST = 64 << 20
_SCHEMA = "medmm-study-archive"
_SCHEMA_VERSION = 1
_MANIFEST, _SIGNATURE = "manifest.json", "manifest.sig"
_TIME = (1980, 1, 1, 0, 0, 0)
_CHUNK = 1 << 20
_SAFE_PART = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_. ()+,=-]{0,120}[A-Za-z0-9_)+=-])?\Z", re.ASCII)
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?\Z", re.IGNORECASE)
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, UnicodeError, OSError)


@dataclass(frozen=True)
class FileFact:
    """Size in bytes and SHA-256 of a file."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What is signed: kind of archive, facts (``data``) and files."""

    schema: str
    schema_version: int
    kind: str
    software: str
    data: Mapping[str, Any]
    files: Mapping[str, FileFact]


def is_safe_name(name: str) -> bool:
    """Whether a relative path with forward slashes stays in its folder on every system."""
    parts = name.split("/")
    return (
        0 < len(name) <= 240
        and len(parts) <= 16
        and all(_SAFE_PART.match(part) and not _RESERVED.match(part) for part in parts)
    )


def sha256_of_file(path: Path) -> str:
    """SHA-256 of a file's bytes.

    Raises
    ------
    InputError
        If it can not be read.
    """
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise InputError(
            f"{path} can not be read ({error.strerror}). Check the file and its rights."
        ) from error


def write_archive(
    path: Path, kind: str, data: Mapping[str, Any], files: Mapping[str, Path | bytes], key: SigningKey
) -> dict[str, FileFact]:
    """Write a signed archive, whole or not at all; returns the facts of its files.

    Parameters
    ----------
    path : Path
    kind : str
        ``tasks`` or ``results``.
    data : mapping
        JSON values.
    files : mapping of str to Path or bytes
        Content by name.
    key : SigningKey

    Raises
    ------
    InputError
        If a file can not be read, or has a name that is not safe everywhere.
    OutputError, DiskFullError
        If it can not be written.
    """
    facts = {}
    for name, source in sorted(files.items()):
        if not is_safe_name(name):
            raise InputError(
                f"'{name[:80]}' is no name for a file in a study package. Use letters and digits."
            )
        if isinstance(source, bytes):
            facts[name] = FileFact(len(source), hashlib.sha256(source).hexdigest())
        else:
            facts[name] = FileFact(source.stat().st_size, sha256_of_file(source))
    manifest = canonical_json(
        {
            "schema": _SCHEMA,
            "schema_version": _SCHEMA_VERSION,
            "kind": kind,
            "software": f"MedMM {__version__}",
            "data": dict(data),
            "files": to_json(facts),
        }
    ).encode("utf-8")
    signature = {"public_key": _text(key.public_key), "signature": _text(key.sign(manifest))}
    with atomic_write(path) as temporary, zipfile.ZipFile(temporary, "w", allowZip64=True) as archive:
        _add(archive, _MANIFEST, manifest)
        _add(archive, _SIGNATURE, json.dumps(signature).encode("ascii"))
        for name, source in sorted(files.items()):
            _add(archive, name, source)
    return facts


def _add(archive: zipfile.ZipFile, name: str, source: Path | bytes) -> None:
    entry = zipfile.ZipInfo(name, _TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    if isinstance(source, bytes):
        archive.writestr(entry, source)
        return
    with source.open("rb") as stream, archive.open(entry, "w", force_zip64=True) as target:
        while block := stream.read(_CHUNK):
            target.write(block)


@dataclass(frozen=True, eq=False)
class Archive:
    """An archive whose manifest and signature were checked; files are checked as they are read."""

    path: Path
    manifest: Manifest
    public_key: bytes
    _zip: zipfile.ZipFile

    @property
    def fingerprint(self) -> str:
        """Of the key that signed."""
        return fingerprint_of(self.public_key)

    def read(self, name: str) -> bytes:
        """The content of a file.

        Raises
        ------
        InputError
            If it is missing, too large or was changed.
        """
        return b"".join(self._blocks(name))

    def extract(self, folder: Path) -> None:
        """Write all files below ``folder``, each checked.

        Raises
        ------
        InputError
            As `read`; what was written so far is left to the caller.
        """
        for name in (_MANIFEST, _SIGNATURE):
            (folder / name).write_bytes(_small(self.path, self._zip, name, _MAXIMUM_MANIFEST))
        for name in self.manifest.files:
            target = folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with target.open("wb") as stream:
                for block in self._blocks(name):
                    stream.write(block)

    def _blocks(self, name: str) -> Iterator[bytes]:
        fact = self.manifest.files.get(name)
        if fact is None:
            raise InputError(f"{self.path.name} holds no {name}. Get the file again from its sender.")
        digest, left = hashlib.sha256(), fact.size
        with _whole(self.path), self._zip.open(name) as stream:
            while left >= 0:
                block = stream.read(min(_CHUNK, left + 1))
                if not block:
                    break
                left -= len(block)
                digest.update(block)
                yield block
        if left != 0 or digest.hexdigest() != fact.sha256:
            raise SignatureError(
                f"{name} in {self.path.name} is not what was signed. Get the file again from its sender."
            )


@contextmanager
def open_archive(path: Path, kind: str) -> Iterator[Archive]:
    """Open an archive and check names, sizes, manifest and signature; all before anything is read from it.

    Raises
    ------
    InputError
        If it is damaged, truncated, of another kind or version, or has unsafe names.
    SignatureError
        If the signature is not valid.
    """
    with _whole(path):
        opened = zipfile.ZipFile(path)
    with opened as archive:
        entries = archive.infolist()
        names = [entry.filename for entry in entries]
        _check_names(path, names)
        manifest_bytes = _small(path, archive, _MANIFEST, _MAXIMUM_MANIFEST)
        public_key = _verified(path, manifest_bytes, _small(path, archive, _SIGNATURE, 4096))
        manifest = _manifest(path, manifest_bytes, kind)
        if set(manifest.files) != set(names) - {_MANIFEST, _SIGNATURE}:
            raise SignatureError(
                f"{path.name} has other files than were signed. Get it again from its sender."
            )
        if sum(fact.size for fact in manifest.files.values()) > MAXIMUM_BYTES:
            raise InputError(f"{path.name} is larger than {MAXIMUM_BYTES >> 30} GiB when unpacked.")
        yield Archive(path, manifest, public_key, archive)


def verify_folder(folder: Path, kind: str) -> tuple[Mapping[str, FileFact], str]:
    """Check manifest and signature of an unpacked archive; the files are for the caller to check.

    Returns
    -------
    mapping of str to FileFact, str
        What was signed, and the fingerprint of the key.

    Raises
    ------
    InputError
        If the folder is no unpacked archive, or the signature is not valid (`SignatureError`).
    """
    try:
        manifest_bytes = (folder / _MANIFEST).read_bytes()
        signature_bytes = (folder / _SIGNATURE).read_bytes()
    except OSError as error:
        raise InputError(
            f"{folder} is no folder of a study package ({error.strerror}). Open the package first."
        ) from error
    public_key = _verified(folder, manifest_bytes, signature_bytes)
    return _manifest(folder, manifest_bytes, kind).files, fingerprint_of(public_key)


def _verified(path: Path, manifest: bytes, signature: bytes) -> bytes:
    """The public key whose signature of the manifest is valid."""
    value = parse_json_object(signature, f"{path.name}: {_SIGNATURE}")
    public_key, signed = (_bytes(path, value.get(name)) for name in ("public_key", "signature"))
    verify_signature(public_key, signed, manifest, path.name)
    return public_key


def _manifest(path: Path, data: bytes, kind: str) -> Manifest:
    value = parse_json_object(data, f"{path.name}: {_MANIFEST}")
    if value.get("schema") != _SCHEMA or value.get("schema_version") != _SCHEMA_VERSION:
        raise InputError(
            f"{path.name} was made by another version of MedMM ({str(value.get('software'))[:40]}). "
            "Update MedMM."
        )
    manifest = decode(Manifest, value, f"{path.name}: {_MANIFEST}")
    if manifest.kind != kind:
        raise InputError(f"{path.name} holds {manifest.kind[:20]}, not {kind}. Give another file.")
    if any(fact.size < 0 for fact in manifest.files.values()):
        raise InputError(f"{path.name} states a negative size. Get it again from its sender.")
    return manifest


def _check_names(path: Path, names: list[str]) -> None:
    if len(names) > MAXIMUM_FILES:
        raise InputError(f"{path.name} holds more than {MAXIMUM_FILES} files.")
    folded = {name.casefold() for name in names}
    if len(folded) != len(names):
        raise InputError(f"{path.name} holds two files with the same name. Get it again from its sender.")
    for name in names:
        if not is_safe_name(name):
            raise InputError(f"{path.name} holds a file with an unsafe name ({name[:60]!r}). Do not use it.")


def _small(path: Path, archive: zipfile.ZipFile, name: str, limit: int) -> bytes:
    with _whole(path):
        try:
            stream = archive.open(name)
        except KeyError as error:
            raise InputError(
                f"{path.name} holds no {name}: it is no study package. Give another file."
            ) from error
        with stream:
            data = stream.read(limit + 1)
    if len(data) > limit:
        raise InputError(f"{name} in {path.name} is too large. Get it again from its sender.")
    return data


@contextmanager
def _whole(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise InputError(f"{path} does not exist. Give the path of a study package.") from error
    except _DAMAGE as error:
        raise InputError(
            f"{path} is truncated or damaged ({str(error)[:100]}). Copy it again from its sender."
        ) from error


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")


def _bytes(path: Path, text: object) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except ValueError as error:
        raise SignatureError(
            f"The signature of {path.name} is damaged. Get it again from its sender."
        ) from error
