"""Decisions and costs by area and heads, on whole numbers only.

A percentage that was rounded for reading never decides anything: 66.666 % reads as 66.67 % and is still less than
two thirds.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from kernel.areas import to_hundredths
from kernel.money import from_fen, to_fen

# Civil Code art. 278 para. 1: (6) raising the maintenance fund, (7) rebuilding, (8) changing the use of common parts
# or running business on them.
SPECIAL_MATTERS = frozenset({6, 7, 8})


@dataclass(frozen=True)
class Weight:
    """Owners counted both ways: exclusive area in hundredths of a square metre, and heads."""

    area: int
    heads: int

    def __post_init__(self) -> None:
        if self.area < 0 or self.heads < 0:
            raise ValueError("neither area nor heads can be negative")

    def __add__(self, other: "Weight") -> "Weight":
        return Weight(self.area + other.area, self.heads + other.heads)


def quorum_met(taking_part: Weight, electorate: Weight) -> bool:
    """At least two thirds of all area and of all heads take part (Civil Code art. 278 para. 2, first sentence)."""
    if electorate.area == 0 or electorate.heads == 0:
        return False
    return 3 * taking_part.area >= 2 * electorate.area and 3 * taking_part.heads >= 2 * electorate.heads


def ordinary_passed(agreeing: Weight, taking_part: Weight) -> bool:
    """More than half of the participating area and heads agree (art. 278 para. 2, last sentence; 过半数 is strict)."""
    return 2 * agreeing.area > taking_part.area and 2 * agreeing.heads > taking_part.heads


def special_passed(agreeing: Weight, taking_part: Weight) -> bool:
    """At least three quarters of the participating area and heads agree (arts. 278, 1259: 以上 includes).

    Nobody taking part decides nothing.
    """
    if taking_part.area == 0 or taking_part.heads == 0:
        return False
    return 4 * agreeing.area >= 3 * taking_part.area and 4 * agreeing.heads >= 3 * taking_part.heads


def carried(matter: int, *, agreeing: Weight, taking_part: Weight, electorate: Weight) -> bool:
    """Whether the owners decided a matter of art. 278 para. 1 (its number 1…9): quorum and majority, both ways."""
    if not 1 <= matter <= 9:
        raise ValueError("art. 278 para. 1 has the matters 1 to 9")
    majority = special_passed if matter in SPECIAL_MATTERS else ordinary_passed
    return quorum_met(taking_part, electorate) and majority(agreeing, taking_part)


def percent_words(part: int, whole: int) -> str:
    """4,999 of 10,000 → 49.99%: two places, rounded half up, for reading only. Raises ZeroDivisionError of nothing."""
    return f"{hundredths((20_000 * part + whole) // (2 * whole))}%"


def hundredths(number: int) -> str:
    """1234 → 12.34."""
    return f"{number // 100}.{number % 100:02}"


def split_by_area(cost: Decimal, areas: Sequence[Decimal]) -> list[Decimal]:
    """Share a cost by exclusive area so that the shares add up to it exactly (Civil Code art. 283).

    Largest remainder: everybody gets the whole fen of the exact share, and the fen left over go to the largest
    fractions, the earlier row first among equals. Raises ValueError for a negative cost or no area at all.
    """
    fen, weights = to_fen(cost), [to_hundredths(area) for area in areas]
    total = sum(weights)
    if fen < 0 or total <= 0 or min(weights) < 0:
        raise ValueError("a cost of at least 0 needs areas that add up to more than 0")
    shares = [fen * weight // total for weight in weights]
    by_fraction = sorted(range(len(weights)), key=lambda row: (-(fen * weights[row] % total), row))
    for row in by_fraction[: fen - sum(shares)]:
        shares[row] += 1
    return [from_fen(share) for share in shares]
