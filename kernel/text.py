"""Cleaning text that people typed, pasted or exported from a spreadsheet."""

import unicodedata

# Dropped wherever they stand: control characters, invisible format characters (zero width, BOM, soft hyphen) and
# halves of surrogate pairs, which neither UTF-8 nor PostgreSQL can hold. Private-use characters stay: old local
# fonts keep rare names there.
_DROPPED = frozenset({"Cc", "Cf", "Cs"})


def tidy(text: str) -> str:
    """One line of printable text; punctuation and width stay as typed. For names of things and for prose."""
    if text.isprintable() and " " not in text:
        return text
    spaced = " ".join(text.split())
    if spaced.isprintable():
        return spaced
    kept = "".join(char for char in spaced if unicodedata.category(char) not in _DROPPED)
    return " ".join(kept.split())


def clean(text: str) -> str:
    """One line of printable text with full-width and compatibility forms folded (NFKC). For keys and numbers.

    `３－１０１` becomes `3-101`, `㎡` becomes `m2`, `（` becomes `(`. Characters beyond the basic plane (𠮷) survive.
    """
    tidied = tidy(text)
    return tidied if tidied.isascii() else tidy(unicodedata.normalize("NFKC", tidied))


def cell_text(value: object) -> str:
    """A spreadsheet cell as tidy text: None is empty, 101.0 is "101", everything else is its own text."""
    if isinstance(value, str):
        return tidy(value)
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)
