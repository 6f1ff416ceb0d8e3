"""What everybody may read: published disclosures, their posters and tables, and the page a poster's code opens."""

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Paginator
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import TruncDate
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_safe

from communities.permissions import Standing, standing_of
from files.services import serve
from files.writing import Sheet as TableSheet
from files.writing import download
from finance.forms.disclosures import DisclosureFilterForm
from finance.models import Countersign, Disclosure, TakeBack, Voucher
from finance.permissions import may_follow_work, may_post
from finance.services.coverage import states_of
from finance.services.differences import differences
from finance.services.posters import poster_of
from finance.services.publishing import reference_to
from finance.services.sheet import Sheet
from finance.services.timeliness import timeliness_of
from finance.services.verification import faults_of, mismatches
from kernel.days import SHANGHAI, today
from kernel.periods import Period
from notices.models import Posting
from notices.rules import Place, required_places

_PAGE = 20
_QUARTERS_SHOWN = 6
_COLUMN = 56  # units of the drawing for each quarter


# -- The list ----------------------------------------------------------------------------------------------------------


@require_safe
def disclosures(request: HttpRequest) -> HttpResponse:
    """Every compound's current disclosures; an owner begins with the own compound's."""
    standing = standing_of(request.user, today())
    own = standing.compound_ids
    everywhere = request.GET.get("scope") == "all" or not own
    listed: QuerySet[Disclosure] = Disclosure.objects.current().for_display()
    periods = listed.order_by("-period").values_list("period", flat=True).distinct()
    form = DisclosureFilterForm(request.GET, periods=[(code, Period.parse(code).label) for code in periods])
    if not everywhere:
        listed = listed.filter(compound__in=own)
    listed = _filtered(listed, form).order_by("-period", "compound__village", "compound__name", "pk")
    page = Paginator(listed, _PAGE).get_page(request.GET.get("page"))
    rows = [(each, timeliness_of(each.obligation, standing.on)) for each in page]
    context = {"form": form, "page": page, "rows": rows, "has_own": bool(own), "everywhere": everywhere}
    return render(request, "finance/disclosure/list.html", context)


def _filtered(listed: QuerySet[Disclosure], form: DisclosureFilterForm) -> QuerySet[Disclosure]:
    """Unknown values are treated as not given: an address somebody cut short still shows the list."""
    form.is_valid()
    wanted = form.cleaned_data
    if words := wanted.get("q"):
        listed = listed.filter(Q(compound__name__icontains=words) | Q(compound__village__name__icontains=words))
    if village := wanted.get("village"):
        listed = listed.filter(compound__village=village)
    if period := wanted.get("period"):
        listed = listed.filter(period=period)
    if state := wanted.get("state"):
        listed = listed.annotate(done_on=TruncDate("obligation__fulfilled_at", tzinfo=SHANGHAI)).filter(_STATES[state])
    return listed


_STATES = {
    "on_time": Q(obligation__fulfilled_at__isnull=False, done_on__lte=F("obligation__deadline_on")),
    "late": Q(obligation__fulfilled_at__isnull=False, done_on__gt=F("obligation__deadline_on")),
    "unposted": Q(obligation__fulfilled_at__isnull=True),
    "corrected": Q(version__gt=1),
}


# -- One disclosure ----------------------------------------------------------------------------------------------------


def _published(public_id: str) -> Disclosure:
    disclosures = Disclosure.objects.for_display().select_related("account", "published_by")
    return get_object_or_404(disclosures, public_id=public_id)


