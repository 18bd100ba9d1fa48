"""A reader's hands: clicks, keys and strokes in the window, at places that are really visible."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

__all__ = ["Hands", "settle"]

_PATIENCE_S = 30.0


def settle(seconds: float = 0.0) -> None:
    """Let Qt do what is due."""
    import qt

    end = time.monotonic() + seconds
    for _ in range(4):
        qt.QApplication.processEvents()
    while time.monotonic() < end:
        qt.QApplication.processEvents()
        time.sleep(0.002)


class Hands:
    """Works on one reader.

    Nothing here calls the room: what it does goes through the widgets. It refuses to press what a reader
    could not press: widgets that are hidden, disabled, or covered by others.
    """

    def __init__(self, reader: Any) -> None:
        self.reader = reader

    # ------------------------------------------------------------------ waiting

    def wait(self, condition: Callable[[], object], seconds: float = _PATIENCE_S, what: str = "") -> None:
        """Let the window work until something is so."""
        end = time.monotonic() + seconds
        while not condition():
            message = self.reader.room.message
            assert time.monotonic() < end, f"Not in time: {what}. The panel says: {message}"
            settle()
            time.sleep(0.002)

    def rest(self) -> None:
        """Wait until nothing goes on, and the panel shows what the room knows."""
        import qt

        run = self.reader.room.run
        self.wait(lambda: not run.state.busy, what="the end of the run")
        settle()
        self.reader.panel.flush()
        settle()
        # The event loop of a program does this by itself; processEvents does not.
        qt.QCoreApplication.sendPostedEvents(None, qt.QEvent.DeferredDelete)
        settle()

    def come_back(self) -> None:
        """Without a window manager nobody gives the keyboard back to the window behind one that closed."""
        import qt

        window = qt.QApplication.activeWindow()
        if not window or not window.isVisible():
            self.reader.widget.activateWindow()
            settle()

    # ------------------------------------------------------------------ mouse

    def reach(self, widget: Any) -> None:
        """Scroll the panel until a widget is seen, as a reader would."""
        area = self.reader.panel.ui.scrollArea
        inside = area.widget()
        if not inside.isAncestorOf(widget):
            return
        for _ in range(10):
            # A refresh that is due may still move it.
            area.ensureWidgetVisible(widget)
            settle()
            place = widget.mapTo(area.viewport(), widget.rect.center())
            if area.viewport().rect.contains(place):
                return

    def click(self, widget: Any, at: tuple[int, int] | None = None, double: bool = False) -> None:
        """Click a widget, in its middle unless a place is given."""
        import qt

        self.come_back()
        self.reach(widget)
        place = qt.QPoint(*at) if at is not None else widget.rect.center()
        # Of what is higher than the panel, the middle alone is in sight.
        self._show_point(widget, place)
        name = widget.objectName or str(widget)
        assert widget.isVisible(), f"{name} is hidden"
        assert widget.isEnabled(), f"{name} is disabled: {widget.toolTip}"
        self._assert_on_top(widget, place)
        button = (widget, qt.Qt.LeftButton, qt.Qt.NoModifier, place)
        qt.QTest.mouseClick(*button)
        if double:
            qt.QTest.mouseDClick(*button)
            qt.QTest.mouseRelease(*button)
        settle()

    def _assert_on_top(self, widget: Any, place: Any) -> None:
        window = widget.window()
        found = window.childAt(widget.mapTo(window, place))
        if not found:
            assert widget is window or widget.isWindow(), f"{widget.objectName} can not be reached"
            return
        assert found == widget or widget.isAncestorOf(found), (
            f"{widget.objectName} is covered by {found.objectName} at {place.x()}, {place.y()}"
        )

    def click_cell(self, table: Any, row: int, column: int, double: bool = False) -> None:
        """Click a cell of a table, after scrolling to it."""
        self.reach(table)
        item = table.item(row, column)
        table.scrollToItem(item)
        settle()
        box = table.visualItemRect(item)
        center = box.center()
        self._show_point(table.viewport(), center)
        self.click(table.viewport(), (center.x(), center.y()), double)

    def _show_point(self, widget: Any, point: Any) -> None:
        area = self.reader.panel.ui.scrollArea
        inside = area.widget()
        if inside.isAncestorOf(widget):
            place = widget.mapTo(inside, point)
            area.ensureVisible(place.x(), place.y(), 20, 60)
            settle()

    def tick(self, table: Any, row: int, column: int) -> None:
        """Click the check box of a cell."""
        import qt

        self.reach(table)
        box = table.visualItemRect(table.item(row, column))
        option = qt.QStyleOptionViewItem()
        option.rect = box
        place = (box.x() + 12, box.center().y())
        self._show_point(table.viewport(), qt.QPoint(*place))
        self.click(table.viewport(), place)

    def stroke(self, view: Any, points: Sequence[tuple[float, float]], button: str = "left") -> None:
        """Press in a view, move over some places, release."""
        import qt

        pressed = getattr(qt.Qt, f"{button.capitalize()}Button")
        widget, none = view.widget, qt.Qt.NoModifier
        assert widget.isVisible(), f"the view {view.name} is hidden"
        spots = [qt.QPoint(round(x), round(y)) for x, y in points]
        for spot in spots:
            assert widget.rect.contains(spot), f"{spot.x()}, {spot.y()} is outside of the view"
        qt.QTest.mousePress(widget, pressed, none, spots[0])
        for spot in spots[1:]:
            # QTest.mouseMove tells of no button; a drag needs the one that is down.
            event = qt.QMouseEvent(
                qt.QEvent.MouseMove,
                qt.QPointF(spot),
                qt.QPointF(widget.mapToGlobal(spot)),
                qt.Qt.NoButton,
                pressed,
                none,
            )
            qt.QApplication.sendEvent(widget, event)
            settle()
        qt.QTest.mouseRelease(widget, pressed, none, spots[-1])
        settle()

    def move(self, view: Any, place: tuple[float, float], keys: int = 0) -> None:
        """Move the mouse over a view without a button."""
        import qt

        spot = qt.QPoint(round(place[0]), round(place[1]))
        event = qt.QMouseEvent(
            qt.QEvent.MouseMove,
            qt.QPointF(spot),
            qt.QPointF(view.widget.mapToGlobal(spot)),
            qt.Qt.NoButton,
            qt.Qt.NoButton,
            qt.Qt.KeyboardModifier(int(keys)),
        )
        qt.QApplication.sendEvent(view.widget, event)
        settle()

    def slide(self, slider: Any, value: int) -> None:
        """Bring a slider to a value with the keyboard."""
        import qt

        self.reach(slider)
        slider.setFocus()
        assert slider.isEnabled(), f"{slider.objectName} is disabled"
        key = qt.Qt.Key_Right if value > slider.value else qt.Qt.Key_Left
        for _ in range(abs(value - slider.value)):
            qt.QTest.keyClick(slider, key)
            if slider.value == value:
                break
        settle()
        assert slider.value == value

    def choose(self, combo: Any, text: str) -> None:
        """Choose an entry of a combo box with the keyboard."""
        import qt

        self.reach(combo)
        assert combo.isVisible() and combo.isEnabled(), f"{combo.objectName} can not be used"
        texts = [combo.itemText(index) for index in range(combo.count)]
        wanted = next(index for index, entry in enumerate(texts) if text in entry)
        combo.setFocus()
        key = qt.Qt.Key_Down if wanted > combo.currentIndex else qt.Qt.Key_Up
        for _ in range(abs(wanted - combo.currentIndex)):
            qt.QTest.keyClick(combo, key)
        settle()
        # What it chose may have replaced the row that it was in.
        assert not combo or text in combo.currentText, combo.currentText

    # ------------------------------------------------------------------ keyboard

    def type(self, widget: Any, text: str) -> None:
        """Type into a widget that has the keyboard."""
        import qt

        qt.QTest.keyClicks(widget, text)
        settle()

    def press(self, widget: Any, key: str) -> None:
        """Press a key, written as Qt does, e.g. ``Return`` or ``Ctrl+Shift+N``, on a widget."""
        import qt

        self.come_back()
        qt.QTest.keySequence(widget, qt.QKeySequence(key))
        settle()

    def edit_cell(self, table: Any, row: int, column: int, text: str) -> None:
        """Double click a cell, type, press Return."""
        import qt

        self.click_cell(table, row, column, True)
        field = qt.QApplication.focusWidget()
        assert field is not None and field.inherits("QLineEdit"), f"no field was opened: {field}"
        field.selectAll()
        self.type(field, text)
        self.press(field, "Return")

    # ------------------------------------------------------------------ menus and windows

    def meanwhile(self, ready: Callable[[], Any], act: Callable[[Any], object]) -> Callable[[], None]:
        """While something waits for an answer (a menu, a dialog), give it as soon as it is there.

        Returns
        -------
        check : callable
            Asserts that it was asked, and that the answer worked.
        """
        import qt

        state: dict[str, Any] = {"tries": 0, "done": False, "error": None}
        timer = qt.QTimer()
        timer.setInterval(20)

        def look() -> None:
            found = ready()
            state["tries"] += 1
            if not found and state["tries"] < 500:
                return
            timer.stop()
            try:
                assert found, "nothing was asked"
                act(found)
                state["done"] = True
            except BaseException as error:  # noqa: BLE001 - it is raised again by check()
                state["error"] = error
                # Whoever waits for an answer shall not wait for ever.
                for window in (qt.QApplication.activePopupWidget(), qt.QApplication.activeModalWidget()):
                    if window:
                        window.close()

        timer.connect("timeout()", look)
        timer.start()

        def check() -> None:
            # Some menus wait for their answer, others are only there.
            self.wait(lambda: state["done"] or state["error"] is not None, what="a question")
            timer.stop()
            if state["error"] is not None:
                raise state["error"]

        return check

    def choose_in_menu(self, button: Any, text: str) -> None:
        """Press a button that opens a menu, and click the entry that contains ``text``."""
        import qt

        def act(menu: Any) -> None:
            self.click_entry(menu, next(item for item in menu.actions() if text in item.text))

        check = self.meanwhile(qt.QApplication.activePopupWidget, act)
        self.click(button)
        check()
        settle()

    def pick(self, menu_id: str, action_id: str) -> None:
        """Open a menu of the menu bar and click an entry."""
        import qt

        bar, menu = self.reader.widget.menuBar(), self.reader.table.menus[menu_id]
        title = bar.actionGeometry(menu.menuAction())
        qt.QTest.mouseClick(bar, qt.Qt.LeftButton, qt.Qt.NoModifier, title.center())
        settle()
        assert menu.isVisible(), f"the menu {menu_id} did not open"
        self.click_entry(menu, self.reader.actions[action_id])

    @staticmethod
    def click_entry(menu: Any, entry: Any) -> None:
        """Click an entry of a menu that is open."""
        import qt

        assert entry.isEnabled() and entry.isVisible(), f"{entry.objectName} can not be chosen"
        qt.QTest.mouseClick(menu, qt.Qt.LeftButton, qt.Qt.NoModifier, menu.actionGeometry(entry).center())
        settle()

    def windows(self) -> list[Any]:
        """Windows over the reader that are open, the last one first."""
        import qt

        found = [
            window
            for window in qt.QApplication.topLevelWidgets()
            if window.inherits("QDialog") and window.isVisible()
        ]
        return found[::-1]

    def press_in_window(self, text: str) -> None:
        """Click the button of an open window that says ``text``."""
        for window in self.windows():
            for button in window.findChildren("QPushButton"):
                if text in button.text.replace("&", "") and button.isVisible():
                    self.click(button)
                    return
        raise AssertionError(f"no open window has a button '{text}'")

    def answer_file_dialog(self, path: Path) -> Callable[[], None]:
        """Type a path into the file dialog that is about to open, and press Return; see `meanwhile`."""

        def find() -> Any:
            for window in self.windows():
                if window.inherits("QFileDialog"):
                    return window
            return None

        def act(dialog: Any) -> None:
            # Typing a whole path makes Qt take its folder for the answer.
            dialog.setDirectory(str(path.parent))
            field = dialog.findChild("QLineEdit", "fileNameEdit")
            field.setFocus()
            field.selectAll()
            self.type(field, path.name)
            self.press(field, "Return")

        return self.meanwhile(find, act)
