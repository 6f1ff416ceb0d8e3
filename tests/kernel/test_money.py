"""Amounts as people write them (LED-07)."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.money import AmountError, from_fen, parse_amount, signed_yuan, to_fen, yuan

UNDERSTOOD = {
    "12": "12.00",
    "12.5": "12.50",
    "12.500": "12.50",
    "0.01": "0.01",
    "0": "0.00",
    "-0.00": "0.00",
    " 12.5 ": "12.50",
    "１２.５": "12.50",
    "１２．５０": "12.50",
    "1,234.50": "1234.50",
    "1，234.50": "1234.50",
    "12,345,678.90": "12345678.90",
    "+12.5": "12.50",
    "¥12.5": "12.50",
    "￥ 12.5": "12.50",
    "12.5元": "12.50",
    "12元整": "12.00",
    "人民币12.5元": "12.50",
    "RMB 12.5": "12.50",
    "999999999999.99": "999999999999.99",
    12: "12.00",
    Decimal("12.5"): "12.50",
    91.95999999999999: "91.96",
    0.1 + 0.2: "0.30",
    48210.35: "48210.35",
}
REFUSED = {
    "": "请填写金额",
    "   ": "请填写金额",
    None: "请填写金额",
    "0.001": "两位小数",
    "1.005": "两位小数",
    0.001: "两位小数",
    1.005: "两位小数",
    Decimal("0.001"): "两位小数",
    "NaN": "无法识别",
    "Infinity": "无法识别",
    "1e309": "无法识别",
    "1e3": "无法识别",
    float("nan"): "无法识别",
    float("inf"): "无法识别",
    Decimal("NaN"): "无法识别",
    Decimal("Infinity"): "无法识别",
    True: "无法识别",
    "1,23": "无法识别",
    "1.2.3": "无法识别",
    "12.5万": "无法识别",
    "十二元": "无法识别",
    "12元5角": "无法识别",
    "٣": "无法识别",
    "-": "无法识别",
    "=1+1": "无法识别",
    "1000000000000": "太大",
    "9" * 5000: "太大",
    1e300: "太大",
    Decimal("1e400"): "太大",
    "-1": "不能为负数",
    "−1": "不能为负数",
    "(1.00)": "不能为负数",
    -1: "不能为负数",
}


@pytest.mark.parametrize(("written", "meant"), UNDERSTOOD.items(), ids=repr)
def test_an_amount_is_understood(written, meant):
    amount = parse_amount(written)
    assert str(amount) == meant


@pytest.mark.parametrize(("written", "reason"), REFUSED.items(), ids=lambda value: repr(value)[:30])
def test_an_amount_is_refused_with_its_reason(written, reason):
    with pytest.raises(AmountError, match=reason) as refusal:
        parse_amount(written, field="amount")
    assert refusal.value.field == "amount"
    assert len(refusal.value.message) < 80


@pytest.mark.parametrize("written", ["-1802.11", "−1802.11", "－１８０２．１１", "(1,802.11)", "（1802.11）", -1802.11])
def test_a_signed_column_may_hold_negatives(written):
    assert parse_amount(written, signed=True) == Decimal("-1802.11")


def test_amounts_are_shown_with_thousands_and_a_true_minus():
    assert yuan(Decimal("1234.5")) == "1,234.50"
    assert yuan(Decimal("-1234567.89")) == "−1,234,567.89"
    assert signed_yuan(Decimal("1234.5")) == "+1,234.50"
    assert signed_yuan(Decimal("-1")) == "−1.00"
    assert signed_yuan(Decimal("0")) == "0.00"


def test_a_fraction_of_a_fen_is_never_rounded_away():
    assert to_fen(Decimal("0.01")) == 1
    with pytest.raises(ValueError, match="whole number of fen"):
        to_fen(Decimal("0.001"))


CENTS = st.integers(-(10**14) + 1, 10**14 - 1)


@given(CENTS)
def test_fen_and_yuan_are_the_same_money(fen):
    assert to_fen(from_fen(fen)) == fen
    assert parse_amount(str(from_fen(fen)), signed=True) == from_fen(fen)
    assert parse_amount(yuan(from_fen(fen)), signed=True) == from_fen(fen)
    assert Fraction(from_fen(fen)) == Fraction(fen, 100)


@given(st.integers(-(10**12), 10**12))
def test_a_spreadsheet_number_is_read_as_the_amount_it_shows(fen):
    assert parse_amount(fen / 100, signed=True) == from_fen(fen)


@given(st.text() | st.floats() | st.integers())
def test_anything_else_is_an_amount_or_a_plain_refusal(value):
    try:
        amount = parse_amount(value, signed=True)
    except AmountError:
        return
    assert amount.is_finite()
    assert abs(amount.as_tuple().exponent) == 2
    assert abs(amount) < 10**12
