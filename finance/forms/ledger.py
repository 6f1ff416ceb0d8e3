"""Forms of the account and its entries."""

import secrets
from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q

from communities.models import Body, PropertyFirm
from files.forms import FilesField, KeepsFilesForm
from files.rules import DOORS
from finance.forms.fields import AmountField, CategoryField, PersonField
from finance.models import Entry, LedgerAccount
from finance.permissions import BookRight
from finance.querysets import on_side
from finance.rules import Category, Direction
from finance.services.accounts import number_tail
from finance.services.entries import Posting
from finance.services.vouchers import Proof
from kernel.days import long_date
from kernel.errors import DomainError
from kernel.periods import Cadence, Period, periods_between

_DAY = {"required": "请选择日期。", "invalid": "日期无法识别，请按 2026-09-30 的样子填写。"}
VOUCHER_WORDS = f"发票、收据、合同、付款截图等，可一次选几个（{DOORS['voucher'].words}）。"


def new_form_key() -> str:
    """A key by which the same form sent twice is recognised."""
    return secrets.token_hex(8)


class AccountForm(KeepsFilesForm):
    files_field = "proof"

    holder = forms.ChoiceField(
        label="户主",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择户主。", "invalid_choice": "请从列出的户主中选择。"},
    )
    name = forms.CharField(label="账户名称", max_length=80, help_text="照开户资料填写，例如“示例花园业主委员会”。")
    bank = forms.CharField(label="开户行", max_length=80, help_text="例如“建设银行石狮支行”。")
    number = forms.CharField(
        label="账号",
        max_length=40,
        help_text="可以只填末四位；填了全号也只保存末四位。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    is_dedicated = forms.BooleanField(label="这是公共收益专户，不与物业费等其他资金混用", required=False, initial=True)
    opened_on = forms.DateField(
        label="建账日期",
        error_messages=_DAY,
        widget=forms.DateInput,
        help_text="从这一天起在本系统记账；请选季度首日，例如 7 月 1 日。",
    )
    opening_balance = AmountField(
        label="建账余额（元）",
        help_text="建账日期当天开始时的银行余额。",
        error_messages={"required": "请填写建账余额，没有余额填 0。"},
    )
    proof = forms.FileField(
        label="建账余额凭据",
        help_text=f"银行对账单或余额证明（{DOORS['voucher'].words}）。",
        error_messages={"required": "请上传证明建账余额的对账单或余额证明。"},
        widget=forms.FileInput(attrs={"accept": DOORS["voucher"].accept}),
        allow_empty_file=True,
    )

    def __init__(self, *args: Any, holders: Sequence[Body | PropertyFirm], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.holders = {holder.public_id: holder for holder in holders}
        field = cast("forms.ChoiceField", self.fields["holder"])
        field.choices = [(key, str(holder)) for key, holder in self.holders.items()]
        if len(holders) == 1:
            field.initial = holders[0].public_id

    def clean_number(self) -> str:
        try:
            return number_tail(self.cleaned_data["number"])
        except DomainError as error:
            raise ValidationError(error.message) from error

    @property
    def chosen_holder(self) -> Body | PropertyFirm:
        return self.holders[self.cleaned_data["holder"]]


class CloseForm(forms.Form):
    closed_on = forms.DateField(label="最后一日", error_messages=_DAY, widget=forms.DateInput)


class PostingForm(KeepsFilesForm):
    """What an entry says; `right` says on which days this person may enter something."""

    on = forms.DateField(
        label="日期", error_messages=_DAY, widget=forms.DateInput, help_text="收付款的日期，不是填表的日期。"
    )
    category = CategoryField(help_text="收入还是支出由科目决定。")
    amount = AmountField(label="金额（元）", error_messages={"required": "请填写金额。"})
    counterparty = forms.CharField(label="对方单位或个人", max_length=120, required=False)
    is_person = PersonField()
    text = forms.CharField(label="摘要", max_length=200, required=False, help_text="是什么收支，例如“9 月地面停车费”。")
    vouchers = FilesField(label="凭证", required=False, help_text=VOUCHER_WORDS)
    is_public = forms.BooleanField(
        label="这些凭证可公开：公示后本小区业主可以查看",
        required=False,
    )
    form_key = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, right: BookRight, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.right = right

    def clean_on(self) -> date:
        return _within(self.right, self.cleaned_data["on"])

    def posting(self) -> Posting:
        told = self.cleaned_data
        return Posting(
            on=told["on"],
            category=told["category"],
            amount=told["amount"],
            counterparty=told["counterparty"],
            text=told["text"],
            is_person=told["is_person"],
        )

    def proofs(self) -> list[Proof]:
        return [Proof(source, is_public=self.cleaned_data["is_public"]) for source in self.sources()]


def _within(right: BookRight, day: date) -> date:
    if not right.covers(day):
        raise ValidationError(f"您只能补记{right.words}的流水，以完成未了的公示。")
    return day


class ReversalForm(forms.Form):
    """Why, and whether the quarter of the original or the current one is corrected."""

    when = forms.ChoiceField(
        label="冲正记在哪一天",
        widget=forms.RadioSelect,
        error_messages={"required": "请选择冲正日期。", "invalid_choice": "请从列出的日期中选择。"},
    )
    reason = forms.CharField(
        label="原因",
        max_length=200,
        error_messages={"required": "请写明原因，公示时会一并列出。"},
        help_text="公示时与原流水一并列出，请不要写个人信息。",
    )

    def __init__(self, *args: Any, entry: Entry, on: date, right: BookRight, published: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        label = Period.containing(entry.on, Cadence.QUARTER).label
        after = f"{label}已公示，选此项须更正公示" if published else f"{label}尚未公示"
        days = [
            ("today", on, f"今天（{long_date(on)}）：原来的账不动，记入本季"),
            ("original", entry.on, f"原日期（{long_date(entry.on)}）：{after}"),
        ]
        allowed = [(key, day, words) for key, day, words in days if right.covers(day)]
        self.days = {key: day for key, day, _ in allowed}
        cast("forms.ChoiceField", self.fields["when"]).choices = [(key, words) for key, _, words in allowed]
        same_quarter = entry.on in Period.containing(on, Cadence.QUARTER)
        preferred = "today" if published or same_quarter else "original"
        self.fields["when"].initial = preferred if preferred in self.days else next(iter(self.days), None)

    @property
    def on(self) -> date:
        return self.days[self.cleaned_data["when"]]

    def refuse(self, error: DomainError) -> None:
        field = "when" if error.field == "on" else error.field
        self.add_error(field if field in self.fields else None, error.message)


class CorrectionForm(ReversalForm):
    """The reversal, and what should have been written; a bank line keeps its amount and side."""

    category = CategoryField()
    amount = AmountField(label="金额（元）", error_messages={"required": "请填写金额。"})
    counterparty = forms.CharField(label="对方单位或个人", max_length=120, required=False)
    is_person = PersonField()
    text = forms.CharField(label="摘要", max_length=200, required=False)
    field_order = ("category", "amount", "counterparty", "is_person", "text", "when", "reason")

    def __init__(self, *args: Any, entry: Entry, **kwargs: Any) -> None:
        kwargs["initial"] = {
            "category": entry.category,
            "amount": f"{entry.amount:,.2f}",
            "counterparty": entry.counterparty,
            "is_person": "yes" if entry.counterparty_is_person else "no",
            "text": entry.text,
        }
        super().__init__(*args, entry=entry, **kwargs)
        if entry.line_id is not None:
            self.fields["category"] = CategoryField(side=entry.direction)
            self.fields["amount"].widget.attrs["readonly"] = True
            self.fields["amount"].help_text = "来自银行对账单，金额不能改。"
            self.order_fields(self.field_order)

    def posting(self) -> Posting:
        told = self.cleaned_data
        return Posting(
            on=self.on,
            category=told["category"],
            amount=told["amount"],
            counterparty=told["counterparty"],
            text=told["text"],
            is_person=told["is_person"],
        )


class VoucherForm(KeepsFilesForm):
    vouchers = FilesField(label="凭证", help_text=VOUCHER_WORDS, error_messages={"required": "请选择要上传的凭证。"})
    title = forms.CharField(label="名称", max_length=60, required=False, help_text="不填则用文件名。")
    is_public = forms.BooleanField(label="可公开：公示后本小区业主可以查看", required=False)

    def proofs(self) -> list[Proof]:
        told = self.cleaned_data
        return [Proof(source, title=told["title"], is_public=told["is_public"]) for source in self.sources()]


class AccountFilter(forms.Form):
    """Which accounts are listed; lives in the address."""

    q = forms.CharField(label="小区、户主或账号末四位", required=False, max_length=60)

    @property
    def condition(self) -> Q:
        """Anything unknown in the address is ignored."""
        words = self.cleaned_data.get("q", "") if self.is_valid() else ""
        if not words:
            return Q()
        return (
            Q(compound__name__icontains=words)
            | Q(holder_body__name__icontains=words)
            | Q(holder_firm__name__icontains=words)
            | Q(number_tail=words)
        )


class EntryFilter(forms.Form):
    """What of the ledger is shown; lives in the address. Anything unknown in it is ignored."""

    quarter = forms.ChoiceField(label="季度", required=False)
    category = CategoryField(required=False, blank="全部科目")
    side = forms.ChoiceField(label="收支", required=False, choices=[("", "收入和支出"), *Direction.choices])
    text = forms.CharField(label="对方或摘要", required=False, max_length=60)

    SORTS = {
        "on": ("on", "id"),
        "-on": ("-on", "-id"),
        "amount": ("amount", "id"),
        "-amount": ("-amount", "-id"),
        "category": ("category", "on", "id"),
        "-category": ("-category", "-on", "-id"),
    }

    def __init__(self, data: Any, *, account: LedgerAccount, on: date) -> None:
        super().__init__(data)
        quarters = reversed(periods_between(account.opened_on, max(on, account.opened_on), Cadence.QUARTER))
        choices = [("", "全部季度"), *((period.code, period.label) for period in quarters)]
        cast("forms.ChoiceField", self.fields["quarter"]).choices = choices
        self.is_valid()
        self.told: dict[str, Any] = getattr(self, "cleaned_data", {})
        self.sort = data.get("sort", "") if data.get("sort", "") in self.SORTS else ""

    @property
    def period(self) -> Period | None:
        return Period.parse(self.told["quarter"]) if self.told.get("quarter") else None

    @property
    def is_narrowed(self) -> bool:
        """By anything but the quarter: opening and closing of a part of the entries would mean nothing."""
        return any(self.told.get(name) for name in ("category", "side", "text"))

    @property
    def condition(self) -> Q:
        """Which entries are shown."""
        shown = Q()
        if self.period is not None:
            shown &= Q(on__range=(self.period.first, self.period.last))
        if self.told.get("category"):
            shown &= Q(category=self.told["category"])
        if self.told.get("side"):
            shown &= on_side(Direction(self.told["side"]))
        if words := self.told.get("text"):
            names = [category.value for category in Category if words in category.label]
            shown &= (
                Q(counterparty__icontains=words)
                | Q(text__icontains=words)
                | Q(reason__icontains=words)
                | Q(category__in=names)
            )
        return shown

    @property
    def order(self) -> tuple[str, ...]:
        """A quarter reads from its first day on, the whole book from its end."""
        return self.SORTS[self.sort or ("on" if self.period else "-on")]
