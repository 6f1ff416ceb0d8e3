"""What the child processes of benchmarks/ballots.py do, in the scratch database."""

import json
import re
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

from django.core.cache import cache
from django.db import connection, transaction
from django.test import Client
from django.utils import timezone
from nacl.public import PublicKey, SealedBox

from accounts.models import User
from benchmarks.watch import Watch
from communities.models import Appointment, Body, Building, City, Compound, Post, Residence, Town, Unit, Village
from evaluations.envelopes import comment_size, pack_ballot, pack_comment
from evaluations.models import Ballot, Participation, Questionnaire, SealedBallot, SealedComment, Survey
from evaluations.rules import TEMPLATES, SurveyKind
from evaluations.services.closing import close_survey, finish
from evaluations.services.opening import open_survey
from evaluations.services.questionnaires import take_over
from evaluations.services.starting import Plan, start_round
from kernel.codes import new_secret
from kernel.days import today
from kernel.periods import Cadence, Period

_HOST = "127.0.0.1"
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="(\w+)"')
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


def vote(number: int, part: int, parts: int) -> None:
    """Every `parts`-th home votes: the page is fetched before, the POST alone is timed."""
    cache.clear()
    survey = _survey(number)
    homes = list(Residence.objects.select_related("unit", "user").order_by("pk"))[part::parts]
    ready = [_ready(survey, home) for home in homes]
    began = time.perf_counter()
    statuses = [client.post(url, data, HTTP_HOST=_HOST).status_code for client, url, data in ready]
    _tell(seconds=time.perf_counter() - began, refused=sum(status != 200 for status in statuses))


def _ready(survey: Survey, home: Residence) -> tuple[Client, str, dict[str, str]]:
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(home.user)
    url = f"/surveys/{survey.public_id}/vote/{home.unit.public_id}/"
    token = _TOKEN.search(client.get(url, HTTP_HOST=_HOST).content.decode())
    answers = {f"q{n}": "B" for n in range(1, 11)} | {"comment": "楼道灯坏了"}
    return client, url, answers | {"csrfmiddlewaretoken": token.group(1) if token else ""}


def found(number: int) -> None:
    survey = _survey(number)
    seals = SealedBallot.objects.filter(survey=survey).count()
    _tell(ballots=min(seals, Participation.objects.filter(survey=survey).count()))


def race(number: int, at_once: int) -> None:
    """Sixteen tries at once for each of 64 homes, by the form."""
    survey = _open(number)
    homes = list(Residence.objects.select_related("unit", "user").order_by("pk")[:64])
    statuses: list[int] = []
    for home in homes:
        ready = [_ready(survey, home) for _ in range(at_once)]
        with ThreadPoolExecutor(at_once) as pool:
            statuses += pool.map(_post, ready)
    taken = SealedBallot.objects.filter(survey=survey).count()
    _tell(
        tries=len(statuses),
        homes=len(homes),
        extra=taken - len(homes),
        broken=sum(status >= 500 for status in statuses),
    )


def _post(ready: tuple[Client, str, dict[str, str]]) -> int:
    client, url, data = ready
    try:
        status: int = client.post(url, data, HTTP_HOST=_HOST).status_code
    finally:
        connection.close()
    return status


def count(number: int, ballots: int) -> None:
    """So many sealed ballots counted, beside one statement over the same answers in clear."""
    with connection.cursor() as cursor:
        cursor.execute(_MORE_HOMES, [ballots])
    survey = _open(number)
    _fill(survey, ballots)
    Survey.objects.filter(pk=survey.pk).update(
        close_asked_at=timezone.now(), close_asked_by=User.objects.get(username="officer"), close_reason="压测"
    )
    with Watch() as sealed:
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
    _tell(close=sealed.cost.clock, finish=finished.cost.clock, sql=clear.cost.clock, ballots=ballots)


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
