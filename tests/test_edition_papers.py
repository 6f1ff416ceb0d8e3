"""The papers of one edition: parsed back they say the same; the official one keeps to GB/T 9704; nothing typed acts."""

import re
from base64 import b64decode
from collections.abc import Iterator
from datetime import datetime
from io import BytesIO
from itertools import pairwise
from typing import Any
from zipfile import ZipFile

import pypdfium2
import pytest
from docx import Document
from openpyxl import load_workbook
from PIL import Image
from pypdf import PdfReader

from communities.models import Compound, PropertyFirm
from notices.models import Edition, EditionPaper
from notices.rules import PaperKind
from notices.services.editions import Wording
from notices.services.editions.papers import paper_bytes, poster_pdf
from notices.services.editions.sheet import EditionSheet
from tests.cast import World
from tests.editing import COUNTS, drafted, half_surveyed, issued, results_issued, second_quarter

#: GB/T 9704-2012 in points: 版心 156 × 225 mm, 22 lines of 28 characters.
MM = 72 / 25.4
LINE, CHARACTER = 225 * MM / 22, 156 * MM / 28


@pytest.fixture
def edition(world: World) -> Edition:
    second_quarter(world)
    return issued(world)


@pytest.fixture
def results(world: World) -> Edition:
    half_surveyed(world)
    return results_issued(world)


@pytest.fixture(params=["edition", "results"])
def either(request: pytest.FixtureRequest) -> Edition:
    """Of the quarter's disclosures, and of the half-year's results."""
    found: Edition = request.getfixturevalue(request.param)
    return found


def sheet_of(edition: Edition) -> EditionSheet:
    return EditionSheet.of(edition)


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def pdf_text(content: bytes) -> str:
    """The text without page numbers, which would stand in the middle of a sentence."""
    pages = [page.extract_text() for page in PdfReader(BytesIO(content)).pages]
    return "".join(re.sub(r"—\s*\d+\s*—", "", page) for page in pages)


def docx_text(content: bytes) -> str:
    document = Document(BytesIO(content))
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    return "\n".join([paragraph.text for paragraph in document.paragraphs] + cells)


def xlsx_text(content: bytes) -> str:
    book = load_workbook(BytesIO(content))
    return "\n".join(
        str(cell.value) for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None
    )


def html_text(content: bytes) -> str:
    return re.sub(r"<[^>]+>", "\n", content.decode())


def texts_of(sheet: EditionSheet) -> dict[PaperKind, str]:
    """What each paper that has text says, without blanks and line ends."""
    found = {
        PaperKind.REPORT_PDF: pdf_text(paper_bytes(PaperKind.REPORT_PDF, sheet)),
        PaperKind.REPORT_DOCX: docx_text(paper_bytes(PaperKind.REPORT_DOCX, sheet)),
        PaperKind.NEWS_DOCX: docx_text(paper_bytes(PaperKind.NEWS_DOCX, sheet)),
        PaperKind.NEWS_XLSX: xlsx_text(paper_bytes(PaperKind.NEWS_XLSX, sheet)),
        PaperKind.NEWS_TEXT: paper_bytes(PaperKind.NEWS_TEXT, sheet).decode("utf-8-sig"),
        PaperKind.WECHAT_HTML: html_text(paper_bytes(PaperKind.WECHAT_HTML, sheet)),
    }
    return {kind: squeezed(text) for kind, text in found.items()}


def test_the_papers_of_one_edition_carry_the_same_figures_number_and_hash(either: Edition) -> None:
    """Issue 4, what it must show, 4."""
    sheet = sheet_of(either)
    for kind, plain in texts_of(sheet).items():
        assert squeezed(either.letter_number) in plain, kind
        assert either.hash[:16] in plain, kind
        for row in sheet.rows:
            for cell in (row[1], row[3]):
                assert squeezed(cell) in plain, (kind, cell)
        if kind is not PaperKind.NEWS_XLSX:
            for sentence in sheet.facts:
                assert squeezed(sentence) in plain, (kind, sentence)


