"""Pure Python shared by every room: periods, days, money, areas, names, masking, hash chain.

Owns no models and runs no queries; Django is used in `fields.py` only. Must not know any app.
"""
