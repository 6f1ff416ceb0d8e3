"""延期: a deadline moves openly for all concerned; lateness, reminders, proposals and the board follow the new day."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from communities.models import Compound, ServiceContract
from kernel.days import late_from
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from notices.models import Message
from supervision.models import BoardCell, Extension, Obligation, Proposal, Reminder
from supervision.rules import Duty
from supervision.services import fulfil
from supervision.services.extensions import Days, confirm_extension, enter_extension, withdraw_extension
from supervision.services.urging import urge
from tests.cast import TODAY, World
from tests.conftest import noon_of
from tests.doors import hides_from, refuses, requires_login, serves
from tests.law import noon, policy_for, rows, sweep_on

ClientOf = Callable[..., Client]
DUE, NEW = date(2026, 10, 31), date(2026, 11, 5)
ONE_DAY = timedelta(days=1)
PROOF = Reference("supervision.performance", "0" * 16, "凭据")
FORM = {
    "from_on": "2026-10-30",
    "until_on": "2026-10-31",
    "new_on": "2026-11-05",
    "reason": "系统故障，10月30日至31日不能登录",
    "basis": "运行记录 2026-10-31 第 3 条",
}


@pytest.fixture
def ground(world: World) -> World:
    """The cast, with a policy in force through 2026 and supervision from July on."""
    world.town.supervised_from_on = date(2026, 7, 1)
    world.town.save()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    return world


def entered(world: World, on: date = DUE, *, days: Days | None = None, **facts: Any) -> Extension:
    return enter_extension(
        world.town,
        days=days or Days(DUE - ONE_DAY, DUE, NEW),
        reason="台风停工停电",
        basis="示例政办〔2026〕9号",
        by=world.officer,
        at=noon(on),
        **facts,
    )


def extend(world: World, on: date = DUE, **facts: Any) -> Extension:
    return confirm_extension(entered(world, on, **facts), by=world.leader, at=noon(on))


def disclosure(world: World) -> Obligation:
    return Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", bearer_body=world.committee)


def steps(obligation: Obligation) -> list[tuple[str, date]]:
    return list(obligation.reminders.order_by("on", "pk").values_list("step", "on"))


# -- Lateness ----------------------------------------------------------------------------------------------------------


def test_the_extended_deadline_decides_on_both_sides_of_midnight(ground: World) -> None:
    """TIME-01 for an extended day: done by 5 November 24:00 is on time, one moment later is late."""
    sweep_on(DUE)
    extend(ground)
    mine, theirs = Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3", compound=ground.compound)
    assert not mine.is_late(NEW)
    assert mine.is_late(NEW + ONE_DAY)
    fulfil(mine, at=late_from(NEW) - timedelta(seconds=1), evidence=PROOF, by=None)
    fulfil(theirs, at=late_from(NEW), evidence=PROOF, by=None)
    quarter = Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3")
    assert [one.pk for one in quarter.fulfilled_on_time()] == [mine.pk]
    assert [one.pk for one in quarter.fulfilled_late()] == [theirs.pk]
    cell = BoardCell.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", village=ground.village)
    assert (cell.deadline_on, cell.done_on_time, cell.done_late) == (NEW, 1, 1)


@pytest.mark.parametrize(
    ("first", "last", "moves"),
    [
        (DUE, DUE, True),
        (DUE - ONE_DAY, DUE - ONE_DAY, False),
        (DUE + ONE_DAY, DUE + ONE_DAY, False),
        (DUE - ONE_DAY, DUE + ONE_DAY, True),
    ],
)
def test_only_deadlines_on_the_days_concerned_move(ground: World, first: date, last: date, *, moves: bool) -> None:
    sweep_on(TODAY)
    extend(ground, days=Days(first, last, NEW))
    found = disclosure(ground)
    assert found.deadline_on == (NEW if moves else DUE)
    assert found.unextended_on == (DUE if moves else None)
    assert found.due_on == DUE


def test_who_was_done_late_before_the_extension_is_on_time_after_it(ground: World) -> None:
    sweep_on(DUE + 3 * ONE_DAY)
    owed = disclosure(ground)
    fulfil(owed, at=noon(DUE + 2 * ONE_DAY), evidence=PROOF, by=None)
    assert owed.is_late(DUE + 3 * ONE_DAY)
    extend(ground, DUE + 3 * ONE_DAY)
    owed.refresh_from_db()
    assert not owed.is_late(DUE + 3 * ONE_DAY)
    cell = BoardCell.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", village=ground.village)
    assert (cell.total, cell.done_on_time, cell.done_late) == (2, 1, 0)


def test_the_village_the_compound_and_the_duty_narrow_it(ground: World) -> None:
    sweep_on(TODAY)
    every = Obligation.objects.filter(deadline_on=DUE)
    assert set(every.values_list("compound", flat=True)) == {ground.compound.pk, ground.other_compound.pk}
    extend(ground, duty=Duty.OWNERS_FORUM)
    assert not Obligation.objects.exclude(extension=None).exists()
    extend(ground, village=ground.other_village)
    moved = Obligation.objects.exclude(extension=None)
    assert set(moved.values_list("compound", flat=True)) == {ground.other_compound.pk}
    extend(ground, compound=ground.compound, duty=Duty.DISCLOSURE)
    assert not Obligation.objects.filter(duty=Duty.DISCLOSURE, deadline_on=DUE).exists()


def test_a_second_typhoon_in_the_extended_days_extends_again(ground: World) -> None:
    sweep_on(TODAY)
    extend(ground)
    latest = date(2026, 11, 20)
    second = extend(ground, NEW, days=Days(NEW - ONE_DAY, NEW + ONE_DAY, latest))
    found = disclosure(ground)
    assert (found.unextended_on, found.deadline_on, found.extension) == (DUE, latest, second)
    withdraw_extension(second, reason="误录", by=ground.officer, at=noon(NEW))
    found.refresh_from_db()
    assert (found.unextended_on, found.deadline_on) == (DUE, NEW)


# -- The sweep ---------------------------------------------------------------------------------------------------------


def test_what_the_sweep_opens_later_is_extended_too(ground: World) -> None:
    extend(ground, date(2026, 9, 20))
    assert not Obligation.objects.exists()
    sweep_on(date(2026, 10, 2))
    assert disclosure(ground).deadline_on == NEW


def test_reminders_follow_the_new_day_from_when_it_is_known(ground: World) -> None:
    for day in range(1, 32):
        sweep_on(date(2026, 10, day))
    extend(ground, DUE)
    for day in range(7):
        sweep_on(DUE + day * ONE_DAY)
    assert steps(disclosure(ground)) == [
        ("remind_first", date(2026, 10, 17)),
        ("remind_second", date(2026, 10, 24)),
        ("remind_last", date(2026, 10, 30)),
        ("remind_last", date(2026, 11, 4)),
        ("overdue", date(2026, 11, 6)),
    ]


@pytest.mark.parametrize("confirmed_on", [DUE - 9 * ONE_DAY, DUE, DUE + ONE_DAY, DUE + 9 * ONE_DAY])
def test_a_sweep_after_45_days_of_silence_leaves_the_rows_of_daily_ones(ground: World, confirmed_on: date) -> None:
    """TIME-02 with an extension confirmed in between: before the deadline, on it, after it, and after the new one."""
    first, last = date(2026, 10, 1), date(2026, 11, 15)
    with transaction.atomic():
        sweep_on(first)
        extend(ground, confirmed_on)
        sweep_on(last)
        silent = rows()
        sweep_on(last)
        assert rows() == silent
        transaction.set_rollback(True)
    for day in range((last - first).days + 1):
        on = first + day * ONE_DAY
        sweep_on(on)
        if on == confirmed_on:
            extend(ground, confirmed_on)
            sweep_on(on)
    assert rows() == silent
    assert any(one[7] for one in silent["proposals"])


def test_a_proposal_to_urge_becomes_moot_and_another_arises_after_the_new_day(ground: World) -> None:
    sweep_on(DUE + ONE_DAY)
    owed = disclosure(ground)
    assert owed.proposals.get().decision == ""
    extension = extend(ground, DUE + ONE_DAY)
    first = owed.proposals.get()
    assert (first.decision, first.decided_at) == (Proposal.Decision.MOOT, extension.records.get().at)
    sweep_on(NEW)
    assert owed.proposals.count() == 1
    sweep_on(NEW + ONE_DAY)
    assert [(one.proposed_on, one.decision) for one in owed.proposals.all()] == [
        (DUE + ONE_DAY, "moot"),
        (NEW + ONE_DAY, ""),
    ]
    urge(owed, by=ground.officer, at=noon(NEW + ONE_DAY))
    assert owed.proposals.last().decision == Proposal.Decision.DONE


def test_the_bearers_are_told_once_with_both_days(ground: World) -> None:
    sweep_on(TODAY)
    before = Message.objects.inbox_of(ground.treasurer).count()
    extend(ground)
    told = Message.objects.inbox_of(ground.treasurer)
    assert told.count() == before + 1
    assert "延期" in told.latest("pk").title
    assert "期限2026年11月5日，原10月31日，已延期" in told.latest("pk").body
    sweep_on(TODAY)
    assert told.count() == before + 1


def test_the_statements_do_not_grow_with_the_compounds(ground: World) -> None:
    def statements() -> int:
        extension = entered(ground, TODAY)
        with CaptureQueriesContext(connection) as seen:
            confirm_extension(extension, by=ground.leader, at=noon(TODAY))
        count = len(seen)
        withdraw_extension(extension, reason="误录", by=ground.officer, at=noon(TODAY))
        return count

    sweep_on(TODAY - ONE_DAY)
    few = statements()
    for number in range(40):
        one = Compound.objects.create(village=ground.village, name=f"小区{number}", kind="old", built_year=2000)
        ServiceContract.objects.create(compound=one, firm=ground.firm, from_on=date(2026, 1, 1), fee_per_m2=1)
    sweep_on(TODAY)
    assert Obligation.objects.filter(deadline_on=DUE).count() > 40
    assert statements() <= few


# -- Withdrawal and the record -----------------------------------------------------------------------------------------


def test_a_withdrawal_brings_the_former_day_back_except_for_who_relied_on_it(ground: World) -> None:
    sweep_on(DUE + ONE_DAY)
    extension = extend(ground, DUE + ONE_DAY)
    relied, waits = Obligation.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3", compound=ground.compound)
    fulfil(relied, at=noon(DUE + 2 * ONE_DAY), evidence=PROOF, by=None)
    withdraw_extension(extension, reason="通知已撤销", by=ground.second_officer, at=noon(DUE + 3 * ONE_DAY))
    relied.refresh_from_db()
    waits.refresh_from_db()
    assert (relied.deadline_on, relied.is_late(NEW)) == (NEW, False)
    assert (waits.deadline_on, waits.unextended_on, waits.extension) == (DUE, None, None)
    assert waits.is_late(DUE + 3 * ONE_DAY)
    assert waits.proposals.get().decision == ""
    sweep_on(DUE + 3 * ONE_DAY)
    assert waits.proposals.get().decision == ""
    cells = BoardCell.objects.filter(duty=Duty.DISCLOSURE, period="2026Q3", village=ground.village)
    assert sorted((cell.deadline_on, cell.total, cell.done_on_time) for cell in cells) == [(DUE, 1, 0), (NEW, 1, 1)]


def test_one_enters_it_another_confirms_it_and_the_database_agrees(ground: World) -> None:
    sweep_on(TODAY)
    extension = entered(ground)
    assert disclosure(ground).deadline_on == DUE
    with pytest.raises(DomainError, match="录入人不能确认"):
        confirm_extension(extension, by=ground.officer, at=noon(DUE))
    for person in (ground.cadre, ground.auditor, ground.chair):
        with pytest.raises(NotAllowedError):
            confirm_extension(extension, by=person, at=noon(DUE))
    record = {"extension": extension, "kind": "confirmed", "at": noon(DUE)}
    with pytest.raises(IntegrityError, match="one_enters_an_extension"), transaction.atomic():
        extension.records.create(**record, entered_by=ground.officer, by=ground.officer)
    confirm_extension(extension, by=ground.second_officer, at=noon(DUE))
    with pytest.raises(ConflictError, match="许丽明 确认"):
        confirm_extension(extension, by=ground.leader, at=noon(DUE))
    withdraw_extension(extension, reason="误录", by=ground.officer, at=noon(DUE))
    with pytest.raises(ConflictError, match="撤回"):
        withdraw_extension(extension, reason="误录", by=ground.officer, at=noon(DUE))


def test_a_record_that_names_another_enterer_is_refused(ground: World) -> None:
    """Else a person could confirm their own by naming somebody else."""
    extension = entered(ground)
    record = {"kind": "confirmed", "entered_by": ground.leader, "by": ground.officer, "at": noon(DUE)}
    with pytest.raises(IntegrityError, match="a_record_names_who_entered_its_extension"), transaction.atomic():
        extension.records.create(**record)


def test_an_extension_withdrawn_before_it_was_confirmed_never_holds(ground: World) -> None:
    sweep_on(TODAY)
    extension = entered(ground)
    withdraw_extension(extension, reason="录错日期", by=ground.officer, at=noon(DUE))
    with pytest.raises(ConflictError, match="撤回"):
        confirm_extension(extension, by=ground.leader, at=noon(DUE))
    assert disclosure(ground).deadline_on == DUE
    assert Reminder.objects.exists()


# -- The pages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def due(ground: World, clock: time_machine.Traveller) -> World:
    """The day of the deadline, swept."""
    clock.move_to(noon_of(DUE))
    sweep_on(DUE)
    return ground


def test_an_officer_enters_it_on_the_page_a_leader_confirms_it_and_everybody_concerned_reads_it(
    due: World, client_of: ClientOf
) -> None:
    owed = disclosure(due)
    answer = client_of(due.officer).post("/extensions/enter/350581101/", FORM)
    assert answer.status_code == 302, answer.content.decode()
    address = answer["Location"]
    own = client_of(due.officer).get(address).content.decode()
    assert "须由另一位工作人员或镇领导" in own
    assert "确认延期</button>" not in own
    assert "确认延期</button>" in client_of(due.leader).get(address).content.decode()
    assert client_of(due.chair).get(address).status_code == 404
    client_of(due.leader).post(f"{address}confirm/")
    for person in (due.chair, due.clerk, due.cadre, due.auditor, due.officer, due.owner):
        page = client_of(person).get(address).content.decode()
        assert "系统故障，10月30日至31日不能登录" in page, person
        assert "柳建安" in page
    page = client_of(due.chair).get(f"/obligations/{owed.public_id}/").content.decode()
    for words in ("2026年10月31日", "2026年11月5日", "系统故障，10月30日至31日不能登录", "运行记录 2026-10-31 第 3 条"):
        assert words in page, words
    listed = client_of(due.chair).get("/obligations/").content.decode()
    assert "已延期：系统故障" in listed
    answer = client_of(due.officer).post(f"{address}withdraw/", {"reason": ""})
    assert "请写明撤回的理由" in answer.content.decode()
    assert client_of(due.officer).post(f"{address}withdraw/", {"reason": "误录"}).status_code == 302
    assert disclosure(due).deadline_on == DUE


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"from_on": ""}, "请选择日期"),
        ({"from_on": "十月三十日"}, "日期无法识别"),
        ({"until_on": "2026-10-29"}, "止日不能早于起日"),
        ({"until_on": "2027-10-31", "new_on": "2027-11-05"}, "最多涉及 92 天"),
        ({"new_on": "2026-10-31"}, "新期限须晚于 2026年10月31日"),
        ({"new_on": "2036-11-05"}, "一次最多延 184 天"),
        ({"reason": " 　"}, "请写明延期的原因"),
        ({"reason": "长" * 201}, "原因最多 200 个字"),
        ({"basis": ""}, "请写明依据"),
        ({"compound": "没有的花园"}, "宝盖镇没有名为“没有的花园”的小区"),
        ({"duty": "x"}, "请从列出的事项中选择"),
        ({"village": "x"}, "请从列出的村（社区）中选择"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_nothing_typed_is_lost(
    due: World, client_of: ClientOf, changed: dict[str, str], message: str
) -> None:
    page = client_of(due.officer).post("/extensions/enter/350581101/", FORM | changed).content.decode()
    assert message in page
    kept = (FORM | changed)["basis"]
    assert kept in page
    assert not Extension.objects.exists()


def test_what_waits_for_its_second_person_is_on_the_desks_of_the_others_only(due: World, client_of: ClientOf) -> None:
    words = "延期待第二人确认：台风停工停电"
    extension = entered(due)
    assert words in client_of(due.leader).get("/desk/").content.decode()
    assert words not in client_of(due.officer).get("/desk/").content.decode()
    assert words not in client_of(due.cadre).get("/desk/").content.decode()
    confirm_extension(extension, by=due.leader, at=noon(DUE))
    assert words not in client_of(due.second_officer).get("/desk/").content.decode()


def test_a_second_extension_of_the_same_days_counts_what_it_moves_further(due: World, client_of: ClientOf) -> None:
    extend(due)
    concerned = Obligation.objects.filter(unextended_on=DUE).count()
    second = entered(due, days=Days(DUE, DUE, date(2026, 11, 12)))
    page = client_of(due.leader).get(f"/extensions/{second.public_id}/").content.decode()
    assert f'data-concerned="{concerned}"' in page
    confirm_extension(second, by=due.leader, at=noon(DUE))
    assert set(Obligation.objects.exclude(extension=None).values_list("deadline_on", "unextended_on")) == {
        (date(2026, 11, 12), DUE)
    }


def test_a_compound_is_found_by_its_name_and_by_its_village_where_two_are_called_alike(
    due: World, client_of: ClientOf
) -> None:
    Compound.objects.create(village=due.other_village, name="仑后花园", kind="old", built_year=2000)
    client = client_of(due.officer)
    page = client.post("/extensions/enter/350581101/", FORM | {"compound": "仑后花园"}).content.decode()
    assert "有多个小区名为“仑后花园”" in page
    client.post("/extensions/enter/350581101/", FORM | {"compound": "仑后花园 ", "village": due.village.public_id})
    assert Extension.objects.get().compound == due.compound


def test_who_may_enter_confirm_and_withdraw(due: World) -> None:
    enter = "/extensions/enter/350581101/"
    requires_login(enter)
    hides_from(due.stranger, enter)
    refuses(due.auditor, enter)
    refuses(due.leader, enter)
    refuses(due.chair, enter)
    serves(due.officer, enter)
    address = f"/extensions/{entered(due).public_id}/"
    for act, data in (("confirm/", {}), ("withdraw/", {"reason": "误录"})):
        requires_login(address + act, data=data)
        hides_from(due.stranger, address + act, data=data)
        hides_from(due.cadre, address + act, data=data)
        refuses(due.auditor, address + act, data=data)
    refuses(due.officer, f"{address}confirm/", data={})
    refuses(due.leader, f"{address}withdraw/", data={"reason": "误录"})
    serves(due.leader, f"{address}confirm/", data={})
    serves(due.second_officer, f"{address}withdraw/", data={"reason": "误录"})


def test_the_list_names_the_extensions_of_the_own_town_and_nothing_to_strangers(
    due: World, client_of: ClientOf
) -> None:
    requires_login("/extensions/")
    extend(due)
    assert "台风停工停电" in client_of(due.owner).get("/extensions/").content.decode()
    assert "台风停工停电" not in client_of(due.stranger).get("/extensions/").content.decode()
