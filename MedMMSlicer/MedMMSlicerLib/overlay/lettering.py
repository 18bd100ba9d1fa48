"""Text on the picture: fonts of the machine, marks, scale bars."""

from __future__ import annotations

import math
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from ..reporting.plain_text import clean_text, display_width
from .planes import Plane

__all__ = [
    "QUIET",
    "TEXT",
    "can_write_chinese",
    "draw_caption",
    "draw_marks",
    "draw_scale_bar",
    "fit_text",
    "font_for",
    "write",
]

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
Ink = tuple[int, int, int]

CANVAS: Ink = (17, 21, 27)
TEXT: Ink = (232, 236, 241)
QUIET: Ink = (152, 164, 178)
_HALO: Ink = (0, 0, 0)
_LATIN_FONTS = (
    "DejaVuSans.ttf",
    "LiberationSans-Regular.ttf",
    "segoeui.ttf",
    "Arial.ttf",
    "arial.ttf",
    "Helvetica.ttc",
)
_CHINESE_FONTS = (
    "NotoSansCJK-Regular.ttc",
    "NotoSansCJKsc-Regular.otf",
    "NotoSansSC-Regular.otf",
    "NotoSansSC-Regular.ttf",
    "SourceHanSansSC-Regular.otf",
    "wqy-zenhei.ttc",
    "wqy-microhei.ttc",
    "DroidSansFallbackFull.ttf",
    "PingFang.ttc",
    "Hiragino Sans GB.ttc",
    "STHeiti Medium.ttc",
    "msyh.ttc",
    "simhei.ttf",
    "simsun.ttc",
    "Arial Unicode.ttf",
)
_SCALE_STEPS_MM = (1, 2, 5, 10, 20, 50, 100, 200)


def can_write_chinese() -> bool:
    """Whether this machine has a font with Chinese characters; none is shipped."""
    return _first_font(_CHINESE_FONTS) is not None


@lru_cache(maxsize=4)
def _first_font(names: tuple[str, ...]) -> str | None:
    for name in names:
        try:
            ImageFont.truetype(name, 12)
        except OSError:
            continue
        return name
    return None


@lru_cache(maxsize=32)
def _font(name: str | None, size: int) -> Font:
    return ImageFont.truetype(name, size) if name else ImageFont.load_default(size)


def font_for(text: str, size: int) -> Font:
    """A font of ``size`` pixels that has the characters of ``text``, as far as the machine has one."""
    wide = display_width(text) > len(text)
    name = (_first_font(_CHINESE_FONTS) if wide else None) or _first_font(_LATIN_FONTS)
    return _font(name, size)


def fit_text(text: str, size: int, width: int) -> str:
    """The text on one line, cut with an ellipsis where it is wider than ``width`` pixels."""
    text = clean_text(text)
    # No picture is wider than a few hundred characters; a longer text is not worth measuring.
    text = text if len(text) <= 400 else text[:400] + "…"
    font = font_for(text, size)
    while len(text) > 1 and font.getlength(text) > width:
        text = text[:-2].rstrip() + "…"
    return text


def write(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size: int,
    ink: Ink = TEXT,
    anchor: str = "la",
) -> None:
    """Draw a text that was cleaned and fitted."""
    draw.text(place, text, fill=ink, font=font_for(text, size), anchor=anchor)


def _write_on_image(
    draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size: int, anchor: str
) -> None:
    draw.text(
        place, text, fill=TEXT, font=font_for(text, size), anchor=anchor, stroke_width=2, stroke_fill=_HALO
    )


def draw_marks(image: Image.Image, plane: Plane) -> None:
    """Write the letters of the patient's directions at the four borders."""
    draw = ImageDraw.Draw(image)
    left, right, top, bottom = plane.marks
    width, height = image.size
    _write_on_image(draw, (8, height / 2), left, 17, "lm")
    _write_on_image(draw, (width - 8, height / 2), right, 17, "rm")
    _write_on_image(draw, (width / 2, 7), top, 17, "ma")
    _write_on_image(draw, (width / 2, height - 7), bottom, 17, "md")


def draw_caption(image: Image.Image, text: str) -> None:
    """Write what the panel shows into its upper left corner."""
    size = 14
    fitted = fit_text(text, size, image.width // 2 - 24)
    _write_on_image(ImageDraw.Draw(image), (8, 7), fitted, size, "la")


def draw_scale_bar(image: Image.Image, plane: Plane) -> None:
    """Draw a bar of a round length, about a quarter of the picture, into the lower right corner."""
    wanted_mm = plane.pixel_mm * image.width / 4
    length_mm = max((step for step in _SCALE_STEPS_MM if step <= wanted_mm), default=_SCALE_STEPS_MM[0])
    length = round(length_mm / plane.pixel_mm)
    if not math.isfinite(length) or not 0 < length < image.width:
        return
    draw = ImageDraw.Draw(image)
    right, bottom = image.width - 12, image.height - 12
    draw.rectangle((right - length - 1, bottom - 4, right + 1, bottom + 1), fill=_HALO)
    draw.rectangle((right - length, bottom - 3, right, bottom), fill=TEXT)
    _write_on_image(draw, (right - length / 2, bottom - 8), f"{length_mm} mm", 13, "md")
