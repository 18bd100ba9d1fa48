"""The few words on an overlay picture."""

from __future__ import annotations

__all__ = ["WORDS"]

WORDS: dict[str, dict[str, str]] = {
    "en": {
        "notice": "Research use only – not for diagnosis",
        "axial": "Axial",
        "coronal": "Coronal",
        "sagittal": "Sagittal",
        "image": "Image",
        "zoom": "zoom",
        "left": "Left",
        "right": "Right",
        "bilateral": "Bilateral",
        "no_bundle": "No model bundle applies to this image.",
        "refused": "Not applicable: {title} refused this image and reports nothing.",
        "no_segment": "The model outlined nothing in this image.",
        "more": "Further regions are not shown; see the table of measurements.",
        "convention": "The patient's right is on the left of axial and coronal pictures.",
        "heat_map": "Heat map: {name}. It shows what influenced the score, not the outline of a lesion.",
        "spacing_unknown": "The file states no spacing, so there is no scale.",
        "no_font": "This machine has no Chinese font; the picture is in English.",
    },
    "zh-CN": {
        "notice": "仅供科研使用，不得用于诊断",
        "axial": "轴位",
        "coronal": "冠状位",
        "sagittal": "矢状位",
        "image": "图像",
        "zoom": "放大",
        "left": "左侧",
        "right": "右侧",
        "bilateral": "双侧",
        "no_bundle": "没有适用于该图像的模型包。",
        "refused": "不适用：{title} 拒绝了该图像，不报告任何所见。",
        "no_segment": "模型未在该图像中勾画任何结构。",
        "more": "其余区域未显示，见测量表。",
        "convention": "轴位和冠状位图像的左边是患者的右侧。",
        "heat_map": "热图：{name}。显示影响得分的区域，并非病灶的轮廓。",
        "spacing_unknown": "文件未注明像素间距，因此没有比例尺。",
        "no_font": "本机没有中文字体；图像文字为英文。",
    },
}
