"""Owns satisfaction surveys, sealed ballots and firm appraisals (clauses 4.2.4, 4.4.4, 4.4.5).

Must not know finance: a score reads the record of obligations kept.
"""
