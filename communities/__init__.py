"""Owns the ground: towns, villages, compounds, units, owners, firms, contracts, bodies, posts and who holds them.

Must not know any duty, deadline or account; it only says who and where.
"""
