"""A bearer with several accounts discloses every one: the harmless one alone fulfils nothing (decision 0011)."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse

from finance.models import LedgerAccount
from finance.rules import Category
from finance.services.closing import close_account
from finance.services.countersign import accounts_to_wait_for, countersign, disclosures_to_countersign
from finance.services.drafts import discard_draft, edit_draft, start_draft
from finance.services.publishing import publish_disclosure
from finance.services.verification import verify_disclosures
from kernel.errors import ConflictError, DomainError
from tests.cast import World
from tests.disclosing import (
    at,
    bank,
    draft_of,
    enter,
    open_account,
    owe,
    post_everywhere,
    publish,
    reviewed,
    third_quarter,
)

WHEN = at(date(2026, 10, 22))
LATER = WHEN + timedelta(days=2)
LAST = WHEN + timedelta(days=5)


@pytest.fixture
def quarter(world: World):
    """The dedicated account's third quarter, and a general account through which money passed."""
    obligation, main = third_quarter(world)
    second = open_account(world, opening="100.00")
    LedgerAccount.objects.filter(pk=second.pk).update(is_dedicated=False)
    second.refresh_from_db()
    bank(second, date(2026, 7, 1), date(2026, 9, 30), [(date(2026, 8, 1), Category.I02, "70.00", "某广告公司", "广告")])
    return obligation, main, second


def published(obligation, world: World, *, when=WHEN, **named):
    return publish(obligation, preparer=world.treasurer, head=world.chair, when=when, **named)


def test_the_quarter_is_done_when_the_last_account_is_disclosed_and_posted(world, quarter):
    obligation, main, second = quarter
    first = published(obligation, world)
    assert (first.account, first.version) == (main, 1)
    obligation.refresh_from_db()
    assert obligation.progress == "preparing"  # not yet 已发布、未张贴: an account is still to be published
    post_everywhere(first, by=world.chair, when=WHEN)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at is None
    assert obligation.is_late(date(2026, 11, 1))

    other = published(obligation, world, when=LATER)
    assert (other.account, other.version, other.reason) == (second, 1, "")
    obligation.refresh_from_db()
    assert obligation.progress == "unposted"
    post_everywhere(other, by=world.chair, when=LAST)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == LAST


def test_both_stand_in_one_chain_each_with_its_own_figures(world, quarter):
    obligation, _, second = quarter
    first, other = published(obligation, world), published(obligation, world, when=LATER)
    assert (first.seq, other.seq, other.prev) == (1, 2, first.hash)
    assert other.figures["account"]["id"] == second.public_id
    assert (other.opening, other.income, other.closing) == (100, 70, 170)
    assert list(verify_disclosures()) == []


def test_the_harmless_account_is_no_way_around_the_other(world, quarter):
    """A nil account says so of itself only, and after the account that moved; then the last one is still owed."""
    obligation, main, second = quarter
    quiet = open_account(world, opening="1.00")
    bank(quiet, date(2026, 7, 1), date(2026, 9, 30))
    draft = start_draft(obligation, account=quiet, by=world.treasurer, at=WHEN)
    for moved in (main, second):
        with pytest.raises(DomainError, match=f"尾号 {moved.number_tail} 的账户本季有收支"):
            edit_draft(draft, note="", contact="", is_nil=True, by=world.treasurer, at=WHEN)
        discard_draft(draft, by=world.treasurer, at=WHEN)
        shown = start_draft(obligation, account=moved, by=world.treasurer, at=WHEN)
        reviewed(shown, preparer=world.treasurer, reviewer=world.chair, when=WHEN)
        post_everywhere(publish_disclosure(shown, by=world.chair, at=WHEN), by=world.chair, when=WHEN)
        draft = start_draft(obligation, account=quiet, by=world.treasurer, at=WHEN)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at is None
    edit_draft(draft, note="", contact="", is_nil=True, by=world.treasurer, at=WHEN)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=LATER)
    draft.refresh_from_db()
    nil = publish_disclosure(draft, by=world.chair, at=LATER)
    assert {other["tail"] for other in nil.figures["others"]} == {main.number_tail, second.number_tail}
    post_everywhere(nil, by=world.chair, when=LATER)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == LATER


