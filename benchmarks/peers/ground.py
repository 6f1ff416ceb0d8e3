"""People who are signed in, a survey of ten questions and a remark in each package; told as JSON."""

import json
from datetime import timedelta

import django

django.setup()

from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY  # noqa: E402
from django.contrib.auth.models import User  # noqa: E402
from django.contrib.sessions.backends.db import SessionStore  # noqa: E402
from django.contrib.sessions.models import Session  # noqa: E402
from django.utils import timezone  # noqa: E402
from django.utils.crypto import get_random_string  # noqa: E402
from djf_surveys.models import TYPE_FIELD, UserAnswer  # noqa: E402
from djf_surveys.models import Question as FormQuestion  # noqa: E402
from djf_surveys.models import Survey as FormSurvey  # noqa: E402
from survey.models import Question, Response, Survey  # noqa: E402

_QUESTIONS, _OPTIONS = 10, "A,B,C,D,E,U"
_UNUSABLE = "!"  # nobody signs in by a password here


def lay(people: int) -> None:
    users = User.objects.bulk_create(User(username=f"u{n}", password=_UNUSABLE) for n in range(people))
    store, until = SessionStore(), timezone.now() + timedelta(days=1)
    sessions = [
        Session(
            session_key=get_random_string(32),
            session_data=store.encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: "django.contrib.auth.backends.ModelBackend",
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                }
            ),
            expire_date=until,
        )
        for user in users
    ]
    Session.objects.bulk_create(sessions)
    print(json.dumps([session.session_key for session in sessions]))


def open_surveys() -> None:
    """A fresh survey of each package: path and fields of a vote."""
    mine = FormSurvey.objects.create(name="survey", editable=False, deletable=False)
    fields = {}
    for number in range(_QUESTIONS):
        kind = {"type_field": TYPE_FIELD.radio, "choices": _OPTIONS}
        asked = FormQuestion.objects.create(survey=mine, label=f"question {number}", ordering=number, **kind)
        fields[f"field_survey_{asked.pk}"] = "b"
    remark = FormQuestion.objects.create(survey=mine, label="remark", type_field=TYPE_FIELD.text, ordering=99)
    fields[f"field_survey_{remark.pk}"] = "楼道灯坏了"
    other = Survey.objects.create(name="survey", description="", need_logged_user=True, editable_answers=False)
    theirs = {}
    for number in range(_QUESTIONS):
        facts = {"type": Question.RADIO, "choices": _OPTIONS, "required": True, "order": number}
        theirs[f"question_{Question.objects.create(survey=other, text=f'question {number}', **facts).pk}"] = "b"
    text = Question.objects.create(survey=other, text="remark", type=Question.SHORT_TEXT, required=False, order=99)
    theirs[f"question_{text.pk}"] = "楼道灯坏了"
    told = {
        "django-form-surveys": {"path": f"/djf/create/{mine.slug}/", "fields": fields},
        "django-survey-and-report": {"path": f"/survey/{other.pk}/", "fields": theirs},
    }
    print(json.dumps(told))


def found() -> None:
    """Ballots of the latest survey of each."""
    told = {
        "django-form-surveys": UserAnswer.objects.filter(survey=FormSurvey.objects.latest("pk")).count(),
        "django-survey-and-report": Response.objects.filter(survey=Survey.objects.latest("pk")).count(),
    }
    print(json.dumps(told))
