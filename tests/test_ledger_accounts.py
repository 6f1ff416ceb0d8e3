"""建账、销户: the compound's public-revenue account is entered with proof, and compounds without one are counted."""

from datetime import date
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from accounts.models import User
from communities.models import Compound
from communities.permissions import standing_of
from finance.models import LedgerAccount
from finance.services.corrections import reverse_entry
from finance.services.ledger import compounds_without_account
from tests.books import account_of, csv_file, enter, picture, take_in
from tests.cast import NOON, TODAY, World

pytestmark = pytest.mark.django_db


def form(world: World, **changed: object) -> dict[str, object]:
    told = {
        "holder": world.committee.public_id, "name": "仑后花园业主委员会", "bank": "建设银行石狮支行",
        "number": "3505 0165 7388 0000 0421", "is_dedicated": "on", "opened_on": "2026-07-01",
        "opening_balance": "48,210.35", "proof": picture(),
    }  # fmt: skip
    return told | changed


def send(world: World, person: User, compound: Compound | None = None, **changed: object) -> str:
    client = Client()
    client.force_login(person)
    url = reverse("finance:open_account", args=[(compound or world.compound).public_id])
    return client.post(url, form(world, **changed), follow=True).content.decode()


def test_an_account_is_entered_with_its_balance_and_proof(world: World) -> None:
    page = send(world, world.treasurer)
    account = LedgerAccount.objects.get()
    assert "账户已建立" in page
    assert (account.holder, account.compound) == (world.committee, world.compound)
    assert (account.opening_balance, account.opened_on) == (Decimal("48210.35"), date(2026, 7, 1))
    assert account.opening_proof.uploaded_by == world.treasurer


def test_only_the_last_four_digits_of_the_number_are_ever_stored(world: World) -> None:
    send(world, world.treasurer)
    account = LedgerAccount.objects.get()
    assert account.number_tail == "0421"
    for model_field in account._meta.concrete_fields:
        assert "7388" not in str(getattr(account, model_field.attname))


@pytest.mark.parametrize(
    ("changed", "anchor", "told"),
    [
        ({"number": "421"}, "number", "至少填写账号的末四位"),
        ({"number": "零四二一"}, "number", "账号只能是数字"),
        ({"opening_balance": "0.001"}, "opening_balance", "超过两位小数"),
        ({"opening_balance": "-5"}, "opening_balance", "不能为负数"),
        ({"opened_on": "2026-10-30"}, "opened_on", "不能在今天之后"),
        ({"holder": "someone-else"}, "holder", "户主"),
        ({"proof": ""}, "proof", "请上传证明建账余额"),
        ({"proof": SimpleUploadedFile("证明.pdf", b"<html>", "application/pdf")}, "proof", ""),
        ({"bank": ""}, "bank", "开户行"),
    ],
)
def test_bad_input_is_named_by_its_field_and_nothing_is_entered(
    world: World, changed: dict[str, object], anchor: str, told: str
) -> None:
    page = send(world, world.treasurer, **changed)
    assert f'href="#id_{anchor}"' in page
    assert told in page
    assert not LedgerAccount.objects.exists()


def test_the_same_account_is_not_entered_twice(world: World) -> None:
    send(world, world.treasurer)
    assert "已经建账，不必重复" in send(world, world.chair)
    assert LedgerAccount.objects.count() == 1


def test_a_bearer_enters_its_own_account_and_an_officer_either(world: World) -> None:
    page = send(world, world.manager, holder=world.committee.public_id)
    assert 'href="#id_holder"' in page
    assert not LedgerAccount.objects.exists()
    send(world, world.manager, holder=world.firm.public_id)
    send(world, world.officer, number="9999")
    assert {account.holder for account in LedgerAccount.objects.all()} == {world.firm, world.committee}


def test_compounds_without_a_dedicated_account_are_counted(world: World) -> None:
    officer = standing_of(world.officer, TODAY)
    missing = compounds_without_account(officer, TODAY)
    assert set(missing) == {world.compound, world.other_compound, world.bare_compound}
    send(world, world.treasurer)
    assert set(missing.all()) == {world.other_compound, world.bare_compound}
    send(world, world.other_chair, world.other_compound, holder=world.other_committee.public_id, is_dedicated="")
    assert set(missing.all()) == {world.other_compound, world.bare_compound}
    client = Client()
    client.force_login(world.officer)
    page = client.get(reverse("finance:accounts")).content.decode()
    assert "没有公共收益专户的小区" in page
    assert world.bare_compound.name in page
    assert "不是专户" in page


def close(world: World, account: LedgerAccount, day: str = "2026-10-29") -> str:
    client = Client()
    client.force_login(world.chair)
    url = reverse("finance:close_account", args=[account.public_id])
    return client.post(url, {"closed_on": day}, follow=True).content.decode()


def test_an_account_closes_once_its_money_has_moved_and_is_booked(world: World) -> None:
    account = account_of(world, opening="500.00")
    assert "账上还有结余 500.00 元" in close(world, account)
    take_in(account, csv_file([("2026-10-20", "-500.00", "0.00", "新专户", "余额转出")]))
    assert "还有 1 笔银行明细没有入账" in close(world, account)
    moved = enter(account, "E99", "500.00", date(2026, 10, 20))
    reverse_entry(moved, reason="按对账单入账", on=moved.on, by=world.treasurer, at=NOON)
    client = Client()
    client.force_login(world.treasurer)
    line = account.lines.get()
    client.post(reverse("finance:line", args=[line.public_id]), {"category": "E99", "text": "余额转入新专户"})
    assert "还有流水" in close(world, account, "2026-10-19")
    assert "已登记销户" in close(world, account)
    account.refresh_from_db()
    assert account.closed_on == TODAY
    assert "已于 2026年10月29日 销户" in close(world, account)
    late = {"on": "2026-10-29", "category": "E05", "amount": "1", "text": "x", "form_key": "k"}
    client.post(reverse("finance:enter", args=[account.public_id]), late)
    assert account.entries.count() == 4


def test_accounts_are_found_by_compound_holder_and_last_digits(world: World) -> None:
    account_of(world)
    account_of(world, holder=world.other_firm, number="3505016573880000 7788", by=world.other_clerk)
    client = Client()
    client.force_login(world.officer)

    def found(words: str) -> set[str]:
        page = client.get("/books/", {"q": words}).content.decode()
        return {tail for tail in ("0421", "7788") if f"尾号 {tail}" in page}

    assert found("") == {"0421", "7788"}
    assert found("仑后花园") == found("0421") == {"0421"}
    assert found("宏远") == {"7788"}
    for words in ("没有的", "%00\ud800", "'; DROP TABLE", "x" * 100_000):
        answer = client.get("/books/", {"q": words.encode("utf-8", "replace").decode()})
        assert answer.status_code == 200
    client.force_login(world.owner)
    assert client.get("/books/", {"q": "0421"}).status_code == 404
