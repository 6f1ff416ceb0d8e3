"""Votes, closings and dying workers at once. Each race has its positive control: without the guard it is lost.

Told ok is counted, and nothing else is: that is what every test here comes down to.
"""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from communities.models import Unit
from evaluations.models import Ballot, Participation, SealedBallot, Survey, SurveyResult
from evaluations.rules import SurveyKind
from evaluations.services import casting, closing, turn
from evaluations.services.closing import close_survey, finish
from kernel.errors import ConflictError
from tests.cast import World, build_world
from tests.surveying import end_now, homes, opened, votes

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("key_store")]


@pytest.fixture
def world() -> World:
    return build_world()


def at_once(act: Callable[[int], Any], many: int) -> list[Any]:
    """Run the act in as many threads, released together; what each returned or, as a refusal, raised."""
    gate = threading.Barrier(many)

    def run(number: int) -> Any:
        try:
            gate.wait()
            return act(number)
        except ConflictError as refused:
            return refused
        finally:
            connection.close()

    with ThreadPoolExecutor(many) as pool:
        return list(pool.map(run, range(many)))


def receipts_of(told: list[Any]) -> list[str]:
    return [one.replace("-", "").lower() for one in told if isinstance(one, str)]


@contextmanager
def without(table: str, constraint: str, definition: str) -> Iterator[None]:
    """The scratch database without one guard, which is put back."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DROP CONSTRAINT {constraint} CASCADE")
    yield
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        cursor.execute(f"DELETE FROM {table}")
        cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")
        cursor.execute(f"ALTER TABLE {table} ADD CONSTRAINT {constraint} {definition}")


def test_of_sixteen_votes_at_once_for_one_home_one_is_taken_by_form_too(world: World) -> None:
    units = homes(world.compound, 6)
    survey = opened(world)
    for unit in units:
        told = at_once(lambda _, unit=unit: votes(survey, [unit], "B")[0], 16)
        assert len(receipts_of(told)) == 1
        assert {str(one.message) for one in told if isinstance(one, ConflictError)} == {casting.VOTED}
    url = f"/surveys/{survey.public_id}/vote/{world.unit.public_id}/"
    sent = {f"q{n}": "B" for n in range(1, 11)}

    def by_form(_: int) -> int:
        client = Client(raise_request_exception=False)
        client.force_login(world.owner)
        return client.post(url, sent).status_code

    assert sorted(at_once(by_form, 8)) == [200] + [409] * 7
    assert Participation.objects.count() == SealedBallot.objects.count() == 7


def test_without_the_unique_constraint_the_same_harness_takes_more(world: World) -> None:
    unit = homes(world.compound, 1)[0]
    survey = opened(world)
    table = "evaluations_participation"
    with without(table, "a_household_takes_part_once", "UNIQUE (survey_id, unit_id)"):
        told = at_once(lambda _: votes(survey, [unit], "B")[0], 16)
        assert len(receipts_of(told)) == 16
    with connection.cursor() as cursor:
        cursor.execute(
            "ALTER TABLE evaluations_paperhelp ADD CONSTRAINT paper_help_is_for_a_household_that_took_part"
            f" FOREIGN KEY (survey_id, unit_id) REFERENCES {table} (survey_id, unit_id)"
        )


def test_a_closing_comes_through_steady_voting_and_told_ok_is_counted(world: World) -> None:
    """Thirty-two vote without pause until they are refused: a closing that starved would find every home voted."""
    units = homes(world.compound, 32 * 40)
    survey = opened(world)
    busy = threading.Semaphore(0)

    def keep_voting(number: int) -> list[str]:
        taken: list[str] = []
        for unit in units[number * 40 : number * 40 + 40]:
            try:
                taken += votes(survey, [unit], "B")
            except ConflictError:
                break
            busy.release()
        return taken

    def close_amid(_: int) -> None:
        for _ in range(64):
            busy.acquire()
        end_now(survey, world.officer)
        assert close_survey(survey.pk)

    told = at_once(lambda number: close_amid(number) if number == 32 else keep_voting(number), 33)
    taken = [receipt for one in told if isinstance(one, list) for receipt in receipts_of(one)]
    assert 64 <= len(taken) < len(units)
    assert set(Ballot.objects.values_list("receipt", flat=True)) == set(taken)
    assert SurveyResult.objects.get().participations == Participation.objects.count() == len(taken)


def _held_up(survey: Survey, unit: Unit, monkeypatch: pytest.MonkeyPatch) -> tuple[list[Any], list[Any]]:
    """A vote held up after its inserts while the survey is closed: what the vote and the closing came to."""
    inserted, go_on = threading.Event(), threading.Event()
    write = casting._write

    def write_and_wait(*args: Any) -> Any:
        written = write(*args)
        inserted.set()
        go_on.wait(10)
        return written

    monkeypatch.setattr(casting, "_write", write_and_wait)

    def close(_: int) -> bool:
        inserted.wait(10)
        waiting = threading.Timer(0.5, go_on.set)  # where the lock holds, the closing waits until the vote goes on
        waiting.start()
        closed = close_survey(survey.pk)
        go_on.set()
        return closed

    told = at_once(lambda number: close(number) if number else votes(survey, [unit], "B"), 2)
    return told[0], told[1]


def test_a_vote_under_way_is_counted_and_without_the_lock_it_is_lost(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    units = homes(world.compound, 2)
    survey = opened(world)
    end_now(survey, world.officer)
    taken, closed = _held_up(survey, units[0], monkeypatch)
    assert (len(taken), closed, Ballot.objects.count()) == (1, True, 1)
    # The control: the same vote, the lock not taken by the voter.
    monkeypatch.undo()
    other = opened(world, SurveyKind.FIRM)
    end_now(other, world.officer)
    monkeypatch.setattr(turn, "vote_beside_others", lambda _: turn.database_now())
    taken, closed = _held_up(other, units[1], monkeypatch)
    assert (len(taken), closed) == (1, True)
    assert Ballot.objects.filter(survey=other).count() == 0
    assert Participation.objects.filter(survey=other).count() == 1


def test_lock_and_state_read_in_one_statement_see_what_was_before_the_wait(world: World) -> None:
    """Why casting reads in a second statement: this one still says open after the closing has committed."""
    survey = opened(world)
    shared = "pg_advisory_xact_lock_shared(%s, %s)"
    seen: dict[str, str] = {}
    holding, waiting = threading.Event(), threading.Event()

    def closer() -> None:
        with transaction.atomic():
            turn.be_alone_with(survey.pk)
            Survey.objects.filter(pk=survey.pk).update(state="closing")
            holding.set()
            waiting.wait(10)
            _until_two_wait()
        connection.close()

    def voter(name: str) -> None:
        holding.wait(10)
        with transaction.atomic(), connection.cursor() as cursor:
            waiting.set()
            if name == "one statement":
                query = f"SELECT state FROM evaluations_survey, (SELECT {shared}) AS locked WHERE id = %s"
                cursor.execute(query, [turn._NAMESPACE, survey.pk, survey.pk])
            else:
                turn.vote_beside_others(survey.pk)
                cursor.execute("SELECT state FROM evaluations_survey WHERE id = %s", [survey.pk])
            seen[name] = cursor.fetchone()[0]
        connection.close()

    threads = [threading.Thread(target=closer)]
    threads += [threading.Thread(target=voter, args=[name]) for name in ("one statement", "two statements")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {"one statement": "open", "two statements": "closing"}


def _until_two_wait() -> None:
    with connection.cursor() as cursor:
        for _ in range(1_000):
            cursor.execute("SELECT count(*), pg_sleep(0.005) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted")
            if cursor.fetchone()[0] >= 2:
                return
    raise AssertionError("nobody waits for the lock")


def test_three_closings_at_once_make_one_result(world: World) -> None:
    units = homes(world.compound, 12)
    survey = opened(world)
    votes(survey, units, "B" * 12)
    end_now(survey, world.officer)
    told = at_once(lambda _: close_survey(survey.pk) and finish(survey.pk), 3)
    assert told.count(True) >= 1
    assert (SurveyResult.objects.count(), Ballot.objects.count(), SealedBallot.objects.count()) == (1, 12, 0)
    survey.refresh_from_db()
    assert survey.key_destroyed_at is not None


#: Where a worker dies: module, name of what it was about to call.
_DEATHS = (
    (closing, "_count"),  # closing, nothing opened
    (closing, "_check_complete"),  # all seals opened in memory
    (closing, "_result"),  # ballots written, not committed
    (closing, "list_of"),  # counted and committed
    (closing, "destroy_key"),  # the file published
    (closing, "note_destroyed"),  # the key gone, not yet said
)


def test_a_worker_killed_at_any_of_six_points_leaves_what_the_next_one_finishes(world: World) -> None:
    units = homes(world.compound, 12)
    survey = opened(world)
    told = receipts_of(votes(survey, units, "ABCDEBABCDEB"))
    end_now(survey, world.officer)
    for module, name in _DEATHS:
        assert _killed(survey, module, name), name
        assert Participation.objects.count() == 12
        assert SealedBallot.objects.count() + Ballot.objects.count() == 12, name
    close_survey(survey.pk)
    assert finish(survey.pk)
    before = list(Ballot.objects.order_by("receipt").values_list("receipt", "answers"))
    assert sorted(told) == [receipt for receipt, _ in before]
    assert SurveyResult.objects.get().valid == 12
    assert list(settings.KEY_STORE.iterdir()) == []
    assert not close_survey(survey.pk)
    assert not finish(survey.pk)
    assert list(Ballot.objects.order_by("receipt").values_list("receipt", "answers")) == before


def _killed(survey: Survey, module: Any, name: str) -> bool:
    """A process of its own that dies by SIGKILL where it would call `name`; whether it came so far."""
    connection.close()
    child = os.fork()
    if child == 0:
        setattr(module, name, lambda *_, **__: os.kill(os.getpid(), signal.SIGKILL))
        try:
            close_survey(survey.pk)
            finish(survey.pk)
        finally:
            os._exit(1)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL


def test_a_transaction_links_its_seal_to_its_home_and_no_opened_ballot(world: World) -> None:
    """What the seal is for: while open, `xmin` leads from every home to its seal; after the count to nothing."""
    units = homes(world.compound, 12)
    survey = opened(world)
    votes(survey, units, "ABCDEABCDEAB")
    joined = "SELECT count(*) FROM evaluations_participation p JOIN {} b ON b.xmin::text = p.xmin::text"
    with connection.cursor() as cursor:
        cursor.execute(joined.format("evaluations_sealedballot"))
        assert cursor.fetchone()[0] >= 12
        end_now(survey, world.officer)
        close_survey(survey.pk)
        cursor.execute(joined.format("evaluations_ballot"))
        assert cursor.fetchone()[0] == 0
