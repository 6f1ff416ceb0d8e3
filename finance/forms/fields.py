"""Fields the books' forms share: exact amounts, categories by side, several files, who is a person."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from finance.rules import Category, Direction, direction_of
from kernel.errors import DomainError
from kernel.money import parse_amount

Choices = list[tuple[str, Any]]


class AmountField(forms.CharField):
    """Yuan as people write them (１２.５, 1,234.50), kept as typed where they are refused."""

    def __init__(self, *, signed: bool = False, **kwargs: Any) -> None:
        kwargs.setdefault("max_length", 40)
        kwargs.setdefault("widget", forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"}))
        super().__init__(**kwargs)
        self.signed = signed

    def clean(self, value: Any) -> Decimal | None:
        """The exact amount; None for an empty optional field."""
        text = super().clean(value)
        if not text:
            return None
        try:
            return parse_amount(text, signed=self.signed)
        except DomainError as error:
            raise ValidationError(error.message) from error


def category_choices(side: str | None = None, *, blank: str = "请选择科目") -> Choices:
    """Categories for a select; of one side, or of both in two groups."""
    sides = [Direction(side)] if side else list(Direction)
    groups = [
        (one.label, [(c.value, f"{c.value} {c.label}") for c in Category if direction_of(c) == one]) for one in sides
    ]
    return [("", blank), *(groups[0][1] if side else groups)]


class CategoryField(forms.ChoiceField):
    """An income or expense item; `side` narrows it to one."""

    def __init__(self, *, side: str | None = None, blank: str = "请选择科目", **kwargs: Any) -> None:
        kwargs.setdefault("label", "科目")
        kwargs.setdefault(
            "error_messages", {"required": "请选择科目。", "invalid_choice": "没有这个科目，请重新选择。"}
        )
        super().__init__(choices=category_choices(side, blank=blank), **kwargs)


class PersonField(forms.TypedChoiceField):
    """Whether the counterparty is a natural person, whose name residents do not see; None leaves it to the name."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label="对方是个人吗",
            choices=[("", "由系统按名称判断"), ("yes", "是个人，公示时隐去姓名"), ("no", "不是个人（单位、商户）")],
            coerce={"yes": True, "no": False}.get,
            empty_value=None,
            required=False,
            **kwargs,
        )
