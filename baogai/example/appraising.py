"""The half-year's appraisals: opened for the whole town, scored, reviewed, told and made final compound by compound.

Which points were taken off is drawn by lot; most were done before the half-year ended, some after it, some never.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import partial

from baogai.example.days import at
from baogai.example.names import lots
from baogai.example.people import People
from baogai.example.plan import Place
from baogai.example.story import Story
from baogai.example.town import PLACES
from communities.models import Compound, Town
from evaluations.appraisal_rules import Line, Source
from evaluations.models import Appraisal
from evaluations.services.appraisals.finishing import make_final
from evaluations.services.appraisals.opening import open_round
from evaluations.services.appraisals.reviewing import tell_firm
from evaluations.services.appraisals.scoring import Points, score_items, submit
from evaluations.services.appraisals.sheets import marks_of, sheet_of
from kernel.periods import Period

#: Days before the half-year ends on which the scoring starts, and before the final score on which the firm is told.
_OPENED, _TOLD = timedelta(days=33), timedelta(days=11)
_FAULTS = (
    "现场查看有缺项，已当面指出",
    "资料不齐，限期补正",
    "个别楼栋落实不到位",
    "抽查发现问题，整改较慢",
)
#: What the officer scores from papers, and on site where nobody inspected; the rest is left out where unknown.
_SEEN = (Source.HAND, Source.INSPECTION)
DayOf = Callable[[Period, str], date | None]


def tell_appraisals(
    story: Story, town: Town, compounds: dict[str, Compound], people: People, halves: list[Period], day_of: DayOf
) -> None:
    """`day_of` says when a place's appraisal was final, if ever (clause 四（四）4)."""
    teller = _Teller(town, compounds, people)
    for half in halves:
        story.tell(at(half.last - _OPENED, 9), partial(teller.open, half))
        for place in PLACES:
            done_on = day_of(half, place.key)
            if place.firm and done_on is not None:
                minute = lots(f"考评{half}{place.key}").randrange(50)
                story.tell(at(done_on - _TOLD, 16, minute), partial(teller.score, half, place))
                story.tell(at(done_on, 17, minute), partial(teller.finish, half, place))


@dataclass
class _Teller:
    town: Town
    compounds: dict[str, Compound]
    people: People

    def open(self, half: Period, moment: datetime) -> None:
        open_round(self.town, half, by=self.people["town1"], at=moment)

    def score(self, half: Period, place: Place, moment: datetime) -> None:
        """The officer scores and hands in, a colleague reviews; the window is five working days."""
        found = self._of(half, place)
        if found is None:
            return
        sheet = sheet_of(found, marks_of(found))
        given = [_points(line, half, place) for line in sheet.lines if line.got is None and line.item.source in _SEEN]
        score_items(found, given, by=self.people["town1"], at=moment)
        submit(found, by=self.people["town1"], at=moment)
        tell_firm(found, by=self.people["town2"], at=moment)

    def finish(self, half: Period, place: Place, moment: datetime) -> None:
        found = self._of(half, place)
        if found is not None:
            make_final(found, by=self.people["leader"], at=moment)

    def _of(self, half: Period, place: Place) -> Appraisal | None:
        found = Appraisal.objects.for_display().filter(compound=self.compounds[place.key], period=half.code)
        return found.first()


def _points(line: Line, half: Period, place: Place) -> Points:
    """Mostly all of an item; what was taken off is in halves, with one of the usual reasons."""
    random = lots(f"{half}{place.key}{line.item.code}")
    most = int(line.item.points * 2)
    off = random.choice((0, 0, 0, 1, 2, max(1, most // 4)))
    if not off:
        return Points(line.item.code, line.item.points, "" if line.item.source is Source.HAND else "现场查看符合要求")
    return Points(line.item.code, line.item.points - Decimal(off) / 2, random.choice(_FAULTS))
