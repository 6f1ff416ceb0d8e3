"""The whole way of a vote in a real browser: slip, phone, receipt; the office ends it; anybody recounts it; and the
newspaper's table says the same.
"""

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import settings
from openpyxl import load_workbook
from playwright.sync_api import Page, expect

from communities.models import Owner, Ownership
from evaluations import tasks
from evaluations.models import Survey
from kernel.periods import Period
from notices.models import Edition
from notices.rules import PaperKind
from notices.services.editions.press import Wanted, make_paper
from tests.arriving import home_beside, slip_for
from tests.browser import DESK, PHONE, judged
from tests.cast import EARLIER, World, build_world
from tests.surveying import homes, opened, votes

#: Results are published of a half-year that is over.
FINISHED = Period.parse("2026H1")
pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("key_store")]


@pytest.fixture
def town(transactional_db: None) -> World:
    world = build_world()
    world.unit = home_beside(world)
    Ownership.objects.create(
        unit=world.unit, owner=Owner.objects.create(compound=world.compound, name="郑秀琴"), from_on=EARLIER
    )
    return world


def test_from_the_slip_to_the_recount_and_the_newspaper(
    town: World, page_of: Callable[..., Page], tmp_path: Path
) -> None:
    neighbours = homes(town.compound, 20)
    survey = opened(town, period=FINISHED)
    votes(survey, neighbours, "B" * 8 + "D" * 9)

    phone = page_of(None, PHONE, javascript=False)
    phone.goto(f"/s/{slip_for(town)}/")
    phone.get_by_label("郑**（业主）").check()
    phone.get_by_label("手机号").fill("137 0000 1234")
    phone.get_by_role("button", name="确认绑定").click()
    phone.get_by_role("link", name="看我的小区").click()
    phone.get_by_role("link", name="去投票").click()
    questions = phone.get_by_role("group").filter(has=phone.get_by_role("radio"))
    expect(questions).to_have_count(10)
    for number in range(10):
        questions.nth(number).get_by_label("不满意", exact=True).check()
    phone.get_by_label("还有什么想说的").fill("停车太乱")
    phone.get_by_role("button", name="投出这一票").click()
    receipt = phone.locator("[data-receipt]").inner_text()
    assert re.fullmatch(r"([0-9A-Z]{4}-){3}[0-9A-Z]{4}", receipt)
    phone.go_back()
    phone.goto(phone.url)
    expect(phone.get_by_text("本户已投票")).to_be_visible()

    office = page_of(town.officer, DESK)
    office.goto(f"/surveys/{survey.public_id}/")
    expect(office.locator("[data-taken-part]")).to_have_text("18")
    office.get_by_text("提前截止", exact=True).click()
    office.get_by_label("提前截止的理由").fill("各户已投完")
    office.get_by_role("button", name="提前截止并计票").click()
    expect(office.get_by_role("main")).to_contain_text("已提前截止，正在计票")
    tasks.run_surveys()
    office.reload()
    office.get_by_role("link", name="看结果").click()
    expect(office.locator("[data-rate]")).to_have_text("44.44%")
    expect(office.get_by_text("100×8 ＜ 50×18")).to_be_visible()

    phone.goto(f"/surveys/{survey.public_id}/result/")
    phone.get_by_role("link", name="查回执").click()
    phone.get_by_label("回执").fill(receipt)
    phone.get_by_role("button", name="查找").click()
    expect(phone.get_by_text("找到了，正好一张")).to_be_visible()
    phone.goto(f"/surveys/{survey.public_id}/result/")
    kept = {}
    for name in ("名单", "核对程序"):
        with phone.expect_download() as loading:
            phone.get_by_role("link", name=name, exact=True).click()
        kept[name] = tmp_path / loading.value.suggested_filename
        loading.value.save_as(kept[name])
    digest = phone.locator(".hash").inner_text()
    command = [sys.executable, "-I", kept["核对程序"], kept["名单"], "--hash", digest, "--receipt", receipt]
    told = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "有效票 18，满意 8（44.44%），不满意 10（55.56%）" in told
    assert "校验码与公告相符" in told
    assert "回执在名单里：不满意" in told
    assert list(settings.KEY_STORE.iterdir()) == []

    for_the_newspaper(office, page_of(town.leader, DESK), tmp_path, figures=[22, 18, 18, 8, 10, "44.44%", "55.56%"])


def for_the_newspaper(office: Page, leader: Page, folder: Path, *, figures: list[int | str]) -> None:
    """Drawn by one, approved by another; the table for Shishi Daily is downloaded and says what was counted."""
    office.goto("/board/half/")
    for size in (PHONE, DESK):
        office.set_viewport_size(size)
        judged(office)
    office.get_by_role("link", name="编制结果发布稿").click()
    office.get_by_label("通报什么").select_option(label="2026年上半年测评考评结果")
    office.get_by_role("button", name="取数并预览").click()
    expect(office.get_by_text("满意率低于50%的1个").first).to_be_visible()
    judged(office)
    office.get_by_role("button", name="提交批准").click()
    leader.goto(office.url)
    leader.get_by_role("button", name="批准并发布").click()
    expect(leader.get_by_role("main")).to_contain_text("已发布，文号")
    edition = Edition.objects.get()
    make_paper(edition, Wanted(PaperKind.NEWS_XLSX), at=edition.issued_at)
    leader.reload()
    with leader.expect_download() as loading:
        leader.get_by_role("link", name="报纸用表格（Excel）").click()
    loading.value.save_as(folder / "报纸.xlsx")
    rows = list(load_workbook(folder / "报纸.xlsx")["明细"].iter_rows(values_only=True))
    assert edition.letter_number in rows[1][0]
    head = next(place for place, row in enumerate(rows) if row[0] == "村（社区）")
    assert list(rows[head + 1][4:11]) == figures
    assert rows[head + 1][-1] == "满意率低于50%"


def test_every_page_of_a_survey_fits_and_is_accessible(town: World, page_of: Callable[..., Page]) -> None:
    units = homes(town.compound, 20)
    town.unit = units[0]
    Ownership.objects.create(unit=units[-1], owner=Owner.objects.get(user=town.owner), from_on=EARLIER)
    survey = opened(town)
    votes(survey, units[:15], "ABCDEUABCDEUABC", comment="停车太乱")
    own = f"/surveys/{survey.public_id}/"
    phone, desk = page_of(town.owner, PHONE), page_of(town.officer, DESK)
    for page, addresses in (
        (phone, ("/surveys/", own, f"{own}vote/{units[-1].public_id}/", "/desk/")),
        (
            desk,
            (
                "/surveys/",
                own,
                f"{own}paper/",
                f"/surveys/start/{town.town.code}/",
                f"/surveys/start/{town.town.code}/{town.compound.public_id}/",
                f"/surveys/questionnaires/{town.town.code}/",
            ),
        ),
    ):
        for address in addresses:
            page.goto(address)
            judged(page)
    Survey.objects.filter(pk=survey.pk).update(
        close_asked_at=survey.opened_at, close_asked_by=town.officer, close_reason="测试"
    )
    tasks.run_surveys()
    for page in (phone, desk):
        page.goto(f"{own}result/")
        judged(page)
        page.goto(f"{own}receipt/")
        judged(page)
    desk.goto(f"{own}comments/")
    judged(desk)
    phone.goto(f"{own}vote/{units[-1].public_id}/")
    judged(phone)
