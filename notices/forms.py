"""The filter above the inbox, one's wishes, and what staff type about robots and undelivered messages."""

from datetime import time
from typing import Any

from django import forms

from kernel.text import clean
from notices.models import Message
from notices.rules import NEEDS_A_PERSON, QUIET_FROM, QUIET_UNTIL, Channel, DeliveryState, MessageKind
from notices.services import Preferences

_HOURS = [(f"{hour:02}:00", f"{hour}:00") for hour in range(24)]
_NO_HOUR = {"required": "请选择时间。"}


class InboxFilter(forms.Form):
    """Which messages to show."""

    kind = forms.ChoiceField(label="种类", required=False, choices=[("", "全部"), *Message.Kind.choices])
    unread = forms.ChoiceField(label="阅读", required=False, choices=[("", "全部"), ("1", "只看未读")])


class UndeliveredFilter(forms.Form):
    """Which of the undelivered to show."""

    state = forms.ChoiceField(
        label="情况", required=False, choices=[("", "全部"), *((one.value, one.label) for one in NEEDS_A_PERSON)]
    )
    channel = forms.ChoiceField(label="渠道", required=False, choices=[("", "全部"), *Channel.choices])

    def clean_state(self) -> DeliveryState | None:
        return DeliveryState(self.cleaned_data["state"]) if self.cleaned_data["state"] else None


class WishesForm(forms.Form):
    """For every kind its two ticks; the digest; the quiet hours by the hour."""

    wants_digest = forms.BooleanField(
        label="每天早上 8 点汇总成一条",
        help_text="除督促外，当天的消息合成一条邮件和短信，站内仍逐条显示。",
        required=False,
    )
    has_quiet_hours = forms.BooleanField(
        label="开启免打扰", help_text="这段时间里短信等到结束再发，邮件照发，登录验证码不受影响。", required=False
    )
    quiet_from = forms.ChoiceField(label="从", choices=_HOURS, error_messages=_NO_HOUR)
    quiet_until = forms.ChoiceField(label="到", choices=_HOURS, error_messages=_NO_HOUR)

    def __init__(self, *args: Any, preferences: Preferences, **kwargs: Any) -> None:
        quiet = preferences.quiet or (QUIET_FROM, QUIET_UNTIL)
        kwargs["initial"] = {
            "wants_digest": preferences.wants_digest,
            "has_quiet_hours": preferences.quiet is not None,
            "quiet_from": f"{quiet[0]:%H:%M}",
            "quiet_until": f"{quiet[1]:%H:%M}",
        }
        super().__init__(*args, **kwargs)
        for kind in MessageKind:
            for channel in (Channel.EMAIL, Channel.SMS):
                self.fields[f"{kind.value}_{channel.value}"] = forms.BooleanField(
                    label=f"{kind.label}：{channel.label}",
                    required=False,
                    initial=channel in preferences.channels[kind],
                    widget=forms.CheckboxInput(attrs={"aria-label": f"{kind.label}也发{channel.label}"}),
                )

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Kind, e-mail, SMS."""
        return [(str(kind.label), self[f"{kind.value}_email"], self[f"{kind.value}_sms"]) for kind in MessageKind]

    def wanted(self) -> Preferences:
        found = self.cleaned_data
        hours = (time.fromisoformat(found["quiet_from"]), time.fromisoformat(found["quiet_until"]))
        return Preferences(
            channels={
                kind: frozenset(
                    channel for channel in (Channel.EMAIL, Channel.SMS) if found[f"{kind.value}_{channel.value}"]
                )
                for kind in MessageKind
            },
            wants_digest=found["wants_digest"],
            quiet=hours if found["has_quiet_hours"] else None,
        )


class RobotForm(forms.Form):
    """A robot's address as its vendor shows it. Never filled in beforehand: what was typed once is not shown again."""

    address = forms.CharField(
        label="机器人 Webhook 地址",
        max_length=300,
        help_text="在群设置里添加机器人后复制，以 https://qyapi.weixin.qq.com 或 https://oapi.dingtalk.com 开头。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    signing_secret = forms.CharField(
        label="钉钉加签密钥",
        max_length=130,
        required=False,
        help_text="钉钉机器人选了“加签”才有，以 SEC 开头。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_address(self) -> str:
        return clean(self.cleaned_data["address"])
