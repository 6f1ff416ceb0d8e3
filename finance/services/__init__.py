"""Acts on the books and on disclosures; reads that need more than one row."""

from finance.services import ledger, statements

__all__ = ["ledger", "statements"]
