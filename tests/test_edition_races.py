"""Two who press at once: numbers without gap or double, one edition of one draft; the control shows the race."""

import threading

import pytest
from django.db import IntegrityError

from baogai.editions import begin_edition, issue
from communities.models import Town
from kernel.errors import ConflictError
from kernel.periods import Period
from notices.models import Edition, EditionDraft, EditionHead, LetterCounter
from notices.rules import EditionKind
from notices.services.editions import issuing, submit_draft, verify_editions
from tests.cast import NOON, World, build_world
from tests.disclosing import owe
from tests.editing import WORDING
from tests.test_sweep_races import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ground() -> World:
    return build_world()


def waiting(world: World, code: str) -> EditionDraft:
    """A quarter's draft that waits for its second person."""
    owe(world, code, world.firm)
    facts = {"kind": EditionKind.DISCLOSURES, "period": Period.parse(code), "wording": WORDING}
    draft = begin_edition(world.town, by=world.officer, at=NOON, **facts)
    return submit_draft(draft, by=world.officer, at=NOON)


def test_two_presses_at_once_take_two_numbers_in_a_row(ground: World) -> None:
    drafts = [waiting(ground, code) for code in ("2025Q3", "2025Q4", "2026Q1", "2026Q2")]
    acts = [lambda draft=draft: issue(draft, by=ground.leader, at=NOON) for draft in drafts]
    assert at_once(*acts) == [None] * 4
    assert sorted(Edition.objects.values_list("number", flat=True)) == [1, 2, 3, 4]
    assert LetterCounter.objects.get().last == 4
    assert list(verify_editions()) == []


def test_two_who_press_the_same_draft_make_one_edition(ground: World) -> None:
    draft = waiting(ground, "2026Q2")
    told: list[str] = []

    def press(by: str) -> None:
        try:
            issue(draft, by=ground.people[by], at=NOON)
        except ConflictError as refusal:
            told.append(refusal.message)

    at_once(lambda: press("leader"), lambda: press("second_officer"))
    assert told == ["这份发布稿已经发布，无需重复发布。"]
    assert Edition.objects.get().number == LetterCounter.objects.get().last == 1


def test_without_the_locks_the_same_harness_shows_the_race(ground: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positive control: both read the same last number, and only the database's own constraint stops the second."""
    issue(waiting(ground, "2025Q4"), by=ground.leader, at=NOON)
    drafts = [waiting(ground, code) for code in ("2026Q1", "2026Q2")]
    met = threading.Barrier(2)

    def unlocked_number(town: Town, series: str, year: int) -> int:
        counter = LetterCounter.objects.get(town=town, series=series, year=year)
        met.wait(timeout=20)
        counter.last += 1
        counter.save(update_fields=["last"])
        return counter.last

    monkeypatch.setattr(issuing, "_hold_head", lambda town: EditionHead.objects.get(town=town))
    monkeypatch.setattr(issuing, "_take_number", unlocked_number)
    raised = at_once(*[lambda draft=draft: issue(draft, by=ground.leader, at=NOON) for draft in drafts])
    assert [type(one) for one in raised if one] == [IntegrityError]
    assert Edition.objects.count() == 2
