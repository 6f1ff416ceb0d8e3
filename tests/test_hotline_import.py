"""The hotline's table comes in: nothing of the caller, every wrong row named, a second time nothing changes."""

import io
from collections.abc import Callable
from datetime import datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client
from openpyxl import load_workbook

from accounts.models import ActionRecord, User
from communities.models import City, Compound, Town, Village
from evaluations.models import HotlineTicket, TicketImport, TicketRow
from evaluations.services import hotline
from evaluations.services.fieldwork import tickets_of
from files.models import StoredFile
from kernel.days import SHANGHAI
from kernel.periods import Period
from tests.cast import NOON, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.hotline import CALLER, HEADER, MESSY, PHONE, WORDS, TicketDesk, as_xlsx, table, ticket
from tests.rosters import as_csv, as_xls
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]
HALF = Period.parse("2026H2")


@pytest.fixture
def desk(world: World, client_of: ClientOf) -> TicketDesk:
    return TicketDesk(client_of(world.officer), world.town)


def at(*when: int) -> datetime:
    return datetime(*when, tzinfo=SHANGHAI)


def faults_of(job: TicketImport) -> dict[int, list[str]]:
    rows = TicketRow.objects.filter(ticket_import=job, fate="bad").order_by("number")
    return {row.number: [label for label, _, _ in row.faults] for row in rows}


# -- The office's file -------------------------------------------------------------------------------------------------


def test_a_table_as_the_hotline_sends_it_comes_in_row_by_row(desk: TicketDesk, world: World) -> None:
    job = desk.preview(desk.upload(as_xlsx(*MESSY)))
    assert (job.header_row, job.rows_new, job.rows_bad, job.rows_unclear) == (4, 5, 4, 2)
    assert job.rows_passed_over == 3
    assert faults_of(job) == {10: ["重复行"], 11: ["受理时间"], 12: ["回访满意", "办理期限"], 13: ["工单号"]}
    assert not HotlineTicket.objects.exists()

    job = desk.confirm(job)

    assert job.state == "done"
    first, second, third, fourth, fifth = HotlineTicket.objects.order_by("received_at")
    assert (first.number, first.compound, first.received_at) == (
        "SS202607010001",
        world.compound,
        at(2026, 7, 1, 10, 38),
    )
    assert (first.due_at, first.closed_at) == (at(2026, 7, 8, 23, 59, 59), at(2026, 7, 3, 16))
    assert (second.received_at, second.due_at) == (at(2026, 7, 2, 12), at(2026, 7, 9, 23, 59, 59))
    assert (second.closed_at, second.satisfied, second.repeated) == (at(2026, 7, 20), False, True)
    assert (third.number, third.closed_at, third.satisfied) == ("SS202607030003", None, None)
    assert (fourth.compound, fourth.justified) == (world.compound, False)
    assert (fifth.compound, fifth.received_at, fifth.satisfied) == (world.other_compound, at(2026, 7, 5, 9, 30), None)


def test_the_same_table_a_second_time_changes_nothing_and_says_so(desk: TicketDesk) -> None:
    content = as_xlsx(*MESSY)
    desk.bring(content)
    before = list(HotlineTicket.objects.order_by("pk").values())

    job = desk.preview(desk.upload(content))

    assert (job.rows_new, job.rows_changed, job.rows_same) == (0, 0, 5)
    assert "工单已是最新" in desk.page(job)
    assert desk.confirm(job).state == "previewed"
    assert list(HotlineTicket.objects.order_by("pk").values()) == before


def test_a_later_table_fills_in_and_corrects_and_a_blank_never_erases(desk: TicketDesk) -> None:
    desk.bring(table(ticket("A1", closed="", satisfied="", repeated="是"), ticket("A2")))
    later = table(ticket("A1", closed="2026-07-06", satisfied="不满意", repeated="", category=""), ticket("A2"))
    job = desk.preview(desk.upload(later))
    assert (job.rows_changed, job.rows_same) == (1, 1)
    page = desk.page(job)
    assert "办结时间" in page
    assert "回访满意" in page
    desk.confirm(job)
    first = HotlineTicket.objects.get(number="A1")
    assert (first.closed_at, first.satisfied, first.repeated) == (at(2026, 7, 6), False, True)
    assert first.category == "环境卫生"


