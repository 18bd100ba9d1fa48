"""What is missing before anything can be read, and the button that installs it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import qt

from ..errors import MedMMError
from .translation import _

if TYPE_CHECKING:
    from ..installation.installation import Installation

__all__ = ["InstallBar"]

_POLL_INTERVAL_MS = 20


class InstallBar:
    """Packages that are missing, one button, progress; nothing of them is imported before they are there.

    Parameters
    ----------
    room : ReadingRoom
        Its message bar tells what went wrong.
    host : PanelHost
    ui : object
        Widgets of the panel's frame.
    on_ready : callable
        Called once nothing is missing any more.
    """

    def __init__(self, room: Any, host: Any, ui: Any, on_ready: Callable[[], object]) -> None:
        self._room = room
        self._host = host
        self._ui = ui
        self._on_ready = on_ready
        self._installation: Installation | None = None
        self._timer = qt.QTimer()
        self._timer.setInterval(_POLL_INTERVAL_MS)
        self._timer.connect("timeout()", self._poll)
        ui.installButton.connect("clicked()", self.install)
        ui.installFolderButton.connect("clicked()", self.install_from_folder)
        ui.installCancelButton.connect("clicked()", self.cancel)
        self.missing: tuple[Any, ...] = ()
        self.examine()

    def examine(self) -> None:
        """Look again for what is missing, and show it."""
        from ..installation.missing import missing_packages

        try:
            self.missing = missing_packages()
        except MedMMError as error:
            self._room.tell("error", error)
        self.refresh()

    def refresh(self) -> None:
        """Show what is missing, or what is being installed."""
        busy = self._installation is not None
        self._ui.installFrame.setVisible(bool(self.missing) or busy)
        self._ui.installProgressBar.setVisible(busy)
        self._ui.installCancelButton.setVisible(busy)
        self._ui.installButton.setVisible(not busy)
        self._ui.installFolderButton.setVisible(not busy)
        self._ui.installLabel.setTextFormat(qt.Qt.PlainText)
        if not busy:
            names = ", ".join(f"{need.distribution} ({need.reason})" for need in self.missing)
            text = _("MedMM needs Python packages that are not installed yet: {names}.")
            self._ui.installLabel.setText(text.format(names=names))

    def install(self) -> None:
        """Install from the package index, after a question."""
        self._begin(None)

    def install_from_folder(self) -> None:
        """Install from a folder of wheels, for computers without a network."""
        folder = self._host.ask_files(_("Folder with the downloaded packages"), True)
        if folder:
            self._begin(Path(folder[0]))

    def cancel(self) -> None:
        """End the installation; what is done stays, and installing again continues."""
        if self._installation is not None:
            self._installation.cancel()

    def cleanup(self) -> None:
        """End an installation that runs."""
        self._timer.stop()
        if self._installation is not None:
            self._installation.close()
            self._installation = None

    def _begin(self, wheels: Path | None) -> None:
        from ..installation.installation import Installation
        from ..installation.plan import plan_installation

        try:
            plan = plan_installation(wheels=wheels)
            if plan.is_empty:
                self._finished(())
                return
            if not self._host.confirm(_("Install Python packages?"), "\n".join(plan.describe())):
                return
            installation = Installation(plan)
            installation.start()
        except MedMMError as error:
            self._room.tell("error", error)
            return
        self._room.dismiss()
        self._installation = installation
        self._ui.installLabel.setText(_("Installing…"))
        self.refresh()
        self._timer.start()

    def _poll(self) -> None:
        from ..installation.installation import InstallationFailed, InstallationFinished

        if self._installation is None:
            return
        for event in self._installation.poll():
            if isinstance(event, InstallationFinished):
                self._end()
                self._finished(event.restart)
                return
            if isinstance(event, InstallationFailed):
                self._end()
                self._room.tell("error", event.error)
                self.examine()
                return
            self._ui.installProgressBar.setRange(0, 1000)
            self._ui.installProgressBar.setValue(int(1000 * event.fraction))
            self._ui.installLabel.setText(": ".join(part for part in (event.text, event.detail) if part))

    def _end(self) -> None:
        self._timer.stop()
        if self._installation is not None:
            self._installation.close()
        self._installation = None

    def _finished(self, restart: tuple[str, ...]) -> None:
        self.examine()
        if restart:
            text = _("Installed. Restart the application to use the new versions of: {names}.")
            self._room.tell("warning", text.format(names=", ".join(restart)))
        elif not self.missing:
            self._room.tell("info", _("Everything is installed."))
        if not self.missing:
            self._on_ready()
