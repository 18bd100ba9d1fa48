"""The editor's texts in other languages; what the panel has already is asked there."""

from __future__ import annotations

from typing import Any

import qt

__all__ = ["UiTexts", "_"]

_PROPERTIES = ("text", "title", "toolTip", "accessibleName")
_TYPED = ("QComboBox", "QAbstractSpinBox", "QLineEdit")

CHINESE = {
    "A ball reaches into the slices beside; otherwise only the slice that is shown is painted": (
        "球形画笔会伸入相邻层面；否则只在当前层面上绘制"
    ),
    "Add to the segment": "加入分割",
    "Apply": "应用",
    "Ball": "球形",
    "Brush": "画笔",
    "Change the segment by these image values": "按这些图像值修改分割",
    "Choose Edit at a segment.": "请在某个分割上选择“编辑”。",
    "Close the editor; surfaces in 3D come back": "关闭编辑器；三维表面会重新显示",
    "Diameter of the brush": "画笔直径",
    "Do it again": "重做",
    "Done": "完成",
    "Editing: {name}": "正在编辑：{name}",
    "Erase": "擦除",
    "Erase with the left mouse button": "用鼠标左键擦除",
    "Fill holes": "填充孔洞",
    "Fill what the segment encloses": "填充被分割包围的部分",
    "From": "从",
    "Highest image value": "最高图像值",
    "How to use the range": "如何使用该范围",
    "Image values": "图像值",
    "Keep of it what is in the range": "只保留其中符合范围的部分",
    "Keep the largest connected part only": "只保留最大的连通部分",
    "Largest": "最大部分",
    "Look": "浏览",
    "Lowest image value": "最低图像值",
    "Outside of the range": "范围之外",
    "Paint": "绘制",
    "Paint and erase only there": "只在此处绘制和擦除",
    "Paint with the left mouse button": "用鼠标左键绘制",
    "Redo": "重做",
    "Replace other segments": "替换其他分割",
    "Replace the segment": "替换该分割",
    "Shift and wheel: size of the brush": "Shift 加滚轮：画笔大小",
    "Smooth": "平滑",
    "Smooth the surface of the segment": "平滑分割的表面",
    "The mouse works as without the editor": "鼠标的作用与没有编辑器时相同",
    "Undo": "撤销",
    "Undo the last stroke": "撤销上一笔",
    "What is painted is taken away from other visible segments; off: they may overlap": (
        "所绘部分会从其他可见分割中去除；关闭时分割可以重叠"
    ),
    "Within or outside of the range": "范围之内或之外",
    "Within the range": "范围之内",
    "to": "到",
}


def _(text: str) -> str:
    """Return a text in the language that is set for the panel."""
    from MedMMSlicerLib.widgets import translation

    if translation.language() == "zh-CN" and text in CHINESE:
        return CHINESE[text]
    return str(translation._(text))


class UiTexts:
    """The texts that a ``.ui`` file gave to a widget and its children, to be put into another language.

    Parameters
    ----------
    widget : QWidget
        Just loaded, before code sets any text.
    """

    def __init__(self, widget: Any) -> None:
        self._texts = [
            (child, name, str(child.property(name)))
            for child in widget.findChildren(qt.QWidget)
            for name in (_PROPERTIES[2:] if any(child.inherits(kind) for kind in _TYPED) else _PROPERTIES)
            if child.property(name)
        ]

    def translate(self) -> None:
        """Put them into the language that is set."""
        for child, name, source in self._texts:
            child.setProperty(name, _(source))

    @property
    def sources(self) -> tuple[str, ...]:
        """The texts as the file has them."""
        return tuple(dict.fromkeys(source for _child, _name, source in self._texts))
