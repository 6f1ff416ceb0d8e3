"""One household, however its address was written (IN-04), and who owns it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kernel.rooms import Address, address_key, building_key, room_key, split_owners, stair_key
from kernel.text import clean

BUILDINGS = {
    "3": ["3#", "3栋", "３号楼", "3幢", "3号", "3座", "第3幢", "03栋", "三号楼", " 3 栋 ", 3, 3.0, "3＃"],
    "12": ["12#", "十二栋", "012幢", "第十二号楼"],
    "A": ["A栋", "a座", "Ａ幢"],
    "A3": ["A3#", "a3栋", "A03栋"],
    "1期3": ["一期3栋", "1期03#"],
    "幸福": ["幸福楼"],
    "": ["", None, "  ", "-"],
}
STAIRS = {
    "1": ["1单元", "1", 1.0, "一单元", "01单元", "１单元", "1号梯", "1梯", "第一单元"],
    "甲": ["甲单元"],
    "B": ["b单元"],
    "": ["", None],
}
ROOMS = {
    "101": ["0101", "101", 101.0, 101, "101室", "１０１", "101房", " 101 ", "0101号"],
    "101A": ["101A", "0101a", "１０１Ａ室"],
    "1001": ["1001", 1001.0],
    "101-1": ["101-1", "0101－01", "101–1"],
    "": ["", None],
}
SAME_HOUSEHOLD = [
    ("", "", "3-101"),
    ("", "", "３－１０１"),
    ("", "", " 3-101 "),
    ("", "", "3–101"),
    ("", "", "3—0101"),
    ("", "", "3栋101室"),
    ("3#", "", "0101"),
    ("３号楼", None, 101.0),
    ("3幢", "", "3-101"),
    (3.0, "", "3#101"),
]
WITH_STAIR = [
    ("3#", "1单元", "0101"),
    ("", "", "3-1-101"),
    ("３栋", "", "1-101"),
    ("3栋", "1", "1-101"),
    ("3栋", "1", "3-1-101"),
    ("", "", "3栋1单元101室"),
    ("3栋1单元", "", "101"),
    ("三号楼", "一单元", "3号楼一单元0101"),
]
AMBIGUOUS = [
    # A part of a room is not a stair, and a foreign building is not taken apart.
    (("3", "", "101-1"), Address("3", "", "101-1")),
    (("3", "2", "1-101"), Address("3", "2", "1-101")),
    (("3", "1", "4-1-101"), Address("3", "1", "4-1-101")),
]


def flat(table: dict) -> list[tuple]:
    return [(written, key) for key, writings in table.items() for written in writings]


@pytest.mark.parametrize(("written", "key"), flat(BUILDINGS), ids=repr)
def test_a_building_has_one_key(written, key):
    assert building_key(written) == key


@pytest.mark.parametrize(("written", "key"), flat(STAIRS), ids=repr)
def test_a_stair_has_one_key(written, key):
    assert stair_key(written) == key


@pytest.mark.parametrize(("written", "key"), flat(ROOMS), ids=repr)
def test_a_room_has_one_key(written, key):
    assert room_key(written) == key


@pytest.mark.parametrize("cells", SAME_HOUSEHOLD, ids=repr)
def test_one_household_without_stair(cells):
    assert address_key(*cells) == Address("3", "", "101")


@pytest.mark.parametrize("cells", WITH_STAIR, ids=repr)
def test_one_household_with_stair(cells):
    assert address_key(*cells) == Address("3", "1", "101")
    assert str(address_key(*cells)) == "3-1-101"


@pytest.mark.parametrize(("cells", "address"), AMBIGUOUS, ids=repr)
def test_what_is_ambiguous_stays_apart(cells, address):
    assert address_key(*cells) == address


CELLS = st.text(max_size=20) | st.integers(0, 9999) | st.floats(allow_nan=False) | st.none()


@given(CELLS, CELLS, CELLS)
def test_any_cells_have_a_key_without_blanks_and_control_characters(building, stair, room):
    for part in address_key(building, stair, room):
        assert part == clean(part)
        assert " " not in part


@given(st.integers(1, 99), st.integers(1, 9), st.integers(101, 9999))
def test_a_key_read_again_is_itself(building, stair, room):
    address = Address(str(building), str(stair), str(room))
    assert address_key("", "", str(address)) == address
    assert address_key(f"{building}#", f"{stair}单元", f"0{room}") == address


OWNERS = {
    "施雅": ["施雅"],
    "郭伟、陈玉": ["郭伟", "陈玉"],
    "洪俊伟/蔡杰": ["洪俊伟", "蔡杰"],
    "吴婷明，欧阳鸿𠮷": ["吴婷明", "欧阳鸿𠮷"],
    "郭俊鸿 郑强华": ["郭俊鸿", "郑强华"],
    "郭明　杨芳志": ["郭明", "杨芳志"],
    "张三\n李四": ["张三", "李四"],
    "张三；李四,王五": ["张三", "李四", "王五"],
    "张 三": ["张三"],
    "欧阳 华": ["欧阳华"],
    "张三、张三": ["张三"],
    "阿依古丽・买买提": ["阿依古丽·买买提"],
    "John Smith": ["John Smith"],
    "福建示例 置业有限公司": ["福建示例置业有限公司"],
    "": [],
    "无": [],
    "/": [],
    " 、 ": [],
}


@pytest.mark.parametrize(("written", "names"), OWNERS.items(), ids=repr)
def test_co_owners_are_taken_apart(written, names):
    assert split_owners(written) == names
