"""Bodies, posts and who holds them; a holder changes by a new appointment, never by an edit (annex)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db.models import Prefetch, Q
from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts.models import User
from accounts.permissions import PersonRequest
from communities.forms import AppointForm, BodyFilter, DayForm
from communities.models import Appointment, Body, Post, PropertyFirm, Village
from communities.permissions import (
    Standing,
    may_appoint,
    may_appoint_to,
    may_invite_holder,
    may_see_firms,
    standing_of,
)
from communities.querysets import BodyQuerySet
from communities.rules import ELECTED_BODIES, TOWN_BODIES
from communities.services import appoint, end_appointment, reinstate, suspend
from kernel.days import today
from kernel.errors import DomainError, NotAllowedError

_PAGE = 25


@login_required
def bodies(request: PersonRequest) -> HttpResponse:
    """Bodies in office with who holds which post."""
    standing = standing_of(request.user, today())
    form = BodyFilter(request.GET, villages=Village.objects.visible_to(standing).order_by("id"))
    found = Body.objects.visible_to(standing).in_office(standing.on)
    if form.is_valid():
        found = _narrowed(found, form.cleaned_data, standing)
    shown = found.in_order_of_kind().select_related("village", "compound")
    page = Paginator(shown.prefetch_related(_posts_with_holders(standing)), _PAGE).get_page(request.GET.get("page"))
    return render(request, "communities/bodies.html", {"form": form, "page": page})


def _narrowed(found: BodyQuerySet, facts: dict[str, str], standing: Standing) -> BodyQuerySet:
    if facts["kind"]:
        found = found.filter(kind=facts["kind"])
    if facts["village"]:
        found = found.filter(village__public_id=facts["village"])
    if facts["q"]:
        words = facts["q"].strip()
        holding = Appointment.objects.held(standing.on).filter(user__name__icontains=words).values("post__body")
        found = found.filter(Q(name__icontains=words) | Q(pk__in=holding))
    return found


def _posts_with_holders(standing: Standing) -> Prefetch:
    holders = Appointment.objects.held(standing.on).select_related("user").order_by("from_on")
    posts = Post.objects.prefetch_related(Prefetch("appointments", queryset=holders, to_attr="holders"))
    return Prefetch("posts", queryset=posts)


@login_required
def body(request: PersonRequest, body_id: str) -> HttpResponse:
    """One body: its posts, their holders now and before."""
    standing = standing_of(request.user, today())
    visible = Body.objects.visible_to(standing).select_related("village", "compound")
    shown = get_object_or_404(visible.prefetch_related(_posts_with_holders(standing)), public_id=body_id)
    history = Appointment.objects.filter(post__body=shown).select_related("user", "post").order_by("-from_on", "-id")
    history = history.prefetch_related("suspensions")
    context = {
        "body": shown,
        "history": history,
        "suspended": {one.pk for one in history if _is_suspended(one, standing)},
        "may_appoint": may_appoint(standing, town_id=shown.town_id),
        "may_renew": shown.kind not in TOWN_BODIES,
        "may_invite": _may_be_invited(shown, standing),
        "is_elected": shown.kind in ELECTED_BODIES,
    }
    return render(request, "communities/body.html", context)


def _may_be_invited(shown: Body, standing: Standing) -> set[int]:
    """Holders present whom the person may send an invitation to; not the town's own people."""
    if shown.kind in TOWN_BODIES:
        return set()
    held = (one for post in shown.posts.all() for one in post.holders)  # type: ignore[attr-defined] # prefetched
    return {one.pk for one in held if may_invite_holder(standing, one)}


def _is_suspended(appointment: Appointment, standing: Standing) -> bool:
    begun, until = appointment.suspended_from_on, appointment.suspended_until_on
    return begun is not None and begun <= standing.on and (until is None or until >= standing.on)


@login_required
def new_appointment(request: PersonRequest, post_id: str) -> HttpResponse:
    """换人: the successor's appointment ends the predecessor's the day before."""
    standing = standing_of(request.user, today())
    post = _post_or_404(standing, post_id)
    if not may_appoint_to(standing, post):
        raise PermissionDenied
    if post.body and post.body.kind in ELECTED_BODIES:
        raise NotAllowedError("业委会成员由业主大会选举产生，请在业委会的任期页面登记。")
    form = AppointForm(request.POST or None, initial={"from_on": standing.on})
    if request.method == "POST" and form.is_valid():
        facts = dict(form.cleaned_data)
        successor = User.objects.filter(username=facts.pop("username"), is_active=True).first()
        if successor is None:
            form.add_error("username", "没有这个用户名。请核对，或先开设账号。")
        else:
            try:
                appoint(post, user=successor, by=request.user, **facts)
            except DomainError as refusal:
                _show(refusal, form)
            else:
                messages.success(request, f"{successor.name} 自所填之日起担任 {post.title}。")
                return redirect(_home_of(post))
    holders = Appointment.objects.held(standing.on).filter(post=post).select_related("user")
    context = {"post": post, "form": form, "holders": holders, "back": _home_of(post)}
    return render(request, "communities/appoint.html", context, status=422 if form.errors else 200)


