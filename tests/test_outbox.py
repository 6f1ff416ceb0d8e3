"""Messages leave the house by the outbox: with the act or not at all, by each person's wishes, at decent hours."""

from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.core import mail
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.gateways import GatewayError
from accounts.models import OutgoingSample, User
from communities.models import Appointment, Ownership
from communities.services import suspend
from kernel.errors import DomainError
from notices.models import Delivery, Message, Wishes
from notices.rules import BACK_OFF, MOST_ATTEMPTS, TRANSITIONS, Channel, DeliveryState, MessageKind, quiet_until
from notices.services import Preferences, preferences_of, send_message, set_preferences
from notices.services.channels import CHANNELS, Parcel
from tests.cast import NOON, TODAY, World
from tests.gateway import FakeGateway
from tests.outbox import State, at, relay_now, sms_of, states, tell

ClientOf = Callable[[User | None], Client]


@pytest.fixture
def ground(world: World) -> World:
    """The chair has a mailbox as well."""
    world.chair.email = "chair@example.com"
    world.chair.save()
    return world


# -- Written with the act -------------------------------------------------------------------------------------


def test_an_urging_reaches_the_chair_by_inbox_sms_and_letter(ground: World, gateway: FakeGateway) -> None:
    tell(ground.chair)
    message = Message.objects.get()
    assert sorted(states(Channel.SMS) + states(Channel.EMAIL)) == ["waiting", "waiting"]
    assert gateway.got == mail.outbox == [], "nothing is sent within the act"
    relay_now()
    (sms,), (letter,) = gateway.got, mail.outbox
    link = f"http://127.0.0.1:8000/messages/{message.public_id}/"
    assert (sms["phone"], sms["text"]) == (ground.chair.phone, f"督促：请公示 详见 {link}")
    assert (letter.subject, letter.recipients()) == ("督促：请公示", ["chair@example.com"])
    assert "请于三日内公示。" in letter.body
    assert link in letter.body
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_running_the_relay_again_sends_nothing_again(ground: World, gateway: FakeGateway) -> None:
    tell(ground.chair)
    for _ in range(3):
        relay_now()
    assert (len(gateway.got), len(mail.outbox)) == (1, 1)


def test_telling_again_with_the_same_key_puts_nothing_out_again(ground: World, gateway: FakeGateway) -> None:
    tell(ground.chair)
    relay_now()
    ground.treasurer.email = "treasurer@example.com"
    ground.treasurer.save()
    tell(ground.chair, ground.treasurer)
    assert Message.objects.filter(recipient=ground.chair).count() == 1
    relay_now()
    assert gateway.phones == [ground.chair.phone, ground.treasurer.phone]


def test_an_act_that_is_rolled_back_tells_nobody(ground: World, gateway: FakeGateway) -> None:
    def rolled_back() -> None:
        with transaction.atomic():
            tell(ground.chair)
            raise DomainError("不行")

    with pytest.raises(DomainError):
        rolled_back()
    relay_now()
    assert (Message.objects.count(), Delivery.objects.count(), gateway.got, mail.outbox) == (0, 0, [], [])


def test_ten_thousand_are_told_with_as_many_statements_as_one(world: World) -> None:
    User.objects.bulk_create(
        User(username=f"p{n}", name="张三", phone=f"139{n:08}", password="!") for n in range(10_000)
    )
    crowd = list(User.objects.filter(username__startswith="p"))
    with CaptureQueriesContext(connection) as for_one:
        tell(crowd[0], key="one")
    with CaptureQueriesContext(connection) as for_all:
        tell(*crowd, key="all")
    assert len(for_all) == len(for_one) <= 6
    assert Delivery.objects.filter(message__dedupe_key__startswith="all:").count() == 10_000


def test_nothing_is_put_out_where_nothing_can_leave(ground: World, settings) -> None:
    settings.PRODUCTION = True
    tell(ground.chair)
    assert (Message.objects.count(), Delivery.objects.count()) == (1, 0)


# -- Asked again at the moment of sending ---------------------------------------------------------------------


def test_whoever_may_not_be_told_any_more_is_not_told(ground: World, gateway: FakeGateway) -> None:
    """Told at noon, the worker down, gone before it came back."""
    world = ground
    tell(world.chair, world.treasurer, world.member, world.manager, world.owner, world.stranger)
    User.objects.filter(pk=world.chair.pk).update(is_active=False)
    User.objects.filter(pk=world.member.pk).update(phone="")
    world.treasurer.appointments.update(suspended_from_on=TODAY)
    Message.objects.filter(recipient=world.manager).update(read_at=NOON)
    relay_now()
    assert gateway.phones == [world.owner.phone]
    reasons = dict(
        Delivery.objects.filter(state=State.DROPPED, channel=Channel.SMS).values_list(
            "message__recipient__name", "fault"
        )
    )
    assert reasons == {
        world.chair.name: "收件人的账号已停用",
        world.member.name: "收件人没有登记手机号",
        world.treasurer.name: "收件人已不在任",
        world.manager.name: "收件人已在站内读过",
        world.stranger.name: "收件人已不在任",
    }


