"""A compound's roster comes in from an office's spreadsheet (EXP-02, IN-04)."""

import io
import json
from datetime import date, time, timedelta
from decimal import Decimal

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Sum
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from accounts.models import ActionRecord
from communities.models import Owner, Ownership, RosterImport, RosterRow, Unit
from communities.services import roster
from files.models import StoredFile
from tests.doors import serves
from tests.rosters import HEADER, SAMPLES, as_csv, as_xls, as_xlsx, home

SAMPLE = "业主名册-示例花园.xlsx"


def people_of(unit: Unit) -> list[tuple[str, str]]:
    current = Ownership.objects.filter(unit=unit, until_on=None).order_by("id")
    return [(held.owner.name, held.owner.phone) for held in current.select_related("owner")]


def unit_at(compound, room_key: str) -> Unit:
    return Unit.objects.get(building__compound=compound, room_key=room_key)


def faults_of(job: RosterImport) -> dict[int, list[str]]:
    rows = RosterRow.objects.filter(roster_import=job, fate="bad").order_by("number")
    return {row.number: [label for label, _, _ in row.faults] for row in rows}


# -- The office's file -------------------------------------------------------------------------------


def test_the_sample_comes_in_exactly_as_expected(roster_desk, world):
    expected = json.loads((SAMPLES / SAMPLE.replace(".xlsx", ".expected.json")).read_text())
    labels = {"area": "专有面积（㎡）", "owner": "业主姓名", "phone": "联系电话", "duplicate": "重复"}
    desk = roster_desk(world.officer)

    job = desk.preview(desk.upload((SAMPLES / SAMPLE).read_bytes(), SAMPLE))

    assert job.state == RosterImport.State.PREVIEWED
    assert (job.rows_new, job.rows_changed, job.rows_same) == (expected["units"], 0, 0)
    assert job.area_good == job.area_stated == Decimal(expected["area"])
    assert faults_of(job) == {bad["row"]: [labels[bad["field"]]] for bad in expected["bad"]}
    assert not Unit.objects.filter(building__compound=world.bare_compound).exists()

    job = desk.confirm(job)

    units = Unit.objects.filter(building__compound=world.bare_compound)
    assert job.state == RosterImport.State.DONE
    assert units.count() == expected["units"]
    assert units.aggregate(area=Sum("area"))["area"] == Decimal(expected["area"])
    for first in expected["first"]:
        unit = units.get(
            building__key=str(first["building"]), stair__key=str(first["stair"]), room_key=str(first["room"])
        )
        assert unit.area == Decimal(first["area"])
        assert len(people_of(unit)) == first["owners"]


def test_the_sample_a_second_time_changes_nothing_and_says_so(roster_desk, world):
    desk = roster_desk(world.officer)
    content = (SAMPLES / SAMPLE).read_bytes()
    desk.bring(content, SAMPLE)
    before = [list(model.objects.order_by("pk").values()) for model in (Unit, Owner, Ownership)]

    job = desk.preview(desk.upload(content, SAMPLE))

    assert (job.rows_new, job.rows_changed, job.rows_same, job.rows_bad) == (0, 0, 347, 6)
    assert "名册已是最新" in desk.page(job)
    assert desk.confirm(job).state == RosterImport.State.PREVIEWED
    assert [list(model.objects.order_by("pk").values()) for model in (Unit, Owner, Ownership)] == before


def test_what_was_written_is_kept_beside_its_key(roster_desk, world):
    roster_desk(world.officer).bring(as_xlsx(home("０１０１室", building="３号楼", stair=1.0)))
    unit = unit_at(world.bare_compound, "101")
    assert (unit.room_text, unit.building.text, unit.stair.text) == ("０１０１室", "３号楼", "1单元")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (as_xlsx(home("0101"), home("102", "李四、王五")), "名册.xlsx"),
        (as_xls(home("0101"), home("102", "李四、王五")), "名册.xls"),
        (as_csv(home("0101"), home("102", "李四、王五")), "名册.csv"),
        (as_csv(home("0101"), home("102", "李四、王五"), encoding="utf-8-sig"), "名册.csv"),
    ],
    ids=["xlsx", "xls", "gbk csv", "utf-8 csv"],
)
def test_every_format_gives_the_same_homes(roster_desk, world, content, name):
    job = roster_desk(world.officer).bring(content, name)
    assert job.rows_new == 2
    assert [name for name, _ in people_of(unit_at(world.bare_compound, "102"))] == ["李四", "王五"]


