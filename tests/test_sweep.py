"""What the sweep opens and whom it releases: derived from who was in office when and which policy was in force."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communities.models import Body, City, Compound, PropertyFirm, ServiceContract, Town, Village
from communities.rules import BodyKind
from kernel.errors import ConflictError
from kernel.fields import Reference
from supervision.models import Obligation, PilotEntry, SweepRun
from supervision.rules import LEFT_OFFICE, NEVER_IN_OFFICE, Duty
from supervision.services import fulfil
from supervision.services.policies import seed_plan
from supervision.services.sweep import sweep
from tests.cast import TODAY, World, credit_code
from tests.law import noon, policy_for, rows, sweep_on

JULY, OCTOBER = date(2026, 7, 1), date(2026, 10, 1)
ONE_DAY = timedelta(days=1)
PROOF = Reference("supervision.performance", "0" * 16, "凭据")


@pytest.fixture
def ground(world: World) -> World:
    """The cast, with a policy in force through 2026 and supervision from July on."""
    world.town.supervised_from_on = JULY
    world.town.save()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    return world


def owed(compound: Compound | None, duty: Duty, period: str) -> list[tuple[object, ...]]:
    """Who owes a duty for a period: bearer, the day it arose, the deadline, the day of release."""
    found = Obligation.objects.filter(duty=duty, period=period, compound=compound).order_by(
        "opened_on", "bearer_body_id", "bearer_firm_id"
    )
    return [(o.bearer, o.opened_on, o.deadline_on, o.released_on) for o in found]


def newcomer(world: World, from_on: date, *, number: int = 3) -> PropertyFirm:
    """Another firm that serves the compound from a day on."""
    firm = PropertyFirm.objects.create(name=f"泉州新来物业有限公司{number}", credit_code=credit_code(number))
    ServiceContract.objects.create(compound=world.compound, firm=firm, from_on=from_on, fee_per_m2=1)
    return firm


def committee_for(world: World, compound: Compound, from_on: date) -> Body:
    return Body.objects.create(
        kind=BodyKind.COMMITTEE,
        name=f"{compound}业委会",
        town=world.town,
        village=compound.village,
        compound=compound,
        from_on=from_on,
    )


def leave(world: World, last: date) -> None:
    world.contract.ended_on = last
    world.contract.save()


# -- Whose duty it is --------------------------------------------------------------------------------------------------


def test_the_quarter_is_owed_by_firm_and_committee_until_the_end_of_the_next_month(ground: World) -> None:
    sweep_on(OCTOBER - ONE_DAY)
    assert not Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3").exists()
    sweep_on(OCTOBER)
    due = date(2026, 10, 31)
    assert owed(ground.compound, Duty.DISCLOSURE, "2026Q3") == [
        (ground.committee, OCTOBER, due, None),
        (ground.firm, OCTOBER, due, None),
    ]


def test_the_fourth_quarter_is_due_on_31_january(ground: World) -> None:
    policy_for(ground.town, date(2027, 1, 1), number="示例政〔2027〕1号")
    sweep_on(date(2027, 1, 1))
    deadlines = set(Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q4").values_list("due_on", flat=True))
    assert deadlines == {date(2027, 1, 31)}


def test_a_compound_without_committee_or_firm_owes_by_the_other_alone_and_a_bare_one_not_at_all(ground: World) -> None:
    only_firm = Compound.objects.create(village=ground.village, name="只有物业", kind="old", built_year=2000)
    ServiceContract.objects.create(compound=only_firm, firm=ground.firm, from_on=date(2026, 1, 1), fee_per_m2=1)
    only_committee = Compound.objects.create(village=ground.village, name="只有业委会", kind="old", built_year=2000)
    committee = committee_for(ground, only_committee, date(2026, 1, 1))
    sweep_on(OCTOBER)
    disclosures = Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3")
    assert [o.bearer for o in disclosures.filter(compound=only_firm)] == [ground.firm]
    assert [o.bearer for o in disclosures.filter(compound=only_committee)] == [committee]
    assert not Obligation.objects.filter(compound=ground.bare_compound).exists()
    assert list(Compound.objects.without_bearer(OCTOBER)) == [ground.bare_compound]


@pytest.mark.parametrize(
    ("last", "bearers"),
    [(date(2026, 9, 29), set()), (date(2026, 9, 30), {"firm"}), (date(2026, 10, 1), {"firm"})],
)
def test_a_quarter_belongs_to_the_firm_in_office_on_its_last_day(ground: World, last: date, bearers: set[str]) -> None:
    leave(ground, last)
    sweep_on(date(2026, 10, 5))
    found = Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3", compound=ground.compound)
    assert {"firm" for o in found if o.bearer == ground.firm} == bearers
    assert all(o.released_on is None for o in found)


def test_a_contract_that_ran_out_without_successor_goes_on(ground: World) -> None:
    """超期履职: the agreed end has passed, nobody has taken over."""
    ground.contract.until_on = date(2026, 3, 31)
    ground.contract.save()
    sweep_on(OCTOBER)
    assert ground.firm in [bearer for bearer, *_ in owed(ground.compound, Duty.DISCLOSURE, "2026Q3")]


def test_the_monthly_detail_is_owed_for_months_that_ended_in_the_pilot(ground: World) -> None:
    PilotEntry.objects.create(compound=ground.compound, entered_on=date(2026, 8, 31), left_on=date(2026, 10, 30))
    sweep_on(date(2026, 11, 20))
    detail = Obligation.objects.filter(duty=Duty.UTILITIES_DETAIL).order_by("period")
    assert [(o.period, o.bearer, o.opened_on, o.due_on) for o in detail] == [
        ("2026-08", ground.firm, date(2026, 9, 1), date(2026, 9, 15)),
        ("2026-09", ground.firm, date(2026, 10, 1), date(2026, 10, 15)),
    ]


def test_without_a_firm_the_committee_owes_the_monthly_detail(ground: World) -> None:
    PilotEntry.objects.create(compound=ground.compound, entered_on=date(2026, 8, 1))
    leave(ground, date(2026, 9, 15))
    sweep_on(OCTOBER)
    detail = Obligation.objects.filter(duty=Duty.UTILITIES_DETAIL).order_by("period")
    assert [(o.period, o.bearer) for o in detail] == [("2026-08", ground.firm), ("2026-09", ground.committee)]


def test_the_town_owes_its_meeting_and_the_publications_and_the_office_each_survey_and_appraisal(ground: World) -> None:
    ground.town.supervised_from_on = date(2026, 1, 1)
    ground.town.save()
    sweep_on(JULY)
    assert [bearer for bearer, *_ in owed(None, Duty.TOWN_MEETING, "2026Q3")] == [ground.leading_group]
    for duty in (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION):
        ((bearer, opened, deadline, _),) = owed(None, duty, "2026H1")
        # Twenty working days after 30 June 2026: no holiday in July.
        assert (bearer, opened, deadline) == (ground.office, JULY, date(2026, 7, 28))
    for compound in (ground.compound, ground.other_compound):
        for duty in (Duty.COMMITTEE_SURVEY, Duty.FIRM_APPRAISAL):
            assert owed(compound, duty, "2026H2") == [(ground.office, JULY, date(2026, 12, 31), None)]
    assert not Obligation.objects.filter(compound=ground.bare_compound).exists()


def test_the_results_of_a_half_year_are_owed_where_its_surveys_were(ground: World) -> None:
    """Supervised from July on, nobody owed a survey of the first half here: there is nothing to publish."""
    policy_for(ground.town, date(2027, 1, 1), number="示例政〔2027〕1号")
    sweep_on(JULY)
    sweep_on(date(2027, 1, 1))
    for duty in (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION):
        assert owed(None, duty, "2026H1") == []
        assert len(owed(None, duty, "2026H2")) == 1
    assert Obligation.objects.filter(duty=Duty.COMMITTEE_SURVEY, period="2026H2").exists()
    assert not Obligation.objects.filter(duty=Duty.COMMITTEE_SURVEY, period="2026H1").exists()


# -- Within the period -------------------------------------------------------------------------------------------------


def test_who_leaves_within_the_period_is_released_and_who_comes_bears_it(ground: World) -> None:
    leave(ground, date(2026, 8, 15))
    successor = newcomer(ground, date(2026, 8, 20))
    committees = (ground.committee, JULY, date(2026, 9, 30), None)
    before = (ground.firm, JULY, date(2026, 9, 30), None)
    after = (ground.firm, JULY, date(2026, 9, 30), date(2026, 8, 16))
    for day, expected in (
        (date(2026, 8, 15), [committees, before]),
        (date(2026, 8, 16), [committees, after]),
        (date(2026, 8, 20), [committees, after, (successor, date(2026, 8, 20), date(2026, 9, 30), None)]),
    ):
        sweep_on(day)
        assert owed(ground.compound, Duty.OWNERS_FORUM, "2026Q3") == expected, day
    released = Obligation.objects.get(duty=Duty.OWNERS_FORUM, period="2026Q3", bearer_firm=ground.firm)
    assert released.released_reason == LEFT_OFFICE
    assert not released.is_late(date(2026, 12, 1))


def test_what_was_done_before_leaving_stays_done(ground: World) -> None:
    sweep_on(JULY)
    forum = Obligation.objects.get(duty=Duty.OWNERS_FORUM, period="2026Q3", bearer_firm=ground.firm)
    fulfil(forum, at=noon(date(2026, 7, 20)), evidence=PROOF, by=None)
    leave(ground, date(2026, 8, 15))
    sweep_on(date(2026, 10, 5))
    forum.refresh_from_db()
    assert (forum.released_on, forum.fulfilled_at) == (None, noon(date(2026, 7, 20)))


def test_who_has_left_cannot_fulfil_it_even_before_the_sweep_has_noticed(ground: World) -> None:
    sweep_on(JULY)
    forum = Obligation.objects.get(duty=Duty.OWNERS_FORUM, period="2026Q3", bearer_firm=ground.firm)
    disclosed = Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q2", bearer_firm=ground.firm)
    leave(ground, date(2026, 8, 15))
    with pytest.raises(ConflictError, match="期末"):
        fulfil(forum, at=noon(date(2026, 8, 16)), evidence=PROOF, by=None)
    assert fulfil(disclosed, at=noon(date(2026, 8, 16)), evidence=PROOF, by=None)
    sweep_on(date(2026, 8, 16))
    forum.refresh_from_db()
    assert forum.released_on == date(2026, 8, 16)
    with pytest.raises(ConflictError, match="已解除"):
        fulfil(forum, at=noon(date(2026, 8, 17)), evidence=PROOF, by=None)


def test_a_firm_that_comes_back_bears_it_again(ground: World) -> None:
    leave(ground, date(2026, 8, 15))
    sweep_on(date(2026, 8, 20))
    forum = Obligation.objects.get(duty=Duty.OWNERS_FORUM, period="2026Q3", bearer_firm=ground.firm)
    assert forum.released_on == date(2026, 8, 16)
    ServiceContract.objects.create(compound=ground.compound, firm=ground.firm, from_on=date(2026, 9, 10), fee_per_m2=1)
    sweep_on(date(2026, 9, 10))
    forum.refresh_from_db()
    assert (forum.released_on, forum.released_reason, forum.opened_on) == (None, "", JULY)


def test_a_survey_falls_away_with_the_committee_and_a_new_office_takes_over(ground: World) -> None:
    ground.committee.ended_on = date(2026, 8, 31)
    ground.committee.save()
    ground.office.ended_on = date(2026, 9, 30)
    ground.office.save()
    successor = Body.objects.create(kind=BodyKind.OFFICE, name="新小区服务岗", town=ground.town, from_on=OCTOBER)
    sweep_on(date(2026, 10, 5))
    end = date(2026, 12, 31)
    assert owed(ground.compound, Duty.COMMITTEE_SURVEY, "2026H2") == [(ground.office, JULY, end, date(2026, 9, 1))]
    assert owed(ground.compound, Duty.FIRM_APPRAISAL, "2026H2") == [
        (ground.office, JULY, end, OCTOBER),
        (successor, OCTOBER, end, None),
    ]


def test_a_register_corrected_afterwards_releases_whom_it_never_bound(ground: World) -> None:
    sweep_on(OCTOBER)
    leave(ground, date(2026, 9, 20))  # entered only now
    sweep_on(date(2026, 10, 2))
    disclosure = Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", bearer_firm=ground.firm)
    assert (disclosure.released_on, disclosure.released_reason) == (OCTOBER, NEVER_IN_OFFICE)
    leave(ground, date(2026, 10, 20))  # and corrected once more
    sweep_on(date(2026, 10, 3))
    disclosure.refresh_from_db()
    assert disclosure.released_on is None


def test_a_deadline_is_never_before_the_day_the_duty_arose(ground: World, client_of: Callable[..., Client]) -> None:
    ground.town.policies.all().delete()
    policy_for(ground.town, date(2026, 1, 1), forum_due_offset=20)
    leave(ground, date(2026, 8, 15))
    successor = newcomer(ground, date(2026, 9, 25))
    sweep_on(date(2026, 9, 25))
    forum = Obligation.objects.get(duty=Duty.OWNERS_FORUM, period="2026Q3", bearer_firm=successor)
    assert (forum.due_on, forum.deadline_on) == (date(2026, 9, 10), date(2026, 9, 25))
    page = client_of(ground.officer).get(f"/obligations/{forum.public_id}/").content.decode()
    assert "2026年9月25日（文件期限之后才承担，自承担之日起算）" in page


# -- The law's days ----------------------------------------------------------------------------------------------------


def test_the_plan_governs_from_its_first_to_its_last_day(world: World) -> None:
    """宝政〔2023〕87号, 2023-11-01 … 2024-10-31: 2023Q3 lies before it, 2024Q4 after it."""
    for model in (Body, ServiceContract):
        model.objects.update(from_on=date(2022, 1, 1))
    world.town.supervised_from_on = date(2023, 1, 1)
    world.town.save()
    plan = seed_plan(world.town)
    assert seed_plan(world.town) == plan
    sweep_on(TODAY)
    disclosed = Obligation.objects.filter(duty=Duty.DISCLOSURE, bearer_body=world.committee).order_by("period")
    assert [(o.period, o.policy) for o in disclosed] == [
        (period, plan) for period in ("2023Q4", "2024Q1", "2024Q2", "2024Q3")
    ]
    assert [o.due_on for o in disclosed] == [
        date(2024, 1, 31),
        date(2024, 4, 30),
        date(2024, 7, 31),
        date(2024, 10, 31),
    ]


@pytest.mark.parametrize(
    ("from_on", "until_on", "periods"),
    [
        (date(2026, 4, 1), date(2026, 7, 1), ["2026Q1", "2026Q2"]),
        (date(2026, 4, 2), date(2026, 6, 30), []),
    ],
)
def test_a_period_is_opened_only_where_a_policy_is_in_force_on_its_opening_day(
    world: World, from_on: date, until_on: date, periods: list[str]
) -> None:
    policy_for(world.town, from_on, until_on)
    sweep_on(date(2026, 10, 5))
    disclosed = Obligation.objects.filter(duty=Duty.DISCLOSURE, bearer_body=world.committee)
    assert sorted(disclosed.values_list("period", flat=True)) == periods


def test_without_a_policy_nothing_is_opened_and_what_is_open_runs_on(world: World) -> None:
    world.town.supervised_from_on = JULY
    world.town.save()
    policy_for(world.town, JULY, date(2026, 9, 30))
    policy_for(world.town, OCTOBER, number="示例政〔2026〕2号", confirmed=False)
    sweep_on(date(2026, 9, 30))
    before = Obligation.objects.count()
    newcomer_body = committee_for(world, world.bare_compound, date(2026, 10, 5))
    run = sweep_on(date(2026, 10, 15))
    assert (run.opened, Obligation.objects.count()) == (0, before)
    assert not Obligation.objects.filter(bearer_body=newcomer_body).exists()
    assert run.reminded > 0, "the forum of the third quarter became overdue on 1 October"
    assert run.proposed > 0


def test_a_duty_does_not_arise_in_a_gap_between_two_policies_but_when_the_gap_ends(world: World) -> None:
    world.town.supervised_from_on = JULY
    world.town.save()
    policy_for(world.town, JULY, date(2026, 10, 31))
    policy_for(world.town, date(2026, 12, 1), number="示例政〔2026〕2号")
    leave(world, date(2026, 10, 20))
    successor = newcomer(world, date(2026, 11, 10))
    sweep_on(date(2026, 11, 30))
    assert not Obligation.objects.filter(bearer_firm=successor).exists()
    sweep_on(date(2026, 12, 1))
    ((_, opened, deadline, _),) = [
        row for row in owed(world.compound, Duty.OWNERS_FORUM, "2026Q4") if row[0] == successor
    ]
    assert (opened, deadline) == (date(2026, 12, 1), date(2026, 12, 31))


def test_nothing_is_opened_for_the_time_before_the_town_is_supervised(world: World) -> None:
    policy_for(world.town, date(2024, 1, 1))
    world.town.supervised_from_on = OCTOBER
    world.town.save()
    sweep_on(TODAY)
    assert Obligation.objects.earliest("opened_on").opened_on == OCTOBER


def test_two_towns_keep_each_to_its_own_law(ground: World) -> None:
    city = City.objects.create(code="350582", name="晋江市")
    town = Town.objects.create(city=city, code="350582100", name="邻镇", supervised_from_on=JULY)
    village = Village.objects.create(town=town, name="邻村")
    compound = Compound.objects.create(village=village, name="邻家花园", kind="old", built_year=2001)
    ServiceContract.objects.create(compound=compound, firm=ground.firm, from_on=date(2026, 1, 1), fee_per_m2=1)
    sweep_on(OCTOBER)
    assert not town.obligations.exists(), "the neighbour has no policy"
    policy = policy_for(town, date(2026, 8, 1), number="邻政〔2026〕1号", disclosure_due_month=2)
    sweep_on(date(2026, 10, 2))
    assert set(town.obligations.values_list("policy", flat=True)) == {policy.pk}
    assert [row[2] for row in owed(compound, Duty.DISCLOSURE, "2026Q3")] == [date(2026, 11, 30)]
    assert [row[2] for row in owed(ground.compound, Duty.DISCLOSURE, "2026Q3")] == [date(2026, 10, 31)] * 2


def test_where_the_switch_is_on_a_deadline_on_a_rest_day_shifts_and_both_days_are_kept(ground: World) -> None:
    """31 October 2026 is a Saturday (Civil Code art. 203)."""
    ground.town.policies.all().delete()
    policy_for(ground.town, date(2026, 1, 1), shift_on_rest_day=1)
    sweep_on(OCTOBER)
    disclosure = Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", bearer_body=ground.committee)
    assert (disclosure.due_on, disclosure.deadline_on) == (date(2026, 10, 31), date(2026, 11, 2))


def test_february_of_a_leap_year(world: World) -> None:
    world.town.supervised_from_on = date(2028, 2, 1)
    world.town.save()
    policy_for(world.town, date(2028, 1, 1))
    PilotEntry.objects.create(compound=world.compound, entered_on=date(2028, 2, 29))
    sweep_on(date(2028, 3, 1))
    detail = Obligation.objects.get(duty=Duty.UTILITIES_DETAIL)
    assert (detail.period_last_on, detail.opened_on, detail.due_on) == (
        date(2028, 2, 29),
        date(2028, 3, 1),
        date(2028, 3, 15),
    )


# -- The same rows, whenever ------------------------------------------------------------------------------------------


def test_one_run_after_silence_leaves_what_daily_runs_would_have_left(ground: World) -> None:
    """TIME-02, across a quarter's end: firms leave, come, return; the pilot; a dissolved committee."""
    leave(ground, date(2026, 8, 15))
    newcomer(ground, date(2026, 8, 20))
    other = ServiceContract.objects.get(compound=ground.other_compound)
    other.ended_on = date(2026, 9, 3)
    other.save()
    ServiceContract.objects.create(
        compound=ground.other_compound, firm=ground.other_firm, from_on=date(2026, 9, 14), fee_per_m2=1
    )
    ground.other_committee.ended_on = date(2026, 9, 25)
    ground.other_committee.save()
    PilotEntry.objects.create(compound=ground.compound, entered_on=date(2026, 8, 10))
    start, end = date(2026, 8, 12), date(2026, 10, 16)
    with transaction.atomic():
        point = transaction.savepoint()
        for days in range((end - start).days + 1):
            sweep_on(start + timedelta(days=days))
        daily = rows()
        transaction.savepoint_rollback(point)
    assert not Obligation.objects.exists()
    sweep_on(start)
    sweep_on(end)  # 65 days later
    assert rows() == daily
    assert {name: len(found) for name, found in daily.items() if not found} == {}


