"""Final scores side by side: exact places, firms, half-years, and quality beside price; public when all are final."""

import io
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction

import pytest
from django.test import Client
from openpyxl import load_workbook

from accounts.models import User
from baogai.templatetags.parts import scatter
from communities.models import Compound, ServiceContract
from evaluations.appraisal_rules import Grade
from evaluations.ranking_rules import FirmScore, places_of, ranked_firms
from evaluations.services.appraisals.scoring import veto
from kernel.periods import Period
from tests import appraising
from tests.appraising import HALF
from tests.cast import EARLIER, NOON, World
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]
PAGES = ["/ranking/", "/ranking/firms/", "/ranking/history/", "/ranking/prices/"]


def text_of(client: Client, url: str) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def rows_of(client: Client, which: str, query: str = "") -> list[tuple]:
    """The export's rows below its note and header."""
    content = b"".join(client.get(f"/ranking/export/{which}/?{query}"))
    return list(load_workbook(io.BytesIO(content)).active.iter_rows(min_row=3, values_only=True))


def another(world: World, name: str, fee: str = "2.50") -> Compound:
    """A further compound of the first firm."""
    compound = Compound.objects.create(village=world.village, name=name, kind="commercial", built_year=2018)
    ServiceContract.objects.create(compound=compound, firm=world.firm, from_on=EARLIER, fee_per_m2=Decimal(fee))
    return compound


# -- Places ------------------------------------------------------------------------------------------------------------


def test_equal_scores_share_a_place_and_a_veto_stands_last() -> None:
    counts = [((False, Decimal("90.00")), 1), ((False, Decimal("88.50")), 2), ((True, Decimal("99.00")), 1)]
    assert places_of([*counts, ((False, Decimal("88.49")), 1)]) == {
        (False, Decimal("90.00")): 1,
        (False, Decimal("88.50")): 2,
        (False, Decimal("88.49")): 4,
        (True, Decimal("99.00")): 5,
    }


def firm(name: str, total: str, count: int) -> FirmScore:
    return FirmScore(1, name, name, count, Decimal(total), Decimal(0), Decimal(0), 0, dict.fromkeys(Grade, 0))


def test_firms_stand_by_the_exact_mean_not_by_the_one_that_is_shown() -> None:
    one, two = firm("甲", "250.00", 3), firm("乙", "83.33", 1)
    assert one.shown == two.shown == Decimal("83.33")
    assert one.mean == Fraction(250, 3)
    assert [(place, each.name) for place, each in ranked_firms([two, one])] == [(1, "甲"), (2, "乙")]
    same = [firm("丙", "160.00", 2), firm("丁", "80.00", 1), firm("戊", "79.99", 1)]
    assert [(place, each.name) for place, each in ranked_firms(same)] == [(1, "丙"), (1, "丁"), (3, "戊")]


def test_a_half_years_compounds_and_firms_are_ranked(world: World, client_of: ClientOf) -> None:
    third = another(world, "仑后新城")
    appraising.opened(world)
    for compound, points in ((world.compound, "20"), (world.other_compound, "15"), (third, "15")):
        appraising.final(world, compound, R1=points)
    visitor = client_of(None)
    places = [(row[0], row[2], row[4], row[5]) for row in rows_of(visitor, "ranking")]
    assert places[0] == (1, "仑后花园", 100, "优秀")
    assert sorted(places[1:]) == [(2, "仑后新城", 95, "优秀"), (2, "杆头新村", 95, "优秀")]
    page = text_of(visitor, "/ranking/?q=杆头")
    assert "杆头新村" in page
    assert "仑后新城" not in page
    assert "<b>2</b>" in page, "a place is that among all, whatever the list is narrowed to"
    assert rows_of(visitor, "firm_ranking") == [
        (1, world.firm.name, 2, 97.5, 100, 95, 2, 0, 0, 0, 0),
        (2, world.other_firm.name, 1, 95, 95, 95, 1, 0, 0, 0, 0),
    ]


def test_a_vetoed_firm_stands_last_whatever_it_scored(world: World, client_of: ClientOf) -> None:
    appraising.opened(world)
    veto(appraising.of(world.compound), matter="侵占公共收益", reason="挪用停车费", by=world.officer, at=NOON)
    appraising.final(world, world.compound)
    appraising.final(world, world.other_compound, R1="1", S1="1", C1="1")
    rows = rows_of(client_of(None), "ranking")
    assert [(row[0], row[2], row[5], row[6]) for row in rows] == [
        (1, "杆头新村", "不合格", "否"),
        (2, "仑后花园", "不合格", "是"),
    ]


# -- Who, and when -----------------------------------------------------------------------------------------------------


def test_a_half_year_is_public_when_all_of_it_is_final_and_the_overseers_see_it_before(
    world: World, client_of: ClientOf
) -> None:
    appraising.opened(world)
    appraising.final(world, world.compound)
    for person in (None, world.manager, world.chair, world.owner):
        for url in PAGES:
            assert "还没有考评结果" in text_of(client_of(person), url), (person, url)
        assert client_of(person).get("/ranking/export/ranking/").status_code == 404
    for person in (world.officer, world.leader, world.auditor, world.cadre):
        page = text_of(client_of(person), "/ranking/")
        assert "仑后花园" in page
        assert "还没有全部审定" in page
    appraising.final(world, world.other_compound)
    page = text_of(client_of(None), "/ranking/")
    assert "仑后花园" in page
    assert "还没有全部审定" not in page


