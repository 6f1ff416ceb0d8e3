"""What stands against publishing a quarter: the same checks at submission, review and publication (clause 4.3.1)."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from finance.models import DisclosureDraft, LedgerAccount
from finance.rules import OTHER_SHARE_WARNING_PERCENT, Category
from finance.services.figures import Figures, bank_before, last_day_of, opening_of, own_accounts, reconciling_items
from finance.services.ledger import entries_in
from finance.services.statements import bank_balance_on, lines_not_booked, statement_reaching
from kernel.days import long_date
from kernel.errors import DomainError
from kernel.money import from_fen, yuan
from kernel.periods import Period


@dataclass(frozen=True)
class Problem:
    """Why a disclosure cannot be published yet, and what kind of work removes it."""

    code: str
    message: str


def _moved(account: LedgerAccount, period: Period) -> bool:
    """Whether the books or the bank know anything of the account in the quarter."""
    return entries_in(account, period).exists() or account.lines.filter(on__range=(period.first, period.last)).exists()


def nil_refusal(draft: DisclosureDraft) -> str:
    """Why 本季度无收支 cannot be said of the account, or not yet; empty where it can.

    Where another account of the bearer moved, that one is published first: no paper says 无收支 before it.
    """
    obligation, period = draft.obligation, draft.obligation.period_value
    if _moved(draft.account, period):
        return "本季度账上或对账单中有收支，不能作“本季度无收支”公示。"
    published = set(obligation.disclosures.values_list("account", flat=True))
    for account in own_accounts(obligation):
        if account != draft.account and account.pk not in published and _moved(account, period):
            return (
                f"本单位尾号 {account.number_tail} 的账户本季有收支：请先公示那个账户，再为本账户作“本季度无收支”公示。"
            )
    return ""


def problems_of(draft: DisclosureDraft, figures: Figures) -> list[Problem]:
    """Everything that stands against publishing these figures; empty when they may be published."""
    checks = (_nil_problem, _opening_problem, _bank_problem)
    return [problem for check in checks for problem in check(draft, figures)]


def _nil_problem(draft: DisclosureDraft, figures: Figures) -> Iterable[Problem]:
    if draft.is_nil and (refusal := nil_refusal(draft)):
        yield Problem("nil", refusal)
    if not draft.is_nil and not figures["items"] and not _moved(draft.account, draft.obligation.period_value):
        yield Problem("nil", "本季度账上没有任何收支：如确实没有，请勾选“本季度无收支”。")


def _opening_problem(draft: DisclosureDraft, figures: Figures) -> Iterable[Problem]:
    """Opening = last published closing; where nothing was published before, = the bank's balance before the quarter."""
    period = draft.obligation.period_value
    opening = opening_of(draft.account, period)
    if opening.published is not None and opening.published.closing != opening.amount:
        yield Problem(
            "opening",
            f"账面期初 {yuan(opening.amount)} 元，上季公示结余 {yuan(opening.published.closing)} 元："
            "上季公示后账目有变动，请先更正上季公示，或冲正改动。",
        )
    if figures["opening_basis"] == "statement":
        yield from _unproven_opening(draft, opening.amount)


def _unproven_opening(draft: DisclosureDraft, amount: Decimal) -> Iterable[Problem]:
    account, first = draft.account, draft.obligation.period_value.first
    bank = bank_before(account, first)
    if bank is None:
        yield Problem(
            "statement", "上季未公示，期初余额须由银行对账单证明：请导入包含上季最后一日或自本季首日起的对账单。"
        )
        return
    explained = sum(item.amount for item in reconciling_items(draft) if item.line and item.line.on < first)
    if bank + explained != amount:
        yield Problem(
            "opening",
            f"账面期初 {yuan(amount)} 元，银行对账单期初 {yuan(bank)} 元，两者不符：请补记上季账目。",
        )


def _bank_problem(draft: DisclosureDraft, figures: Figures) -> Iterable[Problem]:
    """The statement reaches the account's last day, every line is booked or listed, and bank ± listed = closing."""
    account, last = draft.account, last_day_of(draft.account, draft.obligation.period_value)
    bank = bank_balance_on(account, last)
    if statement_reaching(account, last) is None or bank is None:
        yield Problem("statement", f"银行对账单没有到 {long_date(last)}，请导入到这一天的对账单。")
        return
    listed = reconciling_items(draft)
    unbooked = lines_not_booked(account, last).exclude(pk__in=[item.line_id for item in listed if item.line_id])
    if count := unbooked.count():
        yield Problem("lines", f"还有 {count} 行银行明细没有入账，也没有列为未达账项。")
    adjusted = bank + sum((item.amount for item in listed), Decimal(0))
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


def refuse_problems(draft: DisclosureDraft, figures: Figures) -> None:
    """Raise DomainError with everything that stands against publishing."""
    if problems := problems_of(draft, figures):
        raise DomainError("；".join(problem.message.rstrip("。") for problem in problems) + "。")
