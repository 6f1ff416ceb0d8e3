"""记一笔: what a bookkeeper types by hand, with vouchers; once, exactly, and nothing typed is lost."""

import threading
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.urls import reverse

from accounts.models import ActionRecord
from communities.services import hand_over
from files.models import StoredFile
from finance.models import Entry, LedgerAccount, Voucher
from finance.rules import Category, Direction
from supervision.models import Obligation, Policy
from supervision.rules import Duty
from tests.books import account_of, enter, picture
from tests.cast import NOON, TODAY, World, build_world
from tests.doors import hides_from, refuses, serves

pytestmark = pytest.mark.django_db


@pytest.fixture
def account(world: World) -> LedgerAccount:
    return account_of(world)


def form(**changed: object) -> dict[str, object]:
    told = {
        "on": "2026-10-08", "category": "E05", "amount": "260.00", "counterparty": "晨光文具宝盖店", "is_person": "",
        "text": "复印纸", "form_key": "0123456789abcdef",
    }  # fmt: skip
    return told | changed


def send(world: World, account: LedgerAccount, **changed: object) -> str:
    """Post the form as the treasurer; the page that comes back, after a redirect the next one."""
    client = Client()
    client.force_login(world.treasurer)
    return client.post(url(account), form(**changed), follow=True).content.decode()


def url(account: LedgerAccount) -> str:
    return reverse("finance:enter", args=[account.public_id])


def test_an_entry_is_made_with_its_vouchers(world: World, account: LedgerAccount) -> None:
    page = send(world, account, vouchers=[picture("red", "发票.png"), picture("blue", "收据.png")], is_public="on")
    entry = Entry.objects.get()
    assert "已记账" in page
    assert (entry.on, entry.category, entry.direction) == (date(2026, 10, 8), Category.E05, Direction.OUT)
    assert (entry.amount, entry.signed) == (Decimal("260.00"), Decimal("-260.00"))
    assert entry.entered_by == world.treasurer
    assert NOON <= entry.entered_at < NOON + timedelta(minutes=5)
    assert [(v.title, v.is_public) for v in entry.vouchers.all()] == [("发票.png", True), ("收据.png", True)]
    assert list(ActionRecord.objects.order_by("id").values_list("act", flat=True)) == ["建账", "记一笔"]
    assert [part["act"] for part in ActionRecord.objects.latest("id").parts] == ["上传凭证", "上传凭证"]


@pytest.mark.parametrize(
    ("typed", "stored"), [("１２.５", "12.50"), ("1,234.50", "1234.50"), ("12.5元", "12.50"), ("¥ 8", "8.00")]
)
def test_amounts_are_understood_as_people_write_them(
    world: World, account: LedgerAccount, typed: str, stored: str
) -> None:
    send(world, account, amount=typed)
    assert Entry.objects.get().amount == Decimal(stored)


@pytest.mark.parametrize(
    "typed", ["0.001", "NaN", "Infinity", "1e309", "-1", "0", "", "1,23", "十二元", "1234567890123"]
)
def test_what_is_no_positive_exact_amount_is_refused_and_nothing_typed_is_lost(
    world: World, account: LedgerAccount, typed: str
) -> None:
    page = send(world, account, amount=typed, text="九月复印纸")
    assert not Entry.objects.exists()
    assert "金额" in page
    assert 'value="九月复印纸"' in page
    assert f'value="{typed}"' in page or not typed
    assert 'href="#id_amount"' in page


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"on": "2026-10-30"}, "日期不能在今天之后"),
        ({"on": "2026-06-30"}, "日期不能早于建账日期 2026年7月1日"),
        ({"on": "昨天"}, "日期无法识别"),
        ({"category": ""}, "请选择科目"),
        ({"category": "X01"}, "没有这个科目"),
        ({"category": "E99", "text": ""}, "须在摘要里说明"),
        ({"text": "x" * 201}, "200"),
        ({"text": "a\x00b"}, "空字符"),
    ],
)
def test_bad_input_is_named_by_its_field(
    world: World, account: LedgerAccount, changed: dict[str, object], told: str
) -> None:
    page = send(world, account, **changed)
    assert told in page
    assert not Entry.objects.exists()
    send(world, account)
    assert Entry.objects.count() == 1


