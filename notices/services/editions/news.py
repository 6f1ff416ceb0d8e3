"""The newspaper's plain text: headline, text and table as set in a column, with its length (clause 4.2.4)."""

from notices.services.editions.sheet import EditionSheet

_INDENT = "　　"
_BETWEEN = "｜"


def news_paragraphs(sheet: EditionSheet) -> list[str]:
    """The text without headline and table."""
    first = f"{sheet.issuer}发布{sheet.title}（{sheet.number}），数据截至{sheet.as_of}。"
    return [first, *sheet.correction, *sheet.facts, *sheet.request]


def length_of(paragraphs: list[str]) -> int:
    """字数 as a newspaper counts it: every character but blanks, punctuation and digits included."""
    return sum(not char.isspace() for paragraph in paragraphs for char in paragraph)


def length_words(sheet: EditionSheet) -> str:
    """正文 386 字，连标题、表格 1204 字."""
    text = news_paragraphs(sheet)
    whole = [sheet.headline, *text, sheet.table_title, *_table_lines(sheet)]
    return f"正文 {length_of(text)} 字，连标题、表格 {length_of(whole)} 字"


def _table_lines(sheet: EditionSheet) -> list[str]:
    return [_BETWEEN.join(cells) for cells in [sheet.labels, *sheet.rows]]


def news_text(sheet: EditionSheet) -> str:
    """The whole as plain text, one paragraph or table line per line."""
    lines = [
        sheet.headline,
        "",
        *(f"{_INDENT}{paragraph}" for paragraph in news_paragraphs(sheet)),
        "",
        sheet.table_title,
        *_table_lines(sheet),
        "",
        sheet.provenance,
        f"（{length_words(sheet)}）",
    ]
    return "\r\n".join(lines) + "\r\n"
