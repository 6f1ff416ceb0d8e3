"""Compounds, their households, their firms: who sees which, and who enters what."""

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from urllib.parse import quote

import pytest
from django.test import Client

from accounts.models import ActionRecord, User
from communities.models import Building, Compound, PropertyFirm, ServiceContract, Unit
from communities.permissions import standing_of
from communities.services import firm_of
from tests.cast import TODAY, World, credit_code
from tests.doors import hides_from, refuses, requires_login, serves
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]


def names_on(page: str, world: World) -> set[str]:
    every = (world.compound, world.other_compound, world.bare_compound)
    return {compound.name for compound in every if f">{compound.name}</a>" in page}


# -- The list ----------------------------------------------------------------------------------------------------


def test_everybody_finds_the_compounds_of_their_posts_and_homes_and_no_others(world: World) -> None:
    requires_login("/compounds/")
    expected = {
        "officer": {"仑后花园", "杆头新村", "旧供销社宿舍"},
        "auditor": {"仑后花园", "杆头新村", "旧供销社宿舍"},
        "cadre": {"仑后花园", "旧供销社宿舍"},
        "chair": {"仑后花园"},
        "manager": {"仑后花园"},
        "owner": {"仑后花园"},
        "other_owner": {"杆头新村"},
        "stranger": set(),
    }
    for who, names in expected.items():
        assert names_on(serves(world.people[who], "/compounds/?q=").content.decode(), world) == names, who


def test_whoever_belongs_to_one_compound_alone_goes_straight_there(world: World) -> None:
    for who in ("chair", "manager", "owner"):
        assert serves(world.people[who], "/compounds/")["Location"] == f"/compounds/{world.compound.public_id}/", who
    for who in ("officer", "cadre", "stranger"):
        assert serves(world.people[who], "/compounds/").status_code == 200, who


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=花园", {"仑后花园"}),
        ("kind=old", {"旧供销社宿舍"}),
        ("lacking=firm", {"旧供销社宿舍"}),
        ("lacking=both", {"旧供销社宿舍"}),
        ("village=", {"仑后花园", "杆头新村", "旧供销社宿舍"}),
        ("kind=nonsense&page=999", {"仑后花园", "杆头新村", "旧供销社宿舍"}),
        ("sort=-units&page=-1", {"仑后花园", "杆头新村", "旧供销社宿舍"}),
    ],
)
def test_the_list_filters_by_what_the_address_says(world: World, query: str, names: set[str]) -> None:
    assert names_on(serves(world.officer, f"/compounds/?{query}").content.decode(), world) == names


def test_a_village_of_the_filter_is_named_by_its_random_id(world: World) -> None:
    page = serves(world.officer, f"/compounds/?village={world.other_village.public_id}").content.decode()
    assert names_on(page, world) == {"杆头新村"}


# -- One compound ------------------------------------------------------------------------------------------------


def test_a_compounds_page_shows_who_serves_and_who_represents_it(world: World) -> None:
    url = f"/compounds/{world.compound.public_id}/"
    requires_login(url)
    hides_from(world.stranger, url)
    hides_from(world.other_chair, url)
    hides_from(world.officer, "/compounds/0000000000000000/")
    page = serves(world.owner, url).content.decode()
    assert "石狮安居物业服务有限公司" in page
    assert "陈志强" in page
    assert "3号楼1单元1102" in page, "the own home"
    assert "3号楼1单元1102" not in serves(world.cadre, url).content.decode()


def test_a_firm_past_its_agreed_end_stands_as_overrunning(world: World) -> None:
    url = f"/compounds/{world.compound.public_id}/"
    assert "超期履职" not in serves(world.cadre, url).content.decode()
    ServiceContract.objects.filter(pk=world.contract.pk).update(until_on=TODAY)
    assert "超期履职" not in serves(world.cadre, url).content.decode(), "the last agreed day still counts"
    ServiceContract.objects.filter(pk=world.contract.pk).update(until_on=date(2026, 10, 28))
    assert "超期履职" in serves(world.cadre, url).content.decode()


