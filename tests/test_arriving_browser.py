"""The resident's way in a real browser at 390 px, without JavaScript: slip, tap, phone; later a code."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from communities.models import Owner, Ownership
from tests.arriving import NEW_PHONE, code_on, home_beside, slip_for
from tests.browser import DESK, PHONE, judged
from tests.cast import EARLIER, World, build_world

pytestmark = pytest.mark.browser


@pytest.fixture
def town(transactional_db: None) -> World:
    world = build_world()
    home = home_beside(world)
    for name in ("郑秀琴", "吴大海"):
        owner = Owner.objects.create(compound=world.compound, name=name, phone="")
        Ownership.objects.create(unit=home, owner=owner, from_on=EARLIER)
    world.unit = home
    return world


def test_three_taps_and_a_typed_phone_without_javascript(town: World, page_of: Callable[..., Page]) -> None:
    page = page_of(None, PHONE, javascript=False)
    page.goto(f"/s/{slip_for(town)}/")
    expect(page.get_by_role("heading", level=1)).to_have_text("3号楼1单元1103")
    page.get_by_label("郑**（业主）").check()
    page.get_by_label("手机号").fill("137 0000 1234")
    page.get_by_role("button", name="确认绑定").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("已绑定")
    page.get_by_role("link", name="看我的小区").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("仑后花园")

    again = page_of(None, PHONE, javascript=False)
    again.goto("/login/")
    again.get_by_role("link", name="用手机号收验证码登录").click()
    again.get_by_label("手机号").fill(NEW_PHONE)
    again.get_by_role("button", name="获取验证码").click()
    again.get_by_label("短信验证码").fill(code_on(NEW_PHONE))
    again.get_by_role("button", name="确定").click()
    expect(again.get_by_role("heading", level=1)).to_have_text("仑后花园")


def test_every_page_of_the_doors_fits_the_phone_and_is_accessible(town: World, page_of: Callable[..., Page]) -> None:
    page = page_of(None, PHONE)
    for address in (
        "/arrive/",
        "/arrive/apply/",
        f"/arrive/apply/{town.compound.public_id}/",
        "/login/",
        "/login/code/",
    ):
        page.goto(address)
        judged(page)
    page.goto(f"/s/{slip_for(town)}/")
    judged(page)
    page.get_by_label("吴**（业主）").check()
    page.get_by_label("手机号").fill(NEW_PHONE)
    page.get_by_role("button", name="确认绑定").click()
    judged(page)
    page.get_by_role("link", name="我家").last.click()
    judged(page)
    page.get_by_role("button", name="给家人开入户条").click()
    judged(page)
    page.goto("/me/phone/")
    judged(page)


def test_the_cadre_prints_at_the_desk_and_helps_one_household(town: World, page_of: Callable[..., Page]) -> None:
    page = page_of(town.cadre, DESK)
    page.goto(f"/compounds/{town.compound.public_id}/")
    page.get_by_role("link", name="入户条").click()
    judged(page)
    page.get_by_label("楼栋").select_option("3号楼")
    with page.expect_download() as download:
        page.get_by_role("button", name="制作入户条").click()
    assert download.value.suggested_filename.startswith("slips-")
    page.get_by_role("link", name="逐户办理").click()
    page.get_by_role("link", name="3号楼1单元1103").click()
    judged(page)
    page.get_by_role("button", name="制作新条").click()
    expect(page.get_by_role("img", name="入户条二维码")).to_be_visible()
    judged(page)
    page.goto("/bindings/")
    judged(page)
