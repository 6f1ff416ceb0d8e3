"""Four sweeps at once, two who finish at once; positive controls show each race where its lock is off."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import date

import pytest
from django.db import IntegrityError, connection

from kernel.fields import Reference
from notices.models import Message
from supervision.models import BoardCell, Extension, Obligation, SweepRun
from supervision.services import board, extensions, fulfil, obligations
from supervision.services import sweep as sweeping
from supervision.services.extensions import Days, confirm_extension, enter_extension
from tests.cast import TODAY, World, build_world
from tests.law import noon, policy_for, rows, sweep_on

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def ground() -> World:
    world = build_world()
    policy_for(world.town, date(2026, 1, 1), date(2026, 12, 31))
    return world


def at_once(*acts: Callable[[], object]) -> list[BaseException | None]:
    """Run the acts in as many threads, released together; what each raised."""
    start = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> BaseException | None:
        try:
            start.wait()
            act()
        except IntegrityError as error:
            return error
        finally:
            connection.close()
        return None

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))


def test_four_sweeps_at_once_leave_the_rows_of_one(ground: World) -> None:
    """TIME-03."""
    assert at_once(*[lambda: sweep_on(TODAY)] * 4) == [None] * 4
    together = rows(with_messages=True)
    assert SweepRun.objects.count() == 4
    assert Message.objects.count() == Message.objects.values("recipient", "kind").distinct().count()
    assert SweepRun.objects.filter(opened__gt=0, told__gt=0).count() == SweepRun.objects.filter(told__gt=0).count() == 1
    sweep_on(TODAY)
    assert rows(with_messages=True) == together


def test_without_the_lock_the_same_harness_shows_the_race(ground: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positive control: all four believe they are first, and each tells everybody, or stumbles over another's rows."""
    met = threading.Barrier(4)
    opening = sweeping.open_and_release

    def together(*args: object, **kwargs: object) -> object:
        met.wait(timeout=20)  # nobody has written yet when everybody begins to
        return opening(*args, **kwargs)

    monkeypatch.setattr(sweeping, "wait_for_turn", lambda: None)
    monkeypatch.setattr(sweeping, "open_and_release", together)
    at_once(*[lambda: sweep_on(TODAY)] * 4)
    assert all(SweepRun.objects.values_list("told", flat=True))
    assert Message.objects.count() > Message.objects.values("recipient", "kind").distinct().count()


def wait_until_somebody_waits_for_me() -> None:
    """Until another session's statement has begun, taken its view of the rows, and met a row this one has changed."""
    give_up = time.monotonic() + 60
    with connection.cursor() as cursor:
        while True:
            # Of the locks, not of the sessions: those are looked at once in a transaction and then remembered.
            cursor.execute("SELECT 1 FROM pg_locks WHERE NOT granted AND pg_backend_pid() = ANY(pg_blocking_pids(pid))")
            if cursor.fetchone():
                return
            assert time.monotonic() < give_up, "nobody came"
            time.sleep(0.01)


# -- An extension confirmed while a sweep opens what it concerns -------------------------------------------------------

_DUE = date(2026, 10, 31)


def _entered(world: World) -> Extension:
    return enter_extension(
        world.town,
        days=Days(_DUE, _DUE, date(2026, 11, 5)),
        reason="系统故障",
        basis="运行记录",
        by=world.officer,
        at=noon(TODAY),
    )


def _confirm(world: World, extension: Extension) -> None:
    confirm_extension(extension, by=world.leader, at=noon(TODAY))


def confirm_amid_a_sweep(
    world: World, monkeypatch: pytest.MonkeyPatch, until: Callable[[], object] | None
) -> set[date]:
    """The sweep has opened and moved, and commits only when `until` returns, or the confirmation has committed."""
    extension, moved, confirmed = _entered(world), threading.Event(), threading.Event()
    moving = sweeping.move_deadlines

    def move_then_wait(touched: board.Touched) -> list[int]:
        found = moving(touched)
        moved.set()
        until() if until else confirmed.wait(20)
        return found

    def confirm() -> None:
        assert moved.wait(20)
        _confirm(world, extension)
        confirmed.set()

    monkeypatch.setattr(sweeping, "move_deadlines", move_then_wait)
    assert at_once(lambda: sweep_on(TODAY), confirm) == [None, None]
    return set(Obligation.objects.filter(duty="disclosure", period="2026Q3").values_list("deadline_on", flat=True))


def test_four_sweeps_at_once_extend_what_they_open(ground: World) -> None:
    _confirm(ground, _entered(ground))
    assert at_once(*[lambda: sweep_on(TODAY)] * 4) == [None] * 4
    together = rows(with_messages=True)
    assert not Obligation.objects.filter(deadline_on=_DUE).exists()
    assert Obligation.objects.filter(unextended_on=_DUE).count() == 4
    sweep_on(TODAY)
    assert rows(with_messages=True) == together


def test_an_extension_confirmed_amid_a_sweep_moves_what_the_sweep_opens(
    ground: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert confirm_amid_a_sweep(ground, monkeypatch, wait_until_somebody_waits_for_me) == {date(2026, 11, 5)}


def test_without_the_sweeps_lock_the_extension_misses_what_is_just_being_opened(
    ground: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Positive control: neither sees the other's rows."""
    monkeypatch.setattr(extensions, "wait_for_turn", lambda: None)
    assert confirm_amid_a_sweep(ground, monkeypatch, None) == {_DUE}


# -- Two who finish at once --------------------------------------------------------------------------------------------


def finish_both(world: World) -> BoardCell:
    """Firm and committee finish the same quarter at the same moment; the cell they share."""
    sweep_on(TODAY)
    proof = Reference("finance.disclosure", "0" * 16, "凭据")
    both = Obligation.objects.filter(duty="disclosure", period="2026Q3", compound=world.compound)
    assert not any(at_once(*[lambda one=one: fulfil(one, at=noon(TODAY), evidence=proof, by=None) for one in both]))
    return BoardCell.objects.get(duty="disclosure", period="2026Q3", village=world.village)


def test_two_who_finish_at_once_are_both_counted(ground: World) -> None:
    assert finish_both(ground).done_on_time == 2


def test_without_the_cells_lock_one_of_them_is_lost(ground: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Positive control: both count before either has committed."""
    met, first = threading.Barrier(2), threading.Lock()
    refresh = board.refresh_cells

    def meet(execute: Callable[..., object], sql: str, *more: object) -> object:
        if sql == board._COUNT:
            met.wait(timeout=20)  # both are fulfilled and have found the cell, neither is committed
        return execute(sql, *more)

    def together(touched: board.Touched) -> None:
        with connection.execute_wrapper(meet):
            refresh(touched)
        if first.acquire(blocking=False):  # whoever counted first commits only when the other has counted as well
            wait_until_somebody_waits_for_me()

    monkeypatch.setattr(obligations, "refresh_cells", together)
    monkeypatch.setattr(board, "_LOCK", board._LOCK.replace("FOR UPDATE OF b", ""))
    assert finish_both(ground).done_on_time == 1
