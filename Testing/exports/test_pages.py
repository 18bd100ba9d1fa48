"""HTML by a strict parser, PDF by what PDFium reads and draws, text; Chinese and hostile input."""

from __future__ import annotations

import dataclasses
import io

import pytest
from MedMMSlicerLib.core import Report, ReportSection, ReportSentence
from MedMMSlicerLib.errors import MedMMError
from MedMMSlicerLib.reporting.document.model import Addendum, Signature
from MedMMSlicerLib.reporting.exports import pdf_fonts
from MedMMSlicerLib.reporting.exports.exported_report import ExportedReport, standing_to_json
from MedMMSlicerLib.reporting.exports.key_images import key_images
from MedMMSlicerLib.reporting.exports.page import to_page, to_plain_text
from MedMMSlicerLib.reporting.exports.pdf import pdf_bytes, to_pdf

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'&amp;{{7*7}}<font color=red>\x00\u202e"
CHINESE = "左侧海马前部体积为 1,324 mm³，较右侧减小约 12.3%，建议复查。"


def chinese_report() -> Report:
    sentences = (
        ReportSentence("s1", CHINESE, "model", ("m-1",)),
        ReportSentence("s2", "龘 pO₂ −3.5 ≥ 2 αβγ", "reader"),
        ReportSentence("s3", "固定文字。", "template"),
    )
    sections = (ReportSection("findings", "所见", sentences), ReportSection("impression", "印象", sentences))
    return Report("海马磁共振报告", "zh-CN", "仅供科研使用。", sections, "2026-03-04T05:06:07+00:00")


@pytest.fixture
def exported(seeded) -> ExportedReport:
    images = key_images(seeded.case, (seeded.prediction,), "zh-CN")
    return ExportedReport(
        chinese_report(),
        (seeded.prediction,),
        seeded.case,
        "final",
        Signature("王小明", "2026-03-04T05:06:07+08:00", "ab" * 32, "主治医师"),
        (Addendum("右侧亦见小囊肿。", "李医生", "2026-03-05T00:00:00+08:00"),),
        images,
    )


@pytest.fixture
def hostile(exported) -> ExportedReport:
    sentence = ReportSentence(HOSTILE, HOSTILE, HOSTILE, (HOSTILE, "m-1"))
    report = dataclasses.replace(
        exported.report,
        title=HOSTILE,
        notice=HOSTILE,
        sections=(ReportSection(HOSTILE, HOSTILE, (sentence,)),),
    )
    return dataclasses.replace(
        exported,
        report=report,
        signature=Signature(HOSTILE, HOSTILE, HOSTILE, HOSTILE),
        addenda=(Addendum(HOSTILE, HOSTILE, HOSTILE),),
        images={HOSTILE: exported.images["overlay"]},
    )


def elements(page: str) -> list:
    import html5lib

    tree = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(page)
    return list(tree.iter())


@pytest.mark.parametrize("kind", ["exported", "hostile"])
def test_the_page_is_valid_html_without_anything_that_runs(kind, request) -> None:
    found = elements(to_page(request.getfixturevalue(kind)))
    tags = {element.tag for element in found if isinstance(element.tag, str)}
    assert not tags & {"script", "iframe", "object", "embed", "form", "base", "link", "font"}
    for element in found:
        names = set(element.attrib) if isinstance(element.tag, str) else set()
        assert not any(str(name).lower().startswith("on") for name in names)
        source = element.attrib.get("src", "") if names else ""
        assert not source or source.startswith("data:image/png;base64,")
        assert not str(element.attrib.get("href", "") if names else "").lower().startswith("javascript")


def test_the_page_shows_status_signature_addenda_and_pictures(exported) -> None:
    page = to_page(exported)
    for text in (
        "最终报告，已签名",
        "王小明 于 2026-03-04T05:06:07+08:00 签名",
        "主治医师",
        "补充说明",
        "右侧亦见小囊肿。",
    ):
        assert text in page
    assert page.count("<img") == len(exported.images) == 1


@pytest.mark.parametrize(
    ("status", "signed", "words"),
    [
        ("draft", False, "草稿"),
        ("preliminary", False, "初步报告，未签名"),
        ("final", False, "初步报告，未签名"),
        ("amended", False, "修订报告，尚未签名"),
        ("amended", True, "修订报告，已签名"),
    ],
)
def test_the_status_is_what_it_is(exported, status, signed, words) -> None:
    signature = exported.signature if signed else None
    changed = dataclasses.replace(exported, status=status, signature=signature)
    assert words in to_page(changed)
    assert words in to_plain_text(changed)
    assert ("签名内容" in to_page(changed)) is signed


