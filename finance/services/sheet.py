"""A frozen disclosure as people read it; page, poster and spreadsheet are made from this alone."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from finance.models import Disclosure
from finance.rules import Category
from finance.services.figures import Figures
from kernel.days import local_day
from kernel.money import from_fen, yuan
from notices.rules import Place


@dataclass(frozen=True)
class CategoryRow:
    """One category of a side, positive on its own side."""

    code: str
    name: str
    amount: Decimal
    count: int
    share: str


@dataclass(frozen=True)
class Line:
    """One posting; `amount` is its effect on the balance. `entry` is the posting's public id."""

    number: int
    entry: str
    on: date
    category: str
    counterparty: str
    text: str
    amount: Decimal
    vouchers: int
    remark: str
    is_income: bool

    @property
    def on_side(self) -> Decimal:
        """The amount as its own side counts it: a reversed income is negative income."""
        return self.amount if self.is_income else -self.amount


@dataclass(frozen=True)
class Reconciled:
    """One item between the bank's balance and the books."""

    on: date | None
    text: str
    amount: Decimal
    reason: str


class Sheet:
    """Reads frozen (or freshly drawn) figures. Amounts in yuan."""

    def __init__(self, figures: Figures) -> None:
        self.figures = figures
        self.opening, self.income, self.expense, self.closing, self.cost, self.benefit = (
            from_fen(figures[key]) for key in ("opening", "income", "expense", "closing", "cost", "benefit")
        )
        self.period_first = date.fromisoformat(figures["period"]["first_on"])
        self.period_last = date.fromisoformat(figures["period"]["last_on"])
        self.basis = Disclosure.Opening(figures["opening_basis"])
        self.is_nil = bool(figures["nil"])

    @property
    def incomes(self) -> list[CategoryRow]:
        return self._side("I", self.figures["income"])

    @property
    def expenses(self) -> list[CategoryRow]:
        return self._side("E", self.figures["expense"])

    def _side(self, letter: str, total: int) -> list[CategoryRow]:
        rows = [row for row in self.figures["categories"] if row["code"].startswith(letter)]
        rows.sort(key=lambda row: -row["amount"])
        return [
            CategoryRow(row["code"], row["name"], from_fen(row["amount"]), row["count"], _share(row["amount"], total))
            for row in rows
        ]

    @property
    def income_bars(self) -> list[tuple[str, Decimal, str]]:
        return _bars(self.incomes)

    @property
    def expense_bars(self) -> list[tuple[str, Decimal, str]]:
        return _bars(self.expenses)

    @property
    def lines(self) -> list[Line]:
        numbers = {item["id"]: number for number, item in enumerate(self.figures["items"], 1)}
        return [
            Line(
                number=numbers[item["id"]],
                entry=item["id"],
                on=date.fromisoformat(item["on"]),
                category=Category(item["category"]).label,
                counterparty=item["counterparty"],
                text=item["text"],
                amount=from_fen(item["amount"]),
                vouchers=len(item["vouchers"]),
                remark=_remark(item, numbers),
                is_income=item["category"].startswith("I"),
            )
            for item in self.figures["items"]
        ]

    @property
    def bank_on(self) -> date:
        """The day of the bank's balance: the quarter's last, or the last of an account closed within it."""
        until = self.figures["reconciliation"]["until"]
        return date.fromisoformat(until) if until else self.period_last

    @property
    def bank(self) -> Decimal:
        return from_fen(self.figures["reconciliation"]["bank"])

    @property
    def reconciled(self) -> list[Reconciled]:
        return [
            Reconciled(
                on=date.fromisoformat(item["on"]) if item["on"] else None,
                text=" ".join(filter(None, (item["counterparty"], item["text"]))),
                amount=from_fen(item["amount"]),
                reason=item["reason"],
            )
            for item in self.figures["reconciliation"]["items"]
        ]

    @property
    def others(self) -> list[str]:
        """Further accounts of the same bearer, each in one sentence."""
        return [
            f"{other['name']}（{other['bank']}，尾号 {other['tail']}）：本季收入 {_words(other['income'])} 元，"
            f"支出 {_words(other['expense'])} 元，结余 {_words(other['closing'])} 元"
            for other in self.figures["others"]
        ]

    @property
    def published_on(self) -> date:
        return local_day(datetime.fromisoformat(self.figures["published_at"]))

    @property
    def signatures(self) -> list[tuple[str, str, date]]:
        """Who prepared, reviewed and answers for it: what, post and name, day."""
        return [
            (
                label,
                f"{self.figures[key]['post']} {self.figures[key]['name']}",
                date.fromisoformat(self.figures[key]["on"]),
            )
            for key, label in (("prepared", "编制"), ("reviewed", "审核"), ("published", "负责人"))
        ]

    @property
    def places(self) -> list[str]:
        return [Place(place).label for place in self.figures["places"]]


def _bars(rows: list[CategoryRow]) -> list[tuple[str, Decimal, str]]:
    """Label, value, words; what was wholly reversed stands in the table only."""
    return [(row.name, row.amount, yuan(row.amount)) for row in rows if row.amount]


def _words(fen: int) -> str:
    return yuan(from_fen(fen))


def _share(part: int, total: int) -> str:
    """A rounded share in words; nothing where reversals make a share meaningless."""
    return f"{(200 * part + total) // (2 * total)}%" if total > 0 and 0 <= part <= total else ""


def _remark(item: dict[str, Any], numbers: dict[str, int]) -> str:
    def named(entry: str) -> str:
        return f"第 {numbers[entry]} 笔" if entry in numbers else "以前季度的一笔"

    parts = []
    if item["reverses"]:
        parts.append(f"冲正{named(item['reverses'])}：{item['reason']}")
    if item["reversed_by"]:
        later = item["reversed_by"] not in numbers
        parts.append("已在以后季度冲正" if later else f"已由{named(item['reversed_by'])}冲正")
    return "；".join(parts)
