"""The desks: first what is mine to do, by when, and why; then the state of what I answer for; the public home."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.core.cache import cache
from django.test import Client

from accounts.models import User
from baogai.navigation import forget_example_mark
from communities.models import Appointment, Body, Compound, Owner, Ownership, ServiceContract, Unit
from communities.rules import BodyKind
from communities.services import end_appointment, hand_over, suspend
from finance.models import Disclosure
from finance.services.drafts import submit_draft
from kernel.days import start_of
from kernel.fields import Reference
from supervision.models import Obligation, Policy, Proposal
from supervision.rules import Duty
from supervision.services import fulfil
from supervision.services.sweep import sweep
from tests.cast import NOON, TODAY, World
from tests.disclosing import THIRD_QUARTER, at, bank, draft_of, open_account, post_everywhere, publish, third_quarter
from tests.doors import requires_login, serves
from tests.law import policy_for, sweep_on
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]
PROOF = Reference("files.storedfile", "0" * 16, "凭据")


@pytest.fixture(autouse=True)
def _nothing_remembered(db: None) -> None:
    cache.clear()
    forget_example_mark()


@pytest.fixture
def law(world: World) -> Policy:
    """A policy in force, and supervision since August: the third quarter's disclosure is the first that is owed."""
    world.town.supervised_from_on = date(2026, 8, 1)
    world.town.save()
    return policy_for(world.town, date(2024, 11, 1), date(2028, 10, 31))


@pytest.fixture
def swept(law: Policy) -> None:
    sweep_on(TODAY)


def desk_of(user: User, at_desk: str = "") -> str:
    return str(serves(user, f"/desk/?at={at_desk}" if at_desk else "/desk/").content.decode())


def heading(page: str) -> str:
    found = re.search(r"<h1>(.*?)</h1>", page, re.DOTALL)
    assert found
    return re.sub(r"<[^>]+>", "", found.group(1)).strip()


def figure(page: str, name: str) -> int:
    found = re.search(rf"<dt>{name}</dt><dd>(?:<a[^>]*>)?<strong[^>]*>(\d+)</strong>", page)
    assert found, name
    return int(found.group(1))


def cell(page: str, village: str, column: str) -> str:
    """The words of one cell of the grid, with what is only read aloud."""
    found = re.search(rf"，{village}{column}完成 (\d+) 件，应办 (\d+) 件(，逾期 \d+ 件)?", page)
    return "/".join(found.group(1, 2)) + (found.group(3) or "") if found else ""


# -- Which desk --------------------------------------------------------------------------------------------------


def test_everybody_gets_the_desk_of_their_widest_post(world: World, swept: None) -> None:
    requires_login("/desk/")
    for who, words in {
        "officer": "等我办的",
        "leader": "等我办的",
        "auditor": "全镇履职情况",
        "cadre": "无责任主体的小区",
        "chair": "公共收益账户",
        "member": "公共收益账户",
        "supervisor": "公共收益账户",
        "manager": "公共收益账户",
        "clerk": "公共收益账户",
        "owner": "小区的钱",
        "stranger": "您现在没有职务",
    }.items():
        assert words in desk_of(world.people[who]), who


def test_an_administrator_is_led_to_the_data_pages(world: World) -> None:
    system = User.objects.create_user("system", name="系统管理员", is_staff=True)
    for page in (desk_of(system), serves(system, "/me/").content.decode()):
        assert 'href="/admin/"' in page
    assert 'href="/admin/"' not in desk_of(world.officer)
    assert 'href="/admin/"' not in desk_of(world.stranger)


def test_a_bearer_that_shares_the_others_account_is_asked_to_countersign(world: World, law: Policy) -> None:
    sweep_on(TODAY)
    assert "去会签" not in desk_of(world.manager)
    bank(open_account(world), date(2026, 7, 1), date(2026, 9, 30), THIRD_QUARTER)
    owed = Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", bearer_body=world.committee)
    publish(owed, preparer=world.treasurer, head=world.chair, when=NOON)
    assert "去会签" in desk_of(world.manager)
    assert "去会签" not in desk_of(world.chair)
    open_account(world, world.firm)
    assert "去会签" not in desk_of(world.manager), "with an account of its own it publishes that"


