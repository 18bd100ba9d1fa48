"""The strict layer in this process, and an application for widgets."""

from __future__ import annotations

import gc
import importlib.util
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest


@pytest.fixture(scope="session")
def session_application() -> Any:
    if importlib.util.find_spec("PySide6") is None:
        pytest.skip("needs PySide6 (the host extra)")
    from MedMMSlicerHost import pythonqt

    pythonqt.install()
    import qt

    return qt.QApplication.instance() or qt.QApplication([])


@pytest.fixture
def qt(session_application: Any) -> Any:
    import qt

    return qt


@pytest.fixture
def ctk(session_application: Any) -> Any:
    import ctk

    return ctk


@pytest.fixture
def turn(session_application: Any) -> Callable[[], None]:
    """Lets the event loop turn a few times, and what is garbage go."""

    def turn() -> None:
        gc.collect()
        for _ in range(5):
            session_application.processEvents()

    return turn


@pytest.fixture
def hooked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[type]]:
    """Types of the exceptions that reached sys.excepthook."""
    found: list[type] = []
    monkeypatch.setattr(sys, "excepthook", lambda kind, value, traceback: found.append(kind))
    yield found
