"""What there is in the example town and what happened in it, as tables to be read. Nothing here touches the database.

Days of a telling count from the quarter's due day: -12 is twelve days before it, 9 nine days after.
"""

from dataclasses import dataclass
from enum import Enum

from communities.rules import CompoundKind

COMMERCIAL, RESETTLEMENT, OLD = CompoundKind.COMMERCIAL, CompoundKind.RESETTLEMENT, CompoundKind.OLD


class Step(Enum):
    """How far a bearer got with a quarter's disclosure."""

    NOTHING = "no books, no disclosure"
    BOOKS = "the statement taken in and booked, nothing published"
    PUBLISH = "published"
    COUNTERSIGN = "the other bearer's disclosure signed"


@dataclass(frozen=True)
class Telling:
    """One bearer's quarter. `posted` and `corrected` are days like `day`; None where it never hung or never changed.

    `begun` and `handed_in` are the days of the draft and of its submission; None is the day before.
    """

    step: Step
    day: int = 0
    posted: int | None = None
    corrected: int | None = None
    begun: int | None = None
    handed_in: int | None = None
    is_nil: bool = False


NOTHING = Telling(Step.NOTHING)


def published(
    day: int,
    *,
    posted: int | None = None,
    corrected: int | None = None,
    begun: int | None = None,
    handed_in: int | None = None,
    is_nil: bool = False,
) -> Telling:
    """Published and posted on the same day unless `posted` says otherwise."""
    hung = day if posted is None else posted
    return Telling(Step.PUBLISH, day, hung, corrected, begun, handed_in, is_nil)


def never_posted(day: int) -> Telling:
    return Telling(Step.PUBLISH, day)


def countersigned(day: int) -> Telling:
    return Telling(Step.COUNTERSIGN, day)


def booked(day: int) -> Telling:
    return Telling(Step.BOOKS, day)


Quarters = tuple[Telling, Telling, Telling, Telling]
SILENT: Quarters = (NOTHING, NOTHING, NOTHING, NOTHING)


@dataclass(frozen=True)
class Block:
    """How a compound is built: `rooms` on each of `floors` in each of `stairs` of each of `buildings`."""

    buildings: int
    stairs: int
    floors: int
    rooms: int


@dataclass(frozen=True)
class Account:
    """A public-revenue account: held by the committee or by the firm."""

    holder: str
    bank: str
    tail: str
    is_dedicated: bool = True


@dataclass(frozen=True)
class Firm:
    """An invented firm. `has_clerk` False: a single person answers for it and keeps its books."""

    key: str
    name: str
    has_clerk: bool = True


@dataclass(frozen=True)
class Place:
    """A compound, who serves and who represents it, its accounts, and how each bearer told each quarter.

    `contract` is running, overrun (agreed end passed, firm still there) or left (handed over within the third quarter
    told to `next_firm`). `committee` is running, overrun, or empty where there is none.
    """

    key: str
    name: str
    village: str
    kind: CompoundKind
    built_year: int
    block: Block
    has_lift: bool = True
    has_owner_group: bool = True
    has_maintenance_fund: bool = True
    firm: str = ""
    contract: str = "running"
    next_firm: str = ""
    fee: str = "1.20"
    committee: str = ""
    accounts: tuple[Account, ...] = ()
    firm_told: Quarters = SILENT
    committee_told: Quarters = SILENT
    is_pilot: bool = False


FIRMS = (
    Firm("anju", "示例安居物业服务有限公司"),
    Firm("hongyuan", "示例宏远物业管理有限公司"),
    Firm("haixia", "示例海峡城市服务有限公司"),
    Firm("jinxiu", "示例锦绣安置区物业服务有限公司"),
    Firm("mintong", "示例闽通物业管理有限公司"),
    Firm("baoheng", "示例宝恒物业服务有限公司"),
    Firm("shunda", "示例顺达物业管理有限公司"),
    Firm("xinjia", "示例新家园物业服务有限公司"),
    Firm("songhe", "示例松和物业服务部", has_clerk=False),
    Firm("lvyuan", "示例绿源物业管理有限公司"),
)

#: The compound of the main walk: its households are those of the sample roster, its account that of the sample
#: statement of the last quarter told, which is still to be imported.
GARDEN = "garden"
GARDEN_TAIL = "0421"
GARDEN_BALANCE = "48210.35"

_ICBC, _CCB, _ABC, _RCU = (
    "中国工商银行石狮宝盖支行",
    "中国建设银行石狮宝盖支行",
    "中国农业银行石狮宝盖支行",
    "石狮农商银行宝盖支行",
)
_C, _F = "committee", "firm"

