"""Reads on messages and their delivery that read as English."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Exists, OuterRef, Q

from kernel.fields import other_end
from notices.rules import NEEDS_A_PERSON, Channel, DeliveryState, EditionStage

if TYPE_CHECKING:
    from accounts.models import User
    from communities.permissions import Standing


class MessageQuerySet(models.QuerySet):
    def inbox_of(self, user: "User | int") -> "MessageQuerySet":
        """The messages of a person, or of whoever has that id; nobody else's inbox can be opened by anybody."""
        return self.filter(recipient=user)

    def unread(self) -> "MessageQuerySet":
        return self.filter(read_at__isnull=True)


class DeliveryQuerySet(models.QuerySet):
    def due(self, at: datetime) -> "DeliveryQuerySet":
        """What may be sent now, the longest due first."""
        return self.filter(state=DeliveryState.WAITING, due_at__lte=at).order_by("due_at", "id")

    def abandoned(self, at: datetime) -> "DeliveryQuerySet":
        """Being sent by somebody who must have died."""
        return self.filter(state=DeliveryState.SENDING, lease_until__lt=at)

    def undelivered(self) -> "DeliveryQuerySet":
        """What only a person can settle: parked after too many tries, or of unknown fate."""
        return self.filter(state__in=NEEDS_A_PERSON)

    def beside(self, recipient_id: int, channel: Channel | str) -> "DeliveryQuerySet":
        """What goes into one digest: a person's, by one channel."""
        return self.filter(message__recipient=recipient_id, channel=channel, in_digest=True)

    def visible_to(self, standing: "Standing") -> "DeliveryQuerySet":
        """Those to people of the towns one oversees: who holds a post there, serves a compound there or owns a home.

        Asked of the few that need a person; row by row, so that the towns' people need not be listed.
        """
        towns = standing.town_ids
        people = other_end(other_end(self.model, "message"), "recipient")
        posts = other_end(people, "appointments").objects.filter(user=OuterRef("message__recipient"))
        homes = other_end(people, "owners").objects.filter(user=OuterRef("message__recipient"))
        return self.filter(
            Q(announcement__compound__village__town__in=towns)
            | Exists(posts.filter(post__body__town__in=towns))
            | Exists(posts.filter(post__firm__contracts__compound__village__town__in=towns))
            | Exists(homes.filter(compound__village__town__in=towns))
        )


class EditionDraftQuerySet(models.QuerySet):
    def open(self) -> "EditionDraftQuerySet":
        return self.filter(stage__in=[EditionStage.PREPARING, EditionStage.SUBMITTED])

    def visible_to(self, standing: "Standing") -> "EditionDraftQuerySet":
        """What is not published yet is the town's: its people and auditors."""
        return self.filter(town_id__in=standing.town_ids)


class EditionQuerySet(models.QuerySet):
    def workable_by(self, standing: "Standing") -> "EditionQuerySet":
        """Those whose papers and record the person sees: the queryset twin of `may_see_papers`."""
        return self.filter(town_id__in=standing.town_ids)
