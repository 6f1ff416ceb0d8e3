"""One appraisal: its score sheet line by line, what was decided by whom, and what this person can do next."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import FileResponse, Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from accounts.permissions import PersonRequest
from evaluations.appraisal_permissions import may_reply, may_review, may_review_here, may_score
from evaluations.appraisal_rules import CLAUSE, Head, MarkKind, Stage
from evaluations.appraisal_scoring import Line
from evaluations.forms.appraisals import WordsForm
from evaluations.models import AppraisalReply, AppraisalStep, Mark
from evaluations.permissions import oversees
from evaluations.services.appraisals.finishing import waits_for
from evaluations.services.appraisals.sheets import recalculate, standing_marks
from evaluations.views.appraisals.reach import Found, chip_of, found_appraisal
from evaluations.views.verifying import script
from files.models import StoredFile
from files.services import serve

_STEPS = ("打分", "复核", "企业申辩", "审定")
_STEP = {Stage.SCORING: 0, Stage.REVIEWING: 1, Stage.TOLD: 2, Stage.FINAL: 4}
_MARKS = {
    AppraisalStep.Act.RETURNED: "late",
    AppraisalStep.Act.REPLIED: "soon",
    AppraisalStep.Act.FINAL: "done",
}


@dataclass(frozen=True)
class Row:
    """A line of the sheet with everything said about it."""

    line: Line
    mark: Mark | None
    earlier: list[Mark]
    replies: list[AppraisalReply]


@dataclass(frozen=True)
class Section:
    head: Head
    got: Decimal | None
    points: Decimal
    rows: list[Row]


@login_required
@require_safe
def appraisal(request: PersonRequest, public_id: str) -> HttpResponse:
    """The score sheet as it stands; of a final one as it was frozen."""
    found = found_appraisal(request, public_id)
    return shown_appraisal(request, found)


def shown_appraisal(
    request: PersonRequest, found: Found, *, returning: WordsForm | None = None, status: int = 200
) -> HttpResponse:
    one = found.appraisal
    state, words = chip_of(one)
    marks = standing_marks(found.marks)
    context: dict[str, Any] = {
        "appraisal": one,
        "state": state,
        "words": words,
        "clause": CLAUSE,
        "steps": _STEPS,
        "step": _STEP[Stage(one.stage)],
        "sheet": found.sheet,
        "sections": sections_of(found),
        "adjustments": [mark for mark in marks if mark.kind == MarkKind.ADJUSTMENT],
        "vetoes": [mark for mark in marks if mark.kind == MarkKind.VETO],
        "whole_replies": [reply for reply in found.replies if not reply.code],
        "events": _events(found),
        "shows_files": found.may_read_files,
        "further": _further(found),
        "returning": returning or WordsForm(),
        **_acts(found),
    }
    return render(request, "appraisals/appraisal.html", context, status=status)


def sections_of(found: Found) -> list[Section]:
    """The sheet's lines by head, each with its marks and replies."""
    standing = {mark.code: mark for mark in standing_marks(found.marks) if mark.kind == MarkKind.ITEM}
    return [
        Section(
            head,
            *found.sheet.of_head(head),
            [_row(found, line, standing.get(line.item.code)) for line in found.sheet.lines if line.item.head is head],
        )
        for head in Head
    ]


def _row(found: Found, line: Line, mark: Mark | None) -> Row:
    code = line.item.code
    made = [each for each in found.marks if each.kind == MarkKind.ITEM and each.code == code]
    replies = [reply for reply in found.replies if reply.code == code]
    return Row(line, mark, [each for each in made if each != mark], replies)


def _further(found: Found) -> Any:
    """The correction of this one that the person may see."""
    further = getattr(found.appraisal, "corrected_by", None)
    if further is None or (further.stage != Stage.FINAL and not oversees(found.standing, found.appraisal.compound)):
        return None
    return further


def _acts(found: Found) -> dict[str, Any]:
    """What this person can do now; each service asks again."""
    one, standing = found.appraisal, found.standing
    scores, stage = may_score(standing, one), one.stage
    reviews_here = may_review_here(standing, one.round.town_id)
    reviews = reviews_here and may_review(standing, one, scorers=found.scorers)
    told = stage == Stage.TOLD
    waits = waits_for(one, replies=found.replies, on=standing.on) if told else ""
    in_window = told and one.replied_at is None and one.reply_until is not None and standing.on <= one.reply_until
    return {
        "may_score": scores and stage == Stage.SCORING,
        "may_tell": reviews and stage == Stage.REVIEWING,
        "is_own_review": reviews_here and not reviews and stage == Stage.REVIEWING,
        "may_answer": scores and told,
        "may_reply": in_window and may_reply(standing, one),
        "waits": waits if reviews_here or scores else "",
        "may_finish": told and reviews and not waits,
        "is_own_final": told and reviews_here and not reviews and not waits,
        "may_correct": scores and one.is_final and getattr(one, "corrected_by", None) is None,
    }


def _events(found: Found) -> list[dict[str, Any]]:
    """The course of it, latest last."""
    return [
        {
            "at": step.at,
            "title": step.get_act_display(),
            "detail": "，".join(filter(None, (step.by.name if step.by else "", step.words))),
            "state": _MARKS.get(AppraisalStep.Act(step.act), ""),
        }
        for step in found.appraisal.steps.select_related("by").order_by("pk")
    ]


@login_required
@require_safe
def recalculation(request: PersonRequest, public_id: str) -> HttpResponse:
    """The final score anew from the stored inputs, beside what was published."""
    found = found_appraisal(request, public_id)
    if not found.appraisal.is_final:
        raise Http404
    result = found.appraisal.result
    again = recalculate(result)
    context = {
        "appraisal": found.appraisal,
        "result": result,
        "again": again,
        "sheet": again.sheet,
        "got": sum((line.shown for line in again.sheet.lines if line.shown is not None), Decimal(0)),
    }
    return render(request, "appraisals/recalculation.html", context)


@login_required
@require_safe
def inputs(request: PersonRequest, public_id: str) -> HttpResponse:
    """Everything the final score was made of, as a file to recalculate from."""
    found = found_appraisal(request, public_id)
    if not found.appraisal.is_final:
        raise Http404
    result = found.appraisal.result
    told = {"inputs": result.inputs, "score": f"{result.score:.2f}", "grade": result.grade, "hash": result.hash}
    answer = JsonResponse(told, json_dumps_params={"ensure_ascii": False, "indent": 1})
    answer["Content-Disposition"] = f'attachment; filename="appraisal-{found.appraisal.public_id}.json"'
    return answer


@require_safe
def verifier(_request: PersonRequest) -> HttpResponse:
    """The stand-alone script that recalculates a score from its file."""
    return script("verify_appraisal.py")


@login_required
@require_safe
def evidence(request: PersonRequest, public_id: str, file_id: str) -> FileResponse:
    """A file behind a mark or a reply, for whoever may read files of this appraisal."""
    found = found_appraisal(request, public_id)
    if not found.may_read_files:
        raise Http404
    of_marks = StoredFile.objects.filter(pk__in=found.appraisal.marks.values("files__file"))
    of_replies = StoredFile.objects.filter(pk__in=found.appraisal.replies.values("files__file"))
    return serve(get_object_or_404(of_marks | of_replies, public_id=file_id), inline=True)
