"""Rankings, comparisons and prices as spreadsheets, row by row."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from evaluations.appraisal_querysets import AppraisalQuerySet
from evaluations.appraisal_rules import Grade
from evaluations.ranking_rules import FirmScore
from evaluations.services.ranking import Course, Standings
from files.writing import Sheet, Value
from kernel.periods import Period

_CHUNK = 2_000


def ranking_sheet(scores: AppraisalQuerySet, standings: Standings, period: Period, notes: Sequence[str]) -> Sheet:
    header = ("名次", "村（社区）", "小区", "物业企业", "得分", "等次", "一票否决")

    def rows() -> Iterator[list[Value]]:
        for one in scores.iterator(chunk_size=_CHUNK):
            result = one.result
            yield [
                standings.place_of(one),
                one.compound.village.name,
                one.compound.name,
                one.firm.name,
                result.score,
                result.get_grade_display(),
                result.is_vetoed,
            ]

    return Sheet(f"{period.label}物业考评排名", header, rows(), (8, 16, 20, 30, 10, 10, 10), notes)


def firms_sheet(firms: Iterable[tuple[int, FirmScore]], period: Period, notes: Sequence[str]) -> Sheet:
    header = ("名次", "物业企业", "小区数", "平均分", "最高分", "最低分", *(grade.label for grade in Grade), "一票否决")

    def row(place: int, one: FirmScore) -> list[Value]:
        graded = [one.grades[grade] for grade in Grade]
        return [place, one.name, one.count, one.shown, one.best, one.worst, *graded, one.vetoes]

    rows = (row(place, one) for place, one in firms)
    return Sheet(f"{period.label}物业企业排名", header, rows, (8, 30, 10, 10, 10, 10), notes)


def history_sheet(courses: Iterable[Course], periods: Sequence[Period], *, by: str, notes: Sequence[str]) -> Sheet:
    header = (by, "说明", *(period.label for period in sorted(periods)), "比上期")
    rows = ([one.name, one.detail, *one.scores, one.change] for one in courses)
    return Sheet("物业考评历次对比", header, rows, (24, 36, 14, 14, 14, 14, 10), notes)


def price_sheet(scores: AppraisalQuerySet, period: Period, notes: Sequence[str]) -> Sheet:
    header = ("村（社区）", "小区", "物业企业", "物业费（元/m²·月）", "得分", "等次")

    def rows() -> Iterator[list[Value]]:
        for one in scores.iterator(chunk_size=_CHUNK):
            told: Any = one  # with the fee beside the columns
            result = one.result
            yield [
                one.compound.village.name,
                one.compound.name,
                one.firm.name,
                told.fee,
                result.score,
                result.get_grade_display(),
            ]

    return Sheet(f"{period.label}质价对照", header, rows(), (16, 20, 30, 18, 10, 10), notes)
