"""Names, phones, ids and codes of people and firms: read strictly, shown masked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.credit_code import ALPHABET, CreditCodeError, check_character, is_credit_code, parse_credit_code
from kernel.masking import (
    last_four,
    looks_like_person,
    mask_account,
    mask_id_number,
    mask_name,
    mask_numbers,
    mask_phone,
)
from kernel.phones import PhoneError, parse_phone
from kernel.text import cell_text, clean, tidy

MASKED = {
    "张三": "张*",
    "张三丰": "张**",
    "欧阳修": "欧阳*",
    "欧阳修文": "欧阳**",
    "蔡𠮷明": "蔡**",
    "阿依古丽·买买提": "阿**",
    "John Smith": "J**",
    "": "",
}
PERSONS = ["张三", "高行", "欧阳中店", "蔡𠮷明", "张三先生", "张三（个人）", "施雅", "迪丽热巴·迪力木拉提"]
ORGANISATIONS = [
    "石狮市绿源园艺场",
    "晨光文具宝盖店",
    "财付通支付科技有限公司",
    "中国铁塔股份有限公司泉州分公司",
    "石狮市宏光电器商行",
    "建设银行",
    "农行",
    "支付宝",
    "石狮市宝盖镇塘后村村民委员会",
    "国网供电",
    "ACME CO LTD",
    "张三（个体工商户）",
]


@pytest.mark.parametrize(("name", "masked"), MASKED.items())
def test_a_name_is_masked_after_its_family_name(name, masked):
    assert mask_name(name) == masked


@pytest.mark.parametrize("name", PERSONS)
def test_a_person_is_known_and_masked(name):
    assert looks_like_person(name)
    assert "*" in mask_name(name)


@pytest.mark.parametrize("name", ORGANISATIONS)
def test_an_organisation_is_named_in_full(name):
    assert not looks_like_person(name)
    assert mask_name(name) == clean(name)


def test_numbers_keep_only_what_is_needed_to_recognise_them():
    assert mask_phone("13812341234") == "138****1234"
    assert mask_phone("0595-88881234") == "059****34"
    assert mask_phone("12345") == "****"
    assert mask_phone("") == ""
    assert mask_id_number("35058119900101123X") == "350581********123X"
    assert mask_id_number("350581900101123") == "350581*****1123"
    assert mask_id_number("12345") == "*****"
    assert last_four("3505 0165 7388 0000 0421") == "0421"
    assert mask_account("3505 0165 7388 0000 0421") == "****0421"
    assert mask_account("") == ""


PHONES = [
    "13985646163",
    "139 8564 6163",
    "139-8564-6163",
    "+8613985646163",
    "0086 139 8564 6163",
    "１３９８５６４６１６３",
]


@pytest.mark.parametrize("written", [*PHONES, 13985646163, 13985646163.0])
def test_a_mobile_number_is_understood(written):
    assert parse_phone(written) == "13985646163"


@pytest.mark.parametrize(
    ("written", "reason"),
    [
        ("1380013", "不是 11 位"),
        (1380013.0, "不是 11 位"),
        ("12985646163", "不是 11 位"),
        ("139856461631", "不是 11 位"),
        ("0595-88881234", "不是 11 位"),
        ("", "不是 11 位"),
        ("1.39856E+10", "科学计数"),
    ],
)
def test_another_number_is_refused(written, reason):
    with pytest.raises(PhoneError, match=reason) as refusal:
        parse_phone(written, field="phone")
    assert refusal.value.field == "phone"


@pytest.mark.parametrize("code", ["91350000158142711F", "91440300708461136T"])
def test_a_right_credit_code_is_accepted(code):
    assert parse_credit_code(f" {code.lower()} ") == code
    assert is_credit_code(code)
    assert not is_credit_code(code.lower())


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("91350000158142711G", "校验位"),
        ("9135000015814271", "应为 18 位"),
        ("9135000O158142711F", "不会出现“O”"),
        ("", "应为 18 位"),
    ],
)
def test_a_mistyped_credit_code_is_refused(code, reason):
    with pytest.raises(CreditCodeError, match=reason):
        parse_credit_code(code)
    assert not is_credit_code(code)


BODIES = st.text(st.sampled_from(ALPHABET), min_size=17, max_size=17)


@given(BODIES, st.integers(0, 16), st.sampled_from(ALPHABET))
def test_every_single_mistyped_character_is_found(body, place, other):
    code = body + check_character(body)
    assert is_credit_code(code)
    mistyped = code[:place] + other + code[place + 1 :]
    assert is_credit_code(mistyped) is (mistyped == code)


def test_text_is_cleaned_but_rare_characters_survive():
    assert clean("３－１０１\x00 \ud800蔡𠮷明\u200b　x\r\ny") == "3-101 蔡𠮷明 x y"
    assert tidy(" 公示：（一）\x1b[31m 张三 ") == "公示：（一）[31m 张三"
    assert cell_text(101.0) == "101"
    assert cell_text(1.5) == "1.5"
    assert cell_text(None) == ""


@given(st.text())
def test_clean_text_is_printable_one_line_and_stays_clean(text):
    once = clean(text)
    assert "\x00" not in once
    assert "\n" not in once
    assert once == once.strip()
    once.encode()
    assert clean(once) == once


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("退押金 13812345678 王", "退押金 138****5678 王"),
        ("电话138-1234-5678、139 0000 1111", "电话138****5678、139****1111"),
        ("+86 13812345678", "138****5678"),
        ("电话１３８１２３４５６７８", "电话138****5678"),
        ("身份证350581199001011234代领", "身份证350581********1234代领"),
        ("35058119900101123x", "350581********123x"),
        ("老证350581900101123", "老证350581*****1123"),
        ("３５０５８１１９９００１０１１２３Ｘ", "350581********123X"),
        ("转入 6222 0214 0000 1234 567", "转入 ****4567"),
        ("623052140000123456", "****3456"),
        ("信用代码 91350581MA2XN0001A", "信用代码 91350581MA2XN0001A"),
        ("流水号 20260709123456789012", "流水号 20260709123456789012"),
        ("0595-88881234", "0595-88881234"),
        ("合同 2026-07-09 金额 13,812,345.67 元", "合同 2026-07-09 金额 13,812,345.67 元"),
        ("", ""),
    ],
)
def test_a_persons_numbers_are_masked_wherever_they_stand_and_others_stay(text, masked):
    assert mask_numbers(text) == masked


def test_the_number_to_ask_is_kept_and_an_identity_number_beside_it_is_not():
    text = "办公室 13812345678，350581199001011234"
    assert mask_numbers(text, keeps_mobiles=True) == "办公室 13812345678，350581********1234"


@given(st.text())
def test_a_text_without_digits_is_never_touched(text):
    plain = "".join(char for char in text if not char.isdigit())
    assert mask_numbers(plain) == plain
