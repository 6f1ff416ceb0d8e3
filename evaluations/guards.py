"""SQL text of what the database itself holds about surveys, as strings for migrations (no Django here).

All triggers are ENABLE ALWAYS, as in `kernel.append_only`. A table's owner can still drop them: the web role does not
own the tables, and the start-up check asserts that they are in place.
"""

#: Trigger -> its table.
TRIGGERS = {
    "a_survey_keeps_its_terms": "evaluations_survey",
    "a_household_takes_part_while_open": "evaluations_participation",
    "a_ballot_is_sealed_while_open": "evaluations_sealedballot",
    "a_comment_is_sealed_while_open": "evaluations_sealedcomment",
    "a_sealed_ballot_is_never_changed": "evaluations_sealedballot",
    "a_sealed_comment_is_never_changed": "evaluations_sealedcomment",
    "a_sealed_ballot_goes_with_the_count": "evaluations_sealedballot",
    "a_sealed_comment_goes_with_the_count": "evaluations_sealedcomment",
    "a_ballot_is_written_by_the_count": "evaluations_ballot",
}
_FUNCTIONS = (
    "evaluations_keep_terms",
    "evaluations_while_open",
    "evaluations_while_counting",
    "evaluations_refuse_change",
)

_KEEP_TERMS = """
CREATE FUNCTION evaluations_keep_terms() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        IF OLD.state <> 'draft' THEN
            RAISE EXCEPTION 'a survey that opened stays' USING ERRCODE = 'restrict_violation';
        END IF;
        RETURN OLD;
    END IF;
    IF OLD.state <> NEW.state AND (OLD.state, NEW.state) NOT IN
        (('draft', 'open'), ('open', 'closing'), ('closing', 'closed')) THEN
        RAISE EXCEPTION 'a survey goes from draft to open to closing to closed' USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.id, OLD.public_id, OLD.round_id, OLD.compound_id, OLD.kind, OLD.period, OLD.body_id, OLD.firm_id)
        IS DISTINCT FROM
       (NEW.id, NEW.public_id, NEW.round_id, NEW.compound_id, NEW.kind, NEW.period, NEW.body_id, NEW.firm_id)
    OR OLD.state <> 'draft' AND
       (OLD.questionnaire_id, OLD.policy_id, OLD.threshold, OLD.least_ballots, OLD.turnout_floor, OLD.closes_at,
        OLD.opened_at, OLD.units, OLD.roll_hash, OLD.public_key, OLD.seal_size, OLD.has_escrow)
        IS DISTINCT FROM
       (NEW.questionnaire_id, NEW.policy_id, NEW.threshold, NEW.least_ballots, NEW.turnout_floor, NEW.closes_at,
        NEW.opened_at, NEW.units, NEW.roll_hash, NEW.public_key, NEW.seal_size, NEW.has_escrow)
    OR OLD.close_asked_at IS NOT NULL AND
       (OLD.close_asked_at, OLD.close_asked_by_id, OLD.close_reason)
        IS DISTINCT FROM (NEW.close_asked_at, NEW.close_asked_by_id, NEW.close_reason)
    OR OLD.closed_at IS NOT NULL AND OLD.closed_at IS DISTINCT FROM NEW.closed_at
    OR OLD.key_destroyed_at IS NOT NULL AND OLD.key_destroyed_at IS DISTINCT FROM NEW.key_destroyed_at THEN
        RAISE EXCEPTION 'the terms of an open survey stay as they are' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""

# Statement triggers over the rows of the statement: one look for five thousand ballots.
_WHILE = """
CREATE FUNCTION evaluations_while_{name}() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (
        SELECT 1 FROM concerned c JOIN evaluations_survey s ON s.id = c.survey_id WHERE s.state <> '{state}'
    ) THEN
        RAISE EXCEPTION '% of %: the survey is not {state}', TG_OP, TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NULL;
END $$;
"""
_REFUSE_CHANGE = """
CREATE FUNCTION evaluations_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
"""


def _trigger(name: str, event: str, function: str) -> str:
    table = TRIGGERS[name]
    return (
        f"CREATE TRIGGER {name} {event.format(table=table)} EXECUTE FUNCTION {function}();\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};\n"
    )


_INSERTED = "AFTER INSERT ON {table} REFERENCING NEW TABLE AS concerned FOR EACH STATEMENT"
_DELETED = "AFTER DELETE ON {table} REFERENCING OLD TABLE AS concerned FOR EACH STATEMENT"
_UPDATED = "BEFORE UPDATE ON {table} FOR EACH STATEMENT"

INSTALL = "".join(
    (
        """
        ALTER TABLE evaluations_participation ADD CONSTRAINT only_a_household_of_the_roll_takes_part
            FOREIGN KEY (survey_id, unit_id) REFERENCES evaluations_rollentry (survey_id, unit_id);
        ALTER TABLE evaluations_paperhelp ADD CONSTRAINT paper_help_is_for_a_household_that_took_part
            FOREIGN KEY (survey_id, unit_id) REFERENCES evaluations_participation (survey_id, unit_id);
        """,
        _KEEP_TERMS,
        _WHILE.format(name="open", state="open"),
        _WHILE.format(name="counting", state="closing"),
        _REFUSE_CHANGE,
        _trigger(
            "a_survey_keeps_its_terms",
            "BEFORE UPDATE OR DELETE ON {table} FOR EACH ROW",
            "evaluations_keep_terms",
        ),
        _trigger("a_household_takes_part_while_open", _INSERTED, "evaluations_while_open"),
        _trigger("a_ballot_is_sealed_while_open", _INSERTED, "evaluations_while_open"),
        _trigger("a_comment_is_sealed_while_open", _INSERTED, "evaluations_while_open"),
        _trigger("a_sealed_ballot_is_never_changed", _UPDATED, "evaluations_refuse_change"),
        _trigger("a_sealed_comment_is_never_changed", _UPDATED, "evaluations_refuse_change"),
        _trigger("a_sealed_ballot_goes_with_the_count", _DELETED, "evaluations_while_counting"),
        _trigger("a_sealed_comment_goes_with_the_count", _DELETED, "evaluations_while_counting"),
        _trigger("a_ballot_is_written_by_the_count", _INSERTED, "evaluations_while_counting"),
    )
)
REMOVE = (
    "".join(f"DROP TRIGGER IF EXISTS {name} ON {table};\n" for name, table in TRIGGERS.items())
    + "".join(f"DROP FUNCTION IF EXISTS {name}();\n" for name in _FUNCTIONS)
    + """
    ALTER TABLE evaluations_paperhelp DROP CONSTRAINT IF EXISTS paper_help_is_for_a_household_that_took_part;
    ALTER TABLE evaluations_participation DROP CONSTRAINT IF EXISTS only_a_household_of_the_roll_takes_part;
    """
)
