"""What the pages of the doors have in common: sending codes, showing refusals and secrets."""

from django.conf import settings
from django.db import transaction
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.cache import add_never_cache_headers
from django.utils.safestring import mark_safe

from accounts.models import PhoneCode
from accounts.services import TooManyAttemptsError
from baogai.tasks import send_code
from kernel.codes import in_groups
from kernel.errors import ConflictError, DomainError
from notices.services.qr import qr_svg


def send_soon(code: PhoneCode) -> None:
    """Leave the sending to the worker: the page takes the same time for every number, and while the queue is away."""
    transaction.on_commit(lambda: send_code.delay(code.pk), robust=True)


def show(refusal: DomainError, form: BaseForm) -> int:
    """A refusal at its field; the status of the answer."""
    form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
    if isinstance(refusal, TooManyAttemptsError):
        return 429
    return 409 if isinstance(refusal, ConflictError) else 422


def address_of(name: str, secret: str) -> str:
    """The address a secret's QR code leads to."""
    return f"{settings.SITE_URL}{reverse(name, args=[secret])}"


def show_once(request: HttpRequest, template: str, *, name: str, secret: str, **context: object) -> HttpResponse:
    """A secret stands in this answer and nowhere else."""
    link = address_of(name, secret)
    # The drawing is made of digits by the QR library; nothing a person typed is in it.
    shown = {"code": in_groups(secret), "link": link, "qr": mark_safe(qr_svg(link)), **context}
    answer = render(request, template, shown)
    add_never_cache_headers(answer)
    return answer
