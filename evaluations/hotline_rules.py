"""12345 tickets as the hotline's tables write them: columns, words for yes and no, rows, and whose compound. Pure.

Clause 四（四）4 names the hotline among the heads of the appraisal; which fields a table has, this system settled.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time
from functools import cached_property
from typing import Final, NamedTuple

from files.importing import Column, labels_of, synonyms_of
from files.reading import Cell, Row, label_key
from kernel.days import SHANGHAI
from kernel.text import cell_text, clean
from kernel.written_days import read_moment

LONGEST_NUMBER: Final = 40
LONGEST_PLACE: Final = 80
LONGEST_CATEGORY: Final = 60
LONGEST_HANDLER: Final = 80

COLUMNS: Final = (
    Column(
        "number",
        "工单号",
        ("工单编号", "工单号", "诉求件编号", "诉求编号", "受理编号", "受理单号", "件号", "编号", "单号"),
        is_required=True,
    ),
    Column(
        "received_at",
        "受理时间",
        ("受理时间", "受理日期", "来电时间", "登记时间", "诉求时间", "受理", "派单时间", "创建时间"),
        is_required=True,
    ),
    Column(
        "place",
        "小区",
        ("小区名称", "所属小区", "涉及小区", "小区", "楼盘", "物业项目", "事发地点", "事发地址", "地点"),
        is_required=True,
        hint="认不出的小区在下一步由您指定，以后自动认出",
    ),
    Column("category", "类别", ("诉求类别", "问题类别", "事项类别", "诉求分类", "类别", "分类", "类型")),
    Column("handler", "承办", ("承办单位", "办理单位", "责任单位", "承办", "处置单位", "经办单位")),
    Column("due_at", "办理期限", ("办理期限", "办结期限", "截止时间", "应办结时间", "办理时限", "期限", "截止日期")),
    Column(
        "closed_at", "办结时间", ("办结时间", "办结日期", "办理完成时间", "完成时间", "反馈时间", "办结", "结案时间")
    ),
    Column(
        "satisfied",
        "回访满意",
        ("回访满意度", "回访满意", "是否满意", "满意度", "群众评价", "回访结果", "办理评价", "评价"),
    ),
    Column("repeated", "是否重复", ("是否重复投诉", "是否重复件", "是否重复", "重复投诉", "重复件", "重复")),
    Column("justified", "是否属实", ("是否属实", "诉求是否属实", "属实情况", "属实")),
)
SYNONYMS: Final = synonyms_of(COLUMNS)
LABELS: Final = labels_of(COLUMNS) | {"duplicate": "重复行"}

#: Columns about the caller, or with the caller's own words: never read, never kept (PIPL arts. 5–7, 19).
_CALLERS: Final = re.compile(
    r"来电人|诉求人|反映人|投诉人|举报人|市民|群众姓名|当事人|联系人|姓名|电话|手机|号码|联系方式|身份证|证件"
    r"|住址|家庭|门牌|房号|内容|描述|详情|诉求标题|标题|备注"
)
_NOTES: Final = re.compile(r"[合总小共]\s*计|制表|填表|统计人|审核|说明|注[::]|打印|以下空白")


def is_callers(label: str) -> bool:
    """Whether a column holds the caller's data, by its head."""
    return _CALLERS.search(clean(label)) is not None


# -- One row -----------------------------------------------------------------------------------------------------------

