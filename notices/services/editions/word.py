"""The Word files of an edition: the official document by GB/T 9704-2012, and the newspaper's copy.

Everything a person typed enters as the text of a run: it is escaped, and no field, link or markup can come of it.
"""

import math
from io import BytesIO

from docx import Document
from docx.document import Document as DocumentObject
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING, WD_TAB_ALIGNMENT
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.oxml.text.font import CT_RPr
from docx.oxml.xmlchemy import BaseOxmlElement
from docx.shared import Mm, Pt, RGBColor
from docx.table import Table
from docx.text.paragraph import Paragraph
from docx.text.run import Run

from kernel.days import long_date
from notices.services.editions.news import length_words, news_paragraphs
from notices.services.editions.sheet import EditionSheet

#: 3号; a line is 28.99 pt and a character 15.79 pt: 22 lines of 28 characters (GB/T 9704-2012, 版心 156 × 225 mm).
_BODY, _LINE, _CHARACTER = Pt(16), Pt(28.99), Pt(15.79)
_TITLE, _SMALL, _TABLE, _CELL_MARGIN = Pt(22), Pt(14), Pt(9), Pt(1.5)
_FANG_SONG, _XIAO_BIAO_SONG, _HEI_TI, _KAI_TI, _SONG_TI = "仿宋_GB2312", "方正小标宋简体", "黑体", "楷体_GB2312", "宋体"
_RED = RGBColor(0xCC, 0, 0)


def report_docx(sheet: EditionSheet) -> bytes:
    """The official document, as the PDF has it; where the seal goes is left free."""
    document = _paper(sheet.report_title, sheet)
    _banner(document, sheet)
    _title(document, *sheet.report_title_lines, before=_LINE * 2)
    _text(document, f"{sheet.addressee}：", indent=False)
    _text(document, sheet.opening)
    for heading, paragraphs in sheet.sections:
        _text(document, heading, font=_HEI_TI)
        for paragraph in paragraphs:
            _text(document, paragraph)
    _text(document, f"附件：{sheet.table_title}").paragraph_format.space_before = _LINE
    _signature(document, sheet)
    _text(document, "（此件公开发布）").paragraph_format.space_before = _LINE
    annex = _text(document, "附件", indent=False, font=_HEI_TI)
    annex.paragraph_format.page_break_before = True
    _title(document, *sheet.table_title_lines, before=_LINE)
    _table(document, [sheet.labels, *sheet.rows], [column["percent"] for column in sheet.columns])
    _table(document, [[label, words] for label, words in sheet.totals], [50, 50], has_head=False)
    _small(document, sheet.provenance)
    _imprint(document, sheet)
    return _saved(document)


def news_docx(sheet: EditionSheet) -> bytes:
    """Text and table for the newspaper, with the length in characters on top."""
    document = _paper(sheet.headline, sheet)
    _small(document, f"供《石狮日报》刊登　{length_words(sheet)}")
    _title(document, sheet.headline, before=Pt(0))
    for paragraph in news_paragraphs(sheet):
        _text(document, paragraph)
    _title(document, *sheet.table_title_lines, before=_LINE)
    _table(document, [sheet.labels, *sheet.rows], [column["percent"] for column in sheet.columns])
    _table(document, [[label, words] for label, words in sheet.totals], [50, 50], has_head=False)
    _small(document, sheet.provenance)
    return _saved(document)


# -- The sheet of paper ------------------------------------------------------------------------------------------------


def _paper(title: str, sheet: EditionSheet) -> DocumentObject:
    document = Document()
    document.core_properties.title = title
    document.core_properties.author = sheet.issuer
    document.core_properties.comments = ""
    section = document.sections[0]
    section.page_width, section.page_height = Mm(210), Mm(297)
    section.top_margin, section.bottom_margin = Mm(37), Mm(35)
    section.left_margin, section.right_margin = Mm(28), Mm(26)
    section.header_distance, section.footer_distance = Mm(15), Mm(35) - Mm(7) - _SMALL
    grid = section._sectPr.find(qn("w:docGrid"))
    if grid is None:
        grid = OxmlElement("w:docGrid")
        section._sectPr.append(grid)
    # Of lines only: on a grid of characters some programs give one that is wider than its place two of them.
    grid.set(qn("w:type"), "lines")
    grid.set(qn("w:linePitch"), str(round(_LINE.pt * 20)))
    style = document.styles["Normal"]
    style.font.size = _BODY
    _face(style.element.get_or_add_rPr(), _FANG_SONG)
    _close_up(style.element.get_or_add_rPr())
    spacing = style.paragraph_format
    spacing.space_before = spacing.space_after = Pt(0)
    spacing.line_spacing_rule, spacing.line_spacing = WD_LINE_SPACING.EXACTLY, _LINE
    spacing.widow_control = False
    _page_numbers(document)
    return document


