"""Missing packages: said by name, nothing asked before, one button, progress, cancel, failure, a folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, ClassVar

import pytest

pytestmark = pytest.mark.panel


class FakeInstallation:
    """Gives the events that a test wants, one a poll."""

    events: ClassVar[list[Any]] = []
    made: ClassVar[list[FakeInstallation]] = []

    def __init__(self, plan: Any) -> None:
        self.plan = plan
        self.closed = False
        self.queue = list(self.events)
        FakeInstallation.made.append(self)

    def start(self) -> None:
        from MedMMSlicerLib.errors import UsageError

        if self.plan.broken:
            raise UsageError("There is no pip. Install Slicer again.")

    def poll(self) -> list[Any]:
        return [self.queue.pop(0)] if self.queue else []

    def cancel(self) -> None:
        from MedMMSlicerLib.errors import CancelledError
        from MedMMSlicerLib.installation.installation import InstallationFailed

        self.queue = [InstallationFailed(CancelledError("The installation was cancelled."))]

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def needs(monkeypatch: pytest.MonkeyPatch, environment: Any) -> Any:
    """What is missing, and what the plan is; a test may change both."""
    from MedMMSlicerLib.inference.devices import Requirement
    from MedMMSlicerLib.installation import installation, missing, plan

    state = SimpleNamespace(
        missing=(Requirement("pydicom", ">=3", "it is not installed"),), folders=[], broken=False, empty=False
    )

    def planned(wheels: Any = None) -> Any:
        state.folders.append(wheels)
        return SimpleNamespace(
            is_empty=state.empty, describe=lambda: ("Install pydicom>=3.",), broken=state.broken
        )

    monkeypatch.setattr(missing, "missing_packages", lambda: state.missing)
    monkeypatch.setattr(plan, "plan_installation", planned)
    monkeypatch.setattr(installation, "Installation", FakeInstallation)
    FakeInstallation.made, FakeInstallation.events = [], []
    return state


@pytest.fixture
def panel(needs: Any, room: Any, host: Any, show: Callable[..., Any]) -> Iterator[Any]:
    from MedMMSlicerLib.widgets.panel import ReadingPanel

    made = ReadingPanel(room, host)
    show(made.widget)
    yield made
    made.cleanup()


def test_what_is_missing_is_all_that_is_shown(panel: Any) -> None:
    assert panel.ui.installFrame.visible and not panel.ui.scrollArea.visible
    assert "pydicom (it is not installed)" in panel.ui.installLabel.text
    assert panel.ui.noticeLabel.visible
    assert not panel.ui.installCancelButton.visible and not panel.ui.installProgressBar.visible


def test_keys_and_menus_do_nothing_before(panel: Any, needs: Any) -> None:
    """They would end in an error that only Slicer's Python console shows."""

    def enabled() -> set[str]:
        return {action.id for action in panel.hotkeys.actions if panel.hotkeys.qaction(action.id).enabled}

    assert {name.split(".")[0] for name in enabled()} == {"panel"}
    needs.missing = ()
    panel.enter()
    assert enabled() == {action.id for action in panel.hotkeys.actions}


def test_nothing_is_asked_of_the_room_before(panel: Any, room: Any, pump: Any) -> None:
    def fail() -> None:
        raise AssertionError("asked too early")

    for part in panel.parts:
        part.refresh = fail
    room.listeners.emit("cases", "case", "bundle", "context", "run", "findings", "segments", "report")
    panel.refresh()
    pump()


def test_it_installs_after_a_question_and_then_shows_the_panel(
    panel: Any, needs: Any, host: Any, pump: Any
) -> None:
    from MedMMSlicerLib.installation.installation import InstallationFinished, InstallationProgress

    host.yes = False
    panel.ui.installButton.click()
    assert host.asked[-1] == ("confirm", "Install Python packages?", "Install pydicom>=3.")
    assert not FakeInstallation.made
    host.yes = True
    FakeInstallation.events = [InstallationProgress("Installing packages", "Collecting pydicom", 0.5)]
    panel.ui.installButton.click()
    assert pump(lambda: "Collecting pydicom" in panel.ui.installLabel.text)
    assert panel.ui.installProgressBar.visible and panel.ui.installProgressBar.value == 500
    assert panel.ui.installCancelButton.visible and not panel.ui.installButton.visible
    needs.missing = ()
    FakeInstallation.made[0].queue = [InstallationFinished(("pydicom 3.0.1",))]
    assert pump(lambda: panel.ui.scrollArea.visible)
    assert not panel.ui.installFrame.visible and FakeInstallation.made[0].closed
    assert panel.room.message.text == "Everything is installed."


def test_a_restart_is_asked_for_where_an_old_version_is_loaded(panel: Any, needs: Any, pump: Any) -> None:
    from MedMMSlicerLib.installation.installation import InstallationFinished

    FakeInstallation.events = [InstallationFinished(("pydicom 3.0.1",), ("pydicom",))]
    panel.ui.installButton.click()
    needs.missing = ()
    assert pump(lambda: panel.room.message is not None)
    assert panel.room.message.severity == "warning" and "Restart" in panel.room.message.text


def test_a_failure_is_told_and_can_be_repeated(panel: Any, needs: Any, pump: Any) -> None:
    from MedMMSlicerLib.errors import InputError
    from MedMMSlicerLib.installation.installation import InstallationFailed

    FakeInstallation.events = [InstallationFailed(InputError("No network. Use a folder."))]
    panel.ui.installButton.click()
    assert pump(lambda: panel.room.message is not None)
    assert panel.room.message.text == "No network. Use a folder."
    assert panel.ui.installButton.visible and FakeInstallation.made[0].closed
    panel.ui.installButton.click()
    assert len(FakeInstallation.made) == 2 and panel.room.message is None


def test_it_is_cancelled(panel: Any, pump: Any) -> None:
    panel.ui.installButton.click()
    panel.ui.installCancelButton.click()
    assert pump(lambda: panel.room.message is not None)
    assert "cancelled" in panel.room.message.text and panel.ui.installButton.visible


def test_it_installs_from_a_folder(panel: Any, needs: Any, host: Any) -> None:
    from pathlib import Path

    panel.ui.installFolderButton.click()
    assert needs.folders == []
    host.files = ("/wheels",)
    panel.ui.installFolderButton.click()
    assert needs.folders == [Path("/wheels")] and len(FakeInstallation.made) == 1


def test_what_can_not_start_is_told(panel: Any, needs: Any) -> None:
    needs.broken = True
    panel.ui.installButton.click()
    assert "There is no pip" in panel.room.message.text and panel.ui.installButton.visible


def test_what_was_installed_elsewhere_is_noticed(panel: Any, needs: Any) -> None:
    needs.missing = ()
    panel.enter()
    assert panel.ui.scrollArea.visible and not panel.ui.installFrame.visible


def test_nothing_to_do_is_noticed(panel: Any, needs: Any) -> None:
    needs.missing, needs.empty = (), True
    panel.ui.installButton.click()
    assert panel.ui.scrollArea.visible


def test_closing_the_panel_ends_an_installation(panel: Any) -> None:
    panel.ui.installButton.click()
    panel.cleanup()
    assert FakeInstallation.made[0].closed
