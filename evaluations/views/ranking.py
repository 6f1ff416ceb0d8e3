"""Rankings: a half-year's places, its firms, the half-years beside each other, quality beside price. For everybody."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from communities.models import Town
from communities.permissions import standing_of
from evaluations.appraisal_querysets import AppraisalQuerySet
from evaluations.appraisal_rules import RESULT_CLAUSE, Grade
from evaluations.fieldwork_permissions import reads_unfinished
from evaluations.forms.ranking import RankingFilter
from evaluations.models import Appraisal
from evaluations.ranking_rules import ranked_firms
from evaluations.services.ranking import (
    COMPARED,
    appraised_pairs,
    courses_of,
    firm_courses,
    firm_scores,
    in_order_of_place,
    prices_and_scores,
    readable_periods,
    scores_of,
    standings_of,
    with_fee,
)
from evaluations.services.ranking_sheets import firms_sheet, history_sheet, price_sheet, ranking_sheet
from files.exporting import MOST_AT_ONCE
from files.writing import Sheet, download
from kernel.days import today
from kernel.periods import Period

_PAGE = 30
_ORDERS = {"fee": ("fee", "pk"), "score": ("result__score", "pk"), "name": ("compound__name", "pk")}
_STATES = {Grade.EXCELLENT: "done", Grade.GOOD: "done", Grade.PASSED: "calm", Grade.FAILED: "late"}


@dataclass
class Asked:
    """What an address asks for: a town, a half-year the person may read (none where there is none), filters."""

    request: HttpRequest
    fields: str

    @cached_property
    def towns(self) -> list[Town]:
        return list(Town.objects.order_by("pk"))

    @cached_property
    def town(self) -> Town:
        """As asked; else the person's own, else the first."""
        standing = standing_of(self.request.user, today())
        wanted = self.request.GET.get("town", "")
        asked = next((one for one in self.towns if one.code == wanted), None)
        own = next((one for one in self.towns if one.pk in standing.town_ids), None)
        found = asked or own or next(iter(self.towns), None)
        if found is None:
            raise Http404
        return found

    @cached_property
    def periods(self) -> list[tuple[Period, bool]]:
        oversees = reads_unfinished(standing_of(self.request.user, today()), self.town)
        return readable_periods(self.town, oversees=oversees)

    @cached_property
    def period(self) -> Period | None:
        """As asked, where it may be read; else the latest."""
        wanted = self.request.GET.get("period", "").upper()
        all_of_them = [period for period, _ in self.periods]
        return next((one for one in all_of_them if one.code == wanted), next(iter(all_of_them), None))

    @property
    def is_complete(self) -> bool:
        return dict(self.periods).get(self.period, False) if self.period else False

    @property
    def compared(self) -> list[Period]:
        """The latest half-years that are compared, the oldest first."""
        return sorted(period for period, _ in self.periods[:COMPARED])

    @cached_property
    def form(self) -> RankingFilter:
        periods = [period for period, _ in self.periods]
        return RankingFilter(self.request.GET, towns=self.towns, periods=periods, fields=self.fields)

    @property
    def scores(self) -> AppraisalQuerySet:
        return scores_of(self.town, [self.period] if self.period else [])

    def page(self, rows: Any) -> Any:
        return Paginator(rows, _PAGE).get_page(self.request.GET.get("page"))

    def context(self, here: str, **more: Any) -> dict[str, Any]:
        return {
            "here": here,
            "ways": [(name, label, reverse(f"fieldwork:{name}")) for name, label in _WAYS.items()],
            "form": self.form,
            "town": self.town,
            "period": self.period,
            "is_complete": self.is_complete,
            "clause": RESULT_CLAUSE,
            **more,
        }

    @property
    def notes(self) -> list[str]:
        """What stands above an export."""
        words = f"{self.town}，依据：方案{RESULT_CLAUSE}"
        return [words if self.is_complete else f"{words}。尚未全部审定，仅供镇村内部参考"]


_WAYS = {"ranking": "小区排名", "firm_ranking": "企业排名", "history": "历次对比", "prices": "质价对照"}


@require_safe
def ranking(request: HttpRequest) -> HttpResponse:
    """Every compound with its firm's final score, best first; equal scores share a place."""
    asked = Asked(request, "town period q grade")
    period = asked.period
    if period is None:
        return render(request, "evaluations/ranking/none.html", asked.context("ranking"))
    standings = standings_of(asked.town, period)
    page = asked.page(in_order_of_place(asked.form.narrowed(asked.scores)))
    lines = [(standings.place_of(one), one, _STATES[Grade(one.result.grade)]) for one in page]
    grades = [(grade, count) for grade, count in standings.grades.items()]
    context = asked.context("ranking", page=page, lines=lines, grades=grades, count=standings.count)
    context["may_open"] = _may_open(request, page)
    return render(request, "evaluations/ranking/ranking.html", context)


def _may_open(request: HttpRequest, page: Iterable[Appraisal]) -> frozenset[int]:
    """Whose score sheets the person may read; the places are for everybody, the sheets are not."""
    found = Appraisal.objects.filter(pk__in=[one.pk for one in page]).visible_to(standing_of(request.user, today()))
    return frozenset(found.values_list("pk", flat=True))


