"""An edition is prepared by one, approved by another, numbered, frozen, and corrected by another edition only."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test import Client

from baogai.editions import begin_correction, begin_edition, issue
from communities.models import Village
from kernel.errors import ConflictError, DomainError
from kernel.periods import Period
from notices.models import Edition, EditionDraft, LetterCounter, Message
from notices.rules import EditionKind, EditionStage
from notices.services.editions import Wording, drop_draft, submit_draft, verify_editions
from supervision.models import Extension, Obligation
from supervision.rules import Duty
from tests.cast import NOON, TODAY, World
from tests.disclosing import at, owe
from tests.doors import hides_from, refuses, requires_login, serves
from tests.editing import COUNTS, QUARTER, WORDING, done, drafted, issued, second_quarter
from tests.statements import CEILING, statements

ClientOf = Callable[..., Client]
NEW = "/editions/work/new/350581101/"


def _form(**changed: Any) -> dict[str, Any]:
    told = {"choice": f"disclosures:{QUARTER.code}", "series": WORDING.series, "issuer": WORDING.issuer}
    return told | {"request": WORDING.request} | changed


def test_the_office_prepares_another_approves_and_everybody_reads_it(world: World, client_of: ClientOf) -> None:
    second_quarter(world)
    officer, leader, nobody = client_of(world.officer), client_of(world.leader), client_of(None)
    answer = officer.post(NEW, _form())
    draft = EditionDraft.objects.get()
    assert answer["Location"] == f"/editions/work/drafts/{draft.public_id}/"
    page = officer.get(answer["Location"]).content.decode()
    assert "全镇2个小区应公示2026年第二季度公共收益收支的单位共4个" in page
    assert "批准并发布" not in page
    officer.post(f"{answer['Location']}submit/")
    assert "待批准" in leader.get("/desk/").content.decode()
    assert "批准并发布" in leader.get(answer["Location"]).content.decode()
    leader.post(f"{answer['Location']}issue/")
    edition = Edition.objects.get()
    assert edition.letter_number == "宝小区通〔2026〕1号"
    assert (edition.prepared_by, edition.approved_by) == (world.officer, world.leader)
    public = nobody.get(f"/editions/{edition.public_id}/").content.decode()
    assert "宝小区通〔2026〕1号" in public
    assert "组长 柳建安" in public
    assert edition.hash[:4] in public
    totals = {total["label"]: str(total["value"]) for total in edition.figures["totals"]}
    assert COUNTS.items() <= totals.items()
    assert totals["按期率"] == "25.00%"
    assert edition.public_id in nobody.get("/editions/").content.decode()


def test_whoever_prepared_it_cannot_approve_it_and_a_leader_cannot_prepare(world: World, client_of: ClientOf) -> None:
    second_quarter(world)
    draft = drafted(world)
    url = f"/editions/work/drafts/{draft.public_id}/issue/"
    refuses(world.officer, url, data={})
    refuses(world.auditor, url, data={})
    requires_login(url, data={})
    hides_from(world.chair, url, data={})
    assert not Edition.objects.exists()
    with pytest.raises(DomainError, match="编制人不能批准"):
        issue(draft, by=world.officer, at=NOON)
    refuses(world.leader, NEW, data=_form())
    serves(world.second_officer, url, data={})
    assert Edition.objects.get().approved_by == world.second_officer
    with pytest.raises(IntegrityError, match="nobody_approves_the_edition_they_prepared"), transaction.atomic():
        _copy_of(Edition.objects.get(), approved_by_id=world.officer.pk)


def _copy_of(edition: Edition, **changed: Any) -> Edition:
    """The same row once more, as somebody at the database would write it."""
    fields = [field for field in Edition._meta.concrete_fields if field.name not in ("id", "public_id")]
    return Edition.objects.create(**{field.attname: getattr(edition, field.attname) for field in fields} | changed)


def test_before_the_deadline_nothing_is_reported_and_an_extended_bearer_is_named_as_not_yet_due(
    world: World, client_of: ClientOf
) -> None:
    for bearer in (world.firm, world.committee):
        owe(world, "2026Q3", bearer)
    third = Period.parse("2026Q3")
    answer = client_of(world.officer).post(NEW, _form(choice="disclosures:2026Q3"))
    assert "期限是2026年10月31日，过后才能通报" in answer.content.decode()
    on_the_day, after = at(date(2026, 10, 31), 23, 59, 59), at(date(2026, 11, 1), 0, 0, 0)
    facts = {"kind": EditionKind.DISCLOSURES, "period": third, "wording": WORDING, "by": world.officer}
    with pytest.raises(DomainError, match="过后才能通报"):
        begin_edition(world.town, at=on_the_day, **facts)
    extension = Extension.objects.create(
        town=world.town,
        from_on=date(2026, 10, 31),
        until_on=date(2026, 10, 31),
        new_on=date(2026, 11, 10),
        reason="台风",
        basis="示例",
        entered_by=world.officer,
        entered_at=NOON,
    )
    Obligation.objects.filter(bearer_firm=world.firm).update(
        deadline_on=date(2026, 11, 10), unextended_on=date(2026, 10, 31), extension=extension
    )
    draft = begin_edition(world.town, at=after, **facts)
    states = {row["cells"][2]: row["cells"][-2:] for row in draft.figures["rows"]}
    assert states["物业"] == ["未到期", "已延期（原期限2026年10月31日）"]
    assert states["业委会"] == ["逾期未完成", ""]


def test_finished_quarters_and_half_years_are_offered(world: World, client_of: ClientOf) -> None:
    offered = client_of(world.officer).get(NEW).context["form"].fields["choice"].choices
    assert [label for _, label in offered] == [
        *(
            f"{quarter}公示情况通报"
            for quarter in ("2026年第三季度", "2026年第二季度", "2026年第一季度", "2025年第四季度")
        ),
        *(f"{half}测评考评结果" for half in ("2026年上半年", "2025年下半年")),
    ]


def test_what_is_typed_is_checked_and_stays_in_the_form(world: World, client_of: ClientOf) -> None:
    officer = client_of(world.officer)
    for changed, words in (
        ({"series": "BAO-1"}, "代字只用汉字"),
        ({"series": ""}, "请填写代字"),
        ({"issuer": ""}, "请填写发文机关"),
        ({"request": "要" * 1501}, "最多 1500 个字"),
        ({"choice": "results:2026H2"}, "请从列出的种类和期间中选择"),
        ({"choice": "results:2026H1"}, "没有可以通报的内容"),
        ({"choice": f"disclosures:{QUARTER.code}"}, "没有可以通报的内容"),
    ):
        page = officer.post(NEW, _form(**changed)).content.decode()
        assert words in page, changed
        assert "各村（社区）督促落实。" in page or "request" in changed
    assert not EditionDraft.objects.exists()


def test_it_goes_back_with_a_reason_and_is_drawn_anew(world: World, client_of: ClientOf) -> None:
    owed = second_quarter(world)
    draft = drafted(world)
    leader, officer = client_of(world.leader), client_of(world.officer)
    url = f"/editions/work/drafts/{draft.public_id}/"
    assert "请写明退回的理由" in leader.post(f"{url}return/", {"reason": " "}).content.decode()
    leader.post(f"{url}return/", {"reason": "杆头新村物业已补上，请重新取数"})
    assert "杆头新村物业已补上" in officer.get(url).content.decode()
    assert Message.objects.filter(recipient=world.officer, title__contains="被退回").count() == 1
    done(owed[2], when=NOON - timedelta(hours=1))
    officer.post(f"{url}reword/", {"series": "宝小区通", "issuer": "宝盖镇小区服务岗", "request": "抓紧补上。"})
    officer.post(f"{url}submit/")
    leader.post(f"{url}issue/")
    edition = Edition.objects.get()
    assert {total["label"]: total["value"] for total in edition.figures["totals"]}["逾期完成"] == 2
    assert edition.figures["request"] == ["抓紧补上。"]


def test_what_was_previewed_is_what_is_issued(world: World) -> None:
    """A fact changed for the very moment the figures are from; what came later changes nothing."""
    owed = second_quarter(world)
    draft = drafted(world)
    done(owed[2], when=NOON + timedelta(hours=1))
    Obligation.objects.filter(pk=owed[3].pk).update(released_on=TODAY, released_reason="登记有误")
    with pytest.raises(ConflictError, match="请退回，由编制人重新取数"):
        issue(draft, by=world.leader, at=NOON + timedelta(hours=2))
    Obligation.objects.filter(pk=owed[3].pk).update(released_on=None, released_reason="")
    edition = issue(draft, by=world.leader, at=NOON + timedelta(hours=2))
    assert {total["label"]: total["value"] for total in edition.figures["totals"]}["逾期未完成"] == 2


def test_numbers_run_from_one_in_each_series_and_year_and_a_dropped_draft_takes_none(world: World) -> None:
    second_quarter(world)
    drop_draft(drafted(world), by=world.officer, at=NOON)
    first = issued(world)
    found: list[Edition] = []
    for when, series in ((NOON, "宝小区通"), (at(date(2027, 1, 5)), "宝小区通"), (at(date(2027, 1, 6)), "宝小区函")):
        earlier = first if not found else found[-1]
        Obligation.objects.filter(period=QUARTER.code, fulfilled_at=None).first()
        draft = begin_correction(
            earlier,
            wording=Wording(series, WORDING.issuer, f"第{len(found)}次"),
            reason="核实",
            by=world.officer,
            at=when,
        )
        submit_draft(draft, by=world.officer, at=when)
        found.append(issue(draft, by=world.leader, at=when))
    numbers = [one.letter_number for one in (first, *found)]
    assert numbers == ["宝小区通〔2026〕1号", "宝小区通〔2026〕2号", "宝小区通〔2027〕1号", "宝小区函〔2027〕1号"]
    assert list(verify_editions()) == []
    assert LetterCounter.objects.count() == 3


def test_a_published_edition_cannot_be_changed_or_published_twice(world: World) -> None:
    second_quarter(world)
    draft = drafted(world)
    edition = issue(draft, by=world.leader, at=NOON)
    with pytest.raises(ConflictError, match="已经发布"):
        issue(draft, by=world.second_officer, at=NOON)
    with pytest.raises(ConflictError, match="已经发布，有误请在已发布的那一份上更正"):
        drafted(world)
    for change in ("UPDATE notices_edition SET reason = 'x'", "DELETE FROM notices_edition"):
        with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(change)
    with pytest.raises(IntegrityError, match="an_edition_is_issued_once_then_corrected"), transaction.atomic():
        _copy_of(edition, number=2, seq=2, prev="1" * 64, hash="2" * 64)


@pytest.mark.owner
def test_even_the_owner_of_the_tables_meets_the_trigger_and_a_change_past_it_is_found(world: World) -> None:
    second_quarter(world)
    issued(world)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute('UPDATE notices_edition SET figures = figures || \'{"title": "改"}\'')
    assert list(verify_editions()) == []
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE notices_edition DISABLE TRIGGER notices_edition_append_only")
        cursor.execute('UPDATE notices_edition SET figures = figures || \'{"title": "改"}\'')
        cursor.execute("ALTER TABLE notices_edition ENABLE ALWAYS TRIGGER notices_edition_append_only")
        cursor.execute("UPDATE notices_lettercounter SET last = 2")
    assert any("内容被改动" in fault for fault in verify_editions())
    assert any("缺号" in fault for fault in verify_editions())


def test_a_correction_is_a_new_edition_that_lists_every_difference(world: World, client_of: ClientOf) -> None:
    owed = second_quarter(world)
    edition = issued(world)
    officer = client_of(world.officer)
    url = f"/editions/work/{edition.public_id}/correct/"
    same = _form(reason="再看一遍")
    answer = officer.post(url, same)
    assert answer.status_code == 302
    draft = EditionDraft.objects.open().get()
    submit_draft(draft, by=world.officer, at=NOON)
    with pytest.raises(DomainError, match="没有任何不同"):
        issue(draft, by=world.leader, at=NOON)
    drop_draft(draft, by=world.officer, at=NOON)

    Village.objects.filter(pk=world.village.pk).update(name="仑后社区")
    done(owed[2], when=at(date(2026, 10, 1)))
    assert "请写明更正的原因" in officer.post(url, same | {"reason": ""}).content.decode()
    officer.post(url, same | {"reason": "杆头新村物业的完成时间登记有误"})
    draft = EditionDraft.objects.open().get()
    submit_draft(draft, by=world.officer, at=NOON)
    second = issue(draft, by=world.leader, at=NOON)
    assert second.letter_number == "宝小区通〔2026〕2号"
    changes = second.figures["differences"]
    assert any(
        "杆头新村物业（泉州宏远物业管理有限公司）" in change and "情况由“逾期未完成”改为“逾期完成”" in change
        for change in changes
    )
    assert any("村（社区）由“仑后村”改为“仑后社区”" in change for change in changes)
    assert any(change.startswith("合计：") and "逾期完成由“1”改为“2”" in change for change in changes)
    assert second.figures["corrects"] == {"number": edition.letter_number, "hash": edition.hash}
    page = client_of(None).get(f"/editions/{edition.public_id}/").content.decode()
    assert "这一份已被更正" in page
    assert second.public_id in page
    page = client_of(None).get(f"/editions/{second.public_id}/").content.decode()
    assert "情况由“逾期未完成”改为“逾期完成”" in page
    with pytest.raises(ConflictError, match="已经更正过"):
        begin_correction(edition, wording=WORDING, reason="又", by=world.officer, at=NOON)
    assert EditionDraft.objects.filter(stage=EditionStage.ISSUED).count() == 2
    assert list(verify_editions()) == []


def test_one_draft_of_a_period_is_worked_on_at_a_time(world: World) -> None:
    second_quarter(world)
    drafted(world)
    with pytest.raises(ConflictError, match="已有人在编制"):
        drafted(world, by=world.second_officer)
    assert Obligation.objects.filter(duty=Duty.DISCLOSURE).count() == 4


def test_the_pages_of_editions_cost_few_statements(world: World, client_of: ClientOf) -> None:
    second_quarter(world)
    edition = issued(world)
    owe(world, "2026Q1", world.firm)
    draft = begin_edition(
        world.town,
        kind=EditionKind.DISCLOSURES,
        period=Period.parse("2026Q1"),
        wording=WORDING,
        by=world.officer,
        at=NOON,
    )
    officer = client_of(world.officer)
    for url in (
        "/editions/",
        f"/editions/{edition.public_id}/",
        "/editions/work/",
        NEW,
        f"/editions/work/drafts/{draft.public_id}/",
        f"/editions/work/{edition.public_id}/",
        f"/editions/work/{edition.public_id}/dispatch/town/",
    ):
        assert statements(officer, url) <= CEILING, url
