"""Owns committees' terms and seats: the facts of election and what members show on the board.

Must not know the ledger or any score.
"""
