"""Who may keep, read and prove the books, and who may disclose them."""

from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from communities.models import Appointment, Body, Compound, PropertyFirm
from communities.permissions import BOOKKEEPERS, HEADS, Holding, Standing
from communities.rules import Role
from communities.services import committee_of, firm_of
from finance.models import Disclosure, LedgerAccount
from kernel.periods import Cadence, Period
from supervision.models import Obligation
from supervision.permissions import people_of_bearer
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
        body_id=account.holder_body_id,
        firm_id=account.holder_firm_id,
        compound_id=account.compound_id,
        on=on,
        roles=BOOKKEEPERS,
    )
    return holding is not None


def may_keep_books(standing: Standing, account: LedgerAccount) -> bool:
    """Whether the person may enter anything in this account's books today."""
    return book_right(standing, account) is not None


def may_decide_take_backs(standing: Standing, compound: Compound) -> bool:
    """Agree to close a voucher that is public, or refuse: the town's office, which supervises (clause 4.1.1)."""
    return standing.officer_of(compound.village.town_id)


def deciders_of_take_backs(compound: Compound, on: date) -> QuerySet[User]:
    """Who is asked: the officers in post on a day."""
    posts = Appointment.objects.current(on).filter(
        post__role=Role.TOWN_OFFICER, post__body__town=compound.village.town_id
    )
    return User.objects.filter(is_active=True, appointments__in=posts).distinct()


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


def may_close_account(standing: Standing, account: LedgerAccount) -> bool:
    """The head of the holder, or the town's office."""
    return standing.officer_of(account.compound.village.town_id) or any(
        h.role in HEADS and _acts_for_holder(h, standing, account) for h in standing.current
    )


# -- The disclosure ------------------------------------------------------------------------------------------------


def acts_for_bearer(standing: Standing, obligation: Obligation, roles: frozenset[Role] = BOOKKEEPERS) -> Holding | None:
    """The post by which the person acts for the obligation's bearer; None where they may not.

    Whoever held the post on the period's last day and left since may still finish it while it is open, nothing else.
    """
    holding = standing.bears(
        body_id=obligation.bearer_body_id,
        firm_id=obligation.bearer_firm_id,
        compound_id=obligation.compound_id,
        on=obligation.period_last_on,
        roles=roles,
    )
    if holding is None:
        return None
    in_office = holding.is_current and (holding.body_id or obligation.compound_id in standing.firm_compound_ids)
    return holding if in_office or obligation.is_open else None


def reviewers_of(obligation: Obligation, on: date) -> QuerySet[User]:
    """Who may review: the bearer's bookkeepers; where that is a single person, the village's cadres and the board."""
    own = people_of_bearer(obligation, on)
    if own.count() > 1 or obligation.compound is None:
        return own
    watching = Appointment.objects.current(on).filter(
        Q(post__role=Role.VILLAGE_CADRE, post__body__village=obligation.compound.village_id)
        | Q(post__role=Role.BOARD_SUPERVISOR, post__body__compound=obligation.compound_id)
    )
    return User.objects.filter(is_active=True, appointments__in=watching).distinct()


def may_prepare(standing: Standing, obligation: Obligation) -> bool:
    """Draw up the quarter's disclosure, and correct it: the bearer's bookkeepers."""
    return acts_for_bearer(standing, obligation) is not None


def reviews_as(standing: Standing, obligation: Obligation) -> Holding | None:
    """The post by which the person may review what somebody else prepared.

    A second bookkeeper of the bearer; where the bearer has a single person, the village's cadre or the
    supervisory board (监事会).
    """
    own = acts_for_bearer(standing, obligation)
    watching = next((h for h in standing.current if _watches(h, obligation)), None)
    if own is not None or watching is None:
        return own
    return None if people_of_bearer(obligation, standing.on).count() > 1 else watching


def _watches(holding: Holding, obligation: Obligation) -> bool:
    compound = obligation.compound
    if holding.role is Role.VILLAGE_CADRE:
        return compound is not None and holding.village_id == compound.village_id
    return holding.role is Role.BOARD_SUPERVISOR and holding.compound_id == obligation.compound_id


def may_review(standing: Standing, obligation: Obligation) -> bool:
    """Review a submitted disclosure; that it is never one's own is checked against the draft."""
    return reviews_as(standing, obligation) is not None


def may_publish(standing: Standing, obligation: Obligation) -> bool:
    """Publish or countersign: who heads the bearer, chair or firm manager."""
    return acts_for_bearer(standing, obligation, HEADS) is not None


def may_post(standing: Standing, disclosure: Disclosure) -> bool:
    """Upload photos of the posted paper: whoever acts for the bearer, or for the one that countersigned."""
    if acts_for_bearer(standing, disclosure.obligation) is not None:
        return True
    # Only who holds or held a post can have countersigned.
    signed = Obligation.objects.filter(countersigns__disclosure=disclosure) if standing.holdings else ()
    return any(acts_for_bearer(standing, obligation) is not None for obligation in signed)


def may_follow_work(standing: Standing, obligation: Obligation) -> bool:
    """Read a disclosure before it is published: its bearer, the compound's committee and board, village and town."""
    compound = obligation.compound
    if compound is None:
        return False
    return (
        standing.supervises(compound)
        or compound.village.town_id in standing.town_ids
        or compound.pk in standing.committee_compound_ids | standing.firm_compound_ids
        or acts_for_bearer(standing, obligation) is not None
    )


def may_watch_corrections(standing: Standing) -> bool:
    """Town and village see what was corrected after the due day, with the differences named."""
    return bool(standing.town_ids or standing.village_ids)
