"""样式: every part the pages are made of, with its states, on one living page."""

from datetime import date, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

from django import forms
from django.conf import settings
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from kernel.days import start_of, today
from supervision.models import Obligation


class SampleForm(forms.Form):
    """One field of every shape; sent empty it shows every fault."""

    name = forms.CharField(label="名称", help_text="写全称。")
    amount = forms.DecimalField(label="金额（元）", max_digits=14, decimal_places=2)
    on = forms.DateField(label="日期", widget=forms.DateInput)
    kind = forms.ChoiceField(label="种类", choices=[("a", "商品房"), ("b", "安置房")])
    way = forms.ChoiceField(label="方式", choices=[("a", "现场"), ("b", "书面")], widget=forms.RadioSelect)
    note = forms.CharField(label="说明", required=False, widget=forms.Textarea(attrs={"rows": 2}))
    agreed = forms.BooleanField(label="已核对")


class SampleFilter(forms.Form):
    q = forms.CharField(label="小区或单位", required=False)


def _obligations(on: date) -> list[Obligation]:
    """One of each state, none of them in the database."""
    late = Obligation.Progress.UNPOSTED
    return [
        Obligation(deadline_on=on + timedelta(days=30)),
        Obligation(deadline_on=on + timedelta(days=3), progress=late),
        Obligation(deadline_on=on - timedelta(days=3)),
        Obligation(deadline_on=on, fulfilled_at=start_of(on)),
        Obligation(deadline_on=on - timedelta(days=2), fulfilled_at=start_of(on), corrected_late_at=start_of(on)),
        Obligation(deadline_on=on, released_on=on),
    ]


@require_safe
def style(request: HttpRequest) -> HttpResponse:
    """For whoever builds pages: on a local installation, and for the administrator."""
    if settings.PRODUCTION and not (request.user.is_authenticated and request.user.is_staff):
        raise Http404
    on = today()
    context: dict[str, Any] = {
        "obligations": _obligations(on),
        "days": [on + timedelta(days=ahead) for ahead in (-3, 0, 3, 30)],
        "form": SampleForm(auto_id="plain_%s"),
        "faulty": SampleForm({}, auto_id="faulty_%s"),
        "filter": SampleFilter(request.GET, auto_id="filter_%s"),
        "page": Paginator(range(95), 10).get_page(request.GET.get("page")),
        "bars": [("停车收入", 800, "800.00 元"), ("广告收入", 300, "300.00 元")],
        "spent": [("保洁支出", 500, "500.00 元")],
        "dots": [
            (Decimal(fee), Decimal(score)) for fee, score in (("0.80", 72), ("1.20", 91), ("1.20", 91), ("2.50", 58))
        ],
        "steps": ["编制", "审核", "发布", "张贴"],
        "events": [
            SimpleNamespace(at=start_of(on), is_day=True, title="事项产生", detail="", state="", clause="四（三）1"),
            SimpleNamespace(
                at=start_of(on), is_day=False, title="督促", detail="请尽快办理。", state="late", clause=""
            ),
            SimpleNamespace(at=start_of(on), is_day=False, title="完成", detail="", state="done", clause=""),
        ],
        "consequences": ["发布后任何人不能改。", "有误只能发更正版。"],
    }
    return render(request, "baogai/style.html", context)
