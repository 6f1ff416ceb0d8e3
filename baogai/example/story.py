"""What happened: a list of acts in order of time, each by the person whose act it is, through the app's own service.

The sweep runs through the story once a day, so that obligations, reminders and proposals came when they were due.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from accounts.models import User
from baogai.example.books import Books, Holder, Ledger, keeper_of
from baogai.example.clock import the_clock_at
from baogai.example.days import Days, at
from baogai.example.names import lots
from baogai.example.offices import Offices, left_on
from baogai.example.people import People
from baogai.example.pictures import posted_paper
from baogai.example.plan import Place, Step, Telling
from baogai.example.town import PLACES
from communities.models import Body, Compound
from finance.models import Disclosure, DisclosureDraft
from finance.rules import Category, Direction
from finance.services.corrections import correct_entry
from finance.services.countersign import countersign, disclosures_to_countersign
from finance.services.drafts import edit_draft, review_draft, start_draft, submit_draft
from finance.services.entries import Posting
from finance.services.figures import draw_figures, figures_sha
from finance.services.publishing import prove_posting, publish_disclosure
from kernel.days import long_date
from kernel.money import yuan
from kernel.periods import Period
from notices.rules import Place as PostingPlace
from notices.rules import required_places
from notices.services import mark_all_read
from supervision.models import Obligation
from supervision.rules import Duty
from supervision.services.sweep import sweep

Act = Callable[[datetime], object]
_READ_BEFORE = 21
_CONTACT = "业主可到物业服务中心或拨打 0595-88880000（示例）查询、质疑"
_CORRECTION = "经业主询问核对，一笔支出的科目登记有误，现予更正"


@dataclass
class Story:
    """Acts still to come, by moment; those of one moment in the order they were told."""

    days: Days
    acts: list[tuple[datetime, int, Act]] = field(default_factory=list)

    def tell(self, moment: datetime, act: Act) -> None:
        """Note an act; what would lie at or after the end of the story never happens."""
        if self.days.is_past(moment):
            self.acts.append((moment, len(self.acts), act))

    def happen(self) -> None:
        for moment, _, act in sorted(self.acts, key=lambda one: one[:2]):
            with the_clock_at(moment):
                act(moment)


#: Days of a month on which a period opens, a reminder falls due, or something became overdue the day before. Between
#: them a sweep finds nothing to do; the portal itself sweeps every ten minutes.
_SWEPT = frozenset({1, 2, 8, 14, 15, 16, 17, 23, 24, 29, 30, 31})


def tell_sweeps(story: Story) -> None:
    """Shortly after midnight, since supervision began; the last one as the last day of the story begins."""
    day, last = story.days.begins_on, story.days.today
    while day < last:
        if day.day in _SWEPT:
            story.tell(at(day, 0, 10), partial(_sweep, day))
        day += timedelta(days=1)
    story.acts.append((at(last, 0), len(story.acts), partial(_sweep, last)))


def _sweep(day: date, moment: datetime) -> None:
    sweep(day, at=moment)


def tell_reading(story: Story, people: People) -> None:
    """Everybody looked into their inbox some weeks ago; what came since is unread."""
    moment = at(story.days.today - timedelta(days=_READ_BEFORE), 8)
    for user in {user.pk: user for user in people.users.values()}.values():
        story.tell(moment, partial(_read, user))


def _read(user: User, moment: datetime) -> None:
    mark_all_read(user, at=moment)


def tell_disclosures(
    story: Story, compounds: dict[str, Compound], offices: Offices, people: People, books: Books
) -> None:
    """Every bearer's quarters, as the plan tells them."""
    for place in PLACES:
        for number, quarter in enumerate(story.days.quarters):
            if place.committee:
                teller = Teller(story, place, compounds[place.key], quarter, people, books)
                teller.tell(place.committee_told[number], offices.committees[place.key], firm="")
            if place.firm:
                firm = place.next_firm if place.contract == "left" and number >= 2 else place.firm
                teller = Teller(story, place, compounds[place.key], quarter, people, books)
                teller.tell(place.firm_told[number], offices.firms[firm], firm=firm)
        if place.contract == "left":
            leaving = books.of(place, offices.firms[place.firm])
            if leaving is not None:
                story.tell(at(left_on(story.days) + timedelta(days=25), 15), partial(_close, leaving))


def _close(ledger: Ledger, moment: datetime) -> None:
    ledger.close(moment=moment)


