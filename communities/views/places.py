"""Compounds and their households."""

from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q, Sum
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.permissions import PersonRequest
from communities.forms import CompoundFilter, UnitFilter
from communities.models import Appointment, Building, Compound, Ownership, Unit, Village
from communities.permissions import (
    Standing,
    may_export_phones,
    may_hand_out_slips,
    may_import_roster,
    may_keep_contracts,
    may_see_firms,
    may_see_roster,
    may_see_units,
    standing_of,
)
from communities.querysets import BodyQuerySet
from kernel.days import today

_PAGE = 25
_UNITS_PAGE = 50
_ORDERS = {
    "village": ("village__id", "name"),
    "name": ("name", "id"),
    "units": ("unit_count", "id"),
    "built": ("built_year", "id"),
}


@login_required
def compounds(request: PersonRequest) -> HttpResponse:
    """Every compound the person may see, with its firm and committee; whoever belongs to one alone goes there."""
    standing = standing_of(request.user, today())
    if not request.GET and _belongs_to_one(standing):
        return redirect("communities:compound", Compound.objects.visible_to(standing).get().public_id)
    form = CompoundFilter(request.GET, villages=Village.objects.visible_to(standing).order_by("id"))
    found = Compound.objects.visible_to(standing).for_list(standing.on)
    if form.is_valid():
        found = _narrowed(found, form.cleaned_data, standing)
    page = Paginator(found.order_by(*_order(request.GET.get("sort", ""))), _PAGE).get_page(request.GET.get("page"))
    return render(request, "communities/compounds.html", {"form": form, "page": page})


def _belongs_to_one(standing: Standing) -> bool:
    return not standing.town_ids and not standing.village_ids and len(standing.compound_ids) == 1


def _narrowed(found: Any, facts: dict[str, str], standing: Standing) -> Any:
    if facts["q"]:
        found = found.filter(name__icontains=facts["q"].strip())
    if facts["village"]:
        found = found.filter(village__public_id=facts["village"])
    if facts["kind"]:
        found = found.filter(kind=facts["kind"])
    lacking = facts["lacking"]
    if lacking == "firm":
        found = found.exclude(pk__in=Compound.objects.with_service(standing.on).values("pk"))
    elif lacking == "committee":
        found = found.exclude(pk__in=Compound.objects.with_committee(standing.on).values("pk"))
    elif lacking == "both":
        found = found.without_bearer(standing.on)
    return found


def _order(wanted: str) -> list[str]:
    names = _ORDERS.get(wanted.removeprefix("-"), _ORDERS["village"])
    return [f"-{name}" for name in names] if wanted.startswith("-") else list(names)


@login_required
def compound(request: PersonRequest, compound_id: str) -> HttpResponse:
    """One compound: its facts, who serves and who represents it, its buildings."""
    standing = standing_of(request.user, today())
    shown = compound_or_404(standing, compound_id)
    contracts = list(shown.contracts.select_related("firm").order_by("-from_on"))
    present = next((one for one in contracts if one.from_on <= standing.on and _stands(one.ended_on, standing)), None)
    buildings = list(
        Building.objects.filter(compound=shown).in_natural_order().annotate(n=Count("units"), area=Sum("units__area"))
    )
    context = {
        "compound": shown,
        "contract": present,
        "sees_firm": present is not None and (may_see_firms(standing) or present.firm_id in standing.firm_ids),
        "is_overrunning": present is not None and present.until_on is not None and present.until_on < standing.on,
        "contracts": contracts,
        "bodies": _bodies_of(shown, standing),
        "buildings": buildings,
        "unit_count": sum(one.n for one in buildings),
        "area": sum((one.area or 0 for one in buildings), Decimal(0)),
        "homes": Unit.objects.filter(pk__in=standing.home_unit_ids, building__compound=shown).select_related(
            "building", "stair"
        ),
        "has_others": not _belongs_to_one(standing),
        "may_see_units": may_see_units(standing, shown),
        "may_keep_contracts": may_keep_contracts(standing, shown),
        "may_import_roster": may_import_roster(standing, shown),
        "may_keep_robot": standing.officer_of(shown.village.town_id),
        "may_hand_out_slips": may_hand_out_slips(standing, shown),
    }
    return render(request, "communities/compound.html", context)


def _stands(ended_on: Any, standing: Standing) -> bool:
    return ended_on is None or ended_on >= standing.on


def _bodies_of(shown: Compound, standing: Standing) -> BodyQuerySet:
    """Bodies in office with their present holders, in two further statements."""
    holders = Appointment.objects.held(standing.on).select_related("user", "post").order_by("post__order", "from_on")
    return (
        shown.bodies.in_office(standing.on)
        .prefetch_related(Prefetch("posts__appointments", queryset=holders, to_attr="holders"))
        .in_order_of_kind()
    )


@login_required
def units(request: PersonRequest, compound_id: str) -> HttpResponse:
    """The households of a compound. Owners' names are masked for whoever has no right to the roster."""
    standing = standing_of(request.user, today())
    shown = compound_or_404(standing, compound_id)
    if not may_see_units(standing, shown):
        raise PermissionDenied
    form = UnitFilter(request.GET, compound=shown)
    owners = Ownership.objects.current(standing.on).select_related("owner").order_by("id")
    found = (
        Unit.objects.filter(building__compound=shown)
        .select_related("building", "stair")
        .prefetch_related(Prefetch("ownerships", queryset=owners, to_attr="current_ownerships"))
        .in_natural_order()
    )
    if form.is_valid():
        found = found.filter(
            Q(building__key=form.cleaned_data["building"]) if form.cleaned_data["building"] else Q(),
            Q(room_text__icontains=form.cleaned_data["q"].strip()) if form.cleaned_data["q"] else Q(),
        )
    page = Paginator(found, _UNITS_PAGE).get_page(request.GET.get("page"))
    context = {"compound": shown, "form": form, "page": page, "shows_names": may_see_roster(standing, shown)}
    context["may_export_phones"] = may_export_phones(standing, shown)
    context["may_hand_out_slips"] = may_hand_out_slips(standing, shown)
    return render(request, "communities/units.html", context)


def compound_or_404(standing: Standing, compound_id: str) -> Compound:
    """The compound if the person may see it; to all others it does not exist."""
    return get_object_or_404(Compound.objects.visible_to(standing).select_related("village"), public_id=compound_id)
