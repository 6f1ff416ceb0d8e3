"""Writing the action trail and managing one's own account."""

from contextvars import ContextVar

from django.db import transaction

from accounts.models import ActionRecord, User
from kernel.errors import DomainError
from kernel.fields import Reference
from kernel.text import clean

# Set by the middleware for the length of a request, so that no service has to carry the address through.
client_address: ContextVar[str | None] = ContextVar("client_address", default=None)


def record_action(
    act: str,
    *,
    by: User | None,
    subject: Reference | None = None,
    result: ActionRecord.Result = ActionRecord.Result.DONE,
    detail: str = "",
    by_text: str = "",
) -> ActionRecord:
    """Append one line to the action trail, in the transaction of the act itself.

    Text is cleaned of control characters and cut to its column, so that hostile input cannot forge a line.
    """
    return ActionRecord.objects.create(
        act=act,
        by=by if by is not None and by.pk else None,
        by_text=clean(by_text)[:80],
        subject=subject,
        result=result,
        detail=clean(detail)[:500],
        address=client_address.get(),
    )


@transaction.atomic
def change_password(user: User, *, old: str, new: str) -> None:
    """Replace one's own password. Raises DomainError when the old one is wrong."""
    if not user.check_password(old):
        raise DomainError("原密码不对，请重新输入。", field="old_password")
    user.set_password(new)
    user.save(update_fields=["password"])
    record_action("修改密码", by=user)


def set_care_mode(user: User, *, wanted: bool) -> None:
    """Keep the 关怀版 switch for the person."""
    User.objects.filter(pk=user.pk).update(wants_care_mode=wanted)