@dataclass
class Teller:
    """Turns one bearer's telling of one quarter into acts. Days count from the quarter's due day."""

    story: Story
    place: Place
    compound: Compound
    quarter: Period
    people: People
    books: Books
    holder: Holder = field(init=False)
    firm: str = field(init=False)

    def tell(self, telling: Telling, holder: Holder, *, firm: str) -> None:
        self.holder, self.firm = holder, firm
        minute = lots(f"{self.place.key}{self.quarter}{firm}").randrange(40)
        steps = {
            Step.NOTHING: self._nothing,
            Step.BOOKS: self._books,
            Step.PUBLISH: self._publish,
            Step.COUNTERSIGN: self._countersign,
        }
        steps[telling.step](telling, minute)

    def _at(self, day: int, hour: int, minute: int) -> datetime:
        return at(self.story.days.due_on(self.quarter) + timedelta(days=day), hour, minute)

    def _nothing(self, telling: Telling, minute: int) -> None:
        """The books stay empty too."""

    def _books(self, telling: Telling, minute: int) -> None:
        self.story.tell(self._at(telling.day, 9, minute), self._take_in)

    def _publish(self, telling: Telling, minute: int) -> None:
        """Prepared the day before, reviewed and published on the day, posted in the afternoon or days later."""
        handed_in = telling.day - 1 if telling.handed_in is None else telling.handed_in
        begun = handed_in if telling.begun is None else telling.begun
        self.story.tell(self._at(begun, 9, minute), self._take_in)
        self.story.tell(self._at(begun, 14, minute), partial(self._start, telling))
        self.story.tell(self._at(handed_in, 15, minute), self._hand_in)
        self.story.tell(self._at(telling.day, 10, minute), self._review)
        self.story.tell(self._at(telling.day, 11, minute), self._release)
        if telling.posted is not None:
            self._post(telling.posted, minute)
        if telling.corrected is not None:
            day = telling.corrected
            self.story.tell(self._at(day, 9, minute), self._correct)
            self.story.tell(self._at(day, 14, minute), self._review)
            self.story.tell(self._at(day, 15, minute), self._release)
            self._post(day, minute)

    def _post(self, day: int, minute: int) -> None:
        places = required_places(has_lift=self.compound.has_lift, has_owner_group=self.compound.has_owner_group)
        for number, place in enumerate(places):
            self.story.tell(self._at(day, 16, minute + 3 * number), partial(self._hang, place))

    def _countersign(self, telling: Telling, minute: int) -> None:
        self.story.tell(self._at(telling.day, 17, minute), self._sign)

    # -- The acts themselves ---------------------------------------------------------------------------------------

    @property
    def _keeper(self) -> User:
        return keeper_of(self.place, self.people, firm=self.firm)

    @property
    def _head(self) -> User:
        if not self.firm:
            return self.people[f"chair:{self.place.key}"]
        return self.people["manager" if self.firm == "anju" else f"manager:{self.firm}"]

    @property
    def _reviewer(self) -> User:
        """The head, or where the head keeps the books alone, the village's cadre."""
        return self._head if self._head != self._keeper else self.people[f"cadre:{self.place.village}"]

    @property
    def _obligation(self) -> Obligation:
        body, firm = (self.holder, None) if isinstance(self.holder, Body) else (None, self.holder)
        return Obligation.objects.select_related("compound__village").get(
            duty=Duty.DISCLOSURE,
            period=self.quarter.code,
            compound=self.compound,
            bearer_body=body,
            bearer_firm=firm,
        )

    @property
    def _open_draft(self) -> DisclosureDraft:
        return self._obligation.disclosure_drafts.exclude(stage=DisclosureDraft.Stage.PUBLISHED).get()

    @property
    def _published(self) -> Disclosure:
        return self._obligation.disclosures.latest("version")

    def _take_in(self, moment: datetime) -> None:
        ledger = self.books.of(self.place, self.holder)
        if ledger is not None:
            ledger.take_in(self.quarter, moment=moment)

    def _start(self, telling: Telling, moment: datetime) -> None:
        draft = start_draft(self._obligation, by=self._keeper, at=moment)
        edit_draft(draft, note="", contact=_CONTACT, is_nil=telling.is_nil, by=self._keeper, at=moment)

    def _hand_in(self, moment: datetime) -> None:
        submit_draft(self._open_draft, by=self._keeper, at=moment)

    def _review(self, moment: datetime) -> None:
        draft = self._open_draft
        review_draft(draft, seen_sha=figures_sha(draw_figures(draft)), by=self._reviewer, at=moment)

    def _release(self, moment: datetime) -> None:
        publish_disclosure(self._open_draft, by=self._head, at=moment)

    def _hang(self, place: str, moment: datetime) -> None:
        published = self._published
        lines = [
            f"上期结余 {yuan(published.opening)}",
            f"本季收入 {yuan(published.income)}",
            f"本季支出 {yuan(published.expense)}",
            f"本期结余 {yuan(published.closing)}",
            f"{long_date(moment.date())} {published.public_id}",
        ]
        title, where = f"{self.quarter.label}公共收益公示", PostingPlace(place)
        name = f"张贴-{moment:%Y%m%d-%H%M}.jpg"
        photo = posted_paper(
            title, f"{self.compound} {where.label}", lines, wall=list(PostingPlace).index(where), name=name
        )
        prove_posting(published, place=where, photo=photo, by=self._keeper, at=moment)

    def _sign(self, moment: datetime) -> None:
        obligation = self._obligation
        for published in disclosures_to_countersign(obligation):
            countersign(obligation, disclosure=published, by=self._head, at=moment)

    def _correct(self, moment: datetime) -> None:
        """One expense stood under the wrong category; the quarter's figures change, its totals do not."""
        published = self._published
        entry = (
            published.account.entries.standing_entries()
            .filter(on__range=(self.quarter.first, self.quarter.last), direction=Direction.OUT, category=Category.E03)
            .latest("amount")
        )
        rightly = Posting(entry.on, Category.E11, entry.amount, entry.counterparty, entry.text)
        correct_entry(entry, rightly, reason="应记入安防消防", by=self._keeper, at=moment)
        draft = start_draft(published.obligation, by=self._keeper, at=moment, reason=_CORRECTION)
        submit_draft(draft, by=self._keeper, at=moment)