PLACES = (
    Place(
        GARDEN,
        "示例花园",
        "宝源社区",
        COMMERCIAL,
        2015,
        Block(4, 2, 11, 4),
        firm="anju",
        fee="1.60",
        committee="running",
        accounts=(Account(_C, _CCB, GARDEN_TAIL),),
        committee_told=(published(-9), published(-12), published(-6), NOTHING),
        firm_told=(countersigned(-8), countersigned(-10), countersigned(-5), NOTHING),
        is_pilot=True,
    ),
    Place(
        "haoting",
        "示例宝源豪庭",
        "宝源社区",
        COMMERCIAL,
        2018,
        Block(6, 2, 15, 2),
        firm="hongyuan",
        fee="2.20",
        committee="running",
        accounts=(Account(_C, _ICBC, "1186"), Account(_F, _ABC, "7320")),
        committee_told=(published(-5), published(-8), published(-11), published(-13)),
        firm_told=(published(-14), published(-3), published(6), published(-9)),
        is_pilot=True,
    ),
    Place(
        "xincheng",
        "示例龙穴新城",
        "龙穴社区",
        COMMERCIAL,
        2020,
        Block(5, 2, 18, 2),
        firm="haixia",
        fee="2.50",
        accounts=(Account(_F, _CCB, "5517"),),
        firm_told=(published(-7), published(-10), published(-9), published(-8)),
        is_pilot=True,
    ),
    Place(
        "longxue",
        "示例龙穴安置小区",
        "龙穴社区",
        RESETTLEMENT,
        2012,
        Block(10, 3, 6, 2),
        has_lift=False,
        firm="jinxiu",
        fee="0.80",
        committee="running",
        accounts=(Account(_C, _RCU, "2048"),),
        committee_told=(published(-2), published(12), published(-4), published(3, begun=-6)),
        firm_told=(countersigned(-1), countersigned(14), countersigned(-2), countersigned(5)),
    ),
    Place(
        "gantou",
        "示例杆头家园",
        "杆头村",
        RESETTLEMENT,
        2016,
        Block(8, 2, 11, 2),
        firm="jinxiu",
        fee="0.90",
        committee="running",
    ),
    Place(
        "laojie",
        "示例杆头老街宿舍",
        "杆头村",
        OLD,
        1992,
        Block(3, 2, 5, 2),
        has_lift=False,
        has_owner_group=False,
        has_maintenance_fund=False,
    ),
    Place(
        "qianyuan",
        "示例前园小区",
        "前园村",
        RESETTLEMENT,
        2010,
        Block(10, 3, 6, 2),
        has_lift=False,
        firm="mintong",
        contract="overrun",
        fee="0.60",
        committee="running",
        accounts=(Account(_F, _ABC, "9031"),),
        firm_told=(published(3), published(-1), published(21), published(2, begun=-6, handed_in=-5)),
        committee_told=(countersigned(8), countersigned(0), NOTHING, NOTHING),
    ),
    Place(
        "shangzhu",
        "示例前园商住楼",
        "前园村",
        COMMERCIAL,
        2008,
        Block(2, 2, 16, 4),
        has_owner_group=False,
        firm="mintong",
        fee="1.10",
        accounts=(Account(_F, _ICBC, "6604", is_dedicated=False),),
        firm_told=(published(-4), NOTHING, published(17), NOTHING),
    ),
    Place(
        "qiankeng",
        "示例前坑新村",
        "前坑村",
        RESETTLEMENT,
        2014,
        Block(9, 2, 6, 2),
        has_lift=False,
        committee="running",
        accounts=(Account(_C, _RCU, "3375"),),
        committee_told=(published(-6), published(-7), never_posted(-3), published(-10)),
    ),
    Place(
        "huafu",
        "示例前坑华府",
        "前坑村",
        COMMERCIAL,
        2019,
        Block(6, 2, 15, 2),
        firm="baoheng",
        fee="2.30",
        committee="running",
        accounts=(Account(_C, _CCB, "4412"), Account(_F, _CCB, "8829")),
        committee_told=(published(-11), published(-9), published(-10), published(-15)),
        firm_told=(published(-10), published(-6), published(-8), published(6, begun=-9)),
    ),
    Place(
        "huayuan",
        "示例塘后花苑",
        "塘后村",
        COMMERCIAL,
        2013,
        Block(6, 2, 11, 2),
        firm="shunda",
        contract="left",
        next_firm="xinjia",
        fee="1.30",
        committee="running",
        accounts=(Account(_F, _ABC, "2290"),),
        firm_told=(published(-4), published(26), published(-5), published(-11)),
        committee_told=(countersigned(-3), NOTHING, countersigned(-4), countersigned(-9)),
    ),
    Place(
        "jiaoshi",
        "示例塘后教师楼",
        "塘后村",
        OLD,
        1995,
        Block(2, 3, 7, 2),
        has_lift=False,
        committee="overrun",
        accounts=(Account(_C, _RCU, "7756"),),
        committee_told=(published(-1), published(2), booked(8), NOTHING),
    ),
    Place(
        "tangbian",
        "示例塘边小区",
        "塘边村",
        OLD,
        1998,
        Block(5, 3, 6, 2),
        has_lift=False,
        has_maintenance_fund=False,
        firm="xinjia",
        fee="0.50",
    ),
    Place(
        "guoji",
        "示例塘边国际",
        "塘边村",
        COMMERCIAL,
        2021,
        Block(5, 2, 18, 2),
        firm="hongyuan",
        fee="2.60",
        committee="running",
        accounts=(Account(_F, _ICBC, "5083"),),
        firm_told=(published(-13), published(-11), published(-12), published(-14)),
        committee_told=(countersigned(-12), countersigned(-9), countersigned(-8), countersigned(-7)),
    ),
    Place(
        "jiayuan",
        "示例松茂嘉园",
        "松茂村",
        COMMERCIAL,
        2016,
        Block(6, 2, 15, 2),
        firm="songhe",
        fee="1.40",
        committee="overrun",
        accounts=(Account(_C, _ABC, "1907"), Account(_F, _ABC, "1915")),
        committee_told=(published(-3), NOTHING, published(9), NOTHING),
        firm_told=(published(-2), published(-4), published(-3), published(1, begun=-5, handed_in=-4)),
    ),
    Place(
        "jiugai",
        "示例松茂旧改楼",
        "松茂村",
        OLD,
        1990,
        Block(2, 2, 6, 2),
        has_lift=False,
        has_owner_group=False,
        has_maintenance_fund=False,
    ),
    Place(
        "shijia",
        "示例仑后世家",
        "仑后村",
        COMMERCIAL,
        2017,
        Block(6, 2, 15, 2),
        firm="anju",
        fee="1.90",
        committee="running",
        accounts=(Account(_C, _CCB, "6671"),),
        committee_told=(published(-8), published(-7), published(-9, corrected=19), published(-12)),
        firm_told=(countersigned(-6), countersigned(-5), countersigned(-7), countersigned(-10)),
        is_pilot=True,
    ),
    Place(
        "lunhou",
        "示例仑后安置区",
        "仑后村",
        RESETTLEMENT,
        2011,
        Block(10, 3, 6, 2),
        has_lift=False,
        firm="jinxiu",
        fee="0.80",
        accounts=(Account(_F, _RCU, "8143"),),
        firm_told=(published(5), NOTHING, NOTHING, NOTHING),
    ),
    Place(
        "yaju",
        "示例铺锦雅居",
        "铺锦村",
        COMMERCIAL,
        2014,
        Block(4, 2, 13, 2),
        firm="lvyuan",
        fee="1.20",
        committee="running",
        accounts=(Account(_C, _ICBC, "3468"), Account(_F, _ICBC, "3476")),
        committee_told=(NOTHING, NOTHING, NOTHING, NOTHING),
        firm_told=(booked(15), NOTHING, NOTHING, NOTHING),
    ),
    Place(
        "pujin",
        "示例铺锦安置房",
        "铺锦村",
        RESETTLEMENT,
        2013,
        Block(8, 3, 6, 2),
        has_lift=False,
        firm="jinxiu",
        fee="0.80",
        committee="running",
        accounts=(Account(_C, _RCU, "5529"),),
        committee_told=(published(-5), published(-6), published(-2, posted=5), published(0, begun=-3)),
        firm_told=(countersigned(-2), countersigned(-4), countersigned(1), countersigned(0)),
    ),
    Place(
        "houzhai",
        "示例后宅新苑",
        "后宅村",
        RESETTLEMENT,
        2015,
        Block(7, 2, 6, 2),
        has_lift=False,
        committee="running",
        accounts=(Account(_C, _RCU, "6230"),),
        committee_told=(published(-4, is_nil=True), published(-6), published(-5), published(-7)),
    ),
    Place(
        "haijing",
        "示例后宅海景",
        "后宅村",
        COMMERCIAL,
        2022,
        Block(5, 2, 18, 2),
        firm="haixia",
        fee="2.80",
        accounts=(Account(_F, _CCB, "9904"),),
        firm_told=(published(-9), published(-8), never_posted(-2), published(-6)),
    ),
    Place(
        "gongguan",
        "示例玉浦公馆",
        "玉浦村",
        COMMERCIAL,
        2020,
        Block(5, 2, 16, 2),
        firm="baoheng",
        fee="2.10",
        committee="running",
        accounts=(Account(_F, _ABC, "7008"),),
        firm_told=(published(-6), published(11), published(-4), published(8, begun=-8)),
        committee_told=(countersigned(-5), countersigned(13), countersigned(-2), countersigned(9)),
    ),
    Place(
        "jiucuo",
        "示例玉浦旧厝",
        "玉浦村",
        OLD,
        1988,
        Block(2, 2, 4, 3),
        has_lift=False,
        has_owner_group=False,
        has_maintenance_fund=False,
        committee="running",
    ),
)
