"""The roster's pages in a real browser: at the desk, on a phone without JavaScript, and for everybody (axe)."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from playwright.sync_api import expect

from communities.models import RosterImport, Unit
from communities.services.roster import request_preview, start_import
from tests.browser import DESK, PHONE, fits, judged
from tests.cast import World, build_world
from tests.rosters import SAMPLES, as_xlsx, home

pytestmark = pytest.mark.browser


@pytest.fixture
def committed(transactional_db: None) -> World:
    return build_world()


def test_the_cadre_brings_the_sample_at_the_desk(committed, page_of):
    page = page_of(committed.cadre, DESK)
    page.goto(f"/compounds/{committed.bare_compound.public_id}/")
    page.get_by_role("link", name="导入名册").first.click()
    judged(page)
    page.get_by_label("名册文件").set_input_files(SAMPLES / "业主名册-示例花园.xlsx")
    page.get_by_role("button", name="上传并核对栏目").click()
    expect(page.get_by_label("房号", exact=True)).to_have_value("3")
    judged(page)
    page.get_by_role("button", name="预览").click()
    expect(page.get_by_text("第 170 行")).to_be_visible()
    expect(page.get_by_text("40,383.56 m²").first).to_be_visible()
    judged(page)
    page.get_by_role("link", name="新增 347").click()
    expect(page.get_by_role("row", name="1栋1单元102")).to_be_visible()
    judged(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="下载错误清单").click()
    assert download.value.suggested_filename == "旧供销社宿舍名册错误清单.xlsx"
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_text("名册已更新")).to_be_visible()
    judged(page)
    assert Unit.objects.filter(building__compound=committed.bare_compound).count() == 347


def test_the_chair_brings_changes_by_phone_without_javascript(committed, page_of, tmp_path):
    file = tmp_path / "名册.xlsx"
    file.write_bytes(as_xlsx(home("1102", "施雅琴、陈志远", "97.00"), home("1103", "", "88")))
    page = page_of(committed.chair, PHONE, javascript=False)
    page.goto(f"/compounds/{committed.compound.public_id}/roster/")
    page.get_by_label("名册文件").set_input_files(file)
    page.get_by_role("button", name="上传并核对栏目").click()
    page.get_by_role("button", name="预览").click()
    page.get_by_role("link", name="变更 1").click()
    expect(page.get_by_text("96.53")).to_be_visible()
    expect(page.get_by_text("97.00", exact=True)).to_be_visible()
    fits(page)
    page.get_by_text("有错就全部不导入").click()
    page.get_by_role("button", name="确认导入").click()
    expect(page.get_by_text("没有导入任何一行")).to_be_visible()
    assert RosterImport.objects.get().state == RosterImport.State.REFUSED
    page.get_by_role("link", name="重新上传").click()
    expect(page.get_by_role("heading", name="导入业主名册")).to_be_visible()


def test_the_waiting_page_moves_on_by_itself(committed, page_of):
    file = SimpleUploadedFile("名册.xlsx", as_xlsx(home("201")))
    job = start_import(committed.compound, upload=file, by=committed.officer)
    request_preview(job, columns=job.columns)
    RosterImport.objects.filter(pk=job.pk).update(rows_total=100)
    page = page_of(committed.officer, PHONE)
    page.goto(f"/compounds/{committed.compound.public_id}/roster/{job.public_id}/")
    expect(page.locator("#progress-label")).to_contain_text("0 / 100")
    judged(page)
    RosterImport.objects.filter(pk=job.pk).update(rows_done=40)
    expect(page.locator("#progress-label")).to_contain_text("40 / 100", timeout=10_000)
    RosterImport.objects.filter(pk=job.pk).update(state=RosterImport.State.FAILED, problem="示例原因")
    expect(page.get_by_text("示例原因")).to_be_visible(timeout=10_000)
    judged(page)
