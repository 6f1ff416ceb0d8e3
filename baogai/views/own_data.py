"""个人信息告知 and 我的信息: what is kept about a person, and everything they may ask about it."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.models import Consent, DataRequest, User
from accounts.permissions import PersonRequest
from accounts.rules import CONSENT_VERSION, CONSENT_WORDS, KEPT, ConsentField
from accounts.services import own_data, record_action
from baogai.permissions import data_requests_of, may_answer_people
from committees.models import Seat
from committees.services import forget_portraits, withdraw_from_board
from communities.models import Appointment, Ownership, Village
from communities.permissions import standing_of
from communities.rules import Role
from kernel.days import today
from kernel.errors import ConflictError, DomainError
from notices.models import Message
from notices.services import send_message

_PAGE = 25


class CorrectionForm(forms.Form):
    """What is wrong, in the person's own words."""

    text = forms.CharField(
        label="哪一项不对，应该是什么",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="例如：3号楼1102 登记的号码已换，新号码末四位 1234。",
    )


class DeletionForm(forms.Form):
    """Deletion needs no reason."""

    text = forms.CharField(label="说明", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 3}))
    understood = forms.BooleanField(label="我已看过下面哪些立即删除、哪些依法保存")


class AnswerForm(forms.Form):
    """What was done, or which article forbids it."""

    decision = forms.ChoiceField(label="结果", choices=DataRequest.Decision.choices, widget=forms.RadioSelect)
    answer = forms.CharField(label="答复", max_length=500, widget=forms.Textarea(attrs={"rows": 4}))


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """个人信息告知, for everybody (个人信息保护法 arts. 17, 35; 网络数据安全管理条例 art. 21)."""
    return render(request, "baogai/own_data/privacy.html", {"kept": KEPT, "version": CONSENT_VERSION})


def _kept_about(person: User) -> dict[str, Any]:
    """Everything the portal keeps about a person, but for the acts they did as a holder of a post."""
    return {
        "homes": list(
            Ownership.objects.filter(owner__user=person)
            .select_related("owner__compound", "unit__building", "unit__stair")
            .order_by("id")
        ),
        "posts": list(
            Appointment.objects.filter(user=person).select_related("post__body", "post__firm").order_by("from_on")
        ),
        "consents": list(Consent.objects.filter(person=person)),
        "asked": list(DataRequest.objects.filter(person=person).select_related("decided_by")),
    }


@require_safe
@login_required
def my_data(request: PersonRequest) -> HttpResponse:
    """我的信息: all of it on one page that can be printed."""
    kept = _kept_about(request.user)
    agreed = {one.field: one for one in kept["consents"] if one.withdrawn_at is None}
    consents = [(field, CONSENT_WORDS[field], agreed.get(field)) for field in ConsentField]
    seats = Seat.objects.filter(appointment__user=request.user).held(today())
    context = kept | {
        "person": request.user,
        "consent_rows": consents,
        "rules": KEPT,
        "seats": seats.select_related("appointment__post", "term__committee"),
    }
    return render(request, "baogai/own_data/mine.html", context)


@require_safe
@login_required
def my_data_export(request: PersonRequest) -> HttpResponse:
    """The same for machines (个人信息保护法 art. 45)."""
    person, kept = request.user, _kept_about(request.user)
    record_action("导出本人信息", by=person)
    body = {
        "账号": {"用户名": person.username, "姓名": person.name, "手机号": person.phone, "邮箱": person.email},
        "房屋": [
            {
                "小区": home.owner.compound.name,
                "房屋": str(home.unit),
                "名册姓名": home.owner.name,
                "名册号码": home.owner.phone,
                "自": home.from_on,
                "至": home.until_on,
            }
            for home in kept["homes"]
        ],
        "职务": [
            {"单位": str(one.post.body or one.post.firm), "职务": one.post.title, "自": one.from_on, "至": one.until_on}
            for one in kept["posts"]
        ],
        "同意": [
            {"内容": one.get_field_display(), "文本": one.version, "同意于": one.given_at, "撤回于": one.withdrawn_at}
            for one in kept["consents"]
        ],
        "申请": [
            {"事项": one.get_kind_display(), "说明": one.text, "提出于": one.asked_at, "答复": one.answer}
            for one in kept["asked"]
        ],
    }
    answer = JsonResponse(body, json_dumps_params={"ensure_ascii": False, "indent": 2})
    answer["Content-Disposition"] = 'attachment; filename="my-data.json"'
    return answer


@require_POST
@login_required
def my_consent(request: PersonRequest) -> HttpResponse:
    """Agree to one field, or take it back."""
    if request.POST.get("field") not in ConsentField.values:
        raise DomainError("请选择要同意或撤回的内容。")
    field = ConsentField(request.POST["field"])
    if request.POST.get("given") == "1":
        own_data.give_consent(request.user, field, at=timezone.now())
        messages.success(request, f"已同意公示{field.label}，随时可以撤回。")
    else:
        withdraw_from_board(request.user, field, at=timezone.now())
        messages.success(request, f"已撤回，{field.label}不再公示。")
    return redirect("my_data")


