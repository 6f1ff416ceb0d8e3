"""Coming back: a code to the phone, or a one-time link handed over in person."""

from datetime import datetime, timedelta

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from accounts.models import User
from accounts.rules import CodePurpose, LinkKind
from accounts.services import (
    address_asked,
    ask_for_code,
    enter,
    find_link,
    onward_of,
    open_link,
    prove_address,
    use_link,
)
from baogai.door_forms import CodeForm, PersonForm, PhoneForm
from baogai.doors import may_come_in
from baogai.views.doors.showing import send_soon, show
from communities.models import Unit
from communities.permissions import standing_of
from evaluations.services.open_ballots import next_ballot
from kernel.days import local_day, today
from kernel.errors import DomainError
from kernel.masking import mask_name, mask_phone

_ONWARD, _PROVEN, _LINK = "code_onward", "code_proven", "entry_link"
#: Marks that this session came by an invitation and may set a password without an old one.
MAY_SET_PASSWORD = "invited"  # noqa: S105 - a session's key
_CHOICE_LASTS = timedelta(minutes=5)


@never_cache
def code(request: HttpRequest) -> HttpResponse:
    """Ask for a code. The answer is the same for every number, known or not."""
    onward = onward_of(request, reverse("desk"))
    if request.user.is_authenticated:
        return redirect(onward)
    form, status = PhoneForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                asked = ask_for_code(
                    request, form.cleaned_data["phone"], purpose=CodePurpose.SIGN_IN, at=timezone.now()
                )
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                send_soon(asked)
                request.session[_ONWARD] = onward
                return redirect("doors:code_check")
    return render(request, "baogai/doors/ask_code.html", {"form": form, "next": onward}, status=status)


@never_cache
def code_check(request: HttpRequest) -> HttpResponse:
    """The six digits; whose phone opens several accounts says which one."""
    phone = address_asked(request, CodePurpose.SIGN_IN)
    if not phone:
        return redirect("doors:code")
    form, status = CodeForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                proven = prove_address(
                    request, form.cleaned_data["code"], purpose=CodePurpose.SIGN_IN, at=timezone.now()
                )
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                return _let_in(request, proven)
    context = {"form": form, "phone": mask_phone(phone), "again": reverse("doors:code"), "heading": "输入验证码"}
    return render(request, "baogai/doors/code.html", context, status=status)


def _let_in(request: HttpRequest, phone: str) -> HttpResponse:
    people = may_come_in(phone, on=today())
    if len(people) == 1:
        return enter(request, people[0], method="code", onward=_onward(request))
    request.session[_PROVEN] = [phone, timezone.now().isoformat()]
    return redirect("doors:code_who")


def _onward(request: HttpRequest) -> str:
    return str(request.session.pop(_ONWARD, reverse("desk")))


@never_cache
def code_who(request: HttpRequest) -> HttpResponse:
    """Several people share one phone: which of them it is."""
    phone, proven_at = request.session.get(_PROVEN, ["", ""])
    proven = parse_datetime(proven_at)
    if proven is None or timezone.now() - proven > _CHOICE_LASTS:
        return redirect("doors:code")
    people = {user.public_id: user for user in may_come_in(phone, on=today())}
    form = PersonForm(request.POST or None, people=[(key, _described(user)) for key, user in people.items()])
    if request.method == "POST" and form.is_valid():
        del request.session[_PROVEN]
        return enter(request, people[form.cleaned_data["who"]], method="code", onward=_onward(request))
    return render(request, "baogai/doors/who.html", {"form": form}, status=422 if form.errors else 200)


def _described(user: User) -> str:
    """A name masked as on the slip, with homes and posts."""
    standing = standing_of(user, today())
    homes = Unit.objects.filter(pk__in=standing.home_unit_ids).select_related("building__compound", "stair")
    ties = [f"{home.building.compound.name} {home}" for home in homes]
    ties += [f"{held.place} {held.title}" for held in standing.current]
    return f"{mask_name(user.name)}　{'；'.join(ties) or '没有绑定的房屋'}"


@never_cache
@require_safe
def link(request: HttpRequest, secret: str) -> HttpResponse:
    """What a handed-over link opens: remembered in this browser, used only by the button that follows."""
    try:
        found = find_link(secret, at=timezone.now())
    except DomainError as refusal:
        return render(request, "baogai/doors/link_dead.html", {"message": refusal.message}, status=404)
    request.session[_LINK] = found.public_id
    return redirect("doors:link_use")


@never_cache
def link_use(request: HttpRequest) -> HttpResponse:
    """Ask once whether it is really this person, and let them in."""
    now = timezone.now()
    found = open_link(request.session.get(_LINK, ""), at=now)
    if found is None:
        return redirect("doors:arrive")
    if request.method != "POST":
        return render(request, "baogai/doors/link.html", {"link": found, "is_invitation": _is_invitation(found.kind)})
    person = use_link(found, at=now)
    if request.user.is_authenticated:
        logout(request)
    request.session.pop(_LINK, None)
    if not _is_invitation(found.kind):
        return enter(request, person, method="link", onward=_came_for(person, at=now))
    request.session[MAY_SET_PASSWORD] = person.public_id
    return enter(request, person, method="link", onward=reverse("doors:first_password"))


def _came_for(person: User, *, at: datetime) -> str:
    """A household whose vote is still out was handed the link to cast it: straight to the ballot, else the desk."""
    waiting = next_ballot(standing_of(person, local_day(at)).home_unit_ids, at=at)
    return reverse("evaluations:vote", args=waiting) if waiting else reverse("desk")


def _is_invitation(kind: str) -> bool:
    return kind == LinkKind.INVITATION
