"""未送达: the town sees what could not be delivered, sends it again or gives it up, on the record."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import ActionRecord, User
from notices.models import Announcement, Delivery
from notices.rules import Channel, MessageKind
from tests.cast import NOON, World
from tests.doors import refuses, requires_login, serves
from tests.gateway import FakeGateway
from tests.outbox import State, relay_now, sms_of, states, tell
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]
URL, SETTLE = "/messages/undelivered/", "/messages/undelivered/settle/"


@pytest.fixture
def parked(world: World, gateway: FakeGateway) -> World:
    """The chair's SMS was refused, nobody knows of the treasurer's, the owner's number is wrong."""
    gateway.answers = [(400, ""), (200, "?"), (400, ""), (200, '{"code": "OK"}')]
    for person in (world.chair, world.treasurer, world.owner):
        tell(person, key=person.username)
    relay_now()
    assert states() == [State.PARKED, State.UNKNOWN, State.PARKED]
    gateway.got.clear()
    return world


def test_the_town_sees_what_could_not_be_delivered_and_why(parked: World) -> None:
    requires_login(URL)
    for who in ("cadre", "chair", "manager", "owner", "other_chair", "stranger"):
        refuses(parked.people[who], URL)
    for who in ("officer", "leader", "auditor"):
        page = serves(parked.people[who], URL).content.decode()
        assert page.count("短信网关不发这一条（400）。") == 2
        assert "不知是否已发出" in page
        assert parked.chair.name in page
        assert parked.chair.phone not in page
        assert "请于三日内公示" not in page, "nobody reads another's message here"
        assert ("重发选中的" in page) == (who == "officer")


def test_what_was_sent_again_goes_out_and_is_recorded(parked: World, client_of: ClientOf, gateway: FakeGateway) -> None:
    chosen = sms_of(parked.treasurer)
    data = {"act": "again", "delivery": [chosen.public_id]}
    requires_login(SETTLE, data=data)
    for who in ("leader", "auditor", "cadre", "chair"):
        refuses(parked.people[who], SETTLE, data=data)
    answer = client_of(parked.officer).post(SETTLE, data, follow=True)
    assert "1 条已放回待发" in answer.content.decode()
    relay_now()
    assert gateway.phones == [parked.treasurer.phone]
    assert sms_of(parked.treasurer).state == State.SENT
    record = ActionRecord.objects.get(act="重发消息")
    assert (record.by, record.detail) == (parked.officer, f"1 条：{chosen.public_id}")


def test_sending_all_again_leaves_alone_what_may_have_arrived(
    parked: World, client_of: ClientOf, gateway: FakeGateway
) -> None:
    client_of(parked.officer).post(SETTLE, {"act": "all_again"})
    relay_now()
    assert gateway.phones == [parked.chair.phone, parked.owner.phone]
    assert sms_of(parked.treasurer).state == State.UNKNOWN


def test_what_was_given_up_stays_in_the_inbox_only(parked: World, client_of: ClientOf, gateway: FakeGateway) -> None:
    client_of(parked.officer).post(SETTLE, {"act": "give_up", "delivery": [sms_of(parked.chair).public_id]})
    relay_now()
    assert gateway.got == []
    assert sms_of(parked.chair).state == State.GIVEN_UP
    assert parked.chair.messages.count() == 1
    assert ActionRecord.objects.filter(act="放弃发送", by=parked.officer).count() == 1


def test_the_second_to_settle_is_told_that_it_was_done(parked: World, client_of: ClientOf) -> None:
    data = {"act": "give_up", "delivery": [sms_of(parked.chair).public_id]}
    client_of(parked.officer).post(SETTLE, data)
    answer = client_of(parked.second_officer).post(SETTLE, data | {"act": "again"}, follow=True)
    assert "别人已经处理过了" in answer.content.decode()
    assert sms_of(parked.chair).state == State.GIVEN_UP


@pytest.mark.parametrize(
    "data",
    [{}, {"act": "again"}, {"act": "burn"}, {"act": "again", "delivery": ["\x00", "x" * 9999, "1 OR 1=1", "é"]}],
)
def test_nonsense_settles_nothing(parked: World, client_of: ClientOf, data: dict[str, str]) -> None:
    assert client_of(parked.officer).post(SETTLE, data).status_code == 302
    assert states() == [State.PARKED, State.UNKNOWN, State.PARKED]


def test_another_towns_people_are_not_shown_and_not_settled(parked: World, client_of: ClientOf) -> None:
    tell(parked.stranger, key="far")
    foreign = sms_of(parked.stranger)
    Delivery.objects.filter(pk=foreign.pk).update(state=State.PARKED, ended_at=NOON)
    assert parked.stranger.name not in client_of(parked.officer).get(URL).content.decode()
    client_of(parked.officer).post(SETTLE, {"act": "give_up", "delivery": [foreign.public_id]})
    client_of(parked.officer).post(SETTLE, {"act": "all_again"})
    assert sms_of(parked.stranger).state == State.PARKED


def test_the_list_is_filtered_and_costs_no_more_statements_for_more(parked: World, client_of: ClientOf) -> None:
    officer = client_of(parked.officer)
    assert parked.treasurer.name not in officer.get(f"{URL}?state=parked").content.decode()
    assert "没有符合条件的消息" in officer.get(f"{URL}?channel=robot").content.decode()
    assert officer.get(f"{URL}?state=%00&channel=nonsense").status_code == 200
    before = statements(officer, URL)
    for number in range(30):
        tell(parked.member, kind=MessageKind.URGING, key=f"many{number}")
    Delivery.objects.filter(state=State.WAITING).update(state=State.PARKED, ended_at=NOON)
    assert statements(officer, URL) == before <= CEILING
    assert "共 2 页" in officer.get(URL).content.decode()


def test_the_desk_and_the_health_page_count_them(parked: World, client_of: ClientOf) -> None:
    tell(parked.member, key="waiting")
    desk = client_of(parked.officer).get("/desk/").content.decode()
    assert "有 3 条短信、邮件或群通知没有送达" in desk
    assert f'href="{URL}">去处理' in desk
    page = Client().get("/health/").content.decode()
    assert '没有送达，待人处理</dt><dd><strong class="soon-text">3<' in page
    assert "正等待发出</dt><dd><strong>1<" in page
    assert parked.chair.name not in page


def test_a_groups_news_that_could_not_be_told_is_listed_with_its_compound(parked: World, client_of: ClientOf) -> None:
    news = Announcement.objects.create(compound=parked.compound, title="公示已发布", path="/", dedupe_key="x")
    Delivery.objects.create(
        announcement=news, channel=Channel.ROBOT, state=State.PARKED, due_at=NOON, ended_at=NOON, fault="没有接收"
    )
    assert "仑后花园业主群" in client_of(parked.officer).get(URL).content.decode()


def test_without_any_gateway_the_towns_desk_says_so_in_red(world: World, client_of: ClientOf, settings) -> None:
    words = "短信和邮件都没有配置"
    for who in ("officer", "leader"):
        page = client_of(world.people[who]).get("/desk/").content.decode()
        assert words in page
        assert "看本该发出的消息" in page
    assert words not in client_of(world.cadre).get("/desk/").content.decode()
    settings.PRODUCTION = True
    page = client_of(world.officer).get("/desk/").content.decode()
    assert words in page
    assert "看本该发出的消息" not in page
    settings.SMS_GATEWAY_URL = "https://sms.example.com/"
    assert words not in client_of(world.officer).get("/desk/").content.decode()