@require_http_methods(["GET", "POST"])
@login_required
def ask_correction(request: PersonRequest) -> HttpResponse:
    """Ask the village or the town to put something right."""
    form = CorrectionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _ask(request.user, DataRequest.Kind.CORRECT, form.cleaned_data["text"])
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, "已提交，办理结果会在“消息”里告诉您。")
            return redirect("my_data")
    return render(request, "baogai/own_data/correction.html", {"form": form})


@require_http_methods(["GET", "POST"])
@login_required
def ask_deletion(request: PersonRequest) -> HttpResponse:
    """What can go goes at once; what must stay is named with its period and article, and the rest is decided."""
    form = DeletionForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _ask(request.user, DataRequest.Kind.DELETE, form.cleaned_data["text"])
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, "可以立即删除的已删除；其余已转镇、村办理，结果会在“消息”里告诉您。")
            return redirect("my_data")
    return render(request, "baogai/own_data/deletion.html", {"form": form, "rules": KEPT})


@transaction.atomic
def _ask(person: User, kind: DataRequest.Kind, text: str) -> None:
    asked = own_data.ask_about_own_data(person, kind, text=text, at=timezone.now())
    if kind == DataRequest.Kind.DELETE:
        forget_portraits(person)
    send_message(
        _answerers(person),
        kind=Message.Kind.TASK,
        title=f"请办理：{person.name} {asked}",
        subject=own_data.reference_to(asked),
        dedupe_key=f"own-data:{asked.public_id}",
    )


def _answerers(person: User) -> list[User]:
    """The cadres of the villages where the person has a home or a post; without such, the town's office."""
    now = Appointment.objects.current(today()).select_related("user").exclude(user=person)
    villages = _villages(person)
    cadres = list(now.filter(post__role=Role.VILLAGE_CADRE, post__body__village__in=villages)) if villages else []
    office = now.filter(post__role=Role.TOWN_OFFICER)
    if villages:
        office = office.filter(post__body__town__in=Village.objects.filter(pk__in=villages).values("town"))
    return list({one.user_id: one.user for one in cadres or office}.values())


def _villages(person: User) -> set[int]:
    homes = Ownership.objects.current(today()).filter(owner__user=person)
    posts = Appointment.objects.current(today()).filter(user=person)
    found = {
        *homes.values_list("owner__compound__village_id", flat=True),
        *posts.values_list("post__body__compound__village_id", flat=True),
    }
    return {village for village in found if village is not None}


# -- Answering ---------------------------------------------------------------------------------------------------------


@require_safe
@login_required
def data_requests(request: PersonRequest) -> HttpResponse:
    """What people ask about their data, the unanswered first."""
    standing = standing_of(request.user, today())
    if not may_answer_people(standing):
        raise PermissionDenied
    found = data_requests_of(standing).select_related("person", "decided_by").order_by("decision", "-id")
    page = Paginator(found, _PAGE).get_page(request.GET.get("page"))
    return render(request, "baogai/own_data/requests.html", {"page": page})


@require_http_methods(["GET", "POST"])
@login_required
def data_request(request: PersonRequest, data_request_id: str) -> HttpResponse:
    """One request, and its answer."""
    standing = standing_of(request.user, today())
    asked = get_object_or_404(
        data_requests_of(standing).select_related("person", "decided_by"), public_id=data_request_id
    )
    if request.method == "POST" and asked.person_id == request.user.pk:
        raise PermissionDenied("本人的申请由另一人办理。")
    form = AnswerForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            _answer(asked, form.cleaned_data, by=request.user)
        except ConflictError as late:
            messages.error(request, late.message)
            return redirect("data_request", asked.public_id)
        except DomainError as refusal:
            form.add_error(refusal.field, refusal.message)
        else:
            messages.success(request, "已答复。")
            return redirect("data_requests")
    may_answer = not asked.decision and asked.person_id != request.user.pk
    context = {"asked": asked, "form": form, "may_answer": may_answer, "rules": KEPT}
    return render(request, "baogai/own_data/request.html", context)


@transaction.atomic
def _answer(asked: DataRequest, told: dict[str, str], *, by: User) -> None:
    decision = DataRequest.Decision(told["decision"])
    own_data.answer_data_request(asked, decision=decision, answer=told["answer"], by=by, at=timezone.now())
    send_message(
        [asked.person],
        kind=Message.Kind.NEWS,
        title=f"{decision.label}：您提出的{asked}",
        body=told["answer"],
        dedupe_key=f"own-data-answer:{asked.public_id}",
    )
