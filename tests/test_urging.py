"""督促: the town or the village urges, on the record, and the bearer's people find it (clause 4.3.1)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test import Client

from accounts.models import ActionRecord
from communities.services import suspend
from kernel.days import local_day
from kernel.errors import ConflictError
from notices.models import Message
from supervision.models import Obligation, Proposal, Urging
from supervision.services.urging import urge
from tests.cast import NOON, TODAY, World, build_world
from tests.doors import hides_from, refuses, requires_login, serves
from tests.law import policy_for, sweep_on

ClientOf = Callable[..., Client]


def _owed(world: World) -> Obligation:
    """The committee's disclosure of the second quarter, overdue since 1 August."""
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    return Obligation.objects.get(duty="disclosure", period="2026Q2", bearer_body=world.committee)


@pytest.fixture
def owed(world: World) -> Obligation:
    return _owed(world)


def _send(client: Client, *obligations: Obligation) -> list[str]:
    """Urge from the list, through the page that shows what will be sent; the messages shown afterwards."""
    chosen = [one.public_id for one in obligations]
    preview = client.post("/obligations/urge/", {"obligation": chosen})
    assert preview.status_code == 200
    sent = client.post("/obligations/urge/", {"obligation": chosen, "confirmed": "1"}, follow=True)
    return [str(message) for message in sent.context["messages"]]


def test_an_officer_urges_from_the_list_and_the_committee_finds_it(
    world: World, owed: Obligation, client_of: ClientOf
) -> None:
    preview = client_of(world.officer).post("/obligations/urge/", {"obligation": [owed.public_id]})
    assert "仑后花园业主委员会：你单位应于2026年7月31日前完成" in preview.content.decode()
    assert not Urging.objects.exists()

    assert _send(client_of(world.officer), owed) == ["已督促 1 件，已送到责任单位人员的消息箱。"]
    urging = Urging.objects.get()
    assert (urging.obligation, urging.urged_by, urging.urged_as) == (owed, world.officer, "小区服务岗 办公室成员")
    assert (urging.clause, local_day(urging.urged_at)) == ("方案四（三）1", TODAY)
    told = Message.objects.filter(kind=Message.Kind.URGING).values_list("recipient__username", flat=True)
    assert sorted(told) == ["chair", "member", "treasurer"]
    proposal = Proposal.objects.get(obligation=owed)
    assert (proposal.decision, proposal.decided_by) == (Proposal.Decision.DONE, world.officer)
    assert ActionRecord.objects.filter(act="督促", by=world.officer).count() == 1
    page = client_of(world.chair).get(f"/obligations/{owed.public_id}/").content.decode()
    assert "督促（小区服务岗 办公室成员）" in page


def test_the_villages_cadre_urges_in_words_of_his_own(world: World, owed: Obligation, client_of: ClientOf) -> None:
    answer = client_of(world.cadre).post(f"/obligations/{owed.public_id}/urge/", {"text": "请于本周五前公示。"})
    assert answer.status_code == 302
    urging = Urging.objects.get()
    assert (urging.text, urging.urged_as) == ("请于本周五前公示。", "仑后村委会 主任")
    assert Message.objects.get(recipient=world.chair, kind=Message.Kind.URGING).body == "请于本周五前公示。"


def test_a_text_too_long_is_refused_and_kept(world: World, owed: Obligation, client_of: ClientOf) -> None:
    text = "督" * 501
    answer = client_of(world.officer).post(f"/obligations/{owed.public_id}/urge/", {"text": text})
    assert answer.status_code == 200
    assert text in answer.content.decode()
    assert not Urging.objects.exists()


def test_nobody_is_urged_twice_on_a_day_but_again_on_the_next(
    world: World, owed: Obligation, client_of: ClientOf, on_day: Callable[..., None]
) -> None:
    _send(client_of(world.officer), owed)
    assert "今天已经督促过" in _send(client_of(world.cadre), owed)[0]
    on_day(TODAY + timedelta(days=1))
    _send(client_of(world.cadre), owed)
    assert Urging.objects.count() == 2


def test_what_is_done_or_foreign_falls_out_of_the_choice(world: World, owed: Obligation, client_of: ClientOf) -> None:
    foreign = Obligation.objects.get(duty="disclosure", period="2026Q2", bearer_body=world.other_committee)
    answer = client_of(world.cadre).post("/obligations/urge/", {"obligation": [foreign.public_id, owed.public_id]})
    page = answer.content.decode()
    assert "仑后花园业主委员会" in page
    assert "杆头新村" not in page
    nothing = client_of(world.cadre).post("/obligations/urge/", {"obligation": ["x", foreign.public_id]}, follow=True)
    assert "没有选中可以督促的事项" in nothing.content.decode()
    assert not Urging.objects.exists()


