"""The pages of a disclosure: who gets in, what they show, what a form takes and what it ignores."""

from datetime import date, timedelta
from io import BytesIO

import pytest
from django.urls import reverse
from openpyxl import load_workbook

from finance.models import Disclosure, DisclosureDraft, Voucher
from finance.rules import Category
from finance.services.countersign import countersign
from finance.services.drafts import submit_draft
from finance.services.figures import draw_figures, figures_sha
from tests.cast import World
from tests.disclosing import (
    at,
    bank,
    book_line,
    draft_of,
    enter,
    open_account,
    owe,
    post_everywhere,
    publish,
    reverse_entry,
    reviewed,
    stored_file,
    third_quarter,
)
from tests.doors import hides_from, refuses, requires_login, serves
from tests.statements import CEILING, statements

WHEN = at(date(2026, 10, 20))


@pytest.fixture
def obligation(world: World):
    return third_quarter(world)[0]


@pytest.fixture
def disclosure(world: World, obligation) -> Disclosure:
    return publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)


def work(obligation, act: str = "") -> str:
    name = f"finance:draft_{act}" if act else "finance:draft"
    return reverse(name, args=[obligation.public_id])


# -- The four questions, at every door of the work ---------------------------------------------------------------------

ACTS = {
    "start": {},
    "correct": {"correct-reason": "试"},
    "edit": {"note": "", "contact": ""},
    "list_line": {"line": "x", "reason": "试"},
    "list_sum": {"sum-amount": "1", "sum-reason": "试"},
    "submit": {},
    "review": {"seen": "x"},
    "return": {"return-reason": "试"},
    "discard": {},
    "publish": {},
    "countersign": {"version": "x"},
}


def test_the_work_page_requires_login(obligation):
    requires_login(work(obligation))


def test_the_work_page_hides_from_strangers(world, obligation):
    for name in ("other_chair", "other_manager", "other_cadre", "other_owner", "stranger"):
        hides_from(getattr(world, name), work(obligation))
    hides_from(world.chair, reverse("finance:draft", args=["0" * 16]))


def test_the_work_page_refuses_owners(world, obligation):
    """An owner reads what is published; the bearer's open work is no more theirs than a stranger's."""
    hides_from(world.owner, work(obligation))


def test_the_work_page_serves_the_bearer_and_who_watches(world, obligation):
    for name in ("chair", "treasurer", "member", "supervisor", "manager", "cadre", "officer", "leader", "auditor"):
        assert "2026年第三季度" in serves(getattr(world, name), work(obligation)).content.decode()


@pytest.mark.parametrize("act", ACTS)
def test_every_act_requires_login(obligation, act):
    requires_login(work(obligation, act), data=ACTS[act])


@pytest.mark.parametrize("act", ACTS)
def test_every_act_hides_from_strangers(world, obligation, act):
    for name in ("other_chair", "other_cadre", "stranger"):
        hides_from(getattr(world, name), work(obligation, act), data=ACTS[act])


@pytest.mark.parametrize("act", ["start", "correct"])
def test_beginning_refuses_read_only_members(world, obligation, act):
    for name in ("auditor", "officer", "cadre", "supervisor", "manager"):
        refuses(getattr(world, name), work(obligation, act), data=ACTS[act])


@pytest.mark.parametrize("act", ["edit", "list_sum", "submit", "review", "return", "discard", "publish"])
def test_acts_on_a_draft_refuse_read_only_members_and_serve_the_bearer(world, obligation, act):
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    data, person = ACTS[act], world.treasurer
    if act in ("review", "return", "publish"):
        submit_draft(draft, by=world.treasurer, at=WHEN)
        data, person = data | ({"seen": figures_sha(draw_figures(draft))} if act == "review" else {}), world.chair
    for name in ("auditor", "officer", "cadre", "supervisor", "manager"):
        refuses(getattr(world, name), work(obligation, act), data=data)
    serves(person, work(obligation, act), data=data)


def test_countersigning_refuses_everybody_but_the_head(world, disclosure):
    owed = owe(world, "2026Q3", world.firm)
    data = {"version": disclosure.public_id}
    for name in ("auditor", "officer", "chair", "clerk"):
        refuses(getattr(world, name), work(owed, "countersign"), data=data)
    serves(world.manager, work(owed, "countersign"), data=data)
    owed.refresh_from_db()
    assert owed.progress == "unposted"


@pytest.mark.parametrize("act", ACTS)
def test_an_act_is_not_done_by_looking(world, obligation, act, client_of):
    assert client_of(world.chair).get(work(obligation, act)).status_code == 405


# -- One quarter through the pages -------------------------------------------------------------------------------------


