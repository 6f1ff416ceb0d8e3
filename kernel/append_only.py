"""SQL text that makes a table append-only, as strings for migrations (no Django here).

The triggers are ENABLE ALWAYS, so that `session_replication_role = replica` does not pass them;
TRUNCATE has one of its own. A table's owner can still drop them: the web role must not own the tables,
and the start-up check asserts that they are in place.
"""

FUNCTION = "refuse_change"

CREATE_FUNCTION = f"""
CREATE OR REPLACE FUNCTION {FUNCTION}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$;
"""

DROP_FUNCTION = f"DROP FUNCTION IF EXISTS {FUNCTION}();"


def trigger_names(table: str) -> tuple[str, str]:
    """The two triggers every append-only table carries: for rows, and for TRUNCATE."""
    return f"{table}_append_only", f"{table}_no_truncate"


def install(table: str) -> str:
    """SQL that refuses UPDATE, DELETE, upsert and TRUNCATE on the table, in every session role."""
    rows, truncate = trigger_names(table)
    return f"""
    CREATE TRIGGER {rows} BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {FUNCTION}();
    CREATE TRIGGER {truncate} BEFORE TRUNCATE ON {table} FOR EACH STATEMENT EXECUTE FUNCTION {FUNCTION}();
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {rows};
    ALTER TABLE {table} ENABLE ALWAYS TRIGGER {truncate};
    """


def remove(table: str) -> str:
    """The reverse of `install`, for taking a migration back."""
    return "".join(f"DROP TRIGGER IF EXISTS {name} ON {table};" for name in trigger_names(table))
