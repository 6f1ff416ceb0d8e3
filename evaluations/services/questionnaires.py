"""Questionnaires: those the portal brings along, and a town's own further versions."""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Max

from accounts.models import User
from accounts.services import record_action
from communities.models import Town
from communities.permissions import standing_of
from evaluations.models import Questionnaire
from evaluations.permissions import may_start_surveys
from evaluations.rules import MOST_QUESTIONS, TEMPLATES, Scale, SurveyKind, Template
from kernel.days import local_day
from kernel.errors import DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.text import tidy

_LONGEST_QUESTION = 60


def reference_to(questionnaire: Questionnaire) -> Reference:
    return Reference("evaluations.questionnaire", questionnaire.public_id, str(questionnaire))


@transaction.atomic
def take_over(town: Town, template: Template, *, by: User, at: datetime) -> Questionnaire:
    """The town's own copy of a questionnaire the portal brings along; a second call finds it there."""
    _one_at_a_time(town)
    found = Questionnaire.objects.filter(town=town, template=template.key).first()
    return found or _write(
        town,
        kind=template.kind,
        title=template.title,
        scale=template.scale,
        questions=[*template.items, template.overall],
        template=template.key,
        by=by,
        at=at,
    )


@transaction.atomic
def add_version(
    town: Town,
    *,
    kind: SurveyKind,
    title: str,
    scale: Scale,
    items: Sequence[str],
    overall: str,
    by: User,
    at: datetime,
) -> Questionnaire:
    """A further version of a kind's questions; surveys that have opened keep theirs. Raises DomainError with field."""
    if not may_start_surveys(standing_of(by, local_day(at)), town):
        raise NotAllowedError("问卷由镇小区服务岗编制。")
    asked = [tidy(item) for item in items if tidy(item)]
    title, overall = tidy(title), tidy(overall)
    if not title:
        raise DomainError("请填写问卷名称。", field="title")
    if not overall:
        raise DomainError("请填写总体评价的问题，满意率由它计算。", field="overall")
    if len(asked) + 1 > MOST_QUESTIONS:
        raise DomainError(f"一份问卷最多 {MOST_QUESTIONS} 题（含总体评价）。", field="items")
    if too_long := next((one for one in (*asked, overall, title) if len(one) > _LONGEST_QUESTION), None):
        raise DomainError(f"“{too_long[:20]}……”太长，每题最多 {_LONGEST_QUESTION} 个字。", field="items")
    if len(set(asked)) != len(asked):
        raise DomainError("有重复的题目。", field="items")
    _one_at_a_time(town)
    made = _write(town, kind=kind, title=title, scale=scale, questions=[*asked, overall], template="", by=by, at=at)
    record_action("编制测评问卷", by=by, subject=reference_to(made))
    return made


def template_named(key: str) -> Template | None:
    return next((one for one in TEMPLATES if one.key == key), None)


def _one_at_a_time(town: Town) -> None:
    Town.objects.select_for_update().get(pk=town.pk)


def _write(
    town: Town,
    *,
    kind: SurveyKind,
    title: str,
    scale: Scale,
    questions: list[str],
    template: str,
    by: User,
    at: datetime,
) -> Questionnaire:
    last = Questionnaire.objects.filter(town=town, kind=kind).aggregate(n=Max("version"))["n"] or 0
    return Questionnaire.objects.create(
        town=town,
        kind=kind,
        version=last + 1,
        title=title,
        scale=scale,
        questions=questions,
        template=template,
        made_by=by,
        made_at=at,
    )
