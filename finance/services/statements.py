"""Bank statements: what the bank says, which of its lines the books do not have yet, and taking statements in."""

from datetime import date
from decimal import Decimal

from finance.models import BankStatement, LedgerAccount
from finance.querysets import LineQuerySet


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
    last = account.lines.filter(on__range=(statement.from_on, day)).order_by("on", "statement", "order").last()
    return last.balance if last else statement.opening_balance
