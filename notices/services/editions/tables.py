"""From plain lines to the table, the totals and the sentences of an edition: strings and whole numbers only.

Everything a paper says about the lines is settled here, once; no paper adds or counts anything by itself.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from kernel.text import tidy
from notices.rules import (
    DisclosureLine,
    DisclosureState,
    EditionKind,
    EditionLine,
    ResultLine,
    Side,
    Spot,
    share_words,
)

#: A paragraph names at most so many bodies; all of them stand in the table.
_NAMED = 30

Cell = str | int


@dataclass(frozen=True)
class Column:
    """`form` says how a cell is to be read: text, count (a whole number), day (ISO), decimal (two places, as text)."""

    label: str
    form: str = "text"
    width: int = 10


@dataclass(frozen=True)
class Row:
    """`key` tells the same body's line again in another edition."""

    spot: Spot
    key: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Bar:
    """A village's share, as the chart draws it: `part` of `whole`."""

    name: str
    part: int
    whole: int


@dataclass(frozen=True)
class Table:
    """An edition's content as it is frozen; `bars` have the caption `measure`."""

    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    totals: tuple[tuple[str, Cell], ...]
    sentences: tuple[str, ...]
    measure: str
    bars: tuple[Bar, ...] = field(default=())


def table_of(kind: EditionKind, lines: Sequence[EditionLine], *, place: str, period: str) -> Table:
    """The table of an edition of the town `place`; lines are sorted by village, compound and side."""
    ordered = sorted(lines, key=lambda line: (line.spot.village, line.spot.name, line.side, line.body))
    if kind is EditionKind.DISCLOSURES:
        return _disclosures([line for line in ordered if isinstance(line, DisclosureLine)], place, period)
    return _results([line for line in ordered if isinstance(line, ResultLine)], place, period)


# -- 季度公示情况通报 --------------------------------------------------------------------------------------------------

_DISCLOSURE_COLUMNS = (
    Column("村（社区）", width=12),
    Column("小区", width=18),
    Column("类别", width=8),
    Column("公示单位", width=28),
    Column("期限", "day", 15),
    Column("发布日期", "day", 15),
    Column("张贴齐日期", "day", 15),
    Column("情况", width=12),
    Column("备注", width=18),
)


def _disclosures(lines: Sequence[DisclosureLine], place: str, period: str) -> Table:
    counted = Counter(line.state for line in lines)
    total = len(lines)
    by_side = Counter(line.side for line in lines)
    compounds = len({line.spot.public_id for line in lines})
    on_time = counted[DisclosureState.ON_TIME]
    totals: list[tuple[str, Cell]] = [
        ("小区", compounds),
        ("应公示单位", total),
        *((f"其中{side.label}", by_side[side]) for side in (Side.FIRM, Side.COMMITTEE)),
        *((state.label, counted[state]) for state in DisclosureState),
        ("按期率", share_words(on_time, total)),
    ]
    parts = [
        f"{state.label}{counted[state]}个，占{share_words(counted[state], total)}"
        for state in DisclosureState
        if counted[state] or state is not DisclosureState.RUNNING
    ]
    owed = f"{place}{compounds}个小区应公示{period}公共收益收支的单位共{total}个"
    sentences = [
        f"{owed}，其中物业服务企业{by_side[Side.FIRM]}个、业主委员会{by_side[Side.COMMITTEE]}个。",
        f"{'；'.join(parts)}。",
        *_naming("逾期未完成的单位", [line for line in lines if line.state is DisclosureState.MISSING]),
        *_naming("逾期完成的单位", [line for line in lines if line.state is DisclosureState.LATE]),
    ]
    rows = tuple(
        _row(
            line,
            (
                _day(line.deadline_on),
                _day(line.published_on),
                _day(line.done_on),
                line.state.label,
                tidy(line.note),
            ),
        )
        for line in lines
    )
    villages = _by_village(lines, lambda line: (int(line.state is DisclosureState.ON_TIME), 1))
    return Table(_DISCLOSURE_COLUMNS, rows, tuple(totals), tuple(sentences), "各村（社区）按期公示率", villages)


# -- 测评考评结果 --------------------------------------------------------------------------------

