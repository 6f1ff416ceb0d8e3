"""No auditor administers, no administrator audits: held by the database too, whoever writes."""

from django.db import migrations

CREATE = """
CREATE FUNCTION refuse_administrator_as_auditor() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM communities_post WHERE id = NEW.post_id AND role = 'auditor') THEN
        RETURN NEW;
    END IF;
    IF NEW.until_on < (now() AT TIME ZONE 'Asia/Shanghai')::date THEN
        RETURN NEW;
    END IF;
    -- Waits for whoever is just making this person an administrator; the next statement then sees it.
    PERFORM 1 FROM accounts_user WHERE id = NEW.user_id FOR SHARE;
    IF EXISTS (SELECT 1 FROM accounts_user WHERE id = NEW.user_id AND is_staff) THEN
        RAISE EXCEPTION 'an auditor administers nothing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'an_auditor_administers_nothing';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER an_administrator_audits_nothing BEFORE INSERT OR UPDATE OF user_id, post_id, until_on
    ON communities_appointment FOR EACH ROW EXECUTE FUNCTION refuse_administrator_as_auditor();

CREATE FUNCTION refuse_auditor_as_administrator() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM communities_appointment a JOIN communities_post p ON p.id = a.post_id
        WHERE a.user_id = NEW.id AND p.role = 'auditor' AND (until_on IS NULL OR until_on >= (now() AT TIME ZONE 'Asia/Shanghai')::date)
    ) THEN
        RAISE EXCEPTION 'an auditor administers nothing'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'an_auditor_administers_nothing';
    END IF;
    RETURN NEW;
END $$;
-- After the row is written, and so locked: whoever appoints at this moment is waited for, or waits.
CREATE TRIGGER an_auditor_administers_nothing AFTER INSERT OR UPDATE OF is_staff
    ON accounts_user FOR EACH ROW WHEN (NEW.is_staff) EXECUTE FUNCTION refuse_auditor_as_administrator();
"""

DROP = """
DROP TRIGGER an_auditor_administers_nothing ON accounts_user;
DROP FUNCTION refuse_auditor_as_administrator();
DROP TRIGGER an_administrator_audits_nothing ON communities_appointment;
DROP FUNCTION refuse_administrator_as_auditor();
"""


class Migration(migrations.Migration):
    dependencies = [("communities", "0007_trail_phones"), ("accounts", "0006_staff")]

    operations = [migrations.RunSQL(CREATE, DROP)]
