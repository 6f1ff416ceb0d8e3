"""A household's slip: scanned, a name tapped, a phone typed; bound and signed in."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.permissions import PersonRequest
from accounts.rules import CodePurpose
from accounts.services import TooManyAttemptsError, address_asked, ask_for_code, enter, is_link, prove_address
from baogai import doors
from baogai.door_forms import ArrivalForm, CodeForm, SlipCodeForm
from baogai.tasks import tell_old_number
from baogai.views.doors.showing import send_soon, show
from communities.models import Slip, Unit
from communities.permissions import standing_of
from communities.rules import RESIDENT_RELATIONS, Relation
from communities.services import find_slip, owner_choices, shown_slip
from communities.services.binding import OwnerChoice
from evaluations.services.open_ballots import next_ballot
from kernel.codes import read_secret
from kernel.days import today
from kernel.errors import DomainError
from kernel.masking import mask_phone

_SLIP, _OWNER = "slip", "slip_owner"


@never_cache
@require_safe
def slip(request: HttpRequest, code: str) -> HttpResponse:
    """What the QR code opens. Opening uses nothing up: a program that looks ahead at links does no harm."""
    return _accept(request, SlipCodeForm({"code": code}))


@never_cache
def arrive(request: HttpRequest) -> HttpResponse:
    """Type the code of a slip, or of a link handed over, by hand."""
    if request.method == "POST":
        return _accept(request, SlipCodeForm(request.POST))
    return render(request, "baogai/doors/arrive.html", {"form": SlipCodeForm()})


def _accept(request: HttpRequest, form: SlipCodeForm) -> HttpResponse:
    """Remember the slip in this browser and go on without its code in the address."""
    status, now = 422, timezone.now()
    if form.is_valid():
        try:
            found = find_slip(form.cleaned_data["code"], at=now, on=today())
        except TooManyAttemptsError as refusal:
            status = show(refusal, form)
        except DomainError as refusal:
            if is_link(form.cleaned_data["code"], at=now):
                return redirect("doors:link", read_secret(form.cleaned_data["code"]))
            status = show(refusal, form)
        else:
            request.session[_SLIP] = found.public_id
            return redirect("doors:arrive_home")
    return render(request, "baogai/doors/arrive.html", {"form": form}, status=status)


@never_cache
def arrive_home(request: HttpRequest) -> HttpResponse:
    """Which of the home's owners one is, or family or tenant; and the phone."""
    found = shown_slip(request.session.get(_SLIP, ""), on=today())
    if found is None:
        return redirect("doors:arrive")
    user = request.user if isinstance(request.user, User) else None
    choices = [one for one in owner_choices(found.unit, on=today()) if user is None or not one.is_bound]
    form = ArrivalForm(request.POST or None, owners=_offered(choices), has_account=user is not None)
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _bind(request, found, _told(form.cleaned_data, choices), user)
            except DomainError as refusal:
                status = show(refusal, form)
    context = {"form": form, "unit": found.unit, "is_signed_in": user is not None}
    return render(request, "baogai/doors/arrive_home.html", context, status=status)


def _offered(choices: list[OwnerChoice]) -> list[tuple[str, str]]:
    return [
        (one.owner.public_id, f"{one.words}（已绑定，换了手机号的点这里）" if one.is_bound else f"{one.words}（业主）")
        for one in choices
    ]


def _told(facts: dict[str, Any], choices: list[OwnerChoice]) -> doors.Arrival:
    """What was tapped and typed, in the terms of the house."""
    phone = facts.get("phone", "")
    if facts["who"] in RESIDENT_RELATIONS:
        return doors.Arrival(Relation(facts["who"]), None, facts["name"], phone)
    owner = next(one.owner for one in choices if one.owner.public_id == facts["who"])
    return doors.Arrival(Relation.OWNER, owner, owner.name[:60], phone)


def _bind(request: HttpRequest, found: Slip, arrival: doors.Arrival, user: User | None) -> HttpResponse:
    onward = reverse("doors:welcome", args=[found.unit.public_id])
    if arrival.owner is not None and arrival.owner.user_id is not None:
        send_soon(ask_for_code(request, arrival.phone, purpose=CodePurpose.TAKE_OVER, at=timezone.now()))
        request.session[_OWNER] = arrival.owner.public_id
        return redirect("doors:arrive_code")
    person = doors.arrive(found, arrival, user=user, at=timezone.now())
    request.session.pop(_SLIP, None)
    return redirect(onward) if user is not None else enter(request, person, method="slip", onward=onward)


@never_cache
def arrive_code(request: HttpRequest) -> HttpResponse:
    """An owner bound before proves the new number, and has it instead of the old one."""
    found = shown_slip(request.session.get(_SLIP, ""), on=today())
    phone = address_asked(request, CodePurpose.TAKE_OVER)
    if found is None or not phone or request.user.is_authenticated:
        return redirect("doors:arrive")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _take_over(request, found, form.cleaned_data["code"])
            except DomainError as refusal:
                status = show(refusal, form)
    context = {"form": form, "phone": mask_phone(phone), "again": reverse("doors:arrive_home"), "heading": "更换手机号"}
    return render(request, "baogai/doors/code.html", context, status=status)


def _take_over(request: HttpRequest, found: Slip, code: str) -> HttpResponse:
    now = timezone.now()
    phone = prove_address(request, code, purpose=CodePurpose.TAKE_OVER, at=now)
    chosen = request.session.get(_OWNER, "")
    owner = next((one.owner for one in owner_choices(found.unit, on=today()) if one.owner.public_id == chosen), None)
    if owner is None:
        raise DomainError("名册刚刚有变化，请重新扫码。")
    person, old = doors.take_over(found, owner, phone=phone, at=now)
    if old and old != phone:
        tell_old_number.delay(old)
    for kept in (_SLIP, _OWNER):
        request.session.pop(kept, None)
    return enter(request, person, method="slip", onward=reverse("doors:welcome", args=[found.unit.public_id]))


@login_required
@require_safe
def welcome(request: PersonRequest, unit_id: str) -> HttpResponse:
    """Bound: what one can do now, and how one comes back."""
    standing = standing_of(request.user, today())
    homes = Unit.objects.filter(pk__in=standing.home_unit_ids, public_id=unit_id)
    home = get_object_or_404(homes.select_related("building__compound__village", "stair"))
    ballot = next_ballot([home.pk], at=timezone.now())
    return render(request, "baogai/doors/welcome.html", {"unit": home, "ballot": ballot})
