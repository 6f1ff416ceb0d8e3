"""The four questions at every door of the books: nobody, a stranger, one who may only read, the right person."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

import pytest
from django.urls import reverse

from accounts.models import User
from communities.services import suspend
from finance.models import BankStatement, Entry, LedgerAccount, StatementLine, StatementUpload, Voucher
from finance.services.vouchers import Proof, attach_voucher
from tests.books import account_of, csv_file, enter, picture, take_in, upload
from tests.cast import NOON, TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves

pytestmark = pytest.mark.django_db

#: (address name, whose id stands in it) of pages that show something.
READING = (
    ("account", "account"),
    ("account_export", "account"),
    ("opening_proof", "account"),
    ("statements", "account"),
    ("entry", "entry"),
    ("voucher", "voucher"),
    ("statement", "statement"),
    ("statement_file", "statement"),
)
#: The same for pages on which something is done.
WRITING = (
    ("enter", "account"),
    ("lines", "account"),
    ("upload_statement", "account"),
    ("nil_statement", "account"),
    ("reverse", "entry"),
    ("correct", "entry"),
    ("add_vouchers", "entry"),
    ("withdraw_statement", "statement"),
    ("line", "line"),
    ("split_line", "line"),
    ("statement_upload", "upload"),
)
#: Acts without a page of their own, with what is posted.
POSTING = (("voucher_publicity", "voucher", {"is_public": "1"}), ("confirm_statement", "upload", {}))

READERS = ("officer", "leader", "auditor", "cadre", "supervisor", "manager", "clerk")
KEEPERS = ("chair", "treasurer", "member")
STRANGERS = ("other_chair", "other_cadre", "other_manager", "owner", "other_owner", "stranger")


@dataclass
class Books:
    account: LedgerAccount
    entry: Entry
    voucher: Voucher
    statement: BankStatement
    line: StatementLine
    upload: StatementUpload

    def url(self, name: str, whose: str) -> str:
        return reverse(f"finance:{name}", args=[getattr(self, whose).public_id])


@pytest.fixture
def books(world: World) -> Books:
    account = account_of(world, opening="500.00")
    statement = take_in(account, csv_file([("2026-07-02", "+100.00", "600.00", "财付通", "停车费")]))
    entry = enter(account, "E05", "20.00")
    voucher = attach_voucher(entry, Proof(picture("red")), by=world.treasurer, at=NOON)
    pending = upload(account, csv_file([("2026-07-03", "+1.00", "601.00", "财付通", "停车费")]))
    return Books(account, entry, voucher, statement, statement.lines.get(), pending)


def test_every_page_requires_login(books: Books) -> None:
    for name, whose in (*READING, *WRITING):
        requires_login(books.url(name, whose))


def test_every_page_hides_from_strangers(world: World, books: Books) -> None:
    for person in STRANGERS:
        hides_from(world.people[person], books.url("account", "account"))
    for name, whose in (*READING, *WRITING):
        for person in ("other_chair", "owner"):
            hides_from(world.people[person], books.url(name, whose))
        serves(world.treasurer, books.url(name, whose))


def test_reading_pages_serve_those_who_oversee_and_the_other_bearer(world: World, books: Books) -> None:
    for person in (*READERS, *KEEPERS):
        serves(world.people[person], books.url("account", "account"))
    for name, whose in READING:
        for person in ("auditor", "manager"):
            serves(world.people[person], books.url(name, whose))


def test_writing_pages_refuse_read_only_members_and_serve_the_keepers(world: World, books: Books) -> None:
    for person in READERS:
        refuses(world.people[person], books.url("enter", "account"), data={})
    for person in KEEPERS:
        serves(world.people[person], books.url("enter", "account"))
    for name, whose in WRITING:
        for person in ("auditor", "manager"):
            refuses(world.people[person], books.url(name, whose))
            refuses(world.people[person], books.url(name, whose), data={})
        serves(world.treasurer, books.url(name, whose))


@pytest.mark.parametrize(("name", "whose", "data"), POSTING)
def test_acts_ask_the_same_four_questions(
    world: World, books: Books, name: str, whose: str, data: dict[str, str]
) -> None:
    url = books.url(name, whose)
    requires_login(url, data=data)
    for person in STRANGERS:
        hides_from(world.people[person], url, data=data)
    for person in READERS:
        refuses(world.people[person], url, data=data)
    serves(world.treasurer, url, data=data)


def test_the_list_of_accounts_shows_each_what_they_reach(world: World, books: Books) -> None:
    other = account_of(world, holder=world.other_committee, by=world.other_treasurer)
    url = reverse("finance:accounts")
    requires_login(url)
    hides_from(world.owner, url)
    hides_from(world.stranger, url)
    for person, seen in (("officer", [books.account, other]), ("cadre", [books.account])):
        page = serves(world.people[person], url).content.decode()
        assert [a for a in (books.account, other) if a.public_id in page] == seen, person
    for person, only in (("treasurer", books.account), ("other_cadre", other)):
        assert serves(world.people[person], url)["Location"] == reverse("finance:account", args=[only.public_id])


def test_opening_an_account_asks_the_four_questions(world: World) -> None:
    url = reverse("finance:open_account", args=[world.compound.public_id])
    requires_login(url)
    for person in ("other_chair", "other_cadre", "other_manager", "stranger"):
        hides_from(world.people[person], url)
    for person in ("cadre", "leader", "auditor", "supervisor", "owner"):
        refuses(world.people[person], url)
    for person in ("officer", *KEEPERS, "manager", "clerk"):
        serves(world.people[person], url)


def test_closing_an_account_asks_the_four_questions(world: World, books: Books) -> None:
    url = books.url("close_account", "account")
    requires_login(url)
    hides_from(world.other_chair, url)
    for person in ("cadre", "auditor", "treasurer", "manager"):
        refuses(world.people[person], url)
    for person in ("officer", "chair"):
        serves(world.people[person], url)


def test_a_suspended_treasurer_loses_every_right_at_once(world: World, books: Books) -> None:
    url = books.url("enter", "account")
    serves(world.treasurer, url)
    appointment = world.treasurer.appointments.get()
    suspend(appointment, from_on=TODAY, on=TODAY, by=world.officer)
    hides_from(User.objects.get(pk=world.treasurer.pk), url)


def test_an_absent_and_a_foreign_id_look_the_same(world: World, books: Books) -> None:
    hides_from(world.other_chair, books.url("account", "account"))
    hides_from(world.other_chair, reverse("finance:account", args=["0" * 16]))


def test_an_owner_opens_only_public_vouchers_of_a_published_quarter(world: World, books: Books) -> None:
    """Before anything is published no voucher leaves the books, marked or not."""
    url = books.url("voucher", "voucher")
    hides_from(world.owner, url)
    Voucher.objects.update(is_public=True)
    hides_from(world.owner, url)
    serves(world.auditor, url)
    assert books.entry.on == date(2026, 8, 3)
    assert books.entry.amount == Decimal("20.00")
