"""Accounts and entries; drafts and frozen disclosures."""

from finance.models.disclosure import ChainHead, Countersign, Disclosure, DisclosureDraft, ReconcilingItem
from finance.models.ledger import (
    BankStatement,
    CategoryRule,
    Entry,
    LedgerAccount,
    StatementLine,
    StatementMapping,
    StatementUpload,
    Voucher,
)

__all__ = [
    "BankStatement",
    "CategoryRule",
    "ChainHead",
    "Countersign",
    "Disclosure",
    "DisclosureDraft",
    "Entry",
    "LedgerAccount",
    "ReconcilingItem",
    "StatementLine",
    "StatementMapping",
    "StatementUpload",
    "Voucher",
]
