"""The sweep: the same rows with the original dates, whenever, however often and by however many it is run."""

from datetime import date, timedelta

import pytest

from communities.models import Body, Compound, PropertyFirm, ServiceContract
from communities.rules import BodyKind
from supervision.models import Obligation, PilotEntry, Reminder
from supervision.rules import Duty
from tests.cast import World, credit_code
from tests.law import policy_for, rows, sweep_on

JULY = date(2026, 7, 1)


@pytest.fixture
def ground(world: World) -> World:
    """The cast, with a policy in force through 2026 and supervision from July on."""
    world.town.supervised_from_on = JULY
    world.town.save()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    return world


def owed(world: World, duty: Duty, period: str) -> list[tuple[object, ...]]:
    """Who owes a duty for a period in the compound, with the days that matter."""
    found = Obligation.objects.filter(duty=duty, period=period, compound=world.compound).order_by("opened_on", "id")
    return [(o.bearer, o.opened_on, o.deadline_on, o.released_on) for o in found]


def test_the_quarter_is_owed_by_firm_and_committee_until_the_end_of_the_next_month(ground: World) -> None:
    sweep_on(date(2026, 9, 30))
    assert not Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3").exists()
    sweep_on(date(2026, 10, 1))
    opened, due = date(2026, 10, 1), date(2026, 10, 31)
    assert owed(ground, Duty.DISCLOSURE, "2026Q3") == [
        (ground.firm, opened, due, None),
        (ground.committee, opened, due, None),
    ]


def test_a_compound_without_committee_or_without_firm_owes_by_the_other_alone_and_a_bare_one_not_at_all(
    ground: World,
) -> None:
    only_firm = Compound.objects.create(village=ground.village, name="只有物业", kind="old", built_year=2000)
    ServiceContract.objects.create(compound=only_firm, firm=ground.firm, from_on=date(2026, 1, 1), fee_per_m2=1)
    only_committee = Compound.objects.create(village=ground.village, name="只有业委会", kind="old", built_year=2000)
    committee = Body.objects.create(
        kind=BodyKind.COMMITTEE,
        name="只有业委会",
        town=ground.town,
        village=ground.village,
        compound=only_committee,
        from_on=date(2026, 1, 1),
    )
    sweep_on(date(2026, 10, 1))
    disclosures = Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3")
    assert [o.bearer for o in disclosures.filter(compound=only_firm)] == [ground.firm]
    assert [o.bearer for o in disclosures.filter(compound=only_committee)] == [committee]
    assert not Obligation.objects.filter(compound=ground.bare_compound).exists()
    assert list(Compound.objects.without_bearer(date(2026, 10, 1))) == [ground.bare_compound]


def test_one_run_after_silence_leaves_what_daily_runs_would_have_left(ground: World) -> None:
    """TIME-02, with a firm that leaves, one that comes, a gap between them, and the pilot."""
    _a_firm_leaves_and_another_comes(ground)
    PilotEntry.objects.create(compound=ground.compound, entered_on=date(2026, 8, 10))
    from django.db import transaction

    end = date(2026, 11, 20)
    with transaction.atomic():
        point = transaction.savepoint()
        day = JULY
        while day <= end:
            sweep_on(day)
            day += timedelta(days=1)
        daily = rows()
        transaction.savepoint_rollback(point)
    assert not Obligation.objects.exists()
    sweep_on(end)
    assert rows() == daily


def _a_firm_leaves_and_another_comes(world: World) -> PropertyFirm:
    world.contract.ended_on = date(2026, 8, 15)
    world.contract.save()
    newcomer = PropertyFirm.objects.create(name="泉州新来物业有限公司", credit_code=credit_code(3))
    ServiceContract.objects.create(compound=world.compound, firm=newcomer, from_on=date(2026, 8, 20), fee_per_m2=1)
    return newcomer
