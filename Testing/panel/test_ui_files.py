"""The .ui files: what code uses is there, everything can be reached and named, only allowed classes."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest

MODULE = Path(__file__).resolve().parents[2] / "MedMMSlicer"
UI_FILES = sorted((MODULE / "Resources" / "UI").glob("*.ui"))
WIDGETS = MODULE / "MedMMSlicerLib" / "widgets"
OWN_CLASSES = {"ctkCollapsibleButton", "qMRMLNodeComboBox"}
REACHED = {
    "QPushButton", "QToolButton", "QComboBox", "QLineEdit", "QPlainTextEdit", "QTextEdit", "QTextBrowser",
    "QTableWidget", "QListWidget", "QSlider", "QCheckBox", "qMRMLNodeComboBox",
}  # fmt: skip
MAIN = {
    "Panel": ("panel.py", "message_bar.py", "install_bar.py"),
    "Case": ("case_part.py",),
    "Context": ("context_part.py",),
    "Analyze": ("analyze_part.py",),
    "Findings": ("findings_part.py",),
    "Segments": ("segments_part.py",),
    "Report": ("report_part.py",),
    "ReportWorkflow": ("report_workflow_bar.py",),
    "ReportChecks": ("report_checks_bar.py",),
    "ReportRecovery": ("report_recovery_bar.py",),
    "Study": ("study_part.py", "study_marks_box.py"),
    "StudyRating": ("study_rating.py",),
    "StudyProtocol": ("study_protocol_form.py",),
}


def names(path: Path) -> dict[str, str]:
    """Object name to class."""
    return {item.get("name", ""): item.get("class", "") for item in ElementTree.parse(path).iter("widget")}


def used_names(path: Path) -> set[str]:
    """What a module takes from ``self.ui``, ``self._ui`` and ``part.ui``."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Attribute) or not isinstance(node.value, ast.Attribute | ast.Name):
            continue
        owner = node.value.attr if isinstance(node.value, ast.Attribute) else node.value.id
        if owner in ("ui", "_ui"):
            found.add(node.attr)
    return found


def test_there_is_one_file_for_the_frame_and_one_for_each_part_and_bar() -> None:
    assert {path.stem for path in UI_FILES} == set(MAIN)


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: path.stem)
def test_what_the_code_uses_is_there(path: Path) -> None:
    present = set(names(path))
    # The frame also looks at these of its parts.
    shared = {"section", "sortCombo", "filterCombo", "deviceCombo"} if path.stem == "Panel" else set()
    for file in MAIN[path.stem]:
        used = used_names(WIDGETS / file)
        assert used, file
        assert used - present - shared == set(), file


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: path.stem)
def test_names_are_unique_and_camel_case(path: Path) -> None:
    found = [item.get("name", "") for item in ElementTree.parse(path).iter("widget")]
    assert len(found) == len(set(found))
    assert all(re.fullmatch(r"[a-z][A-Za-z0-9]*", name) for name in found[1:]), found


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: path.stem)
def test_only_allowed_classes_are_used(path: Path) -> None:
    foreign = {kind for kind in names(path).values() if not kind.startswith("Q")}
    assert foreign <= OWN_CLASSES
    declared = {item.findtext("class") for item in ElementTree.parse(path).iter("customwidget")}
    assert declared == foreign


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: path.stem)
def test_what_can_be_used_has_a_name_for_screen_readers(path: Path) -> None:
    for widget in ElementTree.parse(path).iter("widget"):
        if widget.get("class") in REACHED:
            properties = {
                item.get("name"): item.findtext("string") or "" for item in widget.findall("property")
            }
            # A button is read by its text where that is a word.
            named = "accessibleName" in properties or re.search(r"[A-Za-z0-9]{2}", properties.get("text", ""))
            assert named, (path.stem, widget.get("name"))


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: path.stem)
def test_the_tab_order_names_everything_that_can_be_reached(path: Path) -> None:
    stops = [item.text or "" for item in ElementTree.parse(path).iter("tabstop")]
    reachable = {name for name, kind in names(path).items() if kind in REACHED}
    unreachable = {
        widget.get("name")
        for widget in ElementTree.parse(path).iter("widget")
        for item in widget.findall("property")
        if item.get("name") == "focusPolicy" and (item.findtext("enum") or "").endswith("NoFocus")
    }
    assert len(stops) == len(set(stops))
    assert set(stops) <= set(names(path))
    assert reachable - set(stops) - unreachable == set()


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: path.stem)
def test_labels_name_their_fields(path: Path) -> None:
    present = names(path)
    for widget in ElementTree.parse(path).iter("widget"):
        for item in widget.findall("property"):
            if item.get("name") == "buddy":
                assert item.findtext("cstring") in present


@pytest.mark.parametrize("path", UI_FILES, ids=lambda path: path.stem)
def test_no_color_is_fixed_but_ground_and_letters_together(path: Path) -> None:
    """Qt keeps the palette of the day for what a sheet colors: a ground alone is unreadable later."""
    text = path.read_text(encoding="utf-8")
    assert "<palette>" not in text and "<color" not in text
    for widget in ElementTree.parse(path).iter("widget"):
        for item in widget.findall("property"):
            if item.get("name") == "styleSheet":
                sheet = item.findtext("string") or ""
                for rule in sheet.split("}"):
                    letters = bool(re.search(r"(?<!-)\bcolor\s*: ", rule))
                    assert letters == ("background" in rule), (path.stem, widget.get("name"))
