"""Who may do what about inspections on site and 12345 tickets. Role names appear in this app's permissions only."""

from datetime import date

from django.db.models import Q, QuerySet

from accounts.models import User
from communities.models import Appointment, Compound, PropertyFirm, Town
from communities.permissions import Standing
from communities.rules import Role
from evaluations.models import Finding, Inspection, TicketImport


def may_keep_tickets(standing: Standing, town: Town) -> bool:
    """Import tickets of the hotline: the town's 小区服务岗 (clause 四（四）4)."""
    return standing.officer_of(town.pk)


def ticket_imports_of(standing: Standing) -> QuerySet[TicketImport]:
    """The queryset twin of `may_keep_tickets`."""
    return TicketImport.objects.filter(town_id__in=standing.office_town_ids)


def may_see_tickets(standing: Standing) -> bool:
    """Whoever oversees, sits in a committee or works for a firm; residents read what came of them in the appraisal."""
    return bool(
        standing.town_ids or standing.village_ids or standing.committee_compound_ids or standing.firm_compound_ids
    )


def may_see_inspections(standing: Standing) -> bool:
    """The same people, and those of a firm that has left since: it was inspected."""
    return may_see_tickets(standing) or bool(standing.firm_ids)


def may_inspect(standing: Standing, compound: Compound) -> bool:
    """Inspect on site: the town's office, and the cadres of the compound's village."""
    return standing.officer_of(compound.village.town_id) or compound.village_id in standing.village_ids


def inspected_by(standing: Standing) -> Q:
    """The queryset twin of `may_inspect`, over compounds."""
    return Q(village__town_id__in=standing.office_town_ids) | Q(village_id__in=standing.village_ids)


def may_write(standing: Standing, inspection: Inspection) -> bool:
    """Go on writing a draft: whoever began it, while still in the post."""
    return inspection.begun_by_id == standing.user_id and may_inspect(standing, inspection.compound)


def may_drop(standing: Standing, inspection: Inspection) -> bool:
    """Give a draft up: its author, or the office where the author is gone."""
    return may_write(standing, inspection) or standing.officer_of(inspection.compound.village.town_id)


def may_withdraw(standing: Standing, finding: Finding) -> bool:
    """Withdraw a finding handed in by mistake: its author, or the office."""
    return may_drop(standing, finding.inspection)


def managers_of(firm: PropertyFirm, compound: Compound, on: date) -> QuerySet[User]:
    """Who is told for the firm: its managers in post on the day, of the firm or of this compound."""
    posts = Appointment.objects.current(on).filter(
        Q(post__compound__isnull=True) | Q(post__compound=compound), post__firm=firm, post__role=Role.FIRM_MANAGER
    )
    return User.objects.filter(is_active=True, appointments__in=posts).distinct()


def reads_unfinished(standing: Standing, town: Town) -> bool:
    """Read a half-year's places before all its scores are final: the town, its auditor and its villages."""
    return town.pk in standing.town_ids or any(
        h.role is Role.VILLAGE_CADRE and h.town_id == town.pk for h in standing.current
    )
