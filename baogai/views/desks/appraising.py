"""物业考评 on the desks: what the town has to review, answer and make final; what a firm may reply to."""

from collections.abc import Iterable
from urllib.parse import urlencode

from django.db.models import Count, Exists, OuterRef, Q
from django.urls import reverse

from baogai.views.desks.todo import Todo
from communities.permissions import Standing
from evaluations.appraisal_querysets import firms_own
from evaluations.appraisal_rules import CLAUSE, Stage
from evaluations.models import Appraisal, AppraisalReply

_SHOWN = 6


def appraisals_to_decide(standing: Standing) -> Iterable[Todo]:
    """How many wait for whom, one line per step; one statement."""
    if not standing.supervised_town_ids:
        return
    open_replies = AppraisalReply.objects.filter(appraisal=OuterRef("pk"), answer__isnull=True)
    under_way = Appraisal.objects.filter(
        round__town__in=standing.supervised_town_ids, stage__in=(Stage.REVIEWING, Stage.TOLD)
    ).annotate(is_unanswered=Exists(open_replies))
    told, others = Q(stage=Stage.TOLD), ~Q(submitted_by=standing.user_id)
    is_over = Q(reply_until__lt=standing.on) | Q(replied_at__isnull=False)
    counts = under_way.order_by().aggregate(
        review=Count("pk", filter=Q(stage=Stage.REVIEWING) & others),
        answer=Count("pk", filter=told & Q(is_unanswered=True)),
        final=Count("pk", filter=told & Q(is_unanswered=False) & is_over & others),
    )
    if counts["review"]:
        yield _line(f"{counts['review']} 份物业考评待复核", "去复核", Stage.REVIEWING, "核对得分和依据，通过或退回")
    if counts["answer"] and standing.office_town_ids:
        yield _line(f"{counts['answer']} 份物业考评有申辩待答复", "去答复", Stage.TOLD, "逐条答复，维持或改分")
    if counts["final"]:
        yield _line(f"{counts['final']} 份物业考评可以审定", "去审定", Stage.TOLD, "申辩期已过，申辩都已答复")


def _line(title: str, action: str, stage: Stage, detail: str) -> Todo:
    url = f"{reverse('appraisals:appraisals')}?{urlencode({'stage': stage.value})}"
    return Todo(title=title, url=url, action=action, detail=detail, clause=CLAUSE)


def appraisals_to_reply(standing: Standing) -> Iterable[Todo]:
    """The firm's scores it was told of and may still speak against."""
    found = Appraisal.objects.filter(
        firms_own(standing), stage=Stage.TOLD, replied_at__isnull=True, reply_until__gte=standing.on
    )
    for one in found.select_related("compound").order_by("reply_until", "pk")[:_SHOWN]:
        yield Todo(
            title=f"{one.compound}：{one.period_value.label}考评可以申辩",
            url=reverse("appraisals:appraisal", args=[one.public_id]),
            action="看得分",
            due_on=one.reply_until,
            detail="有异议的在期限内逐项申辩",
            clause=CLAUSE,
        )