def test_a_correction_counts_the_versions_of_its_account_alone(world, quarter):
    obligation, main, second = quarter
    published(obligation, world)
    other = published(obligation, world, when=LATER)
    with pytest.raises(DomainError, match="请写明更正原因"):
        start_draft(obligation, account=second, by=world.treasurer, at=LAST)
    draft = start_draft(obligation, account=second, reason="补说明", by=world.treasurer, at=LAST)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=LAST)
    newer = publish_disclosure(draft, by=world.chair, at=LAST)
    assert (newer.version, newer.account) == (2, second)
    current = set(type(other).objects.current().values_list("account", "version"))
    assert current == {(main.pk, 1), (second.pk, 2)}


def test_the_first_moment_of_an_account_stays_when_it_is_corrected_before_the_other_is_done(world, quarter):
    obligation, main, _ = quarter
    post_everywhere(published(obligation, world), by=world.chair, when=WHEN)
    draft = start_draft(obligation, account=main, reason="补说明", by=world.treasurer, at=LATER)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=LATER)
    publish_disclosure(draft, by=world.chair, at=LATER)
    post_everywhere(published(obligation, world, when=LATER), by=world.chair, when=LATER)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == LATER


@pytest.mark.parametrize(
    ("opened_on", "closed_on", "counts"),
    [
        (date(2026, 9, 30), None, True),
        (date(2026, 10, 1), None, False),
        (date(2026, 4, 1), date(2026, 7, 1), True),
        (date(2026, 4, 1), date(2026, 6, 30), False),
        (date(2026, 8, 1), date(2026, 8, 31), True),
    ],
    ids=["opened on the last day", "opened after", "closed on the first day", "closed before", "within the quarter"],
)
def test_an_account_held_on_any_day_of_the_quarter_counts(world, opened_on, closed_on, counts):
    obligation, _ = third_quarter(world)
    further = open_account(world, opened_on=opened_on, opening="0.00")
    LedgerAccount.objects.filter(pk=further.pk).update(is_dedicated=False)
    bank(further, opened_on, closed_on or max(opened_on, date(2026, 9, 30)))
    if closed_on:
        close_account(further, closed_on=closed_on, by=world.chair, at=at(date(2026, 10, 1)))
    post_everywhere(published(obligation, world), by=world.chair, when=WHEN)
    obligation.refresh_from_db()
    assert (obligation.fulfilled_at is None) == counts


def test_an_account_closed_within_the_quarter_is_disclosed_to_its_last_day(world):
    obligation, _ = third_quarter(world)
    further = open_account(world, opened_on=date(2026, 7, 1), opening="50.00")
    bank(
        further,
        date(2026, 7, 1),
        date(2026, 8, 31),
        [(date(2026, 8, 20), Category.E99, "50.00", "仑后花园业主委员会", "转入专户")],
    )
    close_account(further, closed_on=date(2026, 8, 31), by=world.chair, at=at(date(2026, 10, 1)))
    post_everywhere(published(obligation, world), by=world.chair, when=WHEN)
    last = published(obligation, world, when=LATER)
    assert (last.account, last.opening, last.closing) == (further, 50, 0)
    assert last.figures["reconciliation"]["until"] == "2026-08-31"
    post_everywhere(last, by=world.chair, when=LATER)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == LATER


def test_an_account_entered_by_mistake_and_closed_keeps_no_quarter_open(world):
    obligation, _ = third_quarter(world)
    mistaken = open_account(world, opened_on=date(2026, 4, 1), opening="0.00")
    LedgerAccount.objects.filter(pk=mistaken.pk).update(is_dedicated=False)
    post_everywhere(published(obligation, world), by=world.chair, when=WHEN)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at is None
    close_account(mistaken, closed_on=date(2026, 6, 30), by=world.chair, at=LATER)
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == WHEN


def test_one_account_is_drawn_up_after_the_other(world, quarter):
    obligation, _, second = quarter
    draft_of(obligation, by=world.treasurer, when=WHEN)
    with pytest.raises(ConflictError, match="办完一个再办下一个"):
        start_draft(obligation, account=second, by=world.treasurer, at=WHEN)


def test_the_database_keeps_one_version_of_each_account(world, quarter):
    obligation, _, _ = quarter
    first = published(obligation, world)
    first.pk = first.draft_id = None
    first.public_id, first.seq, first.prev, first.hash = "0" * 16, 9, "9" * 64, "8" * 64
    first.draft = draft_of(obligation, by=world.treasurer, when=LATER)
    with pytest.raises(IntegrityError, match="a_version_is_published_once"), transaction.atomic():
        first.save(force_insert=True)


# -- The other bearer --------------------------------------------------------------------------------------------------


