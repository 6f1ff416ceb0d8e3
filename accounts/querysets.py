"""Reads of the action trail."""

from typing import TYPE_CHECKING, Self

from django.db import models

if TYPE_CHECKING:
    from accounts.models import ActionRecord  # noqa: F401 - for the reader of types


class ActionRecordQuerySet(models.QuerySet["ActionRecord"]):
    """Lines of the trail, newest first where nothing else is said."""

    def for_display(self) -> Self:
        return self.select_related("by")
