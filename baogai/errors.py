"""How a rule's refusal leaves the house: one status for pages and API alike."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler

from kernel.errors import ConflictError, DomainError, NotAllowedError


def status_of(error: DomainError) -> int:
    """403 for what the person may not do, 409 for what somebody else did first, 422 for the rest."""
    if isinstance(error, NotAllowedError):
        return 403
    return 409 if isinstance(error, ConflictError) else 422


def api_refusal(error: Exception, context: dict[str, Any]) -> Response | None:
    """The REST framework's handler, which also knows the house's own errors: `{"detail": …, "field": …}`."""
    if isinstance(error, DomainError):
        return Response({"detail": error.message, "field": error.field}, status=status_of(error))
    return exception_handler(error, context)
