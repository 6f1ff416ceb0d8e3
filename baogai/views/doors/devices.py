"""登录设备: where one is signed in, and ending it there."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.permissions import PersonRequest
from accounts.services import end_session, end_sessions, session_id, sessions_of
from baogai.gates import idle_limit
from communities.permissions import standing_of
from kernel.days import today
from kernel.devices import device_words
from kernel.errors import DomainError

#: What stands for the address of a socket of this machine.
_NO_ADDRESS = "::"


@dataclass(frozen=True)
class Device:
    """One session as its owner knows it."""

    key: str
    words: str
    address: str
    since: datetime
    seen_at: datetime
    is_this: bool


@login_required
def devices(request: PersonRequest) -> HttpResponse:
    """One's own sessions, this one first."""
    idle = idle_limit(standing_of(request.user, today()))
    shown = [
        Device(
            key=session_id(one),
            words=device_words(one.user_agent),
            address="" if one.ip == _NO_ADDRESS else one.ip,
            since=one.created_at,
            seen_at=one.last_seen_at,
            is_this=one.session_key == request.session.session_key,
        )
        for one in sessions_of(request.user, at=timezone.now(), idle=idle)
    ]
    shown.sort(key=lambda device: not device.is_this)
    return render(request, "baogai/own/devices.html", {"devices": shown})


@login_required
@require_POST
def end_device(request: PersonRequest) -> HttpResponse:
    """End one of one's own sessions; another person's key names none."""
    try:
        end_session(request.user, request.POST.get("device", ""), at=timezone.now())
    except DomainError as refusal:
        messages.warning(request, refusal.message)
    else:
        messages.success(request, "那台设备已退出登录。")
    return redirect("devices")


@login_required
@require_POST
def end_other_devices(request: PersonRequest) -> HttpResponse:
    """End all but this one."""
    ended = end_sessions(request.user, but=request.session.session_key, by=request.user)
    messages.success(request, f"其他 {ended} 处登录已退出。" if ended else "没有其他登录。")
    return redirect("devices")
