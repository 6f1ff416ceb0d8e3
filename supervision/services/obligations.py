"""What the apps above tell about an obligation: how far it is, that it is fulfilled, that it was corrected late."""

from datetime import date, datetime

from django.db import transaction
from django.db.models import Q

from accounts.models import User
from accounts.services import record_action
from communities.models import ServiceContract
from kernel.days import late_from, local_day
from kernel.errors import ConflictError
from kernel.fields import Reference
from supervision.models import Obligation, Proposal
from supervision.rules import LEFT_OFFICE, Opens
from supervision.services.board import Touched, refresh_cells


def reference_to(obligation: Obligation) -> Reference:
    """A frozen pointer for messages and the action trail."""
    return Reference("supervision.obligation", obligation.public_id, str(obligation))


@transaction.atomic
def fulfil(obligation: Obligation, *, at: datetime, evidence: Reference, by: User | None) -> bool:
    """Record that the duty was done at the moment `at`, proved by `evidence`.

    Claims by a conditional update: the first fulfilment stays, a second call returns False and changes nothing.
    Raises ConflictError for an obligation the bearer was released from, or is by the facts of that day although no
    sweep has entered it yet.
    """
    standing = Obligation.objects.select_for_update().get(pk=obligation.pk)
    if standing.released_on is not None:
        raise ConflictError(f"该事项已解除（{standing.released_reason}），无需办理。")
    if standing.fulfilled_at is not None:
        return False
    if has_left_office(standing, on=local_day(at)):
        raise ConflictError(f"该事项无需办理：{LEFT_OFFICE}。")
    Obligation.objects.filter(pk=obligation.pk).update(fulfilled_at=at, evidence=evidence)
    obligation.fulfilled_at, obligation.evidence = at, evidence
    Proposal.objects.filter(obligation=obligation, decision="").update(decision=Proposal.Decision.MOOT, decided_at=at)
    refresh_cells(Touched.only(obligation))
    record_action("完成义务事项", by=by, subject=reference_to(obligation), detail=evidence.title)
    return True


@transaction.atomic
def note_progress(obligation: Obligation, *, progress: Obligation.Progress) -> None:
    """Keep how far the bearer is, for lists and boards. Lateness does not depend on it."""
    Obligation.objects.filter(pk=obligation.pk).update(progress=progress)
    obligation.progress = progress
    refresh_cells(Touched.only(obligation))


@transaction.atomic
def mark_corrected_late(obligation: Obligation, *, at: datetime) -> None:
    """Note a correction published after the due day (逾期更正); the moment of first fulfilment stays."""
    if at >= late_from(obligation.deadline_on):
        Obligation.objects.filter(pk=obligation.pk).update(corrected_late_at=at)
        obligation.corrected_late_at = at
        refresh_cells(Touched.only(obligation))


def has_left_office(obligation: Obligation, *, on: date) -> bool:
    """Whether the bearer of a duty within its period left before the period's last day and before `on`.

    Then whoever is in office on that last day bears it (see `opening`); a duty after its period is never lost so.
    """
    if obligation.rule.opens is not Opens.WITH_PERIOD:
        return False
    day = min(on, obligation.period_last_on)
    if obligation.bearer_body is not None:
        ended_on = obligation.bearer_body.ended_on
        return ended_on is not None and ended_on < day
    contracts = ServiceContract.objects.filter(
        compound=obligation.compound_id, firm=obligation.bearer_firm_id, from_on__lte=day
    )
    return not contracts.filter(Q(ended_on__isnull=True) | Q(ended_on__gte=day)).exists()
