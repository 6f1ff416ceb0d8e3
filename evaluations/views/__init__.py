"""Pages of the surveys; none of them reaches the key store."""