def test_what_was_fulfilled_in_between_is_reminded_of_as_far_as_it_stood_open(ground: World) -> None:
    sweep_on(OCTOBER)
    fulfilled = noon(date(2026, 10, 24))
    with transaction.atomic():
        point = transaction.savepoint()
        for day in range(2, 31):
            if day == 24:
                disclose(ground, fulfilled)
            sweep_on(date(2026, 10, day))
        daily = rows()
        transaction.savepoint_rollback(point)
    disclose(ground, fulfilled)
    sweep_on(date(2026, 10, 30))
    assert rows() == daily


def disclose(world: World, at: datetime) -> None:
    mine = Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", bearer_body=world.committee)
    fulfil(mine, at=at, evidence=PROOF, by=None)


def test_a_hundred_runs_are_as_good_as_one(ground: World) -> None:
    """TIME-03, messages included."""
    sweep_on(TODAY)
    once = rows(with_messages=True)
    for _ in range(5):
        sweep_on(TODAY)
    assert rows(with_messages=True) == once
    assert SweepRun.objects.count() == 6


def test_a_run_for_an_earlier_day_changes_nothing(ground: World) -> None:
    leave(ground, date(2026, 8, 15))
    sweep_on(TODAY)
    before = rows(with_messages=True)
    sweep(date(2026, 8, 1), at=noon(TODAY))
    assert rows(with_messages=True) == before


def test_facts_entered_later_on_the_same_day_are_noticed(ground: World) -> None:
    sweep_on(OCTOBER)
    committee = committee_for(ground, ground.bare_compound, date(2026, 9, 30))
    sweep_on(OCTOBER)
    borne = set(Obligation.objects.filter(bearer_body=committee).values_list("duty", "period"))
    assert borne == {("disclosure", "2026Q3"), ("owners_forum", "2026Q3"), ("owners_forum", "2026Q4")}


def test_the_number_of_statements_does_not_grow_with_the_compounds(ground: World) -> None:
    def statements(day: date) -> int:
        with CaptureQueriesContext(connection) as captured:
            sweep_on(day)
        return len(captured)

    few = statements(OCTOBER)
    for number in range(40):
        compound = Compound.objects.create(village=ground.village, name=f"小区{number}", kind="old", built_year=2000)
        committee_for(ground, compound, date(2026, 1, 1))
        ServiceContract.objects.create(compound=compound, firm=ground.firm, from_on=date(2026, 1, 1), fee_per_m2=1)
    assert statements(date(2026, 10, 17)) == few
