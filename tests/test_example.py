"""The example town: the same every time, of the size it says, and never in production."""

import hashlib
import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models import Model, Sum
from django.test import Client

from accounts.models import User
from baogai.example.days import Days
from baogai.example.people import LOGINS, PASSWORD
from baogai.navigation import forget_example_mark
from communities.models import Appointment, Compound, Ownership, PropertyFirm, ServiceContract, Unit, Village
from evaluations.models import Appraisal, AppraisalResult
from evaluations.services.appraisals.sheets import recalculate
from finance.models import Disclosure, LedgerAccount
from finance.services.ledger import balance_on
from finance.services.statement_preview import preview, upload_statement
from finance.services.statements import import_statement
from finance.services.verification import verify_disclosures
from supervision.models import Obligation, Policy, Proposal, Urging
from supervision.rules import Duty
from tests.cast import NOON
from tests.databases import connected_to, copy_database, drop_database, manage
from tests.example_data import EXAMPLE_DAY
from tests.rosters import SAMPLES, RosterDesk

TODAY = date.fromisoformat(EXAMPLE_DAY)
#: Drawn at random or made from something that was, how long a run took, and what a workbook says of its own making.
_BY_CHANCE = {
    *("id", "public_id", "password", "path", "dedupe_key"),
    *("figures", "hash", "prev", "body_sha", "reviewed_sha"),
    *("facts", "finished_at", "sha256", "size"),
}
_OURS = {"accounts", "files", "communities", "notices", "supervision", "committees", "finance"}


def content_of_database() -> dict[str, str]:
    """Model → one fingerprint of all its rows; a row is told by what it says, never by its number.

    Rows that point at others carry those rows' fingerprints, so that every relation is compared as well.
    """
    told: dict[type[Model], dict[Any, str]] = {}
    waiting = [model for model in apps.get_models() if model._meta.app_label in _OURS and model._meta.managed]
    while waiting:
        for model in waiting:
            needs = {field.related_model for field in model._meta.concrete_fields if field.is_relation} - {model}
            if needs <= told.keys() | {need for need in needs if need._meta.app_label not in _OURS}:
                told[model] = _rows_of(model, told)
                waiting.remove(model)
                break
        else:
            raise AssertionError(f"a circle of relations: {waiting}")
    return {model._meta.label: _fingerprint(sorted(rows.values())) for model, rows in told.items()}


def _rows_of(model: type[Model], told: dict[type[Model], dict[Any, str]]) -> dict[Any, str]:
    rows: dict[Any, str] = {}
    fields = [field for field in model._meta.concrete_fields if field.name not in _BY_CHANCE]
    for row in model._default_manager.order_by("pk"):
        said = []
        for field in fields:
            value = getattr(row, field.attname)
            if field.is_relation and value is not None:
                value = (rows if field.related_model is model else told[field.related_model])[value]
            elif hasattr(value, "public_id"):
                value = value.title
            said.append((field.name, str(value)))
        rows[row.pk] = _fingerprint(said)
    return rows


def _fingerprint(value: object) -> str:
    return hashlib.sha256(json.dumps(value, ensure_ascii=False).encode()).hexdigest()


# -- As a whole ----------------------------------------------------------------------------------------------


def test_the_same_day_gives_the_same_town(django_db_blocker, example_database, migrated_template, tmp_path):
    again = copy_database(migrated_template)
    manage(again, tmp_path, "load_example", "--today", EXAMPLE_DAY)
    with django_db_blocker.unblock():
        with connected_to(example_database):
            first = content_of_database()
        with connected_to(again):
            second = content_of_database()
    drop_database(again)
    assert {label for label in first if first[label] != second[label]} == set()


@pytest.mark.parametrize(
    ("today", "quarters", "begins"),
    [
        (date(2026, 10, 29), "2025Q4 2026Q1 2026Q2 2026Q3", date(2026, 1, 1)),
        (date(2026, 12, 31), "2025Q4 2026Q1 2026Q2 2026Q3", date(2026, 1, 1)),
        (date(2027, 1, 1), "2026Q1 2026Q2 2026Q3 2026Q4", date(2026, 4, 1)),
        (date(2028, 2, 29), "2027Q1 2027Q2 2027Q3 2027Q4", date(2027, 4, 1)),
    ],
)
def test_the_days_count_back_from_the_given_one(today, quarters, begins):
    days = Days(today)
    assert " ".join(quarter.code for quarter in days.quarters) == quarters
    assert days.begins_on == begins


def test_a_second_call_says_that_it_is_there(example_database, example_files):
    said = manage(example_database, example_files, "load_example")
    assert "已经载入" in said
    for login in LOGINS:
        assert login.username in said


def test_production_refuses_the_example(empty_database, tmp_path):
    said = manage(
        empty_database,
        tmp_path,
        "load_example",
        expect=1,
        DEPLOYMENT="production",
        SECRET_KEY="k3y-of-a-test-" * 6 + "0123456789abcdef",
        ALLOWED_HOSTS="baogai.example",
        REDIS_URL="redis://127.0.0.1:6379/0",
        SITE_URL="https://baogai.example",
    )
    assert "不得载入示例数据" in said


def test_a_database_in_use_is_left_alone(migrated_template, tmp_path):
    used = copy_database(migrated_template)
    manage(used, tmp_path, "load_annex")
    assert "只能载入空数据库" in manage(used, tmp_path, "load_example", expect=1)
    drop_database(used)


# -- What there is -------------------------------------------------------------------------------------------


