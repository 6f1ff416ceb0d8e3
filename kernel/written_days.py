"""Days and hours as people and spreadsheets write them: 2026-07-01, 2026年7月1日, 20260701 10:38, 46204.5."""

import re
from datetime import date, datetime, time, timedelta

from kernel.text import cell_text, clean

_SEPARATED_DAY = re.compile(r"(\d{4})\s?[-/.年]\s?(\d{1,2})\s?[-/.月]\s?(\d{1,2})日?([ T]?\d.*)?")
_COMPACT_DAY = re.compile(r"(\d{4})(\d{2})(\d{2})([ T]?\d.*)?")
_SERIAL = re.compile(r"[3-7]\d{4}(?:\.\d+)?")
_SERIAL_ZERO = datetime(1899, 12, 30)  # noqa: DTZ001 - a spreadsheet's clock on a wall
_YEARS = range(2000, 2101)
_HOUR = re.compile(r"(\d{1,2})[:时点](\d{1,2})(?:分|:(\d{1,2})(?:\.\d+)?|分(\d{1,2})秒)?|(\d{2})(\d{2})(\d{2})?")


def read_day(cell: object) -> date | None:
    """The day in a cell: a date, its serial number, 2026-07-01, 2026年7月1日, 20260701 10:38:00; else None."""
    parted = _parted(cell)
    return parted[0] if parted else None


def read_moment(cell: object) -> tuple[date, time | None] | None:
    """The day in a cell, and the hour where one is told; None for what is no day, or has something else beside it."""
    parted = _parted(cell)
    if parted is None or not isinstance(parted[1], str):
        return parted  # type: ignore[return-value] # the hour is read already
    day, rest = parted
    if not rest:
        return day, None
    hour = _hour(str(rest))
    return (day, hour) if hour else None


def _parted(cell: object) -> tuple[date, time | str | None] | None:
    """The day, and the hour as read or still as written."""
    if isinstance(cell, datetime):
        return cell.date(), cell.time()
    if isinstance(cell, date):
        return cell, None
    text = clean(cell_text(cell))
    if _SERIAL.fullmatch(text):
        at = _SERIAL_ZERO + timedelta(seconds=round(float(text) * 86_400))
        return at.date(), at.time() if "." in text else None
    match = _SEPARATED_DAY.fullmatch(text) or _COMPACT_DAY.fullmatch(text)
    if match is None:
        return None
    year, month, day = map(int, match.groups()[:3])
    try:
        return (date(year, month, day), (match.group(4) or "").strip(" T")) if year in _YEARS else None
    except ValueError:
        return None


def _hour(text: str) -> time | None:
    match = _HOUR.fullmatch(text)
    if match is None:
        return None
    hour, minute, second, spoken, *compact = match.groups()
    told = (hour, minute, second or spoken) if hour else compact
    hours, minutes, seconds = (int(part or 0) for part in told)
    try:
        return time(hours, minutes, seconds)
    except ValueError:
        return None
