"""From an empty ledger to a posted disclosure, in the fewest steps a test can read."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from io import BytesIO
from itertools import count

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from accounts.models import User
from communities.models import Body, Compound, PropertyFirm
from files.models import StoredFile
from finance.models import BankStatement, Disclosure, DisclosureDraft, Entry, LedgerAccount, StatementLine
from finance.rules import Category, direction_of
from finance.services.drafts import edit_draft, review_draft, start_draft, submit_draft
from finance.services.figures import draw_figures, figures_sha
from finance.services.publishing import prove_posting, publish_disclosure
from kernel.days import start_of
from kernel.fields import new_public_id
from kernel.periods import Period
from notices.rules import required_places
from supervision.models import Obligation, Policy
from supervision.rules import Duty
from tests.cast import World

#: on, category, amount, counterparty, text
Row = tuple[date, Category, str, str, str]


def at(day: date, hour: int = 12, minute: int = 0, second: int = 0) -> datetime:
    """A moment in Shanghai."""
    return start_of(day).replace(hour=hour, minute=minute, second=second)


def stored_file(by: User, name: str = "凭据.pdf", door: str = "voucher") -> StoredFile:
    """A file that passed the door, without bytes on disk."""
    unique = new_public_id()
    return StoredFile.objects.create(
        door=door,
        name=name,
        content_type="application/pdf",
        size=1,
        sha256=hashlib.sha256(unique.encode()).hexdigest(),
        path=f"te/{unique}",
        uploaded_by=by,
    )


def policy_of(world: World) -> Policy:
    found = Policy.objects.filter(town=world.town).first()
    return found or Policy.objects.create(
        town=world.town,
        number="宝政〔2023〕87号",
        title="宝盖镇深化住宅小区物业管理专项整治行动方案",
        kind="original",
        from_on=date(2023, 11, 1),
        entered_at=at(date(2023, 11, 1)),
        confirmed_at=at(date(2023, 11, 1)),
        confirmed_by=world.officer,
    )


def owe(
    world: World,
    period: str,
    bearer: Body | PropertyFirm | None = None,
    *,
    compound: Compound | None = None,
) -> Obligation:
    """The obligation to disclose a quarter, due on the last day of the month after it."""
    bearer = bearer or world.committee
    quarter = Period.parse(period)
    due = Period.containing(quarter.next().first, quarter.cadence).first
    last = date(due.year, due.month, 30 if due.month == 4 else 31)
    return Obligation.objects.create(
        duty=Duty.DISCLOSURE,
        period=period,
        period_first_on=quarter.first,
        period_last_on=quarter.last,
        town=world.town,
        compound=compound or world.compound,
        bearer_body=bearer if isinstance(bearer, Body) else None,
        bearer_firm=bearer if isinstance(bearer, PropertyFirm) else None,
        policy=policy_of(world),
        opened_on=quarter.next().first,
        due_on=last,
        deadline_on=last,
    )


def open_account(
    world: World,
    holder: Body | PropertyFirm | None = None,
    *,
    compound: Compound | None = None,
    opened_on: date = date(2026, 7, 1),
    opening: str = "48210.35",
    by: User | None = None,
) -> LedgerAccount:
    holder = holder or world.committee
    by = by or world.treasurer
    return LedgerAccount.objects.create(
        compound=compound or world.compound,
        holder_body=holder if isinstance(holder, Body) else None,
        holder_firm=holder if isinstance(holder, PropertyFirm) else None,
        name=f"{holder}",
        bank="中国建设银行石狮宝盖支行",
        number_tail=f"{LedgerAccount.objects.count() + 1:04}",
        opened_on=opened_on,
        opening_balance=Decimal(opening),
        opening_proof=stored_file(by),
        opened_by=by,
    )


def bank(
    account: LedgerAccount, from_on: date, until_on: date, rows: Sequence[Row] = (), *, book: bool = True
) -> list[Entry]:
    """A bank statement of the days with a line for each row, all taken into the ledger where `book`."""
    by = account.opened_by
    before = account.statements.order_by("until_on").last()
    balance = opening = before.closing_balance if before else account.opening_balance
    moves = [Decimal(r[2]) if direction_of(r[1]) == "in" else -Decimal(r[2]) for r in rows]
    statement = BankStatement.objects.create(
        account=account,
        file=stored_file(by, "对账单.xlsx", "table"),
        from_on=from_on,
        until_on=until_on,
        opening_balance=opening,
        closing_balance=opening + sum(moves),
        imported_by=by,
        imported_at=at(until_on),
    )
    entries = []
    for order, (on, category, amount, counterparty, text) in enumerate(rows):
        balance += moves[order]
        line = StatementLine.objects.create(
            statement=statement,
            account=account,
            order=order,
            row=order + 2,
            on=on,
            direction=direction_of(category),
            amount=Decimal(amount),
            balance=balance,
            counterparty=counterparty,
            text=text,
            fingerprint=hashlib.sha256(f"{statement.pk}:{order}".encode()).hexdigest(),
        )
        if book:
            entries.append(book_line(line, category))
    return entries


def book_line(line: StatementLine, category: Category, *, on: date | None = None) -> Entry:
    by = line.account.opened_by
    return Entry.objects.create(
        account=line.account,
        on=on or line.on,
        direction=line.direction,
        amount=line.amount,
        category=category,
        counterparty=line.counterparty,
        text=line.text,
        line=line,
        line_turn=line.entries.count() + 1,
        entered_by=by,
        entered_at=at(line.on),
    )


def enter(
    account: LedgerAccount,
    on: date,
    category: Category,
    amount: str,
    *,
    counterparty: str = "",
    text: str = "手工记账",
    is_person: bool = False,
) -> Entry:
    """An entry without a bank line."""
    return Entry.objects.create(
        account=account,
        on=on,
        direction=direction_of(category),
        amount=Decimal(amount),
        category=category,
        counterparty=counterparty,
        counterparty_is_person=is_person,
        text=text,
        entered_by=account.opened_by,
        entered_at=at(on),
    )


def reverse_entry(entry: Entry, on: date, reason: str = "重复入账") -> Entry:
    return Entry.objects.create(
        account=entry.account,
        on=on,
        direction="out" if entry.direction == "in" else "in",
        amount=entry.amount,
        category=entry.category,
        counterparty=entry.counterparty,
        text=entry.text,
        reverses=entry,
        reason=reason,
        entered_by=entry.entered_by,
        entered_at=at(on),
    )


#: The third quarter of the drawn page: 48,210.35 + 86,431.20 − 39,877.64 = 94,763.91.
THIRD_QUARTER: tuple[Row, ...] = (
    (date(2026, 7, 9), Category.I03, "41260.00", "石狮市泊车管理有限公司", "第三季度停车费"),
    (date(2026, 7, 20), Category.I01, "24000.00", "泉州分众文化传媒有限公司", "电梯广告"),
    (date(2026, 8, 3), Category.E03, "26340.00", "石狮宏光电器经营部", "路灯维修"),
    (date(2026, 8, 15), Category.I07, "12600.00", "中国铁塔股份有限公司泉州分公司", "基站占地"),
    (date(2026, 8, 28), Category.E11, "8960.00", "福建消安消防器材有限公司", "灭火器更换"),
    (date(2026, 9, 2), Category.I05, "6300.00", "深圳丰巢网络技术有限公司", "快递柜场地费"),
    (date(2026, 9, 20), Category.E05, "4577.64", "张建国", "打印费报销 张建国"),
    (date(2026, 9, 26), Category.I06, "2271.20", "石狮市充电科技有限公司", "充电桩分成"),
)


def third_quarter(world: World, holder: Body | PropertyFirm | None = None) -> tuple[Obligation, LedgerAccount]:
    """The compound's third quarter, booked and reconciled, its disclosure owed and not begun."""
    account = open_account(world, holder)
    bank(account, date(2026, 7, 1), date(2026, 9, 30), THIRD_QUARTER)
    return owe(world, "2026Q3", holder), account