def test_the_town_has_the_size_it_says(example):
    assert Village.objects.count() == 12
    assert Compound.objects.count() == 24
    assert 5_900 <= Unit.objects.count() <= 6_300
    assert PropertyFirm.objects.count() == 10
    assert not Unit.objects.filter(ownerships__isnull=True).exists()
    assert {village.name for village in Village.objects.filter(compounds__isnull=False)} == {
        village.name for village in Village.objects.all()
    }


def test_every_kind_of_compound_is_there(example):
    assert set(Compound.objects.values_list("kind", flat=True)) == {"commercial", "resettlement", "old"}
    for feature in ("has_lift", "has_owner_group", "has_maintenance_fund"):
        assert set(Compound.objects.values_list(feature, flat=True)) == {True, False}
    assert Compound.objects.without_bearer(TODAY).count() == 2
    assert ServiceContract.objects.overrunning(TODAY).count() == 1
    assert ServiceContract.objects.exclude(ended_on=None).count() == 1
    assert LedgerAccount.objects.filter(is_dedicated=False).exists()
    assert Compound.objects.filter(accounts__isnull=True).count() >= 4


def test_everybody_is_marked_and_nobody_of_the_annex_is_there(example):
    assert not User.objects.exclude(is_example=True).exists()
    assert not User.objects.exclude(name__startswith="示例·").exists()
    assert not User.objects.filter(name__contains="王泽永").exists()
    assert not Appointment.objects.filter(basis__startswith="宝政").exists()


def test_the_plan_has_expired_and_a_marked_example_extends_it(example):
    assert Policy.objects.get(kind="original").until_on == date(2024, 10, 31)
    extension = Policy.objects.in_force(TODAY).get()
    assert extension.is_example
    assert "示例" in extension.number


def test_the_disclosures_are_of_every_sort(example):
    owed = Obligation.objects.filter(duty=Duty.DISCLOSURE)
    past = owed.filter(deadline_on__lt=TODAY)
    late = [one for one in past.fulfilled() if one.is_late(TODAY)]
    assert len(late) >= 5
    assert past.fulfilled().count() - len(late) >= 20
    assert owed.overdue(TODAY).filter(progress="none").count() >= 5
    assert owed.overdue(TODAY).filter(progress="unposted").count() >= 1
    assert owed.filter(corrected_late_at__isnull=False).count() == 1
    assert owed.filter(countersigns__isnull=False).count() >= 10
    assert Disclosure.objects.filter(opening_basis="statement").exists()
    assert Disclosure.objects.filter(version=2).count() == 1
    assert Proposal.objects.filter(decision="").exists()
    assert Urging.objects.exists()


def test_the_firms_were_appraised_and_some_still_are(example):
    results = AppraisalResult.objects.all()
    assert results.count() >= 10
    assert len(set(results.values_list("grade", flat=True))) >= 2
    assert all(recalculate(result).is_same for result in results)
    done = Obligation.objects.filter(duty=Duty.FIRM_APPRAISAL).fulfilled()
    assert {one.evidence.kind for one in done} == {"evaluations.appraisal"}
    assert done.count() == results.count()
    assert Appraisal.objects.filter(stage="scoring").exists()


def test_the_chains_hold(example):
    assert list(verify_disclosures()) == []


def test_the_garden_waits_for_the_sample_statement(example):
    account = LedgerAccount.objects.get(compound__name="示例花园")
    assert account.number_tail == "0421"
    assert str(balance_on(account, date(2026, 6, 30))) == "48210.35"
    assert not account.statements.filter(until_on__gt=date(2026, 6, 30)).exists()
    assert Ownership.objects.filter(owner__user__username="resident1").exists()


def test_the_sample_roster_completes_the_garden(example, django_capture_on_commit_callbacks):
    client = Client()
    client.force_login(User.objects.get(username="town1"))
    garden = Compound.objects.get(name="示例花园")
    desk = RosterDesk(client, garden, django_capture_on_commit_callbacks)
    sample = SAMPLES / "业主名册-示例花园.xlsx"
    job = desk.preview(desk.upload(sample.read_bytes(), sample.name))
    assert (job.rows_new, job.rows_changed, job.rows_same, job.rows_bad) == (339, 0, 8, 6)
    desk.confirm(job)
    units = Unit.objects.filter(building__compound=garden)
    assert units.count() == 347
    assert str(units.aggregate(area=Sum("area"))["area"]) == "40383.56"
    assert Ownership.objects.filter(owner__user__username="resident1", until_on=None).exists()


def test_the_sample_statement_joins_the_gardens_books(example):
    account = LedgerAccount.objects.get(compound__name="示例花园")
    treasurer = User.objects.get(username="treasurer")
    sample = SAMPLES / "建行对公明细-2026Q3.xlsx"
    upload = upload_statement(account, SimpleUploadedFile(sample.name, sample.read_bytes()), by=treasurer, at=NOON)
    shown = preview(upload, on=TODAY)
    assert (shown.problems, shown.warnings) == ([], [])
    statement = import_statement(upload, acknowledged=False, by=treasurer, at=NOON)
    assert str(statement.closing_balance) == "170302.17"


# -- Who can come in -----------------------------------------------------------------------------------------


def test_the_printed_logins_open_a_desk(example):
    forget_example_mark()
    for login in LOGINS:
        client = Client()
        answer = client.post("/login/", {"username": login.username, "password": PASSWORD})
        assert answer.status_code == 302, f"{login.username}: {answer.content.decode()[:500]}"
        desk = client.get("/desk/", follow=True)
        assert desk.status_code == 200, login.username
        assert "本系统装有示例数据" in desk.content.decode()
    forget_example_mark()


def test_stored_files_are_where_the_rows_say(example, example_files: Path):
    kept = sum(1 for path in example_files.rglob("*") if path.is_file())
    assert kept >= 300
