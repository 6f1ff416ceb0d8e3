"""Owns the law on one page, policies, obligations, the sweep, urging and records of performance.

Must not look up into the rooms above: they push facts down (fulfil, withdraw).
"""
