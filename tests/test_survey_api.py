"""A household votes through the API: the same acts, refusals and silence about the answers as on the page."""

import json
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from rest_framework.throttling import SimpleRateThrottle

from accounts.models import ActionRecord
from communities.models import Residence
from evaluations.models import Participation, SealedBallot, Survey
from evaluations.rules import SurveyKind
from evaluations.services import casting
from tests.cast import TODAY, World
from tests.surveying import END, count, end_now, homes, opened, start, vote, votes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_store")]
BALLOTS = "/api/v1/ballots/"
ALL_B = {f"q{number}": "B" for number in range(1, 11)}


@pytest.fixture
def survey(world: World) -> Survey:
    homes(world.compound, 12)
    cache.clear()  # what the throttle of another test has counted
    return opened(world)


def url_of(survey: Survey, world: World) -> str:
    return f"{BALLOTS}{survey.public_id}/{world.unit.public_id}/"


def signed_in(user: Any, **options: Any) -> Client:
    client = Client(raise_request_exception=False, **options)
    client.force_login(user)
    return client


def send(client: Client, url: str, answers: Any = ALL_B, **more: Any) -> Any:
    return client.post(url, {"answers": answers, **more}, content_type="application/json")


def test_a_resident_reads_what_is_asked_votes_and_is_told_the_receipt_once(world: World, survey: Survey) -> None:
    client = signed_in(world.owner)
    (ballot,) = client.get(BALLOTS).json()["results"]
    assert (ballot["survey"], ballot["unit"], ballot["has_voted"]) == (survey.public_id, world.unit.public_id, False)
    assert ballot["unit_name"] == str(world.unit)
    assert [one["text"] for one in ballot["questions"]] == survey.questionnaire.questions
    assert [one["code"] for one in ballot["options"]] == list("ABCDEU")
    answers = {one["name"]: "B" for one in ballot["questions"]}
    answer = send(client, f"{BALLOTS}{ballot['survey']}/{ballot['unit']}/", answers, comment="楼道灯坏了")
    assert answer.status_code == 201
    assert "no-store" in answer["Cache-Control"]
    receipt = answer.json()["receipt"]
    assert (Participation.objects.count(), SealedBallot.objects.count()) == (1, 1)
    assert ActionRecord.objects.get(act="投票").by == world.owner
    after = client.get(BALLOTS)
    assert after.json()["results"][0]["has_voted"] is True
    assert receipt not in after.content.decode()
    again = send(client, url_of(survey, world))
    assert (again.status_code, again.json()["detail"]) == (409, casting.VOTED)
    votes(survey, [entry.unit for entry in survey.roll.exclude(unit=world.unit)], "B" * 12)
    end_now(survey, world.officer)
    count(survey)
    found = Client().post(f"/surveys/{survey.public_id}/receipt/", {"receipt": receipt})
    assert "正好一张" in found.content.decode()


@pytest.mark.parametrize(
    ("name", "status"), [("other_owner", 404), ("stranger", 404), ("officer", 403), ("chair", 403), ("owner", 201)]
)
def test_nobody_votes_for_a_foreign_home(world: World, survey: Survey, name: str, status: int) -> None:
    assert send(signed_in(world.people[name]), url_of(survey, world)).status_code == status
    assert Participation.objects.count() == (status == 201)
    if name == "other_owner":
        assert signed_in(world.people[name]).get(BALLOTS).json()["results"] == []


def test_nobody_votes_without_signing_in_or_from_another_site(world: World, survey: Survey) -> None:
    assert send(Client(), url_of(survey, world)).status_code == 403
    client = signed_in(world.owner, enforce_csrf_checks=True)
    assert send(client, url_of(survey, world)).status_code == 403
    assert not Participation.objects.exists()
    client.get("/desk/")
    token = {"HTTP_X_CSRFTOKEN": client.cookies["csrftoken"].value}
    sent = {"answers": ALL_B}
    answer = client.post(url_of(survey, world), sent, content_type="application/json", **token)
    assert answer.status_code == 201


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"answers": ALL_B | {"q3": ""}}, "q3"),
        ({"answers": ALL_B | {"q3": "X"}}, "q3"),
        ({"answers": {name: one for name, one in ALL_B.items() if name != "q10"}}, "q10"),
        ({"answers": ALL_B, "comment": "长" * 301}, "comment"),
        ({"answers": ALL_B | {"q3": 1}}, "answers"),
        ({"answers": ALL_B | {"q3": ["A"]}}, "answers"),
        ({"answers": ALL_B, "comment": {"a": 1}}, "answers"),
        ({"answers": "BBBBBBBBBB"}, "answers"),
        ([ALL_B], "answers"),
        ({"answers": ALL_B, "weight": 2}, None),
    ],
)
def test_what_is_missing_unknown_or_misshapen_is_named_and_casts_nothing(
    world: World, survey: Survey, sent: Any, field: str | None
) -> None:
    client = signed_in(world.owner)
    answer = client.post(url_of(survey, world), sent, content_type="application/json")
    assert (answer.status_code, answer.json()["field"]) == (422, field)
    assert not Participation.objects.exists()
    assert send(client, url_of(survey, world)).status_code == 201


