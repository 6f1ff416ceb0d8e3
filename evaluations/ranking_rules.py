"""Ranking and comparing final scores: exact, ties share a place. Pure.

The plan publishes results (clause 四（四）5) and says nothing of places: how they are given is 本系统约定. Whoever was
vetoed stands behind everybody who was not, whatever was scored.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from evaluations.appraisal_rules import Grade
from evaluations.appraisal_scoring import rounded

#: (vetoed, score): what decides a place.
Merit = tuple[bool, Fraction | Decimal]


def places_of(counts: Iterable[tuple[Merit, int]]) -> dict[Merit, int]:
    """Each merit's place, of how many have it: 1, 2, 2, 4. Best first; a veto comes last."""
    places, before = {}, 0
    for merit, count in sorted(counts, key=lambda pair: (pair[0][0], -pair[0][1])):
        places[merit] = before + 1
        before += count
    return places


@dataclass(frozen=True)
class FirmScore:
    """What a firm's final scores of a half-year come to: `total` of `count` compounds, each counting the same."""

    key: int
    public_id: str
    name: str
    count: int
    total: Decimal
    best: Decimal
    worst: Decimal
    vetoes: int
    grades: Mapping[Grade, int]

    @property
    def mean(self) -> Fraction:
        return Fraction(self.total) / self.count

    @property
    def shown(self) -> Decimal:
        """For the eye: half up to 0.01."""
        return rounded(self.mean)

    @property
    def merit(self) -> Merit:
        """Firms stand by the exact mean; a veto in one of many compounds is shown beside it, and moves nobody."""
        return False, self.mean


def ranked_firms(firms: Iterable[FirmScore]) -> list[tuple[int, FirmScore]]:
    """(place, firm), best first; of one place the firm with more compounds first, then by name."""
    listed = list(firms)
    places = places_of(Counter(one.merit for one in listed).items())
    return sorted(((places[one.merit], one) for one in listed), key=lambda row: (row[0], -row[1].count, row[1].name))
