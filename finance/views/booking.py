"""From the bank into the books: all lines on one page, taken in by one act, or one by one with vouchers."""

from decimal import Decimal

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import PersonRequest
from accounts.services.typed import typed_before
from finance.forms.booking import LINES_PER_PAGE, BookingForm
from finance.forms.splitting import SplitForm, VouchersForm
from finance.forms.statements import LineForm
from finance.models import LedgerAccount, StatementLine
from finance.permissions import BookRight
from finance.services.booking import book_line, book_lines, book_parts, lines_to_book, probably_booked_by_hand, suggest
from finance.views.doors import account_to_keep, right_to_keep, standing
from kernel.errors import DomainError


def _form(account: LedgerAccount, lines: list[StatementLine], data: QueryDict | None = None) -> BookingForm:
    shown = lines[:LINES_PER_PAGE]
    return BookingForm(
        shown, proposed=suggest(account, shown), twins=probably_booked_by_hand(account, shown), data=data
    )


def _waiting(account: LedgerAccount, right: BookRight) -> list[StatementLine]:
    return [line for line in lines_to_book(account) if right.covers(line.on)]


@require_http_methods(["GET", "POST"])
@login_required
def lines(request: PersonRequest, public_id: str) -> HttpResponse:
    """Bank lines not in the books, grouped by payer and text, with what is proposed; one press takes the ticked in."""
    account, right = account_to_keep(request, public_id)
    waiting = _waiting(account, right)
    form = _form(account, waiting, request.POST if request.method == "POST" else typed_before())
    if request.method == "POST":
        chosen = form.choices()
        ticked = {told for told in request.POST.getlist("line") if told.isalnum()}
        gone = account.lines.filter(public_id__in=ticked - {line.public_id for line in waiting}).count()
        try:
            if not chosen and not gone:
                raise DomainError("没有可入账的明细：请勾选明细，并为它们选好科目。")
            booked = book_lines(account, chosen, by=request.user, at=timezone.now())
        except DomainError as error:
            form.error = error.message
        else:
            already = len(booked.already) + gone
            if booked.entries:
                messages.success(request, f"已入账 {len(booked.entries)} 笔。")
            if already:
                messages.warning(request, f"其中 {already} 笔刚刚已由他人入账，没有重复记账。")
            left = len(waiting) - len(booked.entries) - len(booked.already)
            return redirect("finance:lines" if left else "finance:account", account.public_id)
    return render(
        request,
        "finance/ledger/lines.html",
        {"account": account, "form": form, "total": len(waiting), "more": max(0, len(waiting) - LINES_PER_PAGE)},
    )


def _line_to_book(request: PersonRequest, public_id: str) -> StatementLine:
    """A bank line the person may take in, with `left_amount`; who left, of the quarters they still owe."""
    accounts = LedgerAccount.objects.visible_to(standing(request))
    found: StatementLine = get_object_or_404(
        StatementLine.objects.filter(account__in=accounts)
        .with_left()
        .select_related(
            "account__compound__village__town", "account__holder_body", "account__holder_firm", "statement"
        ),
        public_id=public_id,
    )
    if not right_to_keep(request, found.account).covers(found.on):
        raise PermissionDenied
    return found


@require_http_methods(["GET", "POST"])
@login_required
def line(request: PersonRequest, public_id: str) -> HttpResponse:
    """One bank line, with its vouchers."""
    found = _line_to_book(request, public_id)
    account = found.account
    form = LineForm(
        request.POST or None,
        request.FILES or None,
        by=request.user,
        line=found,
        proposed=suggest(account, [found]).get(found.pk, ""),
    )
    if form.is_valid():
        try:
            entry = book_line(found, form.choice(), vouchers=form.proofs(), by=request.user, at=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"已入账：{entry}。")
            return redirect("finance:lines", account.public_id)
    if form.is_bound:
        form.keep_files()
    twin = probably_booked_by_hand(account, [found]).get(found.pk)
    return render(request, "finance/ledger/line.html", {"form": form, "line": found, "account": account, "twin": twin})


@require_http_methods(["GET", "POST"])
@login_required
def split(request: PersonRequest, public_id: str) -> HttpResponse:
    """One bank line that holds several things: a row for each, more rows by a button, together the line's amount."""
    found = _line_to_book(request, public_id)
    left: Decimal = getattr(found, "left_amount", found.amount)
    is_post = request.method == "POST"
    form = SplitForm(found, left, request.POST if is_post else typed_before())
    vouchers = VouchersForm(request.POST if is_post else None, request.FILES if is_post else None, by=request.user)
    if is_post and vouchers.is_valid():
        if request.POST.get("act") == "add":
            form.add_row()
        elif (parts := form.chosen()) is not None:
            try:
                made = book_parts(found, parts, vouchers=vouchers.proofs(), by=request.user, at=timezone.now())
            except DomainError as error:
                (vouchers if error.field == "vouchers" else form).refuse(error)
            else:
                messages.success(request, f"已拆成 {len(made)} 笔入账。")
                return redirect("finance:lines", found.account.public_id)
    if is_post:
        vouchers.keep_files()
    context = {"form": form, "vouchers": vouchers, "line": found, "account": found.account}
    return render(request, "finance/ledger/split.html", context)
