"""重新计算: whoever may read a final score makes it again from what was stored, here or on their own computer."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client

from accounts.models import User
from evaluations.models import Appraisal, AppraisalResult
from evaluations.rules import SurveyKind
from evaluations.services.appraisals.finishing import make_final
from evaluations.services.appraisals.opening import open_round
from evaluations.services.appraisals.replying import rest
from evaluations.services.appraisals.reviewing import tell_firm
from evaluations.services.appraisals.scoring import adjust, submit
from tests.appraising import HALF, final, give, of, opened
from tests.cast import NOON, World
from tests.surveying import count, end_now, homes, votes
from tests.surveying import opened as survey_opened

pytestmark = pytest.mark.django_db


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def scored(world: World) -> Appraisal:
    """With the rate of a survey (8 of 13), a deduction, hotline items left out, and a penalty."""
    units = homes(world.compound, 13)
    survey = survey_opened(world, SurveyKind.FIRM)
    votes(survey, units, "AAAABBBBEEEEE")
    end_now(survey, world.officer)
    count(survey)
    open_round(world.town, HALF, by=world.officer, at=NOON)
    found = of(world.compound)
    hand = {f"R{n}": "3" for n in range(2, 7)} | {"C1": "4", "C2": "5.25", "C3": "6", "C4": "4"}
    give(found, by=world.officer, **hand)
    adjust(found, points=Decimal(-2), reason="迟报台风值守", by=world.officer, at=NOON)
    submit(found, by=world.officer, at=NOON)
    tell_firm(found, by=world.second_officer, at=NOON)
    rest(found, by=world.manager, at=NOON)
    make_final(found, by=world.second_officer, at=NOON)
    return of(world.compound)


@contextmanager
def tampered() -> Iterator[None]:
    """Somebody with the owner's rights writes past the triggers."""
    table = AppraisalResult._meta.db_table
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # deferred foreign keys would stop the ALTER
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER {table}_append_only")
        yield
        cursor.execute(f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {table}_append_only")


def test_everybody_who_reads_it_recalculates_the_same(world: World, scored: Appraisal) -> None:
    """(30×8/13 + 15 + 19.25) of 65 counted points, scaled, less 2: 79.07…"""
    assert str(scored.result.score) == "79.09"
    for reader in (world.owner, world.chair, world.manager, world.clerk, world.cadre, world.auditor, world.officer):
        page = signed_in(reader).get(f"/appraisals/{scored.public_id}/recalculation/").content.decode()
        assert "与公布的完全相同" in page
        assert "30.00 × 8 ÷ 13" in page
        assert scored.result.hash in page
    for stranger in (world.other_chair, world.other_owner):
        assert signed_in(stranger).get(f"/appraisals/{scored.public_id}/recalculation/").status_code == 404
        assert signed_in(stranger).get(f"/appraisals/{scored.public_id}/inputs.json").status_code == 404


def test_what_is_not_final_has_nothing_to_recalculate(world: World) -> None:
    opened(world)
    found = of(world.compound)
    for path in ("recalculation/", "inputs.json"):
        assert signed_in(world.officer).get(f"/appraisals/{found.public_id}/{path}").status_code == 404


def test_the_stand_alone_script_gets_the_same_from_the_file(world: World, scored: Appraisal, tmp_path: Path) -> None:
    owner = signed_in(world.owner)
    file, program = tmp_path / "appraisal.json", tmp_path / "verify_appraisal.py"
    file.write_bytes(owner.get(f"/appraisals/{scored.public_id}/inputs.json").content)
    program.write_bytes(Client().get("/appraisals/verify_appraisal.py").content)

    def run(*more: str) -> tuple[int, str]:
        asked = [sys.executable, "-I", str(program), str(file), *more]
        done = subprocess.run(asked, check=False, capture_output=True, text=True)
        return done.returncode, done.stdout

    code, said = run("--hash", scored.result.hash)
    assert (code, "与公布的相符" in said, scored.result.hash in said) == (0, True, True), said
    told = json.loads(file.read_text())
    told["inputs"]["marks"][0]["points"] = "2.00"
    file.write_text(json.dumps(told))
    code, said = run()
    assert (code, "与公布的不符" in said) == (1, True)
    file.write_text("{}")
    assert run()[0] == 2


def test_the_command_recalculates_every_final_score(world: World, scored: Appraisal) -> None:
    text = StringIO()
    call_command("recalculate_appraisals", stdout=text)
    assert "已重新计算 1 份，全部相符" in text.getvalue()
    call_command("recalculate_appraisals", period=HALF.previous().code, stdout=text)
    assert "已重新计算 0 份" in text.getvalue()


@pytest.mark.owner
@pytest.mark.parametrize(
    "change",
    [
        "score = 99.99, grade = 'excellent'",
        "inputs = jsonb_set(inputs, '{marks,0,points}', '\"2.00\"')",
        "inputs = jsonb_set(inputs, '{marks,0,reason}', '\"改过的理由\"')",
        "hash = repeat('0', 64)",
    ],
)
def test_a_change_past_the_triggers_is_found_out(world: World, change: str) -> None:
    opened(world)
    found = final(world, R1="15")
    with tampered(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {AppraisalResult._meta.db_table} SET {change}")
    with pytest.raises(CommandError, match="1 份与计分依据不符"):
        call_command("recalculate_appraisals")
    page = signed_in(world.auditor).get(f"/appraisals/{found.public_id}/recalculation/").content.decode()
    assert "与公布的不同" in page


def test_the_inputs_hold_no_number_that_another_language_reads_otherwise(world: World, scored: Appraisal) -> None:
    def walk(value: object) -> Iterator[object]:
        if isinstance(value, dict):
            value = list(value.values())
        if isinstance(value, list):
            for one in value:
                yield from walk(one)
        else:
            yield value

    kinds = {type(one) for one in walk(scored.result.inputs)}
    assert kinds <= {str, int}
