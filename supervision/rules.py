"""The law on one page: every duty, who bears it, how often, until when, by which clause.

Pure: the period, the policy's numbers and the calendar of workdays are arguments. What the plan
(宝政〔2023〕87号) does not fix is a number marked 本系统约定, changed on the policy page, never here.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum

from django.db.models import TextChoices

from kernel.periods import Cadence, Period, month_end
from kernel.workdays import IsWorkday, add_workdays, shift_off_rest_day

Numbers = Mapping[str, int]


class Duty(TextChoices):
    DISCLOSURE = "disclosure", "公共收益季度公示"
    UTILITIES_DETAIL = "utilities_detail", "公摊水电费月度明细"
    OWNERS_FORUM = "owners_forum", "业主座谈会"
    TOWN_MEETING = "town_meeting", "全镇联席会议"
    COMMITTEE_SURVEY = "committee_survey", "业委会满意度测评"
    FIRM_APPRAISAL = "firm_appraisal", "物业服务质量考评"
    SURVEY_PUBLICATION = "survey_publication", "测评结果报送公告"
    APPRAISAL_PUBLICATION = "appraisal_publication", "考评结果报送公告"
    REPORT_MEETING = "report_meeting", "业委会年度述职会"


class Bearer(Enum):
    """Whose duty it is. FIRM and COMMITTEE each owe one per compound; the town's bodies bear the others."""

    FIRM = "物业服务企业"
    COMMITTEE = "业主委员会"
    OFFICE = "小区服务岗"
    LEADING_GROUP = "领导小组"


class Ground(Enum):
    """What makes a duty arise: each compound with such a body in office, or the town as a whole."""

    COMPOUND_WITH_FIRM = "有物业的小区"
    COMPOUND_WITH_COMMITTEE = "有业委会的小区"
    COMPOUND_WITHOUT_FIRM = "无物业、有业委会的小区"
    TOWN = "全镇"


class Opens(Enum):
    """A duty about a finished period opens after it; one to be done within the period opens with it."""

    WITH_PERIOD = "期初"
    AFTER_PERIOD = "期满次日"


@dataclass(frozen=True)
class Number:
    """A number a policy states: its meaning on the page, its value in the plan or by our convention, its bounds."""

    key: str
    label: str
    default: int
    unit: str
    clause: str
    is_plan: bool
    least: int
    most: int


NUMBERS: tuple[Number, ...] = (
    Number("disclosure_due_month", "季度公示：季后第几个月月底前", 1, "个月", "四（三）1", True, 1, 3),
    Number("detail_due_day", "月度明细：次月几日前", 15, "日", "四（三）5", False, 1, 28),
    Number(
        "publication_workdays",
        "结果公告：半年结束后几个工作日内",
        20,
        "个工作日",
        "四（二）4、四（四）5",
        False,
        1,
        120,
    ),
    Number("survey_due_offset", "测评与考评：距半年末提前几天完成", 0, "天", "四（二）4、四（四）4", False, 0, 90),
    Number("forum_due_offset", "业主座谈会：距季末提前几天召开", 0, "天", "四（四）2", False, 0, 60),
    Number("town_meeting_due_offset", "全镇联席会议：距季末提前几天召开", 0, "天", "四（四）2", False, 0, 60),
    Number("report_meeting_due_offset", "年度述职会：距年末提前几天召开", 0, "天", "四（二）3", False, 0, 180),
    Number("remind_first", "首次提醒：提前几天", 14, "天", "四（三）1", False, 1, 90),
    Number("remind_second", "再次提醒：提前几天", 7, "天", "四（三）1", False, 1, 90),
    Number("remind_last", "末次提醒：提前几天", 1, "天", "四（三）1", False, 1, 90),
    Number("shift_on_rest_day", "期限遇休息日顺延（1 是，0 否）", 0, "", "民法典第二百零三条", False, 0, 1),
    Number("satisfaction_floor", "业委会满意率低于多少触发", 50, "%", "四（二）4", True, 0, 100),
    Number("dissatisfaction_ceiling", "物业不满意率超过多少触发", 50, "%", "四（四）5", True, 0, 100),
    Number("survey_least_ballots", "测评：有效票少于几张不公布结果", 10, "张", "四（二）4、四（四）5", False, 5, 500),
    Number("survey_turnout_floor", "测评：回收率低于多少标为样本不足", 30, "%", "四（二）4、四（四）5", False, 0, 100),
    Number(
        "appraisal_reply_workdays", "考评：告知后企业几个工作日内可以申辩", 5, "个工作日", "四（四）4", False, 1, 60
    ),
    Number("assembly_notice_days", "业主大会议题提前公示", 15, "天", "四（五）2", True, 1, 180),
    Number("report_invitation_days", "述职会邀请函提前发布", 7, "天", "四（二）3", True, 1, 180),
)
DEFAULTS: dict[str, int] = {number.key: number.default for number in NUMBERS}
#: An extension's bounds (本系统约定): against a year or month mistyped, not against the town's judgement.
LONGEST_EXTENSION_REACH, LONGEST_EXTENSION_DAYS = 92, 184
REMINDER_STEPS: tuple[str, ...] = ("remind_first", "remind_second", "remind_last")
OVERDUE_STEP = "overdue"


