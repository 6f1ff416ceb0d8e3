"""考评办法: five heads, a hundred points, changed until the scoring starts and never after (clause 4.4.4)."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, transaction
from django.test import Client

from accounts.models import User
from evaluations.appraisal_rules import DEFAULT_ITEMS, FULL, Head, Source, numbered
from evaluations.models import AppraisalMethod
from evaluations.services.appraisals.methods import method_of
from evaluations.services.appraisals.opening import open_round
from kernel.errors import DomainError
from tests.appraising import HALF, by_hand, opened
from tests.cast import NOON, World

pytestmark = pytest.mark.django_db
URL = f"/appraisals/method/350581101/{HALF.code}/"


def signed_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form_of(method: AppraisalMethod, **changed: Any) -> dict[str, Any]:
    """What the page sends for a method as it stands."""
    items = method.item_list
    told: dict[str, Any] = {"items-TOTAL_FORMS": len(items) + 1, "items-INITIAL_FORMS": len(items)}
    for number, item in enumerate(items):
        told |= {
            f"items-{number}-head": item.head.value,
            f"items-{number}-label": item.label,
            f"items-{number}-points": f"{item.points}",
            f"items-{number}-source": item.source.value,
        }
    told |= {f"items-{len(items)}-head": "rules", f"items-{len(items)}-source": "hand"}
    return told | {"most_adjustment": "5", "vetoes": "拒不整改\n发生安全责任事故"} | changed


def test_the_method_we_bring_along_has_the_plans_five_heads_and_a_hundred_points() -> None:
    by_head = {head: sum(item.points for item in DEFAULT_ITEMS if item.head is head) for head in Head}
    assert by_head == {
        Head.SATISFACTION: 30,
        Head.RULES: 20,
        Head.CIVILITY: 20,
        Head.SANITATION: 20,
        Head.HOTLINE: 10,
    }
    assert sum(by_head.values()) == FULL
    assert [item.code for item in DEFAULT_ITEMS[:3]] == ["S1", "R1", "R2"]


def test_the_office_changes_the_method_and_everybody_in_town_reads_it(world: World) -> None:
    office = signed_in(world.officer)
    assert "底稿（还没有保存）" in office.get(URL).content.decode()
    sent = form_of(method_of(world.town, HALF), **{"items-1-points": "４．５", "items-2-points": "3.50"})
    assert office.post(URL, sent).status_code == 302
    saved = AppraisalMethod.objects.get()
    assert (saved.version, saved.made_by, saved.vetoes) == (1, world.officer, ["拒不整改", "发生安全责任事故"])
    assert [item.points for item in saved.item_list[1:3]] == [Decimal("4.50"), Decimal("3.50")]
    for reader in (world.manager, world.owner, world.auditor, world.cadre):
        page = signed_in(reader).get(URL).content.decode()
        assert "第 1 版" in page
        assert "保存为新版次" not in page
        assert signed_in(reader).post(URL, sent).status_code == 403
    assert Client().get(URL).status_code == 302
    assert AppraisalMethod.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"items-0-points": "29.99"}, "还差 0.01 分"),
        ({"items-0-points": "30.01"}, "多了 0.01 分"),
        ({"items-0-points": ""}, "请填分值"),
        ({"items-0-label": ""}, "请填项目名称"),
        ({"items-0-label": "", "items-0-points": ""}, "“业主满意度”没有考评项目"),
        ({"items-0-points": "三十"}, "请填数字"),
        ({"items-0-points": "30.001"}, "最多两位小数"),
        ({"items-2-label": "公共收益按时公示"}, "重复"),
        ({"items-2-source": "on_time"}, "只能用于一项"),
        ({"items-2-source": "astrology"}, "请从列出的方式里选"),
        ({"most_adjustment": "20.01"}, "加减分上限应在 0 到 20 分之间"),
        ({"most_adjustment": ""}, "请填加减分上限"),
        ({"vetoes": "\n".join("一二三四五六七八九十壹")}, "最多 10 项"),
        ({"items-TOTAL_FORMS": "x"}, "提交的内容不完整"),
        ({"items-TOTAL_FORMS": "9999999"}, "考评项目最多 60 项"),
        ({"items-0-label": "a\x00b"}, "没有保存"),
    ],
)
def test_a_method_that_does_not_add_up_is_refused_and_stays_on_the_page(
    world: World, changed: dict[str, str], words: str
) -> None:
    answer = signed_in(world.officer).post(URL, form_of(method_of(world.town, HALF), **changed))
    assert (answer.status_code, words in answer.content.decode()) == (422, True)
    assert not AppraisalMethod.objects.exists()


def test_the_next_half_year_begins_with_what_the_last_one_had(world: World) -> None:
    by_hand(world)
    taken_over = method_of(world.town, HALF.next())
    assert (taken_over.version, len(taken_over.item_list), taken_over.pk) == (0, 5, None)
    by_hand(world)
    assert method_of(world.town, HALF).version == 2


def test_once_the_scoring_has_started_nobody_changes_the_method(world: World) -> None:
    office = signed_in(world.officer)
    sent = form_of(method_of(world.town, HALF))
    opened(world)
    assert "办法已锁定" in office.get(URL).content.decode()
    assert "已经开始打分" in office.post(URL, sent, follow=True).content.decode()
    assert AppraisalMethod.objects.count() == 1
    with pytest.raises(DatabaseError, match="the method is locked"), transaction.atomic():
        AppraisalMethod.objects.create(
            town=world.town,
            period=HALF.code,
            version=2,
            items=[item.frozen() for item in DEFAULT_ITEMS],
            most_adjustment=5,
            vetoes=[],
            made_by=world.officer,
            made_at=NOON,
        )


@pytest.mark.parametrize("points", ["99.99", "100.01"])
def test_the_database_itself_counts_to_a_hundred(world: World, points: str) -> None:
    item = numbered([(Head.RULES, "台账", Decimal(points), Source.HAND)])[0]
    with pytest.raises(IntegrityError, match="the_points_of_a_method_make_a_hundred"), transaction.atomic():
        AppraisalMethod.objects.create(
            town=world.town,
            period=HALF.code,
            version=1,
            items=[item.frozen()],
            most_adjustment=5,
            vetoes=[],
            made_by=world.officer,
            made_at=NOON,
        )


def test_a_half_year_that_has_not_begun_may_have_a_method_and_no_scores(world: World) -> None:
    by_hand(world, period=HALF.next())
    with pytest.raises(DomainError, match="还没有开始"):
        open_round(world.town, HALF.next(), by=world.officer, at=NOON)
    office = signed_in(world.officer)
    assert office.get(f"/appraisals/method/350581101/{HALF.next().code}/").status_code == 200
    for unknown in (HALF.next().next().code, "2026Q3", "2026", "1999H1", "x"):
        assert office.get(f"/appraisals/method/350581101/{unknown}/").status_code == 404
