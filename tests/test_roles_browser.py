"""Everybody's day in a real browser, on the phone and at the desk: each does their work by the ways on their pages.

What one of them does the next one finds; whoever may not act finds no button. Every step is looked at: nothing may be
wider than the window, and the browser's console stays silent (`page_of`).
"""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Page, ViewportSize, expect

from accounts.models import User
from communities.rules import Relation
from communities.services import request_binding
from finance.services.vouchers import Proof, attach_voucher
from supervision.models import Obligation
from supervision.rules import Duty
from tests import books
from tests.arriving import home_beside
from tests.browser import DESK, PHONE, fits
from tests.cast import World, build_world
from tests.conftest import noon_of
from tests.disclosing import THIRD_QUARTER, bank, open_account, publish
from tests.law import policy_for, sweep_on

pytestmark = [
    pytest.mark.browser,
    pytest.mark.parametrize("size", [PHONE, DESK], ids=["phone", "desk"]),
]
#: Three days after the third quarter's disclosure was due.
LATE = date(2026, 11, 3)
PageOf = Callable[..., Page]


@pytest.fixture
def town(transactional_db: None, clock: time_machine.Traveller) -> World:
    """A town whose third quarter is overdue everywhere, three days after its last day."""
    world = build_world()
    world.town.supervised_from_on = date(2026, 8, 1)
    world.town.save()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    clock.move_to(noon_of(LATE))
    sweep_on(LATE)
    return world


def disclosure_of(bearer: Any) -> Obligation:
    key = "bearer_body" if hasattr(bearer, "kind") else "bearer_firm"
    return Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", **{key: bearer})


def heading(page: Page, words: str) -> None:
    """One is on the page with that heading, and it fits the window."""
    expect(page.get_by_role("heading", level=1)).to_contain_text(words)
    fits(page)


def goes(page: Page, *links: str) -> None:
    """Follow links of the text of the page, one after another."""
    for link in links:
        page.get_by_role("main").get_by_role("link", name=link).first.click()


def presses(page: Page, button: str) -> None:
    page.get_by_role("main").get_by_role("button", name=button).first.click()


def told(page: Page, words: str) -> None:
    expect(page.get_by_role("main")).to_contain_text(words)


# -- The town ----------------------------------------------------------------------------------------------------


def test_the_town_urges_the_late_ones_reads_the_state_and_leaves_a_trail(
    town: World, page_of: PageOf, size: ViewportSize
) -> None:
    officer = page_of(town.officer, size)
    officer.goto("/desk/")
    heading(officer, "等我办的")
    goes(officer, "看全部逾期")
    heading(officer, "义务事项")
    boxes = officer.get_by_role("checkbox", name="仑后花园")
    for n in range(2):
        boxes.nth(n).check()
    presses(officer, "督促选中的事项")
    heading(officer, "将督促 2 件")
    told(officer, "请尽快办理")
    presses(officer, "发出督促")
    told(officer, "已督促 2 件")

    chair = page_of(town.chair, size)
    chair.goto("/messages/")
    heading(chair, "消息")
    told(chair, "督促")

    leader = page_of(town.leader, size)
    leader.goto("/desk/")
    goes(leader, "，仑后村公示")
    heading(leader, "义务事项")
    told(leader, "仑后花园业主委员会")

    auditor = page_of(town.auditor, size)
    auditor.goto("/desk/")
    heading(auditor, "全镇履职情况")
    goes(auditor, "看明细")
    told(auditor, "仑后花园业主委员会")
    expect(auditor.get_by_role("button", name="督促选中的事项")).to_have_count(0)
    auditor.goto("/me/")
    goes(auditor, "操作记录")
    heading(auditor, "操作记录")
    if size is PHONE:
        auditor.locator("summary", has_text="查找").click()
    auditor.get_by_label("何人").fill("officer")
    presses(auditor, "查找")
    told(auditor, "督促")
    told(auditor, town.officer.name)


