"""Two people at once: two who make a score final, one who saves the method while another starts the scoring."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, connection

from evaluations.appraisal_rules import Head, Source
from evaluations.models import Appraisal, AppraisalMethod, AppraisalResult, AppraisalRound, AppraisalStep, ReplyAnswer
from evaluations.services.appraisals.finishing import correct, make_final
from evaluations.services.appraisals.methods import save_method
from evaluations.services.appraisals.opening import open_round
from evaluations.services.appraisals.replying import answer, reply, rest
from kernel.errors import DomainError
from tests.appraising import HALF, by_hand, final, of, opened, told
from tests.cast import NOON, World, build_world

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def world() -> World:
    return build_world()


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """Each act in a thread of its own, released together; what it returned, or how it was refused."""
    gate = threading.Barrier(len(acts))

    def run(act: Callable[[], Any]) -> Any:
        try:
            gate.wait()
            return act()
        except (DomainError, DatabaseError) as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def refusals(told_: list[Any]) -> list[Any]:
    return [one for one in told_ if isinstance(one, Exception)]


def test_of_two_who_make_a_score_final_one_does(world: World) -> None:
    opened(world)
    found = told(world)
    rest(found, by=world.manager, at=NOON)
    came = at_once(
        *(lambda by=by: make_final(found, by=by, at=NOON) for by in (world.second_officer, world.leader) * 3)
    )
    assert len(refusals(came)) == 5
    assert all(isinstance(one, DomainError) for one in refusals(came))
    assert AppraisalResult.objects.count() == 1
    assert AppraisalStep.objects.filter(act="final").count() == 1


def test_the_method_a_round_opens_by_is_the_last_one_whoever_comes_first(world: World) -> None:
    rows = [(head, head.label, Decimal(20), Source.HAND) for head in Head]
    for period in (HALF, HALF.previous(), HALF.previous().previous()):
        by_hand(world, period=period)

        def save(period=period) -> AppraisalMethod:
            return save_method(
                world.town, period, rows=rows, most_adjustment=Decimal(5), vetoes=[], by=world.officer, at=NOON
            )

        came = at_once(
            save, lambda period=period: open_round(world.town, period, by=world.second_officer, at=NOON), save
        )
        opened_by = AppraisalRound.objects.select_related("method").get(period=period.code).method
        last = AppraisalMethod.objects.of(world.town.pk, period)[0]
        assert opened_by == last
        assert all(isinstance(one, DomainError) for one in refusals(came))


def test_of_two_who_start_the_scoring_one_does(world: World) -> None:
    came = at_once(*(lambda: open_round(world.town, HALF, by=world.officer, at=NOON) for _ in range(4)))
    assert len(refusals(came)) == 3
    assert (AppraisalRound.objects.count(), Appraisal.objects.count()) == (1, 2)


def test_of_two_answers_to_a_reply_one_counts(world: World) -> None:
    opened(world)
    objection = reply(told(world, R1="15"), code="R1", text="台账已补齐", by=world.manager, at=NOON)
    acts = [
        lambda points=points: answer(objection, points=Decimal(points), reason="核实", by=world.officer, at=NOON)
        for points in (16, 17, 18)
    ]
    assert len(refusals(at_once(*acts))) == 2
    assert ReplyAnswer.objects.count() == 1
    assert of(world.compound).marks.filter(code="R1").count() == 2


def test_a_final_score_is_corrected_once(world: World) -> None:
    opened(world)
    old = final(world)
    came = at_once(*(lambda: correct(old, reason="记错了小区", by=world.officer, at=NOON) for _ in range(3)))
    assert len(refusals(came)) == 2
    assert Appraisal.objects.filter(corrects=old).count() == 1
