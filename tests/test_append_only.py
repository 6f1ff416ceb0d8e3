"""What is written once stays written: the triggers, and the role of the web server."""

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction

from accounts.models import ActionRecord
from baogai.checks import append_only_tables
from kernel.append_only import trigger_names
from tests.cast import World

pytestmark = [pytest.mark.django_db, pytest.mark.owner]
TABLE = ActionRecord._meta.db_table


def run_sql(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def refuses_sql(statement: str) -> bool:
    """Whether the database refuses; the transaction around the test goes on."""
    try:
        with transaction.atomic():
            run_sql(statement)
    except DatabaseError as error:
        return "append-only" in str(error) or "permission denied" in str(error)
    return False


@pytest.fixture
def record() -> ActionRecord:
    written = ActionRecord.objects.create(act="发布公示", detail="第三季度")
    # Deferred foreign keys of this very transaction would stop a TRUNCATE before the trigger could.
    run_sql("SET CONSTRAINTS ALL IMMEDIATE")
    return written


def test_every_way_of_changing_a_record_is_refused(record: ActionRecord) -> None:
    before = ActionRecord.objects.values().get()
    record.detail = "改写"
    ways = {
        "save": record.save,
        "delete": record.delete,
        "update": lambda: ActionRecord.objects.update(detail="改写"),
        "bulk_update": lambda: ActionRecord.objects.bulk_update([record], ["detail"]),
        "delete all": lambda: ActionRecord.objects.all().delete(),
        "upsert": lambda: ActionRecord.objects.bulk_create(
            [record], update_conflicts=True, unique_fields=["id"], update_fields=["detail"]
        ),
    }
    for name, way in ways.items():
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            way()
        assert ActionRecord.objects.values().get() == before, name


@pytest.mark.parametrize("role", ["origin", "replica"])
def test_raw_statements_are_refused_in_every_session_role(record: ActionRecord, role: str) -> None:
    run_sql(f"SET LOCAL session_replication_role = {role}")
    assert refuses_sql(f"UPDATE {TABLE} SET detail = '改写'")
    assert refuses_sql(f"DELETE FROM {TABLE}")
    assert refuses_sql(f"TRUNCATE {TABLE} CASCADE")  # links of the chain point here
    assert refuses_sql(f"TRUNCATE {TABLE} CASCADE")
    assert ActionRecord.objects.get() == record


@pytest.mark.parametrize("table", append_only_tables() if apps.ready else [])
def test_every_append_only_table_carries_both_triggers(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname, pg_get_triggerdef(oid), tgenabled FROM pg_trigger"
            " WHERE tgrelid = %s::regclass AND NOT tgisinternal",
            [table],
        )
        found = {name: (definition, enabled) for name, definition, enabled in cursor.fetchall()}
    rows, truncate = trigger_names(table)
    assert "BEFORE DELETE OR UPDATE ON" in found[rows][0]
    assert "FOR EACH ROW" in found[rows][0]
    assert "BEFORE TRUNCATE ON" in found[truncate][0]
    assert found[rows][1] == found[truncate][1] == "A"


def test_the_start_is_refused_while_a_trigger_is_missing_disabled_or_passable() -> None:
    rows, truncate = trigger_names(TABLE)
    call_command("check_production", "--as-is")
    for change in (
        f"ALTER TABLE {TABLE} DISABLE TRIGGER {rows}",
        f"ALTER TABLE {TABLE} ENABLE TRIGGER {rows}",
        f"ALTER TABLE {TABLE} ENABLE REPLICA TRIGGER {truncate}",
        f"DROP TRIGGER {truncate} ON {TABLE}",
    ):
        with transaction.atomic():
            run_sql(change)
            with pytest.raises(CommandError, match="1 项不允许启动"):
                call_command("check_production", "--as-is")
            transaction.set_rollback(True)


def test_the_web_role_may_add_and_read_but_not_rewrite(world: World, record: ActionRecord) -> None:
    run_sql("CREATE ROLE visitor_of_tests")
    run_sql("SET LOCAL ROLE visitor_of_tests")
    with pytest.raises(CommandError, match="1 项不允许启动"):
        call_command("check_production", "--as-is")
    run_sql("RESET ROLE")
    call_command("grant_web_role", "visitor_of_tests")
    run_sql("SET LOCAL ROLE visitor_of_tests")
    call_command("check_production", "--as-is")

    assert ActionRecord.objects.get() == record
    ActionRecord.objects.create(act="登录")
    world.officer.phone = "13700000000"
    world.officer.save()
    assert refuses_sql(f"UPDATE {TABLE} SET detail = '改写'")
    assert refuses_sql(f"DELETE FROM {TABLE}")
    assert refuses_sql(f"TRUNCATE {TABLE}")
    assert refuses_sql("DELETE FROM django_migrations")
    assert ActionRecord.objects.count() == 2
    run_sql("RESET ROLE")
