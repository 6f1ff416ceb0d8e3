"""A frozen edition, or a draft's preview, as people read it; every paper is made from this alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.urls import reverse

from files.writing import Sheet as Table
from files.writing import Value
from kernel.days import local_day, long_date, long_moment
from notices.models import Edition, EditionDraft
from notices.rules import EditionKind, share_words
from notices.services.editions.figures import worded

#: In place of the number on a preview: none is taken before the edition is issued.
SAMPLE_NUMBER = "样稿，发布时编号"
_HASH_DIGITS = 16
_NOTHING = "—"


@dataclass(frozen=True)
class Share:
    """A village's bar: `permille` of the whole width, and the words beside it."""

    name: str
    permille: int
    words: str


class EditionSheet:
    """Reads frozen (or freshly drawn) figures; an edition's sheet also knows its hash and its address."""

    def __init__(self, figures: Mapping[str, Any], *, digest: str = "", address: str = "") -> None:
        self.figures = figures
        self.digest = digest
        self.address = address
        self.kind = EditionKind(figures["kind"])
        self.number = str(figures.get("number", "")) or SAMPLE_NUMBER
        self.is_sample = "number" not in figures
        self.title = str(figures["title"])
        self.issuer = str(figures["issuer"])

    @classmethod
    def of(cls, edition: Edition) -> "EditionSheet":
        address = f"{settings.SITE_URL.rstrip('/')}{reverse('editions:edition', args=[edition.public_id])}"
        return cls(edition.figures, digest=edition.hash, address=address)

    @classmethod
    def of_draft(cls, draft: EditionDraft) -> "EditionSheet":
        corrects = {"number": draft.corrects.letter_number, "hash": draft.corrects.hash} if draft.corrects else {}
        return cls(worded(draft) | {"corrects": corrects})

    # -- Heads and ends ------------------------------------------------------------------------------------------------

    @property
    def town(self) -> str:
        return str(self.figures["town"]["name"])

    @property
    def report_title(self) -> str:
        """关于2026年第三季度住宅小区公共收益公示情况的报告."""
        return f"关于{'更正' if self.corrected_number else ''}{self.title}的报告"

    # A heading breaks after the period, so that no word is torn apart (GB/T 9704: 梯形或菱形排列).

    @property
    def title_lines(self) -> tuple[str, str]:
        period = str(self.figures["period"]["label"])
        return period, self.title.removeprefix(period)

    @property
    def report_title_lines(self) -> tuple[str, str]:
        first, rest = self.title_lines
        return f"关于{'更正' if self.corrected_number else ''}{first}", f"{rest}的报告"

    @property
    def table_title_lines(self) -> tuple[str, str]:
        first, rest = self.title_lines
        return first, f"{rest}明细表"

    @property
    def headline(self) -> str:
        return f"{self.town}{'更正' if self.corrected_number else '通报'}{self.title}"

    @property
    def addressee(self) -> str:
        return str(self.figures["recipients"]["town"])

    @property
    def copied_to(self) -> str:
        return str(self.figures["recipients"]["housing"])

    @property
    def issued_on(self) -> date:
        """The day of issue; of a preview the day the figures are from."""
        return local_day(datetime.fromisoformat(self.figures.get("issued_at") or self.figures["as_of"]))

    @property
    def as_of(self) -> str:
        return long_moment(datetime.fromisoformat(self.figures["as_of"]))

    @property
    def signer(self) -> str:
        """签发人; empty on a preview."""
        return str(self.figures["approved"]["name"]) if "approved" in self.figures else ""

    @property
    def code(self) -> str:
        """The first 16 hex digits of the hash in groups of four, as on every paper of the house."""
        shown = self.digest[:_HASH_DIGITS]
        return " ".join(shown[start : start + 4] for start in range(0, len(shown), 4))

    # -- Text ----------------------------------------------------------------------------------------------------------

    @property
    def opening(self) -> str:
        return f"根据{self.figures['basis']}，现将{self.title}报告如下（数据截至{self.as_of}）。"

    @property
    def facts(self) -> list[str]:
        return list(self.figures["sentences"])

    @property
    def request(self) -> list[str]:
        return list(self.figures["request"])

    @property
    def corrected_number(self) -> str:
        return str(self.figures.get("corrects", {}).get("number", ""))

    @property
    def correction(self) -> list[str]:
        """What this edition corrects, why, and every difference; empty where it corrects none."""
        if not self.corrected_number:
            return []
        changes = self.figures.get("differences", [])
        return [
            f"本文更正{self.corrected_number}。更正原因：{self.figures['reason']}",
            *(f"（{number}）{change}。" for number, change in enumerate(changes, 1)),
        ]

    @property
    def sections(self) -> list[tuple[str, list[str]]]:
        """Headings and paragraphs of the text, numbered in Chinese: 一、基本情况."""
        parts = [("更正内容", self.correction), ("基本情况", self.facts), ("工作要求", self.request)]
        return [
            (f"{'一二三'[place]}、{heading}", paragraphs)
            for place, (heading, paragraphs) in enumerate((head, text) for head, text in parts if text)
        ]

    @property
    def table_title(self) -> str:
        return f"{self.title}明细表"

    @property
    def provenance(self) -> str:
        """文号、校验码 and where to check them, under every table."""
        if self.is_sample:
            return "样稿：未经批准，没有编号，不得外传。"
        return f"{self.number}　校验码 {self.code}　核对网址 {self.address}"

    # -- Table ---------------------------------------------------------------------------------------------------------

    @property
    def columns(self) -> list[dict[str, Any]]:
        """Label, and the share of the width in per cent."""
        whole = sum(column["width"] for column in self.figures["columns"])
        return [
            {
                "label": column["label"],
                "percent": 100 * column["width"] // whole,
                "is_count": column["form"] in ("count", "decimal"),
            }
            for column in self.figures["columns"]
        ]

    @property
    def labels(self) -> list[str]:
        return [column["label"] for column in self.figures["columns"]]

    @property
    def rows(self) -> list[list[str]]:
        return [self._shown(row) for row in self.figures["rows"]]

    @property
    def labelled_rows(self) -> list[list[tuple[str, str]]]:
        """Each line as (label, words), for where a table would be too wide."""
        return [list(zip(self.labels, cells, strict=True)) for cells in self.rows]

    def rows_of(self, compound: str) -> list[list[tuple[str, str]]]:
        """The lines of one compound as (label, words) where there is something to say; its name stands above them."""
        found = [self._shown(row) for row in self.figures["rows"] if row["compound"] == compound]
        pairs = [list(zip(self.labels, cells, strict=True))[2:] for cells in found]
        return [[(label, words) for label, words in row if words != _NOTHING] for row in pairs]

    def _shown(self, row: Mapping[str, Any]) -> list[str]:
        forms = (column["form"] for column in self.figures["columns"])
        return [_words(cell, form) for cell, form in zip(row["cells"], forms, strict=True)]

    @property
    def compounds(self) -> list[tuple[str, str, str]]:
        """(public id, name, village) of every compound in it, once, in the table's order."""
        return list({row["compound"]: (row["compound"], row["name"], row["village"]) for row in self.rows_raw}.values())

    @property
    def rows_raw(self) -> list[dict[str, Any]]:
        return list(self.figures["rows"])

    @property
    def totals(self) -> list[tuple[str, str]]:
        return [(total["label"], str(total["value"]) or _NOTHING) for total in self.figures["totals"]]

    @property
    def measure(self) -> str:
        return str(self.figures["measure"])

    @property
    def shares(self) -> list[Share]:
        return [
            Share(
                bar["name"],
                (2000 * bar["part"] + bar["whole"]) // (2 * bar["whole"]),
                f"{share_words(bar['part'], bar['whole'])}（{bar['part']}/{bar['whole']}）",
            )
            for bar in self.figures["bars"]
        ]

    def spreadsheet(self) -> list[Table]:
        """For the one writer of tables: the lines with typed cells, then the totals."""
        notes = [self.headline, self.provenance, f"数据截至{self.as_of}"]
        forms = [column["form"] for column in self.figures["columns"]]
        rows = [[_typed(cell, form) for cell, form in zip(row["cells"], forms, strict=True)] for row in self.rows_raw]
        widths = [column["width"] + 2 for column in self.figures["columns"]]
        totals = [[total["label"], total["value"]] for total in self.figures["totals"]]
        return [
            Table("明细", self.labels, rows, widths, notes),
            Table("合计", ["项目", "数值"], totals, [20, 14], notes),
        ]


def _words(cell: str | int, form: str) -> str:
    if cell == "":
        return _NOTHING
    return long_date(date.fromisoformat(str(cell))) if form == "day" else str(cell)


def _typed(cell: str | int, form: str) -> Value:
    if cell == "":
        return None
    if form == "day":
        return date.fromisoformat(str(cell))
    return Decimal(cell) if form == "decimal" else cell