def test_countersigning_takes_every_account(world, quarter):
    obligation, _, second = quarter
    owed = owe(world, "2026Q3", world.firm)
    first = published(obligation, world)
    post_everywhere(first, by=world.chair, when=WHEN)
    countersign(owed, disclosure=first, by=world.manager, at=WHEN)
    assert accounts_to_wait_for(owed) == [second]
    assert disclosures_to_countersign(owed) == []
    other = published(obligation, world, when=LATER)
    post_everywhere(other, by=world.chair, when=LATER)
    owed.refresh_from_db()
    assert owed.fulfilled_at is None  # the second account is not signed
    assert disclosures_to_countersign(owed) == [other]
    countersign(owed, disclosure=other, by=world.manager, at=LAST)
    owed.refresh_from_db()
    assert owed.fulfilled_at == LAST
    with pytest.raises(ConflictError, match="已经会签"):
        countersign(owed, disclosure=other, by=world.manager, at=LAST)


def test_the_page_signs_all_accounts_by_one_press(world, quarter, client_of):
    obligation, _, second = quarter
    owed = owe(world, "2026Q3", world.firm)
    first = published(obligation, world)
    url = reverse("finance:draft", args=[owed.public_id])
    waiting = client_of(world.manager).get(url).content.decode()
    assert "另一方还有账户没有公示" in waiting
    assert f"尾号{second.number_tail}" in waiting
    other = published(obligation, world, when=LATER)
    page = client_of(world.manager).get(url).content.decode()
    assert "会签全部 2 个账户" in page
    sent = {"version": f"{first.public_id} {other.public_id}", "note": "同意"}
    client_of(world.manager).post(reverse("finance:draft_countersign", args=[owed.public_id]), sent)
    assert {sign.disclosure for sign in owed.countersigns.all()} == {first, other}
    assert "等待张贴齐" in client_of(world.manager).get(url).content.decode()


# -- The pages ---------------------------------------------------------------------------------------------------------


def test_the_work_page_leads_from_one_account_to_the_next(world, quarter, client_of):
    obligation, main, second = quarter
    url = reverse("finance:draft", args=[obligation.public_id])
    client = client_of(world.treasurer)
    assert "本季的 2 个账户" in client.get(url).content.decode()
    post_everywhere(published(obligation, world), by=world.chair, when=WHEN)
    page = client.get(url).content.decode()
    assert f'name="account" value="{second.public_id}"' in page  # the one that is still to do
    done = client.get(url, {"account": main.public_id}).content.decode()
    assert "这个账户已公示并张贴齐" in done
    assert f"还差{second}：尚未公示" in done
    client.post(reverse("finance:draft_start", args=[obligation.public_id]), {"account": second.public_id})
    assert obligation.disclosure_drafts.latest("pk").account == second


def test_a_strangers_account_is_not_drawn_up(world, quarter, client_of):
    obligation, _, _ = quarter
    theirs = open_account(world, world.firm, by=world.clerk)
    start = reverse("finance:draft_start", args=[obligation.public_id])
    assert client_of(world.treasurer).post(start, {"account": theirs.public_id}).status_code == 404
    assert client_of(world.treasurer).post(start, {"account": "nothing"}).status_code == 404
    assert not obligation.disclosure_drafts.exists()


def test_everybody_sees_all_accounts_and_which_one_is_missing(world, quarter, client_of):
    obligation, main, second = quarter
    first = published(obligation, world)
    url = reverse("finance:disclosure", args=[first.public_id])
    page = client_of(None).get(url).content.decode()
    assert "本单位本季共有 2 个账户" in page
    assert f"{second}：<b>尚未公示</b>" in page
    other = published(obligation, world, when=LATER)
    page = client_of(None).get(url).content.decode()
    assert reverse("finance:disclosure", args=[other.public_id]) in page
    assert "尚未公示" not in page
    listed = client_of(None).get(reverse("finance:disclosures")).content.decode()
    assert f"尾号{main.number_tail}" in listed
    assert f"尾号{second.number_tail}" in listed
    code = reverse("finance:check", args=[first.public_id])
    assert "已有更正版" not in client_of(None).get(code).content.decode()


def test_money_entered_by_hand_beside_the_bank_still_stops_the_second_account(world, quarter):
    obligation, _, second = quarter
    published(obligation, world)
    enter(second, date(2026, 9, 1), Category.I02, "5.00")
    draft = draft_of(obligation, by=world.treasurer, when=LATER)
    with pytest.raises(DomainError, match=r"相差 5\.00 元"):
        reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=LATER)
