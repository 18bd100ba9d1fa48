"""The reading panel: the notice, the message bar, and the parts from top to bottom as a reading goes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import qt
import slicer

from .analyze_part import AnalyzePart
from .case_part import CasePart
from .context_part import ContextPart
from .dialogs import KeyboardDialog
from .findings_part import FindingsPart
from .hotkeys import Hotkeys
from .install_bar import InstallBar
from .message_bar import MessageBar
from .pacing import Pace
from .panel_state import PanelState
from .part import Action, Part, load_ui
from .report_part import ReportPart
from .segments_part import SegmentsPart
from .study_part import StudyPart
from .translation import LANGUAGE_KEY, LANGUAGES, _, language, retranslate, set_language

__all__ = ["ReadingPanel"]

POLL_INTERVAL_MS = 20


class ReadingPanel:
    """Everything that a reader sees beside the images.

    Parameters
    ----------
    room : ReadingRoom
        Belongs to the caller, who closes it after `cleanup`.
    host : PanelHost

    Attributes
    ----------
    widget : QWidget
    case, context, analyze, findings, segments, report, study : Part
    """

    def __init__(self, room: Any, host: Any) -> None:
        self.room = room
        self.host = host
        self.widget = load_ui("Panel")
        self.ui = slicer.util.childWidgetVariables(self.widget)
        self.message_bar = MessageBar(room, self.ui)
        self.case = CasePart(room, host)
        self.context = ContextPart(room, host)
        self.analyze = AnalyzePart(room, host)
        self.findings = FindingsPart(room, host)
        self.segments = SegmentsPart(room, host)
        self.report = ReportPart(room, host)
        self.study = StudyPart(room, host)
        reading = (self.case, self.context, self.analyze, self.findings, self.segments, self.report)
        self.parts: tuple[Part, ...] = (*reading, self.study)
        self.analyze.ask_acceptance = self.case.ask_acceptance
        self.analyze.watch = self._run_changed
        self.segments.on_selected = self.report.highlight
        self.report.on_segment = self.segments.select
        for part in (self.study, *reading):
            self.ui.partsWidget.layout().addWidget(part.widget)
        self.ui.partsWidget.layout().addStretch(1)
        self._keyboard: KeyboardDialog | None = None
        self.hotkeys = Hotkeys(self.widget, self.actions())
        self._menu = self._make_menu()
        self._poll_timer = qt.QTimer()
        self._poll_timer.setInterval(POLL_INTERVAL_MS)
        self._poll_timer.connect("timeout()", self._poll_due)
        self._pace = Pace()
        self._turn_timer = qt.QTimer()
        self._turn_timer.setSingleShot(True)
        self._turn_timer.setInterval(0)
        self._turn_timer.connect("timeout()", self._turn_passed)
        self.state = self._make_state()
        self._dirty: dict[Part, None] = {}
        self._shown_run: object = None
        self._refresh_timer = qt.QTimer()
        self._refresh_timer.setSingleShot(True)
        self._refresh_timer.setInterval(0)
        self._refresh_timer.connect("timeout()", self._refresh_due)
        self._hidden_parts: frozenset[str] = frozenset()
        self._offers = True
        self._tokens = self._subscribe()
        self.install_bar = InstallBar(room, host, self.ui, self.refresh)
        self.refresh()

    # ------------------------------------------------------------------ what the room says

    def _subscribe(self) -> list[int]:
        tokens = [
            self.room.listeners.subscribe("message", self.message_bar.refresh),
            self.room.listeners.subscribe("study", self._show_parts),
        ]
        for topic in sorted({topic for part in self.parts for topic in part.topics}):
            parts = tuple(part for part in self.parts if topic in part.topics)
            callback = self._run_changed if topic == "run" else functools.partial(self._later, parts)
            tokens.append(self.room.listeners.subscribe(topic, callback))
        return tokens

    def _make_state(self) -> PanelState:
        choices = {"sort": self.findings.ui.sortCombo, "filter": self.findings.ui.filterCombo}
        state = PanelState(self.room, self.analyze, choices)
        for combo in (*choices.values(), self.analyze.ui.deviceCombo):
            combo.connect("activated(int)", lambda _index: state.store())
        return state

    def _show_parts(self) -> None:
        """Hide what has no place in a reader study; nothing of it can be done by keys or menus either."""
        study = self.room.study
        if study.hidden_parts == self._hidden_parts:
            return
        self._hidden_parts = study.hidden_parts
        for part in self.parts:
            if part is not self.study:
                part.widget.setVisible(part.ui_name not in self._hidden_parts)
        self._enable_actions()

    def _enable_actions(self) -> None:
        """Let keys and menus do only what the panel offers just now."""
        for part in self.parts:
            enabled = self.ready and part.ui_name not in self._hidden_parts
            for action in map(_action, part.actions()):
                made = self.hotkeys.qaction(action.id)
                made.setEnabled(enabled)
                made.setToolTip(action.text if enabled else self.room.study.obstacle or action.text)

    def _later(self, parts: Sequence[Part]) -> None:
        """Refresh parts when the room has said everything: one change is told under several topics."""
        self._dirty.update(dict.fromkeys(parts))
        if not self._refresh_timer.isActive():
            self._start_refreshing()

    def _start_refreshing(self) -> None:
        self._refresh_timer.start()
        self._pace.expect("refresh", 0)

    def _refresh_due(self) -> None:
        if self._pace.may_work("refresh"):
            self._refresh_next()
            self._pace.worked()
        else:
            self._start_refreshing()

    def _refresh_next(self) -> None:
        """Refresh one part, and leave the others to the next turn of the event loop."""
        part = next((part for part in self.parts if part in self._dirty), None)
        if part is None or not self.ready:
            self._dirty.clear()
            return
        del self._dirty[part]
        if not self._dirty:
            self.state.store()
        if self._dirty:
            self._start_refreshing()
        part.refresh()

    def flush(self) -> None:
        """Refresh at once what waits to be refreshed."""
        while self._dirty:
            self._refresh_next()
        self._refresh_timer.stop()

    def enter(self) -> None:
        """Look again at what may have changed while the panel was not in front."""
        self.install_bar.examine()
        if self.ready:
            self.room.segments.catch_up()
        self.refresh()

    @property
    def ready(self) -> bool:
        """Whether all packages are there; nothing of the library is asked before."""
        return not self.install_bar.missing

    def refresh(self) -> None:
        """Show everything anew; while packages are missing, that alone."""
        self.message_bar.refresh()
        self.install_bar.refresh()
        self.ui.scrollArea.setVisible(self.ready)
        if self._offers != self.ready:
            self._offers = self.ready
            self._enable_actions()
        if not self.ready:
            return
        self._dirty.clear()
        for part in self.parts:
            part.refresh()
        self.state.store()
        self._run_changed()

    def _run_changed(self) -> None:
        """Poll while the worker works; progress alone refreshes nothing but the progress bar."""
        run = self.room.run
        if run.state.busy and not self._poll_timer.isActive():
            self._poll_timer.start()
            self._pace.expect("poll", POLL_INTERVAL_MS / 1000)
        elif not run.state.busy:
            self._poll_timer.stop()
        if not self.ready:
            return
        state = (run.state.busy, run.state.kind, run.can_start(), run.can_undo, run.points_ras)
        shown = (*state, run.device_used, run.device_warning, self.room.cases.current_id)
        if shown == self._shown_run:
            self.analyze.show_progress()
        else:
            self._shown_run = shown
            self._later(tuple(part for part in self.parts if "run" in part.topics))

    def _poll_due(self) -> None:
        may_work = self._pace.may_work("poll")
        if may_work:
            self._poll()
            self._pace.worked()
        self._pace.expect("poll", POLL_INTERVAL_MS / 1000)
        self._watch_turn()

    def _watch_turn(self) -> None:
        """Look in the next turn, before other timers, whether views are drawn in it."""
        self._turn_timer.start()
        self._pace.expect("turn", 0)

    def _turn_passed(self) -> None:
        if self._pace.is_late("turn"):
            self._pace.worked()
            self._watch_turn()

    def _poll(self) -> None:
        self.room.run.poll()
        if self.room.run.state.busy:
            self.analyze.show_progress()
        else:
            self._run_changed()

    @property
    def polling(self) -> bool:
        """Whether the timer runs: only while the worker does."""
        return bool(self._poll_timer.isActive())

    # ------------------------------------------------------------------ what the reader can do

    def actions(self) -> tuple[Action, ...]:
        """Return everything that can be done here, for menus.

        The keys are registered by the panel itself: a menu takes `hotkeys.qactions`, or shows the key as
        text.
        """
        own = (
            Action("panel.keyboard", _("Keyboard…"), "Ctrl+F1", self.show_keyboard),
            Action("panel.dismiss", _("Dismiss the message"), "Ctrl+Shift+D", self.room.dismiss),
            *(
                Action(f"panel.part{number}", self._part_text(part), f"Alt+{number}", part_focus(self, part))
                for number, part in enumerate(self.parts, 1)
            ),
        )
        return tuple(action for part in self.parts for action in map(_action, part.actions())) + own

    @staticmethod
    def _part_text(part: Part) -> str:
        return _("Go to: {part}").format(part=part.ui.section.text)

    def show_part(self, part: Part) -> None:
        """Open a part, scroll to it, and give it the keyboard."""
        part.ui.section.collapsed = False
        self.ui.scrollArea.ensureWidgetVisible(part.widget)
        part.ui.section.setFocus(qt.Qt.ShortcutFocusReason)

    def show_keyboard(self) -> None:
        """Show all keys."""
        if self._keyboard is not None:
            self._keyboard.close()
        self._keyboard = KeyboardDialog(self.widget, self.hotkeys.actions)
        self._keyboard.open()

    def _make_menu(self) -> Any:
        menu = qt.QMenu(self.ui.menuButton)
        self.hotkeys.fill(menu)
        menu.addSeparator()
        self._languages = {}
        for tag, name in LANGUAGES.items():
            made = menu.addAction(name)
            made.setCheckable(True)
            made.setChecked(tag == language())
            made.connect("triggered()", lambda tag=tag: self.choose_language(tag))
            self._languages[tag] = made
        self.ui.menuButton.setMenu(menu)
        return menu

    def choose_language(self, tag: str) -> None:
        """Change the language of the panel, of names and of reports to come, and remember it."""
        set_language(tag)
        self.room.settings.set(LANGUAGE_KEY, tag)
        self.room.set_language(tag)
        for root in (self.widget, *(part.widget for part in self.parts)):
            retranslate(root)
        self.hotkeys.retranslate(self.actions())
        for name, made in self._languages.items():
            made.setChecked(name == tag)
        self.refresh()

    # ------------------------------------------------------------------ the end

    def cleanup(self) -> None:
        """Let go of the room, of timers and of the scene."""
        for timer in (self._poll_timer, self._refresh_timer, self._turn_timer):
            timer.stop()
        self._dirty.clear()
        self.install_bar.cleanup()
        for token in self._tokens:
            self.room.listeners.unsubscribe(token)
        self._tokens = []
        self.hotkeys.cleanup()
        for part in self.parts:
            part.cleanup()
        if self._keyboard is not None:
            self._keyboard.close()
            self._keyboard = None


def part_focus(panel: ReadingPanel, part: Part) -> Callable[[], None]:
    """Return a call that goes to a part."""
    return lambda: panel.show_part(part)


def _action(value: Any) -> Action:
    return Action(*value)
