"""One search over what a person may see: compounds, firms, people, documents."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_http_methods

from communities.models import Appointment, Body, Compound, Ownership, PropertyFirm
from communities.permissions import Standing, may_see_firms, standing_of
from kernel.days import today
from kernel.text import tidy
from supervision.models import Policy

_SHOWN = 10
_LONGEST = 60


@require_http_methods(["GET", "POST"])
@login_required
def search(request: HttpRequest) -> HttpResponse:
    """At most ten of each kind; the lists behind them have filters for more.

    People in posts are found by a part of their name, owners by their whole name only, and only by who keeps them safe.
    The words are sent, not written into the address: a name would stay there, in histories and logs (PRIV-01).
    """
    standing = standing_of(request.user, today())
    words = tidy(request.POST.get("q", ""))[:_LONGEST]
    firms = PropertyFirm.objects.all() if may_see_firms(standing) else PropertyFirm.objects.none()
    context: dict[str, Any] = {"search_words": words, "compounds": (), "firms": (), "policies": ()}
    context |= {"holders": (), "owners": ()}
    if words:
        context |= {
            "compounds": Compound.objects.visible_to(standing)
            .filter(Q(name__icontains=words) | Q(village__name__icontains=words))
            .select_related("village")
            .order_by("name")[:_SHOWN],
            "firms": firms.filter(Q(name__icontains=words) | Q(credit_code__istartswith=words)).order_by("name")[
                :_SHOWN
            ],
            "holders": _holders(standing, words)[:_SHOWN],
            "owners": _owners(standing, words)[:_SHOWN],
            "policies": Policy.objects.visible_to(standing).filter(
                Q(number__icontains=words) | Q(title__icontains=words)
            )[:_SHOWN],
        }
    return render(request, "baogai/search.html", context)


def _holders(standing: Standing, words: str) -> QuerySet[Appointment]:
    """Who holds a post today in a body one may see, or in a firm where one may see firms."""
    places = Q(post__body__in=Body.objects.visible_to(standing))
    if may_see_firms(standing):
        places |= Q(post__firm__isnull=False)
    return (
        Appointment.objects.current(standing.on)
        .filter(places, user__name__icontains=words)
        .select_related("user", "post__body", "post__firm")
        .order_by("user__name", "pk")
    )


def _owners(standing: Standing, name: str) -> QuerySet[Ownership]:
    """Homes whose owner is called exactly so, where one oversees the compound and so may read its roster."""
    overseen = Q(village__town__in=standing.supervised_town_ids) | Q(village__in=standing.village_ids)
    return (
        Ownership.objects.current(standing.on)
        .filter(owner__name=name, owner__compound__in=Compound.objects.filter(overseen))
        .select_related("owner__compound__village", "unit__building", "unit__stair")
        .order_by("owner__compound__name", "pk")
    )
