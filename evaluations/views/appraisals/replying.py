"""申辩: the firm's page while its window is open, and the office's answer to each reply."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import PersonRequest
from evaluations.appraisal_permissions import may_reply, may_score
from evaluations.appraisal_rules import Stage
from evaluations.forms.appraisals import AnswerForm, ReplyForm
from evaluations.services.appraisals.replying import answer, reply, rest
from evaluations.views.appraisals.reach import Found, found_appraisal
from kernel.errors import ConflictError, DomainError


def _to_reply(request: PersonRequest, public_id: str) -> Found:
    found = found_appraisal(request, public_id)
    if not may_reply(found.standing, found.appraisal):
        raise PermissionDenied("由被考评企业的负责人申辩。")
    return found


@require_http_methods(["GET", "POST"])
@login_required
def speak(request: PersonRequest, public_id: str) -> HttpResponse:
    """Speak against one item or the whole, with papers; several times within the window."""
    found = _to_reply(request, public_id)
    one = found.appraisal
    form = ReplyForm(
        request.POST or None,
        request.FILES or None,
        by=request.user,
        lines=found.sheet.lines,
        initial={"code": request.GET.get("item", "")},
    )
    if form.is_valid():
        told = form.cleaned_data
        try:
            reply(one, code=told["code"], text=told["text"], files=form.sources(), by=request.user, at=timezone.now())
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("appraisals:appraisal", public_id)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, "申辩已提交，镇小区办会逐条答复。还有别的意见可以继续提。")
            return redirect("appraisals:appraisal", public_id)
    if form.errors:
        form.keep_files()
    context = {"appraisal": one, "form": form, "is_told": one.stage == Stage.TOLD}
    return render(request, "appraisals/reply.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def end_replies(request: PersonRequest, public_id: str) -> HttpResponse:
    """The firm has no (further) objection."""
    found = _to_reply(request, public_id)
    try:
        rest(found.appraisal, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "已记下：没有其他意见，申辩期提前结束。")
    return redirect("appraisals:appraisal", public_id)


@require_http_methods(["GET", "POST"])
@login_required
def answer_one(request: PersonRequest, public_id: str, reply_id: str) -> HttpResponse:
    """Keep the points or change them, with reason."""
    found = found_appraisal(request, public_id)
    objection = get_object_or_404(found.appraisal.replies.select_related("made_by", "appraisal"), public_id=reply_id)
    if not may_score(found.standing, found.appraisal):
        raise PermissionDenied("申辩由镇小区服务岗答复。")
    form = AnswerForm(request.POST if request.method == "POST" else None, objection=objection)
    if request.method == "POST" and form.is_valid():
        told = form.cleaned_data
        try:
            answer(objection, points=told.get("points"), reason=told["reason"], by=request.user, at=timezone.now())
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("appraisals:appraisal", public_id)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "已答复，并告知企业。")
            return redirect("appraisals:appraisal", public_id)
    context = {
        "appraisal": found.appraisal,
        "objection": objection,
        "line": next((line for line in found.sheet.lines if line.item.code == objection.code), None),
        "form": form,
    }
    return render(request, "appraisals/answer.html", context, status=422 if form.errors else 200)
