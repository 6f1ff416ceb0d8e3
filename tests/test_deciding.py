"""Officers and cadres learn in one message what waits for their decision (方案四（三）1)."""

from datetime import date

import pytest

from communities.services import suspend
from notices.models import Delivery, Message
from supervision.models import Obligation
from supervision.services.urging import decline, urge
from tests.cast import World
from tests.law import noon, policy_for, sweep_on

LATE = date(2026, 11, 1)


@pytest.fixture
def ground(world: World) -> World:
    world.town.supervised_from_on = date(2026, 10, 1)
    world.town.save()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    return world


def waiting_for(world: World, who: str) -> list[Message]:
    return list(Message.objects.inbox_of(world.people[who]).filter(kind=Message.Kind.TASK))


def test_each_gets_one_message_about_what_is_theirs_to_decide(ground: World) -> None:
    sweep_on(date(2026, 10, 31))
    assert Message.objects.filter(kind=Message.Kind.TASK).count() == 0, "nothing is late yet"
    sweep_on(LATE)
    everything, here = Obligation.objects.overdue(LATE), {}
    urged = everything.filter(compound__isnull=False)
    for who in ("officer", "second_officer"):
        (message,) = waiting_for(ground, who)
        assert message.title == f"{urged.count()} 件逾期事项等您决定是否督促"
    for who, village in (("cadre", ground.village), ("other_cadre", ground.other_village)):
        (message,) = waiting_for(ground, who)
        here[who] = urged.filter(compound__village=village).count()
        assert message.title.startswith(f"{here[who]} 件")
    assert here["cadre"] + here["other_cadre"] == urged.count() > 1
    assert "仑后花园" in waiting_for(ground, "cadre")[0].body
    assert "杆头新村" not in waiting_for(ground, "cadre")[0].body
    for who in ("leader", "auditor", "chair", "manager", "owner", "stranger"):
        assert waiting_for(ground, who) == [], who


def test_sweeping_again_tells_nobody_again(ground: World) -> None:
    for _ in range(3):
        sweep_on(LATE)
    sweep_on(date(2026, 11, 2))
    assert len(waiting_for(ground, "officer")) == 1


def test_after_a_long_silence_there_is_still_one(ground: World) -> None:
    sweep_on(date(2026, 12, 20))
    assert len(waiting_for(ground, "officer")) == 1


def test_it_also_leaves_the_house_by_the_persons_wishes(ground: World) -> None:
    ground.officer.email = "officer@example.com"
    ground.officer.save()
    sweep_on(LATE)
    deliveries = Delivery.objects.filter(message__recipient=ground.officer, message__kind=Message.Kind.TASK)
    assert [one.channel for one in deliveries] == ["email"]


def test_a_suspended_cadre_is_told_nothing(ground: World) -> None:
    suspend(ground.cadre.appointments.get(), from_on=date(2026, 10, 20), on=date(2026, 10, 20), by=ground.officer)
    sweep_on(LATE)
    assert waiting_for(ground, "cadre") == []
    assert len(waiting_for(ground, "officer")) == 1


def test_what_was_decided_before_the_sweep_is_not_counted(ground: World) -> None:
    sweep_on(date(2026, 10, 31))
    late = Obligation.objects.filter(duty="disclosure", bearer_body=ground.committee).get()
    urge(late, by=ground.officer, at=noon(LATE))
    sweep_on(LATE)
    (message,) = waiting_for(ground, "officer")
    others = late.proposals.model.objects.filter(decision="", obligation__compound__isnull=False)
    assert message.title.startswith(f"{others.count()} 件")
    decline(others.filter(obligation__compound=ground.compound)[0], reason="已电话说明", by=ground.cadre, at=noon(LATE))
    assert len(waiting_for(ground, "cadre")) == 1
