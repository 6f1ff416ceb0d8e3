"""Starting the surveys of a half-year for all compounds at once or for one, and the questionnaires they ask."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from accounts.permissions import PersonRequest
from communities.models import Compound, Town
from communities.permissions import Standing, standing_of
from evaluations.forms.starting import QuestionnaireForm, StartForm
from evaluations.models import Questionnaire
from evaluations.permissions import may_start_surveys
from evaluations.rules import TEMPLATES, Scale, SurveyKind
from evaluations.services.questionnaires import add_version
from evaluations.services.starting import start_round
from kernel.days import today
from kernel.errors import DomainError
from supervision.permissions import towns_of


def _town_of(request: PersonRequest, town_code: str) -> tuple[Town, Standing]:
    standing = standing_of(request.user, today())
    town = get_object_or_404(towns_of(standing), code=town_code)
    if not may_start_surveys(standing, town):
        raise PermissionDenied("测评由镇小区服务岗发起。")
    return town, standing


@require_http_methods(["GET", "POST"])
@login_required
def start(request: PersonRequest, town_code: str) -> HttpResponse:
    """Start a half-year's surveys in every compound of the town."""
    town, _ = _town_of(request, town_code)
    return _start(request, town, None)


@require_http_methods(["GET", "POST"])
@login_required
def start_alone(request: PersonRequest, town_code: str, compound_id: str) -> HttpResponse:
    """Start surveys in one compound, the rating of its report meeting among them."""
    town, standing = _town_of(request, town_code)
    reach = Compound.objects.visible_to(standing).select_related("village").filter(village__town=town)
    return _start(request, town, get_object_or_404(reach, public_id=compound_id))


def _start(request: PersonRequest, town: Town, compound: Compound | None) -> HttpResponse:
    form = StartForm(request.POST or None, town=town, on=today(), alone=compound is not None)
    if form.is_valid():
        now = timezone.now()
        try:
            started = start_round(
                town, plan=form.plan(by=request.user, at=now), by=request.user, at=now, compound=compound
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(
                request, f"已发起 {started.surveys.count()} 项测评，正在逐个生成密钥、锁定名册，一两分钟内开始。"
            )
            return redirect("evaluations:surveys")
    others = Compound.objects.filter(village__town=town).select_related("village").order_by("village_id", "name")
    context = {"form": form, "town": town, "compound": compound, "compounds": [] if compound else others}
    return render(request, "evaluations/start.html", context)


@require_http_methods(["GET", "POST"])
@login_required
def questionnaires(request: PersonRequest, town_code: str) -> HttpResponse:
    """The questions the portal brings along and the town's own versions; a further version is added below."""
    town, _ = _town_of(request, town_code)
    form = QuestionnaireForm(request.POST or None)
    if form.is_valid():
        told = form.cleaned_data
        try:
            made = add_version(
                town,
                kind=SurveyKind(told["kind"]),
                title=told["title"],
                scale=Scale(told["scale"]),
                items=told["items"].splitlines(),
                overall=told["overall"],
                by=request.user,
                at=timezone.now(),
            )
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            messages.success(request, f"已保存“{made}”，下次发起测评时可选。")
            return redirect("evaluations:questionnaires", town.code)
    context = {
        "form": form,
        "town": town,
        "written": Questionnaire.objects.filter(town=town, template="").order_by("kind", "-version"),
        "brought": TEMPLATES,
    }
    return render(request, "evaluations/questionnaires.html", context)
