"""消息设置: each person's own, kept as chosen, whatever is sent with it."""

from collections.abc import Callable
from datetime import time
from typing import Any

import pytest
from django.test import Client

from accounts.models import ActionRecord, User
from notices.models import ChannelWish, Wishes
from notices.rules import Channel, MessageKind
from notices.services import preferences_of
from tests.cast import World
from tests.doors import requires_login, serves
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]
URL = "/messages/settings/"
#: Nothing but the inbox.
SILENT: dict[str, Any] = {"quiet_from": "21:00", "quiet_until": "08:00"}


def test_everybody_finds_what_is_usual_and_keeps_what_they_choose(world: World, client_of: ClientOf) -> None:
    requires_login(URL)
    page = serves(world.chair, URL).content.decode()
    assert page.count("checked") == 8, "seven ways and the quiet hours"
    assert "138****0006" in page
    assert world.chair.phone not in page
    answer = client_of(world.chair).post(
        URL,
        SILENT
        | {
            "urging_sms": "on",
            "news_email": "on",
            "wants_digest": "on",
            "has_quiet_hours": "on",
            "quiet_from": "22:00",
        },
        follow=True,
    )
    assert "消息设置已保存" in answer.content.decode()
    kept = preferences_of(world.chair)
    assert {kind.value: sorted(ways) for kind, ways in kept.channels.items() if ways} == {
        "urging": [Channel.SMS],
        "news": [Channel.EMAIL],
    }
    assert (kept.wants_digest, kept.quiet) == (True, (time(22), time(8)))
    assert preferences_of(world.treasurer).channels[MessageKind.OVERDUE] == {Channel.EMAIL, Channel.SMS}
    assert ActionRecord.objects.filter(act="修改消息设置", by=world.chair).count() == 1


def test_choosing_twice_leaves_one_row_per_kind(world: World, client_of: ClientOf) -> None:
    chair = client_of(world.chair)
    for _ in range(2):
        assert chair.post(URL, SILENT).status_code == 302
    assert (ChannelWish.objects.count(), Wishes.objects.count()) == (len(MessageKind), 1)
    assert preferences_of(world.chair).quiet is None


def test_the_inbox_cannot_be_switched_off(world: World, client_of: ClientOf) -> None:
    client_of(world.chair).post(URL, SILENT | {"urging_inbox": "", "inbox": "off"})
    page = client_of(world.chair).get(URL).content.decode()
    assert "所有消息都会出现在站内，不能关闭" in page
    assert page.count("总是显示") == len(MessageKind)


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"quiet_until": "21:00"}, "起止时间不能相同"),
        ({"quiet_from": ""}, "请选择时间"),
        ({"quiet_from": "25:00"}, "25:00"),
        ({"quiet_from": "\x00", "quiet_until": "x" * 999}, "选择一个有效的选项"),
    ],
)
def test_impossible_hours_are_refused_beside_the_field(
    world: World, client_of: ClientOf, sent: dict[str, str], words: str
) -> None:
    answer = client_of(world.chair).post(URL, SILENT | {"has_quiet_hours": "on", "urging_sms": "on"} | sent)
    assert answer.status_code == 200
    assert words in answer.content.decode()
    assert Wishes.objects.count() == 0
    assert 'name="urging_sms"' in answer.content.decode()


def test_whoever_has_no_number_and_no_mailbox_is_told_so(world: World, client_of: ClientOf, settings: Any) -> None:
    User.objects.filter(pk=world.chair.pk).update(phone="")
    page = client_of(world.chair).get(URL).content.decode()
    assert "没有登记手机号" in page
    assert "没有登记邮箱" in page
    User.objects.filter(pk=world.chair.pk).update(phone="13812345678", email="chair@example.com")
    settings.PRODUCTION = True
    assert "暂时不会发出" in client_of(world.chair).get(URL).content.decode()


def test_the_page_is_reached_from_the_inbox_and_from_ones_own_page(world: World, client_of: ClientOf) -> None:
    for page in ("/messages/", "/me/"):
        assert f'href="{URL}"' in client_of(world.chair).get(page).content.decode()
    assert statements(client_of(world.chair), URL) <= CEILING