def test_each_paper_s_table_read_back_is_the_frozen_one(either: Edition) -> None:
    sheet = sheet_of(either)
    wanted, totals = [tuple(row) for row in sheet.rows], dict(sheet.totals)
    for kind in (PaperKind.REPORT_DOCX, PaperKind.NEWS_DOCX):
        tables = Document(BytesIO(paper_bytes(kind, sheet))).tables
        assert [tuple(cell.text for cell in row.cells) for row in tables[0].rows][1:] == wanted
        assert {row.cells[0].text: row.cells[1].text for row in tables[1].rows} == totals
    lines = paper_bytes(PaperKind.NEWS_TEXT, sheet).decode("utf-8-sig").splitlines()
    between = len(sheet.labels) - 1
    assert [tuple(line.split("｜")) for line in lines if line.count("｜") == between][1:] == wanted
    book = load_workbook(BytesIO(paper_bytes(PaperKind.NEWS_XLSX, sheet)))
    rows = list(book["明细"].iter_rows(values_only=True))
    head = next(place for place, row in enumerate(rows) if row[0] == "村（社区）")
    assert [[_as_frozen(cell) for cell in row] for row in rows[head + 1 :]] == [row["cells"] for row in sheet.rows_raw]
    kept = {row[0]: str(row[1]) for row in book["合计"].iter_rows(values_only=True)}
    assert totals.items() <= kept.items()
    html = paper_bytes(PaperKind.WECHAT_HTML, sheet).decode()
    assert dict(re.findall(r"<td[^>]*>([^<]*)</td><td[^>]*>([^<]*)</td>", html)) == totals


def _as_frozen(cell: Any) -> str | int:
    """A typed cell of the workbook as the figures hold it."""
    if cell is None:
        return ""
    return cell.date().isoformat() if isinstance(cell, datetime) else cell


def test_the_quarter_s_papers_count_as_the_world_is_built(edition: Edition) -> None:
    assert COUNTS.items() <= dict(sheet_of(edition).totals).items()


def test_the_results_papers_say_in_words_what_a_small_sample_cannot(results: Edition) -> None:
    for kind, plain in texts_of(sheet_of(results)).items():
        assert "样本不足（有效票过少）" in plain, kind
        assert "没有结果（无有效票）" in plain, kind
        assert "不满意率超过50%" in plain, kind
        assert not re.search(r"(?<!\d)0\.00%", plain), kind


def test_the_newspaper_s_text_says_how_long_it_is(edition: Edition) -> None:
    text = paper_bytes(PaperKind.NEWS_TEXT, sheet_of(edition)).decode("utf-8-sig")
    head, body, table = text.split("\r\n\r\n")[:3]
    counted = sum(not char.isspace() for char in body)
    whole = sum(not char.isspace() for char in head + body + table)
    assert f"（正文 {counted} 字，连标题、表格 {whole} 字）" in text


# -- GB/T 9704-2012 ----------------------------------------------------------------------------------------------------


@pytest.fixture
def long_report(world: World) -> bytes:
    """A report whose text fills more than one page."""
    second_quarter(world)
    request = "\n".join(["各村社区要督促物业服务企业和业主委员会按期公示公共收益收支情况" * 8] * 5)
    edition = issued(world, wording=Wording("宝小区通", "宝盖镇小区服务岗", request))
    return paper_bytes(PaperKind.REPORT_PDF, sheet_of(edition))


def characters(page: Any) -> Iterator[tuple[str, float, float, float, float]]:
    """Every visible character with its box, in points from the left and from the top of the paper."""
    text = page.get_textpage()
    height = page.get_height()
    for place in range(text.count_chars()):
        char = text.get_text_range(place, 1)
        if char.strip():
            left, bottom, right, top = text.get_charbox(place, loose=True)
            yield char, left, height - top, right, height - bottom


def lines_of(page: Any) -> list[list[tuple[str, float, float, float, float]]]:
    """Characters of the body by line: same lower edge, from the left."""
    found: dict[int, list[tuple[str, float, float, float, float]]] = {}
    for one in characters(page):
        if one[4] < (297 - 35) * MM:
            found.setdefault(round(one[4]), []).append(one)
    return [sorted(line, key=lambda one: one[1]) for _, line in sorted(found.items())]


def test_the_report_keeps_to_the_grid_of_22_lines_and_28_characters(long_report: bytes) -> None:
    document = pypdfium2.PdfDocument(long_report)
    assert [round(side / MM) for side in document[0].get_size()] == [210, 297]
    lines = lines_of(document[1])
    assert len(lines) == 22
    lowers = [line[0][4] for line in lines]
    pitches = [below - above for above, below in pairwise(lowers)]
    assert all(abs(pitch - LINE) < 0.1 for pitch in pitches), pitches
    assert round(LINE, 2) == 28.99
    full = [line for line in lines if len(line) == 28]
    assert len(full) > 10
    for line in full:
        steps = [right[1] - left[1] for left, right in pairwise(line)]
        assert all(abs(step - CHARACTER) < 0.05 for step in steps), steps
        assert abs(line[0][1] - 28 * MM) < 1 * MM
        assert abs(210 * MM - line[-1][3] - 26 * MM) < 1 * MM
    assert round(CHARACTER, 2) == 15.79
    assert max(len(line) for line in lines) == 28
    tops = [line[0][2] for line in lines]
    assert 36 * MM < tops[0] < 40 * MM


