"""The few words that the reading room itself says, in the reader's language."""

from __future__ import annotations

import math
from collections.abc import Mapping

__all__ = ["EXTENT", "FACT_LABELS", "SEXES", "age_as_text", "word"]

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
