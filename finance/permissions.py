"""Who may keep, read and prove the books, and who may disclose them."""

from dataclasses import dataclass
from datetime import date

from communities.models import Body, Compound, PropertyFirm
from communities.permissions import BOOKKEEPERS, HEADS, Holding, Standing
from communities.services import committee_of, firm_of
from finance.models import LedgerAccount
from kernel.periods import Cadence, Period
from supervision.models import Obligation
from supervision.rules import Duty

# -- The books -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class BookRight:
    """Days on which a person may enter something: all of them, or those of the quarters they still owe."""

    owed: frozenset[Period] | None = None

    def covers(self, day: date) -> bool:
        return self.owed is None or Period.containing(day, Cadence.QUARTER) in self.owed

    @property
    def is_limited(self) -> bool:
        return self.owed is not None

    @property
    def words(self) -> str:
        """2026年第二季度、2026年第三季度; empty where nothing is limited."""
        return "、".join(period.label for period in sorted(self.owed or ()))


def _acts_for_holder(holding: Holding, standing: Standing, account: LedgerAccount) -> bool:
    if account.holder_body_id:
        return holding.body_id == account.holder_body_id
    return (
        holding.firm_id == account.holder_firm_id
        and holding.compound_id in (None, account.compound_id)
        and account.compound_id in standing.firm_compound_ids
    )


def book_right(standing: Standing, account: LedgerAccount) -> BookRight | None:
    """On which days the person may enter something in this account's books; None where they may not at all.

    Bookkeepers of the holder in office: all days. Whose post or contract ended: the quarters whose disclosure is
    still open and which were theirs to disclose. A suspended holder of a post: none (clause 4.2.2).
    """
    if any(h.role in BOOKKEEPERS and _acts_for_holder(h, standing, account) for h in standing.current):
        return BookRight()
    if not any(h.role in BOOKKEEPERS and not h.is_suspended for h in standing.holdings):
        return None
    owed = Obligation.objects.open().filter(
        duty=Duty.DISCLOSURE,
        compound=account.compound_id,
        bearer_body=account.holder_body_id,
        bearer_firm=account.holder_firm_id,
    )
    borne = frozenset(o.period_value for o in owed if _bore(standing, account, on=o.period_last_on))
    return BookRight(borne) if borne else None


def _bore(standing: Standing, account: LedgerAccount, *, on: date) -> bool:
    holding = standing.bears(
        body_id=account.holder_body_id, firm_id=account.holder_firm_id, compound_id=account.compound_id, on=on
    )
    return holding is not None and holding.role in BOOKKEEPERS


def may_keep_books(standing: Standing, account: LedgerAccount) -> bool:
    """Whether the person may enter anything in this account's books today."""
    return book_right(standing, account) is not None


def holders_to_open_for(standing: Standing, compound: Compound) -> list[Body | PropertyFirm]:
    """The committee or firm in whose name the person may enter an account: their own; a town officer, either."""
    committee, firm = committee_of(compound, standing.on), firm_of(compound, standing.on)
    holders: list[Body | PropertyFirm] = [holder for holder in (committee, firm) if holder is not None]
    if standing.officer_of(compound.village.town_id):
        return holders
    return [
        holder
        for holder in holders
        if any(
            h.role in BOOKKEEPERS
            and (
                h.body_id == holder.pk
                if isinstance(holder, Body)
                else h.firm_id == holder.pk and compound.pk in standing.firm_compound_ids
            )
            for h in standing.current
        )
    ]


def may_open_account(standing: Standing, compound: Compound) -> bool:
    """Enter the compound's public-revenue account (clause 4.3.1)."""
    return bool(holders_to_open_for(standing, compound))


def may_close_account(standing: Standing, account: LedgerAccount) -> bool:
    """The head of the holder, or the town's office."""
    return standing.officer_of(account.compound.village.town_id) or any(
        h.role in HEADS and _acts_for_holder(h, standing, account) for h in standing.current
    )
