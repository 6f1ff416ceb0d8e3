"""Which desk opens for whom."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from baogai.permissions import Desk, desks_of
from baogai.views.desks.bearer import bearer_desk
from baogai.views.desks.home import home_desk
from baogai.views.desks.town import town_desk
from baogai.views.desks.village import village_desk
from communities.permissions import Standing, standing_of
from kernel.days import today

_DESKS: dict[Desk, Callable[[HttpRequest, Standing, Desk, list[Desk]], HttpResponse]] = {
    Desk.TOWN: town_desk,
    Desk.AUDIT: town_desk,
    Desk.VILLAGE: village_desk,
    Desk.COMMITTEE: bearer_desk,
    Desk.FIRM: bearer_desk,
    Desk.HOME: home_desk,
}


@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """The widest desk the person has, or another of theirs by `?at=`."""
    standing = standing_of(request.user, today())
    desks = desks_of(standing)
    if not desks:
        return render(request, "baogai/desks/none.html")
    wanted = request.GET.get("at", "")
    chosen = next((one for one in desks if one == wanted), desks[0])
    return _DESKS[chosen](request, standing, chosen, desks)
