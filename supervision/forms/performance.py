"""What a bearer types when recording that a duty was performed."""

from django import forms

from files.forms import FilesField, KeepsFilesForm
from files.rules import DOORS
from supervision.services.performance import LONGEST_SUMMARY


class PerformanceForm(KeepsFilesForm):
    files_field = "proofs"

    held_on = forms.DateField(
        label="办理日期",
        error_messages={"required": "请选择办理日期。", "invalid": "日期无法识别，请按 2026-09-30 的样子填写。"},
        widget=forms.DateInput,
    )
    summary = forms.CharField(
        label="办理情况",
        max_length=LONGEST_SUMMARY,
        widget=forms.Textarea(attrs={"rows": 6}),
        help_text="时间、地点、参加人、主要内容和结果。",
        error_messages={"required": "请写明办理情况。"},
    )
    proofs = FilesField(
        label="凭据",
        help_text=f"现场照片、签到表、纪要、明细表，可一次选几个（{DOORS['voucher'].words}）。",
        error_messages={"required": "请至少上传一份凭据（照片、签到表或纪要）。"},
    )
