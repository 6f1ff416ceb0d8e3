"""The A4 poster that tells of an open survey: until when, who votes, the roll's hash, the code that opens it."""

from pathlib import Path

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import mark_safe

from evaluations.models import Survey
from notices.services.printing import kept_pdf
from notices.services.qr import qr_svg


def poster_html(survey: Survey) -> str:
    address = f"{settings.SITE_URL.rstrip('/')}{reverse('evaluations:survey', args=[survey.public_id])}"
    return render_to_string(
        "evaluations/print/poster.html",
        # The drawing is made of digits by the QR library; nothing a person typed is in it unescaped.
        {"survey": survey, "code": mark_safe(qr_svg(address))},
    )


def poster_of(survey: Survey) -> Path:
    """The poster as a file, made at the first call and kept."""
    return kept_pdf(poster_html(survey))
