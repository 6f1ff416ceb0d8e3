"""Firms and their contracts."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render

from accounts.permissions import PersonRequest
from communities.forms import ContractForm, DayForm, FirmFilter, FirmForm
from communities.models import Appointment, Compound, Post, PropertyFirm, ServiceContract
from communities.permissions import may_invite_to, may_keep_contracts, may_register_firm, may_see_firms, standing_of
from communities.querysets import in_office
from communities.services import hand_over, register_firm, sign_contract
from communities.views.places import compound_or_404
from kernel.days import today
from kernel.errors import DomainError

_PAGE = 25


@login_required
def firms(request: PersonRequest) -> HttpResponse:
    """The register of firms, with how many compounds each serves."""
    standing = standing_of(request.user, today())
    if not may_see_firms(standing):
        raise PermissionDenied
    form = FirmFilter(request.GET)
    served = Count("contracts", filter=in_office(standing.on, prefix="contracts__"))
    found = PropertyFirm.objects.annotate(served=served).order_by("name")
    if form.is_valid() and form.cleaned_data["q"]:
        words = form.cleaned_data["q"].strip()
        found = found.filter(Q(name__icontains=words) | Q(credit_code__istartswith=words))
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {"form": form, "page": page, "may_register": may_register_firm(standing)}
    return render(request, "communities/firms.html", context)


@login_required
def firm(request: PersonRequest, firm_id: str) -> HttpResponse:
    """One firm: the compounds it serves or served, its posts and their holders."""
    standing = standing_of(request.user, today())
    visible = (
        PropertyFirm.objects.all() if may_see_firms(standing) else PropertyFirm.objects.filter(pk__in=standing.firm_ids)
    )
    shown = get_object_or_404(visible, public_id=firm_id)
    holders = Appointment.objects.held(standing.on).select_related("user").order_by("from_on")
    contracts = shown.contracts.filter(compound__in=Compound.objects.visible_to(standing))
    posts = (
        Post.objects.filter(firm=shown)
        .select_related("compound")
        .prefetch_related(Prefetch("appointments", queryset=holders, to_attr="holders"))
    )
    context = {
        "firm": shown,
        "contracts": contracts.select_related("compound__village").order_by("ended_on", "-from_on"),
        "posts": posts,
        "may_appoint": may_register_firm(standing),
        "may_invite": {post.pk for post in posts if may_invite_to(standing, post)},
    }
    return render(request, "communities/firm.html", context)


@login_required
def new_firm(request: PersonRequest) -> HttpResponse:
    """Enter a firm; its two posts come with it."""
    standing = standing_of(request.user, today())
    if not may_register_firm(standing):
        raise PermissionDenied
    form = FirmForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = register_firm(by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, f"已登记 {made.name}，请接着任命项目负责人。")
            return redirect("communities:firm", made.public_id)
    return render(request, "communities/new_firm.html", {"form": form}, status=422 if form.errors else 200)


@login_required
def new_contract(request: PersonRequest, compound_id: str) -> HttpResponse:
    """Enter a service contract for a compound."""
    standing = standing_of(request.user, today())
    compound = compound_or_404(standing, compound_id)
    if not may_keep_contracts(standing, compound):
        raise PermissionDenied
    form = ContractForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            made = sign_contract(compound, by=request.user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, f"已登记合同：{made.firm.name}。")
            return redirect("communities:compound", compound.public_id)
    context = {"compound": compound, "form": form, "may_register_firm": may_register_firm(standing)}
    return render(request, "communities/new_contract.html", context, status=422 if form.errors else 200)


@login_required
def hand_over_act(request: PersonRequest, contract_id: str) -> HttpResponse:
    """Enter a firm's last day of service."""
    standing = standing_of(request.user, today())
    visible = ServiceContract.objects.filter(compound__in=Compound.objects.visible_to(standing))
    contract = get_object_or_404(visible.select_related("firm", "compound__village"), public_id=contract_id)
    if not may_keep_contracts(standing, contract.compound):
        raise PermissionDenied
    form = DayForm(request.POST or None, label="最后服务日（含当日）", on=standing.on)
    if request.method == "POST" and form.is_valid():
        try:
            hand_over(contract, ended_on=form.cleaned_data["day"], by=request.user)
        except DomainError as refusal:
            form.add_error("day" if refusal.field else None, refusal.message)
        else:
            messages.success(request, f"已登记 {contract.firm.name} 交接完毕。")
            return redirect("communities:compound", contract.compound.public_id)
    context = {"contract": contract, "form": form}
    return render(request, "communities/hand_over.html", context, status=422 if form.errors else 200)
