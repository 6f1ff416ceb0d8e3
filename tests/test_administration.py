"""The data pages: for administrators only, no way around a service, tables in and out by the house's own reader."""

import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import BytesIO
from threading import Barrier

import pytest
import time_machine
from django.apps import apps
from django.contrib import admin
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.urls import reverse
from openpyxl import Workbook, load_workbook

from accounts.models import ActionRecord, User
from communities.models import Appointment, Building, Compound, PropertyFirm, Village
from communities.services import appoint
from files.reading import read_table
from kernel.errors import DomainError
from supervision.models import Holiday
from tests.cast import NOON, TODAY, World, build_world, credit_code

PAGES = [
    "admin:index",
    *(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist" for model in admin.site._registry),
]
HEADER = ["村（社区）", "小区", "类型", "建成年份", "地址", "有公维金", "有电梯", "有小微权力监督微信群"]
ROW = ["仑后村", "仑后新苑", "安置房小区", 2016, "仑后路 8 号", "是", "否", "是"]


@pytest.fixture
def administrator(db) -> User:
    """系统管理员, who keeps master data."""
    return User.objects.create_user("system", name="系统管理员", is_staff=True)


@pytest.fixture
def keeper(db) -> User:
    """权限管理员, who keeps accounts."""
    return User.objects.create_superuser("keeper", name="权限管理员")


def table(*rows: list, name: str = "小区.xlsx") -> SimpleUploadedFile:
    book = Workbook()
    for row in rows:
        book.active.append(row)
    data = BytesIO()
    book.save(data)
    return SimpleUploadedFile(name, data.getvalue())


# -- Who comes in --------------------------------------------------------------------------------------------


#: What administrators of either kind see; accounts are the permission administrator's, all else the system's.
SHARED = {"admin:index", "admin:accounts_actionrecord_changelist"}


@pytest.mark.parametrize("page", PAGES)
def test_only_administrators_come_in_and_each_to_their_own(world, administrator, keeper, page):
    url = reverse(page)
    assert Client().get(url, follow=False)["Location"].startswith(("/login/", "/admin/login/"))
    for person in (world.officer, world.leader, world.auditor, world.cadre, world.chair, world.manager, world.owner):
        assert _client(person).get(url, follow=True).status_code == 403
    is_accounts = page == "admin:accounts_user_changelist"
    assert _client(administrator).get(url).status_code == (403 if is_accounts else 200)
    assert _client(keeper).get(url).status_code == (200 if is_accounts or page in SHARED else 403)


def test_the_data_pages_have_no_login_of_their_own(db):
    answer = Client().get("/admin/login/?next=/admin/")
    assert answer.status_code == 302
    assert answer["Location"] == "/login/?next=/admin/"


def test_only_master_data_can_be_changed_there(administrator, keeper, rf):
    request = rf.get("/admin/")
    request.user = keeper
    assert [m._meta.label for m, page in admin.site._registry.items() if page.has_change_permission(request)] == [
        "accounts.User"
    ]
    request.user = administrator
    changeable = {
        model._meta.label for model, page in admin.site._registry.items() if page.has_change_permission(request)
    }
    assert changeable == {
        "communities.Building",
        "communities.City",
        "communities.Compound",
        "communities.PropertyFirm",
        "communities.Town",
        "communities.Village",
        "supervision.Holiday",
    }
    deletable = {model for model, page in admin.site._registry.items() if page.has_delete_permission(request)}
    assert deletable == {Holiday}


@pytest.mark.parametrize("who", ["administrator", "keeper"])
def test_no_append_only_table_is_editable_there(request, who, rf):
    asked = rf.get("/admin/")
    asked.user = request.getfixturevalue(who)
    request = asked
    for model in apps.get_models():
        page = admin.site._registry.get(model)
        if getattr(model, "append_only", False) and page is not None:
            assert not page.has_add_permission(request)
            assert not page.has_change_permission(request)
            assert not page.has_delete_permission(request)


def test_the_pages_speak_chinese(administrator):
    shown = _client(administrator).get(reverse("admin:index")).content.decode()
    for word in ("数据管理", "村（社区）", "小区", "物业服务企业", "节假日与调休", "操作记录"):
        assert word in shown


# -- Accounts ------------------------------------------------------------------------------------------------


def test_a_new_account_waits_for_its_first_password(keeper):
    client = _client(keeper)
    client.post(
        reverse("admin:accounts_user_add"),
        {"username": "xulm", "name": "许丽明", "is_active": "on", "is_superuser": "on", "password": "chosen-by-staff"},
    )
    made = User.objects.get(username="xulm")
    assert not made.is_active
    assert not made.is_superuser
    assert not made.has_usable_password()
    assert ActionRecord.objects.filter(act="新增用户", by=keeper, subject__public_id=made.public_id).exists()


def test_first_passwords_are_random_and_shown_once(keeper, world):
    client = _client(keeper)
    answer = client.post(
        reverse("admin:accounts_user_changelist"),
        {"action": "issue_passwords", "_selected_action": [world.officer.pk]},
    )
    shown = answer.content.decode()
    password = shown.split("<code>")[1].split("</code>")[0]
    world.officer.refresh_from_db()
    assert world.officer.check_password(password)
    assert "no-store" in answer["Cache-Control"]
    assert not ActionRecord.objects.filter(detail__contains=password).exists()


def test_whoever_gets_a_first_password_can_sign_in(keeper):
    waiting = User.objects.create_user("waiting", name="待邀请", is_active=False)
    answer = _client(keeper).post(
        reverse("admin:accounts_user_changelist"), {"action": "issue_passwords", "_selected_action": [waiting.pk]}
    )
    password = answer.content.decode().split("<code>")[1].split("</code>")[0]
    signed_in = Client().post("/login/", {"username": "waiting", "password": password})
    assert signed_in.status_code == 302


def test_an_administrator_gives_themselves_nothing(keeper):
    client = _client(keeper)
    answer = client.post(
        reverse("admin:accounts_user_changelist"), {"action": "issue_passwords", "_selected_action": [keeper.pk]}
    )
    assert "未发放" in answer.content.decode()
    own = reverse("admin:accounts_user_change", args=[keeper.pk])
    assert 'name="duty"' not in client.get(own).content.decode()
    client.post(own, {"username": "keeper", "name": "改名", "duty": "system"})
    keeper.refresh_from_db()
    assert (keeper.name, keeper.is_staff, keeper.is_superuser, keeper.is_active) == ("改名", True, True, True)


def test_the_system_administrator_changes_no_account(administrator, keeper, world):
    client = _client(administrator)
    for url in (
        reverse("admin:accounts_user_change", args=[world.officer.pk]),
        reverse("admin:accounts_user_change", args=[administrator.pk]),
        reverse("admin:accounts_user_add"),
    ):
        assert client.get(url).status_code == 403
        assert client.post(url, {"username": "x", "name": "改名", "duty": "permissions"}).status_code == 403
    for action in ("issue_passwords", "reset_second_factors"):
        asked = {"action": action, "_selected_action": [keeper.pk]}
        assert client.post(reverse("admin:accounts_user_changelist"), asked).status_code == 403


# -- Three duties, three people ------------------------------------------------------------------------------


def _tick(client: Client, person: User, duty: str):
    typed = {"username": person.username, "name": person.name, "phone": person.phone, "is_active": "on", "duty": duty}
    return client.post(reverse("admin:accounts_user_change", args=[person.pk]), typed)


def test_an_administrator_is_made_with_one_duty_and_unmade(keeper, world):
    client = _client(keeper)
    for duty, ticks in (("system", (True, False)), ("permissions", (True, True)), ("", (False, False))):
        assert _tick(client, world.stranger, duty).status_code == 302
        world.stranger.refresh_from_db()
        assert (world.stranger.is_staff, world.stranger.is_superuser) == ticks
    assert _tick(client, world.stranger, "both").status_code == 200
    assert ActionRecord.objects.filter(act="修改用户", by=keeper, detail__contains="管理职责").count() == 3


@pytest.mark.parametrize("duty", ["system", "permissions"])
def test_an_auditor_is_made_no_administrator(keeper, world, duty):
    client = _client(keeper)
    assert "不能兼任管理员" in _tick(client, world.auditor, duty).content.decode()
    world.auditor.refresh_from_db()
    assert not world.auditor.is_staff
    world.auditor.appointments.update(until_on=TODAY - timedelta(days=1))
    with time_machine.travel(NOON + timedelta(days=365)):  # past the day in the database's own clock
        assert _tick(_client(keeper), world.auditor, duty).status_code == 302


@pytest.mark.parametrize("who", ["administrator", "keeper"])
def test_an_administrator_is_appointed_no_auditor(request, world, who):
    person, post = request.getfixturevalue(who), world.posts["auditor"]
    answer = _client(world.officer).post(
        reverse("communities:appoint", args=[post.public_id]), {"username": person.username, "from_on": "2026-10-29"}
    )
    assert answer.status_code == 422
    assert "不能兼任审计人员" in answer.content.decode()
    with pytest.raises(DomainError, match="不能兼任审计人员"):
        appoint(post, user=person, from_on=TODAY, by=None)
    assert appoint(post, user=world.stranger, from_on=TODAY, by=None).user == world.stranger


def test_the_database_keeps_the_duties_apart_whoever_writes(world, administrator):
    with pytest.raises(IntegrityError, match="an auditor administers nothing"), transaction.atomic():
        User.objects.filter(pk=world.auditor.pk).update(is_staff=True)
    with pytest.raises(IntegrityError, match="an auditor administers nothing"), transaction.atomic():
        Appointment.objects.create(post=world.posts["auditor"], user=administrator, from_on=TODAY)
    with pytest.raises(IntegrityError, match="a_permission_administrator_is_an_administrator"), transaction.atomic():
        User.objects.filter(pk=world.stranger.pk).update(is_superuser=True)
    Appointment.objects.create(post=world.posts["auditor"], user=world.stranger, from_on=TODAY)


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_one_makes_an_auditor_or_the_other_an_administrator():
    world = build_world()
    begun = Barrier(2)

    def tick() -> str:
        return _tries(lambda: User.objects.filter(pk=world.stranger.pk).update(is_staff=True))

    def audit() -> str:
        return _tries(
            lambda: Appointment.objects.create(post=world.posts["auditor"], user=world.stranger, from_on=TODAY)
        )

    def _tries(act) -> str:
        try:
            begun.wait(timeout=10)
            with transaction.atomic():
                act()
                time.sleep(0.3)
        except IntegrityError:
            return "refused"
        finally:
            connection.close()
        return "done"

    with ThreadPoolExecutor(2) as pool:
        outcomes = [one.result() for one in [pool.submit(tick), pool.submit(audit)]]
    assert sorted(outcomes) == ["done", "refused"]
    audits = world.stranger.appointments.exists()
    world.stranger.refresh_from_db()
    assert audits != world.stranger.is_staff


def test_the_trail_is_not_the_administrators_to_read_edit_or_purge(administrator):
    client = _client(administrator)
    assert client.get("/admin/accounts/actionrecord/").status_code == 404
    assert client.post("/admin/accounts/actionrecord/", {"action": "delete_selected"}).status_code == 404
    assert client.get("/trail/").status_code == 403


# -- Places and firms ----------------------------------------------------------------------------------------


def test_a_building_is_entered_once_however_it_is_written(administrator, world):
    client, url = _client(administrator), reverse("admin:communities_building_add")
    twin = client.post(url, {"compound": world.compound.pk, "text": "３＃"})
    assert "与所填是同一楼栋" in twin.content.decode()
    client.post(url, {"compound": world.compound.pk, "text": "4栋"})
    assert Building.objects.get(compound=world.compound, key="4").text == "4栋"


def test_a_credit_code_is_checked_and_normalised(administrator, db):
    client, url = _client(administrator), reverse("admin:communities_propertyfirm_add")
    wrong = client.post(url, {"name": "示例物业", "credit_code": credit_code(7)[:-1] + "0"})
    assert "校验位" in wrong.content.decode()
    client.post(url, {"name": "示例物业", "credit_code": f" {credit_code(7).lower()} "})
    assert PropertyFirm.objects.get().credit_code == credit_code(7)


# -- Tables in and out ---------------------------------------------------------------------------------------


def test_compounds_are_imported_after_a_preview(administrator, world):
    client = _client(administrator)
    preview = _upload(client, table(HEADER, ROW))
    assert Compound.objects.filter(name="仑后新苑").count() == 0, "a preview writes nothing"
    _confirm(client, preview)
    made = Compound.objects.get(name="仑后新苑")
    assert (made.village, made.kind, made.has_lift, made.built_year) == (world.village, "resettlement", False, 2016)
    assert ActionRecord.objects.get(act="导入小区").detail == "新增 1 行，更新 0 行"


def test_importing_the_same_table_again_changes_nothing(administrator, world):
    client = _client(administrator)
    for _ in range(2):
        _confirm(client, _upload(client, table(HEADER, ROW)))
    assert Compound.objects.filter(name="仑后新苑").count() == 1
    assert ActionRecord.objects.filter(act="导入小区").latest("id").detail == "新增 0 行，更新 0 行"


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({0: "无名村"}, "没有名为“无名村”的村（社区）"),
        ({2: "别墅"}, "应为商品房小区、安置房小区、老旧小区之一"),
        ({5: "有"}, "应填“是”或“否”"),
        ({3: 1900}, "1950"),
    ],
)
def test_a_bad_row_is_named_and_nothing_is_imported(administrator, world, changed, message):
    row = [changed.get(place, cell) for place, cell in enumerate(ROW)]
    shown = _upload(_client(administrator), table(HEADER, ROW, row)).content.decode()
    assert message in shown
    assert "confirm" not in shown.lower() or 'name="import_file_name"' not in shown
    assert not Compound.objects.filter(name="仑后新苑").exists()


