"""Reads on messages that read as English."""

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from accounts.models import User


class MessageQuerySet(models.QuerySet):
    def inbox_of(self, user: "User") -> "MessageQuerySet":
        """A person's own messages; nobody else's inbox can be opened by anybody."""
        return self.filter(recipient=user)

    def unread(self) -> "MessageQuerySet":
        return self.filter(read_at__isnull=True)