def test_a_person_with_several_posts_turns_from_desk_to_desk_and_to_no_other(world: World, swept: None) -> None:
    owner = Owner.objects.create(compound=world.compound, name="陈志强", user=world.chair)
    Ownership.objects.create(unit=world.unit, owner=owner, from_on=TODAY)
    page = desk_of(world.chair)
    assert "?at=home" in page
    assert "小区的钱" in desk_of(world.chair, "home")
    assert "小区的钱" not in desk_of(world.chair, "town"), "a desk that is not theirs opens the own"
    assert "?at=" not in desk_of(world.manager)


def test_the_navigation_offers_only_what_one_may_open(world: World, swept: None, client_of: ClientOf) -> None:
    for who in ("officer", "leader", "auditor", "cadre", "chair", "treasurer", "manager", "owner", "stranger"):
        client = client_of(world.people[who])
        page = client.get("/desk/").content.decode()
        ways = set(
            re.findall(r'<a href="(/[^"?#]*)"', page.partition('<nav class="nav-side"')[2].partition("</nav>")[0])
        )
        assert ways, who
        for way in ways:
            assert client.get(way, follow=True).status_code == 200, (who, way)


# -- The town ----------------------------------------------------------------------------------------------------


def test_the_grid_shows_done_and_owed_and_what_is_overdue(
    world: World, law: Policy, on_day: Callable[..., None]
) -> None:
    day = date(2026, 11, 1)
    on_day(day)
    sweep_on(day)
    assert cell(desk_of(world.officer), "仑后村", "公示") == "0/2，逾期 2 件"
    one = Obligation.objects.get(duty=Duty.DISCLOSURE, bearer_body=world.committee)
    fulfil(one, at=start_of(day), evidence=PROOF, by=None)
    page = desk_of(world.officer)
    assert cell(page, "仑后村", "公示") == "1/2，逾期 1 件"
    assert cell(page, "杆头村", "公示") == "0/2，逾期 2 件"
    assert (figure(page, "已公示"), figure(page, "未公示")) == (1, 3)


@pytest.mark.parametrize(("day", "state"), [(date(2026, 10, 31), "soon"), (date(2026, 11, 1), "late")])
def test_the_grid_turns_red_with_the_day_and_not_with_a_run_of_the_sweep(
    world: World, law: Policy, on_day: Callable[..., None], day: date, state: str
) -> None:
    sweep_on(date(2026, 10, 30))
    on_day(day)
    page = desk_of(world.officer)
    found = re.search(r'<td class="([a-z0-9-]+)"><a href="[^"]*duty=disclosure[^"]*">0/2', page)
    assert found
    assert found.group(1) == state


def test_the_officer_decides_on_proposals_the_most_urgent_first(
    world: World, law: Policy, on_day: Callable[..., None]
) -> None:
    day = date(2026, 11, 3)
    on_day(day)
    sweep_on(day)
    page = desk_of(world.officer)
    assert heading(page) == "等我办的 5 件", "four disclosures and the town's own meeting"
    assert page.index("已逾期 3 天") < page.index("还剩 58 天")
    assert "依据：方案四（三）1" in page
    proposal = Proposal.objects.filter(obligation__duty=Duty.DISCLOSURE).first()
    assert proposal
    assert f"/obligations/{proposal.obligation.public_id}/urge/" in page
    decided = Proposal.objects.filter(obligation__bearer_firm__isnull=False)
    before = int(re.findall(r"\d+", heading(page))[0])
    number = decided.update(decision=Proposal.Decision.DECLINED, decided_at=NOON)
    assert int(re.findall(r"\d+", heading(desk_of(world.officer)))[0]) == before - number


def test_the_towns_own_duties_stand_on_its_desk_added_up_over_compounds(world: World, law: Policy) -> None:
    world.town.supervised_from_on = date(2026, 7, 1)
    world.town.save()
    sweep_on(TODAY)
    for one in Obligation.objects.exclude(bearer_body=world.office).exclude(bearer_body=world.leading_group):
        fulfil(one, at=NOON, evidence=PROOF, by=None)
    page = desk_of(world.officer)
    assert "2026年第三季度全镇联席会议" in page
    assert "镇本级事项" in page
    assert "下半年业委会满意度测评：还有 2 个未完成（共 2 个）" in page


