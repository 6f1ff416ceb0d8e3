"""Stored uploads, safe reading of spreadsheets, safe writing of exports.

Knows people only as uploaders; must not know what a file is for.
"""
