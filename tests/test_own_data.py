"""One's own data: consent field by field, what is kept and why, correction, deletion, export, and who answered."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from accounts.models import ActionRecord, Consent, DataRequest, User
from accounts.rules import CONSENT_VERSION
from committees.services import register_term, seat_member
from communities.models import Owner, Post
from communities.rules import Role
from notices.models import Message
from tests.cast import EARLIER, NOON, World
from tests.doors import hides_from, refuses, requires_login, serves

ClientOf = Callable[[User | None], Client]


@pytest.fixture
def seated(world: World) -> User:
    """The owner, seated as a member of the committee, with a political status entered."""
    Post.objects.get_or_create(body=world.committee, title="副主任", defaults={"role": Role.COMMITTEE_MEMBER})
    term = register_term(world.committee, from_on=EARLIER, until_on=NOON.date().replace(year=2028), by=world.officer)
    owner = Owner.objects.get(compound=world.compound)
    seat_member(term, owner=owner, title="副主任", from_on=EARLIER, affiliation="party", by=world.officer)
    return world.owner


def consent(client: Client, field: str, given: str) -> int:
    return client.post("/me/data/consent/", {"field": field, "given": given}).status_code


def test_a_members_fields_are_shown_with_their_consent_and_hidden_with_the_next_request(
    world: World, seated: User, client_of: ClientOf
) -> None:
    url = f"/committees/{world.compound.public_id}/"
    neighbour, mine = client_of(world.manager), client_of(seated)

    def shown() -> str:
        return neighbour.get(url).content.decode()

    assert "中共党员" not in shown()
    assert seated.phone not in shown()
    assert shown().count("本人未同意公示") == 2
    assert consent(mine, "affiliation", "1") == 302
    assert "中共党员" in shown()
    assert seated.phone not in shown()
    assert consent(mine, "contact", "1") == 302
    assert seated.phone in shown()
    given = Consent.objects.get(field="contact")
    assert (given.version, given.person) == (CONSENT_VERSION, seated)
    assert consent(mine, "contact", "0") == 302
    assert consent(mine, "affiliation", "0") == 302
    assert "中共党员" not in shown()
    assert seated.phone not in shown()
    town = client_of(world.officer).get(url).content.decode()
    assert "照片、政治面貌、联系方式" in town, "the town sees the gap"
    assert "尚未取得本人同意" not in shown()
    acts = ActionRecord.objects.filter(by=seated, result="done").order_by("id").values_list("act", flat=True)
    assert list(acts) == [
        "同意公示政治面貌", "同意公示联系方式", "撤回公示联系方式的同意", "撤回公示政治面貌的同意",
    ]  # fmt: skip
    assert consent(mine, "password", "1") == 422
    assert Consent.objects.count() == 2, "withdrawn, never deleted"


def test_consent_twice_is_one_and_again_after_withdrawal_is_a_new_one(world: World, client_of: ClientOf) -> None:
    client = client_of(world.owner)
    for given in ("1", "1", "0", "0", "1"):
        assert consent(client, "photo", given) == 302
    rows = Consent.objects.filter(person=world.owner).order_by("id")
    assert [one.withdrawn_at is None for one in rows] == [False, True]
    with pytest.raises(IntegrityError, match="a_consent_stands_once_per_field"), transaction.atomic():
        Consent.objects.create(person=world.owner, field="photo", version="x", given_at=NOON)


def test_everybody_reads_what_is_kept_why_and_how_long(client_of: ClientOf, db: None) -> None:
    page = client_of(None).get("/").content.decode()
    assert "/privacy/" in page
    told = serves(None, "/privacy/").content.decode()
    for word in ("个人信息保护法第十七条", "30 年", "不少于 6 个月", "小区服务岗", "撤回"):
        assert word in told


def test_a_person_sees_and_takes_away_exactly_their_own(world: World, client_of: ClientOf) -> None:
    for url in ("/me/data/", "/me/data/export.json"):
        requires_login(url)
    page = serves(world.owner, "/me/data/").content.decode()
    answer = serves(world.owner, "/me/data/export.json")
    told = json.loads(answer.content)
    assert told["账号"]["手机号"] == world.owner.phone
    assert told["房屋"][0]["名册号码"] == "13812345678"
    for mine in ("施雅琴", "13812345678", world.owner.phone, "仑后花园"):
        assert mine in page
        assert mine in answer.content.decode()
    for others in ("欧阳建华", "13900001111", world.chair.phone, "杆头新村"):
        assert others not in page
        assert others not in answer.content.decode()
    assert "attachment" in answer["Content-Disposition"]
    assert ActionRecord.objects.filter(act="导出本人信息", by=world.owner).count() == 1
    stranger = json.loads(serves(world.stranger, "/me/data/export.json").content)
    assert (stranger["房屋"], stranger["职务"]) == ([], [])


def ask(client: Client, kind: str, **data: Any) -> Any:
    return client.post(f"/me/data/{kind}/", data)


def test_a_correction_goes_to_the_cadre_and_the_answer_back_with_who_decided(world: World, client_of: ClientOf) -> None:
    mine = client_of(world.owner)
    assert "请写明哪一项不对" in ask(mine, "correction", text="错").content.decode()
    assert ask(mine, "correction", text="号码已换，新号码末四位 9999").status_code == 302
    assert "已有一份同样的申请" in ask(mine, "correction", text="号码已换，再说一遍").content.decode()
    asked = DataRequest.objects.get()
    assert {one.recipient for one in Message.objects.filter(kind=Message.Kind.TASK)} == {world.cadre}
    url = f"/data-requests/{asked.public_id}/"
    requires_login(url)
    for who in ("leader", "auditor", "other_cadre", "chair", "manager", "owner", "stranger"):
        hides_from(world.people[who], url)
    for who in ("leader", "auditor", "chair", "owner"):
        refuses(world.people[who], "/data-requests/")
    assert "施雅琴" in serves(world.cadre, "/data-requests/").content.decode()
    cadre = client_of(world.cadre)
    assert "请写明办了什么" in cadre.post(url, {"decision": "done", "answer": "好"}).content.decode()
    assert cadre.post(url, {"decision": "done", "answer": "已在名册更正。"}).status_code == 302
    late = client_of(world.officer).post(url, {"decision": "declined", "answer": "不能更正。"}, follow=True)
    assert "刚刚已由他人答复" in late.content.decode()
    asked.refresh_from_db()
    assert (asked.decided_by, asked.decision, asked.answer) == (world.cadre, "done", "已在名册更正。")
    assert "已在名册更正。" in mine.get("/me/data/").content.decode()
    assert Message.objects.filter(recipient=world.owner, title__startswith="已办").count() == 1
    line = ActionRecord.objects.get(act="答复更正个人信息申请", result="done")
    assert (line.by, line.subject.public_id) == (world.cadre, asked.public_id)


def test_what_may_be_deleted_is_and_what_must_stay_is_named_with_period_and_article(
    world: World, client_of: ClientOf
) -> None:
    User.objects.filter(pk=world.owner.pk).update(email="yaqin@example.org")
    mine = client_of(world.owner)
    consent(mine, "contact", "1")
    page = mine.get("/me/data/deletion/").content.decode()
    for word in ("会计档案管理办法", "30 年", "不少于 6 个月", "申请即删", "个人信息保护法第四十七条"):
        assert word in page
    assert ask(mine, "deletion").status_code == 200
    assert User.objects.get(pk=world.owner.pk).email, "not without having read what stays"
    assert ask(mine, "deletion", understood="on").status_code == 302
    assert User.objects.get(pk=world.owner.pk).email == ""
    assert not Consent.objects.filter(person=world.owner, withdrawn_at__isnull=True).exists()
    assert DataRequest.objects.get().kind == "delete"
    assert Owner.objects.filter(user=world.owner).exists(), "the roster stays while the home is owned"


def test_nobody_answers_their_own_request_and_whoever_belongs_nowhere_asks_the_office(
    world: World, client_of: ClientOf
) -> None:
    assert ask(client_of(world.officer), "correction", text="姓名写错了一字").status_code == 302
    own = DataRequest.objects.get()
    url = f"/data-requests/{own.public_id}/"
    assert client_of(world.officer).post(url, {"decision": "done", "answer": "自己办了。"}).status_code == 403
    assert client_of(world.second_officer).post(url, {"decision": "done", "answer": "已更正。"}).status_code == 302
    ask(client_of(world.stranger), "correction", text="我没有房屋，却有账号")
    told = Message.objects.filter(kind=Message.Kind.TASK, title__contains="路人甲")
    assert {one.recipient for one in told} == {world.officer, world.second_officer}
    with pytest.raises(IntegrityError, match="nobody_answers_their_own_request"), transaction.atomic():
        DataRequest.objects.create(
            person=world.owner, kind="correct", text="x", asked_at=NOON, decision="done", answer="x",
            decided_by=world.owner, decided_at=NOON,
        )  # fmt: skip
