"""Invitations to a post: a link on paper, shown once; the first sign-in sets a password."""

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters

from accounts.models import User
from accounts.permissions import PersonRequest
from accounts.rules import LinkKind
from accounts.services import choose_first_password, make_link
from baogai.door_forms import FirstPasswordForm, InvitationForm
from baogai.views.doors.returning import MAY_SET_PASSWORD
from baogai.views.doors.showing import show, show_once
from communities.models import Appointment, Body, Post
from communities.permissions import (
    Standing,
    may_invite_holder,
    may_invite_to,
    may_see_firms,
    standing_of,
)
from communities.rules import ELECTED_BODIES
from communities.services import invite_to_post
from kernel.days import today
from kernel.errors import DomainError, NotAllowedError


def _reachable(standing: Standing, *, path: str = "") -> Q:
    """Posts of the bodies and firms one sees; `path` leads to the post, ending in `__`, or is empty."""
    firms = (
        Q(**{f"{path}firm__isnull": False}) if may_see_firms(standing) else Q(**{f"{path}firm__in": standing.firm_ids})
    )
    return Q(**{f"{path}body__in": Body.objects.visible_to(standing)}) | firms


@login_required
def invite(request: PersonRequest, post_id: str) -> HttpResponse:
    """Somebody new for a post, from/until: account, appointment and invitation in one act."""
    standing = standing_of(request.user, today())
    posts = Post.objects.filter(_reachable(standing)).select_related("body", "firm")
    post = get_object_or_404(posts, public_id=post_id)
    if not may_invite_to(standing, post):
        raise PermissionDenied
    if post.body is not None and post.body.kind in ELECTED_BODIES:
        raise NotAllowedError("业委会成员由业主大会选举产生，请先在业委会的任期页面登记，再邀请本人登录。")
    form = InvitationForm(request.POST or None, initial={"from_on": standing.on})
    status = 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                person, secret = invite_to_post(post, by=request.user, at=timezone.now(), **form.cleaned_data)
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                return _show(request, person, secret)
    return render(request, "baogai/doors/invite.html", {"form": form, "post": post}, status=status)


@login_required
def invite_holder(request: PersonRequest, appointment_id: str) -> HttpResponse:
    """Somebody who holds a post already and has no way in, or lost it: an invitation, or another one."""
    standing = standing_of(request.user, today())
    held = Appointment.objects.filter(_reachable(standing, path="post__")).select_related(
        "post__body", "post__firm", "user"
    )
    appointment = get_object_or_404(held, public_id=appointment_id)
    person = appointment.user
    is_overseer = bool(standing_of(person, standing.on).town_ids) or person.is_staff
    if is_overseer or person.pk == request.user.pk or not may_invite_holder(standing, appointment):
        raise PermissionDenied
    if request.method == "POST":
        with transaction.atomic():
            User.objects.filter(pk=person.pk).update(is_active=True)
            _, secret = make_link(person, kind=LinkKind.INVITATION, by=request.user, at=timezone.now())
        return _show(request, person, secret)
    return render(request, "baogai/doors/invite_holder.html", {"appointment": appointment, "person": person})


def _show(request: PersonRequest, person: User, secret: str) -> HttpResponse:
    return show_once(request, "baogai/doors/invitation.html", name="doors:link", secret=secret, person=person)


@login_required
@sensitive_post_parameters()
def first_password(request: PersonRequest) -> HttpResponse:
    """Whoever came by an invitation sets a password; nobody else can without the old one."""
    if request.session.get(MAY_SET_PASSWORD) != request.user.public_id:
        return redirect("password")
    form, status = FirstPasswordForm(request.POST or None), 200
    if request.method == "POST":
        status = 422
        if form.is_valid():
            try:
                choose_first_password(request.user, form.cleaned_data["new_password"], at=timezone.now())
            except DomainError as refusal:
                status = show(refusal, form)
            else:
                del request.session[MAY_SET_PASSWORD]
                update_session_auth_hash(request, request.user)
                messages.success(request, f"密码已设置，用户名是 {request.user.username}。")
                return redirect("desk")
    return render(request, "baogai/doors/first_password.html", {"form": form}, status=status)
