"""Forms of bank statements: the file, its columns, its confirmation, and lines taken into the books."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from files.forms import FilesField, KeepsFilesForm
from files.rules import DOORS
from finance.bank_columns import FIELDS
from finance.forms.fields import AmountField, CategoryField, PersonField
from finance.forms.ledger import VOUCHER_WORDS
from finance.models import StatementLine
from finance.services.booking import Choice
from finance.services.statement_preview import Preview, column_choices
from finance.services.vouchers import Proof
from kernel.errors import DomainError

_DAY_WORDS = {"required": "请选择日期。", "invalid": "日期无法识别，请按 2026-09-30 的样子填写。"}


class StatementFileForm(forms.Form):
    file = forms.FileField(
        label="银行对账单文件",
        allow_empty_file=True,
        help_text=f"从网上银行下载的明细，原样上传，不要改动（{DOORS['table'].words}）。",
        error_messages={"required": "请选择从网上银行下载的明细文件。"},
        widget=forms.FileInput(attrs={"accept": DOORS["table"].accept}),
    )

    def refuse(self, error: DomainError) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.message)


class NilStatementForm(KeepsFilesForm):
    files_field = "proof"

    from_on = forms.DateField(label="起始日期", error_messages=_DAY_WORDS, widget=forms.DateInput)
    until_on = forms.DateField(
        label="截止日期（含当日）", error_messages=_DAY_WORDS, widget=forms.DateInput, help_text="例如季度最后一日。"
    )
    balance = AmountField(
        label="银行余额（元）", help_text="这几天银行余额没有变动。", error_messages={"required": "请填写银行余额。"}
    )
    proof = forms.FileField(
        label="对账单或余额证明",
        allow_empty_file=True,
        help_text=f"银行出具的无交易对账单、余额证明或网银截图（{DOORS['voucher'].words}）。",
        error_messages={"required": "请上传银行的对账单或余额证明。"},
        widget=forms.FileInput(attrs={"accept": DOORS["voucher"].accept}),
    )


class ColumnsForm(forms.Form):
    """Which row is the header, what each column holds, and the opening balance where the sheet has none; by hand."""

    header_row = forms.IntegerField(label="表头在第几行", min_value=1, max_value=100_000)

    def __init__(self, *args: Any, shown: Preview, **kwargs: Any) -> None:
        upload = shown.upload
        kwargs["initial"] = {
            "header_row": shown.header.row + 1,
            "opening_balance": upload.opening_balance,
            **{f"column_{name}": column for name, column in shown.header.columns.items()},
        }
        super().__init__(*args, **kwargs)
        self.rows = len(shown.table.rows)
        columns = [("", "（没有这一列）"), *((str(index), words) for index, words in column_choices(shown.header))]
        for name, label in FIELDS.items():
            self.fields[f"column_{name}"] = forms.ChoiceField(label=label, choices=columns, required=False)
        if "balance" not in shown.header.columns or not shown.reading.lines:
            self.fields["opening_balance"] = AmountField(
                label="期初余额（元）", required=False, signed=True, help_text="表中没有余额时填写。"
            )

    @staticmethod
    def label_of(name: str) -> str:
        """What a field is called on the page."""
        return FIELDS[name]

    def clean_header_row(self) -> int:
        row: int = self.cleaned_data["header_row"]
        if row > self.rows:
            raise ValidationError(f"表格只有 {self.rows} 行。")
        return row

    def columns(self) -> dict[str, int]:
        """Field → column from 0."""
        told = {name: self.cleaned_data.get(f"column_{name}") for name in FIELDS}
        return {name: int(column) for name, column in told.items() if column}


class ConfirmForm(forms.Form):
    """The days covered, and that the warnings were read."""

    from_on = forms.DateField(
        label="起始日期",
        required=False,
        error_messages=_DAY_WORDS,
        widget=forms.DateInput,
        help_text="查询时所选的起始日期；留空则照文件。",
    )
    until_on = forms.DateField(
        label="截止日期（含当日）",
        required=False,
        error_messages=_DAY_WORDS,
        widget=forms.DateInput,
        help_text="查询时所选的截止日期，不一定是最后一笔的日期。",
    )
    acknowledged = forms.BooleanField(label="以上提醒已核对，仍按此导入", required=False)

    def refuse(self, error: DomainError) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.message)


class WithdrawalForm(forms.Form):
    reason = forms.CharField(
        label="原因",
        max_length=200,
        error_messages={"required": "请写明撤回原因。"},
        help_text="例如“选错了账户”“截止日期填错”。",
    )

    def refuse(self, error: DomainError) -> None:
        self.add_error(error.field if error.field in self.fields else None, error.message)


class LineForm(KeepsFilesForm):
    """One bank line into the books, with its vouchers."""

    is_person = PersonField()
    text = forms.CharField(label="摘要", max_length=200, required=False)
    vouchers = FilesField(label="凭证", required=False, help_text=VOUCHER_WORDS)
    is_public = forms.BooleanField(label="这些凭证可公开：公示后本小区业主可以查看", required=False)
    field_order = ("category", "text", "is_person", "vouchers", "is_public", "kept")

    def __init__(self, *args: Any, line: StatementLine, proposed: str, **kwargs: Any) -> None:
        kwargs["initial"] = {"category": proposed, "text": line.text}
        super().__init__(*args, **kwargs)
        self.fields["category"] = CategoryField(side=line.direction)
        self.order_fields(self.field_order)

    def choice(self) -> Choice:
        told = self.cleaned_data
        return Choice(category=told["category"], is_person=told["is_person"], text=told["text"])

    def proofs(self) -> list[Proof]:
        return [Proof(source, is_public=self.cleaned_data["is_public"]) for source in self.sources()]