@login_required
def end(request: PersonRequest, appointment_id: str) -> HttpResponse:
    """Enter the last day of an appointment."""
    standing, appointment = _appointment_to_change(request, appointment_id)
    form = DayForm(request.POST or None, label="最后任职日（含当日）", on=standing.on)
    if request.method == "POST" and form.is_valid():
        try:
            end_appointment(appointment, until_on=form.cleaned_data["day"], by=request.user)
        except DomainError as refusal:
            _show(refusal, form)
        else:
            messages.success(request, f"已登记 {appointment.user.name} 离任。")
            return redirect(_home_of(appointment.post))
    consequences = [
        "次日起不能再办理本职务的事项；任期内留下的未完事项仍可由其办完。",
        "任职记录永久保留，不能删除。",
    ]
    return _ask(request, form, appointment, title="登记离任", consequences=consequences)


@login_required
def suspend_act(request: PersonRequest, appointment_id: str) -> HttpResponse:
    """Suspend a holder (clause 4.2.2): every right in the post is gone with the next request."""
    standing, appointment = _appointment_to_change(request, appointment_id)
    form = DayForm(request.POST or None, label="暂停履职自", on=standing.on)
    if request.method == "POST" and form.is_valid():
        try:
            suspend(appointment, from_on=form.cleaned_data["day"], on=standing.on, by=request.user)
        except DomainError as refusal:
            _show(refusal, form)
        else:
            messages.success(request, f"{appointment.user.name} 已暂停履职。")
            return redirect(_home_of(appointment.post))
    consequences = [
        "自该日起立即失去本职务的全部权限，包括未完事项。",
        "之后由业主大会决定是否终止其职务；不终止的，在这里恢复履职。",
    ]
    return _ask(
        request, form, appointment, title="暂停履职", consequences=consequences, clause="四（二）2", danger=True
    )


@login_required
def reinstate_act(request: PersonRequest, appointment_id: str) -> HttpResponse:
    """End a suspension."""
    standing, appointment = _appointment_to_change(request, appointment_id)
    form = DayForm(request.POST or None, label="暂停的最后一日", help_text="次日起恢复履职。", on=standing.on)
    if request.method == "POST" and form.is_valid():
        try:
            reinstate(appointment, suspended_until_on=form.cleaned_data["day"], by=request.user)
        except DomainError as refusal:
            _show(refusal, form)
        else:
            messages.success(request, f"{appointment.user.name} 恢复履职。")
            return redirect(_home_of(appointment.post))
    return _ask(
        request, form, appointment, title="恢复履职", consequences=["次日起恢复本职务的全部权限。"], clause="四（二）2"
    )


def _post_or_404(standing: Standing, post_id: str) -> Post:
    """A post of a body one sees; a firm's post for whoever sees the register of firms."""
    firms = PropertyFirm.objects.all() if may_see_firms(standing) else PropertyFirm.objects.none()
    visible = Post.objects.filter(Q(body__in=Body.objects.visible_to(standing)) | Q(firm__in=firms))
    return get_object_or_404(visible.select_related("body", "firm"), public_id=post_id)


def _appointment_to_change(request: HttpRequest, appointment_id: str) -> tuple[Standing, Appointment]:
    standing = standing_of(request.user, today())
    firms = PropertyFirm.objects.all() if may_see_firms(standing) else PropertyFirm.objects.none()
    visible = Appointment.objects.filter(
        Q(post__body__in=Body.objects.visible_to(standing)) | Q(post__firm__in=firms)
    ).select_related("post__body", "post__firm", "user")
    appointment = get_object_or_404(visible, public_id=appointment_id)
    if not may_appoint_to(standing, appointment.post):
        raise PermissionDenied
    return standing, appointment


def _home_of(post: Post) -> str:
    if post.body:
        return reverse("communities:body", args=[post.body.public_id])
    return reverse("communities:firm", args=[post.firm.public_id] if post.firm else [])


def _show(refusal: DomainError, form: BaseForm) -> None:
    """A service's refusal at the field it names; a form that asks for one day only shows all at that day."""
    field = refusal.field if refusal.field in form.fields else "day" if "day" in form.fields else None
    form.add_error(field, refusal.message)


def _ask(
    request: HttpRequest,
    form: DayForm,
    appointment: Appointment,
    *,
    title: str,
    consequences: list[str],
    clause: str = "",
    danger: bool = False,
) -> HttpResponse:
    context = {
        "form": form,
        "appointment": appointment,
        "title": title,
        "consequences": consequences,
        "clause": clause,
        "danger": danger,
        "back": _home_of(appointment.post),
    }
    return render(request, "communities/appointment_act.html", context, status=422 if form.errors else 200)
