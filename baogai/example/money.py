"""A quarter's movements on a public-revenue account, drawn by lot, and the bank's statement of them."""

import csv
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from io import BytesIO, StringIO
from random import Random

from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from baogai.example.plan import Account, Place
from finance.rules import Category, Direction, direction_of
from kernel.money import from_fen, to_fen
from kernel.periods import Period

Fen = int


@dataclass(frozen=True)
class Kind:
    """A kind of movement: who pays or is paid, what for, and between which amounts in yuan."""

    payer: str
    text: str
    category: Category
    low: int
    high: int
    needs_lift: bool = False


INCOMES = (
    Kind("示例新视界传媒有限公司", "电梯广告费", Category.I01, 900, 4200, needs_lift=True),
    Kind("示例停车管理平台", "地面停车费", Category.I03, 700, 5600),
    Kind("示例停车管理平台", "临时停车费", Category.I03, 200, 1600),
    Kind("示例快递柜运营公司", "快递柜场地费", Category.I05, 600, 1800),
    Kind("示例充电新能源有限公司", "充电桩分成", Category.I06, 300, 2600),
    Kind("示例通信铁塔公司", "基站占地费", Category.I07, 1500, 4500),
    Kind("示例售水机经营部", "售水机进场费", Category.I08, 200, 800),
    Kind("陈添丁", "临时摆位费", Category.I09, 50, 300),
    Kind("示例再生资源回收站", "旧物资处置", Category.I13, 80, 600),
    Kind("", "利息", Category.I14, 3, 60),
)
EXPENSES = (
    Kind("示例宏光电器商行", "楼道灯更换", Category.E03, 180, 1500),
    Kind("示例绿源园艺场", "绿化补种", Category.E03, 300, 2400),
    Kind("示例电梯维保有限公司", "电梯配件更换", Category.E03, 600, 3200, needs_lift=True),
    Kind("示例消防设备有限公司", "消防器材更换", Category.E11, 400, 2600),
    Kind("示例文具店", "业委会办公用品", Category.E05, 60, 480),
    Kind("示例会计服务所", "代账费", Category.E08, 600, 1200),
    Kind("示例供电所", "公共照明电费", Category.E10, 500, 2200),
    Kind("黄来发", "中秋活动场地布置", Category.E09, 200, 1500),
    Kind("", "账户管理费", Category.E12, 10, 60),
)
_SHARE_OF_INCOMES = 0.62


@dataclass(frozen=True)
class Movement:
    """One line of the account: the day, a positive amount in fen, and the kind it is of."""

    on: date
    amount: Fen
    kind: Kind

    @property
    def signed(self) -> Fen:
        return self.amount if direction_of(self.kind.category) is Direction.IN else -self.amount


def draw_movements(place: Place, first: date, last: date, *, count: int, random: Random) -> list[Movement]:
    """So many movements between two days, in order of the days."""
    found = []
    for _ in range(count):
        kinds = INCOMES if random.random() < _SHARE_OF_INCOMES else EXPENSES
        kind = random.choice([kind for kind in kinds if place.has_lift or not kind.needs_lift])
        on = first + timedelta(days=random.randint(0, (last - first).days))
        found.append(Movement(on, random.randint(kind.low * 100, kind.high * 100), kind))
    return sorted(found, key=lambda movement: movement.on)


def lowest(movements: list[Movement]) -> Fen:
    """The deepest point of the running sum: what must be on the account before."""
    total = deepest = 0
    for movement in movements:
        total += movement.signed
        deepest = min(deepest, total)
    return deepest


def statement_of(
    account: Account, holder: str, movements: list[Movement], *, opening: Fen, first: date, last: date
) -> SimpleUploadedFile:
    """The statement as that bank hands it out: one in a workbook, one newest first in GBK, the others plain."""
    title = [
        [f"账号：3505 01** **** {account.tail}", "", f"户名：{holder}"],
        ["币种：人民币", f"起止日期：{first:%Y%m%d}-{last:%Y%m%d}"],
    ]
    balance, lines = opening, []
    for movement in movements:
        balance += movement.signed
        lines.append((movement, balance))
    name = f"对账单-{account.tail}-{first:%Y%m}-{last:%Y%m}"
    if "建设" in account.bank:
        return _workbook(f"{name}.xlsx", title, lines)
    newest_first = "农业" in account.bank
    return _text(f"{name}.csv", title, lines[::-1] if newest_first else lines, "gbk" if newest_first else "utf-8-sig")


def _workbook(name: str, title: list[list[str]], lines: list[tuple[Movement, Fen]]) -> SimpleUploadedFile:
    book = Workbook()
    sheet = book.active
    for row in [
        ["账户明细查询结果"],
        *title,
        ["交易时间", "借方发生额（支取）", "贷方发生额（收入）", "余额", "对方户名", "摘要"],
    ]:
        sheet.append(row)
    for movement, balance in lines:
        amount = f"{from_fen(movement.amount):,}"
        sides = ["", amount] if movement.signed > 0 else [amount, ""]
        kind = movement.kind
        sheet.append([f"{movement.on:%Y%m%d} 10:00:00", *sides, f"{from_fen(balance):,}", kind.payer, kind.text])
    data = BytesIO()
    book.save(data)
    return SimpleUploadedFile(name, data.getvalue())


def _text(name: str, title: list[list[str]], lines: list[tuple[Movement, Fen]], encoding: str) -> SimpleUploadedFile:
    data = StringIO(newline="")
    writer = csv.writer(data)
    writer.writerows(title)
    writer.writerow(["交易日期", "交易金额", "本次余额", "对方户名", "交易用途"])
    for movement, balance in lines:
        kind = movement.kind
        writer.writerow([f"{movement.on}", f"{from_fen(movement.signed):+}", from_fen(balance), kind.payer, kind.text])
    return SimpleUploadedFile(name, data.getvalue().encode(encoding))


def first_balance(random: Random, *, at_least: Fen) -> Decimal:
    """What the account holds when it is opened: enough for what is to come, and never a round sum."""
    return from_fen(at_least + random.randint(600_000, 4_200_000))


def whole_fen(yuan: str) -> Fen:
    return to_fen(Decimal(yuan))


def movements_wanted(quarter: Period, oldest: Period, random: Random) -> int:
    """A short first quarter, then a dozen lines or so each."""
    return random.randint(5, 8) if quarter == oldest else random.randint(9, 18)
