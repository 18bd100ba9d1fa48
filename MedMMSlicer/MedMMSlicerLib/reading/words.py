"""The few words that the reading room itself says, in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping

__all__ = ["EXTENT", "FACT_LABELS", "SEXES", "age_as_text", "obstacle", "word"]

_Words = Mapping[str, Mapping[str, str]]

FACT_LABELS: _Words = {
    "age": {"en": "Age", "zh-CN": "年龄"},
    "sex": {"en": "Sex", "zh-CN": "性别"},
    "modality": {"en": "Modality", "zh-CN": "检查类型"},
    "body_part": {"en": "Body part", "zh-CN": "检查部位"},
    "view": {"en": "View", "zh-CN": "体位"},
    "laterality": {"en": "Side", "zh-CN": "侧别"},
    "study": {"en": "Study", "zh-CN": "检查"},
    "series": {"en": "Series", "zh-CN": "序列"},
    "acquired_at": {"en": "Acquired", "zh-CN": "采集时间"},
    "manufacturer": {"en": "Manufacturer", "zh-CN": "设备厂商"},
    "size": {"en": "Size", "zh-CN": "矩阵"},
    "spacing": {"en": "Spacing", "zh-CN": "体素间距"},
}

SEXES: _Words = {
    "M": {"en": "male", "zh-CN": "男"},
    "F": {"en": "female", "zh-CN": "女"},
    "O": {"en": "other", "zh-CN": "其他"},
}

EXTENT: _Words = {
    "years": {"en": "{0} years", "zh-CN": "{0} 岁"},
    "months": {"en": "{0} months", "zh-CN": "{0} 个月"},
    "unknown_spacing": {"en": "not stated", "zh-CN": "未注明"},
    "series_count": {"en": "{0} series", "zh-CN": "{0} 个序列"},
}


_OBSTACLES: _Words = {
    "no-case": {"en": "No case is open.", "zh-CN": "没有打开病例。"},
    "open-first": {"en": "No case is open. Open images first.", "zh-CN": "没有打开病例。请先打开图像。"},
    "running": {"en": "A run is in progress.", "zh-CN": "分析正在进行。"},
    "ending": {"en": "The run is being ended.", "zh-CN": "分析正在结束。"},
    "no-model": {
        "en": "There is no model. Install a bundle first.",
        "zh-CN": "没有可用的模型。请先安装模型。",
    },
    "none-fits": {
        "en": "No model fits this image. The nearest: {reason}",
        "zh-CN": "没有适用于此图像的模型。最接近的：{reason}",
    },
    "choose-model": {
        "en": "The file does not state its modality: choose the model yourself.",
        "zh-CN": "文件未注明检查类型：请自行选择模型。",
    },
    "refused": {
        "en": "{name} refused these images: {reason}",
        "zh-CN": "{name} 拒绝了这些图像：{reason}",
    },
    "not-accepted": {
        "en": "The license and intended use of {name} were not accepted yet. Read its card first.",
        "zh-CN": "尚未接受 {name} 的许可和预期用途。请先阅读模型说明。",
    },
    "model-gone": {
        "en": "The bundle '{name}' is not there any more. Select another one.",
        "zh-CN": "模型 '{name}' 已不存在。请另选一个。",
    },
    "role-missing": {
        "en": "{name} needs an image with the role '{role}'. Give one that role.",
        "zh-CN": "{name} 需要角色为 '{role}' 的图像。请为一幅图像指定该角色。",
    },
    "image-gone": {
        "en": "The image of this case was removed from the scene. Open it again.",
        "zh-CN": "此病例的图像已从场景中移除。请重新打开。",
    },
    "point-missing": {
        "en": "The model reads around a point, and the image is larger. Set the point first.",
        "zh-CN": "模型只读取一点周围的区域，而图像更大。请先设置该点。",
    },
    "point-outside": {
        "en": "The point {place} (mm, RAS) is outside of {series}. Set a point inside.",
        "zh-CN": "点 {place}（mm，RAS）在 {series} 之外。请设置图像内的点。",
    },
}
"""Why something can not be done now."""


def obstacle(key: str, language: str, **values: object) -> str:
    """A sentence that says why something can not be done now, and what to do."""
    return word(_OBSTACLES, key, language).format(**values)


def word(words: _Words, name: str, language: str) -> str:
    """A word in ``language``, else in English, else its own name."""
    texts = words.get(name, {})
    return texts.get(language) or texts.get("en") or name


def age_as_text(age_years: float, language: str, with_unit: bool = True) -> str:
    """An age as people state it: completed years from two years on, completed months before.

    Parameters
    ----------
    age_years : float
    language : str
    with_unit : bool
        False: years as a bare number, for a field that asks for years.
    """
    if age_years < 2:
        # An age that was counted in days must not lose a month to rounding.
        return word(EXTENT, "months", language).format(math.floor(age_years * 12 + 1e-6))
    years = f"{math.floor(age_years)}"
    return word(EXTENT, "years", language).format(years) if with_unit else years
