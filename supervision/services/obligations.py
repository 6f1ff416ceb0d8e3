"""What the apps above tell about an obligation: how far it is, that it is fulfilled, that it was corrected late."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from kernel.days import late_from
from kernel.errors import ConflictError
from kernel.fields import Reference
from supervision.models import Obligation, Proposal


def reference_to(obligation: Obligation) -> Reference:
    """A frozen pointer for messages and the action trail."""
    return Reference("supervision.obligation", obligation.public_id, str(obligation))


@transaction.atomic
def fulfil(obligation: Obligation, *, at: datetime, evidence: Reference, by: User | None) -> bool:
    """Record that the duty was done at the moment `at`, proved by `evidence`.

    Claims by a conditional update: the first fulfilment stays, a second call returns False and changes nothing.
    Raises ConflictError for an obligation the bearer was released from.
    """
    if obligation.released_on is not None:
        raise ConflictError("该事项已解除，无需办理。")
    claimed = Obligation.objects.open().filter(pk=obligation.pk).update(fulfilled_at=at, evidence=evidence)
    if not claimed:
        return False
    obligation.fulfilled_at, obligation.evidence = at, evidence
    Proposal.objects.filter(obligation=obligation, decision="").update(decision=Proposal.Decision.MOOT, decided_at=at)
    record_action("完成义务事项", by=by, subject=reference_to(obligation), detail=evidence.title)
    return True


def note_progress(obligation: Obligation, *, progress: Obligation.Progress) -> None:
    """Keep how far the bearer is, for lists and boards. Lateness does not depend on it."""
    Obligation.objects.filter(pk=obligation.pk).update(progress=progress)
    obligation.progress = progress


def mark_corrected_late(obligation: Obligation, *, at: datetime) -> None:
    """Note a correction published after the due day (逾期更正); the moment of first fulfilment stays."""
    if at >= late_from(obligation.deadline_on):
        Obligation.objects.filter(pk=obligation.pk).update(corrected_late_at=at)
