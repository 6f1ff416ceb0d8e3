"""The example's calendar, counted back from one day."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from kernel.days import SHANGHAI
from kernel.periods import Cadence, Period, month_end, periods_between

#: Quarters whose books and disclosures the example tells; the oldest is short, the accounts were opened with it.
QUARTERS = 4


@dataclass(frozen=True)
class Days:
    """`today` is the day the story ends: everything in it happened before that day began."""

    today: date

    @property
    def quarters(self) -> tuple[Period, ...]:
        """The quarters told, oldest first; the last is the one before today's."""
        quarter, found = Period.containing(self.today, Cadence.QUARTER), []
        for _ in range(QUARTERS):
            quarter = quarter.previous()
            found.append(quarter)
        return tuple(reversed(found))

    @property
    def begins_on(self) -> date:
        """Supervision begins as the oldest quarter ends, so that its disclosure is the first that is owed."""
        return self.quarters[0].last + timedelta(days=1)

    def whole(self, cadence: Cadence) -> list[Period]:
        """The periods that began under supervision and ended before the story's last day, oldest first."""
        between = periods_between(self.begins_on, self.today, cadence)
        return [one for one in between if one.first >= self.begins_on and one.last < self.today]

    def due_on(self, quarter: Period) -> date:
        """The plan's day for a quarter's disclosure (clause 四（三）1)."""
        return month_end(quarter.last.year, quarter.last.month + 1)

    def years_before(self, years: int, *, days: int = 0) -> date:
        """About so many years before the story begins, for terms and contracts."""
        return self.begins_on - timedelta(days=365 * years + days)

    def is_past(self, moment: datetime) -> bool:
        return moment < at(self.today, 0)


def at(day: date, hour: int, minute: int = 0) -> datetime:
    """A moment of a day in Shanghai."""
    return datetime.combine(day, time(hour, minute), tzinfo=SHANGHAI)
