"""Who a person is on a given day: one `Standing`, read once per request, asked by every predicate.

Rights come from appointments current on that day, from contracts in office and from homes owned; from nothing
else. Whose post or contract ended keeps one right: to finish what was theirs to do (see `Standing.bore`).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import IntegerField, QuerySet, Value

from accounts.compiled import NO_ID, CompiledRead
from accounts.models import User
from communities.models import (
    Appointment,
    Compound,
    Ownership,
    Residence,
    ServiceContract,
)
from communities.rules import Role

TOWN_ROLES = frozenset({Role.TOWN_OFFICER, Role.TOWN_LEADER, Role.AUDITOR})
COMMITTEE_ROLES = frozenset(
    {Role.COMMITTEE_CHAIR, Role.COMMITTEE_TREASURER, Role.COMMITTEE_MEMBER, Role.BOARD_SUPERVISOR}
)
FIRM_ROLES = frozenset({Role.FIRM_MANAGER, Role.FIRM_CLERK})
#: Posts whose holder heads the bearer and signs for it.
HEADS = frozenset({Role.COMMITTEE_CHAIR, Role.FIRM_MANAGER})
#: Posts whose holder keeps the books for the bearer.
BOOKKEEPERS = frozenset(
    {Role.COMMITTEE_CHAIR, Role.COMMITTEE_TREASURER, Role.COMMITTEE_MEMBER, Role.FIRM_MANAGER, Role.FIRM_CLERK}
)
#: What a row of the one statement that reads a standing says: a post held, a home owned or lived in, a contract.
_HOLDS, _OWNS, _LIVES, _SERVES = 0, 1, 2, 3
#: What is read of a post: bearer and body first, which the other rows use for their own pair of ids.
_OF_A_POST = (
    "post__body_id",
    "post__firm_id",
    "pk",
    "post__role",
    "post__title",
    "post__compound_id",
    "post__firm__name",
    "post__body__name",
    "post__body__kind",
    "post__body__town_id",
    "post__body__village_id",
    "post__body__compound_id",
    "post__body__ended_on",
    "from_on",
    "until_on",
    "suspended_from_on",
    "suspended_until_on",
)
_PAIR = 2
#: What stands in for a person and a day while the SQL is written.
_NEVER = date(1583, 1, 2)


@dataclass(frozen=True)
class Holding:
    """One post as a person holds or held it."""

    role: Role
    title: str
    body_id: int | None
    body_kind: str | None
    firm_id: int | None
    town_id: int | None
    village_id: int | None
    compound_id: int | None
    from_on: date
    until_on: date | None
    is_current: bool
    is_suspended: bool
    place: str

    def covered(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or self.until_on >= day)


@dataclass(frozen=True)
class Standing:
    """Everything that decides what a person may see and do on the day `on`."""

    on: date
    user_id: int | None = None
    name: str = ""
    holdings: tuple[Holding, ...] = ()
    firm_compounds: frozenset[tuple[int, int]] = frozenset()
    owned_compound_ids: frozenset[int] = frozenset()
    owned_unit_ids: frozenset[int] = frozenset()
    resided_compound_ids: frozenset[int] = frozenset()
    resided_unit_ids: frozenset[int] = frozenset()
    is_administrator: bool = False
    _current: tuple[Holding, ...] = field(default=(), init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_current", tuple(h for h in self.holdings if h.is_current))

    def holds(self, *roles: Role) -> bool:
        return any(h.role in roles for h in self._current)

    @property
    def current(self) -> tuple[Holding, ...]:
        return self._current

    @property
    def town_ids(self) -> frozenset[int]:
        """Towns whose every compound the person oversees or audits."""
        return frozenset(h.town_id for h in self._current if h.role in TOWN_ROLES and h.town_id)

    @property
    def office_town_ids(self) -> frozenset[int]:
        """Towns at whose 小区服务岗 the person works."""
        return frozenset(h.town_id for h in self._current if h.role is Role.TOWN_OFFICER and h.town_id)

    @property
    def supervised_town_ids(self) -> frozenset[int]:
        """Towns whose compounds the person supervises as officer or leader; the queryset twin of `supervises`."""
        return frozenset(
            h.town_id for h in self._current if h.role in (Role.TOWN_OFFICER, Role.TOWN_LEADER) and h.town_id
        )

    @property
    def village_ids(self) -> frozenset[int]:
        return frozenset(h.village_id for h in self._current if h.role is Role.VILLAGE_CADRE and h.village_id)

    @property
    def body_ids(self) -> frozenset[int]:
        """Bodies the person holds a post with rights in."""
        return frozenset(h.body_id for h in self._current if h.body_id and h.role is not Role.NO_RIGHTS)

    @property
    def firm_ids(self) -> frozenset[int]:
        return frozenset(h.firm_id for h in self._current if h.firm_id and h.role in FIRM_ROLES)

    @property
    def committee_compound_ids(self) -> frozenset[int]:
        return frozenset(h.compound_id for h in self._current if h.role in COMMITTEE_ROLES and h.compound_id)

    @property
    def firm_compound_ids(self) -> frozenset[int]:
        """Compounds the person's firm serves today; a project manager's post narrows them to one."""
        return frozenset(
            compound
            for h in self._current
            if h.role in FIRM_ROLES
            for firm, compound in self.firm_compounds
            if firm == h.firm_id and h.compound_id in (None, compound)
        )

    @property
    def compound_ids(self) -> frozenset[int]:
        """Compounds the person belongs to: by committee, board, firm or home."""
        return self.committee_compound_ids | self.firm_compound_ids | self.home_compound_ids

    @property
    def home_compound_ids(self) -> frozenset[int]:
        """Compounds the person owns or lives in."""
        return self.owned_compound_ids | self.resided_compound_ids

    @property
    def home_unit_ids(self) -> frozenset[int]:
        """Homes the person owns or lives in, as family or tenant."""
        return self.owned_unit_ids | self.resided_unit_ids

    def in_compound(self, compound_id: int, roles: Iterable[Role]) -> bool:
        """Whether the person holds one of the roles in that compound today."""
        wanted = frozenset(roles)
        return any(
            h.role in wanted and (h.compound_id == compound_id if h.body_id else compound_id in self.firm_compound_ids)
            for h in self._current
        )

    def bears(
        self,
        *,
        body_id: int | None,
        firm_id: int | None,
        compound_id: int | None,
        on: date,
        roles: frozenset[Role] | None = None,
    ) -> Holding | None:
        """The post by which the person acts for a bearer: held today, or held on the day `on` (the period's last).

        The second is the one right left after a post ended; a suspended holder has neither (clause 4.2.2).
        A post held today comes first; `roles` asks for certain posts only.
        """
        for h in sorted(self.holdings, key=lambda holding: not holding.is_current):
            if h.is_suspended or h.role in (Role.NO_RIGHTS, Role.BOARD_SUPERVISOR):
                continue
            if roles is not None and h.role not in roles:
                continue
            same = (h.body_id == body_id) if body_id else (h.firm_id is not None and h.firm_id == firm_id)
            if not same or (firm_id and h.compound_id not in (None, compound_id)):
                continue
            if h.is_current or h.covered(on):
                return h
        return None

    def supervises(self, compound: Compound) -> bool:
        """Town officer or leader of its town, or cadre of its village."""
        return any(
            (h.role in (Role.TOWN_OFFICER, Role.TOWN_LEADER) and h.town_id == compound.village.town_id)
            or (h.role is Role.VILLAGE_CADRE and h.village_id == compound.village_id)
            for h in self._current
        )

    def officer_of(self, town_id: int) -> bool:
        """Works at the town's 小区服务岗, which guides and supervises (clause 4.1.1)."""
        return any(h.role is Role.TOWN_OFFICER and h.town_id == town_id for h in self._current)


def _reaches(until_on: date | None, on: date) -> bool:
    return until_on is None or until_on >= on


def _holding(row: dict[str, Any], on: date) -> Holding:
    """One post from what was read of it (`_OF_A_POST`), as it stands on a day."""
    from_on, until_on, body_ended_on = row["from_on"], row["until_on"], row["post__body__ended_on"]
    suspended_from = row["suspended_from_on"]
    is_suspended = suspended_from is not None and suspended_from <= on and _reaches(row["suspended_until_on"], on)
    is_held = from_on <= on and _reaches(until_on, on) and _reaches(body_ended_on, on)
    is_of_a_body = row["post__body_id"] is not None
    return Holding(
        role=Role(row["post__role"]),
        title=row["post__title"],
        body_id=row["post__body_id"],
        body_kind=row["post__body__kind"],
        firm_id=row["post__firm_id"],
        town_id=row["post__body__town_id"],
        village_id=row["post__body__village_id"],
        compound_id=row["post__body__compound_id" if is_of_a_body else "post__compound_id"],
        from_on=from_on,
        until_on=min((day for day in (until_on, body_ended_on) if day), default=None),
        is_current=is_held and not is_suspended,
        is_suspended=is_suspended,
        place=row["post__body__name" if is_of_a_body else "post__firm__name"],
    )


def standing_of(user: User | AnonymousUser, on: date) -> Standing:
    """The person's standing on a day, in one statement, cached on the user object of this request."""
    if not isinstance(user, User) or not user.is_active:
        return Standing(on=on)
    cache: dict[date, Standing] = user.__dict__.setdefault("_standings", {})
    if on not in cache:
        cache[on] = _read_standing(user, on)
    return cache[on]


def _pairs(found: QuerySet[Any], tie: int, first: str, second: str) -> QuerySet[Any]:
    """Two ids of each row, and nothing where a post's columns stand."""
    nothing = [Value(None, IntegerField())] * (len(_OF_A_POST) - _PAIR)
    return found.order_by().values_list(Value(tie), first, second, *nothing)


def _posts_and_ties(user_id: int, on: date) -> QuerySet[Any, tuple[Any, ...]]:
    """Posts, homes and the contracts of the person's firms in one statement: every page pays for this reading."""
    posts = Appointment.objects.filter(user_id=user_id, from_on__lte=on)
    owned = Ownership.objects.current(on).filter(owner__user_id=user_id)
    lived_in = Residence.objects.current(on).filter(user_id=user_id)
    served = ServiceContract.objects.in_office(on).filter(firm__posts__appointments__user_id=user_id)
    return (
        posts.order_by()
        .values_list(Value(_HOLDS), *_OF_A_POST)
        .union(
            _pairs(owned, _OWNS, "unit_id", "owner__compound_id"),
            _pairs(lived_in, _LIVES, "unit_id", "unit__building__compound_id"),
            _pairs(served, _SERVES, "firm_id", "compound_id"),
        )
    )


_read_posts_and_ties = CompiledRead(_posts_and_ties, NO_ID, _NEVER)


def _read_standing(user: User, on: date) -> Standing:
    rows = _read_posts_and_ties(user.pk, on)
    held = [dict(zip(_OF_A_POST, row, strict=True)) for tie, *row in rows if tie == _HOLDS]
    holdings = tuple(_holding(row, on) for row in sorted(held, key=lambda row: row["pk"]))
    pairs = [(tie, first, second) for tie, first, second, *_ in rows]
    return Standing(
        on=on,
        user_id=user.pk,
        name=user.name,
        holdings=holdings,
        firm_compounds=frozenset((firm, compound) for tie, firm, compound in pairs if tie == _SERVES),
        owned_compound_ids=frozenset(compound for tie, _, compound in pairs if tie == _OWNS),
        owned_unit_ids=frozenset(unit for tie, unit, _ in pairs if tie == _OWNS),
        resided_compound_ids=frozenset(compound for tie, _, compound in pairs if tie == _LIVES),
        resided_unit_ids=frozenset(unit for tie, unit, _ in pairs if tie == _LIVES),
        is_administrator=user.is_staff,
    )