def test_pages_are_numbered_in_dashes_right_on_odd_and_left_on_even_pages(long_report: bytes) -> None:
    document = pypdfium2.PdfDocument(long_report)
    for place in range(len(document)):
        page = document[place]
        below = [one for one in characters(page) if one[2] > (297 - 35) * MM]
        assert "".join(one[0] for one in below) == f"—{place + 1}—"
        dash = below[0]
        middle = (dash[2] + dash[4]) / 2
        assert abs(middle - (297 - 35 + 7) * MM) < 1.5 * MM
        if place % 2 == 0:
            assert abs(below[-1][3] - (210 - 26) * MM + 14) < 1
        else:
            assert abs(below[0][1] - 28 * MM - 14) < 1


def test_the_head_and_the_foot_of_the_report_stand_where_they_must(edition: Edition) -> None:
    document = pypdfium2.PdfDocument(paper_bytes(PaperKind.REPORT_PDF, sheet_of(edition)))
    first = list(characters(document[0]))
    text = "".join(one[0] for one in first)
    start = text.index("宝盖镇小区服务岗文件")
    ink = _ink_top(document[0], color=(200, 60, 60))
    assert abs(ink - (37 + 35)) <= 1.5, "发文机关标志 35 mm below 版心"
    number = first[text.index("宝小区通〔2026〕1号")]
    assert abs(number[1] - 28 * MM - CHARACTER) < 1, "上行文: 文号 one character from the left"
    assert "签发人：柳建安" in text
    signer_end = first[text.index("签发人：柳建安") + 6]
    assert abs((210 - 26) * MM - signer_end[3] - CHARACTER) < 1.5
    assert start < text.index("宝小区通") < text.index("关于2026年第二季度住宅小区公共收益公示情况的报告")
    assert "中共宝盖镇委员会、宝盖镇人民政府：" in text
    last = document[len(document) - 1]
    foot = [line for line in lines_of(last) if "印发" in "".join(one[0] for one in line)]
    printed = "".join(one[0] for one in foot[0])
    assert printed == "宝盖镇小区服务岗2026年10月29日印发"
    assert abs((297 - 35) * MM - foot[0][0][4]) < 3 * MM, "版记 ends on the last line of 版心"
    assert "抄送：石狮市住建局。" in squeezed(last.get_textpage().get_text_range())


def _ink_top(page: Any, *, color: tuple[int, int, int]) -> float:
    """The topmost red dot, in millimetres from the paper's upper edge."""
    picture = page.render(scale=2).to_pil().convert("RGB")
    red, green, blue = color
    for y in range(picture.height):
        for x in range(0, picture.width, 2):
            r, g, b = picture.getpixel((x, y))
            if r >= red - 40 and g <= green + 60 and b <= blue + 60 and r - g > 80:
                return y / 2 / MM
    raise AssertionError("nothing red on the page")


def test_the_word_file_has_the_same_paper_and_grid(edition: Edition) -> None:
    content = paper_bytes(PaperKind.REPORT_DOCX, sheet_of(edition))
    section = Document(BytesIO(content)).sections[0]
    millimetres = [
        round(length.mm)
        for length in (
            section.page_width,
            section.page_height,
            section.top_margin,
            section.bottom_margin,
            section.left_margin,
            section.right_margin,
        )
    ]
    assert millimetres == [210, 297, 37, 35, 28, 26]
    with ZipFile(BytesIO(content)) as parts:
        body, settings, styles = (
            parts.read(f"word/{name}.xml").decode() for name in ("document", "settings", "styles")
        )
    assert re.search(r'<w:docGrid [^>]*w:type="lines"', body)
    assert 'w:linePitch="580"' in body
    normal = re.search(r'<w:style [^>]*w:styleId="Normal".*?</w:style>', styles, re.DOTALL)
    assert normal is not None
    [(closer, size)] = re.findall(r'<w:spacing w:val="(-?\d+)"/>.*?<w:sz w:val="(\d+)"/>', normal.group(), re.DOTALL)
    character = int(size) / 2 + int(closer) / 20
    assert 28 * character <= 156 / 25.4 * 72 < 28.5 * character, "28 characters to a line of 156 mm"
    assert "evenAndOddHeaders" in settings


# -- Hostile text ------------------------------------------------------------------------------------------------------

HOSTILE = '=HYPERLINK("http://evil","x")<script>alert(1)</script><img src=x onerror=alert(2)>&amp;\x0b{{ 7|add:7 }}'


