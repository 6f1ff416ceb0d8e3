"""The law as dated rows: entered by one, confirmed by another, in force on its days and on no others."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client

from supervision.models import Obligation, Policy
from supervision.rules import NUMBERS
from supervision.services.policies import policy_in_force, seed_plan
from tests.books import picture
from tests.cast import TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.law import sweep_on

ClientOf = Callable[..., Client]
ENTER = "/policies/enter/350581101/"
ENDED_ON = date(2024, 10, 31)


@pytest.fixture
def plan(world: World) -> Policy:
    """宝政〔2023〕87号, which ran out on 31 October 2024."""
    return seed_plan(world.town)


def _form(plan: Policy, **changed: Any) -> dict[str, Any]:
    stated = {f"number_{one.key}": one.value for one in plan.numbers.all()}
    return {
        "kind": "extension",
        "number": "宝政[2026]15号",
        "title": "关于延长专项整治行动方案有效期的通知",
        "from_on": "2026-10-01",
        "until_on": "2027-09-30",
        "scan": [picture(name="扫描件.png")],
        **stated,
        **changed,
    }


def _enter(client: Client, plan: Policy, **changed: Any) -> Policy:
    answer = client.post(ENTER, _form(plan, **changed))
    assert answer.status_code == 302, answer.content.decode()
    return Policy.objects.latest("entered_at")


def test_the_plan_holds_on_its_first_and_last_day_and_on_neither_day_beside(world: World, plan: Policy) -> None:
    for day, holds in (
        (date(2023, 10, 31), False),
        (date(2023, 11, 1), True),
        (ENDED_ON, True),
        (ENDED_ON + timedelta(days=1), False),
    ):
        assert (policy_in_force(world.town, day) == plan) is holds, day


def test_with_no_policy_in_force_nothing_opens_and_the_town_is_led_to_the_page(
    world: World, plan: Policy, client_of: ClientOf
) -> None:
    sweep_on(TODAY)
    assert not Obligation.objects.filter(opened_on__gt=ENDED_ON).exists()
    assert Obligation.objects.open().filter(opened_on__lte=ENDED_ON).exists()
    desk = client_of(world.officer).get("/desk/").content.decode()
    assert "现在没有生效的政策文件" in desk
    assert "/policies/" in desk
    page = client_of(world.officer).get("/policies/").content.decode()
    assert "现在没有生效的政策文件" in page
    assert ENTER in page


@pytest.mark.parametrize(("from_on", "is_warned"), [(TODAY - timedelta(days=1), True), (TODAY, False)])
def test_whoever_confirms_is_warned_of_obligations_opened_after_the_fact(
    world: World, plan: Policy, client_of: ClientOf, from_on: date, *, is_warned: bool
) -> None:
    entered = _enter(client_of(world.officer), plan, from_on=from_on.isoformat())
    page = client_of(world.leader).get(f"/policies/{entered.public_id}/").content.decode()
    assert "确认生效</button>" in page
    assert ("施行日期早于今天" in page) is is_warned


def test_one_enters_an_extension_another_confirms_it_and_only_then_it_opens_obligations(
    world: World, plan: Policy, client_of: ClientOf
) -> None:
    extension = _enter(client_of(world.officer), plan)
    assert extension.number == "宝政〔2026〕15号"
    sweep_on(TODAY)
    assert not Obligation.objects.filter(policy=extension).exists()

    own = client_of(world.officer).get(f"/policies/{extension.public_id}/").content.decode()
    assert "须由另一位工作人员或镇领导核对" in own
    refuses(world.officer, f"/policies/{extension.public_id}/confirm/", data={})
    serves(world.leader, f"/policies/{extension.public_id}/confirm/", data={})
    extension.refresh_from_db()
    assert extension.confirmed_by == world.leader

    sweep_on(TODAY)
    opened = Obligation.objects.filter(policy=extension, duty="disclosure").values_list("period", flat=True)
    assert set(opened) == {"2026Q3"}


def test_the_database_itself_refuses_that_one_person_enters_and_confirms(world: World, plan: Policy) -> None:
    plan.entered_by = plan.confirmed_by = world.officer
    with pytest.raises(IntegrityError, match="one_enters_a_policy_and_another_confirms_it"), transaction.atomic():
        plan.save()


def test_changed_numbers_are_shown_old_beside_new(world: World, plan: Policy, client_of: ClientOf) -> None:
    successor = _enter(client_of(world.officer), plan, kind="successor", number_detail_due_day="20")
    page = client_of(world.leader).get(f"/policies/{successor.public_id}/").content.decode()
    assert "15日" in page
    assert "20日" in page
    assert "确认生效" in page


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"number": "随便"}, "文号应写成"),
        ({"title": " "}, "请填写文件标题"),
        ({"from_on": "明天"}, "日期无法识别"),
        ({"until_on": "2026-09-30"}, "有效期止日不能早于施行日期"),
        ({"number_detail_due_day": "0"}, "应在 1 到 28 之间"),
        ({"number_remind_second": "20"}, "三次提醒的提前天数应依次减少"),
        ({"kind": "x"}, "请从列出的性质中选择"),
        ({"scan": []}, "请上传文件扫描件"),
        ({"from_on": "2023-10-01"}, "施行日期须晚于"),
    ],
)
def test_bad_input_is_named_and_nothing_typed_is_lost(
    world: World, plan: Policy, client_of: ClientOf, changed: dict[str, Any], message: str
) -> None:
    answer = client_of(world.officer).post(ENTER, _form(plan, **changed))
    page = answer.content.decode()
    assert answer.status_code == 200
    assert message in page
    assert "2027-09-30" in page or "until_on" in changed
    assert Policy.objects.count() == 1


def test_overlapping_days_are_refused_with_the_day_from_which_it_may_begin(
    world: World, plan: Policy, client_of: ClientOf
) -> None:
    answer = client_of(world.officer).post(ENTER, _form(plan, from_on="2024-10-31", until_on="2025-12-31"))
    assert "重叠" in answer.content.decode()
    assert "2024年11月1日" in answer.content.decode()
    _enter(client_of(world.officer), plan, from_on="2024-11-01", until_on="2025-12-31")


def test_an_unconfirmed_document_is_withdrawn_a_confirmed_one_stays(
    world: World, plan: Policy, client_of: ClientOf
) -> None:
    waiting = _enter(client_of(world.officer), plan)
    client_of(world.second_officer).post(f"/policies/{waiting.public_id}/withdraw/")
    assert not Policy.objects.filter(pk=waiting.pk).exists()
    answer = client_of(world.officer).post(f"/policies/{plan.public_id}/withdraw/", follow=True)
    assert "不能撤回" in answer.content.decode()
    assert Policy.objects.filter(pk=plan.pk).exists()


def test_the_page_names_every_duty_number_and_clause(world: World, plan: Policy, client_of: ClientOf) -> None:
    page = client_of(world.owner).get("/policies/").content.decode()
    for number in NUMBERS:
        assert number.label in page
    for words in ("公共收益季度公示", "季后第 1 个月的最后一日", "依据：方案四（三）1", "本系统约定"):
        assert words in page


# -- Who may -----------------------------------------------------------------------------------------------------------


def test_the_law_requires_login_and_serves_everybody(world: World, plan: Policy) -> None:
    for address in ("/policies/", f"/policies/{plan.public_id}/"):
        requires_login(address)
        for person in (world.officer, world.cadre, world.chair, world.manager, world.owner, world.auditor):
            serves(person, address)
    serves(world.stranger, "/policies/")
    hides_from(world.stranger, f"/policies/{plan.public_id}/")


def test_entering_requires_login_hides_from_strangers_and_refuses_who_may_only_read(world: World, plan: Policy) -> None:
    requires_login(ENTER)
    hides_from(world.stranger, ENTER, data=_form(plan))
    for person in (world.leader, world.auditor, world.cadre, world.chair, world.owner):
        refuses(person, ENTER, data=_form(plan))
    assert Policy.objects.count() == 1
    serves(world.officer, ENTER, data=_form(plan))
    assert Policy.objects.count() == 2


def test_what_waits_is_seen_by_the_town_alone(world: World, plan: Policy, client_of: ClientOf) -> None:
    waiting = _enter(client_of(world.officer), plan)
    for address in (f"/policies/{waiting.public_id}/", f"/policies/{waiting.public_id}/scan/"):
        requires_login(address)
        for person in (world.chair, world.cadre, world.owner, world.stranger):
            hides_from(person, address)
        for person in (world.officer, world.leader, world.auditor):
            serves(person, address)


def test_confirming_and_withdrawing_refuse_who_may_not(world: World, plan: Policy, client_of: ClientOf) -> None:
    waiting = _enter(client_of(world.officer), plan)
    for act in ("confirm", "withdraw"):
        address = f"/policies/{waiting.public_id}/{act}/"
        requires_login(address, data={})
        hides_from(world.chair, address, data={})
        refuses(world.auditor, address, data={})
    refuses(world.leader, f"/policies/{waiting.public_id}/withdraw/", data={})
    serves(world.second_officer, f"/policies/{waiting.public_id}/confirm/", data={})
    waiting.refresh_from_db()
    assert waiting.confirmed_by == world.second_officer


def test_the_page_says_what_the_plan_leaves_open_and_the_portal_has_settled(
    world: World, plan: Policy, client_of: ClientOf
) -> None:
    page = client_of(world.chair).get("/policies/").content.decode()
    rows = {part.partition("</th>")[0]: part.partition("</tr>")[0] for part in page.split('<th scope="row">')[1:]}
    assert "季后第 1 个月的最后一日" in rows["公共收益季度公示"]
    assert "本系统约定" not in rows["公共收益季度公示"]
    assert "责任方、期限为本系统约定" in rows["业委会满意度测评"]
    assert "半年结束后 20 个工作日内" in rows["测评结果报送公告"]


def test_an_adjustment_keeps_number_title_and_last_day_and_ends_the_former_numbers_the_day_before(
    world: World, plan: Policy, client_of: ClientOf
) -> None:
    extension = _enter(client_of(world.officer), plan)
    client_of(world.leader).post(f"/policies/{extension.public_id}/confirm/")
    changed = {"kind": "adjustment", "number": "", "title": "", "until_on": "", "scan": [], "number_remind_first": "21"}
    adjustment = _enter(client_of(world.officer), plan, **changed, from_on="2026-12-01")
    assert (adjustment.number, adjustment.title) == (extension.number, extension.title)
    client_of(world.leader).post(f"/policies/{adjustment.public_id}/confirm/")
    extension.refresh_from_db()
    assert (extension.until_on, adjustment.until_on) == (date(2026, 11, 30), date(2027, 9, 30))
    refused = client_of(world.officer).post(
        ENTER, _form(plan, **changed, number_satisfaction_floor="40", from_on="2027-01-01")
    )
    assert "是文件规定的，须凭新文件修改" in refused.content.decode()
    assert " open>" in refused.content.decode(), "the number with the message is not folded away"
    assert "Kept" not in refused.content.decode()
