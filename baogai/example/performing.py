"""Duties done outside the portal and recorded with a proof: forums, meetings, monthly details, surveys.

Most were done in time, some late, some never; which ones is drawn by lot from the duty, the period and the place.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from accounts.models import User
from baogai.example.appraising import tell_appraisals
from baogai.example.books import keeper_of
from baogai.example.days import at
from baogai.example.fieldwork import tell_fieldwork
from baogai.example.names import lots
from baogai.example.people import People
from baogai.example.pictures import receipt
from baogai.example.plan import Place
from baogai.example.story import Story
from baogai.example.town import GARDEN, PLACES
from communities.models import Compound, Town
from files.models import StoredFile
from files.services import store_upload
from kernel.days import long_date
from kernel.periods import Cadence, Period, periods_between
from supervision.models import Obligation
from supervision.rules import Duty
from supervision.services.performance import record_performance

_ON_TIME, _LATE = 0.68, 0.84
#: Compounds where everything is done in time, so that there is somebody to be praised.
_DILIGENT = frozenset({GARDEN, "guoji", "huafu", "shijia"})

_SUMMARIES = {
    Duty.OWNERS_FORUM: "在小区活动室召开业主座谈会，到会业主二十余人，就停车、保洁、公共收益等交流，意见已登记答复。",
    Duty.UTILITIES_DETAIL: "本月公摊水电费明细（表号、读数、用量、单价、分摊方式）已在公告栏和微信群公开。",
    Duty.TOWN_MEETING: "召开全镇小区物业管理工作会议，通报上一季度公示与服务情况，部署本季度重点工作。",
    Duty.COMMITTEE_SURVEY: "已组织本小区业主线上测评业委会履职情况，回收率达到要求，结果汇总备查。",
    Duty.SURVEY_PUBLICATION: "测评结果已报镇党委政府，抄送市住建局物管部门，并在石狮日报和镇微信公众号公告。",
    Duty.APPRAISAL_PUBLICATION: "考评结果已报镇党委政府，抄送市住建局物管部门，并在石狮日报和镇微信公众号公告。",
    Duty.REPORT_MEETING: "现场召开年度述职评议会，报告职责、资金、廉洁、不足与计划五项，现场答复提问并形成问题清单。",
}
_PROOFS = {Duty.TOWN_MEETING: "会议签到表", Duty.UTILITIES_DETAIL: "公摊明细张贴照片"}


def tell_performances(story: Story, town: Town, compounds: dict[str, Compound], people: People) -> None:
    performer = _Performer(story, town, compounds, people)
    performer.tell_forums()
    performer.tell_details()
    performer.tell_halves()
    performer.tell_town()


@dataclass
class _Performer:
    """Notes a record for every obligation that was fulfilled; those that had not arisen are passed over."""

    story: Story
    town: Town
    compounds: dict[str, Compound]
    people: People
    proofs: dict[str, StoredFile] = field(default_factory=dict)

    def _periods(self, cadence: Cadence) -> Iterator[Period]:
        """Those that began under supervision and ended before the story's last day."""
        days = self.story.days
        for period in periods_between(days.begins_on, days.today, cadence):
            if period.first >= days.begins_on and period.last < days.today:
                yield period

    def tell_forums(self) -> None:
        """Firm and committee hold theirs together (clause 四（四）2) and each records it."""
        for quarter in self._periods(Cadence.QUARTER):
            for place in PLACES:
                held_on = _day_of(Duty.OWNERS_FORUM, quarter, place.key, due_on=quarter.last, before=(4, 40))
                if held_on is not None:
                    self._tell(Duty.OWNERS_FORUM, quarter, place, held_on)

    def tell_details(self) -> None:
        """Pilot compounds publish each month's shared water and electricity (clause 四（三）5)."""
        for month in self._periods(Cadence.MONTH):
            for place in PLACES:
                due_on = month.last + timedelta(days=15)
                done_on = _day_of(Duty.UTILITIES_DETAIL, month, place.key, due_on=due_on, before=(1, 9))
                if place.is_pilot and done_on is not None:
                    self._tell(Duty.UTILITIES_DETAIL, month, place, done_on)

    def tell_halves(self) -> None:
        """The office surveys committees and appraises firms, compound by compound (clauses 四（二）4、四（四）4)."""
        halves = list(self._periods(Cadence.HALF))
        for half in halves:
            for place in PLACES:
                done_on = _day_of_half(Duty.COMMITTEE_SURVEY, half, place.key)
                if done_on is not None:
                    self._tell(Duty.COMMITTEE_SURVEY, half, place, done_on)
        tell_fieldwork(self.story, self.town, self.compounds, self.people, halves)
        appraised = partial(_day_of_half, Duty.FIRM_APPRAISAL)
        tell_appraisals(self.story, self.town, self.compounds, self.people, halves, appraised)

    def tell_town(self) -> None:
        """The town's own: one quarterly meeting was late, the results of the halves were published in time."""
        for number, quarter in enumerate(self._periods(Cadence.QUARTER)):
            self._tell(Duty.TOWN_MEETING, quarter, None, quarter.last + timedelta(days=6 if number == 2 else -9))
        before = Period.containing(self.story.days.begins_on - timedelta(days=1), Cadence.HALF)
        for half in (before, *self._periods(Cadence.HALF)):
            for duty in (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION):
                self._tell(duty, half, None, half.last + timedelta(days=19))
        year = Period.containing(self.story.days.today, Cadence.YEAR)
        for place in PLACES:
            if place.key in ("guoji", "shijia"):
                self._tell(Duty.REPORT_MEETING, year, place, date(year.year, 10, 18))

    def _tell(self, duty: Duty, period: Period, place: Place | None, day: date) -> None:
        minute = lots(f"{duty}{period}{place}").randrange(50)
        self.story.tell(at(day, 17, minute), partial(self._record, duty, period, place))

    def _record(self, duty: Duty, period: Period, place: Place | None, moment: datetime) -> None:
        owed = Obligation.objects.for_display().open().filter(duty=duty, period=period.code)
        for obligation in owed.filter(compound=self.compounds[place.key] if place else None).order_by("pk"):
            by = self._recorder(obligation, place)
            record_performance(
                obligation,
                held_on=moment.date(),
                summary=_SUMMARIES[duty],
                proofs=[self._proof(duty, period, place, by, moment)],
                by=by,
                at=moment,
            )

    def _recorder(self, obligation: Obligation, place: Place | None) -> User:
        """The keeper of the bearer's papers; for the town's bodies the office."""
        if place is None or (obligation.bearer_body and obligation.bearer_body.compound_id is None):
            return self.people["town1"]
        if obligation.bearer_firm is None:
            return keeper_of(place, self.people, firm="")
        firm = place.next_firm if place.contract == "left" and self._has_left(obligation) else place.firm
        return keeper_of(place, self.people, firm=firm)

    def _has_left(self, obligation: Obligation) -> bool:
        return obligation.period_last_on >= self.story.days.quarters[2].last

    def _proof(self, duty: Duty, period: Period, place: Place | None, by: User, moment: datetime) -> StoredFile:
        """One paper proves a meeting for both who held it, and a half-year's round for the whole town."""
        is_round = duty is Duty.COMMITTEE_SURVEY
        where = "" if place is None or is_round else place.name
        key = f"{duty}{period}{where}"
        if key not in self.proofs:
            title = _PROOFS.get(duty, "汇总表" if is_round else "签到表")
            lines = [duty.label, period.label, where or "宝盖镇（示例）", long_date(moment.date())]
            picture = receipt(f"{title}（示例）", lines, name=f"{title}-{period.code}.jpg")
            self.proofs[key] = store_upload(picture, door=StoredFile.Door.VOUCHER, by=by)
        return self.proofs[key]


def _day_of_half(duty: Duty, half: Period, place: str) -> date | None:
    return _day_of(duty, half, place, due_on=half.last, before=(1, 20))


def _day_of(duty: Duty, period: Period, place: str, *, due_on: date, before: tuple[int, int]) -> date | None:
    """When it was done: most often before the due day, sometimes after it, sometimes never."""
    random = lots(f"{duty}{period}{place}")
    lot = random.random()
    if place in _DILIGENT or lot < _ON_TIME:
        return due_on - timedelta(days=random.randint(*before))
    return due_on + timedelta(days=random.randint(2, 18)) if lot < _LATE else None