@require_safe
def disclosure(request: HttpRequest, public_id: str) -> HttpResponse:
    """A published version: figures, charts with their tables, every line, versions, proofs of posting."""
    shown = _published(public_id)
    standing = standing_of(request.user, today())
    states = states_of(shown.obligation)
    of_account = [each for state in states if state.account == shown.account for each in state.versions]
    versions = [each.disclosure for each in of_account]
    postings = [photo for each in of_account if each.disclosure == shown for photo in each.photos]
    balances = _balances(shown)
    sheet = Sheet(shown.figures)
    context = {
        "disclosure": shown,
        "sheet": sheet,
        "lines": _lines_with_vouchers(sheet, standing),
        "timeliness": timeliness_of(shown.obligation, standing.on),
        "current": versions[-1],
        "versions": _versions_with_changes(versions),
        "others": [state for state in states if state.account != shown.account],
        "countersigns": Countersign.objects.filter(disclosure__obligation=shown.obligation_id).select_related(
            "disclosure", "obligation__bearer_body", "obligation__bearer_firm"
        ),
        "postings": postings,
        "missing": _missing(shown, postings),
        "balances": balances,
        "chart_width": _COLUMN * _QUARTERS_SHOWN,
        "gap": _gap(shown, balances),
        "may_post": request.user.is_authenticated and may_post(standing, shown),
        "may_follow": may_follow_work(standing, shown.obligation),
    }
    return render(request, "finance/disclosure/page.html", context)


def _lines_with_vouchers(sheet: Sheet, standing: Standing) -> list[dict[str, Any]]:
    """Each line with the vouchers this person may open; nobody signed in sees how many there are."""
    lines = sheet.lines
    vouchers: dict[str, list[Voucher]] = {}
    taken_back: dict[str, list[Voucher]] = {}
    if standing.user_id is not None:
        for voucher in _vouchers_of([line.entry for line in lines], standing):
            by_entry = vouchers if voucher.may_open else taken_back
            by_entry.setdefault(voucher.entry.public_id, []).append(voucher)
    return [
        {
            "line": line,
            "vouchers": vouchers.get(line.entry, []),
            "taken_back": taken_back.get(line.entry, []),
        }
        for line in lines
    ]


def _vouchers_of(entries: list[str], standing: Standing) -> QuerySet[Any]:
    """Those a person may open, and those that were public and were closed again with the town's consent."""
    agreed = TakeBack.objects.filter(voucher=OuterRef("pk"), decision=TakeBack.Decision.AGREED).order_by("-pk")
    mine = Voucher.objects.visible_to(standing).filter(pk=OuterRef("pk"))
    return (
        Voucher.objects.filter(entry__public_id__in=entries)
        .annotate(may_open=Exists(mine), taken_back_at=Subquery(agreed.values("decided_at")[:1]))
        .filter(Q(may_open=True) | Q(is_public=False, taken_back_at__isnull=False))
        .select_related("entry")
    )


def _versions_with_changes(versions: list[Disclosure]) -> list[dict[str, Any]]:
    """Newest first, each correction with what it changed."""
    before = [None, *versions[:-1]]
    told = [
        {"version": version, "changes": differences(old.figures, version.figures) if old else []}
        for old, version in zip(before, versions, strict=True)
    ]
    return told[::-1]


def _missing(shown: Disclosure, postings: Iterable[Posting]) -> list[Place]:
    """The required kinds of place without a photo of this version."""
    have = {posting.place for posting in postings}
    compound = shown.compound
    needed = required_places(has_lift=compound.has_lift, has_owner_group=compound.has_owner_group)
    return [place for place in needed if place not in have]


def _balances(shown: Disclosure) -> list[dict[str, Any]]:
    """Closing balances of the account's latest published quarters up to this one, oldest first, drawn as columns."""
    quarters = list(
        Disclosure.objects.current()
        .filter(account=shown.account, period__lte=shown.period)
        .order_by("-period")
        .values("period", "income", "expense", "closing", "public_id", "version")[:_QUARTERS_SHOWN]
    )[::-1]
    return [
        quarter
        | {
            "label": Period.parse(quarter["period"]).label,
            "short": f"{quarter['period'][2:4]}年{quarter['period'][-1]}季",
            "left": 10 + _COLUMN * position,
            "middle": _COLUMN // 2 + _COLUMN * position,
            "top": 110 - height,
            "height": height,
        }
        for position, (quarter, height) in enumerate(zip(quarters, _heights(quarters), strict=True))
    ]


def _heights(quarters: list[dict[str, Any]]) -> list[int]:
    most = max((quarter["closing"] for quarter in quarters), default=0)
    return [int(100 * max(quarter["closing"], 0) / most) if most > 0 else 0 for quarter in quarters]


