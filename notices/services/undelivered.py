"""What only a person can settle: send again, or give up. Both are recorded."""

from datetime import datetime

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.permissions import standing_of
from kernel.days import local_day
from kernel.errors import ConflictError, NotAllowedError
from notices.models import Delivery
from notices.permissions import may_settle_undelivered
from notices.querysets import DeliveryQuerySet
from notices.rules import NEEDS_A_PERSON, TRANSITIONS, DeliveryState
from notices.services.outbox import nudge_on_commit


def send_again(chosen: DeliveryQuerySet, *, by: User, at: datetime) -> int:
    """Put them back into the outbox, with all their tries before them; how many.

    Raises NotAllowedError for whoever may not, ConflictError where somebody settled all of them already.
    """
    count = _settle(chosen, DeliveryState.WAITING, act="重发消息", by=by, at=at, due_at=at, attempts=0)
    nudge_on_commit()
    return count


def give_up(chosen: DeliveryQuerySet, *, by: User, at: datetime) -> int:
    """Leave them undelivered; they stay in the inboxes. Raises as `send_again`."""
    return _settle(chosen, DeliveryState.GIVEN_UP, act="放弃发送", by=by, at=at, ended_at=at)


@transaction.atomic
def _settle(
    chosen: DeliveryQuerySet, state: DeliveryState, *, act: str, by: User, at: datetime, **changes: object
) -> int:
    standing = standing_of(by, local_day(at))
    if not may_settle_undelivered(standing):
        raise NotAllowedError("由镇小区服务岗办理。")
    if any(state not in TRANSITIONS[before] for before in NEEDS_A_PERSON):
        raise ValueError(f"nobody settles a delivery as {state}")
    within = chosen.undelivered().visible_to(standing).select_for_update(of=("self",)).values_list("pk", "public_id")
    rows = list(within)
    if not rows:
        raise ConflictError("没有选中未送达的消息，或别人已经处理过了。")
    Delivery.objects.filter(pk__in=[key for key, _ in rows]).update(state=state, **changes)
    named = "、".join(public_id for _, public_id in rows[:10])
    record_action(act, by=by, detail=f"{len(rows)} 条：{named}{'等' if len(rows) > 10 else ''}")
    return len(rows)