_BLANK: Final = frozenset({"", "-", "--", "—", "/", "\\", "无", "未知", "不详", "空"})
_YES: Final = frozenset({"是", "y", "yes", "true", "1", "√", "✓", "对", "有"})
_NO: Final = frozenset({"否", "n", "no", "false", "0", "×", "x", "不是", "非", "没有"})
#: Beside 是 and 否: what people write into each column; None where nobody has decided it.
_WORDS: Final[Mapping[str, Mapping[str, bool | None]]] = {
    "satisfied": {
        "满意": True,
        "很满意": True,
        "非常满意": True,
        "比较满意": True,
        "基本满意": True,
        "不满意": False,
        "非常不满意": False,
        "很不满意": False,
        "一般": None,
        "未评价": None,
        "未回访": None,
        "无法回访": None,
        "未接通": None,
        "不了解": None,
    },
    "repeated": {"重复": True, "重复投诉": True, "重复件": True, "不重复": False, "未重复": False, "首次": False},
    "justified": {
        "属实": True,
        "基本属实": True,
        "部分属实": True,
        "不属实": False,
        "失实": False,
        "不实": False,
        "无法核实": None,
        "待核实": None,
    },
}
_FLOATS_EXACT_TO: Final = 2**53
_SCIENTIFIC: Final = re.compile(r"\d(?:\.\d+)?[eE]\+?\d+")


class Fault(NamedTuple):
    """One thing wrong with a row: what the column is called, what stands there, and what to do about it."""

    label: str
    written: str
    reason: str


@dataclass(frozen=True, slots=True)
class Facts:
    """What a row says of its ticket. None is not said; times are aware."""

    category: str | None = None
    handler: str | None = None
    received_at: datetime | None = None
    due_at: datetime | None = None
    closed_at: datetime | None = None
    satisfied: bool | None = None
    repeated: bool | None = None
    justified: bool | None = None


@dataclass(slots=True)
class TicketLine:
    """A row as read; `number` is the row of the sheet. A row with faults is not imported."""

    number: int
    ticket: str = ""
    place: str = ""
    facts: Facts = field(default_factory=Facts)
    faults: list[Fault] = field(default_factory=list)


