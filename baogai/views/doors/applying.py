"""Without a slip: a request, which the village decides against the roster."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache

from accounts.models import User
from accounts.permissions import PersonRequest
from accounts.rules import CodePurpose
from accounts.services import address_asked, ask_for_code, enter, open_resident, prove_address
from baogai.door_forms import ApplyForm, CodeForm, CompoundSearch
from baogai.doors import may_come_in
from baogai.views.doors.showing import send_soon, show
from communities.models import BindingRequest, Compound, Unit
from communities.rules import Relation
from communities.services import request_binding
from kernel.days import today
from kernel.errors import DomainError
from kernel.masking import mask_phone
from kernel.rooms import address_key

_ASKED = "binding_asked"
_PAGE = 20


def apply_where(request: HttpRequest) -> HttpResponse:
    """First the compound, found by its name."""
    form = CompoundSearch(request.GET)
    words = form.cleaned_data["q"].strip() if form.is_valid() else ""
    found = Compound.objects.select_related("village").order_by("village__name", "name")
    if words:
        found = found.filter(Q(name__icontains=words) | Q(village__name__icontains=words))
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    return render(request, "baogai/doors/apply_where.html", {"form": form, "page": page})


@never_cache
def apply_home(request: HttpRequest, compound_id: str) -> HttpResponse:
    """Which home, who one is to it, and the phone that has to be proven."""
    compound = get_object_or_404(Compound.objects.select_related("village"), public_id=compound_id)
    user = request.user if isinstance(request.user, User) else None
    form, status = ApplyForm(request.POST or None, has_account=user is not None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _ask(request, compound, form.cleaned_data, user)
            except DomainError as refusal:
                status = show(refusal, form)
    return render(request, "baogai/doors/apply.html", {"form": form, "compound": compound}, status=status)


def _ask(request: HttpRequest, compound: Compound, facts: dict[str, Any], user: User | None) -> HttpResponse:
    unit = _unit(compound, facts)
    if user is not None:
        request_binding(unit, user=user, relation=Relation(facts["relation"]), note=facts["note"], at=timezone.now())
        return redirect("doors:asked")
    send_soon(ask_for_code(request, facts["phone"], purpose=CodePurpose.APPLY, at=timezone.now()))
    request.session[_ASKED] = {key: facts[key] for key in ("name", "relation", "note")} | {"unit": unit.public_id}
    return redirect("doors:apply_check")


def _unit(compound: Compound, facts: dict[str, Any]) -> Unit:
    """The home as people write it. A home that is not on the roster is no secret: the doors have numbers on them."""
    key = address_key(facts["building"], facts["stair"], facts["room"])
    found = Unit.objects.filter(building__compound=compound, building__key=key.building, room_key=key.room)
    if key.stair:
        found = found.filter(Q(stair__key=key.stair) | Q(stair__isnull=True))
    homes = list(found.select_related("building__compound", "stair")[:2])
    if not homes:
        raise DomainError("名册里没有这个楼栋和房号，请核对；确实没有登记的，请联系村（社区）。", field="room")
    if len(homes) > 1:
        raise DomainError("这个房号有几个单元都有，请填写单元。", field="stair")
    return homes[0]


@never_cache
def apply_check(request: HttpRequest) -> HttpResponse:
    """The code proves the phone; then the request stands, under an account without rights."""
    phone, asked = address_asked(request, CodePurpose.APPLY), request.session.get(_ASKED)
    if not phone or not asked or request.user.is_authenticated:
        return redirect("doors:apply_where")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _file(request, form.cleaned_data["code"], asked)
            except DomainError as refusal:
                status = show(refusal, form)
    context = {"form": form, "phone": mask_phone(phone), "again": reverse("doors:apply_where"), "heading": "验证手机号"}
    return render(request, "baogai/doors/code.html", context, status=status)


def _file(request: HttpRequest, code: str, asked: dict[str, str]) -> HttpResponse:
    now = timezone.now()
    phone = prove_address(request, code, purpose=CodePurpose.APPLY, at=now)
    unit = get_object_or_404(Unit.objects.select_related("building__compound", "stair"), public_id=asked["unit"])
    with transaction.atomic():
        # Whoever was here before under this name and number is the same person, and has no second account.
        known = [user for user in may_come_in(phone, on=today()) if user.name == asked["name"]]
        person = known[0] if known else open_resident(name=asked["name"], phone=phone)
        request_binding(unit, user=person, relation=Relation(asked["relation"]), note=asked["note"], at=now)
    del request.session[_ASKED]
    return enter(request, person, method="code", onward=reverse("doors:asked"))


@login_required
def asked(request: PersonRequest) -> HttpResponse:
    """One's own requests and what became of them."""
    mine = BindingRequest.objects.filter(user=request.user).order_by("-id")
    shown = mine.select_related("unit__building__compound__village", "unit__stair")[:_PAGE]
    return render(request, "baogai/doors/asked.html", {"requests": shown})
