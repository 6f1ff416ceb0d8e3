"""What the bank says: its balance on a day, its lines the books do not have, and whether its statements join."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from finance.models import BankStatement, LedgerAccount
from finance.querysets import LineQuerySet
from kernel.days import long_date
from kernel.money import yuan

_DAY = timedelta(days=1)


def statement_reaching(account: LedgerAccount, day: date) -> BankStatement | None:
    """The statement that covers a day, the furthest-reaching first; None where the bank has not been asked yet."""
    return account.statements.covering(day).first()


def lines_not_booked(account: LedgerAccount, until: date) -> LineQuerySet:
    """Bank lines up to a day that the books did not have at the end of that day, oldest first."""
    return account.lines.not_booked(until=until).order_by("on", "statement", "order")


def bank_balance_on(account: LedgerAccount, day: date) -> Decimal | None:
    """The bank's own balance at the end of a day, in yuan; None where no statement covers the day."""
    statement = statement_reaching(account, day)
    if statement is None:
        return None
    if day == statement.until_on:
        return statement.closing_balance
    return statement.opening_balance + account.lines.filter(on__range=(statement.from_on, day)).net()


def gaps(account: LedgerAccount, statements: Iterable[BankStatement]) -> list[str]:
    """Where the account's statements, given from the oldest on, do not join one to the next, in words."""
    found, reached, balance = [], account.opened_on - _DAY, account.opening_balance
    for statement in statements:
        if statement.from_on > reached + _DAY:
            days = f"{long_date(reached + _DAY)}至{long_date(statement.from_on - _DAY)}"
            found.append(f"{days}没有对账单。")
        elif statement.from_on == reached + _DAY and statement.opening_balance != balance:
            found.append(difference_words(statement.from_on, balance, statement.opening_balance, account))
        if statement.until_on > reached:
            reached, balance = statement.until_on, statement.closing_balance
    return found


def difference_words(from_on: date, before: Decimal, opening: Decimal, account: LedgerAccount) -> str:
    told = "建账余额" if from_on <= account.opened_on else "上一份对账单期末"
    return f"{long_date(from_on)}：{told} {yuan(before)}，本份期初 {yuan(opening)}，相差 {yuan(opening - before)}。"


def balance_before(account: LedgerAccount, day: date) -> Decimal | None:
    """What the balance at the start of a day must be: as the books opened, or as the bank said the evening before."""
    if day <= account.opened_on:
        return account.opening_balance
    return bank_balance_on(account, day - _DAY)
