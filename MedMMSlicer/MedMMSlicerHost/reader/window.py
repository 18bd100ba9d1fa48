"""The reader's window: views in the middle, cases at the left, the panel at the right."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import qt
from MedMMSlicerLib.scene.views import ensure_slice_views
from MedMMSlicerLib.widgets import translation

from ..application import HostApplication
from .actions import ActionTable
from .corners import Corners
from .dialogs import Dialogs
from .docks import Docks
from .files import Files
from .frame import MainWindow, StatusBar
from .host import DesktopHost
from .memory import WindowMemory
from .mouse import TOOLS, SliceMouse, SliceMouseTargets
from .placing import Placing
from .point_names import paint_names
from .preferences import Preferences
from .readout import read_at
from .slice_view import SliceView
from .surfaces import Surfaces
from .theme import apply_theme
from .toolbar import ToolBar
from .view import View
from .view_area import LAYOUTS, VOLUME, ViewArea
from .view_commands import ViewCommands
from .view_places import place_of, put_place
from .volume_view import VolumeView, dress
from .words import _

__all__ = ["ReaderWindow"]

_TITLE = "MedMM reader"


class ReaderWindow:
    """The desktop reader.

    Parameters
    ----------
    application : HostApplication
    room : ReadingRoom
        Closed by `close`.
    preferences : Preferences
    make_panel : callable
        ``make_panel(room, host)``.

    Attributes
    ----------
    widget : QMainWindow
    views : dict of str to View
        ``Red``, ``Yellow``, ``Green`` and ``1``.
    room : ReadingRoom
    panel : ReadingPanel
    actions : dict of str to QAction
    commands : ViewCommands
    files : Files
    cases : CaseList
    """

    def __init__(
        self,
        application: HostApplication,
        room: Any,
        preferences: Preferences,
        make_panel: Callable[[Any, Any], Any],
    ) -> None:
        self.application = application
        self.room = room
        self.preferences = preferences
        self.closed = False
        self._tokens: list[int] = []
        self._shown_volume = ""
        self._places: dict[str, dict[str, Any]] = {}
        self._language = translation.language()
        self.widget = MainWindow(self._may_close, self.open)
        self.host = DesktopHost(
            self.widget, preferences, self._open_scene_later, lambda *ids: self.docks.edit(*ids)
        )
        self._make_views()
        self.files = Files(room, self.host, application.clear, self._scene_replaced)
        self._make_actions()
        self.panel = make_panel(room, self.host)
        self._make_docks()
        self.status = StatusBar(self.widget)
        self._restore()
        self._subscribe()
        self._case_changed()

    # ------------------------------------------------------------------ building

    def _make_views(self) -> None:
        scene = self.application.scene
        self.corners = Corners(self.room, self._is_on)
        targets = SliceMouseTargets(
            followers=lambda view: self.commands.followers(view),
            on_point=lambda view, ras: self.commands.go_to(view, ras),
            on_hover=self._hover,
            on_menu=self._view_menu,
            on_double=lambda view: self.area.toggle_single(view.name),
        )
        self.mouse = SliceMouse(targets)
        slices = {}
        for identifier in ensure_slice_views(scene):
            node = scene.GetNodeByID(identifier)
            slices[node.GetLayoutName()] = SliceView(self.application, node, self.corners.texts, paint_names)
        volume_view = VolumeView(self.application)
        self.views: dict[str, View] = {**slices, VOLUME: volume_view}
        for view in self.views.values():
            # First of all handlers: it only looks which view is used, and consumes nothing.
            if view is not volume_view:
                view.add_interaction(self.mouse)
                view.on_drawn = self._note_place
            view.add_interaction(self._activate)
        self.placing = Placing(scene, tuple(slices.values()))
        self.area = ViewArea(self.views)
        self.commands = ViewCommands(slices, volume_view, self.area)
        self.surfaces = Surfaces(
            self.room, volume_view.take_in, lambda node_id: self.docks.is_restored(node_id)
        )
        self.widget.setCentralWidget(self.area.widget)

    def _make_actions(self) -> None:
        choose = {
            "language": self.choose_language,
            "theme": self.choose_theme,
            "device": self._choose_device,
        }
        self.dialogs = Dialogs(self.widget, self.preferences, choose)
        handlers: dict[str, Callable[[], object]] = {
            **self.commands.handlers(),
            "file.open": self.files.ask_open,
            "file.open_folder": self.files.ask_open_folder,
            "file.save": self.files.save,
            "file.save_as": self.files.ask_save,
            "file.close_case": self.close_case,
            "file.close_all": self.files.close_all,
            "file.picture": self.copy_picture,
            "file.preferences": self.dialogs.show_preferences,
            "file.quit": self.widget.close,
            "view.surfaces": lambda: self.surfaces.set_enabled(self._is_on("view.surfaces")),
            "view.fullscreen": self._full_screen,
            "navigate.panel": lambda: self.docks.swap_focus(self.commands, self.area),
            "help.keyboard": self.dialogs.show_keyboard,
            "help.about": self.dialogs.show_about,
        }
        for name in LAYOUTS:
            handlers[f"view.layout.{name}"] = partial(self.choose_layout, name)
        for name in TOOLS:
            handlers[f"window.tool.{name}"] = partial(self.choose_tool, name)
        self.table = ActionTable(self.widget, self.area.widget, handlers)
        self.actions = self.table.actions
        self.commands.table = self.dialogs.table = self.table
        self._fill_samples()
        self.tools = ToolBar(self.widget, self.table)

    def _fill_samples(self) -> None:
        from MedMMSlicerLib.core import localized
        from MedMMSlicerLib.samples import list_samples

        self._samples_menu = qt.QMenu(_("Open a sam&ple"), self.widget)
        for sample in list_samples():
            action = self._samples_menu.addAction(localized(sample.title, translation.language()))
            action.setObjectName(f"file.sample.{sample.id}")
            action.connect("triggered()", lambda name=sample.id: self.open_sample(name))
            self.actions[f"file.sample.{sample.id}"] = action
        self.table.menus["file"].insertMenu(self.actions["file.save"], self._samples_menu)

    def _make_docks(self) -> None:
        self.docks = Docks(self.widget, self.room, self.views, self.panel.widget)
        self.cases = self.docks.make_cases(
            self.select_case, self._close_case_later, lambda: self._shown_volume
        )
        self.docks.make_editor(self.surfaces.request)
        self.table.fill_from(self.panel)
        menu = self.table.menus["view"]
        menu.addSeparator()
        for name, toggle in self.docks.toggles().items():
            menu.addAction(toggle)
            self.actions[f"view.dock.{name}"] = toggle

    def _restore(self) -> None:
        """Put everything as the reader left it."""
        apply_theme(qt.QApplication.instance(), self.preferences.theme)
        self.memory = WindowMemory(self.widget, self.table, self.preferences)
        self.memory.restore_marks()
        self.surfaces.enabled = self._is_on("view.surfaces")
        self.choose_tool(self.preferences.text("tool", "window", TOOLS))
        self.choose_layout(self.preferences.text("layout", "four-up", LAYOUTS))
        self.commands.apply_marks()
        self._choose_device(self.preferences.device)
        self.memory.restore_window(self.docks)
        self._set_title()

    # ------------------------------------------------------------------ what the reader asks for

    def open(self, paths: Sequence[str | Path]) -> bool:
        """Open files, folders or a scene; whether that worked."""
        return self.files.open(paths)

    def open_sample(self, sample_id: str) -> bool:
        """Open a sample study."""
        return self.files.open_sample(sample_id)

    def select_case(self, case_id: str, volume_id: str = "") -> None:
        """Show another study, or one of its images: by the node id, its current one if none is given."""
        entries = {entry.id: entry for entry in self.room.cases.entries()}
        if case_id not in entries:
            return
        images = {series.volume_id: series.role for series in entries[case_id].series}
        other = bool(volume_id) and images.get(volume_id) not in (None, "current")
        if case_id != self.room.cases.current_id or not other:
            self._tell_errors(lambda: self.room.cases.select(case_id))
        if other:
            from MedMMSlicerLib.scene.views import show_volumes

            self._tell_errors(lambda: show_volumes(self.application.scene, volume_id))
            self._case_changed()

    def close_case(self, case_id: str = "") -> None:
        """Close a study, the current one if none is given, after a question."""
        wanted = case_id or self.room.cases.current_id
        titles = {entry.id: entry.title for entry in self.room.cases.entries()}
        if wanted not in titles:
            return
        text = _("Close {title}? What was done in it goes with it.").format(title=titles[wanted])
        if not self.files.unsaved.exists or self.host.confirm(_("Close case"), text):
            self._tell_errors(lambda: self.room.cases.remove(wanted))

    def choose_layout(self, layout_id: str) -> None:
        """Arrange the views, and remember that."""
        self.commands.choose_layout(layout_id)
        self.table.check(f"view.layout.{layout_id}", True)
        self.preferences.set("layout", layout_id)

    def choose_tool(self, tool: str) -> None:
        """Choose what dragging with the left button does."""
        self.mouse.tool = tool
        self.table.check(f"window.tool.{tool}", True)
        self.preferences.set("tool", tool)

    def choose_language(self, tag: str) -> None:
        """Change the language of everything."""
        self.preferences.set("language", tag)
        self.panel.choose_language(tag)
        self.retranslate()

    def choose_theme(self, theme: str) -> None:
        """Change the colors."""
        self.preferences.set("theme", theme)
        apply_theme(qt.QApplication.instance(), theme)
        self.tools.repaint()

    def retranslate(self) -> None:
        """Write every text of the window anew."""
        self._language = translation.language()
        self.table.retranslate()
        self.commands.allow_presets()
        self._samples_menu.setTitle(_("Open a sam&ple"))
        self.tools.retranslate()
        self.docks.retranslate()
        self.cases.refresh()
        self.status.retranslate()
        self.commands.refresh()

    def copy_picture(self) -> None:
        """Copy the active view, with its texts, to the clipboard."""
        self.draw_now()
        picture = self.commands.active.widget.grab()
        qt.QApplication.clipboard().setPixmap(picture)
        self.status.say(_("The picture is on the clipboard. It may show the patient's name if that is on."))

    def draw_now(self) -> None:
        """Draw every visible view that is due at once: before the window is photographed."""
        for view in self.views.values():
            if view.widget.isVisible():
                view.widget.draw_now()

    def close(self) -> None:
        """Let go of everything; without a question."""
        if self.closed:
            return
        self.closed = True
        self.widget.setObjectName("")  # slicer.util.mainWindow() finds the open one by its name
        for token in self._tokens:
            self.room.listeners.unsubscribe(token)
        self.surfaces.stop()
        self.placing.close()
        self.docks.stop_editor()
        self.panel.cleanup()
        for view in self.views.values():
            view.close()
        self.room.close()
        self.widget.hide()
        self.widget.deleteLater()

    # ------------------------------------------------------------------ what changes

    def _subscribe(self) -> None:
        reactions: dict[str, Callable[[], object]] = {
            "cases": self._cases_changed,
            "case": self._case_changed,
            "segments": self.surfaces.request,
            "run": self._run_changed,
            "message": self._message_changed,
        }
        self._tokens = [
            self.room.listeners.subscribe(topic, reaction) for topic, reaction in reactions.items()
        ]

    def _cases_changed(self) -> None:
        self.cases.refresh()
        self._set_title()

    def _case_changed(self) -> None:
        if translation.language() != self._language:
            self.retranslate()
        volume = self.commands.volume
        self.commands.note_volume(volume)
        shown, before = str(volume.GetID()) if volume is not None else "", self._shown_volume
        self._shown_volume = shown
        self.cases.refresh()
        self._set_title()
        known = {} if self.room.study.is_open else self._places.get(shown, {}).copy()
        if shown != before:
            # What is under the mouse belongs to the image before.
            self.status.show_voxel("")
            self.commands.arrange_for_image(self.preferences.text("layout", "four-up", LAYOUTS))
            # Who comes back to a study goes on where it was left; a reader study begins anew.
            for name, place in known.items():
                put_place(self.views[name].node, place)
            self.commands.volume_view.forget()
            self.commands.apply_marks()
        self.table.check("window.invert", self.commands.is_inverted)
        self.commands.allow_presets()
        self.surfaces.request()
        self.commands.refresh()

    def _note_place(self, view: SliceView) -> None:
        volume = view.volume
        if volume is not None:
            self._places.setdefault(str(volume.GetID()), {})[view.name] = place_of(view.node)

    def _run_changed(self) -> None:
        self.status.show_device(self.room.run.device_used)
        self.surfaces.request()

    def _message_changed(self) -> None:
        # The panel has a bar for messages; while it is hidden, they are not lost.
        message = self.room.message
        if message is not None and not self.docks.panel.isVisible():
            self.status.say(message.text)

    def _scene_replaced(self) -> None:
        self._shown_volume = ""
        self._places.clear()
        self.commands.forget_volumes()
        dress(self.commands.volume_view.node)
        self._case_changed()

    def _set_title(self) -> None:
        current = self.room.cases.current_id
        titles = [entry.title for entry in self.room.cases.entries() if entry.id == current]
        self.widget.setWindowTitle(" - ".join((*titles, _TITLE)))

    def _hover(self, view: SliceView | None, ras: tuple[float, float, float] | None) -> None:
        text = ""
        if view is not None and ras is not None and view.volume is not None:
            text = read_at(self.application.scene, view.volume, ras).text
        self.status.show_voxel(text)

    def _activate(self, event: Any) -> bool:
        if event.kind in ("press", "wheel"):
            self.area.activate(event.view.name)
        return False

    def _view_menu(self, view: SliceView, position: tuple[float, float]) -> None:
        self.area.activate(view.name)
        self.view_menu = qt.QMenu(view.widget)
        for name in ("view.fit", "view.maximize", "window.auto", "window.invert", "view.crosshair"):
            self.view_menu.addAction(self.actions[name])
        self.view_menu.addSeparator()
        self.view_menu.addMenu(self.table.submenu("view", "&Layout"))
        self.view_menu.popup(view.widget.mapToGlobal(qt.QPoint(round(position[0]), round(position[1]))))

    # ------------------------------------------------------------------ editor, focus, end

    def _full_screen(self) -> None:
        show = self.widget.showFullScreen if self._is_on("view.fullscreen") else self.widget.showNormal
        show()

    def _choose_device(self, device: str) -> None:
        self.preferences.set("device", device)
        analyze = getattr(self.panel, "analyze", None)
        if analyze is not None:
            analyze.device = device

    def _is_on(self, action_id: str) -> bool:
        return self.table.is_checked(action_id)

    def _tell_errors(self, work: Callable[[], object]) -> None:
        from MedMMSlicerLib.errors import MedMMError

        try:
            work()
        except MedMMError as error:
            self.room.tell("error", error)

    def _open_scene_later(self, path: str) -> None:
        qt.QTimer.singleShot(0, lambda: self.open((path,)))

    def _close_case_later(self, case_id: str) -> None:
        qt.QTimer.singleShot(0, lambda: self.close_case(case_id))

    def _may_close(self) -> bool:
        """Remember the window, and ask about unsaved work."""
        if self.closed:
            return True
        if not self.files.may_drop():
            return False
        self.memory.keep()
        self.close()
        return True