@dataclass(frozen=True)
class DutyRule:
    """One row of the page: `due` gives the day the document names, before any shift off a rest day.

    `formula` says the same in words; the policy's numbers stand in its braces. `ours` names what the plan leaves open
    and this portal has settled (责任方、期限), shown as 本系统约定.
    """

    duty: Duty
    bearer: Bearer
    ground: Ground
    cadence: Cadence
    opens: Opens
    clause: str
    formula: str
    due: Callable[[Period, Numbers, IsWorkday], date]
    ours: str
    only_pilot: bool = False

    def opens_on(self, period: Period) -> date:
        return period.first if self.opens is Opens.WITH_PERIOD else period.last + timedelta(days=1)

    def formula_words(self, numbers: Numbers) -> str:
        """The due-day formula with the policy's own numbers: 半年结束后 20 个工作日内."""
        return self.formula.format(**numbers).replace("（提前 0 天）", "")


def _after_months(key: str) -> Callable[[Period, Numbers, IsWorkday], date]:
    """The last day of the n-th month after the period (季度第一个月的月底前)."""
    return lambda period, numbers, _: month_end(period.last.year, period.last.month + numbers[key])


def _day_of_next_month(key: str) -> Callable[[Period, Numbers, IsWorkday], date]:
    return lambda period, numbers, _: period.last + timedelta(days=numbers[key])


def _before_end(key: str) -> Callable[[Period, Numbers, IsWorkday], date]:
    """The period's last day, or some days before it."""
    return lambda period, numbers, _: period.last - timedelta(days=numbers[key])


def _workdays_after(key: str) -> Callable[[Period, Numbers, IsWorkday], date]:
    return lambda period, numbers, is_workday: add_workdays(period.last, numbers[key], is_workday)


_DISCLOSURE_FORMULA = "季后第 {disclosure_due_month} 个月的最后一日"
_FORUM_FORMULA = "当季最后一日（提前 {forum_due_offset} 天）"
_HALF_FORMULA = "6月30日、12月31日（提前 {survey_due_offset} 天）"
_DETAIL_FORMULA = "次月 {detail_due_day} 日（仅试点小区）"
_PUBLICATION_FORMULA = "半年结束后 {publication_workdays} 个工作日内"