def test_hostile_text_is_only_text_in_every_paper(world: World) -> None:
    second_quarter(world)
    Compound.objects.filter(pk=world.compound.pk).update(name=f"@花园{HOSTILE[:40]}")
    PropertyFirm.objects.filter(pk=world.firm.pk).update(name=HOSTILE[:60])
    edition = issued(world, wording=Wording("宝小区通", "宝盖镇<b>岗</b>", f"{HOSTILE}\n=1+1"))
    sheet = sheet_of(edition)
    html = paper_bytes(PaperKind.WECHAT_HTML, sheet).decode()
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
    assert not re.search(r"<img(?! src=\"data:image/png;base64,)", html)
    assert not re.search(r"<[^>]*\son\w+=", html)
    report = pdf_text(paper_bytes(PaperKind.REPORT_PDF, sheet))
    assert "<script>alert(1)</script>" in squeezed(report)
    annotations = [page.get("/Annots") for page in PdfReader(BytesIO(paper_bytes(PaperKind.REPORT_PDF, sheet))).pages]
    assert annotations == [None] * len(annotations)
    for kind in (PaperKind.REPORT_DOCX, PaperKind.NEWS_DOCX):
        with ZipFile(BytesIO(paper_bytes(kind, sheet))) as parts:
            document = parts.read("word/document.xml").decode()
            assert "w:hyperlink" not in document
            assert "<script" not in document
            assert "fldChar" not in document
            assert not [name for name in parts.namelist() if name.endswith((".bin", ".vml"))]
    book = load_workbook(BytesIO(paper_bytes(PaperKind.NEWS_XLSX, sheet)))
    cells = [cell for page in book for row in page.iter_rows() for cell in row if cell.value is not None]
    assert any(str(cell.value).startswith("@花园") for cell in cells)
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert "14" not in sheet.request[0].replace("{{ 7|add:7 }}", "")
    assert poster_pdf(sheet, world.compound.public_id).startswith(b"%PDF")


# -- WeChat, poster, samples -------------------------------------------------------------------------------------------


def test_the_wechat_article_is_ready_to_paste(edition: Edition) -> None:
    """Inline styles only, no script, nothing fetched; the chart is a picture."""
    html = paper_bytes(PaperKind.WECHAT_HTML, sheet_of(edition)).decode()
    assert not re.search(r"<(script|style|link|iframe|svg|form)\b", html)
    assert not re.search(r"\s(class|id)=", html)
    assert "http" not in re.sub(r"核对网址 \S+", "", html.replace('charset="utf-8"', ""))
    picture = re.search(r'src="data:image/png;base64,([^"]+)"', html)
    assert picture
    with Image.open(BytesIO(b64decode(picture.group(1)))) as chart:
        assert chart.format == "PNG"
        assert chart.width == 1080
    assert "各村（社区）按期公示率：" in html
    assert "仑后村50.00%（1/2）" in html


def test_a_poster_shows_its_compound_s_lines_and_no_other_s(edition: Edition, world: World) -> None:
    text = squeezed(pdf_text(poster_pdf(sheet_of(edition), world.compound.public_id)))
    assert "仑后花园" in text
    assert "石狮安居物业服务有限公司" in text
    assert squeezed(edition.letter_number) in text
    assert edition.hash[:16] in text
    assert "泉州宏远物业管理有限公司" not in text.replace(squeezed("".join(sheet_of(edition).facts)), "")


def test_a_poster_of_results_says_what_came_out_in_its_compound(results: Edition, world: World) -> None:
    sheet = sheet_of(results)
    own, other = (
        squeezed(pdf_text(poster_pdf(sheet, compound.public_id))) for compound in (world.compound, world.other_compound)
    )
    assert "满意率50.00%" in own
    assert "不满意率55.00%" in own
    assert squeezed("测评情况 没有结果（无有效票）") in other
    assert "满意率" not in other.replace(squeezed("".join(sheet.facts)), "").replace(squeezed(sheet.title), "")


def test_a_sample_says_that_it_is_one_and_has_no_number(world: World) -> None:
    second_quarter(world)
    sheet = EditionSheet.of_draft(drafted(world))
    for kind in (PaperKind.REPORT_PDF, PaperKind.REPORT_DOCX, PaperKind.WECHAT_HTML):
        content = paper_bytes(kind, sheet)
        read = {"pdf": pdf_text, "docx": docx_text, "html": html_text}[kind.rpartition("_")[2]]
        text = squeezed(read(content))
        assert "样稿" in text
        assert "号文" not in text
        assert "〔2026〕" not in text.replace("宝政〔2023〕", "")
    assert not EditionPaper.objects.exists()
