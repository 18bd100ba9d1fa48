"""Bundles are found, listed quickly, loaded by name, and suggested with a reason."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from MedMMSlicerLib.bundles import catalog as module
from MedMMSlicerLib.bundles import loading
from MedMMSlicerLib.bundles.catalog import BrokenBundle, BundleCatalog, default_folders, user_folder
from MedMMSlicerLib.bundles.loading import ModelBundle
from MedMMSlicerLib.core import HeaderFacts, Series, Volume, VolumeGeometry
from MedMMSlicerLib.errors import BundleError

BundleMaker = Callable[..., Path]
Metadata = dict[str, Any]


@pytest.fixture
def two_bundles(make_bundle: BundleMaker, metadata: Metadata, tmp_path: Path) -> Path:
    make_bundle(metadata, name="catalog/tiny")
    metadata["medmm"]["id"] = "other-mr"
    make_bundle(metadata, name="catalog/other")
    make_bundle({"version": "1", "medmm": {}}, name="catalog/broken")
    (tmp_path / "catalog" / "no-bundle").mkdir()
    make_bundle(metadata, name="catalog/.partial-tiny")
    return tmp_path / "catalog"


def test_bundles_are_listed_the_broken_ones_with_their_error(two_bundles: Path) -> None:
    catalog = BundleCatalog([two_bundles])
    assert catalog.ids() == ("other-mr", "tiny-mr")
    kinds = {(entry.path.name, type(entry)) for entry in catalog.list()}
    assert kinds == {("tiny", ModelBundle), ("other", ModelBundle), ("broken", BrokenBundle)}
    (broken,) = (entry for entry in catalog.list() if isinstance(entry, BrokenBundle))
    assert "$.medmm.files" in broken.error or "$.medmm.graphs" in broken.error


def test_listing_hashes_nothing_and_getting_does(two_bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (two_bundles / "tiny" / "models" / "image.onnx").open("ab") as stream:
        stream.write(b"\x00")
    catalog = BundleCatalog([two_bundles])
    with monkeypatch.context() as patch:
        patch.setattr(loading, "check_files", None)
        assert "tiny-mr" in catalog.ids()
    with pytest.raises(BundleError, match="SHA-256"):
        catalog.get("tiny-mr")
    assert catalog.get("other-mr").manifest.id == "other-mr"


def test_a_folder_may_be_given_instead_of_an_id(two_bundles: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    catalog = BundleCatalog([])
    assert catalog.get(str(two_bundles / "tiny")).manifest.id == "tiny-mr"
    monkeypatch.chdir(two_bundles)
    assert catalog.get("tiny").manifest.id == "tiny-mr"
    with pytest.raises(BundleError, match="can not be read"):
        catalog.get(str(two_bundles / "absent"))


def test_an_unknown_id_gets_a_suggestion(two_bundles: Path) -> None:
    catalog = BundleCatalog([two_bundles])
    with pytest.raises(BundleError, match=r"no bundle 'tiny-rm'\. Did you mean 'tiny-mr'\?"):
        catalog.get("tiny-rm")
    with pytest.raises(BundleError, match=r"Known are: other-mr, tiny-mr; or give a bundle's folder\."):
        catalog.get("quite different")
    with pytest.raises(BundleError, match="There is no bundle ''"):
        catalog.get("")
    with pytest.raises(BundleError, match="Known are: none"):
        BundleCatalog([]).get("tiny-mr")


def test_a_broken_bundle_asked_for_by_name_says_why(two_bundles: Path) -> None:
    with pytest.raises(BundleError, match=r"broken is refused\. \$\.medmm"):
        BundleCatalog([two_bundles]).get("broken")


def test_an_id_can_not_be_taken_over(two_bundles: Path, tmp_path: Path) -> None:
    shutil.copytree(two_bundles / "tiny", tmp_path / "later" / "evil")
    catalog = BundleCatalog([two_bundles, tmp_path / "later"])
    assert catalog.ids() == ("other-mr", "tiny-mr")
    assert catalog.get("tiny-mr").path == (two_bundles / "tiny").resolve()
    (entry,) = (entry for entry in catalog.list() if entry.path.name == "evil")
    assert isinstance(entry, BrokenBundle)
    assert "has the id of" in entry.error


def test_a_folder_named_twice_is_listed_once(two_bundles: Path) -> None:
    catalog = BundleCatalog([two_bundles, two_bundles / "tiny", two_bundles / "absent"])
    assert catalog.ids() == ("other-mr", "tiny-mr")


def test_the_default_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shipped, named, home = tmp_path / "shipped", tmp_path / "named", tmp_path / "home"
    own = home / "medmm" / "bundles"
    for folder in (shipped, named, own):
        folder.mkdir(parents=True)
    monkeypatch.setattr(module, "shipped_folder", lambda: shipped)
    monkeypatch.setenv("MEDMM_BUNDLES", os.pathsep.join([str(named), "", str(tmp_path / "absent")]))
    monkeypatch.setattr(module, "user_folder", lambda: own)
    assert default_folders() == (shipped, named, own)
    assert BundleCatalog().folders == (shipped, named, own)


@pytest.mark.parametrize(
    ("platform", "variable", "expected"),
    [
        ("linux", "XDG_DATA_HOME", "medmm/bundles"),
        ("win32", "LOCALAPPDATA", "medmm/bundles"),
        ("linux", "", ".local/share/medmm/bundles"),
        ("win32", "", "AppData/Local/medmm/bundles"),
        ("darwin", "", "Library/Application Support/medmm/bundles"),
    ],
)
def test_the_users_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, platform: str, variable: str, expected: str
) -> None:
    for name in ("XDG_DATA_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(module.sys, "platform", platform)
    monkeypatch.setattr(module.Path, "home", lambda: tmp_path)
    if variable:
        monkeypatch.setenv(variable, str(tmp_path))
    assert user_folder() == tmp_path / expected


@pytest.mark.parametrize("layout", ["MedMMSlicerLib/Resources", "Resources", "../Resources"])
def test_shipped_bundles_are_found_in_each_layout(tmp_path: Path, repository: Path, layout: str) -> None:
    """Wheel, Slicer's module folder, and source checkout (or editable install)."""
    package = tmp_path / "MedMMSlicer"
    shutil.copytree(repository / "MedMMSlicer" / "MedMMSlicerLib", package / "MedMMSlicerLib")
    bundles = (package / layout / "Bundles").resolve()
    bundles.mkdir(parents=True)
    code = "from MedMMSlicerLib.bundles.catalog import shipped_folder; print(shipped_folder())"
    command = [sys.executable, "-S", "-c", f"import sys; sys.path[:0] = {[str(package), *sys.path]}; {code}"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert Path(output.strip()).resolve() == bundles


def test_importing_the_catalog_loads_nothing_heavy() -> None:
    code = "import sys, MedMMSlicerLib.bundles.catalog, MedMMSlicerLib.bundles.writing; print(*sys.modules)"
    output = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    heavy = {"jsonschema", "onnx", "onnxruntime", "SimpleITK", "scipy", "torch", "slicer", "PySide6"}
    assert not heavy & set(output.split())


def test_listing_is_quick(make_bundle: BundleMaker, metadata: Metadata, tmp_path: Path) -> None:
    for index in range(20):
        metadata["medmm"]["id"] = f"bundle-{index}"
        make_bundle(metadata, name=f"many/{index}")
    catalog = BundleCatalog([tmp_path / "many"])
    catalog.list()
    start = time.process_time()
    assert len(catalog.ids()) == 20
    assert time.process_time() - start < 1.0


def a_series(
    modality: str = "MR",
    shape: tuple[int, int, int] = (20, 30, 40),
    spacing_mm: tuple[float, float, float] = (2.0, 1.0, 0.5),
    color: bool = False,
    spacing_known: bool = True,
    **facts: str,
) -> Series:
    array = np.zeros((*shape, 3) if color else shape, np.uint8)
    geometry = VolumeGeometry.from_axes(shape, spacing_mm, (0.0, 0.0, 0.0))
    volume = Volume(array, geometry, spacing_known=spacing_known)
    return Series("image", HeaderFacts(modality=modality, **facts), (Path("image"),), volume=volume)


UNLOADED = dataclasses.replace(a_series(body_part="HEAD"), volume=None)


@pytest.mark.parametrize(
    ("series", "applicable", "reason"),
    [
        (a_series("CR"), False, "tiny-mr reads MR volumes; this is a CR image."),
        (a_series("MG"), False, "tiny-mr reads MR volumes; this is an MG image."),
        (a_series("US"), False, "tiny-mr reads MR volumes; this is a US image."),
        (a_series(shape=(1, 30, 40)), False, "tiny-mr reads volumes; this is a single image."),
        (
            a_series(body_part="KNEE"),
            False,
            "tiny-mr reads the body part HEAD; this image shows KNEE.",
        ),
        (
            a_series(body_part="head"),
            True,
            "tiny-mr fits: MR image, volume, body part head, field of view 40 x 30 x 20 mm.",
        ),
        (
            a_series(),
            True,
            "tiny-mr fits: MR image, volume, field of view 40 x 30 x 20 mm; body part not stated in the "
            "file.",
        ),
        (
            a_series(""),
            True,
            "tiny-mr fits: volume, field of view 40 x 30 x 20 mm; modality not stated in the file, body part "
            "not stated in the file.",
        ),
        (
            a_series(spacing_mm=(5.0, 1.0, 0.5)),
            False,
            "tiny-mr is for images of at most 90 mm on every side; this one is 100 x 30 x 20 mm.",
        ),
        (
            a_series(spacing_mm=(2.0, 1.0, 0.2)),
            False,
            "tiny-mr is for images of at least 10 mm on every side; this one is 40 x 30 x 8 mm.",
        ),
        (
            a_series(body_part="HEAD", spacing_known=False),
            True,
            "tiny-mr fits: MR image, volume, body part HEAD; size in mm not stated in the file.",
        ),
        (
            UNLOADED,
            True,
            "tiny-mr fits: MR image, body part HEAD; the image is not loaded, so its size was not compared.",
        ),
        (
            a_series(body_part="HEAD", color=True),
            True,
            "tiny-mr fits: MR image, volume, body part HEAD, field of view 40 x 30 x 20 mm; its colors are "
            "read as gray.",
        ),
    ],
)
def test_a_suggestion_gives_its_reason(
    make_bundle: BundleMaker, series: Series, applicable: bool, reason: str
) -> None:
    (suggestion,) = BundleCatalog([make_bundle()]).suggest(series)
    assert (suggestion.applicable, suggestion.reason) == (applicable, reason)
    assert suggestion.bundle.manifest.id == "tiny-mr"


@pytest.fixture
def radiograph_bundle(make_bundle: BundleMaker, metadata: Metadata) -> Path:
    medmm = metadata["medmm"]
    medmm["id"] = "chest"
    medmm["inputs"][0] |= {"dimensions": 2, "modalities": ["CR", "DX"], "views": ["PA"], "channels": 3}
    medmm["inputs"][0] |= {"minimum_extent_mm": None, "maximum_extent_mm": None, "body_parts": []}
    medmm["preprocess"] |= {"orientation": "", "region": {"kind": "whole", "size": [1, 6, 8]}}
    medmm["labels"] = []
    medmm["tasks"] = ["classification"]
    medmm["postprocess"] = {}
    return make_bundle(metadata, name="catalog/chest")


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (a_series("CT"), "chest reads CR and DX images; this is a CT image."),
        (a_series("DX"), "chest reads single images; this is a volume of 20 slices."),
        (
            a_series("DX", (1, 30, 40), color=True, view="LL"),
            "chest reads the view PA; this image shows LL.",
        ),
        (a_series("DX", (1, 30, 40), view="PA"), "chest reads color images; this one is grayscale."),
    ],
)
def test_a_radiograph_bundle_refuses(radiograph_bundle: Path, series: Series, reason: str) -> None:
    (suggestion,) = BundleCatalog([radiograph_bundle]).suggest(series)
    assert (suggestion.applicable, suggestion.reason) == (False, reason)


