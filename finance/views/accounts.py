"""Accounts: which there are, opening one, closing one (clause 4.3.1)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from accounts.permissions import PersonRequest
from communities.models import Compound
from communities.permissions import BOOKKEEPERS, Standing
from files.services import serve
from finance.forms.ledger import AccountFilter, AccountForm, CloseForm
from finance.models import LedgerAccount
from finance.permissions import holders_to_open_for, may_close_account
from finance.services.accounts import open_account
from finance.services.closing import close_account
from finance.services.ledger import balances, compounds_without_account
from finance.views.doors import account_to_read, standing
from kernel.days import today
from kernel.errors import DomainError
from kernel.periods import Cadence, Period

_PAGE = 50


@require_GET
@login_required
def accounts(request: PersonRequest) -> HttpResponse:
    """Every account one may see, and the compounds that have none; whoever has just one account goes there."""
    one = standing(request)
    found = (
        LedgerAccount.objects.visible_to(one)
        .select_related("compound__village", "holder_body", "holder_firm")
        .order_by("compound__village__name", "compound__name", "closed_on", "pk")
    )
    form = AccountFilter(request.GET)
    # Who has no post any more has few accounts left to finish, or none and then no such page.
    page = Paginator(found.filter(form.condition) if one.current else found, _PAGE).get_page(request.GET.get("page"))
    shown = list(page)
    if not one.current and not shown:
        raise Http404
    missing = (
        compounds_without_account(one, one.on)
        .exclude(pk__in=one.home_compound_ids - one.committee_compound_ids - one.firm_compound_ids)
        .for_list(one.on)
        .order_by("village__name", "name")
    )
    lacking = Paginator(missing, _PAGE).get_page(1)
    if page.paginator.count == 1 and not lacking.paginator.count and not request.GET.get("q"):
        return redirect("finance:account", shown[0].public_id)
    known = balances(shown)
    context = {
        "form": form,
        "page": page,
        "rows": [{"account": account, "balance": known[account.pk]} for account in shown],
        "lacking": lacking,
        "may_open": {compound.pk for compound in lacking if _may_open_for(one, compound)},
    }
    return render(request, "finance/ledger/accounts.html", context)


def _may_open_for(one: Standing, compound: Compound) -> bool:
    """Whether `holders_to_open_for` would name anybody; the line of the list knows firm and committee already."""
    has_holder = compound.firm_name is not None or compound.committee_name is not None
    return has_holder and (one.officer_of(compound.village.town_id) or one.in_compound(compound.pk, BOOKKEEPERS))


@require_http_methods(["GET", "POST"])
@login_required
def open_for(request: PersonRequest, public_id: str) -> HttpResponse:
    """Enter the account of a compound."""
    one = standing(request)
    compound = get_object_or_404(Compound.objects.visible_to(one).select_related("village"), public_id=public_id)
    holders = holders_to_open_for(one, compound)
    if not holders:
        raise PermissionDenied
    initial = {"opened_on": Period.containing(today(), Cadence.QUARTER).first, "is_dedicated": True}
    form = AccountForm(request.POST or None, request.FILES or None, by=request.user, holders=holders, initial=initial)
    if form.is_valid():
        told = form.cleaned_data
        try:
            account = open_account(
                compound,
                holder=form.chosen_holder,
                name=told["name"],
                bank=told["bank"],
                number=told["number"],
                is_dedicated=told["is_dedicated"],
                opened_on=told["opened_on"],
                opening_balance=told["opening_balance"],
                proof=form.sources()[-1],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "账户已建立。接下来请导入银行对账单，或手工记一笔。")
            return redirect("finance:account", account.public_id)
    if form.is_bound:
        form.keep_files()
    return render(request, "finance/ledger/open.html", {"form": form, "compound": compound})


@require_http_methods(["GET", "POST"])
@login_required
def close(request: PersonRequest, public_id: str) -> HttpResponse:
    """Close an account whose money was moved."""
    account = account_to_read(request, public_id)
    if not may_close_account(standing(request), account):
        raise PermissionDenied
    form = CloseForm(request.POST or None, initial={"closed_on": today()})
    if form.is_valid():
        try:
            close_account(account, closed_on=form.cleaned_data["closed_on"], by=request.user, at=timezone.now())
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "已登记销户。账簿仍可查阅和公示。")
            return redirect("finance:account", account.public_id)
    return render(request, "finance/ledger/close.html", {"form": form, "account": account})


@require_GET
@login_required
def opening_proof(request: PersonRequest, public_id: str) -> FileResponse:
    """The paper that proves the opening balance."""
    return serve(account_to_read(request, public_id).opening_proof, inline=True)
