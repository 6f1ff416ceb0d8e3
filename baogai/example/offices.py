"""Firms and their contracts, committees with terms and seats, boards and branches: all by the register's services."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from baogai.example.days import Days
from baogai.example.names import lots, phone
from baogai.example.people import People, take_post
from baogai.example.plan import Place
from baogai.example.town import FIRMS, GARDEN, PLACES
from committees.models import Seat, Term
from committees.services import found_committee, register_term, seat_member
from communities.models import Body, Compound, Owner, Post, PropertyFirm
from communities.rules import BodyKind, Role
from communities.services import hand_over, register_firm, sign_contract
from kernel.credit_code import check_character

_TITLES = ("主任", "副主任", "财务委员", "委员", "委员")
#: Who sits where in the garden, in the order of the titles: names of its households, and the logins some of them have.
_GARDEN_SEATS = (("黄明", "chair"), ("卢静婷", ""), ("郑强秀", "treasurer"), ("吴敏", "member"), ("邱嘉翊", ""))
_PLEDGES = (
    "公开每一笔收支，接受全体业主监督。",
    "依法履职，带头遵守管理规约。",
    "管好账本，月清季结。",
    "多跑腿，勤沟通，听取邻里意见。",
    "不谋私利，有事好商量。",
)
_BOARDS = ("garden", "haoting", "guoji", "shijia")
_BRANCHES = ("garden", "longxue", "shijia")


@dataclass(frozen=True)
class Offices:
    """Who is in office, by the keys of the plan."""

    firms: dict[str, PropertyFirm]
    committees: dict[str, Body]


def build_offices(compounds: dict[str, Compound], people: People, days: Days) -> Offices:
    firms = {firm.key: _firm(number, people, days) for number, firm in enumerate(FIRMS)}
    committees = {}
    for place in PLACES:
        compound = compounds[place.key]
        if place.firm:
            _contract(place, compound, firms, people, days)
        if place.committee:
            committees[place.key] = _committee(place, compound, people, days)
        if place.key in _BOARDS:
            _board(place, compound, people, days)
        if place.key in _BRANCHES:
            _branch(place, compound, people, days)
    _homes_of_residents(compounds, people)
    return Offices(firms, committees)


def credit_code(number: int) -> str:
    """A code of the right form for the n-th invented firm."""
    body = f"91350581MA8EX{number:04}"
    return body + check_character(body)


def _firm(number: int, people: People, days: Days) -> PropertyFirm:
    planned = FIRMS[number]
    is_first = number == 0
    manager = people.add("manager" if is_first else f"manager:{planned.key}")
    firm = register_firm(
        planned.name,
        credit_code=credit_code(number),
        contact=manager.name,
        phone=phone(people.random),
        by=people["town1"],
    )
    since = days.years_before(3, days=11 * number)
    take_post(_post(firm, Role.FIRM_MANAGER), manager, from_on=since)
    if planned.has_clerk:
        clerk = people.add("clerk" if is_first else f"clerk:{planned.key}")
        take_post(_post(firm, Role.FIRM_CLERK), clerk, from_on=since)
    return firm


def _post(firm: PropertyFirm, role: Role) -> Post:
    return Post.objects.get(firm=firm, role=role)


def _contract(place: Place, compound: Compound, firms: dict[str, PropertyFirm], people: People, days: Days) -> None:
    from_on = days.years_before(2, days=len(place.name) * 9)
    until_on = from_on + timedelta(days=4 * 365)
    if place.contract == "overrun":
        until_on = days.begins_on - timedelta(days=46)
    contract = sign_contract(
        compound,
        firm=firms[place.firm],
        from_on=from_on,
        until_on=until_on,
        fee_per_m2=Decimal(place.fee),
        by=people["town1"],
    )
    if place.contract == "left":
        last_on = left_on(days)
        hand_over(contract, ended_on=last_on, by=people["town1"])
        sign_contract(
            compound,
            firm=firms[place.next_firm],
            from_on=last_on + timedelta(days=1),
            until_on=last_on + timedelta(days=3 * 365),
            fee_per_m2=Decimal(place.fee),
            by=people["town1"],
        )


def left_on(days: Days) -> date:
    """The last day of the firm that left: in the middle of the third quarter told."""
    return days.quarters[2].first + timedelta(days=44)


def _committee(place: Place, compound: Compound, people: People, days: Days) -> Body:
    is_overrun = place.committee == "overrun"
    from_on = days.years_before(4 if is_overrun else 2, days=len(place.village) * 17)
    committee = found_committee(compound, from_on=from_on, by=people["town1"])
    filed_on = from_on + timedelta(days=18)
    term = register_term(
        committee,
        from_on=from_on,
        until_on=from_on + timedelta(days=5 * 365 - 10) if not is_overrun else days.begins_on - timedelta(days=23),
        filed_on=filed_on,
        filing_number=f"示例业备〔{filed_on.year}〕{PLACES.index(place) + 1}号",
        by=people["town1"],
    )
    for number, (owner, key) in enumerate(_members(place, compound)):
        _seat(place, term, owner, key, number, people)
    return committee


def _members(place: Place, compound: Compound) -> list[tuple[Owner, str]]:
    """Five owners and, in the garden, the logins some of them have."""
    owners = Owner.objects.filter(compound=compound, kind="natural")
    if place.key == GARDEN:
        by_name = {owner.name: owner for owner in owners}
        return [(by_name[name], login) for name, login in _GARDEN_SEATS]
    chosen = list(owners.order_by("pk"))[3::7][: len(_TITLES)]
    return [(owner, "") for owner in chosen]


def _seat(place: Place, term: Term, owner: Owner, key: str, number: int, people: People) -> None:
    title = _TITLES[number]
    short = {"主任": "chair", "财务委员": "treasurer", "副主任": "deputy"}.get(title, f"member{number}")
    owner.user = people[key] if key else people.add(f"{short}:{place.key}", owner.name, number=owner.phone)
    people.users[f"{short}:{place.key}"] = owner.user
    owner.save(update_fields=["user"])
    affiliations = [Seat.Affiliation.PARTY, Seat.Affiliation.MASSES, Seat.Affiliation.NON_PARTY]
    seat_member(
        term,
        owner=owner,
        title=title,
        from_on=term.from_on,
        building=owner.ownerships.select_related("unit__building").earliest("pk").unit.building,
        affiliation=lots(f"{place.key}{number}").choice(affiliations),
        pledge=_PLEDGES[number],
        by=people["town1"],
    )


def _board(place: Place, compound: Compound, people: People, days: Days) -> None:
    """A supervisory board (监事会) of one, who may review where the bearer has a single person."""
    body = _body(BodyKind.SUPERVISORY_BOARD, f"{place.name}业主监事会", compound, days)
    post = Post.objects.create(body=body, title="监事会主任", role=Role.BOARD_SUPERVISOR, is_single=True)
    user = people["supervisor"] if place.key == GARDEN else people.add(f"supervisor:{place.key}")
    take_post(post, user, from_on=body.from_on)


def _branch(place: Place, compound: Compound, people: People, days: Days) -> None:
    """A party branch (兼合式党支部) led by the village's cadre (clause 四（一）2)."""
    body = _body(BodyKind.PARTY_BRANCH, f"{place.name}兼合式党支部", compound, days)
    secretary = Post.objects.create(body=body, title="书记", role=Role.NO_RIGHTS, is_single=True, order=0)
    deputy = Post.objects.create(body=body, title="副书记", role=Role.NO_RIGHTS, is_single=True, order=1)
    take_post(secretary, people[f"cadre:{place.village}"], from_on=body.from_on)
    take_post(deputy, people[f"deputy:{place.key}"], from_on=body.from_on)


def _body(kind: BodyKind, name: str, compound: Compound, days: Days) -> Body:
    return Body.objects.create(
        kind=kind,
        name=name,
        town_id=compound.village.town_id,
        village_id=compound.village_id,
        compound=compound,
        from_on=days.years_before(1),
    )


def _homes_of_residents(compounds: dict[str, Compound], people: People) -> None:
    """The two residents who can sign in own a home each; the garden's is one of the sample roster."""
    Owner.objects.filter(compound=compounds[GARDEN], name="施雅").update(user=people["resident1"])
    home = Owner.objects.filter(compound=compounds["haoting"], user=None, kind="natural").earliest("pk")
    home.name, home.user = "洪思远", people["resident2"]
    home.save(update_fields=["name", "user"])
