"""The reader off screen on the shipped bundles and samples, and what watches its event loop."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from .watching import Watch

SIZE = (1600, 1000)


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Qt, slicer-core and the completed slicer module of this process."""
    for package in ("slicer", "PySide6"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"needs {package} (the host extra)")
    from MedMMSlicerHost import slicer_environment
    from MedMMSlicerHost.application import HostApplication

    return slicer_environment.install(HostApplication.instance(), tmp_path_factory.mktemp("settings"))


@pytest.fixture
def watch() -> Watch:
    """Nothing was seen yet."""
    return Watch()


@pytest.fixture
def opened(
    environment: Any, tmp_path: Path, watch: Watch, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Callable[[str], Any]]:
    """A function that opens a sample in a reader, its model accepted."""
    import qt
    from MedMMSlicerHost.reader import build_reader
    from MedMMSlicerHost.reader.host import DesktopHost
    from MedMMSlicerLib.bundles.catalog import BundleCatalog, shipped_folder
    from MedMMSlicerLib.errors import InputError
    from MedMMSlicerLib.samples import list_samples, sample_path

    monkeypatch.setattr(sys, "excepthook", sys.__excepthook__)
    monkeypatch.setattr(DesktopHost, "ask_unsaved", lambda _self: "discard")
    made: list[Any] = []

    def make(sample_id: str) -> Any:
        sample = next(item for item in list_samples() if item.id == sample_id)
        try:
            sample_path(sample)
        except InputError as error:
            pytest.skip(f"needs the demo extra: {error}")
        folder = shipped_folder()
        assert folder is not None
        settings = qt.QSettings(str(tmp_path / "reader.ini"), qt.QSettings.IniFormat)
        reader = build_reader((), settings, None, BundleCatalog([folder]))
        made.append(reader)
        reader.widget.resize(*SIZE)
        reader.widget.show()
        assert reader.open_sample(sample_id)
        reader.room.models.accept(reader.room.models.selected_id)
        watch.let_go(1.0)
        return reader

    environment.application.clear()
    yield make
    for reader in made:
        reader.close()
    watch.let_go(0.1)
    environment.application.clear()


@pytest.fixture(scope="session")
def overloaded() -> bool:
    """Whether others work on this machine, so that time on the wall says nothing about the reader."""
    return os.getloadavg()[0] > 0.75 * (os.cpu_count() or 1) if hasattr(os, "getloadavg") else True
