"""The windows: model card, keyboard, progress of what takes long; dialogs of the host."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.panel


def test_a_card_is_shown_with_headings_lists_and_tables() -> None:
    from MedMMSlicerLib.widgets.card_text import card_html

    html = card_html(
        "# One\ntext **bold** `code` *soft*\nmore\n\n- a\n2. b\n\n| x | y |\n|---|:-:|\n| 1 | 2 |"
    )
    assert html == (
        "<h2>One</h2><p>text <b>bold</b> <code>code</code> <i>soft</i> more</p><p>&bull; a</p><p>&bull; b</p>"
        '<table border="1" cellspacing="0" cellpadding="3"><tr><td>x</td><td>y</td></tr>'
        "<tr><td>1</td><td>2</td></tr></table>"
    )


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "![x](file:///etc/passwd)",
        '# <img src="file:///etc/passwd">',
        "| <b>x</b> |",
        "[click](javascript:alert(1))",
    ],
)
def test_a_card_can_not_bring_html_images_or_links(text: str) -> None:
    from MedMMSlicerLib.widgets.card_text import card_html

    html = card_html(text)
    assert not any(bad in html.replace("<b>", "", 0) for bad in ("<script", "<img", "<a ", "href", "<b>x"))


def test_waiting_ends_when_the_reader_cancels(scene: Any, show: Any) -> None:
    import qt
    from MedMMSlicerLib.errors import CancelledError
    from MedMMSlicerLib.widgets.dialogs import Waiting

    parent = show(qt.QWidget())
    with Waiting(parent, "Opening images") as waiting:
        waiting.step("reading headers", 0.25)
        assert waiting.dialog.value == 250 and waiting.dialog.labelText == "Reading headers"
        waiting.step("x", 7.0)
        assert waiting.dialog.value == 1000
        waiting.dialog.cancel()
        with pytest.raises(CancelledError, match="nothing was opened"):
            waiting.step("loading voxels", 0.5)


class TestHost:
    """The dialogs that Slicer's host asks with."""

    @pytest.fixture
    def slicer_host(self, scene: Any) -> Any:
        from MedMMSlicerLib.widgets.panel_host import SlicerPanelHost

        return SlicerPanelHost()

    def test_files_are_asked_for_and_the_folder_is_remembered(
        self, slicer_host: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        import qt

        starts: list[str] = []

        def files(_parent: Any, _title: str, start: str) -> tuple[str, ...]:
            starts.append(start)
            return ("/data/study/one.dcm", "/data/study/two.dcm")

        def folder(_parent: Any, _title: str, start: str) -> str:
            starts.append(start)
            return "/data/other"

        def save(_parent: Any, _title: str, start: str, _filters: str) -> str:
            starts.append(start)
            return "/data/out/report.html"

        monkeypatch.setattr(qt.QFileDialog, "getOpenFileNames", files)
        monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", folder)
        monkeypatch.setattr(qt.QFileDialog, "getSaveFileName", save)
        qt.QSettings().remove("MedMM")
        assert slicer_host.ask_files("Open") == ("/data/study/one.dcm", "/data/study/two.dcm")
        assert slicer_host.ask_files("Open", True) == ("/data/other",)
        assert slicer_host.ask_save("Save", "report.html", "HTML (*.html)") == "/data/out/report.html"
        monkeypatch.setattr(qt.QFileDialog, "getExistingDirectory", lambda *_: "")
        assert slicer_host.ask_files("Open", True) == ()
        assert starts == ["", "/data/study", "/data/other/report.html"]
        qt.QSettings().remove("MedMM")

    def test_a_question(self, slicer_host: Any, environment: Any) -> None:
        for answer in (True, False):
            with environment.recording_messages(answer) as shown:
                assert slicer_host.confirm("Remove", "Remove it?") is answer
            assert len(shown) == 1

    @pytest.mark.parametrize(("accepted", "result"), [(1, "typed"), (0, None)])
    def test_a_line_of_text(
        self, slicer_host: Any, monkeypatch: pytest.MonkeyPatch, accepted: int, result: str | None
    ) -> None:
        import qt

        monkeypatch.setattr(qt.QInputDialog, "exec_", lambda _dialog: accepted, raising=False)
        assert slicer_host.ask_text("Title", "Label", "typed") == result

    def test_a_segment_that_is_gone_is_refused(self, slicer_host: Any, environment: Any) -> None:
        from MedMMSlicerLib.errors import MedMMError

        with pytest.raises(MedMMError):
            slicer_host.edit_segment("vtkMRMLSegmentationNode1", "liver")

    def test_the_segment_editor_opens_on_the_segment(
        self, slicer_host: Any, scene: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from types import SimpleNamespace

        import slicer

        calls: list[tuple[Any, ...]] = []
        editor = SimpleNamespace(
            setSegmentationNode=lambda node: calls.append(("segmentation", node.GetID())),
            setSourceVolumeNode=lambda node: calls.append(("source", node)),
            setCurrentSegmentID=lambda name: calls.append(("segment", name)),
        )
        monkeypatch.setattr(slicer.util, "mainWindow", lambda: object())
        monkeypatch.setattr(slicer.util, "selectModule", lambda name: calls.append(("module", name)))
        monkeypatch.setattr(slicer.util, "getModuleWidget", lambda _name: SimpleNamespace(editor=editor))
        monkeypatch.setattr(slicer, "app", SimpleNamespace(layoutManager=lambda: object()))
        node = scene.AddNewNodeByClass("vtkMRMLSegmentationNode")
        node.GetSegmentation().AddEmptySegment("liver", "liver")
        slicer_host.edit_segment(node.GetID(), "liver")
        assert [call[0] for call in calls] == ["module", "segmentation", "source", "segment"]
        assert calls[3] == ("segment", "liver")

    def test_settings_are_texts_under_one_prefix(self, scene: Any) -> None:
        import qt
        from MedMMSlicerLib.widgets.panel_host import QtSettings

        settings = QtSettings("Test/")
        assert settings.get("a") == ""
        settings.set("a", "1")
        assert settings.get("a") == "1" and qt.QSettings().value("Test/a") == "1"
        settings.set("a", "")
        assert settings.get("a") == ""