@pytest.mark.parametrize("written", ["3-101", "３－１０１", " 3-101 ", "3–101", "3栋101室"])
def test_one_home_however_its_address_was_written(roster_desk, world, written):
    desk = roster_desk(world.officer)
    desk.bring(as_xlsx(home("101", stair="")))
    job = desk.preview(desk.upload(as_xlsx((written, "张三", "89.50"), header=("房号", "业主姓名", "面积"))))
    assert (job.rows_new, job.rows_same) == (0, 1)


def test_rare_characters_and_co_owners_with_a_phone_each(roster_desk, world):
    roster_desk(world.officer).bring(as_xlsx(home("101", "蔡𠮷明/欧阳 华", phone="13812345678、13912345678")))
    assert people_of(unit_at(world.bare_compound, "101")) == [("蔡𠮷明", "13812345678"), ("欧阳华", "13912345678")]


# -- Faults ------------------------------------------------------------------------------------------

WRONG = {
    "area": (home("101", area="约九十"), "不是数字"),
    "no area": (home("101", area=""), "缺少面积"),
    "zero": (home("101", area=0), "必须大于 0"),
    "three decimals": (home("101", area="89.555"), "两位小数"),
    "no owner": (home("101", ""), "缺少业主姓名"),
    "nobody": (home("101", "无"), "缺少业主姓名"),
    "phone": (home("101", phone="1380013"), "不是 11 位手机号码"),
    "mangled phone": (home("101", phone="1.38E+10"), "科学计数"),
    "too many phones": (home("101", phone="13812345678、13912345678"), "1 位业主、2 个电话"),
    "no building": (home("101", building=""), "缺少楼栋"),
    "no room": (home(""), "缺少房号"),
    "long room": (home("1" * 21), "房号太长"),
    "long building": (home("101", building="示" * 21), "楼栋太长"),
    "long stair": (home("101", stair="示" * 21), "单元太长"),
    "long owner": (home("101", "示" * 81), "太长"),
    "long certificate": (home("101", certificate="示" * 81), "超过 80 字"),
    "a date for an area": (home("101", area=date(2026, 9, 1)), "不是数字"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_row_is_named_with_its_reason_and_the_others_come_in(roster_desk, world, case):
    row, reason = WRONG[case]
    desk = roster_desk(world.officer)
    job = desk.preview(desk.upload(as_xlsx(home("901"), row, home("902"))))
    assert (job.rows_new, job.rows_bad) == (2, 1)
    page = desk.page(job)
    assert "第 3 行" in page
    assert reason in page
    desk.confirm(job)
    assert Unit.objects.filter(building__compound=world.bare_compound).count() == 2


def test_a_row_with_several_faults_names_each(roster_desk, world):
    job = roster_desk(world.officer)
    job = job.preview(job.upload(as_xlsx(home("101", "", "约九十", "1380013"))))
    assert faults_of(job) == {2: ["专有面积（㎡）", "联系电话", "业主姓名"]}


def test_the_second_row_of_a_home_is_a_fault_unless_the_first_was_wrong(roster_desk, world):
    desk = roster_desk(world.officer)
    rows = [home("101"), home("0101", "李四"), home("102", area="约"), home("102", area="90")]
    job = desk.preview(desk.upload(as_xlsx(*rows)))
    assert faults_of(job) == {3: ["重复"], 4: ["专有面积（㎡）"]}
    assert "与第 2 行是同一户" in desk.page(job)


def test_blank_rows_totals_notes_and_repeated_headers_are_passed_over(roster_desk, world):
    desk = roster_desk(world.officer)
    rows = [home("101"), ("",) * 8, HEADER, ("小计", "", "", "1户", "89.50", "", "", ""), ("填表人：张三",)]
    job = desk.preview(desk.upload(as_xlsx(*rows)))
    assert (job.rows_new, job.rows_bad, job.rows_passed_over) == (1, 0, 4)
    assert "一致" in desk.page(job)


def one_bad_row_in_500() -> bytes:
    rooms = [f"{floor}{room:02}" for floor in range(1, 26) for room in range(1, 21)]
    return as_xlsx(*(home(room, area="约九十" if room == "1305" else "90.00") for room in rooms))


def test_of_500_rows_with_a_bad_one_the_other_499_come_in(roster_desk, world):
    job = roster_desk(world.officer).bring(one_bad_row_in_500())
    assert (job.state, job.rows_new, job.rows_bad) == (RosterImport.State.DONE, 499, 1)
    assert Unit.objects.filter(building__compound=world.bare_compound).count() == 499


def test_of_500_rows_with_a_bad_one_nothing_comes_in_where_so_chosen(roster_desk, world):
    desk = roster_desk(world.officer)
    job = desk.bring(one_bad_row_in_500(), mode="all_or_nothing")
    assert job.state == RosterImport.State.REFUSED
    assert not Unit.objects.filter(building__compound=world.bare_compound).exists()
    page = desk.page(job)
    assert "没有导入任何一行" in page
    assert "第 246 行" in page
    assert "专有面积" in page


def test_without_a_bad_row_everything_comes_in_either_way(roster_desk, world):
    job = roster_desk(world.officer).bring(as_xlsx(home("101")), mode="all_or_nothing")
    assert job.state == RosterImport.State.DONE


def test_the_faults_can_be_downloaded_corrected_and_uploaded_again(roster_desk, world):
    desk = roster_desk(world.officer)
    job = desk.preview(desk.upload(as_xlsx(home("101", area="@1+1"), home("102", ""))))

    answer = desk.client.get(desk.address("roster_faults", job))

    content = b"".join(answer)
    sheet = load_workbook(io.BytesIO(content)).active
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert rows[0] == ("行号", "栏目", "原内容", "原因", *HEADER)
    assert rows[1][:3] == (2, "专有面积（㎡）", "@1+1")
    assert rows[2][:2] == (3, "业主姓名")
    assert not any(cell.data_type == "f" for row in sheet.iter_rows() for cell in row)
    assert ActionRecord.objects.filter(act="下载名册错误清单", by=world.officer).count() == 1

    sheet["I3"], sheet["H4"] = "88.00", "李四"
    corrected = io.BytesIO()
    sheet.parent.save(corrected)
    assert desk.bring(corrected.getvalue(), "改正.xlsx").rows_new == 2


# -- Columns -----------------------------------------------------------------------------------------


def test_columns_recognised_wrongly_are_set_right_by_hand(roster_desk, world):
    desk = roster_desk(world.officer)
    job = desk.upload(as_xlsx(("3", "101", "88", "张三", "100"), header=("幢", "号码", "套内", "谁", "登记")))
    assert job.columns == {"building": 0, "area": 2} or "room" not in job.columns
    refused = desk.client.post(desk.address("roster_columns", job), {"building": 0, "area": 4})
    assert refused.status_code == 422
    assert "请选择“房号”是哪一栏" in refused.content.decode()
    twice = {"building": 0, "area": 4, "room": 1, "owner": 1}
    assert "选了同一栏" in desk.client.post(desk.address("roster_columns", job), twice).content.decode()

    job = desk.preview(job, building=0, room=1, area=4, owner=3)

    desk.confirm(job)
    assert unit_at(world.bare_compound, "101").area == 100


def test_another_header_row_and_another_sheet_can_be_taken(roster_desk, world):
    book, body = Workbook(), io.BytesIO()
    for row in [["楼栋说明", "房号说明", "业主说明"], ["楼栋", "房号", "业主", "面积"], ["1", "101", "张三", "80"]]:
        book.active.append(row)
    second = book.create_sheet("二期")
    for row in [["楼栋", "房号", "业主", "面积"], ["2", "201", "李四", "90"]]:
        second.append(row)
    book.save(body)
    desk = roster_desk(world.officer)
    job = desk.upload(body.getvalue())
    assert job.header_row == 2
    again = {"header_row": 1, "sheet": "Sheet"}

    desk.client.post(desk.address("roster_header", job), again)
    job.refresh_from_db()
    assert (job.header_row, job.layout["labels"][0]) == (1, "楼栋说明")
    far = desk.client.post(desk.address("roster_header", job), again | {"header_row": 50})
    assert "表头应在前 3 行之内" in far.content.decode()
    desk.client.post(desk.address("roster_header", job), again | {"sheet": "二期"})
    job.refresh_from_db()
    desk.confirm(desk.preview(job))
    assert people_of(unit_at(world.bare_compound, "201")) == [("李四", "")]


def test_a_file_without_any_header_waits_for_the_person(roster_desk, world):
    desk = roster_desk(world.officer)
    job = desk.upload(as_xlsx(header=("3", "101", "89.5", "张三")))
    assert job.columns == {}
    assert "没有认出表头" in desk.client.get(desk.address("roster_columns", job)).content.decode()


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("名册.xlsx", b"", "空的"),
        ("名册.xlsx", b"<html>", "内容却是"),
        ("名册.docx", b"PK", "不能上传"),
        ("名册.xlsx", b"PK\x03\x04", "已损坏"),
    ],
)
def test_a_file_that_is_no_table_is_refused_on_the_page(roster_desk, world, name, content, reason):
    desk = roster_desk(world.officer)
    answer = desk.client.post(desk.address("roster"), {"file": SimpleUploadedFile(name, content)})
    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert not StoredFile.objects.exists()
    assert not RosterImport.objects.exists()


