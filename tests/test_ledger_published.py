"""After a quarter was published: what owners may open, and what is said when its books move on."""

from datetime import date

import pytest
from django.urls import reverse

from finance.models import Disclosure, LedgerAccount, Voucher
from finance.services import ledger
from finance.services.corrections import reverse_entry
from finance.services.vouchers import Proof, attach_voucher
from finance.services.withdrawal import withdraw_statement
from kernel.errors import DomainError
from kernel.periods import Period
from tests.books import enter, picture
from tests.cast import NOON, World
from tests.disclosing import at, publish, third_quarter
from tests.doors import hides_from, serves

pytestmark = pytest.mark.django_db
Q3 = Period.parse("2026Q3")
BEFORE = at(date(2026, 10, 20))


@pytest.fixture
def account(world: World) -> LedgerAccount:
    """The committee's books of the third quarter, two vouchers in them, published on 20 October."""
    obligation, account = third_quarter(world)
    first, second = account.entries.order_by("on")[:2]
    attach_voucher(first, Proof(picture("red"), title="停车合同", is_public=True), by=world.treasurer, at=BEFORE)
    attach_voucher(second, Proof(picture("blue"), title="内部单据"), by=world.treasurer, at=BEFORE)
    publish(obligation, preparer=world.treasurer, head=world.chair, when=BEFORE)
    return account


def door_of(title: str) -> str:
    return reverse("finance:voucher", args=[Voucher.objects.get(title=title).public_id])


def test_owners_open_public_vouchers_of_what_was_published_in_their_compound(
    world: World, account: LedgerAccount
) -> None:
    serves(world.owner, door_of("停车合同"))
    for person in (world.other_owner, world.stranger):
        hides_from(person, door_of("停车合同"))
    hides_from(world.owner, door_of("内部单据"))
    serves(world.auditor, door_of("内部单据"))
    late = enter(account, "E05", "5.00", date(2026, 9, 30))
    attach_voucher(late, Proof(picture("green"), title="公示后补记", is_public=True), by=world.treasurer, at=NOON)
    hides_from(world.owner, door_of("公示后补记"))


def test_the_ledger_names_a_published_quarter_that_moved_on(world: World, account: LedgerAccount) -> None:
    url = reverse("finance:account", args=[account.public_id])
    assert "请更正公示" not in serves(world.chair, url).content.decode()
    entry = account.entries.order_by("on").first()
    assert entry is not None
    reverse_entry(entry, reason="重复入账", on=entry.on, by=world.treasurer, at=NOON)
    assert ledger.changed_quarters(account) == {Q3: 1}
    assert ledger.changed_since_published(account, Q3).get().reverses == entry
    assert "2026年第三季度公示之后，又有 1 笔流水记在该季" in serves(world.chair, url).content.decode()


def test_a_reversal_today_does_not_touch_the_published_quarter(world: World, account: LedgerAccount) -> None:
    entry = account.entries.order_by("on").first()
    assert entry is not None
    form = reverse("finance:reverse", args=[entry.public_id])
    assert "2026年第三季度已公示，选此项须更正公示" in serves(world.treasurer, form).content.decode()
    serves(world.treasurer, form, data={"when": "today", "reason": "重复入账"})
    assert ledger.changed_quarters(account) == {}
    assert ledger.balance_on(account, Q3.last) == Disclosure.objects.get().closing


def test_a_statement_a_disclosure_was_built_on_is_not_withdrawn(world: World, account: LedgerAccount) -> None:
    statement = account.statements.get()
    for entry in account.entries.all():
        reverse_entry(entry, reason="重新导入", on=entry.on, by=world.treasurer, at=NOON)
    with pytest.raises(DomainError, match="2026年第三季度的公示已以这份对账单为据"):
        withdraw_statement(statement, reason="想换一份", by=world.treasurer, at=NOON)
