"""满意度测评: the list of surveys with turnout only, and one survey."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.permissions import PersonRequest
from communities.models import Town, Unit
from communities.permissions import Standing, standing_of
from evaluations.forms.listing import SurveyFilter
from evaluations.forms.starting import EndForm
from evaluations.models import Participation, RollEntry, Survey
from evaluations.permissions import may_end_early, may_enter_paper, may_start_surveys, oversees
from evaluations.rules import State
from evaluations.services.posters import poster_of
from evaluations.services.starting import reference_to
from evaluations.services.turnout import course_of
from kernel.days import today

_PAGE = 30
_CHIPS = {State.DRAFT: "calm", State.OPEN: "soon", State.CLOSING: "soon", State.CLOSED: "done"}


def chip_of(survey: Survey) -> tuple[str, str]:
    """How a survey stands: state and words of its chip."""
    if survey.problem and survey.state != State.CLOSED:
        return "late", f"{survey.get_state_display()}：受阻"
    if survey.awaits_destruction:
        return "soon", "已结束，密钥待销毁"
    return _CHIPS[State(survey.state)], survey.get_state_display()


def found_survey(request: PersonRequest, public_id: str, *, turnout: bool = False) -> tuple[Survey, Standing]:
    """A survey the person may see; else the same 404 as for what does not exist.

    With `turnout` also how many took part, which a vote need not wait for.
    """
    standing = standing_of(request.user, today())
    reach = Survey.objects.visible_to(standing).for_display()
    if turnout:
        reach = reach.select_related("close_asked_by").with_turnout()
    return get_object_or_404(reach, public_id=public_id), standing


@login_required
@require_safe
def surveys(request: PersonRequest) -> HttpResponse:
    """Every survey of the compounds one oversees or belongs to, the latest half-year first; turnout, no answers."""
    standing = standing_of(request.user, today())
    form = SurveyFilter(request.GET)
    found = form.narrowed(Survey.objects.visible_to(standing)).for_display().with_turnout()
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    context = {
        "form": form,
        "page": page,
        "lines": [(one, *chip_of(one)) for one in page],
        "oversees": bool(standing.town_ids or standing.village_ids),
        "starts": [
            town for town in Town.objects.filter(pk__in=standing.office_town_ids) if may_start_surveys(standing, town)
        ],
    }
    return render(request, "evaluations/surveys.html", context)


@login_required
@require_safe
def survey(request: PersonRequest, public_id: str) -> HttpResponse:
    """One survey: what it asks of whom and until when, how many took part, and for a household the way to its vote."""
    found, standing = found_survey(request, public_id, turnout=True)
    return shown_survey(request, found, standing, EndForm())


def shown_survey(
    request: PersonRequest, found: Survey, standing: Standing, form: EndForm, status: int = 200
) -> HttpResponse:
    sees_course = found.state != State.DRAFT
    state, words = chip_of(found)
    context: dict[str, Any] = {
        "survey": found,
        "state": state,
        "words": words,
        "homes": _homes(found, standing),
        "buildings": [
            (building.name, 100 * building.took_part // building.homes, f"{building.took_part}/{building.homes} 户")
            for building in (course_of(found).shown_buildings if sees_course else ())
        ],
        "oversees": oversees(standing, found.compound),
        "may_enter_paper": found.is_open and may_enter_paper(standing, found),
        "may_end": may_end_early(standing, found),
        "form": form,
    }
    return render(request, "evaluations/survey.html", context, status=status)


def _homes(found: Survey, standing: Standing) -> list[tuple[Unit, bool, bool]]:
    """One's own homes in the compound: (home, is on the roll, has voted)."""
    if not standing.home_unit_ids:
        return []
    mine = Unit.objects.filter(pk__in=standing.home_unit_ids, building__compound=found.compound_id)
    homes = list(mine.select_related("building", "stair").in_natural_order())
    rolled = set(RollEntry.objects.filter(survey=found, unit__in=homes).values_list("unit_id", flat=True))
    voted = set(Participation.objects.filter(survey=found, unit__in=homes).values_list("unit_id", flat=True))
    return [(home, home.pk in rolled, home.pk in voted) for home in homes]


@login_required
@require_safe
def poster(request: PersonRequest, public_id: str) -> FileResponse:
    """The A4 poster that tells of an open survey, with the roll's hash and the code that opens it."""
    found, _ = found_survey(request, public_id)
    if found.state == State.DRAFT:
        raise Http404
    name = f"{reference_to(found).title}.pdf"
    return FileResponse(poster_of(found).open("rb"), content_type="application/pdf", filename=name)
