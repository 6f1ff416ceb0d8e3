"""A firm that would rather not show its books tries every door the pages leave it; each stays shut."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from accounts.models import User
from communities.services import end_appointment, suspend
from finance.models import Disclosure, DisclosureDraft, Entry, LedgerAccount
from finance.rules import Category
from kernel.errors import DomainError
from notices.models import Posting
from supervision.models import Obligation
from tests.books import picture
from tests.cast import EARLIER, NOON, TODAY, World
from tests.disclosing import at, bank, draft_of, open_account, owe, photo, publish, reviewed, third_quarter

ClientOf = Callable[[User | None], Client]


@pytest.fixture
def owed(world: World) -> tuple[Obligation, LedgerAccount]:
    """The firm's third quarter: eight lines in its account, all booked, nothing disclosed."""
    return third_quarter(world, world.firm)


def work(name: str, obligation: Obligation) -> str:
    return reverse(f"finance:{name}", args=[obligation.public_id])


def ready(world: World, obligation: Obligation) -> DisclosureDraft:
    draft = draft_of(obligation, by=world.clerk, when=NOON)
    return reviewed(draft, preparer=world.clerk, reviewer=world.manager, when=NOON)


def told(client: Client, url: str, data: dict[str, Any] | None = None) -> str:
    """The page one ends on after an act."""
    return client.post(url, data or {}, follow=True).content.decode()


def test_a_quarter_with_lines_is_never_nil(world: World, owed: Any, client_of: ClientOf) -> None:
    obligation, _ = owed
    draft_of(obligation, by=world.clerk, when=NOON)
    page = client_of(world.clerk).post(work("draft_edit", obligation), {"is_nil": "on"})
    assert page.status_code == 422
    assert "不能作“本季度无收支”公示" in page.content.decode()
    assert not DisclosureDraft.objects.get().is_nil


def test_a_second_empty_account_hides_no_quarter(world: World, owed: Any) -> None:
    """Nothing moves in the newest dedicated account, everything in the other: no paper says 无收支 before that one."""
    obligation, hidden = owed
    empty = open_account(world, world.firm, opened_on=date(2026, 9, 1), opening="0.00", by=world.clerk)
    bank(empty, date(2026, 9, 1), date(2026, 9, 30))
    assert hidden.entries.exists()
    with pytest.raises(DomainError, match="请先公示那个账户") as refused:
        publish(obligation, preparer=world.clerk, head=world.manager, when=NOON, nil=True)
    assert hidden.number_tail in refused.value.message


def test_one_person_never_prepares_and_reviews(world: World, owed: Any, client_of: ClientOf) -> None:
    """Not by a second post either: the person counts, not the chair they sit on."""
    obligation, _ = owed
    world.posts["manager"].appointments.create(user=world.clerk, from_on=EARLIER, basis="示例", is_exclusive=False)
    draft_of(obligation, by=world.clerk, when=NOON)
    client = client_of(world.clerk)
    assert "已提交审核" in told(client, work("draft_submit", obligation))
    page = client.get(work("draft", obligation))
    answer = client.post(work("draft_review", obligation), {"seen": page.context["sha"]})
    assert answer.status_code == 403
    assert DisclosureDraft.objects.get().stage == DisclosureDraft.Stage.SUBMITTED
    told(client_of(world.manager), work("draft_review", obligation), {"seen": page.context["sha"]})
    assert DisclosureDraft.objects.get().stage == DisclosureDraft.Stage.REVIEWED


def test_a_clerk_or_an_outsider_does_not_publish(world: World, owed: Any, client_of: ClientOf) -> None:
    obligation, _ = owed
    ready(world, obligation)
    assert client_of(world.clerk).post(work("draft_publish", obligation)).status_code == 403
    assert client_of(world.chair).post(work("draft_publish", obligation)).status_code == 403
    assert client_of(world.other_manager).post(work("draft_publish", obligation)).status_code == 404
    assert not Disclosure.objects.exists()
    told(client_of(world.manager), work("draft_publish", obligation))
    assert Disclosure.objects.count() == 1


