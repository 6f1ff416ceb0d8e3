"""Slips for the village and the office: a compound's buildings, the printed sheets, one home's people."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.safestring import mark_safe
from django.views.decorators.http import require_POST

from accounts.models import User
from accounts.permissions import PersonRequest
from baogai import doors
from baogai.door_forms import PartForm, PrintSlipsForm
from baogai.views.doors.showing import address_of, show, show_once
from communities.models import Building, Compound, Owner, Ownership, Residence, Slip, Unit
from communities.permissions import Standing, may_be_taken_over_by_slip, may_hand_out_slips, standing_of
from communities.rules import SLIP_LASTS_DAYS
from communities.services import make_slips, people_of, revoke_slips
from communities.services.slips import PrintedSlip
from evaluations.models import Survey
from kernel.codes import in_groups
from kernel.days import today
from kernel.errors import DomainError
from notices.services.printing import render_pdf
from notices.services.qr import qr_svg

#: A hundred take five seconds of a processor; the rest of the building follows with the next print.
_MOST_AT_ONCE = 200


@dataclass(frozen=True)
class Sheet:
    """One slip as the paper shows it."""

    printed: PrintedSlip
    code: str
    qr: str


def _compound(request: PersonRequest, compound_id: str) -> tuple[Standing, Compound]:
    standing = standing_of(request.user, today())
    visible = Compound.objects.visible_to(standing).select_related("village")
    found = get_object_or_404(visible, public_id=compound_id)
    if not may_hand_out_slips(standing, found):
        raise PermissionDenied
    return standing, found


@login_required
def slips(request: PersonRequest, compound_id: str) -> HttpResponse:
    """A compound's buildings: how many homes are bound, how many slips are out; print those that are needed."""
    standing, compound = _compound(request, compound_id)
    buildings = _buildings(compound, standing)
    form = PrintSlipsForm(request.POST or None, buildings=[(one.key, one.text) for one in buildings])
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                return _print(request, standing, compound, **form.cleaned_data)
            except DomainError as refusal:
                status = show(refusal, form)
    context = {
        "compound": compound,
        "buildings": buildings,
        "form": form,
        "lasts": SLIP_LASTS_DAYS,
        "most": _MOST_AT_ONCE,
    }
    return render(request, "baogai/doors/slips.html", context, status=status)


def _bound(standing: Standing, home: str) -> tuple[Exists, Exists]:
    owning = Ownership.objects.current(standing.on).filter(unit=OuterRef(home), owner__user__isnull=False)
    living = Residence.objects.current(standing.on).filter(unit=OuterRef(home))
    return Exists(owning), Exists(living)


def _buildings(compound: Compound, standing: Standing) -> list[Building]:
    """With the number of homes, of those with somebody bound, and of those with a slip still open."""
    owning, living = _bound(standing, "units")
    open_slip = Exists(Slip.objects.usable(standing.on).filter(unit=OuterRef("units")))
    counted = Building.objects.filter(compound=compound).annotate(
        homes=Count("units"),
        bound=Count("units", filter=Q(owning) | Q(living)),
        out=Count("units", filter=Q(open_slip)),
    )
    return list(counted.in_natural_order())


def _print(
    request: PersonRequest, standing: Standing, compound: Compound, *, building: str, scope: str
) -> HttpResponse:
    """Make the slips and their paper in one transaction: where the paper cannot be made, the old slips stay good."""
    homes = _wanted(standing, compound, building, scope)
    if not homes:
        raise DomainError("这栋楼没有需要制作的户。", field="scope")
    if len(homes) > _MOST_AT_ONCE and scope == PrintSlipsForm.ALL:
        raise DomainError(f"这栋楼超过 {_MOST_AT_ONCE} 户，请选第一项分批制作；个别户逐户重做。", field="scope")
    homes = homes[:_MOST_AT_ONCE]
    with transaction.atomic():
        where = f"{compound.name} {homes[0].building.text}"
        made = make_slips(homes, where=where, by=request.user, at=timezone.now(), on=standing.on)
        paper = render_pdf(slips_html(compound, made))
    answer = HttpResponse(paper, content_type="application/pdf")
    answer.headers["Content-Disposition"] = f'attachment; filename="slips-{made[0].slip.batch}.pdf"'
    return answer


def _wanted(standing: Standing, compound: Compound, building: str, scope: str) -> list[Unit]:
    homes = Unit.objects.filter(building__compound=compound, building__key=building)
    if scope == PrintSlipsForm.NEEDED:
        owning, living = _bound(standing, "pk")
        homes = homes.exclude(owning).exclude(living)
        homes = homes.exclude(Exists(Slip.objects.usable(standing.on).filter(unit=OuterRef("pk"))))
    return list(homes.select_related("building__compound", "stair").in_natural_order()[: _MOST_AT_ONCE + 1])


def slips_html(compound: Compound, made: list[PrintedSlip]) -> str:
    """The sheets: eight slips a page, with lines to cut along, and the roll's hash of each survey that runs."""
    sheets = [
        # The drawing is made of digits by the QR library; nothing a person typed is in it.
        Sheet(one, in_groups(one.secret), mark_safe(qr_svg(address_of("doors:slip", one.secret))))
        for one in made
    ]
    surveys = Survey.objects.open().filter(compound=compound).order_by("kind")[:3]  # what a slip has room for
    return render_to_string("baogai/print/slips.html", {"compound": compound, "sheets": sheets, "surveys": surveys})


