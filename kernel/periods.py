"""Calendar periods with a short code that sorts and is stored: 2026-09, 2026Q3, 2026H2, 2026."""

import calendar
import re
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Self


class Cadence(StrEnum):
    """How often a duty recurs."""

    MONTH = "month"
    QUARTER = "quarter"
    HALF = "half"
    YEAR = "year"

    @property
    def label(self) -> str:
        """每月, 每季度, 每半年, 每年."""
        return f"每{_LENGTHS[self]}"


_LENGTHS = {Cadence.MONTH: "月", Cadence.QUARTER: "季度", Cadence.HALF: "半年", Cadence.YEAR: "年"}
_MONTHS = {Cadence.MONTH: 1, Cadence.QUARTER: 3, Cadence.HALF: 6, Cadence.YEAR: 12}
_CODES = (
    (Cadence.QUARTER, re.compile(r"(\d{4})Q([1-4])")),
    (Cadence.HALF, re.compile(r"(\d{4})H([12])")),
    (Cadence.MONTH, re.compile(r"(\d{4})-(0[1-9]|1[0-2])")),
    (Cadence.YEAR, re.compile(r"(\d{4})")),
)
_CHINESE = "一二三四"


def month_end(year: int, month: int) -> date:
    """The last day of a month; months beyond 12 run into the following years."""
    year, month = year + (month - 1) // 12, (month - 1) % 12 + 1
    return date(year, month, calendar.monthrange(year, month)[1])


@dataclass(frozen=True, order=True)
class Period:
    """A month, quarter, half-year or year. `index` counts from 1 within the year."""

    year: int
    cadence: Cadence
    index: int

    @classmethod
    def containing(cls, day: date, cadence: Cadence) -> Self:
        return cls(day.year, cadence, (day.month - 1) // _MONTHS[cadence] + 1)

    @classmethod
    def parse(cls, code: str) -> Self:
        """Read a stored code. Raises ValueError for anything else."""
        for cadence, pattern in _CODES:
            if match := pattern.fullmatch(code):
                index = 1 if cadence is Cadence.YEAR else int(match.group(2))
                return cls(int(match.group(1)), cadence, index)
        raise ValueError(f"not a period code: {code!r}")

    @property
    def code(self) -> str:
        return {
            Cadence.MONTH: f"{self.year}-{self.index:02}",
            Cadence.QUARTER: f"{self.year}Q{self.index}",
            Cadence.HALF: f"{self.year}H{self.index}",
            Cadence.YEAR: f"{self.year}",
        }[self.cadence]

    @property
    def label(self) -> str:
        """2026年第三季度 / 2026年上半年 / 2026年9月 / 2026年度."""
        return {
            Cadence.MONTH: f"{self.year}年{self.index}月",
            Cadence.QUARTER: f"{self.year}年第{_CHINESE[(self.index - 1) % 4]}季度",
            Cadence.HALF: f"{self.year}年{'上下'[(self.index - 1) % 2]}半年",
            Cadence.YEAR: f"{self.year}年度",
        }[self.cadence]

    @property
    def first(self) -> date:
        return date(self.year, (self.index - 1) * _MONTHS[self.cadence] + 1, 1)

    @property
    def last(self) -> date:
        return month_end(self.year, self.index * _MONTHS[self.cadence])

    def next(self) -> Self:
        return type(self).containing(self.last + timedelta(days=1), self.cadence)

    def previous(self) -> Self:
        return type(self).containing(self.first - timedelta(days=1), self.cadence)

    def __contains__(self, day: date) -> bool:
        return self.first <= day <= self.last

    def __str__(self) -> str:
        return self.label


def periods_between(first_on: date, last_on: date, cadence: Cadence) -> list[Period]:
    """Every period of the cadence that overlaps the days first_on … last_on, oldest first."""
    found, period = [], Period.containing(first_on, cadence)
    while period.first <= last_on:
        found.append(period)
        period = period.next()
    return found
