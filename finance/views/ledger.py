"""The ledger of an account: entries with running balance, filtered, sorted, exported."""

from collections.abc import Iterator

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.http import require_GET

from accounts.permissions import PersonRequest
from files.writing import Sheet, Value, download
from finance.forms.ledger import EntryFilter
from finance.models import Entry, LedgerAccount
from finance.permissions import book_right, may_close_account
from finance.querysets import EntryQuerySet
from finance.rules import Direction, direction_of
from finance.services.bank import gaps
from finance.services.ledger import changed_quarters, figures, running_balances
from finance.views.doors import account_to_read, standing
from kernel.days import today
from kernel.money import yuan

_PER_PAGE = 50
_HEADER = (
    "日期",
    "科目代码",
    "科目",
    "收入（元）",
    "支出（元）",
    "结余（元）",
    "对方",
    "摘要",
    "冲正",
    "凭证数",
    "记账人",
    "记账时间",
)
_WIDTHS = (12, 8, 26, 14, 14, 14, 28, 28, 28, 8, 10, 18)


@require_GET
@login_required
def account(request: PersonRequest, public_id: str) -> HttpResponse:
    """The books of one account."""
    found = account_to_read(request, public_id)
    chosen = EntryFilter(request.GET, account=found, on=today())
    shown = figures(found, chosen.condition, period=chosen.period)
    paginator = Paginator(found.entries.filter(chosen.condition).order_by(*chosen.order).for_display(), _PER_PAGE)
    paginator.count = shown.count
    page = paginator.get_page(request.GET.get("page"))
    after = running_balances(found, list(page.object_list))
    statements = list(found.statements.order_by("from_on", "until_on", "id"))
    return render(
        request,
        "finance/ledger/account.html",
        {
            "account": found,
            "filter": chosen,
            "figures": shown,
            "page": page,
            "rows": [{"entry": entry, "balance": after[entry.pk]} for entry in page],
            "waiting": found.lines.not_booked().count(),
            "last_statement": max(statements, key=lambda one: (one.until_on, one.pk), default=None),
            "gaps": gaps(found, statements),
            "changed": changed_quarters(found),
            "right": book_right(standing(request), found),
            "may_close": found.closed_on is None and may_close_account(standing(request), found),
        },
    )


@require_GET
@login_required
def export(request: PersonRequest, public_id: str) -> HttpResponseBase:
    """The filtered entries as a workbook, in the order of the page."""
    found = account_to_read(request, public_id)
    chosen = EntryFilter(request.GET, account=found, on=today())
    shown = figures(found, chosen.condition, period=chosen.period)
    label = chosen.period.label if chosen.period else "全部"
    notes = [
        f"{found.compound} {found} {label}流水，{today()} 导出",
        f"收入合计 {yuan(shown.income)} 元，支出合计 {yuan(shown.expense)} 元（冲正从本方扣减）",
    ]
    rows = _export_rows(found, found.entries.filter(chosen.condition).order_by(*chosen.order).for_display())
    sheet = Sheet(title=label, header=_HEADER, rows=rows, widths=_WIDTHS, notes=notes)
    return download(f"{found.compound}流水{label}", [sheet])


def _export_rows(account: LedgerAccount, entries: EntryQuerySet) -> Iterator[list[Value]]:
    listed = list(entries)
    after = running_balances(account, listed)
    for entry in listed:
        is_income = direction_of(entry.category) == Direction.IN
        amount = entry.signed if is_income else -entry.signed
        yield [
            entry.on,
            entry.category,
            entry.get_category_display(),
            amount if is_income else None,
            None if is_income else amount,
            after[entry.pk],
            entry.counterparty,
            entry.text,
            _reversal_words(entry),
            entry.proofs,
            entry.entered_by.name,
            entry.entered_at,
        ]


def _reversal_words(entry: Entry) -> str:
    if entry.reverses is not None:
        return f"冲正 {entry.reverses.on} 的流水：{entry.reason}"
    reversal = getattr(entry, "reversed_by", None)
    return f"已于 {reversal.on} 冲正：{reversal.reason}" if reversal else ""
