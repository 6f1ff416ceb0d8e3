"""Bank statements: the list and its gaps, upload, preview, confirmation, a quarter without movements."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import PersonRequest
from files.services import serve
from finance.forms.statements import (
    ColumnsForm,
    ConfirmForm,
    NilStatementForm,
    StatementFileForm,
    WithdrawalForm,
)
from finance.models import BankStatement, LedgerAccount, StatementLine, StatementUpload
from finance.permissions import BookRight, book_right
from finance.services.statement_preview import (
    Preview,
    correct_days,
    correct_upload,
    preview,
    upload_statement,
)
from finance.services.statements import gaps, import_statement, record_nil_statement
from finance.services.withdrawal import withdraw_statement
from finance.views.doors import account_to_keep, account_to_read, beyond, refuse_beyond, right_to_keep, standing
from kernel.days import today
from kernel.errors import DomainError
from kernel.periods import Cadence, Period

_ROWS_SHOWN = 15
_LINES_SHOWN = 200
_PROBLEMS_SHOWN = 20


@require_GET
@login_required
def statements(request: PersonRequest, public_id: str) -> HttpResponse:
    """Every statement of an account, and where they do not join."""
    account = account_to_read(request, public_id)
    listed = list(account.statements.select_related("imported_by").order_by("from_on", "until_on", "id"))
    return render(
        request,
        "finance/ledger/statements.html",
        {
            "account": account,
            "statements": listed[::-1],
            "withdrawn": BankStatement.recorded.filter(account=account, withdrawal__isnull=False)
            .select_related("withdrawal__withdrawn_by")
            .order_by("-pk"),
            "gaps": gaps(account, listed),
            "right": book_right(standing(request), account),
            "waiting": account.lines.not_booked().count(),
        },
    )


@require_http_methods(["GET", "POST"])
@login_required
def upload(request: PersonRequest, public_id: str) -> HttpResponse:
    """Hand in a bank's file; nothing is booked before it was looked at and confirmed."""
    account, _ = account_to_keep(request, public_id)
    form = StatementFileForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            uploaded = upload_statement(account, form.cleaned_data["file"], by=request.user, at=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            return redirect("finance:statement_upload", uploaded.public_id)
    return render(request, "finance/ledger/statement_upload.html", {"form": form, "account": account})


def _uploaded(request: HttpRequest, public_id: str) -> tuple[StatementUpload, BookRight]:
    accounts = LedgerAccount.objects.visible_to(standing(request))
    uploaded = get_object_or_404(
        StatementUpload.objects.filter(account__in=accounts).select_related(
            "account__compound__village__town", "account__holder_body", "account__holder_firm", "file", "statement"
        ),
        public_id=public_id,
    )
    return uploaded, right_to_keep(request, uploaded.account)


@require_http_methods(["GET", "POST"])
@login_required
def look(request: PersonRequest, public_id: str) -> HttpResponse:
    """What taking the file in would do; columns, days and opening balance can be corrected by hand."""
    uploaded, _ = _uploaded(request, public_id)
    if uploaded.statement is not None:
        return redirect("finance:statement", uploaded.statement.public_id)
    shown = preview(uploaded, on=today())
    columns = ColumnsForm(request.POST or None, shown=shown)
    if request.method == "POST" and columns.is_valid():
        told = columns.cleaned_data
        correct_upload(
            uploaded,
            header_row=told["header_row"] - 1,
            columns=columns.columns(),
            opening_balance=told.get("opening_balance"),
        )
        return redirect("finance:statement_upload", uploaded.public_id)
    return render(request, "finance/ledger/statement_preview.html", _preview_context(shown, columns))


def _preview_context(
    shown: Preview, columns: ColumnsForm, confirmation: ConfirmForm | None = None
) -> dict[str, object]:
    """The preview, the head of the sheet as the bank wrote it, and both forms."""
    labels = {column: ColumnsForm.label_of(name) for name, column in shown.header.columns.items()}
    head = [
        {"number": number, "cells": row, "is_header": number == shown.header.row + 1}
        for number, row in enumerate(shown.table.rows[:_ROWS_SHOWN], start=1)
    ]
    return {
        "shown": shown,
        "account": shown.upload.account,
        "columns": columns,
        "confirm": confirmation or ConfirmForm(initial={"from_on": shown.from_on, "until_on": shown.until_on}),
        "head": head,
        "roles": [labels.get(column, "") for column in range(len(shown.header.labels))],
        "lines": [line for line, _ in shown.new[:_LINES_SHOWN]],
        "problems": shown.problems[:_PROBLEMS_SHOWN],
        "more_problems": max(0, len(shown.problems) - _PROBLEMS_SHOWN),
    }


def _within(form: ConfirmForm | NilStatementForm, right: BookRight) -> bool:
    """Whether the days in the form are the person's to enter; otherwise the field says which are."""
    days = [day for day in (form.cleaned_data["from_on"], form.cleaned_data["until_on"]) if day is not None]
    if all(right.covers(day) for day in days):
        return True
    form.add_error("from_on", beyond(right))
    return False


@require_POST
@login_required
def confirm(request: PersonRequest, public_id: str) -> HttpResponse:
    """Take the previewed statement in, with the days as they stand in the form."""
    uploaded, right = _uploaded(request, public_id)
    form = ConfirmForm(request.POST)
    statement = None
    if form.is_valid() and _within(form, right):
        told = form.cleaned_data
        correct_days(uploaded, from_on=told["from_on"], until_on=told["until_on"])
        try:
            statement = import_statement(
                uploaded, acknowledged=told["acknowledged"], by=request.user, at=timezone.now()
            )
        except DomainError as error:
            form.refuse(error)
    if statement is None:
        shown = preview(uploaded, on=today())
        context = _preview_context(shown, ColumnsForm(shown=shown), form)
        return render(request, "finance/ledger/statement_preview.html", context)
    waiting = uploaded.account.lines.not_booked().count()
    messages.success(request, f"对账单已导入，新明细 {statement.lines.count()} 笔。")
    return redirect("finance:lines" if waiting else "finance:statements", uploaded.account.public_id)


@require_http_methods(["GET", "POST"])
@login_required
def nil(request: PersonRequest, public_id: str) -> HttpResponse:
    """Enter that the bank moved nothing in a period, with its paper."""
    account, right = account_to_keep(request, public_id)
    quarter = Period.containing(today(), Cadence.QUARTER).previous()
    form = NilStatementForm(
        request.POST or None,
        request.FILES or None,
        by=request.user,
        initial={"from_on": max(quarter.first, account.opened_on), "until_on": quarter.last},
    )
    if form.is_valid() and _within(form, right):
        told = form.cleaned_data
        try:
            record_nil_statement(
                account,
                form.sources()[-1],
                from_on=told["from_on"],
                until_on=told["until_on"],
                balance=told["balance"],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "已登记：这段时间银行没有收支。")
            return redirect("finance:statements", account.public_id)
    if form.is_bound:
        form.keep_files()
    return render(request, "finance/ledger/statement_nil.html", {"form": form, "account": account})


def _statement(request: HttpRequest, public_id: str) -> BankStatement:
    """Also one that was withdrawn: it stays in the record."""
    found = BankStatement.recorded.visible_to(standing(request))
    return get_object_or_404(
        found.select_related(
            "account__compound__village__town",
            "account__holder_body",
            "account__holder_firm",
            "file",
            "imported_by",
            "withdrawal__withdrawn_by",
        ),
        public_id=public_id,
    )


@require_GET
@login_required
def statement(request: PersonRequest, public_id: str) -> HttpResponse:
    """One statement with the lines it brought."""
    found = _statement(request, public_id)
    lines = StatementLine.recorded.filter(statement=found).prefetch_related("entries__reversed_by").order_by("order")
    rows = [
        {"line": line, "entry": next((e for e in line.entries.all() if not hasattr(e, "reversed_by")), None)}
        for line in lines
    ]
    return render(
        request,
        "finance/ledger/statement.html",
        {
            "statement": found,
            "account": found.account,
            "rows": rows,
            "withdrawal": getattr(found, "withdrawal", None),
            "right": book_right(standing(request), found.account),
        },
    )


@require_http_methods(["GET", "POST"])
@login_required
def withdraw(request: PersonRequest, public_id: str) -> HttpResponse:
    """Take back a statement that was taken in by mistake."""
    found = _statement(request, public_id)
    refuse_beyond(right_to_keep(request, found.account), found.from_on, found.until_on)
    form = WithdrawalForm(request.POST or None)
    if form.is_valid():
        try:
            withdraw_statement(found, reason=form.cleaned_data["reason"], by=request.user, at=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "对账单已撤回，可以重新导入正确的文件。")
            return redirect("finance:statements", found.account.public_id)
    return render(request, "finance/ledger/withdraw.html", {"form": form, "statement": found, "account": found.account})


@require_GET
@login_required
def statement_file(request: PersonRequest, public_id: str) -> FileResponse:
    """The bank's file or paper as it was handed in."""
    return serve(_statement(request, public_id).file, inline=True)
