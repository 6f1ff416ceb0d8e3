"""会签: a bearer without an account of its own adopts the other bearer's disclosure as its own (clause 4.3.1)."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from finance.models import Countersign, Disclosure, LedgerAccount
from finance.permissions import may_publish
from finance.services.coverage import states_of
from finance.services.drafts import refuse_unless, standing_at
from finance.services.figures import Masker
from finance.services.publishing import reference_to, settle
from finance.services.quarter import account_for
from kernel.errors import ConflictError, DomainError
from supervision.models import Obligation
from supervision.rules import Duty
from supervision.services import note_progress
from supervision.services.obligations import reference_to as reference_to_obligation


def disclosures_to_countersign(obligation: Obligation) -> list[Disclosure]:
    """What the other bearer of the shared account has published for the same quarter, one for each of its accounts.

    Empty while nothing is published; without the accounts signed before.
    """
    published = (
        Disclosure.objects.current()
        .filter(compound=obligation.compound_id, period=obligation.period)
        .exclude(obligation=obligation)
        .for_display()
    )
    latest = published.first()
    if latest is None:
        return []
    signed = obligation.countersigns.values("disclosure__account")
    return list(published.filter(obligation=latest.obligation_id).exclude(account__in=signed).order_by("pk"))


def accounts_to_wait_for(obligation: Obligation) -> list[LedgerAccount]:
    """Accounts of the bearer whose disclosure is countersigned of which nothing is published yet."""
    published = Disclosure.objects.filter(compound=obligation.compound_id, period=obligation.period)
    latest = published.exclude(obligation=obligation).for_display().first()
    states = states_of(latest.obligation) if latest is not None else []
    return [state.account for state in states if state.current is None]


@transaction.atomic
def countersign(
    obligation: Obligation, *, disclosure: Disclosure, note: str = "", by: User, at: datetime
) -> Countersign:
    """Sign one account the other bearer published for one's own obligation; fulfilled once all are signed and posted.

    `disclosure` is the version the head saw. Raises NotAllowedError for anybody but the bearer's head and for whoever
    published it, DomainError where the bearer has an account of its own, ConflictError where a newer version is out or
    the account is signed already.
    """
    # The lock of the posting: whichever comes last, photo or signature, sees the other. Then one's own: signed once.
    for pk in (disclosure.obligation_id, obligation.pk):
        Obligation.objects.select_for_update().get(pk=pk)
    refuse_unless(may_publish(standing_at(by, at), obligation), "会签由本单位负责人办理。")
    refuse_unless(disclosure.published_by_id != by.pk, "发布人不能为另一方会签，请由另一方负责人办理。")
    _refuse_unfit(obligation, disclosure)
    signed = Countersign.objects.create(
        disclosure=disclosure,
        obligation=obligation,
        signed_by=by,
        signed_at=at,
        note=Masker.of(disclosure.compound).text(note.strip()) if note else "",
    )
    if obligation.is_open:
        note_progress(obligation, progress=Obligation.Progress.UNPOSTED)
    record_action("会签公示", by=by, subject=reference_to_obligation(obligation), detail=reference_to(disclosure).title)
    settle(disclosure, by=by)
    return signed


def _refuse_unfit(obligation: Obligation, disclosure: Disclosure) -> None:
    if obligation.duty != Duty.DISCLOSURE or obligation.released_on is not None:
        raise DomainError("该事项不需要会签。")
    if (disclosure.compound_id, disclosure.period) != (obligation.compound_id, obligation.period):
        raise DomainError("只能会签本小区同一季度的公示。")
    if account_for(obligation) is not None:
        raise DomainError("本单位有自己的公共收益账户，请自行公示，不能以会签代替。")
    if obligation.countersigns.filter(disclosure__account=disclosure.account_id).exists():
        raise ConflictError("本单位已经会签，无需重复办理。")
    if not Disclosure.objects.current().filter(pk=disclosure.pk).exclude(obligation=obligation).exists():
        raise ConflictError("该公示已有更正版，请核对现行版本后会签。")
