"""From a folder on disk to a `ModelBundle`, or to the reasons why not."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from ..errors import BundleError
from .consistency import check_consistency
from .folder import METADATA, FolderContent, check_files, combined_sha256, file_sha256, scan_folder
from .graph_check import check_graph, check_network_safety
from .json_reader import parse_json, read_metadata_bytes
from .manifest import Manifest, manifest_from_json
from .monai import PlainBundle, derive_manifest
from .onnx_reader import OnnxModel, read_onnx
from .schema_check import check_schema
from .violation import Violation

__all__ = ["ModelBundle", "Violation", "check_bundle", "describe_bundle", "load_bundle"]

_MAXIMUM_TEXT_BYTES = 2**20


@dataclass(frozen=True)
class ModelBundle:
    """A bundle that was checked.

    Parameters
    ----------
    path : Path
        Its folder, absolute.
    manifest : Manifest
    sha256 : str
        Over the bytes of ``metadata.json`` and the SHA-256 of every listed file, in the order of their names.
    metadata : Mapping
        The whole ``metadata.json``.
    notes : tuple of str
        Sentences for the reader: what was assumed about a plain MONAI bundle.
    """

    path: Path
    manifest: Manifest
    sha256: str
    metadata: Mapping[str, Any]
    notes: tuple[str, ...] = ()

    def graph_path(self, name: str = "image") -> Path:
        """Path of the ONNX file of a graph.

        Raises
        ------
        BundleError
            If the bundle has no such graph.
        """
        graph = self.manifest.graphs.get(name)
        if graph is None:
            have = ", ".join(sorted(self.manifest.graphs))
            raise BundleError(f"The bundle {self.path} has no graph '{name}'. It has: {have}.")
        return self.path / graph.file

    def card(self) -> str:
        """Text of the model card ``docs/README.md``; empty if there is none."""
        return self._read("docs/README.md", "README.md")

    def license_text(self) -> str:
        """Text of the license file; empty if there is none."""
        return self._read("LICENSE", "LICENSE.txt", "LICENSE.md", "docs/license.txt", "docs/LICENSE")

    def _read(self, *names: str) -> str:
        for name in names:
            path = self.path / name
            if path.is_file():
                try:
                    with path.open("rb") as stream:
                        return stream.read(_MAXIMUM_TEXT_BYTES).decode("utf-8", "replace")
                except OSError as error:
                    raise BundleError(
                        f"{path} can not be read ({error.strerror}). Check its access rights."
                    ) from error
        return ""


@dataclass(frozen=True)
class _Inspection:
    violations: tuple[Violation, ...]
    bundle: ModelBundle | None = None


_verified: dict[Path, tuple[Mapping[str, tuple[int, ...]], ModelBundle]] = {}
"""Bundles that passed in this process, by folder, with the state of the files at that time."""


def load_bundle(path: Path) -> ModelBundle:
    """Check a bundle completely and load it.

    A bundle whose files have not changed since it was loaded in this process is not checked again.

    Parameters
    ----------
    path : Path
        The folder that holds ``configs/metadata.json``.

    Raises
    ------
    BundleError
        With the first violation, and how many more there are.
    """
    content = scan_folder(path)
    known = _verified.get(content.root)
    if known and known[0] == content.signatures and not content.violations:
        return known[1]
    bundle = _accept(path, _inspect(content, verify=True))
    _verified[content.root] = (content.signatures, bundle)
    return bundle


def describe_bundle(path: Path) -> ModelBundle:
    """Read a bundle's manifest for a listing: quick, since its files are not verified. Never run it.

    Raises
    ------
    BundleError
        With the first violation, and how many more there are.
    """
    return _accept(path, _inspect(scan_folder(path), verify=False))


def check_bundle(path: Path) -> tuple[Violation, ...]:
    """List everything that is wrong with a bundle; empty if it can be loaded."""
    try:
        content = scan_folder(path)
    except BundleError as error:
        return (Violation.from_error(str(path), error),)
    return _inspect(content, verify=True).violations


def _accept(path: Path, inspection: _Inspection) -> ModelBundle:
    if inspection.bundle is None:
        first, rest = inspection.violations[0], len(inspection.violations) - 1
        more = f" ({rest} more: run 'medmm bundle check'.)" if rest else ""
        raise BundleError(f"The bundle {path} is refused. {first}{more}")
    return inspection.bundle


def _inspect(content: FolderContent, verify: bool) -> _Inspection:
    """Folder, then JSON, then schema, then the rest: later checks rely on what earlier ones passed."""
    violations = list(content.violations)
    if METADATA not in content.signatures:
        hint = "Give a folder in the MONAI bundle layout."
        missing = Violation(METADATA, "The file does not exist.", hint)
        return _Inspection((*violations, missing))
    try:
        raw = read_metadata_bytes(content.root / METADATA)
        metadata = parse_json(raw)
    except BundleError as error:
        return _Inspection((*violations, Violation.from_error(METADATA, error)))
    violations += check_schema(metadata)
    if len(violations) > len(content.violations):
        return _Inspection(tuple(violations))
    if "medmm" not in metadata:
        return _inspect_plain(content, raw, metadata)
    manifest = manifest_from_json(metadata)
    violations += check_consistency(manifest)
    if verify:
        violations += _verify(content, manifest)
    if violations:
        return _Inspection(tuple(violations))
    identity = combined_sha256(raw, manifest.files)
    return _Inspection((), ModelBundle(content.root, manifest, identity, metadata))


def _verify(content: FolderContent, manifest: Manifest) -> Iterator[Violation]:
    """Hashes first; a network is opened only when all of them are right."""
    damaged = tuple(check_files(content, manifest.files))
    if damaged:
        yield from damaged
        return
    for name, graph in manifest.graphs.items():
        if graph.file not in manifest.files:
            continue
        model = _read_network(content, graph.file)
        if isinstance(model, Violation):
            yield model
        else:
            yield from check_network_safety(graph.file, model, content, manifest.files)
            yield from check_graph(name, model, manifest)
    used = {graph.file for graph in manifest.graphs.values()}
    for file in sorted(set(manifest.files) - used):
        if PurePosixPath(file).suffix.lower() == ".onnx":
            yield Violation(file, "No graph of the manifest uses this network.", "Remove it.")


def _read_network(content: FolderContent, file: str) -> OnnxModel | Violation:
    try:
        return read_onnx(content.root / file)
    except BundleError as error:
        return Violation.from_error(file, error)


def _inspect_plain(content: FolderContent, raw: bytes, metadata: Mapping[str, Any]) -> _Inspection:
    """A bundle without the ``medmm`` key: it states no hashes, so they are taken as found."""
    violations = list(content.violations)
    networks = [name for name in content.signatures if PurePosixPath(name).suffix.lower() == ".onnx"]
    if len(networks) != 1:
        message = f"Without the key 'medmm' there must be exactly one .onnx file; there are {len(networks)}."
        return _Inspection((*violations, Violation("models", message, "Add the key 'medmm'.")))
    file = networks[0]
    suffixes = (".onnx", ".onnx_data", ".data")
    model = _read_network(content, file)
    if isinstance(model, Violation):
        return _Inspection((*violations, model))
    try:
        files = {n: file_sha256(content.root / n) for n in content.signatures if n.lower().endswith(suffixes)}
    except OSError as error:
        message = f"A file can not be read ({error.strerror})."
        return _Inspection((*violations, Violation(file, message, "Check its access rights.")))
    has_license = any("license" in name.lower() for name in content.signatures)
    plain = PlainBundle(metadata, content.root.name, file, model, files, has_license)
    derivation = derive_manifest(plain)
    violations += [*check_network_safety(file, model, content, files), *derivation.violations]
    if derivation.manifest is not None:
        violations += check_consistency(derivation.manifest)
        violations += check_graph("image", model, derivation.manifest)
    if violations or derivation.manifest is None:
        return _Inspection(tuple(violations))
    identity = combined_sha256(raw, files)
    bundle = ModelBundle(content.root, derivation.manifest, identity, metadata, derivation.notes)
    return _Inspection((), bundle)
