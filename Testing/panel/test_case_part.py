"""The case: list, images and roles, header facts, the hidden name, models and their cards, device."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.panel


@pytest.fixture
def part(fake_room: Any, host: Any, show: Callable[..., Any]) -> Any:
    from MedMMSlicerLib.widgets.case_part import CasePart

    made = CasePart(fake_room, host)
    show(made.widget)
    made.refresh()
    yield made
    made.cleanup()


def texts(combo: Any) -> list[str]:
    return [combo.itemText(index) for index in range(combo.count)]


def test_the_cases_are_listed_and_chosen(part: Any, fake_room: Any) -> None:
    assert texts(part.ui.caseCombo) == ["Chest radiograph · 2024-03-01 · read", "Head MR"]
    assert part.ui.caseCombo.currentIndex == 0
    part.ui.caseCombo.setCurrentIndex(1)
    assert fake_room.asked("select") == [("two",)]
    part.step(1)
    part.step(1)
    part.step(-1)
    assert fake_room.asked("select")[1:] == [("one",), ("two",), ("one",)]


def roll(widget: Any) -> None:
    """One notch of the wheel over a widget."""
    import qt

    place = qt.QPointF(4, 4)
    event = qt.QWheelEvent(
        place, place, qt.QPoint(0, 0), qt.QPoint(0, -120), qt.Qt.NoButton, qt.Qt.NoModifier,
        qt.Qt.NoScrollPhase, False,
    )  # fmt: skip
    qt.QApplication.sendEvent(widget, event)


def test_the_wheel_changes_nothing_that_was_not_chosen(part: Any, fake_room: Any) -> None:
    """Who scrolls the panel passes over lists: the case, or the sex of the patient, shall stay."""
    combos = (part.ui.caseCombo, part.ui.modelCombo, part.ui.seriesTable.cellWidget(0, 0))
    before = [combo.currentIndex for combo in combos]
    for combo in combos:
        combo.clearFocus()
        roll(combo)
    assert [combo.currentIndex for combo in combos] == before
    part.widget.activateWindow()
    part.ui.caseCombo.setFocus()
    assert part.ui.caseCombo.hasFocus()
    roll(part.ui.caseCombo)
    assert part.ui.caseCombo.currentIndex == 1


def test_without_a_case_it_says_so(part: Any, fake_room: Any) -> None:
    fake_room.cases.list, fake_room.cases.current_id = (), ""
    part.refresh()
    assert texts(part.ui.caseCombo) == ["No case is open"]
    assert texts(part.ui.modelCombo) == ["Open images first"]
    for button in (part.ui.removeCaseButton, part.ui.cardButton):
        assert not button.enabled
    for shown in (part.ui.seriesTable, part.ui.factsLabel, part.ui.patientRow):
        assert not shown.visible
    for run in (part.remove_case, lambda: part.step(1)):
        fake_room.message = None
        run()
        assert fake_room.message.text == "No case is open"


def test_the_images_have_roles_that_can_be_changed(part: Any, fake_room: Any, pump: Any) -> None:
    table = part.ui.seriesTable
    assert table.rowCount == 2
    assert table.item(0, 1).text() == "Thorax PA"
    assert "no longer in the scene" in table.item(1, 1).text()
    assert table.item(0, 2).text() == "DX CHEST PA"
    first, second = table.cellWidget(0, 0), table.cellWidget(1, 0)
    assert first.currentData == "current" and not second.enabled
    first.setCurrentIndex(first.findData("lateral"))
    assert fake_room.asked("set_role") == [("one", "vtkMRMLScalarVolumeNode1", "lateral")]
    pump()
    assert table.cellWidget(0, 0).currentData == "current", "the room did not agree, so nothing changed"


def test_the_name_is_hidden_until_it_is_asked_for(part: Any, fake_room: Any) -> None:
    label, button = part.ui.patientLabel, part.ui.patientButton
    assert label.text == "Patient: hidden"
    button.click()
    assert label.text == "Patient: DOE^JANE, 4711" and button.text == "Hide"
    part.toggle_patient()
    assert label.text == "Patient: hidden" and button.text == "Show"
    fake_room.cases.person = ("", "")
    part.refresh()
    assert label.text == "Patient: not known" and not button.enabled
    part.toggle_patient()
    assert "not known" in fake_room.message.text


def test_a_name_with_markup_is_shown_as_it_is(part: Any, fake_room: Any) -> None:
    from MedMMSlicerLib.reading.rows import Fact

    fake_room.cases.facts = lambda: (Fact("series", "Series", "<b>big</b>"),)
    fake_room.cases.person = ("<img src=x>", "")
    part.refresh()
    part.ui.patientButton.click()
    assert "&lt;b&gt;" in part.ui.factsLabel.text
    assert part.ui.patientLabel.text == "Patient: <img src=x>"
    assert part.ui.patientLabel.textFormat == 0


def test_facts_wrap_even_where_a_name_has_no_spaces(part: Any, fake_room: Any) -> None:
    from MedMMSlicerLib.reading.rows import Fact

    fake_room.cases.facts = lambda: (Fact("series", "Series", "a_very_long_name." * 12),)
    part.refresh()
    assert part.ui.factsLabel.width <= 400 and part.ui.factsLabel.heightForWidth(380) > 40


def test_the_models_say_whether_they_fit(part: Any, fake_room: Any) -> None:
    assert texts(part.ui.modelCombo) == [
        "✓ Chest radiograph findings",
        "✗ Hippocampus segmentation (does not fit)",
    ]
    assert part.ui.modelCombo.toolTip.startswith("✓ Chest radiograph findings\nThe model that reads")
    assert part.ui.modelCombo.width > 350, "a line of its own: titles are long"
    reason = part.ui.modelReasonLabel
    assert reason.text.startswith("chest-xr fits") and "CC-BY-NC-4.0, license not accepted yet" in reason.text
    part.ui.modelCombo.setCurrentIndex(1)
    assert fake_room.asked("select_model") == [("hippocampus-mr",)]
    part.refresh()
    assert part.ui.modelCombo.toolTip.startswith(part.ui.modelCombo.currentText)
    assert (
        "reads MR volumes" in part.ui.modelReasonLabel.text and ", accepted." in part.ui.modelReasonLabel.text
    )


def test_without_a_model_it_says_so(part: Any, fake_room: Any) -> None:
    fake_room.models.entries, fake_room.models.selected_id = (), ""
    part.refresh()
    assert texts(part.ui.modelCombo) == ["No model is installed"] and not part.ui.modelCombo.enabled
    part.show_card()
    assert fake_room.message.text == "Choose a model first."


def test_a_model_is_accepted_once(part: Any, fake_room: Any) -> None:
    done: list[str] = []
    part.ask_acceptance(lambda: done.append("go"))
    card = part._card
    assert card.dialog.visible and "adult" in card.browser.plainText
    assert "Not accepted yet" in card.head.text and "CC-BY-NC-4.0" in card.head.text
    card.close_button.click()
    assert not done and not fake_room.asked("accept")
    part.ask_acceptance(lambda: done.append("go"))
    part._card.accept_button.click()
    assert done == ["go"] and fake_room.asked("accept") == [("chest-xr",)]
    part.show_card()
    assert part._card.accept_button is None and "You accepted this version" in part._card.head.text


def test_the_device_really_used_and_a_fallback_are_shown(part: Any, fake_room: Any) -> None:
    assert part.ui.deviceLabel.text == "Device used: processor (CPU)"
    assert not part.ui.deviceBanner.visible
    fake_room.run.device_warning = "CUDA was asked for and is not there."
    fake_room.run.device_used = "CUDAExecutionProvider"
    part.refresh()
    assert part.ui.deviceBanner.visible
    assert part.ui.deviceBanner.text == "⚠ CUDA was asked for and is not there."
    assert part.ui.deviceLabel.text == "Device used: graphics card (CUDA)"
    picture = part.ui.deviceBanner.grab().toImage()
    inside = picture.pixelColor(picture.width() - 8, 6)
    assert inside.red() > inside.green() + 15, "the banner is red"


def test_files_and_folders_are_opened(part: Any, fake_room: Any, host: Any) -> None:
    part.ui.openFilesButton.click()
    assert not fake_room.asked("open_paths"), "the reader cancelled"
    host.files = ("/a/one.dcm", "/a/two.dcm")
    part.ui.openFilesButton.click()
    part.ui.openFolderButton.click()
    assert [asked[2] for asked in host.asked] == [False, False, True]
    assert fake_room.asked("open_paths")[0] == ((Path("/a/one.dcm"), Path("/a/two.dcm")),)
    host.files = ("/a/broken.dcm",)
    part.ui.openFilesButton.click()
    assert fake_room.message.severity == "error" and "broken.dcm" in fake_room.message.text


def test_the_samples_are_in_a_menu(part: Any, fake_room: Any) -> None:
    part.show_samples()
    actions = part._sample_menu.actions()
    assert len(actions) > 2 and any("Chest" in action.text for action in actions)
    part._sample_menu.close()
    actions[0].trigger()
    assert fake_room.asked("open_sample") == [("mni-t1",)]


def test_a_volume_of_the_scene_is_adopted(part: Any, fake_room: Any, scene: Any) -> None:
    from MedMMSlicerLib.core import Volume, VolumeGeometry
    from MedMMSlicerLib.scene.volumes import add_volume

    assert not part.ui.adoptButton.enabled
    part.adopt()
    assert "Choose a volume" in fake_room.message.text
    volume = Volume(np.zeros((2, 3, 4), np.int16), VolumeGeometry((2, 3, 4), np.eye(4)))
    volume_id = add_volume(scene, volume, name="T1")
    part.ui.volumeSelector.setCurrentNodeID(volume_id)
    assert part.ui.adoptButton.enabled
    part.ui.adoptButton.click()
    assert fake_room.asked("adopt_volume") == [(volume_id,)]


def test_a_case_is_removed_after_a_question(part: Any, fake_room: Any, host: Any) -> None:
    host.yes = False
    part.ui.removeCaseButton.click()
    assert host.asked[0][:2] == ("confirm", "Remove case") and "Chest radiograph" in host.asked[0][2]
    assert not fake_room.asked("remove")
    host.yes = True
    part.ui.removeCaseButton.click()
    assert fake_room.asked("remove") == [("one",)]


def test_a_role_that_the_room_refuses_goes_back(part: Any, fake_room: Any, pump: Any) -> None:
    from MedMMSlicerLib.errors import UsageError

    def refuse(*_: Any) -> None:
        raise UsageError("No.")

    fake_room.cases.set_role = refuse
    combo = part.ui.seriesTable.cellWidget(0, 0)
    combo.setCurrentIndex(combo.findData("prior"))
    pump()
    assert fake_room.message.text == "No."
    assert part.ui.seriesTable.cellWidget(0, 0).currentData == "current"


def test_a_changed_case_is_shown(part: Any, fake_room: Any) -> None:
    renamed = dataclasses.replace(fake_room.cases.list[0], title="Renamed", state="stale")
    fake_room.cases.list = (renamed,)
    part.refresh()
    assert texts(part.ui.caseCombo) == ["Renamed · 2024-03-01 · context changed"]