# -- Changes -----------------------------------------------------------------------------------------


def test_a_changed_area_is_shown_old_and_new_before_it_is_written(roster_desk, world):
    desk = roster_desk(world.officer)
    desk.bring(as_xlsx(home("101", area="89.50", certificate="旧证"), home("102")))
    job = desk.preview(desk.upload(as_xlsx(home("101", area="90.10", certificate=""))))
    page = desk.page(job)
    assert (job.rows_changed, job.rows_absent) == (1, 1)
    assert "89.50" in page
    assert "90.10" in page
    assert "1 户不在本文件里" in page
    assert unit_at(world.bare_compound, "101").area == Decimal("89.50")

    desk.confirm(job)

    unit = unit_at(world.bare_compound, "101")
    assert (unit.area, unit.certificate) == (Decimal("90.10"), "旧证")


def test_a_sale_ends_the_old_ownership_and_begins_a_new_one(roster_desk, world, on_day):
    roster_desk(world.officer).bring(as_xlsx(home("101", "张三、李四", phone="13812345678")))
    on_day(date(2026, 11, 5))
    desk = roster_desk(world.officer)

    job = desk.bring(as_xlsx(home("101", "张三、王五")))

    unit = unit_at(world.bare_compound, "101")
    history = Ownership.objects.filter(unit=unit).order_by("id").values_list("owner__name", "from_on", "until_on")
    assert list(history) == [
        ("张三", None, None),
        ("李四", None, date(2026, 11, 4)),
        ("王五", date(2026, 11, 5), None),
    ]
    assert people_of(unit) == [("张三", "13812345678"), ("王五", "")]
    assert "张三、李四" in desk.page(job)


