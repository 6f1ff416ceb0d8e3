"""Reads on appraisals that read as English; every list is scoped here, through a person's standing."""

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Q

from communities.querysets import scope
from communities.rules import Role
from evaluations.appraisal_rules import Stage
from kernel.periods import Period

if TYPE_CHECKING:
    from communities.permissions import Standing

_OF_A_FIRM = (Role.FIRM_MANAGER, Role.FIRM_CLERK)


def firms_own(standing: "Standing") -> Q:
    """Those of the firms one works for; also where the firm has left the compound since, for it was judged there."""
    own = Q(pk__in=())
    for held in standing.current:
        if held.role in _OF_A_FIRM:
            own |= Q(firm=held.firm_id) & (Q() if held.compound_id is None else Q(compound=held.compound_id))
    return own


class AppraisalMethodQuerySet(models.QuerySet):
    def of(self, town_id: int, period: Period) -> "AppraisalMethodQuerySet":
        """The half-year's versions, the one that counts first."""
        return self.filter(town=town_id, period=period.code).order_by("-version")


class AppraisalQuerySet(models.QuerySet):
    def visible_to(self, standing: "Standing") -> "AppraisalQuerySet":
        """The overseers' all; the firm's own once it was told; of the compound the final ones."""
        overseen = Q(compound__village__town_id__in=standing.town_ids) | Q(
            compound__village_id__in=standing.village_ids
        )
        final = scope(standing, compound="compound__") & Q(stage=Stage.FINAL)
        return self.filter(overseen | firms_own(standing) & Q(stage__in=(Stage.TOLD, Stage.FINAL)) | final)

    def of(self, town_id: int, period: Period) -> "AppraisalQuerySet":
        return self.filter(round__town=town_id, period=period.code)

    def final(self) -> "AppraisalQuerySet":
        return self.filter(stage=Stage.FINAL)

    def standing_results(self) -> "AppraisalQuerySet":
        """Final, and not corrected by a further final one."""
        return self.final().exclude(corrected_by__stage=Stage.FINAL)

    def for_display(self) -> "AppraisalQuerySet":
        """With everything a line shows, in one statement."""
        return self.select_related("compound__village__town", "firm", "result", "round__method")
