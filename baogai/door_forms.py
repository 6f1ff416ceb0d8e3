"""What is typed at the doors."""

from typing import Any

from django import forms

from accounts.forms import password_rules
from communities.rules import RESIDENT_RELATIONS, Relation
from kernel.codes import LENGTH
from kernel.errors import DomainError
from kernel.phones import parse_phone
from kernel.text import clean, tidy

_LONGEST_CODE = LENGTH * 2


class PhoneField(forms.CharField):
    """A mobile number, however it is spaced."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "手机号")
        widget = forms.TextInput(attrs={"inputmode": "tel", "autocomplete": "tel"})
        super().__init__(max_length=20, widget=widget, **kwargs)

    def clean(self, value: Any) -> str:
        typed = super().clean(value)
        if not typed:
            return ""
        try:
            return parse_phone(typed)
        except DomainError as fault:
            raise forms.ValidationError("手机号应为 11 位数字，请核对。") from fault


class SlipCodeForm(forms.Form):
    """The code on a slip, typed by whoever cannot scan it."""

    code = forms.CharField(
        label="条上的码",
        max_length=_LONGEST_CODE,
        help_text="16 个字母和数字，大小写、短横都不要紧。",
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false", "autocomplete": "off"}),
    )


class ArrivalForm(forms.Form):
    """Who the slip's holder is to the home, and the phone they come back with."""

    who = forms.ChoiceField(
        label="您是哪一位？",
        widget=forms.RadioSelect,
        error_messages={"required": "请点选您是哪一位。", "invalid_choice": "请点选下面的一项。"},
    )
    name = forms.CharField(
        label="您的姓名",
        max_length=30,
        required=False,
        help_text="选“家人”或“租户”的请填写；选业主的不用填。",
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    phone = PhoneField(help_text="以后用它收验证码登录，请填自己的号码。")

    def __init__(self, *args: Any, owners: list[tuple[str, str]], has_account: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        living = [(str(one.value), f"{one.label}（不在房产证上）") for one in RESIDENT_RELATIONS]
        self.fields["who"].choices = [*owners, *living]  # type: ignore[attr-defined] # a choice field
        if has_account:
            del self.fields["name"], self.fields["phone"]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        facts["name"] = tidy(facts.get("name", ""))
        if "name" in self.fields and facts.get("who") in RESIDENT_RELATIONS and not facts["name"]:
            self.add_error("name", "请填写您的姓名。")
        return facts


class PhoneForm(forms.Form):
    """The number a code is to go to."""

    phone = PhoneField()


class CodeForm(forms.Form):
    """The six digits from the text message."""

    code = forms.CharField(
        label="短信验证码",
        max_length=12,
        help_text="6 位数字，5 分钟内有效。",
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "one-time-code"}),
    )

    def clean_code(self) -> str:
        return clean(self.cleaned_data["code"]).replace(" ", "")


