"""Who is told outside the inbox, who looks after what could not be delivered, who makes and approves editions."""

from communities.models import Compound, Town
from communities.permissions import Standing
from communities.rules import Role
from notices.models import Edition, EditionDraft
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


# -- Editions ----------------------------------------------------------------------------------------------------------

#: Holders of these posts are told that an edition waits for approval.
APPROVERS = (Role.TOWN_OFFICER, Role.TOWN_LEADER)


def may_prepare_edition(standing: Standing, town: Town) -> bool:
    """Draw the figures, write, submit, drop, correct: the town's 小区服务岗."""
    return standing.officer_of(town.pk)


def may_approve_edition(standing: Standing, draft: EditionDraft) -> bool:
    """Approve or return what another has prepared: an officer or leader of the town."""
    return draft.prepared_by_id != standing.user_id and any(
        h.role in APPROVERS and h.town_id == draft.town_id for h in standing.current
    )


def approves_as(standing: Standing, draft: EditionDraft) -> str:
    """The post by which the person approves, as it is frozen: 组长."""
    return next((h.title for h in standing.current if h.role in APPROVERS and h.town_id == draft.town_id), "")


def may_see_papers(standing: Standing, edition: Edition) -> bool:
    """Report, newspaper copy, WeChat article and the record of where they went: the town's people and auditors.

    The notice, its table and the posters are everybody's.
    """
    return edition.town_id in standing.town_ids


def may_dispatch_edition(standing: Standing, edition: Edition) -> bool:
    """Check off where an edition went, have its papers made again: the town's 小区服务岗."""
    return standing.officer_of(edition.town_id)