def test_a_suspended_head_publishes_nothing(world: World, owed: Any, client_of: ClientOf) -> None:
    obligation, _ = owed
    ready(world, obligation)
    suspend(world.posts["manager"].appointments.get(), from_on=TODAY, on=TODAY, by=world.officer)
    for name in ("draft_publish", "draft_return", "draft_submit", "draft_review"):
        assert client_of(world.manager).post(work(name, obligation), {"return-reason": "x"}).status_code == 404
    assert not Disclosure.objects.exists()


def test_books_that_move_after_the_review_are_not_published(world: World, owed: Any, client_of: ClientOf) -> None:
    """A reviewed draft shows what was reviewed: a line slipped in afterwards stops it."""
    obligation, account = owed
    ready(world, obligation)
    clerk, url = client_of(world.clerk), reverse("finance:enter", args=[account.public_id])
    key = clerk.get(url).context["form"].initial["form_key"]
    clerk.post(url, {"form_key": key, "on": "2026-09-30", "category": "E99", "amount": "5000.00", "text": "杂费"})
    assert Entry.objects.filter(text="杂费").exists()
    page = told(client_of(world.manager), work("draft_publish", obligation))
    assert "审核后账目有变动" in page
    assert not Disclosure.objects.exists()


def test_what_is_published_is_edited_by_nobody(world: World, owed: Any, client_of: ClientOf) -> None:
    obligation, _ = owed
    shown = publish(obligation, preparer=world.clerk, head=world.manager, when=NOON)
    before = (shown.hash, shown.figures)
    clerk = client_of(world.clerk)
    for name in ("draft_edit", "draft_list_sum", "draft_discard", "draft_submit", "draft_publish", "draft_return"):
        assert clerk.post(work(name, obligation), {"note": "改"}).status_code == 409, name
    now = Disclosure.objects.get()
    assert (now.hash, now.figures) == before


def test_a_line_of_the_bank_is_not_taken_away(world: World, owed: Any, client_of: ClientOf) -> None:
    """Neither while it is booked nor, its entry reversed, once the quarter is public."""
    obligation, account = owed
    statement = account.statements.get()
    url = reverse("finance:withdraw_statement", args=[statement.public_id])
    page = client_of(world.clerk).post(url, {"reason": "选错了"}).content.decode()
    assert "笔明细已入账" in page
    publish(obligation, preparer=world.clerk, head=world.manager, when=NOON)
    for entry in account.entries.all():
        client_of(world.clerk).post(
            reverse("finance:reverse", args=[entry.public_id]), {"when": "today", "reason": "冲掉"}
        )
    client_of(world.clerk).post(url, {"reason": "选错了"})
    assert account.statements.filter(pk=statement.pk).exists()


def test_a_nil_paper_covers_no_day_with_lines(world: World, owed: Any, client_of: ClientOf) -> None:
    _, account = owed
    answer = client_of(world.clerk).post(
        reverse("finance:nil_statement", args=[account.public_id]),
        {"from_on": "2026-07-01", "until_on": "2026-09-30", "balance": "48210.35", "proof": picture()},
    )
    assert "不是“无收支”" in answer.content.decode()
    assert account.statements.count() == 1


def test_the_publisher_does_not_sign_for_the_other_side(world: World, client_of: ClientOf) -> None:
    """One person at the head of both: the second signature must be another's."""
    obligation, _ = third_quarter(world)
    theirs = owe(world, "2026Q3", world.firm)
    world.posts["manager"].appointments.create(user=world.chair, from_on=EARLIER, basis="示例", is_exclusive=False)
    shown = publish(obligation, preparer=world.treasurer, head=world.chair, when=NOON)
    answer = client_of(world.chair).post(work("draft_countersign", theirs), {"version": shown.public_id})
    assert answer.status_code == 403
    assert not shown.countersigns.exists()
    client_of(world.manager).post(work("draft_countersign", theirs), {"version": shown.public_id})
    assert shown.countersigns.get().signed_by == world.manager


