"""Obligations over the API, read-only. Lateness is computed for the day of the question."""

from datetime import date
from typing import Any

import django_filters
from django.db.models import Q, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import filters, serializers, viewsets

from communities.permissions import standing_of
from kernel.days import today
from supervision.models import Obligation
from supervision.rules import Duty, clause_of

STATES = (("open", "未完成"), ("overdue", "已逾期"), ("fulfilled", "已完成"), ("released", "已解除"))


class ObligationSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    duty_label = serializers.CharField(source="get_duty_display", read_only=True)
    clause = serializers.SerializerMethodField(help_text="依据条款")
    compound = serializers.CharField(source="compound.public_id", read_only=True, allow_null=True, default=None)
    compound_name = serializers.CharField(source="compound.name", read_only=True, allow_null=True, default=None)
    bearer = serializers.CharField(source="bearer.name", read_only=True, help_text="责任主体名称")
    policy = serializers.CharField(source="policy.number", read_only=True, help_text="依据文件文号")
    extension = serializers.CharField(
        source="extension.reason", read_only=True, allow_null=True, default=None, help_text="延期原因；未延期为空"
    )
    is_late = serializers.SerializerMethodField(help_text="至查询当日已逾期，或逾期后才完成")

    class Meta:
        model = Obligation
        fields = (
            "id",
            "duty",
            "duty_label",
            "clause",
            "policy",
            "period",
            "compound",
            "compound_name",
            "bearer",
            "due_on",
            "deadline_on",
            "unextended_on",
            "extension",
            "progress",
            "fulfilled_at",
            "corrected_late_at",
            "released_on",
            "is_late",
        )
        read_only_fields = fields

    def get_clause(self, obligation: Obligation) -> str:
        return clause_of(obligation.duty)

    @extend_schema_field(serializers.BooleanField())
    def get_is_late(self, obligation: Obligation) -> bool:
        on: date = self.context["on"]
        return obligation.is_late(on)


class ObligationFilter(django_filters.FilterSet):
    duty = django_filters.ChoiceFilter(choices=Duty.choices, label="事项")
    period = django_filters.CharFilter(label="期间，如 2026Q3")
    compound = django_filters.CharFilter(field_name="compound__public_id", label="小区编号")
    state = django_filters.ChoiceFilter(choices=STATES, method="by_state", label="状态")

    class Meta:
        model = Obligation
        fields = ()

    def by_state(self, queryset: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        conditions = {
            "open": Q(fulfilled_at__isnull=True, released_on__isnull=True),
            "overdue": Q(fulfilled_at__isnull=True, released_on__isnull=True, deadline_on__lt=today()),
            "fulfilled": Q(fulfilled_at__isnull=False),
            "released": Q(released_on__isnull=False),
        }
        return queryset.filter(conditions[value])


@extend_schema_view(
    list=extend_schema(tags=["义务事项"], summary="义务事项列表"),
    retrieve=extend_schema(tags=["义务事项"], summary="一项义务"),
)
class ObligationViewSet(viewsets.ReadOnlyModelViewSet):
    """本人可见的义务事项，按期限先后。"""

    queryset = Obligation.objects.none()
    serializer_class = ObligationSerializer
    filterset_class = ObligationFilter
    filter_backends = (django_filters.rest_framework.DjangoFilterBackend, filters.OrderingFilter)
    ordering_fields = ("due_on", "deadline_on", "fulfilled_at")
    ordering = ("deadline_on", "id")
    lookup_field = "public_id"
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[Any]:
        return Obligation.objects.visible_to(standing_of(self.request.user, today())).for_display()

    def get_serializer_context(self) -> dict[str, Any]:
        return {**super().get_serializer_context(), "on": today()}
