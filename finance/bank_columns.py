"""How banks label and write their statements: column names, days, signs, what stands in the title rows. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from files.reading import Cell, Header, Row, find_header, header_at
from finance.rules import Direction
from kernel.text import cell_text, clean
from kernel.written_days import read_day

#: What a column of a statement can hold, in the words of the page.
FIELDS: dict[str, str] = {
    "on": "交易日期",
    "income": "收入金额（贷方）",
    "expense": "支出金额（借方）",
    "amount": "金额（收支同列）",
    "direction": "收支标志",
    "balance": "余额",
    "counterparty": "对方户名",
    "text": "摘要或用途",
    "note": "备注或附言",
}
# Brackets are dropped from labels before comparing. 借 and 贷 are the bank's: debit lowers the customer's balance.
SYNONYMS: dict[str, tuple[str, ...]] = {
    "on": ("交易日期", "记账日期", "入账日期", "发生日期", "交易日", "记账日", "入账日", "交易时间", "日期"),
    "income": (
        "贷方发生额",
        "贷方金额",
        "收入金额",
        "存入金额",
        "转入金额",
        "收款金额",
        "贷方",
        "收入",
        "存入",
        "转入",
    ),
    "expense": (
        "借方发生额",
        "借方金额",
        "支出金额",
        "支取金额",
        "转出金额",
        "付款金额",
        "借方",
        "支出",
        "支取",
        "转出",
    ),
    "amount": ("交易金额", "发生额", "交易额", "发生金额", "金额"),
    "direction": ("借贷标志", "借贷标识", "借贷方向", "收支标志", "收支方向", "收付标志", "收支类型", "借贷", "收支"),
    "balance": ("本次余额", "账户余额", "交易后余额", "当前余额", "可用余额", "余额"),
    "counterparty": (
        "对方户名",
        "对方名称",
        "对方单位名称",
        "对方账户名称",
        "对方账户名",
        "对手户名",
        "对手方名称",
        "交易对手",
        "对方单位",
        "收付款人名称",
    ),
    "text": ("摘要", "交易用途", "用途", "交易摘要", "摘要说明", "交易说明", "业务摘要"),
    "note": ("备注", "附言", "交易附言", "客户附言", "说明"),
}

_DAY = r"\d{4}(?:\s?[-/.年]\s?\d{1,2}\s?[-/.月]\s?\d{1,2}日?|\d{4})"
_FROM_TO = re.compile(rf"({_DAY})\s*(?:-+|~|至|到|—+|–)\s*({_DAY})")
_FROM = re.compile(rf"(?:起始|开始|起)(?:日期|日)?\D{{0,3}}({_DAY})")
_UNTIL = re.compile(rf"(?:截止|终止|结束|止)(?:日期|日)?\D{{0,3}}({_DAY})")
_ACCOUNT = re.compile(r"(?:账号|帐号|卡号|账户号码)\s*[::]?\s*([\d* -]{4,40})")

_DIRECTION_WORDS = {
    Direction.IN: ("贷", "收", "存", "转入", "入", "进", "c", "+"),
    Direction.OUT: ("借", "支", "付", "取", "转出", "出", "d", "-"),
}


def read_direction(cell: Cell) -> Direction | None:
    """贷, 收入, C … are income; 借, 支出, D … expense; anything else None."""
    text = clean(cell_text(cell)).lower()
    for direction, words in _DIRECTION_WORDS.items():
        if text.startswith(words):
            return direction
    return None


@dataclass(frozen=True)
class Title:
    """What the rows above the header say: the days covered and the account's last four digits, where they do."""

    from_on: date | None = None
    until_on: date | None = None
    tail: str = ""


def read_title(rows: Sequence[Row]) -> Title:
    """Read 起止日期 and 账号 from the title rows."""
    text = " ".join(clean(cell_text(cell)) for row in rows for cell in row if cell != "")
    if both := _FROM_TO.search(text):
        days = read_day(both.group(1)), read_day(both.group(2))
    else:
        days = _day_after(_FROM, text), _day_after(_UNTIL, text)
    account = _ACCOUNT.search(text)
    digits = "".join(char for char in account.group(1) if char.isdigit()) if account else ""
    return Title(*days, tail=digits[-4:] if len(digits) >= 4 else "")


def _day_after(word: re.Pattern[str], text: str) -> date | None:
    match = word.search(text)
    return read_day(match.group(1)) if match else None


def recognise(rows: Sequence[Row], remembered: Mapping[str, str]) -> Header | None:
    """The header and its columns: as remembered for this account where every label is there, else by the usual ones.

    `remembered` maps fields to the label confirmed last time; "" means that the bank has no such column.
    """
    told = {field: (label,) for field, label in remembered.items() if label}
    header = find_header(rows, told) if told else None
    if header and {field: (header.labels[column],) for field, column in header.columns.items()} == told:
        return header
    return find_header(rows, SYNONYMS)


def corrected(rows: Sequence[Row], *, row: int, columns: Mapping[str, int]) -> Header:
    """The header as a person corrected it; `row` counts from 0, fields without a column are left out."""
    plain = header_at(rows, row, {})
    return Header(row, plain.labels, {field: column for field, column in columns.items() if field in FIELDS})


def missing_columns(header: Header) -> list[str]:
    """What must still be told before lines can be read, in words."""
    has = header.columns
    missing = [] if "on" in has else ["没有找到“交易日期”列"]
    if "amount" not in has and not ("income" in has and "expense" in has):
        missing.append("没有找到金额：须有“收入金额”和“支出金额”两列，或“金额（收支同列）”一列")
    return missing


def remember(header: Header) -> dict[str, str]:
    """Field → label for next time; "" for fields the bank does not have."""
    return {
        field: header.labels[header.columns[field]] if field in header.columns else ""
        for field in FIELDS
        if field not in header.columns or header.labels[header.columns[field]]
    }