def test_a_quarter_goes_from_the_ledger_to_the_public_through_the_pages(world, obligation, client_of):
    preparer, head = client_of(world.treasurer), client_of(world.chair)
    page = preparer.post(work(obligation, "start"), follow=True).content.decode()
    assert "94,763.91" in page
    preparer.post(work(obligation, "edit"), {"note": "停车费按季结算", "contact": "业委会办公室"})
    page = preparer.post(work(obligation, "submit"), follow=True).content.decode()
    assert "等待另一人审核" in page
    page = head.get(work(obligation)).content.decode()
    seen = page.split('name="seen" value="')[1].split('"')[0]
    page = head.post(work(obligation, "review"), {"seen": seen}, follow=True).content.decode()
    assert "发布后不能修改，只能另发更正版" in page
    page = head.post(work(obligation, "publish"), follow=True).content.decode()
    assert "还差 4 处张贴照片" in page
    disclosure = Disclosure.objects.get()
    shown = client_of(None).get(reverse("finance:disclosure", args=[disclosure.public_id])).content.decode()
    for words in ("48,210.35", "+86,431.20", "−39,877.64", "94,763.91", "停车费按季结算", "已发布，尚未张贴齐"):
        assert words in shown
    assert "张建国" not in shown


def test_extra_fields_change_nothing(world, obligation, client_of):
    """LED-09."""
    client = client_of(world.treasurer)
    forged = {
        "status": "published",
        "stage": "published",
        "published_at": "2026-01-01",
        "late": "false",
        "reviewed_by": world.chair.pk,
        "account_id": "1",
        "opening": "1.00",
    }
    client.post(work(obligation, "start"), forged)
    client.post(work(obligation, "edit"), forged | {"note": "x", "contact": ""})
    client.post(work(obligation, "submit"), forged)
    draft = DisclosureDraft.objects.get()
    assert (draft.stage, draft.reviewed_by, draft.account.compound) == ("submitted", None, world.compound)
    assert not Disclosure.objects.exists()


def test_a_second_press_is_told_and_changes_nothing(world, obligation, client_of):
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=WHEN)
    head = client_of(world.chair)
    assert head.post(work(obligation, "publish")).status_code == 302
    answer = head.post(work(obligation, "publish"))
    assert answer.status_code == 409
    assert "可能已经发布" in answer.content.decode()
    assert Disclosure.objects.count() == 1


def test_what_was_typed_is_kept_when_a_form_is_refused(world, obligation, client_of):
    draft_of(obligation, by=world.treasurer, when=WHEN)
    answer = client_of(world.treasurer).post(
        work(obligation, "edit"), {"note": "本季停车费", "contact": "办公室", "is_nil": "on"}
    )
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "不能作“本季度无收支”公示" in page
    assert "本季停车费" in page


@pytest.mark.parametrize("amount", ["0.001", "NaN", "1e309", "Infinity", "十元", ""])
def test_a_wrong_amount_is_refused_in_chinese(world, obligation, client_of, amount):
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    answer = client_of(world.treasurer).post(
        work(obligation, "list_sum"), {"sum-amount": amount, "sum-reason": "次日存入"}
    )
    assert answer.status_code == 422
    assert "次日存入" in answer.content.decode()
    assert not draft.reconciling.exists()


@pytest.mark.parametrize("amount", ["１２.５", "12.50 元", "￥12.5"])
def test_an_amount_is_understood_as_people_write_it(world, obligation, client_of, amount):
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    client_of(world.treasurer).post(work(obligation, "list_sum"), {"sum-amount": amount, "sum-reason": "次日存入"})
    assert str(draft.reconciling.get().amount) == "12.50"


def test_a_foreign_line_or_item_is_not_found(world, obligation, client_of):
    draft_of(obligation, by=world.treasurer, when=WHEN)
    other = open_account(world, world.other_committee, compound=world.other_compound)
    bank(other, date(2026, 7, 1), date(2026, 9, 30), [(date(2026, 8, 1), Category.I03, "9.00", "", "")], book=False)
    client = client_of(world.treasurer)
    data = {"line": other.lines.get().public_id, "reason": "试"}
    assert client.post(work(obligation, "list_line"), data).status_code == 404
    drop = reverse("finance:draft_unlist", args=[obligation.public_id, "0" * 16])
    assert client.post(drop).status_code == 404


