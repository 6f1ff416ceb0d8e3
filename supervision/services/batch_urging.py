"""督促 many at once: one text with blanks to fill, sent once, each bearer once a day (clause 4.3.1)."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from kernel.days import days_left_words, late_from, local_day, long_date
from kernel.errors import ConflictError, DomainError, NotAllowedError
from notices.models import Message
from notices.services import send_message
from supervision.models import Obligation, Proposal, Urging, UrgingBatch
from supervision.permissions import may_urge, people_of_bearers, urges_as
from supervision.rules import clause_of
from supervision.services.obligations import reference_to
from supervision.services.urging import LONGEST_TEXT

#: As many are urged in one act; more are urged in a second one.
MOST_AT_ONCE = 500
#: The blanks of a text, each in braces, filled anew for every bearer.
BLANKS = ("单位", "小区", "期间", "事项", "期限", "剩余", "依据")
USUAL_TEXT = "{单位}：你单位应于{期限}前完成{小区}{期间}{事项}，{剩余}，请尽快办理。依据：{依据}。"
_BLANK = re.compile(r"\{([^{}]*)\}")


@dataclass(frozen=True)
class Sent:
    """What came of a batch: how many were urged, how many had been that day, how many need it no more."""

    urged: int
    urged_before: int
    dropped: int
    is_repeated: bool = False


def check_text(text: str) -> None:
    """Raises DomainError on `text` for a blank that is not known."""
    for name in _BLANK.findall(text):
        if name not in BLANKS:
            known = "、".join(f"{{{one}}}" for one in BLANKS)
            raise DomainError(f"不认识“{{{name}}}”。可用的有：{known}。", field="text")


def filled(text: str, obligation: Obligation, *, on: date) -> str:
    """The text as one bearer reads it. Raises DomainError on `text` where it is too long for that one."""
    told = {
        "单位": str(obligation.bearer),
        "小区": str(obligation.compound or ""),
        "期间": obligation.period_value.label,
        "事项": obligation.get_duty_display(),
        "期限": long_date(obligation.deadline_on),
        "剩余": days_left_words(obligation.deadline_on, on),
        "依据": clause_of(obligation.duty),
    }
    words = _BLANK.sub(lambda found: told.get(found.group(1), found.group(0)), text)
    if len(words) > LONGEST_TEXT:
        raise DomainError(
            f"给“{obligation.bearer}”的内容有 {len(words)} 个字，最多 {LONGEST_TEXT} 个字。", field="text"
        )
    return words


@transaction.atomic
def urge_many(public_ids: Sequence[str], *, text: str, token: str, by: User, at: datetime) -> Sent:
    """Urge the bearers of these open obligations, each once a day, in one act that happens once.

    `token` is the id the page that showed them was given; sent again with it, nothing happens and the first result is
    given back. What was done, foreign, or urged that day by somebody else falls out. Raises DomainError on `text`,
    ConflictError for somebody else's token, NotAllowedError where nothing is the person's to urge.
    """
    check_text(text)
    batch, is_fresh = UrgingBatch.objects.get_or_create(
        public_id=token, defaults={"text": text, "asked": len(public_ids), "urged_by": by, "urged_at": at}
    )
    if batch.urged_by_id != by.pk:
        raise ConflictError("这一页已经失效，请回到清单重新选择。")
    if not is_fresh:
        return Sent(urged=batch.urgings.count(), urged_before=0, dropped=0, is_repeated=True)
    on = local_day(at)
    standing = standing_of(by, on)
    # In the order of their keys, so that two officers who choose the same wait for each other and never in a ring.
    chosen = Obligation.objects.for_display().filter(public_id__in=public_ids[:MOST_AT_ONCE]).order_by("pk")
    own = [one for one in chosen.select_for_update(of=("self",)) if may_urge(standing, one)]
    if not own:
        raise NotAllowedError("督促由镇小区服务岗、镇领导或所在村（社区）干部作出。")
    before = set(Urging.objects.filter(obligation__in=own, urged_at__date=on).values_list("obligation_id", flat=True))
    due = [one for one in own if one.is_open and one.pk not in before]
    urgings = Urging.objects.bulk_create(
        Urging(
            obligation=one,
            clause=clause_of(one.duty),
            text=filled(text, one, on=on),
            urged_by=by,
            urged_as=urges_as(standing, one),
            urged_at=at,
            batch=batch,
        )
        for one in due
    )
    _decide(due, by=by, at=at)
    _tell(urgings, by=by, on=on)
    return Sent(urged=len(due), urged_before=len(before), dropped=len(public_ids) - len(due) - len(before))


def _decide(urged: Sequence[Obligation], *, by: User, at: datetime) -> None:
    """The sweep's proposals are decided thereby, also those it has not made yet since midnight."""
    Proposal.objects.bulk_create(
        (
            Proposal(
                obligation=one,
                act=Proposal.Act.URGE,
                clause=clause_of(one.duty),
                proposed_on=local_day(late_from(one.deadline_on)),
            )
            for one in urged
            if at >= late_from(one.deadline_on)
        ),
        ignore_conflicts=True,
    )
    Proposal.objects.filter(obligation__in=urged, act=Proposal.Act.URGE, decision="").update(
        decision=Proposal.Decision.DONE, decided_by=by, decided_at=at
    )


def _tell(urgings: Sequence[Urging], *, by: User, on: date) -> None:
    """Each bearer's people find theirs in their inboxes; each urging stands in the trail as an act of its own."""
    people = people_of_bearers([one.obligation for one in urgings], on)
    for one in urgings:
        subject = reference_to(one.obligation)
        send_message(
            people[one.obligation_id],
            kind=Message.Kind.URGING,
            title=f"督促：{one.obligation}",
            body=one.text,
            clause=one.clause,
            subject=subject,
            dedupe_key=f"urging:{one.public_id}",
        )
        record_action("督促", by=by, subject=subject, detail=one.text)
