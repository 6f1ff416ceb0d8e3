"""An inspection on site: written on a phone stop by stop, handed in once, corrected by withdrawal only."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from PIL import Image

from accounts.models import ActionRecord, User
from evaluations.appraisal_rules import Source
from evaluations.models import AppraisalMethod, Finding, FindingPhoto, FindingWithdrawal, Inspection
from evaluations.services.appraisals.methods import method_of, save_method
from evaluations.services.fieldwork import findings_of
from evaluations.services.inspecting import hand_in, take_out, withdraw_finding
from files.services import open_stored
from kernel.errors import ConflictError, DomainError
from kernel.periods import Period
from notices.models import Message
from tests import books
from tests.cast import NOON, TODAY, World
from tests.doors import hides_from, refuses, requires_login, serves
from tests.inspecting import CLEANING, POSTERS, begun, found, inspected
from tests.statements import CEILING, statements

ClientOf = Callable[[User | None], Client]
HALF = Period.parse("2026H2")
DATABASE_REFUSES = DatabaseError


@pytest.fixture
def cadre(world: World, client_of: ClientOf) -> Client:
    return client_of(world.cadre)


def page_of(inspection: Inspection) -> str:
    return reverse("fieldwork:inspection", args=[inspection.public_id])


def sent(client: Client, url: str, data: dict[str, object]) -> str:
    answer = client.post(url, data, follow=True)
    assert answer.status_code == 200, answer.content.decode()
    return answer.content.decode()


def fault(**told: object) -> dict[str, object]:
    return {"code": CLEANING, "points": "2", "words": "3号楼楼道积尘", "photos": books.picture()} | told


# -- On the phone ------------------------------------------------------------------------------------------------------


def test_a_cadre_inspects_stop_by_stop_hands_in_and_the_manager_is_told(
    world: World, cadre: Client, client_of: ClientOf
) -> None:
    assert "仑后花园" in cadre.get("/inspections/where/").content.decode()
    sent(cadre, reverse("fieldwork:begin_inspection", args=[world.compound.public_id]), {})
    draft = Inspection.objects.get()
    record, hand = (reverse(f"fieldwork:{name}", args=[draft.public_id]) for name in _ACTS)
    assert "已记下：扣 2.00 分" in sent(cadre, record, fault())
    # Another stop, another day, another browser: the draft is there.
    again = client_of(world.cadre)
    assert "接着写" in again.get("/inspections/").content.decode()
    photos = [books.picture("blue", "甲.png"), books.picture("red", "乙.png")]
    sent(again, record, fault(code=POSTERS, points="０．５", words="宣传栏破损", photos=photos))
    told = {"visited_on": "2026-10-28", "companions": "黄明辉", "checked": [CLEANING, POSTERS, "C2"]}
    page = sent(again, hand, told)

    draft.refresh_from_db()
    assert (draft.visited_on, draft.checked) == (date(2026, 10, 28), [POSTERS, "C2", CLEANING])
    assert sorted(draft.findings.values_list("code", "points")) == [
        (POSTERS, Decimal("0.50")),
        (CLEANING, Decimal("2.00")),
    ]
    assert FindingPhoto.objects.count() == 3
    assert "检查已提交" in page
    message = Message.objects.get(recipient=world.manager)
    assert message.title == "仑后花园：2026年10月28日现场检查结果"
    assert "发现问题 2 处，共扣 2.50 分" in message.body
    assert set(ActionRecord.objects.filter(by=world.cadre).values_list("act", flat=True)) >= {
        "开始现场检查",
        "记录检查问题",
        "提交现场检查",
    }
    for person in (world.manager, world.chair, world.officer, world.auditor):
        seen = client_of(person).get(page_of(draft)).content.decode()
        assert "宣传栏破损" in seen, person
        assert "−2.00 分" in seen


_ACTS = ("record_finding", "hand_in_inspection")

WRONG = {
    "no item": ({"code": ""}, "请选择扣分的项目"),
    "an item scored by hand": ({"code": "R2"}, "请选择扣分的项目"),
    "nothing": ({"points": "0"}, "扣分应大于 0"),
    "more than the item has": ({"points": "6.01"}, "不超过 6.00"),
    "less than nothing": ({"points": "-1"}, "扣分应大于 0"),
    "three decimals": ({"points": "0.125"}, "最多两位小数"),
    "no number": ({"points": "两分"}, "请填数字"),
    "no words": ({"words": " "}, "请写明地点和情况"),
    "no photo": ({"photos": ""}, "请至少拍一张照片"),
    "no picture": ({"photos": SimpleUploadedFile("a.png", b"GIF89a nothing")}, "请核对文件"),
    "seven photos": ({"photos": [books.picture(name=f"{n}.png") for n in range(7)]}, "最多 6 张"),
}


@pytest.mark.parametrize("case", WRONG)
def test_what_is_typed_wrongly_is_named_and_nothing_typed_is_lost(world: World, cadre: Client, case: str) -> None:
    draft = begun(world.compound, by=world.cadre)
    wrong, words = WRONG[case]
    answer = cadre.post(reverse("fieldwork:record_finding", args=[draft.public_id]), fault(**wrong))
    assert answer.status_code == 422
    page = answer.content.decode()
    assert words in page
    assert case == "no words" or "3号楼楼道积尘" in page
    assert not draft.findings.exists()


def test_a_photo_taken_stays_where_another_field_was_wrong(world: World, cadre: Client) -> None:
    draft = begun(world.compound, by=world.cadre)
    url = reverse("fieldwork:record_finding", args=[draft.public_id])
    answer = cadre.post(url, fault(points=""))
    assert "已保留：" in answer.content.decode()
    kept = answer.context["form"]["kept"].value()
    sent(cadre, url, fault(photos="", kept=kept))
    assert FindingPhoto.objects.count() == 1


def test_the_whole_points_of_an_item_may_go_and_two_findings_may_take_more_than_it_has(world: World) -> None:
    draft = begun(world.compound, by=world.cadre)
    found(draft, by=world.cadre, points="6")
    found(draft, by=world.cadre, points="0.01")
    assert sum(draft.findings.values_list("points", flat=True)) == Decimal("6.01")


def test_a_photo_loses_where_and_when_it_was_taken(world: World, cadre: Client) -> None:
    exif = Image.Exif()
    exif.get_ifd(0x8825)[2] = (24.0, 43.0, 0.0)
    exif[0x0132] = "2026:10:22 15:00:00"
    body = BytesIO()
    Image.new("RGB", (60, 40), "green").save(body, "JPEG", exif=exif)
    upload = SimpleUploadedFile("现场.jpg", body.getvalue())
    draft = begun(world.compound, by=world.cadre)
    sent(cadre, reverse("fieldwork:record_finding", args=[draft.public_id]), fault(photos=upload))
    with open_stored(FindingPhoto.objects.get().file) as stored, Image.open(stored) as picture:
        assert not picture.getexif()


def test_a_finding_of_a_draft_is_taken_out_and_a_draft_given_up(world: World, cadre: Client) -> None:
    draft = begun(world.compound, by=world.cadre)
    one = found(draft, by=world.cadre)
    sent(cadre, reverse("fieldwork:take_out_finding", args=[draft.public_id, one.public_id]), {})
    assert not draft.findings.exists()
    found(draft, by=world.cadre)
    drop = reverse("fieldwork:drop_inspection", args=[draft.public_id])
    assert "不能恢复" in cadre.get(drop).content.decode()
    sent(cadre, drop, {})
    assert not Inspection.objects.exists()


# -- Handing in --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("told", "words"),
    [
        ({"visited_on": "2026-10-30"}, "不能晚于今天"),
        ({"visited_on": "2026-06-30"}, "日期应在其中"),
        ({"visited_on": ""}, "请选择日期"),
        ({"checked": []}, "请勾选这次检查了哪些项目"),
        ({"checked": ["R2"]}, "R2"),
    ],
)
def test_a_hand_over_that_cannot_be_says_why(world: World, cadre: Client, told: dict, words: str) -> None:
    draft = begun(world.compound, by=world.cadre)
    data = {"visited_on": "2026-10-29", "checked": [CLEANING]} | told
    answer = cadre.post(reverse("fieldwork:hand_in_inspection", args=[draft.public_id]), data)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    draft.refresh_from_db()
    assert not draft.is_handed_in


@pytest.mark.parametrize("day", [date(2026, 7, 1), TODAY])
def test_the_first_day_of_the_half_year_and_today_count(world: World, day: date) -> None:
    assert inspected(world.compound, by=world.cadre, on=day).visited_on == day


def test_once_handed_in_nothing_of_it_changes_by_any_door(world: World, cadre: Client) -> None:
    done = inspected(world.compound, (CLEANING, "2"), by=world.cadre)
    one = done.findings.get()
    for name, args in (
        ("record_finding", [done.public_id]),
        ("hand_in_inspection", [done.public_id]),
        ("drop_inspection", [done.public_id]),
        ("take_out_finding", [done.public_id, one.public_id]),
    ):
        cadre.post(reverse(f"fieldwork:{name}", args=args), fault() | {"visited_on": "2026-10-28", "checked": ["C1"]})
    with pytest.raises(ConflictError):
        take_out(one, by=world.cadre, at=NOON)
    with pytest.raises(ConflictError):
        hand_in(done, visited_on=TODAY, checked=["C1"], by=world.cadre, at=NOON)
    for write in (
        lambda: Inspection.objects.filter(pk=done.pk).update(checked=["C1"]),
        lambda: Inspection.objects.filter(pk=done.pk).delete(),
        lambda: Finding.objects.filter(pk=one.pk).update(points=1),
        lambda: FindingPhoto.objects.all().delete(),
        lambda: Finding.objects.create(inspection=done, code="C1", points=1, words="后加", found_at=NOON),
    ):
        with pytest.raises(DATABASE_REFUSES), transaction.atomic():
            write()
    assert list(done.findings.values_list("points", flat=True)) == [Decimal("2.00")]
    assert Inspection.objects.get().checked == done.checked


def test_a_mistake_is_withdrawn_with_a_reason_read_by_all_and_counts_no_more(
    world: World, cadre: Client, client_of: ClientOf
) -> None:
    done = inspected(world.compound, (CLEANING, "2"), (POSTERS, "1"), by=world.cadre)
    one = done.findings.get(code=CLEANING)
    url = reverse("fieldwork:withdraw_finding", args=[one.public_id])
    assert cadre.post(url, {"reason": " "}).status_code == 422
    sent(cadre, url, {"reason": "该处属另一小区"})
    page = client_of(world.manager).get(page_of(done)).content.decode()
    assert "已撤回，不扣分" in page
    assert "该处属另一小区" in page
    assert '共扣 <span class="num">1.00</span> 分' in page
    points = {fact.item_code: fact.points for fact in findings_of(world.town, HALF)[world.compound.pk, world.firm.pk]}
    assert points[POSTERS] == 1
    assert points.get(CLEANING, 0) == 0
    with pytest.raises(ConflictError, match="已经撤回"):
        withdraw_finding(Finding.objects.get(pk=one.pk), reason="再撤一次", by=world.officer, at=NOON)
    with pytest.raises(DATABASE_REFUSES), transaction.atomic():
        FindingWithdrawal.objects.all().delete()
    assert Message.objects.filter(recipient=world.manager, title__contains="已撤回").count() == 1


# -- Who, and where ----------------------------------------------------------------------------------------------------


def test_town_and_village_inspect_and_nobody_else(world: World, client_of: ClientOf) -> None:
    begin = reverse("fieldwork:begin_inspection", args=[world.compound.public_id])
    requires_login(begin, data={})
    for person in (world.leader, world.auditor, world.chair, world.manager, world.owner):
        refuses(person, begin, data={})
        refuses(person, "/inspections/where/")
    hides_from(world.other_cadre, begin, data={})
    serves(world.officer, begin, data={})
    serves(world.cadre, begin, data={})
    assert Inspection.objects.count() == 2


def test_a_draft_is_its_authors_and_the_firm_sees_it_only_when_handed_in(world: World, client_of: ClientOf) -> None:
    draft = begun(world.compound, by=world.cadre)
    one = found(draft, by=world.cadre)
    page, photo = page_of(draft), reverse("fieldwork:finding_photo", args=[one.photos.get().file.public_id])
    record = reverse("fieldwork:record_finding", args=[draft.public_id])
    for outsider in (world.manager, world.chair, world.owner, world.other_cadre, world.stranger):
        hides_from(outsider, page)
        hides_from(outsider, photo)
    serves(world.officer, page)
    refuses(world.officer, record, data=fault())
    serves(world.cadre, page)
    hand_in(draft, visited_on=TODAY, checked=[CLEANING], by=world.cadre, at=NOON)
    for insider in (world.manager, world.clerk, world.chair, world.supervisor, world.auditor):
        serves(insider, page)
        serves(insider, photo)
    for outsider in (world.owner, world.other_manager, world.other_cadre):
        hides_from(outsider, page)
        hides_from(outsider, photo)
    leads = serves(world.manager, reverse("fieldwork:finding", args=[one.public_id]))
    assert leads["Location"] == f"{page}#{one.public_id}"
    refuses(world.manager, reverse("fieldwork:withdraw_finding", args=[one.public_id]))


def test_a_compound_without_a_firm_is_not_inspected(world: World, cadre: Client) -> None:
    page = sent(cadre, reverse("fieldwork:begin_inspection", args=[world.bare_compound.public_id]), {})
    assert "现在没有物业企业" in page
    assert not Inspection.objects.exists()


def test_beginning_twice_goes_on_with_the_same_draft_and_the_database_knows_no_second(world: World) -> None:
    first = begun(world.compound, by=world.cadre)
    assert begun(world.compound, by=world.cadre) == first
    assert begun(world.compound, by=world.officer) != first
    with pytest.raises(IntegrityError, match="one_inspection_of_a_compound_at_a_time"), transaction.atomic():
        Inspection.objects.create(
            compound=world.compound, firm=world.firm, period="2026H2", method=first.method, begun_by=world.cadre,
            begun_at=NOON,
        )  # fmt: skip


def test_a_draft_of_a_half_year_that_is_over_cannot_go_on(world: World) -> None:
    begun(world.compound, by=world.cadre, at=NOON - timedelta(days=130))
    with pytest.raises(DomainError, match="2026年上半年的检查没有提交"):
        begun(world.compound, by=world.cadre)


# -- What an appraisal takes -------------------------------------------------------------------------------------------


def test_an_appraisal_takes_findings_and_items_found_in_order(
    world: World, django_assert_num_queries: Callable
) -> None:
    inspected(world.compound, (CLEANING, "2"), by=world.cadre, checked=[POSTERS])
    inspected(world.compound, (CLEANING, "1.5"), by=world.officer, checked=[])
    inspected(world.other_compound, by=world.officer, checked=[POSTERS, CLEANING])
    begun(world.compound, by=world.cadre)
    with django_assert_num_queries(4):
        facts = findings_of(world.town, HALF)
    ours = facts[world.compound.pk, world.firm.pk]
    assert sorted((one.item_code, one.points) for one in ours) == [
        (POSTERS, 0),
        (CLEANING, Decimal("1.50")),
        (CLEANING, Decimal("2.00")),
    ]
    theirs = facts[world.other_compound.pk, world.other_firm.pk]
    assert {one.item_code: one.points for one in theirs} == {POSTERS: 0, CLEANING: 0}
    assert findings_of(world.town, HALF.previous()) == {}


def test_an_item_keeps_its_findings_when_the_method_numbers_it_anew_and_one_dropped_is_left_out(
    world: World, client_of: ClientOf
) -> None:
    done = inspected(world.compound, (CLEANING, "2"), (POSTERS, "1"), by=world.cadre, checked=[])
    items = method_of(world.town, HALF).item_list
    rows = [(item.head, item.label, item.points, item.source) for item in items if item.code != POSTERS]
    dropped, first = (
        next(item for item in items if item.code == POSTERS),
        next(row for row in rows if row[3] is Source.INSPECTION),
    )
    rows[rows.index(first)] = (first[0], first[1], first[2] + dropped.points, first[3])
    cleaning = next(row for row in rows if row[1] == "保洁")
    rows.remove(cleaning)
    rows.append(cleaning)
    save_method(world.town, HALF, rows=rows, most_adjustment=Decimal(5), vetoes=["拒不整改"], by=world.officer, at=NOON)
    now = AppraisalMethod.objects.of(world.town.pk, HALF).first()
    renumbered = next(item.code for item in now.item_list if item.label == "保洁")
    assert renumbered != CLEANING
    facts = findings_of(world.town, HALF)[world.compound.pk, world.firm.pk]
    assert [(one.item_code, one.points) for one in facts] == [(renumbered, Decimal("2.00"))]
    assert "宣传氛围" in client_of(world.manager).get(page_of(done)).content.decode()


def test_the_list_and_the_page_cost_the_same_for_one_and_for_many(world: World, cadre: Client) -> None:
    one = inspected(world.compound, (CLEANING, "1"), by=world.cadre)
    urls = ["/inspections/", "/inspections/where/"]
    before = [statements(cadre, url) for url in [*urls, page_of(one)]]
    for _ in range(3):
        many = inspected(world.compound, *[(CLEANING, "1")] * 5, by=world.cadre)
    after = [statements(cadre, url) for url in [*urls, page_of(many)]]
    assert after == before
    assert max(after) <= CEILING
