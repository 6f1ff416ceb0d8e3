"""督促 many at once: seen first, changed at will, sent once, whoever else is at it (clause 4.3.1)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.db import connection
from django.test import Client

from communities.permissions import standing_of
from communities.services import end_appointment, suspend
from kernel.errors import ConflictError, DomainError
from kernel.fields import Reference, new_public_id
from notices.models import Message
from supervision.models import Obligation, Proposal, Urging, UrgingBatch
from supervision.permissions import may_urge, people_of_bearer, people_of_bearers, urgeable_by
from supervision.services import batch_urging, fulfil
from supervision.services.batch_urging import USUAL_TEXT, filled, urge_many
from supervision.services.urging import urge, urging_text
from supervision.views import urging as page
from tests.cast import NOON, TODAY, World, build_world
from tests.law import policy_for, sweep_on

ClientOf = Callable[..., Client]
ADDRESS = "/obligations/urge/"


def _sweep(world: World) -> World:
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    return world


@pytest.fixture
def swept(world: World) -> World:
    return _sweep(world)


def _overdue() -> list[Obligation]:
    """What of the compounds' own duties is overdue."""
    return list(Obligation.objects.overdue(TODAY).filter(duty="disclosure").order_by("pk"))


def _told(answer: object) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_all_that_match_the_filters_are_seen_changed_and_sent_once(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    shown = client.post(ADDRESS, {"all": "1", "query": "state=overdue&duty=disclosure"})
    lines, token = shown.context["lines"], shown.context["token"]
    assert {one for one, _, _ in lines} == set(_overdue())
    assert lines[0][1] == urging_text(lines[0][0], at=NOON)
    text = "{单位}：{小区}{期间}{事项}，{剩余}。请联系小区服务岗。"
    chosen = [one.public_id for one, _, _ in lines][1:]  # the first is unticked
    again = client.post(ADDRESS, {"obligation": chosen, "text": text, "query": "state=overdue", "preview": "1"})
    assert len(again.context["lines"]) == len(lines) - 1
    assert again.context["lines"][0][1].endswith("。请联系小区服务岗。")
    assert not Urging.objects.exists()

    data = {"obligation": chosen, "text": text, "query": "state=overdue", "token": token, "confirmed": "1"}
    sent = client.post(ADDRESS, data, follow=True)
    assert sent.redirect_chain[-1][0] == "/obligations/?state=overdue"
    assert _told(sent) == [f"已督促 {len(chosen)} 件，已送到责任单位人员的消息箱。"]
    assert Urging.objects.count() == len(chosen)
    batch = UrgingBatch.objects.get()
    assert (batch.text, batch.asked, batch.urged_by) == (text, len(chosen), swept.officer)
    first = Urging.objects.first()
    assert first.text == filled(text, first.obligation, on=TODAY)
    assert Message.objects.filter(body=first.text).count() == people_of_bearer(first.obligation, TODAY).count()
    decided = Proposal.objects.filter(obligation__public_id__in=chosen)
    assert {(one.decision, one.decided_by) for one in decided} == {("done", swept.officer)}

    repeated = client.post(ADDRESS, data, follow=True)
    assert _told(repeated) == [f"这一批已经发出（{len(chosen)} 件），没有重复发送。"]
    assert Urging.objects.count() == len(chosen)


def test_a_text_changed_after_the_preview_is_shown_before_it_is_sent(swept: World, client_of: ClientOf) -> None:
    client, chosen = client_of(swept.officer), [one.public_id for one in _overdue()]
    shown = client.post(ADDRESS, {"obligation": chosen})
    assert shown.context["seen"] == USUAL_TEXT
    data = {"obligation": chosen, "token": shown.context["token"], "seen": USUAL_TEXT, "confirmed": "1"}
    changed = client.post(ADDRESS, data | {"text": "{单位}，请于今日公示。\r\n谢谢。"})
    assert "内容改过了" in changed.content.decode()
    assert changed.context["lines"][0][1].endswith("，请于今日公示。\n谢谢。")
    assert not Urging.objects.exists()
    data |= {"text": changed.context["seen"], "seen": changed.context["seen"], "token": changed.context["token"]}
    assert client.post(ADDRESS, data).status_code == 302
    assert Urging.objects.count() == len(chosen)


def test_who_was_urged_that_day_or_is_done_meanwhile_falls_out(swept: World, client_of: ClientOf) -> None:
    client, (first, second, *others) = client_of(swept.officer), _overdue()
    shown = client.post(ADDRESS, {"all": "1", "query": "state=overdue&duty=disclosure"})
    urge(first, by=swept.leader, at=NOON)
    fulfil(second, at=NOON, evidence=Reference("x.y", "0" * 16, "凭据"), by=None)
    chosen = [one.public_id for one, _, _ in shown.context["lines"]]
    sent = client.post(ADDRESS, {"obligation": chosen, "token": shown.context["token"], "confirmed": "1"}, follow=True)
    assert _told(sent) == [
        f"已督促 {len(others)} 件，已送到责任单位人员的消息箱。",
        "1 件今天已经督促过，没有再发。",
        "1 件已经完成、解除或不归您督促，没有发。",
    ]
    assert Urging.objects.filter(obligation=first).count() == 1
    fresh = client.post(ADDRESS, {"all": "1", "query": "state=overdue&duty=disclosure"})
    assert fresh.context["lines"] == []
    assert "今天已经督促过，不再发" in fresh.content.decode()


def test_bad_texts_are_refused_beside_the_field_and_kept(swept: World, client_of: ClientOf) -> None:
    client, chosen = client_of(swept.officer), [one.public_id for one in _overdue()]
    for text, words in (
        ("{单位}请{打钱}", "不认识“{打钱}”"),
        ("督" * 501, "至多"),
        ("{单位}" * 60, "最多 500 个字"),
        ("  ", "必填"),
    ):
        for act in ("preview", "confirmed"):
            answer = client.post(ADDRESS, {"obligation": chosen, "text": text, act: "1"})
            content = answer.content.decode()
            assert answer.status_code == 200
            assert text.strip() in content
            assert words in content or 'class="error"' in content, (text[:9], act)
            assert len(answer.context["lines"]) == len(chosen)
    assert not Urging.objects.exists()
    assert not UrgingBatch.objects.exists()


def test_braces_in_a_name_are_no_blanks(swept: World) -> None:
    owed = _overdue()[0]
    swept.committee.name = "{依据}业委会"
    owed.bearer_body, owed.bearer_firm = swept.committee, None
    assert filled("{单位}", owed, on=TODAY) == "{依据}业委会"


def test_of_hundreds_the_most_urgent_go_first_and_the_rest_is_named(
    swept: World, client_of: ClientOf, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(page, "MOST_AT_ONCE", 3)
    answer = client_of(swept.officer).post(ADDRESS, {"all": "1", "query": "state=overdue&duty=disclosure"})
    assert [one.deadline_on for one, _, _ in answer.context["lines"]] == [
        one.deadline_on for one in sorted(_overdue(), key=lambda one: one.deadline_on)[:3]
    ]
    assert f"另有 {len(_overdue()) - 3} 件，发完后再选" in answer.content.decode()


def test_a_cadre_urges_the_own_village_whatever_the_filter_says(swept: World, client_of: ClientOf) -> None:
    answer = client_of(swept.cadre).post(ADDRESS, {"all": "1", "query": ""})
    villages = {one.compound.village for one, _, _ in answer.context["lines"]}
    assert villages == {swept.village}
    foreign = [one.public_id for one in _overdue() if one.compound.village != swept.village]
    sent = client_of(swept.cadre).post(ADDRESS, {"obligation": foreign, "confirmed": "1"}, follow=True)
    assert _told(sent) == ["没有选中可以督促的事项：请勾选未完成的事项。"]
    assert not UrgingBatch.objects.exists()


def test_somebody_elses_page_cannot_be_sent_again(swept: World) -> None:
    chosen, token = [_overdue()[0].public_id], new_public_id()
    urge_many(chosen, text=USUAL_TEXT, token=token, by=swept.officer, at=NOON)
    with pytest.raises(ConflictError, match="已经失效"):
        urge_many(chosen, text=USUAL_TEXT, token=token, by=swept.leader, at=NOON)
    with pytest.raises(DomainError, match="不认识"):
        urge_many(chosen, text="{x}", token=new_public_id(), by=swept.leader, at=NOON)


def test_what_may_be_urged_one_by_one_is_what_may_be_urged_together(swept: World) -> None:
    """The predicate and its queryset twin say the same of everybody."""
    everything = list(Obligation.objects.for_display())
    for person in swept.people.values():
        standing = standing_of(person, TODAY)
        one_by_one = {one.pk for one in everything if one.is_open and may_urge(standing, one)}
        together = urgeable_by(standing, Obligation.objects.all())
        assert set(together.values_list("pk", flat=True)) == one_by_one, person


def test_the_people_of_many_are_the_people_of_each(swept: World) -> None:
    """Also of who left, who is suspended, and of a firm's post for another compound."""
    end_appointment(swept.member.appointments.get(), until_on=date(2026, 7, 31), by=swept.officer)
    suspend(swept.treasurer.appointments.get(), from_on=TODAY, on=TODAY, by=swept.officer)
    post = swept.posts["clerk"]
    post.compound = swept.other_compound
    post.save()
    everything = list(Obligation.objects.for_display())
    together = people_of_bearers(everything, TODAY)
    for one in everything:
        each = {user.pk for user in people_of_bearer(one, TODAY)}
        assert {user.pk for user in together[one.pk]} == each, one


# -- Two at once -------------------------------------------------------------------------------------------------------


def _at_once(*acts: Callable[[], object]) -> list[object]:
    def run(act: Callable[[], object]) -> object:
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_urge_everybody_once() -> None:
    world = _sweep(build_world())
    chosen = [one.public_id for one in _overdue()]
    people = [(world.officer, chosen), (world.leader, chosen[::-1]), (world.second_officer, chosen)]
    sent = _at_once(
        *(
            lambda who=who, order=order: urge_many(order, text=USUAL_TEXT, token=new_public_id(), by=who, at=NOON)
            for who, order in people
        )
    )
    assert sorted(one.urged for one in sent) == [0, 0, len(chosen)]
    assert Urging.objects.count() == len(chosen)


@pytest.mark.django_db(transaction=True)
def test_a_double_click_sends_once() -> None:
    world = _sweep(build_world())
    chosen, token = [one.public_id for one in _overdue()], new_public_id()
    sent = _at_once(*[lambda: urge_many(chosen, text=USUAL_TEXT, token=token, by=world.officer, at=NOON)] * 3)
    assert {one.urged for one in sent} == {len(chosen)}
    assert [one.is_repeated for one in sent].count(False) == 1
    assert Urging.objects.count() == len(chosen)
    assert UrgingBatch.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_harness_sees_the_race_where_the_rows_are_not_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: without the locks on the obligations some bearer is urged twice."""
    world = _sweep(build_world())
    chosen = [one.public_id for one in _overdue()]
    monkeypatch.setattr(type(Obligation.objects.all()), "select_for_update", lambda self, **_: self)
    monkeypatch.setattr(batch_urging.Proposal.objects, "bulk_create", lambda *_, **__: [])
    for day in range(10):
        at = NOON + timedelta(days=day)
        _at_once(
            *(
                lambda who=who, at=at: urge_many(chosen, text=USUAL_TEXT, token=new_public_id(), by=who, at=at)
                for who in (world.officer, world.leader, world.second_officer)
            )
        )
    assert Urging.objects.count() > 10 * len(chosen)
