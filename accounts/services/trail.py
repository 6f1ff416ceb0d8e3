"""Writing the action trail."""

from contextvars import ContextVar

from accounts.models import ActionRecord, User
from kernel.fields import Reference
from kernel.text import tidy

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
        by_text=tidy(by_text)[:80],
        subject=subject,
        result=result,
        detail=tidy(detail)[:500],
        address=client_address.get(),
    )
