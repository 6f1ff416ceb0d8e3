"""导入导出: long work in one list, exports made by a worker, links that die with the right and after a week."""

from collections.abc import Callable
from datetime import date, time, timedelta
from io import BytesIO

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone
from openpyxl import load_workbook

from communities.models import Compound, RosterImport
from communities.permissions import may_import_roster, roster_imports_of, standing_of
from communities.services import end_appointment
from communities.services.roster import process, request_preview, start_import
from files import exporting
from files.exporting import request_export
from files.models import Export
from files.tasks import forget_old_exports, resume_exports
from notices.models import Message
from supervision.models import Obligation
from supervision.tasks import make_obligations_export
from supervision.views import obligations as list_page
from tests import books
from tests.cast import NOON, TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.law import policy_for, sweep_on
from tests.rosters import as_xlsx, home
from tests.statements import statements

ClientOf = Callable[..., Client]
LIST = "/obligations/export.xlsx"


@pytest.fixture
def swept(world: World, monkeypatch: pytest.MonkeyPatch) -> World:
    """Obligations in plenty, for a portal that makes three rows at once and more by a worker."""
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    sweep_on(TODAY)
    monkeypatch.setattr(list_page, "MOST_AT_ONCE", 3)
    return world


def _ask(client: Client, query: str = "?state=overdue") -> Export:
    """Ask for the list, and let the worker make it."""
    answer = client.post(f"{LIST}{query}")
    assert answer.status_code == 302, answer.content.decode()
    export = Export.objects.latest("pk")
    assert answer["Location"] == f"/jobs/{export.public_id}/"
    make_obligations_export.delay(export.pk)
    export.refresh_from_db()
    return export


def _column(answer: object, name: str) -> list[object]:
    sheet = load_workbook(BytesIO(b"".join(answer.streaming_content))).active
    header, *rows = sheet.iter_rows(values_only=True)
    return [row[header.index(name)] for row in rows]


