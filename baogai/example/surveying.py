"""The half-year's surveys: a round that was counted, and one that is open in two compounds.

Started, opened, closed and decided on by the app's own services, with keys and seals; only the votes are written for a
whole survey at once, as mass data is everywhere in the example.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from random import Random

from baogai.example.days import at
from baogai.example.names import lots
from baogai.example.people import People
from baogai.example.story import Story
from baogai.example.town import GARDEN
from communities.models import Compound, Town
from evaluations.models import Participation, SealedBallot, SealedComment, Survey, TurnoutHour
from evaluations.models import SurveyProposal as Proposed
from evaluations.rules import TEMPLATES, Channel, SurveyKind
from evaluations.services.casting import Answers, seal_vote
from evaluations.services.closing import close_survey, finish
from evaluations.services.opening import open_survey
from evaluations.services.proposing import decide
from evaluations.services.questionnaires import take_over
from evaluations.services.starting import Plan, start_round
from kernel.days import SHANGHAI
from kernel.periods import Cadence, Period

_KINDS = (SurveyKind.COMMITTEE, SurveyKind.FIRM)
#: Opened so many days before the half-year's end, and closed so many.
_OPENED, _CLOSED = 40, 24
#: The round that is still open: begun so many days ago, and so many to go. The compounds of both residents who log in.
_BEGUN, _TO_GO = 6, 12
_OPEN_IN = (GARDEN, "haoting")
#: In per cent of the households, where it is not drawn by lot: a garden that has eight, two where few took part.
_TURNOUT = {GARDEN: 75, "jiaoshi": 21, "lunhou": 17}
_USUALLY_TOOK_PART, _SO_FAR = (31, 36), 12
#: In per cent of those with an opinion, where it is not drawn by lot: what lies beyond the line of 50 %.
_CONTENT = {("jiayuan", SurveyKind.COMMITTEE): 40, ("yaju", SurveyKind.FIRM): 38, ("yaju", SurveyKind.COMMITTEE): 55}
_USUALLY_CONTENT = (64, 92)
_COMMENTS = (
    "地下车库的灯坏了三盏，报修一个月还没修。",
    "门岗换人以后好多了。",
    "公示栏希望再装高一点，老人看得清。",
    "电动车充电桩太少。",
    "收支明细看得懂，希望一直坚持。",
    "楼道堆物要管一管。",
)
_HOURS = (8, 9, 12, 12, 13, 18, 19, 19, 20, 20, 21)
_REASON = "已与松茂村商定，由村里协助召集业主大会，表决是否提前换届。"


def tell_surveys(story: Story, town: Town, compounds: dict[str, Compound], people: People) -> None:
    surveyor = _Surveyor(town, {compound.pk: key for key, compound in compounds.items()}, people)
    for half in story.days.whole(Cadence.HALF):
        begins, ends = (at(half.last - timedelta(days=before), hour) for before, hour in ((_OPENED, 9), (_CLOSED, 20)))
        story.tell(begins, partial(surveyor.start, half, ends, None))
        story.tell(begins + timedelta(minutes=2), partial(surveyor.open, half))
        story.tell(ends - timedelta(minutes=30), partial(surveyor.vote, half))
        story.tell(ends, partial(surveyor.count, half))
        story.tell(ends + timedelta(days=12), partial(surveyor.take_up, half))
    _tell_open_one(story, surveyor, compounds)


def _tell_open_one(story: Story, surveyor: "_Surveyor", compounds: dict[str, Compound]) -> None:
    today = story.days.today
    half = Period.containing(today, Cadence.HALF)
    begun_on = max(half.first, today - timedelta(days=_BEGUN))
    for key in _OPEN_IN:
        act = partial(surveyor.start, half, at(today + timedelta(days=_TO_GO), 20), compounds[key])
        story.tell(at(begun_on, 9), act)
    story.tell(at(begun_on, 9, 2), partial(surveyor.open, half))
    story.tell(at(today - timedelta(days=1), 21), partial(surveyor.vote_so_far, half))


@dataclass(frozen=True)
class _Surveyor:
    """The office, the worker and the households; `places` are the keys of the plan by compound."""

    town: Town
    places: dict[int, str]
    people: People

    def _of(self, half: Period) -> Iterable[Survey]:
        own = Survey.objects.filter(compound__village__town=self.town, period=half.code)
        return own.select_related("questionnaire").order_by("compound_id", "kind")

    def start(self, half: Period, ends: datetime, compound: Compound | None, moment: datetime) -> None:
        office = self.people["town1"]
        asked = {kind: next(one for one in TEMPLATES if one.kind is kind) for kind in _KINDS}
        questionnaires = {kind: take_over(self.town, one, by=office, at=moment) for kind, one in asked.items()}
        start_round(self.town, plan=Plan(half, ends, questionnaires), by=office, at=moment, compound=compound)

    def open(self, half: Period, _moment: datetime) -> None:
        for survey in self._of(half):
            open_survey(survey.pk)

    def vote(self, half: Period, moment: datetime) -> None:
        for survey in self._of(half):
            place, random = self._lots(survey)
            usual = random.randint(*_USUALLY_TOOK_PART)
            self._cast(survey, _TURNOUT.get(place, usual), random, until=moment)

    def vote_so_far(self, half: Period, moment: datetime) -> None:
        for survey in self._of(half):
            self._cast(survey, _SO_FAR, self._lots(survey)[1], until=moment)

    def _lots(self, survey: Survey) -> tuple[str, Random]:
        place = self.places[survey.compound_id]
        return place, lots(f"{survey.period}{survey.kind}{place}")

    def _cast(self, survey: Survey, percent: int, random: Random, *, until: datetime) -> None:
        """So many of the roll vote, but for those whose vote is whoever tries the portal's to cast."""
        place, kind = self.places[survey.compound_id], SurveyKind(survey.kind)
        logins = [self.people[name] for name in ("resident1", "resident2")]
        homes = list(survey.roll.order_by("unit_id").values_list("unit_id", flat=True))
        kept = set(survey.roll.filter(unit__ownerships__owner__user__in=logins).values_list("unit_id", flat=True))
        voting = [home for home in random.sample(homes, len(homes) * percent // 100) if home not in kept]
        usual = random.randint(*_USUALLY_CONTENT)
        _cast_all(survey, voting, _CONTENT.get((place, kind), usual), random, until=until)

    def count(self, half: Period, _moment: datetime) -> None:
        for survey in self._of(half):
            if close_survey(survey.pk):
                finish(survey.pk)

    def take_up(self, half: Period, moment: datetime) -> None:
        """The committee's proposal is decided on; the firm's still waits."""
        found = Proposed.objects.filter(survey__period=half.code, survey__kind=SurveyKind.COMMITTEE)
        for proposal in found.for_display():
            decide(proposal, decision=Proposed.Decision.DONE, reason=_REASON, by=self.people["town1"], at=moment)


def _cast_all(survey: Survey, homes: list[int], content: int, random: Random, *, until: datetime) -> None:
    """A vote of each home between the opening and `until`; the seals are written in another order than the homes."""
    moments = [_moment(survey.opened_at or until, until, random) for _ in homes]
    channels = random.choices((Channel.SLIP, Channel.CODE), (7, 3), k=len(homes))
    Participation.objects.bulk_create(
        Participation(survey=survey, unit_id=home, day=moment.date(), channel=channel)
        for home, moment, channel in zip(homes, moments, channels, strict=True)
    )
    letters = [_letters(survey, content, random) for _ in homes]
    comments = [random.choice(_COMMENTS) if random.randrange(20) == 0 else "" for _ in homes]
    votes = [seal_vote(survey, Answers(*vote)) for vote in zip(letters, comments, strict=True)]
    random.shuffle(votes)
    SealedBallot.objects.bulk_create(SealedBallot(survey=survey, seal=vote.ballot) for vote in votes)
    SealedComment.objects.bulk_create(SealedComment(survey=survey, seal=vote.comment) for vote in votes)
    hours = Counter(moment.replace(minute=0) for moment in moments)
    TurnoutHour.objects.bulk_create(TurnoutHour(survey=survey, hour=hour, count=n) for hour, n in sorted(hours.items()))


def _moment(begun: datetime, until: datetime, random: Random) -> datetime:
    """When people have time, and rather in the first days."""
    begun = begun.astimezone(SHANGHAI)
    days = (until - begun).days + 1
    day = begun.date() + timedelta(days=min(random.randrange(days), random.randrange(days)))
    moment = at(day, random.choice(_HOURS), random.randrange(60))
    return min(max(moment, begun + timedelta(minutes=random.randrange(600))), until)


def _letters(survey: Survey, content: int, random: Random) -> str:
    """A letter per question; who is content is so with most of it."""
    is_content = random.randrange(100) < content
    likely = "AABBBCC" + "D" if is_content else "BCDDDEE"
    items = "".join(random.choice(likely + "U") for _ in survey.questionnaire.questions[:-1])
    return items + random.choice("AABBBC" if is_content else "DDE")
