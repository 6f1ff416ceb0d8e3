"""One entry: entered by hand, shown with its vouchers, taken back, corrected."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from accounts.permissions import PersonRequest
from files.services import serve, verify_stored
from finance.forms.ledger import CorrectionForm, PostingForm, ReversalForm, VoucherForm, new_form_key
from finance.models import Entry, Voucher
from finance.permissions import book_right
from finance.services.corrections import correct_entry, reverse_entry
from finance.services.entries import record_entry
from finance.services.ledger import published_quarters
from finance.services.publicity import is_disclosed, mark_voucher
from finance.services.vouchers import attach_voucher
from finance.views.doors import (
    account_to_keep,
    entry_to_keep,
    entry_to_read,
    refuse_beyond,
    right_to_keep,
    standing,
)
from kernel.days import today
from kernel.errors import DomainError, NotAllowedError
from kernel.periods import Cadence, Period


def _tell_if_published(request: HttpRequest, *entries: Entry) -> None:
    """A published quarter's figures are frozen: who changes its books is told that a correction is due."""
    published = published_quarters(entries[0].account)
    changed = {
        period for entry in entries if (period := Period.containing(entry.on, Cadence.QUARTER)).code in published
    }
    for period in sorted(changed):
        messages.warning(request, f"{period.label}已公示，已公示季度有变动，请更正公示。")


@require_http_methods(["GET", "POST"])
@login_required
def enter(request: PersonRequest, public_id: str) -> HttpResponse:
    """记一笔: one posting by hand, with its vouchers; the same form sent twice makes one entry."""
    account, right = account_to_keep(request, public_id)
    day = today() if right.covers(today()) else max(right.owed or ()).last
    form = PostingForm(
        request.POST or None,
        request.FILES or None,
        by=request.user,
        right=right,
        initial={"form_key": new_form_key(), "on": day},
    )
    if form.is_valid():
        try:
            entry = record_entry(
                account,
                form.posting(),
                vouchers=form.proofs(),
                form_key=form.cleaned_data["form_key"],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, f"已记账：{entry}。")
            _tell_if_published(request, entry)
            if "again" in request.POST:
                return redirect("finance:enter", account.public_id)
            return redirect("finance:entry", entry.public_id)
    if form.is_bound:
        form.keep_files()
    return render(request, "finance/ledger/enter.html", {"form": form, "account": account, "right": right})


def _entry_context(request: HttpRequest, entry: Entry) -> dict[str, Any]:
    disclosed = is_disclosed(entry)
    vouchers = [
        {
            "voucher": voucher,
            "is_whole": verify_stored(voucher.file),
            "is_out": voucher.is_public and disclosed,
            "asked": list(voucher.take_backs.all())[-1:],
        }
        for voucher in entry.vouchers.select_related("file").prefetch_related("take_backs")
    ]
    reversal = getattr(entry, "reversed_by", None)
    return {
        "entry": entry,
        "account": entry.account,
        "vouchers": vouchers,
        "reversal": reversal,
        "right": book_right(standing(request), entry.account),
        "may_correct": entry.reverses_id is None and reversal is None,
    }


@require_GET
@login_required
def entry(request: PersonRequest, public_id: str) -> HttpResponse:
    """An entry with its vouchers, beside its reversal or its original."""
    return render(request, "finance/ledger/entry.html", _entry_context(request, entry_to_read(request, public_id)))


def _is_published(entry: Entry) -> bool:
    return Period.containing(entry.on, Cadence.QUARTER).code in published_quarters(entry.account)


@require_http_methods(["GET", "POST"])
@login_required
def reverse(request: PersonRequest, public_id: str) -> HttpResponse:
    """冲正: take an entry back, with the reason."""
    entry, right = entry_to_keep(request, public_id)
    form = ReversalForm(request.POST or None, entry=entry, on=today(), right=right, published=_is_published(entry))
    if form.is_valid():
        try:
            reversal = reverse_entry(
                entry, reason=form.cleaned_data["reason"], on=form.on, by=request.user, at=timezone.now()
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "已冲正，原流水和冲正会并列显示。")
            _tell_if_published(request, reversal)
            return redirect("finance:entry", reversal.public_id)
    return render(request, "finance/ledger/reverse.html", {"form": form, "entry": entry, "account": entry.account})


@require_http_methods(["GET", "POST"])
@login_required
def correct(request: PersonRequest, public_id: str) -> HttpResponse:
    """更正: reversal and the right entry in one act."""
    entry, right = entry_to_keep(request, public_id)
    form = CorrectionForm(request.POST or None, entry=entry, on=today(), right=right, published=_is_published(entry))
    if form.is_valid():
        try:
            corrected = correct_entry(
                entry, form.posting(), reason=form.cleaned_data["reason"], by=request.user, at=timezone.now()
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "已更正：原流水已冲正，并按更正后的内容重新记账。")
            _tell_if_published(request, corrected)
            return redirect("finance:entry", corrected.public_id)
    return render(request, "finance/ledger/correct.html", {"form": form, "entry": entry, "account": entry.account})


@require_http_methods(["GET", "POST"])
@login_required
def add_vouchers(request: PersonRequest, public_id: str) -> HttpResponse:
    """Add vouchers to an entry made before."""
    entry, _ = entry_to_keep(request, public_id)
    form = VoucherForm(request.POST or None, request.FILES or None, by=request.user)
    if form.is_valid():
        try:
            for proof in form.proofs():
                attach_voucher(entry, proof, by=request.user, at=timezone.now())
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "凭证已上传。")
            return redirect("finance:entry", entry.public_id)
    if form.is_bound:
        form.keep_files()
    return render(request, "finance/ledger/vouchers.html", {"form": form, "entry": entry, "account": entry.account})


@require_GET
@login_required
def voucher(request: PersonRequest, public_id: str) -> FileResponse:
    """The voucher's file, for whoever may see the books, and for owners where it is public and disclosed."""
    found = get_object_or_404(Voucher.objects.visible_to(standing(request)).select_related("file"), public_id=public_id)
    return serve(found.file, inline=True)


@require_POST
@login_required
def voucher_publicity(request: PersonRequest, public_id: str) -> HttpResponse:
    """Switch the 可公开 mark; only the books' keepers."""
    vouchers = Voucher.objects.visible_to(standing(request))
    found = get_object_or_404(vouchers.select_related("entry__account__compound__village"), public_id=public_id)
    refuse_beyond(right_to_keep(request, found.entry.account), found.entry.on)
    try:
        mark_voucher(found, is_public=request.POST.get("is_public") == "1", by=request.user)
    except NotAllowedError:
        raise
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("finance:take_back", found.public_id)
    messages.success(request, f"“{found.title}”已设为{'可公开' if found.is_public else '不公开'}。")
    return redirect("finance:entry", found.entry.public_id)
