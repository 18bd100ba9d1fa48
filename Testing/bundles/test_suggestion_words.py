"""Reasons of a suggestion in both languages."""

from __future__ import annotations

import re
from string import Formatter

import pytest
from MedMMSlicerLib.bundles.suggestion_words import _PHRASES, phrase


@pytest.mark.parametrize("key", _PHRASES)
def test_every_phrase_says_the_same_in_both_languages(key: str) -> None:
    texts = _PHRASES[key]
    assert set(texts) == {"en", "zh-CN"}

    def fields(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name} - {"article"}

    assert fields(texts["en"]) == fields(texts["zh-CN"])
    words = set(re.findall(r"[A-Za-z]{2,}", re.sub(r"\{[a-z]+\}", "", texts["zh-CN"])))
    assert words <= {"mm"}, "an English word"


def test_other_languages_get_english() -> None:
    assert phrase("single", "fr") == "single image"
    assert phrase("no-images", "zh-CN", name="{x}") == "{x} 不读取图像。"
