"""What an officer types to start surveys, and to write a further version of their questions."""

from datetime import datetime, timedelta
from typing import Any

from django import forms

from communities.models import Town
from evaluations.models import Questionnaire
from evaluations.rules import CADENCES, MOST_QUESTIONS, TEMPLATES, Scale, SurveyKind
from evaluations.services.questionnaires import take_over, template_named
from evaluations.services.starting import Plan
from kernel.days import start_of
from kernel.periods import Cadence, Period

_HOURS = (("12", "12 时"), ("18", "18 时"), ("20", "20 时"), ("24", "24 时"))
_HALVES = 2
_MOST_REMINDERS = 5


class StartForm(forms.Form):
    """Which kinds, of which half-year, until when. With a compound the rating of its report meeting is one of them."""

    kinds = forms.MultipleChoiceField(
        label="测评哪些",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少选择一种测评。", "invalid_choice": "请从列出的种类里选。"},
    )
    period = forms.ChoiceField(
        label="期间",
        error_messages={"required": "请选择期间。", "invalid_choice": "请从列出的期间里选。"},
    )
    closes_on = forms.DateField(
        label="截止日",
        widget=forms.DateInput,
        help_text="到时自动截止、计票，不需要人办理。一般开放 7 到 15 天。",
        error_messages={"required": "请选择截止日。", "invalid": "日期无法识别，请按 2026-12-20 的样子填写。"},
    )
    closes_hour = forms.ChoiceField(
        label="截止时",
        choices=_HOURS,
        initial="20",
        error_messages={"invalid_choice": "请从列出的时间里选。"},
    )
    remind_days = forms.CharField(
        label="截止前几天提醒还没投票的住户",
        initial="7、3、1",
        required=False,
        max_length=20,
        help_text="用顿号隔开，例如 7、3、1。开始当天总会通知。",
        error_messages={"max_length": "最多 20 个字。"},
    )

    def __init__(self, *args: Any, town: Town, on: Any, alone: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.town, kinds = town, [SurveyKind.COMMITTEE, SurveyKind.FIRM]
        half, year = Period.containing(on, Cadence.HALF), Period.containing(on, Cadence.YEAR)
        periods = [half, half.previous()]
        if alone:
            kinds.append(SurveyKind.MEETING)
            periods += [year, year.previous()]
        self._set_choices("kinds", [(kind.value, kind.label) for kind in kinds])
        self._set_choices("period", [(one.code, one.label) for one in periods])
        self.initial.setdefault("kinds", [kind.value for kind in kinds[:_HALVES]])
        own = list(Questionnaire.objects.filter(town=town, template="").order_by("-version"))
        for kind in kinds:
            brought = [(one.key, one.title) for one in TEMPLATES if one.kind is kind]
            written = [(one.public_id, str(one)) for one in own if one.kind == kind]
            self.fields[f"questionnaire_{kind.value}"] = forms.ChoiceField(
                label=f"{kind.label}用哪份问卷",
                choices=[*written, *brought],
                required=False,
                error_messages={"invalid_choice": "请从列出的问卷里选。"},
            )

    def _set_choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)  # noqa: S101 - for the type checker
        field.choices = choices

    def clean_remind_days(self) -> tuple[int, ...]:
        typed = self.cleaned_data["remind_days"].replace("，", "、").replace(",", "、").replace(" ", "、")
        parts = [part for part in typed.split("、") if part]
        if len(parts) > _MOST_REMINDERS or not all(part.isascii() and part.isdigit() for part in parts):
            raise forms.ValidationError("请填天数，用顿号隔开，最多五个，例如 7、3、1。")
        days = tuple(int(part) for part in parts)
        if any(not 1 <= day <= 60 for day in days):
            raise forms.ValidationError("提醒应在截止前 1 到 60 天。")
        return days

    def plan(self, *, by: Any, at: datetime) -> Plan:
        """As `start_round` takes it; questionnaires the portal brings along become the town's own thereby."""
        told = self.cleaned_data
        period = Period.parse(told["period"])
        chosen = {}
        for kind in (SurveyKind(value) for value in told["kinds"]):
            key = told[f"questionnaire_{kind.value}"] or next(one.key for one in TEMPLATES if one.kind is kind)
            template = template_named(key)
            if template is not None:
                chosen[kind] = take_over(self.town, template, by=by, at=at)
            else:
                chosen[kind] = Questionnaire.objects.get(town=self.town, public_id=key)
        ends = start_of(told["closes_on"]) + timedelta(hours=int(told["closes_hour"]))
        return Plan(period, ends, chosen, told["remind_days"])

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if told.get("kinds") and told.get("period"):
            cadence = Period.parse(told["period"]).cadence
            astray = [SurveyKind(one).label for one in told["kinds"] if CADENCES[SurveyKind(one)] is not cadence]
            if astray:
                self.add_error("period", f"{astray[0]}不按这个期间进行：述职评议会测评选年度，其他选半年。")
        return told


class QuestionnaireForm(forms.Form):
    """A further version: items one a line, and the overall question, which decides."""

    kind = forms.ChoiceField(label="用于", choices=SurveyKind.choices)
    title = forms.CharField(
        label="名称",
        max_length=60,
        error_messages={"required": "请填写问卷名称。", "max_length": "名称最多 60 个字。"},
    )
    scale = forms.ChoiceField(
        label="每题的选项",
        choices=Scale.choices,
        widget=forms.RadioSelect,
        initial=Scale.GRADES,
        help_text="“一般”不算满意也不算不满意；“不了解”不计入有效票。",
    )
    items = forms.CharField(
        label="分项问题",
        widget=forms.Textarea(attrs={"rows": 10}),
        max_length=1500,
        required=False,
        help_text=f"每行一题，最多 {MOST_QUESTIONS - 1} 题。",
        error_messages={"max_length": "最多 1500 个字。"},
    )
    overall = forms.CharField(
        label="总体评价",
        max_length=60,
        help_text="放在最后一题；满意率、不满意率只由这一题计算。",
        error_messages={"required": "请填写总体评价的问题。", "max_length": "最多 60 个字。"},
    )


class EndForm(forms.Form):
    """Why a survey is ended before its hour."""

    reason = forms.CharField(
        label="提前截止的理由",
        max_length=200,
        help_text="结果页会公开，例如“业委会集体辞职，测评无须继续”。",
        error_messages={"required": "请写明提前截止的理由。", "max_length": "理由最多 200 个字。"},
    )
