"""What others have entered or asked for, and a second person at the town has to decide."""

from collections.abc import Callable
from typing import Any

from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast, Coalesce, Concat
from django.urls import reverse

from baogai.views.desks.todo import Todo
from communities.permissions import Standing
from finance.models import TakeBack
from kernel.periods import Period
from notices.models import EditionDraft
from notices.rules import EditionKind, EditionStage
from supervision.models import Extension
from supervision.rules import Duty, clause_of

_MOST = 300
Row = tuple[int, int, str, str, str, str]


def waiting_for_a_second_person(standing: Standing) -> list[Todo]:
    """Never one's own. Extensions first, for deadlines pass meanwhile. One statement for all kinds."""
    found = _extensions(standing).union(_editions(standing), _take_backs(standing), all=True)
    rows = found.order_by("rank", "row")[:_MOST]
    return [_LINES[rank](public_id, first, second, third) for rank, _, public_id, first, second, third in rows]


def _as_rows(found: QuerySet[Any], rank: int, public_id: str, *texts: Any) -> QuerySet[Any, Row]:
    """Rank of the kind, row, id, and the three texts its line is made of."""
    first, second, third = (Cast(text, TextField()) for text in texts)
    named = {"rank": Value(rank), "row": F("pk"), "id_shown": Cast(F(public_id), TextField())}
    return (
        found.order_by()
        .annotate(**named, first=first, second=second, third=third)
        .values_list("rank", "row", "id_shown", "first", "second", "third")
    )


def _extensions(standing: Standing) -> QuerySet[Any, Row]:
    found = Extension.objects.filter(town_id__in=standing.town_ids, records=None)
    place = Coalesce(F("compound__name"), F("village__name"), Value("全镇"))
    return _as_rows(found.exclude(entered_by=standing.user_id), 0, "public_id", F("reason"), place, F("duty"))


def _extension_line(public_id: str, reason: str, place: str, duty: str) -> Todo:
    of_duty = Duty(duty).label if duty else "全部事项"
    return Todo(
        title=f"延期待第二人确认：{reason}",
        url=reverse("supervision:extension", args=[public_id]),
        action="核对确认",
        detail=f"{place} · {of_duty}，未确认前期限不变",
    )


def _editions(standing: Standing) -> QuerySet[Any, Row]:
    found = EditionDraft.objects.visible_to(standing).filter(stage=EditionStage.SUBMITTED)
    return _as_rows(
        found.exclude(prepared_by=standing.user_id), 1, "public_id", F("town__name"), F("period"), F("kind")
    )


def _edition_line(public_id: str, town: str, period: str, kind: str) -> Todo:
    return Todo(
        title=f"{town}{Period.parse(period).label}{EditionKind(kind).label}待批准",
        url=reverse("edition_draft", args=[public_id]),
        action="核对批准",
        detail="批准后编号、公开，并生成公文、报纸稿、公众号文章和海报",
    )


def _take_backs(standing: Standing) -> QuerySet[Any, Row]:
    """Requests to close a public voucher, which the town's office decides."""
    found = TakeBack.objects.filter(
        decision=TakeBack.Decision.OPEN,
        voucher__entry__account__compound__village__town_id__in=standing.office_town_ids,
    ).exclude(asked_by=standing.user_id)
    asked = Concat(F("asked_by__name"), Value("申请："), F("reason"), output_field=TextField())
    compound = F("voucher__entry__account__compound__name")
    return _as_rows(found, 2, "voucher__public_id", compound, F("voucher__title"), asked)


def _take_back_line(public_id: str, compound: str, voucher: str, asked: str) -> Todo:
    return Todo(
        title=f"{compound}：凭证“{voucher}”是否收回公开",
        url=reverse("finance:take_back", args=[public_id]),
        action="去决定",
        detail=asked,
        clause=clause_of(Duty.DISCLOSURE),
    )


_LINES: tuple[Callable[[str, str, str, str], Todo], ...] = (_extension_line, _edition_line, _take_back_line)
