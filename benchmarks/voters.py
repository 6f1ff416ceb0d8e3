"""What the child processes of the voting benchmarks do, in the scratch database; each tells what it found as JSON."""

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import Sum
from django.utils import timezone
from django.utils.crypto import get_random_string
from nacl.public import PublicKey, SealedBox

from accounts.models import User
from accounts.rules import LinkKind
from accounts.services import make_link
from accounts.session_store import SessionStore
from baogai.gates import SEEN_AT
from benchmarks.watch import Watch
from communities.models import Appointment, Body, Building, City, Compound, Post, Residence, Town, Unit, Village
from evaluations.envelopes import comment_size, pack_ballot, pack_comment
from evaluations.models import Ballot, Participation, Questionnaire, SealedBallot, SealedComment, Survey, TurnoutHour
from evaluations.rules import TEMPLATES, SurveyKind
from evaluations.services import closing
from evaluations.services.closing import close_survey, finish
from evaluations.services.opening import open_survey
from evaluations.services.questionnaires import take_over
from evaluations.services.starting import Plan, start_round
from kernel.codes import new_secret
from kernel.days import today
from kernel.periods import Cadence, Period

#: Cookie and field of every form alike: what Django compares is checked as for anybody.
_TOKEN = "t" * 32
_BATCH = 5_000
_UNUSABLE = "!"  # nobody signs in by a password here
_MORE_HOMES = """
INSERT INTO communities_unit (public_id, building_id, room_key, room_text, area, certificate, remark)
SELECT 'z' || lpad(n::text, 15, '0'), (SELECT min(id) FROM communities_building), 'z' || n, n, 90, '', ''
FROM generate_series(1, %s - (SELECT count(*) FROM communities_unit)) n
"""


def lay(homes: int) -> None:
    """One compound with so many homes, one resident in each, a committee and an officer."""
    on = today() - timedelta(days=900)
    town = Town.objects.create(city=City.objects.create(code="350581", name="石狮市"), code="350581101", name="压测镇")
    village = Village.objects.create(town=town, name="压测村")
    compound = Compound.objects.create(village=village, name="压测小区", kind="commercial", built_year=2000)
    Body.objects.create(kind="committee", name="业委会", town=town, village=village, compound=compound, from_on=on)
    office = Body.objects.create(kind="office", name="小区服务岗", town=town, from_on=on)
    post = Post.objects.create(body=office, title="成员", role="town_officer")
    officer = User.objects.create(username="officer", name="办公室", password=_UNUSABLE, phone="13900000000")
    Appointment.objects.create(post=post, user=officer, from_on=on)
    _people(compound, homes)
    _tell(homes=homes)


def _people(compound: Compound, homes: int) -> None:
    building = Building.objects.create(compound=compound, key="1", text="1号楼")
    units = Unit.objects.bulk_create(
        Unit(building=building, room_key=str(n), room_text=str(n), area="90.00") for n in range(homes)
    )
    people = User.objects.bulk_create(
        User(username=f"u{n}", name=f"住户{n}", password=_UNUSABLE, phone=f"13{n:09}") for n in range(homes)
    )
    Residence.objects.bulk_create(
        Residence(unit=unit, user=user, relation="family", from_on=today() - timedelta(days=90))
        for unit, user in zip(units, people, strict=True)
    )


def open_round(number: int) -> None:
    """One more survey of the same homes; a half-year each, so that rounds do not meet."""
    _open(number)
    _tell(opened=1)


def _open(number: int) -> Survey:
    now, town = timezone.now(), Town.objects.get()
    officer = User.objects.get(username="officer")
    template = next(one for one in TEMPLATES if one.kind is SurveyKind.COMMITTEE)
    asked: dict[SurveyKind, Questionnaire] = {SurveyKind.COMMITTEE: take_over(town, template, by=officer, at=now)}
    period = Period.containing(today(), Cadence.HALF)
    for _ in range(number):
        period = period.previous()
    plan = Plan(period, now + timedelta(days=5), asked)
    survey: Survey = start_round(town, plan=plan, by=officer, at=now).surveys.get()
    open_survey(survey.pk)
    return survey


def _survey(number: int) -> Survey:
    return Survey.objects.order_by("pk")[number]


def visits(number: int) -> None:
    """Of every home what its requests need: the cookies of its resident, the page of its vote, the API's address."""
    survey = _survey(number)
    homes = Residence.objects.select_related("unit").order_by("pk")
    signed_in = dict(zip(homes.values_list("user_id", flat=True), _signed_in(), strict=True))
    rows = [
        {
            "cookie": f"sessionid={signed_in[home.user_id]}; csrftoken={_TOKEN}",
            "page": f"/surveys/{survey.public_id}/vote/{home.unit.public_id}/",
            "api": f"/api/v1/ballots/{survey.public_id}/{home.unit.public_id}/",
        }
        for home in homes
    ]
    print(json.dumps(rows))


