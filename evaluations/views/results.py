"""The result, for everybody; the list to recount from, for the compound's residents and auditors; a receipt found."""

from fractions import Fraction
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.permissions import PersonRequest
from communities.permissions import standing_of
from evaluations.forms.voting import DecideForm, ReceiptForm
from evaluations.integrity import margin_of, signs_of
from evaluations.models import Survey, SurveyProposal
from evaluations.permissions import may_decide, may_handle_comments, may_take_list
from evaluations.rules import Channel, Scale, SurveyKind, Tally
from evaluations.services.lists import list_of, overall_of_receipt
from evaluations.services.proposing import decide
from evaluations.services.turnout import course_of
from evaluations.views.surveys import found_survey
from evaluations.views.verifying import script
from kernel.days import today
from kernel.errors import ConflictError, DomainError
from kernel.shares import hundredths, percent_words


def _closed(public_id: str) -> Survey:
    reach = Survey.objects.closed().for_display().select_related("proposal__decided_by", "close_asked_by")
    return get_object_or_404(reach, public_id=public_id)


@require_safe
def result(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a closed survey came to: rates, totals of the items, how the votes came in; of too few turnout alone."""
    return _shown(request, _closed(public_id), DecideForm())


def _shown(request: HttpRequest, found: Survey, form: DecideForm, status: int = 200) -> HttpResponse:
    standing = standing_of(request.user, today())
    counted, course = found.result, course_of(found)
    proposal = getattr(found, "proposal", None)
    context: dict[str, Any] = {
        "survey": found,
        "result": counted,
        "course": course,
        "channels": [
            (channel.label, course.channels[channel], f"{course.channels[channel]} 户")
            for channel in Channel
            if channel in course.channels
        ],
        "buildings": [
            (one.name, 100 * one.took_part // one.homes, f"{one.took_part}/{one.homes} 户")
            for one in course.shown_buildings
        ],
        "hours": [(f"{hour:%-m月%-d日 %-H}时", count, f"{count} 票") for hour, count in course.shown_hours],
        "proposal": proposal,
        "may_decide": proposal is not None and not proposal.decision and may_decide(standing, proposal),
        "may_take_list": counted.is_shown and may_take_list(standing, found),
        "may_handle_comments": counted.is_shown and may_handle_comments(standing, found),
        "form": form,
    }
    if counted.is_shown:
        context |= _figures(found, course.units)
        context["signs"] = signs_of(course)
    return render(request, "evaluations/result.html", context, status=status)


def _figures(found: Survey, units: int) -> dict[str, Any]:
    overall, options = found.result.overall, Scale(found.questionnaire.scale).options
    deciding = overall.dissatisfied if found.kind == SurveyKind.FIRM else overall.satisfied
    items = list(zip(found.questionnaire.questions, (Tally(one) for one in found.result.tallies), strict=True))
    return {
        "overall": overall,
        "index": hundredths(_half_up(100 * overall.index)) if overall.index is not None else "—",
        "bars": [(o.label, overall.counts.get(o.code, 0), f"{overall.counts.get(o.code, 0)} 票") for o in options],
        "options": options,
        "items": [(name, [tally.counts.get(option.code, 0) for option in options]) for name, tally in items],
        "rates": [(name, 100 * (tally.satisfied_rate or 0), _rate_words(tally)) for name, tally in items],
        "margin": hundredths(margin_of(deciding, overall.valid, units)),
        "released": found.comments.filter(released_by__isnull=False).exclude(redacted=""),
    }


def _rate_words(tally: Tally) -> str:
    return percent_words(tally.satisfied, tally.valid) if tally.valid else "—"


def _half_up(value: Fraction) -> int:
    return int((2 * value + 1) // 2)


@login_required
@require_POST
def decide_proposal(request: PersonRequest, public_id: str) -> HttpResponse:
    """Take up or decline what the result proposes."""
    found, standing = found_survey(request, public_id)
    proposal = get_object_or_404(SurveyProposal.objects.for_display(), survey=found)
    if not may_decide(standing, proposal):
        raise PermissionDenied("由镇小区服务岗决定。")
    form = DecideForm(request.POST)
    if form.is_valid():
        told = form.cleaned_data
        try:
            decide(
                proposal,
                decision=SurveyProposal.Decision(told["decision"]),
                reason=told["reason"],
                by=request.user,
                at=timezone.now(),
            )
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("evaluations:result", found.public_id)
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, "决定已记录，公开可查。")
            return redirect("evaluations:result", found.public_id)
    return _shown(request, _closed(public_id), form, status=422)


@login_required
@require_safe
def ballot_list(request: PersonRequest, public_id: str) -> HttpResponse:
    """Receipts and overall answers, as the file whose hash is on the notice."""
    found, standing = found_survey(request, public_id)
    if not found.is_closed or not found.result.is_shown:
        raise ConflictError("没有可以公布的名单。")
    if not may_take_list(standing, found):
        raise PermissionDenied("名单供本小区住户和审计人员核对。")
    answer = HttpResponse(list_of(found), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="survey-{found.public_id}.csv"'
    return answer


@require_safe
def verifier(_request: HttpRequest) -> HttpResponse:
    """The stand-alone script that recounts a list."""
    return script("verify_survey.py")


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
def receipt(request: HttpRequest, public_id: str) -> HttpResponse:
    """Find a receipt among the counted ballots. Sent and not asked for by address: those stand in logs."""
    found = _closed(public_id)
    form = ReceiptForm(request.POST if request.method == "POST" else None)
    answer = overall_of_receipt(found, form.cleaned_data["receipt"]) if form.is_valid() else None
    if form.is_bound and form.is_valid() and answer is None:
        form.add_error("receipt", "没有找到这个回执。请核对 16 位字符，并确认是这一次测评的回执。")
    context = {"survey": found, "form": form, "answer": answer}
    return render(request, "evaluations/receipt.html", context, status=422 if form.is_bound and not answer else 200)