def test_nothing_about_the_caller_is_kept_anywhere(desk: TicketDesk, world: World) -> None:
    job = desk.upload(as_xlsx(*MESSY))
    page = desk.client.get(desk.url("ticket_columns", job)).content.decode()
    assert "来电人信息，不读取" in page
    desk.confirm(desk.preview(job))
    assert not StoredFile.objects.exists()
    with connection.cursor() as cursor:
        for name in connection.introspection.table_names():
            if name.startswith("evaluations_") or name == "accounts_actionrecord":
                cursor.execute(
                    f'SELECT count(*) FROM "{name}" t WHERE t::text LIKE ANY(%s)',
                    [[f"%{word}%" for word in (CALLER, PHONE, WORDS, "栋502")]],
                )
                assert cursor.fetchone() == (0,), name


def test_a_callers_column_cannot_be_taken_by_hand(desk: TicketDesk) -> None:
    job = desk.upload(table(ticket("A1")))
    answer = desk.client.post(desk.url("ticket_columns", job), {**job.columns, "handler": HEADER.index("来电人")})
    assert answer.status_code == 422
    assert "没有读取，不能选用" in answer.content.decode()


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (table(ticket("A1")), "工单.xlsx"),
        (as_xls(ticket("A1"), header=HEADER), "工单.xls"),
        (as_csv(ticket("A1"), header=HEADER), "工单.csv"),
        (as_csv(ticket("A1"), header=HEADER, encoding="utf-8-sig"), "工单.csv"),
    ],
    ids=["xlsx", "xls", "gbk csv", "utf-8 csv"],
)
def test_every_format_gives_the_same_ticket(desk: TicketDesk, world: World, content: bytes, name: str) -> None:
    assert desk.bring(content, name).rows_new == 1
    assert HotlineTicket.objects.get().received_at == at(2026, 7, 1, 10, 38)


# -- Faults ------------------------------------------------------------------------------------------------------------

