"""Owns ledger accounts, entries, bank statements, disclosures and their hash chain.

Must not know evaluations; it pushes fulfilment down to supervision.
"""
