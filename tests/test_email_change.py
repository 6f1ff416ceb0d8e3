"""One's own mailbox: proved by a code sent to it before anything is delivered there, changed and taken back."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.core import mail
from django.core.cache import cache
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import ActionRecord, PhoneCode, User
from accounts.services import change_email
from baogai.tasks import send_code
from notices.models import Delivery, Message
from notices.services import send_message
from tests.cast import NOON, World
from tests.doors import requires_login

BOX = "yaqin@example.org"


@pytest.fixture
def client(world: World, client_of: Callable) -> Client:
    cache.clear()
    return client_of(world.owner)


def email_of(world: World) -> str:
    return User.objects.get(pk=world.owner.pk).email


def code_in(box: str) -> str:
    """The code in the newest letter to the box; the worker is asked first."""
    for waiting in PhoneCode.objects.filter(sent_at__isnull=True).order_by("pk"):
        send_code(waiting.pk)
    letter = next(one for one in reversed(mail.outbox) if one.to == [box])
    found = re.search(r"\d{6}", str(letter.body))
    assert found is not None
    return found.group()


def enter(client: Client, box: str = BOX) -> None:
    assert client.post("/me/email/", {"email": box})["Location"] == "/me/email/code/"


def test_a_mailbox_counts_only_after_the_code_sent_to_it(
    world: World, client: Client, django_capture_on_commit_callbacks: Callable
) -> None:
    for url in ("/me/email/", "/me/email/code/"):
        requires_login(url)
    requires_login("/me/email/off/", data={})
    assert "/me/email/" in client.get("/me/").content.decode()
    assert client.get("/me/email/code/")["Location"] == "/me/email/", "nothing was asked yet"
    enter(client)
    code = code_in(BOX)
    assert email_of(world) == "", "entered is not proven"
    send_message([world.owner], kind=Message.Kind.TASK, title="通知", dedupe_key="before")
    assert not Delivery.objects.filter(channel="email").exists()
    assert client.post("/me/email/code/", {"code": "000000" if code != "000000" else "111111"}).status_code == 422
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/me/email/code/", {"code": code})["Location"] == "/messages/settings/"
    assert email_of(world) == BOX
    send_message([world.owner], kind=Message.Kind.TASK, title="通知", dedupe_key="after")
    assert Delivery.objects.filter(channel="email", message__dedupe_key__startswith="after").exists()
    line = ActionRecord.objects.get(act="更换邮箱", result="done", by=world.owner, detail__contains="y***@example.org")
    assert BOX not in line.detail
    assert client.post("/me/email/code/", {"code": code})["Location"] == "/me/email/", "used once"


def test_the_old_mailbox_and_the_inbox_are_told(
    world: World, client: Client, django_capture_on_commit_callbacks: Callable
) -> None:
    change_email(world.owner, email="old@example.org", by=world.owner)
    world.owner.refresh_from_db()
    enter(client)
    with django_capture_on_commit_callbacks(execute=True):
        client.post("/me/email/code/", {"code": code_in(BOX)})
    assert any(one.to == ["old@example.org"] and "更换或取消" in str(one.body) for one in mail.outbox)
    assert "o***@example.org" in Message.objects.inbox_of(world.owner).get().body
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post("/me/email/off/").status_code == 302
    assert email_of(world) == ""
    assert mail.outbox[-1].to == [BOX]


def test_codes_are_the_browsers_last_five_minutes_and_five_tries(
    world: World, client: Client, client_of: Callable, clock: time_machine.Traveller
) -> None:
    enter(client)
    code = code_in(BOX)
    other = client_of(world.chair)
    assert other.post("/me/email/code/", {"code": code})["Location"] == "/me/email/", "another browser asked nothing"
    assert client.post("/me/email/", {"email": BOX}).status_code == 429, "not two within a minute"
    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    for _ in range(5):
        assert client.post("/me/email/code/", {"code": wrong}).status_code == 422
    assert client.post("/me/email/code/", {"code": code}).status_code == 422, "the sixth try is none"
    clock.shift(timedelta(minutes=2))
    enter(client)
    code = code_in(BOX)
    clock.shift(timedelta(minutes=5))
    assert client.post("/me/email/code/", {"code": code}).status_code == 422
    assert email_of(world) == ""


@pytest.mark.parametrize(
    "typed", ["", "x", "a@b", "a@example.org\r\nBcc: all@example.org", "\x00@example.org", f"{'x' * 300}@example.org"]
)
def test_what_is_no_mailbox_is_said_beside_the_field_and_sends_nothing(
    world: World, client: Client, typed: str
) -> None:
    answer = client.post("/me/email/", {"email": typed})
    assert answer.status_code == 422
    assert 'class="error"' in answer.content.decode()
    assert (PhoneCode.objects.count(), mail.outbox) == (0, [])


def test_the_one_in_use_is_not_asked_again_and_without_mail_nothing_is_promised(
    world: World, client: Client, settings: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    change_email(world.owner, email=BOX, by=world.owner)
    assert "这就是您现在的邮箱" in client.post("/me/email/", {"email": BOX}).content.decode()
    monkeypatch.setattr("baogai.views.doors.email.sends_mail", lambda: False)
    assert "还没有配置邮件" in client.get("/me/email/").content.decode()
    assert client.post("/me/email/", {"email": "new@example.org"}).status_code == 422


def test_a_code_for_a_mailbox_opens_no_door(world: World, client: Client) -> None:
    with pytest.raises(IntegrityError, match="a_code_goes_to_a_phone_or_to_the_mailbox"), transaction.atomic():
        PhoneCode.objects.create(email=BOX, purpose="sign_in", asked_at=NOON, expires_at=NOON + timedelta(minutes=5))
    enter(client)
    code = code_in(BOX)
    assert client.post("/me/phone/new/code/", {"code": code})["Location"] == "/me/phone/"