def test_leaders_urge_too_and_auditors_see_the_same_figures_without_a_button_that_acts(
    world: World, law: Policy, on_day: Callable[..., None]
) -> None:
    day = date(2026, 11, 3)
    on_day(day)
    sweep_on(day)
    figures = [(name, figure(desk_of(world.officer), name)) for name in ("已公示", "未公示", "小区", "无责任主体")]
    for who, urges in (("officer", True), ("leader", True), ("auditor", False)):
        page = desk_of(world.people[who])
        assert [(name, figure(page, name)) for name, _ in figures] == figures
        assert ("批量督促" in page, "去督促" in page) == (urges, urges), who


def test_without_a_policy_in_force_the_town_desk_says_so_and_leads_to_where_one_is_entered(
    world: World, client_of: ClientOf, on_day: Callable[..., None]
) -> None:
    policy_for(world.town, date(2023, 11, 1), date(2024, 10, 31), number="宝政〔2023〕87号")
    words = "现在没有生效的政策文件"
    for day, is_said in ((date(2024, 10, 31), False), (date(2024, 11, 1), True)):
        on_day(day)
        page = client_of(world.officer).get("/desk/").content.decode()
        assert (words in page) is is_said, day
    assert 'href="/policies/"' in page
    assert words in client_of(world.cadre).get("/desk/").content.decode()
    policy_for(world.town, date(2024, 11, 1), None, number="宝政〔2024〕99号", confirmed=False)
    page = client_of(world.officer).get("/desk/").content.decode()
    assert words in page, "an unconfirmed one does not count"
    assert "宝政〔2024〕99号 待第二人确认" in page


def test_a_sweep_that_stands_still_is_told_on_the_desk(world: World, law: Policy, on_day: Callable[..., None]) -> None:
    assert "期限巡查超过 30 分钟" in desk_of(world.officer)
    sweep_on(TODAY)
    cache.clear()
    assert "期限巡查超过 30 分钟" not in desk_of(world.officer)


def test_compounds_without_account_and_without_anybody_responsible_are_counted(world: World, swept: None) -> None:
    page = desk_of(world.officer)
    assert (figure(page, "小区"), figure(page, "没有公共收益专户"), figure(page, "无责任主体")) == (3, 3, 1)
    open_account(world)
    Body.objects.create(
        kind=BodyKind.COMMITTEE,
        name="旧供销社业主委员会",
        town=world.town,
        village=world.village,
        compound=world.bare_compound,
        from_on=TODAY,
    )
    assert figure(desk_of(world.officer), "无责任主体") == 1, "counted once a minute"
    cache.clear()
    page = desk_of(world.officer)
    assert (figure(page, "没有公共收益专户"), figure(page, "无责任主体")) == (2, 0)


# -- The village -------------------------------------------------------------------------------------------------


def test_the_village_desk_shows_the_own_compounds_and_where_nobody_is_responsible(
    world: World, law: Policy, on_day: Callable[..., None]
) -> None:
    day = date(2026, 11, 1)
    on_day(day)
    sweep_on(day)
    page, other = desk_of(world.cadre), desk_of(world.other_cadre)
    assert "旧供销社宿舍" in page.partition("无责任主体的小区")[2]
    assert "杆头新村" not in page
    assert "各小区都有物业或业委会" in other
    assert "仑后花园" not in other
    assert "仑后花园业委会：2026年第三季度公示" in page
    assert "小区服务岗：" not in page, "a village does not urge the town"
    assert figure(page, "未公示") == 2


# -- The bearers -------------------------------------------------------------------------------------------------


def test_the_committees_desk_names_the_next_step_for_each_person(world: World) -> None:
    obligation, account = third_quarter(world)
    assert f"/disclosures/work/{obligation.public_id}/" in desk_of(world.chair)
    assert "开始办理" in desk_of(world.treasurer)
    draft = draft_of(obligation, by=world.treasurer, when=at(TODAY))
    assert "继续编制" in desk_of(world.treasurer)
    submit_draft(draft, by=world.treasurer, at=at(TODAY))
    assert "看进度" in desk_of(world.treasurer)
    assert "编制人不能审核自己的底稿" in desk_of(world.treasurer)
    assert "去审核" in desk_of(world.member)
    assert "去审核" not in desk_of(world.manager), "the firm is another bearer"
    draft.refresh_from_db()
    draft.stage, draft.reviewed_by = "reviewed", world.member
    draft.save()
    assert "去发布" in desk_of(world.chair)
    assert "看进度" in desk_of(world.member)
    page = desk_of(world.chair)
    assert "还剩 2 天" in page
    assert "94,763.91" in page, "the balance of the books"
    assert account.number_tail in page


