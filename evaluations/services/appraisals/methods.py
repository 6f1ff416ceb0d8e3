"""考评办法: a half-year's method, by default that of the half-year before, and its further versions."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.models import User
from accounts.services import record_action
from communities.models import Town
from communities.permissions import standing_of
from evaluations.appraisal_permissions import may_keep_method
from evaluations.appraisal_rules import (
    DEFAULT_ADJUSTMENT,
    DEFAULT_ITEMS,
    DEFAULT_VETOES,
    FULL,
    LARGEST_ADJUSTMENT,
    MOST_ITEMS,
    MOST_VETOES,
    SHARES,
    Head,
    Item,
    Source,
    numbered,
)
from evaluations.models import AppraisalMethod, AppraisalRound
from kernel.days import local_day
from kernel.errors import ConflictError, DomainError, NotAllowedError
from kernel.fields import Reference
from kernel.periods import Cadence, Period
from kernel.text import tidy

LONGEST_LABEL = 30
Row = tuple[Head, str, Decimal, Source]


def reference_to(method: AppraisalMethod) -> Reference:
    return Reference("evaluations.appraisalmethod", method.public_id, str(method))


def method_of(town: Town, period: Period) -> AppraisalMethod:
    """The half-year's last version; where it has none, an unsaved one with what the last half-year had, or our own."""
    found = AppraisalMethod.objects.of(town.pk, period).first()
    if found is not None:
        return found
    before = AppraisalMethod.objects.filter(town=town, period__lt=period.code).order_by("-period", "-version").first()
    return AppraisalMethod(
        town=town,
        period=period.code,
        version=0,
        items=before.items if before else [item.frozen() for item in DEFAULT_ITEMS],
        most_adjustment=before.most_adjustment if before else DEFAULT_ADJUSTMENT,
        vetoes=before.vetoes if before else list(DEFAULT_VETOES),
    )


def is_locked(town: Town, period: Period) -> bool:
    """Whether the half-year's scoring has started."""
    return AppraisalRound.objects.filter(town=town, period=period.code).exists()


@transaction.atomic
def save_method(
    town: Town,
    period: Period,
    *,
    rows: Sequence[Row],
    most_adjustment: Decimal,
    vetoes: Sequence[str],
    by: User,
    at: datetime,
) -> AppraisalMethod:
    """Add a version of a half-year's method; the items are numbered by head.

    Raises NotAllowedError, DomainError naming `rows`, `most_adjustment` or `vetoes`, ConflictError once scoring began.
    """
    if not may_keep_method(standing_of(by, local_day(at)), town):
        raise NotAllowedError("考评办法由镇小区服务岗编制。")
    if period.cadence is not Cadence.HALF:
        raise DomainError("考评按半年进行。", field="period")
    items = numbered([(head, tidy(label), points, source) for head, label, points, source in rows])
    named = [tidy(one) for one in vetoes if tidy(one)]
    _check_items(items)
    _check_bounds(most_adjustment, named)
    take_turn(town)
    if is_locked(town, period):
        raise ConflictError(f"{period.label}的考评已经开始打分，办法不能再改。")
    made = write_version(town, period, items=items, most_adjustment=most_adjustment, vetoes=named, by=by, at=at)
    record_action("修改考评办法", by=by, subject=reference_to(made))
    return made


def take_turn(town: Town) -> None:
    """One at a time saves a method or starts the scoring; the triggers take the same turn."""
    Town.objects.select_for_update(no_key=True).get(pk=town.pk)


def write_version(
    town: Town,
    period: Period,
    *,
    items: Sequence[Item],
    most_adjustment: Decimal,
    vetoes: Sequence[str],
    by: User,
    at: datetime,
) -> AppraisalMethod:
    """The next version, in the turn of the caller."""
    last = AppraisalMethod.objects.of(town.pk, period).first()
    return AppraisalMethod.objects.create(
        town=town,
        period=period.code,
        version=last.version + 1 if last else 1,
        items=[item.frozen() for item in items],
        most_adjustment=most_adjustment,
        vetoes=list(vetoes),
        made_by=by,
        made_at=at,
    )


def _check_items(items: Sequence[Item]) -> None:
    if len(items) > MOST_ITEMS:
        raise DomainError(f"考评项目最多 {MOST_ITEMS} 项。", field="rows")
    if any(not item.label or len(item.label) > LONGEST_LABEL for item in items):
        raise DomainError(f"每个考评项目都要有名称，最多 {LONGEST_LABEL} 个字。", field="rows")
    if bad := next((item for item in items if not 0 < item.points <= FULL), None):
        raise DomainError(f"“{bad.label}”的分值应大于 0、不超过 100。", field="rows")
    labels = [item.label for item in items]
    if again := next((label for label in labels if labels.count(label) > 1), None):
        raise DomainError(f"“{again}”重复了。", field="rows")
    if bare := next((head for head in Head if all(item.head is not head for item in items)), None):
        raise DomainError(f"文件规定的“{bare.label}”没有考评项目，请至少留一项。", field="rows")
    for source in SHARES:
        if sum(item.source is source for item in items) > 1:
            raise DomainError(f"“{source.label}”只能用于一项，否则同一件事算两次。", field="rows")
    total = sum((item.points for item in items), Decimal(0))
    if total != FULL:
        gap = f"还差 {FULL - total:.2f} 分" if total < FULL else f"多了 {total - FULL:.2f} 分"
        raise DomainError(f"各项分值合计 {total:.2f} 分，应正好 100 分，{gap}。", field="rows")


def _check_bounds(most_adjustment: Decimal, vetoes: Sequence[str]) -> None:
    if not 0 <= most_adjustment <= LARGEST_ADJUSTMENT:
        raise DomainError(f"加减分上限应在 0 到 {LARGEST_ADJUSTMENT} 分之间。", field="most_adjustment")
    if len(vetoes) > MOST_VETOES:
        raise DomainError(f"一票否决事项最多 {MOST_VETOES} 项。", field="vetoes")
    if any(len(one) > LONGEST_LABEL for one in vetoes):
        raise DomainError(f"一票否决事项每项最多 {LONGEST_LABEL} 个字。", field="vetoes")
    if len(set(vetoes)) != len(vetoes):
        raise DomainError("一票否决事项有重复。", field="vetoes")