def test_the_officer_finds_compounds_firms_and_people_and_keeps_a_filter(
    town: World, page_of: PageOf, size: ViewportSize
) -> None:
    officer = page_of(town.officer, size)
    officer.goto("/search/")
    for words, kind, found in (
        ("仑后花园", "小区", "仑后花园"),
        ("安居", "物业企业", "石狮安居物业服务有限公司"),
        ("陈志", "任职人员", "陈志强"),
        ("施雅琴", "业主", "施雅琴"),
    ):
        officer.get_by_role("main").get_by_role("searchbox").fill(words)
        presses(officer, "搜索")
        heading(officer, "搜索结果")
        expect(officer.get_by_role("main").get_by_role("heading", name=kind, exact=True)).to_be_visible()
        told(officer, found)
    goes(officer, "施雅琴")
    told(officer, "1102")
    officer.goto("/obligations/?state=overdue")
    officer.get_by_text("常用筛选").click()
    officer.get_by_label("把现在的条件保存为").fill("逾期的")
    presses(officer, "保存")
    officer.goto("/obligations/")
    goes(officer, "逾期的")
    heading(officer, "义务事项")
    assert "state=overdue" in officer.url


def test_administrators_keep_accounts_and_places_each_their_own(
    town: World, page_of: PageOf, size: ViewportSize
) -> None:
    system = User.objects.create_user("system", name="系统管理员", is_staff=True)
    keeper = User.objects.create_superuser("keeper", name="权限管理员")
    for person, room, other in ((system, "小区", "用户"), (keeper, "用户", "小区")):
        page = page_of(person, size)
        page.goto("/desk/")
        goes(page, "打开数据管理")
        expect(page.get_by_role("heading", level=1)).to_be_visible()
        expect(page.get_by_role("main").get_by_role("link", name=other, exact=True)).to_have_count(0)
        page.get_by_role("main").get_by_role("link", name=room, exact=True).first.click()
        heading(page, room)


# -- The quarter's money -----------------------------------------------------------------------------------------


def test_the_quarter_goes_from_the_treasurer_to_the_managers_countersign(
    town: World, page_of: PageOf, size: ViewportSize
) -> None:
    account = books.account_of(town, opening="48310.35")
    lines = [("2026-07-09", "100.00", "48410.35", "石狮市泊车管理有限公司", "停车费")]
    treasurer = page_of(town.treasurer, size)
    treasurer.goto("/desk/")
    goes(treasurer, "打开账本", "导入对账单")
    heading(treasurer, "导入对账单")
    file = books.csv_file(lines)
    taken = {"name": file.name, "mimeType": "text/csv", "buffer": file.read()}
    treasurer.set_input_files("input[type=file]", taken)
    presses(treasurer, "上传并核对")
    told(treasurer, "48,410.35")
    treasurer.get_by_label("截止日期").fill("2026-09-30")
    presses(treasurer, "确认导入")
    heading(treasurer, "归类入账")
    presses(treasurer, "勾选的全部入账")
    told(treasurer, "已入账")
    treasurer.goto("/desk/")
    goes(treasurer, "开始办理")
    presses(treasurer, "开始编制")
    presses(treasurer, "提交审核")
    told(treasurer, "等待另一人审核")
    assert account.entries.count() == 1

    member = page_of(town.member, size)
    member.goto("/desk/")
    heading(member, "等我办的")

    chair = page_of(town.chair, size)
    chair.goto("/desk/")
    goes(chair, "去审核")
    told(chair, "48,410.35")
    presses(chair, "审核通过")
    presses(chair, "确认发布")
    told(chair, "还要张贴")

    supervisor = page_of(town.supervisor, size)
    supervisor.goto("/desk/")
    goes(supervisor, "2026年第三季度")
    told(supervisor, "48,410.35")

    manager = page_of(town.manager, size)
    manager.goto("/desk/")
    goes(manager, "去会签")
    told(manager, "48,410.35")
    presses(manager, "核对无误，会签")
    told(manager, "已会签")


def test_a_clerk_draws_up_what_the_manager_publishes(town: World, page_of: PageOf, size: ViewportSize) -> None:
    account = open_account(town, town.other_firm, compound=town.other_compound, by=town.other_clerk)
    bank(account, date(2026, 7, 1), date(2026, 9, 30), THIRD_QUARTER)
    clerk = page_of(town.other_clerk, size)
    clerk.goto("/desk/")
    goes(clerk, "开始办理")
    presses(clerk, "开始编制")
    clerk.get_by_label("说明").fill("停车费按合同分成。")
    presses(clerk, "保存")
    told(clerk, "已保存")
    presses(clerk, "提交审核")
    told(clerk, "等待另一人审核")
    manager = page_of(town.other_manager, size)
    manager.goto("/desk/")
    goes(manager, "去审核")
    told(manager, "停车费按合同分成。")
    presses(manager, "审核通过")
    presses(manager, "确认发布")
    told(manager, "还要张贴")