def test_a_firm_that_has_an_account_does_not_hide_behind_a_signature(
    world: World, owed: Any, client_of: ClientOf
) -> None:
    firms, _ = owed
    committees = owe(world, "2026Q3", world.committee)
    account = open_account(world, world.committee)
    bank(account, date(2026, 7, 1), date(2026, 9, 30), [(date(2026, 7, 9), Category.I03, "10.00", "泊车公司", "停车")])
    shown = publish(committees, preparer=world.treasurer, head=world.chair, when=NOON)
    answer = client_of(world.manager).post(work("draft_countersign", firms), {"version": shown.public_id})
    assert answer.status_code == 422
    assert not shown.countersigns.exists()


def test_photos_hang_only_where_the_paper_is_ones_own(world: World, owed: Any, client_of: ClientOf) -> None:
    obligation, _ = owed
    shown = publish(obligation, preparer=world.clerk, head=world.manager, when=NOON)
    url = reverse("finance:posting", args=[shown.public_id])
    sent = {"place": "notice_board"}
    assert client_of(world.other_manager).post(url, {**sent, "photo": photo()}).status_code == 404
    assert client_of(world.owner).post(url, {**sent, "photo": photo()}).status_code == 404
    assert not Posting.objects.exists()
    # A foreign disclosure in the body changes nothing either: the address decides.
    client_of(world.clerk).post(url, {**sent, "photo": photo(), "disclosure": "x", "posted_at": "2020-01-01"})
    assert Posting.objects.get().posted_at.date() == TODAY


def test_a_rival_sees_nothing_that_is_not_public(world: World, owed: Any, client_of: ClientOf) -> None:
    obligation, account = owed
    ready(world, obligation)
    entry = account.entries.first()
    line = account.lines.first()
    for name, thing in (
        ("account", account), ("account_export", account), ("lines", account), ("statements", account),
        ("opening_proof", account), ("entry", entry), ("line", line), ("statement", line.statement),
        ("statement_file", line.statement), ("draft", obligation),
    ):  # fmt: skip
        url = reverse(f"finance:{name}", args=[thing.public_id])
        assert client_of(world.other_manager).get(url).status_code == 404, name
        assert client_of(world.other_clerk).get(url).status_code == 404, name
    assert client_of(world.clerk).get(reverse("finance:account", args=[account.public_id])).status_code == 200
    assert account.compound.name not in client_of(world.other_manager).get("/obligations/").content.decode()


def test_who_left_before_the_quarter_sees_no_books(world: World, client_of: ClientOf) -> None:
    """What they may still finish was finished long ago; the new quarter is not theirs."""
    end_appointment(world.posts["treasurer"].appointments.get(), until_on=date(2025, 6, 30), by=world.officer)
    obligation, account = third_quarter(world, None)
    assert client_of(world.treasurer).get(work("draft", obligation)).status_code == 404
    assert client_of(world.treasurer).get(reverse("finance:account", args=[account.public_id])).status_code == 404


def test_who_left_enters_nothing_into_another_quarter(world: World, client_of: ClientOf) -> None:
    """The quarter they owe stays open to them; the one that runs does not."""
    _, account = third_quarter(world)
    account.opened_by = world.treasurer
    end_appointment(world.posts["treasurer"].appointments.get(), until_on=date(2026, 10, 5), by=world.officer)
    client, url = client_of(world.treasurer), reverse("finance:enter", args=[account.public_id])
    key = client.get(url).context["form"].initial["form_key"]
    posted = {"form_key": key, "category": "I05", "amount": "1.00", "text": "快递柜"}
    assert client.post(url, {**posted, "on": "2026-10-06"}).status_code == 200
    assert not Entry.objects.filter(amount="1.00").exists()
    assert client.post(url, {**posted, "on": "2026-09-29"}).status_code == 302
    assert Entry.objects.filter(amount="1.00").count() == 1


def test_the_moment_is_the_servers(world: World, owed: Any, client_of: ClientOf) -> None:
    obligation, _ = owed
    ready(world, obligation)
    early = {"published_at": "2026-10-01T00:00:00", "at": "2026-10-01", "fulfilled_at": "2026-10-01"}
    client_of(world.manager).post(work("draft_publish", obligation), early)
    shown = Disclosure.objects.get()
    assert at(TODAY) <= shown.published_at <= at(TODAY, minute=5)