# -- Households --------------------------------------------------------------------------------------------------


def test_names_of_owners_are_for_those_who_keep_the_roster_others_see_masks(world: World) -> None:
    url = f"/compounds/{world.compound.public_id}/units/"
    requires_login(url)
    hides_from(world.stranger, url)
    hides_from(world.other_manager, url)
    refuses(world.owner, url)
    for who in ("officer", "cadre", "chair", "treasurer", "manager", "clerk"):
        page = serves(world.people[who], url).content.decode()
        assert "施雅琴" in page, who
        assert "138****5678" in page, who
    for who in ("auditor", "member", "supervisor"):
        page = serves(world.people[who], url).content.decode()
        assert "施雅琴" not in page, who
        assert "施**" in page, who
        assert "5678" not in page, who


def test_the_list_of_households_runs_in_natural_order_and_pages(world: World) -> None:
    building = Building.objects.get(compound=world.compound)
    Unit.objects.bulk_create(
        Unit(building=building, room_key=str(room), room_text=f"{room}", area=Decimal("80.00")) for room in range(1, 61)
    )
    page = serves(world.officer, f"/compounds/{world.compound.public_id}/units/").content.decode()
    assert '共 <span class="num">61</span> 户，第 1 页，共 2 页' in page
    assert page.index(">3号楼2<") < page.index(">3号楼10<")
    assert "3号楼60" in serves(world.officer, f"/compounds/{world.compound.public_id}/units/?q=60").content.decode()


def test_a_page_of_households_costs_the_same_statements_for_one_as_for_fifty(world: World, client_of: ClientOf) -> None:
    url = f"/compounds/{world.compound.public_id}/units/"
    client = client_of(world.officer)
    before = statements(client, url)
    building = Building.objects.get(compound=world.compound)
    Unit.objects.bulk_create(
        Unit(building=building, room_key=str(room), room_text=f"{room}", area=Decimal("80.00")) for room in range(1, 61)
    )
    assert statements(client, url) == before <= CEILING


# -- Firms and contracts -----------------------------------------------------------------------------------------


def test_the_register_of_firms_is_for_town_villages_and_auditors(world: World) -> None:
    requires_login("/compounds/firms/")
    refuses(world.owner, "/compounds/firms/")
    refuses(world.manager, "/compounds/firms/")
    for who in ("officer", "leader", "auditor", "cadre"):
        assert "石狮安居物业服务有限公司" in serves(world.people[who], "/compounds/firms/").content.decode()
    url = f"/compounds/firms/{world.firm.public_id}/"
    requires_login(url)
    hides_from(world.owner, url)
    hides_from(world.other_manager, url)
    assert "仑后花园" in serves(world.manager, url).content.decode()
    assert "王建国" in serves(world.cadre, url).content.decode()


def test_the_town_enters_a_firm_and_its_two_posts_come_with_it(world: World) -> None:
    url = "/compounds/firms/new/"
    good = {"name": "厦门示范物业有限公司", "credit_code": credit_code(9).lower(), "contact": "", "phone": ""}
    requires_login(url)
    refuses(world.cadre, url)
    refuses(world.auditor, url, data=good)
    wrong = serves_form(world.officer, url, good | {"credit_code": "91350581000000000X"})
    assert "校验位须正确" in wrong
    assert "厦门示范物业有限公司" in wrong, "what was typed is kept"
    assert "该信用代码的企业已登记" in serves_form(world.officer, url, good | {"credit_code": credit_code(1)})
    serves(world.officer, url, data=good)
    made = PropertyFirm.objects.get(credit_code=credit_code(9))
    assert [post.title for post in made.posts.all()] == ["项目负责人", "经办人"]


def serves_form(user: User, url: str, data: dict[str, str]) -> str:
    """The form again, with what is wrong."""
    client = Client()
    client.force_login(user)
    answer = client.post(url, data)
    assert answer.status_code == 422, answer.status_code
    return answer.content.decode()


