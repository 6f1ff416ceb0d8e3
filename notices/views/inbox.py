"""A person's inbox: reminders, announcements of lateness, urging, tasks and news."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts.permissions import PersonRequest
from notices.forms import InboxFilter
from notices.models import Message
from notices.services import mark_all_read, mark_read

_PAGE = 25


@login_required
def inbox(request: PersonRequest) -> HttpResponse:
    """One's own messages, the newest first."""
    form = InboxFilter(request.GET)
    mine = Message.objects.inbox_of(request.user)
    found = mine
    if form.is_valid():
        if form.cleaned_data["kind"]:
            found = found.filter(kind=form.cleaned_data["kind"])
        if form.cleaned_data["unread"]:
            found = found.unread()
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    return render(request, "notices/inbox.html", {"form": form, "page": page, "is_filtered": form.has_changed()})


@login_required
def message(request: PersonRequest, message_id: str) -> HttpResponse:
    """One message; opening it notes that it was read."""
    shown = get_object_or_404(Message.objects.inbox_of(request.user), public_id=message_id)
    mark_read(shown, at=timezone.now())
    return render(request, "notices/message.html", {"message": shown})


@login_required
@require_POST
def read_all(request: PersonRequest) -> HttpResponse:
    """Note every message of one's own as read."""
    count = mark_all_read(request.user, at=timezone.now())
    messages.success(request, f"已把 {count} 条消息标为已读。")
    return redirect("notices:inbox")
