"""One key for one household, however its address was written (IN-04).

`3#`, `3栋`, `３号楼`, `3幢` and `三号楼` are one building; `0101` and `101室` one room; `3-101`, `３－１０１`,
` 3-101 ` and `3–101` one household. The text as written is kept beside the key by whoever stores it.
"""

import re
from collections.abc import Hashable
from functools import lru_cache
from typing import NamedTuple
from unicodedata import is_normalized

from kernel.masking import looks_like_person
from kernel.surnames import COMPOUND
from kernel.text import cell_text, clean

_DASHES = re.compile(r"\s*[-‐-―−﹣_~]+\s*")
_BUILDING_END = re.compile(r"(?:号楼|栋楼|幢楼|座楼|栋|幢|座|楼|号|#)$")
_STAIR_END = re.compile(r"(?:号?单元|号?梯|门洞?|#)$")
_ROOM_END = re.compile(r"(?:室|房间|房|号|户)$")
_LEADING_ZEROS = re.compile(r"(?<!\d)0+(?=\d)")
_CHINESE_NUMBER = re.compile(r"[〇零一二三四五六七八九十百]+(?=期|区|组团|$)")
_CHINESE_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0}
# 3栋1单元101室, 3号楼101, A座1梯1201: an address in one cell, with words instead of dashes.
_SPELT_OUT = re.compile(
    r"(?P<building>.+?)(?:号楼|栋|幢|座|#)(?:(?P<stair>[^-]+?)(?:号?单元|号?梯))?(?P<room>[0-9A-Z][0-9A-Z-]*)(?:室|房|号|户)?"
)
# 3栋1单元 in the building's cell, with the stair's own cell empty.
_WITH_STAIR = re.compile(r"(?P<building>.+?)(?:号楼|栋|幢|座|#|-)(?P<stair>[^-]+?)(?:号?单元|号?梯)")
_KEYS_REMEMBERED = 20_000


class Address(NamedTuple):
    """The normalised keys of a household within its compound; the stair (单元) may be empty."""

    building: str
    stair: str
    room: str

    def __str__(self) -> str:
        return "-".join(part for part in (self.building, self.stair, self.room) if part)


def _chinese_number(match: re.Match[str]) -> str:
    text = match.group()
    if not set(text) & {"十", "百"}:
        return "".join(str(_CHINESE_DIGITS[char]) for char in text)
    total, digit = 0, 0
    for char in text:
        if char in "十百":
            total, digit = total + (digit or 1) * (10 if char == "十" else 100), 0
        else:
            digit = _CHINESE_DIGITS[char]
    return str(total + digit)


def _key(value: object, ending: re.Pattern[str]) -> str:
    text = _DASHES.sub("-", clean(cell_text(value))).strip("-").replace(" ", "").removeprefix("第").upper()
    shortened = ending.sub("", text) or text
    # Once more, for marks that lost the blank before them join the letter.
    return clean(_LEADING_ZEROS.sub("", _CHINESE_NUMBER.sub(_chinese_number, shortened)))


@lru_cache(_KEYS_REMEMBERED)
def building_key(value: Hashable) -> str:
    """3#, 3栋, ３号楼, 第3幢, 三号楼 and the spreadsheet number 3.0 → 3; a座 → A; 一期03栋 → 1期3; nothing → ""."""
    return _key(value, _BUILDING_END)


@lru_cache(_KEYS_REMEMBERED)
def stair_key(value: Hashable) -> str:
    """1单元, 1, 01单元, 一单元, 1号梯 → 1; nothing → ""."""
    return _key(value, _STAIR_END)


@lru_cache(_KEYS_REMEMBERED)
def room_key(value: Hashable) -> str:
    """0101, 101, 101室, １０１ → 101; 101a → 101A; 0101-1 → 101-1; nothing → ""."""
    return _key(value, _ROOM_END)


def address_key(building: Hashable, stair: Hashable, room: Hashable) -> Address:
    """The household's key from its three cells, taking apart a room cell that repeats building and stair.

    With an empty building the room cell must hold the whole address: 3-101, 3-1-101, 3栋1单元101室.
    """
    in_building, in_stair, in_room = building_key(building), stair_key(stair), room_key(room)
    if not in_stair and (both := _WITH_STAIR.fullmatch(in_building)):
        in_building, in_stair = building_key(both["building"]), stair_key(both["stair"])
    if in_room.isdigit() and in_building:
        return Address(in_building, in_stair, in_room)
    if spelt := _SPELT_OUT.fullmatch(in_room):
        parts = [building_key(spelt["building"]), stair_key(spelt["stair"] or ""), room_key(spelt["room"])]
    else:
        parts = in_room.split("-")
        if len(parts) == 2 and (not in_building or parts[0] == in_building):
            parts = [parts[0], "", parts[1]]
        elif len(parts) == 2 and in_building and (parts[0] == in_stair or (not in_stair and len(parts[0]) == 1)):
            parts = [in_building, parts[0], parts[1]]
    if len(parts) == 3 and _fits(parts[0], in_building) and _fits(parts[1], in_stair):
        return Address(parts[0], parts[1] or in_stair, parts[2])
    return Address(in_building, in_stair, in_room)


def _fits(part: str, given: str) -> bool:
    return not part or not given or part == given


_OWNER_SEPARATORS = re.compile(r"[、,，;；/／\\＼|+&\n\r]+")
_NAME_DOTS = str.maketrans("•・‧∙", "····")
# What clerks write where they know nothing.
_NOBODY = frozenset({"", "-", "--", "无", "空", "未知", "不详", "暂无", "待定", "/"})


def split_owners(value: str) -> list[str]:
    """The names in one cell, in order and without repeats: 甲、乙 / 甲/乙 / 甲，乙 / 甲 乙.

    A blank separates only whole names: 张 三 and 欧阳 华 are one person each. Nobody named gives [].
    """
    if value.isalpha() and is_normalized("NFKC", value):
        return [value] if value not in _NOBODY else []
    names: list[str] = []
    for part in _OWNER_SEPARATORS.split(value):
        names += _blank_separated(clean(part).translate(_NAME_DOTS))
    return list(dict.fromkeys(name for name in names if name not in _NOBODY))


def _blank_separated(text: str) -> list[str]:
    words = text.split(" ")
    if len(words) == 1:
        return words
    if text.isascii():
        return [text]
    whole_names = all(len(word) >= 2 and word not in COMPOUND and looks_like_person(word) for word in words)
    return words if whole_names else ["".join(words)]
