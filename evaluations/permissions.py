"""Who may do what about surveys. Role names appear here and nowhere else in this app.

Before the count there is nothing to permit: figures per answer do not exist in any readable form.
"""

from communities.models import Compound, Town
from communities.permissions import Standing
from communities.rules import Role
from evaluations.models import Comment, Survey, SurveyProposal


def may_start_surveys(standing: Standing, town: Town) -> bool:
    """Start a round, end a survey early, keep the questionnaires: the town's 小区服务岗 (clauses 4.2.4, 4.4.4)."""
    return standing.officer_of(town.pk)


def may_end_early(standing: Standing, survey: Survey) -> bool:
    return standing.officer_of(survey.compound.village.town_id)


def oversees(standing: Standing, compound: Compound) -> bool:
    """Whoever oversees or audits sees drafts, problems and who helped with paper."""
    return compound.village.town_id in standing.town_ids or compound.village_id in standing.village_ids


def may_vote_for(standing: Standing, unit_id: int) -> bool:
    """Whoever is bound to the home, as owner, family or tenant; the home has one vote all the same."""
    return unit_id in standing.home_unit_ids


def may_enter_paper(standing: Standing, survey: Survey) -> bool:
    """Type in a household's paper ballot, or confirm it: the village's cadres and the town's office.

    Never the committee or the firm, which are judged.
    """
    compound = survey.compound
    return compound.village_id in standing.village_ids or standing.officer_of(compound.village.town_id)


def may_take_list(standing: Standing, survey: Survey) -> bool:
    """The published list, to recount from: the compound's residents, and auditors."""
    audits = any(h.role is Role.AUDITOR and h.town_id == survey.compound.village.town_id for h in standing.current)
    return audits or survey.compound_id in standing.home_compound_ids


def may_handle_comments(standing: Standing, survey: Survey) -> bool:
    """Redact residents' comments, and release what a colleague redacted: the town's office."""
    return standing.officer_of(survey.compound.village.town_id)


def may_release(standing: Standing, comment: Comment) -> bool:
    """Never by whoever redacted it."""
    return comment.redacted_by_id is not None and comment.redacted_by_id != standing.user_id


def may_decide(standing: Standing, proposal: SurveyProposal) -> bool:
    """Take up or decline what a result proposes: the town's office (clauses 4.2.4, 4.4.5: 可介入)."""
    return standing.officer_of(proposal.survey.compound.village.town_id)