class TicketReader:
    """Walks the rows below the header once. `columns` gives the column of each field, from 0; `on` is today.

    Blank rows, totals, notes and repeated headers are passed over and counted. The second of two good rows with one
    number is a fault.
    """

    def __init__(self, labels: Sequence[str], columns: Mapping[str, int], *, on: date) -> None:
        self.passed_over = 0
        self._header = [label_key(label) for label in labels if label]
        self._columns = columns
        self._on = on
        self._seen: dict[str, int] = {}

    def lines(self, rows: Iterable[tuple[int, Row]]) -> Iterator[TicketLine]:
        for number, cells in rows:
            if self._is_no_ticket(cells):
                self.passed_over += 1
                continue
            line = self._read(number, cells)
            if not line.faults and (first := self._seen.setdefault(line.ticket, number)) != number:
                line.faults.append(Fault(LABELS["duplicate"], line.ticket, f"与第 {first} 行工单号相同，请删去一行。"))
            yield line

    def _is_no_ticket(self, cells: Row) -> bool:
        filled = [cell_text(cell) for cell in cells if cell_text(cell)]
        if not filled or [label_key(cell) for cell in filled] == self._header:
            return True
        has_day = read_moment(self._cell(cells, "received_at")) is not None
        return not has_day and (_NOTES.search(filled[0]) is not None or len(filled) == 1)

    def _cell(self, cells: Row, name: str) -> Cell:
        column = self._columns.get(name)
        return cells[column] if column is not None and column < len(cells) else ""

    def _read(self, number: int, cells: Row) -> TicketLine:
        line = TicketLine(number)
        line.ticket = _number(self._cell(cells, "number"), line.faults)
        line.place = without_home(cell_text(self._cell(cells, "place")))
        if not line.place:
            line.faults.append(Fault(LABELS["place"], "", "缺少小区名称。"))
        elif len(line.place) > LONGEST_PLACE:
            line.faults.append(Fault(LABELS["place"], line.place[:40], "小区名称太长，请核对是否选错栏。"))
        line.facts = self._facts(cells, line.faults)
        return line

    def _facts(self, cells: Row, faults: list[Fault]) -> Facts:
        received = self._moment(cells, "received_at", faults)
        due = self._moment(cells, "due_at", faults)
        closed = self._moment(cells, "closed_at", faults)
        if received is None and not any(fault.label == LABELS["received_at"] for fault in faults):
            faults.append(Fault(LABELS["received_at"], "", "缺少受理时间。"))
        began = _at(received, time.min)
        ended = _at(closed, time.min)
        if began and ended and closed and closed[1] is None and closed[0] == began.date():
            ended = max(began, ended)
        facts = Facts(
            category=self._text(cells, "category", LONGEST_CATEGORY, faults),
            handler=self._text(cells, "handler", LONGEST_HANDLER, faults),
            received_at=began,
            due_at=_at(due, time(23, 59, 59)),
            closed_at=ended,
            satisfied=self._truth(cells, "satisfied", faults),
            repeated=self._truth(cells, "repeated", faults),
            justified=self._truth(cells, "justified", faults),
        )
        self._check(facts, cells, faults)
        return facts

    def _check(self, facts: Facts, cells: Row, faults: list[Fault]) -> None:
        """Times in an order that can be."""
        for name in ("received_at", "closed_at"):
            moment: datetime | None = getattr(facts, name)
            if moment and moment.date() > self._on:
                faults.append(Fault(LABELS[name], self._shown(cells, name), f"{LABELS[name]}晚于今天。"))
        for name in ("due_at", "closed_at"):
            moment = getattr(facts, name)
            if moment and facts.received_at and moment < facts.received_at:
                faults.append(Fault(LABELS[name], self._shown(cells, name), f"{LABELS[name]}早于受理时间。"))

    def _shown(self, cells: Row, name: str) -> str:
        return cell_text(self._cell(cells, name))[:40]

    def _moment(self, cells: Row, name: str, faults: list[Fault]) -> tuple[date, time | None] | None:
        written = self._cell(cells, name)
        if clean(cell_text(written)) in _BLANK:
            return None
        read = read_moment(written)
        if read is None:
            reason = "时间无法识别，请按 2026-09-30 或 2026-09-30 15:00 的样子填写。"
            faults.append(Fault(LABELS[name], self._shown(cells, name), reason))
        return read

    def _text(self, cells: Row, name: str, longest: int, faults: list[Fault]) -> str | None:
        text = cell_text(self._cell(cells, name))
        if len(text) > longest:
            faults.append(Fault(LABELS[name], text[:40], f"{LABELS[name]}超过 {longest} 字，请核对是否选错栏。"))
            return None
        return None if text in _BLANK else text

    def _truth(self, cells: Row, name: str, faults: list[Fault]) -> bool | None:
        written = self._cell(cells, name)
        if isinstance(written, bool):
            return written
        text = clean(cell_text(written)).lower().strip("。.")
        if text in _BLANK:
            return None
        if text in _YES or text in _NO:
            return text in _YES
        if text in _WORDS[name]:
            return _WORDS[name][text]
        faults.append(Fault(LABELS[name], self._shown(cells, name), "无法识别，请填“是”或“否”，没有的留空。"))
        return None


def _number(written: Cell, faults: list[Fault]) -> str:
    """A ticket's number, folded to one width and upper case."""
    text = clean(cell_text(written)).replace(" ", "").upper()
    if (isinstance(written, int | float) and abs(written) >= _FLOATS_EXACT_TO) or _SCIENTIFIC.fullmatch(text):
        reason = "工单号被表格软件改成了科学计数，末几位已丢失。请把该栏设为文本，重新导出。"
        faults.append(Fault(LABELS["number"], text[:LONGEST_NUMBER], reason))
        return ""
    if not text:
        faults.append(Fault(LABELS["number"], "", "缺少工单号。"))
    elif len(text) > LONGEST_NUMBER:
        faults.append(Fault(LABELS["number"], text[:40], "工单号太长，请核对是否选错栏。"))
    return text[:LONGEST_NUMBER]


