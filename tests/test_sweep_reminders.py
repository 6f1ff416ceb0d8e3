"""What the sweep says and to whom: reminders and lateness with their own days, proposals, one digest per person."""

from datetime import date, datetime, timedelta

import pytest

from accounts.models import User
from communities.models import Appointment, Body, Compound, Post, ServiceContract
from communities.rules import BodyKind, Role
from communities.services import suspend
from kernel.days import late_from, start_of
from kernel.fields import Reference
from notices.models import Message
from supervision.models import BoardCell, Obligation, Proposal, Reminder
from supervision.rules import Duty
from supervision.services import fulfil, mark_corrected_late, note_progress
from supervision.services.urging import urge
from tests.cast import TODAY, World
from tests.law import noon, policy_for, sweep_on

OCTOBER = date(2026, 10, 1)
SECOND = timedelta(seconds=1)
PROOF = Reference("finance.disclosure", "0" * 16, "凭据")


@pytest.fixture
def ground(world: World) -> World:
    """A policy in force, and nothing owed from before October."""
    world.town.supervised_from_on = OCTOBER
    world.town.save()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    return world


def disclosure_of(world: World) -> Obligation:
    return Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", bearer_body=world.committee)


def steps_of(obligation: Obligation) -> list[tuple[str, date]]:
    return list(obligation.reminders.order_by("on").values_list("step", "on"))


ALL_STEPS = [
    ("remind_first", date(2026, 10, 17)),
    ("remind_second", date(2026, 10, 24)),
    ("remind_last", date(2026, 10, 30)),
    ("overdue", date(2026, 11, 1)),
]


def test_a_disclosure_is_reminded_of_thrice_and_announced_once_it_is_late(ground: World) -> None:
    sweep_on(date(2026, 10, 16))
    assert steps_of(disclosure_of(ground)) == []
    for day, written in ((17, 1), (23, 1), (24, 2), (30, 3), (31, 3)):
        sweep_on(date(2026, 10, day))
        assert steps_of(disclosure_of(ground)) == ALL_STEPS[:written], day
    sweep_on(date(2026, 12, 1))
    assert steps_of(disclosure_of(ground)) == ALL_STEPS


@pytest.mark.parametrize(
    ("fulfilled_at", "written"),
    [
        (start_of(date(2026, 10, 17)) - SECOND, 0),
        (start_of(date(2026, 10, 17)), 1),
        (start_of(date(2026, 11, 1)) - SECOND, 3),
        (start_of(date(2026, 11, 1)), 4),
    ],
)
def test_a_step_is_written_if_the_duty_stood_open_when_its_day_began(
    ground: World, fulfilled_at: datetime, written: int
) -> None:
    """Whenever the sweep runs: here only once, a month later."""
    sweep_on(OCTOBER)
    fulfil(disclosure_of(ground), at=fulfilled_at, evidence=PROOF, by=None)
    sweep_on(date(2026, 12, 1))
    assert steps_of(disclosure_of(ground)) == ALL_STEPS[:written]


def test_the_policys_own_days_count(ground: World) -> None:
    ground.town.policies.all().delete()
    policy_for(ground.town, date(2026, 1, 1), remind_first=60, remind_second=5, remind_last=2)
    sweep_on(date(2026, 11, 5))
    assert steps_of(disclosure_of(ground)) == [
        ("remind_second", date(2026, 10, 26)),
        ("remind_last", date(2026, 10, 29)),
        ("overdue", date(2026, 11, 1)),
    ], "sixty days before, nothing was owed yet"


@pytest.mark.parametrize(
    ("period", "opens_on", "deadline"),
    [
        ("2025Q4", date(2026, 1, 1), date(2026, 1, 31)),
        ("2026Q1", date(2026, 4, 1), date(2026, 4, 30)),
        ("2026Q2", date(2026, 7, 1), date(2026, 7, 31)),
        ("2026Q3", date(2026, 10, 1), date(2026, 10, 31)),
    ],
)
def test_the_last_second_of_the_due_day_is_in_time_and_the_next_is_late(
    world: World, period: str, opens_on: date, deadline: date
) -> None:
    """TIME-01, by every count there is: the obligation, the list and the board."""
    world.town.supervised_from_on = opens_on
    world.town.save()
    policy_for(world.town, date(2025, 12, 1))
    sweep_on(opens_on)
    by_firm = Obligation.objects.get(duty=Duty.DISCLOSURE, period=period, bearer_firm=world.firm)
    by_committee = Obligation.objects.get(duty=Duty.DISCLOSURE, period=period, bearer_body=world.committee)
    assert by_firm.deadline_on == by_committee.deadline_on == deadline
    fulfil(by_firm, at=late_from(deadline) - SECOND, evidence=PROOF, by=None)
    fulfil(by_committee, at=late_from(deadline), evidence=PROOF, by=None)
    assert not by_firm.is_late(deadline + timedelta(days=9))
    assert by_committee.is_late(deadline + timedelta(days=9))
    assert list(Obligation.objects.fulfilled_on_time()) == [by_firm]
    assert list(Obligation.objects.fulfilled_late()) == [by_committee]
    cell = BoardCell.objects.get(duty=Duty.DISCLOSURE, period=period, village=world.village)
    assert (cell.total, cell.done_on_time, cell.done_late, cell.open) == (2, 1, 1, 0)


