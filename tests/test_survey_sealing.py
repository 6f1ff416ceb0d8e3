"""What the seals hold against: damaged and foreign ones, lost keys, and whoever reads the whole database."""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core.management import CommandError, call_command
from django.db import connection
from django.test import Client
from django.views.debug import ExceptionReporter
from nacl.public import PrivateKey, PublicKey, SealedBox

from accounts.models import ActionRecord
from communities.models import Unit
from evaluations import tasks
from evaluations.envelopes import EnvelopeError, ballot_size, comment_size, pack_ballot, pack_comment
from evaluations.models import Ballot, Participation, SealedBallot, SealedComment, Survey, SurveyResult
from evaluations.rules import SurveyKind
from evaluations.services import casting
from evaluations.services.closing import CountError, close_survey, finish
from evaluations.services.keys import KeyStoreError
from evaluations.services.lists import list_of
from evaluations.services.opening import open_survey
from tests.cast import World
from tests.surveying import count, end_now, homes, opened, start, votes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("key_store")]
VERIFIER = settings.BASE_DIR / "evaluations" / "verify_survey.py"
CHOICES = "ABCDE"
VOTES = 40


@pytest.fixture
def units(world: World) -> list[Unit]:
    return homes(world.compound, VOTES)


# -- Lengths -------------------------------------------------------------------------------------------------------


def test_every_seal_has_one_length_whatever_is_said(world: World, units: list[Unit]) -> None:
    survey = opened(world)
    votes(survey, units[:6], "ABCDEU")
    votes(survey, units[6:9], "AAA", comment="“" * 300)
    votes(survey, units[9:10], "A", comment="🏠" * 300)
    for model in (SealedBallot, SealedComment):
        assert len({len(bytes(one.seal)) for one in model.objects.all()}) == 1
    assert SealedComment.objects.count() == 10


def test_what_does_not_fit_is_refused_and_never_cut() -> None:
    with pytest.raises(EnvelopeError):
        pack_ballot("0" * 16, "0" * 16, "A" * 200, size=ballot_size(10))
    with pytest.raises(EnvelopeError):
        pack_comment("0" * 16, "🏠" * 400, size=comment_size())
    assert len(pack_comment("0" * 16, '"\\' * 150, size=comment_size())) == comment_size()


# -- Seals that are not what they should be ------------------------------------------------------------------------


def _damaged(survey: Survey, other: Survey) -> bytes:
    return secrets.token_bytes(len(bytes(SealedBallot.objects.filter(survey=survey).first().seal)))


def _copied(survey: Survey, other: Survey) -> bytes:
    return bytes(SealedBallot.objects.filter(survey=survey).first().seal)


def _foreign(survey: Survey, other: Survey) -> bytes:
    ballot = pack_ballot(other.public_id, "1" * 16, "A" * 10, size=survey.seal_size)
    return SealedBox(PublicKey(bytes(survey.public_key))).encrypt(ballot)


def _surplus(survey: Survey, other: Survey) -> bytes:
    ballot = pack_ballot(survey.public_id, "1" * 16, "A" * 10, size=survey.seal_size)
    return SealedBox(PublicKey(bytes(survey.public_key))).encrypt(ballot)


def _unknown(survey: Survey, other: Survey) -> bytes:
    ballot = pack_ballot(survey.public_id, "1" * 16, "X" * 10, size=survey.seal_size)
    return SealedBox(PublicKey(bytes(survey.public_key))).encrypt(ballot)


@pytest.mark.parametrize("bad", [_damaged, _copied, _foreign, _surplus, _unknown])
def test_one_seal_too_many_or_another_than_was_cast_stops_the_count(
    world: World, units: list[Unit], bad: Callable[[Survey, Survey], bytes]
) -> None:
    survey = opened(world)
    other = start(world, SurveyKind.FIRM, compound=world.compound)[0]
    votes(survey, units[:12], "B" * 12)
    SealedBallot.objects.create(survey=survey, seal=bad(survey, other))
    end_now(survey, world.officer)
    with pytest.raises(CountError):
        close_survey(survey.pk)
    tasks.end_survey(survey.pk)
    survey.refresh_from_db()
    assert (survey.state, "没有计票" in survey.problem) == ("closing", True)
    assert not Ballot.objects.exists()
    assert not SurveyResult.objects.exists()
    assert SealedBallot.objects.count() == 13
    assert (settings.KEY_STORE / f"{survey.public_id}.key").exists()


# -- Keys ----------------------------------------------------------------------------------------------------------


