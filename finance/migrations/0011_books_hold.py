"""A voucher that residents can open is closed, or removed, with the town's consent only."""

from django.db import migrations

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

REMOVE = """
DROP TRIGGER IF EXISTS finance_voucher_stays_public ON finance_voucher;
DROP FUNCTION IF EXISTS refuse_silent_take_back();
"""


class Migration(migrations.Migration):
    dependencies = [("finance", "0010_books_wholeness")]

    operations = [migrations.RunSQL(CREATE, REMOVE)]
