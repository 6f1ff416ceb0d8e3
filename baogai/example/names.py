"""Invented names. Any likeness to a living person is chance: surnames of the region, given names drawn by lot."""

from random import Random

_SURNAMES = "蔡林陈王黄吴许郑施洪李张邱卢杨曾郭高苏谢庄何周叶龚柯赖邓纪董"
_GIVEN = (
    "志强文斌秀英月华建国雅婷美玲国平静怡丽明明辉少华小琴建安淑芬金水清源永福惠珍志伟"
    "俊杰晓东燕玲德福玉兰海滨伟民嘉欣振华素贞思远宏图雪梅铭辉文海秋菊天赐婉如景行云鹏"
)
_PREFIX = "示例·"


def lots(key: str) -> Random:
    """The drawing of lots for one thing: the same key draws the same."""
    return Random(key)  # noqa: S311 - invented data, to be the same every time


def person_name(random: Random) -> str:
    """A plain invented name, as a roster has them."""
    given = random.randrange(0, len(_GIVEN), 2)
    return random.choice(_SURNAMES) + _GIVEN[given : given + 2]


def marked(name: str) -> str:
    """How a person with an account or a post is called on every page."""
    return f"{_PREFIX}{name}"


def phone(random: Random) -> str:
    """Eleven digits in a mobile range."""
    return f"1{random.choice('3578')}{random.randrange(10**9):09}"
