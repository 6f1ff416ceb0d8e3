"""The ways in to the sweep, the clock it trusts, and the rollup it leaves behind."""

import re
from datetime import date, timedelta

import pytest
from django.core.management import CommandError, call_command

from kernel.errors import DomainError
from supervision.models import BoardCell, Obligation, SweepRun
from supervision.services.sweep import ClockRunsBackError, sweep
from supervision.tasks import run_sweep
from tests.cast import TODAY, World
from tests.law import noon, rows, sweep_on
from tests.test_sweep import ONE_DAY, disclose, ground, leave

__all__ = ["ground"]


def test_a_clock_that_runs_back_stops_the_sweep(ground: World, caplog: pytest.LogCaptureFixture) -> None:
    sweep_on(TODAY)
    before = rows(with_messages=True)
    sweep(TODAY, at=noon(TODAY) - timedelta(minutes=5))
    with pytest.raises(ClockRunsBackError, match="服务器时钟"):
        sweep(TODAY, at=noon(TODAY) - timedelta(minutes=5, seconds=1))
    assert "behind the last sweep" in caplog.text
    assert rows(with_messages=True) == before
    assert SweepRun.objects.count() == 2


def test_a_day_still_to_come_is_refused(ground: World) -> None:
    with pytest.raises(DomainError, match="将来"):
        sweep(TODAY + ONE_DAY, at=noon(TODAY))
    with pytest.raises(CommandError, match="将来"):
        call_command("sweep", on=TODAY + ONE_DAY)
    assert not SweepRun.objects.exists()


def test_the_beat_and_the_command_sweep_today(ground: World, capsys: pytest.CaptureFixture[str]) -> None:
    run_sweep.delay()
    assert SweepRun.objects.get().on == TODAY
    once = rows(with_messages=True)
    call_command("sweep")
    call_command("sweep", "--on", "2026-10-20")
    assert rows(with_messages=True) == once
    assert "新开 0 件" in capsys.readouterr().out


def test_public_ids_made_by_the_database_look_like_everybody_elses(ground: World) -> None:
    sweep_on(TODAY)
    ids = list(Obligation.objects.values_list("public_id", flat=True))
    assert all(re.fullmatch("[0-9a-hjkmnp-tv-z]{16}", one) for one in ids)
    assert len(set(ids)) == len(ids) > 20


def test_the_rollup_counts_what_stands_in_the_register(ground: World) -> None:
    leave(ground, date(2026, 8, 15))
    sweep_on(TODAY)
    disclose(ground, noon(TODAY))
    cells = BoardCell.objects.filter(village=ground.village)
    mine = Obligation.objects.filter(compound__village=ground.village, released_on__isnull=True)
    assert sum(cell.total for cell in cells) == mine.count()
    assert sum(cell.done_on_time for cell in cells) == 1
    assert sum(cell.total for cell in BoardCell.objects.filter(village=None)) == (
        Obligation.objects.filter(compound=None).count()
    )
