"""The list of obligations as an address describes it: for the page, and for the export of exactly that list."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from django.db.models import Case, When
from django.http import QueryDict

from communities.permissions import Standing
from files.writing import Sheet, Value
from kernel.days import days_left_words
from supervision.forms.obligations import BEARERS, SORTS, STATES, ObligationFilterForm, in_state
from supervision.models import Obligation
from supervision.querysets import ObligationQuerySet
from supervision.rules import Duty, clause_of

_HEADER = (
    "村（社区）", "小区", "事项", "期间", "责任单位", "文件期限", "计逾期期限", "状态", "进度", "完成时间",
    "督促次数", "依据", "编号", "延期原因",
)  # fmt: skip
_WIDTHS = (14, 20, 20, 16, 30, 14, 14, 16, 16, 18, 10, 14, 20, 30)
#: What is still to be done comes before what was done, each by its deadline.
_STILL_OPEN_FIRST = Case(When(fulfilled_at__isnull=True, released_on__isnull=True, then=0), default=1)


@dataclass(frozen=True)
class Listed:
    """The list as the address describes it: everything in reach by state, and what is shown of it in order."""

    form: ObligationFilterForm
    narrowed: ObligationQuerySet
    shown: ObligationQuerySet
    on: date

    @cached_property
    def counts(self) -> dict[str, int]:
        """By state; one statement, asked only where somebody looks."""
        return self.narrowed.states(self.on)

    @cached_property
    def count(self) -> int:
        """How many are shown, read off the counts by state where these tell it."""
        state = self.form.chosen_state
        if state == "open":
            return self.counts["running"] + self.counts["overdue"]
        known = self.counts.get(state or "total")
        return self.shown.count() if known is None else known

    @property
    def title(self) -> str:
        """What was chosen, as a file is called: 义务事项-已逾期-仑后村."""
        told = self.form.cleaned_data
        chosen = [STATES.get(self.form.chosen_state, ""), BEARERS.get(told.get("bearer", ""), "")]
        chosen += [str(told.get("village") or ""), Duty(told["duty"]).label if told.get("duty") else ""]
        return "-".join(["义务事项", *filter(None, chosen)])


def listed(query: QueryDict, standing: Standing) -> Listed:
    reach = Obligation.objects.visible_to(standing)
    periods = reach.order_by().values_list("period", flat=True).distinct()
    form = ObligationFilterForm(query, standing=standing, periods=periods)
    narrowed = form.apply(reach)
    key = query.get("sort", "deadline")
    order: tuple[Any, ...] = SORTS.get(key.lstrip("-"), SORTS["deadline"])
    if key.startswith("-"):
        order = (f"-{order[0]}", *order[1:])
    if "sort" not in query and not standing.town_ids:  # a whole town's list is read through the index of its order
        order = (_STILL_OPEN_FIRST, *order)
    shown = in_state(narrowed, form.chosen_state, standing.on).order_by(*order)
    return Listed(form, narrowed, shown, standing.on)


def sheet_of(found: Listed, standing: Standing) -> Sheet:
    """Exactly what is shown, as a sheet."""
    return Sheet("义务事项", _HEADER, _rows(found.shown.for_display().with_urgings(), standing), widths=_WIDTHS)


def _rows(shown: ObligationQuerySet, standing: Standing) -> Iterator[Sequence[Value]]:
    for one in shown.iterator(chunk_size=2000):
        compound = one.compound
        yield (
            compound.village.name if compound else "镇本级",
            compound.name if compound else "",
            one.get_duty_display(),
            one.period_value.label,
            str(one.bearer),
            one.due_on,
            one.deadline_on,
            state_words(one, standing),
            one.get_progress_display() if one.is_open else "",
            one.fulfilled_at,
            one.urged_times,
            clause_of(one.duty),
            one.public_id,
            f"{one.extension.reason}（{one.extension.basis}）" if one.extension else "",
        )


def state_words(obligation: Obligation, standing: Standing) -> str:
    """The state in words, as the list shows it."""
    if obligation.released_on is not None:
        return "已解除"
    if obligation.fulfilled_at is not None:
        return "逾期完成" if obligation.is_late(standing.on) else "按期完成"
    return days_left_words(obligation.deadline_on, standing.on)
