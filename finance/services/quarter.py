"""A quarter of a bearer's accounts as books and bank have it now, read at once: what every figure and check asks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import Case, DateField, Exists, F, OuterRef, Q, QuerySet, Subquery, Sum, Value, When
from django.db.models.functions import Coalesce, Least

from accounts.compiled import NO_ID, CompiledRead
from communities.models import Compound, Owner
from communities.rules import OwnerKind
from finance.models import (
    BankStatement,
    Disclosure,
    DisclosureDraft,
    Entry,
    LedgerAccount,
    ReconcilingItem,
    StatementLine,
    Voucher,
)
from finance.querysets import SIGNED, ZERO, on_side
from finance.rules import Direction
from finance.services.ledger import entries_in
from finance.services.statements import lines_not_booked
from kernel.days import long_date
from kernel.periods import Period
from supervision.models import Obligation
from supervision.rules import Duty

_DAY = timedelta(days=1)

# -- Which accounts ----------------------------------------------------------------------------------------------------


def account_for(obligation: Obligation) -> LedgerAccount | None:
    """The bearer's own account in the compound during the quarter; None where it shares the other bearer's.

    Of several, the dedicated one that was open on the quarter's last day.
    """
    return main_of(own_accounts(obligation))


def main_of(accounts: Iterable[LedgerAccount]) -> LedgerAccount | None:
    """The dedicated one of several, then the one open longest into the quarter, then the newest."""
    return max(
        accounts,
        key=lambda account: (account.is_dedicated, account.closed_on or date.max, account.opened_on),
        default=None,
    )


def own_accounts(obligation: Obligation) -> list[LedgerAccount]:
    """Every account of the bearer in the compound that was open on some day of the quarter."""
    period = obligation.period_value
    theirs = LedgerAccount.objects.filter(
        compound=obligation.compound_id, holder_body=obligation.bearer_body_id, holder_firm=obligation.bearer_firm_id
    )
    return list(theirs.filter(_open_within(period.first, period.last)).order_by("pk"))


def _open_within(first: date, last: date) -> Q:
    """Open on some day of these."""
    return Q(opened_on__lte=last) & (Q(closed_on__isnull=True) | Q(closed_on__gte=first))


def last_day_of(account: LedgerAccount, period: Period) -> date:
    """The quarter's last day, or the account's own where it was closed within the quarter."""
    return min(period.last, account.closed_on or period.last)


# -- What is known of each ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opening:
    """Where the quarter begins: on what basis, with how much, and the proof in words."""

    basis: Disclosure.Opening
    amount: Decimal
    proof: str
    published: Disclosure | None = None


@dataclass(frozen=True)
class AccountQuarter:
    """What books and bank say of one account at both ends of the quarter and within it, in yuan.

    `bank_before` is the bank's balance as the quarter begins, from a statement that covers the day before or starts
    on the day; `bank_until` that of the account's last day in the quarter. None where no statement says it.
    """

    account: LedgerAccount
    is_own: bool
    opening_sha: str
    before: Decimal
    until: Decimal
    income: Decimal
    expense: Decimal
    bank_before: Decimal | None
    bank_until: Decimal | None
    has_moved: bool
    has_begun: bool


@dataclass(frozen=True)
class Quarter:
    """A draft with all that its figures and checks ask, from one moment; `versions` oldest first."""

    draft: DisclosureDraft
    drawn: AccountQuarter
    accounts: tuple[AccountQuarter, ...]
    versions: tuple[Disclosure, ...]
    previous: Disclosure | None
    owner_names: tuple[str, ...]
    entries: tuple[Any, ...]
    unbooked: tuple[Any, ...]
    items: tuple[ReconcilingItem, ...]

    @property
    def period(self) -> Period:
        return self.draft.obligation.period_value

    @property
    def own(self) -> list[LedgerAccount]:
        """The bearer's accounts in the quarter, as `own_accounts` reads them."""
        return [each.account for each in self.accounts if each.is_own]

    @property
    def others(self) -> list[AccountQuarter]:
        """The bearer's further accounts."""
        return [each for each in self.accounts if each.is_own and each is not self.drawn]

    @cached_property
    def opening(self) -> Opening:
        """Chained to the last published closing; the first quarter by its proof; else by the bank (上季未公示)."""
        account, amount, previous = self.drawn.account, self.drawn.before, self.previous
        if previous is not None:
            proof = (
                f"{self.period.previous().label}公示第 {previous.version} 版本期结余，编号 {previous.public_id}，"
                f"校验码 {previous.hash[:16]}"
            )
            return Opening(Disclosure.Opening.CHAINED, amount, proof, previous)
        if not self.drawn.has_begun:
            proof = f"{long_date(account.opened_on)}建账余额凭据，校验码 {self.drawn.opening_sha[:16]}"
            return Opening(Disclosure.Opening.FIRST, amount, proof)
        before = self.period.first - _DAY
        return Opening(Disclosure.Opening.STATEMENT, amount, f"{long_date(before)}银行对账单余额")

    @cached_property
    def listed(self) -> list[ReconcilingItem]:
        """The items that still explain something: a line booked meanwhile needs no explanation any more.

        Of a line booked in part the rest is explained.
        """
        left = {
            line.pk: -line.left_amount if line.direction == Direction.IN else line.left_amount for line in self.unbooked
        }
        for item in self.items:
            item.amount = left.get(item.line_id, item.amount)
        return [item for item in self.items if item.line_id is None or item.line_id in left]

    @property
    def unexplained(self) -> list[StatementLine]:
        """The bank's lines neither booked nor listed, oldest first, each with `left_amount`."""
        explained = {item.line_id for item in self.listed}
        return [line for line in self.unbooked if line.pk not in explained]


