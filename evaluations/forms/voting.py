"""The ballot, on a phone and from paper; a receipt looked up; a comment redacted; a proposal decided."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from django import forms
from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from communities.models import Unit
from evaluations.models import Questionnaire, SurveyProposal
from evaluations.rules import LONGEST_COMMENT, Scale, are_answers
from evaluations.services.casting import Answers

_ONE = {"required": "请选一项。", "invalid_choice": "请从列出的选项里选一项。"}


class BallotForm(forms.Form):
    """A question per fieldset, the overall one last, and a comment; choices stay in the form until it is cast."""

    def __init__(self, *args: Any, questionnaire: Questionnaire, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        options = [(option.code, option.label) for option in Scale(questionnaire.scale).options]
        self.names = [f"q{number}" for number in range(1, len(questionnaire.questions) + 1)]
        for name, question in zip(self.names, questionnaire.questions, strict=True):
            number = f"{name[1:]}. " if name != self.names[-1] else ""
            self.fields[name] = forms.ChoiceField(
                label=f"{number}{question}",
                choices=options,
                widget=forms.RadioSelect,
                help_text="" if number else "满意率由这一题计算。",
                error_messages=_ONE,
            )
        self.fields["comment"] = forms.CharField(
            label="还有什么想说的",
            required=False,
            max_length=LONGEST_COMMENT,
            widget=forms.Textarea(attrs={"rows": 3}),
            help_text="请不要写姓名、房号、电话。隐去个人信息后，可能打乱顺序公布。",
            error_messages={"max_length": f"最多 {LONGEST_COMMENT} 个字。"},
        )

    def answers(self) -> Answers:
        told = self.cleaned_data
        return Answers("".join(told[name] for name in self.names), told["comment"])


def blank_ballot(questionnaire: Questionnaire) -> SafeString:
    """The fields of a ballot nobody has written on: the same for every home, and an evening's most wanted page."""
    return _blank(questionnaire.scale, tuple(questionnaire.questions))


@lru_cache(maxsize=64)
def _blank(scale: str, questions: tuple[str, ...]) -> SafeString:
    form = BallotForm(questionnaire=Questionnaire(scale=scale, questions=list(questions)))
    return render_to_string("parts/form_body.html", {"form": form})


def answers_in(data: Mapping[str, str], questionnaire: Questionnaire) -> Answers | None:
    """The answers of a ballot that is in order, read without the form; None where the form has to say what is not."""
    letters = [data.get(f"q{number}", "") for number in range(1, len(questionnaire.questions) + 1)]
    comment = data.get("comment", "").strip()
    if any(len(letter) != 1 for letter in letters) or len(comment) > LONGEST_COMMENT or "\0" in comment:
        return None
    answers = Answers("".join(letters), comment)
    is_whole = are_answers(answers.letters, scale=Scale(questionnaire.scale), questions=questionnaire.questions)
    return answers if is_whole else None


class PaperForm(BallotForm):
    """A household's paper ballot, with what proves the second person, who reads it over at the same desk."""

    def __init__(self, *args: Any, units: list[Unit], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.by_id = {unit.public_id: unit for unit in units}
        ballot = self.fields
        self.fields = {
            "unit": forms.ChoiceField(
                label="哪一户",
                choices=[("", "请选择"), *((unit.public_id, str(unit)) for unit in units)],
                help_text="只列出还没有投票的户。",
                error_messages={"required": "请选择户。", "invalid_choice": "这一户不在名册里，或已经投票。"},
            ),
            **ballot,
            "username": forms.CharField(
                label="核对人的用户名",
                max_length=60,
                help_text="由另一位工作人员对照纸质票看过上面的选项，再亲自输入自己的用户名和密码。",
                error_messages={"required": "请核对人输入用户名。", "max_length": "用户名太长。"},
                widget=forms.TextInput(attrs={"autocomplete": "off"}),
            ),
            "password": forms.CharField(
                label="核对人的密码",
                max_length=200,
                widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
                strip=False,
                error_messages={"required": "请核对人输入密码。", "max_length": "密码太长。"},
            ),
            "code": forms.CharField(
                label="核对人的动态口令",
                required=False,
                max_length=20,
                help_text="核对人开启了动态口令的，填其手机上的 6 位数字；没有开启的不填。",
                error_messages={"max_length": "动态口令是 6 位数字。"},
                widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "numeric"}),
            ),
        }

    def unit(self) -> Unit:
        return self.by_id[self.cleaned_data["unit"]]


class ReceiptForm(forms.Form):
    """A receipt, however it is typed."""

    receipt = forms.CharField(
        label="回执",
        max_length=40,
        help_text="投票后显示的 16 位，大小写、短横都不要紧。",
        error_messages={"required": "请输入回执。", "max_length": "回执是 16 位。"},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters"}),
    )


class RedactForm(forms.Form):
    """What of a comment may be published; empty where nothing may."""

    text = forms.CharField(
        label="公布稿",
        required=False,
        max_length=LONGEST_COMMENT,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"max_length": f"最多 {LONGEST_COMMENT} 个字。"},
    )


class DecideForm(forms.Form):
    """What becomes of a proposal, and why."""

    decision = forms.ChoiceField(
        label="决定",
        choices=SurveyProposal.Decision.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "请选择决定。", "invalid_choice": "请从列出的决定里选。"},
    )
    reason = forms.CharField(
        label="理由",
        max_length=200,
        help_text="采纳的写怎样办理（例如会议日期、约谈通知文号），不采纳的写为什么。",
        error_messages={"required": "请写明理由。", "max_length": "理由最多 200 个字。"},
    )
