"""De-identification of the other files of a case: NRRD, JSON, text, tables, scenes (``.mrb``), pictures.

Everything is built in memory from what is known to be harmless or was cleaned; a kind of file that is not
known is refused, never copied.
"""

from __future__ import annotations

import io
import json
import struct
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from urllib.parse import quote, unquote
from xml.etree import ElementTree

from ..errors import InputError, UsageError
from .deidentify import Deidentifier

__all__ = [
    "clean_archive",
    "clean_json",
    "clean_nrrd",
    "clean_picture",
    "clean_text_file",
    "require_no_doubts",
]

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_CHUNKS = {b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"sRGB", b"pHYs"}
_LARGEST_MEMBER = 4 << 30
_FIXED_TIME = (1980, 1, 1, 0, 0, 0)
_TEXT_SUFFIXES = {".txt", ".csv", ".tsv", ".html", ".htm", ".md", ".ctbl", ".acsv", ".vp"}
_PICTURES = {".png", ".jpg", ".jpeg", ".gif", ".bmp"}
_NRRD_STRUCTURAL = {
    "dimension", "type", "sizes", "encoding", "endian", "space", "space directions", "space origin", "kinds",
    "measurement frame", "spacings", "space units", "centers", "centerings", "thicknesses", "units",
}  # fmt: skip


def clean_json(path: Path, deidentifier: Deidentifier) -> bytes:
    """A JSON file with every text cleaned.

    Raises
    ------
    InputError
        If it is no JSON.
    """
    return _json_bytes(_read(path), deidentifier, path.name)


def clean_text_file(path: Path, deidentifier: Deidentifier) -> bytes:
    """A text file, line by line.

    Raises
    ------
    InputError
        If it is no UTF-8 text.
    """
    return _text_bytes(_read(path), deidentifier, path.name)


def clean_nrrd(path: Path, deidentifier: Deidentifier) -> bytes:
    """A NRRD file: comments are dropped, texts of the header cleaned, the voxels stay.

    Raises
    ------
    InputError
        If it is no NRRD with attached voxels.
    """
    return _nrrd_bytes(_read(path), deidentifier, path.name)


def clean_picture(path: Path) -> bytes:
    """A PNG file without its texts, times and embedded profiles.

    Raises
    ------
    InputError
        If it is no PNG.
    """
    return _png_bytes(_read(path), path.name)


def clean_archive(path: Path, deidentifier: Deidentifier) -> bytes:
    """A scene (``.mrb``): members get new names, the scene file and all texts are cleaned, pictures dropped.

    Raises
    ------
    InputError
        If it is no archive, or holds a kind of file that can not be cleaned.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            members = [item for item in archive.infolist() if not item.is_dir()]
            if sum(item.file_size for item in members) > _LARGEST_MEMBER:
                raise InputError(
                    f"{path} unpacks to more than 4 GB and can not be cleaned. Save a smaller scene."
                )
            contents = {item.filename: archive.read(item) for item in members}
    except (zipfile.BadZipFile, OSError, zlib.error, NotImplementedError, RuntimeError) as error:
        raise InputError(
            f"{path} is no scene file that can be read ({error}). Save the scene again."
        ) from error
    return _packed(_cleaned_members(contents, deidentifier, path))


def _cleaned_members(contents: dict[str, bytes], deidentifier: Deidentifier, path: Path) -> dict[str, bytes]:
    names = _new_names(contents)
    cleaned: dict[str, bytes] = {}
    for old, new in names.items():
        kind = _kind(old)
        if kind is None:
            raise InputError(
                f"{path} holds {PurePosixPath(new).name}, a kind of file that can not be de-identified. "
                "Remove that node from the scene and save it again."
            )
        cleaned[new] = kind(contents[old], deidentifier, f"{path.name}/{new}")
    for new in cleaned:
        if new.endswith(".mrml"):
            cleaned[new] = _scene_bytes(cleaned[new], names, deidentifier, new)
    return cleaned


def _new_names(contents: dict[str, bytes]) -> dict[str, str]:
    """Old to new names: file names hold names of series. Pictures are dropped: they show the screen."""
    names: dict[str, str] = {}
    for number, old in enumerate(sorted(contents), start=1):
        suffixes = "".join(PurePosixPath(old).suffixes[-2:]).lower()
        known = next((item for item in _DOUBLE if suffixes.endswith(item)), PurePosixPath(old).suffix.lower())
        if known in _PICTURES:
            continue
        names[old] = "scene/scene.mrml" if known == ".mrml" else f"scene/Data/item-{number:03d}{known}"
    if sum(new.endswith(".mrml") for new in names.values()) > 1:
        raise InputError("The scene file holds several scenes and can not be cleaned. Save the scene again.")
    return names


_DOUBLE = (".seg.nrrd", ".mrk.json", ".schema.csv", ".schema.tsv")
_Cleaner = Callable[[bytes, Deidentifier, str], bytes]


def _kind(name: str) -> _Cleaner | None:
    suffix = PurePosixPath(name).suffix.lower()
    if suffix in _TEXT_SUFFIXES:
        return _text_bytes
    return {".nrrd": _nrrd_bytes, ".json": _json_bytes, ".mrml": _unchanged}.get(suffix)


def _unchanged(data: bytes, deidentifier: Deidentifier, place: str) -> bytes:
    return data


def _scene_bytes(data: bytes, names: dict[str, str], deidentifier: Deidentifier, place: str) -> bytes:
    """The scene's XML: references to files get the new names, all other values are cleaned."""
    files = {PurePosixPath(old).name: PurePosixPath(new).name for old, new in names.items()}
    try:
        root = ElementTree.fromstring(data)
    except ElementTree.ParseError as error:
        raise InputError(f"The scene file is damaged ({error}). Save the scene again.") from error
    for node in root.iter():
        for key, value in list(node.attrib.items()):
            node.set(key, _scene_value(value, files, deidentifier, f"{place}: {node.tag}.{key}"))
        node.text = deidentifier.scrubber.clean(node.text, place) if node.text else node.text
    return bytes(ElementTree.tostring(root, encoding="UTF-8", xml_declaration=True))


