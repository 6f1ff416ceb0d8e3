"""Areas as rosters write them, and decisions counted on whole numbers (OWN-01, OWN-02; Civil Code arts. 278, 283)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.areas import AreaError, from_hundredths, parse_area, to_hundredths
from kernel.shares import Weight, carried, ordinary_passed, quorum_met, special_passed, split_by_area

UNDERSTOOD = {
    "89.5㎡": "89.50",
    "114.02平方米": "114.02",
    "114.02 平米": "114.02",
    "96.53m²": "96.53",
    "96.53M2": "96.53",
    "１１２．８９": "112.89",
    " 161.15 ": "161.15",
    "1,234.5": "1234.50",
    91.95999999999999: "91.96",
    120.0: "120.00",
    Decimal("79.8"): "79.80",
}
REFUSED = {
    "约九十": "不是数字",
    "90左右": "不是数字",
    "89.5*2": "不是数字",
    "": "缺少面积",
    None: "缺少面积",
    "㎡": "缺少面积",
    -88.5: "必须大于 0",
    "-88.5": "必须大于 0",
    0: "必须大于 0",
    "0.00": "必须大于 0",
    "89.555": "两位小数",
    89.555: "两位小数",
    "99999999999": "太大",
    float("nan"): "不是数字",
}


@pytest.mark.parametrize(("written", "meant"), UNDERSTOOD.items(), ids=repr)
def test_an_area_is_understood(written, meant):
    assert str(parse_area(written)) == meant


@pytest.mark.parametrize(("written", "reason"), REFUSED.items(), ids=repr)
def test_an_area_is_refused_with_its_reason(written, reason):
    with pytest.raises(AreaError, match=reason) as refusal:
        parse_area(written, field="area")
    assert refusal.value.field == "area"


def test_a_finer_area_than_the_register_knows_is_an_error():
    assert to_hundredths(Decimal("0.01")) == 1
    assert from_hundredths(4038356) == Decimal("40383.56")
    with pytest.raises(ValueError, match="hundredths"):
        to_hundredths(Decimal("0.001"))


def area(square_metres: str, heads: int) -> Weight:
    return Weight(to_hundredths(Decimal(square_metres)), heads)


EVERYBODY = area("900.00", 9)
QUORUM_EDGES = [
    (area("600.00", 6), True),  # exactly two thirds both ways
    (area("599.99", 6), False),
    (area("600.00", 5), False),
    (area("900.00", 9), True),
]
ORDINARY_EDGES = [
    (area("50.00", 6), False),  # exactly half the area is not more than half
    (area("50.01", 6), True),
    (area("50.01", 5), False),  # exactly half the heads
    (area("0.00", 0), False),
]
SPECIAL_EDGES = [
    (area("75.00", 75), True),  # exactly three quarters is enough
    (area("74.99", 75), False),
    (area("75.00", 74), False),
    (area("100.00", 100), True),
]


@pytest.mark.parametrize(("taking_part", "met"), QUORUM_EDGES)
def test_the_quorum_is_two_thirds_of_area_and_heads(taking_part, met):
    assert quorum_met(taking_part, EVERYBODY) is met


@pytest.mark.parametrize(("agreeing", "passed"), ORDINARY_EDGES)
def test_an_ordinary_matter_needs_more_than_half(agreeing, passed):
    assert ordinary_passed(agreeing, area("100.00", 10)) is passed


@pytest.mark.parametrize(("agreeing", "passed"), SPECIAL_EDGES)
def test_a_special_matter_needs_three_quarters(agreeing, passed):
    assert special_passed(agreeing, area("100.00", 100)) is passed


def test_a_rounded_percentage_would_have_said_yes():
    electorate, taking_part = area("10000.00", 3000), area("6666.66", 2000)
    assert f"{Decimal(taking_part.area) * 100 / electorate.area:.2f}" == "66.67"
    assert not quorum_met(taking_part, electorate)
    assert quorum_met(area("6666.67", 2000), electorate)


def test_nobody_decides_nothing():
    nobody = Weight(0, 0)
    assert not quorum_met(nobody, nobody)
    assert not ordinary_passed(nobody, nobody)
    assert not special_passed(nobody, nobody)
    with pytest.raises(ValueError, match="negative"):
        Weight(-1, 0)


def test_each_matter_of_article_278_has_its_majority():
    taking_part, agreeing = area("600.00", 6), area("330.00", 4)
    verdicts = {
        matter: carried(matter, agreeing=agreeing, taking_part=taking_part, electorate=EVERYBODY)
        for matter in range(1, 10)
    }
    assert {matter for matter, passed in verdicts.items() if not passed} == {6, 7, 8}
    with pytest.raises(ValueError, match="1 to 9"):
        carried(10, agreeing=agreeing, taking_part=taking_part, electorate=EVERYBODY)


# A roll of up to 3,000 units: area in hundredths, and what its owner did (0 away, 1 against, 2 for). Drawn as up to 200
# sorts of unit, each standing up to fifteen times: three thousand apart are more than can be drawn in a moment.
SORTS = st.tuples(st.integers(1, 30_000), st.sampled_from([0, 1, 2]), st.integers(1, 15))
ROLLS = st.lists(SORTS, min_size=1, max_size=200).map(
    lambda sorts: [(size, did) for size, did, times in sorts for _ in range(times)]
)


@given(ROLLS, st.sampled_from([4, 6]))
def test_the_verdict_equals_exact_fractions(roll, matter):
    everybody = sum((Weight(size, 1) for size, _ in roll), Weight(0, 0))
    part = sum((Weight(size, 1) for size, did in roll if did), Weight(0, 0))
    agree = sum((Weight(size, 1) for size, did in roll if did == 2), Weight(0, 0))

    def more_or_equal(of: int, whole: int, share: Fraction, strict: bool) -> bool:
        return whole > 0 and (Fraction(of, whole) > share if strict else Fraction(of, whole) >= share)

    quorum = all(
        more_or_equal(a, b, Fraction(2, 3), False)
        for a, b in [(part.area, everybody.area), (part.heads, everybody.heads)]
    )
    share, strict = (Fraction(3, 4), False) if matter == 6 else (Fraction(1, 2), True)
    majority = all(more_or_equal(a, b, share, strict) for a, b in [(agree.area, part.area), (agree.heads, part.heads)])
    assert carried(matter, agreeing=agree, taking_part=part, electorate=everybody) is (quorum and majority)


def test_a_lift_repair_is_shared_to_the_fen():
    """100.00 yuan over three equal homes: 33.34 + 33.33 + 33.33."""
    shares = split_by_area(Decimal("100.00"), [Decimal("80.00")] * 3)
    assert shares == [Decimal("33.34"), Decimal("33.33"), Decimal("33.33")]


def test_a_fund_draw_is_shared_by_area():
    """1,000.00 yuan over 89.50, 114.02 and 79.80 m² (together 283.32): largest fractions get the fen left over."""
    shares = split_by_area(Decimal("1000.00"), [Decimal("89.50"), Decimal("114.02"), Decimal("79.80")])
    assert shares == [Decimal("315.90"), Decimal("402.44"), Decimal("281.66")]
    assert sum(shares) == Decimal("1000.00")


@pytest.mark.parametrize(("cost", "areas"), [("-1.00", ["1"]), ("1.00", []), ("1.00", ["0"]), ("1.00", ["2", "-1"])])
def test_a_cost_without_anybody_to_bear_it_is_an_error(cost, areas):
    with pytest.raises(ValueError, match="a cost of at least 0"):
        split_by_area(Decimal(cost), [Decimal(value) for value in areas])


@given(st.integers(0, 10**11), st.lists(st.integers(1, 100_000), min_size=1, max_size=400))
def test_shares_add_up_and_miss_the_exact_share_by_less_than_a_fen(fen, hundredths):
    cost, areas = Decimal(fen) / 100, [from_hundredths(size) for size in hundredths]
    shares = split_by_area(cost, areas)
    assert sum(shares) == cost
    for share, size in zip(shares, hundredths, strict=True):
        assert abs(Fraction(share) * 100 - Fraction(fen * size, sum(hundredths))) < 1
