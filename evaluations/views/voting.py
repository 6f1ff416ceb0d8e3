"""The ballot of a household: on a phone, in one hand, without JavaScript; the receipt shown once."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from accounts.permissions import PersonRequest
from communities.models import Unit
from communities.permissions import standing_of
from evaluations.forms.voting import BallotForm, answers_in, blank_ballot
from evaluations.models import Survey
from evaluations.permissions import may_vote_for
from evaluations.rules import Channel, State
from evaluations.services.casting import NOT_ROLLED, NOT_YET, VOTED, cast
from evaluations.services.polling import paper_of
from evaluations.views.surveys import found_survey
from kernel.days import today
from kernel.errors import ConflictError

_METHODS = "account_authentication_methods"


def channel_of(request: PersonRequest) -> Channel:
    """By which door this session came in, as allauth has noted it."""
    methods = request.session.get(_METHODS) or ()
    return Channel.SLIP if any(one.get("method") == Channel.SLIP for one in methods) else Channel.CODE


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@sensitive_variables("answers", "receipt")
@login_required
def vote(request: PersonRequest, public_id: str, unit_id: str) -> HttpResponse:
    """One page with every question; sending it casts the vote and answers with the receipt, which is kept nowhere.

    No redirect after it: the receipt would have to wait in a session, beside the name of whoever voted.
    """
    paper = paper_of(public_id, unit_id)
    if paper is None or not may_vote_for(standing_of(request.user, today()), paper.unit.pk):
        return _refused(request, *why_no_paper(request, public_id, unit_id))
    survey, unit = paper.survey, paper.unit
    if paper.has_voted:
        return _refused(request, survey, unit, VOTED)
    if not survey.is_open or timezone.now() >= survey.closes_at:
        return _refused(request, survey, unit, "测评不在进行中，不能投票。")
    answers = answers_in(request.POST, survey.questionnaire) if request.method == "POST" else None
    if answers is not None:
        channel = channel_of(request)
        try:
            receipt = cast(survey, unit, answers=answers, channel=channel, by=request.user, at=timezone.now())
        except ConflictError as error:
            return _refused(request, survey, unit, error.message)
        return shown_receipt(request, survey, unit, receipt)
    context: dict[str, Any] = {"survey": survey, "unit": unit}
    if request.method == "GET":
        return render(request, "evaluations/vote.html", context | {"blank": blank_ballot(survey.questionnaire)})
    form = BallotForm(request.POST, questionnaire=survey.questionnaire)
    return render(request, "evaluations/vote.html", context | {"form": form}, status=422)


def why_no_paper(request: PersonRequest, public_id: str, unit_id: str) -> tuple[Survey, Unit, str]:
    """Why there is no ballot paper for one's own home, in words: it is not on the roll, or nothing has opened yet.

    Raises Http404 for a survey or home out of reach, PermissionDenied for somebody else's home.
    """
    survey, standing = found_survey(request, public_id)
    reach = Unit.objects.filter(building__compound=survey.compound_id).select_related("building", "stair")
    unit = get_object_or_404(reach, public_id=unit_id)
    if not may_vote_for(standing, unit.pk):
        raise PermissionDenied("只能为自己绑定的房屋投票。")
    return survey, unit, NOT_YET if survey.state == State.DRAFT else NOT_ROLLED


def shown_receipt(
    request: PersonRequest, survey: Survey, unit: Unit, receipt: str, *, paper: bool = False
) -> HttpResponse:
    """The one answer in which a receipt ever stands."""
    context = {"survey": survey, "unit": unit, "receipt": receipt, "paper": paper}
    return render(request, "evaluations/receipt_shown.html", context)


def _refused(request: PersonRequest, survey: Survey, unit: Unit, message: str) -> HttpResponse:
    context = {"survey": survey, "unit": unit, "message": message}
    status = 200 if request.method == "GET" else 409
    return render(request, "evaluations/not_voting.html", context, status=status)
