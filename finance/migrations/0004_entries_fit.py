"""The database refuses a wrong posting: a reversal mirrors its original, an entry from the bank equals its line."""

from django.db import migrations

CREATE = """
CREATE FUNCTION refuse_unfit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    original finance_entry%ROWTYPE;
    line finance_statementline%ROWTYPE;
BEGIN
    IF NEW.reverses_id IS NOT NULL THEN
        SELECT * INTO original FROM finance_entry WHERE id = NEW.reverses_id;
        IF original.reverses_id IS NOT NULL THEN
            RAISE EXCEPTION 'a reversal is not reversed: entry %', NEW.reverses_id USING ERRCODE = 'check_violation';
        END IF;
        IF NEW.account_id <> original.account_id OR NEW.amount <> original.amount
                OR NEW.category <> original.category OR NEW.direction = original.direction
                OR NEW.on < original.on OR NEW.line_id IS NOT NULL THEN
            RAISE EXCEPTION 'a reversal mirrors its original: entry %', NEW.reverses_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    IF NEW.line_id IS NOT NULL THEN
        SELECT * INTO line FROM finance_statementline WHERE id = NEW.line_id;
        IF NEW.account_id <> line.account_id OR NEW.amount <> line.amount OR NEW.direction <> line.direction
                OR NEW.on < line.on THEN
            RAISE EXCEPTION 'an entry from the bank equals its line: line %', NEW.line_id USING ERRCODE = 'check_violation';
        END IF;
        IF EXISTS (
            SELECT FROM finance_entry e WHERE e.line_id = NEW.line_id
            AND NOT EXISTS (SELECT FROM finance_entry r WHERE r.reverses_id = e.id)
        ) THEN
            RAISE EXCEPTION 'a bank line stands in the books once: line %', NEW.line_id USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER finance_entry_fits BEFORE INSERT ON finance_entry FOR EACH ROW EXECUTE FUNCTION refuse_unfit_entry();
ALTER TABLE finance_entry ENABLE ALWAYS TRIGGER finance_entry_fits;
"""

REMOVE = """
DROP TRIGGER IF EXISTS finance_entry_fits ON finance_entry;
DROP FUNCTION IF EXISTS refuse_unfit_entry();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0003_books"), ("finance", "0002_append_only")]

    operations = [migrations.RunSQL(CREATE, REMOVE)]
