"""Scoring an appraisal: all items on one page, one item with evidence, bonus and penalty, vetoes, the hand-over."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST

from accounts.permissions import PersonRequest
from evaluations.appraisal_permissions import may_score
from evaluations.appraisal_rules import MarkKind, Source, Stage
from evaluations.forms.appraisals import AdjustForm, ItemForm, ScoreForm, VetoForm, WordsForm
from evaluations.services.appraisals.scoring import Points, adjust, score_items, submit, take_back, veto
from evaluations.views.appraisals.reach import Found, found_appraisal
from files.forms import KeepsFilesForm
from kernel.errors import ConflictError, DomainError


def _to_score(request: PersonRequest, public_id: str) -> Found:
    found = found_appraisal(request, public_id)
    if not may_score(found.standing, found.appraisal):
        raise PermissionDenied("考评由镇小区服务岗打分。")
    return found


def _closed(request: PersonRequest, found: Found) -> HttpResponse | None:
    """Where it is no longer being scored: back to the sheet, saying so."""
    one = found.appraisal
    if one.stage == Stage.SCORING:
        return None
    messages.warning(request, f"这份考评现在是“{one.get_stage_display()}”，不能再打分。")
    return redirect("appraisals:appraisal", one.public_id)


@require_http_methods(["GET", "POST"])
@login_required
def score(request: PersonRequest, public_id: str) -> HttpResponse:
    """Points and reasons of every item a person scores, or may score for want of facts, saved together."""
    found = _to_score(request, public_id)
    if closed := _closed(request, found):
        return closed
    lines = [line for line in found.sheet.lines if line.item.source is Source.HAND or line.mark or line.got is None]
    form = ScoreForm(request.POST if request.method == "POST" else None, lines=lines)
    if request.method == "POST" and form.is_valid():
        try:
            made = score_items(found.appraisal, form.given(), by=request.user, at=timezone.now())
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("appraisals:appraisal", public_id)
        except DomainError as error:
            field = f"points_{error.field}"
            form.add_error(field if field in form.fields else None, error.message)
        else:
            messages.success(request, f"已保存 {len(made)} 项。" if made else "没有改动。")
            return redirect("appraisals:appraisal", public_id)
    context = {"appraisal": found.appraisal, "form": form, "sheet": found.sheet}
    return render(request, "appraisals/score.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@login_required
def item(request: PersonRequest, public_id: str, item_code: str) -> HttpResponse:
    """One item with its facts; an automatic one may be scored otherwise, with reason and evidence."""
    found = _to_score(request, public_id)
    line = next((each for each in found.sheet.lines if each.item.code == item_code), None)
    if line is None:
        raise Http404
    if closed := _closed(request, found):
        return closed
    initial = {"points": f"{line.mark.points:.2f}", "reason": line.mark.reason} if line.mark else {}
    form = ItemForm(request.POST or None, request.FILES or None, by=request.user, initial=initial)

    def save(told: dict[str, Any]) -> None:
        given = Points(item_code, told["points"], told["reason"], form.sources())
        try:
            score_items(found.appraisal, [given], by=request.user, at=timezone.now())
        except ConflictError:
            raise
        except DomainError as error:
            raise DomainError(error.message, field="points" if error.field == item_code else error.field) from error

    context = {"line": line, "heading": line.item.label, "action": "保存得分", "taking_back": WordsForm()}
    return _marked(request, found, form, save, context, done="已保存。")


@require_http_methods(["GET", "POST"])
@login_required
def adjustment(request: PersonRequest, public_id: str) -> HttpResponse:
    """A bonus or penalty, with reason and evidence."""
    found = _to_score(request, public_id)
    if closed := _closed(request, found):
        return closed
    form = AdjustForm(request.POST or None, request.FILES or None, by=request.user)

    def save(told: dict[str, Any]) -> None:
        adjust(
            found.appraisal,
            points=told["points"],
            reason=told["reason"],
            files=form.sources(),
            by=request.user,
            at=timezone.now(),
        )

    most = found.appraisal.round.method.most_adjustment
    context = {
        "heading": "加减分",
        "under": f"加减分合计不超过 ±{most:.2f} 分，现在合计 {found.sheet.adjustment:+.2f} 分。",
        "action": "记下",
    }
    return _marked(request, found, form, save, context, done="已记下。")


@require_http_methods(["GET", "POST"])
@login_required
def record_veto(request: PersonRequest, public_id: str) -> HttpResponse:
    """一票否决, with reason and evidence."""
    found = _to_score(request, public_id)
    if closed := _closed(request, found):
        return closed
    vetoes = found.appraisal.round.method.vetoes
    form = VetoForm(request.POST or None, request.FILES or None, by=request.user, vetoes=vetoes)

    def save(told: dict[str, Any]) -> None:
        veto(
            found.appraisal,
            matter=told["matter"],
            reason=told["reason"],
            files=form.sources(),
            by=request.user,
            at=timezone.now(),
        )

    context = {"heading": "一票否决", "under": "登记后不论得分，等次为不合格。", "action": "登记"}
    return _marked(request, found, form, save, context, done="已登记。")


def _marked(
    request: PersonRequest,
    found: Found,
    form: KeepsFilesForm,
    save: Callable[[dict[str, Any]], None],
    context: dict[str, Any],
    *,
    done: str,
) -> HttpResponse:
    """Save a mark and go back to the sheet, or show the form again with everything that was typed and chosen."""
    if form.is_valid():
        try:
            save(form.cleaned_data)
        except ConflictError as error:
            messages.error(request, error.message)
            return redirect("appraisals:appraisal", found.appraisal.public_id)
        except DomainError as error:
            form.refuse(error)
        else:
            messages.success(request, done)
            return redirect("appraisals:appraisal", found.appraisal.public_id)
    if form.errors:
        form.keep_files()
    shown = {"appraisal": found.appraisal, "form": form, **context}
    return render(request, "appraisals/mark.html", shown, status=422 if form.errors else 200)


@login_required
@require_POST
def undo(request: PersonRequest, public_id: str) -> HttpResponse:
    """Take back a mark that stands, with reason."""
    found = _to_score(request, public_id)
    form = WordsForm(request.POST)
    kind, code = request.POST.get("kind", ""), request.POST.get("code", "")
    if kind not in MarkKind.values:
        raise Http404
    if not form.is_valid():
        messages.error(request, f"没有撤销：{form.errors['words'][0]}")
        return redirect("appraisals:appraisal", public_id)
    try:
        take_back(
            found.appraisal,
            kind=MarkKind(kind),
            code=code,
            reason=form.cleaned_data["words"],
            by=request.user,
            at=timezone.now(),
        )
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "已撤销，原来的记录仍可查。")
    return redirect("appraisals:appraisal", public_id)


@login_required
@require_POST
def hand_in(request: PersonRequest, public_id: str) -> HttpResponse:
    """Hand the score in for review by another person."""
    found = _to_score(request, public_id)
    try:
        submit(found.appraisal, by=request.user, at=timezone.now())
    except DomainError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, "已送审，由另一位工作人员或镇领导复核。")
    return redirect("appraisals:appraisal", public_id)
