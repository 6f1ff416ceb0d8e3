"""A bank statement between upload and confirmation: how its columns are read, and what taking it in would do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction

from accounts.models import User
from files.models import StoredFile
from files.reading import Header, Table, header_at, read_table
from files.services import store_upload
from finance.bank_columns import corrected, recognise
from finance.bank_statement import BankLine, Reading, fingerprints, read_statement
from finance.models import LedgerAccount, StatementMapping, StatementUpload
from finance.services.bank import balance_before, difference_words
from kernel.days import long_date
from kernel.money import yuan

_DAY = timedelta(days=1)


@dataclass
class Preview:
    """What confirming would take in. `problems` forbid it; `warnings` must be acknowledged."""

    upload: StatementUpload
    table: Table
    header: Header
    reading: Reading
    from_on: date | None
    until_on: date | None
    opening: Decimal | None
    closing: Decimal | None
    is_end_guessed: bool = False
    new: list[tuple[BankLine, str]] = field(default_factory=list)
    known: int = 0
    too_early: int = 0
    problems: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)

    @property
    def may_confirm(self) -> bool:
        return not self.problems and self.upload.statement_id is None

    def bounds(self) -> tuple[date, date, Decimal, Decimal]:
        """First and last day, opening and closing balance; only a statement with problems lacks one of them."""
        if self.from_on is None or self.until_on is None or self.opening is None or self.closing is None:
            raise ValueError(f"a statement with problems has no bounds: {self.problems}")
        return self.from_on, self.until_on, self.opening, self.closing


@transaction.atomic
def upload_statement(account: LedgerAccount, upload: UploadedFile, *, by: User, at: datetime) -> StatementUpload:
    """Keep a statement's file for preview and confirmation. Raises DomainError for what the table door refuses."""
    file = store_upload(upload, door=StoredFile.Door.TABLE, by=by)
    read_table(file)  # what cannot be read at all is refused at the door
    return StatementUpload.objects.create(account=account, file=file, uploaded_by=by, uploaded_at=at)


def correct_upload(
    upload: StatementUpload,
    *,
    header_row: int,
    columns: Mapping[str, int],
    opening_balance: Decimal | None,
) -> None:
    """Keep how a person told the sheet is to be read: header row and columns (both from 0), opening balance."""
    StatementUpload.objects.filter(pk=upload.pk, statement__isnull=True).update(
        columns={"row": header_row, "columns": dict(columns)}, opening_balance=opening_balance
    )
    upload.refresh_from_db()


def correct_days(upload: StatementUpload, *, from_on: date | None, until_on: date | None) -> None:
    """Keep the days covered as a person told them; None leaves a day to the file."""
    StatementUpload.objects.filter(pk=upload.pk, statement__isnull=True).update(from_on=from_on, until_on=until_on)
    upload.refresh_from_db()


def header_of(upload: StatementUpload, table: Table) -> Header:
    """The header as corrected by hand, else as remembered for the account, else as recognised."""
    if upload.columns and upload.columns["row"] < len(table.rows):
        return corrected(table.rows, row=upload.columns["row"], columns=upload.columns["columns"])
    mapping = StatementMapping.objects.filter(account=upload.account_id).first()
    return recognise(table.rows, mapping.columns if mapping else {}) or header_at(table.rows, 0, {})


def preview(upload: StatementUpload, *, on: date) -> Preview:
    """Read the file again and say what confirming on the day `on` would do; nothing is written."""
    account, table = upload.account, read_table(upload.file)
    header = header_of(upload, table)
    reading = read_statement(table.rows, header, opening=upload.opening_balance)
    lines = reading.lines
    shown = Preview(
        upload=upload,
        table=table,
        header=header,
        reading=reading,
        from_on=upload.from_on or reading.title.from_on or _probable_start(account, reading),
        until_on=upload.until_on or reading.title.until_on or (lines[-1].on if lines else None),
        is_end_guessed=not (upload.until_on or reading.title.until_on) and bool(lines),
        opening=reading.opening,
        closing=reading.closing,
        problems=[str(problem) for problem in reading.problems],
        warnings=list(reading.remarks),
    )
    _leave_out_early(shown, account)
    _check_days(shown, on=on)
    _part_known(shown, account)
    if not shown.problems:
        _check_account(shown, account)
        _check_continuity(shown, account)
    return shown


def _probable_start(account: LedgerAccount, reading: Reading) -> date | None:
    """The day the statement begins where the file is silent: right after the one before, if the balances join."""
    if not reading.lines:
        return None
    first = reading.lines[0].on
    before = account.statements.filter(until_on__lt=first).order_by("-until_on", "-pk").first()
    reached = before.until_on if before else account.opened_on - _DAY
    balance = before.closing_balance if before else account.opening_balance
    return reached + _DAY if reached < first and balance == reading.opening else first