def _signed_in() -> list[str]:
    """A session for every resident, in their order, as if each had come in by a code just now."""
    now, store = timezone.now(), SessionStore()
    people = User.objects.filter(residences__isnull=False).order_by("residences__pk")
    sessions = [
        Session(
            session_key=get_random_string(32),
            session_data=store.encode(
                {
                    SESSION_KEY: str(user.pk),
                    BACKEND_SESSION_KEY: settings.AUTHENTICATION_BACKENDS[0],
                    HASH_SESSION_KEY: user.get_session_auth_hash(),
                    SEEN_AT: now.timestamp(),
                }
            ),
            expire_date=now + timedelta(days=1),
        )
        for user in people
    ]
    Session.objects.bulk_create(sessions, batch_size=_BATCH)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [session.session_key for session in sessions]


def links(number: int, part: int, parts: int) -> None:
    """A handed-over link for the resident of every `parts`-th home, and the page of its vote."""
    survey, officer = _survey(number), User.objects.get(username="officer")
    homes = list(Residence.objects.select_related("unit", "user").order_by("pk"))[part::parts]
    rows = [
        {
            "link": make_link(home.user, kind=LinkKind.SIGN_IN, by=officer, at=timezone.now())[1],
            "page": f"/surveys/{survey.public_id}/vote/{home.unit.public_id}/",
        }
        for home in homes
    ]
    cache.clear()
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    print(json.dumps(rows))


def found(number: int) -> None:
    """What the database holds of a round, whatever was answered."""
    survey = _survey(number)
    hours = TurnoutHour.objects.filter(survey=survey).aggregate(n=Sum("count"))["n"] or 0
    _tell(
        participations=Participation.objects.filter(survey=survey).count(),
        homes=Participation.objects.filter(survey=survey).values("unit").distinct().count(),
        ballots=SealedBallot.objects.filter(survey=survey).count(),
        comments=SealedComment.objects.filter(survey=survey).count(),
        hours=hours,
    )


def count_up(number: int) -> None:
    """End a round now and count it; the receipts of its ballots."""
    survey = _survey(number)
    _end(survey)
    close_survey(survey.pk)
    print(json.dumps(list(Ballot.objects.filter(survey=survey).values_list("receipt", flat=True))))


def _end(survey: Survey) -> None:
    Survey.objects.filter(pk=survey.pk).update(
        close_asked_at=timezone.now(), close_asked_by=User.objects.get(username="officer"), close_reason="压测"
    )


def without_the_constraint() -> None:
    """The control: the scratch database without what holds a home to one vote."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE evaluations_participation DROP CONSTRAINT a_household_takes_part_once CASCADE")
    _tell(dropped=1)


def count(number: int, ballots: int) -> None:
    """So many sealed ballots counted, beside one statement over the same answers in clear.

    `tally` is the part of the closing that counts what was opened: every question's answers, the list and its hash.
    """
    with connection.cursor() as cursor:
        cursor.execute(_MORE_HOMES, [ballots])
    survey = _open(number)
    _fill(survey, ballots)
    _end(survey)
    with Watch() as sealed, _watched_tally() as tally:
        close_survey(survey.pk)
    with Watch() as finished:
        finish(survey.pk)
    with Watch() as clear, connection.cursor() as cursor:
        cursor.execute(
            "SELECT g, substr(answers, g, 1), count(*) FROM evaluations_ballot, generate_series(1, 10) g"
            " WHERE survey_id = %s GROUP BY 1, 2",
            [survey.pk],
        )
    assert Ballot.objects.filter(survey=survey).count() == ballots
    _tell(close=sealed.cost.clock, tally=tally[0], finish=finished.cost.clock, sql=clear.cost.clock, ballots=ballots)


@contextmanager
def _watched_tally() -> Iterator[list[float]]:
    took, real = [], closing._result

    def watched(survey: Survey, ballots: list[closing.OpenBallot]) -> Any:
        began = time.perf_counter()
        result = real(survey, ballots)
        took.append(time.perf_counter() - began)
        return result

    closing._result = watched
    try:
        yield took
    finally:
        closing._result = real


@transaction.atomic
def _fill(survey: Survey, ballots: int) -> None:
    survey.refresh_from_db()
    box = SealedBox(PublicKey(bytes(survey.public_key or b"")))
    units: Any = Unit.objects.order_by("pk").values_list("pk", flat=True)[:ballots]
    ids = list(units)
    for start in range(0, ballots, _BATCH):
        batch = ids[start : start + _BATCH]
        Participation.objects.bulk_create(
            Participation(survey=survey, unit_id=unit, day=today(), channel="code") for unit in batch
        )
        SealedBallot.objects.bulk_create(
            SealedBallot(
                survey=survey,
                seal=box.encrypt(pack_ballot(survey.public_id, new_secret(), "ABCDEABCDE", size=survey.seal_size or 0)),
            )
            for _ in batch
        )
        SealedComment.objects.bulk_create(
            SealedComment(survey=survey, seal=box.encrypt(pack_comment(survey.public_id, "", size=comment_size())))
            for _ in batch
        )


def _tell(**told: float) -> None:
    print(json.dumps(told))
