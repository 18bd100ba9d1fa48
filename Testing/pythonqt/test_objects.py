"""Life and death of objects, subclasses, names, and what crashes Slicer and raises here."""

from __future__ import annotations

import gc
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytestmark = pytest.mark.panel


def test_a_dead_object_is_false_and_raises_value_error(qt: Any) -> None:
    parent = qt.QWidget()
    button = qt.QPushButton("x", parent)
    assert button
    del parent
    gc.collect()
    assert not button
    for use in (lambda: button.text, lambda: button.setText("y"), lambda: button.nosuch):
        with pytest.raises(ValueError, match="destroyed"):
            use()


def test_a_widget_without_parent_dies_with_its_last_reference(qt: Any) -> None:
    died: list[int] = []
    widget = qt.QWidget()
    widget.connect("destroyed()", lambda: died.append(1))
    del widget
    gc.collect()
    assert died == [1]


@pytest.mark.parametrize("setter", ["setModel", "setItemDelegate"])
def test_views_do_not_hold_what_they_use(
    qt: Any, turn: Callable[[], None], setter: str, capfd: pytest.CaptureFixture[str]
) -> None:
    makers = {"setModel": qt.QStandardItemModel, "setItemDelegate": qt.QStyledItemDelegate}
    view, kept, died = qt.QTableView(), makers[setter](), []
    getattr(view, setter)(kept)
    kept.connect("destroyed()", lambda: died.append("kept"))
    other = qt.QTableView()
    lost = makers[setter]()
    lost.connect("destroyed()", lambda: died.append("lost"))
    getattr(other, setter)(lost)
    del lost
    turn()
    assert died == ["lost"] and kept
    assert "nobody holds it" in capfd.readouterr().err


def test_children_are_attributes_by_name_but_grandchildren_are_not(qt: Any) -> None:
    panel = qt.QWidget()
    inner = qt.QWidget(panel)
    inner.setObjectName("inner")
    button = qt.QPushButton(inner)
    button.name = "applyButton"
    assert panel.inner.applyButton is button
    with pytest.raises(AttributeError):
        _ = panel.applyButton
    with pytest.raises(AttributeError):
        panel.inner = 3


class TestSubclasses:
    def test_attributes_are_free_but_not_for_names_of_qt(self, qt: Any) -> None:
        class Panel(qt.QWidget):
            def __init__(self) -> None:
                qt.QWidget.__init__(self)
                self.mine = 3

        panel = Panel()
        assert panel.mine == 3 and isinstance(panel, Panel) and isinstance(panel, qt.QWidget)
        assert not isinstance(panel, qt.QObject)
        for name in ("layout", "parent", "update", "close", "width"):
            with pytest.raises(AttributeError):
                setattr(panel, name, 3)
        for name in ("size", "font"):
            with pytest.raises(ValueError):
                setattr(panel, name, 3)

    def test_the_base_is_called_by_its_class_and_not_by_super(self, qt: Any) -> None:
        failures: list[str] = []

        class Panel(qt.QWidget):
            def resizeEvent(self, event: Any) -> None:
                for read in (
                    lambda: super(Panel, self).resizeEvent,
                    lambda: super(Panel, self).setWindowTitle,
                    lambda: super(Panel, self).windowTitle,
                ):
                    with pytest.raises(AttributeError):
                        read()
                    failures.append("refused")
                qt.QWidget.resizeEvent(self, event)
                self.seen = (event.size().width(), self.width, self.windowTitle)

        panel = Panel()
        panel.resize(50, 60)
        panel.show()
        assert panel.seen == (50, 50, "") and len(failures) == 3

    def test_an_exception_in_an_override_is_printed_and_swallowed(
        self, qt: Any, capfd: pytest.CaptureFixture[str]
    ) -> None:
        class Panel(qt.QWidget):
            def closeEvent(self, event: Any) -> None:
                raise KeyError("lost")

        panel = Panel()
        panel.close()
        assert "KeyError" in capfd.readouterr().err
        with pytest.raises(KeyError):
            panel.closeEvent(None)

    def test_a_base_that_was_not_initialized(self, qt: Any) -> None:
        class Panel(qt.QWidget):
            def __init__(self) -> None:
                self.mine = 3

        with pytest.raises(ValueError, match="__init__"):
            Panel().setWindowTitle("x")

    def test_a_model_gives_and_gets_plain_numbers(self, qt: Any, turn: Callable[[], None]) -> None:
        seen: set[type] = set()

        class Model(qt.QAbstractTableModel):
            def rowCount(self, parent: Any = None) -> int:
                return 2

            def columnCount(self, parent: Any = None) -> int:
                return 1

            def flags(self, index: Any) -> int:
                return qt.Qt.ItemIsEnabled | qt.Qt.ItemIsSelectable

            def headerData(self, section: int, orientation: int, role: int) -> Any:
                seen.add(type(orientation))
                return "H" if orientation == qt.Qt.Horizontal and role == qt.Qt.DisplayRole else None

            def data(self, index: Any, role: int) -> Any:
                return [1, 2] if role == qt.Qt.UserRole else None

        model, view = Model(), qt.QTableView()
        view.setModel(model)
        view.show()
        turn()
        assert view.model() is model and seen == {qt.Qt.Orientation}
        assert model.index(0, 0).data(qt.Qt.UserRole) == (1, 2)
        assert model.index(0, 0).flags() == 33

    def test_an_event_filter(self, qt: Any) -> None:
        class Filter(qt.QObject):
            def eventFilter(self, watched: Any, event: Any) -> bool:
                return event.type() == qt.QEvent.WhatsThisClicked

        spy, widget = Filter(), qt.QWidget()
        widget.installEventFilter(spy)
        assert qt.QApplication.sendEvent(widget, qt.QEvent(qt.QEvent.WhatsThisClicked)) is True


