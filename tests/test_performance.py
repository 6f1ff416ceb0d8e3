"""履职记录: a duty done outside the portal is recorded with its proof (clauses 4.2.3, 4.3.5, 4.4.2)."""

from collections.abc import Callable
from datetime import date, time
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from communities.services import end_appointment, hand_over
from supervision.models import Obligation, Performance
from tests.books import picture
from tests.cast import TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.law import policy_for, sweep_on

ClientOf = Callable[..., Client]
SUMMARY = "10月20日晚在小区活动室召开，26 位业主参加，答复停车收费等 5 个问题。"


@pytest.fixture
def forum(world: World) -> Obligation:
    """The committee's owners' forum of the fourth quarter, due on 31 December."""
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    return Obligation.objects.get(duty="owners_forum", period="2026Q4", bearer_body=world.committee)


def _address(obligation: Obligation) -> str:
    return f"/obligations/{obligation.public_id}/perform/"


def _form(**changed: Any) -> dict[str, Any]:
    return {"held_on": "2026-10-20", "summary": SUMMARY, "proofs": [picture()], **changed}


def test_a_forum_is_recorded_with_its_photo_and_kept_in_time(
    world: World, forum: Obligation, client_of: ClientOf
) -> None:
    answer = client_of(world.treasurer).post(_address(forum), _form(proofs=[picture(), picture("red", "签到表.png")]))
    assert answer.status_code == 302
    forum.refresh_from_db()
    assert forum.fulfilled_at is not None
    assert not forum.is_late(date(2027, 3, 1))
    record = Performance.objects.get()
    assert (record.held_on, record.summary, record.recorded_by) == (date(2026, 10, 20), SUMMARY, world.treasurer)
    page = client_of(world.cadre).get(f"/obligations/{forum.public_id}/").content.decode()
    assert SUMMARY in page
    assert "签到表.png" in page
    proof = record.files.first()
    assert proof is not None
    shown = client_of(world.cadre).get(f"/obligations/proofs/{proof.file.public_id}/")
    assert shown.status_code == 200


def test_what_is_recorded_a_second_after_the_deadline_is_late_whatever_day_was_typed(
    world: World, forum: Obligation, client_of: ClientOf, on_day: Callable[..., None]
) -> None:
    client = client_of(world.chair)
    other = Obligation.objects.get(duty="owners_forum", period="2026Q4", bearer_firm=world.firm)
    on_day(date(2026, 12, 31), time(23, 59, 59))
    client_of(world.manager).post(_address(other), _form())
    on_day(date(2027, 1, 1), time(0, 0, 0))
    client.post(_address(forum), _form())
    forum.refresh_from_db()
    other.refresh_from_db()
    assert not other.is_late(date(2027, 1, 1))
    assert forum.is_late(date(2027, 1, 1))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"held_on": "2026-10-30"}, "办理日期不能晚于今天"),
        ({"held_on": "2026-09-30"}, "早于本期"),
        ({"held_on": "去年"}, "日期无法识别"),
        ({"held_on": ""}, "请选择办理日期"),
        ({"summary": "开了"}, "请写明办理情况"),
        ({"proofs": []}, "请至少上传一份凭据"),
        ({"proofs": [SimpleUploadedFile("x.pdf", b"<html>", "application/pdf")]}, "内容"),
    ],
)
def test_bad_input_is_named_in_chinese_and_nothing_is_saved(
    world: World, forum: Obligation, client_of: ClientOf, changed: dict[str, Any], message: str
) -> None:
    answer = client_of(world.chair).post(_address(forum), _form(**changed))
    assert answer.status_code == 200
    assert message in answer.content.decode()
    assert not Performance.objects.exists()
    forum.refresh_from_db()
    assert forum.is_open


def test_nothing_typed_or_uploaded_is_lost_when_one_field_is_wrong(
    world: World, forum: Obligation, client_of: ClientOf
) -> None:
    client = client_of(world.chair)
    refused = client.post(_address(forum), _form(held_on="2026-10-30"))
    page = refused.content.decode()
    assert SUMMARY in page
    assert "已保留：发票.png" in page
    kept = refused.context["form"].data["kept"]
    client.post(_address(forum), {"held_on": "2026-10-20", "summary": SUMMARY, "kept": kept})
    assert Performance.objects.get().files.count() == 1


