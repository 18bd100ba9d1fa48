"""Texts in the corners: what they say, and where they stand in small views."""

from __future__ import annotations

import itertools
from typing import Any

import pytest

pytestmark = pytest.mark.panel

NOTICE = "Research use only. Not for clinical diagnosis."


@pytest.mark.parametrize(
    ("width", "level", "text"),
    [
        (404.51, 127.5, "W 405  L 128"),
        (1804, -122, "W 1804  L -122"),
        (-7.6295e-05, 0.0, "W 0  L 0"),
        (0.00345, 0.0012, "W 0.00345  L 0.0012"),
        (2.5, 1.25, "W 2.5  L 1.25"),
        (65535.0, 1e-7, "W 65535  L 0"),
        (1e7, 2e7, "W 10000000  L 20000000"),
    ],
)
def test_window_and_level_have_few_digits_and_no_exponent(
    qt_environment: Any, width: float, level: float, text: str
) -> None:
    from MedMMSlicerHost.reader.corners import window_text

    assert window_text(width, level) == text


@pytest.mark.parametrize("notice", [NOTICE, "仅供研究使用，不得用于临床诊断。"])
@pytest.mark.parametrize("size", [(185, 260), (120, 200), (370, 380), (900, 700)])
def test_the_notice_can_be_read_in_every_view(
    qt_environment: Any, size: tuple[int, int], notice: str
) -> None:
    import qt
    from MedMMSlicerHost.reader import annotations

    texts = annotations.CornerTexts(
        top_left=("example_ct.nii.gz",),
        top_right=("Axial",),
        bottom_left=("Slice 57 of 112", "S 262.3 mm"),
        bottom_right=("W 1804  L -122",),
        bottom=notice,
        letters=("R", "L", "A", "P"),
    )
    image = qt.QImage(size[0], size[1], qt.QImage.Format_RGB32)
    painter = qt.QPainter(image)
    placed = list(annotations._placed(painter, size, texts))
    boxes = annotations.text_boxes(painter, size, texts)
    painter.end()
    shown = [text for _, _, text in placed]
    said = [text for _, align, text in placed if align == qt.Qt.AlignHCenter]
    assert "".join(reversed(said)).replace(" ", "") == notice.replace(" ", "")
    if size[0] >= 185:
        assert {"Slice 57 of 112", "S 262.3 mm", "W 1804  L -122"} <= set(shown)
    for x, y, wide, high in boxes:
        assert x >= 0 and y >= 0 and x + wide <= size[0] and y + high <= size[1]
    written = boxes[:-4] if size[0] < 185 else (*boxes[:-4], boxes[-1])
    for one, other in itertools.combinations(written, 2):
        beside = one[0] + one[2] <= other[0] or other[0] + other[2] <= one[0]
        assert beside or one[1] + one[3] <= other[1] or other[1] + other[3] <= one[1], (one, other)