WRONG = {
    "no number": (ticket(""), "缺少工单号"),
    "long number": (ticket("A" * 41), "工单号太长"),
    "mangled number": (ticket("1.38E+19"), "科学计数"),
    "no day": (ticket("A2", received=""), "缺少受理时间"),
    "no such day": (ticket("A2", received="2026-02-30"), "时间无法识别"),
    "tomorrow": (ticket("A2", received="2026-10-30", closed="", due=""), "受理时间晚于今天"),
    "closed tomorrow": (ticket("A2", closed="2026-10-30"), "办结时间晚于今天"),
    "closed before": (ticket("A2", closed="2026-06-30"), "办结时间早于受理时间"),
    "due before": (ticket("A2", due="2026-07-01 10:37"), "办理期限早于受理时间"),
    "no compound": (ticket("A2", place=""), "缺少小区名称"),
    "strange word": (ticket("A2", repeated="也许"), "填“是”或“否”"),
    "long category": (ticket("A2", category="长" * 61), "类别超过 60 字"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_row_is_named_with_its_reason_and_the_others_come_in(desk: TicketDesk, case: str) -> None:
    row, reason = WRONG[case]
    job = desk.preview(desk.upload(table(ticket("A1"), row, ticket("A3"))))
    assert (job.rows_new, job.rows_bad) == (2, 1)
    page = desk.page(job)
    assert "第 3 行" in page
    assert reason in page
    assert desk.confirm(job).state == "done"
    assert set(HotlineTicket.objects.values_list("number", flat=True)) == {"A1", "A3"}


def test_a_day_without_hour_is_read_in_favour_of_whoever_handled_it(desk: TicketDesk, world: World) -> None:
    desk.bring(table(ticket("A1", closed="2026-07-01", due="2026-07-01"), ticket("A2", received="2026-10-29")))
    first = HotlineTicket.objects.get(number="A1")
    assert (first.due_at, first.closed_at) == (at(2026, 7, 1, 23, 59, 59), first.received_at)
    assert not HotlineTicket.objects.late(NOON).filter(pk=first.pk).exists()


def test_with_a_bad_row_nothing_comes_in_where_so_chosen(desk: TicketDesk) -> None:
    job = desk.bring(table(ticket("A1"), ticket("")), mode="all_or_nothing")
    assert job.state == "refused"
    assert not HotlineTicket.objects.exists()
    assert "没有导入任何一行" in desk.page(job)
    assert desk.bring(table(ticket("A1")), mode="all_or_nothing").state == "done"


def test_the_faults_can_be_downloaded_corrected_and_uploaded_again(desk: TicketDesk) -> None:
    job = desk.preview(desk.upload(table(ticket("A1", closed="@1+1"), ticket("A2", place="后花园"))))
    content = b"".join(desk.client.get(desk.url("ticket_faults", job)))
    sheet = load_workbook(io.BytesIO(content)).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert rows[1][:3] == (2, "办结时间", "@1+1")
    assert rows[2][:3] == (3, "小区", "后花园")
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert ActionRecord.objects.filter(act="下载工单错误清单").count() == 1
    header = [cell.value for cell in sheet[2]]
    sheet.cell(3, header.index("办结时间") + 1).value = "2026-07-03"
    sheet.cell(4, header.index("所属小区") + 1).value = "仑后花园"
    corrected = io.BytesIO()
    sheet.parent.save(corrected)
    assert desk.bring(corrected.getvalue()).rows_new == 2


# -- The header --------------------------------------------------------------------------------------------------------


def test_where_no_header_is_recognised_the_person_says_where_it_stands(desk: TicketDesk) -> None:
    odd = as_xlsx(("表",), ("甲", "乙", "丙"), ("A1", "2026-07-01", "仑后花园"))
    refused = desk.client.post(desk.url("ticket_upload"), {"file": SimpleUploadedFile("工单.xlsx", odd)})
    assert refused.status_code == 422
    assert "没有认出表头" in refused.content.decode()
    assert not TicketImport.objects.exists()
    job = desk.upload(odd, header_row=2)
    lacking = desk.client.post(desk.url("ticket_columns", job), {"number": 0, "received_at": 1})
    assert "请选择“小区”是哪一栏" in lacking.content.decode()
    twice = desk.client.post(desk.url("ticket_columns", job), {"number": 0, "received_at": 1, "place": 1})
    assert "选了同一栏" in twice.content.decode()
    assert desk.preview(job, number=0, received_at=1, place=2).rows_new == 1


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("工单.pdf", b"%PDF-1.4", "这里不能上传"),
        ("工单.xlsx", b"not a zip", "请核对文件"),
        ("工单.xlsx", b"", "文件是空的"),
    ],
)
def test_what_the_door_refuses_is_said_beside_the_file(desk: TicketDesk, name: str, content: bytes, told: str) -> None:
    answer = desk.client.post(desk.url("ticket_upload"), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert told in answer.content.decode()


# -- Names -------------------------------------------------------------------------------------------------------------


# -- Who, twice, at once -----------------------------------------------------------------------------------------------


def test_only_the_towns_office_imports(desk: TicketDesk, world: World) -> None:
    job = desk.preview(desk.upload(table(ticket("A1"))))
    upload, page = desk.url("ticket_upload"), desk.url("ticket_import", job)
    requires_login(upload)
    for stranger in (world.stranger,):
        hides_from(stranger, upload)
    for insider in (world.leader, world.auditor, world.cadre, world.chair, world.manager, world.owner):
        refuses(insider, upload)
        hides_from(insider, page)
    serves(world.second_officer, upload)
    serves(world.second_officer, page)


def test_where_another_table_came_in_since_the_preview_it_is_compared_anew(desk: TicketDesk) -> None:
    slow = desk.preview(desk.upload(table(ticket("A1", satisfied="不满意"), ticket("A2"))))
    desk.bring(table(ticket("A1")))
    slow = desk.confirm(slow)
    assert slow.state == "previewing"
    slow = desk.work(slow)
    assert (slow.rows_new, slow.rows_changed) == (1, 1)
    assert "请再次确认" in desk.page(slow)
    assert desk.confirm(slow).state == "done"
    assert HotlineTicket.objects.get(number="A1").satisfied is False


def test_confirmed_twice_it_is_written_once_and_a_dropped_one_never(desk: TicketDesk) -> None:
    job = desk.bring(table(ticket("A1")))
    desk.client.post(desk.url("ticket_confirm", job), {"mode": "good_rows"})
    assert HotlineTicket.objects.count() == 1
    other = desk.preview(desk.upload(table(ticket("A2"))))
    desk.sent("ticket_drop", other, {})
    desk.client.post(desk.url("ticket_confirm", other), {"mode": "good_rows"})
    assert HotlineTicket.objects.count() == 1
    assert not TicketRow.objects.filter(ticket_import=other).exists()


def test_a_worker_that_comes_twice_or_late_finds_nothing_to_do(desk: TicketDesk) -> None:
    job = desk.upload(table(ticket("A1")))
    desk.sent("ticket_columns", job, job.columns)
    assert hotline.unfinished() == [job.pk]
    desk.work(job)
    assert desk.work(job).rows_new == 1
    assert hotline.unfinished() == []


def test_rows_nobody_confirmed_go_after_thirty_days(desk: TicketDesk) -> None:
    job = desk.preview(desk.upload(table(ticket("A1"))))
    TicketImport.objects.update(created_at=NOON - hotline.imports.KEEP_ROWS)
    hotline.forget_old_rows(at=NOON)
    assert TicketRow.objects.filter(ticket_import=job).exists(), "on the thirtieth day it still stands"
    TicketImport.objects.update(created_at=NOON - hotline.imports.KEEP_ROWS - (NOON - NOON.replace(hour=11)))
    hotline.forget_old_rows(at=NOON)
    job.refresh_from_db()
    assert (job.state, TicketRow.objects.filter(ticket_import=job).exists()) == ("refused", False)


# -- The list, and what an appraisal takes -----------------------------------------------------------------------------


def test_a_firm_sees_its_own_compounds_tickets_and_nobody_elses(
    desk: TicketDesk, world: World, client_of: ClientOf
) -> None:
    desk.bring(table(ticket("A1"), ticket("B1", place="杆头新村")))
    for person, seen in (
        (world.officer, {"A1", "B1"}),
        (world.auditor, {"A1", "B1"}),
        (world.cadre, {"A1"}),
        (world.manager, {"A1"}),
        (world.chair, {"A1"}),
        (world.other_manager, {"B1"}),
    ):
        page = client_of(person).get("/hotline/").content.decode()
        assert {number for number in ("A1", "B1") if f">{number}<" in page} == seen, person
    refuses(world.owner, "/hotline/")
    requires_login("/hotline/")


def test_the_list_is_narrowed_and_exported_as_it_stands(desk: TicketDesk) -> None:
    rows = [
        ticket("A1"),
        ticket("A2", closed="2026-07-09"),
        ticket("A3", closed="", due="2026-10-29"),
        ticket("A4", satisfied="否", justified="否"),
        ticket("A5", received="2026-06-30", repeated="是"),
    ]
    desk.bring(table(*rows))
    for query, seen in (
        ("state=open", {"A3"}),
        ("state=late", {"A2"}),
        ("state=unsatisfied", {"A4"}),
        ("state=unjustified", {"A4"}),
        ("state=repeated", {"A5"}),
        ("period=2026H2", {"A1", "A2", "A3", "A4"}),
        ("period=2026H1", {"A5"}),
        ("q=A4", {"A4"}),
        ("q=没有", set()),
    ):
        page = desk.client.get(f"/hotline/?{query}").content.decode()
        assert {f"A{n}" for n in range(1, 6) if f">A{n}<" in page} == seen, query
    sheet = load_workbook(io.BytesIO(b"".join(desk.client.get("/hotline/export/?state=late")))).active
    assert [row[0] for row in sheet.iter_rows(min_row=2, values_only=True)] == ["A2"]


def test_an_appraisal_takes_the_tickets_of_its_half_year(
    desk: TicketDesk, world: World, django_assert_num_queries: Callable
) -> None:
    rows = [ticket("A1"), ticket("A2", received="2026-06-30 23:59"), ticket("A3", received="2026-07-01", due="")]
    desk.bring(table(*rows, ticket("B1", place="杆头新村", justified="")))
    with django_assert_num_queries(1):
        facts = tickets_of(world.town, HALF)
    assert {key: [one.number for one in of] for key, of in facts.items()} == {
        world.compound.pk: ["A3", "A1"],
        world.other_compound.pk: ["B1"],
    }
    assert facts[world.compound.pk][0].due_at is None
    assert facts[world.other_compound.pk][0].justified, "what was not said to be wrong counts"


def test_the_pages_cost_the_same_for_one_row_and_for_many(desk: TicketDesk, world: World) -> None:
    desk.bring(table(ticket("A0")))
    few = desk.preview(desk.upload(table(ticket("A1"), ticket("A2", place="后花园"))))
    urls = ["/hotline/", desk.url("ticket_upload")]
    pages = [desk.url("ticket_import", few), desk.url("ticket_places", few)]
    before = [statements(desk.client, url) for url in urls + pages]
    rows = [ticket(f"C{n}", place=f"后花园{n}" if n % 2 else "仑后花园") for n in range(80)]
    many = desk.preview(desk.upload(table(*rows)))
    desk.bring(table(*(ticket(f"D{n}") for n in range(80))))
    after = [
        statements(desk.client, url)
        for url in [*urls, desk.url("ticket_import", many), desk.url("ticket_places", many)]
    ]
    assert after == before
    assert max(after) <= CEILING


# -- What the database holds itself ------------------------------------------------------------------------------------


def test_the_database_refuses_a_ticket_that_cannot_be(desk: TicketDesk, world: World) -> None:
    job = desk.bring(table(ticket("A1")))
    one = HotlineTicket.objects.get()
    facts = {"town": world.town, "compound": world.compound, "received_at": NOON, "brought_by": job}
    abroad = Town.objects.create(city=City.objects.first(), code="350581999", name="外镇")
    foreign = Compound.objects.create(
        village=Village.objects.create(town=abroad, name="外村"), name="外小区", kind="commercial", built_year=2010
    )
    for wrong, name in (
        ({"number": "A1"}, "a_ticket_has_a_number_of_its_own"),
        ({"number": ""}, "a_ticket_has_a_number"),
        ({"number": "A2", "due_at": one.received_at}, "a_ticket_is_due_after_it_came_in"),
        ({"number": "A2", "closed_at": one.received_at}, "a_ticket_is_closed_after_it_came_in"),
    ):
        with pytest.raises(IntegrityError, match=name), transaction.atomic():
            HotlineTicket.objects.create(**facts, **wrong)
    with pytest.raises(DatabaseError, match="of its own town"), transaction.atomic():
        HotlineTicket.objects.create(**{**facts, "compound": foreign}, number="A2")
    with pytest.raises(DatabaseError, match="of its own town"), transaction.atomic():
        HotlineTicket.objects.filter(pk=one.pk).update(compound=foreign)
