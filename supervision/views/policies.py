"""The law on one page, its documents, and who enters and confirms them."""

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.files.uploadedfile import UploadedFile
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import PersonRequest
from communities.models import Town
from communities.permissions import Standing, standing_of
from files.services import serve, store_upload
from kernel.days import today
from kernel.errors import DomainError
from supervision.forms.policies import PolicyForm
from supervision.models import Policy
from supervision.permissions import may_confirm_policy, may_enter_policy, towns_of
from supervision.rules import NUMBERS, RULES
from supervision.services.holidays import workday_calendar
from supervision.services.policies import (
    changes_of,
    confirm_policy,
    enter_policy,
    gap_before,
    last_policy,
    latest_policy,
    numbers_of,
    policy_in_force,
    withdraw_policy,
)


@dataclass(frozen=True)
class Law:
    """What the page shows of one town: the policy in force, its numbers, and all documents."""

    town: Town
    in_force: Policy | None
    documents: list[tuple[Policy, str, str]]
    duties: list[tuple[Any, str]]
    numbers: list[tuple[Any, int, bool]]
    may_enter: bool


def state_of(policy: Policy, on: date) -> tuple[str, str]:
    """The chip of a document: its state word and colour on a day."""
    if policy.confirmed_at is None:
        return "soon", "待第二人确认"
    if policy.from_on > on:
        return "calm", "尚未施行"
    if policy.until_on is not None and policy.until_on < on:
        return "calm", "已到期"
    return "done", "在有效期内"


def _law(town: Town, standing: Standing) -> Law:
    in_force = policy_in_force(town, standing.on)
    shown = in_force or latest_policy(town, standing.on)
    numbers = numbers_of(shown)
    sources = {one.key: one.source for one in shown.numbers.all()} if shown else {}
    documents = Policy.objects.visible_to(standing).filter(town=town).select_related("follows")
    return Law(
        town=town,
        in_force=in_force,
        documents=[(one, *state_of(one, standing.on)) for one in documents],
        duties=[(rule, rule.formula_words(numbers)) for rule in RULES],
        numbers=[(one, numbers[one.key], sources.get(one.key, "") == "plan" or one.is_plan) for one in NUMBERS],
        may_enter=may_enter_policy(standing, town),
    )


@login_required
@require_safe
def policies(request: PersonRequest) -> HttpResponse:
    """Every duty with bearer, cadence, due day and clause; every number; every document with its days in force."""
    standing = standing_of(request.user, today())
    laws = [_law(town, standing) for town in towns_of(standing)]
    unknown_years = workday_calendar().unknown_years([standing.on.year, standing.on.year + 1])
    return render(request, "supervision/policies.html", {"laws": laws, "unknown_years": unknown_years})


def _found(request: PersonRequest, public_id: str) -> tuple[Policy, Standing]:
    standing = standing_of(request.user, today())
    reach = Policy.objects.visible_to(standing).filter(town__in=towns_of(standing))
    documents = reach.select_related("town", "follows", "entered_by", "confirmed_by", "scan").prefetch_related(
        "numbers", "follows__numbers"
    )
    return get_object_or_404(documents, public_id=public_id), standing


@login_required
@require_safe
def policy(request: PersonRequest, public_id: str) -> HttpResponse:
    """One document: its days, what it changes, and for the second person the button that puts it into force."""
    found, standing = _found(request, public_id)
    stated = numbers_of(found)
    state, words = state_of(found, standing.on)
    waits = found.confirmed_at is None
    context = {
        "policy": found,
        "state": state,
        "words": words,
        "changes": changes_of(found),
        "numbers": [(one, stated[one.key]) for one in NUMBERS],
        "gap": gap_before(found),
        "may_confirm": waits and may_confirm_policy(standing, found),
        "is_own": waits and found.entered_by_id == standing.user_id,
        "may_withdraw": waits and may_enter_policy(standing, found.town),
    }
    return render(request, "supervision/policy.html", context)


@login_required
@require_safe
def policy_scan(request: PersonRequest, public_id: str) -> FileResponse:
    """The scanned document, for whoever sees its entry."""
    found, _ = _found(request, public_id)
    if found.scan is None:
        raise Http404
    return serve(found.scan, inline=True)


@require_http_methods(["GET", "POST"])
@login_required
def enter(request: PersonRequest, town_code: str) -> HttpResponse:
    """Enter a successor, an extension, or changed conventions; another person confirms it."""
    standing = standing_of(request.user, today())
    town = get_object_or_404(towns_of(standing), code=town_code)
    if not may_enter_policy(standing, town):
        raise PermissionDenied("政策文件由镇小区服务岗录入。")
    follows = last_policy(town)
    initial = {"kind": Policy.Kind.EXTENSION} if follows else {}
    form = PolicyForm(request.POST or None, request.FILES or None, by=request.user, follows=follows, initial=initial)
    if form.is_valid():
        try:
            entered = _enter(form, town, follows, request)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "已录入，须由另一位工作人员或领导确认后生效。")
            return redirect("supervision:policy", entered.public_id)
    if form.errors:
        form.keep_files()
    return render(request, "supervision/policy_enter.html", {"form": form, "town": town, "follows": follows})


def _enter(form: PolicyForm, town: Town, follows: Policy | None, request: PersonRequest) -> Policy:
    data, scan = form.cleaned_data, next(iter(form.sources()), None)
    if isinstance(scan, UploadedFile):
        scan = store_upload(scan, door="scan", by=request.user, field="scan")
    # An adjustment keeps the number, title and last day of the document whose conventions it changes.
    kept = follows if follows is not None and data["kind"] == Policy.Kind.ADJUSTMENT else None
    return enter_policy(
        town,
        number=data["number"] or (kept.number if kept else ""),
        title=data["title"] or (kept.title if kept else ""),
        kind=Policy.Kind(data["kind"]),
        follows=follows,
        from_on=data["from_on"],
        until_on=data["until_on"] or (kept.until_on if kept else None),
        numbers=form.stated(),
        scan=scan,
        by=request.user,
        at=timezone.now(),
    )


@login_required
@require_POST
def confirm(request: PersonRequest, public_id: str) -> HttpResponse:
    """Put a document into force: never by who entered it."""
    found, standing = _found(request, public_id)
    if not may_confirm_policy(standing, found):
        raise PermissionDenied("须由录入人以外的镇小区服务岗人员或镇领导确认。")
    try:
        confirm_policy(found, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, f"{found.number} 已确认。下一次巡查（10 分钟内）起按它产生事项。")
    return redirect("supervision:policy", found.public_id)


@login_required
@require_POST
def withdraw(request: PersonRequest, public_id: str) -> HttpResponse:
    """Take back a document that nobody has confirmed."""
    found, standing = _found(request, public_id)
    if not may_enter_policy(standing, found.town):
        raise PermissionDenied("政策文件由镇小区服务岗撤回。")
    try:
        withdraw_policy(found, by=request.user)
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("supervision:policy", found.public_id)
    messages.success(request, "已撤回未确认的文件。")
    return redirect("supervision:policies")
