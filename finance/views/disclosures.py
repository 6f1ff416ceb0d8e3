"""Working on a disclosure: one page per obligation, one button per step, and the photos that prove the posting."""

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import User
from accounts.permissions import PersonRequest
from communities.permissions import Standing, standing_of
from finance.forms.disclosures import (
    CountersignForm,
    DraftForm,
    LineReasonForm,
    PostingForm,
    ReasonForm,
    ReconcilingForm,
    SeenForm,
)
from finance.models import Disclosure, DisclosureDraft, LedgerAccount, StatementLine
from finance.permissions import may_follow_work, may_post, may_prepare, may_publish, may_review
from finance.services import countersign as countersigning
from finance.services import drafts, publishing
from finance.services.checks import problems_of, warnings_of
from finance.services.coverage import AccountState, states_in, states_of
from finance.services.figures import figures_of, figures_sha
from finance.services.quarter import Quarter, read_quarter
from finance.services.sheet import Sheet
from finance.services.timeliness import timeliness_of
from finance.tasks import keep_poster
from kernel.days import today
from kernel.errors import ConflictError, DomainError, NotAllowedError
from notices.models import Posting
from notices.rules import Place, required_places
from supervision.models import Obligation
from supervision.rules import Duty

STEPS = ("编制", "审核", "发布", "张贴")
_STEP_OF = {"preparing": 0, "submitted": 1, "reviewed": 2}
CONSEQUENCES = (
    "本页数据将冻结、编入本小区公示链，并向所有人公开。",
    "系统生成带二维码的 A4 海报，请打印张贴。",
    "每一类位置都有张贴照片后，本期公示才算完成。",
)
_UNPROCESSABLE = 422
_LINES_SHOWN = 50