def _close_up(properties: CT_RPr) -> None:
    """Sixteen points a character less a quarter: 28 of them fill the line, in whole twips, which Word counts in."""
    spacing = OxmlElement("w:spacing")
    spacing.set(qn("w:val"), str(math.floor((_CHARACTER.pt - _BODY.pt) * 20)))
    properties.insert_element_before(spacing, "w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang")


def _page_numbers(document: DocumentObject) -> None:
    """— 1 — in 4号宋体: odd pages right, even pages left, one character in."""
    document.settings.odd_and_even_pages_header_footer = True
    section = document.sections[0]
    for footer, alignment in (
        (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
        (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
    ):
        paragraph = footer.paragraphs[0]
        paragraph.alignment = alignment
        paragraph.paragraph_format.right_indent = paragraph.paragraph_format.left_indent = _SMALL
        _run(paragraph, "— ", font=_SONG_TI, size=_SMALL)
        number = _run(paragraph, "", font=_SONG_TI, size=_SMALL)
        for kind in ("begin", "", "end"):
            number._r.append(_field(kind))
        _run(paragraph, " —", font=_SONG_TI, size=_SMALL)


def _field(kind: str) -> BaseOxmlElement:
    """A part of the PAGE field: its begin, its code, its end."""
    if kind:
        part = OxmlElement("w:fldChar")
        part.set(qn("w:fldCharType"), kind)
        return part
    code = OxmlElement("w:instrText")
    code.set(qn("xml:space"), "preserve")
    code.text = " PAGE "
    return code


# -- Parts -------------------------------------------------------------------------------------------------------------


def _banner(document: DocumentObject, sheet: EditionSheet) -> None:
    banner = _text(document, "", indent=False)
    banner.alignment = WD_ALIGN_PARAGRAPH.CENTER
    banner.paragraph_format.space_before = Mm(35)
    banner.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    size = Pt(banner_points(sheet))
    _run(banner, f"{sheet.issuer}文件", font=_XIAO_BIAO_SONG, size=size).font.color.rgb = _RED
    number = _text(document, "", indent=False)
    number.paragraph_format.space_before = _LINE * 2
    number.paragraph_format.left_indent = number.paragraph_format.right_indent = _CHARACTER
    number.paragraph_format.tab_stops.add_tab_stop(Mm(156) - _CHARACTER, WD_TAB_ALIGNMENT.RIGHT)
    _run(number, f"{sheet.number}\t签发人：")
    _run(number, sheet.signer, font=_KAI_TI)
    borders = OxmlElement("w:pBdr")
    rule = OxmlElement("w:bottom")
    for name, value in (("val", "single"), ("sz", "8"), ("space", "11"), ("color", "CC0000")):
        rule.set(qn(f"w:{name}"), value)
    borders.append(rule)
    number._p.get_or_add_pPr().append(borders)


def banner_points(sheet: EditionSheet) -> int:
    """The size of 发文机关标志 in points: as large as the name allows within 156 mm, and not above 46."""
    return min(46, 430 // (len(sheet.issuer) + 2))


def _title(document: DocumentObject, *lines: str, before: int) -> None:
    title = _text(document, "", indent=False)
    title.alignment = WD_ALIGN_PARAGRAPH.CENTER
    title.paragraph_format.space_before, title.paragraph_format.space_after = before, _LINE
    for place, words in enumerate(lines):
        if place:
            title.add_run().add_break()
        _run(title, words, font=_XIAO_BIAO_SONG, size=_TITLE)


def _signature(document: DocumentObject, sheet: EditionSheet) -> None:
    """署名 centred over 成文日期, which ends four characters from the right."""
    words = long_date(sheet.issued_on)
    width = _CHARACTER * len(sheet.issuer)
    overhang = max(0, (width - _CHARACTER * 7) // 2)
    for text, right, before in (
        (sheet.issuer, max(0, _CHARACTER * 4 - overhang), _LINE * 2),
        (words, _CHARACTER * 4, Pt(0)),
    ):
        line = _text(document, text, indent=False)
        line.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        line.paragraph_format.right_indent, line.paragraph_format.space_before = right, before
        line.paragraph_format.keep_with_next = text == sheet.issuer


def _imprint(document: DocumentObject, sheet: EditionSheet) -> None:
    """版记: 抄送, then who printed it and when."""
    for words, is_last in (
        (f"抄送：{sheet.copied_to}。", False),
        (f"{sheet.issuer}\t{long_date(sheet.issued_on)}印发", True),
    ):
        line = _text(document, "", indent=False)
        line.paragraph_format.left_indent = line.paragraph_format.right_indent = _SMALL
        line.paragraph_format.tab_stops.add_tab_stop(Mm(156) - _SMALL * 10)
        _run(line, words, size=_SMALL)
        borders = OxmlElement("w:pBdr")
        for side, eighths in (("top", "6" if is_last else "8"), *((("bottom", "8"),) if is_last else ())):
            rule = OxmlElement(f"w:{side}")
            for name, value in (("val", "single"), ("sz", eighths), ("space", "1"), ("color", "000000")):
                rule.set(qn(f"w:{name}"), value)
            borders.append(rule)
        line._p.get_or_add_pPr().append(borders)


def _table(document: DocumentObject, rows: list[list[str]], percents: list[int], *, has_head: bool = True) -> None:
    table = document.add_table(rows=0, cols=len(percents), style="Table Grid")
    table.alignment = WD_TABLE_ALIGNMENT.CENTER
    table.autofit = False
    _narrow_margins(table)
    for column, percent in zip(table.columns, percents, strict=True):
        column.width = Mm(156) * percent // 100
    for place, cells in enumerate(rows):
        row = table.add_row()
        is_head = has_head and place == 0
        if is_head:
            repeated = OxmlElement("w:tblHeader")
            row._tr.get_or_add_trPr().append(repeated)
        for cell, words, percent in zip(row.cells, cells, percents, strict=True):
            cell.width = Mm(156) * percent // 100
            paragraph = cell.paragraphs[0]
            paragraph.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
            _off_the_grid(paragraph)
            _run(paragraph, words, font=_HEI_TI if is_head else _SONG_TI, size=_TABLE)
    document.add_paragraph().paragraph_format.line_spacing = Pt(6)


def _off_the_grid(paragraph: Paragraph) -> None:
    """Small type is not set on the grid of 22 lines: each of its own would be given a whole one."""
    off = OxmlElement("w:snapToGrid")
    off.set(qn("w:val"), "0")
    properties = paragraph._p.get_or_add_pPr()
    properties.insert_element_before(off, "w:spacing", "w:ind", "w:contextualSpacing", "w:jc", "w:rPr")


def _narrow_margins(table: Table) -> None:
    """As in the PDF, so that a rate stands on one line in a table of fourteen columns."""
    margins = OxmlElement("w:tblCellMar")
    for side in ("left", "right"):
        margin = OxmlElement(f"w:{side}")
        margin.set(qn("w:w"), str(round(_CELL_MARGIN.pt * 20)))
        margin.set(qn("w:type"), "dxa")
        margins.append(margin)
    # Word reads the properties in the order of its schema, in which the look is last.
    look = table._tbl.tblPr.find(qn("w:tblLook"))
    look.addprevious(margins)


def _small(document: DocumentObject, words: str) -> None:
    line = _text(document, "", indent=False)
    line.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
    _off_the_grid(line)
    _run(line, words, font=_SONG_TI, size=Pt(10.5))


def _text(document: DocumentObject, words: str, *, indent: bool = True, font: str = _FANG_SONG) -> Paragraph:
    paragraph = document.add_paragraph()
    if indent:
        paragraph.paragraph_format.first_line_indent = _CHARACTER * 2
    if words:
        _run(paragraph, words, font=font)
    return paragraph


def _run(paragraph: Paragraph, words: str, *, font: str = _FANG_SONG, size: Pt = _BODY) -> Run:
    run = paragraph.add_run(words)
    run.font.size = size
    _face(run._r.get_or_add_rPr(), font)
    return run


def _face(properties: CT_RPr, font: str) -> None:
    """One face for Chinese and for digits alike."""
    fonts = properties.get_or_add_rFonts()
    for script in ("ascii", "hAnsi", "eastAsia", "cs"):
        fonts.set(qn(f"w:{script}"), font)


def _saved(document: DocumentObject) -> bytes:
    kept = BytesIO()
    document.save(kept)
    return kept.getvalue()