def test_a_table_that_is_none_is_refused_in_words(administrator, world):
    client = _client(administrator)
    shown = _upload(client, SimpleUploadedFile("小区.xlsx", b"<html></html>")).content.decode()
    assert "Traceback" not in shown
    assert 'name="import_file_name"' not in shown
    shown = _upload(client, table(["小区", "地址"], ["甲", "乙"])).content.decode()
    assert "表头缺少" in shown


def test_exports_hold_text_as_text(administrator, world):
    Village.objects.create(town=world.town, name="=1+1", duty_area="@SUM(A1)")
    answer = _client(administrator).post(
        reverse("admin:communities_village_export"),
        {"format": "0", "resource": ""},
    )
    rows = list(load_workbook(BytesIO(answer.content)).active.iter_rows())
    cells = {cell.value: cell.data_type for row in rows for cell in row if cell.value}
    assert cells["=1+1"] == cells["@SUM(A1)"] == "s"
    assert ActionRecord.objects.filter(act="导出村（社区）", by=administrator).exists()


def test_what_was_exported_can_be_imported(administrator, world):
    client = _client(administrator)
    answer = client.post(reverse("admin:communities_compound_export"), {"format": "0", "resource": ""})
    assert read_table(answer.content, name="小区.xlsx").rows[0] == HEADER
    _confirm(client, _upload(client, SimpleUploadedFile("小区.xlsx", answer.content)))
    assert ActionRecord.objects.get(act="导入小区").detail == "新增 0 行，更新 0 行"
    assert Compound.objects.count() == 3


def _client(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def _upload(client: Client, file: SimpleUploadedFile):
    url = reverse("admin:communities_compound_import")
    return client.post(url, {"import_file": file, "format": "0", "resource": ""})


def _confirm(client: Client, preview) -> None:
    form = preview.context["confirm_form"]
    done = client.post(reverse("admin:communities_compound_process_import"), form.initial)
    assert done.status_code == 302


def test_the_cast_is_not_administrators(world: World):
    assert not any(person.is_staff for person in world.people.values())
