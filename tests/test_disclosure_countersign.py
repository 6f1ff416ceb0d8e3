"""会签: the bearer without an account of its own signs the other's disclosure (clause 4.3.1: 物业、业委会)."""

from datetime import date, timedelta

import pytest

from finance.services.countersign import countersign, disclosures_to_countersign
from finance.services.publishing import prove_posting
from kernel.errors import ConflictError, DomainError, NotAllowedError
from notices.models import Message
from notices.rules import Place
from tests.cast import World
from tests.disclosing import at, open_account, owe, photo, post_everywhere, publish, third_quarter

PUBLISHED = at(date(2026, 10, 20))
LATER = PUBLISHED + timedelta(hours=3)


@pytest.fixture
def shared(world: World):
    """The committee holds the only account and has published; the firm owes the same quarter."""
    obligation, _ = third_quarter(world)
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=PUBLISHED)
    return disclosure, owe(world, "2026Q3", world.firm)


def test_the_firm_fulfils_its_own_obligation_by_countersigning_what_is_posted(world, shared):
    disclosure, owed = shared
    post_everywhere(disclosure, by=world.chair, when=PUBLISHED)
    countersign(owed, disclosure=disclosure, by=world.manager, at=LATER)
    owed.refresh_from_db()
    assert owed.fulfilled_at == LATER
    assert owed.evidence.public_id == disclosure.public_id


def test_signed_before_it_hangs_the_posting_is_the_moment(world, shared):
    disclosure, owed = shared
    countersign(owed, disclosure=disclosure, note="同意", by=world.manager, at=PUBLISHED)
    owed.refresh_from_db()
    assert (owed.progress, owed.fulfilled_at) == ("unposted", None)
    post_everywhere(disclosure, by=world.chair, when=LATER)
    owed.refresh_from_db()
    disclosure.obligation.refresh_from_db()
    assert owed.fulfilled_at == disclosure.obligation.fulfilled_at == LATER


def test_after_signing_the_firm_may_upload_photos_too(world, shared):
    disclosure, owed = shared
    with pytest.raises(NotAllowedError):
        prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=world.clerk, at=LATER)
    countersign(owed, disclosure=disclosure, by=world.manager, at=PUBLISHED)
    assert prove_posting(disclosure, place=Place.LIFT, photo=photo(), by=world.clerk, at=LATER)


def test_the_other_head_is_asked_to_sign(world):
    obligation, _ = third_quarter(world)
    owe(world, "2026Q3", world.firm)
    publish(obligation, preparer=world.treasurer, head=world.chair, when=PUBLISHED)
    assert Message.objects.filter(recipient=world.manager, title__contains="请会签").count() == 1
    assert not Message.objects.filter(recipient=world.clerk, title__contains="请会签").exists()


@pytest.mark.parametrize("name", ["clerk", "chair", "treasurer", "other_manager", "officer", "auditor", "owner"])
def test_only_the_firms_head_signs(world, shared, name):
    disclosure, owed = shared
    with pytest.raises(NotAllowedError):
        countersign(owed, disclosure=disclosure, by=getattr(world, name), at=LATER)
    assert countersign(owed, disclosure=disclosure, by=world.manager, at=LATER)


def test_it_is_signed_once(world, shared):
    disclosure, owed = shared
    countersign(owed, disclosure=disclosure, by=world.manager, at=LATER)
    with pytest.raises(ConflictError, match="已经会签"):
        countersign(owed, disclosure=disclosure, by=world.manager, at=LATER)


def test_a_bearer_with_an_account_discloses_it_itself(world, shared):
    disclosure, owed = shared
    open_account(world, world.firm, by=world.clerk)
    with pytest.raises(DomainError, match="自行公示"):
        countersign(owed, disclosure=disclosure, by=world.manager, at=LATER)


def test_an_older_version_is_not_signed_any_more(world, shared):
    disclosure, owed = shared
    newer = publish(disclosure.obligation, preparer=world.treasurer, head=world.chair, when=LATER, reason="补说明")
    assert disclosures_to_countersign(owed) == [newer]
    with pytest.raises(ConflictError, match="更正版"):
        countersign(owed, disclosure=disclosure, by=world.manager, at=LATER)
    assert countersign(owed, disclosure=newer, by=world.manager, at=LATER)


def test_another_quarter_or_compound_is_not_signed(world, shared):
    disclosure, _ = shared
    elsewhere = owe(world, "2026Q3", world.other_firm, compound=world.other_compound)
    with pytest.raises(DomainError, match="本小区同一季度"):
        countersign(elsewhere, disclosure=disclosure, by=world.other_manager, at=LATER)
    with pytest.raises(DomainError, match="本小区同一季度"):
        countersign(owe(world, "2026Q2", world.firm), disclosure=disclosure, by=world.manager, at=LATER)


def test_who_published_for_one_side_does_not_sign_for_the_other(world, shared):
    disclosure, owed = shared
    post = world.posts["manager"]
    post.appointments.create(user=world.chair, from_on=date(2024, 1, 1))
    both = type(world.chair).objects.get(pk=world.chair.pk)  # as the next request would read them
    with pytest.raises(NotAllowedError, match="另一方负责人"):
        countersign(owed, disclosure=disclosure, by=both, at=LATER)
