"""SQL text of what the database itself holds about appraisals, as strings for migrations (no Django here).

All triggers are ENABLE ALWAYS, as in `kernel.append_only`; the start-up check asserts that they are in place.
"""

#: Trigger -> its table.
TRIGGERS = {
    "a_method_is_locked_once_scoring_starts": "evaluations_appraisalmethod",
    "a_round_opens_by_the_last_method": "evaluations_appraisalround",
    "an_appraisal_goes_by_its_steps": "evaluations_appraisal",
    "a_mark_is_made_before_the_final_score": "evaluations_mark",
    "a_firm_replies_once_it_was_told": "evaluations_appraisalreply",
    "a_result_is_written_with_the_final_step": "evaluations_appraisalresult",
}
_FUNCTIONS = (
    "evaluations_lock_method",
    "evaluations_open_by_last_method",
    "evaluations_keep_appraisal",
    "evaluations_mark_in_time",
    "evaluations_reply_in_time",
    "evaluations_result_in_time",
    "evaluations_sum_of_points",
)

# IMMUTABLE: it reads its argument alone, so that a CHECK may call it.
_SUM_OF_POINTS = """
CREATE FUNCTION evaluations_sum_of_points(items jsonb) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
    SELECT coalesce(sum((item ->> 'points')::numeric(5, 2)), 0) FROM jsonb_array_elements(items) AS item
$$;
"""
_SUM = "ALTER TABLE evaluations_appraisalmethod ADD CONSTRAINT the_points_of_a_method_make_a_hundred\n"
_SUM += "    CHECK (evaluations_sum_of_points(items) = 100);\n"

# The town's row is the turn: a method saved and a round opened at once cannot both pass.
_LOCK_METHOD = """
CREATE FUNCTION evaluations_lock_method() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM communities_town WHERE id = NEW.town_id FOR NO KEY UPDATE;
    IF EXISTS (SELECT FROM evaluations_appraisalround WHERE town_id = NEW.town_id AND period = NEW.period) THEN
        RAISE EXCEPTION 'the method is locked: scoring has started' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
_OPEN_BY_LAST_METHOD = """
CREATE FUNCTION evaluations_open_by_last_method() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM communities_town WHERE id = NEW.town_id FOR NO KEY UPDATE;
    IF NEW.method_id IS DISTINCT FROM (
        SELECT id FROM evaluations_appraisalmethod WHERE town_id = NEW.town_id AND period = NEW.period
        ORDER BY version DESC LIMIT 1
    ) THEN
        RAISE EXCEPTION 'a round opens by the last method of its half-year' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
_KEEP_APPRAISAL = """
CREATE FUNCTION evaluations_keep_appraisal() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' THEN
        RAISE EXCEPTION 'an appraisal stays' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.stage = 'final' THEN
        RAISE EXCEPTION 'a final appraisal stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF OLD.stage <> NEW.stage AND (OLD.stage, NEW.stage) NOT IN
        (('scoring', 'reviewing'), ('reviewing', 'scoring'), ('reviewing', 'told'), ('told', 'final')) THEN
        RAISE EXCEPTION 'an appraisal goes from scoring to reviewing to told to final'
            USING ERRCODE = 'restrict_violation';
    END IF;
    IF (OLD.id, OLD.public_id, OLD.round_id, OLD.compound_id, OLD.firm_id, OLD.period, OLD.version, OLD.corrects_id,
        OLD.correction_reason)
        IS DISTINCT FROM
       (NEW.id, NEW.public_id, NEW.round_id, NEW.compound_id, NEW.firm_id, NEW.period, NEW.version, NEW.corrects_id,
        NEW.correction_reason)
    OR OLD.stage <> 'scoring' AND
       (OLD.facts, OLD.gathered_at) IS DISTINCT FROM (NEW.facts, NEW.gathered_at)
    OR OLD.stage = 'told' AND
       (OLD.submitted_by_id, OLD.submitted_at, OLD.reviewed_by_id, OLD.told_at, OLD.reply_until)
        IS DISTINCT FROM
       (NEW.submitted_by_id, NEW.submitted_at, NEW.reviewed_by_id, NEW.told_at, NEW.reply_until)
    OR OLD.replied_at IS NOT NULL AND OLD.replied_at IS DISTINCT FROM NEW.replied_at THEN
        RAISE EXCEPTION 'what an appraisal rests on stays as it is' USING ERRCODE = 'restrict_violation';
    END IF;
    IF NEW.stage = 'final' AND NOT EXISTS (
        SELECT FROM evaluations_appraisalresult WHERE appraisal_id = NEW.id
    ) THEN
        RAISE EXCEPTION 'a final appraisal has its result' USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""
# The row is locked, so that nothing is added to an appraisal whose final step is under way.
_IN_TIME = """
CREATE FUNCTION evaluations_{name}_in_time() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM 1 FROM evaluations_appraisal WHERE id = NEW.appraisal_id AND stage IN ({stages}) FOR SHARE;
    IF NOT FOUND THEN
        RAISE EXCEPTION '% on %: not at this stage of the appraisal', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
"""


def _trigger(name: str, event: str, function: str) -> str:
    table = TRIGGERS[name]
    return (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION {function}();\n"
        f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name};\n"
    )


INSTALL = "".join(
    (
        _SUM_OF_POINTS,
        _SUM,
        _LOCK_METHOD,
        _OPEN_BY_LAST_METHOD,
        _KEEP_APPRAISAL,
        _IN_TIME.format(name="mark", stages="'scoring', 'told'"),
        _IN_TIME.format(name="reply", stages="'told'"),
        _IN_TIME.format(name="result", stages="'told'"),
        _trigger("a_method_is_locked_once_scoring_starts", "INSERT", "evaluations_lock_method"),
        _trigger("a_round_opens_by_the_last_method", "INSERT", "evaluations_open_by_last_method"),
        _trigger("an_appraisal_goes_by_its_steps", "UPDATE OR DELETE", "evaluations_keep_appraisal"),
        _trigger("a_mark_is_made_before_the_final_score", "INSERT", "evaluations_mark_in_time"),
        _trigger("a_firm_replies_once_it_was_told", "INSERT", "evaluations_reply_in_time"),
        _trigger("a_result_is_written_with_the_final_step", "INSERT", "evaluations_result_in_time"),
    )
)
REMOVE = (
    "".join(f"DROP TRIGGER IF EXISTS {name} ON {table};\n" for name, table in TRIGGERS.items())
    + "ALTER TABLE evaluations_appraisalmethod DROP CONSTRAINT IF EXISTS the_points_of_a_method_make_a_hundred;\n"
    + "".join(f"DROP FUNCTION IF EXISTS {name};\n" for name in _FUNCTIONS)
)
