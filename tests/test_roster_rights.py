"""Who may bring a compound's roster in, and whose import it is."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from accounts.models import ActionRecord
from communities.models import RosterImport
from tests.doors import hides_from, refuses, requires_login, serves
from tests.rosters import as_xlsx, home


@pytest.mark.parametrize("person", ["officer", "cadre", "chair", "manager"])
def test_officer_cadre_chair_and_manager_may_bring_the_roster(roster_desk, world, person):
    desk = roster_desk(getattr(world, person), world.compound)
    assert desk.bring(as_xlsx(home("201"))).state == RosterImport.State.DONE


PAGES = ["roster", "roster_sample", "roster_import", "roster_columns", "roster_faults"]
ACTS = ["roster_confirm", "roster_drop", "roster_header"]


@pytest.mark.parametrize("name", PAGES)
def test_the_pages_ask_the_four_questions(roster_desk, world, name):
    desk = roster_desk(world.officer, world.compound)
    job = None if name in ("roster", "roster_sample") else desk.preview(desk.upload(as_xlsx(home("201"))))
    url = desk.address(name, job)
    requires_login(url)
    hides_from(world.other_chair, url)
    hides_from(world.stranger, url)
    for insider in (world.leader, world.auditor, world.treasurer, world.clerk, world.owner):
        refuses(insider, url)
    serves(world.officer, url)


@pytest.mark.parametrize("name", ACTS)
def test_the_acts_ask_the_four_questions(roster_desk, world, name):
    desk = roster_desk(world.officer, world.compound)
    job = desk.preview(desk.upload(as_xlsx(home("201"))))
    url, data = desk.address(name, job), {"mode": "good_rows", "header_row": 1}
    requires_login(url, data=data)
    hides_from(world.other_manager, url, data=data)
    refuses(world.owner, url, data=data)
    job.refresh_from_db()
    assert job.state == RosterImport.State.PREVIEWED
    assert desk.client.get(url).status_code == 405
    serves(world.officer, url, data=data)


def test_an_import_of_another_compound_does_not_exist_here(roster_desk, world):
    other = roster_desk(world.officer, world.other_compound)
    job = other.upload(as_xlsx(home("201")))
    here = roster_desk(world.chair, world.compound)
    hides_from(world.chair, here.address("roster_import", job))
    serves(world.officer, other.address("roster_import", job))


def test_extra_fields_have_no_effect(roster_desk, world):
    desk = roster_desk(world.officer)
    file = SimpleUploadedFile("名册.xlsx", as_xlsx(home("101")))
    extra = {"state": "done", "compound": world.other_compound.pk, "created_by": world.owner.pk, "rows_new": 9}
    desk.client.post(desk.address("roster"), {"file": file, **extra})
    job = RosterImport.objects.get()
    assert (job.state, job.compound, job.created_by) == ("uploaded", world.bare_compound, world.officer)


def test_one_may_upload_and_another_confirm_and_both_are_named(roster_desk, world):
    job = roster_desk(world.manager, world.compound)
    job = job.preview(job.upload(as_xlsx(home("201"))))
    office = roster_desk(world.officer, world.compound)
    office.confirm(job)
    assert ActionRecord.objects.get(act="上传业主名册").by == world.manager
    assert ActionRecord.objects.get(act="导入业主名册").by == world.officer
    assert "王建国上传，林小琴确认" in office.page(job)
