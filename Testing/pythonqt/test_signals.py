"""Connections: which arguments arrive, what keeps whom alive, and what only warns."""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.panel


class Receiver:
    def __init__(self) -> None:
        self.seen: list[Any] = []

    def take_all(self, *values: Any) -> None:
        self.seen.append(values)

    def take_none(self) -> None:
        self.seen.append("none")


def test_the_signal_object_passes_the_bool_and_the_text_what_it_names(qt: Any) -> None:
    button, seen = qt.QPushButton(), []
    assert button.clicked.connect(lambda checked=None: seen.append(checked)) is True
    assert button.connect("clicked()", lambda *values: seen.append(values)) is True
    assert button.connect("clicked(bool)", lambda *values: seen.append(values)) is True
    button.click()
    assert seen == [False, (), (False,)]


def test_a_function_gets_only_as_many_arguments_as_it_takes(qt: Any) -> None:
    button, receiver = qt.QPushButton(), Receiver()
    button.clicked.connect(receiver.take_none)
    button.connect("clicked(bool)", lambda: receiver.seen.append("lambda"))
    button.clicked.connect(functools.partial(receiver.take_all, 1))
    button.click()
    assert receiver.seen == ["none", "lambda", (1, False)]


def test_a_wrong_signature_warns_and_returns_false(qt: Any, capfd: pytest.CaptureFixture[str]) -> None:
    button = qt.QPushButton()
    assert button.connect("nosuch()", print) is False
    assert button.connect("clicked(int)", print) is False
    assert button.connect("clicked()", button, "nosuch()") is False
    assert "no signal nosuch()" in capfd.readouterr().err
    with pytest.raises(AttributeError):
        button.nosuch.connect(print)


def test_slots_of_qt_as_targets(qt: Any, hooked: list[type]) -> None:
    first, second, label = qt.QPushButton(), qt.QCheckBox(), qt.QLabel()
    spin_box = qt.QSpinBox()
    assert first.connect("clicked()", second, "toggle()") is True
    first.click()
    assert second.checked
    spin_box.connect("valueChanged(QString)", label.setText)
    assert qt.QObject.connect(spin_box, "valueChanged(int)", label, "setNum(int)") is True
    spin_box.value = 7
    assert label.text == "7" and not hooked
    first.clicked.connect(second.click)  # gets a bool that it does not take
    first.click()
    assert hooked == [ValueError]


def test_signals_that_only_qt_5_has(qt: Any) -> None:
    combo, spin_box, seen = qt.QComboBox(), qt.QSpinBox(), []
    combo.addItems(["a", "b"])
    combo.connect("currentIndexChanged(QString)", seen.append)
    combo.currentIndexChanged.connect(seen.append)
    spin_box.connect("valueChanged(QString)", seen.append)
    combo.currentIndex = 1
    spin_box.value = 3
    assert sorted(map(str, seen)) == ["1", "3", "b"]


def test_disconnecting(qt: Any) -> None:
    button, receiver = qt.QPushButton(), Receiver()
    button.clicked.connect(receiver.take_all)
    button.clicked.connect(receiver.take_all)
    assert button.clicked.disconnect(receiver.take_all) is True
    button.click()
    assert receiver.seen == [(False,)]
    assert button.clicked.disconnect(len) is False
    assert button.clicked.disconnect() is True
    button.connect("clicked()", receiver.take_none)
    assert button.disconnect("clicked()", receiver.take_none) is True
    button.click()
    assert receiver.seen == [(False,)]


def test_a_connection_keeps_its_receiver_alive_and_dies_with_the_sender(qt: Any) -> None:
    button, receiver = qt.QPushButton(), Receiver()
    button.clicked.connect(receiver.take_all)
    alive = weakref.ref(receiver)
    del receiver
    gc.collect()
    assert alive() is not None
    button.click()
    assert alive().seen == [(False,)]
    del button
    gc.collect()
    assert alive() is None


def test_an_exception_in_a_slot_goes_to_the_hook_only(qt: Any, hooked: list[type]) -> None:
    button, seen = qt.QPushButton(), []
    button.clicked.connect(lambda *_: 1 / 0)
    button.clicked.connect(lambda *_: seen.append("later"))
    button.click()
    assert hooked == [ZeroDivisionError] and seen == ["later"]


def test_emitting_and_blocking(qt: Any) -> None:
    button, seen = qt.QPushButton(), []
    button.connect("clicked(bool)", seen.append)
    button.clicked.emit(True)
    button.clicked(False)
    assert button.blockSignals(True) is False
    button.click()
    assert button.blockSignals(False) is True
    assert seen == [True, False]


def test_signals_of_python_classes(qt: Any, hooked: list[type]) -> None:
    class Owner(qt.QObject):
        moved = qt.Signal(int, str)

    owner, seen = Owner(), []
    owner.moved.connect(lambda number: seen.append(number))
    assert owner.connect("moved(int,QString)", lambda *values: seen.append(values)) is True
    owner.moved.emit(3, "x")
    assert seen == [3, (3, "x")]
    with pytest.raises(ValueError, match="takes 2 arguments"):
        owner.moved.emit(3)
    owner.blockSignals(True)
    owner.moved.emit(4, "y")
    assert len(seen) == 2 and owner.sender() is None
    assert not hooked


def test_item_changed_hands_over_nothing_to_work_with(qt: Any) -> None:
    table, seen = qt.QTableWidget(1, 1), []
    table.setItem(0, 0, qt.QTableWidgetItem("a"))
    table.itemChanged.connect(seen.append)
    table.item(0, 0).setText("b")
    assert len(seen) == 1
    with pytest.raises(AttributeError):
        seen[0].text()


def test_a_timer_that_nobody_holds_never_fires(qt: Any, turn: Callable[[], None]) -> None:
    fired: list[str] = []
    qt.QTimer().timeout.connect(lambda: fired.append("lost"))
    lost = qt.QTimer()
    lost.timeout.connect(lambda: fired.append("lost"))
    lost.start(0)
    del lost
    held = qt.QTimer()
    held.setSingleShot(True)
    held.connect("timeout()", lambda: fired.append("held"))
    held.start(0)
    turn()
    assert fired == ["held"]


def test_the_process_signal_of_qt_5(qt: Any) -> None:
    process, seen = qt.QProcess(), []
    process.connect("finished(int)", lambda *values: seen.append(values))
    process.start("true", [])
    assert process.waitForFinished(5000)
    assert seen == [(0,)]
