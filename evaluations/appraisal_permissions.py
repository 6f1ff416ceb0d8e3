"""Who may do what about appraisals. Of this subject the role names appear here and nowhere else."""

from collections.abc import Collection

from communities.models import Town
from communities.permissions import Standing
from communities.rules import Role
from evaluations.models import Appraisal
from evaluations.permissions import oversees


def may_keep_method(standing: Standing, town: Town) -> bool:
    """Write the half-year's method and start its scoring: the town's 小区服务岗 (clause 4.4.4)."""
    return standing.officer_of(town.pk)


def may_score(standing: Standing, appraisal: Appraisal) -> bool:
    """Score items, add bonus and penalty, veto, hand in, answer replies, correct: the town's 小区服务岗."""
    return standing.officer_of(appraisal.round.town_id)


def may_review(standing: Standing, appraisal: Appraisal, *, scorers: Collection[int]) -> bool:
    """Review, and make final: an officer or leader of the town who decided nothing about this score."""
    return standing.user_id not in scorers and may_review_here(standing, appraisal.round.town_id)


def may_review_here(standing: Standing, town_id: int) -> bool:
    """Whether reviewing in the town is the person's business at all."""
    return any(h.role in (Role.TOWN_OFFICER, Role.TOWN_LEADER) and h.town_id == town_id for h in standing.current)


def may_reply(standing: Standing, appraisal: Appraisal) -> bool:
    """Speak for the firm: its manager, also where the firm has left the compound since."""
    return any(
        h.role is Role.FIRM_MANAGER
        and h.firm_id == appraisal.firm_id
        and h.compound_id in (None, appraisal.compound_id)
        for h in standing.current
    )


def is_of_firm(standing: Standing, appraisal: Appraisal) -> bool:
    """Works for the appraised firm in that compound: its manager or clerk."""
    return any(
        h.role in (Role.FIRM_MANAGER, Role.FIRM_CLERK)
        and h.firm_id == appraisal.firm_id
        and h.compound_id in (None, appraisal.compound_id)
        for h in standing.current
    )


def may_read_files(standing: Standing, appraisal: Appraisal) -> bool:
    """Evidence and what the firm handed in: the overseers, the firm, the compound's committee and board.

    Residents read what was said of it; pictures and papers may show other people.
    """
    return (
        oversees(standing, appraisal.compound)
        or is_of_firm(standing, appraisal)
        or appraisal.compound_id in standing.committee_compound_ids
    )
