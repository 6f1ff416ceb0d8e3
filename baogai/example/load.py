"""Loading the example: the ground, the offices, the books, and then the story."""

from collections.abc import Callable
from datetime import date, timedelta

from django.db import connection, transaction

from accounts.models import User
from baogai.annex.ground import Ground, lay_ground
from baogai.example.appraising import tell_appraisals
from baogai.example.books import open_books
from baogai.example.clock import the_clock_at
from baogai.example.days import Days, at
from baogai.example.fieldwork import tell_fieldwork
from baogai.example.names import lots
from baogai.example.offices import build_offices
from baogai.example.people import People, fill_town
from baogai.example.performing import tell_performances
from baogai.example.places import build_places
from baogai.example.reporting import tell_editions
from baogai.example.story import Story, tell_disclosures, tell_reading, tell_sweeps
from baogai.example.supervising import tell_supervision
from baogai.example.surveying import tell_surveys
from baogai.example.town import PLACES
from communities.models import Compound, Town, Village
from kernel.errors import DomainError
from supervision.models import Policy
from supervision.services.holidays import load_holidays
from supervision.services.pilot import enter_pilot
from supervision.services.policies import confirm_policy, enter_policy, seed_plan

_DUTY_AREAS = ("杆头点", "龟湖点", "塘头点", "仑后点")


def is_loaded() -> bool:
    return User.objects.filter(is_example=True).exists()


@transaction.atomic
def load(today: date, *, say: Callable[[str], None] = lambda _: None) -> None:
    """Build the whole example, all of it or nothing."""
    days = Days(today)
    with the_clock_at(at(days.quarters[0].first, 8)):
        ground = lay_ground()
        people = People(lots("people"))
        people.add_logins()
        fill_town(ground, people)
        _arrange(ground, days)
        _load_holidays(days)
        say("村（社区）、组织与人员")
        compounds = build_places(ground)
        say("小区与业主")
        offices = build_offices(compounds, people, days)
        say("物业企业与业委会")
        gather_statistics()
    books = open_books(compounds, offices, people, days)
    with the_clock_at(at(days.begins_on - timedelta(days=6), 9)):
        _extend_plan(ground.town, people, days)
        _enter_pilot(compounds, people, days)
    story = Story(days)
    tell_sweeps(story)
    for quarter in days.quarters:
        story.tell(at(days.due_on(quarter), 1), lambda _: gather_statistics())
    tell_disclosures(story, compounds, offices, people, books)
    tell_supervision(story, compounds, offices, people)
    tell_performances(story, compounds, people)
    tell_surveys(story, ground.town, compounds, people)
    tell_fieldwork(story, ground.town, compounds, people)
    tell_appraisals(story, ground.town, compounds, people)
    tell_editions(story, ground.town, people)
    tell_reading(story, people)
    say(f"账户与经过（{len(story.acts)} 件）")
    story.happen()


def gather_statistics() -> None:
    """All this is one transaction, whose rows the database's own statistics do not see: without them it plans badly."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")


def _arrange(ground: Ground, days: Days) -> None:
    """When supervision begins; which village belongs to which 点 is invented where the annex does not say."""
    Town.objects.filter(pk=ground.town.pk).update(supervised_from_on=days.begins_on)
    for number, village in enumerate(ground.villages.values()):
        if not village.duty_area:
            village.duty_area = _DUTY_AREAS[number % len(_DUTY_AREAS)]
    Village.objects.bulk_update(ground.villages.values(), ["duty_area"])


def _load_holidays(days: Days) -> None:
    """The years of the story as far as the packaged calendar knows them; a later year falls back to weekdays."""
    for year in range(days.begins_on.year, days.today.year + 1):
        try:
            load_holidays(year, by=None)
        except DomainError:
            return


def _extend_plan(town: Town, people: People, days: Days) -> None:
    """The plan, which has expired, and an example of a notice that extends it, marked as such."""
    plan = seed_plan(town)
    entered = enter_policy(
        town,
        number=f"示例〔{days.begins_on.year}〕1号",
        title="【示例】关于延长《宝盖镇深化住宅小区物业管理专项整治行动方案》有效期的通知",
        kind=Policy.Kind.EXTENSION,
        follows=plan,
        from_on=days.begins_on,
        until_on=date(days.today.year + 2, 12, 31),
        numbers={},
        is_example=True,
        by=people["town1"],
        at=at(days.begins_on - timedelta(days=6), 9),
    )
    confirm_policy(entered, by=people["town2"], at=at(days.begins_on - timedelta(days=5), 10))


def _enter_pilot(compounds: dict[str, Compound], people: People, days: Days) -> None:
    """The four pilot compounds owe the monthly detail from the second quarter of supervision (clause 四（三）5)."""
    entered_on = days.begins_on + timedelta(days=59)
    for place in PLACES:
        if place.is_pilot:
            enter_pilot(compounds[place.key], on=entered_on, by=people["town1"])
