"""物业服务质量考评: the method, what each item is judged by, and how a score comes about (clause 四（四）4、5).

Pure. The plan fixes the half-year and five heads; weights, sub-items, bounds and grades are 本系统约定, and the town
edits them per half-year. Everything a score rests on lies in one body of strings and whole numbers (`assess` takes it),
so that anybody who may read it can recalculate the score and get the same.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.db.models import TextChoices

from kernel.chain import body_sha, canonical
from kernel.days import local_day, long_date

CLAUSE, RESULT_CLAUSE = "四（四）4", "四（四）5"
#: The form of a score's inputs. A new form is a new number; results of the old one stay recalculable.
INPUTS_VERSION = 1
CENT = Decimal("0.01")
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


# -- Facts, as those who know them hand them in ----------------------------------------------------------------------


@dataclass(frozen=True)
class FindingFact:
    """A deduction found on site: `points` are taken off the item. `reference` is the finding's public id.

    An inspection that found nothing is a fact too: 0 points with the item's code.
    """

    item_code: str
    points: Decimal
    found_on: date
    words: str
    reference: str


@dataclass(frozen=True)
class TicketFact:
    """A 12345 ticket. `satisfied` is None where nobody was asked; `justified` says whether the matter was so (属实).

    One without `due_at` came without a last day, so nobody can say whether it was handled in time.
    """

    number: str
    received_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    satisfied: bool | None
    repeated: bool
    justified: bool
    reference: str


#: A compound and the firm judged for it, by their keys.
Appraised = tuple[int, int]
FindingFacts = Sequence[FindingFact]
TicketFacts = Sequence[TicketFact]


# -- Parts: facts as a score counts and explains them ------------------------------------------------------------------


@dataclass(frozen=True)
class Part:
    """One line of explanation: so many `good` of so many, or `minus` points; `reference` on the page of `kind`."""

    words: str
    good: int = 0
    of: int = 0
    minus: Decimal = Decimal(0)
    kind: str = ""
    reference: str = ""

    def frozen(self) -> dict[str, str | int]:
        return {
            "words": self.words,
            "good": self.good,
            "of": self.of,
            "minus": f"{self.minus:.2f}",
            "kind": self.kind,
            "reference": self.reference,
        }

    @classmethod
    def thawed(cls, one: Mapping[str, Any]) -> "Part":
        return cls(one["words"], one["good"], one["of"], Decimal(one["minus"]), one["kind"], one["reference"])


def survey_part(*, satisfied: int, valid: int, words: str, reference: str) -> Part:
    return Part(words, satisfied, valid, kind="survey", reference=reference)


def duty_part(*, label: str, deadline_on: date, done_on: date | None, is_late: bool, on: date, reference: str) -> Part:
    """A disclosure owed: kept, late, missed, or not due yet on the day it was looked up (then it does not count)."""
    due = f"{label}：{long_date(deadline_on)}到期"
    if done_on is None and on <= deadline_on:
        return Part(f"{due}，尚未到期，不计", kind="duty", reference=reference)
    done = f"{long_date(done_on)}完成" if done_on else "未完成"
    good = 0 if done_on is None or is_late else 1
    return Part(f"{due}，{done}{'，逾期' if not good else ''}", good, 1, kind="duty", reference=reference)


def finding_part(fact: FindingFact) -> Part:
    return Part(f"{long_date(fact.found_on)} {fact.words}", minus=fact.points, kind="finding", reference=fact.reference)


def ticket_part(source: Source, fact: TicketFact, *, at: datetime) -> Part | None:
    """What a ticket says about an item at a moment; None where it says nothing.

    Every ticket must be handled in time, justified or not; for satisfaction and repetition only justified ones count.
    """
    number, part = f"工单 {fact.number}", Part("", kind="ticket", reference=fact.reference)
    if source is Source.HOTLINE_HANDLED:
        if fact.due_at is None:
            return replace(part, words=f"{number}：没有办理期限，不计")
        due = f"{number}：限 {_day(fact.due_at)}"
        if fact.closed_at is None and at <= fact.due_at:
            return replace(part, words=f"{due}，尚在期限内，不计")
        done = f"{_day(fact.closed_at)}办结" if fact.closed_at else "未办结"
        good = fact.closed_at is not None and fact.closed_at <= fact.due_at
        return replace(part, words=f"{due}，{done}{'' if good else '，逾期'}", good=int(good), of=1)
    if not fact.justified:
        return replace(part, words=f"{number}：经核不属实，不计")
    if source is Source.HOTLINE_SATISFIED:
        if fact.satisfied is None:
            return None
        return replace(
            part, words=f"{number}：回访{'满意' if fact.satisfied else '不满意'}", good=int(fact.satisfied), of=1
        )
    words = f"{number}：{'重复投诉' if fact.repeated else '没有重复'}"
    return replace(part, words=words, good=int(not fact.repeated), of=1)


def _day(at: datetime) -> str:
    return long_date(local_day(at))


# -- The score ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Given:
    """A mark that stands: `points` of an item or of an adjustment; a veto has none. `files` are fingerprints."""

    kind: MarkKind
    code: str
    points: Decimal
    reason: str
    files: tuple[str, ...] = ()

    def frozen(self) -> dict[str, Any]:
        return {
            "kind": self.kind.value,
            "code": self.code,
            "points": f"{self.points:.2f}",
            "reason": self.reason,
            "files": list(self.files),
        }

    @classmethod
    def thawed(cls, one: Mapping[str, Any]) -> "Given":
        return cls(MarkKind(one["kind"]), one["code"], Decimal(one["points"]), one["reason"], tuple(one["files"]))


@dataclass(frozen=True)
class Line:
    """An item with its facts and what it came to: exact, or None where nothing was there to judge it by (不计)."""

    item: Item
    parts: tuple[Part, ...]
    mark: Given | None
    got: Fraction | None

    @property
    def shown(self) -> Decimal | None:
        """Two places, for the eye; the total is made of the exact ones."""
        return None if self.got is None else rounded(self.got)

    @property
    def good(self) -> int:
        return sum(part.good for part in self.parts)

    @property
    def of(self) -> int:
        return sum(part.of for part in self.parts)

    @property
    def minus(self) -> Decimal:
        return sum((part.minus for part in self.parts), Decimal(0))


@dataclass(frozen=True)
class Sheet:
    """A score sheet: its lines, what was added or taken off, the vetoes, the total and its grade."""

    lines: tuple[Line, ...]
    adjustments: tuple[Given, ...]
    vetoes: tuple[Given, ...]
    counted: Decimal
    adjustment: Decimal
    score: Decimal | None
    grade: Grade | None

    @property
    def unscored(self) -> list[Line]:
        """Items a person has to score and has not."""
        return [line for line in self.lines if line.got is None and line.item.source is Source.HAND]

    @property
    def left_out(self) -> list[Line]:
        """Automatic items with nothing to judge by: the others are scaled to a hundred."""
        return [line for line in self.lines if line.got is None and line.item.source is not Source.HAND]

    def of_head(self, head: Head) -> tuple[Decimal | None, Decimal]:
        """What a head came to, of its counted points; None where none of its items counted."""
        counted = [line for line in self.lines if line.item.head is head and line.got is not None]
        points = sum((line.item.points for line in counted), Decimal(0))
        return (rounded(sum((line.got or Fraction(0) for line in counted), Fraction(0))) if counted else None), points


def rounded(exact: Fraction) -> Decimal:
    """Half up to 0.01, from the exact fraction."""
    hundredths, rest = divmod(abs(exact) * 100, 1)
    whole = int(hundredths) + (1 if rest >= Fraction(1, 2) else 0)
    return Decimal(-whole if exact < 0 else whole) * CENT


def grade_of(score: Decimal, *, is_vetoed: bool) -> Grade:
    """By the rounded score, as it is printed; a veto fails whatever was scored."""
    if is_vetoed:
        return Grade.FAILED
    return next(grade for grade, least in GRADES if score >= least)


def inputs_of(
    *,
    compound: Mapping[str, str],
    firm: Mapping[str, str],
    period: str,
    method: Mapping[str, Any],
    facts: Mapping[str, Any],
    marks: Iterable[Given],
    gathered_at: str,
) -> dict[str, Any]:
    """The one body a score is made of, in canonical values (`kernel.chain.canonical`): strings and whole numbers."""
    return {
        "version": INPUTS_VERSION,
        "compound": dict(compound),
        "firm": dict(firm),
        "period": period,
        "method": dict(method),
        "facts": {code: list(parts) for code, parts in facts.items()},
        "marks": [mark.frozen() for mark in marks],
        "gathered_at": gathered_at,
    }


def assess(inputs: Mapping[str, Any]) -> Sheet:
    """The score of stored inputs: the same from the same, whoever asks and whenever.

    Items count exactly; those with nothing to judge by are left out and the rest scaled to a hundred; bonus and penalty
    are added; the total stays between 0 and 100 and is rounded half up once, here. Raises ValueError for inputs of a
    version unknown here.
    """
    if inputs["version"] != INPUTS_VERSION:
        raise ValueError(f"inputs of an unknown version: {inputs['version']!r}")
    marks = [Given.thawed(one) for one in inputs["marks"]]
    of_items = {mark.code: mark for mark in marks if mark.kind is MarkKind.ITEM}
    lines = tuple(
        _line(Item.thawed(one), inputs["facts"].get(one["code"], ()), of_items.get(one["code"]))
        for one in inputs["method"]["items"]
    )
    adjustments = tuple(mark for mark in marks if mark.kind is MarkKind.ADJUSTMENT)
    vetoes = tuple(mark for mark in marks if mark.kind is MarkKind.VETO)
    counted = sum((line.item.points for line in lines if line.got is not None), Decimal(0))
    adjustment = bounded(adjustments, most=Decimal(inputs["method"]["adjustment"]))
    score = _score(lines, counted=counted, adjustment=adjustment)
    grade = None if score is None else grade_of(score, is_vetoed=bool(vetoes))
    return Sheet(lines, adjustments, vetoes, counted, adjustment, score, grade)


def bounded(adjustments: Iterable[Given], *, most: Decimal) -> Decimal:
    """Bonus and penalty together, never beyond the method's bound on either side."""
    total = sum((mark.points for mark in adjustments), Decimal(0))
    return max(-most, min(most, total))