def draft_of(
    obligation: Obligation, *, by: User, when: datetime, reason: str = "", nil: bool = False
) -> DisclosureDraft:
    draft = start_draft(obligation, by=by, at=when, reason=reason)
    if nil:
        edit_draft(draft, note="", contact="", is_nil=True, by=by, at=when)
        draft.refresh_from_db()
    return draft


def reviewed(draft: DisclosureDraft, *, preparer: User, reviewer: User, when: datetime) -> DisclosureDraft:
    """Submitted by one and approved by another."""
    submit_draft(draft, by=preparer, at=when)
    draft.refresh_from_db()
    return review_draft(draft, seen_sha=figures_sha(draw_figures(draft)), by=reviewer, at=when)


def publish(
    obligation: Obligation,
    *,
    preparer: User,
    head: User,
    when: datetime,
    reason: str = "",
    nil: bool = False,
) -> Disclosure:
    """Prepared by one, reviewed and published by the head."""
    draft = draft_of(obligation, by=preparer, when=when, reason=reason, nil=nil)
    reviewed(draft, preparer=preparer, reviewer=head, when=when)
    return publish_disclosure(draft, by=head, at=when)


_SHOTS = count()


def photo(name: str = "公告栏.jpg", *, shot: int | None = None) -> SimpleUploadedFile:
    """A small real photo, as a phone would send it; each call takes another one unless `shot` says which."""
    shot = next(_SHOTS) if shot is None else shot
    content = BytesIO()
    picture = Image.new("RGB", (64, 48), "white")
    # One black or white square of 16 × 12 pixels for each bit, which survive the door's own encoding.
    for bit in range(16):
        if shot >> bit & 1:
            left, top = bit % 4 * 16, bit // 4 * 12
            picture.paste("black", (left, top, left + 16, top + 12))
    picture.save(content, "JPEG")
    return SimpleUploadedFile(name, content.getvalue(), content_type="image/jpeg")


def post_everywhere(disclosure: Disclosure, *, by: User, when: datetime) -> None:
    """A photo in every kind of place the compound has."""
    compound = disclosure.compound
    for place in required_places(has_lift=compound.has_lift, has_owner_group=compound.has_owner_group):
        prove_posting(disclosure, place=place, photo=photo(), by=by, at=when)