def test_published_but_unposted_asks_for_the_photos_and_posted_leaves_the_desk(world: World) -> None:
    obligation, _ = third_quarter(world)
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=at(TODAY))
    assert "传张贴照片" in desk_of(world.chair)
    post_everywhere(disclosure, by=world.treasurer, when=at(TODAY))
    page = desk_of(world.chair)
    assert "传张贴照片" not in page
    assert f"/disclosures/{disclosure.public_id}/" in page, "among what was published"


def test_where_the_bearer_is_one_person_the_village_and_the_board_are_asked_to_review(world: World) -> None:
    for who in ("member", "chair"):
        world.people[who].appointments.update(until_on=date(2026, 6, 30))
    obligation, _ = third_quarter(world)
    submit_draft(draft_of(obligation, by=world.treasurer, when=at(TODAY)), by=world.treasurer, at=at(TODAY))
    for who in ("cadre", "supervisor"):
        page = desk_of(world.people[who])
        assert "公示待审核" in page, who
        assert Client().get(f"/disclosures/work/{obligation.public_id}/").status_code == 302
    for who in ("other_cadre", "officer"):
        assert "公示待审核" not in desk_of(world.people[who]), who


def test_with_two_people_the_review_stays_inside(world: World) -> None:
    obligation, _ = third_quarter(world)
    submit_draft(draft_of(obligation, by=world.treasurer, when=at(TODAY)), by=world.treasurer, at=at(TODAY))
    assert "公示待审核" not in desk_of(world.cadre)
    assert "公示待审核" not in desk_of(world.supervisor)


def test_who_left_finishes_what_was_theirs_and_finds_nothing_else(world: World, law: Policy) -> None:
    sweep_on(TODAY)
    end_appointment(world.chair.appointments.get(), until_on=date(2026, 10, 15), by=None)
    page = desk_of(world.chair)
    assert "2026年第三季度公共收益公示" in page, "held office on the quarter's last day"
    assert "2026年第四季度业主座谈会" not in page
    hand_over(world.contract, ended_on=date(2026, 10, 15), by=None)
    page = desk_of(world.manager)
    assert "2026年第三季度公共收益公示" in page


def test_a_suspended_treasurer_finds_nothing_to_do(world: World, law: Policy) -> None:
    sweep_on(TODAY)
    assert "公共收益公示" in desk_of(world.treasurer)
    suspend(world.treasurer.appointments.get(), from_on=TODAY, on=TODAY, by=None)
    assert "您现在没有职务" in desk_of(world.treasurer)


# -- The resident ------------------------------------------------------------------------------------------------


def test_a_resident_finds_the_compounds_money_and_whether_duties_were_kept(world: World, law: Policy) -> None:
    assert "还没有公示" in desk_of(world.owner)
    obligation, _ = third_quarter(world)
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=at(date(2026, 10, 22)))
    post_everywhere(disclosure, by=world.treasurer, when=at(date(2026, 10, 22)))
    page = desk_of(world.owner)
    for words in ("48,210.35", "94,763.91", "2026年第三季度公共收益", "按期完成", "3号楼1单元1102", "业委会 3 人"):
        assert words in page, words
    assert f"/disclosures/{disclosure.public_id}/" in page
    assert "94,763.91" not in desk_of(world.other_owner)


# -- The public --------------------------------------------------------------------------------------------------


def test_everybody_sees_by_village_who_disclosed_on_time_and_no_name_of_a_person(world: World, swept: None) -> None:
    page = serves(None, "/").content.decode()
    for words in ("仑后村", "仑后花园", "杆头新村", "还没有公示", "还剩 2 天", "没有应公示的单位"):
        assert words in page, words
    for person in world.people.values():
        assert person.name not in page
    obligation = Obligation.objects.get(duty=Duty.DISCLOSURE, bearer_body=world.committee)
    third = third_quarter_of(world, obligation)
    page = serves(None, "/").content.decode()
    assert "94,763.91" in page
    assert f'href="/disclosures/{third.public_id}/"' in page