def test_extra_fields_have_no_effect(world: World, account: LedgerAccount) -> None:
    other = account_of(world, holder=world.firm, number="7777", by=world.clerk)
    send(
        world, account, holder=other.public_id, direction="in", entered_at="2020-01-01", entered_by=world.officer.pk,
        id=1, public_id="x" * 16, reverses="1", line="1", status="approved", late="false", account_id=other.pk,
    )  # fmt: skip
    entry = Entry.objects.get()
    assert (entry.account, entry.direction, entry.entered_by) == (account, Direction.OUT, world.treasurer)
    assert (entry.entered_at.year, entry.reverses, entry.line) == (2026, None, None)


def test_the_same_form_sent_twice_makes_one_entry(world: World, account: LedgerAccount) -> None:
    send(world, account, vouchers=[picture()])
    page = send(world, account, vouchers=[picture()])
    assert "已记账" in page
    assert Entry.objects.count() == Voucher.objects.count() == 1


@pytest.mark.parametrize("changed", [{"amount": "261.00"}, {"text": "别的"}, {"vouchers": [picture("red")]}])
def test_the_same_form_with_other_content_is_refused(
    world: World, account: LedgerAccount, changed: dict[str, object]
) -> None:
    send(world, account)
    assert "这张表单已经提交过，内容却与上次不同" in send(world, account, **changed)
    assert Entry.objects.count() == 1
    assert not Voucher.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_ten_parallel_sendings_of_one_form_make_one_entry() -> None:
    world = build_world()
    account = account_of(world)
    answers: list[int] = []

    def send_once() -> None:
        client = Client()
        client.force_login(world.treasurer)
        answers.append(client.post(url(account), form(vouchers=[picture()])).status_code)
        connection.close()

    threads = [threading.Thread(target=send_once) for _ in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == [302] * 10
    assert Entry.objects.count() == Voucher.objects.count() == 1


def test_a_failed_sending_can_be_repeated(
    world: World, account: LedgerAccount, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server broke after the entry was written: nothing is kept, and the same form completes."""
    client = Client(raise_request_exception=False)
    client.force_login(world.treasurer)

    def breaks(*_: object, **__: object) -> None:
        raise RuntimeError("the power went off")

    with monkeypatch.context() as broken:
        broken.setattr("finance.services.entries.record_action", breaks)
        assert client.post(url(account), form()).status_code == 500
    assert not Entry.objects.exists()
    assert client.post(url(account), form()).status_code == 302
    assert Entry.objects.count() == 1


def test_a_refused_voucher_leaves_nothing_behind(world: World, account: LedgerAccount) -> None:
    files = StoredFile.objects.count()
    page = send(world, account, vouchers=[SimpleUploadedFile("发票.pdf", b"MZ\x90\x00 not a pdf", "application/pdf")])
    assert 'href="#id_vouchers"' in page
    assert not Entry.objects.exists()
    assert StoredFile.objects.count() == files


def test_a_good_voucher_is_kept_while_another_field_is_put_right(world: World, account: LedgerAccount) -> None:
    page = send(world, account, amount="abc", vouchers=[picture("red", "发票.png")])
    assert "已保留：发票.png，不必再选" in page
    kept = page.split('name="kept" value="')[1].split('"')[0]
    send(world, account, kept=kept)
    assert [v.title for v in Entry.objects.get().vouchers.all()] == ["发票.png"]


def test_nobody_can_attach_a_file_somebody_else_kept(world: World, account: LedgerAccount) -> None:
    page = send(world, account, amount="abc", vouchers=[picture("red")])
    kept = page.split('name="kept" value="')[1].split('"')[0]
    for person, mark in ((world.chair, kept), (world.treasurer, kept + "x")):
        client = Client()
        client.force_login(person)
        client.post(url(account), form(kept=mark, form_key=person.username))
    assert Entry.objects.count() == 2
    assert not Voucher.objects.exists()


@pytest.mark.parametrize(
    ("name", "told", "is_person"),
    [
        ("张三", "", True),
        ("晨光文具宝盖店", "", False),
        ("张三", "no", False),
        ("晨光文具宝盖店", "yes", True),
        ("", "yes", False),
    ],
)
def test_a_person_is_recognised_and_can_be_corrected(
    world: World, account: LedgerAccount, name: str, told: str, is_person: bool
) -> None:
    send(world, account, counterparty=name, is_person=told)
    assert Entry.objects.get().counterparty_is_person is is_person


def test_a_replaced_voucher_is_noticed(world: World, account: LedgerAccount) -> None:
    """LED-12: the bytes on disk are no longer those of the voucher."""
    send(world, account, vouchers=[picture("red", "发票.png")])
    voucher = Voucher.objects.get()
    client = Client()
    client.force_login(world.auditor)
    file_url = reverse("finance:voucher", args=[voucher.public_id])
    entry_url = reverse("finance:entry", args=[voucher.entry.public_id])
    answer = client.get(file_url)
    assert (answer.status_code, answer["X-Content-Type-Options"]) == (200, "nosniff")
    b"".join(answer.streaming_content)
    assert "附件校验失败" not in client.get(entry_url).content.decode()

    stored = Path(settings.STORED_FILES_ROOT) / voucher.file.path
    stored.chmod(0o600)
    stored.write_bytes(b"something else")
    assert "附件校验失败" in client.get(entry_url).content.decode()
    refused = client.get(file_url)
    assert refused.status_code == 422
    assert "附件校验失败" in refused.content.decode()


def test_the_public_mark_is_switched_by_the_keeper_and_recorded(world: World, account: LedgerAccount) -> None:
    send(world, account, vouchers=[picture()])
    voucher = Voucher.objects.get()
    switch = reverse("finance:voucher_publicity", args=[voucher.public_id])
    refuses(world.officer, switch, data={"is_public": "1"})
    assert not Voucher.objects.get().is_public
    serves(world.treasurer, switch, data={"is_public": "1"})
    assert Voucher.objects.get().is_public
    assert ActionRecord.objects.filter(act="凭证设为可公开", by=world.treasurer).count() == 1


def test_vouchers_can_be_added_later_and_once(world: World, account: LedgerAccount) -> None:
    entry = enter(account, "E05", "20.00")
    more = reverse("finance:add_vouchers", args=[entry.public_id])
    serves(world.treasurer, more, data={"vouchers": [picture("red")], "title": "采购合同"})
    again = serves(world.treasurer, more, data={"vouchers": [picture("red")]})
    assert "不必重复上传" in again.content.decode()
    assert [v.title for v in entry.vouchers.all()] == ["采购合同"]


@pytest.fixture
def left(world: World) -> LedgerAccount:
    """The firm's account, after the firm handed over on 30 September with the third quarter still to be disclosed."""
    account = account_of(world, holder=world.firm, number="7777", by=world.clerk)
    policy = Policy.objects.create(
        town=world.town,
        number="示例",
        title="示例",
        kind=Policy.Kind.values[0],
        from_on=date(2023, 11, 1),
        entered_by=world.officer,
        entered_at=NOON,
    )
    for code, first, last, done in (
        ("2026Q2", date(2026, 4, 1), date(2026, 6, 30), True), ("2026Q3", date(2026, 7, 1), date(2026, 9, 30), False),
    ):  # fmt: skip
        Obligation.objects.create(
            duty=Duty.DISCLOSURE, period=code, period_first_on=first, period_last_on=last, town=world.town,
            compound=world.compound, bearer_firm=world.firm, policy=policy, opened_on=last, due_on=last,
            deadline_on=last, released_on=last if done else None,
        )  # fmt: skip
    hand_over(world.contract, ended_on=date(2026, 9, 30), by=world.officer)
    return account


def test_a_firm_that_left_may_finish_the_quarter_it_still_owes_and_nothing_else(
    world: World, left: LedgerAccount
) -> None:
    client = Client()
    client.force_login(world.clerk)
    assert "2026年第三季度" in client.get(reverse("finance:account", args=[left.public_id])).content.decode()
    late = client.post(url(left), form(on="2026-10-08"), follow=True).content.decode()
    assert "您只能补记2026年第三季度的流水" in late
    assert not Entry.objects.exists()
    client.post(url(left), form(on="2026-09-08"))
    assert Entry.objects.get().on == date(2026, 9, 8)

    # Proofs and statements follow the same bound: what lies in another quarter is no longer theirs to touch.
    mine, later = Entry.objects.get(), enter(left, "I03", "10.00", date(2026, 10, 8), by=world.clerk)
    for one, answer in ((mine, 200), (later, 403)):
        assert client.get(reverse("finance:add_vouchers", args=[one.public_id])).status_code == answer
        assert client.get(reverse("finance:reverse", args=[one.public_id])).status_code == answer
    nil = {"from_on": "2026-10-01", "until_on": "2026-10-20", "balance": "1.00", "proof": picture()}
    page = client.post(reverse("finance:nil_statement", args=[left.public_id]), nil).content.decode()
    assert "只能办理2026年第三季度的账" in page
    assert not left.statements.exists()

    Obligation.objects.filter(period="2026Q3").update(released_on=TODAY)
    hides_from(world.clerk, url(left))
