"""Which desk a person works at. A person with several posts may turn from one desk to another."""

from enum import StrEnum

from django.db.models import Q, QuerySet

from accounts.models import ActionRecord, DataRequest, User
from accounts.querysets import ActionRecordQuerySet
from communities.models import Compound, Town
from communities.permissions import Standing
from communities.rules import Role


class Desk(StrEnum):
    """The desks in the order in which the portal offers them: the wider the duty, the earlier."""

    TOWN = "town"
    AUDIT = "audit"
    VILLAGE = "village"
    COMMITTEE = "committee"
    FIRM = "firm"
    HOME = "home"

    @property
    def label(self) -> str:
        return _DESK_NAMES[self]


_DESK_NAMES = {
    Desk.TOWN: "镇工作台",
    Desk.AUDIT: "审计工作台",
    Desk.VILLAGE: "村（社区）工作台",
    Desk.COMMITTEE: "业委会工作台",
    Desk.FIRM: "物业工作台",
    Desk.HOME: "我的小区",
}


def desks_of(standing: Standing) -> list[Desk]:
    """Every desk the person may work at today.

    A post that ended keeps its desk for what was left to finish, as long as nothing else opens it.
    """
    past = [h for h in standing.holdings if not h.is_current and not h.is_suspended]
    open_to = {
        Desk.TOWN: standing.holds(Role.TOWN_OFFICER, Role.TOWN_LEADER),
        Desk.AUDIT: standing.holds(Role.AUDITOR),
        Desk.VILLAGE: bool(standing.village_ids),
        Desk.COMMITTEE: bool(standing.committee_compound_ids) or any(h.body_id and h.compound_id for h in past),
        Desk.FIRM: bool(standing.firm_ids) or any(h.firm_id for h in past),
        Desk.HOME: bool(standing.home_compound_ids),
    }
    return [desk for desk in Desk if open_to[desk]]


def may_see_board(standing: Standing) -> bool:
    """The board of a whole town or village: who oversees or audits it."""
    return bool(standing.town_ids or standing.village_ids)


def may_search(standing: Standing) -> bool:
    """Who oversees many compounds looks for one by name."""
    return bool(standing.town_ids or standing.village_ids)


def may_read_trail(standing: Standing) -> bool:
    """The action trail is read by auditors alone: not by the town's office, and not by who runs the machine."""
    return standing.holds(Role.AUDITOR)


def trail_of(standing: Standing) -> ActionRecordQuerySet:
    """The lines an auditor reads: all but those of people who belong to other towns only.

    A line of nobody known, or of somebody who belongs nowhere (an administrator), is every auditor's business.
    """
    towns = frozenset(h.town_id for h in standing.current if h.role is Role.AUDITOR and h.town_id)
    if not may_read_trail(standing):
        return ActionRecord.objects.none()
    if not Town.objects.exclude(pk__in=towns).exists():
        return ActionRecord.objects.all()
    return ActionRecord.objects.exclude(by__in=_belonging(~Q(pk__in=towns)).exclude(pk__in=_belonging(Q(pk__in=towns))))


def _belonging(which: Q) -> QuerySet[User]:
    """People with a post, a firm's contract or a home in any of those towns, ever."""
    found = Town.objects.filter(which).values("pk")
    return User.objects.only("pk").filter(
        Q(appointments__post__body__town__in=found)
        | Q(appointments__post__firm__contracts__compound__village__town__in=found)
        | Q(owners__compound__village__town__in=found)
    )


def may_answer_people(standing: Standing) -> bool:
    """Answer what people ask about their own data: the town's office and the villages."""
    return bool(standing.office_town_ids or standing.village_ids)


def data_requests_of(standing: Standing) -> QuerySet[DataRequest]:
    """Requests of the people one oversees by a home or a post; of who has neither, the town's office decides."""
    places = Q(village__town_id__in=standing.office_town_ids) | Q(village_id__in=standing.village_ids)
    compounds = Compound.objects.filter(places).values("pk")
    people = (
        Q(owners__compound__in=compounds)
        | Q(appointments__post__body__compound__in=compounds)
        | Q(appointments__post__firm__contracts__compound__in=compounds)
        | Q(appointments__post__body__town_id__in=standing.office_town_ids)
    )
    if standing.office_town_ids:
        people |= Q(owners__isnull=True, appointments__isnull=True)
    if not may_answer_people(standing):
        return DataRequest.objects.none()
    return DataRequest.objects.filter(person__in=User.objects.filter(people).values("pk"))


def watched_compound_ids(standing: Standing) -> frozenset[int]:
    """Compounds in whose supervisory board (监事会) the person sits."""
    return frozenset(h.compound_id for h in standing.current if h.role is Role.BOARD_SUPERVISOR and h.compound_id)
