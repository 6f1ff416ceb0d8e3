"""Owns who can sign in, their consent, and the trail of every act.

Knows nothing of compounds, offices or money: who may do what is decided in the rooms above.
"""