RULES: tuple[DutyRule, ...] = (
    DutyRule(
        Duty.DISCLOSURE,
        Bearer.FIRM,
        Ground.COMPOUND_WITH_FIRM,
        Cadence.QUARTER,
        Opens.AFTER_PERIOD,
        "四（三）1",
        _DISCLOSURE_FORMULA,
        _after_months("disclosure_due_month"),
        "",
    ),
    DutyRule(
        Duty.DISCLOSURE,
        Bearer.COMMITTEE,
        Ground.COMPOUND_WITH_COMMITTEE,
        Cadence.QUARTER,
        Opens.AFTER_PERIOD,
        "四（三）1",
        _DISCLOSURE_FORMULA,
        _after_months("disclosure_due_month"),
        "",
    ),
    DutyRule(
        Duty.UTILITIES_DETAIL,
        Bearer.FIRM,
        Ground.COMPOUND_WITH_FIRM,
        Cadence.MONTH,
        Opens.AFTER_PERIOD,
        "四（三）5",
        _DETAIL_FORMULA,
        _day_of_next_month("detail_due_day"),
        "责任方、期限",
        only_pilot=True,
    ),
    DutyRule(
        Duty.UTILITIES_DETAIL,
        Bearer.COMMITTEE,
        Ground.COMPOUND_WITHOUT_FIRM,
        Cadence.MONTH,
        Opens.AFTER_PERIOD,
        "四（三）5",
        _DETAIL_FORMULA,
        _day_of_next_month("detail_due_day"),
        "责任方、期限",
        only_pilot=True,
    ),
    DutyRule(
        Duty.OWNERS_FORUM,
        Bearer.FIRM,
        Ground.COMPOUND_WITH_FIRM,
        Cadence.QUARTER,
        Opens.WITH_PERIOD,
        "四（四）2",
        _FORUM_FORMULA,
        _before_end("forum_due_offset"),
        "期限",
    ),
    DutyRule(
        Duty.OWNERS_FORUM,
        Bearer.COMMITTEE,
        Ground.COMPOUND_WITH_COMMITTEE,
        Cadence.QUARTER,
        Opens.WITH_PERIOD,
        "四（四）2",
        _FORUM_FORMULA,
        _before_end("forum_due_offset"),
        "期限",
    ),
    DutyRule(
        Duty.TOWN_MEETING,
        Bearer.LEADING_GROUP,
        Ground.TOWN,
        Cadence.QUARTER,
        Opens.WITH_PERIOD,
        "四（四）2",
        "当季最后一日（提前 {town_meeting_due_offset} 天）",
        _before_end("town_meeting_due_offset"),
        "期限",
    ),
    DutyRule(
        Duty.COMMITTEE_SURVEY,
        Bearer.OFFICE,
        Ground.COMPOUND_WITH_COMMITTEE,
        Cadence.HALF,
        Opens.WITH_PERIOD,
        "四（二）4",
        _HALF_FORMULA,
        _before_end("survey_due_offset"),
        "责任方、期限",
    ),
    DutyRule(
        Duty.FIRM_APPRAISAL,
        Bearer.OFFICE,
        Ground.COMPOUND_WITH_FIRM,
        Cadence.HALF,
        Opens.WITH_PERIOD,
        "四（四）4",
        _HALF_FORMULA,
        _before_end("survey_due_offset"),
        "期限",
    ),
    DutyRule(
        Duty.SURVEY_PUBLICATION,
        Bearer.OFFICE,
        Ground.TOWN,
        Cadence.HALF,
        Opens.AFTER_PERIOD,
        "四（二）4",
        _PUBLICATION_FORMULA,
        _workdays_after("publication_workdays"),
        "责任方、期限",
    ),
    DutyRule(
        Duty.APPRAISAL_PUBLICATION,
        Bearer.OFFICE,
        Ground.TOWN,
        Cadence.HALF,
        Opens.AFTER_PERIOD,
        "四（四）5",
        _PUBLICATION_FORMULA,
        _workdays_after("publication_workdays"),
        "期限",
    ),
    DutyRule(
        Duty.REPORT_MEETING,
        Bearer.COMMITTEE,
        Ground.COMPOUND_WITH_COMMITTEE,
        Cadence.YEAR,
        Opens.WITH_PERIOD,
        "四（二）3",
        "12月31日（提前 {report_meeting_due_offset} 天）",
        _before_end("report_meeting_due_offset"),
        "期限",
    ),
)

#: Duties done by the bearer outside this portal's own acts: their performance is recorded with proof.
RECORDED_DUTIES = frozenset(set(Duty) - {Duty.DISCLOSURE, Duty.FIRM_APPRAISAL})


#: Why an obligation ended without being done: somebody else held office on the period's last day, or nobody.
LEFT_OFFICE = "期末前已离任或交接，由期末在任者承担"
NEVER_IN_OFFICE = "任职或合同登记已更正，不由其承担"


def clause_of(duty: str) -> str:
    """The clause a duty comes from, as pages cite it: 方案四（三）1."""
    return f"方案{next(rule.clause for rule in RULES if rule.duty == duty)}"


def deadline(due_on: date, numbers: Numbers, is_workday: IsWorkday) -> date:
    """The day that counts for lateness: the due day, or where the switch is on the next workday (art. 203)."""
    return shift_off_rest_day(due_on, is_workday) if numbers["shift_on_rest_day"] else due_on
