"""逾期更正: corrections published after the due day, with what they changed, for the town's and the village's board."""

from dataclasses import dataclass

from django.db.models import Q

from communities.permissions import Standing
from finance.models import Disclosure
from finance.services.differences import Difference, differences
from kernel.days import late_from
from supervision.models import Obligation


@dataclass(frozen=True)
class LateCorrection:
    """A version published after its due day, and every difference to the one before."""

    disclosure: Disclosure
    changes: list[Difference]


def late_corrections(standing: Standing, *, most: int) -> list[LateCorrection]:
    """The latest corrected disclosures of the compounds a person watches, newest first; one statement.

    `most` limits the obligations, each of which may have been corrected late more than once.
    """
    watched = Q(compound__village__town_id__in=standing.town_ids) | Q(compound__village_id__in=standing.village_ids)
    obligations = Obligation.objects.filter(watched, corrected_late_at__isnull=False).order_by("-corrected_late_at")
    versions = Disclosure.objects.filter(obligation__in=obligations.values("pk")[:most]).for_display()
    before: dict[tuple[int, int], Disclosure] = {}
    found = []
    for version in versions.order_by("obligation", "account", "version"):
        old = before.get((version.obligation_id, version.account_id))
        if old is not None and version.published_at >= late_from(version.obligation.deadline_on):
            found.append(LateCorrection(version, differences(old.figures, version.figures)))
        before[version.obligation_id, version.account_id] = version
    return sorted(found, key=lambda each: each.disclosure.published_at, reverse=True)
