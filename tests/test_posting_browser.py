"""A photo of the posted paper sent from a phone whose script has not come: the chosen photo is not lost."""

from collections.abc import Callable
from datetime import date

import pytest
from playwright.sync_api import Page, expect

from finance.models import Disclosure
from notices.models import Posting
from tests.browser import PHONE, fits
from tests.cast import World, build_world
from tests.disclosing import at, photo, publish, third_quarter

pytestmark = pytest.mark.browser
TAKEN = {"name": "lift.jpg", "mimeType": "image/jpeg"}


@pytest.fixture
def town(transactional_db: None) -> World:
    return build_world()


@pytest.fixture
def disclosure(town: World) -> Disclosure:
    obligation, _ = third_quarter(town)
    return publish(obligation, preparer=town.treasurer, head=town.chair, when=at(date(2026, 10, 22)))


@pytest.mark.parametrize("javascript", [False, True], ids=["no script", "script not come"])
def test_a_button_stands_once_a_photo_was_chosen_and_sends_it(
    town: World, disclosure: Disclosure, page_of: Callable[..., Page], *, javascript: bool
) -> None:
    page = page_of(town.member, PHONE, javascript=javascript)
    page.route("**/htmx-2*", lambda route: route.fulfill(body="", content_type="text/javascript"))
    page.goto(f"/disclosures/{disclosure.public_id}/postings/")
    button = page.get_by_role("button", name="上传")
    expect(button).to_have_count(0)
    page.set_input_files("#photo-lift", {**TAKEN, "buffer": photo().read()})
    expect(button).to_have_count(1)
    fits(page)
    button.click()
    expect(page.locator("section", has=page.locator("#photo-lift"))).to_contain_text("已有照片")
    assert Posting.objects.get(subject__public_id=disclosure.public_id).place == "lift"
