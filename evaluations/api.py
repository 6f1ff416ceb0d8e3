"""A household's ballots over the API: what is asked, and voting. The same acts and refusals as on the page.

Answers go from the request into the seal and nowhere else: no log, report or stored answer holds them, and the receipt
stands in the one answer to the vote.
"""

import typing
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import mixins, serializers, viewsets
from rest_framework.exceptions import ParseError
from rest_framework.parsers import JSONParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle, UserRateThrottle

from accounts.permissions import PersonRequest
from communities.permissions import standing_of
from evaluations.forms.voting import BallotForm, answers_in
from evaluations.models import Participation, RollEntry
from evaluations.permissions import may_vote_for
from evaluations.rules import LONGEST_COMMENT, Scale, State
from evaluations.services.casting import cast
from evaluations.services.polling import paper_of
from evaluations.views.voting import channel_of, why_no_paper
from kernel.days import today
from kernel.errors import ConflictError, DomainError

_FIELDS = frozenset({"answers", "comment"})


class OptionSerializer(serializers.Serializer):
    code = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment] # a declared field, not the label of this one


class QuestionSerializer(serializers.Serializer):
    """One question; the last one decides."""

    name = serializers.CharField()
    text = serializers.CharField()


class BallotSerializer(serializers.Serializer):
    """One home's ballot in one open survey."""

    survey = serializers.CharField(source="survey.public_id")
    unit = serializers.CharField(source="unit.public_id")
    unit_name = serializers.CharField(source="unit.__str__", help_text="户")
    compound_name = serializers.CharField(source="survey.compound.name")
    kind = serializers.CharField(source="survey.kind")
    kind_label = serializers.CharField(source="survey.get_kind_display")
    period = serializers.CharField(source="survey.period")
    subject = serializers.CharField(source="survey.subject", help_text="测评对象")
    clause = serializers.CharField(source="survey.clause", help_text="依据条款")
    closes_at = serializers.DateTimeField(source="survey.closes_at")
    has_voted = serializers.BooleanField(help_text="本户已投票；一户一票")
    questions = serializers.SerializerMethodField(help_text="最后一题是总体评价")
    options = serializers.SerializerMethodField(help_text="每题选一项")

    @extend_schema_field(QuestionSerializer(many=True))
    def get_questions(self, ballot: RollEntry) -> list[dict[str, str]]:
        return [
            {"name": f"q{number}", "text": text} for number, text in enumerate(ballot.survey.questionnaire.questions, 1)
        ]

    @extend_schema_field(OptionSerializer(many=True))
    def get_options(self, ballot: RollEntry) -> list[dict[str, str]]:
        options = Scale(ballot.survey.questionnaire.scale).options
        return [{"code": option.code, "label": option.label} for option in options]


class VoteSerializer(serializers.Serializer):
    """What is sent; for the schema, since it is read as the page reads it."""

    answers = serializers.DictField(child=serializers.CharField(), help_text='每题一个字母：{"q1": "A", …}')
    comment = serializers.CharField(required=False, allow_blank=True, max_length=LONGEST_COMMENT)


class ReceiptSerializer(serializers.Serializer):
    receipt = serializers.CharField(help_text="回执，只在这次答复里出现，系统不保存它和您的关系")


class VoteThrottle(UserRateThrottle):
    """Nobody has so many homes to vote for."""

    scope = "vote"


class _BallotParser(JSONParser):
    def parse(self, stream: Any, media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as too_deep:
            raise ParseError("内容的层次太深。") from too_deep


@extend_schema_view(list=extend_schema(tags=["满意度测评"], summary="本人各户在进行中的测评里的票"))
class BallotViewSet(mixins.ListModelMixin, viewsets.GenericViewSet):
    """进行中的测评：问什么、截止何时、本户投没投。投票与网页同一规则：一户一票，投出后不能改。"""

    queryset = RollEntry.objects.none()
    serializer_class = BallotSerializer
    parser_classes = (_BallotParser,)
    filter_backends = ()

    def get_queryset(self) -> QuerySet[Any]:
        standing = standing_of(self.request.user, today())
        voted = Participation.objects.filter(survey=OuterRef("survey"), unit=OuterRef("unit"))
        rolled = RollEntry.objects.filter(unit__in=standing.home_unit_ids, survey__closes_at__gt=timezone.now())
        return (
            rolled.filter(survey__state=State.OPEN)
            .annotate(has_voted=Exists(voted))
            .select_related("survey__compound", "survey__questionnaire", "survey__body", "survey__firm")
            .select_related("unit__building", "unit__stair")
            .order_by("survey__closes_at", "survey", "unit")
        )

    def get_throttles(self) -> list[BaseThrottle]:
        return [VoteThrottle()] if self.action == "cast" else super().get_throttles()

    @extend_schema(
        tags=["满意度测评"],
        summary="投票",
        description="答复里的回执只出现这一次。403 别人家的户；404 不在范围内；409 本户已投票、已截止或不在名册；"
        "422 有题没答或没有这个选项。",
        request=VoteSerializer,
        responses={201: ReceiptSerializer},
    )
    @sensitive_variables()
    def cast(self, request: Request, survey_id: str, unit_id: str) -> Response:
        asked = typing.cast(PersonRequest, request)  # it has all that a page's has, and a person is signed in
        paper = paper_of(survey_id, unit_id)
        if paper is None or not may_vote_for(standing_of(asked.user, today()), paper.unit.pk):
            raise ConflictError(why_no_paper(asked, survey_id, unit_id)[-1])
        told = _told(request.data)
        answers = answers_in(told, paper.survey.questionnaire)
        if answers is None:
            return _refused(BallotForm(told, questionnaire=paper.survey.questionnaire))
        channel = channel_of(asked)
        receipt = cast(paper.survey, paper.unit, answers=answers, channel=channel, by=asked.user, at=timezone.now())
        return Response({"receipt": receipt}, status=201, headers={"Cache-Control": "private, no-store"})


@sensitive_variables()
def _told(data: Any) -> dict[str, str]:
    """What the page would have sent. Raises DomainError for any other shape: nothing is guessed about a vote."""
    answers, comment = (data.get("answers"), data.get("comment", "")) if isinstance(data, dict) else (None, "")
    if not isinstance(answers, dict) or not all(isinstance(one, str) for one in (*answers.values(), comment)):
        raise DomainError('请按 {"answers": {"q1": "A", …}, "comment": "…"} 提交，答案是字母。', field="answers")
    if unknown := set(data) - _FIELDS:
        raise DomainError(f"没有这样的栏目：{'、'.join(sorted(unknown))[:100]}。")
    return {**answers, "comment": comment}


def _refused(form: BallotForm) -> Response:
    """Each question with what is missing; never what was answered."""
    errors = {name: [str(message) for message in told] for name, told in form.errors.items()}
    first = next(iter(errors))
    label = form.fields[first].label if first in form.fields else ""
    return Response({"detail": f"{label}：{errors[first][0]}", "field": first, "errors": errors}, status=422)
