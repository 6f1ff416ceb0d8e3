"""SQL text of what the database itself holds about inspections and tickets, as strings for migrations (no Django here).

All triggers are ENABLE ALWAYS, as in `kernel.append_only`; the start-up check asserts that they are in place.
"""

#: Trigger -> its table.
TRIGGERS = {
    "an_inspection_handed_in_stays": "evaluations_inspection",
    "a_finding_stays_once_handed_in": "evaluations_finding",
    "a_photo_stays_once_handed_in": "evaluations_findingphoto",
    "only_what_was_handed_in_is_withdrawn": "evaluations_findingwithdrawal",
    "a_ticket_lies_in_its_town": "evaluations_hotlineticket",
    "a_ticket_stays_in_its_town": "evaluations_hotlineticket",
}
_FUNCTIONS = (
    "evaluations_keep_inspection",
    "evaluations_keep_finding",
    "evaluations_keep_photo",
    "evaluations_withdraw_handed_in",
    "evaluations_ticket_in_town",
)

_KEEP_INSPECTION = """
CREATE FUNCTION evaluations_keep_inspection() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF OLD.handed_in_at IS NOT NULL THEN
        RAISE EXCEPTION 'an inspection handed in stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    IF (OLD.id, OLD.public_id, OLD.compound_id, OLD.firm_id, OLD.period, OLD.begun_by_id, OLD.begun_at)
        IS DISTINCT FROM
       (NEW.id, NEW.public_id, NEW.compound_id, NEW.firm_id, NEW.period, NEW.begun_by_id, NEW.begun_at) THEN
        RAISE EXCEPTION 'an inspection keeps its compound, firm, half-year and author'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
# The inspection's row is the turn: a finding added and the inspection handed in at once cannot both pass unseen.
_KEEP_FINDING = """
CREATE FUNCTION evaluations_keep_finding() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.inspection_id ELSE OLD.inspection_id END;
    is_in boolean;
BEGIN
    SELECT handed_in_at IS NOT NULL INTO is_in FROM evaluations_inspection WHERE id = concerned FOR SHARE;
    IF is_in OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a finding stays once its inspection was handed in' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
_KEEP_PHOTO = """
CREATE FUNCTION evaluations_keep_photo() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    concerned bigint := CASE WHEN TG_OP = 'INSERT' THEN NEW.finding_id ELSE OLD.finding_id END;
    is_in boolean;
BEGIN
    SELECT i.handed_in_at IS NOT NULL INTO is_in
    FROM evaluations_finding f JOIN evaluations_inspection i ON i.id = f.inspection_id
    WHERE f.id = concerned FOR SHARE OF i;
    IF is_in OR TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION 'a photo stays once its inspection was handed in' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN CASE WHEN TG_OP = 'DELETE' THEN OLD ELSE NEW END;
END $$;
"""
_WITHDRAW_HANDED_IN = """
CREATE FUNCTION evaluations_withdraw_handed_in() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM evaluations_finding f JOIN evaluations_inspection i ON i.id = f.inspection_id
        WHERE f.id = NEW.finding_id AND i.handed_in_at IS NOT NULL
    ) THEN
        RAISE EXCEPTION 'a finding of a draft is taken out, not withdrawn' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
_TICKET_IN_TOWN = """
CREATE FUNCTION evaluations_ticket_in_town() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT FROM concerned t
        JOIN communities_compound c ON c.id = t.compound_id JOIN communities_village v ON v.id = c.village_id
        WHERE v.town_id <> t.town_id
    ) THEN
        RAISE EXCEPTION 'a ticket is about a compound of its own town' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""


def _trigger(name: str, event: str, function: str) -> str:
    table = TRIGGERS[name]
    return (
        f"CREATE TRIGGER {name} {event.format(table=table)} EXECUTE FUNCTION {function}();\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};\n"
    )


_EACH = "FOR EACH ROW"
# A transition table is had for one event alone, so there are two triggers. One look for all rows of an import.
_AFTER = "AFTER {event} ON {{table}} REFERENCING NEW TABLE AS concerned FOR EACH STATEMENT"

INSTALL = "".join(
    (
        _KEEP_INSPECTION,
        _KEEP_FINDING,
        _KEEP_PHOTO,
        _WITHDRAW_HANDED_IN,
        _TICKET_IN_TOWN,
        _trigger(
            "an_inspection_handed_in_stays",
            f"BEFORE UPDATE OR DELETE ON {{table}} {_EACH}",
            "evaluations_keep_inspection",
        ),
        _trigger(
            "a_finding_stays_once_handed_in",
            f"BEFORE INSERT OR UPDATE OR DELETE ON {{table}} {_EACH}",
            "evaluations_keep_finding",
        ),
        _trigger(
            "a_photo_stays_once_handed_in",
            f"BEFORE INSERT OR UPDATE OR DELETE ON {{table}} {_EACH}",
            "evaluations_keep_photo",
        ),
        _trigger(
            "only_what_was_handed_in_is_withdrawn",
            f"BEFORE INSERT ON {{table}} {_EACH}",
            "evaluations_withdraw_handed_in",
        ),
        _trigger("a_ticket_lies_in_its_town", _AFTER.format(event="INSERT"), "evaluations_ticket_in_town"),
        _trigger("a_ticket_stays_in_its_town", _AFTER.format(event="UPDATE"), "evaluations_ticket_in_town"),
        # Rows that can be made again from the office's file: no write-ahead log for 100,000 of them.
        "ALTER TABLE evaluations_ticketrow SET UNLOGGED;\n",
    )
)
REMOVE = "".join(f"DROP TRIGGER IF EXISTS {name} ON {table};\n" for name, table in TRIGGERS.items()) + "".join(
    f"DROP FUNCTION IF EXISTS {name}();\n" for name in _FUNCTIONS
)