def test_a_place_leads_to_the_score_sheet_of_whoever_may_read_it(world: World, client_of: ClientOf) -> None:
    appraising.opened(world)
    own, other = (appraising.final(world, compound) for compound in (world.compound, world.other_compound))
    for person, opens in (
        (None, ()),
        (world.stranger, ()),
        (world.owner, (own,)),
        (world.manager, (own,)),
        (world.officer, (own, other)),
    ):
        client = client_of(person)
        page = text_of(client, "/ranking/")
        for sheet in (own, other):
            address = f"/appraisals/{sheet.public_id}/"
            assert (address in page) == (sheet in opens), (person, sheet)
            assert sheet not in opens or client.get(address).status_code == 200


def test_nothing_final_is_nothing_to_rank_for_anybody(world: World, client_of: ClientOf) -> None:
    appraising.opened(world)
    for url in PAGES:
        assert "还没有考评结果" in text_of(client_of(world.officer), url)


# -- Half-years beside each other --------------------------------------------------------------------------------------


def halves(count: int) -> list[Period]:
    found = [HALF]
    while len(found) < count:
        found.append(found[-1].previous())
    return found[::-1]


@pytest.fixture
def five_halves(world: World) -> World:
    """Five half-years in which the first compound lost less each time, the other the same."""
    for period, points in zip(halves(5), ("10", "12", "14", "16", "20"), strict=True):
        appraising.opened(world, period=period)
        appraising.final(world, world.compound, period=period, R1=points)
        if period != HALF.previous():
            appraising.final(world, world.other_compound, period=period, R1="15")
        else:
            appraising.final(world, world.other_compound, period=period, R1="15.5")
    return world


def test_the_last_four_half_years_stand_beside_each_other(five_halves: World, client_of: ClientOf) -> None:
    visitor = client_of(None)
    rows = {row[0]: row[2:] for row in rows_of(visitor, "history")}
    assert rows == {"仑后花园": (92, 94, 96, 100, 4), "杆头新村": (95, 95, 95.5, 95, -0.5)}
    firms = {row[0]: row[2:] for row in rows_of(visitor, "history", "by=firm")}
    assert firms[five_halves.firm.name] == (92, 94, 96, 100, 4)
    page = text_of(visitor, "/ranking/history/?by=firm")
    assert "改按小区看" in page
    earlier = text_of(visitor, f"/ranking/?period={HALF.previous().code}")
    assert "95.50" in earlier


# -- Quality and price -------------------------------------------------------------------------------------------------


def test_quality_stands_beside_price_in_a_picture_and_a_table(world: World, client_of: ClientOf) -> None:
    another(world, "仑后新城", fee="2.50")
    appraising.opened(world)
    for compound in Compound.objects.filter(contracts__isnull=False):
        appraising.final(world, compound, R1="15")
    visitor = client_of(None)
    assert [(row[1], row[3], row[4]) for row in rows_of(visitor, "prices", "sort=-fee")] == [
        ("仑后新城", 2.5, 95),
        ("仑后花园", 1.2, 95),
        ("杆头新村", 0.8, 95),
    ]
    page = text_of(visitor, "/ranking/prices/")
    assert page.count("<circle") == 3
    assert "style=" not in page


def test_a_picture_of_many_points_has_one_dot_a_place() -> None:
    drawn = scatter(
        [(Decimal("1.20"), Decimal(95))] * 500 + [(Decimal(0), Decimal(0)), (Decimal(2), Decimal(100))], "", ""
    )
    assert len(drawn["dots"]) == 3
    assert [tick["words"] for tick in drawn["ticks"]] == [Decimal(n) / 2 for n in range(5)]
    corner = max(drawn["dots"], key=lambda dot: dot["x"])
    assert (corner["x"], corner["y"]) == (drawn["right"], drawn["top"])
    assert scatter([], "", "")["dots"] == []


# -- As a file, and at what cost ---------------------------------------------------------------------------------------


def test_an_export_says_where_it_comes_from_and_is_csv_too(five_halves: World, client_of: ClientOf) -> None:
    visitor = client_of(None)
    told = b"".join(visitor.get("/ranking/export/ranking/?format=csv")).decode()
    assert told.startswith("\ufeff宝盖镇，依据：方案四（四）5")
    assert "1,仑后村,仑后花园" in told
    assert visitor.get("/ranking/export/nothing/").status_code == 404


def test_the_pages_cost_the_same_however_many_compounds_there_are(world: World, client_of: ClientOf) -> None:
    appraising.opened(world, period=HALF.previous())
    for compound in (world.compound, world.other_compound):
        appraising.final(world, compound, period=HALF.previous())
    few, many = (f"?period={period.code}" for period in (HALF.previous(), HALF))
    clients = [client_of(None), client_of(world.officer)]
    before = [statements(client, f"{url}{few}") for client in clients for url in PAGES]
    for number in range(6):
        another(world, f"新城{number}")
    appraising.opened(world)
    for compound in Compound.objects.filter(contracts__isnull=False):
        appraising.final(world, compound)
    after = [statements(client, f"{url}{many}") for client in clients for url in PAGES]
    assert after == before
    assert max(after) <= CEILING