def test_the_towns_own_lateness_is_not_urged_but_seen(world: World, owed: Obligation, client_of: ClientOf) -> None:
    own = Obligation.objects.filter(duty="town_meeting").earliest("period")
    refuses(world.officer, f"/obligations/{own.public_id}/urge/")
    assert serves(world.officer, f"/obligations/{own.public_id}/").status_code == 200
    assert serves(world.officer, f"/obligations/{owed.public_id}/urge/").status_code == 200


def test_a_suspended_member_is_not_told(world: World, owed: Obligation, client_of: ClientOf) -> None:
    suspend(world.treasurer.appointments.get(), from_on=TODAY, on=TODAY, by=world.officer)
    _send(client_of(world.officer), owed)
    told = Message.objects.filter(kind=Message.Kind.URGING).values_list("recipient__username", flat=True)
    assert sorted(told) == ["chair", "member"]


def test_an_officer_decides_not_to_urge_only_with_a_reason(world: World, owed: Obligation, client_of: ClientOf) -> None:
    client, address = client_of(world.officer), f"/obligations/{owed.public_id}/decline/"
    client.post(address, {"reason": "  "})
    assert Proposal.objects.get(obligation=owed).decision == ""
    client.post(address, {"reason": "账户刚移交，已约定下周公示"})
    proposal = Proposal.objects.get(obligation=owed)
    assert (proposal.decision, proposal.reason) == (Proposal.Decision.DECLINED, "账户刚移交，已约定下周公示")
    again = client.post(address, {"reason": "再来一次"}, follow=True)
    assert "已经有了决定" in again.content.decode()
    assert "账户刚移交" in client.get(f"/obligations/{owed.public_id}/").content.decode()


# -- Who may -----------------------------------------------------------------------------------------------------------

PAGES = ("/obligations/{}/urge/", "/obligations/{}/decline/")


@pytest.mark.parametrize("page", PAGES)
def test_urging_requires_login(owed: Obligation, page: str) -> None:
    requires_login(page.format(owed.public_id), data={"text": "", "reason": "理由"})


@pytest.mark.parametrize("page", PAGES)
def test_urging_hides_from_strangers(world: World, owed: Obligation, page: str) -> None:
    for person in (world.stranger, world.owner, world.other_cadre, world.other_chair, world.other_manager):
        hides_from(person, page.format(owed.public_id), data={"text": "", "reason": "理由"})
    assert not Urging.objects.exists()
    serves(world.officer, page.format(owed.public_id), data={"text": "", "reason": "理由"})


@pytest.mark.parametrize("page", PAGES)
def test_urging_refuses_read_only_members(world: World, owed: Obligation, page: str) -> None:
    for person in (world.chair, world.member, world.supervisor, world.manager, world.auditor):
        refuses(person, page.format(owed.public_id), data={"text": "", "reason": "理由"})
    assert not Urging.objects.exists()
    serves(world.officer, page.format(owed.public_id), data={"text": "", "reason": "理由"})


def test_urging_serves_the_town_and_the_village(world: World, owed: Obligation) -> None:
    for person in (world.officer, world.leader, world.cadre):
        serves(person, f"/obligations/{owed.public_id}/urge/")


def test_urging_several_requires_login_and_refuses_who_does_not_supervise(world: World, owed: Obligation) -> None:
    data = {"obligation": [owed.public_id], "confirmed": "1"}
    requires_login("/obligations/urge/", data=data)
    for person in (world.stranger, world.owner, world.chair, world.manager, world.auditor):
        refuses(person, "/obligations/urge/", data=data)
    assert not Urging.objects.exists()
    serves(world.officer, "/obligations/urge/", data=data)
    assert Urging.objects.count() == 1


# -- Two at once -------------------------------------------------------------------------------------------------------


def _urge_at_once(obligation: Obligation, people: list[object], at: datetime) -> list[str]:
    def one(user: object) -> str:
        try:
            urge(obligation, by=user, at=at)
        except ConflictError:
            return "refused"
        finally:
            connection.close()
        return "urged"

    with ThreadPoolExecutor(len(people)) as pool:
        return sorted(pool.map(one, people))


@pytest.mark.django_db(transaction=True)
def test_of_several_who_urge_at_once_one_is_recorded() -> None:
    world = build_world()
    owed = _owed(world)
    people = [world.officer, world.second_officer, world.leader, world.cadre]
    assert _urge_at_once(owed, people, NOON) == ["refused", "refused", "refused", "urged"]
    assert Urging.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_harness_sees_the_race_where_the_row_is_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: without the lock on the obligation more than one gets through."""
    world = build_world()
    owed = _owed(world)
    queryset = type(Obligation.objects.all())
    monkeypatch.setattr(queryset, "select_for_update", lambda self, **_: self)
    people = [world.officer, world.second_officer, world.leader, world.cadre]
    rounds = [_urge_at_once(owed, people, NOON + timedelta(days=n)).count("urged") for n in range(10)]
    assert max(rounds) > 1