@require_safe
def firm_ranking(request: HttpRequest) -> HttpResponse:
    """Firms by the mean of their compounds, each compound counting the same."""
    asked = Asked(request, "town period q")
    period = asked.period
    if period is None:
        return render(request, "evaluations/ranking/none.html", asked.context("firm_ranking"))
    page = asked.page(_firms(asked, period))
    lines = [(place, one, [(grade.label, one.grades[grade]) for grade in Grade]) for place, one in page]
    context = asked.context("firm_ranking", page=page, lines=lines, grades=list(Grade))
    return render(request, "evaluations/ranking/firms.html", context)


def _firms(asked: Asked, period: Period) -> list[Any]:
    ranked = ranked_firms(firm_scores(asked.town, [period]).get(period.code, []))
    words = asked.form.words
    return [row for row in ranked if words in row[1].name]


@require_safe
def history(request: HttpRequest) -> HttpResponse:
    """The last four half-years beside each other, by compound or by firm."""
    asked = Asked(request, "town q")
    if not asked.periods:
        return render(request, "evaluations/ranking/none.html", asked.context("history"))
    by_firm = request.GET.get("by") == "firm"
    if by_firm:
        page = asked.page(firm_courses(asked.town, asked.compared, words=asked.form.words))
        lines = list(page)
    else:
        page = asked.page(appraised_pairs(asked.town, asked.compared, words=asked.form.words))
        lines = courses_of(asked.town, asked.compared, page)
    labels = [period.label for period in asked.compared]
    rows = [(one, list(zip(labels, one.scores, strict=True))) for one in lines]
    context = asked.context("history", page=page, lines=rows, periods=asked.compared, by_firm=by_firm)
    return render(request, "evaluations/ranking/history.html", context)


@require_safe
def prices(request: HttpRequest) -> HttpResponse:
    """Quality beside price: each compound's score and its fee per m², as a picture and as a table."""
    asked = Asked(request, "town period q")
    period = asked.period
    if period is None:
        return render(request, "evaluations/ranking/none.html", asked.context("prices"))
    page = asked.page(_priced(asked, period))
    context = asked.context("prices", page=page, points=prices_and_scores(asked.town, period))
    return render(request, "evaluations/ranking/prices.html", context)


def _priced(asked: Asked, period: Period) -> AppraisalQuerySet:
    wanted = asked.request.GET.get("sort", "")
    first, second = _ORDERS.get(wanted.removeprefix("-"), _ORDERS["fee"])
    order = F(first).desc(nulls_last=True) if wanted.startswith("-") else F(first).asc(nulls_last=True)
    return with_fee(asked.form.narrowed(asked.scores), period).order_by(order, second)


# -- As spreadsheets ---------------------------------------------------------------------------------------------------


@require_safe
def export(request: HttpRequest, which: str) -> HttpResponseBase:
    """A page's whole list; as CSV however long it is."""
    if which not in _SHEETS:
        raise Http404
    asked = Asked(request, "town period q grade")
    if asked.period is None:
        raise Http404
    is_csv = request.GET.get("format") == "csv"
    count, sheet = _SHEETS[which](asked, asked.period)
    if count > MOST_AT_ONCE and not is_csv:
        messages.error(request, f"有 {count} 行，超过 {MOST_AT_ONCE} 行的请导出 CSV。")
        return redirect(f"{reverse(f'fieldwork:{which}')}?{request.GET.urlencode()}")
    return download(sheet.title, [sheet], file_type="csv" if is_csv else "xlsx")


def _ranking_sheet(asked: Asked, period: Period) -> tuple[int, Sheet]:
    scores = in_order_of_place(asked.form.narrowed(asked.scores))
    return scores.count(), ranking_sheet(scores, standings_of(asked.town, period), period, asked.notes)


def _firms_sheet(asked: Asked, period: Period) -> tuple[int, Sheet]:
    rows = _firms(asked, period)
    return len(rows), firms_sheet(rows, period, asked.notes)


def _history_sheet(asked: Asked, _period: Period) -> tuple[int, Sheet]:
    if asked.request.GET.get("by") == "firm":
        courses, by = firm_courses(asked.town, asked.compared, words=asked.form.words), "物业企业"
    else:
        pairs = appraised_pairs(asked.town, asked.compared, words=asked.form.words)
        courses, by = courses_of(asked.town, asked.compared, pairs), "小区"
    return len(courses), history_sheet(courses, asked.compared, by=by, notes=asked.notes)


def _price_sheet(asked: Asked, period: Period) -> tuple[int, Sheet]:
    scores = _priced(asked, period)
    return scores.count(), price_sheet(scores, period, asked.notes)


_SHEETS: dict[str, Callable[[Asked, Period], tuple[int, Sheet]]] = {
    "ranking": _ranking_sheet,
    "firm_ranking": _firms_sheet,
    "history": _history_sheet,
    "prices": _price_sheet,
}
