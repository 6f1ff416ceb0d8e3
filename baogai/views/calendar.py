"""期限日历: what falls due on which day, a month on the desk and a week on the phone; and as a file for one's own."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode, urlsplit

from django import forms
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_safe

from accounts.permissions import PersonRequest
from baogai.calendar import Due, as_ics, dues_between, month_of, week_of, weeks_of
from baogai.views.desks.todo import obligations_url
from communities.models import Village
from communities.permissions import Standing, standing_of
from kernel.days import today
from supervision.rules import Duty
from supervision.services.holidays import marks_between

#: Days outside of these years are taken as not given: no duty is owed there.
_YEARS = range(2000, 2101)
_WEEKDAYS = ("一", "二", "三", "四", "五", "六", "日")
#: What the file holds: the last month, for what is still open, and all that is known to come.
_BACK, _AHEAD = timedelta(days=31), timedelta(days=400)
#: How far an empty week looks for the next due day: a quarter and a month.
_NEXT = timedelta(days=125)


class CalendarForm(forms.Form):
    """Filters live in the address; a value that is not on offer is treated as not given."""

    village = forms.ModelChoiceField(
        label="村（社区）",
        required=False,
        queryset=Village.objects.none(),
        to_field_name="public_id",
        empty_label="全部",
    )
    duty = forms.ChoiceField(label="事项", required=False, choices=[("", "全部"), *Duty.choices])

    def __init__(self, data: Any, *, standing: Standing) -> None:
        super().__init__(data)
        self.fields["village"].queryset = _villages(standing)  # type: ignore[attr-defined] # a ModelChoiceField
        if not standing.town_ids and len(standing.village_ids) < 2:
            del self.fields["village"]
        self.is_valid()

    @property
    def wanted(self) -> dict[str, Any]:
        return {"village": self.cleaned_data.get("village"), "duty": self.cleaned_data.get("duty") or ""}

    def list_of(self, due: Due) -> str:
        """The obligations behind a count."""
        village = self.wanted["village"]
        return obligations_url(
            due=due.on.isoformat(),
            duty=due.duty.value,
            period=due.period.code,
            village=village.public_id if village else "",
        )


def _villages(standing: Standing) -> QuerySet[Village]:
    return Village.objects.filter(Q(town_id__in=standing.town_ids) | Q(pk__in=standing.village_ids)).order_by("id")


def _day(request: PersonRequest, on: date) -> date:
    """The day the address names, else today."""
    try:
        named = date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return on
    return named if named.year in _YEARS else on


@login_required
@require_safe
def calendar(request: PersonRequest) -> HttpResponse:
    """The month around a day, and its week; each count leads to the obligations it counts."""
    standing = standing_of(request.user, today())
    form = CalendarForm(request.GET, standing=standing)
    day = _day(request, standing.on)
    month, week = month_of(day), week_of(day)
    first, last = week_of(month[0])[0], week_of(month[1])[1]
    known = dues_between(standing, first, last + _NEXT, **form.wanted)
    dues = [due for due in known if due.on <= last]
    marks = marks_between(first, last)
    weeks = weeks_of(first, last, dues, marks, month=day, today=standing.on)
    this_week = next(one for one in weeks if one[0].on == week[0])
    context = {
        "form": form,
        "day": day,
        "weekdays": _WEEKDAYS,
        "weeks": _with_links(form, weeks),
        "week": _with_links(form, [this_week])[0],
        "is_week_empty": not any(one.dues for one in this_week),
        "next_due": next((due.on for due in known if due.on > week[1]), None),
        "month_count": sum(due.tally.total for due in dues if month[0] <= due.on <= month[1]),
        "month_open": sum(due.tally.open for due in dues if month[0] <= due.on <= month[1]),
        "before": month[0] - timedelta(days=1),
        "after": month[1] + timedelta(days=1),
        "week_before": week[0] - timedelta(days=7),
        "week_after": week[0] + timedelta(days=7),
        "filters": _filters(form),
    }
    return render(request, "baogai/calendar.html", context)


def _with_links(form: CalendarForm, weeks: Sequence[Sequence[Any]]) -> list[list[tuple[Any, list[Any]]]]:
    """Each day with its counts and where each leads."""
    return [[(day, [(due, chip, form.list_of(due)) for due, chip in day.dues]) for day in week] for week in weeks]


def _filters(form: CalendarForm) -> str:
    """The filters as they stand in an address, to be kept by the links to other days."""
    village, duty = form.wanted["village"], form.wanted["duty"]
    told = {"village": village.public_id if village else "", "duty": duty}
    return urlencode({key: value for key, value in told.items() if value})


@login_required
@require_safe
def calendar_export(request: PersonRequest) -> HttpResponse:
    """One's own due days as a file for the calendar of a phone or a desk: duties, counts and clauses, no names."""
    standing = standing_of(request.user, today())
    form = CalendarForm(request.GET, standing=standing)
    dues = dues_between(standing, standing.on - _BACK, standing.on + _AHEAD, **form.wanted)
    body = as_ics(
        [due for due in dues if due.tally.open or due.on >= standing.on],
        owner=request.user.public_id,
        page_of=lambda due: f"{settings.SITE_URL}{form.list_of(due)}",
        host=urlsplit(settings.SITE_URL).hostname or "localhost",
        at=timezone.now(),
        today=standing.on,
    )
    response = HttpResponse(body, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = content_disposition_header(True, f"期限-{standing.on.isoformat()}.ics")
    response["X-Content-Type-Options"] = "nosniff"
    return response