def _gap(shown: Disclosure, balances: Iterable[dict[str, Any]]) -> dict[str, Any] | None:
    """The quarter before, where its current version no longer closes with what this one opens with."""
    before = Period.parse(shown.period).previous().code
    previous = next((quarter for quarter in balances if quarter["period"] == before), None)
    return previous if previous is not None and previous["closing"] != shown.opening else None


@require_safe
def poster(_request: HttpRequest, public_id: str) -> FileResponse:
    """The A4 poster of a version, made once and kept."""
    shown = _published(public_id)
    file = poster_of(shown).open("rb")
    name = f"{reference_to(shown).title}.pdf"
    return FileResponse(file, content_type="application/pdf", filename=name)


@require_safe
def spreadsheet(_request: HttpRequest, public_id: str) -> HttpResponseBase:
    """The frozen figures as a workbook: totals, categories, every line, reconciliation."""
    shown = _published(public_id)
    return download(reference_to(shown).title, workbook_of(shown))


def workbook_of(shown: Disclosure) -> list[TableSheet]:
    """The sheets of a disclosure's workbook; amounts in yuan."""
    sheet, figures = Sheet(shown.figures), shown.figures
    title = f"{figures['compound']['name']} {figures['period']['label']} 公共收益收支公示 第 {shown.version} 版"
    totals = [
        ("公示单位", figures["bearer"]["name"]),
        ("账户", f"{figures['account']['name']}（尾号 {figures['account']['tail']}）"),
        ("期初依据", sheet.basis.label),
        ("上期结余（元）", sheet.opening),
        ("本季收入（元）", sheet.income),
        ("本季支出（元）", sheet.expense),
        ("本期结余（元）", sheet.closing),
        ("经营合理成本（元）", sheet.cost),
        ("本季收益（元）", sheet.benefit),
        ("银行余额（元）", sheet.bank),
        *(("其他账户（另行公示）", other) for other in sheet.others),
        ("公示日期", sheet.published_on),
        ("校验码", shown.hash[:16]),
    ]
    categories = [("收入", row.code, row.name, row.count, row.amount) for row in sheet.incomes]
    categories += [("支出", row.code, row.name, row.count, row.amount) for row in sheet.expenses]
    lines = [
        (line.number, line.on, line.category, line.counterparty, line.text, line.amount, line.vouchers, line.remark)
        for line in sheet.lines
    ]
    reconciled = [(item.on, item.text, item.amount, item.reason) for item in sheet.reconciled]
    return [
        TableSheet("合计", ("项目", "内容"), totals, widths=(22, 40), notes=(title,)),
        TableSheet("分类", ("收支", "科目代码", "科目", "笔数", "金额（元）"), categories, widths=(8, 10, 32, 8, 16)),
        TableSheet(
            "逐笔",
            ("序号", "日期", "科目", "对方", "摘要", "金额（元）", "凭证（张）", "备注"),
            lines,
            widths=(6, 12, 26, 28, 30, 16, 10, 30),
        ),
        TableSheet("未达账项", ("日期", "摘要", "调整（元）", "原因"), reconciled, widths=(12, 30, 16, 30)),
    ]


@require_safe
def photo(_request: HttpRequest, public_id: str, posting_id: str) -> FileResponse:
    """A photo of the posted paper, re-encoded and without its place of taking."""
    shown = _published(public_id)
    posting = get_object_or_404(
        Posting.objects.select_related("photo"), public_id=posting_id, subject__public_id=shown.public_id
    )
    return serve(posting.photo, inline=True)


# -- The code on the paper ---------------------------------------------------------------------------------------------


@require_safe
def check(request: HttpRequest, public_id: str) -> HttpResponse:
    """What a poster's code opens: the hash recomputed from the frozen copy, and every part of the code compared."""
    try:
        shown = _published(public_id)
    except Http404:
        return render(request, "finance/disclosure/check_unknown.html", {"public_id": public_id}, status=404)
    versions = shown.obligation.disclosures.filter(account=shown.account)
    current = versions.order_by("-version").select_related("compound")[0]
    context = {
        "disclosure": shown,
        "sheet": Sheet(shown.figures),
        "faults": faults_of(shown),
        "mismatches": mismatches(shown, request.GET),
        "current": current,
        "changes": differences(shown.figures, current.figures) if current != shown else [],
    }
    return render(request, "finance/disclosure/check.html", context)