def test_extra_fields_change_nothing(world: World, forum: Obligation, client_of: ClientOf) -> None:
    extra = {"fulfilled_at": "2026-01-01", "recorded_at": "2026-01-01", "recorded_by": world.member.pk, "late": "0"}
    client_of(world.chair).post(_address(forum), _form(**extra))
    record = Performance.objects.get()
    assert (record.recorded_by, record.recorded_at.year, record.recorded_at.month) == (world.chair, 2026, 10)


def test_a_second_record_is_turned_away(world: World, forum: Obligation, client_of: ClientOf) -> None:
    client_of(world.chair).post(_address(forum), _form())
    again = client_of(world.treasurer).post(_address(forum), _form(), follow=True)
    assert "已经完成或解除" in again.content.decode()
    assert Performance.objects.count() == 1


def test_the_disclosure_is_not_fulfilled_this_way(world: World, forum: Obligation, client_of: ClientOf) -> None:
    disclosure = Obligation.objects.get(duty="disclosure", period="2026Q3", bearer_body=world.committee)
    refuses(world.chair, _address(disclosure), data=_form())
    serves(world.chair, _address(forum))


def test_a_survey_is_done_by_its_count_and_not_recorded_by_hand(world: World, forum: Obligation) -> None:
    survey = Obligation.objects.get(duty="committee_survey", period="2026H2", compound=world.compound)
    refuses(world.officer, _address(survey), data=_form())
    page = serves(world.officer, f"/obligations/{survey.public_id}/").content.decode()
    assert "登记办理情况" not in page
    assert "看满意度测评" in page


def test_an_officer_records_the_towns_own_meeting(world: World, forum: Obligation, client_of: ClientOf) -> None:
    meeting = Obligation.objects.get(duty="town_meeting", period="2026Q4")
    refuses(world.leader, _address(meeting), data=_form())
    client_of(world.officer).post(_address(meeting), _form())
    meeting.refresh_from_db()
    assert meeting.fulfilled_at is not None


def test_who_left_the_post_finishes_what_was_theirs_and_nothing_else(
    world: World, forum: Obligation, client_of: ClientOf
) -> None:
    past = Obligation.objects.get(duty="owners_forum", period="2026Q3", bearer_body=world.committee)
    end_appointment(world.treasurer.appointments.get(), until_on=date(2026, 10, 15), by=world.officer)
    hides_from(world.treasurer, _address(forum))
    answer = client_of(world.treasurer).post(_address(past), _form(held_on="2026-09-20"), follow=True)
    assert answer.status_code == 200
    past.refresh_from_db()
    assert past.fulfilled_at is not None
    hides_from(world.treasurer, f"/obligations/{past.public_id}/")


def test_a_firm_that_handed_over_finishes_its_own_quarter(world: World, forum: Obligation, client_of: ClientOf) -> None:
    past = Obligation.objects.get(duty="owners_forum", period="2026Q3", bearer_firm=world.firm)
    hand_over(world.contract, ended_on=date(2026, 10, 20), by=world.officer)
    sweep_on(TODAY)
    client_of(world.clerk).post(_address(past), _form(held_on="2026-09-20"))
    past.refresh_from_db()
    assert past.fulfilled_at is not None


# -- Who may -----------------------------------------------------------------------------------------------------------


def test_recording_requires_login(forum: Obligation) -> None:
    requires_login(_address(forum))


def test_recording_hides_from_strangers(world: World, forum: Obligation) -> None:
    for person in (world.stranger, world.owner, world.other_chair, world.other_manager, world.other_cadre):
        hides_from(person, _address(forum), data=_form())
    serves(world.chair, _address(forum), data=_form())


def test_recording_refuses_read_only_members(world: World, forum: Obligation) -> None:
    for person in (world.officer, world.cadre, world.supervisor, world.manager, world.auditor):
        refuses(person, _address(forum), data=_form())
    assert not Performance.objects.exists()
    serves(world.chair, _address(forum), data=_form())
    assert Performance.objects.exists()


def test_recording_serves_the_bearers_people(world: World, forum: Obligation) -> None:
    for person in (world.chair, world.treasurer, world.member):
        serves(person, _address(forum))


def test_a_proof_opens_for_whoever_sees_the_obligation(world: World, forum: Obligation, client_of: ClientOf) -> None:
    client_of(world.chair).post(_address(forum), _form())
    proof = Performance.objects.get().files.get().file
    address = f"/obligations/proofs/{proof.public_id}/"
    requires_login(address)
    for person in (world.stranger, world.owner, world.other_chair, world.other_cadre):
        hides_from(person, address)
    for person in (world.officer, world.cadre, world.auditor, world.supervisor, world.manager):
        serves(person, address)
