"""Translation by source file, package installation by question, sample data by checksum."""

from __future__ import annotations

import hashlib
import importlib.util
import logging
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.panel


def test_the_context_is_the_file_that_calls(environment: Any, tmp_path: Path) -> None:
    from slicer.i18n import getContext, tr, translate

    asked: list[tuple[str, str]] = []

    def catalog(context: str, text: str) -> str | None:
        asked.append((context, text))
        return {"Analyze": "分析"}.get(text)

    environment.language_catalog = catalog
    assert tr("Analyze") == "分析" and tr("Cancel") == "Cancel"
    assert translate("Other", "Analyze") == "分析"
    assert [context for context, _ in asked] == ["test_texts_and_packages"] * 2 + ["Other"]
    (tmp_path / "package").mkdir()
    for name in ("__init__.py", "part.py"):
        (tmp_path / "package" / name).touch()
    (tmp_path / "alone.py").touch()
    assert getContext(str(tmp_path / "package" / "part.py")) == "package.part"
    assert getContext(str(tmp_path / "alone.py")) == "alone"


def test_a_translation_that_would_fail_in_format_is_refused(
    environment: Any, caplog: pytest.LogCaptureFixture
) -> None:
    from slicer.i18n import tr

    environment.language_catalog = lambda _, text: text.replace("name", "nom").replace("Delete", "Effacer")
    assert tr("Delete {name}").format(name="x") == "Delete x"
    assert "placeholders" in caplog.text
    assert tr("Delete {count}").format(count=3) == "Effacer 3"


def test_translators_of_qt_are_asked_too(environment: Any) -> None:
    import qt
    import slicer

    class Translator(qt.QTranslator):
        def translate(self, context: str, text: str, *_: Any) -> str:
            return f"{context}:{text}"

    translator = Translator()
    slicer.app.installTranslator(translator)
    try:
        assert slicer.i18n.translate("Part", "text") == "Part:text"
    finally:
        slicer.app.removeTranslator(translator)
    assert slicer.i18n.translate("Part", "text") == "text"


def test_what_is_there_is_not_installed(environment: Any) -> None:
    import slicer

    environment.installer = lambda words: pytest.fail(f"installs {words}")
    with environment.recording_messages() as shown:
        assert slicer.packaging.pip_ensure(["numpy>=1", "not-for-this; sys_platform == 'none'"]) is None
        assert slicer.packaging.pip_check("numpy pytest") is True
        assert slicer.packaging.pip_check("numpy>=999") is False
        assert slicer.packaging.pip_check("no-such-package-at-all") is False
    assert shown == []


def test_refusal_raises(environment: Any) -> None:
    import slicer

    environment.installer = lambda words: pytest.fail(f"installs {words}")
    with environment.recording_messages(False) as shown, pytest.raises(RuntimeError, match="declined"):
        slicer.packaging.pip_ensure("no-such-package-at-all>=2", requester="MedMM")
    assert "MedMM" in shown[0].title and "no-such-package-at-all>=2" in shown[0].details


def test_only_what_is_missing_goes_to_the_installer(environment: Any) -> None:
    import slicer

    installed: list[list[str]] = []
    environment.installer = installed.append
    with environment.recording_messages(True):
        slicer.packaging.pip_ensure(["numpy", "no-such-package-at-all>=2"], constraints="c.txt")
    slicer.util.pip_install("one-package two-package")
    assert installed == [
        ["no-such-package-at-all>=2", "-c", "c.txt"],
        ["one-package", "two-package"],
    ]


def test_without_an_installer_nothing_is_installed(environment: Any) -> None:
    import slicer

    with pytest.raises(RuntimeError, match="python -m pip install no-such-package-at-all"):
        slicer.packaging.pip_ensure("no-such-package-at-all", prompt_install=False)
    with pytest.raises(NotImplementedError):
        slicer.packaging.pip_install("x", blocking=False)
    with pytest.raises(NotImplementedError):
        slicer.util.pip_uninstall("x")
    with pytest.raises(NotImplementedError):
        slicer.packaging.pip_check("numpy[extra]")
    with pytest.raises(TypeError):
        slicer.packaging.pip_check(3)
    assert slicer.packaging.isPipInstallInProgress() is False


def test_under_testing_it_is_skipped_silently(environment: Any, caplog: pytest.LogCaptureFixture) -> None:
    import slicer

    environment.testing = True
    with caplog.at_level(logging.INFO):
        assert slicer.packaging.pip_ensure("no-such-package-at-all") is None
    assert "no-such-package-at-all" in caplog.text


def test_requirements_are_read(environment: Any, repository: Path) -> None:
    import slicer

    found = slicer.packaging.load_requirements(repository / "MedMMSlicer" / "Resources" / "requirements.txt")
    assert "pydicom" in {requirement.name for requirement in found}


@pytest.fixture
def sources(environment: Any) -> Iterator[Any]:
    """The registry of samples, emptied."""
    import SampleData
    import slicer

    slicer.modules.sampleDataSources = {}
    yield SampleData.SampleDataLogic
    del slicer.modules.sampleDataSources


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """A server of `tmp_path`/served on this machine."""
    (tmp_path / "served").mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    handler = partial(Handler, directory=str(tmp_path / "served"))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as made:
        thread = threading.Thread(target=made.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{made.server_port}"
        made.shutdown()
        thread.join()


def test_a_sample_is_registered_once_with_its_checksum(sources: Any) -> None:
    import slicer

    for _ in range(2):
        sources.registerCustomSampleDataSource(
            category="MedMM",
            sampleName="Chest",
            uris="package:x/y.dcm",
            fileNames="y.dcm",
            nodeNames="chest",
            checksums="SHA256:" + "0" * 64,
        )
    (source,) = slicer.modules.sampleDataSources["MedMM"]
    assert source.checksums == ["SHA256:" + "0" * 64] and source.sampleDescription == "Chest"
    assert sources().sourceForSampleName("Chest") is source
    assert sources().downloadSamples("Nothing") == []
    with pytest.raises(ValueError, match="2 items"):
        sources.registerCustomSampleDataSource(uris=["a", "b"], fileNames=["a"])


def test_a_custom_downloader_is_for_buttons_alone(sources: Any, scene: Any) -> None:
    """Slicer's own scripts pass it over."""

    def load(source: Any) -> list[Any]:
        return [scene.AddNewNodeByClass("vtkMRMLScalarVolumeNode", source.nodeNames[0])]

    sources.registerCustomSampleDataSource(sampleName="Mine", nodeNames="mine", customDownloader=load)
    source = sources().sourceForSampleName("Mine")
    assert source.customDownloader(source)[0].GetName() == "mine"


@pytest.mark.skipif(importlib.util.find_spec("SimpleITK") is None, reason="needs SimpleITK")
def test_a_download_is_checked_and_loaded(sources: Any, scene: Any, server: str, tmp_path: Path) -> None:
    import numpy as np
    import SampleData
    import SimpleITK as sitk

    path = tmp_path / "served" / "image.nrrd"
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((2, 3, 4), np.int16)), str(path))
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    facts = {"uris": f"{server}/image.nrrd", "fileNames": "image.nrrd", "nodeNames": "Sample"}
    sources.registerCustomSampleDataSource(sampleName="Good", checksums=f"SHA256:{digest}", **facts)
    sources.registerCustomSampleDataSource(sampleName="Bad", checksums="SHA256:" + "1" * 64, **facts)
    (node,) = SampleData.downloadSamples("Good")
    assert node.GetName() == "Sample" and node.GetImageData().GetDimensions() == (4, 3, 2)
    with pytest.raises(ValueError):
        SampleData.downloadSamples("Bad")