def of_obligation(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Hand a view the disclosure duty it is about: login, 404 for strangers, 403 for who may not follow the work."""

    @login_required
    @wraps(view)
    def fetched(request: HttpRequest, public_id: str, **named: str) -> HttpResponse:
        standing = standing_of(request.user, today())
        obligations = Obligation.objects.for_display().visible_to(standing).filter(duty=Duty.DISCLOSURE)
        obligation = get_object_or_404(obligations, public_id=public_id)
        if not may_follow_work(standing, obligation):
            raise PermissionDenied
        return view(request, obligation, **named)

    return fetched


def _person(request: HttpRequest) -> User:
    """Who is signed in; the doors of this module let nobody else pass."""
    return cast("User", request.user)


def _draft_of(obligation: Obligation) -> DisclosureDraft | None:
    return DisclosureDraft.objects.for_work().open().filter(obligation=obligation).first()


def _draft_or_conflict(obligation: Obligation) -> DisclosureDraft:
    draft = _draft_of(obligation)
    if draft is None:
        raise ConflictError("本期没有正在办理的底稿：可能已经发布，请刷新页面查看。")
    return draft


# -- The page ----------------------------------------------------------------------------------------------------------


@require_safe
@login_required
def work(request: HttpRequest, public_id: str) -> HttpResponse:
    """Where the quarter's disclosure stands, what stands against it, and the one thing to do next."""
    standing = standing_of(request.user, today())
    seen = Obligation.objects.for_display().visible_to(standing).filter(duty=Duty.DISCLOSURE, public_id=public_id)
    draft = DisclosureDraft.objects.for_work().open().filter(obligation__in=seen).first()
    obligation = get_object_or_404(seen) if draft is None else draft.obligation
    if not may_follow_work(standing, obligation):
        raise PermissionDenied
    return _page(request, obligation, draft)


def _page(
    request: HttpRequest,
    obligation: Obligation,
    draft: DisclosureDraft | None,
    *,
    bound: dict[str, forms.Form] | None = None,
) -> HttpResponse:
    standing = standing_of(request.user, today())
    quarter = read_quarter(draft) if draft is not None else None
    states = states_of(obligation) if quarter is None else states_in(quarter)
    state = _in_focus(states, draft, request.GET.get("account", ""))
    account = draft.account if draft else state.account if state else None
    published = state.current if state else None
    context: dict[str, Any] = {
        "obligation": obligation,
        "draft": draft,
        "account": account,
        "accounts": states if len(states) > 1 else [],
        "state": state,
        "published": published,
        "steps": STEPS,
        "step": _step(draft, state, obligation),
        "may": _rights(standing, obligation, draft),
        "correction_form": ReasonForm(prefix="correct", label="更正原因"),
        "consequences": CONSEQUENCES,
        "back_url": request.path,
    }
    if quarter is not None:
        context |= _draft_context(quarter)
    elif published is not None:
        context |= {
            "timeliness": timeliness_of(obligation, standing.on),
            "missing": state.missing if state else (),
            "may_post": may_post(standing, published),
        }
    if account is None:
        context |= _sharing_context(obligation)
    status = _UNPROCESSABLE if bound else 200
    return render(request, "finance/disclosure/work.html", context | (bound or {}), status=status)


def _in_focus(states: list[AccountState], draft: DisclosureDraft | None, asked: str) -> AccountState | None:
    """Of several accounts the one in work, the one asked for, the first that is not done, or the first."""
    wanted = draft.account.public_id if draft is not None else asked
    by_id = {state.account.public_id: state for state in states}
    return by_id.get(wanted) or next((s for s in states if s.done_at is None), states[0] if states else None)


def _step(draft: DisclosureDraft | None, state: AccountState | None, obligation: Obligation) -> int:
    if draft is not None:
        return _STEP_OF[draft.stage]
    if state is None or state.current is None:
        return 0
    done = obligation.fulfilled_at is not None or state.done_at is not None
    return len(STEPS) if done else len(STEPS) - 1


def _rights(standing: Standing, obligation: Obligation, draft: DisclosureDraft | None) -> dict[str, bool]:
    is_preparer = draft is not None and draft.prepared_by_id == standing.user_id
    return {
        "prepare": may_prepare(standing, obligation),
        "review": may_review(standing, obligation) and not is_preparer,
        "publish": may_publish(standing, obligation),
        "withdraw": is_preparer,
    }


def _draft_context(quarter: Quarter) -> dict[str, Any]:
    draft, figures = quarter.draft, figures_of(quarter)
    sha = figures_sha(figures)
    return {
        "sheet": Sheet(figures),
        "sha": sha,
        "is_changed": draft.stage == DisclosureDraft.Stage.REVIEWED and sha != draft.reviewed_sha,
        "problems": problems_of(quarter, figures),
        "warnings": warnings_of(figures),
        "reconciling": quarter.listed,
        "open_lines": quarter.unexplained[:_LINES_SHOWN],
        "draft_form": DraftForm.of(draft),
        "reconciling_form": ReconcilingForm(prefix="sum"),
        "return_form": ReasonForm(prefix="return", label="退回原因"),
    }


def _sharing_context(obligation: Obligation) -> dict[str, Any]:
    shared = countersigning.disclosures_to_countersign(obligation)
    seen = " ".join(each.public_id for each in shared)
    return {
        "shared": [(each, Sheet(each.figures)) for each in shared],
        "signed": list(obligation.countersigns.select_related("disclosure__account").order_by("pk")),
        "awaited": countersigning.accounts_to_wait_for(obligation),
        "countersign_form": CountersignForm(initial={"version": seen}) if shared else None,
    }


def _account_meant(request: HttpRequest, obligation: Obligation) -> LedgerAccount | None:
    """The account named in the form; 404 for one that is not the bearer's in this quarter."""
    asked = request.POST.get("account", "")
    if not asked:
        return None
    found = [state.account for state in states_of(obligation) if state.account.public_id == asked]
    if not found:
        raise Http404
    return found[0]


# -- Acts --------------------------------------------------------------------------------------------------------------


def _back(request: HttpRequest, obligation: Obligation, done: str) -> HttpResponse:
    messages.success(request, done)
    return redirect("finance:draft", obligation.public_id)


def _acted(request: HttpRequest, obligation: Obligation, act: Callable[[], Any], done: str) -> HttpResponse:
    """Do an act that has no fields; a refusal is told on the page one comes from."""
    try:
        act()
    except NotAllowedError:
        raise
    except DomainError as error:
        messages.error(request, error.message)
        return redirect("finance:draft", obligation.public_id)
    return _back(request, obligation, done)


def _filled(
    request: HttpRequest,
    obligation: Obligation,
    form: forms.Form,
    act: Callable[[dict[str, Any]], Any],
    *,
    name: str,
    done: str,
) -> HttpResponse:
    """Do an act with what was typed; a refusal stands beside its field and nothing typed is lost."""
    if form.is_valid():
        try:
            act(form.cleaned_data)
        except NotAllowedError:
            raise
        except DomainError as error:
            form.add_error(error.field if error.field in form.fields else None, error.message)
        else:
            return _back(request, obligation, done)
    return _page(request, obligation, _draft_of(obligation), bound={name: form})


@require_POST
@of_obligation
def start(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Begin the first version of an account."""
    account = _account_meant(request, obligation)
    act = partial(drafts.start_draft, obligation, account=account, by=_person(request), at=timezone.now())
    return _acted(request, obligation, act, "已按账目生成底稿，请核对。")


@require_POST
@of_obligation
def correct(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Begin a correction of what was published, with its reason."""
    form = ReasonForm(request.POST, prefix="correct", label="更正原因")
    account = _account_meant(request, obligation)

    def act(typed: dict[str, Any]) -> None:
        drafts.start_draft(obligation, account=account, reason=typed["reason"], by=_person(request), at=timezone.now())

    return _filled(request, obligation, form, act, name="correction_form", done="已开始编制更正版。")


@require_POST
@of_obligation
def edit(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Keep the preparer's texts and whether the quarter is nil."""
    draft = _draft_or_conflict(obligation)

    def act(typed: dict[str, Any]) -> None:
        drafts.edit_draft(draft, by=_person(request), at=timezone.now(), **typed)

    return _filled(request, obligation, DraftForm(request.POST), act, name="draft_form", done="已保存。")


@require_POST
@of_obligation
def list_line(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """List one of the bank's lines as not yet booked, with its reason."""
    draft = _draft_or_conflict(obligation)
    form = LineReasonForm(request.POST)

    def act() -> None:
        if not form.is_valid():
            raise DomainError("请写明未达原因（200 字以内）。")
        line = get_object_or_404(StatementLine, account=draft.account, public_id=form.cleaned_data["line"])
        drafts.list_reconciling(
            draft, line=line, reason=form.cleaned_data["reason"], by=_person(request), at=timezone.now()
        )

    return _acted(request, obligation, act, "已列为未达账项。")


@require_POST
@of_obligation
def list_sum(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """List a sum that the bank does not have yet."""
    draft = _draft_or_conflict(obligation)

    def act(typed: dict[str, Any]) -> None:
        drafts.list_reconciling(draft, by=_person(request), at=timezone.now(), **typed)

    form = ReconcilingForm(request.POST, prefix="sum")
    return _filled(request, obligation, form, act, name="reconciling_form", done="已列为未达账项。")


@require_POST
@of_obligation
def unlist(request: HttpRequest, obligation: Obligation, item_id: str) -> HttpResponse:
    """Take a reconciling item off again."""
    item = get_object_or_404(_draft_or_conflict(obligation).reconciling, public_id=item_id)
    act = partial(drafts.drop_reconciling, item, by=_person(request), at=timezone.now())
    return _acted(request, obligation, act, "已取消该未达账项。")


@require_POST
@of_obligation
def submit(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Hand it to the reviewer."""
    draft = _draft_or_conflict(obligation)
    act = partial(drafts.submit_draft, draft, by=_person(request), at=timezone.now())
    return _acted(request, obligation, act, "已提交审核，审核人会收到消息。")


@require_POST
@of_obligation
def review(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Approve the figures that were on the page."""
    draft = _draft_or_conflict(obligation)
    form = SeenForm(request.POST)
    seen = form.cleaned_data["seen"] if form.is_valid() else ""
    act = partial(drafts.review_draft, draft, seen_sha=seen, by=_person(request), at=timezone.now())
    return _acted(request, obligation, act, "已审核通过，等待负责人发布。")


@require_POST
@of_obligation
def send_back(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Return it to the preparer, or withdraw it."""
    draft = _draft_or_conflict(obligation)

    def act(typed: dict[str, Any]) -> None:
        drafts.return_draft(draft, by=_person(request), at=timezone.now(), **typed)

    form = ReasonForm(request.POST, prefix="return", label="退回原因")
    return _filled(request, obligation, form, act, name="return_form", done="已退回编制。")


@require_POST
@of_obligation
def discard(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Give the draft up."""
    draft = _draft_or_conflict(obligation)
    act = partial(drafts.discard_draft, draft, by=_person(request), at=timezone.now())
    return _acted(request, obligation, act, "已放弃底稿。")


@require_POST
@of_obligation
def publish(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Freeze and publish; the poster is made aside, at the latest when somebody asks for it."""
    draft = _draft_or_conflict(obligation)

    def act() -> None:
        published = publishing.publish_disclosure(draft, by=_person(request), at=timezone.now())
        transaction.on_commit(lambda: keep_poster.delay(published.pk), robust=True)

    return _acted(request, obligation, act, "已发布。请打印海报张贴，并逐处拍照上传。")


@require_POST
@of_obligation
def countersign(request: HttpRequest, obligation: Obligation) -> HttpResponse:
    """Adopt what the other bearer disclosed, all accounts on the page or none."""
    form = CountersignForm(request.POST)

    @transaction.atomic
    def act(typed: dict[str, Any]) -> None:
        for public_id in dict.fromkeys(typed["version"].split()):
            shown = get_object_or_404(Disclosure, compound=obligation.compound, public_id=public_id)
            countersigning.countersign(
                obligation, disclosure=shown, note=typed["note"], by=_person(request), at=timezone.now()
            )

    return _filled(request, obligation, form, act, name="countersign_form", done="已会签。")


# -- Photos of the posted paper ----------------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def posting(request: PersonRequest, public_id: str) -> HttpResponse:
    """One big button for each kind of place; made for a phone held in front of the notice board."""
    standing = standing_of(request.user, today())
    seen = Obligation.objects.visible_to(standing)
    shown = get_object_or_404(Disclosure.objects.for_display().filter(obligation__in=seen), public_id=public_id)
    if not may_post(standing, shown):
        raise PermissionDenied
    compound = shown.compound
    kinds = {"has_lift": compound.has_lift, "has_owner_group": compound.has_owner_group}
    failed: PostingForm | None = None
    if request.method == "POST":
        failed = PostingForm(request.POST, request.FILES, **kinds)
        if _posted(request, shown, failed):
            return redirect("finance:posting", shown.public_id)
    return render(request, "finance/disclosure/posting.html", _places(shown, failed, required_places(**kinds)))


def _posted(request: HttpRequest, shown: Disclosure, form: PostingForm) -> bool:
    if not form.is_valid():
        return False
    place = form.cleaned_data["place"]
    try:
        publishing.prove_posting(
            shown,
            place=place,
            photo=form.cleaned_data["photo"],
            note=form.cleaned_data["note"],
            by=_person(request),
            at=timezone.now(),
        )
    except NotAllowedError:
        raise
    except DomainError as error:
        form.add_error(error.field if error.field in form.fields else None, error.message)
        return False
    messages.success(request, f"已收到“{place.label}”的照片。")
    return True


def _places(shown: Disclosure, failed: PostingForm | None, places: tuple[Place, ...]) -> dict[str, Any]:
    taken: dict[str, list[Posting]] = {}
    for each in Posting.objects.filter(subject__public_id=shown.public_id).order_by("posted_at"):
        taken.setdefault(each.place, []).append(each)
    at = failed.data.get("place") if failed else None
    listed: list[dict[str, Any]] = [
        {"place": place, "photos": taken.get(place, []), "errors": failed.errors if failed and at == place else {}}
        for place in places
    ]
    return {
        "disclosure": shown,
        "places": listed,
        "missing": [row["place"].label for row in listed if not row["photos"]],
        "timeliness": timeliness_of(shown.obligation, today()),
        "lost": failed.errors if failed and at not in places else {},
    }
