"""The ways out: SMS by the gateway's protocol, letters by the mail server, the test inbox where there is neither."""

import logging
import smtplib
import socket

import pytest
from django.core import mail
from django.test import Client

from accounts import gateways
from accounts.gateways import FateUnknownError, GatewayError, RefusedError, samples, send_email, send_sms, sms
from accounts.models import OutgoingSample
from tests.gateway import FakeGateway

PHONE, TEXT = "13812345678", "验证码 482913，5 分钟内有效。"


def test_an_sms_reaches_the_gateway_signed_and_whole(gateway: FakeGateway) -> None:
    send_sms(" 138-1234-5678 ", TEXT, reference="abc")
    (got,) = gateway.got
    assert (got["phone"], got["text"], got["signature"], got["id"]) == (PHONE, TEXT, "宝盖镇", "abc")


def test_with_a_wrong_key_the_gateway_refuses(gateway: FakeGateway, settings) -> None:
    settings.SMS_ACCESS_KEY = "another"
    with pytest.raises(RefusedError, match="403"):
        send_sms(PHONE, TEXT)
    assert gateway.got == []


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((500, "oops"), GatewayError),
        ((503, ""), GatewayError),
        ((429, ""), GatewayError),
        ((400, '{"code": "BAD_NUMBER"}'), RefusedError),
        ((200, '{"code": "BLACKLISTED"}'), RefusedError),
        ((200, "<html>"), FateUnknownError),
        ((200, "[]"), FateUnknownError),
        ((200, "x" * 100_000), FateUnknownError),
        ((502, "bad gateway"), FateUnknownError),
        ("hang", FateUnknownError),
        ("cut", FateUnknownError),
        ("drip", FateUnknownError),
    ],
)
def test_every_answer_is_told_from_the_others(gateway: FakeGateway, monkeypatch, caplog, answer, error) -> None:
    monkeypatch.setattr(sms, "_TIMEOUT", (1, 0.5))
    monkeypatch.setattr(sms, "_MOST_SECONDS", 1)
    gateway.answers = [answer]
    with caplog.at_level(logging.DEBUG), pytest.raises(GatewayError) as raised:
        send_sms(PHONE, TEXT)
    assert type(raised.value) is error
    assert PHONE not in str(raised.value) + caplog.text, "no number in errors and logs"
    assert len(gateway.got) == 1, "asked once: trying again is the outbox's business"


def test_no_redirect_is_followed(gateway: FakeGateway) -> None:
    gateway.answers = ["elsewhere"]
    with pytest.raises(GatewayError, match="没有跟去"):
        send_sms(PHONE, TEXT)
    assert [one["path"] for one in gateway.got] == ["/sms"]


def test_a_gateway_that_is_not_there_certainly_sent_nothing(settings) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        settings.SMS_GATEWAY_URL = f"http://127.0.0.1:{probe.getsockname()[1]}/"
    with pytest.raises(GatewayError) as raised:
        send_sms(PHONE, TEXT)
    assert type(raised.value) is GatewayError


def test_what_is_no_number_never_reaches_the_gateway(gateway: FakeGateway) -> None:
    for wrong in ("", "12345", "0595-88887777", "1381234567\x00"):
        with pytest.raises(RefusedError):
            send_sms(wrong, TEXT)
    assert gateway.got == []


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.cn": (550, b"no such user")}), RefusedError),
        (smtplib.SMTPRecipientsRefused({"a@b.cn": (450, b"greylisted")}), GatewayError),
        (smtplib.SMTPServerDisconnected("gone"), GatewayError),
        (ConnectionRefusedError(), GatewayError),
        (TimeoutError(), GatewayError),
    ],
)
def test_a_mail_server_that_says_later_is_told_from_never(monkeypatch, fault: Exception, error: type) -> None:
    def refuse(*args: object, **kwargs: object) -> int:
        raise fault

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", refuse)
    with pytest.raises(GatewayError) as raised:
        send_email("a@b.cn", "标题", "内容")
    assert type(raised.value) is error


def test_a_subject_of_several_lines_forges_no_header() -> None:
    send_email("a@b.cn", "督促\r\nBcc: everybody@example.com", "内容")
    (letter,) = mail.outbox
    assert letter.subject == "督促 Bcc: everybody@example.com"
    assert letter.recipients() == ["a@b.cn"]


# -- The test inbox ----------------------------------------------------------------------------------------------------


def test_without_gateways_everything_lies_in_the_test_inbox(db, settings) -> None:
    settings.EMAIL_BACKEND = "accounts.gateways.samples.SampleMailBackend"
    send_sms(PHONE, TEXT)
    send_email("a@b.cn", "督促", "请于三日内公示。")
    page = Client().get("/test-inbox/").content.decode()
    assert TEXT in page
    assert "请于三日内公示。" in page
    assert "138****5678" in page
    assert PHONE not in page


def test_in_production_there_is_no_test_inbox_and_nothing_is_kept(db, settings) -> None:
    OutgoingSample.objects.create(channel="sms", address=PHONE, text=TEXT)
    assert Client().get("/test-inbox/").status_code == 200
    settings.PRODUCTION = True
    assert Client().get("/test-inbox/").status_code == 404
    with pytest.raises(GatewayError, match="没有配置短信网关"):
        send_sms(PHONE, TEXT)
    assert OutgoingSample.objects.count() == 1
    assert not gateways.sends_sms()
    assert not gateways.sends_mail()


def test_the_test_inbox_forgets_after_two_days(db, clock) -> None:
    send_sms(PHONE, "昨天的")
    clock.shift(samples._KEPT.total_seconds() + 60)
    send_sms(PHONE, "今天的")
    assert [one.text for one in OutgoingSample.objects.all()] == ["【宝盖小区监督】今天的"]
