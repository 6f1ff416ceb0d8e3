"""The books only grow (LED-01, LED-02): no door of the application or the database changes what was entered."""

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from finance.models import BankStatement, Entry, StatementLine
from finance.rules import Category, Direction
from tests.books import account_of, csv_file, enter, take_in
from tests.cast import NOON, World

pytestmark = [pytest.mark.django_db, pytest.mark.owner]
TABLES = (Entry, StatementLine, BankStatement)


@pytest.fixture
def entry(world: World) -> Entry:
    account = account_of(world, opening="500.00")
    take_in(account, csv_file([("2026-07-02", "+100.00", "600.00", "财付通", "停车费")]))
    made = enter(account, "I03", "100.00")
    # Deferred foreign keys of this very transaction would stop a TRUNCATE before the trigger could.
    run_sql("SET CONSTRAINTS ALL IMMEDIATE")
    return made


def run_sql(statement: str, params: list[object] | None = None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, params)


def snapshot() -> list[list[dict[str, object]]]:
    return [list(model.objects.order_by("pk").values()) for model in TABLES]


def refused(act: Callable[[], object]) -> bool:
    """Whether the database refuses for being append-only; the transaction around the test goes on."""
    try:
        with transaction.atomic():
            act()
    except DatabaseError as error:
        return "append-only" in str(error)
    return False


def test_every_way_of_the_orm_is_refused(entry: Entry) -> None:
    before = snapshot()
    entry.amount = Decimal("1.00")
    assert refused(entry.save)
    assert refused(entry.delete)
    assert refused(lambda: Entry.objects.update(amount=1))
    assert refused(lambda: Entry.objects.bulk_update([entry], ["amount"]))
    assert refused(lambda: Entry.objects.all().delete())
    assert refused(
        lambda: Entry.objects.bulk_create(
            [entry], update_conflicts=True, unique_fields=["id"], update_fields=["amount"]
        )
    )
    assert snapshot() == before


@pytest.mark.parametrize("role", ["origin", "replica"])
@pytest.mark.parametrize("model", TABLES)
def test_every_raw_statement_is_refused_in_every_session_role(entry: Entry, model: type[Entry], role: str) -> None:
    before, table = snapshot(), model._meta.db_table
    run_sql(f"SET LOCAL session_replication_role = {role}")
    columns = ", ".join(f'"{field.column}"' for field in model._meta.concrete_fields)
    upsert = (
        f"INSERT INTO {table} ({columns}) SELECT {columns} FROM {table}"
        " ON CONFLICT (id) DO UPDATE SET account_id = EXCLUDED.account_id"
    )
    for statement in (
        f"UPDATE {table} SET account_id = account_id",
        f"DELETE FROM {table}",
        f"TRUNCATE {table} CASCADE",
        "TRUNCATE finance_ledgeraccount CASCADE",
        upsert,
        f"MERGE INTO {table} t USING {table} s ON t.id = s.id WHEN MATCHED THEN DELETE",
    ):
        assert refused(lambda statement=statement: run_sql(statement)), statement
    with pytest.raises(DatabaseError), transaction.atomic():  # a foreign key stops it even before the trigger
        run_sql(f"TRUNCATE {table}")
    assert snapshot() == before


def an_entry(entry: Entry, **changed: object) -> Entry:
    told: dict[str, object] = {
        "account": entry.account, "on": entry.on, "direction": Direction.IN, "amount": Decimal("100.00"),
        "category": Category.I03, "entered_by": entry.entered_by, "entered_at": NOON,
    }  # fmt: skip
    return Entry(**(told | changed))


def mirror(entry: Entry, **changed: object) -> Entry:
    return an_entry(entry, **({"direction": Direction.OUT, "reverses": entry, "reason": "重复"} | changed))


def constraint(entry: Entry) -> str:
    """The words of the constraint or trigger that refuses the row."""
    with pytest.raises(IntegrityError) as refusal, transaction.atomic():
        entry.save()
    return str(refusal.value)


def test_the_database_refuses_a_wrong_posting(entry: Entry) -> None:
    assert "an_entry_has_a_positive_amount" in constraint(an_entry(entry, amount=Decimal("0.00")))
    assert "an_entry_has_a_positive_amount" in constraint(an_entry(entry, amount=Decimal("-1.00")))
    assert "on_the_side_of_its_category" in constraint(an_entry(entry, direction=Direction.OUT))
    assert "on_the_side_of_its_category" in constraint(an_entry(entry, category=Category.E03))
    an_entry(entry).save()


def test_the_database_refuses_a_reversal_that_is_no_mirror(entry: Entry, world: World) -> None:
    other = account_of(world, number="9999")
    assert "mirrors its original" in constraint(mirror(entry, amount=Decimal("99.00")))
    assert "mirrors its original" in constraint(mirror(entry, direction=Direction.IN))
    assert "mirrors its original" in constraint(mirror(entry, category=Category.I04))
    assert "mirrors its original" in constraint(mirror(entry, account=other))
    assert "a_reversal_states_its_reason" in constraint(mirror(entry, reason=""))
    made = mirror(entry)
    made.save()
    assert "reverses_id" in constraint(mirror(entry))
    assert "a reversal is not reversed" in constraint(
        an_entry(made, direction=Direction.IN, reverses=made, reason="再")
    )


def test_the_database_refuses_an_entry_that_differs_from_its_bank_line(entry: Entry, world: World) -> None:
    line = StatementLine.objects.get()
    told = {"line": line, "on": line.on, "line_turn": 1}
    assert "parts of a bank line equal its amount" in constraint(an_entry(entry, **told, amount=line.amount + 1))
    assert "equals its line" in constraint(an_entry(entry, **told, category=Category.E03, direction=Direction.OUT))
    assert "equals its line" in constraint(an_entry(entry, **told, account=account_of(world, number="9999")))
    an_entry(entry, **told).save()
    assert "stands in the books once" in constraint(an_entry(entry, **(told | {"line_turn": 2})))


def test_the_trigger_against_wrong_postings_holds_in_every_session_role(entry: Entry) -> None:
    run_sql("SET LOCAL session_replication_role = replica")
    assert "mirrors its original" in constraint(mirror(entry, amount=Decimal("99.00")))
