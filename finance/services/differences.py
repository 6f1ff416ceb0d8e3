"""What a correction changed, named one by one, for the page and the town's board."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from finance.models import Disclosure
from finance.rules import Category
from finance.services.figures import Figures
from kernel.money import from_fen, signed_yuan, yuan

TOTALS = (
    ("opening", "上期结余"),
    ("income", "本季收入"),
    ("expense", "本季支出"),
    ("closing", "本期结余"),
    ("cost", "经营合理成本"),
    ("benefit", "公共收益（收入减合理成本）"),
)
_ABSENT = "无"


@dataclass(frozen=True)
class Difference:
    """One thing that changed, in words: what, before, after."""

    what: str
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.what}：{self.before} → {self.after}"


def differences(old: Figures, new: Figures) -> list[Difference]:
    """Everything a reader would see differ between two versions of the same quarter, totals first."""
    return [
        Difference(what, before, after)
        for part in (_totals, _basis, _categories, _items, _reconciliation, _texts)
        for what, before, after in part(old, new)
        if before != after
    ]


Rows = Iterable[tuple[str, str, str]]


def _totals(old: Figures, new: Figures) -> Rows:
    for key, label in TOTALS:
        yield f"{label}（元）", yuan(from_fen(old[key])), yuan(from_fen(new[key]))


def _basis(old: Figures, new: Figures) -> Rows:
    yield "期初依据", _label_of(old["opening_basis"]), _label_of(new["opening_basis"])


def _label_of(basis: str) -> str:
    return str(Disclosure.Opening(basis).label)


def _categories(old: Figures, new: Figures) -> Rows:
    before = {row["code"]: yuan(from_fen(row["amount"])) for row in old["categories"]}
    after = {row["code"]: yuan(from_fen(row["amount"])) for row in new["categories"]}
    for category in Category:
        yield f"{category.label}（元）", before.get(category, _ABSENT), after.get(category, _ABSENT)


def _items(old: Figures, new: Figures) -> Rows:
    """Postings never change; they are added, or become reversed."""
    before = {item["id"]: item for item in old["items"]}
    after = {item["id"]: item for item in new["items"]}
    for key, item in after.items():
        yield _named(item), _item_words(before.get(key)), _item_words(item)
    for key, item in before.items():
        if key not in after:
            yield _named(item), _item_words(item), _ABSENT


def _named(item: dict[str, Any]) -> str:
    what = item["text"] or item["counterparty"] or Category(item["category"]).label
    return f"{item['on']} {what}"


def _item_words(item: dict[str, Any] | None) -> str:
    if item is None:
        return _ABSENT
    words = [f"{Category(item['category']).label} {signed_yuan(from_fen(item['amount']))} 元"]
    words += [f"凭证 {len(item['vouchers'])} 张"] if item["vouchers"] else []
    words += ["冲正"] if item["reverses"] else []
    words += ["已冲正"] if item["reversed_by"] else []
    return "，".join(words)


def _reconciliation(old: Figures, new: Figures) -> Rows:
    yield (
        "银行余额（元）",
        yuan(from_fen(old["reconciliation"]["bank"])),
        yuan(from_fen(new["reconciliation"]["bank"])),
    )
    yield "未达账项", _listed(old), _listed(new)


def _listed(figures: Figures) -> str:
    items = figures["reconciliation"]["items"]
    return "；".join(f"{item['reason']} {signed_yuan(from_fen(item['amount']))} 元" for item in items) or _ABSENT


def _texts(old: Figures, new: Figures) -> Rows:
    yield "其他账户", _others(old), _others(new)
    yield "说明", old["note"] or _ABSENT, new["note"] or _ABSENT
    yield "本季度无收支", "是" if old["nil"] else "否", "是" if new["nil"] else "否"


def _others(figures: Figures) -> str:
    return (
        "；".join(f"尾号 {other['tail']} 结余 {yuan(from_fen(other['closing']))} 元" for other in figures["others"])
        or _ABSENT
    )
