"""Pages of supervision: obligations and urging (obligations.py, urging.py), the law and its documents (policies.py)."""
