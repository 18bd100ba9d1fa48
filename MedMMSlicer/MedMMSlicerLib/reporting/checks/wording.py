"""What the remarks say, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["REMOVED", "remark_text"]

REMOVED: Mapping[str, str] = {"en": "[removed]", "zh-CN": "[已删除]"}
"""What stands in place of an identifier."""

_TEXTS: Mapping[str, Mapping[str, str]] = {
    "en": {
        "finding-without-sentence": "No sentence states the accepted finding: {name}.",
        "sentence-without-accepted-finding": "No accepted finding supports this: {name}.",
        "still-proposed": "This finding still waits for a decision: {name}.",
        "laterality": "The finding is on another side: {name} ({sides}).",
        "number": "The measurement says {value}: {name}.",
        "number-many": "None of the measurements gives this number: {name}.",
        "unit": "The number fits the measurement in another unit ({value}): {name}.",
        "negation": "This denies an accepted finding: {name}.",
        "impression-unsupported": "Neither the findings nor an accepted finding support this: {name}.",
        "section-empty": "A required section is empty: {name}.",
        "still-open": "A placeholder of the draft still stands. Complete the impression, then remove it.",
        "rejected-mentioned": "This finding was rejected: {name}.",
        "identifier": "This may identify the patient: {name}.",
        "critical-without-communication": "Critical finding; the report does not say who was told: {name}.",
        "left": "left", "right": "right", "both": "both sides", "none": "no side",
        "name": "name", "id": "identifier", "birth": "date of birth", "phone": "telephone number",
        "address": "address", "number-like": "number of a record", "national": "national number",
        "email": "e-mail address", "other": "known to the caller",
    },
    "zh-CN": {
        "finding-without-sentence": "没有语句陈述已接受的所见：{name}。",
        "sentence-without-accepted-finding": "没有已接受的所见支持该内容：{name}。",
        "still-proposed": "该所见尚待确认：{name}。",
        "laterality": "侧别与所见不一致：{name}（{sides}）。",
        "number": "与测量值 {value} 不一致：{name}。",
        "number-many": "没有测量值与该数值一致：{name}。",
        "unit": "该数值与另一单位的测量值（{value}）一致：{name}。",
        "negation": "与已接受的所见相矛盾：{name}。",
        "impression-unsupported": "所见部分及已接受的所见均不支持该内容：{name}。",
        "section-empty": "必填部分为空：{name}。",
        "still-open": "草稿的占位语句仍在。请完成印象，然后删除该句。",
        "rejected-mentioned": "该所见已被否定：{name}。",
        "identifier": "可能泄露患者身份：{name}。",
        "critical-without-communication": "危急所见，但报告未注明已告知何人：{name}。",
        "left": "左侧", "right": "右侧", "both": "双侧", "none": "无侧别",
        "name": "姓名", "id": "标识号", "birth": "出生日期", "phone": "电话号码", "address": "地址",
        "number-like": "病历类编号", "national": "身份证件号", "email": "电子邮箱", "other": "已知信息",
    },
}  # fmt: skip


def remark_text(key: str, language: str, **values: str) -> str:
    """The sentence or word for ``key``; English where the language is not known."""
    texts = _TEXTS.get(language, _TEXTS["en"])
    text = texts[key]
    for name, value in values.items():
        text = text.replace(f"{{{name}}}", value)
    return text
