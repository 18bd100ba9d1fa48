"""The words in which findings are explained, in English and Chinese."""

from __future__ import annotations

import functools

from ..reporting.context_notes import translate_note
from ..reporting.templates import LANGUAGES, Wording, load_wording

__all__ = ["known_language", "phrase", "translate_note", "wording_of"]

_PHRASES: dict[str, tuple[str, str]] = {
    "point": ("Operating point {threshold}.", "工作点 {threshold}。"),
    "point.none": (
        "The model has no operating point for this finding.",
        "模型未为该所见设定工作点。",
    ),
    "point.sensitivity": (
        "Of 100 validation images with it, about {number} reached the operating point (sensitivity {value}).",
        "100 幅有此所见的验证图像中约 {number} 幅达到工作点（敏感度 {value}）。",
    ),
    "point.specificity": (
        "Of 100 without it, about {number} reached it too (specificity {value}).",
        "100 幅无此所见的图像中约 {number} 幅也达到工作点（特异度 {value}）。",
    ),
    "point.unknown": (
        "Sensitivity and specificity there are not known.",
        "该点的敏感度和特异度未知。",
    ),
    "point.reader": ("Entered by the reader; no model gave a probability.", "由阅片者录入；无模型概率。"),
    "method.leave-one-out": (
        "Contributions: the probability with all inputs minus the probability without this one. They need "
        "not add up, because inputs act together.",
        "贡献：使用全部输入的概率减去缺少该项输入时的概率。各输入共同起作用，因此贡献之和不必等于总概率。",
    ),
    "method.heat-map": ("Heat map: {method}.", "热图：{method}。"),
    "method.class activation map": ("class activation map", "类激活图"),
    "method.occlusion": ("occlusion", "遮挡法"),
    "method.segmentation": (
        "Stated from the segmentation; the model gives no probability for it.",
        "根据分割结果给出；模型未给出概率。",
    ),
    "method.image": (
        "The probability comes from the image alone; the model does not use the clinical context for it.",
        "该概率仅来自图像；模型对其不使用临床资料。",
    ),
    "method.reader": ("Entered by the reader.", "由阅片者录入。"),
    "raises": ("{name} raises the probability by {points}.", "{name}使概率升高 {points}。"),
    "lowers": ("{name} lowers the probability by {points}.", "{name}使概率降低 {points}。"),
    "nothing": (
        "{name} leaves the probability as it is.",
        "{name}未改变概率。",
    ),
    "points": ("{number} percentage points", "{number} 个百分点"),
    "age": ("{number} years", "{number} 岁"),
    "doubt.refusal": ("The model gave a reason not to trust it: {text}", "模型给出的不应信任的理由：{text}"),
    "doubt.novelty": (
        "The image is unlike those that the model was made for ({known}): novelty {value}, limit {limit}.",
        "该图像与模型适用的图像（{known}）不相似：新异度 {value}，上限 {limit}。",
    ),
    "doubt.unusual": (
        "The image is unusual for the model ({known}): novelty {value} is close to its limit {limit}.",
        "该图像对模型而言较为特殊（{known}）：新异度 {value}，接近上限 {limit}。",
    ),
    "doubt.quality": ("Image quality: {name}.", "图像质量：{name}。"),
    "doubt.missing": (
        "{name} was missing; the model used {fill} in its place.",
        "缺少{name}；模型以 {fill} 代替。",
    ),
    "doubt.missing-fixed": (
        "{name} was missing; the model used a fixed value in its place.",
        "缺少{name}；模型以固定值代替。",
    ),
    "doubt.close": (
        "The probability {probability} is close to the operating point {threshold}: a small change of the "
        "inputs can move it across.",
        "概率 {probability} 接近工作点 {threshold}：输入的微小变化即可使其越过该点。",
    ),
    "value.above": ("above {limit}; the model used {value}", "高于 {limit}；模型使用 {value}"),
    "value.below": ("below {limit}; the model used {value}", "低于 {limit}；模型使用 {value}"),
    "limit.above": ("above {limit}", "高于 {limit}"),
    "limit.below": ("below {limit}", "低于 {limit}"),
    "limit.range": ("the detection range", "检测范围"),
    "doubt.range": (
        "{name} {value} is far from the values that the model was trained with (mostly {low} to {high}).",
        "{name} {value} 远离模型训练时使用的数值（多为 {low} 至 {high}）。",
    ),
    "doubt.note": ("Note on the clinical context: {text}", "关于临床资料的说明：{text}"),
    "doubt.run": ("Note on the run: {text}", "关于本次运行的说明：{text}"),
    "doubt.device": (
        "Another device was asked for ({asked}) than the one that ran ({used}).",
        "请求的设备（{asked}）与实际运行的设备（{used}）不同。",
    ),
    "doubt.score": (
        "The number {score} is a network score: it is not calibrated and no probability.",
        "数值 {score} 为网络评分：未经校准，并非概率。",
    ),
    "doubt.stale": (
        "The clinical context was changed after the run.",
        "运行之后临床资料已被修改。",
    ),
    "doubt.touched": (
        "A person changed the segment after the model made it; the measurements are those of the changed "
        "segment.",
        "模型生成后该分割已被人工修改；测量值为修改后的结果。",
    ),
    "doubt.empty": (
        "The segment that this finding was stated from is empty or was removed.",
        "该所见所依据的分割为空或已被移除。",
    ),
    "method.corrected": ("After correction by the reader.", "经阅片者修正后测得。"),
    "diameter": ("longest diameter {value}", "最长径 {value}"),
    "voxels": ("{number} voxels", "{number} 个体素"),
    "pixels": ("{number} pixels", "{number} 个像素"),
    "empty": ("empty", "空"),
}


def known_language(language: str) -> str:
    """The language if there are words in it, else English."""
    return language if language in LANGUAGES else "en"


def phrase(key: str, language: str, **values: str) -> str:
    """A sentence or word of this module with its values."""
    english, chinese = _PHRASES[key]
    return (chinese if known_language(language) == "zh-CN" else english).format(**values)


@functools.cache
def wording_of(language: str) -> Wording:
    """Words for names, quantities and context variables; read once."""
    return load_wording("chest", known_language(language))[0]