def test_news_are_not_sent_after_the_home_was_sold_but_what_is_left_to_finish_is(
    world: World, gateway: FakeGateway
) -> None:
    for person in (world.owner, world.chair):
        set_preferences(person, Preferences({kind: frozenset({Channel.SMS}) for kind in MessageKind}))
    tell(world.owner, world.chair, kind=MessageKind.NEWS, key="news")
    tell(world.chair, kind=MessageKind.REMINDER, key="reminder")
    yesterday = TODAY - timedelta(days=1)
    Ownership.objects.filter(owner__user=world.owner).update(until_on=yesterday)
    Appointment.objects.filter(user=world.chair).update(until_on=yesterday)
    relay_now()
    assert [(one["phone"]) for one in gateway.got] == [world.chair.phone]
    assert Delivery.objects.get(state=State.SENT).message.kind == MessageKind.REMINDER


def test_example_people_are_never_written_to_by_a_real_gateway(world: World, gateway: FakeGateway) -> None:
    User.objects.filter(pk=world.chair.pk).update(is_example=True)
    tell(world.chair)
    relay_now()
    assert gateway.got == []
    assert sms_of(world.chair).fault == "示例人员，不向外发"


def test_example_people_are_written_to_in_the_test_inbox(world: World) -> None:
    User.objects.filter(pk=world.chair.pk).update(is_example=True)
    tell(world.chair)
    relay_now()
    assert "督促：请公示" in OutgoingSample.objects.get().text


# -- Wishes ---------------------------------------------------------------------------------------------------


def test_what_was_switched_off_goes_nowhere_but_the_inbox(ground: World, gateway: FakeGateway) -> None:
    usual = preferences_of(ground.chair).channels
    set_preferences(ground.chair, Preferences({**usual, MessageKind.URGING: frozenset({Channel.EMAIL})}))
    tell(ground.chair)
    relay_now()
    assert (len(gateway.got), len(mail.outbox), Message.objects.count()) == (0, 1, 1)


def test_what_is_switched_off_before_it_was_sent_stays(ground: World, gateway: FakeGateway) -> None:
    tell(ground.chair)
    set_preferences(ground.chair, Preferences({kind: frozenset() for kind in MessageKind}))
    relay_now()
    assert (gateway.got, mail.outbox) == ([], [])
    assert set(Delivery.objects.values_list("fault", flat=True)) == {"收件人已关闭这类消息"}


@pytest.mark.parametrize(
    ("kind", "sms", "letters"),
    [("urging", 1, 1), ("overdue", 1, 1), ("reminder", 1, 1), ("task", 0, 1), ("news", 0, 0)],
)
def test_without_wishes_the_usual_ways_are_taken(
    ground: World, gateway: FakeGateway, kind: str, sms: int, letters: int
) -> None:
    tell(ground.chair, kind=MessageKind(kind))
    relay_now()
    assert (len(gateway.got), len(mail.outbox)) == (sms, letters)


# -- Quiet hours ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("moment", "until"),
    [
        (at(TODAY, 20, 59, 59), None),
        (at(TODAY, 21), at(TODAY + timedelta(days=1), 8)),
        (at(TODAY, 23, 59, 59), at(TODAY + timedelta(days=1), 8)),
        (at(TODAY, 0), at(TODAY, 8)),
        (at(TODAY, 7, 59, 59), at(TODAY, 8)),
        (at(TODAY, 8), None),
    ],
)
def test_the_night_is_quiet_from_nine_to_eight(moment, until) -> None:
    assert quiet_until(moment, time(21), time(8)) == until


def test_quiet_hours_may_lie_within_a_day_or_nowhere() -> None:
    assert quiet_until(at(TODAY, 12), time(12), time(14)) == at(TODAY, 14)
    assert quiet_until(at(TODAY, 14), time(12), time(14)) is None
    assert quiet_until(at(TODAY, 3), None, None) is None


def test_an_sms_waits_until_eight_and_a_letter_does_not(ground: World, gateway: FakeGateway, on_day) -> None:
    on_day(TODAY, time(21))
    tell(ground.chair)
    relay_now()
    assert (len(gateway.got), len(mail.outbox)) == (0, 1)
    assert (sms_of(ground.chair).attempts, sms_of(ground.chair).due_at) == (0, at(TODAY + timedelta(days=1), 8))
    tomorrow = TODAY + timedelta(days=1)
    on_day(tomorrow, time(7, 59, 59))
    relay_now()
    assert gateway.got == []
    on_day(tomorrow, time(8))
    relay_now()
    assert gateway.phones == [ground.chair.phone]


