"""The user guide says what the program does: its keys are the real ones, its pictures exist and are used."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
GUIDE = REPOSITORY / "docs" / "user-guide.md"
PICTURES = REPOSITORY / "Resources" / "Screenshots"
EDITOR = REPOSITORY / "MedMMSlicer" / "MedMMSlicerHost" / "segment_editor" / "editor.py"
LIMIT_BYTES = 3_000_000


def key_table(title: str) -> list[tuple[str, str]]:
    """Rows (what, key) of the table below a heading of the guide."""
    section = GUIDE.read_text(encoding="utf-8").split(f"## {title}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+) \| (.+) \|$", section, re.MULTILINE)
    assert rows[0] == ("does", "key")
    return rows[1:]


@pytest.mark.panel
def test_the_keys_of_the_panel_are_the_real_ones(fake_panel: Any) -> None:
    actions = [(item.text, item.shortcut) for item in fake_panel.hotkeys.actions if item.shortcut]
    assert key_table("Keys of the panel") == actions


@pytest.mark.panel
def test_the_keys_of_the_desktop_reader_are_the_real_ones(environment: Any) -> None:
    from MedMMSlicerHost.reader.actions import SPECIFICATIONS
    from MedMMSlicerHost.reader.docks import _KEYS

    wanted = [(item.text.replace("&", ""), item.shortcut) for item in SPECIFICATIONS if item.shortcut]
    titles = {"cases": "Cases", "panel": "Reading"}
    wanted += [(titles[name], key) for name, key in _KEYS.items()]
    assert key_table("Keys of the desktop reader") == wanted


def test_the_keys_of_the_segment_editor_are_the_real_ones() -> None:
    pattern = r'self\._key\("([^"]+)", (?:lambda: self\.choose_tool\("(\w+)"\)|self\.(\w+))\)'
    found = re.findall(pattern, EDITOR.read_text(encoding="utf-8"))
    wanted = [((tool or method.strip("_")).capitalize(), key) for key, tool, method in found]
    assert len(wanted) > 5
    assert key_table("Keys of the segment editor in the desktop reader") == wanted


@pytest.mark.panel
def test_the_mouse_is_described_as_the_reader_describes_it(environment: Any) -> None:
    from MedMMSlicerHost.reader.help_windows import _MOUSE

    section = GUIDE.read_text(encoding="utf-8").split("## Mouse in the desktop reader\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (.+) \| (.+) \|$", section, re.MULTILINE)[1:]
    assert [tuple(map(str.lower, row)) for row in rows] == [tuple(map(str.lower, row)) for row in _MOUSE]


@pytest.mark.parametrize("page", ["docs/user-guide.md", "README.md"])
def test_links_and_pictures_of_a_page_are_there(page: str) -> None:
    path = REPOSITORY / page
    targets = re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    assert targets
    missing = [target for target in targets if not (path.parent / target).exists()]
    assert not missing


def test_every_picture_is_used_and_together_they_are_small() -> None:
    pages = [REPOSITORY / "README.md", REPOSITORY / "CMakeLists.txt", *REPOSITORY.glob("docs/**/*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    pictures = sorted(PICTURES.iterdir())
    assert [path.name for path in pictures if path.name not in text] == []
    assert sum(path.stat().st_size for path in pictures) < LIMIT_BYTES


def test_buttons_of_the_guide_are_in_the_panel() -> None:
    """What the guide prints in italics as something to press stands in a .ui file or in the code."""
    sources = [
        path.read_text(encoding="utf-8")
        for folder in ("Resources/UI", "MedMMSlicerLib/widgets", "MedMMSlicerHost")
        for path in (REPOSITORY / "MedMMSlicer" / folder).rglob("*")
        if path.suffix in (".ui", ".py")
    ]
    known = "\n".join(sources).replace("&amp;", "").replace("&", "").lower()
    words = re.findall(r"(?<![*\w])\*([A-Z0-9][^*\n]+?)\*(?!\*)", GUIDE.read_text(encoding="utf-8"))
    assert len(words) > 40
    unknown = {part for word in words for part in word.split(" → ") if part.lower() not in known}
    assert unknown <= {"MedMM"}, unknown
