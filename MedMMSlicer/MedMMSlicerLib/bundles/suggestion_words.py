"""What is said about whether a bundle fits an image, in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping

__all__ = ["phrase"]

_PHRASES: Mapping[str, Mapping[str, str]] = {
    "comma": {"en": ", ", "zh-CN": "，"},
    "and": {"en": " and ", "zh-CN": "、"},
    "or": {"en": " or ", "zh-CN": "或"},
    "volumes": {"en": "volumes", "zh-CN": "三维图像"},
    "images": {"en": "images", "zh-CN": "图像"},
    "modality": {"en": "modality", "zh-CN": "检查类型"},
    "body-part": {"en": "body part", "zh-CN": "检查部位"},
    "view": {"en": "view", "zh-CN": "体位"},
    "size": {"en": "size in mm", "zh-CN": "实际尺寸（mm）"},
    "no-images": {"en": "{name} reads no images.", "zh-CN": "{name} 不读取图像。"},
    "fits": {"en": "{name} fits: {stated}.", "zh-CN": "{name} 适用：{stated}。"},
    "fits-but": {"en": "{name} fits: {stated}; {unclear}.", "zh-CN": "{name} 适用：{stated}；{unclear}。"},
    "may-fit": {"en": "{name} may fit.", "zh-CN": "{name} 可能适用。"},
    "may-fit-but": {"en": "{name} may fit; {unclear}.", "zh-CN": "{name} 可能适用；{unclear}。"},
    "not-stated": {"en": "{what} not stated in the file", "zh-CN": "文件未注明{what}"},
    "image-of": {"en": "{modality} image", "zh-CN": "{modality} 图像"},
    "other-modality": {
        "en": "{name} reads {readable} {kind}; this is {article} {modality} image.",
        "zh-CN": "{name} 读取 {readable} {kind}；此图像为 {modality}。",
    },
    "hounsfield": {
        "en": "{name} reads {readable} {kind}; this image has values below -500, as {modality} has.",
        "zh-CN": "{name} 读取 {readable} {kind}；此图像含有低于 -500 的数值，与 {modality} 相同。",
    },
    "not-loaded": {
        "en": "the image is not loaded, so its size was not compared",
        "zh-CN": "图像尚未载入，未比较尺寸",
    },
    "volume": {"en": "volume", "zh-CN": "三维图像"},
    "single": {"en": "single image", "zh-CN": "单幅图像"},
    "needs-volume": {
        "en": "{name} reads volumes; this is a single image.",
        "zh-CN": "{name} 读取三维图像；此图像为单幅图像。",
    },
    "needs-single": {
        "en": "{name} reads single images; this is a volume of {slices} slices.",
        "zh-CN": "{name} 读取单幅图像；此图像为 {slices} 层的三维图像。",
    },
    "is-stated": {"en": "{what} {stated}", "zh-CN": "{what} {stated}"},
    "other-word": {
        "en": "{name} reads the {what} {accepted}; this image shows {stated}.",
        "zh-CN": "{name} 适用的{what}为 {accepted}；此图像为 {stated}。",
    },
    "needs-color": {
        "en": "{name} reads color images; this one is grayscale.",
        "zh-CN": "{name} 读取彩色图像；此图像为灰度图像。",
    },
    "color-as-gray": {"en": "its colors are read as gray", "zh-CN": "彩色按灰度读取"},
    "too-small": {
        "en": "{name} is for images of at least {limit} mm on every side; this one is {extent} mm.",
        "zh-CN": "{name} 适用于各边不小于 {limit} mm 的图像；此图像为 {extent} mm。",
    },
    "too-large": {
        "en": "{name} is for images of at most {limit} mm on every side; this one is {extent} mm.",
        "zh-CN": "{name} 适用于各边不大于 {limit} mm 的图像；此图像为 {extent} mm。",
    },
    "extent": {"en": "field of view {extent} mm", "zh-CN": "视野 {extent} mm"},
}


def phrase(key: str, language: str, **values: object) -> str:
    """A phrase in ``language``, else in English, with its values."""
    texts = _PHRASES[key]
    return texts.get(language, texts["en"]).format(**values)
