"""Paper help: one types a household's paper ballot in, another reads it over and says so with what they sign in by."""

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from accounts.permissions import PersonRequest
from accounts.services import TooManyAttemptsError, prove_second_factor, sign_in
from communities.models import Unit
from evaluations.forms.voting import PaperForm
from evaluations.models import Survey
from evaluations.permissions import may_enter_paper
from evaluations.services.casting import cast_paper
from evaluations.views.surveys import found_survey
from evaluations.views.voting import shown_receipt
from kernel.errors import ConflictError, DomainError


def _still_to_vote(survey: Survey) -> list[Unit]:
    """The households of the roll that have not taken part."""
    rolled = Unit.objects.filter(rolls__survey=survey).exclude(participations__survey=survey)
    return list(rolled.select_related("building", "stair").in_natural_order())


@never_cache
@sensitive_post_parameters()
@require_http_methods(["GET", "POST"])
@login_required
def paper(request: PersonRequest, public_id: str) -> HttpResponse:
    """Type a paper ballot in; sealed at once, like everybody's. The receipt is for the household, shown this once."""
    found, standing = found_survey(request, public_id)
    if not may_enter_paper(standing, found):
        raise PermissionDenied("纸质票由村（社区）干部或镇小区服务岗代录。")
    if not found.is_open:
        raise ConflictError("测评不在进行中，不能代录。")
    form = PaperForm(
        request.POST if request.method == "POST" else None,
        questionnaire=found.questionnaire,
        units=_still_to_vote(found),
    )
    status = 422 if form.is_bound else 200
    if form.is_valid():
        told, now = form.cleaned_data, timezone.now()
        try:
            second = sign_in(request, username=told["username"], password=told["password"], at=now, act="核对纸质票")
            prove_second_factor(second, told["code"], at=now)
            receipt = cast_paper(
                found, form.unit(), answers=form.answers(), entered_by=request.user, confirmed_by=second, at=now
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else "password", error.message)
            status = 429 if isinstance(error, TooManyAttemptsError) else 422
        else:
            return shown_receipt(request, found, form.unit(), receipt, paper=True)
    return render(request, "evaluations/paper.html", {"survey": found, "form": form}, status=status)
