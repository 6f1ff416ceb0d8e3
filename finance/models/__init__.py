"""Accounts, what the bank says, entries; drafts and frozen disclosures."""

from finance.models.account import LedgerAccount
from finance.models.bank import (
    BankStatement,
    CategoryRule,
    StatementLine,
    StatementMapping,
    StatementUpload,
    StatementWithdrawal,
)
from finance.models.disclosure import ChainHead, Countersign, Disclosure, DisclosureDraft, ReconcilingItem
from finance.models.ledger import Entry, Voucher

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
    "StatementWithdrawal",
    "Voucher",
]
