"""Pages of the books and of disclosures."""