def read_quarter(draft: DisclosureDraft) -> Quarter:
    """Books and bank of a draft's quarter, in five statements however much there is."""
    obligation, account, period = draft.obligation, draft.account, draft.obligation.period_value
    accounts, owner_names = _accounts(draft)
    around = Disclosure.objects.filter(Q(obligation=obligation) | Q(account=account, period=period.previous().code))
    known = list(around.select_related("account").order_by("version"))
    vouchers = Voucher.objects.filter(entry=OuterRef("pk")).order_by("pk").values("file__sha256")
    entries = entries_in(account, period).select_related("reverses", "reversed_by")
    return Quarter(
        draft=draft,
        drawn=next(each for each in accounts if each.account == account),
        accounts=accounts,
        versions=tuple(one for one in known if one.obligation_id == obligation.pk),
        previous=next((one for one in reversed(known) if one.obligation_id != obligation.pk), None),
        owner_names=owner_names,
        entries=tuple(entries.annotate(voucher_marks=ArraySubquery(vouchers))),
        unbooked=tuple(lines_not_booked(account, period.last).with_left(until=period.last)),
        items=tuple(draft.reconciling.select_related("line").order_by("id")),
    )


def _accounts(draft: DisclosureDraft) -> tuple[tuple[AccountQuarter, ...], tuple[str, ...]]:
    """The bearer's accounts, and the draft's whatever became of it; and the names of the compound's owners."""
    obligation, period = draft.obligation, draft.obligation.period_value
    bearer = (obligation.bearer_body_id, obligation.bearer_firm_id)
    told: list[AccountQuarter] = []
    names: list[str] = []
    for row in _read_accounts(obligation.compound_id, period.first, period.last, period.first - _DAY, period.code):
        account = LedgerAccount.from_db("default", _COLUMNS, row[: len(_COLUMNS)])
        account.compound = cast("Compound", obligation.compound)  # a disclosure is always owed in one
        read = dict(zip(_READ, row[len(_COLUMNS) :], strict=True))
        was_open, names = read.pop("was_open"), read.pop("owner_names")
        is_own = was_open and (account.holder_body_id, account.holder_firm_id) == bearer
        if is_own or account == draft.account:
            told.append(AccountQuarter(account=account, is_own=is_own, **read))
    return tuple(told), tuple(names)


