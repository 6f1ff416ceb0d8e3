"""A table's name for a place: asked for once, remembered, shown, forgotten, and told apart by the village."""

from collections.abc import Callable

import pytest
from django.test import Client

from accounts.models import ActionRecord, User
from communities.models import Compound
from evaluations.models import CompoundAlias, HotlineTicket, TicketImport
from evaluations.services import hotline
from tests.cast import World
from tests.hotline import TicketDesk, table, ticket


@pytest.fixture
def desk(world: World, client_of: Callable[[User | None], Client]) -> TicketDesk:
    return TicketDesk(client_of(world.officer), world.town)


def test_a_name_no_compound_bears_is_asked_for_once_and_then_known(desk: TicketDesk, world: World) -> None:
    content = table(ticket("A1", place="后花园"), ticket("A2", place="后花园 2期"), ticket("A3", place="宝盖大道"))
    job = desk.preview(desk.upload(content))
    assert (job.rows_new, job.rows_unclear) == (0, 3)
    page = desk.client.get(desk.url("ticket_places", job)).content.decode()
    assert "仑后花园（仑后村）" in page
    fields = {one.written: name for one, name in _asked(desk, job)}
    desk.sent(
        "ticket_places",
        job,
        {
            f"choice_{fields['后花园']}": world.compound.public_id,
            f"typed_{fields['后花园 2期']}": "杆头新村",
            f"choice_{fields['宝盖大道']}": "foreign",
        },
    )
    job = desk.work(job)
    assert (job.rows_new, job.rows_unclear, job.rows_foreign) == (2, 0, 1)
    desk.confirm(job)
    assert dict(HotlineTicket.objects.values_list("number", "compound")) == {
        "A1": world.compound.pk,
        "A2": world.other_compound.pk,
    }
    again = desk.preview(desk.upload(table(ticket("A4", place="后花园"))))
    assert (again.rows_new, again.rows_unclear) == (1, 0)


def test_a_name_said_wrongly_is_forgotten_and_the_next_table_puts_its_tickets_right(
    desk: TicketDesk, world: World
) -> None:
    content = table(ticket("A1", place="后花园"))
    job = desk.preview(desk.upload(content))
    [(_, name)] = _asked(desk, job)
    desk.sent("ticket_places", job, {f"typed_{name}": "杆头新村"})
    desk.confirm(desk.work(job))
    waiting = desk.preview(desk.upload(table(ticket("A2", place="后花园"))))
    assert (waiting.state, waiting.rows_new) == ("previewed", 1)

    page = desk.client.get(desk.url("ticket_names") + "?q=后花园")
    [alias] = page.context["page"]
    assert (alias.compound, alias.named_by) == (world.other_compound, world.officer)
    assert list(desk.client.get(desk.url("ticket_names") + "?q=别处").context["page"]) == []
    answer = desk.client.post(desk.url("ticket_name_forget"), {"key": alias.key}, follow=True)
    assert "已忘记" in answer.content.decode()

    waiting = desk.work(waiting)
    assert (waiting.state, waiting.rows_new, waiting.rows_unclear) == ("previewed", 0, 1), (
        "what rested on it asks again"
    )
    assert HotlineTicket.objects.get().compound == world.other_compound, "what came in stays until a table moves it"
    line = ActionRecord.objects.filter(act="忘记工单小区叫法").get()
    assert "杆头新村" in line.detail
    for key in (alias.key, "", "a\x00b", "长" * 3000):
        again = desk.client.post(desk.url("ticket_name_forget"), {"key": key}, follow=True)
        assert "没有记住这个叫法" in again.content.decode()

    job = desk.preview(desk.upload(content))
    [(_, name)] = _asked(desk, job)
    desk.sent("ticket_places", job, {f"choice_{name}": world.compound.public_id})
    desk.confirm(desk.work(job))
    assert HotlineTicket.objects.get().compound == world.compound


def _asked(desk: TicketDesk, job: TicketImport) -> list[tuple[hotline.places.UnclearPlace, str]]:
    page = desk.client.get(desk.url("ticket_places", job))
    form = page.context["form"]
    names = [name.removeprefix("choice_") for name in form.fields if name.startswith("choice_")]
    return list(zip(page.context["unclear"], names, strict=True))


def test_a_compound_typed_that_is_not_there_is_said_beside_it_and_nothing_is_remembered(desk: TicketDesk) -> None:
    job = desk.preview(desk.upload(table(ticket("A1", place="后花园"))))
    [(_, name)] = _asked(desk, job)
    answer = desk.client.post(desk.url("ticket_places", job), {f"typed_{name}": "没有这个小区"})
    assert answer.status_code == 422
    assert "本镇没有名为“没有这个小区”的小区" in answer.content.decode()
    assert not CompoundAlias.objects.exists()


def test_two_compounds_of_one_name_are_told_apart_by_the_village(desk: TicketDesk, world: World) -> None:
    for village in (world.village, world.other_village):
        Compound.objects.create(village=village, name="阳光城", kind="commercial", built_year=2015)
    rows = [ticket("A1", place="阳光城"), ticket("A2", place="杆头村阳光城")]
    job = desk.preview(desk.upload(table(*rows)))
    assert (job.rows_new, job.rows_unclear) == (1, 1)
    desk.confirm(job)
    assert HotlineTicket.objects.get().compound.village == world.other_village