class TestWhatCrashesSlicer:
    def test_a_signal_in_a_class_that_is_no_object_of_qt(self, qt: Any) -> None:
        with pytest.raises((TypeError, RuntimeError)):
            type("Plain", (), {"changed": qt.Signal(int)})

    def test_a_thread_with_python_code(self, qt: Any) -> None:
        with pytest.raises(TypeError, match="QThread"):
            type("Thread", (qt.QThread,), {"run": lambda self: None})


class TestWhatFails:
    def test_an_image_from_bytes(self, qt: Any) -> None:
        with pytest.raises(ValueError, match="loadFromData"):
            qt.QImage(bytes(4), 1, 1, qt.QImage.Format_RGB32)

    def test_fragments_of_a_block(self, qt: Any) -> None:
        block = qt.QTextDocument("a").begin()
        with pytest.raises(TypeError):
            iter(block)
        with pytest.raises(AttributeError):
            block.begin()

    def test_a_button_box_from_flags(self, qt: Any) -> None:
        box = qt.QDialogButtonBox(qt.QDialogButtonBox.Ok | qt.QDialogButtonBox.Cancel)
        assert box.buttons() == ()
        box.setStandardButtons(qt.QDialogButtonBox.Ok | qt.QDialogButtonBox.Cancel)
        assert len(box.buttons()) == 2

    def test_contexts_of_pyside(self, qt: Any) -> None:
        sender = qt.QObject()
        with pytest.raises(TypeError), qt.QSignalBlocker(sender):
            pass

    def test_text_in_place_of_a_color_or_a_font(self, qt: Any) -> None:
        for refuse in (
            lambda: qt.QTableWidgetItem("x").setForeground("red"),
            lambda: qt.QLabel().setFont("Sans"),
            lambda: qt.QPushButton().setShortcut("Ctrl+S"),
        ):
            with pytest.raises(ValueError, match="wrong arguments"):
                refuse()
        item = qt.QTableWidgetItem("x")
        item.setForeground(qt.QBrush(qt.QColor("red")))
        assert item.foreground().color().name() == "#ff0000"

    def test_names_that_are_not_there(self, qt: Any, ctk: Any) -> None:
        for module, name in ((qt, "Slot"), (qt, "QVariant"), (qt, "QNoSuch"), (ctk, "ctkNoSuch")):
            with pytest.raises(AttributeError):
                getattr(module, name)

    @pytest.mark.parametrize("value", ["4", None, np.float64(3), [4], 10**12])
    def test_what_a_spin_box_refuses(self, qt: Any, value: Any) -> None:
        spin_box = qt.QSpinBox()
        for write in (spin_box.setValue, lambda each: setattr(spin_box, "value", each)):
            with pytest.raises(ValueError, match="wrong arguments"):
                write(value)
        assert spin_box.value == 0


class TestDialogs:
    def test_a_file_dialog_returns_the_path_alone(self, qt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        from MedMMSlicerHost.pythonqt import differences

        monkeypatch.setattr(differences, "run_dialog", lambda function, args: ("/a/b.dcm", "All (*)"))
        assert qt.QFileDialog.getOpenFileName(None, "Open", "/a") == "/a/b.dcm"

    def test_a_number_has_no_flag(self, qt: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        from MedMMSlicerHost.pythonqt import differences

        monkeypatch.setattr(differences, "run_dialog", lambda function, args: (4, True))
        assert qt.QInputDialog.getInt(None, "How many", "Number") == 4
        with pytest.raises(ValueError, match="keyword"):
            qt.QInputDialog.getInt(None, "How many", label="Number")


def test_values_have_methods_where_widgets_have_values(qt: Any) -> None:
    combo, table, rows = qt.QComboBox(), qt.QTableWidget(2, 2), qt.QListWidget()
    layout = qt.QVBoxLayout()
    assert combo.count == 0 and layout.count() == 0
    assert rows.currentRow == -1 and table.currentRow() == -1
    assert qt.QLabel().pixmap is not None and qt.QTextEdit().document.characterCount() == 1
    option = qt.QStyleOptionViewItem()
    option.rect = qt.QRect(1, 2, 3, 4)
    assert option.rect.width() == 3 and type(option.state) is int
    assert bool(qt.QPixmap()) and bool(qt.QSize())


def test_calls_without_result_do_not_use_up_none(qt: Any) -> None:
    import sys

    label = qt.QLabel()
    for _ in range(100):
        label.setText("x")
    assert sys.version_info >= (3, 12) or sys.getrefcount(None) > 1 << 39


def test_an_overload_that_fits_comes_before_one_that_makes_text(qt: Any) -> None:
    combo, icon = qt.QComboBox(), qt.QIcon(qt.QPixmap(4, 4))
    combo.addItem(icon, "with icon", None)
    combo.addItem("plain", None)
    combo.addItem(5)
    assert [combo.itemText(row) for row in range(3)] == ["with icon", "plain", "5"]
    assert not combo.itemIcon(0).isNull() and combo.itemData(1) is None


def test_installing_twice_changes_nothing(qt: Any) -> None:
    import sys

    from MedMMSlicerHost import pythonqt

    pythonqt.install()
    assert sys.modules["qt"] is qt