@pytest.mark.parametrize("body", ["[" * 100_000 + "]" * 100_000, "{", "", "\x00", '{"answers": NaN}'])
def test_a_broken_body_is_refused_and_never_breaks(world: World, survey: Survey, body: str) -> None:
    client = signed_in(world.owner)
    assert client.post(url_of(survey, world), body, content_type="application/json").status_code in (400, 422)
    answer = client.post(url_of(survey, world), ALL_B)
    assert answer.status_code == 415, "a form of another site cannot vote"
    assert not Participation.objects.exists()


def test_half_a_character_in_a_comment_is_dropped_before_it_is_sealed(world: World, survey: Survey) -> None:
    body = json.dumps({"answers": ALL_B, "comment": "灯\ud800坏"})
    answer = signed_in(world.owner).post(url_of(survey, world), body, content_type="application/json")
    assert answer.status_code == 201


@pytest.mark.parametrize(("seconds", "status"), [(-1, 201), (0, 409), (1, 409)])
def test_the_hour_closes_the_box_for_the_api_too(
    world: World, survey: Survey, clock: time_machine.Traveller, seconds: int, status: int
) -> None:
    clock.move_to(END + timedelta(seconds=seconds), tick=False)
    client = signed_in(world.owner)
    assert len(client.get(BALLOTS).json()["results"]) == (status == 201)
    assert send(client, url_of(survey, world)).status_code == status


def test_a_draft_is_unknown_and_a_home_off_the_roll_is_told_so(world: World) -> None:
    draft = start(world, SurveyKind.FIRM, compound=world.compound)[0]
    client = signed_in(world.owner)
    assert send(client, url_of(draft, world)).status_code == 404
    survey = opened(world)
    newcomer = homes(world.compound, 1, building="12")[0]
    url = f"{BALLOTS}{survey.public_id}/{newcomer.public_id}/"
    assert send(client, url).status_code == 403
    Residence.objects.create(unit=newcomer, user=world.owner, relation="family", from_on=TODAY)
    answer = send(client, url)
    assert (answer.status_code, answer.json()["detail"]) == (409, casting.NOT_ROLLED)
    assert send(signed_in(world.other_owner), url).status_code == 404


def test_too_many_tries_are_turned_away_and_write_nothing(
    world: World, survey: Survey, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", {"vote": "3/min", "user": "9/min", "anon": "9/min"})
    client = signed_in(world.owner)
    told = [send(client, url_of(survey, world), ALL_B | {"q1": "X"}).status_code for _ in range(4)]
    assert told == [422, 422, 422, 429]
    assert not Participation.objects.exists()


def test_one_home_has_one_vote_by_page_and_api_together(world: World, survey: Survey) -> None:
    vote(survey, world.unit, "E", by=world.owner)
    assert send(signed_in(world.owner), url_of(survey, world)).status_code == 409
    page = signed_in(world.owner).post(f"/surveys/{survey.public_id}/vote/{world.unit.public_id}/", ALL_B)
    assert page.status_code == 409
    assert SealedBallot.objects.count() == 1


def test_the_list_costs_the_same_however_many_homes(world: World, survey: Survey) -> None:
    client = signed_in(world.owner)
    client.get(BALLOTS)
    with CaptureQueriesContext(connection) as asked:
        assert client.get(BALLOTS).status_code == 200
    assert len(asked) <= 12


def test_no_answer_or_receipt_is_written_down(
    world: World, survey: Survey, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("DEBUG")
    client, remark = signed_in(world.owner), "楼顶水箱生锈已经三年"
    send(client, url_of(survey, world), ALL_B | {"q3": "QQQQ"}, comment=remark)
    answer = send(client, url_of(survey, world), comment=remark)
    written = [str(row) for row in ActionRecord.objects.values()] + [str(one.getMessage()) for one in caplog.records]
    assert len(written) > 3
    for text in written:
        assert not any(told in text for told in (remark, "QQQQ", answer.json()["receipt"], '"q1": "B"'))
