"""One bank line as several entries: rows to fill, one more by a button, and what is still missing to the line's sum."""

from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from files.forms import FilesField, KeepsFilesForm
from finance.forms.fields import AmountField, CategoryField, PersonField
from finance.forms.ledger import VOUCHER_WORDS
from finance.models import StatementLine
from finance.services.booking import Part
from finance.services.vouchers import Proof
from kernel.errors import DomainError
from kernel.money import parse_amount, yuan

FEWEST, MOST = 2, 20


class PartForm(forms.Form):
    """One part of the line."""

    amount = AmountField(label="金额（元）", error_messages={"required": "请填写这一部分的金额。"})
    counterparty = forms.CharField(label="对方单位或个人", max_length=120, required=False)
    text = forms.CharField(label="摘要", max_length=200, required=False)
    is_person = PersonField()
    field_order = ("category", "amount", "counterparty", "text", "is_person")

    def __init__(self, *args: Any, side: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"] = CategoryField(side=side)
        self.order_fields(self.field_order)

    def part(self) -> Part:
        told = self.cleaned_data
        return Part(told["category"], told["amount"], told["counterparty"], told["text"], told["is_person"])


class VouchersForm(KeepsFilesForm):
    """Files that prove every part."""

    vouchers = FilesField(label="凭证", required=False, help_text=f"每一部分都会附上。{VOUCHER_WORDS}")
    is_public = forms.BooleanField(label="这些凭证可公开：公示后本小区业主可以查看", required=False)

    def proofs(self) -> list[Proof]:
        return [Proof(source, is_public=self.cleaned_data["is_public"]) for source in self.sources()]


class SplitForm:
    """The rows of the page. A row in which neither category nor amount nor text stands is left out."""

    def __init__(self, line: StatementLine, left: Decimal, data: QueryDict | None = None) -> None:
        self.line, self.left, self.data = line, left, data
        self.error = ""
        self.rows = FEWEST if data is None else _rows(data)
        self.parts = [self._part(number) for number in range(self.rows)]

    def _part(self, number: int) -> PartForm:
        data = self.data if self.data is not None and not self._is_blank(number) else None
        initial = {"counterparty": self.line.counterparty, "text": ""}
        return PartForm(data, prefix=f"part-{number}", side=self.line.direction, initial=initial)

    def _typed(self, number: int, name: str) -> str:
        return "" if self.data is None else self.data.get(f"part-{number}-{name}", "").strip()

    def _is_blank(self, number: int) -> bool:
        return not any(self._typed(number, name) for name in ("category", "amount", "text"))

    def add_row(self) -> None:
        """One more row, with what is still missing as its amount; what was typed stays, nothing is judged yet."""
        missing = self.missing
        for number, form in enumerate(self.parts):
            if form.is_bound:
                typed = {name: self._typed(number, name) for name in form.fields}
                self.parts[number] = PartForm(prefix=f"part-{number}", side=self.line.direction, initial=typed)
        if self.rows < MOST:
            amount = f"{missing:.2f}" if missing > 0 else ""
            initial = {"counterparty": self.line.counterparty, "amount": amount}
            self.parts.append(PartForm(prefix=f"part-{self.rows}", side=self.line.direction, initial=initial))
            self.rows += 1

    @property
    def missing(self) -> Decimal:
        """What the amounts typed so far lack to the line's; negative where they are too much."""
        return self.left - sum((_amount(self._typed(number, "amount")) for number in range(self.rows)), Decimal(0))

    @property
    def missing_words(self) -> str:
        if self.missing == 0:
            return "各部分合计与银行明细相符。"
        return f"各部分合计比银行明细{'少' if self.missing > 0 else '多'} {yuan(abs(self.missing))} 元。"

    def chosen(self) -> list[Part] | None:
        """The parts, where every row that says something is right; None with the errors beside the fields."""
        filled = [form for form in self.parts if form.is_bound]
        judged = [form.is_valid() for form in filled]  # every row, so that all errors show at once
        if not all(judged):
            self.error = "请改正标出的地方。"
            return None
        if len(filled) < FEWEST:
            self.error = "请至少填写两部分；只有一笔的，用“单笔入账”。"
            return None
        return [form.part() for form in filled]

    def refuse(self, error: DomainError) -> None:
        """Show a rule's refusal beside its part, or on top."""
        filled = [form for form in self.parts if form.is_bound]
        place = (error.field or "").removeprefix("part-")
        if place.isdecimal() and int(place) < len(filled):
            filled[int(place)].add_error(None, error.message)
            self.error = "请改正标出的地方。"
        else:
            self.error = error.message


def _rows(data: QueryDict) -> int:
    told = data.get("rows", "")
    return min(max(int(told), FEWEST), MOST) if told.isascii() and told.isdecimal() and len(told) < 4 else FEWEST


def _amount(typed: str) -> Decimal:
    """What a field holds already; nothing where it cannot be read yet."""
    try:
        return parse_amount(typed) if typed else Decimal(0)
    except DomainError:
        return Decimal(0)
