"""帮助: the manual's pages and pictures, for everybody."""

from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from baogai.help import GENERAL, PICTURES, exists, manual, manuals_of, url_of
from communities.permissions import standing_of
from kernel.days import today


@require_safe
def help_manual(request: HttpRequest, manual_name: str = GENERAL) -> HttpResponse:
    """One manual; it holds nothing that not everybody may read."""
    if not exists(manual_name):
        raise Http404
    own = [manual(name) for name in manuals_of(standing_of(request.user, today()))]
    context = {
        "manual": manual(manual_name),
        "is_general": manual_name == GENERAL,
        "own": [(one.title, url_of(one.name)) for one in own if one.name != manual_name],
        "general_url": url_of(GENERAL),
    }
    return render(request, "baogai/help.html", context)


@require_safe
def help_picture(request: HttpRequest, picture: str) -> FileResponse:  # noqa: ARG001 - a view takes a request
    """A picture of the manual, made by tests/make_screens.py of example data."""
    file = PICTURES / f"{picture}.png"
    if not file.is_file():
        raise Http404
    return FileResponse(file.open("rb"), content_type="image/png")
