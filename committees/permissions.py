"""Who may see a committee's board and who enters its terms."""

from communities.models import Compound
from communities.permissions import Standing


def may_register_term(standing: Standing, compound: Compound) -> bool:
    """The town's 小区服务岗 guides elections and keeps the register (clause 4.1.1; 条例 art. 16: filing)."""
    return standing.officer_of(compound.village.town_id)


def may_see_affiliation(standing: Standing, compound: Compound) -> bool:
    """A member's political status: to those who supervise, and to the committee itself.

    To others only with the member's own consent (clause 4.2.5; `accounts.models.Consent`).
    """
    return standing.supervises(compound) or compound.pk in standing.committee_compound_ids


def may_print_board(standing: Standing, compound: Compound) -> bool:
    """Whoever puts it up: the committee itself, the firm that keeps the notice board, village and town."""
    return (
        standing.supervises(compound)
        or compound.pk in standing.committee_compound_ids
        or compound.pk in standing.firm_compound_ids
    )