def _line(item: Item, facts: Sequence[Mapping[str, Any]], mark: Given | None) -> Line:
    """A mark goes before the facts: an officer who says otherwise says why, and both stand on the sheet."""
    line = Line(item, tuple(Part.thawed(one) for one in facts), mark, None)
    if mark is not None:
        return replace(line, got=Fraction(mark.points))
    if item.source in SHARES:
        return replace(line, got=Fraction(item.points) * line.good / line.of) if line.of else line
    if item.source is Source.INSPECTION and line.parts:
        return replace(line, got=Fraction(max(Decimal(0), item.points - line.minus)))
    return line


def _score(lines: Iterable[Line], *, counted: Decimal, adjustment: Decimal) -> Decimal | None:
    if counted < LEAST_COUNTED:
        return None
    got = sum((line.got for line in lines if line.got is not None), Fraction(0))
    exact = got * Fraction(FULL) / Fraction(counted) + Fraction(adjustment)
    return rounded(max(Fraction(0), min(Fraction(FULL), exact)))


def hash_of(inputs: Mapping[str, Any], *, score: Decimal, grade: Grade) -> str:
    """SHA-256 over the canonical bytes of inputs, score and grade; 64 hex digits."""
    body: dict[str, Any] = {"inputs": dict(inputs), "score": f"{score:.2f}", "grade": grade.value}
    return body_sha(canonical(body))
