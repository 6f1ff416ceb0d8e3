"""Asking to close a voucher that is public, and deciding about it."""

from django import forms


class TakeBackForm(forms.Form):
    reason = forms.CharField(
        label="收回原因",
        max_length=200,
        error_messages={"required": "请写明为什么要收回公开。"},
        help_text="例如“票面有业主的身份证号”。镇小区岗据此决定，原因和决定都会留档。",
    )


class DecisionForm(forms.Form):
    """The request that was on the page goes along, so that nobody decides one they have not read."""

    seen = forms.CharField(widget=forms.HiddenInput, max_length=16)
    remark = forms.CharField(
        label="理由",
        max_length=200,
        error_messages={"required": "请写明同意或不同意的理由。"},
        help_text="申请人会收到。",
    )
    agreed = forms.ChoiceField(
        label="决定",
        widget=forms.RadioSelect,
        choices=[("yes", "同意收回：业主不再能打开"), ("no", "不同意：继续公开")],
        error_messages={"required": "请选择同意或不同意。", "invalid_choice": "请选择同意或不同意。"},
    )
    field_order = ("agreed", "remark", "seen")
