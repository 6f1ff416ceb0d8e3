"""Which desk a person works at. A person with several posts may turn from one desk to another."""

from enum import StrEnum

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


def watched_compound_ids(standing: Standing) -> frozenset[int]:
    """Compounds in whose supervisory board (监事会) the person sits."""
    return frozenset(h.compound_id for h in standing.current if h.role is Role.BOARD_SUPERVISOR and h.compound_id)
