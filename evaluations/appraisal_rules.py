"""物业服务质量考评: heads, sources, stages, grades, and the method that says what is judged (clause 四（四）4、5).

Pure. The plan fixes the half-year and five heads; weights, sub-items, bounds and grades are 本系统约定, and the town
edits them per half-year. What is judged stands in `appraisal_facts`, how a score comes about in `appraisal_scoring`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.db.models import TextChoices

CLAUSE, RESULT_CLAUSE = "四（四）4", "四（四）5"
FULL = Decimal(100)


class Head(TextChoices):
    """The five heads of the plan; each holds at least one item."""

    SATISFACTION = "satisfaction", "业主满意度"
    RULES = "rules", "遵守制度"
    CIVILITY = "civility", "文明城市创建"
    SANITATION = "sanitation", "环境卫生整治"
    HOTLINE = "hotline", "12345 便民服务热线"


class Source(TextChoices):
    """What an item is judged by. All but HAND are gathered from what the portal knows."""

    SURVEY = "survey", "物业满意度测评的满意率"
    ON_TIME = "on_time", "公共收益公示是否按时"
    INSPECTION = "inspection", "现场检查扣分"
    HOTLINE_HANDLED = "handled", "12345 工单按时办结"
    HOTLINE_SATISFIED = "satisfied", "12345 工单回访满意"
    HOTLINE_REPEATED = "repeated", "12345 工单不重复投诉"
    HAND = "hand", "考评人员打分"


#: Full points times a share of whole numbers; the others are full points less deductions, or what a person gave.
SHARES = frozenset(
    {Source.SURVEY, Source.ON_TIME, Source.HOTLINE_HANDLED, Source.HOTLINE_SATISFIED, Source.HOTLINE_REPEATED}
)
AUTOMATIC = frozenset(set(Source) - {Source.HAND})


class Stage(TextChoices):
    SCORING = "scoring", "打分中"
    REVIEWING = "reviewing", "待复核"
    TOLD = "told", "申辩期"
    FINAL = "final", "已定"


#: The one transition table; a trigger in the database holds the same.
STEPS: Mapping[Stage, frozenset[Stage]] = {
    Stage.SCORING: frozenset({Stage.REVIEWING}),
    Stage.REVIEWING: frozenset({Stage.SCORING, Stage.TOLD}),
    Stage.TOLD: frozenset({Stage.FINAL}),
    Stage.FINAL: frozenset(),
}


class MarkKind(TextChoices):
    """What a person decides about a score: an item's points, a bonus or penalty, a veto."""

    ITEM = "item", "打分"
    ADJUSTMENT = "adjustment", "加减分"
    VETO = "veto", "一票否决"


class Grade(TextChoices):
    EXCELLENT = "excellent", "优秀"
    GOOD = "good", "良好"
    PASSED = "passed", "合格"
    FAILED = "failed", "不合格"


#: 本系统约定: the least score of each grade, best first (以上 includes the number, Civil Code art. 1259).
GRADES: tuple[tuple[Grade, Decimal], ...] = (
    (Grade.EXCELLENT, Decimal(90)),
    (Grade.GOOD, Decimal(80)),
    (Grade.PASSED, Decimal(60)),
    (Grade.FAILED, Decimal(0)),
)
#: 本系统约定: the widest bounds a method may give bonus and penalty, and its longest lists.
LARGEST_ADJUSTMENT = Decimal(20)
MOST_ITEMS, MOST_VETOES = 60, 10
#: 本系统约定: of fewer points than these actually judged, no score is made of the rest.
LEAST_COUNTED = Decimal(50)


# -- The method ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Item:
    """One item of a method; `code` is what findings, marks and replies name it by."""

    code: str
    head: Head
    label: str
    points: Decimal
    source: Source

    def frozen(self) -> dict[str, str]:
        return {
            "code": self.code,
            "head": self.head.value,
            "label": self.label,
            "points": f"{self.points:.2f}",
            "source": self.source.value,
        }

    @classmethod
    def thawed(cls, one: Mapping[str, str]) -> "Item":
        return cls(one["code"], Head(one["head"]), one["label"], Decimal(one["points"]), Source(one["source"]))


_PREFIXES = {Head.SATISFACTION: "S", Head.RULES: "R", Head.CIVILITY: "C", Head.SANITATION: "W", Head.HOTLINE: "H"}


def numbered(rows: Iterable[tuple[Head, str, Decimal, Source]]) -> tuple[Item, ...]:
    """Items in the order of the heads, with codes S1, R1, R2, … by head."""
    found, counts = [], dict.fromkeys(Head, 0)
    order = {head: place for place, head in enumerate(Head)}
    for head, label, points, source in sorted(rows, key=lambda row: order[row[0]]):
        counts[head] += 1
        found.append(Item(f"{_PREFIXES[head]}{counts[head]}", head, label, points, source))
    return tuple(found)


#: 本系统约定: what a town's first method holds, until it says otherwise.
DEFAULT_ITEMS: tuple[Item, ...] = numbered(
    (head, label, Decimal(points), source)
    for head, label, points, source in (
        (Head.SATISFACTION, "业主满意率", 30, Source.SURVEY),
        (Head.RULES, "公共收益按时公示", 5, Source.ON_TIME),
        (Head.RULES, "收费项目和标准公示", 3, Source.HAND),
        (Head.RULES, "物业服务合同和备案", 3, Source.HAND),
        (Head.RULES, "公共收益专用账户", 3, Source.HAND),
        (Head.RULES, "台账和承接查验", 3, Source.HAND),
        (Head.RULES, "应急和消防制度", 3, Source.HAND),
        (Head.CIVILITY, "宣传氛围", 4, Source.INSPECTION),
        (Head.CIVILITY, "秩序和停车", 6, Source.INSPECTION),
        (Head.CIVILITY, "飞线充电、楼道堆物", 6, Source.INSPECTION),
        (Head.CIVILITY, "专项工作配合", 4, Source.HAND),
        (Head.SANITATION, "保洁", 6, Source.INSPECTION),
        (Head.SANITATION, "垃圾分类", 5, Source.INSPECTION),
        (Head.SANITATION, "绿化养护", 4, Source.INSPECTION),
        (Head.SANITATION, "除四害、水箱清洗", 3, Source.INSPECTION),
        (Head.SANITATION, "外立面、小广告", 2, Source.INSPECTION),
        (Head.HOTLINE, "按时签收办结", 4, Source.HOTLINE_HANDLED),
        (Head.HOTLINE, "回访满意", 3, Source.HOTLINE_SATISFIED),
        (Head.HOTLINE, "重复投诉", 3, Source.HOTLINE_REPEATED),
    )
)
DEFAULT_ADJUSTMENT = Decimal(5)
DEFAULT_VETOES = ("发生安全责任事故", "侵占公共收益", "拒不整改")
