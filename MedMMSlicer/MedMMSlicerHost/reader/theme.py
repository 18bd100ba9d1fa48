"""Light, dark, or as the system has it."""

from __future__ import annotations

from typing import Any

import qt

__all__ = ["THEMES", "apply_theme", "is_dark"]

THEMES = ("system", "light", "dark")

# fmt: off
_ROLES = (
    "Window", "WindowText", "Base", "AlternateBase", "Text", "Button", "ButtonText", "BrightText",
    "ToolTipBase", "ToolTipText", "Highlight", "HighlightedText", "Link", "PlaceholderText", "Mid",
)
_LIGHT = (
    "#f3f4f6", "#1b1d21", "#ffffff", "#eceef1", "#1b1d21", "#e7e9ed", "#1b1d21", "#b00020",
    "#ffffff", "#1b1d21", "#2f6fb5", "#ffffff", "#1f5d9e", "#6b7280", "#b9bec7",
)
_DARK = (
    "#24272c", "#e6e8eb", "#1b1d21", "#2b2f35", "#e6e8eb", "#32363d", "#e6e8eb", "#ff8a80",
    "#32363d", "#e6e8eb", "#3d7fc4", "#ffffff", "#8ab8ea", "#9aa1ab", "#4a4f57",
)
# fmt: on
# Fusion frames in a darker window color, which nobody sees on a dark window: an empty check box, and which
# of several buttons is the chosen one. Frames alone: a sheet that sets colors would freeze palettes.
_DARK_SHEET = """
QCheckBox::indicator:unchecked, QAbstractItemView::indicator:unchecked {
    border: 1px solid #7d838c; border-radius: 2px; width: 11px; height: 11px;
}
QPushButton:checked { border: 1px solid #8ab8ea; border-radius: 2px; }
"""
_DISABLED = {"light": "#8a909a", "dark": "#7d838c"}

_started_with: list[Any] = []


def apply_theme(application: Any, theme: str) -> None:
    """Give the whole application a theme, one of `THEMES`."""
    if not _started_with:
        _started_with.append(
            (str(application.style().property("objectName")), qt.QPalette(application.palette()))
        )
    style, palette = _started_with[0]
    if theme == "system":
        application.setStyle(style)
        application.setPalette(palette)
        application.setStyleSheet("")
        return
    # One style that follows palettes on every system.
    application.setStyle("Fusion")
    application.setPalette(_palette(theme))
    application.setStyleSheet(_DARK_SHEET if theme == "dark" else "")


def is_dark(palette: Any) -> bool:
    """Whether texts of this palette are brighter than what is behind them."""
    window, text = palette.color(qt.QPalette.Window), palette.color(qt.QPalette.WindowText)
    return bool(text.lightness() > window.lightness())


def _palette(theme: str) -> Any:
    palette = qt.QPalette()
    for role, color in zip(_ROLES, _DARK if theme == "dark" else _LIGHT, strict=True):
        palette.setColor(getattr(qt.QPalette, role), qt.QColor(color))
    for role in ("WindowText", "Text", "ButtonText"):
        palette.setColor(qt.QPalette.Disabled, getattr(qt.QPalette, role), qt.QColor(_DISABLED[theme]))
    return palette
