"""An edition goes to four: each is checked off with its day and proof, and only with the last is the duty done."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from baogai.editions import dispatch
from communities.models import Body
from kernel.errors import ConflictError
from notices.models import Edition, EditionDispatch
from notices.rules import Recipient, share_words
from notices.services.editions import is_dispatched, verify_editions
from supervision.models import Obligation
from supervision.rules import Duty
from tests.cast import NOON, TODAY, World
from tests.disclosing import at, policy_of
from tests.editing import HALF, done, issued, proof, results_issued, second_quarter

ClientOf = Callable[..., Client]


@pytest.fixture
def edition(world: World) -> Edition:
    second_quarter(world)
    return issued(world)


def _form(**changed: Any) -> dict[str, Any]:
    return {"done_on": TODAY.isoformat(), "note": "签收人：张某", "proof": proof()} | changed


def test_each_of_the_four_is_checked_off_with_day_and_proof(
    edition: Edition, world: World, client_of: ClientOf
) -> None:
    officer = client_of(world.officer)
    work = f"/editions/work/{edition.public_id}/"
    for number, recipient in enumerate(Recipient, 1):
        assert officer.post(f"{work}dispatch/{recipient}/", _form())["Location"] == work
        assert f"已办 {number}/4" in officer.get(work).content.decode()
    assert is_dispatched(edition)
    one = EditionDispatch.objects.get(recipient=Recipient.NEWSPAPER)
    assert (one.done_on, one.recorded_by, one.note) == (TODAY, world.officer, "签收人：张某")
    url = f"{work}proofs/{one.public_id}/file/"
    assert client_of(world.auditor).get(url)["Content-Type"] == "image/png"
    assert client_of(world.chair).get(url).status_code == 404
    assert client_of(None).get(url).status_code == 302
    officer.post(f"{work}dispatch/{Recipient.TOWN}/", _form())
    assert EditionDispatch.objects.count() == 4
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("UPDATE notices_editiondispatch SET done_on = '2026-01-01'")


def test_what_is_wrong_is_said_beside_the_field_and_the_proof_is_kept(
    edition: Edition, world: World, client_of: ClientOf
) -> None:
    officer = client_of(world.officer)
    url = f"/editions/work/{edition.public_id}/dispatch/wechat/"
    for changed, words in (
        ({"done_on": (TODAY + timedelta(days=1)).isoformat()}, "办理日期不能晚于今天"),
        ({"done_on": (TODAY - timedelta(days=1)).isoformat()}, "办理日期不能早于发布之日"),
        ({"done_on": ""}, "请选择办理日期"),
        ({"proof": ""}, "请上传凭据"),
        ({"proof": proof("脚本.exe")}, "这里不能上传"),
    ):
        page = officer.post(url, _form(**changed)).content.decode()
        assert words in page, changed
        assert "签收人：张某" in page
    page = officer.post(url, _form(done_on="")).content.decode()
    assert "已保留：签收单.png" in page
    assert not EditionDispatch.objects.exists()


def test_only_the_office_checks_off(edition: Edition, world: World, client_of: ClientOf) -> None:
    url = f"/editions/work/{edition.public_id}/dispatch/town/"
    for person in (world.leader, world.auditor, world.cadre, world.chair, world.owner):
        status = 403 if person in (world.leader, world.auditor) else 404
        assert client_of(person).get(url).status_code == status, person
        assert client_of(person).post(url, _form()).status_code == status, person
    assert client_of(None).post(url, _form()).status_code == 302
    assert client_of(world.second_officer).get(url).status_code == 200
    assert client_of(world.officer).get(f"/editions/work/{edition.public_id}/dispatch/moon/").status_code == 404


def _owed(world: World, body: Body, duty: Duty, period: str = HALF.code) -> Obligation:
    return Obligation.objects.create(
        duty=duty,
        period=period,
        period_first_on=date(2026, 1, 1),
        period_last_on=date(2026, 6, 30),
        town=world.town,
        bearer_body=body,
        policy=policy_of(world),
        opened_on=date(2026, 7, 1),
        due_on=date(2026, 10, 30),
        deadline_on=date(2026, 10, 30),
    )


def test_the_duty_to_publish_results_is_done_with_the_fourth_and_late_when_the_fourth_is(world: World) -> None:
    """方案四（二）4、四（四）5: 报送、抄送、刊登、推送; the server's clock counts."""
    survey, appraisal = (
        _owed(world, world.office, duty) for duty in (Duty.SURVEY_PUBLICATION, Duty.APPRAISAL_PUBLICATION)
    )
    other = _owed(world, world.office, Duty.SURVEY_PUBLICATION, "2025H2")
    edition = results_issued(world)
    moments = [NOON, NOON, at(date(2026, 10, 30)), at(date(2026, 10, 31), 0, 0, 0)]
    for recipient, when in zip(Recipient, moments, strict=True):
        survey.refresh_from_db()
        assert survey.is_open, recipient
        dispatch(edition, recipient=recipient, done_on=TODAY, proof=proof(), by=world.officer, at=when)
    for obligation in (survey, appraisal):
        obligation.refresh_from_db()
        assert obligation.fulfilled_at == moments[-1]
        assert obligation.is_late(date(2026, 10, 31))
        assert obligation.evidence.kind == "notices.edition"
        assert obligation.evidence.public_id == edition.public_id
    other.refresh_from_db()
    assert other.is_open


