"""Proving that what was published is what is shown: QR codes, the chain, columns against figures, books against both.

False figures entered truthfully are not found here, only change after publication. A tail cut off, or a chain
rewritten from its first link, shows by anchors alone: chain heads written down outside this database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from urllib.parse import urlencode

from django.conf import settings
from django.db.models import Q
from django.urls import reverse

from communities.models import Compound
from finance.models import ChainHead, Disclosure, Entry
from finance.services.differences import TOTALS
from finance.services.figures import Figures
from kernel.anchors import HASH_DIGITS, Anchors
from kernel.chain import Link, body_sha, canonical, link_hash, verify
from kernel.money import from_fen, to_fen, yuan

#: The short names of a code's parts in the address, and how people call them.
PARTS: dict[str, str] = {
    "v": "版本",
    "o": "上期结余",
    "i": "本季收入",
    "e": "本季支出",
    "c": "本期结余",
    "h": "校验码",
}
_MONEY = frozenset("oiec")


# -- The code on the paper ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Mismatch:
    """One part of a scanned code that differs from the published version, in words."""

    part: str
    on_paper: str
    published: str


def code_parts(disclosure: Disclosure) -> dict[str, str]:
    """What a poster's code carries besides the public id: version, four totals in fen, 16 digits of the hash."""
    figures = disclosure.figures
    return {
        "v": str(disclosure.version),
        "o": str(figures["opening"]),
        "i": str(figures["income"]),
        "e": str(figures["expense"]),
        "c": str(figures["closing"]),
        "h": disclosure.hash[:HASH_DIGITS],
    }


def code_address(disclosure: Disclosure) -> str:
    """The address a poster's QR code holds."""
    path = reverse("finance:check", args=[disclosure.public_id])
    return f"{settings.SITE_URL.rstrip('/')}{path}?{urlencode(code_parts(disclosure))}"


def mismatches(disclosure: Disclosure, scanned: Mapping[str, str]) -> list[Mismatch]:
    """Every part of a scanned code that is missing or differs from the version it names."""
    published = code_parts(disclosure)
    return [
        Mismatch(PARTS[key], _part_words(key, scanned.get(key, "")), _part_words(key, published[key]))
        for key in PARTS
        if scanned.get(key, "") != published[key]
    ]


def _part_words(key: str, value: str) -> str:
    if value == "":
        return "缺失"
    if key in _MONEY:
        digits = value.removeprefix("-")
        is_amount = digits.isascii() and digits.isdigit() and len(digits) <= 16
        return f"{yuan(from_fen(int(value)))} 元" if is_amount else f"无法识别（{value[:20]}）"
    return f"第 {value[:20]} 版" if key == "v" else value[:64]


# -- The frozen copy ---------------------------------------------------------------------------------------------------


def faults_of(disclosure: Disclosure) -> list[str]:
    """What is wrong with one frozen copy: its hash, its sums, or a column that no longer says what the copy says."""
    body = _body(disclosure)
    if body is None:
        return ["冻结数据被改动"]
    digest = link_hash(
        disclosure.compound.public_id,
        disclosure.seq,
        disclosure.prev,
        body_sha(body),
        version=disclosure.hash_version,
    )
    if body_sha(body) != disclosure.body_sha or digest != disclosure.hash:
        return ["冻结数据与校验码不符"]
    return _faulty_columns(disclosure) + _faulty_sums(disclosure.figures)


def _body(disclosure: Disclosure) -> bytes | None:
    try:
        return canonical(disclosure.figures)
    except (TypeError, ValueError):
        return None


def _faulty_columns(disclosure: Disclosure) -> list[str]:
    """The columns lists are sorted and summed by must say what the hashed copy says."""
    figures = disclosure.figures
    pairs = {
        "小区": (disclosure.compound.public_id, figures["compound"]["id"]),
        "账户": (disclosure.account.public_id, figures["account"]["id"]),
        "季度": (disclosure.period, figures["period"]["code"]),
        "版本": (disclosure.version, figures["version"]),
        "期初依据": (disclosure.opening_basis, figures["opening_basis"]),
        "更正原因": (disclosure.reason, figures["reason"]),
        "发布时间": (
            disclosure.published_at.astimezone(UTC).isoformat(timespec="microseconds"),
            figures["published_at"],
        ),
        **{
            label: (to_fen(getattr(disclosure, key)), figures[key]) for key, label in TOTALS if hasattr(disclosure, key)
        },
    }
    return [f"{label}栏与冻结数据不符" for label, (column, frozen) in pairs.items() if column != frozen]