_RESULT_COLUMNS = (
    Column("村（社区）", width=10),
    Column("小区", width=16),
    Column("类别", width=13),
    Column("单位", width=25),
    Column("户数", "count", 9),
    Column("参与户数", "count", 9),
    Column("有效票", "count", 9),
    Column("满意票", "count", 9),
    Column("不满意票", "count", 9),
    Column("满意率", width=15),
    Column("不满意率", width=15),
    Column("考评得分", "decimal", 13),
    Column("考评等次", width=10),
    Column("测评情况", width=20),
)


def _results(lines: Sequence[ResultLine], place: str, period: str) -> Table:
    surveyed = [line for line in lines if line.units is not None]
    appraised = [line for line in lines if line.score is not None]
    rows = tuple(
        _row(
            line,
            (
                _count(line.units),
                _count(line.participations),
                _count(line.valid),
                _count(line.satisfied),
                _count(line.dissatisfied),
                share_words(line.satisfied or 0, line.valid or 0),
                share_words(line.dissatisfied or 0, line.valid or 0),
                "" if line.score is None else f"{line.score:.2f}",
                tidy(line.grade),
                tidy(line.state),
            ),
        )
        for line in lines
    )
    totals = [("小区", len({line.spot.public_id for line in lines})), *_survey_totals(surveyed)]
    totals += [("考评物业", len(appraised)), *((f"考评{grade}", count) for grade, count in _grades(appraised).items())]
    sentences = [*_survey_sentences(surveyed, place, period), *_appraisal_sentences(appraised, place, period)]
    villages = _by_village(lines, lambda line: (line.satisfied or 0, line.valid or 0))
    measure = "各村（社区）满意率（业委会、物业合计）"
    return Table(_RESULT_COLUMNS, rows, tuple(totals), tuple(sentences), measure, villages)


def _count(number: int | None) -> Cell:
    return "" if number is None else number


def _states(lines: Sequence[ResultLine], side: Side) -> Counter[str]:
    return Counter(tidy(line.state) for line in lines if line.side is side and line.state)


def _grades(appraised: Sequence[ResultLine]) -> dict[str, int]:
    """How many of each grade, the best first."""
    counted: dict[str, int] = {}
    for line in sorted(appraised, key=lambda line: line.score or 0, reverse=True):
        counted[tidy(line.grade)] = counted.get(tidy(line.grade), 0) + 1
    return counted


def _survey_totals(surveyed: Sequence[ResultLine]) -> list[tuple[str, Cell]]:
    units, joined = (sum(getattr(line, name) or 0 for line in surveyed) for name in ("units", "participations"))
    by_side = Counter(line.side for line in surveyed)
    return [
        ("测评业委会", by_side[Side.COMMITTEE]),
        ("测评物业", by_side[Side.FIRM]),
        ("应参与户次", units),
        ("参与户次", joined),
        ("参与率", share_words(joined, units)),
        ("公布的有效票", sum(line.valid or 0 for line in surveyed)),
        *(
            (f"{side.label}{state}", count)
            for side in (Side.COMMITTEE, Side.FIRM)
            for state, count in sorted(_states(surveyed, side).items())
        ),
    ]


def _survey_sentences(surveyed: Sequence[ResultLine], place: str, period: str) -> list[str]:
    """How many were surveyed and took part, then what came out; by name who differs from most of its kind."""
    if not surveyed:
        return [f"{period}{place}没有组织满意度测评。"]
    totals = dict(_survey_totals(surveyed))
    compounds = len({line.spot.public_id for line in surveyed})
    untold = sum(line.valid is None for line in surveyed)
    judged = f"测评业主委员会{totals['测评业委会']}个、物业服务企业{totals['测评物业']}个"
    joined = f"应参与{totals['应参与户次']}户次，实际参与{totals['参与户次']}户次，参与率{totals['参与率']}"
    ballots = f"公布的有效票共{totals['公布的有效票']}张"
    sentences = [
        f"{period}{place}{compounds}个小区组织了满意度测评，{judged}。",
        f"{joined}；{ballots}" + (f"，另有{untold}项样本不足或没有结果，不公布票数。" if untold else "。"),
    ]
    named = []
    for side, name in ((Side.COMMITTEE, "业主委员会"), (Side.FIRM, "物业服务企业")):
        states = _states(surveyed, side)
        if not states:
            continue
        sentences.append(f"{name}：{'、'.join(f'{state}的{count}个' for state, count in states.most_common())}。")
        # The commonest outcome is the rule and needs no names; all stand in the table.
        usual, _ = states.most_common(1)[0]
        for state in sorted(states.keys() - {usual}):
            alike = [line for line in surveyed if line.side is side and tidy(line.state) == state]
            named += _naming(state, alike)
    return sentences + named