def test_a_key_that_is_lost_or_wrong_loses_nothing_and_put_back_it_counts(world: World, units: list[Unit]) -> None:
    survey = opened(world)
    votes(survey, units[:12], "B" * 12)
    end_now(survey, world.officer)
    file = settings.KEY_STORE / f"{survey.public_id}.key"
    right = file.read_bytes()
    file.unlink()
    for content, words in ((None, "没有这次测评的密钥"), (b"x" * 32, "密钥与这次测评不符"), (b"x", "密钥与这次")):
        if content is not None:
            file.write_bytes(content)
        with pytest.raises(KeyStoreError, match=words):
            close_survey(survey.pk)
        tasks.end_survey(survey.pk)
        survey.refresh_from_db()
        assert (survey.state, SealedBallot.objects.count()) == ("closing", 12)
        client = Client()
        client.force_login(world.officer)
        assert words in client.get(f"/surveys/{survey.public_id}/").content.decode()
    file.write_bytes(right)
    settings.KEY_STORE.chmod(0o755)
    with pytest.raises(KeyStoreError, match="0700"):
        close_survey(survey.pk)
    settings.KEY_STORE.chmod(0o700)
    assert close_survey(survey.pk)
    assert Ballot.objects.count() == 12


def test_a_key_that_cannot_be_destroyed_keeps_the_survey_waiting_and_says_so(
    world: World, units: list[Unit], settings: Any, tmp_path: Path
) -> None:
    auditor = PrivateKey.generate()
    settings.ESCROW_PUBLIC_KEY, settings.ESCROW_STORE = bytes(auditor.public_key).hex(), tmp_path / "escrow"
    survey = opened(world)
    copy = tmp_path / "escrow" / f"{survey.public_id}.escrow"
    assert len(copy.read_bytes()) == 80
    votes(survey, units[:12], "B" * 12)
    end_now(survey, world.officer)
    tmp_path.joinpath("escrow").rename(tmp_path / "elsewhere")
    settings.PRODUCTION = True
    assert close_survey(survey.pk)
    assert not finish(survey.pk)
    survey = Survey.objects.for_display().get()
    assert survey.awaits_destruction
    client = Client()
    client.force_login(world.officer)
    assert "密钥待销毁" in client.get(f"/surveys/{survey.public_id}/").content.decode()
    tmp_path.joinpath("elsewhere").rename(tmp_path / "escrow")
    assert finish(survey.pk)
    assert list((tmp_path / "escrow").iterdir()) == list(settings.KEY_STORE.iterdir()) == []


