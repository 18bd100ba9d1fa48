"""Starting the reader: as a program, and for tests."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from MedMMSlicerLib.errors import UsageError

if TYPE_CHECKING:
    from .window import ReaderWindow

__all__ = ["build_reader", "check_display", "run_reader"]


def check_display() -> None:
    """Make sure that a window can be opened, before Qt ends the process over it.

    Raises
    ------
    UsageError
        If there is neither a display nor a platform that needs none.
    """
    if not sys.platform.startswith("linux"):
        return
    chosen = os.environ.get("QT_QPA_PLATFORM", "").split(":")[0]
    if chosen in ("offscreen", "minimal", "vnc", "linuxfb", "eglfs"):
        return
    if not os.environ.get("DISPLAY") and not os.environ.get("WAYLAND_DISPLAY"):
        raise UsageError(
            "The desktop reader needs a display, and there is none (DISPLAY and WAYLAND_DISPLAY are empty). "
            "Run it on a desktop, or read files without a window: medmm analyze INPUT..."
        )


def build_reader(
    inputs: Sequence[str | Path] = (),
    settings: Any = None,
    make_panel: Callable[[Any, Any], Any] | None = None,
    catalog: Any = None,
) -> ReaderWindow:
    """Build the reader without showing it.

    Parameters
    ----------
    inputs : sequence of path
        Opened at once.
    settings : QSettings, optional
        Where preferences are kept; the person's own when not given.
    make_panel : callable, optional
        ``make_panel(room, host)`` in place of the reading panel, for tests.
    catalog : BundleCatalog, optional
        The default folders when not given.

    Raises
    ------
    UsageError
        If PySide6 or slicer-core is missing, or there is no display.
    """
    check_display()
    _need_qt()
    from ..application import HostApplication

    application = HostApplication.instance()
    from .. import slicer_environment

    environment = slicer_environment.install(application)
    import qt
    from MedMMSlicerLib.reading.report_recovery import start_recovery
    from MedMMSlicerLib.reading.room import ReadingRoom
    from MedMMSlicerLib.widgets import translation

    from .preferences import Preferences, StoredTexts
    from .theme import apply_theme
    from .window import ReaderWindow

    preferences = Preferences(settings if settings is not None else qt.QSettings())
    language = preferences.text("language", translation.application_language(), tuple(translation.LANGUAGES))
    translation.set_language(language)
    # Before the window: its icons are drawn in colors that suit the theme.
    apply_theme(qt.QApplication.instance(), preferences.theme)
    room = ReadingRoom(application.scene, catalog, None, StoredTexts(preferences.store), language)
    # Files of the reader's work lie beside the settings that were given, else in the user's data folder.
    recovery = None if settings is None else Path(str(settings.fileName())).parent / "recovery"
    start_recovery(room, recovery)
    window = ReaderWindow(application, room, preferences, make_panel or _reading_panel)
    environment.set_main_window(window.widget)
    if inputs:
        window.open(inputs)
    return window


def run_reader(inputs: Sequence[str | Path] = (), study: Path | None = None, reader: str = "") -> int:
    """Run the reader until its window is closed; exit code of the process.

    Parameters
    ----------
    inputs : sequence of path
        Opened at once.
    study : Path, optional
        Folder or package of a reader study, opened at once, in place of ``inputs``.
    reader : str
        Whose study that has to be; empty: anybody's.

    Raises
    ------
    UsageError
        If PySide6 or slicer-core is missing, or there is no display.
    """
    window = build_reader()
    import qt

    application = qt.QApplication.instance()
    sys.excepthook = _excepthook(window)
    window.widget.show()
    if inputs:
        # The window is there first; whoever opens a large study sees that something happens.
        qt.QTimer.singleShot(0, lambda: window.open(inputs))
    if study is not None:
        qt.QTimer.singleShot(0, lambda: window.panel.study.open(study, reader))
    code = int(application.exec())
    window.close()
    return code


def _reading_panel(room: Any, host: Any) -> Any:
    from MedMMSlicerLib.widgets.panel import ReadingPanel

    return ReadingPanel(room, host)


def _need_qt() -> None:
    try:
        import PySide6.QtWidgets  # noqa: F401 - only whether it is there
    except ImportError as error:
        raise UsageError(
            f"PySide6 can not be imported ({error}). Install it with: pip install 'medmm-slicer[host]'"
        ) from error


def _excepthook(window: ReaderWindow) -> Callable[..., None]:
    """Show a sentence to the reader; the details go to standard error, for a report of the error."""
    shown = sys.excepthook

    def hook(kind: type[BaseException], error: BaseException, traceback: Any) -> None:
        shown(kind, error, traceback)
        if not window.closed:
            window.room.tell(
                "error",
                f"Something unexpected went wrong ({kind.__name__}). Your work is still there: save it.",
            )

    return hook
