"""Compounds over the API: the same ones, and no more about them, than the person sees on the pages."""

from typing import Any

import django_filters
from django.db.models import OuterRef, QuerySet, Subquery
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import filters, serializers, viewsets

from communities.models import Body, Compound, ServiceContract
from communities.permissions import standing_of
from communities.rules import CompoundKind
from kernel.days import today


class CompoundSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    village = serializers.CharField(source="village.name", read_only=True)
    kind_label = serializers.CharField(source="get_kind_display", read_only=True)
    firm = serializers.CharField(read_only=True, allow_null=True, help_text="在任物业服务企业；没有则为空")
    committee = serializers.CharField(read_only=True, allow_null=True, help_text="在任业主委员会；没有则为空")

    class Meta:
        model = Compound
        fields = (
            "id",
            "name",
            "village",
            "kind",
            "kind_label",
            "built_year",
            "address",
            "has_maintenance_fund",
            "has_lift",
            "has_owner_group",
            "firm",
            "committee",
        )
        read_only_fields = fields


class CompoundFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=CompoundKind.choices, label="类型")
    village = django_filters.CharFilter(field_name="village__name", label="村（社区）名称")
    name = django_filters.CharFilter(lookup_expr="contains", label="小区名称包含")

    class Meta:
        model = Compound
        fields = ()


@extend_schema_view(
    list=extend_schema(tags=["小区"], summary="小区列表"), retrieve=extend_schema(tags=["小区"], summary="一个小区")
)
class CompoundViewSet(viewsets.ReadOnlyModelViewSet):
    """本人可见的小区，附当日在任的物业服务企业与业主委员会。"""

    queryset = Compound.objects.none()
    serializer_class = CompoundSerializer
    filterset_class = CompoundFilter
    filter_backends = (django_filters.rest_framework.DjangoFilterBackend, filters.OrderingFilter)
    ordering_fields = ("name", "built_year")
    ordering = ("name", "id")
    lookup_field = "public_id"
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[Any]:
        on = today()
        contracts = ServiceContract.objects.in_office(on).filter(compound=OuterRef("pk"))
        committees = Body.objects.committees().in_office(on).filter(compound=OuterRef("pk"))
        return (
            Compound.objects.visible_to(standing_of(self.request.user, on))
            .select_related("village")
            .annotate(
                firm=Subquery(contracts.values("firm__name")[:1]), committee=Subquery(committees.values("name")[:1])
            )
        )