def test_a_line_is_listed_and_taken_off_again_on_the_page(world, client_of):
    account = open_account(world)
    row = (date(2026, 9, 30), Category.I14, "1.23", "", "结息")
    bank(account, date(2026, 7, 1), date(2026, 9, 30), [row], book=False)
    obligation = owe(world, "2026Q3")
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    client = client_of(world.treasurer)
    assert "还有 1 行银行明细没有入账" in client.get(work(obligation)).content.decode()
    client.post(work(obligation, "list_line"), {"line": account.lines.get().public_id, "reason": "下季入账"})
    item = draft.reconciling.get()
    assert "下季入账" in client.get(work(obligation)).content.decode()
    client.post(reverse("finance:draft_unlist", args=[obligation.public_id, item.public_id]))
    assert not draft.reconciling.exists()


def test_a_shared_account_shows_what_to_countersign(world, disclosure, client_of):
    owed = owe(world, "2026Q3", world.firm)
    page = client_of(world.manager).get(work(owed)).content.decode()
    assert "共用账户，由您会签" in page
    assert "94,763.91" in page
    waiting = owe(world, "2026Q2", world.firm)
    assert "等待另一方公示" in client_of(world.manager).get(work(waiting)).content.decode()


# -- The public page ---------------------------------------------------------------------------------------------------


def page_of(client_of, disclosure: Disclosure, user=None) -> str:
    answer = client_of(user).get(reverse("finance:disclosure", args=[disclosure.public_id]))
    assert answer.status_code == 200
    return answer.content.decode()


def test_residents_open_vouchers_marked_public_and_nobody_elses(world, obligation, client_of):
    account = obligation.compound.accounts.get()
    first, second = account.entries.order_by("on")[:2]
    for entry, title, is_public in ((first, "停车合同", True), (second, "内部单据", False)):
        Voucher.objects.create(
            entry=entry,
            file=stored_file(world.treasurer),
            title=title,
            is_public=is_public,
            added_by=world.treasurer,
            added_at=WHEN,
        )
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)
    seen = {name: page_of(client_of, disclosure, user) for name, user in (
        ("nobody", None), ("owner", world.owner), ("other_owner", world.other_owner), ("treasurer", world.treasurer),
        ("auditor", world.auditor), ("officer", world.officer),
    )}  # fmt: skip
    for name, page in seen.items():
        assert ("停车合同" in page) == (name not in ("nobody", "other_owner")), name
        assert ("内部单据" in page) == (name in ("treasurer", "auditor", "officer")), name
        assert "凭证 1 张" in page or name in ("treasurer", "auditor", "officer")


def test_versions_are_listed_with_their_differences_and_the_old_stays_readable(world, disclosure, client_of):
    line = disclosure.account.lines.first()
    reverse_entry(line.entries.get(), date(2026, 9, 30), "科目记错")
    book_line(line, Category.I04)
    second = publish(
        disclosure.obligation, preparer=world.treasurer, head=world.chair, when=at(date(2026, 11, 2)), reason="科目记错"
    )
    old, new = page_of(client_of, disclosure), page_of(client_of, second)
    assert "这是第 1 版，已被更正" in old
    assert "第 2 版（更正）" in new
    for page in (old, new):
        assert "地面公共车位停车费（元）" in page
        assert "41,260.00" in page
        assert "逾期更正" in page


def test_a_correction_that_breaks_the_next_quarters_opening_shows(world, disclosure, client_of):
    account = disclosure.account
    bank(account, date(2026, 10, 1), date(2026, 12, 31))
    following = publish(
        owe(world, "2026Q4"), preparer=world.treasurer, head=world.chair, when=at(date(2027, 1, 5)), nil=True
    )
    assert "没有接上" not in page_of(client_of, following)
    enter(account, date(2026, 9, 30), Category.E12, "5.00")
    draft = draft_of(disclosure.obligation, by=world.treasurer, when=at(date(2027, 1, 6)), reason="漏记")
    draft.reconciling.create(amount="-5.00", reason="季末未扣")
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=at(date(2027, 1, 6)))
    from_page = client_of(world.chair).post(work(disclosure.obligation, "publish"))
    assert from_page.status_code == 302
    assert "与上季公示没有接上" in page_of(client_of, following)


def test_countersign_photos_and_timeliness_show(world, disclosure, client_of):
    post_everywhere(disclosure, by=world.chair, when=WHEN + timedelta(days=1))
    countersign(owe(world, "2026Q3", world.firm), disclosure=disclosure, by=world.manager, at=WHEN)
    page = page_of(client_of, disclosure)
    assert "石狮安居物业服务有限公司会签" in page
    assert "按时，提前 10 天" in page
    assert page.count("张贴照片") >= 4


def test_the_page_holds_no_script_or_style_of_its_own(world, disclosure, client_of):
    page = page_of(client_of, disclosure)
    assert " style=" not in page
    assert "<style" not in page
    assert "<script>" not in page


def test_statements_do_not_grow_with_lines(world, disclosure, client_of):
    """P12."""
    url = reverse("finance:disclosure", args=[disclosure.public_id])
    for reader in (None, world.owner):
        assert statements(client_of(reader), url) <= CEILING