# -- Proposals ---------------------------------------------------------------------------------------------------------


def test_to_urge_is_proposed_from_the_first_day_of_lateness_and_moot_once_it_is_done(ground: World) -> None:
    sweep_on(date(2026, 10, 31))
    assert not Proposal.objects.exists()
    sweep_on(date(2026, 11, 1))
    mine = disclosure_of(ground)
    proposal = Proposal.objects.get(obligation=mine)
    assert (proposal.proposed_on, proposal.clause, proposal.decision) == (date(2026, 11, 1), "方案四（三）1", "")
    fulfil(mine, at=noon(date(2026, 11, 3)), evidence=PROOF, by=None)
    proposal.refresh_from_db()
    assert (proposal.decision, proposal.decided_at) == (Proposal.Decision.MOOT, noon(date(2026, 11, 3)))


def test_what_was_done_late_before_the_sweep_came_is_proposed_and_moot_at_once(ground: World) -> None:
    sweep_on(OCTOBER)
    fulfil(disclosure_of(ground), at=noon(date(2026, 11, 3)), evidence=PROOF, by=None)
    sweep_on(date(2026, 11, 20))
    proposal = Proposal.objects.get(obligation=disclosure_of(ground))
    assert (proposal.proposed_on, proposal.decision, proposal.decided_at) == (
        date(2026, 11, 1),
        Proposal.Decision.MOOT,
        noon(date(2026, 11, 3)),
    )


def test_who_urges_before_the_sweep_has_come_decides_the_proposal_all_the_same(ground: World) -> None:
    sweep_on(OCTOBER)
    late = start_of(date(2026, 11, 1)) + timedelta(minutes=3)
    urge(disclosure_of(ground), by=ground.officer, at=late)
    sweep_on(date(2026, 11, 1))
    proposal = Proposal.objects.get(obligation=disclosure_of(ground))
    assert (proposal.proposed_on, proposal.decision, proposal.decided_by, proposal.decided_at) == (
        date(2026, 11, 1),
        Proposal.Decision.DONE,
        ground.officer,
        late,
    )


# -- Digests -----------------------------------------------------------------------------------------------------------


def told(person: User) -> list[Message]:
    return list(Message.objects.filter(recipient=person).order_by("id"))


def test_after_a_long_silence_everybody_gets_one_message_that_lists_all(ground: World) -> None:
    """TIME-02: one digest, not a flood."""
    sweep_on(date(2026, 11, 20))
    (message,) = told(ground.chair)
    assert message.kind == Message.Kind.OVERDUE
    assert message.title == "2 件事项待办（1 件已逾期）：仑后花园 2026年第三季度公共收益季度公示等"
    assert message.body.splitlines() == [
        "仑后花园 2026年第三季度公共收益季度公示：已逾期 20 天（期限2026年10月31日；依据：方案四（三）1）",
        "仑后花园 2026年第四季度业主座谈会：还剩 41 天（期限2026年12月31日；依据：方案四（四）2）",
    ]
    # Officers and cadres also learn, in one, what waits for their decision.
    assert Message.objects.count() == Message.objects.values("recipient", "kind").distinct().count()


def test_each_is_told_of_what_is_theirs(ground: World) -> None:
    sweep_on(OCTOBER)
    for person in ("chair", "treasurer", "member", "manager", "clerk", "officer", "second_officer", "other_chair"):
        assert len(told(getattr(ground, person))) == 1, person
    for person in ("leader", "auditor", "cadre", "supervisor", "owner", "stranger"):
        assert told(getattr(ground, person)) == [], person
    assert "杆头" not in told(ground.chair)[0].body
    assert "全镇联席会议" in told(ground.officer)[0].body


