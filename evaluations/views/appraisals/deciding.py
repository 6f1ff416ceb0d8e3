"""What a second person decides: sent back, told to the firm, made final; and starting a correction."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import PersonRequest
from evaluations.appraisal_permissions import may_review_here, may_score
from evaluations.forms.appraisals import WordsForm
from evaluations.services.appraisals.finishing import correct, make_final
from evaluations.services.appraisals.reviewing import send_back, tell_firm
from evaluations.views.appraisals.reach import Found, found_appraisal
from evaluations.views.appraisals.sheet import shown_appraisal
from kernel.errors import ConflictError, DomainError, NotAllowedError


def _to_review(request: PersonRequest, public_id: str) -> Found:
    found = found_appraisal(request, public_id)
    if not may_review_here(found.standing, found.appraisal.round.town_id):
        raise PermissionDenied("由镇小区服务岗或镇领导办理。")
    return found


@login_required
@require_POST
def tell(request: PersonRequest, public_id: str) -> HttpResponse:
    """Pass the review: the firm is told its score and may reply."""
    return _step(request, public_id, tell_firm, "复核通过，已告知企业，申辩期满并逐条答复后审定。")


@login_required
@require_POST
def finish(request: PersonRequest, public_id: str) -> HttpResponse:
    """Make the score final."""
    return _step(request, public_id, make_final, "已审定，得分和依据不再变动。")


def _step(request: PersonRequest, public_id: str, act: Callable[..., Any], done: str) -> HttpResponse:
    found = _to_review(request, public_id)
    try:
        act(found.appraisal, by=request.user, at=timezone.now())
    except NotAllowedError:
        raise
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, done)
    return redirect("appraisals:appraisal", public_id)


@login_required
@require_POST
def give_back(request: PersonRequest, public_id: str) -> HttpResponse:
    """Send the score back to whoever handed it in, with words."""
    found = _to_review(request, public_id)
    form = WordsForm(request.POST)
    if form.is_valid():
        try:
            send_back(found.appraisal, words=form.cleaned_data["words"], by=request.user, at=timezone.now())
        except (NotAllowedError, ConflictError):
            raise
        except DomainError as error:
            form.add_error("words", error.message)
        else:
            messages.success(request, "已退回打分的人。")
            return redirect("appraisals:appraisal", public_id)
    return shown_appraisal(request, found, returning=form, status=422)


@require_http_methods(["GET", "POST"])
@login_required
def start_correction(request: PersonRequest, public_id: str) -> HttpResponse:
    """Correct a final score by a further appraisal; the old one stays, and stands until then."""
    found = found_appraisal(request, public_id)
    if not may_score(found.standing, found.appraisal):
        raise PermissionDenied("考评由镇小区服务岗更正。")
    form = WordsForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            further = correct(found.appraisal, reason=form.cleaned_data["words"], by=request.user, at=timezone.now())
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("appraisals:appraisal", public_id)
        except DomainError as error:
            form.add_error("words", error.message)
        else:
            messages.success(request, "更正已开始：改好后照样送审、复核、告知企业、审定。")
            return redirect("appraisals:appraisal", further.public_id)
    context = {"appraisal": found.appraisal, "form": form}
    return render(request, "appraisals/correct.html", context, status=422 if form.errors else 200)
