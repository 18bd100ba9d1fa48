"""Someone else's network becomes a bundle by writing a manifest, and nothing else."""

from __future__ import annotations

import json
from pathlib import Path

from MedMMSlicerLib.bundles.catalog import BundleCatalog
from MedMMSlicerLib.bundles.folder import file_sha256
from MedMMSlicerLib.bundles.loading import check_bundle, load_bundle
from MedMMSlicerLib.bundles.schema_check import check_schema

HERE = Path(__file__).parent / "meshnet"


def test_the_manifest_fits_the_schema_and_lists_the_files_beside_it() -> None:
    document = json.loads((HERE / "metadata.json").read_text(encoding="utf-8"))
    assert check_schema(document) == ()
    files = document["medmm"]["files"]
    assert files["docs/README.md"] == file_sha256(HERE / "README.md")
    assert files["LICENSE"] == file_sha256(HERE / "LICENSE")


def test_the_bundle_loads(meshnet_folder: Path) -> None:
    assert check_bundle(meshnet_folder) == ()
    bundle = load_bundle(meshnet_folder)
    manifest = bundle.manifest
    assert manifest.id == "meshnet-brain-tissue"
    assert [(label.value, label.id) for label in manifest.labels] == [(1, "white_matter"), (2, "gray_matter")]
    assert (manifest.preprocess.orientation, manifest.preprocess.spacing_mm) == ("AIL", (1.0, 1.0, 1.0))
    assert manifest.preprocess.region.size == (256, 256, 256)
    assert bundle.graph_path().stat().st_size == 24129
    assert "brainchop" in bundle.card()
    assert "MIT License" in bundle.license_text()
    assert BundleCatalog([meshnet_folder.parent]).get("meshnet-brain-tissue") is bundle


def test_the_user_guide_shows_this_manifest(repository: Path) -> None:
    """The worked example in the documentation is the manifest that is tested here."""
    guide = (repository / "docs" / "bundle-format.md").read_text(encoding="utf-8")
    shown = json.loads(guide.split("```json\n")[1].split("```")[0])
    assert shown == json.loads((HERE / "metadata.json").read_text(encoding="utf-8"))