def _appraisal_sentences(appraised: Sequence[ResultLine], place: str, period: str) -> list[str]:
    """How many firms were appraised, how many had each grade, and by name those of all grades but the commonest."""
    if not appraised:
        return []
    grades = _grades(appraised)
    counted = "、".join(f"{grade}{count}个" for grade, count in grades.items())
    sentences = [f"{period}{place}考评物业服务企业{len(appraised)}个：{counted}。"]
    usual = max(grades, key=lambda grade: grades[grade])
    for grade in grades:
        if grade != usual:
            sentences += _naming(f"考评{grade}", [line for line in appraised if tidy(line.grade) == grade])
    return sentences


# -- Both --------------------------------------------------------------------------------------------------------------


def _row(line: EditionLine, cells: tuple[Cell, ...]) -> Row:
    spot = Spot(line.spot.public_id, tidy(line.spot.name), tidy(line.spot.village))
    body = tidy(line.body)
    return Row(spot, f"{spot.public_id}|{line.side}|{body}", (spot.village, spot.name, line.side.label, body, *cells))


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""


def _naming(what: str, lines: Sequence[EditionLine]) -> list[str]:
    """逾期完成的单位：某小区业委会、某小区物业（某公司）……"""
    if not lines:
        return []
    named = [
        f"{tidy(line.spot.name)}{line.side.label}" + (f"（{tidy(line.body)}）" if line.side is Side.FIRM else "")
        for line in lines[:_NAMED]
    ]
    more = f"等{len(lines)}个" if len(lines) > _NAMED else ""
    return [f"{what}：{'、'.join(named)}{more}。"]


def _by_village(lines: Sequence[Any], counts: Any) -> tuple[Bar, ...]:
    sums: dict[str, list[int]] = {}
    for line in lines:
        part, whole = counts(line)
        of_village = sums.setdefault(tidy(line.spot.village), [0, 0])
        of_village[0] += part
        of_village[1] += whole
    return tuple(Bar(name, part, whole) for name, (part, whole) in sums.items() if whole)


# -- What a correction changed -----------------------------------------------------------------------------------------


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[str]:
    """What differs between two editions' figures, one sentence for each line, total or text that does."""
    labels = [column["label"] for column in after["columns"]]
    old, new = ({row["key"]: row for row in figures["rows"]} for figures in (before, after))
    found = [f"{_named(new[key])}：新增" for key in new if key not in old]
    found += [f"{_named(old[key])}：删去" for key in old if key not in new]
    for key, row in new.items():
        if key in old and old[key]["cells"] != row["cells"]:
            pairs = zip(labels, old[key]["cells"], row["cells"], strict=True)
            found.append(f"{_named(row)}：{'；'.join(_changed(pairs))}")
    totals = [{total["label"]: total["value"] for total in figures["totals"]} for figures in (before, after)]
    joined = ((label, totals[0].get(label, ""), totals[1].get(label, "")) for label in totals[0] | totals[1])
    if changed := _changed(joined):
        found.append(f"合计：{'；'.join(changed)}")
    if before["request"] != after["request"]:
        found.append("工作要求：有改动")
    return found


def _changed(cells: Iterable[tuple[str, Cell, Cell]]) -> list[str]:
    return [f"{label}由“{was or '空'}”改为“{now or '空'}”" for label, was, now in cells if was != now]


def _named(row: Mapping[str, Any]) -> str:
    village, compound, side, body = row["cells"][:4]
    return f"{village}{compound}{side}（{body}）"