#: What is read of an account: its own columns, in the model's order, by which `from_db` takes them, …
_COLUMNS = [field.attname for field in LedgerAccount._meta.concrete_fields]
#: … and of the quarter: `was_open` on a day of it, what `AccountQuarter` tells, and the names of the owners.
_READ = (
    *("was_open", "opening_sha", "before", "until", "income", "expense"),
    *("bank_before", "bank_until", "has_moved", "has_begun", "owner_names"),
)


def _of_compound(compound: int, first: date, last: date, eve: date, code: str) -> QuerySet[Any, tuple[Any, ...]]:
    """Of each account of the compound _COLUMNS and _READ, for the quarter of that code after that eve."""
    entries = Entry.objects.filter(account=OuterRef("pk")).order_by()
    lines = StatementLine.objects.filter(account=OuterRef("pk"))
    within = entries.filter(on__range=(first, last))
    owners = Owner.objects.filter(compound=OuterRef("compound"), kind=OwnerKind.NATURAL).order_by("pk")
    return (
        LedgerAccount.objects.filter(compound=compound)
        .annotate(
            eve=Value(eve, DateField()),
            last_on=Least(F("closed_on"), Value(last, DateField())),
            was_open=_open_within(first, last),
            opening_sha=F("opening_proof__sha256"),
            before=F("opening_balance") + _net(entries.filter(on__lt=first)),
            until=F("opening_balance") + _net(entries.filter(on__lte=last)),
            income=_net(within.filter(on_side(Direction.IN))),
            expense=-_net(within.filter(on_side(Direction.OUT))),
            bank_before=Coalesce(_bank_on("eve"), _bank_opening(first)),
            bank_until=_bank_on("last_on"),
            has_moved=Exists(within) | Exists(lines.filter(on__range=(first, last))),
            has_begun=_begun(entries.filter(on__lt=first), first, code),
            owner_names=ArraySubquery(owners.values("name")),
        )
        .order_by("pk")
        .values_list(*_COLUMNS, *_READ)
    )


#: Its SQL takes longer to write than to run, and every step of a disclosure asks it.
_read_accounts = CompiledRead(_of_compound, NO_ID, date(1583, 1, 1), date(1583, 3, 31), date(1582, 12, 31), "a quarter")


def _net(moves: QuerySet[Any]) -> Coalesce:
    return Coalesce(Subquery(moves.values("account").annotate(net=Sum(SIGNED)).values("net")), ZERO)


def _begun(earlier: QuerySet[Entry], first: date, code: str) -> Q:
    """Something of the account lies before the quarter: a posting, a publication, its holder's duty to publish."""
    owed = Obligation.objects.filter(
        Q(bearer_body=OuterRef("holder_body")) | Q(bearer_firm=OuterRef("holder_firm")),
        duty=Duty.DISCLOSURE,
        compound=OuterRef("compound"),
        period_last_on__gte=OuterRef("opened_on"),
        period_last_on__lt=first,
    )
    published = Disclosure.objects.filter(account=OuterRef("pk"), period__lt=code)
    return Q(Exists(earlier)) | Q(Exists(published)) | Q(Exists(owed))


def _bank_on(day: str) -> Subquery:
    """The bank's own balance at the end of the day named, as `bank_balance_on` reads it for one account."""
    moved = StatementLine.objects.filter(
        account=OuterRef("account"), on__gte=OuterRef("from_on"), on__lte=OuterRef(OuterRef(day))
    )
    balance = Case(
        When(until_on=OuterRef(day), then=F("closing_balance")),
        default=F("opening_balance") + _net(moved.order_by()),
    )
    covering = BankStatement.objects.filter(
        account=OuterRef("pk"), from_on__lte=OuterRef(day), until_on__gte=OuterRef(day)
    ).order_by("-until_on", "-id")
    return Subquery(covering.annotate(balance=balance).values("balance")[:1])


def _bank_opening(first: date) -> Subquery:
    """What a statement that begins on the day begins with."""
    beginning = BankStatement.objects.filter(account=OuterRef("pk"), from_on=first).order_by("id")
    return Subquery(beginning.values("opening_balance")[:1])