def test_a_second_before_nine_an_sms_still_goes(world: World, gateway: FakeGateway, on_day) -> None:
    on_day(TODAY, time(20, 59, 59))
    tell(world.chair)
    relay_now()
    assert len(gateway.got) == 1


def test_whoever_wants_no_quiet_hours_is_told_at_night(world: World, gateway: FakeGateway, on_day) -> None:
    set_preferences(world.chair, Preferences(preferences_of(world.chair).channels, quiet=None))
    on_day(TODAY, time(2))
    tell(world.chair, world.treasurer)
    relay_now()
    assert gateway.phones == [world.chair.phone]


# -- Digest ---------------------------------------------------------------------------------------------------


def test_a_digest_is_one_letter_and_one_sms_at_eight(ground: World, gateway: FakeGateway, on_day) -> None:
    set_preferences(ground.chair, Preferences(preferences_of(ground.chair).channels, wants_digest=True))
    for number in range(3):
        tell(ground.chair, kind=MessageKind.REMINDER, key=f"k{number}", title=f"第 {number} 件待办")
    tell(ground.treasurer, kind=MessageKind.REMINDER, key="other")
    relay_now()
    assert gateway.phones == [ground.treasurer.phone]
    assert Message.objects.inbox_of(ground.chair).count() == 3
    on_day(TODAY + timedelta(days=1), time(8))
    relay_now()
    assert gateway.got[1]["text"] == "3 条新消息 详见 http://127.0.0.1:8000/messages/"
    (letter,) = mail.outbox
    assert letter.subject == "3 条新消息"
    assert "· 第 0 件待办\n· 第 1 件待办\n· 第 2 件待办" in letter.body
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}


def test_an_urging_waits_for_no_digest(ground: World, gateway: FakeGateway) -> None:
    set_preferences(ground.chair, Preferences(preferences_of(ground.chair).channels, wants_digest=True))
    tell(ground.chair)
    relay_now()
    assert len(gateway.got) == 1


@pytest.mark.parametrize(("hour", "minute", "days"), [(7, 59, 0), (8, 0, 1), (12, 0, 1), (23, 59, 1)])
def test_the_next_digest_is_at_the_next_eight_o_clock(world: World, on_day, hour: int, minute: int, days: int) -> None:
    Wishes.objects.create(user=world.chair, wants_digest=True)
    on_day(TODAY, time(hour, minute))
    tell(world.chair, kind=MessageKind.REMINDER)
    assert sms_of(world.chair).due_at == at(TODAY + timedelta(days=days), 8)


def test_what_was_read_meanwhile_is_left_out_of_the_digest(ground: World, on_day) -> None:
    set_preferences(ground.chair, Preferences(preferences_of(ground.chair).channels, wants_digest=True))
    for number in range(2):
        tell(ground.chair, kind=MessageKind.TASK, key=f"k{number}", title=f"第 {number} 件待办")
    Message.objects.filter(title="第 0 件待办").update(read_at=NOON)
    on_day(TODAY + timedelta(days=1), time(8))
    relay_now()
    (letter,) = mail.outbox
    assert letter.subject == "第 1 件待办"


# -- Trying again ---------------------------------------------------------------------------------------------


def test_a_gateway_that_is_down_is_tried_at_growing_distances_and_then_a_person(
    world: World, gateway: FakeGateway, clock
) -> None:
    gateway.answers = [(503, "")]
    tell(world.chair)
    relay_now()
    for number, distance in enumerate(BACK_OFF, start=1):
        assert (len(gateway.got), sms_of(world.chair).state) == (number, State.WAITING)
        clock.shift(distance - timedelta(seconds=1))
        relay_now()
        assert len(gateway.got) == number, "not a second too early"
        clock.shift(timedelta(seconds=1))
        relay_now()
    parked = sms_of(world.chair)
    assert (parked.state, parked.attempts, parked.fault) == (State.PARKED, MOST_ATTEMPTS, "短信网关暂时不可用（503）。")
    assert len({one["id"] for one in gateway.got}) == 1, "to the gateway it is one message"
    clock.shift(timedelta(days=3))
    relay_now()
    assert len(gateway.got) == MOST_ATTEMPTS


def test_a_refused_number_is_parked_at_once(world: World, gateway: FakeGateway) -> None:
    gateway.answers = [(400, ""), (200, '{"code": "OK"}')]
    tell(world.chair, world.treasurer)
    relay_now()
    assert sorted(states()) == [State.PARKED, State.SENT]


