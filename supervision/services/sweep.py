"""The sweep: opens what has arisen, reminds, announces, proposes, recounts the board, tells people. Idempotent.

It takes the day as an argument and reads facts with their dates, so that no run, a hundred runs, four at once or one
after 45 days of silence leave the same rows with the original dates. The number of statements does not grow with the
compounds.
"""

import logging
import time
from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max

from communities.models import Town
from kernel.days import local_day
from kernel.errors import DomainError
from supervision.models import Policy, SweepRun
from supervision.services.board import Touched, refresh_cells
from supervision.services.deadlines import move_deadlines
from supervision.services.deciding import newest_proposal, tell_deciders
from supervision.services.digests import newest_reminder, tell_bearers
from supervision.services.holidays import workday_calendar
from supervision.services.opening import (
    Opened,
    fingerprint,
    law_between,
    newest_obligation,
    open_and_release,
    period_labels,
)
from supervision.services.reminding import propose, remind
from supervision.services.turn import wait_for_turn

logger = logging.getLogger(__name__)

#: Facts entered later than this after the period they concern open nothing any more; longer than the longest period.
LOOK_BACK = timedelta(days=400)
_LONGEST_PERIOD = timedelta(days=366)
_CLOCK_TOLERANCE = timedelta(minutes=5)


class ClockRunsBackError(DomainError):
    """The clock is behind the last sweep: nothing is written until a person has looked at it."""


@transaction.atomic
def sweep(on: date, *, at: datetime) -> SweepRun:
    """Bring everything with a due day up to the day `on`; `at` is the moment of the run by the server's clock.

    A day before the last swept one has nothing left to do and is taken for that one. Raises DomainError for a day
    still to come, ClockRunsBackError when `at` is more than five minutes before the last run.
    """
    if on > local_day(at):
        raise DomainError("不能按将来的日期巡查。", field="on")
    began = time.monotonic()
    wait_for_turn()
    _check_clock(at)
    last = SweepRun.objects.first()
    since = last.on if last else None
    on = max(on, since) if since else on

    policies = list(Policy.objects.confirmed().prefetch_related("numbers"))
    towns = list(Town.objects.all())
    law = list(
        law_between(
            towns,
            policies=policies,
            since=since - LOOK_BACK if since else None,
            on=on,
            is_workday=workday_calendar(),
        )
    )
    facts = fingerprint(law)
    unchanged = last is not None and (last.on, last.facts) == (on, facts)
    change = (
        Opened(opened=0, released=0, touched=Touched(after=newest_obligation()))
        if unchanged
        else open_and_release(law, on=on)
    )
    if not unchanged:
        move_deadlines(change.touched)
    before = newest_reminder()
    reminded = remind(policies, touched=change.touched, since=since, on=on, at=at)
    before_proposing = newest_proposal()
    proposed = propose(policies, touched=change.touched, since=since, on=on, at=at)
    refresh_cells(change.touched)
    told = tell_bearers(
        touched=change.touched,
        after_reminder=before,
        periods=period_labels(min((town.supervised_from_on for town in towns), default=on) - _LONGEST_PERIOD, on),
        on=on,
        run=f"{on}:{change.touched.after}:{before}",
    )
    told += tell_deciders(after=before_proposing, on=on)
    return SweepRun.objects.create(
        on=on,
        started_at=at,
        finished_at=at + timedelta(seconds=time.monotonic() - began),
        facts=facts,
        opened=change.opened,
        released=change.released,
        reminded=reminded,
        proposed=proposed,
        told=told,
    )


def _check_clock(at: datetime) -> None:
    """The latest moment of all runs counts, so that a clock cannot creep back in small steps."""
    latest = SweepRun.objects.aggregate(latest=Max("started_at"))["latest"]
    if latest is not None and at < latest - _CLOCK_TOLERANCE:
        logger.error("The clock (%s) is behind the last sweep (%s); nothing was done.", at, latest)
        raise ClockRunsBackError("服务器时钟早于上一次巡查，已停止；请先校准时间。")