def test_an_owner_corrected_on_the_same_day_still_ends_not_before_beginning(roster_desk, world):
    desk = roster_desk(world.officer)
    desk.bring(as_xlsx(home("101", "张三")))
    desk.bring(as_xlsx(home("101", "李四")))
    desk.bring(as_xlsx(home("101", "王五")))
    assert people_of(unit_at(world.bare_compound, "101")) == [("王五", "")]
    assert Ownership.objects.filter(unit=unit_at(world.bare_compound, "101")).count() == 3


def test_the_same_name_and_phone_is_one_owner_of_several_homes(roster_desk, world):
    rows = [home("101", phone="13812345678"), home("102", phone=13812345678), home("103"), home("104")]
    roster_desk(world.officer).bring(as_xlsx(*rows))
    owners = Owner.objects.filter(compound=world.bare_compound, name="张三")
    assert sorted(owner.ownerships.count() for owner in owners) == [1, 1, 2]


def test_a_new_phone_in_every_home_is_a_correction(roster_desk, world):
    desk = roster_desk(world.officer)
    desk.bring(as_xlsx(home("101", phone="13812345678"), home("102", phone="13812345678")))
    job = desk.bring(as_xlsx(home("101", phone="13900000000"), home("102", phone="13900000000")))
    owner = Owner.objects.get(compound=world.bare_compound)
    assert (owner.phone, owner.ownerships.count(), job.rows_changed) == ("13900000000", 2, 2)
    assert Ownership.objects.filter(owner=owner, until_on=None).count() == 2


def test_two_phones_for_one_name_are_two_people(roster_desk, world):
    desk = roster_desk(world.officer)
    desk.bring(as_xlsx(home("101", phone="13812345678"), home("102", phone="13812345678")))
    desk.bring(as_xlsx(home("101", phone="13900000000"), home("102", phone="13812345678")))
    assert people_of(unit_at(world.bare_compound, "101")) == [("张三", "13900000000")]
    assert people_of(unit_at(world.bare_compound, "102")) == [("张三", "13812345678")]
    assert Owner.objects.filter(compound=world.bare_compound).count() == 2


def test_a_phone_that_is_a_namesakes_makes_them_one(roster_desk, world):
    desk = roster_desk(world.officer)
    desk.bring(as_xlsx(home("101", phone="13812345678"), home("102")))
    desk.bring(as_xlsx(home("102", phone="13812345678")))
    owner = Owner.objects.get(compound=world.bare_compound, phone="13812345678")
    assert owner.ownerships.filter(until_on=None).count() == 2


