"""Each paper of an edition as bytes, made from its sheet alone; a draft's preview is made by the same functions."""

from base64 import b64encode
from collections.abc import Callable, Mapping
from io import BytesIO

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from files.writing import write_xlsx
from notices.rules import PaperKind
from notices.services.editions.charts import chart_png
from notices.services.editions.news import news_text
from notices.services.editions.sheet import EditionSheet
from notices.services.editions.word import banner_points, news_docx, report_docx
from notices.services.printing import render_pdf
from notices.services.qr import qr_svg

#: Extension and content type of each paper.
FORMS: Mapping[PaperKind, tuple[str, str]] = {
    PaperKind.REPORT_PDF: ("pdf", "application/pdf"),
    PaperKind.REPORT_DOCX: ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    PaperKind.NEWS_TEXT: ("txt", "text/plain; charset=utf-8"),
    PaperKind.NEWS_DOCX: ("docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    PaperKind.NEWS_XLSX: ("xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    PaperKind.WECHAT_HTML: ("html", "text/html; charset=utf-8"),
    PaperKind.CHART_PNG: ("png", "image/png"),
    PaperKind.POSTER_PDF: ("pdf", "application/pdf"),
}


def paper_bytes(kind: PaperKind, sheet: EditionSheet) -> bytes:
    """One paper. Raises DomainError where this machine cannot set a PDF."""
    return _MAKERS[kind](sheet)


def _report_pdf(sheet: EditionSheet) -> bytes:
    return render_pdf(render_to_string("notices/print/report.html", {"sheet": sheet, "banner": banner_points(sheet)}))


def _news_text(sheet: EditionSheet) -> bytes:
    return news_text(sheet).encode("utf-8-sig")


def _news_xlsx(sheet: EditionSheet) -> bytes:
    kept = BytesIO()
    write_xlsx(kept, sheet.spreadsheet())
    return kept.getvalue()


def _wechat_html(sheet: EditionSheet) -> bytes:
    picture = b64encode(chart_png(sheet)).decode() if sheet.shares else ""
    return render_to_string("notices/print/wechat.html", {"sheet": sheet, "picture": picture}).encode()


def _in_pairs(row: list[tuple[str, str]]) -> list[tuple[tuple[str, str], ...]]:
    """Two to a line, so that a compound's bodies stand on one sheet."""
    return [tuple(row[place : place + 2]) for place in range(0, len(row), 2)]


def poster_pdf(sheet: EditionSheet, compound: str) -> bytes:
    """The A4 poster for one compound: its own lines, and the code that leads to the whole."""
    name, village = next((name, village) for key, name, village in sheet.compounds if key == compound)
    context = {
        "sheet": sheet,
        "name": name,
        "village": village,
        "bodies": [_in_pairs(row) for row in sheet.rows_of(compound)],
        # Drawn by the QR library; nothing a person typed is in it.
        "code": mark_safe(qr_svg(sheet.address)),
    }
    return render_pdf(render_to_string("notices/print/edition_poster.html", context))


_MAKERS: Mapping[PaperKind, Callable[[EditionSheet], bytes]] = {
    PaperKind.REPORT_PDF: _report_pdf,
    PaperKind.REPORT_DOCX: report_docx,
    PaperKind.NEWS_TEXT: _news_text,
    PaperKind.NEWS_DOCX: news_docx,
    PaperKind.NEWS_XLSX: _news_xlsx,
    PaperKind.WECHAT_HTML: _wechat_html,
    PaperKind.CHART_PNG: chart_png,
}