def test_every_signed_version_has_its_signer(exported) -> None:
    first = Signature("李医生", "2026-03-03T00:00:00+08:00", "cd" * 32)
    again = dataclasses.replace(exported.signature, version=2)
    amended = dataclasses.replace(exported, status="amended", signature=again, earlier=(first,))
    for text in (to_page(amended), to_plain_text(amended)):
        assert "第 1 版：李医生 于 2026-03-03T00:00:00+08:00 签名" in text
        assert "第 2 版：王小明 于 2026-03-04T05:06:07+08:00 签名" in text
    opened = dataclasses.replace(amended, signature=None)
    for text in (to_page(opened), to_plain_text(opened)):
        assert "李医生 于" in text and "王小明 于" not in text and "第 2 版：尚未签名" in text
    assert standing_to_json(opened)["status"] == "amended_open" and opened.version == 2


def pages_of(data: bytes):
    pypdfium2 = pytest.importorskip("pypdfium2", reason="needs pypdfium2 to read PDF files")
    document = pypdfium2.PdfDocument(data)
    return [document[index] for index in range(len(document))]


def text_of(data: bytes) -> str:
    return "".join(page.get_textpage().get_text_range() for page in pages_of(data))


def test_the_pdf_says_in_chinese_what_the_report_says(exported) -> None:
    text = "".join(text_of(pdf_bytes(exported)).split())
    for wanted in (CHINESE, "龘", "所见", "最终报告，已签名", "王小明", "右侧亦见小囊肿。", "仅供科研使用。"):
        assert "".join(wanted.split()) in text
    assert "第1页，共" in text


def test_every_page_has_ink_and_the_notice(exported) -> None:
    sections = exported.report.sections * 12
    long = dataclasses.replace(exported, report=dataclasses.replace(exported.report, sections=sections))
    pages = pages_of(pdf_bytes(long))
    assert len(pages) >= 4
    for number, page in enumerate(pages, start=1):
        text = "".join(page.get_textpage().get_text_range().split())
        assert "仅供科研使用。" in text
        # Without a Chinese font on the machine pdfium leaves out the last sign of a line.
        last = "页" if pdf_fonts.fonts()[1].name == "MedMM-Chinese" else ""
        assert f"第{number}页，共{len(pages)}{last}" in text
        extremes = page.render(scale=1.0).to_pil().convert("L").getextrema()
        assert extremes[0] < 100
        assert extremes[1] == 255


def test_chinese_without_a_font_on_the_machine(exported, monkeypatch) -> None:
    monkeypatch.setattr(pdf_fonts, "_find", lambda name: None)
    pdf_fonts.fonts.cache_clear()
    try:
        assert [choice.name for choice in pdf_fonts.fonts()] == ["MedMM-Latin", "STSong-Light"]
        # Vera has no small 9: 0.8 109/L would be another value.
        shown = "".join(run for run, _ in pdf_fonts.font_runs("0.8 10⁹/L, 10¹²/L, 5 mm³"))
        assert shown == "0.8 10^9/L, 10¹²/L, 5 mm³"
        data = pdf_bytes(exported)
    finally:
        monkeypatch.undo()
        pdf_fonts.fonts.cache_clear()
        pdf_fonts.fonts()
    assert b"STSong-Light" in data
    assert "左侧海马前部体积" in "".join(text_of(data).split())


def test_a_hostile_report_stays_text_in_the_pdf(hostile) -> None:
    data = pdf_bytes(hostile)
    assert b"/JavaScript" not in data
    assert b"/URI" not in data
    assert "<script>alert(1)</script>" in text_of(data)


def test_a_pdf_is_the_same_each_time_and_has_no_time_in_it(exported) -> None:
    assert pdf_bytes(exported) == pdf_bytes(exported)
    import re

    assert set(re.findall(rb"Date \(D:(\d{4})", pdf_bytes(exported))) <= {b"2000"}


def test_pictures_fit_the_page(exported) -> None:
    from PIL import Image

    for size in ((3000, 200), (200, 3000), (1, 1)):
        stream = io.BytesIO()
        Image.new("RGB", size, (9, 99, 9)).save(stream, "PNG")
        pdf_bytes(dataclasses.replace(exported, images={"tall": stream.getvalue()}))


def test_what_is_no_png_is_refused_and_leaves_no_file(exported, tmp_path) -> None:
    broken = dataclasses.replace(exported, images={"x": b"GIF89a"})
    with pytest.raises(MedMMError, match="not a PNG"):
        to_pdf(broken, tmp_path / "x.pdf")
    with pytest.raises(MedMMError, match="not a PNG"):
        to_page(broken)
    assert list(tmp_path.iterdir()) == []


def test_characters_without_a_font_become_their_plain_form() -> None:
    assert "".join(run for run, _ in pdf_fonts.font_runs("a\U000e0001b")) == "a?b"
    assert "".join(run for run, _ in pdf_fonts.font_runs("x 左 y")) == "x 左 y"