def _at(read: tuple[date, time | None] | None, without_hour: time) -> datetime | None:
    if read is None:
        return None
    day, hour = read
    return datetime.combine(day, without_hour if hour is None else hour.replace(microsecond=0), tzinfo=SHANGHAI)


# -- Whose compound ----------------------------------------------------------------------------------------------------

_PUNCTUATION: Final = re.compile(r"[\s()（）\[\]【】,，.。·:：;；、\-—_/#]+")
_HOME: Final = re.compile(r"[A-Za-z]?[\d０-９]+\s*(?:号?楼|栋|幢|座|#|单元|室|号|[-－—]\s*[\d０-９]).*$")
_ENDINGS: Final = ("住宅小区", "小区", "楼盘")
_MOST_CANDIDATES: Final = 8


def without_home(written: str) -> str:
    """A place up to its building: 仑后花园3栋502 is 仑后花园, for where in it a caller lives is nobody's business."""
    return _HOME.sub("", written).strip() or written


def place_key(text: str) -> str:
    """A place's name for comparison: width and case folded, marks dropped, 小区 at the end too."""
    key = _PUNCTUATION.sub("", clean(text).lower())[:LONGEST_PLACE]
    for ending in _ENDINGS:
        if key.endswith(ending) and len(key) > len(ending) + 1:
            return key.removesuffix(ending)
    return key


class Place(NamedTuple):
    """A compound as the ground has it."""

    compound: int
    name: str
    village: str


class Gazetteer:
    """Finds the compound that a table means: by its name, by what the office once said, without town and village.

    `aliases` maps a key to a compound, or to None for what is no compound. Names alone that two compounds share are
    unclear, unless the village stands before them.
    """

    def __init__(self, places: Sequence[Place], aliases: Mapping[str, int | None], *, town: str) -> None:
        self._places = places
        self._aliases = aliases
        self._villages = {_PUNCTUATION.sub("", one.village) for one in places}
        self._before = sorted({_PUNCTUATION.sub("", town), *self._villages}, key=len, reverse=True)
        self._by_key: dict[str, list[Place]] = {}
        for one in places:
            self._by_key.setdefault(place_key(one.name), []).append(one)

    def find(self, written: str) -> tuple[bool, int | None]:
        """(clear, compound): clear without a compound is a place that the office said is none."""
        key = place_key(written)
        if key in self._aliases:
            return True, self._aliases[key]
        if len(known := self._by_key.get(key, [])) == 1:
            return True, known[0].compound
        rest, villages = self._stripped(key)
        meant = [one for one in self._by_key.get(rest, []) if not villages or one.village in villages]
        if rest != key and len(meant) == 1:
            return True, meant[0].compound
        return False, None

    def _stripped(self, key: str) -> tuple[str, set[str]]:
        """The key without town and villages before it, and which villages stood there."""
        villages: set[str] = set()
        while found := next((name for name in self._before if key.startswith(name) and len(key) > len(name)), None):
            key = key.removeprefix(found)
            villages |= {found} & self._villages
        return key, villages

    def candidates(self, written: str) -> list[Place]:
        """The compounds that share most pairs of characters with a name, the likeliest first; at most eight."""
        wanted = _pairs(self._stripped(place_key(written))[0])
        shared = Counter(at for pair in wanted for at in self._by_pair.get(pair, ()))

        def unlikeness(at: int) -> tuple[int, int]:
            # Dice's coefficient, in thousandths.
            return -2_000 * shared[at] // (len(wanted) + len(_pairs(place_key(self._places[at].name)))), at

        return [self._places[at] for at in sorted(shared, key=unlikeness)[:_MOST_CANDIDATES]]

    @cached_property
    def _by_pair(self) -> dict[str, list[int]]:
        found: dict[str, list[int]] = {}
        for at, one in enumerate(self._places):
            for pair in _pairs(place_key(one.name)):
                found.setdefault(pair, []).append(at)
        return found


def _pairs(key: str) -> set[str]:
    return {key[at : at + 2] for at in range(len(key) - 1)} or {key}
