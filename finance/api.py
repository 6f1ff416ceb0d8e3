"""Published disclosures over the API: what hangs on the notice board, without names. Any signed-in person may read."""

from typing import Any

import django_filters
from django.db.models import Exists, OuterRef, QuerySet
from drf_spectacular.utils import extend_schema, extend_schema_field, extend_schema_view
from rest_framework import filters, serializers, viewsets

from finance.models import Disclosure
from kernel.money import from_fen


class CategorySerializer(serializers.Serializer):
    """One category of the quarter; expense is given as a positive amount."""

    code = serializers.CharField()
    label = serializers.CharField(source="name")  # type: ignore[assignment] # a declared field, not the label of this one
    amount = serializers.SerializerMethodField(help_text="金额（元）")

    def get_amount(self, category: dict[str, Any]) -> str:
        return str(from_fen(category["amount"]))


class DisclosureSerializer(serializers.ModelSerializer):
    id = serializers.CharField(source="public_id", read_only=True)
    compound = serializers.CharField(source="compound.public_id", read_only=True)
    compound_name = serializers.CharField(source="compound.name", read_only=True)
    bearer = serializers.SerializerMethodField(help_text="公示单位")
    obligation = serializers.CharField(source="obligation.public_id", read_only=True, help_text="所完成的义务事项")
    is_current = serializers.BooleanField(read_only=True, help_text="是否现行版本")
    account_tail = serializers.SerializerMethodField(help_text="账号末四位：一个单位一季可有几个账户，各自公示")
    categories = serializers.SerializerMethodField(help_text="按科目的收支")

    class Meta:
        model = Disclosure
        fields = (
            "id",
            "compound",
            "compound_name",
            "obligation",
            "bearer",
            "account_tail",
            "period",
            "version",
            "is_current",
            "reason",
            "opening_basis",
            "opening",
            "income",
            "expense",
            "closing",
            "categories",
            "seq",
            "prev",
            "body_sha",
            "hash",
            "hash_version",
            "published_at",
        )
        read_only_fields = fields

    def get_bearer(self, disclosure: Disclosure) -> str:
        return str(disclosure.figures["bearer"]["name"])

    def get_account_tail(self, disclosure: Disclosure) -> str:
        return str(disclosure.figures["account"]["tail"])

    @extend_schema_field(CategorySerializer(many=True))
    def get_categories(self, disclosure: Disclosure) -> Any:
        return CategorySerializer(disclosure.figures["categories"], many=True).data


class DisclosureFilter(django_filters.FilterSet):
    compound = django_filters.CharFilter(field_name="compound__public_id", label="小区编号")
    period = django_filters.CharFilter(label="季度，如 2026Q3")
    current = django_filters.BooleanFilter(field_name="is_current", label="只看现行版本")

    class Meta:
        model = Disclosure
        fields = ()


@extend_schema_view(
    list=extend_schema(tags=["公示"], summary="公示列表"), retrieve=extend_schema(tags=["公示"], summary="一份公示")
)
class DisclosureViewSet(viewsets.ReadOnlyModelViewSet):
    """已发布的公共收益公示，各版本均可查；不含流水明细与个人信息。"""

    queryset = Disclosure.objects.none()
    serializer_class = DisclosureSerializer
    filterset_class = DisclosureFilter
    filter_backends = (django_filters.rest_framework.DjangoFilterBackend, filters.OrderingFilter)
    ordering_fields = ("published_at", "period")
    ordering = ("-published_at", "-id")
    lookup_field = "public_id"
    lookup_url_kwarg = "id"

    def get_queryset(self) -> QuerySet[Any]:
        newer = Disclosure.objects.filter(
            obligation=OuterRef("obligation"), account=OuterRef("account"), version__gt=OuterRef("version")
        )
        return Disclosure.objects.select_related("compound", "obligation").annotate(is_current=~Exists(newer))
