"""物业考评: the list, the half-year's method, and starting the scoring by it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import PersonRequest
from communities.models import Town
from communities.permissions import Standing, standing_of
from evaluations.appraisal_permissions import may_keep_method
from evaluations.appraisal_rules import Head, Item, Stage
from evaluations.forms.appraisals import AppraisalFilter
from evaluations.forms.methods import MethodForm
from evaluations.models import Appraisal, AppraisalMethod, AppraisalRound
from evaluations.services.appraisals.methods import method_of, save_method
from evaluations.services.appraisals.opening import gather_again, open_round
from evaluations.views.appraisals.reach import chip_of
from kernel.days import today
from kernel.errors import ConflictError, DomainError
from kernel.periods import Cadence, Period
from supervision.permissions import towns_of

_PAGE = 30


@dataclass(frozen=True)
class Half:
    """A half-year of a town as its list shows it: whether scoring has started, and how many stand where."""

    town: Town
    period: Period
    round: AppraisalRound | None
    stages: list[tuple[Stage, int]]


@login_required
@require_safe
def appraisals(request: PersonRequest) -> HttpResponse:
    """Every appraisal one may see, the latest half-year first; for the office also how far each half-year is."""
    standing = standing_of(request.user, today())
    form = AppraisalFilter(request.GET)
    found = form.narrowed(Appraisal.objects.visible_to(standing)).for_display()
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": [(one, *chip_of(one)) for one in page],
        "halves": list(_halves(standing)),
        "may_keep": bool(standing.office_town_ids),
    }
    return render(request, "appraisals/appraisals.html", context)


def _halves(standing: Standing) -> Iterable[Half]:
    """This half-year and the one before, of each town one oversees: three statements."""
    if not standing.town_ids:
        return
    now = Period.containing(standing.on, Cadence.HALF)
    periods = [now, now.previous()]
    towns = Town.objects.filter(pk__in=standing.town_ids).order_by("pk")
    rounds = AppraisalRound.objects.filter(town__in=standing.town_ids, period__in=[one.code for one in periods])
    counted = rounds.order_by().values_list("pk", "appraisals__stage").annotate(n=Count("appraisals"))
    counts = {(pk, stage): n for pk, stage, n in counted}
    by_half = {(one.town_id, one.period): one for one in rounds}
    for town in towns:
        for period in periods:
            opened = by_half.get((town.pk, period.code))
            stages = [(stage, counts.get((opened.pk, stage), 0)) for stage in Stage] if opened else []
            yield Half(town, period, opened, stages)


def _half_of(request: PersonRequest, town_code: str, half_year: str) -> tuple[Town, Period, Standing]:
    """A town the person has to do with and a half-year that has a method, or could."""
    standing = standing_of(request.user, today())
    town = get_object_or_404(towns_of(standing), code=town_code)
    try:
        half = Period.parse(half_year)
    except ValueError as error:
        raise Http404 from error
    now = Period.containing(standing.on, Cadence.HALF)
    if half.cadence is not Cadence.HALF or not town.supervised_from_on.year - 1 <= half.year or half > now.next():
        raise Http404
    return town, half, standing


@require_http_methods(["GET", "POST"])
@login_required
def method(request: PersonRequest, town_code: str, half_year: str) -> HttpResponse:
    """考评办法: what a half-year is judged by, for everybody in the town; the office writes it until scoring starts."""
    town, half, standing = _half_of(request, town_code, half_year)
    may_keep = may_keep_method(standing, town)
    if request.method == "POST" and not may_keep:
        raise PermissionDenied("考评办法由镇小区服务岗编制。")
    found = method_of(town, half)
    form = MethodForm(found, request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            made = save_method(
                town,
                half,
                rows=form.chosen(),
                most_adjustment=form.most_adjustment,
                vetoes=form.vetoes,
                by=request.user,
                at=timezone.now(),
            )
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("appraisals:method", town.code, half.code)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"已保存为{made}。")
            return redirect("appraisals:method", town.code, half.code)
    round_ = AppraisalRound.objects.filter(town=town, period=half.code).first()
    return _shown_method(request, town, half, found, form, round_=round_, may_keep=may_keep)


def _shown_method(
    request: PersonRequest,
    town: Town,
    half: Period,
    found: AppraisalMethod,
    form: MethodForm,
    *,
    round_: AppraisalRound | None,
    may_keep: bool,
) -> HttpResponse:
    is_open = round_ is not None
    context: dict[str, Any] = {
        "town": town,
        "half": half,
        "method": found,
        "heads": _by_head(found.item_list),
        "round": round_,
        "form": form if may_keep and not is_open else None,
        "may_open": may_keep and not is_open and half.first <= today(),
        "may_gather": may_keep and is_open,
        "versions": AppraisalMethod.objects.of(town.pk, half).select_related("made_by"),
    }
    return render(request, "appraisals/method.html", context, status=422 if request.method == "POST" else 200)


def _by_head(items: Iterable[Item]) -> list[tuple[Head, Any, list[Item]]]:
    listed = list(items)
    found = []
    for head in Head:
        own = [item for item in listed if item.head is head]
        found.append((head, sum(item.points for item in own), own))
    return found


@login_required
@require_POST
def open_scoring(request: PersonRequest, town_code: str, half_year: str) -> HttpResponse:
    """Start the half-year's scoring in every compound of the town; its method is locked thereby."""
    town, half, standing = _half_of(request, town_code, half_year)
    if not may_keep_method(standing, town):
        raise PermissionDenied("考评由镇小区服务岗组织。")
    try:
        opened = open_round(town, half, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("appraisals:method", town.code, half.code)
    messages.success(request, f"{half.label}考评开始，共 {opened.appraisals.count()} 个小区，能自动得分的已经算好。")
    return redirect("appraisals:appraisals")


@login_required
@require_POST
def gather(request: PersonRequest, town_code: str, half_year: str) -> HttpResponse:
    """Look up anew what is known of all that are still being scored."""
    town, half, standing = _half_of(request, town_code, half_year)
    if not may_keep_method(standing, town):
        raise PermissionDenied("考评由镇小区服务岗组织。")
    opened = get_object_or_404(AppraisalRound.objects.select_related("town", "method"), town=town, period=half.code)
    gathered, new = gather_again(opened, by=request.user, at=timezone.now())
    added = f"，新增 {new} 个" if new else ""
    messages.success(request, f"已重新采集 {gathered} 个打分中的小区{added}；送审以后的不变。")
    return redirect("appraisals:appraisals")
