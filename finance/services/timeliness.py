"""Whether a disclosure was on time, in the words of the page (clause 4.3.1: 每季度第一个月月底前)."""

from dataclasses import dataclass
from datetime import date

from kernel.days import local_day
from supervision.models import Obligation


@dataclass(frozen=True)
class Timeliness:
    """A state for the colour (done, late, soon, calm) and the words beside it."""

    state: str
    words: str


def timeliness_of(obligation: Obligation, on: date) -> Timeliness:
    """How the published disclosure of an obligation stands against its deadline, on a day."""
    if obligation.released_on is not None:
        return Timeliness("calm", "义务已解除")
    if obligation.fulfilled_at is None:
        return _unposted(obligation, on)
    early = (obligation.deadline_on - local_day(obligation.fulfilled_at)).days
    if early < 0:
        return Timeliness("late", f"逾期 {-early} 天完成")
    return Timeliness("done", f"按时，提前 {early} 天" if early else "按时，截止当日完成")


def _unposted(obligation: Obligation, on: date) -> Timeliness:
    late_by = (on - obligation.deadline_on).days
    if late_by > 0:
        return Timeliness("late", f"尚未张贴齐，已逾期 {late_by} 天")
    return Timeliness("soon", "已发布，尚未张贴齐")