def test_a_long_list_is_made_by_a_worker_after_the_person_says_so(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    asked = client.get(f"{LIST}?state=overdue")
    assert "在后台生成" in asked.content.decode()
    assert not Export.objects.exists()
    export = _ask(client)
    overdue = Obligation.objects.overdue(TODAY)
    assert (export.state, export.rows_total) == ("done", overdue.count())
    page = client.get(f"/jobs/{export.public_id}/").content.decode()
    assert f"/jobs/{export.public_id}/file.xlsx" in page
    numbers = _column(client.get(f"/jobs/{export.public_id}/file.xlsx"), "编号")
    assert sorted(numbers) == sorted(overdue.values_list("public_id", flat=True))
    told = Message.objects.get(recipient=swept.officer, title__contains="已生成")
    assert "7 天内有效" in told.body


def test_a_short_list_stays_immediate(swept: World, client_of: ClientOf) -> None:
    answer = client_of(swept.officer).get(f"{LIST}?q=没有这个小区")
    assert answer["Content-Type"].endswith("sheet")
    assert not Export.objects.exists()


def test_the_same_list_asked_for_twice_is_made_once(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    first = client.post(f"{LIST}?state=overdue")
    assert client.post(f"{LIST}?state=overdue")["Location"] == first["Location"]
    assert client.post(f"{LIST}?state=open")["Location"] != first["Location"]
    assert client_of(swept.second_officer).post(f"{LIST}?state=overdue")["Location"] != first["Location"]
    assert Export.objects.count() == 3
    made = Export.objects.get(public_id=first["Location"].split("/")[2])
    make_obligations_export.delay(made.pk)
    make_obligations_export.delay(made.pk)
    assert Message.objects.filter(title__contains="已生成").count() == 1
    assert client.post(f"{LIST}?state=overdue")["Location"] != first["Location"]


def test_the_database_holds_one_waiting_export_per_list_and_person(swept: World) -> None:
    facts = {"task": "x", "asked": {}, "requested_by": swept.officer, "requested_at": NOON}
    Export.objects.create(**facts)
    with pytest.raises(IntegrityError, match="an_export_is_asked_for_once_until_it_is_made"), transaction.atomic():
        Export.objects.create(**facts)
    with pytest.raises(IntegrityError, match="an_export_that_is_done_has_its_file"), transaction.atomic():
        Export.objects.create(**facts, state="done")


def test_a_link_dies_with_the_right_to_what_is_in_the_file(swept: World, client_of: ClientOf) -> None:
    export = _ask(client_of(swept.cadre))
    file = f"/jobs/{export.public_id}/file.xlsx"
    assert serves(swept.cadre, file).status_code == 200
    end_appointment(swept.cadre.appointments.get(), until_on=TODAY - timedelta(days=1), by=swept.officer)
    refuses(swept.cadre, file)
    page = client_of(swept.cadre).get(f"/jobs/{export.public_id}/").content.decode()
    assert "您的权限范围有变动" in page
    assert file not in page


def test_a_file_is_gone_after_a_week_and_its_link_with_the_week(
    swept: World, client_of: ClientOf, on_day: Callable[..., None]
) -> None:
    export = _ask(client_of(swept.officer))
    path = settings.STORED_FILES_ROOT / "exports" / f"{export.public_id}.xlsx"
    on_day(TODAY + timedelta(days=6))
    forget_old_exports()
    assert path.exists()
    serves(swept.officer, f"/jobs/{export.public_id}/file.xlsx")
    on_day(TODAY + timedelta(days=7), time(13))
    refuses(swept.officer, f"/jobs/{export.public_id}/file.xlsx")
    forget_old_exports()
    forget_old_exports()
    assert not path.exists()
    export.refresh_from_db()
    assert export.state == "gone"
    again = client_of(swept.officer).post(f"/jobs/{export.public_id}/again/")
    assert Export.objects.get(state="waiting").public_id in again["Location"]


def test_a_file_changed_on_the_disk_is_not_handed_out(swept: World, client_of: ClientOf) -> None:
    export = _ask(client_of(swept.officer))
    path = settings.STORED_FILES_ROOT / "exports" / f"{export.public_id}.xlsx"
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(path.read_bytes() + b" ")
    answer = client_of(swept.officer).get(f"/jobs/{export.public_id}/file.xlsx")
    assert "文件校验失败" in answer.content.decode()


def test_a_waiting_page_shows_progress_and_becomes_the_result(swept: World, client_of: ClientOf) -> None:
    client = client_of(swept.officer)
    page = client.post(f"{LIST}?state=overdue", follow=True)
    url = page.redirect_chain[-1][0]
    assert "刷新进度" in page.content.decode()
    assert 'http-equiv="refresh"' in page.content.decode()
    fragment = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert "<html" not in fragment
    resume_exports()
    assert client.get(url, headers={"HX-Request": "true"})["HX-Redirect"] == url
    assert ">下载</a>" in client.get(url).content.decode()


def test_a_task_that_is_no_more_holds_up_no_other(swept: World) -> None:
    facts = {"title": "清单", "asked": {"query": ""}, "requested_by": swept.officer, "requested_at": NOON}
    old = Export.objects.create(task="supervision.tasks.of_an_older_version", **facts)
    fresh = Export.objects.create(task=make_obligations_export.name, **facts)
    resume_exports()
    old.refresh_from_db()
    fresh.refresh_from_db()
    assert (old.state, old.problem) == ("failed", "这种清单已不再提供导出。")
    assert fresh.state == "done"


def test_an_export_that_is_refused_says_why(swept: World, monkeypatch: pytest.MonkeyPatch, client_of: ClientOf) -> None:
    export = request_export(
        make_obligations_export.name, title="清单", asked={"query": ""}, rows=1, by=swept.officer, at=NOON
    )
    monkeypatch.setattr(exporting, "MOST_ATTEMPTS", -1)
    monkeypatch.setattr(exporting, "_BEGIN", "SELECT 1 + 0 * %s")
    make_obligations_export.delay(export.pk)
    export.refresh_from_db()
    assert export.state == "failed"
    page = client_of(swept.officer).get("/jobs/").content.decode()
    assert "多次生成都中断了" in page


# -- The list of all jobs ----------------------------------------------------------------------------------------------


def _imported(world: World, compound: Compound) -> RosterImport:
    file = SimpleUploadedFile("名册.xlsx", as_xlsx(home("101"), home("102", area="x")))
    job = start_import(compound, upload=file, by=world.officer)
    request_preview(job, columns=job.columns)
    process(job.pk, on=TODAY)
    return job


def test_all_kinds_of_jobs_stand_in_one_list_the_newest_first(swept: World, client_of: ClientOf, clock: object) -> None:
    job = _imported(swept, swept.compound)
    account = books.account_of(swept, holder=swept.committee, by=swept.treasurer, number="350501657388001234")
    clock.move_to(NOON + timedelta(minutes=5))
    books.upload(account, books.csv_file([("2026-10-08", "10.00", "48316.35", "泊车公司", "停车费")]))
    clock.move_to(NOON + timedelta(minutes=9))
    _ask(client_of(swept.officer))
    shown = client_of(swept.officer).get("/jobs/").context["jobs"]
    assert [one.kind for one in shown] == ["导出", "名册导入"]
    assert shown[1].faults.label == "1 行有错"
    assert shown[1].faults.url == f"/compounds/{swept.compound.public_id}/roster/{job.public_id}/faults.xlsx"
    keeper = client_of(swept.treasurer).get("/jobs/").context["jobs"]
    assert {one.kind for one in keeper} == {"对账单导入"}
    chair = client_of(swept.chair).get("/jobs/").context["jobs"]
    assert {one.kind for one in chair} == {"名册导入"}
    assert client_of(swept.stranger).get("/jobs/").context["jobs"] == []


def test_kind_and_state_narrow_and_strange_values_do_not(swept: World, client_of: ClientOf) -> None:
    _imported(swept, swept.compound)
    _ask(client_of(swept.officer))
    client = client_of(swept.officer)

    def kinds(query: str) -> list[str]:
        return [one.kind for one in client.get(f"/jobs/?{query}").context["jobs"]]

    assert kinds("kind=roster") == ["名册导入"]
    assert kinds("stage=done") == ["导出"]
    assert kinds("stage=waiting") == ["名册导入"]
    assert kinds("stage=failed") == []
    assert len(kinds("kind=x&stage=x&page=99")) == 2


def test_whoever_may_import_a_roster_sees_its_imports_and_nobody_else(swept: World) -> None:
    """The predicate and its queryset twin say the same of everybody."""
    imports = [_imported(swept, compound) for compound in (swept.compound, swept.other_compound, swept.bare_compound)]
    for person in swept.people.values():
        standing = standing_of(person, TODAY)
        allowed = {one.pk for one in imports if may_import_roster(standing, one.compound)}
        assert set(roster_imports_of(standing).values_list("pk", flat=True)) == allowed, person


def test_the_list_costs_the_same_for_few_and_for_many(swept: World, client_of: ClientOf) -> None:
    for number in range(30):
        Export.objects.create(
            task="x", title="清单", asked={"n": number}, requested_by=swept.officer, requested_at=timezone.now()
        )
        if number < 3:
            _imported(swept, swept.compound)
    client = client_of(swept.officer)
    assert client.get("/jobs/").context["page"].paginator.count == 33
    assert statements(client, "/jobs/") <= 10


# -- Who may -----------------------------------------------------------------------------------------------------------


def test_an_export_is_for_whoever_asked_for_it_alone(swept: World, client_of: ClientOf) -> None:
    export = _ask(client_of(swept.officer))
    for page in (f"/jobs/{export.public_id}/", f"/jobs/{export.public_id}/file.xlsx"):
        requires_login(page)
        for person in (swept.second_officer, swept.leader, swept.cadre, swept.chair, swept.stranger):
            hides_from(person, page)
        serves(swept.officer, page)
    again = f"/jobs/{export.public_id}/again/"
    requires_login(again, data={})
    hides_from(swept.second_officer, again, data={})
    serves(swept.officer, again, data={})


def test_the_list_of_jobs_requires_login_and_serves_whoever_comes(swept: World) -> None:
    requires_login("/jobs/")
    for person in (swept.officer, swept.clerk, swept.owner, swept.stranger):
        serves(person, "/jobs/")
