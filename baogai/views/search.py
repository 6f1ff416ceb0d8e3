"""One search over what a person may see: compounds, firms, documents."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from communities.models import Compound, PropertyFirm
from communities.permissions import may_see_firms, standing_of
from kernel.days import today
from kernel.text import tidy
from supervision.models import Policy

_SHOWN = 10
_LONGEST = 60


@login_required
def search(request: HttpRequest) -> HttpResponse:
    """At most ten of each kind; the lists behind them have filters for more."""
    standing = standing_of(request.user, today())
    words = tidy(request.GET.get("q", ""))[:_LONGEST]
    firms = PropertyFirm.objects.all() if may_see_firms(standing) else PropertyFirm.objects.none()
    context: dict[str, Any] = {"search_words": words, "compounds": (), "firms": (), "policies": ()}
    if words:
        context |= {
            "compounds": Compound.objects.visible_to(standing)
            .filter(Q(name__icontains=words) | Q(village__name__icontains=words))
            .select_related("village")
            .order_by("name")[:_SHOWN],
            "firms": firms.filter(Q(name__icontains=words) | Q(credit_code__istartswith=words)).order_by("name")[
                :_SHOWN
            ],
            "policies": Policy.objects.visible_to(standing).filter(
                Q(number__icontains=words) | Q(title__icontains=words)
            )[:_SHOWN],
        }
    return render(request, "baogai/search.html", context)
