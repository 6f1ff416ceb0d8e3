"""复核: never by who scored or handed in; sent back with words, or the firm is told (clause 4.4.4)."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from accounts.models import User
from evaluations.models import Appraisal
from evaluations.services.appraisals.scoring import submit
from notices.models import Message
from supervision.models import Holiday
from tests.appraising import WINDOW_ENDS, give, give_all, handed_in, of, opened
from tests.cast import NOON, TODAY, World
from tests.law import policy_for

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def stage_of(appraisal: Appraisal) -> str:
    return str(Appraisal.objects.get(pk=appraisal.pk).stage)


def test_a_second_person_reviews_and_the_firm_is_told(world: World) -> None:
    opened(world)
    found = handed_in(world, R1="15")
    url = f"/appraisals/{found.public_id}"
    assert signed_in(world.officer).post(f"{url}/tell/").status_code == 403
    assert "须由另一位工作人员或镇领导复核" in signed_in(world.officer).get(f"{url}/").content.decode()
    for other in (world.auditor, world.cadre):
        assert signed_in(other).post(f"{url}/tell/").status_code == 403
    assert signed_in(world.manager).get(f"{url}/").status_code == 404
    assert stage_of(found) == "reviewing"
    assert "已告知企业" in signed_in(world.second_officer).post(f"{url}/tell/", follow=True).content.decode()
    found = of(world.compound)
    assert (found.stage, found.reviewed_by, found.reply_until) == ("told", world.second_officer, WINDOW_ENDS)
    message = Message.objects.inbox_of(world.manager).get()
    assert "初步得分 95.00 分" in message.title
    assert "2026年11月5日" in message.body
    assert signed_in(world.manager).get(f"{url}/").status_code == 200
    for outsider in (world.owner, world.chair, world.other_manager):
        assert signed_in(outsider).get(f"{url}/").status_code == 404
    assert "不在复核" in signed_in(world.second_officer).post(f"{url}/tell/", follow=True).content.decode()


def test_the_towns_leader_may_review_too(world: World) -> None:
    opened(world)
    found = handed_in(world)
    signed_in(world.leader).post(f"/appraisals/{found.public_id}/tell/")
    assert of(world.compound).reviewed_by == world.leader


def test_whoever_scored_one_item_cannot_review_though_another_handed_it_in(world: World) -> None:
    opened(world)
    found = of(world.compound)
    give(found, by=world.second_officer, R1="15")
    give_all(found, by=world.officer)
    submit(found, by=world.officer, at=NOON)
    url = f"/appraisals/{found.public_id}/tell/"
    assert signed_in(world.second_officer).post(url).status_code == 403
    assert signed_in(world.leader).post(url).status_code == 302


def test_it_goes_back_with_words_and_comes_again(world: World) -> None:
    opened(world)
    found = handed_in(world)
    url = f"/appraisals/{found.public_id}"
    second = signed_in(world.second_officer)
    unsaid = second.post(f"{url}/return/", {"words": " "})
    assert (unsaid.status_code, "请写明" in unsaid.content.decode()) == (422, True)
    assert signed_in(world.officer).post(f"{url}/return/", {"words": "自己退"}).status_code == 403
    second.post(f"{url}/return/", {"words": "12345 一项没有写依据"})
    assert stage_of(found) == "scoring"
    assert Message.objects.inbox_of(world.officer).filter(body="12345 一项没有写依据").exists()
    assert "12345 一项没有写依据" in signed_in(world.officer).get(f"{url}/").content.decode()
    give(found, by=world.officer, H1="8")
    submit(found, by=world.officer, at=NOON)
    assert stage_of(found) == "reviewing"


def test_the_window_counts_working_days_by_the_policy_and_the_calendar(world: World) -> None:
    policy_for(world.town, TODAY - timedelta(days=30), appraisal_reply_workdays=3)
    Holiday.objects.create(on=TODAY + timedelta(days=1), is_rest=True, name="台风停工")
    opened(world)
    found = handed_in(world)
    signed_in(world.second_officer).post(f"/appraisals/{found.public_id}/tell/")
    # Friday rests, then the weekend: Monday, Tuesday, Wednesday.
    assert of(world.compound).reply_until == WINDOW_ENDS - timedelta(days=1)


def test_the_desk_counts_what_waits_for_a_second_person(world: World) -> None:
    opened(world)
    handed_in(world)
    cache.clear()
    assert "1 份物业考评待复核" in signed_in(world.second_officer).get("/desk/").content.decode()
    assert "1 份物业考评待复核" in signed_in(world.leader).get("/desk/").content.decode()
    assert "物业考评待复核" not in signed_in(world.officer).get("/desk/").content.decode()


def test_the_database_holds_two_people_and_the_steps(world: World) -> None:
    opened(world)
    found = handed_in(world)
    row = Appraisal.objects.filter(pk=found.pk)
    with pytest.raises(IntegrityError, match="one_scores_an_appraisal"), transaction.atomic():
        row.update(stage="told", reviewed_by=world.officer, told_at=NOON, reply_until=WINDOW_ENDS)
    with pytest.raises(IntegrityError, match="is_reviewed_before_the_firm_is_told"), transaction.atomic():
        row.update(stage="told")
    for leap in ("final",):
        with pytest.raises(DatabaseError, match="goes from scoring"), transaction.atomic():
            row.update(stage=leap, final_by=world.second_officer)
    with pytest.raises(DatabaseError, match="rests on stays"), transaction.atomic():
        row.update(facts={"S1": []})
    with pytest.raises(DatabaseError, match="rests on stays"), transaction.atomic():
        row.update(period="2020H1")
    with pytest.raises(DatabaseError), transaction.atomic():
        row.delete()
