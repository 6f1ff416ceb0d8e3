"""The chart of an edition as a picture, for WeChat, whose editor takes neither SVG nor style sheets."""

from io import BytesIO

import pypdfium2
from django.template.loader import render_to_string

from notices.services.editions.sheet import EditionSheet
from notices.services.printing import render_pdf

#: As wide as WeChat shows a picture at its sharpest.
_PIXELS_WIDE = 1080
_POINTS_WIDE = 360
_FRAME, _PER_BAR = 92, 27


def chart_png(sheet: EditionSheet) -> bytes:
    """The shares by village, drawn by the same typesetter as every paper, then made into dots."""
    height = _FRAME + _PER_BAR * len(sheet.shares)
    page = render_pdf(render_to_string("notices/print/chart.html", {"sheet": sheet, "height": height}))
    document = pypdfium2.PdfDocument(page)
    try:
        picture = document[0].render(scale=_PIXELS_WIDE / _POINTS_WIDE).to_pil().convert("RGB")
    finally:
        document.close()
    kept = BytesIO()
    picture.quantize(64).save(kept, "PNG", optimize=True)
    return kept.getvalue()
