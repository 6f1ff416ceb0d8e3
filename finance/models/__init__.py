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
from finance.models.take_back import TakeBack

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
    "TakeBack",
    "Voucher",
]
