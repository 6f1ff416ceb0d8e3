"""The page on which many bank lines are taken in at once: lines of one payer and text stand together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from hashlib import sha256

from django.http import QueryDict

from finance.forms.fields import Choices, category_choices
from finance.models import Entry, StatementLine
from finance.rules import Direction
from finance.services.booking import Choice
from kernel.masking import looks_like_person

#: Lines on one page; the browser sends up to three values for each.
LINES_PER_PAGE = 200
LATER = "暂不入账"


@dataclass
class Row:
    """A bank line with its tick and its own category, where that differs from its group's."""

    line: StatementLine
    is_ticked: bool
    category: str = ""
    twin: Entry | None = None


@dataclass
class Group:
    """Lines of one side, payer and text, with the category proposed for all of them."""

    key: str
    direction: Direction
    counterparty: str
    text: str
    category: str = ""
    is_person: bool = False
    rows: list[Row] = field(default_factory=list)

    @property
    def total(self) -> Decimal:
        return sum((getattr(row.line, "left_amount", row.line.amount) for row in self.rows), Decimal(0))

    @property
    def choices(self) -> Choices:
        return category_choices(self.direction, blank=LATER)

    @property
    def row_choices(self) -> Choices:
        return category_choices(self.direction, blank="同上")

    @property
    def has_twins(self) -> bool:
        return any(row.twin for row in self.rows)


def _key(line: StatementLine) -> str:
    return sha256(f"{line.direction}|{line.counterparty}|{line.text}".encode()).hexdigest()[:12]


class BookingForm:
    """Groups with what is proposed or, after a refused sending, with what was chosen.

    Fields: `line` (one per ticked line), `group_KEY` and `category_ID` (categories), `person_KEY`.
    """

    def __init__(
        self,
        lines: Iterable[StatementLine],
        *,
        proposed: Mapping[int, str],
        twins: Mapping[int, Entry],
        data: QueryDict | None = None,
    ) -> None:
        self.error = ""
        self.groups: dict[str, Group] = {}
        for line in lines:
            key = _key(line)
            group = self.groups.get(key)
            if group is None:
                group = Group(key, Direction(line.direction), line.counterparty, line.text, proposed.get(line.pk, ""))
                group.is_person = looks_like_person(line.counterparty)
                self.groups[key] = group
            group.rows.append(Row(line, is_ticked=line.pk not in twins, twin=twins.get(line.pk)))
        if data is not None:
            self._take(data)

    def _take(self, data: QueryDict) -> None:
        ticked = set(data.getlist("line"))
        for group in self.groups.values():
            group.category = data.get(f"group_{group.key}", "")
            group.is_person = bool(data.get(f"person_{group.key}"))
            for row in group.rows:
                row.is_ticked = row.line.public_id in ticked
                row.category = data.get(f"category_{row.line.public_id}", "")

    @property
    def count(self) -> int:
        return sum(len(group.rows) for group in self.groups.values())

    @property
    def ready(self) -> int:
        """Lines that one press would take in."""
        return len(self.choices())

    def choices(self) -> dict[str, Choice]:
        """Public id → choice for every ticked line that has a category; the others are left for later."""
        return {
            row.line.public_id: Choice(category, is_person=group.is_person)
            for group in self.groups.values()
            for row in group.rows
            if row.is_ticked and (category := row.category or group.category)
        }