def test_the_auditor_brings_a_lost_key_back_and_an_administrator_confirms_what_is_out_of_reach(
    world: World, units: list[Unit], settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    auditor = PrivateKey.generate()
    settings.ESCROW_PUBLIC_KEY, settings.ESCROW_STORE = bytes(auditor.public_key).hex(), tmp_path / "escrow"
    survey = opened(world)
    votes(survey, units[:12], "B" * 12)
    end_now(survey, world.officer)
    (settings.KEY_STORE / f"{survey.public_id}.key").unlink()
    with pytest.raises(KeyStoreError):
        close_survey(survey.pk)
    for typed, words in (("00" * 32, "打不开"), ("x", "64 位十六进制")):
        monkeypatch.setattr("evaluations.management.commands.survey_keys.getpass", lambda _, typed=typed: typed)
        with pytest.raises(CommandError, match=words):
            call_command("survey_keys", "restore", survey.public_id)
    monkeypatch.setattr("evaluations.management.commands.survey_keys.getpass", lambda _: bytes(auditor).hex())
    call_command("survey_keys", "restore", survey.public_id)
    assert close_survey(survey.pk)
    call_command("survey_keys", "destroyed", survey.public_id)
    survey.refresh_from_db()
    assert survey.key_destroyed_at is not None
    with pytest.raises(CommandError, match="没有待销毁"):
        call_command("survey_keys", "destroyed", survey.public_id)


def test_after_the_count_no_key_is_left_on_disk_or_in_any_table(world: World, units: list[Unit]) -> None:
    survey = opened(world)
    (settings.KEY_STORE / f".{survey.public_id}.key.0123.tmp").write_bytes(b"x" * 32)
    private = (settings.KEY_STORE / f"{survey.public_id}.key").read_bytes()
    votes(survey, units[:12], "B" * 12)
    end_now(survey, world.officer)
    count(survey)
    assert [path for path in settings.KEY_STORE.rglob("*") if path.is_file()] == []
    found = []
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(
                f'SELECT count(*) FROM "{model._meta.db_table}" t WHERE t::text LIKE %s', [f"%{private.hex()}%"]
            )
            found.append(cursor.fetchone()[0])
    assert sum(found) == 0
    assert len(found) > 40


# -- Whoever reads everything --------------------------------------------------------------------------------------


def _limit(choices: int = len(CHOICES)) -> float:
    """Hits a guesser makes by chance, and three standard deviations on top of it."""
    chance = VOTES / choices
    return chance + 3 * (chance * (1 - 1 / choices)) ** 0.5


def _cast_apart(survey: Survey, units: list[Unit]) -> dict[int, str]:
    """Known votes, each in a (sub)transaction of its own, in an order nobody could guess."""
    known = {unit.pk: secrets.choice(CHOICES) for unit in units}
    for unit in units:
        votes(survey, [unit], known[unit.pk])
    return known


def _rows(query: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


@pytest.mark.owner
def test_an_open_copy_links_seals_to_homes_and_no_seal_to_a_choice(world: World, units: list[Unit]) -> None:
    """The control links clear text 40 of 40 the same way: so nothing but the seal keeps the secret meanwhile."""
    survey = opened(world)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE clear (answers text)")
    known = {}
    for unit in units:
        known[unit.pk] = secrets.choice(CHOICES)
        votes(survey, [unit], known[unit.pk])
        with connection.cursor() as cursor:
            cursor.execute("INSERT INTO clear VALUES (%s)", [known[unit.pk]])
    in_clear = _rows("SELECT answers FROM clear ORDER BY ctid")
    by_order = _rows("SELECT unit_id FROM evaluations_participation ORDER BY id")
    linked = [known[unit] == answer for (unit,), (answer,) in zip(by_order, in_clear, strict=True)]
    assert sum(linked) == VOTES
    seals = [bytes(seal) for (seal,) in _rows("SELECT seal FROM evaluations_sealedballot ORDER BY ctid")]
    for read in (lambda seal: seal[0], lambda seal: seal[-1], sum):
        guessed = [CHOICES[read(seal) % len(CHOICES)] for seal in seals]
        hits = sum(known[unit] == guess for (unit,), guess in zip(by_order, guessed, strict=True))
        assert hits <= _limit() + 2
    assert len(set(seals)) == VOTES


def test_a_closed_copy_links_no_ballot_to_a_home_by_any_order_or_transaction(world: World, units: list[Unit]) -> None:
    survey = opened(world)
    known = _cast_apart(survey, units)
    old_dump = _rows("SELECT id, seal FROM evaluations_sealedballot ORDER BY ctid")
    end_now(survey, world.officer)
    count(survey)
    assert _rows("SELECT count(DISTINCT xmin::text) FROM evaluations_ballot") == [(1,)]
    people = [unit for (unit,) in _rows("SELECT unit_id FROM evaluations_participation ORDER BY id")]
    for order in ("ctid", "receipt", "receipt DESC", "md5(receipt)"):
        ballots = [row[0] for row in _rows(f"SELECT answers FROM evaluations_ballot ORDER BY {order}")]
        hits = sum(known[unit] == answer[-1] for unit, answer in zip(people, ballots, strict=True))
        assert hits <= _limit() + 2, order
    # The old dump knows which seal was whose; the new database knows the ballots. Sorting the seals by anything they
    # hold puts them in no order that the ballots have.
    answers = [row[0] for row in _rows("SELECT answers FROM evaluations_ballot ORDER BY receipt")]
    for key in (lambda row: str(row[0]), lambda row: bytes(row[1])):
        of_home = dict(zip((row[0] for row in old_dump), people, strict=True))
        by_seal = [of_home[row[0]] for row in sorted(old_dump, key=key)]
        hits = sum(known[unit] == answer[-1] for unit, answer in zip(by_seal, answers, strict=True))
        assert hits <= _limit() + 2


def test_nothing_but_the_receipt_and_the_answers_stands_on_a_ballot() -> None:
    assert {field.name for field in Ballot._meta.get_fields()} == {"pk", "survey", "receipt", "answers"}
    assert {field.name for field in SealedBallot._meta.get_fields()} == {"id", "survey", "seal"}
    assert {field.name for field in Participation._meta.get_fields()} == {"id", "survey", "unit", "day", "channel"}


def test_no_answer_comment_or_receipt_is_written_down_anywhere_else(
    world: World, units: list[Unit], caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level("DEBUG")
    survey = opened(world)
    url = f"/surveys/{survey.public_id}/vote/{world.unit.public_id}/"
    remark = "楼顶水箱生锈已经三年"
    sent = {f"q{n}": "E" for n in range(1, 11)} | {"comment": remark}
    client = Client(raise_request_exception=False)
    client.force_login(world.owner)
    reports: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(casting, "_write", _break)
        assert client.post(url, sent).status_code == 500
    for record in caplog.records:
        if record.exc_info:
            reporter = ExceptionReporter(getattr(record, "request", None), *record.exc_info)
            reports += [reporter.get_traceback_text(), reporter.get_traceback_html()]
    assert len(reports) >= 2
    assert not Participation.objects.exists()
    assert not SealedBallot.objects.exists()
    answer = client.post(url, sent).content.decode()
    receipt = re.search(r'data-receipt="([^"]+)"', answer).group(1)
    bare = receipt.replace("-", "").lower()
    kept = [
        *(str(session.get_decoded()) for session in Session.objects.all()),
        *(str(row) for row in ActionRecord.objects.values()),
        *(str(record.getMessage()) for record in caplog.records),
        *reports,
    ]
    for text in kept:
        assert remark not in text
        assert receipt not in text
        assert bare not in text
        assert "EEEEEEEEEE" not in text
    with connection.cursor() as cursor:
        for model in apps.get_models():
            cursor.execute(
                f'SELECT count(*) FROM "{model._meta.db_table}" t WHERE t::text ILIKE ANY(%s)',
                [[f"%{bare}%", f"%{receipt}%", f"%{remark}%"]],
            )
            assert cursor.fetchone() == (0,), model


def _break(*_: object) -> None:
    raise RuntimeError("the disk is full")


def test_a_page_needs_no_key_store(world: World, units: list[Unit], settings: Any, tmp_path: Path) -> None:
    """The web server may run where the store is not: it seals with the public key alone."""
    survey = opened(world)
    settings.KEY_STORE = tmp_path / "nowhere"
    client = Client()
    client.force_login(world.owner)
    url = f"/surveys/{survey.public_id}/vote/{world.unit.public_id}/"
    assert client.post(url, {f"q{n}": "E" for n in range(1, 11)}).status_code == 200
    assert not (tmp_path / "nowhere").exists()


# -- The recount ---------------------------------------------------------------------------------------------------


def verify(file: Path, *more: str) -> tuple[int, str]:
    command = [sys.executable, "-I", VERIFIER, file, *more]
    done = subprocess.run(command, capture_output=True, text=True, env={"PATH": os.defpath}, check=False)
    return done.returncode, done.stdout + done.stderr


def test_anybody_recounts_from_the_list_and_one_changed_byte_is_noticed(
    world: World, units: list[Unit], tmp_path: Path
) -> None:
    survey = opened(world)
    receipts = votes(survey, units[:20], "ABCDEUABCDEUABCDEUAB")
    end_now(survey, world.officer)
    survey = count(survey)
    client = Client()
    client.force_login(world.owner)
    content = b"".join(client.get(f"/surveys/{survey.public_id}/list.csv"))
    assert content == list_of(survey)
    file = tmp_path / "list.csv"
    file.write_bytes(content)
    code, told = verify(file, "--hash", survey.result.list_hash, "--receipt", receipts[3])
    assert code == 0, told
    assert "有效票 17，满意 11（64.71%），不满意 6（35.29%）" in told
    assert "回执在名单里：不满意" in told
    assert (survey.result.valid, survey.result.satisfied, survey.result.dissatisfied) == (17, 11, 6)
    assert verify(file, "--receipt", "0000-0000-0000-0000")[0] == 1
    lines = content.decode().splitlines(keepends=True)
    spoiled = {
        "校验码与公告不符": content.replace(",不满意\n".encode(), ",很满意\n".encode(), 1),
        "没有按回执排序": "".join([*lines[:2], lines[3], lines[2], *lines[4:]]).encode(),
        "重复的回执": "".join([*lines[:3], lines[2], *lines[3:]]).encode(),
        "无法识别": "".join([*lines[:2], lines[2].replace(",", ";"), *lines[3:]]).encode(),
        "不是测评名单": "".join(lines[1:]).encode(),
    }
    for words, bad in spoiled.items():
        file.write_bytes(bad)
        code, told = verify(file, "--hash", survey.result.list_hash)
        assert (code, words in told) == (1, True), (words, told)
    assert len(VERIFIER.read_text().splitlines()) <= 80


def test_a_draft_is_opened_once_and_its_key_made_once(world: World) -> None:
    survey = start(world, SurveyKind.COMMITTEE, compound=world.compound)[0]
    assert open_survey(survey.pk)
    key = (settings.KEY_STORE / f"{survey.public_id}.key").read_bytes()
    assert not open_survey(survey.pk)
    assert (settings.KEY_STORE / f"{survey.public_id}.key").read_bytes() == key