# -- On site -----------------------------------------------------------------------------------------------------


def test_a_cadre_inspects_stop_by_stop_without_javascript_and_the_manager_reads_what_it_costs(
    town: World, page_of: PageOf, size: ViewportSize
) -> None:
    cadre = page_of(town.cadre, size, javascript=False)
    cadre.goto("/inspections/")
    heading(cadre, "现场检查")
    goes(cadre, "去检查")
    heading(cadre, "检查哪个小区")
    presses(cadre, "开始检查")
    heading(cadre, "现场检查：仑后花园")
    cadre.get_by_label("扣分项目").select_option(label="保洁（6 分）")
    cadre.get_by_label("扣分", exact=True).fill("2")
    cadre.get_by_label("地点和情况").fill("3号楼楼道积尘")
    picture = books.picture()
    shot = {"name": "楼道.png", "mimeType": "image/png", "buffer": picture.read()}
    cadre.get_by_label("照片").set_input_files(shot)
    presses(cadre, "记下这一处")
    heading(cadre, "现场检查：仑后花园")
    told(cadre, "已记下 1 处，共扣 2.00 分")

    # The next stop is another day, in another window: what was written down is there.
    cadre = page_of(town.cadre, size, javascript=False)
    cadre.goto("/inspections/")
    goes(cadre, "接着写")
    told(cadre, "3号楼楼道积尘")
    cadre.get_by_label("同行人员").fill("村干部黄明辉")
    presses(cadre, "提交检查")
    told(cadre, "检查已提交")
    heading(cadre, "现场检查：仑后花园")

    manager = page_of(town.manager, size)
    manager.goto("/messages/")
    told(manager, "现场检查结果")
    manager.goto("/inspections/")
    goes(manager, "仑后花园")
    told(manager, "−2.00 分")
    expect(manager.get_by_role("img", name="保洁的照片 1")).to_be_visible()
    expect(manager.get_by_role("link", name="撤回这一处")).to_have_count(0)


# -- Homes -------------------------------------------------------------------------------------------------------


def test_a_newcomer_is_let_in_by_the_cadre_and_reads_what_the_compound_published(
    town: World, page_of: PageOf, size: ViewportSize
) -> None:
    home = home_beside(town)
    asked = request_binding(home, user=town.stranger, relation=Relation.FAMILY, note="", at=noon_of(LATE))
    stranger = page_of(town.stranger, size, javascript=False)
    stranger.goto("/desk/")
    heading(stranger, "您现在没有职务")
    goes(stranger, "我的申请")
    told(stranger, "待核对")
    assert stranger.request.get(f"/compounds/{town.compound.public_id}/").status == 404

    cadre = page_of(town.cadre, size)
    cadre.goto("/desk/")
    goes(cadre, "去核对", "去核对")
    heading(cadre, "路人甲 申请绑定")
    cadre.get_by_label("同意绑定").check()
    presses(cadre, "登记办理结果")
    told(cadre, "已")
    asked.refresh_from_db()
    assert asked.outcome

    stranger.goto("/desk/")
    heading(stranger, "仑后花园")


def test_the_owner_reads_from_the_home_page_down_to_the_voucher_without_javascript(
    town: World, page_of: PageOf, size: ViewportSize
) -> None:
    account = open_account(town)
    entry = bank(account, date(2026, 7, 1), date(2026, 9, 30), THIRD_QUARTER)[1]
    attach_voucher(entry, Proof(books.picture(), title="广告合同", is_public=True), by=town.treasurer, at=noon_of(LATE))
    owed = disclosure_of(town.committee)
    publish(owed, preparer=town.treasurer, head=town.chair, when=noon_of(LATE))
    owner = page_of(town.owner, size, javascript=False)
    owner.goto("/desk/")
    heading(owner, "仑后花园")
    told(owner, "94,763.91")
    goes(owner, "看每一笔和凭证")
    told(owner, "电梯广告")
    paper = owner.get_by_role("main").get_by_role("link", name="广告合同").first.get_attribute("href")
    assert owner.request.get(paper).headers["content-type"] == "image/png"
