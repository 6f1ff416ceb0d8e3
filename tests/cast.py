"""The fixed cast: the same people in every test, each with the post that decides what they may do.

Two compounds in two villages, so that every test can ask for the neighbour's. `world` builds them all in a
handful of statements; nobody has a password (tests sign in by `client_of`), so no hash is computed.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone

from accounts.models import User
from baogai.gates import SEEN_AT
from communities.models import (
    Appointment,
    Body,
    Building,
    City,
    Compound,
    Owner,
    Ownership,
    Post,
    PropertyFirm,
    ServiceContract,
    Stair,
    Town,
    Unit,
    Village,
)
from communities.rules import BodyKind, CompoundKind, Role
from kernel.credit_code import check_character
from kernel.days import start_of

#: The day most tests play on: two days before the third quarter's disclosure is due.
TODAY = date(2026, 10, 29)
#: Long ago, so that everybody has held their post throughout.
EARLIER = date(2024, 1, 1)


def credit_code(number: int) -> str:
    """A valid code (GB 32100-2015) for the n-th invented firm."""
    body = f"9135058100000{number:04}"
    return body + check_character(body)


@dataclass
class World:
    """The places and the people. Names say the post; `other_…` belong to the neighbouring village and compound."""

    town: Town
    village: Village
    other_village: Village
    compound: Compound
    other_compound: Compound
    bare_compound: Compound
    firm: PropertyFirm
    other_firm: PropertyFirm
    contract: ServiceContract
    office: Body
    leading_group: Body
    committee: Body
    other_committee: Body
    unit: Unit
    people: dict[str, User] = field(default_factory=dict)
    posts: dict[str, Post] = field(default_factory=dict)

    def __getattr__(self, name: str) -> User:
        try:
            return self.people[name]
        except KeyError:
            raise AttributeError(name) from None


# name in tests, name on pages, where the post hangs, title, role
PEOPLE: tuple[tuple[str, str, str, str, Role], ...] = (
    ("officer", "林小琴", "office", "办公室成员", Role.TOWN_OFFICER),
    ("second_officer", "许丽明", "office", "办公室副主任", Role.TOWN_OFFICER),
    ("leader", "柳建安", "leading_group", "组长", Role.TOWN_LEADER),
    ("auditor", "何审平", "audit", "审计员", Role.AUDITOR),
    ("cadre", "黄明辉", "village_office", "主任", Role.VILLAGE_CADRE),
    ("other_cadre", "施少华", "other_village_office", "主任", Role.VILLAGE_CADRE),
    ("chair", "陈志强", "committee", "主任", Role.COMMITTEE_CHAIR),
    ("treasurer", "郑秀英", "committee", "财务委员", Role.COMMITTEE_TREASURER),
    ("member", "吴文斌", "committee", "委员", Role.COMMITTEE_MEMBER),
    ("supervisor", "蔡月华", "supervisory_board", "监事会主任", Role.BOARD_SUPERVISOR),
    ("manager", "王建国", "firm", "项目经理", Role.FIRM_MANAGER),
    ("clerk", "李雅婷", "firm", "出纳", Role.FIRM_CLERK),
    ("other_chair", "洪志伟", "other_committee", "主任", Role.COMMITTEE_CHAIR),
    ("other_treasurer", "曾美玲", "other_committee", "财务委员", Role.COMMITTEE_TREASURER),
    ("other_manager", "邱国平", "other_firm", "项目经理", Role.FIRM_MANAGER),
    ("other_clerk", "卢静怡", "other_firm", "出纳", Role.FIRM_CLERK),
)


def _ground() -> World:
    city = City.objects.create(code="350581", name="石狮市")
    town = Town.objects.create(city=city, code="350581101", name="宝盖镇")
    village, other_village = Village.objects.bulk_create(
        [
            Village(town=town, name="仑后村", duty_area="仑后点"),
            Village(town=town, name="杆头村", duty_area="杆头点"),
        ]
    )
    compound, other_compound, bare_compound = Compound.objects.bulk_create(
        [
            Compound(village=village, name="仑后花园", kind=CompoundKind.COMMERCIAL, built_year=2012),
            Compound(
                village=other_village,
                name="杆头新村",
                kind=CompoundKind.RESETTLEMENT,
                built_year=2016,
                has_lift=False,
            ),
            Compound(
                village=village,
                name="旧供销社宿舍",
                kind=CompoundKind.OLD,
                built_year=1991,
                has_lift=False,
                has_owner_group=False,
                has_maintenance_fund=False,
            ),
        ]
    )
    firm, other_firm = PropertyFirm.objects.bulk_create(
        [
            PropertyFirm(name="石狮安居物业服务有限公司", credit_code=credit_code(1)),
            PropertyFirm(name="泉州宏远物业管理有限公司", credit_code=credit_code(2)),
        ]
    )
    contract, _ = ServiceContract.objects.bulk_create(
        [
            ServiceContract(compound=compound, firm=firm, from_on=EARLIER, fee_per_m2=Decimal("1.20")),
            ServiceContract(compound=other_compound, firm=other_firm, from_on=EARLIER, fee_per_m2=Decimal("0.80")),
        ]
    )

    bodies = [
        Body(kind=BodyKind.OFFICE, name="小区服务岗"),
        Body(kind=BodyKind.LEADING_GROUP, name="小区物业管理工作领导小组"),
        Body(kind=BodyKind.COMMITTEE, name="仑后花园业主委员会", village=village, compound=compound),
        Body(kind=BodyKind.COMMITTEE, name="杆头新村业主委员会", village=other_village, compound=other_compound),
    ]
    office, leading_group, committee, other_committee = _in_town(town, bodies)
    building = Building.objects.create(compound=compound, key="3", text="3号楼")
    stair = Stair.objects.create(building=building, key="1", text="1单元")
    unit = Unit.objects.create(building=building, stair=stair, room_key="1102", room_text="1102", area=Decimal("96.53"))
    return World(
        town=town,
        village=village,
        other_village=other_village,
        compound=compound,
        other_compound=other_compound,
        bare_compound=bare_compound,
        firm=firm,
        other_firm=other_firm,
        contract=contract,
        office=office,
        leading_group=leading_group,
        committee=committee,
        other_committee=other_committee,
        unit=unit,
    )


def _in_town(town: Town, bodies: list[Body]) -> list[Body]:
    for one in bodies:
        one.town, one.from_on = town, EARLIER
    return Body.objects.bulk_create(bodies)


def _people(world: World) -> None:
    audit, village_office, other_village_office, supervisory_board = _in_town(
        world.town,
        [
            Body(kind=BodyKind.AUDIT, name="示例会计师事务所"),
            Body(kind=BodyKind.VILLAGE_OFFICE, name="仑后村委会", village=world.village),
            Body(kind=BodyKind.VILLAGE_OFFICE, name="杆头村委会", village=world.other_village),
            Body(
                kind=BodyKind.SUPERVISORY_BOARD,
                name="仑后花园监事会",
                village=world.village,
                compound=world.compound,
            ),
        ],
    )
    bodies = {
        "office": world.office,
        "leading_group": world.leading_group,
        "committee": world.committee,
        "other_committee": world.other_committee,
        "audit": audit,
        "village_office": village_office,
        "other_village_office": other_village_office,
        "supervisory_board": supervisory_board,
    }
    firms = {"firm": world.firm, "other_firm": world.other_firm}
    names = [(key, name) for key, name, *_ in PEOPLE]
    names += [("owner", "施雅琴"), ("other_owner", "欧阳建华"), ("stranger", "路人甲")]
    for key, name in names:
        user = User(username=key, name=name, phone=f"138{len(world.people):08}")
        user.set_unusable_password()
        world.people[key] = user
    User.objects.bulk_create(world.people.values())
    world.posts = {
        key: Post(
            body=bodies.get(where), firm=firms.get(where), title=title, role=role, is_single=title.endswith("主任")
        )
        for key, _, where, title, role in PEOPLE
    }
    Post.objects.bulk_create(world.posts.values())
    Appointment.objects.bulk_create(
        Appointment(post=post, user=world.people[key], from_on=EARLIER, is_exclusive=post.is_single, basis="示例")
        for key, post in world.posts.items()
    )


def _homes(world: World) -> None:
    owner = Owner.objects.create(
        compound=world.compound, name="施雅琴", phone="13812345678", user=world.people["owner"]
    )
    Ownership.objects.create(unit=world.unit, owner=owner, from_on=EARLIER)
    building = Building.objects.create(compound=world.other_compound, key="1", text="1幢")
    unit = Unit.objects.create(building=building, room_key="101", room_text="101", area=Decimal("88.00"))
    other = Owner.objects.create(
        compound=world.other_compound, name="欧阳建华", phone="13900001111", user=world.people["other_owner"]
    )
    Ownership.objects.create(unit=unit, owner=other, from_on=EARLIER)


def build_world() -> World:
    """The whole cast, for tests that cannot use the `world` fixture (several transactions, several databases)."""
    world = _ground()
    _people(world)
    _homes(world)
    return world


@pytest.fixture
def world(db: None) -> World:
    return build_world()


@pytest.fixture
def client_of() -> Callable[[User | None], Client]:
    """A browser signed in as that person, or as nobody."""

    def sign_in(user: User | None) -> Client:
        client = Client()
        if user is not None:
            client.force_login(user)
            session = client.session
            session[SEEN_AT] = timezone.now().timestamp()  # as every real sign-in does
            session.save()
        return client

    return sign_in


#: Noon of TODAY, for services that take a moment.
NOON = start_of(TODAY).replace(hour=12)