class PersonForm(forms.Form):
    """Which of several people who share one phone."""

    who = forms.ChoiceField(
        label="请选择您是哪一位", widget=forms.RadioSelect, error_messages={"required": "请点选您是哪一位。"}
    )

    def __init__(self, *args: Any, people: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["who"].choices = people  # type: ignore[attr-defined] # a choice field


class ApplyForm(forms.Form):
    """A request to be bound, from whoever has no slip."""

    building = forms.CharField(label="楼栋", max_length=20, help_text="例如 3 号楼。")
    stair = forms.CharField(label="单元", max_length=20, required=False, help_text="没有单元的不填。")
    room = forms.CharField(label="房号", max_length=20, help_text="例如 1102。")
    relation = forms.ChoiceField(
        label="您是这户的",
        choices=Relation.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择您与这户的关系。"},
    )
    name = forms.CharField(label="您的姓名", max_length=30, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    phone = PhoneField(help_text="先收一次验证码，证明是您的号码。")
    note = forms.CharField(
        label="补充说明", max_length=200, required=False, help_text="例如：房产证在儿子名下；租期到明年六月。"
    )

    def __init__(self, *args: Any, has_account: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if has_account:
            del self.fields["name"], self.fields["phone"]

    def clean_name(self) -> str:
        name = tidy(self.cleaned_data["name"])
        if not name:
            raise forms.ValidationError("请填写您的姓名。")
        return name


class CompoundSearch(forms.Form):
    """Find one's compound by name."""

    q = forms.CharField(label="小区名称", required=False, max_length=60)


class DecisionForm(forms.Form):
    """What the cadre decides about a request, held against the roster."""

    owner = forms.ChoiceField(label="对应名册上的业主", required=False, widget=forms.RadioSelect)
    decision = forms.ChoiceField(
        label="办理结果",
        choices=[("approve", "同意绑定"), ("refuse", "不同意")],
        widget=forms.RadioSelect,
        error_messages={"required": "请选择同意或不同意。"},
    )
    reason = forms.CharField(label="理由", max_length=200, required=False, help_text="不同意的必须写明，申请人会看到。")

    def __init__(self, *args: Any, owners: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if owners:
            self.fields["owner"].choices = owners  # type: ignore[attr-defined] # a choice field
        else:
            del self.fields["owner"]

    def clean(self) -> dict[str, Any]:
        facts = super().clean() or {}
        facts["reason"] = tidy(facts.get("reason", ""))
        approves = facts.get("decision") == "approve"
        if approves and "owner" in self.fields and not facts.get("owner"):
            self.add_error("owner", "请选择申请人是名册上的哪一位。")
        if facts.get("decision") == "refuse" and not facts["reason"]:
            self.add_error("reason", "请写明不同意的理由，申请人会看到。")
        return facts


class EmailForm(forms.Form):
    """Where letters are to go."""

    email = forms.EmailField(
        label="邮箱",
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "autocapitalize": "none", "spellcheck": "false"}),
    )


class PartForm(forms.Form):
    """Why a person's tie to a home is taken away; one's own needs no reason."""

    reason = forms.CharField(label="理由", max_length=200, help_text="例如：已搬走、绑错了户。对方会看到。")

    def __init__(self, *args: Any, is_own: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if is_own:
            self.fields["reason"].required = False
            self.fields["reason"].help_text = ""

    def clean_reason(self) -> str:
        reason = tidy(self.cleaned_data["reason"])
        if not reason and self.fields["reason"].required:
            raise forms.ValidationError("请写明为什么解除，对方会看到。")
        return reason


class PrintSlipsForm(forms.Form):
    """Which slips to print."""

    NEEDED, ALL = "needed", "all"
    building = forms.ChoiceField(label="楼栋", error_messages={"required": "请选择楼栋。"})
    scope = forms.ChoiceField(
        label="为哪些户制作",
        choices=[(NEEDED, "还没有人绑定、手里也没有有效条的户"), (ALL, "全部户（以前发出而未用的条全部作废）")],
        widget=forms.RadioSelect,
        initial=NEEDED,
    )

    def __init__(self, *args: Any, buildings: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["building"].choices = [("", "请选择"), *buildings]  # type: ignore[attr-defined] # a choice field


class NewPhoneProofForm(forms.Form):
    """A slip of one's own home, where the old number is gone."""

    code = forms.CharField(
        label="入户条上的码",
        max_length=_LONGEST_CODE,
        help_text="旧号码收不到短信的，向村（社区）要一张入户条。",
        widget=forms.TextInput(attrs={"autocapitalize": "characters", "spellcheck": "false", "autocomplete": "off"}),
    )


class InvitationForm(forms.Form):
    """Somebody invited to a post."""

    name = forms.CharField(label="姓名", max_length=60)
    username = forms.RegexField(
        label="用户名",
        regex=r"^[A-Za-z0-9._-]{3,60}$",
        help_text="3 个以上字母、数字，登录时用，例如 lin-xiaoqin。",
        error_messages={"invalid": "用户名只能用字母、数字、点、短横和下划线，至少 3 个字符。"},
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    phone = PhoneField(required=False, help_text="填了以后可用短信验证码登录。")
    from_on = forms.DateField(label="任职自", widget=forms.DateInput())
    until_on = forms.DateField(label="任职至（含当日）", required=False, widget=forms.DateInput())
    basis = forms.CharField(label="任职依据", required=False, max_length=120, help_text="文号、会议纪要等。")


class FirstPasswordForm(forms.Form):
    """The password of whoever came by an invitation."""

    new_password = forms.CharField(
        label="设置密码",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )
    new_password_again = forms.CharField(
        label="再输一次",
        max_length=256,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_password"].help_text = password_rules()

    def clean_new_password_again(self) -> str:
        again = str(self.cleaned_data["new_password_again"])
        if self.cleaned_data.get("new_password") not in (None, again):
            raise forms.ValidationError("两次输入的密码不一样。")
        return again