def _faulty_sums(figures: Figures) -> list[str]:
    items = figures["items"]
    income = sum(item["amount"] for item in items if item["category"].startswith("I"))
    expense = -sum(item["amount"] for item in items if item["category"].startswith("E"))
    found = []
    if (income, expense) != (figures["income"], figures["expense"]):
        found.append("收支合计与逐笔明细不符")
    if figures["opening"] + figures["income"] - figures["expense"] != figures["closing"]:
        found.append("上期结余 + 收入 − 支出 ≠ 本期结余")
    return found


# -- The chain ---------------------------------------------------------------------------------------------------------


def verify_disclosures(anchors: Anchors | None = None) -> Iterator[str]:
    """Every fault of every compound's chain, in words for the auditor; nothing where all holds."""
    published = anchors or {}
    compounds = {compound.public_id: compound for compound in Compound.objects.filter(_has_chain()).distinct()}
    for chain, compound in compounds.items():
        for message in _verify_chain(compound, published.get(chain, {})):
            yield f"{compound}：{message}"
    for chain in published.keys() - compounds.keys():
        yield f"{chain}：已对外公布校验码，现在却没有任何公示（整条链被删）"


def _has_chain() -> Q:
    return Q(disclosures__isnull=False) | Q(chain_head__isnull=False)


def _verify_chain(compound: Compound, anchors: Mapping[int, str]) -> Iterator[str]:
    disclosures = list(
        Disclosure.objects.filter(compound=compound).select_related("compound", "account").order_by("seq", "id")
    )
    links = [_link(disclosure) for disclosure in disclosures]
    yield from (broken.message for broken in verify(links, anchors=anchors))
    yield from _head_faults(compound, disclosures)
    for disclosure in disclosures:
        yield from (f"第 {disclosure.seq} 号{fault}" for fault in faults_of(disclosure))
    yield from _book_faults(disclosures)


def _link(disclosure: Disclosure) -> Link:
    return Link(
        chain=disclosure.compound.public_id,
        seq=disclosure.seq,
        prev=disclosure.prev,
        body_sha=disclosure.body_sha,
        hash=disclosure.hash,
        version=disclosure.hash_version,
        body=_body(disclosure) or b"",
    )


def _head_faults(compound: Compound, disclosures: list[Disclosure]) -> Iterator[str]:
    head = ChainHead.objects.filter(compound=compound).first()
    last = disclosures[-1] if disclosures else None
    expected = (last.seq, last.hash) if last else (0, "")
    if head is None or (head.seq, head.hash) != expected:
        at = f"第 {head.seq} 号" if head else "无"
        yield f"链头记录为{at}，现存最后一份为第 {expected[0]} 号（尾部被删或被插入）"


def _book_faults(disclosures: list[Disclosure]) -> Iterator[str]:
    """Postings named in a frozen copy must still stand in the books as they were; they are append-only."""
    frozen = {item["id"]: item for disclosure in disclosures for item in disclosure.figures["items"]}
    entries = {entry.public_id: entry for entry in Entry.objects.filter(public_id__in=frozen)}
    for key, item in frozen.items():
        entry = entries.get(key)
        if entry is None:
            yield f"已公示的流水 {key}（{item['on']}）在账上被删"
        elif (to_fen(entry.signed), entry.on.isoformat(), entry.category) != (
            item["amount"],
            item["on"],
            item["category"],
        ):
            yield f"已公示的流水 {key}（{item['on']}）在账上被改"


def chain_heads() -> list[tuple[str, int, str]]:
    """Compound's public id, seq and the first digits of the hash of every chain's head, to be written down."""
    heads = ChainHead.objects.filter(seq__gt=0).select_related("compound").order_by("compound__public_id")
    return [(head.compound.public_id, head.seq, head.hash[:HASH_DIGITS]) for head in heads]
