"""A withdrawn statement's lines are not booked, and a statement whose lines stand in the books is not withdrawn."""

from django.db import migrations

from kernel.append_only import install, remove

TABLE = "finance_statementwithdrawal"

CREATE = """
CREATE FUNCTION refuse_line_withdrawn() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM finance_statementline l JOIN finance_statementwithdrawal w USING (statement_id) WHERE l.id = NEW.line_id
    ) THEN
        RAISE EXCEPTION 'the statement of line % was withdrawn', NEW.line_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finance_entry_line_in_force BEFORE INSERT ON finance_entry
    FOR EACH ROW WHEN (NEW.line_id IS NOT NULL) EXECUTE FUNCTION refuse_line_withdrawn();
ALTER TABLE finance_entry ENABLE ALWAYS TRIGGER finance_entry_line_in_force;

CREATE FUNCTION refuse_withdrawal_of_booked() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM finance_entry e JOIN finance_statementline l ON l.id = e.line_id
        WHERE l.statement_id = NEW.statement_id
        AND NOT EXISTS (SELECT FROM finance_entry r WHERE r.reverses_id = e.id)
    ) THEN
        RAISE EXCEPTION 'lines of statement % stand in the books', NEW.statement_id USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finance_statementwithdrawal_not_booked BEFORE INSERT ON finance_statementwithdrawal
    FOR EACH ROW EXECUTE FUNCTION refuse_withdrawal_of_booked();
ALTER TABLE finance_statementwithdrawal ENABLE ALWAYS TRIGGER finance_statementwithdrawal_not_booked;
"""

REMOVE = """
DROP TRIGGER IF EXISTS finance_statementwithdrawal_not_booked ON finance_statementwithdrawal;
DROP TRIGGER IF EXISTS finance_entry_line_in_force ON finance_entry;
DROP FUNCTION IF EXISTS refuse_withdrawal_of_booked();
DROP FUNCTION IF EXISTS refuse_line_withdrawn();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0008_statement_withdrawal")]

    operations = [migrations.RunSQL(install(TABLE), remove(TABLE)), migrations.RunSQL(CREATE, REMOVE)]
