"""An edition goes to four: each is checked off with its day and proof, and only with the last is the duty done."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from django.test import Client

from baogai.editions import dispatch
from kernel.errors import ConflictError
from notices.models import Edition, EditionDispatch
from notices.rules import Recipient, share_words
from notices.services.editions import is_dispatched, verify_editions
from supervision.models import Obligation
from supervision.rules import Duty
from tests.cast import NOON, TODAY, World
from tests.disclosing import at
from tests.editing import done, issued, proof, second_quarter

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


def test_a_share_is_rounded_half_up_for_reading_and_nothing_of_nothing_is_said() -> None:
    told = [share_words(part, whole) for part, whole in ((1, 3), (2, 3), (1, 8), (1, 16), (0, 5), (5, 5), (0, 0))]
    assert told == ["33.33%", "66.67%", "12.50%", "6.25%", "0.00%", "100.00%", ""]