def test_a_firm_hands_over_and_the_next_one_signs(world: World) -> None:
    hand_over = f"/compounds/contracts/{world.contract.public_id}/hand-over/"
    sign = f"/compounds/{world.compound.public_id}/contracts/new/"
    last_day = {"day": "2026-10-31"}
    contract = {"firm": world.other_firm.public_id, "from_on": "2026-11-01", "until_on": "", "fee_per_m2": "１.50元"}
    for url, data in ((hand_over, last_day), (sign, contract)):
        requires_login(url)
        hides_from(world.stranger, url)
        hides_from(world.other_cadre, url, data=data)
        refuses(world.manager, url, data=data)
        refuses(world.auditor, url, data=data)
        refuses(world.leader, url, data=data)
    assert "尚未交接完毕" in serves_form(world.cadre, sign, contract)
    assert "不能早于服务开始日" in serves_form(world.cadre, hand_over, {"day": "2023-12-31"})
    serves(world.cadre, hand_over, data=last_day)
    for wrong, words in (
        ({"fee_per_m2": "-1"}, "不能为负数"),
        ({"fee_per_m2": "0.001"}, "超过两位小数"),
        ({"fee_per_m2": "NaN"}, "无法识别"),
        ({"until_on": "2026-10-01"}, "不能早于服务开始日"),
        ({"firm": "0000000000000000"}, "选择一个有效的选项"),
    ):
        assert words in serves_form(world.officer, sign, contract | wrong), wrong
    serves(world.officer, sign, data=contract)
    assert firm_of(world.compound, date(2026, 10, 31)) == world.firm
    assert firm_of(world.compound, date(2026, 11, 1)) == world.other_firm
    assert ServiceContract.objects.get(firm=world.other_firm, compound=world.compound).fee_per_m2 == Decimal("1.50")
    assert ActionRecord.objects.filter(act="物业交接", by=world.cadre).exists()


def test_the_firms_people_lose_the_compound_the_day_after_the_last_day_of_service(
    world: World, on_day: Callable[..., None]
) -> None:
    url = f"/compounds/{world.compound.public_id}/"
    serves(world.cadre, f"/compounds/contracts/{world.contract.public_id}/hand-over/", data={"day": "2026-10-31"})
    for day, status in ((date(2026, 10, 31), 200), (date(2026, 11, 1), 404)):
        on_day(day)
        client = Client()
        client.force_login(world.manager)
        assert client.get(url).status_code == status, day
    assert not standing_of(User.objects.get(pk=world.manager.pk), date(2026, 11, 1)).firm_compound_ids


def test_an_extra_field_in_the_form_changes_nothing_else(world: World) -> None:
    serves(
        world.cadre,
        f"/compounds/contracts/{world.contract.public_id}/hand-over/",
        data={"day": "2026-10-31", "fee_per_m2": "0", "compound": world.other_compound.pk, "from_on": "2020-01-01"},
    )
    kept = ServiceContract.objects.get(pk=world.contract.pk)
    assert (kept.fee_per_m2, kept.compound, kept.from_on) == (Decimal("1.20"), world.compound, world.contract.from_on)


def test_the_list_of_compounds_costs_the_same_statements_however_many(world: World, client_of: ClientOf) -> None:
    client = client_of(world.officer)
    before = statements(client, "/compounds/")
    Compound.objects.bulk_create(
        Compound(village=world.village, name=f"新小区{number}", kind="commercial", built_year=2020)
        for number in range(40)
    )
    assert statements(client, "/compounds/") == before <= CEILING


def test_a_compounds_page_leads_to_its_own_disclosures_and_owners_to_no_empty_register(world: World) -> None:
    url = f"/compounds/{world.compound.public_id}/"
    officers = serves(world.officer, url).content.decode()
    owners = serves(world.owner, url).content.decode()
    assert f"/obligations/?compound={world.compound.public_id}" in officers
    assert "/obligations/" not in owners
    for page in (officers, owners):
        assert f"/disclosures/?scope=all&amp;q={quote(world.compound.name)}" in page
