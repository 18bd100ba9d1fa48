"""Loading `.ui` files, and widgets that only Slicer has."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from MedMMSlicerLib.errors import InputError

pytestmark = pytest.mark.panel

UI = """<ui version="4.0"><class>Panel</class><widget class="QWidget" name="Panel">
<layout class="QVBoxLayout" name="panelLayout"><item><widget class="{section}" name="caseSection">
<property name="text"><string>Case</string></property><property name="collapsed"><bool>true</bool></property>
<layout class="QVBoxLayout" name="caseLayout"><item><widget class="QPushButton" name="applyButton">
<property name="text"><string>Apply</string></property></widget></item></layout>
</widget></item></layout></widget>
<customwidgets><customwidget><class>{section}</class><extends>QWidget</extends><header>{section}.h</header>
<container>1</container></customwidget></customwidgets></ui>
"""


@pytest.fixture
def ui_file(tmp_path: Path) -> Path:
    path = tmp_path / "Panel.ui"
    path.write_text(UI.format(section="ctkCollapsibleButton"), encoding="utf-8")
    return path


def test_a_ui_file_gives_named_children_and_working_stand_ins(
    qt: Any, ui_file: Path, turn: Callable[[], None]
) -> None:
    from MedMMSlicerHost import pythonqt

    parent = qt.QWidget()
    panel = pythonqt.load_ui(ui_file, parent)
    section = panel.caseSection
    assert panel.objectName == "Panel" and panel.parent() is parent
    assert section.className() == "ctkCollapsibleButton" and section.text == "Case" and section.collapsed
    assert section.applyButton.text == "Apply"
    parent.show()
    turn()
    assert not section.applyButton.visible
    section.collapsed = False
    turn()
    assert section.applyButton.visible


def test_qts_own_loader_knows_the_stand_ins_too(qt: Any, ui_file: Path) -> None:
    file = qt.QFile(str(ui_file))
    assert file.open(qt.QFile.ReadOnly)
    loaded = qt.QUiLoader().load(file)
    assert loaded.caseSection.inherits("ctkCollapsibleButton")


def test_a_class_without_stand_in_is_refused(ui_file: Path, qt: Any) -> None:
    from MedMMSlicerHost import pythonqt

    ui_file.write_text(UI.format(section="ctkThermometer"), encoding="utf-8")
    with pytest.raises(InputError, match="ctkThermometer"):
        pythonqt.load_ui(ui_file)
    ui_file.write_text("<ui>", encoding="utf-8")
    with pytest.raises(InputError, match="can not be loaded"):
        pythonqt.load_ui(ui_file)
    with pytest.raises(InputError, match=r"No\.ui"):
        pythonqt.load_ui(ui_file.with_name("No.ui"))


class TestCollapsibleButton:
    @pytest.fixture
    def section(self, qt: Any, ctk: Any) -> Any:
        section = ctk.ctkCollapsibleButton()
        section.text = "Findings"
        layout = qt.QVBoxLayout(section)
        for name in ("shown", "hidden"):
            label = qt.QLabel(name)
            label.setObjectName(name)
            layout.addWidget(label)
        section.hidden.hide()
        section.show()
        return section

    def test_it_collapses_and_comes_back_as_it_was(self, section: Any, turn: Callable[[], None]) -> None:
        told: list[bool] = []
        section.contentsCollapsed.connect(told.append)
        turn()
        before = section.sizeHint.height()
        section.collapsed = True
        turn()
        assert not section.shown.visible and section.height < before and not section.checked
        section.collapsed = False
        turn()
        assert section.shown.visible and not section.hidden.visible
        assert section.sizeHint.height() == before and told == [True, False]

    def test_a_click_on_the_header_toggles_it(self, section: Any, turn: Callable[[], None]) -> None:
        section.click()
        assert section.collapsed
        section.click()
        assert not section.collapsed

    def test_it_is_painted(self, section: Any, capfd: pytest.CaptureFixture[str]) -> None:
        picture = section.grab().toImage()
        assert picture.width() == section.width
        assert len({picture.pixel(x, 10) for x in range(picture.width())}) > 1
        assert "Traceback" not in capfd.readouterr().err

    def test_it_refuses_what_it_has_not(self, section: Any, ctk: Any) -> None:
        with pytest.raises(AttributeError):
            section.collapsedHeightOrSo = 3
        with pytest.raises(AttributeError):
            _ = section.nosuch
        with pytest.raises(TypeError):
            section.collapsed()
        with pytest.raises((TypeError, ValueError)):
            ctk.ctkCollapsibleButton(text="x")


def test_numbers_of_ctk(ctk: Any) -> None:
    slider, span = ctk.ctkSliderWidget(), ctk.ctkRangeWidget()
    told: list[float] = []
    slider.valueChanged.connect(told.append)
    slider.maximum = 10
    slider.value = 2.5
    assert slider.value == 2.5 and told == [2.5]
    span.minimumValue = 30
    span.maximumValue = 20
    assert (span.minimumValue, span.maximumValue) == (20.0, 20.0)


def test_a_stand_in_of_ones_own_counts_as_a_class_of_qt(qt: Any) -> None:
    import types

    from MedMMSlicerHost import pythonqt
    from PySide6 import QtCore

    class qMRMLThing(qt.QWidget):
        valueChanged = QtCore.Signal(int)

        def __init__(self, *args: Any) -> None:
            qt.QWidget.__init__(self, *args)
            self._value = 0

        def _get(self) -> int:
            return self._value

        def _set(self, value: int) -> None:
            self._value = value
            self.valueChanged.emit(value)

        value = QtCore.Property(int, _get, _set)

        def double(self, number: int) -> int:
            return number * 2

    module = types.ModuleType("slicer")
    pythonqt.register_stand_in(qMRMLThing, module)
    pythonqt.register_stand_in(qMRMLThing, module)
    thing, told = module.qMRMLThing(), []
    assert thing.connect("valueChanged(int)", told.append) is True
    thing.value = 3
    assert (thing.value, told, thing.double(4)) == (3, [3], 8)
    assert thing.className() == "qMRMLThing" and not isinstance(thing, qt.QWidget)
    with pytest.raises(AttributeError):
        thing.other = 3
    with pytest.raises(ValueError, match="keyword"):
        thing.double(number=4)
    with pytest.raises(TypeError):
        thing.value()
