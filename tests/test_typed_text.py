"""What was typed when an idle session ended is there again, for that person, in that browser, for half an hour."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from baogai.typed import COOKIE
from finance.services.booking import lines_to_book
from supervision.models import Obligation
from tests.books import account_of, csv_file, take_in
from tests.cast import World
from tests.disclosing import third_quarter
from tests.test_sessions import with_password

FORM = "/compounds/people/new/"
TYPED = {"username": "late.comer", "name": "来晚了的人", "phone": "13700001234"}
BANK = [
    ("2026-07-02", "+100.00", "600.00", "财付通支付科技有限公司", "停车费"),
    ("2026-07-03", "-30.00", "570.00", "晨光文具宝盖店", "业委会办公用品"),
]
HALF_HOUR = timedelta(minutes=31)


@pytest.fixture(autouse=True)
def _cheap_hashes(settings: object) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # type: ignore[attr-defined]


def send_late(client: Client, clock: time_machine.Traveller, url: str = FORM, data: dict[str, str] = TYPED) -> str:
    """Open the page, be away, and send; where it leads."""
    client.get(url)
    clock.shift(HALF_HOUR)
    answer = client.post(url, data, headers={"Referer": f"http://testserver{url}"})
    assert answer.status_code == 302
    return str(answer["Location"])


def come_back(client: Client, user: User) -> None:
    client.force_login(user)


def test_signed_in_again_the_form_stands_there_as_it_was_typed_and_nothing_was_sent(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    client = client_of(world.officer)
    onward = send_late(client, clock)
    assert "填写的文字还在，文件须重新选择" in client.get(onward).content.decode()
    assert not User.objects.filter(username="late.comer").exists()
    come_back(client, world.officer)
    page = client.get(FORM).content.decode()
    assert "退出前填写的文字已恢复，还没有提交" in page
    for typed in TYPED.values():
        assert f'value="{typed}"' in page
    assert not User.objects.filter(username="late.comer").exists()
    assert "来晚了的人" in client.get(FORM).content.decode(), "also when the page is loaded again"
    assert client.post(FORM, TYPED).status_code == 200
    assert User.objects.filter(username="late.comer").exists()
    assert "来晚了的人" not in client.get(FORM).content.decode(), "sent is forgotten"


def test_the_whole_way_through_the_password(world: World, clock: time_machine.Traveller, settings: object) -> None:
    client = Client()
    client.force_login(with_password(world.officer))
    send_late(client, clock)
    back = client.post("/login/", {"username": "officer", "password": "Shiqiao-13-taijie", "next": FORM}, follow=True)
    assert "来晚了的人" in back.content.decode()


def test_nobody_else_and_no_other_browser_finds_it(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    client = client_of(world.officer)
    send_late(client, clock)
    come_back(client, world.second_officer)
    assert "来晚了的人" not in client.get(FORM).content.decode(), "the same computer, another person"
    assert "来晚了的人" not in client_of(world.officer).get(FORM).content.decode(), "the same person elsewhere"
    come_back(client, world.officer)
    assert "来晚了的人" in client.get(FORM).content.decode()


def test_it_is_gone_after_half_an_hour(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    client = client_of(world.officer)
    send_late(client, clock)
    clock.shift(HALF_HOUR)
    come_back(client, world.officer)
    assert "来晚了的人" not in client.get(FORM).content.decode()


def test_what_was_not_ticked_stays_unticked_and_a_text_area_keeps_its_lines(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    obligation: Obligation = third_quarter(world)[0]
    url = f"/obligations/{obligation.public_id}/urge/"
    client = client_of(world.officer)
    send_late(client, clock, url, {"text": "请于三日内\n公示完毕。", "body": "请于三日内\n公示完毕。"})
    come_back(client, world.officer)
    client.post(reverse("care_mode"), {"wanted": "0"})
    assert "请于三日内\n公示完毕。" in client.get(url).content.decode(), "sent from elsewhere forgets nothing"
    assert "已恢复" not in client.get("/desk/").content.decode()
    other = reverse("supervision:decline_urging", args=[obligation.public_id])
    client.post(other, {"reason": "x"}, headers={"Referer": f"http://testserver{url}"})
    assert "请于三日内\n公示完毕。" not in client.get(url).content.decode(), "another form of the page was sent"


@pytest.mark.parametrize(
    ("url", "data"),
    [
        ("/me/password/", {"old_password": "geheim-1", "new_password": "geheim-2"}),
        ("/me/email/code/", {"code": "123456"}),
        ("/login/code/", {"phone": "13700001234"}),
        ("/no-such-page/", {"text": "x"}),
    ],
)
def test_passwords_codes_and_what_is_not_named_are_never_kept(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller, url: str, data: dict[str, str]
) -> None:
    client = client_of(world.officer)
    client.get("/desk/")
    clock.shift(HALF_HOUR)
    answer = client.post(url, data, headers={"Referer": f"http://testserver{url}"})
    assert COOKIE not in answer.cookies


def test_a_field_that_sounds_like_a_secret_is_left_out_of_a_form_that_is_kept(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    client = client_of(world.officer)
    send_late(client, clock, data=TYPED | {"password": "geheim-1", "code": "geheim-2", "csrfmiddlewaretoken": "x"})
    kept = cache.get(f"typed:{world.officer.pk}:{client.cookies[COOKIE].value}")
    assert "late.comer" in kept["typed"]
    assert "geheim" not in kept["typed"]
    assert "csrf" not in kept["typed"]


def test_a_form_of_another_site_leaves_nothing_behind(world: World, clock: time_machine.Traveller) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.officer)
    client.get(FORM)
    clock.shift(HALF_HOUR)
    answer = client.post(FORM, TYPED)
    assert COOKIE not in answer.cookies


def test_too_much_is_not_kept_and_pages_without_it_pay_nothing(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller
) -> None:
    client = client_of(world.officer)
    client.get(FORM)
    with CaptureQueriesContext(connection) as seen:
        client.get(FORM)
    assert not any("typed:" in one["sql"] for one in seen)
    clock.shift(HALF_HOUR)
    answer = client.post(FORM, TYPED | {"name": "宝" * 40_000}, headers={"Referer": f"http://testserver{FORM}"})
    assert COOKIE not in answer.cookies
    assert "没有保存" in client.get(answer["Location"]).content.decode()


def test_the_bank_lines_already_sorted_stand_as_they_were_chosen(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller, settings: Any
) -> None:
    settings.POST_IDLE_MINUTES = 30
    account = account_of(world, opening="500.00")
    take_in(account, csv_file(BANK), until_on=date(2026, 9, 30))
    parking, office = lines_to_book(account)
    url = reverse("finance:lines", args=[account.public_id])
    client = client_of(world.treasurer)
    proposed = client.get(url).content.decode()
    group = re.findall(r'name="group_([0-9a-f]+)"', proposed)[1]
    send_late(
        client, clock, url, {"line": parking.public_id, f"category_{parking.public_id}": "I04", f"group_{group}": "E11"}
    )
    come_back(client, world.treasurer)
    page = client.get(url).content.decode()
    assert f'value="{parking.public_id}" checked' in page
    assert f'value="{office.public_id}" checked' not in page
    assert page.count('<option value="I04" selected>') == 1 > proposed.count('<option value="I04" selected>')
    assert page.count('<option value="E11" selected>') == 1 > proposed.count('<option value="E11" selected>')
    assert not account.entries.exists()


def test_the_parts_of_a_bank_line_stand_as_they_were_typed(
    world: World, client_of: Callable[..., Client], clock: time_machine.Traveller, settings: Any
) -> None:
    settings.POST_IDLE_MINUTES = 30
    account = account_of(world, opening="500.00")
    take_in(account, csv_file(BANK[:1]), until_on=date(2026, 9, 30))
    url = reverse("finance:split_line", args=[account.lines.get().public_id])
    parts = {"rows": "3", "part-0-amount": "60.00", "part-0-category": "I03", "part-2-text": "七月的"}
    client = client_of(world.treasurer)
    send_late(client, clock, url, parts)
    come_back(client, world.treasurer)
    page = client.get(url).content.decode()
    assert 'name="part-0-amount" value="60.00"' in page
    assert 'value="七月的"' in page
    assert 'name="part-2-amount"' in page
    assert not account.entries.exists()
