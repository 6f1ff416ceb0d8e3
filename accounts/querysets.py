"""Reads of the action trail and of consents."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Self

from django.db import connection, models
from django.db.models.fields.json import KeyTextTransform

if TYPE_CHECKING:
    from accounts.models import ActionRecord, Consent, User  # noqa: F401 - for the reader of types

# One step per different act along the index, however many lines there are of each.
_ACTS = """
    WITH RECURSIVE step(act) AS (
        SELECT min(act) FROM accounts_actionrecord
        UNION ALL
        SELECT (SELECT min(act) FROM accounts_actionrecord WHERE act > step.act) FROM step WHERE step.act IS NOT NULL
    ) SELECT act FROM step WHERE act IS NOT NULL
"""


class ActionRecordQuerySet(models.QuerySet["ActionRecord"]):
    """Lines of the trail, newest first where nothing else is said."""

    def for_display(self) -> Self:
        return self.select_related("by")

    def about(self, public_id: str) -> Self:
        """Lines whose object, or the object of one of whose parts, is the thing with that public id."""
        # Two indexes, so two questions put together: an OR would be answered by reading every line.
        everything = self.model._base_manager.order_by()
        named = everything.alias(object_id=KeyTextTransform("public_id", "subject")).filter(object_id=public_id)
        within = everything.exclude(parts=[]).filter(parts__contains=[{"subject": {"public_id": public_id}}])
        return self.filter(pk__in=named.values("pk").union(within.values("pk")))

    def acts(self) -> list[str]:
        """Every act there is a line of, sorted."""
        with connection.cursor() as cursor:
            cursor.execute(_ACTS)
            return sorted(act for (act,) in cursor.fetchall())


class ConsentQuerySet(models.QuerySet["Consent"]):
    """Consents as they stand now."""

    def standing_for(self, person: "User") -> Self:
        return self.filter(person=person, withdrawn_at__isnull=True)

    def by_person(self, people: Iterable[int]) -> dict[int, set[str]]:
        """Person → the fields they agree to show, in one statement."""
        found: dict[int, set[str]] = {}
        standing = self.filter(person__in=list(people), withdrawn_at__isnull=True)
        for person, field in standing.values_list("person_id", "field"):
            found.setdefault(person, set()).add(field)
        return found
