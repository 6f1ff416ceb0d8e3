"""发布稿 as everybody reads it: the list, the notice with its table, the posters (clauses 4.2.4, 4.4.5)."""

from typing import Any

from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from communities.permissions import standing_of
from files.writing import download
from kernel.days import today
from kernel.errors import DomainError
from notices.models import Edition
from notices.permissions import may_see_papers
from notices.rules import PaperKind
from notices.services.editions.press import serve_paper
from notices.services.editions.sheet import EditionSheet

_PAGE = 20


def _published(public_id: str) -> Edition:
    found = Edition.objects.select_related("town", "corrects", "corrected_by", "draft")
    edition: Edition = get_object_or_404(found, public_id=public_id)
    return edition


@require_safe
def editions(request: HttpRequest) -> HttpResponse:
    """Every edition, the latest first; one that was corrected says so."""
    found = Edition.objects.select_related("town", "corrected_by")
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    standing = standing_of(request.user, today())
    return render(request, "notices/editions/list.html", {"page": page, "works": bool(standing.town_ids)})


@require_safe
def edition(request: HttpRequest, public_id: str) -> HttpResponse:
    """The notice: what it says, the whole table, how to check it."""
    found = _published(public_id)
    sheet = EditionSheet.of(found)
    standing = standing_of(request.user, today())
    context: dict[str, Any] = {
        "edition": found,
        "sheet": sheet,
        "later": getattr(found, "corrected_by", None),
        "bars": [(share.name, share.permille, share.words) for share in sheet.shares],
        "may_see_papers": may_see_papers(standing, found),
    }
    return render(request, "notices/editions/page.html", context)


@require_safe
def table(request: HttpRequest, public_id: str) -> HttpResponseBase:  # noqa: ARG001 - everybody's
    """The table as a spreadsheet, by the one writer."""
    found = _published(public_id)
    return download(f"{found.letter_number} {found.title}", EditionSheet.of(found).spreadsheet())


@require_safe
def poster(request: HttpRequest, public_id: str, compound_id: str) -> HttpResponseBase:  # noqa: ARG001 - see above
    """A compound's poster. While the papers are being made it says so."""
    found = _published(public_id)
    if compound_id not in {key for key, _, _ in EditionSheet.of(found).compounds}:
        raise Http404
    paper = found.papers.filter(kind=PaperKind.POSTER_PDF, compound__public_id=compound_id)
    made = paper.select_related("compound").first()
    if made is None:
        raise DomainError("海报正在制作，请过一会儿再下载。")
    return serve_paper(made, name=f"{made.compound} {found.title}")
