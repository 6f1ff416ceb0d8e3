"""季度公示情况通报: who owed the quarter's disclosure and how far it was (方案四（三）1; the circular of 四（三）6)."""

from datetime import date, datetime

from django.db.models import Min, Q

from communities.models import Town
from finance.models import Disclosure
from kernel.days import late_from, local_day, long_date
from kernel.errors import DomainError
from kernel.periods import Period
from notices.rules import DisclosureLine, DisclosureState, Side, Spot
from notices.services.editions.figures import Drawn
from supervision.models import Obligation
from supervision.rules import Duty, clause_of


def disclosures_drawn(town: Town, period: Period, at: datetime) -> Drawn:
    """Who owed the quarter's disclosure and how far it was at the moment: two statements.

    Raises DomainError while the ordinary deadline has not passed: what is not due yet is no result.
    """
    owed = Obligation.objects.filter(town=town, duty=Duty.DISCLOSURE, period=period.code)
    owed = owed.filter(Q(released_on__isnull=True) | Q(released_on__gt=local_day(at))).for_display()
    published = dict(
        Disclosure.objects.filter(obligation__in=owed.order_by().values("pk"), published_at__lte=at)
        .order_by()
        .values_list("obligation")
        .annotate(Min("published_at"))
    )
    obligations = list(owed)
    on = local_day(at)
    early = [one.deadline_on for one in obligations if one.extension_id is None and one.deadline_on >= on]
    if early:
        raise DomainError(f"{period.label}的期限是{long_date(max(early))}，过后才能通报。", field="period")
    lines = [_disclosure_line(one, published.get(one.pk), at) for one in obligations]
    documents = sorted({one.policy.number for one in obligations})
    return Drawn(lines, basis=f"{'、'.join(documents)}{clause_of(Duty.DISCLOSURE).removeprefix('方案')}")


def _disclosure_line(obligation: Obligation, published_at: datetime | None, at: datetime) -> DisclosureLine:
    compound = obligation.compound
    if compound is None:
        raise ValueError("a disclosure is owed for a compound")
    done_at = obligation.fulfilled_at if obligation.fulfilled_at and obligation.fulfilled_at <= at else None
    return DisclosureLine(
        spot=Spot(compound.public_id, compound.name, compound.village.name),
        side=Side.COMMITTEE if obligation.bearer_body_id else Side.FIRM,
        body=str(obligation.bearer),
        deadline_on=obligation.deadline_on,
        published_on=local_day(published_at) if published_at else None,
        done_on=local_day(done_at) if done_at else None,
        state=_disclosure_state(obligation.deadline_on, done_at, at),
        note=_note(obligation, published_at, done_at, at),
    )


def _disclosure_state(deadline_on: date, done_at: datetime | None, at: datetime) -> DisclosureState:
    if done_at is not None:
        return DisclosureState.LATE if done_at >= late_from(deadline_on) else DisclosureState.ON_TIME
    return DisclosureState.MISSING if at >= late_from(deadline_on) else DisclosureState.RUNNING


def _note(obligation: Obligation, published_at: datetime | None, done_at: datetime | None, at: datetime) -> str:
    notes = []
    if obligation.extension_id is not None:
        notes.append(f"已延期（原期限{long_date(obligation.unextended_on or obligation.due_on)}）")
    if published_at is not None and done_at is None:
        notes.append("已发布、未张贴齐")
    if obligation.corrected_late_at and obligation.corrected_late_at <= at:
        notes.append("逾期更正")
    return "；".join(notes)