def third_quarter_of(world: World, obligation: Obligation) -> Disclosure:
    """The committee's books for an obligation the sweep has opened, published and posted."""
    bank(open_account(world), date(2026, 7, 1), date(2026, 9, 30), THIRD_QUARTER)
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=at(date(2026, 10, 22)))
    post_everywhere(disclosure, by=world.treasurer, when=at(date(2026, 10, 22)))
    return disclosure


def test_one_finds_the_own_compound_by_its_name_or_village(world: World) -> None:
    assert "杆头新村" not in serves(None, "/?q=花园").content.decode()
    assert "仑后花园" in serves(None, "/?q=花园").content.decode()
    assert "没有找到这个小区" in serves(None, "/?q=没有的").content.decode()
    page = serves(None, f"/?village={world.other_village.public_id}").content.decode()
    assert ">杆头新村</th>" in page
    assert ">仑后花园</th>" not in page


# -- Search ------------------------------------------------------------------------------------------------------


def test_search_finds_what_one_may_see_and_nothing_else(world: World, law: Policy) -> None:
    requires_login("/search/")
    page = serves(world.officer, "/search/", data={"q": "杆头"}).content.decode()
    assert "杆头新村" in page
    assert "没有找到" in serves(world.cadre, "/search/", data={"q": "杆头"}).content.decode()
    assert "石狮安居物业服务有限公司" in serves(world.cadre, "/search/", data={"q": "安居"}).content.decode()
    assert "没有找到" in serves(world.owner, "/search/", data={"q": "安居"}).content.decode()
    assert law.number in serves(world.officer, "/search/", data={"q": law.number}).content.decode()
    assert serves(world.officer, "/search/", data={"q": "\x00<script>"}).status_code == 200


def test_search_finds_who_holds_a_post_and_owners_by_their_whole_name_only(world: World) -> None:
    def found(who: str, words: str) -> str:
        return str(serves(world.people[who], "/search/", data={"q": words}).content.decode())

    for who in ("officer", "leader", "auditor", "cadre"):
        assert "任职人员" in found(who, "陈志"), who
    assert "没有找到" in found("cadre", "洪志伟"), "the neighbouring village's chair"
    assert "没有找到" in found("stranger", "陈志强")
    for who, may in {"officer": True, "leader": True, "cadre": True, "auditor": False, "other_cadre": False}.items():
        assert ("1102" in found(who, "施雅琴")) == may, who
    assert "没有找到" in found("officer", "施雅"), "a part of an owner's name opens no roster"
    Appointment.objects.filter(post=world.posts["chair"]).update(until_on=TODAY - timedelta(days=1))
    assert "没有找到" in found("officer", "陈志强")


# -- The mark of example data ------------------------------------------------------------------------------------


def test_every_page_says_that_example_data_are_loaded(world: World, client_of: ClientOf) -> None:
    for url in ("/", "/login/", "/nowhere/"):
        assert "示例数据" not in Client().get(url).content.decode()
    User.objects.filter(pk=world.officer.pk).update(is_example=True)
    forget_example_mark()
    for url in ("/", "/login/", "/nowhere/"):
        assert "示例数据" in Client().get(url).content.decode(), url
    assert "示例数据" in client_of(world.officer).get("/desk/").content.decode()


# -- What a desk costs -------------------------------------------------------------------------------------------


def more_compounds(world: World, number: int) -> None:
    for n in range(number):
        compound = Compound.objects.create(village=world.village, name=f"新小区{n}", kind="commercial", built_year=2020)
        ServiceContract.objects.create(compound=compound, firm=world.firm, from_on=date(2026, 1, 1), fee_per_m2=1)
        Unit.objects.create(
            building=compound.buildings.create(key="1", text="1幢"), room_key="1", room_text="101", area=90
        )


@pytest.mark.parametrize("who", ["officer", "leader", "cadre", "chair", "manager", "owner", None])
def test_a_desk_costs_the_same_statements_for_three_compounds_and_for_thirty(
    world: World, law: Policy, client_of: ClientOf, on_day: Callable[..., None], who: str | None
) -> None:
    on_day(date(2026, 11, 3))
    sweep_on(date(2026, 11, 3))
    client, url = client_of(world.people[who] if who else None), "/desk/" if who else "/"
    before = statements(client, url)
    more_compounds(world, 27)
    sweep(date(2026, 11, 3), at=NOON.replace(month=11, day=3, hour=13))
    assert Obligation.objects.overdue(date(2026, 11, 3)).count() > 27
    assert statements(client, url) == before <= CEILING
