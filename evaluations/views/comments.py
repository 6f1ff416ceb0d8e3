"""业主意见: one redacts, another releases."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from accounts.permissions import PersonRequest
from communities.permissions import standing_of
from evaluations.forms.voting import RedactForm
from evaluations.models import Comment, Survey
from evaluations.permissions import may_handle_comments, may_release
from evaluations.rules import LONGEST_COMMENT
from evaluations.services.commenting import redact, release
from evaluations.views.surveys import found_survey
from kernel.days import today
from kernel.errors import ConflictError, DomainError


@login_required
@require_safe
def comments(request: PersonRequest, public_id: str) -> HttpResponse:
    """Every comment of a counted survey, in the order of its random id, for the office alone."""
    found, standing = found_survey(request, public_id)
    if not may_handle_comments(standing, found):
        raise PermissionDenied("业主意见由镇小区服务岗处理。")
    if not found.is_closed:
        raise ConflictError("意见和选票一起密封，截止计票后才能看到。")
    kept = found.comments.select_related("redacted_by", "released_by")
    context = {
        "survey": found,
        "lines": [
            (
                one,
                _form_of(one),
                one.released_by_id is None and may_release(standing, one),
            )
            for one in kept
        ],
    }
    return render(request, "evaluations/comments.html", context)


def _form_of(comment: Comment) -> RedactForm | None:
    """To be redacted until it is released; it begins with the comment's own words."""
    if comment.released_by_id is not None:
        return None
    return RedactForm(initial={"text": comment.redacted or comment.text}, prefix=comment.pk)


def _found_comment(request: PersonRequest, comment_id: str) -> Comment:
    standing = standing_of(request.user, today())
    reach = Comment.objects.select_related("survey__compound__village__town").filter(
        survey__in=Survey.objects.visible_to(standing)
    )
    found = get_object_or_404(reach, pk=comment_id)
    if not may_handle_comments(standing, found.survey):
        raise PermissionDenied("业主意见由镇小区服务岗处理。")
    return found


@login_required
@sensitive_post_parameters()
@require_POST
def redact_one(request: PersonRequest, comment_id: str) -> HttpResponse:
    """Keep what may be published of a comment."""
    found = _found_comment(request, comment_id)
    form = RedactForm(request.POST, prefix=found.pk)
    if not form.is_valid():
        messages.error(request, f"公布稿最多 {LONGEST_COMMENT} 个字。")
    else:
        try:
            redact(found, text=form.cleaned_data["text"], by=request.user, at=timezone.now())
        except DomainError as error:
            messages.error(request, error.message)
        else:
            messages.success(request, "已保存，须由另一人核对后发布。")
    return redirect("evaluations:comments", found.survey.public_id)


@login_required
@require_POST
def release_one(request: PersonRequest, comment_id: str) -> HttpResponse:
    """Release what a colleague has redacted."""
    found = _found_comment(request, comment_id)
    try:
        release(found, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "已发布到结果页。")
    return redirect("evaluations:comments", found.survey.public_id)