def _leave_out_early(shown: Preview, account: LedgerAccount) -> None:
    """Lines before the opening day are in the opening balance already."""
    lines = shown.reading.lines
    kept = [line for line in lines if line.on >= account.opened_on]
    shown.too_early = len(lines) - len(kept)
    if shown.too_early:
        shown.opening = kept[0].balance - kept[0].signed if kept else shown.closing
        shown.warnings.append(
            f"{shown.too_early} 笔在建账日期 {long_date(account.opened_on)} 之前，已含在建账余额里，不再导入。"
        )
    if shown.from_on is not None:
        shown.from_on = max(shown.from_on, account.opened_on)
    shown.reading.lines = kept


def _check_days(shown: Preview, *, on: date) -> None:
    lines, from_on, until_on = shown.reading.lines, shown.from_on, shown.until_on
    if shown.opening is None and not shown.problems:
        shown.problems.append("文件里没有明细，请填写期初余额；若本期确无收支，也可改用“本期无收支”登记。")
    if from_on is None or until_on is None:
        shown.problems.append("文件没有写明起止日期，请填写查询时所选的起止日期。")
        return
    if until_on < from_on:
        shown.problems.append(f"截止日期 {long_date(until_on)} 早于起始日期 {long_date(from_on)}。")
    if until_on > on:
        shown.problems.append(f"截止日期 {long_date(until_on)} 在今天之后，请改为今天或以前。")
    outside = [line for line in lines if not from_on <= line.on <= until_on]
    if outside:
        first = outside[0]
        shown.problems.append(f"第 {first.row} 行日期 {long_date(first.on)} 不在起止日期之内，共 {len(outside)} 行。")


def _part_known(shown: Preview, account: LedgerAccount) -> None:
    marked = list(zip(shown.reading.lines, fingerprints(shown.reading.lines), strict=True))
    known = set(
        account.lines.filter(fingerprint__in=[mark for _, mark in marked]).values_list("fingerprint", flat=True)
    )
    shown.new = [(line, mark) for line, mark in marked if mark not in known]
    shown.known = len(marked) - len(shown.new)
    if shown.from_on is None or shown.until_on is None:
        return
    days = (shown.from_on, shown.until_on)
    absent = account.lines.filter(on__range=days).exclude(fingerprint__in=[mark for _, mark in marked])
    if other := absent.order_by("on", "order").first():
        words = f"{long_date(other.on)} {other.get_direction_display()} {yuan(other.amount)}"
        shown.warnings.append(f"这几天里以前导入的明细有 {absent.count()} 笔不在本文件中，例如 {words}。")


def _check_account(shown: Preview, account: LedgerAccount) -> None:
    tail = shown.reading.title.tail
    if tail and tail != account.number_tail:
        shown.warnings.append(f"文件抬头的账号尾号是 {tail}，本账户尾号是 {account.number_tail}，可能选错了账户。")


def _check_continuity(shown: Preview, account: LedgerAccount) -> None:
    """Name what does not join: with the statement before, with the opening of the books, with the statement after."""
    if shown.from_on is None or shown.until_on is None or shown.opening is None or shown.closing is None:
        return
    before = balance_before(account, shown.from_on)
    if before is None:
        last = account.statements.filter(until_on__lt=shown.from_on).order_by("-until_on").first()
        reached = last.until_on if last else account.opened_on - _DAY
        balance = last.closing_balance if last else account.opening_balance
        days = f"{long_date(reached + _DAY)}至{long_date(shown.from_on - _DAY)}"
        difference = (
            f"其间余额由 {yuan(balance)} 变为 {yuan(shown.opening)}" if balance != shown.opening else "其间余额未变"
        )
        shown.warnings.append(f"{days}还没有对账单，{difference}。")
    elif before != shown.opening:
        shown.warnings.append(difference_words(shown.from_on, before, shown.opening, account))
    after = account.statements.filter(from_on=shown.until_on + _DAY).first()
    if after is not None and after.opening_balance != shown.closing:
        shown.warnings.append(
            f"本份期末 {yuan(shown.closing)}，下一份对账单（{long_date(after.from_on)}起）期初 "
            f"{yuan(after.opening_balance)}，相差 {yuan(after.opening_balance - shown.closing)}。"
        )


def column_choices(header: Header) -> list[tuple[int, str]]:
    """The columns of a table for a select: (from 0, "第 3 列 余额")."""
    return [(index, f"第 {index + 1} 列 {label}".strip()) for index, label in enumerate(header.labels)]
