"""The compounds with their buildings, households and owners: mass data, a few statements for all of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from baogai.annex.ground import Ground
from baogai.example.names import lots, person_name, phone
from baogai.example.plan import Block, Place
from baogai.example.town import GARDEN, PLACES
from communities.models import Building, Compound, Owner, Ownership, Stair, Unit
from communities.rules import CompoundKind, OwnerKind
from kernel.rooms import building_key, room_key, stair_key

_BATCH = 2000
#: Flats by kind: smallest and largest area in 0.01 m².
_AREAS = {
    CompoundKind.COMMERCIAL: (7800, 16500),
    CompoundKind.RESETTLEMENT: (6000, 14000),
    CompoundKind.OLD: (4200, 9500),
}
_SHOP = "示例商贸有限公司"


@dataclass(frozen=True)
class Household:
    """A household of the sample roster: the garden begins with a few of them, the rest come by the import."""

    room: str
    owner: str
    area: str
    phone: str
    certificate: str
    remark: str = ""


GARDEN_HOUSEHOLDS = (
    Household("101", "施雅", "114.02", "15799980174", "闽（2019）石狮市不动产权第7329471号"),
    Household("103", "卢静婷", "123.37", "13162260093", "闽（2019）石狮市不动产权第8571521号"),
    Household("104", "黄明", "144.89", "13915870401", "闽（2019）石狮市不动产权第6161632号"),
    Household("202", "吴敏", "148.69", "17426525797", "闽（2019）石狮市不动产权第2234073号"),
    Household("301", "郑强秀", "96.53", "13769691066", "闽（2019）石狮市不动产权第7571820号"),
    Household("303", "王兰雅", "91.96", "18143290070", "闽（2019）石狮市不动产权第6467592号", "出租"),
    Household("304", "邱嘉翊", "134.70", "13193342752", "闽（2019）石狮市不动产权第4350870号"),
    Household("601", "黄欣", "107.16", "18023225505", "闽（2019）石狮市不动产权第2083596号"),
)


def build_places(ground: Ground) -> dict[str, Compound]:
    """Every compound of the plan by key, with all its households."""
    compounds = {place.key: _compound(place, ground) for place in PLACES}
    Compound.objects.bulk_create(compounds.values())
    drawn = [home for place in PLACES for home in _homes(place, compounds[place.key])]
    _store(drawn)
    return compounds


def _compound(place: Place, ground: Ground) -> Compound:
    return Compound(
        village=ground.villages[place.village],
        name=place.name,
        kind=place.kind,
        built_year=place.built_year,
        address=f"宝盖镇{place.village}（示例地址）",
        has_maintenance_fund=place.has_maintenance_fund,
        has_lift=place.has_lift,
        has_owner_group=place.has_owner_group,
    )


@dataclass
class _Home:
    """A household still to be stored. Owners are shared objects: one owner may appear in two homes."""

    building: Building
    stair: Stair
    unit: Unit
    owners: list[Owner]


def _homes(place: Place, compound: Compound) -> Iterator[_Home]:
    if place.key == GARDEN:
        return _garden_homes(compound)
    return _drawn_homes(place, compound, lots(place.key))


def _garden_homes(compound: Compound) -> Iterator[_Home]:
    building = _building(compound, 1)
    stair = _stair(building, 1)
    for home in GARDEN_HOUSEHOLDS:
        owner = Owner(compound=compound, name=home.owner, phone=home.phone)
        unit = _unit(building, stair, home.room, Decimal(home.area))
        unit.certificate, unit.remark = home.certificate, home.remark
        yield _Home(building, stair, unit, [owner])


def _drawn_homes(place: Place, compound: Compound, random: Random) -> Iterator[_Home]:
    """Most homes have one owner, some two; some belong to the owner of the home before; one to a company."""
    low, high = _AREAS[place.kind]
    before: list[Owner] = []
    for building, stair, room in _rooms(place.block, compound):
        lot = random.random()
        if not before and place.kind is CompoundKind.COMMERCIAL:
            before = [Owner(compound=compound, name=_SHOP, phone=phone(random), kind=OwnerKind.LEGAL)]
        elif not before or lot >= 0.04:
            names = [person_name(random) for _ in range(2 if lot > 0.9 else 1)]
            before = [Owner(compound=compound, name=name, phone=phone(random)) for name in dict.fromkeys(names)]
        yield _Home(building, stair, _unit(building, stair, room, Decimal(random.randint(low, high)) / 100), before)


def _rooms(block: Block, compound: Compound) -> Iterator[tuple[Building, Stair, str]]:
    for number in range(1, block.buildings + 1):
        building = _building(compound, number)
        for stair_number in range(1, block.stairs + 1):
            stair = _stair(building, stair_number)
            for floor in range(1, block.floors + 1):
                for door in range(1, block.rooms + 1):
                    yield building, stair, f"{floor}{door:02}"


def _building(compound: Compound, number: int) -> Building:
    text = f"{number}号楼"
    return Building(compound=compound, key=building_key(text), text=text)


def _stair(building: Building, number: int) -> Stair:
    text = f"{number}单元"
    return Stair(building=building, key=stair_key(text), text=text)


def _unit(building: Building, stair: Stair, room: str, area: Decimal) -> Unit:
    return Unit(building=building, stair=stair, room_key=room_key(room), room_text=room, area=area)


def _store(homes: list[_Home]) -> None:
    """From the outside in, so that each row knows the one it hangs on."""
    buildings = list({id(home.building): home.building for home in homes}.values())
    stairs = list({id(home.stair): home.stair for home in homes}.values())
    owners = list({id(owner): owner for home in homes for owner in home.owners}.values())
    Building.objects.bulk_create(buildings)
    for stair in stairs:
        stair.building_id = stair.building.pk
    Stair.objects.bulk_create(stairs)
    for home in homes:
        home.unit.building_id, home.unit.stair_id = home.building.pk, home.stair.pk
    Unit.objects.bulk_create((home.unit for home in homes), batch_size=_BATCH)
    Owner.objects.bulk_create(owners, batch_size=_BATCH)
    Ownership.objects.bulk_create(
        (Ownership(unit=home.unit, owner=owner) for home in homes for owner in home.owners), batch_size=_BATCH
    )
