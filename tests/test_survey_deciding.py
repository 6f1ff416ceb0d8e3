"""What follows from a result: a proposal on the officer's desk, decided in words; comments published by two people."""

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from evaluations.models import Comment, Survey, SurveyProposal
from evaluations.rules import SurveyKind
from tests.cast import World
from tests.surveying import count, end_now, homes, opened, votes

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def counted(world: World) -> Survey:
    """A firm with 12 of 12 dissatisfied, and comments that name somebody."""
    units = homes(world.compound, 12)
    survey = opened(world, SurveyKind.FIRM)
    votes(survey, units, "E" * 12, comment="3号楼的老王不扫地 <script>alert(1)</script>")
    end_now(survey, world.officer)
    return count(survey)


def test_the_officer_finds_the_proposal_on_the_desk_and_decides_in_words(world: World, counted: Survey) -> None:
    cache.clear()
    office, url = signed_in(world.officer), f"/surveys/{counted.public_id}/decide/"
    assert "建议约谈物业服务企业" in office.get("/desk/").content.decode()
    assert "100×12 ＞ 50×12" in Client().get(f"/surveys/{counted.public_id}/result/").content.decode()
    unsaid = office.post(url, {"decision": "done", "reason": " "})
    assert (unsaid.status_code, "请写明理由" in unsaid.content.decode()) == (422, True)
    assert signed_in(world.leader).post(url, {"decision": "done", "reason": "x"}).status_code == 403
    assert signed_in(world.cadre).post(url, {"decision": "done", "reason": "x"}).status_code == 403
    assert not SurveyProposal.objects.exclude(decision="").exists()
    office.post(url, {"decision": "done", "reason": "11月20日约谈，宝小区约〔2026〕1号"})
    proposal = SurveyProposal.objects.get()
    assert (proposal.decision, proposal.decided_by) == ("done", world.officer)
    page = Client().get(f"/surveys/{counted.public_id}/result/").content.decode()
    assert "宝小区约〔2026〕1号" in page
    again = signed_in(world.second_officer).post(url, {"decision": "declined", "reason": "不同意"}, follow=True)
    assert "已由 林小琴 决定" in again.content.decode()
    assert "建议约谈物业服务企业" not in office.get("/desk/").content.decode()


def test_one_redacts_a_comment_and_another_releases_it(world: World, counted: Survey) -> None:
    comment = counted.comments.first()
    redact, release = (f"/surveys/comments/{comment.pk}/{act}/" for act in ("redact", "release"))
    first, second = signed_in(world.officer), signed_in(world.second_officer)
    result = f"/surveys/{counted.public_id}/result/"
    for stranger in (world.leader, world.cadre, world.auditor, world.owner):
        assert signed_in(stranger).post(redact, {f"{comment.pk}-text": "x"}).status_code == 403
    assert "须先由一人处理" in second.post(release, follow=True).content.decode()
    first.post(redact, {f"{comment.pk}-text": "楼道打扫不到位 <script>alert(1)</script>"})
    assert "须先由一人处理" in first.post(release, follow=True).content.decode()
    assert "楼道打扫不到位" not in Client().get(result).content.decode()
    second.post(release)
    page = Client().get(result).content.decode()
    assert "楼道打扫不到位 &lt;script&gt;" in page
    assert "老王" not in page
    assert "<script>alert" not in page
    assert "已经发布" in first.post(redact, {f"{comment.pk}-text": "改"}, follow=True).content.decode()
    comment.refresh_from_db()
    assert (comment.redacted_by, comment.released_by) == (world.officer, world.second_officer)


def test_of_too_few_ballots_no_comment_is_kept(world: World) -> None:
    units = homes(world.compound, 9)
    survey = opened(world, SurveyKind.FIRM)
    votes(survey, units, "E" * 9, comment="停车太乱")
    end_now(survey, world.officer)
    count(survey)
    assert not Comment.objects.exists()
    page = Client().get(f"/surveys/{survey.public_id}/result/").content.decode()
    assert "样本不足" in page
    assert "9" in page
    assert "0.00%" not in page
    assert "9 票" not in page
