"""Tampering by a superuser with the triggers off shows; a tail cut off and a rewritten chain show by their anchor."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.db.backends.utils import CursorWrapper
from django.urls import reverse

from finance.models import ChainHead, Disclosure
from finance.rules import Category
from finance.services.publishing import prove_posting
from finance.services.verification import verify_disclosures
from kernel.append_only import trigger_names
from kernel.chain import GENESIS, body_sha, canonical, link_hash
from notices.rules import Place
from tests.cast import World
from tests.disclosing import at, bank, open_account, owe, photo, publish, third_quarter

pytestmark = pytest.mark.owner

TABLES = ("finance_disclosure", "finance_entry")
WHEN = at(date(2026, 10, 20))


@contextmanager
def superuser() -> Iterator[None]:
    """What the owner of the tables can do and the web role cannot: take the triggers off."""
    with connection.cursor() as cursor:
        _switch(cursor, "DISABLE")
        yield
        _switch(cursor, "ENABLE ALWAYS")


def _switch(cursor: CursorWrapper, state: str) -> None:
    cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # what the test's one transaction still owes
    for table in TABLES:
        for trigger in trigger_names(table):
            cursor.execute(f"ALTER TABLE {table} {state} TRIGGER {trigger}")


@pytest.fixture
def chain(world: World) -> list[Disclosure]:
    """Four quarters of one compound, published in turn."""
    account = open_account(world, opened_on=date(2025, 10, 1), opening="100.00")
    published = []
    for code, first, last, due in (
        ("2025Q4", date(2025, 10, 1), date(2025, 12, 31), date(2026, 1, 20)),
        ("2026Q1", date(2026, 1, 1), date(2026, 3, 31), date(2026, 4, 20)),
        ("2026Q2", date(2026, 4, 1), date(2026, 6, 30), date(2026, 7, 20)),
        ("2026Q3", date(2026, 7, 1), date(2026, 9, 30), date(2026, 10, 20)),
    ):
        bank(account, first, last, [(first, Category.I03, "10.00", "泊车公司", "停车费")])
        published.append(publish(owe(world, code), preparer=world.treasurer, head=world.chair, when=at(due)))
    return published


@pytest.fixture
def anchors(chain: list[Disclosure], tmp_path: Path) -> Path:
    file = tmp_path / "anchors"
    call_command("verify_chain", write_anchors=file, stdout=StringIO())
    return file


def verify(anchors: Path | None = None) -> str:
    """What the command says; empty where it ends well."""
    told = StringIO()
    try:
        call_command("verify_chain", anchors=anchors, stdout=StringIO(), stderr=told)
    except CommandError:
        return told.getvalue()
    return ""


def change(disclosure: Disclosure, **columns: object) -> None:
    Disclosure.objects.filter(pk=disclosure.pk).update(**columns)


def test_an_untouched_chain_holds(chain, anchors):
    assert verify() == ""
    assert verify(anchors) == ""


def test_an_edited_amount_is_named(chain):
    figures = chain[1].figures | {"closing": chain[1].figures["closing"] + 1}
    with superuser():
        change(chain[1], figures=figures)
    assert "第 2 号的内容被改动" in verify()


def test_a_deleted_middle_is_named(chain):
    with superuser():
        chain[1].delete()
    assert "第 2 号之后缺失" in verify()


def test_a_deleted_tail_is_named_by_the_head_and_by_its_anchor(chain, anchors):
    with superuser():
        chain[3].delete()
    assert "尾部被删" in verify()
    ChainHead.objects.update(seq=3, hash=chain[2].hash)
    assert verify() == ""  # whoever also mends the head is shown by what was written down outside alone
    assert "尾部被删" in verify(anchors)


def test_an_inserted_link_is_named(chain, world):
    with superuser():
        figures = chain[1].figures | {"version": 2, "reason": "补"}
        digest = link_hash(world.compound.public_id, 5, chain[3].hash, body_sha(canonical(figures)))
        draft = chain[1].draft
        draft.pk, draft.obligation = None, chain[1].obligation
        draft.public_id = "0" * 16
        draft.save()
        Disclosure.objects.create(
            **{
                field.attname: getattr(chain[1], field.attname)
                for field in Disclosure._meta.concrete_fields
                if field.name not in ("id", "public_id", "draft")
            }
            | {
                "draft_id": draft.pk,
                "figures": figures,
                "version": 2,
                "reason": "补",
                "seq": 5,
                "prev": chain[3].hash,
                "body_sha": body_sha(canonical(figures)),
                "hash": digest,
            }
        )
    assert "被插入" in verify()


def test_swapped_links_are_named(chain):
    with superuser():
        one, other = chain[1], chain[2]
        change(one, seq=99)
        change(other, seq=2)
        change(one, seq=3)
    assert "没有接上" in verify()


def test_a_chain_rewritten_with_right_hashes_shows_by_its_anchor(chain, anchors, world):
    with superuser():
        prev = GENESIS
        for link in chain:
            figures = link.figures | {"note": "改写"}
            sha = body_sha(canonical(figures))
            digest = link_hash(world.compound.public_id, link.seq, prev, sha)
            change(link, figures=figures, body_sha=sha, hash=digest, prev=prev)
            prev = digest
        ChainHead.objects.update(hash=prev)
    assert verify() == ""
    assert "链被重写" in verify(anchors)


def test_a_column_that_no_longer_says_what_was_frozen_is_named(chain):
    with superuser():
        change(chain[2], income=chain[2].income + 1, closing=chain[2].closing + 1)
    assert "本季收入栏与冻结数据不符" in verify()


def test_a_posting_changed_in_the_books_is_named(chain):
    entry = chain[0].account.entries.first()
    with superuser():
        type(entry).objects.filter(pk=entry.pk).update(amount="11.00")
    assert "在账上被改" in verify()


def test_a_whole_chain_deleted_shows_by_its_anchor(chain, anchors):
    with superuser():
        Disclosure.objects.all().delete()
    ChainHead.objects.all().delete()
    assert verify() == ""
    assert "整条链被删" in verify(anchors)


def test_new_links_still_verify_against_older_anchors(chain, anchors, world):
    publish(chain[3].obligation, preparer=world.treasurer, head=world.chair, when=at(date(2026, 10, 25)), reason="补")
    assert verify(anchors) == ""
    call_command("verify_chain", write_anchors=anchors, stdout=StringIO())
    assert anchors.read_text().count(f"{world.compound.public_id} ") == 2


def test_the_anchors_file_may_be_wrong(tmp_path):
    with pytest.raises(CommandError, match="读不到"):
        call_command("verify_chain", anchors=tmp_path / "absent")
    broken = tmp_path / "broken"
    broken.write_text("# 注\n\nabc 1\n")
    with pytest.raises(CommandError, match="第 3 行"):
        call_command("verify_chain", anchors=broken)


def test_anchors_are_not_written_for_a_chain_that_does_not_hold(chain, tmp_path):
    with superuser():
        change(chain[1], reason="改")
    with pytest.raises(CommandError):
        call_command("verify_chain", write_anchors=tmp_path / "new", stderr=StringIO())
    assert not (tmp_path / "new").exists()


def test_the_database_refuses_the_web_roles_ways(chain):
    """LED-01 for disclosures: update and delete are refused while the triggers stand."""
    for act in (lambda: change(chain[0], reason="改"), chain[3].delete):
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            act()
    assert list(verify_disclosures()) == []


def test_verify_all_names_a_file_replaced_on_disk(world, client_of):
    """LED-12; the page says 附件校验失败 instead of showing what somebody put there."""
    obligation, _ = third_quarter(world)
    disclosure = publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)
    posting = prove_posting(disclosure, place=Place.LIFT, photo=photo("电梯.jpg"), by=world.chair, at=WHEN)
    url = reverse("finance:posting_photo", args=[disclosure.public_id, posting.public_id])
    named = f"附件校验失败：电梯.jpg（编号 {posting.photo.public_id}"
    assert named not in verify_all()
    assert client_of(None).get(url).status_code == 200
    (Path(settings.STORED_FILES_ROOT) / posting.photo.path).write_bytes(b"another")
    assert named in verify_all()
    assert "附件校验失败" in client_of(None).get(url).content.decode()


def verify_all() -> str:
    told = StringIO()
    with suppress(CommandError):
        call_command("verify_all", stdout=StringIO(), stderr=told)
    return told.getvalue()