def test_the_workbook_holds_typed_figures(disclosure, client_of):
    answer = client_of(None).get(reverse("finance:spreadsheet", args=[disclosure.public_id]))
    book = load_workbook(BytesIO(b"".join(answer.streaming_content)))
    assert book.sheetnames == ["合计", "分类", "逐笔", "未达账项"]
    totals = {row[0]: row[1] for row in book["合计"].iter_rows(min_row=3, values_only=True)}
    assert totals["本期结余（元）"] == pytest.approx(94763.91)
    amounts = [row[5] for row in book["逐笔"].iter_rows(min_row=2, values_only=True)]
    assert sum(amounts) == pytest.approx(86431.20 - 39877.64)


# -- The list ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def two(world: World, disclosure) -> tuple[Disclosure, Disclosure]:
    other, _ = None, None
    account = open_account(world, world.other_committee, compound=world.other_compound, by=world.other_treasurer)
    bank(account, date(2026, 7, 1), date(2026, 9, 30))
    owed = owe(world, "2026Q3", world.other_committee, compound=world.other_compound)
    other = publish(owed, preparer=world.other_treasurer, head=world.other_chair, when=WHEN, nil=True)
    return disclosure, other


def names_on(client, **query: str) -> set[str]:
    page = client.get(reverse("finance:disclosures"), query).content.decode()
    return {name for name in ("仑后花园 2026年第三季度", "杆头新村 2026年第三季度") if f">{name}<" in page}


def test_everybody_sees_every_compounds_disclosures(two, client_of):
    assert len(names_on(client_of(None))) == 2


def test_a_resident_begins_with_the_own_compound(world, two, client_of):
    assert names_on(client_of(world.owner)) == {"仑后花园 2026年第三季度"}
    assert len(names_on(client_of(world.owner), scope="all")) == 2


def test_the_list_is_filtered_by_village_period_name_and_state(world, two, client_of):
    client = client_of(None)
    assert names_on(client, village=world.other_village.public_id) == {"杆头新村 2026年第三季度"}
    assert names_on(client, q="仑后") == {"仑后花园 2026年第三季度"}
    assert len(names_on(client, period="2026Q3")) == 2
    assert len(names_on(client, state="unposted")) == 2
    post_everywhere(two[0], by=world.chair, when=WHEN)
    assert names_on(client, state="on_time") == {"仑后花园 2026年第三季度"}
    assert names_on(client, state="late") == set()
    assert len(names_on(client, village="x", period="2099Q9", state="?")) == 2  # nonsense is not given


def test_only_current_versions_are_listed(world, disclosure, client_of):
    second = publish(disclosure.obligation, preparer=world.treasurer, head=world.chair, when=WHEN, reason="补说明")
    page = client_of(None).get(reverse("finance:disclosures")).content.decode()
    assert second.public_id in page
    assert disclosure.public_id not in page


# -- The town's board of late corrections ------------------------------------------------------------------------------


@pytest.fixture
def corrected_late(world: World, disclosure) -> Disclosure:
    """The parking fee was booked as rent; put right two days after the due day."""
    line = disclosure.account.lines.first()
    reverse_entry(line.entries.get(), date(2026, 9, 30), "科目记错")
    book_line(line, Category.I04)
    late = at(date(2026, 11, 2))
    return publish(disclosure.obligation, preparer=world.treasurer, head=world.chair, when=late, reason="科目记错")


def test_late_corrections_ask_the_four_questions(world, corrected_late):
    url = reverse("finance:late_corrections")
    requires_login(url)
    for name in ("stranger", "owner", "chair", "manager"):
        refuses(getattr(world, name), url)
    for name in ("officer", "leader", "auditor", "cadre"):
        page = serves(getattr(world, name), url).content.decode()
        assert "科目记错" in page
        assert "地面公共车位停车费（元）：41,260.00 → 0.00" in page
    assert "科目记错" not in serves(world.other_cadre, url).content.decode()


def test_the_towns_desk_names_what_was_corrected_late(world, corrected_late, client_of, on_day):
    on_day(date(2026, 11, 3))
    page = client_of(world.officer).get(reverse("desk")).content.decode()
    assert "逾期更正" in page
    assert "地面公共车位停车费（元）：41,260.00 → 0.00" in page


def test_a_correction_in_time_is_not_on_the_board(world, disclosure, client_of):
    publish(disclosure.obligation, preparer=world.treasurer, head=world.chair, when=WHEN, reason="补说明")
    assert "没有逾期更正" in client_of(world.officer).get(reverse("finance:late_corrections")).content.decode()