def test_a_swap_of_phones_between_neighbours_is_written(roster_desk, world):
    desk = roster_desk(world.officer)
    desk.bring(as_xlsx(home("101", "张三", phone="13812345678"), home("102", "李四", phone="13900000000")))
    desk.bring(as_xlsx(home("101", "张三", phone="13900000000"), home("102", "李四", phone="13812345678")))
    assert people_of(unit_at(world.bare_compound, "101")) == [("张三", "13900000000")]
    assert people_of(unit_at(world.bare_compound, "102")) == [("李四", "13812345678")]


def test_a_firm_as_owner_is_a_legal_person(roster_desk, world):
    roster_desk(world.officer).bring(as_xlsx(home("101", "石狮示例置业有限公司")))
    assert Owner.objects.get(compound=world.bare_compound).kind == "legal"


def test_an_owner_keeps_the_account_that_was_bound(roster_desk, world):
    desk = roster_desk(world.officer, world.compound)
    job = desk.bring(as_xlsx(home("1102", "施雅琴", "96.53", "13911112222")))
    owner = Owner.objects.get(user=world.owner)
    assert (job.rows_changed, owner.phone) == (1, "13911112222")
    assert serves(world.owner, f"/compounds/{world.compound.public_id}/").status_code == 200


# -- Several at once, twice, late --------------------------------------------------------------------


def test_a_register_that_moved_on_is_compared_again_before_anything_is_written(roster_desk, world):
    desk = roster_desk(world.officer)
    desk.bring(as_xlsx(home("101")))
    early = desk.preview(desk.upload(as_xlsx(home("101", area="70.00"))))
    desk.bring(as_xlsx(home("101", area="80.00"), home("102")))

    early = desk.confirm(early)

    assert early.state == RosterImport.State.PREVIEWED
    assert "名册在您预览之后有变动" in desk.page(early)
    assert unit_at(world.bare_compound, "101").area == 80
    assert (early.rows_changed, early.rows_absent) == (1, 1)
    assert desk.confirm(early).state == RosterImport.State.DONE
    assert unit_at(world.bare_compound, "101").area == 70


def test_a_second_delivery_of_the_job_does_nothing(roster_desk, world):
    desk = roster_desk(world.officer)
    job = desk.bring(as_xlsx(home("101")))
    roster.process(job.pk, on=date(2026, 10, 29))
    assert Unit.objects.filter(building__compound=world.bare_compound).count() == 1
    assert ActionRecord.objects.filter(act="导入业主名册").count() == 1


def test_a_second_confirmation_is_told_that_it_came_late(roster_desk, world):
    desk = roster_desk(world.officer)
    job = desk.bring(as_xlsx(home("101")))
    answer = desk.client.post(desk.address("roster_confirm", job), {"mode": "good_rows"}, follow=True)
    assert "不能再这样办理" in answer.content.decode()


def test_staged_rows_that_a_crash_emptied_are_read_again(roster_desk, world):
    desk = roster_desk(world.officer)
    job = desk.preview(desk.upload(as_xlsx(home("101"))))
    RosterRow.objects.all().delete()
    job = desk.confirm(job)
    assert job.state == RosterImport.State.PREVIEWED
    assert desk.confirm(job).state == RosterImport.State.DONE


def test_an_import_given_up_writes_nothing_and_forgets_its_rows(roster_desk, world):
    desk = roster_desk(world.officer)
    job = desk.preview(desk.upload(as_xlsx(home("101"))))
    desk.client.post(desk.address("roster_drop", job))
    job.refresh_from_db()
    assert job.state == RosterImport.State.REFUSED
    assert not RosterRow.objects.exists()
    assert "没有导入任何一行" in desk.page(job)


def test_personal_data_of_old_imports_is_forgotten(roster_desk, world, on_day):
    desk = roster_desk(world.officer)
    kept = desk.bring(as_xlsx(home("101"), home("102", "")))
    waiting = desk.preview(desk.upload(as_xlsx(home("103"))))
    on_day(date(2026, 11, 28), time(11))
    roster.forget_old_rows(now=timezone.now())
    assert RosterRow.objects.filter(roster_import=kept).count() == 1
    on_day(date(2026, 11, 28), time(13))
    desk = roster_desk(world.officer)
    roster.forget_old_rows(now=timezone.now() + timedelta(seconds=1))
    assert not RosterRow.objects.exists()
    waiting.refresh_from_db()
    assert waiting.state == RosterImport.State.REFUSED
    assert serves(world.officer, desk.address("roster_import", kept)).status_code == 200