# -- One home ----------------------------------------------------------------------------------------------------------


def _home(request: PersonRequest, unit_id: str) -> tuple[Standing, Unit, bool]:
    """The home for whoever is bound to it or hands out its slips, and which of the two; others of the place get 403."""
    standing = standing_of(request.user, today())
    homes: QuerySet[Unit] = Unit.objects.filter(building__compound__in=Compound.objects.visible_to(standing))
    unit = get_object_or_404(homes.select_related("building__compound__village", "stair"), public_id=unit_id)
    is_staff = may_hand_out_slips(standing, unit.building.compound)
    if not is_staff and unit.pk not in standing.home_unit_ids:
        raise PermissionDenied
    return standing, unit, is_staff


@login_required
def home(request: PersonRequest, unit_id: str) -> HttpResponse:
    """Who is bound to a home, and what can be done about it: by the household, by the village."""
    standing, unit, is_staff = _home(request, unit_id)
    owners = Owner.objects.filter(ownerships__in=Ownership.objects.current(standing.on).filter(unit=unit))
    context = {
        "unit": unit,
        "is_staff": is_staff,
        "is_owner": unit.pk in standing.owned_unit_ids,
        "owners": owners.select_related("user").order_by("pk"),
        "residences": Residence.objects.current(standing.on).filter(unit=unit).select_related("user").order_by("pk"),
        "slip": Slip.objects.usable(standing.on).filter(unit=unit).first(),
    }
    return render(request, "baogai/doors/home.html", context)


@login_required
@require_POST
def home_slip(request: PersonRequest, unit_id: str) -> HttpResponse:
    """One slip for one home, on the screen and on paper: by the village, or by an owner for the family."""
    standing, unit, is_staff = _home(request, unit_id)
    if not is_staff and unit.pk not in standing.owned_unit_ids:
        raise PermissionDenied
    where = f"{unit.building.compound.name} {unit}"
    made = make_slips([unit], where=where, by=request.user, at=timezone.now(), on=standing.on)[0]
    return show_once(
        request, "baogai/doors/home_slip.html", name="doors:slip", secret=made.secret, unit=unit, slip=made.slip
    )


@login_required
@require_POST
def revoke_home_slip(request: PersonRequest, unit_id: str) -> HttpResponse:
    """The home's slip was lost on its way."""
    _, unit, is_staff = _home(request, unit_id)
    if not is_staff:
        raise PermissionDenied
    revoke_slips(unit, by=request.user, at=timezone.now())
    messages.success(request, "这户的入户条已作废。")
    return redirect("doors:home", unit.public_id)


def _person(unit: Unit, bound_id: str, standing: Standing) -> User:
    """Somebody bound to this home today; anybody else does not exist here."""
    bound = [one.pk for one in people_of(unit, on=standing.on)]
    return get_object_or_404(User, pk__in=bound, public_id=bound_id)


@login_required
def part(request: PersonRequest, unit_id: str, bound_id: str) -> HttpResponse:
    """Take a tie to a home away: the village anybody's, an owner a relative's or tenant's, everybody their own.

    Asks once, says what follows, and wants a reason that the person reads.
    """
    standing, unit, is_staff = _home(request, unit_id)
    person = _person(unit, bound_id, standing)
    owns = unit.pk in standing_of(person, standing.on).owned_unit_ids
    is_hosts_word = unit.pk in standing.owned_unit_ids and not owns
    is_own = person.pk == request.user.pk
    if not (is_staff or is_hosts_word or is_own):
        raise PermissionDenied
    form, status = PartForm(request.POST if request.method == "POST" else None, is_own=is_own), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            doors.part(unit, person=person, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
            messages.success(request, f"已解除 {person.name} 与这户的绑定。")
            return redirect("desk") if is_own else redirect("doors:home", unit.public_id)
    context = {
        "unit": unit,
        "person": person,
        "form": form,
        "is_own": is_own,
        "consequences": _after_parting(is_own=is_own),
        "back": reverse("doors:home", args=[unit.public_id]),
    }
    return render(request, "baogai/doors/part.html", context, status=status)


def _after_parting(*, is_own: bool) -> list[str]:
    who = "您" if is_own else "对方"
    told = "这户其他绑定的人会收到消息。" if is_own else "本人会收到消息，写明由谁解除和理由；这户其他人也会收到消息。"
    return [f"{who}立即看不到这户和小区的内容。", told, "业主凭新的入户条可以再绑定。"]


@login_required
@require_POST
def hand_link(request: PersonRequest, unit_id: str, bound_id: str) -> HttpResponse:
    """A one-time link for somebody who stands before the desk without their phone's number."""
    standing, unit, is_staff = _home(request, unit_id)
    person = _person(unit, bound_id, standing)
    if not is_staff or not may_be_taken_over_by_slip(standing_of(person, standing.on)):
        raise PermissionDenied
    secret = doors.hand_link(unit, person=person, by=request.user, at=timezone.now())
    return show_once(request, "baogai/doors/hand_link.html", name="doors:link", secret=secret, person=person, unit=unit)