def test_a_circular_of_disclosures_fulfils_no_duty_to_publish_results(edition: Edition, world: World) -> None:
    owed = _owed(world, world.office, Duty.SURVEY_PUBLICATION)
    for recipient in Recipient:
        dispatch(edition, recipient=recipient, done_on=TODAY, proof=proof(), by=world.officer, at=NOON)
    owed.refresh_from_db()
    assert owed.is_open


def test_once_corrected_it_is_the_correction_that_must_reach_the_four(
    edition: Edition, world: World, client_of: ClientOf
) -> None:
    dispatch(edition, recipient=Recipient.TOWN, done_on=TODAY, proof=proof(), by=world.officer, at=NOON)
    done(Obligation.objects.open().filter(duty=Duty.DISCLOSURE)[0], when=at(date(2026, 9, 1)))
    officer, leader = client_of(world.officer), client_of(world.leader)
    told = {"reason": "登记有误", "series": "宝小区通", "issuer": "宝盖镇小区服务岗", "request": ""}
    draft = officer.post(f"/editions/work/{edition.public_id}/correct/", told)["Location"]
    officer.post(f"{draft}submit/")
    second = leader.post(f"{draft}issue/")["Location"]
    with pytest.raises(ConflictError, match="已经更正"):
        dispatch(edition, recipient=Recipient.HOUSING, done_on=TODAY, proof=proof(), by=world.officer, at=NOON)
    assert "已办 0/4" in officer.get(second).content.decode()
    assert "正由" not in officer.get(second).content.decode()
    assert list(verify_editions()) == []


def test_results_are_frozen_with_exact_rates_and_scores(world: World, client_of: ClientOf) -> None:
    edition = results_issued(world)
    rows = {row["key"].partition("|")[2]: row["cells"] for row in edition.figures["rows"]}
    own = rows[f"committee|{world.committee}"]
    assert own[4:] == [320, 240, 200, 100, 70, "50.00%", "35.00%", "", "达标"]
    firm = rows[f"firm|{world.firm}"]
    assert firm[9:] == ["49.13%", "50.87%", "78.50", "不满意率超过50%"]
    page = client_of(None).get(f"/editions/{edition.public_id}/").content.decode()
    assert "2026年上半年业委会满意度测评和物业服务考评结果" in page
    assert "样本不足：杆头新村业委会。" in page


def test_a_share_is_rounded_half_up_for_reading_and_nothing_of_nothing_is_said() -> None:
    told = [share_words(part, whole) for part, whole in ((1, 3), (2, 3), (1, 8), (1, 16), (0, 5), (5, 5), (0, 0))]
    assert told == ["33.33%", "66.67%", "12.50%", "6.25%", "0.00%", "100.00%", ""]
