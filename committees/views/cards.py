"""成员公示: a member's own page, the photo, and the paper for the notice board and the lobbies (clause 四（二）5)."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_http_methods, require_safe

from accounts.models import Consent
from accounts.permissions import PersonRequest
from accounts.rules import ConsentField
from committees.forms import CardForm
from committees.models import Portrait, Seat
from committees.permissions import may_print_board
from committees.querysets import SeatQuerySet
from committees.services import cards_of, keep_card
from communities.models import Compound
from communities.permissions import standing_of
from kernel.days import today
from kernel.errors import DomainError, NotAllowedError
from notices.services.printing import render_pdf
from notices.services.qr import qr_svg


def _seats(request: PersonRequest) -> SeatQuerySet:
    """Seats held today in the compounds the person reaches."""
    standing = standing_of(request.user, today())
    return Seat.objects.visible_to(standing).held(standing.on)


@require_http_methods(["GET", "POST"])
@login_required
def card(request: PersonRequest, seat_id: str) -> HttpResponse:
    """What a member enters about themselves and agrees to show; nobody else's to fill in."""
    seat = get_object_or_404(
        _seats(request).select_related("appointment__post", "appointment__user", "term__committee__compound"),
        appointment__public_id=seat_id,
    )
    if seat.appointment.user_id != request.user.pk:
        raise PermissionDenied("成员的公示信息由本人填写。")
    agreed = Consent.objects.by_person([request.user.pk]).get(request.user.pk, set())
    initial = {"affiliation": seat.affiliation, "pledge": seat.pledge}
    initial |= {f"agrees_{field}": True for field in agreed}
    form = CardForm(request.POST or None, request.FILES or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            keep_card(
                seat,
                affiliation=form.cleaned_data["affiliation"],
                pledge=form.cleaned_data["pledge"],
                portrait=form.cleaned_data["portrait"],
                agreed=form.agreed(),
                by=request.user,
                at=timezone.now(),
            )
        except NotAllowedError:
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "已保存。同意的内容现在起显示，取消勾选的立即不再显示。")
            return redirect("committees:board", seat.term.committee.compound.public_id)
    has_portrait = Portrait.objects.filter(seat=seat).exists() and ConsentField.PHOTO in agreed
    context = {"seat": seat, "compound": seat.term.committee.compound, "form": form, "has_portrait": has_portrait}
    return render(request, "committees/card.html", context, status=422 if form.errors else 200)


@require_safe
@login_required
def portrait(request: PersonRequest, seat_id: str) -> HttpResponse:
    """A member's photo, as long as they agree to it; kept by no browser, so that withdrawing works at once."""
    seat = get_object_or_404(_seats(request).select_related("appointment"), appointment__public_id=seat_id)
    agrees = Consent.objects.filter(
        person=seat.appointment.user_id, field=ConsentField.PHOTO, withdrawn_at__isnull=True
    ).exists()
    photo = Portrait.objects.filter(seat=seat).first()
    if photo is None or not agrees:
        raise Http404
    answer = HttpResponse(bytes(photo.content), content_type=photo.content_type)
    answer["Cache-Control"] = "private, no-store"
    answer["X-Content-Type-Options"] = "nosniff"
    answer["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


@require_safe
@login_required
def info_board(request: PersonRequest, compound_id: str) -> HttpResponse:
    """The A4 paper: the whole committee, or with `?building=` the members of one building for its lobby."""
    standing = standing_of(request.user, today())
    visible = Compound.objects.visible_to(standing).select_related("village__town")
    compound = get_object_or_404(visible, public_id=compound_id)
    if not may_print_board(standing, compound):
        raise PermissionDenied("公示牌由业委会、物业或村（社区）打印张贴。")
    seats = Seat.objects.filter(term__committee__compound=compound).held(standing.on)
    building = None
    if key := request.GET.get("building", ""):
        building = next((one for one in compound.buildings.all() if one.key == key), None)
        if building is None:
            raise Http404
        seats = seats.filter(building=building)
    shown = list(seats.for_board().select_related("term__committee"))
    if not shown:
        raise DomainError("还没有登记成员，没有可以打印的公示牌。")
    portraits = Portrait.objects.filter(seat__in=shown).in_bulk(field_name="seat_id")
    members = cards_of(shown)
    pictures = {
        f"picture:{one.seat.appointment.public_id}": (
            portraits[one.seat.pk].content_type,
            bytes(portraits[one.seat.pk].content),
        )
        for one in members
        if one.has_portrait
    }
    address = f"{settings.SITE_URL}{reverse('committees:board', args=[compound.public_id])}"
    html = render_to_string(
        "committees/print/info_board.html",
        {
            "compound": compound,
            "building": building,
            "term": shown[0].term,
            "members": members,
            "on": standing.on,
            # The drawing is made of digits by the QR library; nothing a person typed is in it.
            "qr": mark_safe(qr_svg(address)),
        },
    )
    answer = HttpResponse(render_pdf(html, pictures), content_type="application/pdf")
    answer["Content-Disposition"] = 'attachment; filename="committee-board.pdf"'
    return answer
