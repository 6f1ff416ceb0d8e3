"""Preparing and reviewing a quarter: what the books say, what is refused, and who may do which step."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from communities.services import appoint, end_appointment
from finance.models import DisclosureDraft, LedgerAccount, StatementLine
from finance.rules import Category
from finance.services.checks import problems_of, warnings_of
from finance.services.drafts import (
    discard_draft,
    drop_reconciling,
    edit_draft,
    list_reconciling,
    return_draft,
    review_draft,
    start_draft,
    submit_draft,
)
from finance.services.figures import draw_figures, figures_sha
from finance.services.publishing import publish_disclosure
from finance.services.quarter import read_quarter
from kernel.chain import canonical
from kernel.errors import ConflictError, DomainError, NotAllowedError
from notices.models import Message
from supervision.models import Obligation
from tests.cast import World
from tests.disclosing import (
    THIRD_QUARTER,
    at,
    bank,
    draft_of,
    enter,
    open_account,
    owe,
    publish,
    reverse_entry,
    reviewed,
    third_quarter,
)

WHEN = at(date(2026, 10, 20))


@pytest.fixture
def quarter(world: World) -> tuple[Obligation, LedgerAccount]:
    return third_quarter(world)


def codes(draft: DisclosureDraft) -> list[str]:
    return [problem.code for problem in problems_of(read_quarter(draft), draw_figures(draft))]


# -- What the books say ------------------------------------------------------------------------------------------------


def test_the_draft_is_drawn_from_the_ledger(world, quarter):
    figures = draw_figures(draft_of(quarter[0], by=world.treasurer, when=WHEN))
    assert (figures["opening"], figures["income"], figures["expense"], figures["closing"]) == (
        48_210_35,
        86_431_20,
        39_877_64,
        94_763_91,
    )
    assert [(row["code"], row["amount"], row["count"]) for row in figures["categories"]] == [
        ("I01", 24_000_00, 1),
        ("I03", 41_260_00, 1),
        ("I05", 6_300_00, 1),
        ("I06", 2_271_20, 1),
        ("I07", 12_600_00, 1),
        ("E03", 26_340_00, 1),
        ("E05", 4_577_64, 1),
        ("E11", 8_960_00, 1),
    ]
    assert figures["reconciliation"] == {"until": "2026-09-30", "bank": 94_763_91, "items": []}
    assert figures["opening_basis"] == "first"
    assert canonical(figures)  # strings and whole numbers only


def test_reasonable_cost_stands_apart(world, quarter):
    """收益 = 收入 − 合理成本 (Civil Code art. 282)."""
    bank(quarter[1], date(2026, 10, 1), date(2026, 10, 1))
    enter(quarter[1], date(2026, 9, 30), Category.E01, "5000.00")
    figures = draw_figures(draft_of(quarter[0], by=world.treasurer, when=WHEN))
    assert (figures["cost"], figures["benefit"]) == (5_000_00, 81_431_20)


def test_a_reversal_is_shown_beside_what_it_reverses_and_taken_off_its_side(world, quarter):
    wrong = enter(quarter[1], date(2026, 9, 1), Category.I03, "300.00")
    reverse_entry(wrong, date(2026, 9, 20))
    figures = draw_figures(draft_of(quarter[0], by=world.treasurer, when=WHEN))
    assert figures["income"] == 86_431_20
    first, second = (item for item in figures["items"] if abs(item["amount"]) == 300_00)
    assert (second["reverses"], first["reversed_by"], second["reason"]) == (first["id"], second["id"], "重复入账")


def test_no_full_name_of_a_person_reaches_the_figures(world, quarter):
    """The counterparty, its name in the text, and owners of the compound in free texts are masked; firms stay."""
    enter(quarter[1], date(2026, 9, 5), Category.E09, "88.00", counterparty="施雅琴", text="中秋慰问 施雅琴 代领")
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    edit_draft(draft, note="场地由施雅琴提供", contact="办公室 88880000", is_nil=False, by=world.treasurer, at=WHEN)
    draft.refresh_from_db()
    text = canonical(draw_figures(draft)).decode()
    assert "施雅琴" not in text
    assert "张建国" not in text
    assert "施**" in text
    assert "石狮宏光电器经营部" in text


def test_no_number_of_a_person_reaches_the_figures_but_the_one_to_ask(world, quarter):
    facts = {"counterparty": "代收点 13812345678", "text": "退 350581199001011234 押金，转 6222021400001234567"}
    enter(quarter[1], date(2026, 9, 5), Category.E09, "88.00", **facts)
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    edit_draft(draft, note="详询 139 0000 1111", contact="13700001234", is_nil=False, by=world.treasurer, at=WHEN)
    draft.refresh_from_db()
    text = canonical(draw_figures(draft)).decode()
    for number in ("13812345678", "350581199001011234", "6222021400001234567", "139 0000 1111"):
        assert number not in text
    for shown in ("138****5678", "350581********1234", "****4567", "139****1111", "13700001234"):
        assert shown in text


def test_a_person_the_preparer_marked_is_masked_although_the_name_does_not_show_it(world, quarter):
    for is_person in (False, True):
        enter(quarter[1], date(2026, 9, 5), Category.E09, "8.00", counterparty="阿花门店", is_person=is_person)
    figures = draw_figures(draft_of(quarter[0], by=world.treasurer, when=WHEN))
    assert [item["counterparty"] for item in figures["items"] if item["amount"] == -8_00] == ["阿花门店", "阿**"]


def test_other_above_a_tenth_warns_but_does_not_stop(world):
    account = open_account(world)
    bank(
        account,
        date(2026, 7, 1),
        date(2026, 9, 30),
        [
            (date(2026, 7, 2), Category.I03, "900.00", "泊车公司", ""),
            (date(2026, 7, 3), Category.I99, "100.01", "某公司", "杂项"),
        ],
    )
    draft = draft_of(owe(world, "2026Q3"), by=world.treasurer, when=WHEN)
    assert len(warnings_of(draw_figures(draft))) == 1
    assert codes(draft) == []


def test_money_in_a_further_account_is_named_and_not_left_beside(world, quarter):
    """The dedicated account is disclosed; another of the same holder stands beside it with its sums."""
    further = open_account(world, opening="100.00")
    type(further).objects.filter(pk=further.pk).update(is_dedicated=False)
    enter(further, date(2026, 8, 1), Category.I02, "70.00")
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    figures = draw_figures(draft)
    assert draft.account == quarter[1]
    assert [(o["tail"], o["income"], o["expense"], o["closing"]) for o in figures["others"]] == [
        (further.number_tail, 70_00, 0, 170_00)
    ]
    assert any(further.number_tail in warning for warning in warnings_of(figures))
    assert codes(draft) == []


# -- The opening -------------------------------------------------------------------------------------------------------


def test_the_opening_is_the_last_published_closing(world, quarter):
    published = publish(quarter[0], preparer=world.treasurer, head=world.chair, when=WHEN)
    bank(
        quarter[1], date(2026, 10, 1), date(2026, 12, 31), [(date(2026, 10, 5), Category.I03, "10.00", "泊车公司", "")]
    )
    figures = draw_figures(draft_of(owe(world, "2026Q4"), by=world.treasurer, when=at(date(2027, 1, 5))))
    assert figures["opening_basis"] == "chained"
    assert figures["opening"] == 94_763_91
    assert published.hash[:16] in figures["opening_proof"]


def test_a_quarter_changed_after_its_publication_stops_the_next_until_it_is_corrected(world, quarter):
    obligation, account = quarter
    publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)
    bank(account, date(2026, 10, 1), date(2026, 12, 31))
    forgotten = enter(account, date(2026, 9, 30), Category.E12, "5.00")
    draft = draft_of(owe(world, "2026Q4"), by=world.treasurer, when=at(date(2027, 1, 5)), nil=True)
    assert "opening" in codes(draft)
    reverse_entry(forgotten, date(2026, 9, 30))
    assert codes(draft) == []


def test_where_the_quarter_before_is_unpublished_the_bank_proves_the_opening(world):
    account = open_account(world, opened_on=date(2026, 4, 1), opening="100.00")
    owe(world, "2026Q2")
    bank(account, date(2026, 4, 1), date(2026, 6, 30), [(date(2026, 5, 5), Category.I03, "50.00", "泊车公司", "")])
    bank(account, date(2026, 7, 1), date(2026, 9, 30), [(date(2026, 8, 5), Category.I03, "7.00", "泊车公司", "")])
    draft = draft_of(owe(world, "2026Q3"), by=world.treasurer, when=WHEN)
    figures = draw_figures(draft)
    assert (figures["opening_basis"], figures["opening"], figures["closing"]) == ("statement", 150_00, 157_00)
    assert figures["opening_proof"] == "2026年6月30日银行对账单余额"
    assert codes(draft) == []


def test_an_unproven_opening_is_refused(world):
    """The books say 150.00 at the end of June, the bank was never asked about the days before July."""
    account = open_account(world, opened_on=date(2026, 4, 1), opening="100.00")
    owe(world, "2026Q2")
    enter(account, date(2026, 5, 5), Category.I03, "50.00")
    account.opening_balance = Decimal("150.00")  # the bank's own at the start of July, not the books'
    bank(account, date(2026, 7, 2), date(2026, 9, 30), [(date(2026, 8, 5), Category.I03, "7.00", "泊车公司", "")])
    draft = draft_of(owe(world, "2026Q3"), by=world.treasurer, when=WHEN)
    assert codes(draft) == ["statement"]


# -- The bank ----------------------------------------------------------------------------------------------------------


def test_the_statement_must_reach_the_last_day_of_the_quarter(world):
    account = open_account(world)
    bank(account, date(2026, 7, 1), date(2026, 9, 29), THIRD_QUARTER)
    draft = draft_of(owe(world, "2026Q3"), by=world.treasurer, when=WHEN)
    with pytest.raises(DomainError, match="没有到 2026年9月30日"):
        submit_draft(draft, by=world.treasurer, at=WHEN)
    bank(account, date(2026, 9, 30), date(2026, 9, 30))
    assert submit_draft(draft, by=world.treasurer, at=WHEN).stage == "submitted"


def test_every_line_is_booked_or_listed_with_its_reason(world):
    account = open_account(world)
    rows = [*THIRD_QUARTER, (date(2026, 9, 30), Category.I14, "12.34", "", "结息")]
    bank(account, date(2026, 7, 1), date(2026, 9, 30), rows[:-1])
    bank(account, date(2026, 9, 30), date(2026, 9, 30), rows[-1:], book=False)
    line = StatementLine.objects.get(text="结息")
    draft = draft_of(owe(world, "2026Q3"), by=world.treasurer, when=WHEN)
    assert codes(draft) == ["lines"]
    with pytest.raises(DomainError, match="原因"):
        list_reconciling(draft, line=line, reason="  ", by=world.treasurer, at=WHEN)
    item = list_reconciling(draft, line=line, reason="利息下季入账", by=world.treasurer, at=WHEN)
    assert codes(draft) == []
    figures = draw_figures(draft)
    assert figures["closing"] == 94_763_91
    assert figures["reconciliation"]["bank"] + figures["reconciliation"]["items"][0]["amount"] == figures["closing"]
    drop_reconciling(item, by=world.treasurer, at=WHEN)
    assert codes(draft) == ["lines"]


def test_a_sum_not_yet_at_the_bank_is_listed_and_explains_the_difference(world, quarter):
    obligation, account = quarter
    enter(account, date(2026, 9, 30), Category.I13, "66.00", text="废旧物资处置款，次日存入")
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    assert codes(draft) == ["balance"]
    for _ in range(2):  # the same button twice lists it once
        list_reconciling(draft, amount=Decimal("66.00"), reason="次日存入", by=world.treasurer, at=WHEN)
    assert codes(draft) == []


def test_another_accounts_line_cannot_be_listed(world, quarter):
    other = open_account(world, world.other_committee, compound=world.other_compound)
    bank(other, date(2026, 7, 1), date(2026, 9, 30), [(date(2026, 8, 1), Category.I03, "9.00", "", "")], book=False)
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    with pytest.raises(ConflictError):
        list_reconciling(draft, line=other.lines.get(), reason="试", by=world.treasurer, at=WHEN)


# -- The nil quarter ---------------------------------------------------------------------------------------------------


def test_a_nil_quarter_is_disclosed_too(world):
    account = open_account(world)
    bank(account, date(2026, 7, 1), date(2026, 9, 30))
    obligation = owe(world, "2026Q3")
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    assert codes(draft) == ["nil"]  # silence is not a declaration
    edit_draft(draft, note="", contact="", is_nil=True, by=world.treasurer, at=WHEN)
    draft.refresh_from_db()
    assert codes(draft) == []
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=WHEN)
    disclosure = publish_disclosure(draft, by=world.chair, at=WHEN)
    assert (disclosure.income, disclosure.expense, disclosure.closing) == (0, 0, Decimal("48210.35"))
    assert disclosure.figures["nil"] == 1


@pytest.mark.parametrize("booked", [True, False], ids=["entries", "bank lines only"])
def test_nil_is_refused_while_the_account_has_movements(world, booked):
    account = open_account(world)
    row = (date(2026, 7, 2), Category.I14, "0.01", "", "结息")
    bank(account, date(2026, 7, 1), date(2026, 9, 30), [row], book=booked)
    draft = draft_of(owe(world, "2026Q3"), by=world.treasurer, when=WHEN)
    with pytest.raises(DomainError, match="不能作“本季度无收支”公示") as refused:
        edit_draft(draft, note="", contact="", is_nil=True, by=world.treasurer, at=WHEN)
    assert refused.value.field == "is_nil"


def test_nil_declared_before_a_line_came_is_refused_at_publication(world):
    account = open_account(world)
    bank(account, date(2026, 7, 1), date(2026, 9, 30))
    draft = draft_of(owe(world, "2026Q3"), by=world.treasurer, when=WHEN, nil=True)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=WHEN)
    bank(account, date(2026, 9, 30), date(2026, 9, 30), [(date(2026, 9, 30), Category.I14, "1.00", "", "")], book=False)
    with pytest.raises(DomainError):
        publish_disclosure(draft, by=world.chair, at=WHEN)


# -- Who may do which step ---------------------------------------------------------------------------------------------


def test_one_prepares_and_another_reviews(world, quarter):
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    submit_draft(draft, by=world.treasurer, at=WHEN)
    sha = figures_sha(draw_figures(draft))
    with pytest.raises(NotAllowedError, match="不能审核自己编制"):
        review_draft(draft, seen_sha=sha, by=world.treasurer, at=WHEN)
    assert review_draft(draft, seen_sha=sha, by=world.member, at=WHEN).reviewed_by == world.member


def test_the_database_refuses_the_same_person_on_both_sides(world, quarter):
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    with pytest.raises(Exception, match="nobody_reviews_what_they_prepared"):
        DisclosureDraft.objects.filter(pk=draft.pk).update(prepared_by=world.chair, reviewed_by=world.chair)


def test_the_reviewer_may_publish_where_they_head_the_bearer(world, quarter):
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=WHEN)
    with pytest.raises(NotAllowedError):
        publish_disclosure(draft, by=world.treasurer, at=WHEN)
    assert publish_disclosure(draft, by=world.chair, at=WHEN).version == 1


def test_the_firm_prepares_reviews_and_publishes_its_own(world):
    obligation, _ = third_quarter(world, world.firm)
    disclosure = publish(obligation, preparer=world.clerk, head=world.manager, when=WHEN)
    assert disclosure.figures["bearer"] == {"kind": "firm", "name": "石狮安居物业服务有限公司"}
    assert disclosure.figures["published"]["post"] == "项目经理"


@pytest.mark.parametrize(
    "name",
    ["officer", "leader", "auditor", "cadre", "supervisor", "manager", "clerk", "owner", "other_chair", "stranger"],
)
def test_nobody_else_prepares_for_the_committee(world, quarter, name):
    with pytest.raises(NotAllowedError):
        start_draft(quarter[0], by=getattr(world, name), at=WHEN)
    assert start_draft(quarter[0], by=world.member, at=WHEN)


@pytest.mark.parametrize("name", ["officer", "auditor", "cadre", "supervisor", "manager", "owner", "other_chair"])
def test_nobody_else_reviews_where_the_bearer_has_two_people(world, quarter, name):
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    submit_draft(draft, by=world.treasurer, at=WHEN)
    with pytest.raises(NotAllowedError):
        review_draft(draft, seen_sha=figures_sha(draw_figures(draft)), by=getattr(world, name), at=WHEN)


@pytest.mark.parametrize("name", ["cadre", "supervisor"])
def test_where_the_bearer_has_a_single_person_cadre_or_board_reviews(world, quarter, name):
    for left in (world.treasurer, world.member):
        end_appointment(left.appointments.get(), until_on=date(2026, 9, 1), by=world.officer)
    draft = draft_of(quarter[0], by=world.chair, when=WHEN)
    submit_draft(draft, by=world.chair, at=WHEN)
    assert Message.objects.filter(recipient=getattr(world, name), title__contains="请审核").exists()
    sha = figures_sha(draw_figures(draft))
    with pytest.raises(NotAllowedError):
        review_draft(draft, seen_sha=sha, by=world.other_cadre, at=WHEN)
    reviewer = getattr(world, name)
    review_draft(draft, seen_sha=sha, by=reviewer, at=WHEN)
    frozen = publish_disclosure(draft, by=world.chair, at=WHEN).figures
    assert frozen["reviewed"]["post"] == {"cadre": "仑后村委会主任", "supervisor": "仑后花园监事会监事会主任"}[name]
    assert frozen["reviewed"]["name"] not in (reviewer.name, "")


def test_a_suspended_treasurer_prepares_nothing(world, quarter):
    appointment = world.treasurer.appointments.get()
    appointment.suspended_from_on = date(2026, 10, 1)
    appointment.save()
    with pytest.raises(NotAllowedError):
        start_draft(quarter[0], by=world.treasurer, at=WHEN)


def test_who_left_finishes_the_open_obligation_of_their_days_and_nothing_else(world, quarter):
    end_appointment(world.chair.appointments.get(), until_on=date(2026, 10, 5), by=world.officer)
    appoint(world.posts["chair"], user=world.stranger, from_on=date(2026, 10, 6), by=world.officer)
    disclosure = publish(quarter[0], preparer=world.treasurer, head=world.chair, when=WHEN)
    assert disclosure.published_by == world.chair  # held the post on 30 September
    later = owe(world, "2026Q4")
    with pytest.raises(NotAllowedError):
        start_draft(later, by=world.chair, at=at(date(2027, 1, 5)))
    Obligation.objects.filter(pk=quarter[0].pk).update(
        fulfilled_at=WHEN, evidence={"kind": "finance.disclosure", "public_id": "x", "title": "x"}
    )
    quarter[0].refresh_from_db()
    with pytest.raises(NotAllowedError):  # closed: no correction by who left
        start_draft(quarter[0], by=world.chair, at=WHEN, reason="试")


# -- The stages --------------------------------------------------------------------------------------------------------


def test_a_step_cannot_be_skipped(world, quarter):
    draft = draft_of(quarter[0], by=world.treasurer, when=WHEN)
    sha = figures_sha(draw_figures(draft))
    with pytest.raises(ConflictError):
        review_draft(draft, seen_sha=sha, by=world.chair, at=WHEN)
    with pytest.raises(ConflictError):
        publish_disclosure(draft, by=world.chair, at=WHEN)
    submit_draft(draft, by=world.treasurer, at=WHEN)
    with pytest.raises(ConflictError):
        publish_disclosure(draft, by=world.chair, at=WHEN)
    with pytest.raises(ConflictError):
        edit_draft(draft, note="改", contact="", is_nil=False, by=world.treasurer, at=WHEN)
    with pytest.raises(ConflictError):
        submit_draft(draft, by=world.treasurer, at=WHEN)
    review_draft(draft, seen_sha=sha, by=world.chair, at=WHEN)
    assert publish_disclosure(draft, by=world.chair, at=WHEN)
    with pytest.raises(ConflictError, match="已经发布"):
        publish_disclosure(draft, by=world.chair, at=WHEN)


def test_a_returned_draft_tells_its_preparer_why(world, quarter):
    obligation = quarter[0]
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    submit_draft(draft, by=world.treasurer, at=WHEN)
    obligation.refresh_from_db()
    assert obligation.progress == "reviewing"
    with pytest.raises(DomainError, match="退回原因"):
        return_draft(draft, reason=" ", by=world.chair, at=WHEN)
    with pytest.raises(NotAllowedError):
        return_draft(draft, reason="试", by=world.manager, at=WHEN)
    draft = return_draft(draft, reason="停车费少一笔", by=world.chair, at=WHEN)
    assert (draft.stage, draft.returned_reason) == ("preparing", "停车费少一笔")
    message = Message.objects.get(recipient=world.treasurer, title__contains="已退回")
    assert "停车费少一笔" in message.body
    obligation.refresh_from_db()
    assert obligation.progress == "preparing"
    assert submit_draft(draft, by=world.treasurer, at=WHEN).returned_reason == ""


def test_a_reviewer_approves_only_what_they_saw(world, quarter):
    obligation, account = quarter
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    submit_draft(draft, by=world.treasurer, at=WHEN)
    seen = figures_sha(draw_figures(draft))
    wrong = enter(account, date(2026, 9, 1), Category.E12, "1.00")
    reverse_entry(wrong, date(2026, 9, 1))
    with pytest.raises(ConflictError, match="账目有变动"):
        review_draft(draft, seen_sha=seen, by=world.chair, at=WHEN)
    assert review_draft(draft, seen_sha=figures_sha(draw_figures(draft)), by=world.chair, at=WHEN)


def test_books_changed_after_the_review_must_be_reviewed_again(world, quarter):
    obligation, account = quarter
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    reviewed(draft, preparer=world.treasurer, reviewer=world.member, when=WHEN)
    reverse_entry(enter(account, date(2026, 9, 1), Category.E12, "1.00"), date(2026, 9, 1))
    with pytest.raises(ConflictError, match="重新送审"):
        publish_disclosure(draft, by=world.chair, at=WHEN)
    draft = submit_draft(draft, by=world.treasurer, at=WHEN + timedelta(minutes=1))
    assert (draft.stage, draft.reviewed_by, draft.reviewed_sha) == ("submitted", None, "")
    review_draft(draft, seen_sha=figures_sha(draw_figures(draft)), by=world.member, at=WHEN)
    assert publish_disclosure(draft, by=world.chair, at=WHEN)


def test_only_one_draft_is_open_and_it_can_be_given_up(world, quarter):
    obligation = quarter[0]
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    with pytest.raises(ConflictError, match="已经在编制"):
        start_draft(obligation, by=world.chair, at=WHEN)
    discard_draft(draft, by=world.treasurer, at=WHEN)
    with pytest.raises(ConflictError, match="已被放弃"):
        submit_draft(draft, by=world.treasurer, at=WHEN)
    assert start_draft(obligation, by=world.chair, at=WHEN)


def test_a_running_quarter_cannot_be_prepared_yet(world, quarter):
    running = owe(world, "2026Q4")
    with pytest.raises(DomainError, match="2026年12月31日 结束"):
        start_draft(running, by=world.treasurer, at=at(date(2026, 12, 31), 23, 59))
    assert start_draft(running, by=world.treasurer, at=at(date(2027, 1, 1), 0))


def test_a_bearer_without_its_own_account_is_told_what_to_do(world, quarter):
    owed_by_firm = owe(world, "2026Q3", world.firm)
    with pytest.raises(DomainError, match="会签"):
        start_draft(owed_by_firm, by=world.clerk, at=WHEN)


def test_a_released_obligation_is_not_prepared(world, quarter):
    obligation = quarter[0]
    obligation.released_on = date(2026, 10, 1)
    with pytest.raises(DomainError):
        start_draft(obligation, by=world.treasurer, at=WHEN)
