"""Fetch and authorise in one step: strangers get 404, who may look but not write gets 403."""

from datetime import date

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest
from django.shortcuts import get_object_or_404

from communities.permissions import Standing, standing_of
from finance.models import Entry, LedgerAccount
from finance.permissions import BookRight, book_right
from kernel.days import today


def standing(request: HttpRequest) -> Standing:
    """The signed-in person's standing today."""
    return standing_of(request.user, today())


def account_to_read(request: HttpRequest, public_id: str) -> LedgerAccount:
    accounts = LedgerAccount.objects.visible_to(standing(request))
    return get_object_or_404(
        accounts.select_related("compound__village__town", "holder_body", "holder_firm"), public_id=public_id
    )


def right_to_keep(request: HttpRequest, account: LedgerAccount) -> BookRight:
    """On which days the person may enter something. Raises PermissionDenied where they may only read."""
    right = book_right(standing(request), account)
    if right is None:
        raise PermissionDenied
    return right


def account_to_keep(request: HttpRequest, public_id: str) -> tuple[LedgerAccount, BookRight]:
    account = account_to_read(request, public_id)
    return account, right_to_keep(request, account)


def entry_to_read(request: HttpRequest, public_id: str) -> Entry:
    entries = Entry.objects.visible_to(standing(request)).for_display()
    return get_object_or_404(
        entries.select_related(
            "account__compound__village__town",
            "account__holder_body",
            "account__holder_firm",
            "line__statement",
            "reversed_by__entered_by",
        ),
        public_id=public_id,
    )


def entry_to_keep(request: HttpRequest, public_id: str) -> tuple[Entry, BookRight]:
    """An entry to correct or to prove: of any day for keepers in office, of the owed quarters for who left."""
    entry = entry_to_read(request, public_id)
    right = right_to_keep(request, entry.account)
    refuse_beyond(right, entry.on)
    return entry, right


def refuse_beyond(right: BookRight, *days: date) -> None:
    """Who left finishes the quarters still owed, and touches nothing else: raises PermissionDenied for other days."""
    if not all(right.covers(day) for day in days):
        raise PermissionDenied(beyond(right))


def beyond(right: BookRight) -> str:
    return f"您的任职或合同已结束，只能办理{right.words}的账。"