def _scene_value(value: str, files: dict[str, str], deidentifier: Deidentifier, place: str) -> str:
    name = PurePosixPath(unquote(value)).name
    if name in files:
        return f"Data/{files[name]}"
    for old, new in files.items():
        for form in (old, quote(old)):
            value = value.replace(form, new)
    return _cleaned_escaped(value, deidentifier, place)


def _cleaned_escaped(text: str, deidentifier: Deidentifier, place: str) -> str:
    """MRML escapes some values like parts of a URL; names hide in there."""
    plain = unquote(text)
    cleaned = deidentifier.scrubber.clean(plain, place, is_prose=False)
    if cleaned == plain:
        return text
    return cleaned if plain == text else quote(cleaned, safe=" /:;,|~^[]()=+-_.")


def _json_bytes(data: bytes, deidentifier: Deidentifier, place: str) -> bytes:
    try:
        value = json.loads(data)
    except ValueError as error:
        raise InputError(f"{place} is no JSON ({error}) and can not be cleaned. Leave it out.") from error
    cleaned = deidentifier.scrubber.clean_json(value, place)
    return (json.dumps(cleaned, indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def _text_bytes(data: bytes, deidentifier: Deidentifier, place: str) -> bytes:
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(f"{place} is no UTF-8 text and can not be cleaned. Leave it out.") from error
    # Whole pages stand on a few lines; doubts about prose are raised where the prose is data.
    lines = [deidentifier.scrubber.clean(line, place, is_prose=False) for line in text.split("\n")]
    return "\n".join(lines).encode("utf-8")


def _nrrd_bytes(data: bytes, deidentifier: Deidentifier, place: str) -> bytes:
    end = min((data.find(mark) + len(mark) for mark in (b"\n\n", b"\r\n\r\n") if mark in data), default=0)
    if not data.startswith(b"NRRD000") or not end:
        raise InputError(f"{place} is no NRRD file and can not be cleaned. Save the image again.")
    lines = data[:end].decode("utf-8", "replace").split("\n")
    kept = [lines[0].strip()]
    for line in lines[1:]:
        line = line.rstrip("\r")
        if not line or line.startswith("#"):
            continue
        separator = ":=" if ":=" in line else ":"
        name, _, value = line.partition(separator)
        if name.strip().lower() in {"data file", "datafile"}:
            raise InputError(
                f"{place} keeps its voxels in another file and can not be cleaned. Save it as one."
            )
        if separator == ":" and name.strip().lower() in _NRRD_STRUCTURAL:
            kept.append(line)
        elif separator == ":=":
            cleaned = _cleaned_escaped(value, deidentifier, f"{place}: {name.strip()}")
            kept.append(f"{name}:={cleaned}")
    header = "\n".join(kept) + "\n\n"
    return header.encode("utf-8") + _bare_gzip(data[end:], kept)


def _bare_gzip(content: bytes, header: list[str]) -> bytes:
    """Compressed voxels without the file name and time that gzip can carry."""
    if not any(line.lower().replace(" ", "") in {"encoding:gzip", "encoding:gz"} for line in header):
        return content
    import gzip

    try:
        return gzip.compress(gzip.decompress(content), compresslevel=6, mtime=0)
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"The voxels of a NRRD file are damaged ({error}). Save the image again.") from error


def _png_bytes(data: bytes, place: str) -> bytes:
    if not data.startswith(_PNG_SIGNATURE):
        raise InputError(f"{place} is no PNG file and can not be cleaned. Leave it out.")
    kept, position = [_PNG_SIGNATURE], len(_PNG_SIGNATURE)
    while position + 12 <= len(data):
        length, kind = struct.unpack(">I4s", data[position : position + 8])
        if kind in _PNG_CHUNKS:
            kept.append(data[position : position + 12 + length])
        position += 12 + length
        if kind == b"IEND":
            break
    return b"".join(kept)


def _packed(members: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED_TIME), data, zipfile.ZIP_DEFLATED)
    return stream.getvalue()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} can not be read: {error.strerror}. Check the permissions.") from error


def require_no_doubts(deidentifier: Deidentifier, cleared: bool) -> None:
    """Stop when texts hold what may be a name or a number of a person, unless a person has looked.

    Raises
    ------
    UsageError
        Naming the places, not the words.
    """
    doubts = list(dict.fromkeys(deidentifier.scrubber.doubts))
    if doubts and not cleared:
        more = f" and {len(doubts) - 3} more" if len(doubts) > 3 else ""
        raise UsageError(
            f"Nothing is exported: {'; '.join(doubts[:3])}{more}. Correct the text, name what has to go with "
            "--remove, or give --text-cleared after looking."
        )
