"""Everything in the window that can be pressed, found in the window itself, with a name for each."""

from __future__ import annotations

from typing import Any

__all__ = ["controls", "shortcut_of"]

_PARTS = (
    *("CasePart", "ContextPart", "AnalyzePart", "FindingsPart", "SegmentsPart", "ReportPart"),
    *("SegmentEditor", "ReadingPanel", "casesDock", "panelDock", "editorDock", "toolBar"),
)
_KINDS = ("QAbstractButton", "QComboBox", "QSlider", "QAbstractSpinBox")
_OF_QT = ("qt_menubar_ext_button", "qt_toolbar_ext_button", "qt_tableview_cornerbutton")


def controls(reader: Any) -> dict[str, Any]:
    """Name to action, shortcut or widget: what a reader can press in the window.

    Left out: separators, titles of submenus, and buttons that Qt shows by itself where room is short.
    """
    import qt

    found: dict[str, Any] = {}
    for action in reader.widget.findChildren(qt.QAction):
        _add(found, _action_name(reader, action), action)
    for shortcut in reader.widget.findChildren(qt.QShortcut):
        _add(found, f"key.{shortcut.parent().objectName}.{shortcut.key.toString()}", shortcut)
    for kind in _KINDS:
        for widget in reader.widget.findChildren(getattr(qt, kind)):
            _add(found, _widget_name(widget), widget)
    return found


def shortcut_of(action: Any) -> str:
    """The key of an action as text, empty without one."""
    return str(action.property("shortcut").toString())


def _add(found: dict[str, Any], name: str, item: Any) -> None:
    if not name or found.get(name) == item:
        return
    if name.endswith(".roleCombo"):
        # One for each image, and those of the image before until the event loop deletes them.
        if item.isVisible() or name not in found:
            found[name] = item
        return
    assert name not in found, f"two controls are called {name}"
    found[name] = item


def _action_name(reader: Any, action: Any) -> str:
    if action.isSeparator() or action.menu() or action.inherits("QWidgetAction"):
        return ""
    if action.objectName:
        return str(action.objectName)
    known = [name for name, made in reader.actions.items() if made == action]
    if known:
        return str(known[0])
    owner = action.parent()
    while owner and not owner.objectName:
        owner = owner.parent()
    return f"{owner.objectName if owner else ''}.action.{action.text}"


def _widget_name(widget: Any) -> str:
    names: list[str] = []
    item = widget
    while item and not (names and names[-1] in _PARTS):
        names.append(str(item.objectName))
        item = item.parent()
    own = names[0]
    if names[-1] not in _PARTS or own in _OF_QT or own.startswith("qt_scrollarea"):
        return ""
    if not own and widget.inherits("QToolButton"):
        action = widget.defaultAction()
        own = str(action.objectName) if action else ""
    if not own and widget.inherits("QComboBox"):
        own = "roleCombo" if "seriesTable" in names else next(filter(None, names))
    return f"{names[-1]}.{own}"
