"""The code on the paper: its page recomputes the hash and names every part that differs."""

from datetime import date, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.urls import reverse

from finance.models import Disclosure
from finance.services.verification import code_address, code_parts
from kernel.append_only import trigger_names
from tests.cast import World
from tests.disclosing import at, book_line, publish, reverse_entry, third_quarter

WHEN = at(date(2026, 10, 22))
SAME = "二维码与现行版本一致，请核对纸面合计"


@pytest.fixture
def disclosure(world: World) -> Disclosure:
    obligation, _ = third_quarter(world)
    return publish(obligation, preparer=world.treasurer, head=world.chair, when=WHEN)


def scan(client_of, disclosure: Disclosure, **changed: str) -> str:
    parts = code_parts(disclosure) | changed
    answer = client_of(None).get(reverse("finance:check", args=[disclosure.public_id]), parts)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_code_carries_id_version_four_totals_and_sixteen_digits(disclosure):
    address = urlsplit(code_address(disclosure))
    assert address.path == f"/disclosures/check/{disclosure.public_id}/"
    assert {key: value[0] for key, value in parse_qs(address.query).items()} == {
        "v": "1",
        "o": "4821035",
        "i": "8643120",
        "e": "3987764",
        "c": "9476391",
        "h": disclosure.hash[:16],
    }
    assert len(code_address(disclosure)) < 170  # a phone reads it from an arm's length


def test_the_same_code_is_confirmed_beside_the_four_totals(client_of, disclosure):
    page = scan(client_of, disclosure)
    assert SAME in page
    for total in ("48,210.35", "86,431.20", "39,877.64", "94,763.91"):
        assert total in page


@pytest.mark.parametrize(
    ("part", "value", "named", "shown"),
    [
        ("v", "2", "版本", "第 2 版"),
        ("o", "4821036", "上期结余", "48,210.36 元"),
        ("i", "8643121", "本季收入", "86,431.21 元"),
        ("e", "3987763", "本季支出", "39,877.63 元"),
        ("c", "-9476391", "本期结余", "−94,763.91 元"),
        ("h", "0123456789abcdef", "校验码", "0123456789abcdef"),
        ("o", "12.5", "上期结余", "无法识别（12.5）"),
        ("c", "", "本期结余", "缺失"),
        ("i", "９９", "本季收入", "无法识别（９９）"),
        ("e", "9" * 400, "本季支出", "无法识别"),
        ("h", "<script>alert(1)</script>", "校验码", "&lt;script&gt;"),
    ],
)
def test_each_changed_part_is_named(client_of, disclosure, part, value, named, shown):
    page = scan(client_of, disclosure, **{part: value})
    assert SAME not in page
    assert "共 1 处" in page
    assert f'<th scope="row">{named}</th>' in page
    assert shown in page


def test_several_changes_are_all_named(client_of, disclosure):
    page = scan(client_of, disclosure, o="1", c="2", h="3")
    assert "共 3 处" in page


def test_an_address_cut_short_names_what_is_missing(client_of, disclosure):
    page = client_of(None).get(reverse("finance:check", args=[disclosure.public_id])).content.decode()
    assert "共 6 处" in page
    assert SAME not in page


def test_a_changed_public_id_is_no_disclosure_of_ours(client_of, disclosure):
    answer = client_of(None).get(reverse("finance:check", args=["0" * 16]), code_parts(disclosure))
    assert answer.status_code == 404
    assert "不存在" in answer.content.decode()


def test_an_older_version_says_which_is_current_and_what_changed(world, client_of, disclosure):
    line = disclosure.account.lines.first()
    reverse_entry(line.entries.get(), date(2026, 9, 30), "科目记错")
    book_line(line, "I04")
    publish(
        disclosure.obligation,
        preparer=world.treasurer,
        head=world.chair,
        when=WHEN + timedelta(days=1),
        reason="科目记错",
    )
    page = scan(client_of, disclosure)
    assert SAME not in page
    assert "这张纸是第 1 版，现行的是第 2 版" in page
    assert "公共场地、架空层租赁（元）" in page
    assert "科目记错" in page


@pytest.mark.owner
def test_a_frozen_copy_that_was_tampered_with_is_not_confirmed(client_of, disclosure):
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for trigger in trigger_names("finance_disclosure"):
            cursor.execute(f"ALTER TABLE finance_disclosure DISABLE TRIGGER {trigger}")
    figures = disclosure.figures | {"closing": disclosure.figures["closing"] + 100}
    Disclosure.objects.filter(pk=disclosure.pk).update(figures=figures)
    disclosure.refresh_from_db()
    page = scan(client_of, disclosure)
    assert SAME not in page
    assert "系统内的冻结数据校验失败" in page
