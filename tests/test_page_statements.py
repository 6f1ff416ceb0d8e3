"""Every page asks the database at most twelve times, of each who works with it, however much of everything there is."""

from collections.abc import Callable
from decimal import Decimal

from django.test import Client

from accounts.models import User
from communities.models import Body, Building, Compound, Owner, Ownership, Post, PropertyFirm, ServiceContract, Unit
from communities.rules import BodyKind, CompoundKind, Role
from communities.services import appoint
from finance.models import LedgerAccount
from notices.models import Message
from notices.services import send_message
from supervision.services.sweep import sweep
from tests import books
from tests.cast import EARLIER, NOON, TODAY, World, credit_code
from tests.permission_table import ROLES, documented
from tests.routes import all_routes, build_estate
from tests.statements import CEILING, fewest

#: More of everything than a page could ask for one by one.
_MANY = 13
#: Who is asked for a page: the first two of these it is open to.
_WORKERS = ("业委会委员", "村干部", "镇小区岗", "物业负责人", "审计", "业主", "管理员", "公众")


def _many(world: World) -> None:
    """Compounds with all they have, people in posts, homes with owners, entries with proofs, bank lines, messages."""
    for n in range(_MANY):
        compound = Compound.objects.create(
            village=world.village, name=f"小区{n}", kind=CompoundKind.COMMERCIAL, built_year=2010
        )
        firm = PropertyFirm.objects.create(name=f"企业{n}", credit_code=credit_code(100 + n))
        ServiceContract.objects.create(compound=compound, firm=firm, from_on=EARLIER, fee_per_m2=Decimal("1.20"))
        Body.objects.create(
            kind=BodyKind.COMMITTEE,
            name=f"小区{n}业委会",
            town=world.town,
            village=world.village,
            compound=compound,
            from_on=EARLIER,
        )
        post = Post.objects.create(body=world.committee, title=f"委员{n}", role=Role.COMMITTEE_MEMBER)
        appoint(post, user=User.objects.create(username=f"m{n}", name=f"成员{n}"), from_on=EARLIER, by=world.officer)
    building = Building.objects.filter(compound=world.compound).first()
    units = [Unit(building=building, room_key=f"2{n:02}", room_text=f"2{n:02}", area=80) for n in range(_MANY)]
    owners = [Owner(compound=world.compound, name=f"业主{n}", phone="") for n in range(_MANY)]
    Unit.objects.bulk_create(units)
    Owner.objects.bulk_create(owners)
    Ownership.objects.bulk_create(
        Ownership(unit=unit, owner=owner, from_on=EARLIER) for unit, owner in zip(units, owners, strict=True)
    )
    account = LedgerAccount.objects.get(compound=world.compound, holder_body=world.committee)
    for n in range(_MANY):
        books.enter(account, "I03", f"{n + 1}.00")
    lines = [(f"2026-10-{n + 9:02}", "1.00", f"{48317 + n}.35", "泊车公司", "停车费") for n in range(_MANY)]
    books.take_in(account, books.csv_file(lines))
    people = [world.people[ROLES[role]] for role in _WORKERS if ROLES[role] in world.people]
    for n in range(_MANY):
        send_message(people, kind=Message.Kind.NEWS, title=f"通知{n}", dedupe_key=f"示例:{n}")


def test_no_page_asks_more_than_twelve_times(world: World, client_of: Callable[..., Client]) -> None:
    estate, opens = build_estate(world), documented()
    _many(world)
    sweep(TODAY, at=NOON)
    administrator = User.objects.create_superuser("administrator", name="管理员")
    people = {**world.people, "administrator": administrator, "": None}
    clients = {role: client_of(people[ROLES[role]]) for role in _WORKERS}
    places = list(ROLES)
    over, asked = {}, 0
    for route in all_routes():
        cells = opens.get(route.name)
        open_to = [role for role in _WORKERS if cells and cells[places.index(role)] == "可"][:2]
        for role in open_to:
            count = fewest(clients[role], route.url(estate.ours), enough=CEILING)
            asked += 1
            if count is not None and count > CEILING:
                over[f"{route.name} ({role})"] = count
    assert over == {}
    assert asked > 150
