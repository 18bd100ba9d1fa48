"""Suggestions, acceptance and cards of bundles."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from MedMMSlicerLib.bundles.catalog import BundleCatalog
from MedMMSlicerLib.errors import BundleError, UsageError
from MedMMSlicerLib.reading.room import ReadingRoom
from MedMMSlicerLib.reading.settings import FileSettings

from .conftest import write_radiograph

pytestmark = pytest.mark.mrml


def test_the_bundle_that_fits_comes_first_and_is_selected(room: ReadingRoom, phantom_file: Path) -> None:
    assert [row.reason for row in room.models.suggestions()] == ["No case is open."] * 2
    room.cases.open_paths([phantom_file])
    first, second = room.models.suggestions()
    assert (first.id, first.applicable, first.accepted) == ("threshold-test", True, False)
    assert not second.applicable and "tiny-chest reads single images" in second.reason
    assert room.models.selected_id == "threshold-test"
    assert room.models.card("threshold-test") == "# A test\n"
    assert room.models.license_text("threshold-test").strip() == "Apache-2.0"


def test_a_bundle_that_does_not_fit_says_why_it_can_not_run(room: ReadingRoom, phantom_file: Path) -> None:
    room.cases.open_paths([phantom_file])
    room.models.select("tiny-chest")
    assert room.models.selected_id == "tiny-chest"
    can, reason = room.run.can_start()
    assert not can and reason.startswith("tiny-chest reads single images")
    with pytest.raises(UsageError, match="single images"):
        room.run.start()
    room.models.select("")
    assert room.models.selected_id == "threshold-test"
    with pytest.raises(BundleError, match="no bundle 'other'"):
        room.models.select("other")


def test_license_and_use_are_accepted_once_per_version(
    make_room: Callable[..., ReadingRoom], phantom_file: Path, threshold_bundle: Path, tmp_path: Path
) -> None:
    path = tmp_path / "settings.json"
    room = make_room(settings=FileSettings(path))
    room.cases.open_paths([phantom_file])
    can, reason = room.run.can_start()
    assert not can and "not accepted" in reason
    room.models.accept("threshold-test")
    assert room.run.can_start() == (True, "")
    other = make_room(settings=FileSettings(path))
    assert other.models.is_accepted("threshold-test") and not other.models.is_accepted("tiny-chest")
    metadata = threshold_bundle / "configs" / "metadata.json"
    changed = metadata.read_text(encoding="utf-8").replace("Tests only.", "Tests and more.")
    metadata.write_text(changed, encoding="utf-8")
    assert not other.models.is_accepted("threshold-test"), "this is another bundle now"


def test_bundles_that_come_and_go_are_noticed(
    make_room: Callable[..., ReadingRoom], phantom_file: Path, threshold_bundle: Path
) -> None:
    room = make_room(catalog=BundleCatalog([threshold_bundle.parent]))
    room.cases.open_paths([phantom_file])
    room.models.select("threshold-test")
    away = threshold_bundle.parent.parent / "away"
    shutil.move(threshold_bundle, away)
    assert room.models.suggestions() == ()
    assert room.run.can_start()[1] == "The bundle 'threshold-test' is not there any more. Select another one."
    with pytest.raises(BundleError):
        room.models.card("threshold-test")
    shutil.move(away, threshold_bundle)
    assert room.models.suggestions()[0].applicable
    (threshold_bundle.parent / "broken" / "configs").mkdir(parents=True)
    (threshold_bundle.parent / "broken" / "configs" / "metadata.json").write_text("{", encoding="utf-8")
    assert len(room.models.broken) == 1 and "broken" in room.models.broken[0]


def test_without_any_bundle(make_room: Callable[..., ReadingRoom], phantom_file: Path) -> None:
    room = make_room(catalog=BundleCatalog([]))
    room.cases.open_paths([phantom_file])
    assert room.models.selected_id == ""
    assert room.run.can_start() == (False, "There is no model. Install a bundle first.")


def test_several_that_may_fit_an_image_without_a_modality_are_left_to_the_reader(
    make_room: Callable[..., ReadingRoom], phantom_file: Path, threshold_bundle: Path
) -> None:
    other = threshold_bundle.parent / "another"
    shutil.copytree(threshold_bundle, other)
    metadata = other / "configs" / "metadata.json"
    metadata.write_text(metadata.read_text("utf-8").replace("threshold-test", "another-test"), "utf-8")
    room = make_room(catalog=BundleCatalog([threshold_bundle.parent]))
    room.cases.open_paths([phantom_file])
    assert [(row.applicable, row.certain) for row in room.models.suggestions()] == [(True, False)] * 2
    assert room.models.selected_id == ""
    said = "The file does not state its modality: choose the model yourself."
    assert room.run.can_start() == (False, said)
    room.models.select("threshold-test")
    assert room.models.selected_id == "threshold-test" and "not accepted" in room.run.can_start()[1]


def test_where_none_fits_the_nearest_says_why(room: ReadingRoom, radiograph: Path) -> None:
    write_radiograph(radiograph, Modality="US")
    room.cases.open_paths([radiograph])
    assert room.models.selected_id == ""
    can, reason = room.run.can_start()
    assert not can and reason.startswith("No model fits this image. The nearest: tiny-chest reads ")


def test_a_required_role_that_is_missing_is_said(
    make_room: Callable[..., ReadingRoom], phantom_file: Path, threshold_bundle: Path
) -> None:
    metadata = threshold_bundle / "configs" / "metadata.json"
    text = metadata.read_text(encoding="utf-8").replace('"role": "current"', '"role": "prior"')
    metadata.write_text(text, encoding="utf-8")
    room = make_room(catalog=BundleCatalog([threshold_bundle.parent]))
    room.cases.open_paths([phantom_file])
    assert room.models.refusal("threshold-test").startswith("threshold-test needs an image with the role")
