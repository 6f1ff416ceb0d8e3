"""Keeping a list's filters under a name, for oneself or for the office."""

from datetime import datetime
from urllib.parse import urlencode

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.http import QueryDict

from accounts.models import User
from communities.permissions import Standing
from kernel.errors import DomainError
from kernel.text import tidy
from supervision.models import SavedFilter

#: What of an address is kept; the page one was on is not.
_KEPT = ("q", "state", "village", "duty", "period", "due", "bearer", "compound", "sort")
_LONGEST_NAME, _LONGEST_QUERY = 20, 500
_MOST = 20


def tidy_query(query: str) -> str:
    """The filters of an address, in a fixed order, without what is empty or unknown."""
    told = QueryDict(query)
    return urlencode([(key, tidy(told[key])) for key in _KEPT if tidy(told.get(key, ""))])


def filters_of(standing: Standing) -> QuerySet[SavedFilter]:
    """One's own, and those the people of one's offices share; the default first."""
    found = SavedFilter.objects.filter(Q(owner=standing.user_id) | Q(shared_with__in=standing.body_ids))
    return found.select_related("owner").order_by(F("is_default").desc(), "name", "id")


@transaction.atomic
def keep_filter(
    standing: Standing, *, by: User, name: str, query: str, is_shared: bool, is_default: bool, at: datetime
) -> SavedFilter:
    """Keep these filters; one's own of the same name is replaced.

    Raises DomainError naming the field: no name, no filters, too many, or no office to share with.
    """
    name, query = tidy(name), tidy_query(query)
    if not name or len(name) > _LONGEST_NAME:
        raise DomainError(f"请起一个名称，最多 {_LONGEST_NAME} 个字。", field="name")
    if not query or len(query) > _LONGEST_QUERY:
        raise DomainError("请先设好筛选条件，再保存。", field="name")
    office = next((h.body_id for h in standing.current if h.body_id in standing.body_ids), None)
    if is_shared and office is None:
        raise DomainError("您不在任何组织任职，不能共用。", field="is_shared")
    User.objects.select_for_update().get(pk=by.pk)  # two windows of one person wait for each other
    own = SavedFilter.objects.filter(owner=by)
    if own.exclude(name=name).count() >= _MOST:
        raise DomainError(f"最多保存 {_MOST} 组，请先删去不用的。", field="name")
    if is_default:
        own.update(is_default=False)
    kept, _ = SavedFilter.objects.update_or_create(
        owner=by,
        name=name,
        defaults={
            "query": query,
            "is_default": is_default,
            "shared_with_id": office if is_shared else None,
            "saved_at": at,
        },
    )
    return kept


def drop_filter(saved: SavedFilter) -> None:
    """Forget it, for everybody it was shared with too."""
    saved.delete()
