"""Telling households of an open survey, reminding those that have not voted, and saying afterwards which have."""

from datetime import date, timedelta
from typing import Any

from django.db import connection

from evaluations.models import Survey
from kernel.days import local_day, long_moment, start_of
from notices.models import Message
from notices.services import Digest, send_digests

# Everybody bound to a home today: owners and those who live there.
_BOUND = """
    SELECT o.unit_id, w.user_id FROM communities_ownership o JOIN communities_owner w ON w.id = o.owner_id
    WHERE w.user_id IS NOT NULL
      AND coalesce(o.from_on, '-infinity') <= %(on)s AND coalesce(o.until_on, 'infinity') >= %(on)s
  UNION
    SELECT l.unit_id, l.user_id FROM communities_residence l
    WHERE l.from_on <= %(on)s AND coalesce(l.until_on, 'infinity') >= %(on)s
"""
_STILL_TO_VOTE = f"""
SELECT r.survey_id, p.user_id
FROM evaluations_rollentry r
JOIN ({_BOUND}) p ON p.unit_id = r.unit_id
JOIN accounts_user u ON u.id = p.user_id AND u.is_active
WHERE r.survey_id = ANY(%(surveys)s)
  AND NOT EXISTS (SELECT 1 FROM evaluations_participation t WHERE t.survey_id = r.survey_id AND t.unit_id = r.unit_id)
GROUP BY r.survey_id, p.user_id
ORDER BY p.user_id, r.survey_id
"""  # noqa: S608 - both texts are our own
_VOTED_ON = f"""
SELECT t.survey_id, p.user_id
FROM evaluations_participation t
JOIN ({_BOUND}) p ON p.unit_id = t.unit_id
JOIN accounts_user u ON u.id = p.user_id AND u.is_active
WHERE t.survey_id = ANY(%(surveys)s) AND t.day = %(day)s
GROUP BY t.survey_id, p.user_id
ORDER BY p.user_id, t.survey_id
"""  # noqa: S608 - both texts are our own


def tell_of_votes(on: date) -> int:
    """Tell everybody bound to a home that voted yesterday that it has, so that a vote by nobody of it comes to light.

    The next morning and all together: that a message came says nothing about when, by whom or in which order the
    homes voted. A second run of the day sends nothing twice. Returns how many people are told.
    """
    day = on - timedelta(days=1)
    ran = Survey.objects.filter(opened_at__isnull=False, closes_at__gte=start_of(day)).select_related("compound")
    surveys = {survey.pk: survey for survey in ran}
    if not surveys:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(_VOTED_ON, {"on": on, "day": day, "surveys": list(surveys)})
        rows = cursor.fetchall()
    of_person: dict[int, list[Survey]] = {}
    for survey_id, user_id in rows:
        of_person.setdefault(user_id, []).append(surveys[survey_id])
    digests = [
        Digest(
            recipient_id=user_id,
            kind=Message.Kind.NEWS,
            title="本户已投票",
            body="\n".join(str(one) for one in voted)
            + "\n一户一票，家人投过的也算。如不是本户人员所投，请马上联系村（社区）或镇小区服务岗。",
        )
        for user_id, voted in of_person.items()
    ]
    return send_digests(digests, dedupe_key=f"voted:{day}")


def remind_households(on: date) -> int:
    """Remind of the surveys whose round asks for it today, and tell of those that opened; how many people.

    A second run of the day sends nothing twice: the message's key is the day's.
    """
    due = {survey.pk: survey for survey in _due(on)}
    if not due:
        return 0
    parameters: dict[str, Any] = {"on": on, "surveys": list(due)}
    with connection.cursor() as cursor:
        cursor.execute(_STILL_TO_VOTE, parameters)
        rows = cursor.fetchall()
    of_person: dict[int, list[Survey]] = {}
    for survey_id, user_id in rows:
        of_person.setdefault(user_id, []).append(due[survey_id])
    digests = [
        Digest(
            recipient_id=user_id,
            kind=Message.Kind.TASK,
            title=f"请参加{surveys[0].compound}满意度测评",
            body="\n".join(f"{one.get_kind_display()}：{long_moment(one.closes_at)}截止" for one in surveys)
            + "\n一户一票，不到一分钟；答案密封，谁也看不到您怎么答。请打开首页投票。",
        )
        for user_id, surveys in of_person.items()
    ]
    return send_digests(digests, dedupe_key=f"surveys:{on}")


def _due(on: date) -> list[Survey]:
    """Open ones that opened today, or that end in as many days as their round reminds before."""
    found = []
    for survey in Survey.objects.open().select_related("round", "compound"):
        left = (local_day(survey.closes_at) - on).days
        opened_on = local_day(survey.opened_at) if survey.opened_at else on
        if left in survey.round.remind_days or opened_on == on:
            found.append(survey)
    return found