def test_applicable_bundles_come_first(
    radiograph_bundle: Path, make_bundle: BundleMaker, metadata: Metadata, tmp_path: Path
) -> None:
    make_bundle(name="catalog/tiny")
    suggestions = BundleCatalog([tmp_path / "catalog"]).suggest(a_series())
    assert [(s.bundle.manifest.id, s.applicable) for s in suggestions] == [
        ("tiny-mr", True),
        ("chest", False),
    ]


def test_without_a_modality_nothing_is_certain_and_ct_is_told_by_its_values(
    make_bundle: BundleMaker, metadata: Metadata
) -> None:
    catalog = BundleCatalog([make_bundle(metadata)])
    (known,), (unknown,) = catalog.suggest(a_series()), catalog.suggest(a_series(""))
    assert (known.applicable, known.certain) == (True, True)
    assert (unknown.applicable, unknown.certain) == (True, False)
    plain = a_series("")
    assert plain.volume is not None
    array = np.full(plain.volume.array.shape, 40, np.int16)
    array[:, :10] = -1000
    series = dataclasses.replace(plain, volume=dataclasses.replace(plain.volume, array=array))
    (refused,) = catalog.suggest(series)
    assert not refused.applicable
    assert refused.reason == "tiny-mr reads MR volumes; this image has values below -500, as CT has."
    metadata["medmm"]["inputs"][0]["modalities"] = ["CT", "MR"]
    (fits,) = BundleCatalog([make_bundle(metadata, name="ct")]).suggest(series)
    assert fits.applicable


def test_what_nearly_fits_comes_before_what_does_not(
    radiograph_bundle: Path, make_bundle: BundleMaker, metadata: Metadata, tmp_path: Path
) -> None:
    make_bundle(name="catalog/tiny")
    suggestions = BundleCatalog([tmp_path / "catalog"]).suggest(a_series("CT"))
    assert [item.bundle.manifest.id for item in suggestions] == ["tiny-mr", "chest"]
    assert suggestions[0].misfit == (1, 1) and suggestions[1].misfit == (1, 3)


def test_an_unapplicable_first_role_leaves_the_second(make_bundle: BundleMaker, metadata: Metadata) -> None:
    role = metadata["medmm"]["inputs"][0]
    metadata["medmm"]["inputs"].append({**role, "role": "prior", "modalities": ["CT"], "body_parts": []})
    (suggestion,) = BundleCatalog([make_bundle(metadata)]).suggest(a_series("CT"))
    assert suggestion.applicable
