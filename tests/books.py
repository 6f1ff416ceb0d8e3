"""Makers of accounts, entries and bank files for the tests of the books."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook
from PIL import Image

from accounts.models import User
from communities.models import Body, PropertyFirm
from finance.models import BankStatement, Entry, LedgerAccount, StatementUpload
from finance.services.accounts import open_account
from finance.services.entries import Posting, record_entry
from finance.services.statement_preview import upload_statement
from finance.services.statements import import_statement
from tests.cast import NOON, World

QUARTER_START = date(2026, 7, 1)
Row = tuple[str, str, str, str, str]


def png(colour: str = "white") -> bytes:
    """A small picture; another colour is another file."""
    out = BytesIO()
    Image.new("RGB", (12, 12), colour).save(out, "PNG")
    return out.getvalue()


def picture(colour: str = "white", name: str = "发票.png") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, png(colour), "image/png")


def account_of(
    world: World,
    *,
    holder: Body | PropertyFirm | None = None,
    opening: str = "48210.35",
    opened_on: date = QUARTER_START,
    number: str = "3505016573880000 0421",
    by: User | None = None,
) -> LedgerAccount:
    """The committee's account (or another holder's) with its opening balance."""
    holder = holder or world.committee
    return open_account(
        world.other_compound if holder in (world.other_committee, world.other_firm) else world.compound,
        holder=holder,
        name=f"{holder}公共收益专户",
        bank="建设银行石狮支行",
        number=number,
        opened_on=opened_on,
        opening_balance=Decimal(opening),
        proof=picture(),
        by=by or world.treasurer,
        at=NOON,
    )


def enter(
    account: LedgerAccount,
    category: str,
    amount: str,
    on: date = date(2026, 8, 3),
    *,
    by: User | None = None,
    **more: str,
) -> Entry:
    """One entry made by hand."""
    posting = Posting(on=on, category=category, amount=Decimal(amount), **{"text": "测试", **more})
    return record_entry(account, posting, by=by or account.opened_by, at=NOON)


def csv_file(rows: list[Row], *, encoding: str = "gbk", name: str = "农行明细.csv") -> SimpleUploadedFile:
    """A statement of one signed column: day, amount, balance, counterparty, text."""
    lines = ["交易日期,交易金额,本次余额,对方户名,交易用途", *(",".join(row) for row in rows)]
    return SimpleUploadedFile(name, "\r\n".join(lines).encode(encoding), "text/csv")


def xlsx_file(rows: list[list[object]], *, name: str = "明细.xlsx") -> SimpleUploadedFile:
    """A statement as a workbook, rows exactly as given."""
    workbook = Workbook()
    for row in rows:
        workbook.active.append(row)
    out = BytesIO()
    workbook.save(out)
    return SimpleUploadedFile(name, out.getvalue())


def sample(name: str) -> SimpleUploadedFile:
    """One of the two bank files as an office handed them in, kept beside the tests."""
    path = Path(__file__).parent / "samples" / name
    return SimpleUploadedFile(name, path.read_bytes())


def upload(account: LedgerAccount, file: SimpleUploadedFile, *, by: User | None = None) -> StatementUpload:
    return upload_statement(account, file, by=by or account.opened_by, at=NOON)


def take_in(account: LedgerAccount, file: SimpleUploadedFile, *, by: User | None = None, **days: date) -> BankStatement:
    """Upload and confirm at once, warnings acknowledged; `from_on`, `until_on` as typed by hand."""
    uploaded = upload(account, file, by=by)
    StatementUpload.objects.filter(pk=uploaded.pk).update(**days)
    return import_statement(uploaded, acknowledged=True, by=by or account.opened_by, at=NOON)
