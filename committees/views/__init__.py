"""Pages of a compound's committee: its register, and what its members show."""
