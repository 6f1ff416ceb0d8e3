"""Searching the action trail: what an auditor types, as a query that an index answers, read page by page by keys."""

import re
from datetime import date, timedelta
from typing import Any

from django import forms
from django.db.models import BooleanField, F, Func, Q, Value
from django.db.models.lookups import GreaterThan, LessThan
from django.http import HttpRequest, QueryDict

from accounts.models import ActionRecord, User
from accounts.querysets import ActionRecordQuerySet
from kernel.days import start_of
from kernel.fields import new_public_id
from kernel.text import clean

_PUBLIC_ID = re.compile(r"\b[0-9a-hjkmnp-tv-z]{16}\b")
_MOST_PEOPLE = 50
#: An object's name is looked for in so many days at once; without its id there is no index to ask.
MOST_DAYS_BY_NAME = 92
PAGE = 50
#: `sort` -> the columns that order the list; "-" turns all of them round.
_ORDERS = {"time": ("at", "pk"), "act": ("act", "at", "pk")}
DEFAULT_SORT = "-time"
_KEPT, _MOST_KEPT = "trail_people", 20


class TrailFilter(forms.Form):
    """By whom, what, on what, with what result, between which days, from where; all of it may stay empty."""

    person = forms.CharField(label="何人（姓名或用户名）", required=False, max_length=60)
    act = forms.ChoiceField(label="何事", required=False)
    object = forms.CharField(label="对象（编号、网址或名称）", required=False, max_length=300)
    result = forms.ChoiceField(label="结果", required=False, choices=[("", "全部"), *ActionRecord.Result.choices])
    from_on = forms.DateField(label="自", required=False, widget=forms.DateInput)
    until_on = forms.DateField(label="至（含当日）", required=False, widget=forms.DateInput)
    address = forms.GenericIPAddressField(label="来源地址", required=False)

    def __init__(self, *args: Any, acts: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["act"].choices = [("", "全部"), *((act, act) for act in acts)]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if self.data.get("who") and not told.get("person"):
            self.add_error("person", "这次查找已经失效，请重新填写姓名或用户名。")
        first, last = told.get("from_on"), told.get("until_on")
        if first and last and first > last:
            self.add_error("until_on", "“至”不能早于“自”。")
        if told.get("object") and not _PUBLIC_ID.search(told["object"]) and not _is_narrow(first, last):
            self.add_error("object", f"按名称找对象，请同时填“自”和“至”，相隔不超过 {MOST_DAYS_BY_NAME} 天。")
        return told

    def words(self) -> str:
        """The search in words, for the line it leaves in the trail itself."""
        asked = [f"{field.label}：{self.data.get(field.html_name)}" for field in self if self.data.get(field.html_name)]
        return "；".join(asked) or "全部"


def asked_in(request: HttpRequest) -> QueryDict:
    """What is searched for, as if it all stood in the address, where no name belongs (PRIV-01).

    A name that was sent stays in the session, and the address of further pages holds a key to it: `who`.
    """
    people = request.session.get(_KEPT, {})
    if request.method != "POST":
        asked = request.GET.copy()
        if "who" in asked:
            asked["person"] = people.get(asked["who"], "")
        return asked
    asked = QueryDict(mutable=True)
    for name in (*TrailFilter.base_fields, "sort"):
        if value := request.POST.get(name, "").strip():
            asked[name] = value
    if "person" in asked:
        asked["who"] = new_public_id()
        newest = list(people.items())[1 - _MOST_KEPT :]
        request.session[_KEPT] = {**dict(newest), asked["who"]: asked["person"][:60]}
    return asked


def without_names(asked: QueryDict) -> QueryDict:
    """The search as it may stand in an address."""
    shown = asked.copy()
    if "who" in shown:
        shown.pop("person", None)
    return shown


def _is_narrow(first: date | None, last: date | None) -> bool:
    return first is not None and last is not None and (last - first).days <= MOST_DAYS_BY_NAME


def narrowed(records: ActionRecordQuerySet, told: dict[str, Any]) -> ActionRecordQuerySet:
    """Those lines that the search asks for."""
    found = records
    if told["person"]:
        found = found.filter(_by(clean(told["person"])))
    if told["act"]:
        found = found.filter(act=told["act"])
    if told["object"]:
        public_id = _PUBLIC_ID.search(told["object"])
        found = found.about(public_id.group()) if public_id else found.filter(subject__title__icontains=told["object"])
    if told["result"]:
        found = found.filter(result=told["result"])
    if told["from_on"]:
        found = found.filter(at__gte=start_of(told["from_on"]))
    if told["until_on"]:
        found = found.filter(at__lt=start_of(told["until_on"] + timedelta(days=1)))
    if told["address"]:
        found = found.filter(address=told["address"])
    return found


def _by(name: str) -> Q:
    """Lines of the people so called; where there are none, of whoever claimed to be so called when signing in."""
    people = User.objects.filter(Q(username__iexact=name) | Q(name__contains=name))
    ids = list(people.values_list("pk", flat=True)[:_MOST_PEOPLE])
    return Q(by__in=ids) if ids else Q(by_text=name)


def page_of(records: ActionRecordQuerySet, *, sort: str, after: str) -> tuple[list[ActionRecord], ActionRecord | None]:
    """The next lines beyond the line numbered `after`, and the last of them where more follow.

    Never counts and never skips: a page deep in five million lines costs what the first one does.
    """
    columns = _ORDERS.get(sort.removeprefix("-"), _ORDERS["time"])
    backwards = sort.startswith("-") or sort.removeprefix("-") not in _ORDERS
    last = records.filter(pk=int(after)).first() if after.isascii() and after.isdecimal() and len(after) < 19 else None
    if last is not None:
        records = records.filter(_beyond(last, columns, backwards=backwards))
    order = [f"-{name}" if backwards else name for name in columns]
    shown = list(records.for_display().order_by(*order)[: PAGE + 1])
    return shown[:PAGE], (shown[PAGE - 1] if len(shown) > PAGE else None)


def _beyond(last: ActionRecord, columns: tuple[str, ...], *, backwards: bool) -> LessThan | GreaterThan:
    """What comes after a line in the order of the columns, compared as one row: so an index begins right there."""
    here = Func(*(F(name) for name in columns), function="ROW", output_field=BooleanField())
    there = Func(*(Value(getattr(last, name)) for name in columns), function="ROW", output_field=BooleanField())
    return LessThan(here, there) if backwards else GreaterThan(here, there)


def month_bounds(month: str) -> tuple[date, date] | None:
    """The first day of the month written 2026-10, and of the next; nothing where it is no month."""
    if not re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month):
        return None
    year, number = int(month[:4]), int(month[5:])
    return date(year, number, 1), date(year + number // 12, number % 12 + 1, 1)
