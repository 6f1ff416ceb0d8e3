"""消息设置: by which ways, when, and in how many pieces a person wishes to be told."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from accounts.permissions import PersonRequest
from kernel.errors import DomainError
from kernel.masking import mask_phone
from notices.forms import WishesForm
from notices.services import preferences_of, set_preferences
from notices.services.outbox import open_channels


@require_http_methods(["GET", "POST"])
@login_required
def wishes(request: PersonRequest) -> HttpResponse:
    """Everybody's own, and only one's own."""
    form = WishesForm(request.POST or None, preferences=preferences_of(request.user))
    if request.method == "POST" and form.is_valid():
        try:
            set_preferences(request.user, form.wanted())
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, "消息设置已保存。")
            return redirect("notices:wishes")
    context = {
        "form": form,
        "phone": mask_phone(request.user.phone),
        "email": request.user.email,
        "open_channels": open_channels(),
    }
    return render(request, "notices/wishes.html", context)
