"""Publishing a quarter: what is frozen, how it is chained, corrected, and what happens when two press at once."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from threading import Barrier

import pytest
from django.db import IntegrityError, connections

from communities.models import Owner, Ownership
from finance.models import ChainHead, Disclosure, DisclosureDraft, LedgerAccount
from finance.rules import Category, direction_of
from finance.services import publishing
from finance.services.differences import differences
from finance.services.drafts import review_draft, start_draft, submit_draft
from finance.services.figures import draw_figures, figures_sha
from finance.services.publishing import publish_disclosure
from finance.services.verification import verify_disclosures
from kernel.chain import GENESIS, body_sha, canonical, link_hash
from kernel.errors import ConflictError, DomainError
from kernel.money import to_fen
from kernel.periods import Cadence, Period
from notices.models import Message
from supervision.models import Obligation
from tests.cast import World, build_world
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
    third_quarter,
)

WHEN = at(date(2026, 10, 22))


@pytest.fixture
def quarter(world: World) -> tuple[Obligation, LedgerAccount]:
    return third_quarter(world)


def test_publishing_freezes_the_figures_and_says_unposted(world, quarter):
    obligation, account = quarter
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)
    assert [disclosure.opening, disclosure.income, disclosure.expense, disclosure.closing] == [
        Decimal("48210.35"),
        Decimal("86431.20"),
        Decimal("39877.64"),
        Decimal("94763.91"),
    ]
    frozen = disclosure.figures
    assert frozen["published"] == {"post": "主任", "name": "陈志强", "on": "2026-10-22"}
    assert frozen["prepared"] == {"post": "财务委员", "name": "郑**", "on": "2026-10-22"}
    assert frozen["published_at"] == "2026-10-22T04:00:00.000000+00:00"
    assert frozen["places"] == ["notice_board", "corridor", "lift", "owner_group"]
    enter(account, date(2026, 9, 1), Category.E12, "1.00")
    disclosure.refresh_from_db()
    assert disclosure.figures == frozen
    obligation.refresh_from_db()
    assert (obligation.progress, obligation.fulfilled_at) == ("unposted", None)


def test_the_hash_covers_the_frozen_copy_and_the_link_before(world, quarter):
    first = publish(quarter[0], preparer=world.treasurer, head=world.chair, when=WHEN)
    second = publish(quarter[0], preparer=world.treasurer, head=world.chair, when=WHEN, reason="补说明")
    assert (first.seq, first.prev, second.seq, second.prev) == (1, GENESIS, 2, first.hash)
    for link in (first, second):
        link.refresh_from_db()
        sha = body_sha(canonical(link.figures))
        assert link.hash == link_hash(world.compound.public_id, link.seq, link.prev, sha)
    head = ChainHead.objects.get(compound=world.compound)
    assert (head.seq, head.hash) == (2, second.hash)
    assert list(verify_disclosures()) == []


def test_owners_and_the_next_in_line_are_told(world, quarter):
    publish(quarter[0], preparer=world.treasurer, head=world.chair, when=WHEN)
    assert Message.objects.filter(recipient=world.owner, title__contains="已发布").count() == 1
    assert not Message.objects.filter(recipient=world.other_owner).exists()
    assert Message.objects.filter(recipient=world.chair, title__contains="请发布").count() == 1


def test_an_owner_who_sold_is_told_nothing(world, quarter):
    Ownership.objects.filter(owner=Owner.objects.get(user=world.owner)).update(until_on=date(2026, 8, 1))
    publish(quarter[0], preparer=world.treasurer, head=world.chair, when=WHEN)
    assert not Message.objects.filter(recipient=world.owner, title__contains="已发布").exists()


def test_a_publication_that_failed_on_the_way_leaves_nothing_and_may_be_tried_again(world, quarter, monkeypatch):
    """LED-08: the first answer is an error, the retry completes; the chain has no hole."""
    obligation, _ = quarter
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=WHEN)

    def fail(*args: object, **kwargs: object) -> None:
        raise ConnectionError("the machine went away")

    monkeypatch.setattr(publishing, "send_message", fail)
    with pytest.raises(ConnectionError):
        publish_disclosure(draft, by=world.chair, at=WHEN)
    monkeypatch.undo()
    assert not Disclosure.objects.exists()
    assert not ChainHead.objects.filter(seq__gt=0).exists()
    assert publish_disclosure(draft, by=world.chair, at=WHEN).seq == 1


# -- Corrections -------------------------------------------------------------------------------------------------------


def test_a_correction_is_a_new_version_with_its_reason_and_the_old_stays(world, quarter):
    obligation, account = quarter
    first = publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)
    post_everywhere(first, by=world.chair, when=WHEN)
    with pytest.raises(DomainError, match="更正原因"):
        start_draft(obligation, by=world.treasurer, at=WHEN)
    wrong = account.entries.get(category=Category.E11)
    reverse_entry(wrong, date(2026, 9, 30), "科目记错")
    book_line(wrong.line, Category.E03)
    second = publish(
        obligation, preparer=world.treasurer, head=world.chair, when=WHEN + timedelta(days=1), reason="科目记错"
    )
    assert (second.version, second.reason, second.closing) == (2, "科目记错", first.closing)
    told = [str(each) for each in differences(first.figures, second.figures)]
    assert "安防消防（元）：8,960.00 → 0.00" in told
    assert "共用部位、设施维修更新（元）：26,340.00 → 35,300.00" in told
    obligation.refresh_from_db()
    assert obligation.fulfilled_at == WHEN  # the first moment stays
    assert obligation.corrected_late_at is None  # 23 October is before the due day


def test_a_correction_after_the_due_day_is_marked(world, quarter):
    obligation, _ = quarter
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)
    post_everywhere(disclosure, by=world.chair, when=WHEN)
    after = at(date(2026, 11, 1), 0)
    publish(obligation, preparer=world.treasurer, head=world.chair, when=after, reason="漏记说明")
    obligation.refresh_from_db()
    assert (obligation.fulfilled_at, obligation.corrected_late_at) == (WHEN, after)


# -- The arithmetic ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(10))
def test_random_quarters_hold_opening_plus_income_minus_expense(world, seed):
    """LED-06: 1,000 random postings and reversals in ten runs of four quarters; what is stored is what recounts."""
    random = Random(seed)  # noqa: S311 - a repeatable sequence, no secret
    account = open_account(world, opened_on=date(2026, 1, 1), opening="1000000.00")
    period, closing = Period(2026, Cadence.QUARTER, 1), Decimal("1000000.00")
    for _ in range(4):
        rows = []
        for _ in range(25):
            day = period.first + timedelta(days=random.randrange(90))
            category = random.choice(list(Category))
            rows.append((min(day, period.last), category, f"{random.randrange(1, 10**7) / 100:.2f}", "", "随机"))
        entries = bank(account, period.first, period.last, sorted(rows))
        for entry in random.sample(entries, 3):
            # Booked twice by mistake and reversed: the books move, the bank does not.
            reverse_entry(enter(account, entry.on, entry.category, str(entry.amount)), entry.on)
        when = at(period.next().first)
        disclosure = publish(owe(world, period.code), preparer=world.treasurer, head=world.chair, when=when)
        disclosure.refresh_from_db()
        assert disclosure.opening == closing
        closing = disclosure.opening + disclosure.income - disclosure.expense
        income = sum(e.signed for e in entries if direction_of(e.category) == "in")
        assert (disclosure.closing, disclosure.income) == (closing, income)
        assert to_fen(closing) == disclosure.figures["closing"]
        period = period.next()
    assert list(verify_disclosures()) == []


# -- Two at once -------------------------------------------------------------------------------------------------------


def race(count: int, act: Callable[[int], object]) -> list[object]:
    """Run the act in as many threads at the same moment; each result or the error it raised."""
    barrier = Barrier(count)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return act(number)
        except (DomainError, IntegrityError) as error:
            return error
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        return list(pool.map(run, range(count)))


@pytest.mark.django_db(transaction=True)
def test_ten_presses_of_publish_make_one_disclosure():
    """LED-08: one wins, the others are told."""
    world = build_world()
    obligation, _ = third_quarter(world)
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    reviewed(draft, preparer=world.treasurer, reviewer=world.chair, when=WHEN)
    results = race(10, lambda _: publish_disclosure(draft, by=world.chair, at=WHEN))
    assert sum(isinstance(result, Disclosure) for result in results) == 1
    assert sum(isinstance(result, ConflictError) for result in results) == 9
    assert Disclosure.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_review_and_return_at_once_one_wins_and_the_other_is_told():
    """LED-11."""
    world = build_world()
    obligation, _ = third_quarter(world)
    draft = draft_of(obligation, by=world.treasurer, when=WHEN)
    submit_draft(draft, by=world.treasurer, at=WHEN)
    sha = figures_sha(draw_figures(draft))
    people = (world.chair, world.member)
    results = race(2, lambda number: review_draft(draft, seen_sha=sha, by=people[number], at=WHEN))
    assert sorted(isinstance(result, ConflictError) for result in results) == [False, True]
    draft.refresh_from_db()
    assert (draft.stage, draft.reviewed_by in people) == ("reviewed", True)


WORKERS, APPENDS = 12, 10


def _reviewed_drafts(world: World) -> list[DisclosureDraft]:
    """120 reviewed nil quarters of one compound, every worker's on an account of its own, so that only the chain
    brings them together."""
    accounts = [open_account(world, opened_on=date(1990, 1, 1)) for _ in range(WORKERS)]
    for account in accounts:
        bank(account, date(1990, 1, 1), date(2026, 9, 30))
    drafts = []
    for number in range(WORKERS * APPENDS):
        quarter = Period.containing(date(1991 + number // 4, 1 + 3 * (number % 4), 1), Cadence.QUARTER)
        draft = DisclosureDraft(
            obligation=owe(world, quarter.code),
            account=accounts[number % WORKERS],
            stage=DisclosureDraft.Stage.REVIEWED,
            is_nil=True,
            started_at=WHEN,
            prepared_by=world.treasurer,
            prepared_at=WHEN,
            reviewed_by=world.chair,
            reviewed_at=WHEN,
        )
        draft.save()
        drafts.append(draft)
    for draft in drafts:  # whether an earlier quarter was owed is known only now
        draft.reviewed_sha = figures_sha(draw_figures(draft))
        draft.save()
    return drafts


@pytest.mark.django_db(transaction=True)
def test_twelve_workers_append_ten_links_each_to_one_chain():
    """LED-04: seq 1..n, no fork, no gap, nothing refused."""
    world = build_world()
    drafts = _reviewed_drafts(world)

    def work(number: int) -> int:
        return sum(bool(publish_disclosure(draft, by=world.chair, at=WHEN)) for draft in drafts[number::WORKERS])

    assert race(WORKERS, work) == [APPENDS] * WORKERS
    seqs = list(Disclosure.objects.order_by("seq").values_list("seq", flat=True))
    assert seqs == list(range(1, WORKERS * APPENDS + 1))
    assert list(verify_disclosures()) == []


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_on_the_head_the_race_is_real(monkeypatch):
    """Positive control of the test above: without the lock two read the same head, and the database refuses a fork."""
    world = build_world()
    drafts = _reviewed_drafts(world)
    together = Barrier(WORKERS)

    def unlocked(compound):
        ChainHead.objects.get_or_create(compound=compound)
        head = ChainHead.objects.get(compound=compound)
        together.wait()
        return head

    ChainHead.objects.create(compound=world.compound)
    monkeypatch.setattr(publishing, "_hold_head", unlocked)
    results = race(WORKERS, lambda number: publish_disclosure(drafts[number], by=world.chair, at=WHEN))
    assert sum(isinstance(result, IntegrityError) for result in results) == WORKERS - 1
    assert Disclosure.objects.count() == 1
