"""Owns what is told to people: messages to inboxes, postings on paper with their proof, printed papers.

Must not know why something is told; the subject is an upward Reference.
"""
