"""What a survey asks and what follows from it: scales, questionnaires, rates in exact integers, thresholds.

Pure. The plan fixes the half-year, the lines of 50 % and what they lead to; the rest is marked 本系统约定.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from django.db.models import TextChoices

from kernel.periods import Cadence
from supervision.rules import Duty


class SurveyKind(TextChoices):
    COMMITTEE = "committee", "业委会满意度测评"
    FIRM = "firm", "物业满意度测评"
    MEETING = "meeting", "年度述职评议会测评"


class State(TextChoices):
    DRAFT = "draft", "待开始"
    OPEN = "open", "进行中"
    CLOSING = "closing", "计票中"
    CLOSED = "closed", "已结束"


#: The one transition table; a trigger in the database holds the same.
STEPS: Mapping[State, frozenset[State]] = {
    State.DRAFT: frozenset({State.OPEN}),
    State.OPEN: frozenset({State.CLOSING}),
    State.CLOSING: frozenset({State.CLOSED}),
    State.CLOSED: frozenset(),
}


class Channel(TextChoices):
    """By which door a household took part; kept with the participation, never with the ballot."""

    SLIP = "slip", "入户条"
    CODE = "code", "验证码"
    PAPER = "paper", "纸质代录"


class Act(TextChoices):
    """What a result proposes; the plan says the town may (可介入), an officer decides."""

    REELECTION = "reelection", "协助召集业主大会表决提前换届"
    INTERVIEW = "interview", "约谈物业服务企业"


class Outcome(TextChoices):
    COUNTED = "counted", "有结果"
    LOW = "low", "样本不足（回收率低于下限）"
    FEW = "few", "样本不足（有效票过少）"
    NONE = "none", "没有结果（无有效票）"


#: By kind: the clause that asks for it, and the one its consequence stands in.
CLAUSES: Mapping[SurveyKind, tuple[str, str]] = {
    SurveyKind.COMMITTEE: ("四（二）4", "四（二）4"),
    SurveyKind.FIRM: ("四（四）4", "四（四）5"),
    SurveyKind.MEETING: ("四（二）3", ""),
}
CADENCES: Mapping[SurveyKind, Cadence] = {
    SurveyKind.COMMITTEE: Cadence.HALF,
    SurveyKind.FIRM: Cadence.HALF,
    SurveyKind.MEETING: Cadence.YEAR,
}
#: What closing fulfils, also without a result. The firm's survey feeds the appraisal, whose duty is its own.
FULFILS: Mapping[SurveyKind, Duty] = {SurveyKind.COMMITTEE: Duty.COMMITTEE_SURVEY}
#: 本系统约定, all of it: a building of fewer homes shows no turnout, an hour of fewer votes no bar.
LEAST_HOMES_SHOWN, LEAST_VOTES_SHOWN = 10, 5
#: 本系统约定: the longest comment, the shortest and longest time a survey may stay open.
LONGEST_COMMENT = 300
SHORTEST_DAYS, LONGEST_DAYS = 1, 92
MOST_QUESTIONS = 20


# -- Scales and questionnaires -------------------------------------------------------------------------------------


class Side(Enum):
    """Which rate an answer counts for. 一般 belongs to neither; 不了解 is not valid."""

    SATISFIED = "satisfied"
    NEUTRAL = "neutral"
    DISSATISFIED = "dissatisfied"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Option:
    """One answer: its letter in the ballot, its word on the page, its side, its points for the index (of 100)."""

    code: str
    label: str
    side: Side
    points: int = 0


_OPTIONS = {
    option.code: option
    for option in (
        Option("A", "很满意", Side.SATISFIED, 100),
        Option("B", "满意", Side.SATISFIED, 80),
        Option("C", "基本满意", Side.SATISFIED, 60),
        Option("N", "一般", Side.NEUTRAL, 60),
        Option("D", "不满意", Side.DISSATISFIED, 30),
        Option("E", "很不满意", Side.DISSATISFIED, 0),
        Option("U", "不了解", Side.UNKNOWN),
    )
}


class Scale(TextChoices):
    """The answers every question of a questionnaire offers, named by their letters in order."""

    GRADES = "ABCDEU", "很满意、满意、基本满意、不满意、很不满意、不了解"
    MIDDLE = "ABNDEU", "很满意、满意、一般、不满意、很不满意、不了解"

    @property
    def options(self) -> tuple[Option, ...]:
        return tuple(_OPTIONS[code] for code in self.value)


def label_of(code: str) -> str:
    return _OPTIONS[code].label


@dataclass(frozen=True)
class Template:
    """A questionnaire the portal brings along: its items, then the overall question that decides."""

    key: str
    kind: SurveyKind
    title: str
    scale: Scale
    items: tuple[str, ...]
    overall: str


_COMMITTEE_ITEMS = (
    "依法履职，执行业主大会决定",
    "会议和决策公开",
    "公共收益收支公示",
    "维修资金（公维金）使用",
    "监督物业服务",
    "听取和回应业主诉求",
    "廉洁自律",
    "内部团结，遵守议事规则",
    "配合镇、村和小区党支部工作",
)
_FIRM_ITEMS = (
    "服务态度和规范",
    "保洁",
    "绿化",
    "秩序和门岗",
    "停车管理",
    "消防安全",
    "设施设备维修养护是否及时",
    "装修管理",
    "收费和公示",
    "投诉处理",
)
_MEETING_ITEMS = ("履职情况报告", "收支情况报告", "廉洁自律情况", "不足和整改", "下一年度计划", "现场答疑")
TEMPLATES: tuple[Template, ...] = tuple(
    Template(f"{kind.value}_{name}", kind, f"{kind.label}问卷{mark}", scale, items, overall)
    for kind, items, overall in (
        (SurveyKind.COMMITTEE, _COMMITTEE_ITEMS, "对业委会的总体评价"),
        (SurveyKind.FIRM, _FIRM_ITEMS, "对物业服务的总体评价"),
        (SurveyKind.MEETING, _MEETING_ITEMS, "对业委会本年度履职的总体评价"),
    )
    for name, mark, scale in (("grades", "", Scale.GRADES), ("middle", "（含“一般”）", Scale.MIDDLE))
)


# -- Counting ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tally:
    """The answers to one question, by letter; everything else is computed from them in whole numbers."""

    counts: Mapping[str, int]

    def _on(self, side: Side) -> int:
        return sum(count for code, count in self.counts.items() if _OPTIONS[code].side is side)

    @property
    def satisfied(self) -> int:
        return self._on(Side.SATISFIED)

    @property
    def dissatisfied(self) -> int:
        return self._on(Side.DISSATISFIED)

    @property
    def unknown(self) -> int:
        return self._on(Side.UNKNOWN)

    @property
    def valid(self) -> int:
        """Answers but for 不了解."""
        return sum(self.counts.values()) - self.unknown

    @property
    def satisfied_rate(self) -> Fraction | None:
        return Fraction(self.satisfied, self.valid) if self.valid else None

    @property
    def dissatisfied_rate(self) -> Fraction | None:
        return Fraction(self.dissatisfied, self.valid) if self.valid else None

    @property
    def index(self) -> Fraction | None:
        """满意度指数: the mean of the points, 0 to 100; another measure than the rate, and shown beside it."""
        if not self.valid:
            return None
        points = sum(_OPTIONS[code].points * count for code, count in self.counts.items())
        return Fraction(points, self.valid)


def tally_all(answers: Iterable[str], *, questions: int) -> list[Tally]:
    """One tally per question, the overall question last; `answers` holds a letter per question."""
    counters: list[Counter[str]] = [Counter() for _ in range(questions)]
    for letters in answers:
        for counter, letter in zip(counters, letters, strict=True):
            counter[letter] += 1
    return [Tally(dict(sorted(counter.items()))) for counter in counters]


def outcome_of(*, valid: int, participations: int, units: int, least_ballots: int, turnout_floor: int) -> Outcome:
    """Whether there is a result, and whether it may be shown and lead to anything."""
    if valid == 0:
        return Outcome.NONE
    if valid < least_ballots:
        return Outcome.FEW
    if 100 * participations < turnout_floor * units:
        return Outcome.LOW
    return Outcome.COUNTED


#: Outcomes whose figures may be read; of the others turnout only, or a household could be guessed.
SHOWN_OUTCOMES = frozenset({Outcome.COUNTED, Outcome.LOW})


def proposed_act(kind: SurveyKind, tally: Tally, *, threshold: int) -> Act | None:
    """Both lines are strict: 低于 and 超过 exclude the number itself (Civil Code art. 1259)."""
    if kind is SurveyKind.COMMITTEE and 100 * tally.satisfied < threshold * tally.valid:
        return Act.REELECTION
    if kind is SurveyKind.FIRM and 100 * tally.dissatisfied > threshold * tally.valid:
        return Act.INTERVIEW
    return None


def threshold_of(kind: SurveyKind, numbers: Mapping[str, int]) -> int:
    """The line of this kind in the policy, in percent; 0 where nothing follows from the result."""
    return {
        SurveyKind.COMMITTEE: numbers["satisfaction_floor"],
        SurveyKind.FIRM: numbers["dissatisfaction_ceiling"],
        SurveyKind.MEETING: 0,
    }[kind]


def are_answers(letters: str, *, scale: Scale, questions: Sequence[str]) -> bool:
    """A letter of the scale for every question, and nothing else."""
    return len(letters) == len(questions) and set(letters) <= set(scale.value)
