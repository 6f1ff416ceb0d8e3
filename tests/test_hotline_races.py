"""Two tables of the hotline at once, or one name: what two officers do in one moment is done one after the other."""

import threading
from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, connection

from accounts.models import ActionRecord, User
from evaluations import tasks
from evaluations.models import CompoundAlias, HotlineTicket, TicketImport
from evaluations.services import hotline
from evaluations.services.hotline import imports
from kernel.errors import ConflictError
from tests.cast import NOON, World, build_world
from tests.hotline import table, ticket

State = TicketImport.State
NUMBERS = [f"SS{n:04}" for n in range(40)]


@pytest.fixture
def committed(transactional_db: None) -> World:
    return build_world()


def previewed(world: World, category: str) -> TicketImport:
    rows = (ticket(number, category=category) for number in NUMBERS)
    file = SimpleUploadedFile("工单.xlsx", table(*rows))
    job = hotline.start_import(world.town, upload=file, by=world.officer, at=NOON)
    hotline.request_preview(job, columns=job.columns)
    tasks.preview_tickets(job.pk)
    job.refresh_from_db()
    assert (job.state, job.rows_new) == (State.PREVIEWED, len(NUMBERS))
    return job


def confirmed_at_once(world: World, *jobs: TicketImport) -> list[Exception]:
    """Each confirmed in a thread and a connection of its own; what they raised."""
    raised: list[Exception] = []

    def run(act: Callable[[], None]) -> None:
        try:
            act()
        except IntegrityError as error:
            raised.append(error)
        finally:
            connection.close()

    def confirm(job: TicketImport) -> None:
        hotline.confirm(job, mode="good_rows", by=world.officer, at=NOON)

    threads = [threading.Thread(target=run, args=[lambda job=job: confirm(job)]) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return raised


def test_of_two_tables_confirmed_at_once_one_is_written_and_the_other_compared_anew(committed: World) -> None:
    jobs = [previewed(committed, category) for category in ("物业服务", "环境卫生")]

    assert confirmed_at_once(committed, *jobs) == []

    states = sorted(TicketImport.objects.values_list("state", flat=True))
    assert states == [State.DONE, State.PREVIEWING]
    written = TicketImport.objects.get(state=State.DONE)
    assert HotlineTicket.objects.count() == len(NUMBERS)
    assert set(HotlineTicket.objects.values_list("brought_by", flat=True)) == {written.pk}
    late = TicketImport.objects.get(state=State.PREVIEWING)
    assert "有别的工单表导入了" in late.problem
    tasks.preview_tickets(late.pk)
    late.refresh_from_db()
    assert (late.state, late.rows_new, late.rows_changed) == (State.PREVIEWED, 0, len(NUMBERS))


def test_without_the_lock_the_same_race_collides(committed: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The positive control: were there no lock, the race above would be seen."""
    jobs = [previewed(committed, category) for category in ("物业服务", "环境卫生")]
    both_counted, count = threading.Barrier(2, timeout=30), imports.imports_so_far

    def counted_together(*args: object) -> int:
        found = count(*args)
        both_counted.wait()
        return found

    monkeypatch.setattr(imports, "lock_tickets", lambda _town: None)
    monkeypatch.setattr(imports, "imports_so_far", counted_together)

    [collision] = confirmed_at_once(committed, *jobs)

    assert "a_ticket_has_a_number_of_its_own" in str(collision)


@pytest.fixture
def remembered(committed: World) -> CompoundAlias:
    return CompoundAlias.objects.create(
        town=committed.town,
        key="后花园",
        compound=committed.compound,
        named_by=committed.officer,
        named_at=NOON,
    )


def forgotten_at_once(world: World, key: str) -> list[str]:
    """Two officers forget one name in a thread and a connection each; what each was told."""
    told: list[str] = []
    begin = threading.Barrier(2, timeout=30)

    def forget(officer: User) -> None:
        begin.wait()
        try:
            hotline.forget_name(world.town, key, by=officer)
            told.append("已忘记")
        except ConflictError:
            told.append("已被别人忘记")
        finally:
            connection.close()

    threads = [threading.Thread(target=forget, args=[one]) for one in (world.officer, world.second_officer)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return sorted(told)


def test_a_name_two_officers_forget_at_once_is_forgotten_by_one(committed: World, remembered: CompoundAlias) -> None:
    assert forgotten_at_once(committed, remembered.key) == ["已忘记", "已被别人忘记"]
    assert not CompoundAlias.objects.exists()
    assert ActionRecord.objects.filter(act="忘记工单小区叫法").count() == 1


def test_without_the_lock_both_would_have_forgotten_it(
    committed: World, remembered: CompoundAlias, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The positive control."""
    both_found, delete = threading.Barrier(2, timeout=30), CompoundAlias.delete

    def delete_together(alias: CompoundAlias) -> object:
        both_found.wait()
        return delete(alias)

    monkeypatch.setattr(CompoundAlias.objects, "select_for_update", lambda **_: CompoundAlias.objects.all())
    monkeypatch.setattr(CompoundAlias, "delete", delete_together)
    assert forgotten_at_once(committed, remembered.key) == ["已忘记", "已忘记"]
    assert ActionRecord.objects.filter(act="忘记工单小区叫法").count() == 2
