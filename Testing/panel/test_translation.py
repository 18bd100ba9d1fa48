"""The languages: every text has a Chinese one, and a panel that is open changes over."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

pytestmark = pytest.mark.panel


@pytest.fixture(scope="module")
def tool(repository: Path) -> ModuleType:
    """The script that writes the translation files."""
    path = repository / "Testing" / "tools" / "update_translations.py"
    spec = importlib.util.spec_from_file_location("update_translations", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_every_text_is_translated(tool: ModuleType) -> None:
    assert tool.difference("zh-CN") == [], "Run: python Testing/tools/update_translations.py --write"


def test_the_file_is_what_the_tool_writes(tool: ModuleType) -> None:
    path = tool.translation_path("zh-CN")
    assert path.read_text(encoding="utf-8") == tool.file_text("zh-CN")


def test_translations_keep_the_gaps_and_have_chinese_in_them(tool: ModuleType) -> None:
    for source, translated in tool.read_translations("zh-CN").items():
        assert sorted(re.findall(r"\{\w*\}", source)) == sorted(re.findall(r"\{\w*\}", translated)), source
        assert source.count("<b>") == translated.count("<b>")
        assert re.search(r"[一-鿿]", translated) or translated == source, (source, translated)


def test_the_tool_notices_what_is_new_gone_and_not_translated(tool: ModuleType, tmp_path: Path) -> None:
    widgets = tmp_path / "MedMMSlicerLib" / "widgets"
    widgets.mkdir(parents=True)
    (tmp_path / "Resources" / "UI").mkdir(parents=True)
    (widgets / "part.py").write_text('print(_("One & two"), _("Three"))\n')
    (tmp_path / "Resources" / "UI" / "A.ui").write_text(
        '<ui><widget class="QLabel" name="a"><property name="text"><string>Label</string></property>'
        '<property name="text"><string notr="true">%p</string></property></widget></ui>'
    )
    path = tool.translation_path("zh-CN", tmp_path)
    path.parent.mkdir(parents=True)
    path.write_text(tool.file_text("zh-CN", tmp_path), encoding="utf-8")
    assert tool.difference("zh-CN", tmp_path) == ["?Label", "?One & two", "?Three"]
    path.write_text(
        path.read_text(encoding="utf-8").replace(
            '<source>Three</source>\n        <translation type="unfinished"></translation>',
            "<source>Three</source>\n        <translation>三</translation>",
        ),
        encoding="utf-8",
    )
    (widgets / "part.py").write_text('print(_("Three"), _("Four"))\n')
    assert tool.difference("zh-CN", tmp_path) == ["+Four", "-One & two", "?Label"]
    path.write_text(tool.file_text("zh-CN", tmp_path), encoding="utf-8")
    assert tool.read_translations("zh-CN", tmp_path) == {"Four": "", "Label": "", "Three": "三"}


def test_what_is_not_a_literal_is_refused(tool: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "part.py"
    path.write_text("print(_(text))\n")
    with pytest.raises(SystemExit, match="takes a literal"):
        list(tool.code_texts(path))


def test_a_language_is_set_and_an_unknown_one_refused(scene: Any) -> None:
    from MedMMSlicerLib.errors import UsageError
    from MedMMSlicerLib.widgets.translation import _, language, set_language

    assert (_("Analyze"), language()) == ("Analyze", "en")
    set_language("zh-CN")
    assert _("Analyze") != "Analyze" and language() == "zh-CN"
    assert _("not in the table") == "not in the table"
    with pytest.raises(UsageError, match="'xx'"):
        set_language("xx")
    set_language("en")
    assert _("Analyze") == "Analyze"


def test_a_missing_file_says_what_to_do(scene: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from MedMMSlicerLib.errors import InputError
    from MedMMSlicerLib.widgets import translation

    monkeypatch.setattr(translation, "shipped_folder", lambda _name: tmp_path)
    with pytest.raises(InputError, match="Install MedMM again"):
        translation.set_language("zh-CN")
    (tmp_path / "MedMMSlicer_zh-CN.ts").write_text("<TS")
    with pytest.raises(InputError, match="can not be read"):
        translation.set_language("zh-CN")
    assert translation.language() == "en"


def test_the_language_of_a_new_panel(scene: Any) -> None:
    import qt
    from MedMMSlicerLib.reading.settings import MemorySettings
    from MedMMSlicerLib.widgets.translation import start_language

    settings = MemorySettings()
    assert start_language(settings) == "en"
    qt.QSettings().setValue("language", "zh_CN")
    assert start_language(settings) == "zh-CN", "the application's"
    settings.set("language", "en")
    assert start_language(settings) == "en", "the reader's own choice"
    qt.QSettings().remove("language")


def test_an_open_panel_changes_over_and_back(fake_panel: Any, fake_room: Any) -> None:
    ui, case = fake_panel.ui, fake_panel.case.ui
    english = (ui.noticeLabel.text, case.openFilesButton.text, case.section.text, case.deviceLabel.text)
    menu = [action.text for action in fake_panel.hotkeys.qactions()]
    fake_panel.choose_language("zh-CN")
    chinese = (ui.noticeLabel.text, case.openFilesButton.text, case.section.text, case.deviceLabel.text)
    assert all(re.search(r"[一-鿿]", text) for text in chinese)
    assert all(a != b.text for a, b in zip(menu, fake_panel.hotkeys.qactions()))
    assert fake_room.language == "zh-CN" and fake_room.settings.get("language") == "zh-CN"
    # What a reader typed stays.
    assert fake_panel.context.ui.indicationEdit.plainText == "Cough and fever for five days."
    fake_panel.choose_language("en")
    back = (ui.noticeLabel.text, case.openFilesButton.text, case.section.text, case.deviceLabel.text)
    assert back == english and [action.text for action in fake_panel.hotkeys.qactions()] == menu