def test_a_manager_of_one_compound_is_not_told_of_another(ground: World) -> None:
    second = Compound.objects.create(village=ground.village, name="仑后二期", kind="old", built_year=2015)
    ServiceContract.objects.create(compound=second, firm=ground.firm, from_on=date(2026, 1, 1), fee_per_m2=1)
    person = User.objects.create(username="project", name="项目人")
    post = Post.objects.create(firm=ground.firm, compound=second, title="二期经理", role=Role.FIRM_MANAGER)
    Appointment.objects.create(post=post, user=person, from_on=date(2026, 1, 1))
    sweep_on(OCTOBER)
    assert {line.split()[0] for line in told(person)[0].body.splitlines()} == {"仑后二期"}
    assert {line.split()[0] for line in told(ground.manager)[0].body.splitlines()} == {"仑后花园", "仑后二期"}


def test_the_suspended_the_departed_and_the_locked_out_are_not_told(ground: World) -> None:
    suspend(Appointment.objects.get(user=ground.treasurer), from_on=date(2026, 9, 1), on=date(2026, 9, 1), by=None)
    Appointment.objects.filter(user=ground.member).update(until_on=date(2026, 9, 30))
    User.objects.filter(pk=ground.chair.pk).update(is_active=False)
    sweep_on(OCTOBER)
    assert told(ground.treasurer) == told(ground.member) == told(ground.chair) == []
    assert told(ground.manager)


def test_the_last_members_of_a_dissolved_committee_are_told_of_what_they_left_open(ground: World) -> None:
    Body.objects.filter(pk=ground.committee.pk).update(ended_on=OCTOBER)
    Appointment.objects.filter(post__body=ground.committee).update(until_on=OCTOBER)
    sweep_on(date(2026, 10, 17))
    (message,) = told(ground.chair)
    assert "2026年第三季度公共收益季度公示" in message.title
    assert message.subject.public_id == disclosure_of(ground).public_id


def test_a_second_sweep_tells_only_what_is_new_since(ground: World) -> None:
    sweep_on(OCTOBER)
    sweep_on(OCTOBER)
    assert len(told(ground.chair)) == 1
    sweep_on(date(2026, 10, 17))
    _, second = told(ground.chair)
    assert second.title == "1 件事项待办：仑后花园 2026年第三季度公共收益季度公示"
    assert second.kind == Message.Kind.REMINDER
    fulfil(disclosure_of(ground), at=noon(date(2026, 10, 18)), evidence=PROOF, by=None)
    sweep_on(date(2026, 11, 1))
    assert len(told(ground.chair)) == 2, "what is done is not spoken of"


def test_a_long_list_is_cut_and_says_so(ground: World) -> None:
    for number in range(40):
        compound = Compound.objects.create(village=ground.village, name=f"小区{number:02}", kind="old", built_year=2000)
        ServiceContract.objects.create(compound=compound, firm=ground.firm, from_on=date(2026, 1, 1), fee_per_m2=1)
    sweep_on(OCTOBER)
    (message,) = told(ground.manager)
    assert message.title.startswith("82 件事项待办：")
    assert len(message.body.splitlines()) == 31
    assert message.body.endswith("另有 52 件，见“义务事项”。")


# -- The rollup follows every change -----------------------------------------------------------------------------------


def test_progress_and_late_corrections_are_counted_at_once(ground: World) -> None:
    sweep_on(OCTOBER)
    mine = disclosure_of(ground)

    def cell() -> BoardCell:
        return BoardCell.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", village=ground.village)

    note_progress(mine, progress=Obligation.Progress.UNPOSTED)
    assert (cell().unposted, cell().open) == (1, 2)
    fulfil(mine, at=noon(TODAY), evidence=PROOF, by=None)
    assert (cell().unposted, cell().done_on_time, cell().open) == (0, 1, 1)
    mark_corrected_late(mine, at=noon(date(2026, 10, 31)))
    assert cell().corrected_late == 0
    mark_corrected_late(mine, at=noon(date(2026, 11, 2)))
    assert (cell().corrected_late, cell().done_on_time) == (1, 1)


def test_a_body_of_another_kind_bears_nothing(ground: World) -> None:
    Body.objects.create(
        kind=BodyKind.PARTY_BRANCH,
        name="旧宿舍党支部",
        town=ground.town,
        village=ground.village,
        compound=ground.bare_compound,
        from_on=date(2026, 1, 1),
    )
    sweep_on(TODAY)
    assert not Obligation.objects.filter(compound=ground.bare_compound).exists()
    assert not Reminder.objects.filter(obligation__compound=ground.bare_compound).exists()
