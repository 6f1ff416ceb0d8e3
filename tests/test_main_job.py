"""The main job, walked as four people in a real browser: from the bank statement to the resident's phone."""

import json
from collections.abc import Callable
from datetime import date
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import time_machine
import zxingcpp
from playwright.sync_api import Page, expect
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from finance.models import Disclosure
from kernel.money import yuan
from supervision.models import Obligation
from supervision.rules import Duty
from tests.books import account_of
from tests.browser import DESK, PHONE
from tests.cast import World, build_world
from tests.conftest import noon_of
from tests.disclosing import photo
from tests.law import policy_for, sweep_on

SAMPLES = Path(__file__).parent / "samples"
STATEMENT = SAMPLES / "建行对公明细-2026Q3.xlsx"
EXPECTED = json.loads((SAMPLES / "建行对公明细-2026Q3.xlsx.expected.json").read_text())
OPENING, INCOME, EXPENSE, CLOSING = (
    yuan(Decimal(EXPECTED[key])) for key in ("opening", "income", "expense", "closing")
)
#: The third quarter's disclosure was due on 31 October: on this day it is three days late.
THREE_DAYS_LATE = date(2026, 11, 3)


@pytest.fixture
def late_quarter(transactional_db: None, clock: time_machine.Traveller) -> World:
    """The committee's books are open, the third quarter is overdue, the sweep has run."""
    world = build_world()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    account_of(world)
    clock.move_to(noon_of(THREE_DAYS_LATE))
    sweep_on(THREE_DAYS_LATE)
    return world


def _late_on_the_board(page: Page) -> int:
    """How many obligations the town's list counts as overdue, as an officer reads it."""
    page.goto("/obligations/")
    count = page.locator("[data-overdue]").get_attribute("data-overdue")
    assert count is not None
    return int(count)


def _open_the_books(page: Page) -> None:
    page.goto("/desk/")
    page.get_by_role("link", name="打开账本").click()
    page.wait_for_url("**/books/accounts/**")


def _import_the_statement(page: Page) -> None:
    _open_the_books(page)
    page.get_by_role("link", name="导入对账单").first.click()
    page.set_input_files("input[type=file]", STATEMENT)
    page.get_by_role("button", name="上传并核对").click()
    for figure in (OPENING, INCOME, EXPENSE, CLOSING):
        expect(page.locator("dl.figures").first).to_contain_text(figure)
    page.get_by_role("button", name=f"确认导入 {EXPECTED['rows']} 笔").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("归类入账")


def _book_every_line(page: Page) -> None:
    _open_the_books(page)
    while page.get_by_role("link", name="归类入账").count():
        page.get_by_role("link", name="归类入账").click()
        page.get_by_role("button", name="勾选的全部入账").first.click()
        expect(page.locator("main")).to_contain_text("已入账")
        _open_the_books(page)
    expect(page.locator("dl.figures").first).to_contain_text(CLOSING)


def _path_on(poster: bytes) -> str:
    """Where the poster's code leads, read off its first page as a camera would."""
    picture = PdfDocument(poster)[0].render(scale=3).to_pil()
    address = urlsplit(zxingcpp.read_barcodes(picture)[0].text)
    return f"{address.path}?{address.query}"


def _open_the_work(page: Page, obligation: Obligation) -> None:
    page.goto(f"/disclosures/work/{obligation.public_id}/")


def test_a_statement_becomes_a_disclosure_the_resident_reads_and_the_town_counts_one_fewer_late(
    late_quarter: World, page_of: Callable[..., Page]
) -> None:
    world = late_quarter
    obligation = Obligation.objects.get(duty=Duty.DISCLOSURE, period="2026Q3", bearer_body=world.committee)
    officer = page_of(world.officer, DESK)
    late_before = _late_on_the_board(officer)

    treasurer = page_of(world.treasurer, PHONE)
    _import_the_statement(treasurer)
    _book_every_line(treasurer)
    _open_the_work(treasurer, obligation)
    treasurer.get_by_role("button", name="开始编制").click()
    treasurer.get_by_role("button", name="提交审核").click()

    chair = page_of(world.chair, PHONE)
    _open_the_work(chair, obligation)
    expect(chair.locator("main")).to_contain_text(CLOSING)
    chair.get_by_role("button", name="审核通过").click()
    chair.get_by_role("button", name="确认发布").click()
    expect(chair.locator("main")).to_contain_text("还要张贴")
    disclosure = Disclosure.objects.get(obligation=obligation)

    # The A4 poster, read back.
    poster = chair.request.get(f"/disclosures/{disclosure.public_id}/poster.pdf")
    text = "".join(page.extract_text() for page in PdfReader(BytesIO(poster.body())).pages)
    for figure in (OPENING, INCOME, EXPENSE, CLOSING, "仑后花园", "2026年第三季度"):
        assert figure in text
    obligation.refresh_from_db()
    assert obligation.progress == Obligation.Progress.UNPOSTED
    assert _late_on_the_board(officer) == late_before

    # A photo in every kind of place, by phone.
    clerk = page_of(world.member, PHONE)
    clerk.goto(f"/disclosures/{disclosure.public_id}/postings/")
    for place in ("notice_board", "corridor", "lift", "owner_group"):
        taken = {"name": f"{place}.jpg", "mimeType": "image/jpeg", "buffer": photo().read()}
        with clerk.expect_response(lambda answer: answer.request.method == "POST"):
            clerk.set_input_files(f"#photo-{place}", taken)
        expect(clerk.locator("section", has=clerk.locator(f"#photo-{place}"))).to_contain_text("已有照片")
    obligation.refresh_from_db()
    assert obligation.fulfilled_at is not None
    assert obligation.is_late(THREE_DAYS_LATE)

    # The resident, on a 390-pixel phone without JavaScript.
    owner = page_of(world.owner, PHONE, javascript=False)
    owner.goto("/desk/")
    expect(owner.locator("main")).to_contain_text(CLOSING)
    owner.goto(f"/disclosures/{disclosure.public_id}/")
    for figure in (OPENING, INCOME, EXPENSE, CLOSING):
        expect(owner.locator("main")).to_contain_text(figure)

    # The code on the paper, scanned by anybody, proves it.
    passer_by = page_of(None, PHONE)
    passer_by.goto(_path_on(poster.body()))
    expect(passer_by.locator("main")).to_contain_text("二维码与现行版本一致，请核对纸面合计")

    assert _late_on_the_board(officer) == late_before - 1
