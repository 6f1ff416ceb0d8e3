"""群机器人: the robot of a compound's chat group."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import PersonRequest
from communities.models import Compound
from communities.permissions import standing_of
from kernel.days import today
from kernel.errors import DomainError
from notices.forms import RobotForm
from notices.models import GroupRobot
from notices.permissions import may_keep_robot
from notices.services import remove_robot, set_robot


def _compound_of(request: PersonRequest, compound_id: str) -> Compound:
    standing = standing_of(request.user, today())
    reach = Compound.objects.visible_to(standing).select_related("village__town")
    compound: Compound = get_object_or_404(reach, public_id=compound_id)
    if not may_keep_robot(standing, compound):
        raise PermissionDenied
    return compound


@require_http_methods(["GET", "POST"])
@login_required
@sensitive_post_parameters("address", "signing_secret")
def robot(request: PersonRequest, compound_id: str) -> HttpResponse:
    """Enter or replace the robot; the one there is shown by the end of its token only."""
    compound = _compound_of(request, compound_id)
    form = RobotForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            set_robot(compound, **form.cleaned_data, by=request.user, at=timezone.now())
        except DomainError as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, refusal.message)
        else:
            messages.success(request, "群机器人已登记，下一次公示发布时会在群里通知。")
            return redirect("notices:robot", compound.public_id)
    present = GroupRobot.objects.filter(compound=compound).select_related("set_by").first()
    return render(request, "notices/robot.html", {"compound": compound, "form": form, "robot": present})


@login_required
@require_POST
def forget_robot(request: PersonRequest, compound_id: str) -> HttpResponse:
    """Remove the robot and its token."""
    compound = _compound_of(request, compound_id)
    try:
        remove_robot(compound, by=request.user, at=timezone.now())
    except DomainError as refusal:
        messages.error(request, refusal.message)
    else:
        messages.success(request, "群机器人已取消，密钥已删除。")
    return redirect("notices:robot", compound.public_id)
