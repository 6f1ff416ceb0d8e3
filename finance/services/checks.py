"""What stands against publishing a quarter: the same checks at submission, review and publication (clause 4.3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from finance.rules import OTHER_SHARE_WARNING_PERCENT, Category
from finance.services.figures import Figures
from finance.services.quarter import Quarter, last_day_of
from kernel.days import long_date
from kernel.errors import DomainError
from kernel.money import from_fen, yuan


@dataclass(frozen=True)
class Problem:
    """Why a disclosure cannot be published yet, and what kind of work removes it."""

    code: str
    message: str


def nil_refusal(quarter: Quarter) -> str:
    """Why 本季度无收支 cannot be said of the account, or not yet; empty where it can.

    Where another account of the bearer moved, that one is published first: no paper says 无收支 before it.
    """
    if quarter.drawn.has_moved:
        return "本季度账上或对账单中有收支，不能作“本季度无收支”公示。"
    published = {version.account_id for version in quarter.versions}
    for other in quarter.others:
        if other.has_moved and other.account.pk not in published:
            return (
                f"本单位尾号 {other.account.number_tail} 的账户本季有收支："
                "请先公示那个账户，再为本账户作“本季度无收支”公示。"
            )
    return ""


def problems_of(quarter: Quarter, figures: Figures) -> list[Problem]:
    """Everything that stands against publishing these figures; empty when they may be published."""
    checks = (_nil_problem, _opening_problem, _bank_problem)
    return [problem for check in checks for problem in check(quarter, figures)]


def _nil_problem(quarter: Quarter, figures: Figures) -> Iterable[Problem]:
    is_nil = quarter.draft.is_nil
    if is_nil and (refusal := nil_refusal(quarter)):
        yield Problem("nil", refusal)
    if not is_nil and not figures["items"] and not quarter.drawn.has_moved:
        yield Problem("nil", "本季度账上没有任何收支：如确实没有，请勾选“本季度无收支”。")


def _opening_problem(quarter: Quarter, figures: Figures) -> Iterable[Problem]:
    """Opening = last published closing; where nothing was published before, = the bank's balance before the quarter."""
    opening = quarter.opening
    if opening.published is not None and opening.published.closing != opening.amount:
        yield Problem(
            "opening",
            f"账面期初 {yuan(opening.amount)} 元，上季公示结余 {yuan(opening.published.closing)} 元："
            "上季公示后账目有变动，请先更正上季公示，或冲正改动。",
        )
    if figures["opening_basis"] == "statement":
        yield from _unproven_opening(quarter, opening.amount)


def _unproven_opening(quarter: Quarter, amount: Decimal) -> Iterable[Problem]:
    bank, first = quarter.drawn.bank_before, quarter.period.first
    if bank is None:
        yield Problem(
            "statement", "上季未公示，期初余额须由银行对账单证明：请导入包含上季最后一日或自本季首日起的对账单。"
        )
        return
    explained = sum(item.amount for item in quarter.listed if item.line and item.line.on < first)
    if bank + explained != amount:
        yield Problem(
            "opening",
            f"账面期初 {yuan(amount)} 元，银行对账单期初 {yuan(bank)} 元，两者不符：请补记上季账目。",
        )


def _bank_problem(quarter: Quarter, figures: Figures) -> Iterable[Problem]:
    """The statement reaches the account's last day, every line is booked or listed, and bank ± listed = closing."""
    bank = quarter.drawn.bank_until
    if bank is None:
        last = last_day_of(quarter.drawn.account, quarter.period)
        yield Problem("statement", f"银行对账单没有到 {long_date(last)}，请导入到这一天的对账单。")
        return
    if count := len(quarter.unexplained):
        yield Problem("lines", f"还有 {count} 行银行明细没有入账，也没有列为未达账项。")
    adjusted = bank + sum((item.amount for item in quarter.listed), Decimal(0))
    closing = from_fen(figures["closing"])
    if not count and adjusted != closing:
        yield Problem(
            "balance",
            f"银行余额 {yuan(bank)} 元加减未达账项为 {yuan(adjusted)} 元，账面结余 {yuan(closing)} 元，"
            f"相差 {yuan(abs(adjusted - closing))} 元。",
        )


def warnings_of(figures: Figures) -> list[str]:
    """What does not stop publishing but must be seen: a further account, 其他 above a tenth of its side."""
    found = [
        f"本单位另有账户（尾号 {other['tail']}），须另行公示：各账户都公示并张贴齐，本季才算完成。"
        for other in figures["others"]
    ]
    for code, side, total in (
        (Category.I99, "收入", figures["income"]),
        (Category.E99, "支出", figures["expense"]),
    ):
        amount = next((row["amount"] for row in figures["categories"] if row["code"] == code), 0)
        if amount > 0 and amount * 100 > OTHER_SHARE_WARNING_PERCENT * total:
            found.append(f"“{code.label}”占{side}的 {OTHER_SHARE_WARNING_PERCENT}% 以上，请细分科目或在说明中写明。")
    return found


def refuse_problems(quarter: Quarter, figures: Figures) -> None:
    """Raise DomainError with everything that stands against publishing."""
    if problems := problems_of(quarter, figures):
        raise DomainError("；".join(problem.message.rstrip("。") for problem in problems) + "。")
