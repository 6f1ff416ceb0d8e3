"""Who is told outside the inbox, and who looks after what could not be delivered."""

from communities.models import Compound
from communities.permissions import Standing
from communities.rules import Role
from notices.rules import MessageKind


def may_be_told(standing: Standing, kind: MessageKind | str) -> bool:
    """Asked at the moment of sending: whoever has nothing to do with it any more gets neither letter nor SMS.

    News are for who belongs here today. What is to be done also reaches those whose post ended, for they finish what
    was theirs; never a person whose posts are all suspended (clause 4.2.2).
    """
    if kind == MessageKind.NEWS:
        return bool(standing.current or standing.owned_compound_ids)
    return any(not holding.is_suspended for holding in standing.holdings) or bool(standing.owned_compound_ids)


def may_see_undelivered(standing: Standing) -> bool:
    """The list of what could not be delivered: the town's people and auditors, each for their towns."""
    return bool(standing.town_ids)


def may_settle_undelivered(standing: Standing) -> bool:
    """Send again or give up: the town's 小区服务岗."""
    return standing.holds(Role.TOWN_OFFICER)


def may_keep_robot(standing: Standing, compound: Compound) -> bool:
    """Enter or remove a compound's group robot: the town's 小区服务岗."""
    return standing.officer_of(compound.village.town_id)