def test_an_sms_of_unknown_fate_is_never_sent_again_by_itself(world: World, gateway: FakeGateway, clock) -> None:
    gateway.answers = [(200, "?")]
    tell(world.chair)
    for _ in range(4):
        relay_now()
        clock.shift(timedelta(days=1))
    assert (len(gateway.got), states()) == (1, [State.UNKNOWN])


def test_a_poison_message_is_parked_while_the_others_go(world: World, monkeypatch, clock) -> None:
    """JOB-05. One that breaks its sender in the middle: the relay dies of it, and still gets past it."""
    sent: list[str] = []

    def send(parcel: Parcel) -> None:
        if parcel.address == "poison@example.com":
            raise RuntimeError("an accident")
        sent.append(parcel.address)

    monkeypatch.setitem(CHANNELS, Channel.EMAIL, send)
    world.chair.email, world.treasurer.email = "poison@example.com", "treasurer@example.com"
    User.objects.bulk_update([world.chair, world.treasurer], ["email"])
    tell(world.chair, kind=MessageKind.TASK)
    tell(world.treasurer, kind=MessageKind.TASK)
    for _ in range(MOST_ATTEMPTS):
        with pytest.raises(RuntimeError):
            relay_now()
        relay_now()
        assert sent == ["treasurer@example.com"]
        clock.shift(timedelta(minutes=4))
    relay_now()
    assert sorted(states(Channel.EMAIL)) == [State.PARKED, State.SENT]
    clock.shift(timedelta(days=1))
    relay_now()
    assert sent == ["treasurer@example.com"]


def test_a_channel_that_is_down_does_not_hold_up_the_others(ground: World, gateway: FakeGateway) -> None:
    gateway.answers = [(503, "")]
    people = [ground.chair, ground.treasurer, ground.member, ground.manager, ground.clerk, ground.owner]
    tell(*people)
    relay_now()
    assert len(gateway.got) == 3, "left alone until the next run"
    assert len(mail.outbox) == 1


def test_what_became_of_a_claim_that_was_lost_is_not_written(world: World, monkeypatch) -> None:
    """A sender so slow that another took over finds its claim gone."""

    def slow(parcel: Parcel) -> None:
        Delivery.objects.update(lease_until=NOON + timedelta(days=1), attempts=2)
        raise GatewayError("太慢")

    monkeypatch.setitem(CHANNELS, Channel.SMS, slow)
    tell(world.chair)
    relay_now()
    assert (sms_of(world.chair).state, sms_of(world.chair).attempts) == (State.SENDING, 2)


def test_every_state_is_left_only_by_its_table() -> None:
    assert set(TRANSITIONS) == set(DeliveryState)
    assert {state for state, ways in TRANSITIONS.items() if not ways} == {State.SENT, State.DROPPED, State.GIVEN_UP}


# -- What is told ---------------------------------------------------------------------------------------------


def test_texts_name_nobody_else_and_no_number(ground: World, gateway: FakeGateway, caplog) -> None:
    with caplog.at_level("DEBUG"):
        tell(ground.chair)
        relay_now()
    told = gateway.got[0]["text"] + mail.outbox[0].subject + mail.outbox[0].body
    others = [person.name for key, person in ground.people.items()]
    assert [name for name in others if name in told] == []
    assert ground.chair.phone not in told
    assert ground.chair.phone not in caplog.text


def test_a_long_title_makes_a_short_sms(world: World, gateway: FakeGateway) -> None:
    tell(world.chair, title="督" * 120)
    relay_now()
    assert gateway.got[0]["text"].startswith("督" * 59 + "… 详见 http")


@pytest.mark.parametrize("title", ["a\nb", "𠮷野家", "<b>粗</b>", "' OR 1=1", "\u202e反转"])
def test_strange_titles_are_sent_as_one_line(ground: World, gateway: FakeGateway, title: str) -> None:
    tell(ground.chair, title=title)
    relay_now()
    assert set(Delivery.objects.values_list("state", flat=True)) == {State.SENT}
    assert "\n" not in mail.outbox[0].subject


def test_a_suspended_officer_may_still_read_but_is_not_written_to(world: World, gateway: FakeGateway) -> None:
    suspend(world.chair.appointments.get(), from_on=TODAY, on=TODAY, by=world.officer)
    tell(world.chair)
    relay_now()
    assert gateway.got == []
    assert Message.objects.inbox_of(world.chair).count() == 1


def test_send_message_to_nobody_is_no_statement_at_all(world: World) -> None:
    assert send_message([], kind=MessageKind.NEWS, title="无", dedupe_key="nobody") == 0
