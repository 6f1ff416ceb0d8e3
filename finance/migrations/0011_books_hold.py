"""A public voucher is closed with the town's consent only; the parts of a bank line in the books sum to the line."""

from importlib import import_module

from django.db import migrations

entries_fit = import_module("finance.migrations.0004_entries_fit")

CREATE = """
CREATE FUNCTION refuse_silent_take_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.is_public AND EXISTS (
        SELECT FROM finance_entry e JOIN finance_disclosure d ON d.account_id = e.account_id
            AND d.period = to_char(e."on", 'YYYY"Q"Q') AND d.published_at >= e.entered_at
        WHERE e.id = OLD.entry_id
    ) AND (
        TG_OP = 'DELETE' OR NOT NEW.is_public AND 'agreed' IS DISTINCT FROM (
            SELECT decision FROM finance_takeback t WHERE t.voucher_id = OLD.id ORDER BY t.id DESC LIMIT 1
        )
    ) THEN
        RAISE EXCEPTION 'a public voucher is taken back with consent only: voucher %', OLD.id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE TRIGGER finance_voucher_stays_public BEFORE UPDATE OR DELETE ON finance_voucher
    FOR EACH ROW EXECUTE FUNCTION refuse_silent_take_back();
ALTER TABLE finance_voucher ENABLE ALWAYS TRIGGER finance_voucher_stays_public;
"""

# A part is at most its line when it is entered. With the last part of a turn, what stands of the line is all of it;
# that is asked when the transaction ends, and a reversal made after the entry plays no part in it.
PARTS = """
CREATE OR REPLACE FUNCTION refuse_unfit_entry() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    original finance_entry%ROWTYPE;
    line finance_statementline%ROWTYPE;
    standing numeric;
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
        IF NEW.account_id <> line.account_id OR NEW.direction <> line.direction OR NEW.on < line.on THEN
            RAISE EXCEPTION 'an entry from the bank equals its line: line %', NEW.line_id USING ERRCODE = 'check_violation';
        END IF;
        SELECT COALESCE(SUM(e.amount), 0) INTO standing FROM finance_entry e WHERE e.line_id = NEW.line_id
            AND NOT EXISTS (SELECT FROM finance_entry r WHERE r.reverses_id = e.id);
        IF standing >= line.amount THEN
            RAISE EXCEPTION 'a bank line stands in the books once: line %', NEW.line_id USING ERRCODE = 'check_violation';
        END IF;
        IF standing + NEW.amount > line.amount THEN
            RAISE EXCEPTION 'the parts of a bank line equal its amount: line %', NEW.line_id
                USING ERRCODE = 'check_violation';
        END IF;
    END IF;
    RETURN NEW;
END $$;

CREATE FUNCTION refuse_partly_booked_line() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT l.amount FROM finance_statementline l WHERE l.id = NEW.line_id) <> (
        SELECT COALESCE(SUM(e.amount), 0) FROM finance_entry e
        WHERE e.line_id = NEW.line_id AND e.line_turn <= NEW.line_turn
            AND NOT EXISTS (SELECT FROM finance_entry r WHERE r.reverses_id = e.id AND r.id < NEW.id)
    ) THEN
        RAISE EXCEPTION 'the parts of a bank line equal its amount: line %', NEW.line_id
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER finance_entry_line_whole AFTER INSERT ON finance_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.line_id IS NOT NULL)
    EXECUTE FUNCTION refuse_partly_booked_line();
ALTER TABLE finance_entry ENABLE ALWAYS TRIGGER finance_entry_line_whole;
"""

REMOVE = """
DROP TRIGGER IF EXISTS finance_voucher_stays_public ON finance_voucher;
DROP FUNCTION IF EXISTS refuse_silent_take_back();
"""

# Back to one entry for a line: the older rule is stricter on what is entered from then on.
WHOLE = """
DROP TRIGGER IF EXISTS finance_entry_line_whole ON finance_entry;
DROP FUNCTION IF EXISTS refuse_partly_booked_line();
DROP TRIGGER IF EXISTS finance_entry_fits ON finance_entry;
DROP FUNCTION IF EXISTS refuse_unfit_entry();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0010_books_wholeness")]

    operations = [migrations.RunSQL(CREATE, REMOVE), migrations.RunSQL(PARTS, WHOLE + entries_fit.CREATE)]
