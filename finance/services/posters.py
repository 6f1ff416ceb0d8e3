"""The A4 poster of a published version, with the code that leads back to the page proving it (clause 4.3.1)."""

from pathlib import Path

from django.template.loader import render_to_string
from django.utils.safestring import mark_safe

from finance.models import Disclosure
from finance.services.sheet import Sheet
from finance.services.verification import code_address
from notices.services.printing import kept_pdf
from notices.services.qr import qr_svg

#: Days a poster hangs at least. 本系统约定: the plan names none, seven are usual (domain §5).
DISPLAY_DAYS = 7


def poster_html(disclosure: Disclosure) -> str:
    """The poster's page, made from the frozen copy alone; the same version gives the same text."""
    return render_to_string(
        "finance/print/poster.html",
        {
            "disclosure": disclosure,
            "sheet": Sheet(disclosure.figures),
            # The drawing is made of digits by the QR library; nothing a person typed is in it unescaped.
            "code": mark_safe(qr_svg(code_address(disclosure))),
            "display_days": DISPLAY_DAYS,
        },
    )


def poster_of(disclosure: Disclosure) -> Path:
    """The poster as a file, made at the first call and kept (performance P13)."""
    return kept_pdf(poster_html(disclosure))
